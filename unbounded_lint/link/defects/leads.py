"""The accesses of containers, and the calls that lead to them, with the key in the terms of each caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from unbounded_lint.link.containers.accesses import REMOVING, Access
from unbounded_lint.link.keys.around import AroundQuery, Lead
from unbounded_lint.link.program.kept import grouped, kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Removal

CLIMB = 2
"""How many callers up a key is compared."""


class Led(NamedTuple):
    """An access, and what leads to it."""

    access: Access
    lead: Lead


class Leads(AroundQuery):
    """Finds what leads to the accesses of containers. Memoised."""

    @kept
    def removal_ops(self, container: Container) -> Mapping[ScopeId, Sequence[int]]:
        """Where entries of a container are removed: in which operations of which functions, callers included."""
        places = (a.place for a in container.accesses if a.kind in REMOVING and not a.nested)
        return grouped(lead.place for place in places for lead in self.around.leads(Lead(None, (place,)), CLIMB))

    @kept
    def inserts(self, container: Container) -> tuple[Led, ...]:
        """The inserts of whole entries that make a container grow, each with what leads to it and tells its key."""
        starts = ((i.access, self._start(i.access)) for i in container.inserts if not i.access.nested)
        return tuple(
            Led(access, lead)
            for access, start in starts
            for lead in self.around.leads(start, CLIMB)
            if lead.key is not None
        )

    @kept
    def removals(self, container: Container) -> tuple[tuple[Removal, Lead], ...]:
        """The removals from a container, with the key of each."""
        return tuple((removal, self._start(removal.access)) for removal in container.removals)

    def _start(self, access: Access) -> Lead:
        told = not access.bulk and access.handed is None
        return self.around.start(access) if told else Lead(None, (access.place,))
