"""The ways past the removal of an entry, where nothing but its owner removes it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.callees import given
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.program.blocks import frames_of, guards, in_cleanup
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Removal

_NEAREST = 50
"""How many operations before a removal are looked at."""

WayOut: TypeAlias = Literal["well", "late", "cancelled"]
"""well (nothing fails), late (the time is up that it waits for), cancelled (while it waits)."""


class _Stretch(NamedTuple):
    """A removal, and the operation of the same function that inserts before it."""

    removal: Access
    insert: int


class EventOnlyRemovals(Question):
    """Answers how the owner of an entry may end so that the entry stays."""

    def ways(self, container: Container) -> tuple[WayOut, ...]:
        """The ways that are seen; none where only something unforeseen may fail."""
        removals = [r for r in container.removals if r.when == "event"]
        if removals and all(removal.fails for removal in removals):
            return ("well",)
        owned = list(self._owned(container, removals))
        found: list[WayOut] = ["late"] if any(map(self._waits_with_limit, owned)) else []
        if found and any(self._is_handled(stretch.removal) for stretch in owned):
            found = []
        return (*found, "cancelled") if any(map(self._waits, owned)) else tuple(found)

    def _owned(self, container: Container, removals: Iterable[Removal]) -> Iterator[_Stretch]:
        """The removals that a function comes to behind its own insert, unless it cleans up there."""
        inserted: dict[ScopeId, list[int]] = {}
        for insert in container.inserts:
            if not insert.access.nested:
                inserted.setdefault(insert.access.scope, []).append(insert.access.op)
        sorted_ops = {scope: sorted(ops) for scope, ops in inserted.items()}
        for access in (removal.access for removal in removals):
            ops = sorted_ops.get(access.scope, [])
            before = bisect_left(ops, access.op)
            if before and access.handed is None and not in_cleanup(self.program.facts(access.scope), access.op):
                yield _Stretch(access, ops[before - 1])

    def _between(self, stretch: _Stretch) -> Sequence[m.Op]:
        end = stretch.removal.op
        return self.program.facts(stretch.removal.scope).ops[max(stretch.insert + 1, end - _NEAREST) : end]

    def _waits(self, stretch: _Stretch) -> bool:
        return any(isinstance(node, m.Await) for op in self._between(stretch) for node in w.nodes(op.action))

    def _waits_with_limit(self, stretch: _Stretch) -> bool:
        """Whether a wait in between ends when its time is up: by an exception, or with a test in front of the removal
        of how it did."""
        scope, facts = stretch.removal.scope, self.program.facts(stretch.removal.scope)
        before = {id(test) for test, _ in guards(facts, stretch.insert)}
        tested = any(id(test) not in before for test, _ in guards(facts, stretch.removal.op))
        return any(
            (tested or sleeper.ends != "returns") and sleeper.needs_timeout and sleeper.sleeps(arguments)
            for op in self._between(stretch)
            for call in w.calls(op.action)
            for arguments in [given(call, scope, self.resolver)]
            for sleeper in self.execution.timers.sleepers_of(call, scope)
        )

    def _is_handled(self, removal: Access) -> bool:
        """Whether a removal stands where something that was raised is caught."""
        facts = self.program.facts(removal.scope)
        return any(facts.frames[frame].kind == "except" for frame in frames_of(facts, removal.op))
