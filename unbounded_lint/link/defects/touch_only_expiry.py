"""Entries whose age decides over them only when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.values import argument_of
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.entries.ages import AgeTest
from unbounded_lint.link.program.blocks import ops_in
from unbounded_lint.link.program.kept import grouped, listed
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.context import ContextKind
from unbounded_lint.link.verdicts.container import Container

_ASKING: frozenset[ContextKind] = frozenset({"import", "startup", "main", "run", "api", "tested"})


@dataclass(frozen=True, slots=True)
class Touch:
    """An age test of the one entry that is asked for.

    access      where the entry is taken
    removes     a removal of that entry, None when it is only ignored or replaced
    dates       the container whose entry tells the age, if that is another one
    """

    test: AgeTest
    access: Access
    removes: Access | None
    dates: Container | None = None


class TouchOnlyExpiry(Question):
    """Answers for containers that nothing sweeps how their entries come to be too old."""

    def of(self, container: Container) -> Touch | None:
        """The age test by which an entry is dropped, replaced or ignored when its own key is asked for: one that
        removes it, if there is one; one of the dates in another container, if there is none of its own."""
        if not _grows(container):
            return None
        own = self.touches(container)
        if own:
            return next((t for t in own if t.removes is not None), own[0])
        return next(self._borrowed(container), None)

    @listed
    def touches(self, container: Container) -> Iterator[Touch]:
        """The age tests of one entry that is asked for, by which it is dropped, replaced or ignored."""
        accesses = container.accesses
        for test in self.linked.ages.of(accesses):
            asked = [e.access for e in test.entries if not e.walked and self._is_asked(e.access)]
            if asked and not any(e.walked for e in test.entries) and self._drops(test, accesses):
                yield Touch(test, asked[0], self._removes(asked[0], test, accesses))

    def _is_asked(self, access: Access) -> bool:
        """Whether somebody asks for an entry: no timer does, and it does not leave the container just then."""
        return access.how not in {"pop", "popitem"} and bool(self.execution.kinds(access.scope, access.op) & _ASKING)

    # --- dates in another container ---

    def _borrowed(self, container: Container) -> Iterator[Touch]:
        """The touches of others that decide over the entries of this one: the other gets its dates under the same keys
        in the same function, and is asked for the same key."""
        asking = [a for a in container.accesses if a.kind in {"read", "contains", "remove"} and not a.nested]
        asked = {(a.scope, a.key) for a in asking}
        stored = container.accesses.inserts_by_key
        for other in dict.fromkeys(other for each in stored for other in self._touched.get(each, ())):
            for touch in self.touches(other):
                if any(key in asked for key in self._asking(touch)):
                    yield replace(touch, dates=other)

    @cached_property
    def _touched(self) -> Mapping[tuple[ScopeId, m.Expr | None], Sequence[Container]]:
        """(function, key) of an insert -> the containers with touches of their own that it goes to."""
        return grouped(
            ((scope, key), container)
            for container in self.linked.containers
            if _grows(container)
            for scope, key in container.accesses.inserts_by_key
            if key is not None and self.touches(container)
        )

    def _asking(self, touch: Touch) -> Iterator[tuple[ScopeId, m.Expr | None]]:
        """The functions that ask for an entry, each with the key there: that of the touch, and its callers."""
        scope, key = touch.access.scope, touch.access.key
        yield scope, key
        facts = self.program.facts(scope)
        for index, parameter in enumerate(facts.parameters):
            if key == m.Name(parameter.name):
                for site in self.flow.call_sites(scope):
                    yield site.scope, argument_of(facts, index, site)

    # --- what is done with an entry that is too old ---

    def _drops(self, test: AgeTest, accesses: AccessList) -> bool:
        """Whether the outcome decides if the entry still counts: it is left out, dropped or replaced when too old."""
        facts = self.program.facts(test.scope)
        action = facts.ops[test.op].action
        outcome = action.targets if isinstance(action, m.Assign) else (test.node,)
        returned = self.program.returned(test.scope)
        if any("*" in e.path for e in test.entries) or any(_mentions(value, outcome) for value in returned):
            return True
        changed = {a.op for a in accesses.within(test.scope, "insert", "remove") if not a.implicit}
        return any(
            frame.kind in {"if", "else", "while"}
            and frame.head is not None
            and _mentions(frame.head, outcome)
            and any(op in changed or _leaves(o.action) for op, o in ops_in(facts, index))
            for index, frame in enumerate(facts.frames)
        )

    @staticmethod
    def _removes(access: Access, test: AgeTest, accesses: AccessList) -> Access | None:
        """A removal of the entry that was asked for, in the function that asks."""
        for scope in dict.fromkeys((access.scope, test.scope)):
            for other in accesses.within(scope, "remove"):
                if not other.nested and (other.key == access.key or scope != access.scope):
                    return other
        return None


def _grows(container: Container) -> bool:
    """Whether nothing but its owners shrinks a container; where something that runs walks it, its expiry is not by
    touch alone."""
    walked = any(r.extent == "sweep" and r.when in {"event", "exit"} for r in container.removals)
    return container.verdict.name in {"never", "event-only"} and not walked


def _mentions(expr: m.Expr, outcome: tuple[m.Expr, ...]) -> bool:
    """Whether an expression asks for the outcome of a test: the test itself, or a name that it was given."""
    return any(part is one or (isinstance(one, m.Name) and part == one) for part in w.walk(expr) for one in outcome)


def _leaves(action: m.Action) -> bool:
    """Whether an operation leaves the branch, or forgets a value (`hit = None`)."""
    if isinstance(action, m.Assign):
        return isinstance(action.value, m.Const) and action.value.kind == "none"
    return isinstance(action, m.Return | m.Raise | m.Continue | m.Break)
