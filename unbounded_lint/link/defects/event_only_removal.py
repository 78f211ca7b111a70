"""The ways past the removal of an entry, where nothing but its owner removes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.callees import given
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.program.blocks import frames_of, guards, in_cleanup
from unbounded_lint.link.verdicts.container import Container

WayOut: TypeAlias = Literal["well", "late", "cancelled"]
"""well (nothing fails), late (the time is up that it waits for), cancelled (while it waits)."""


class EventOnlyRemovals(Question):
    """Answers how the owner of an entry may end so that the entry stays."""

    def ways(self, container: Container) -> tuple[WayOut, ...]:
        """The ways that are seen; none where only something unforeseen may fail."""
        removals = [r for r in container.removals if r.when == "event"]
        if removals and all(removal.fails for removal in removals):
            return ("well",)
        owned = [pair for r in removals for pair in self._owned(r.access, container)]
        found: list[WayOut] = ["late"] if any(map(self._waits_with_limit, owned)) else []
        if found and any(self._is_handled(removal) for _, removal in owned):
            found = []
        return (*found, "cancelled") if any(map(self._waits, owned)) else tuple(found)

    def _owned(self, removal: Access, container: Container) -> Iterator[tuple[Access, Access]]:
        """The inserts that stand before a removal in the same function, each with it, unless that is cleaned up."""
        if removal.handed is None and not in_cleanup(self.program.facts(removal.scope), removal.op):
            for insert in container.inserts:
                if insert.access.scope == removal.scope and insert.access.op < removal.op:
                    yield insert.access, removal

    def _between(self, pair: tuple[Access, Access]) -> Iterator[m.Op]:
        insert, removal = pair
        yield from self.program.facts(insert.scope).ops[insert.op + 1 : removal.op]

    def _waits(self, pair: tuple[Access, Access]) -> bool:
        return any(isinstance(node, m.Await) for op in self._between(pair) for node in w.nodes(op.action))

    def _waits_with_limit(self, pair: tuple[Access, Access]) -> bool:
        """Whether a wait in between ends when its time is up: by an exception, or with a test in front of the removal
        of how it did."""
        _, removal = pair
        scope, facts = removal.scope, self.program.facts(removal.scope)
        tested = any(True for _ in guards(facts, removal.op))
        return any(
            (tested or sleeper.ends != "returns") and sleeper.needs_timeout and sleeper.sleeps(arguments)
            for op in self._between(pair)
            for call in w.calls(op.action)
            for arguments in [given(call, scope, self.resolver)]
            for sleeper in self.execution.timers.sleepers_of(call, scope)
        )

    def _is_handled(self, removal: Access) -> bool:
        """Whether a removal stands where something that was raised is caught."""
        facts = self.program.facts(removal.scope)
        return any(facts.frames[frame].kind == "except" for frame in frames_of(facts, removal.op))
