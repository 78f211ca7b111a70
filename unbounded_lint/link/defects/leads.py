"""The accesses of containers, and the calls that lead to them, with the key in the terms of each caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from unbounded_lint.link.containers.accesses import REMOVING, Access
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.keys.identity import KeyShapes, Shape
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Removal

CLIMB = 2
"""How many callers up a key is compared."""

LEADING = 100
"""How many calls that lead to one access are looked at."""


class Led(NamedTuple):
    """An access where it is written, or the operation of a function so many calls above it that leads to it; with the
    key in the terms of that function."""

    access: Access
    scope: ScopeId
    op: int
    shape: Shape | None
    lifts: int


class Leads(Query):
    """Finds what leads to the accesses of containers. Memoised."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow)
        self.shapes = KeyShapes(flow)

    @kept
    def removal_ops(self, container: Container) -> Mapping[ScopeId, Sequence[int]]:
        """Where entries of a container are removed: in which operations of which functions, callers included."""
        found: dict[ScopeId, list[int]] = {}
        for access in container.accesses:
            for lead in self._to(access, None) if access.kind in REMOVING and not access.nested else ():
                found.setdefault(lead.scope, []).append(lead.op)
        return found

    @kept
    def inserts(self, container: Container) -> tuple[Led, ...]:
        """The inserts of whole entries that make a container grow."""
        keyed = ((i.access, self._shape(i.access)) for i in container.inserts if not i.access.nested)
        return tuple(lead for access, shape in keyed if shape is not None for lead in self._to(access, shape))

    @kept
    def removals(self, container: Container) -> tuple[tuple[Removal, Shape | None], ...]:
        """The removals from a container, with the key of each."""
        return tuple((r, self._shape(r.access)) for r in container.removals)

    def _shape(self, access: Access) -> Shape | None:
        if access.key is None or access.bulk or access.handed is not None:
            return None
        return self.shapes.of(access.key, access.scope, access.op)

    def _to(self, access: Access, shape: Shape | None) -> tuple[Led, ...]:
        """An access and the calls that lead to it, up to a number; with a key, those which tell what it is."""
        found = [Led(access, access.scope, access.op, shape, 0)]
        for lead in found:
            calls = self.callers(lead.scope, lead.shape) if lead.lifts < CLIMB else ()
            told = (Led(access, *call, lead.lifts + 1) for call in calls if shape is None or call[2] is not None)
            found += islice(told, LEADING - len(found))
        return tuple(found)

    @kept
    def callers(self, scope: ScopeId, shape: Shape | None) -> tuple[tuple[ScopeId, int, Shape | None], ...]:
        """The calls of a function outside tests, each with what a key of the function is there."""
        return tuple(
            (site.scope, site.op, self.shapes.lifted(shape, scope, site) if shape is not None else None)
            for site in self.flow.call_sites(scope)
        )
