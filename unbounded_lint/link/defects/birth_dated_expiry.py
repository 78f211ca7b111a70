"""Whether the date that a sweep looks at is renewed by what keeps an entry busy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import AccessList
from unbounded_lint.link.dataflow.clocks import tells_time
from unbounded_lint.link.dataflow.sites import stored
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.entries.ages import AgeTest
from unbounded_lint.link.entries.values import Entries, Entry
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.program import ScopeId, Site
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
    scope, op   where an entry is changed without its date
    """

    test: AgeTest
    sweep: Removal
    part: str
    scope: ScopeId
    op: int


class BirthDatedExpiry(Question):
    """Compares the dates that sweeps look at with the writes to the entries."""

    def of(self, container: Container) -> Stale | None:
        """The first sweep by a date that only the birth of an entry sets, None if all dates are renewed."""
        if container.verdict.name not in {"swept", "amortised"}:
            return None
        accesses, sweeps = container.accesses, container.sweeps
        entries = Entries(self.flow, accesses)
        for test in self.linked.ages.of(accesses):
            part = _date(test)
            sweep = next((s for s in sweeps if self._belongs(test, s, entries)), None)
            if part is None or sweep is None or not test.lasting:
                continue
            if self._is_renewed(part, accesses, entries) or self._asks_more(test, sweep, entries):
                return None
            work = next(self._work(accesses, entries, part, {test.scope, *(s.access.scope for s in sweeps)}), None)
            if work is not None:
                return Stale(test, sweep, part, *work)
        return None

    # --- the sweep ---

    def _belongs(self, test: AgeTest, sweep: Removal, entries: Entries) -> bool:
        """Whether a test over all entries decides what a sweep removes."""
        rebuilds = sweep.extent == "all" and sweep.access.kind == "replace"
        if not (rebuilds or sweep.extent == "sweep") or not any(e.walked for e in test.entries):
            return False
        scope = sweep.access.scope
        if test.scope == scope:
            return True
        return any(test.scope in self.resolver.functions(c.func, scope) for c in self._calls(scope))

    def _calls(self, scope: ScopeId) -> Iterator[m.Call]:
        return (call for op in self.program.facts(scope).ops for call in w.calls(op.action))

    def _asks_more(self, test: AgeTest, sweep: Removal, entries: Entries) -> bool:
        """Whether the sweep asks anything else about an entry or its key before it removes it."""
        scope = sweep.access.scope
        conditions = [c for c, _ in guards(self.program.facts(scope), sweep.access.op)]
        for at in {scope, test.scope}:
            for op in self.program.facts(at).ops:
                for node in w.nodes(op.action):
                    if isinstance(node, m.Comp):
                        conditions += [c for clause in node.clauses for c in clause.conditions]
                    elif isinstance(node, m.BoolOp) and any(part is test.node for part in w.walk(node)):
                        conditions.append(node)
        return any(self._is_further(part, test, scope, entries) for c in conditions for part in leaves_of(c))

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

    def _is_renewed(self, part: str, accesses: AccessList, entries: Entries) -> bool:
        """Whether anything but the making of an entry writes its date; in doubt, yes."""
        if part.startswith("#") or part in {"*", "?"}:
            return True
        inserts = [a for a in accesses if a.kind == "insert" and not a.nested]
        inserting = {a.scope for a in inserts}
        classes = {c for a in inserts if a.value is not None for c in self.resolver.classes(a.value, a.scope)}
        for site in self.program.sites(part):
            if isinstance(site.node, m.Attr) and not self.program.is_test(site.scope) and self._is_written(site):
                if not self._is_birth(site, inserting) and not self._is_foreign(site.node.base, site.scope, classes):
                    return True
        return any(self._writes_key(scope, part, entries) for scope in self._using(accesses))

    def _is_foreign(self, base: m.Expr, scope: ScopeId, classes: set[ScopeId]) -> bool:
        """Whether an attribute is that of another class than those of the entries."""
        own = self.resolver.classes(base, scope)
        return bool(own and classes) and not any(self.resolver.related(one, other) for one in own for other in classes)

    def _is_written(self, site: Site) -> bool:
        action = self.program.op(site).action
        return stored(action, site) is not None or (isinstance(action, m.AugAssign) and action.target is site.node)

    def _is_birth(self, site: Site, inserting: set[ScopeId]) -> bool:
        """`self.date = ...` in a constructor, or a date put on an object that the same function makes and inserts."""
        assert isinstance(site.node, m.Attr)
        base = site.node.base
        if not isinstance(base, m.Name):
            return False
        facts = self.program.facts(site.scope)
        if facts.name in name_lists().constructors and facts.parameters and facts.parameters[0].name == base.id:
            return True
        bindings = self.program.of(site.scope).bindings(site.scope.index).get(base.id, ())
        return (
            site.scope in inserting
            and bool(bindings)
            and all(
                b.kind == "value" and isinstance(b.expr, m.Call) and isinstance(b.expr.func, m.Name) for b in bindings
            )
        )

    def _using(self, accesses: AccessList) -> Iterator[ScopeId]:
        yield from dict.fromkeys(a.scope for a in accesses if not self.program.is_test(a.scope))

    def _writes_key(self, scope: ScopeId, part: str, entries: Entries) -> bool:
        """`entry["date"] = ...`, `entry.update(date=...)`, `replace(entry, date=...)`, `setattr(entry, ...)`."""
        for op in self.program.facts(scope).ops:
            match op.action:
                case m.Assign(targets=targets):
                    if any(isinstance(t, m.Sub) and t.index == m.Const("str", part) for t in targets):
                        return True
            if any(self._renews_by_call(call, part, scope, entries) for call in w.calls(op.action)):
                return True
        return False

    def _renews_by_call(self, call: m.Call, part: str, scope: ScopeId, entries: Entries) -> bool:
        func, name = call.func, w.last_name(call.func)
        if name in {"setattr", "__setattr__"}:
            return True
        if name in name_lists().replacers:
            on_entry = isinstance(func, m.Attr) and bool(entries.of(func.base, scope))
            on_entry = on_entry or any(entries.of(a.value, scope) for a in call.args)
            return on_entry and (name == "update" or any(a.keyword in {part, "update", None} for a in call.args))
        return False

    # --- work on an entry ---

    def _work(
        self, accesses: AccessList, entries: Entries, part: str, sweeping: set[ScopeId]
    ) -> Iterator[tuple[ScopeId, int]]:
        """Where running code changes the one entry that it asks for, again and again, and its date is left alone."""
        inserting = {a.scope for a in accesses if a.kind == "insert" and not a.nested and not a.implicit}
        for scope in self.linked.ages.scopes(entries):
            if scope in sweeping or self._reaches(scope, inserting):
                continue
            ops = self.program.facts(scope).ops
            for index in entries.ops(scope):
                if self._changes(ops[index].action, scope, entries, part) and self.execution.kinds(scope, index) & LIVE:
                    yield scope, index

    def _reaches(self, scope: ScopeId, inserting: set[ScopeId], steps: int = 2) -> bool:
        """Whether a function inserts too, itself or by what it calls: then it may well renew the whole entry."""
        if scope in inserting:
            return True
        return bool(steps) and any(
            function != scope and self._reaches(function, inserting, steps - 1)
            for call in self._calls(scope)
            for function in self.resolver.functions(call.func, scope)
        )

    def _changes(self, action: m.Action, scope: ScopeId, entries: Entries, part: str) -> bool:
        """A count brought up, or something written that is neither a constant nor a date: an end is no activity."""
        match action:
            case m.AugAssign(target=m.Attr() | m.Sub() as target):
                return self._is_part(target, scope, entries, part)
            case m.Assign(targets=targets, value=value) if value is not None:
                if isinstance(value, m.Const) or tells_time(value, scope, self.resolver):
                    return False
                return any(self._is_part(t, scope, entries, part) for t in targets if isinstance(t, m.Attr | m.Sub))
            case m.Eval(value=m.Call(func=m.Attr(base=base, name="append" | "add" | "extend" | "appendleft"))):
                return self._is_part(base, scope, entries, part)
        return False

    @staticmethod
    def _is_part(target: m.Expr, scope: ScopeId, entries: Entries, part: str) -> bool:
        found: tuple[Entry, ...] = entries.of(target, scope)
        return any(e.path and e.path[0] != part and not e.walked for e in found)


def _date(test: AgeTest) -> str | None:
    """The one attribute or key that holds the date; None when there are several, or the value is the date itself."""
    parts = {e.path for e in test.entries}
    if len(parts) != 1:
        return None
    path = next(iter(parts))
    return path[0] if len(path) == 1 else None
