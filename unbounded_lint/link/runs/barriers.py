"""Conditions that never hold, since they ask for a method and do not call it: what stands behind one never runs."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import ExternalResult, Instance, Value
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import leaves_of, says


class Barriers(Query):
    """Recognises operations that nothing can come to. Memoised."""

    def bar(self, scope: ScopeId, op: int) -> bool:
        """Whether a condition that never holds stands before an operation."""
        return self._asks_for_attributes(scope) and self._stand_before(scope, op)

    @kept
    def _stand_before(self, scope: ScopeId, op: int) -> bool:
        facts = self.program.facts(scope)
        return 0 <= op < len(facts.ops) and any(
            says(test, truth, lambda part, wanted: not wanted and self._is_method(part, scope))
            for test, truth in guards(facts, op)
        )

    @kept
    def _asks_for_attributes(self, scope: ScopeId) -> bool:
        """Whether any condition of a scope is the truth of an attribute: a quick look."""
        heads = (frame.head for frame in self.program.facts(scope).frames if frame.head is not None)
        return any(isinstance(part, m.Attr) for head in heads for part in leaves_of(head))

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
