"""Age tests: comparisons of a date or deadline in an entry with the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import AccessList
from unbounded_lint.link.dataflow.clocks import tells_time
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import External
from unbounded_lint.link.entries.values import HOPS, Entries, Entry
from unbounded_lint.link.program.program import Binding, ScopeId
from unbounded_lint.link.runs.execution import Execution

_OLDER = {">": 1, ">=": 1, "<": -1, "<=": -1}
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
class _Term:
    """A summand of one side of a comparison: "clock", "entry" or "other"."""

    kind: Literal["clock", "entry", "other"]
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


class AgeTests:
    """Finds the age tests of the entries of containers."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self._clocked_in: dict[ScopeId, _Clocked] = {}

    def of(self, accesses: AccessList) -> tuple[AgeTest, ...]:
        """The age tests of the entries of one container, tests of the project left out."""
        entries = Entries(self.flow, accesses)
        return tuple(test for scope in self.scopes(entries) for test in self._tests_in(scope, entries))

    def scopes(self, entries: Entries) -> tuple[ScopeId, ...]:
        """Where running code can get at the entries."""
        return tuple(s for s in entries.scopes() if self.execution.roots.is_live(s))

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
                        reader = _Terms(self.resolver, nothing)
                        terms = [*reader.of(node.left, scope, 1), *reader.of(node.items[0], scope, -1)]
                        if any(t.kind == "clock" for t in terms) or reader.is_exhausted:
                            at.setdefault(op, []).append(node)
                            if reader.crosses:
                                crossing[op] = None
            self._clocked_in[scope] = _Clocked(at, tuple(crossing))
        return self._clocked_in[scope]

    def _test(self, scope: ScopeId, op: int, node: m.Compare, entries: Entries) -> AgeTest | None:
        reader = _Terms(self.resolver, entries)
        terms = [*reader.of(node.left, scope, 1), *reader.of(node.items[0], scope, -1)]
        clocks = {t.sign for t in terms if t.kind == "clock"}
        dates = {t.sign for t in terms if t.kind == "entry"}
        if len(clocks) != 1 or len(dates) != 1 or clocks == dates:
            return None
        old = next(iter(clocks)) * _OLDER[node.ops[0]] > 0
        lasting = any(t.kind == "other" for t in terms)
        found = tuple(dict.fromkeys(t.entry for t in terms if t.entry is not None))
        return AgeTest(scope, op, node, found, old, lasting)


class _Terms:
    """Takes one side of a comparison apart into clock, entries and the rest."""

    def __init__(self, resolver: Resolver, entries: Entries) -> None:
        self.entries = entries
        self.resolver = resolver
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
        functions = self.resolver.functions(func, scope)
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
            for value in self.entries.program.returned(function):
                yield from self.of(value, function, sign, depth, hops - 1)
