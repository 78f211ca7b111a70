"""Entries of maps with weak keys whose value holds its own key, so that the key never goes: UBM106."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.containers.making import Making
from unbounded_lint.link.dataflow.keeping import Keeping
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.program.definitions import expansions
from unbounded_lint.link.program.module import Place
from unbounded_lint.link.runs.context import AGAIN
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import IDLE


class Kept(NamedTuple):
    """An insert whose value holds the key, and where on the way that is stored, from the outermost on."""

    access: Access
    steps: tuple[Place, ...]


class SelfKeepingWeakEntries(Question):
    """Finds the entries that keep themselves."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self._keeping = Keeping(linked.flow)
        self._making = Making(linked.flow)

    def of(self, container: Container) -> Kept | None:
        """The first insert whose entry stays for ever; None for a map that holds its keys, or loses its entries
        otherwise."""
        return next(self.every(container), None)

    def every(self, container: Container) -> Iterator[Kept]:
        """All such inserts."""
        made = container.holder.made
        if not made.kind.weak_keys or any(r.when not in IDLE for r in container.removals):
            return
        if made.cls is not None and self.resolver.methods(made.cls, "__setitem__"):
            return  # a class of the project has a say in what is stored
        inside = not self._loses(container) and not self._holds_weakly(container)
        accesses = (i.access for i in container.inserts if inside or not i.access.nested)
        yield from (kept for access in accesses if (kept := self._kept(access)) is not None)

    def _loses(self, container: Container) -> bool:
        """Whether running code takes out of the entries again what is put into them."""
        taking = (a for a in container.accesses if a.nested and a.kind in {"remove", "clear"})
        return any(self.execution.kinds(*a.place) & AGAIN for a in taking)

    def _holds_weakly(self, container: Container) -> bool:
        """Whether the entries are maps or sets that hold what is put into them weakly."""
        stored = (insert.access for insert in container.inserts if not insert.access.nested)
        wholes = ((e, a.scope) for a in stored for e in expansions(self.program, a.value, a.scope, a.op, depth=2))
        kinds = [made.kind for each in wholes if (made := self._making.made(*each)) is not None]
        return bool(kinds) and all(kind.holds_weakly for kind in kinds)

    def _kept(self, access: Access) -> Kept | None:
        key, value = access.outer if access.nested else access.key, access.value
        if access.bulk:
            key, value = (value.element, value.value) if isinstance(value, m.Comp) else (None, None)
        if key is None or value is None:
            return None
        steps = self._keeping.path(value, key, access.scope, access.op)
        return Kept(access, steps) if steps is not None else None
