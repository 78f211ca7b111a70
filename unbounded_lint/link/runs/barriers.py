"""Conditions that never hold, since they ask for a method and do not call it, or for a switch that nobody turns on:
what stands behind one never runs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import ExternalResult, Instance, Value
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.program.truth import flag_of, leaves_of, says
from unbounded_lint.link.runs.outside import Outside
from unbounded_lint.link.runs.switches import Switches


class Barriers(Query):
    """Recognises operations that nothing can come to. Memoised."""

    def __init__(self, flow: Flow, outside: Outside) -> None:
        super().__init__(flow)
        self._switches = Switches(flow, outside)

    def bar(self, scope: ScopeId, op: int) -> bool:
        """Whether a condition that never holds stands before an operation."""
        return self._asks(scope) and self._stand_before(scope, op)

    def leave_out(self, site: Site) -> bool:
        """Whether an expression is a part, within its operation, to which a choice never comes."""
        inside = (*site.parents[1:], site.node)
        return any(
            self._never(test, truth, site.scope)
            for choice, part in zip(site.parents, inside, strict=False)
            for test, truth in _chosen(choice, part)
        )

    @kept
    def _stand_before(self, scope: ScopeId, op: int) -> bool:
        facts = self.program.facts(scope)
        return 0 <= op < len(facts.ops) and any(self._never(test, truth, scope) for test, truth in guards(facts, op))

    def _never(self, test: m.Expr, truth: bool, scope: ScopeId) -> bool:
        """Whether a condition never has a truth."""
        return says(test, truth, lambda part, wanted: self._is_never(part, wanted, scope))

    def _is_never(self, part: m.Expr, truth: bool, scope: ScopeId) -> bool:
        return (not truth and self._is_method(part, scope)) or self._switches.is_off(part, truth, scope)

    @kept
    def _asks(self, scope: ScopeId) -> bool:
        """Whether any condition of a scope is the truth of an attribute, or asks for a name: a quick look."""
        heads = (frame.head for frame in self.program.facts(scope).frames if frame.head is not None)
        return any(
            isinstance(part, m.Attr) or isinstance(flag_of(part), m.Name) for head in heads for part in leaves_of(head)
        )

    def _is_method(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is a method of whatever object it is looked up on, which is always true."""
        if not isinstance(expr, m.Attr):
            return False
        values = self.resolver.values(expr.base, scope)
        return bool(values) and all(self._defines(value, expr.name) for value in values)

    def _defines(self, value: Value, name: str) -> bool:
        match value:
            case ExternalResult(name=made):
                return f"{made}.{name}" in name_lists().questions
            case Instance(scope=cls):
                written = any(name in self.resolver.writes(each) for each in self.resolver.mro(cls))
                return self.flow.fields.is_method(cls, name) and not written
        return False


def _chosen(choice: m.Expr, part: m.Expr) -> Iterator[tuple[m.Expr, bool]]:
    """The tests that come out so where a part of an expression is evaluated."""
    match choice:
        case m.IfExp(test=test, body=body) if part is not test:
            yield test, part is body
        case m.BoolOp(op=op, items=items):
            yield from ((item, op == "and") for item in takewhile(lambda item: item is not part, items))
