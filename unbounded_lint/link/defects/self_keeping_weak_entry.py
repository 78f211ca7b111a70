"""Entries of maps with weak keys whose value holds its own key, so that the key never goes: UBM106."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.keeping import Keeping
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.program.module import Place
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
        yield from (kept for i in container.inserts if (kept := self._kept(i.access)) is not None)

    def _kept(self, access: Access) -> Kept | None:
        key, value = access.outer if access.nested else access.key, access.value
        if access.bulk:
            key, value = (value.element, value.value) if isinstance(value, m.Comp) else (None, None)
        if key is None or value is None:
            return None
        steps = self._keeping.path(value, key, access.scope, access.op)
        return Kept(access, steps) if steps is not None else None
