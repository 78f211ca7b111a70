"""Tests of the clock that shut for good: they let through what comes soon after the last time, and only what stands
behind them notes a time. After one pause nothing comes through any more."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.clocks import summands, tells_time
from unbounded_lint.link.keys.around import AroundQuery
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.definitions import nearest
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.program.truth import held
from unbounded_lint.link.runs.context import LIVE

_DEPTH = 6
_WRITES = 20
"""How many places that note a time are looked at; what more of them note is taken for noted elsewhere."""
_LESS = frozenset({"<", "<="})
_MORE = frozenset({">", ">="})


class Latches(AroundQuery):
    """Recognises removals that such a test shuts off."""

    def bar(self, access: Access) -> bool:
        """Whether such a test stands in front of a removal, or of every call of its function."""
        return access.handed is None and self.around.holds(self._is_shut, access.place)

    @kept
    def _is_shut(self, scope: ScopeId, op: int) -> bool:
        for test, truth in guards(self.program.facts(scope), op):
            for part, wanted in held(test, truth):
                noted = self._noted(part, wanted, scope, op) if isinstance(part, m.Compare) else None
                if noted is not None and self._is_noted_behind(noted, test, scope):
                    return True
        return False

    # --- the test ---

    def _noted(self, test: m.Compare, truth: bool, scope: ScopeId, op: int) -> m.Name | m.Attr | None:
        """The variable or attribute that must hold a recent time for a test to come out so; None where none must."""
        if len(test.ops) != 1 or test.ops[0] not in _LESS | _MORE:
            return None
        terms = [*self._terms(test.left, 1, scope, op, _DEPTH), *self._terms(test.items[0], -1, scope, op, _DEPTH)]
        clocks = {sign for expr, sign in terms if expr is None}
        dates = {(expr, sign) for expr, sign in terms if expr is not None}
        if len(clocks) != 1 or len(dates) != 1:
            return None
        (clock,), ((date, sign),) = clocks, dates
        wants_more = (test.ops[0] in _MORE) == truth
        return date if sign == -clock and wants_more == (clock < 0) else None

    def _terms(
        self, expr: m.Expr, sign: int, scope: ScopeId, op: int, depth: int
    ) -> Iterator[tuple[m.Name | m.Attr | None, int]]:
        """The dates and the clocks (None) that a side of a comparison adds up, each with its sign."""
        parts = summands(expr, sign)
        if parts and depth:
            for part, part_sign in parts:
                yield from self._terms(part, part_sign, scope, op, depth - 1)
        elif isinstance(expr, m.Call):
            if tells_time(expr, scope, self.resolver):
                yield None, sign
        elif isinstance(expr, m.Attr):
            yield expr, sign
        elif isinstance(expr, m.Name):
            if self.resolver.owner(expr.id, scope) != scope:
                yield expr, sign
                return
            given = [b.given for b in nearest(self.program.bound(scope, expr.id), op) if b.op < op]
            if given and given[-1] is not None and depth:
                yield from self._terms(given[-1], sign, scope, op, depth - 1)
            elif tells_time(expr, scope, self.resolver):
                yield None, sign

    # --- what notes the time ---

    def _is_noted_behind(self, noted: m.Name | m.Attr, test: m.Expr, scope: ScopeId) -> bool:
        """Whether running code gives a variable or an attribute its times behind a test alone."""
        writes = list(islice(self._writes(noted, scope), _WRITES + 1))

        def has_passed(at: ScopeId, op: int) -> bool:
            return any(head is test for head, _ in guards(self.program.facts(at), op))

        return 0 < len(writes) <= _WRITES and all(self.around.holds(has_passed, place) for place in writes)

    def _writes(self, noted: m.Name | m.Attr, scope: ScopeId) -> Iterator[Place]:
        """Where running code writes to a variable of an outer scope, or to an attribute of such an object, other than
        to make it."""
        for handle in self.resolver.handles(noted, scope):
            for use in self.flow.uses(handle):
                at, op = use.site.scope, use.site.op
                made = self.program.facts(at).name in name_lists().constructors or at.index == 0
                if use.kind in {"rebound", "augmented"} and not made:
                    if not self.execution.kinds(at, op).isdisjoint(LIVE | {"tested"}):
                        yield at, op
