"""Inserts that only new keys come to, since one that is there already is answered with an error: names that must not be
given twice, as the program gives them to its own parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.values import CallSite
from unbounded_lint.link.keys.around import AroundQuery, Lead
from unbounded_lint.link.keys.identity import Shape
from unbounded_lint.link.program.blocks import (
    asserted,
    frames_of,
    handlers_before,
    in_block,
    parts_of,
    raised,
    raised_before,
    runs_before,
)
from unbounded_lint.link.program.definitions import expansions
from unbounded_lint.link.program.kept import grouped, kept, listed
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import NONE, Asked, apart, flag_of, is_so, straight


class Refusals(AroundQuery):
    """Sees such inserts."""

    def refuse(self, access: Access, accesses: AccessList) -> bool:
        """Whether a key that the container has already raises an error before it comes to an insert: in the function
        itself, in a helper that it calls before, or in every caller."""
        if access.key is None or access.bulk or access.nested:
            return False
        key = self._shape(access.key, access.scope, access.op)
        start = Lead(key, (access.place,))
        return bool(self.around.always(start, lambda lead: self._is_refused(lead, accesses)))

    def _is_refused(self, lead: Lead, accesses: AccessList) -> bool:
        (scope, op), key = lead.place, lead.key
        if key is None:
            return False
        facts = self.program.facts(scope)
        tests = (*raised_before(facts, op), *asserted(facts, op)) if op >= 0 else ()
        if any(key in self._absent(*test, scope, op, accesses) for test in tests):
            return True
        return self._is_missed(key, scope, op, accesses) or self._is_refused_by_call(key, scope, op, accesses)

    def _shape(self, key: m.Expr, scope: ScopeId, op: int) -> Shape:
        """A key that can be compared, if only with what is written alike in the same function."""
        return self.around.shapes.written(key, scope, op) or Shape("written", (key, scope))

    # --- what says that a key is not there ---

    def _absent(
        self, test: m.Expr, truth: bool, scope: ScopeId, op: int, accesses: AccessList, *, inside: bool = False
    ) -> Iterator[Shape]:
        """The keys that are not there where a test has that truth, or only if a caller asks for that by a flag; by what
        is `inside` a helper alone, or by helpers too."""
        every, parts = apart(test, truth)
        if len(parts) == 1:
            yield from self._absent_by(parts[0], scope, op, accesses)
            if not inside:
                yield from self._absent_by_call(parts[0], scope, op, accesses)
            return
        given = {m.Name(parameter.name) for parameter in self.program.facts(scope).parameters}
        told = [part for part in parts if straight(*part).expr not in given]
        for part in told if every or len(told) == 1 else ():
            yield from self._absent(*part, scope, op, accesses, inside=inside)

    def _absent_by(self, asked: Asked, scope: ScopeId, op: int, accesses: AccessList) -> Iterator[Shape]:
        match asked.expr:
            case m.Compare(left=key, ops=("in" | "not in" as operator,), items=(holder,)):
                if (operator == "not in") == asked.truth and id(_viewed(holder)) in accesses.nodes(scope):
                    yield self._shape(key, scope, op)
        flag = flag_of(asked.expr)
        if flag is not None and is_so(asked, NONE):
            yield from self._looked_up(flag, scope, op, accesses)

    def _looked_up(self, flag: m.Expr, scope: ScopeId, op: int, accesses: AccessList) -> Iterator[Shape]:
        """The keys whose entries an expression is."""
        nodes = accesses.nodes(scope)
        for whole in expansions(self.program, flag, scope, op):
            match whole:
                case m.Sub(base=base, index=key) if id(base) in nodes:
                    yield self._shape(key, scope, op)
                case m.Call(func=m.Attr(base=base, name="get"), args=(first, *_)) if id(base) in nodes:
                    yield self._shape(first.value, scope, op)

    def _absent_by_call(self, asked: Asked, scope: ScopeId, op: int, accesses: AccessList) -> Iterator[Shape]:
        """The same by what a helper returns, in the terms of its caller."""
        flag = flag_of(asked.expr)
        for call in expansions(self.program, flag, scope, op):
            for function in self.resolver.functions(call.func, scope) if isinstance(call, m.Call) else ():
                for key in self._absent_by_result(asked, flag is asked.expr, function, accesses):
                    yield from (given for site, given in self._given(key, function) if site.call is call)

    def _absent_by_result(self, asked: Asked, whole: bool, function: ScopeId, accesses: AccessList) -> Iterator[Shape]:
        """The same in the terms of a helper whose result, which is the whole test or compared in it, is asked for."""
        values, end = self.program.returned(function), len(self.program.facts(function).ops) - 1
        if len(values) != 1 or not accesses.within(function):
            return
        if whole:
            yield from self._absent(values[0], asked.truth, function, end, accesses, inside=True)
        elif is_so(asked, NONE):
            yield from self._looked_up(values[0], function, end, accesses)

    @listed
    def _given(self, key: Shape, function: ScopeId) -> Iterator[tuple[CallSite, Shape]]:
        """The calls of a function that tell one of its keys, each with that."""
        for site in self.flow.call_sites(function):
            given = self.around.shapes.lifted(key, function, site)
            if given is not None:
                yield site, given

    # --- where it is said ---

    def _is_missed(self, key: Shape, scope: ScopeId, op: int, accesses: AccessList) -> bool:
        """Whether only a failure to look a key up leads to an operation, and success to an error."""
        facts = self.program.facts(scope)
        blocks = (*frames_of(facts, op), 0) if op >= 0 else ()
        handlers = [block for block in blocks if facts.frames[block].kind == "except"]
        handlers += [handler for block in blocks for handler in handlers_before(facts, block, op)]
        failing = [
            body
            for handler in handlers
            if any(raised(facts, part) for part in parts_of(facts, handler, "try", "try-else"))
            for body in parts_of(facts, handler, "try")
        ]
        return any(
            read.is_entered
            and read.key is not None
            and any(in_block(facts, body, read.op) for body in failing)
            and self._shape(read.key, scope, op) == key
            for read in (accesses.within(scope, "read", "remove") if failing else ())
        )

    def _is_refused_by_call(self, key: Shape, scope: ScopeId, op: int, accesses: AccessList) -> bool:
        """Whether a helper that is called before an operation raises where the key is there."""
        facts, calls = self.program.facts(scope), self._refusing(accesses).get(scope, ())
        return any(given == key and runs_before(facts, at, op) for at, given in calls)

    @kept
    def _refusing(self, accesses: AccessList) -> Mapping[ScopeId, Sequence[tuple[int, Shape]]]:
        """Caller -> its calls of functions that come to their end only with keys that are not there, and each key."""
        asking = dict.fromkeys(a.scope for a in accesses if a.kind in {"contains", "read"} and a.scope.index)
        return grouped(
            (site.scope, (site.op, given))
            for function in asking
            for key in self._absent_at_end(function, accesses)
            for site, given in self._given(key, function)
        )

    def _absent_at_end(self, function: ScopeId, accesses: AccessList) -> Iterator[Shape]:
        facts = self.program.facts(function)
        end = len(facts.ops)
        for test in raised_before(facts, end) if not self._returns_early(function) else ():
            yield from self._absent(*test, function, end - 1, accesses)

    @kept
    def _returns_early(self, function: ScopeId) -> bool:
        """Whether a function may come to an end before its last operation."""
        facts = self.program.facts(function)
        return facts.is_generator or any(isinstance(op.action, m.Return) for op in facts.ops[:-1])


def _viewed(holder: m.Expr) -> m.Expr:
    """What `X.keys()` shows."""
    match holder:
        case m.Call(func=m.Attr(base=base, name="keys"), args=()):
            return base
    return holder
