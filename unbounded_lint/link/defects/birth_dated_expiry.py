"""Whether the date that a sweep looks at is renewed by what keeps an entry busy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.clocks import tells_time
from unbounded_lint.link.defects.conditions import Conditions
from unbounded_lint.link.defects.field_writes import FieldWrites
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.entries.ages import AgeTest
from unbounded_lint.link.entries.values import Entries
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.program.truth import leaves_of
from unbounded_lint.link.runs.context import LIVE
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Removal


@dataclass(frozen=True, slots=True)
class Stale:
    """A sweep that goes by a date of birth although entries are worked on.

    test    the comparison of the date
    sweep   the removal it leads to
    part    the attribute or key that holds the date
    works   where an entry is changed without its date
    """

    test: AgeTest
    sweep: Removal
    part: str
    works: tuple[Place, ...]

    @property
    def scope(self) -> ScopeId:
        """The first function that changes an entry so."""
        return self.works[0][0]

    @property
    def op(self) -> int:
        """Where it does."""
        return self.works[0][1]


class BirthDatedExpiry(Question):
    """Compares the dates that sweeps look at with the writes to the entries."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.writes = FieldWrites(linked.flow)

    def of(self, container: Container) -> Stale | None:
        """The first sweep by a date that only the birth of an entry sets, None if all dates are renewed."""
        if container.verdict.name not in {"swept", "amortised"}:
            return None
        sweeps, entries = container.sweeps, Entries(self.flow, container.accesses)
        for test in self.linked.ages.of(container.accesses):
            step = _date(test)
            sweep = next((s for s in sweeps if self._belongs(test, s, entries)), None)
            if step is None or sweep is None or not test.lasting:
                continue
            if self._is_renewed(step, entries) or self._asks_more(test, sweep, entries):
                return None
            works = tuple(self._work(entries, step, {test.scope, *(s.access.scope for s in sweeps)}))
            if works:
                return Stale(test, sweep, step.strip(".[]"), works)
        return None

    # --- the sweep ---

    def _belongs(self, test: AgeTest, sweep: Removal, entries: Entries) -> bool:
        """Whether a test over all entries decides what a sweep removes."""
        rebuilds = sweep.extent == "all" and sweep.access.kind == "replace"
        if not (rebuilds or sweep.extent == "sweep") or not any(e.walked for e in test.entries):
            return False
        scope = sweep.access.scope
        return test.scope == scope or test.scope in self._called(scope)

    def _called(self, scope: ScopeId) -> Iterator[ScopeId]:
        """The functions of the project that a function calls."""
        calls = (call for op in self.program.facts(scope).ops for call in w.calls(op.action))
        return (function for call in calls for function in self.resolver.functions(call.func, scope))

    def _asks_more(self, test: AgeTest, sweep: Removal, entries: Entries) -> bool:
        """Whether the sweep asks anything else about an entry or its key before it removes it; in doubt, yes."""
        ways = Conditions(self.linked, entries).ways(sweep)
        if ways is None:
            return True
        around = w.nodes(self.program.facts(test.scope).ops[test.op].action)
        conditions = {(c.expr, c.scope) for way in ways for c in way}
        conditions |= {
            (n, test.scope) for n in around if isinstance(n, m.BoolOp) and any(part is test.node for part in w.walk(n))
        }
        return any(self._is_further(part, test, at, entries) for c, at in conditions for part in leaves_of(c))

    def _is_further(self, condition: m.Expr, test: AgeTest, scope: ScopeId, entries: Entries) -> bool:
        match condition:
            case m.Compare() if condition is test.node:
                return False
            case m.Compare(ops=("is",) | ("is not",), items=(m.Const(kind="none"),)):
                return False
            case m.Call() if test.scope != scope and test.scope in self.resolver.functions(condition.func, scope):
                return False
        for node in w.walk(condition):
            found = entries.of(node, scope)
            if any(e.path for e in found) and not set(found) <= set(test.entries):
                return True
            if entries.is_walked_key(node, scope) and not entries.names_container(condition):
                return True
        return False

    # --- renewals ---

    def _is_renewed(self, step: str, entries: Entries) -> bool:
        """Whether anything but the making of an entry writes its date; in doubt, yes."""
        if step in {"*", "?"} or step[1:-1].isdigit():
            return True
        inserts = [a for a in entries.accesses if a.kind == "insert" and not a.nested]
        classes = {c for a in inserts if a.value is not None for c in self.resolver.classes(a.value, a.scope)}
        return any(True for _ in self.writes.of(step, entries, classes))

    # --- work on an entry ---

    def _work(self, entries: Entries, step: str, sweeping: set[ScopeId]) -> Iterator[Place]:
        """Where running code changes the one entry that it asks for, again and again, and its date is left alone."""
        inserting = {a.scope for a in entries.accesses if a.kind == "insert" and not a.nested and not a.implicit}
        for scope in self.linked.ages.scopes(entries):
            if scope in sweeping or self._reaches(scope, inserting):
                continue
            ops = self.program.facts(scope).ops
            for index in entries.ops(scope):
                if self._changes(ops[index].action, scope, entries, step) and self.execution.kinds(scope, index) & LIVE:
                    yield scope, index

    def _reaches(self, scope: ScopeId, inserting: set[ScopeId], steps: int = 2) -> bool:
        """Whether a function inserts too, itself or by what it calls: then it may well renew the whole entry."""
        if scope in inserting:
            return True
        return steps > 0 and any(self._reaches(f, inserting, steps - 1) for f in self._called(scope) if f != scope)

    def _changes(self, action: m.Action, scope: ScopeId, entries: Entries, step: str) -> bool:
        """A count brought up, or something written that is neither a constant nor a date: an end is no activity."""
        match action:
            case m.AugAssign(target=m.Attr() | m.Sub() as target):
                return self._is_part(target, scope, entries, step)
            case m.Assign(targets=targets, value=value) if value is not None:
                if isinstance(value, m.Const) or tells_time(value, scope, self.resolver):
                    return False
                return any(self._is_part(t, scope, entries, step) for t in targets if isinstance(t, m.Attr | m.Sub))
            case m.Eval(value=m.Call(func=m.Attr(base=base, name="append" | "add" | "extend" | "appendleft"))):
                return self._is_part(base, scope, entries, step)
        return False

    @staticmethod
    def _is_part(target: m.Expr, scope: ScopeId, entries: Entries, step: str) -> bool:
        return any(e.path and e.path[0] != step and not e.walked for e in entries.of(target, scope))


def _date(test: AgeTest) -> str | None:
    """The one attribute or key that holds the date; None when there are several, or the value is the date itself."""
    steps = {e.path[0] if len(e.path) == 1 else None for e in test.entries}
    return steps.pop() if len(steps) == 1 else None
