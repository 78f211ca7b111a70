"""Age tests: comparisons of a date or deadline in an entry with the clock, and what is done with an entry that is too
old."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.clocks import tells_time
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import External, argument_of
from unbounded_lint.link.entries.values import HOPS, Entries, Entry
from unbounded_lint.link.program.blocks import ops_in
from unbounded_lint.link.program.program import Binding, ScopeId
from unbounded_lint.link.runs.context import ContextKind
from unbounded_lint.link.runs.execution import Execution

_OLDER = {">": 1, ">=": 1, "<": -1, "<=": -1}
_ASKING: frozenset[ContextKind] = frozenset({"import", "startup", "main", "run", "api", "tested"})
_DEPTH = 8
_TERMS = 60
_CONVERTED = frozenset({"total_seconds", "timestamp", "replace", "astimezone"})
_NUMBERS = frozenset({"float", "int", "abs", "round", "max", "min"})


@dataclass(frozen=True, slots=True)
class AgeTest:
    """One comparison of an entry's date with the clock.

    scope, op, node   where it stands
    entries           the entries (or their parts) that are compared
    old               what the comparison gives for an entry that is too old
    lasting           an age is compared with a limit (a deadline is compared with the clock alone)
    """

    scope: ScopeId
    op: int
    node: m.Compare
    entries: tuple[Entry, ...]
    old: bool
    lasting: bool


@dataclass(frozen=True, slots=True)
class Touch:
    """An age test of the one entry that is asked for.

    scope, op   where the entry is taken
    removes     a removal of that entry, None when it is only ignored or replaced
    """

    test: AgeTest
    access: Access
    removes: Access | None


@dataclass(frozen=True, slots=True)
class _Term:
    """A summand of one side of a comparison: "clock", "entry" or "other"."""

    kind: str
    sign: int
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class _Clocked:
    """Comparisons with a clock in one scope.

    at         operation -> the comparisons in it
    crossing   the operations whose comparisons get a part from another function, which may be made of an entry there
    """

    at: Mapping[int, Sequence[m.Compare]]
    crossing: tuple[int, ...]


class Expiry:
    """Finds the age tests of a container's entries."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self._clocked_in: dict[ScopeId, _Clocked] = {}

    # --- questions ---

    def tests(self, accesses: AccessList) -> tuple[AgeTest, ...]:
        """The age tests of the entries of one container, tests of the project left out."""
        entries = Entries(self.flow, accesses)
        return tuple(test for scope in self.scopes(entries) for test in self._tests_in(scope, entries))

    def touches(self, accesses: AccessList) -> tuple[Touch, ...]:
        """The age tests of one entry that is asked for, by which it is dropped, replaced or ignored."""
        found = []
        for test in self.tests(accesses):
            asked = [e.access for e in test.entries if not e.walked and self._is_asked(e.access)]
            if asked and not any(e.walked for e in test.entries) and self._drops(test, accesses):
                access = asked[0]
                found.append(Touch(test, access, self._removes(access, test, accesses)))
        return tuple(found)

    def _is_asked(self, access: Access) -> bool:
        """Whether somebody asks for an entry: no timer does, and it does not leave the container just then."""
        return access.how not in {"pop", "popitem"} and bool(self.execution.kinds(access.scope, access.op) & _ASKING)

    def dated_by(self, accesses: AccessList, touches: tuple[Touch, ...], others: AccessList) -> Touch | None:
        """The touch of another container that decides over the entries of this one: the other (with the accesses
        `others`) gets its dates under the same keys in the same function, and is asked for the same key."""
        stored = others.inserts_by_key
        if not any(key is not None and (scope, key) in stored for scope, key in accesses.inserts_by_key):
            return None
        asked = {(a.scope, a.key) for a in accesses if a.kind in {"read", "contains", "remove"} and not a.nested}
        return next((t for t in touches if any(key in asked for key in self._asking(t))), None)

    def _asking(self, touch: Touch) -> Iterator[tuple[ScopeId, m.Expr | None]]:
        """The functions that ask for an entry, each with the key there: that of the touch, and its callers."""
        scope, key = touch.access.scope, touch.access.key
        yield scope, key
        facts = self.program.facts(scope)
        for index, parameter in enumerate(facts.parameters):
            if key == m.Name(parameter.name):
                for site in self.flow.call_sites(scope):
                    yield site.scope, argument_of(facts, index, site)

    def scopes(self, entries: Entries) -> tuple[ScopeId, ...]:
        """Where running code can get at the entries."""
        return tuple(s for s in entries.scopes() if self.execution.roots.is_live(s))

    # --- comparisons ---

    def _tests_in(self, scope: ScopeId, entries: Entries) -> Iterator[AgeTest]:
        clocked = self._clocked(scope)
        near = [op for op in entries.ops(scope) if op in clocked.at]
        for op in sorted({*near, *clocked.crossing}) if clocked.crossing else near:
            for node in clocked.at[op]:
                test = self._test(scope, op, node, entries)
                if test is not None:
                    yield test

    def _clocked(self, scope: ScopeId) -> _Clocked:
        """The comparisons of a scope that a clock has a part in, whatever they compare with it."""
        if scope not in self._clocked_in:
            nothing = Entries(self.flow, AccessList())
            at: dict[int, list[m.Compare]] = {}
            crossing: dict[int, None] = {}
            for op, each in enumerate(self.program.facts(scope).ops):
                for node in w.nodes(each.action):
                    if isinstance(node, m.Compare) and len(node.ops) == 1 and node.ops[0] in _OLDER:
                        reader = _Terms(self, nothing)
                        terms = [*reader.of(node.left, scope, 1), *reader.of(node.items[0], scope, -1)]
                        if any(t.kind == "clock" for t in terms) or reader.is_exhausted:
                            at.setdefault(op, []).append(node)
                            if reader.crosses:
                                crossing[op] = None
            self._clocked_in[scope] = _Clocked(at, tuple(crossing))
        return self._clocked_in[scope]

    def _test(self, scope: ScopeId, op: int, node: m.Compare, entries: Entries) -> AgeTest | None:
        reader = _Terms(self, entries)
        terms = [*reader.of(node.left, scope, 1), *reader.of(node.items[0], scope, -1)]
        clocks = {t.sign for t in terms if t.kind == "clock"}
        dates = {t.sign for t in terms if t.kind == "entry"}
        if len(clocks) != 1 or len(dates) != 1 or clocks == dates:
            return None
        old = next(iter(clocks)) * _OLDER[node.ops[0]] > 0
        lasting = any(t.kind == "other" for t in terms)
        found = tuple(dict.fromkeys(t.entry for t in terms if t.entry is not None))
        return AgeTest(scope, op, node, found, old, lasting)

    # --- what is done with an entry that is too old ---

    def _drops(self, test: AgeTest, accesses: AccessList) -> bool:
        """Whether the outcome decides if the entry still counts: it is left out, dropped or replaced when too old."""
        facts = self.program.facts(test.scope)
        action = facts.ops[test.op].action
        if isinstance(action, m.Return) or any("*" in e.path for e in test.entries):
            return True
        tested: list[m.Expr] = [test.node]
        if isinstance(action, m.Assign):
            if any(isinstance(n, m.IfExp) and _within(test.node, n.test) for n in w.walk(action.value or test.node)):
                return True
            names = {t.id for t in action.targets if isinstance(t, m.Name)}
            tested = [
                n
                for op in facts.ops
                if isinstance(op.action, m.Eval | m.Return)
                for n in w.nodes(op.action)
                if isinstance(n, m.Name) and n.id in names
            ]
            if any(isinstance(op.action, m.Return) and op.action.value in tested for op in facts.ops):
                return True
        return any(self._branch_drops(test, node, accesses) for node in tested)

    def _branch_drops(self, test: AgeTest, node: m.Expr, accesses: AccessList) -> bool:
        facts = self.program.facts(test.scope)
        changed = {
            a.op for a in accesses if a.scope == test.scope and a.kind in {"insert", "remove"} and not a.implicit
        }
        for index, frame in enumerate(facts.frames):
            if frame.kind not in {"if", "else", "while"} or frame.head is None or not _within(node, frame.head):
                continue
            if any(op in changed or _leaves(o.action) for op, o in ops_in(facts, index)):
                return True
        return False

    def _removes(self, access: Access, test: AgeTest, accesses: AccessList) -> Access | None:
        """A removal of the entry that was asked for, in the function that asks."""
        for other in accesses:
            if other.kind == "remove" and not other.nested and other.scope in {access.scope, test.scope}:
                if other.key == access.key or other.scope != access.scope:
                    return other
        return None


class _Terms:
    """Takes one side of a comparison apart into clock, entries and the rest."""

    def __init__(self, expiry: Expiry, entries: Entries) -> None:
        self.expiry = expiry
        self.entries = entries
        self.resolver = expiry.resolver
        self._left = _TERMS
        self.crosses = False

    @property
    def is_exhausted(self) -> bool:
        """Whether the search came to its limit, so that more may be there."""
        return self._left < 0

    def of(self, expr: m.Expr, scope: ScopeId, sign: int, depth: int = _DEPTH, hops: int = HOPS) -> Iterator[_Term]:
        """The summands, each with its sign."""
        self._left -= 1
        self.crosses |= self._left < 0
        if not depth or self._left < 0:
            return
        found = self.entries.of(expr, scope)
        if found:
            yield from (_Term("entry", sign, entry) for entry in found)
        elif tells_time(expr, scope, self.resolver):
            yield _Term("clock", sign)
        else:
            yield from self._parts(expr, scope, sign, depth - 1, hops)

    def _parts(self, expr: m.Expr, scope: ScopeId, sign: int, depth: int, hops: int) -> Iterator[_Term]:
        match expr:
            case m.Binary(op=op, items=items):
                for index, item in enumerate(items):
                    yield from self.of(item, scope, -sign if op == "-" and index else sign, depth, hops)
            case m.Unary(op="-", operand=inner):
                yield from self.of(inner, scope, -sign, depth, hops)
            case m.Await(value=inner) | m.Walrus(value=inner):
                yield from self.of(inner, scope, sign, depth, hops)
            case m.IfExp(body=body, orelse=orelse):
                yield from self._each((body, orelse), scope, sign, depth, hops)
            case m.BoolOp(items=items):
                yield from self._each(items, scope, sign, depth, hops)
            case m.Name():
                yield from self._named(expr, scope, sign, depth, hops)
            case m.Attr():
                functions = self.entries.properties(expr, scope)
                yield from self._returned(functions, sign, depth, hops)
            case m.Call():
                yield from self._called(expr, scope, sign, depth, hops)
            case _:
                yield _Term("other", sign)

    def _each(self, parts: tuple[m.Expr, ...], scope: ScopeId, sign: int, depth: int, hops: int) -> Iterator[_Term]:
        for part in parts:
            yield from self.of(part, scope, sign, depth, hops)

    def _named(self, name: m.Name, scope: ScopeId, sign: int, depth: int, hops: int) -> Iterator[_Term]:
        bindings = self.entries.bindings(name.id, scope)
        if not bindings:
            yield _Term("other", sign)
        for binding in bindings:
            yield from self._bound(binding, ScopeId(scope.path, binding.scope), sign, depth, hops)

    def _bound(self, binding: Binding, scope: ScopeId, sign: int, depth: int, hops: int) -> Iterator[_Term]:
        if binding.kind == "value" and binding.expr is not None:
            yield from self.of(binding.expr, scope, sign, depth, hops)
        elif binding.kind == "parameter" and hops:
            self.crosses = True
            passed = tuple(self.entries.arguments(scope, binding.index))
            for argument, at in passed:
                yield from self.of(argument, at, sign, depth, hops - 1)
            if not passed:
                yield _Term("other", sign)
        else:
            yield _Term("other", sign)

    def _called(self, call: m.Call, scope: ScopeId, sign: int, depth: int, hops: int) -> Iterator[_Term]:
        func = call.func
        if isinstance(func, m.Attr) and func.name in _CONVERTED:
            yield from self.of(func.base, scope, sign, depth, hops)
            return
        names = {v.name for v in self.resolver.values(func, scope) if isinstance(v, External)}
        if names & _NUMBERS:
            yield from self._each(tuple(a.value for a in call.args), scope, sign, depth, hops)
            return
        functions = self.entries.callees(func, scope)
        if functions:
            yield from self._returned(functions, sign, depth, hops)
        else:
            yield _Term("other", sign)

    def _returned(self, functions: tuple[ScopeId, ...], sign: int, depth: int, hops: int) -> Iterator[_Term]:
        if not functions or not hops:
            yield _Term("other", sign)
            return
        self.crosses = True
        for function in functions:
            for value in self.entries.returns(function):
                yield from self.of(value, function, sign, depth, hops - 1)


def _within(node: m.Expr, expr: m.Expr) -> bool:
    return any(part is node for part in w.walk(expr))


def _leaves(action: m.Action) -> bool:
    """Whether an operation leaves the branch, or forgets a value (`hit = None`)."""
    if isinstance(action, m.Assign):
        return isinstance(action.value, m.Const) and action.value.kind == "none"
    return isinstance(action, m.Return | m.Raise | m.Continue | m.Break)
