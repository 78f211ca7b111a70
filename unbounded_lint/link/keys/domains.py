"""What a key can be: closed (finitely many in one program), open (grows with what the program meets), or unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.keys.attributes import Attributes
from unbounded_lint.link.keys.calls import Calls
from unbounded_lint.link.keys.expressions import Expressions
from unbounded_lint.link.keys.imports import Imports
from unbounded_lint.link.keys.loops import Loops
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.narrowing import Narrowing
from unbounded_lint.link.keys.origins import (
    NOTHING_YET,
    UNKNOWN,
    Asked,
    Domain,
    OfKeywords,
    Origin,
    Parameter,
    closed,
    is_closed,
    settled,
    widened,
)
from unbounded_lint.link.keys.parameters import Parameters
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.execution import Execution


class Keys:
    """Decides key domains by following a key to where it comes from: each expression, variable, attribute, function
    and parameter is looked at once, and what a function returns is told in terms of its parameters."""

    def __init__(self, flow: Flow, execution: Execution, catalog: Catalog) -> None:
        self._material = Material(flow, execution, catalog)
        self._narrowing = Narrowing(self._material)
        self._loops = Loops(self._material)
        parameters = Parameters(self._material, self._narrowing)
        attributes = Attributes(self._material)
        calls = Calls(self._material, attributes, parameters)
        expressions = Expressions(self._material, calls, attributes, self._loops, parameters)
        self._imports = Imports(flow.program, flow.resolver)
        self._by_kind: dict[str, Callable[[Any], Asked]] = {
            "use": lambda q: self._use(self._material.nodes[q.node], q.scope, q.op),
            "value": lambda q: expressions.value(self._material.nodes[q.node], q.scope),
            "items": lambda q: self._loops.items(self._material.nodes[q.node], q.scope),
            "elements": lambda q: self._elements(self._material.nodes[q.node], q.scope),
            "variable": lambda q: expressions.variable(q.name, q.owner),
            "member": lambda q: attributes.member(q.value, q.name),
            "result": lambda q: calls.result(q.function),
            "argument": lambda q: parameters.argument(Parameter(q.function, q.position)),
            "keywords": lambda q: self._loops.spread(q.function),
        }
        self._solver: Solver[Any, Origin] = Solver(lambda q: self._by_kind[q.kind](q), _nothing_yet, widened)

    def domain(self, key: m.Expr, scope: ScopeId, op: int) -> Domain:
        """The domain of a key expression where an operation uses it."""
        return self._solver.answer(self._material.nodes.use(key, scope, op)).domain or UNKNOWN

    def items(self, holder: m.Expr, scope: ScopeId) -> Domain:
        """The domain of the elements of an expression that holds many keys."""
        question = self._material.nodes.items(holder, scope)._replace(kind="elements")
        return self._solver.answer(question).domain or UNKNOWN

    def is_imported(self, value: m.Expr, scope: ScopeId) -> bool:
        """Whether a value comes from importing a module by name, or from loading an entry point."""
        return self._imports.is_imported(value, scope)

    def _use(self, key: m.Expr, scope: ScopeId, op: int) -> Asked:
        narrowed = yield from self._narrowing.at(key, scope, op)
        if narrowed is not None:
            return Origin(narrowed)
        return (yield from settled((yield from self._material.value(key, scope))))

    def _elements(self, holder: m.Expr, scope: ScopeId) -> Asked:
        keywords = yield from self._loops.keywords(holder, scope)
        if is_closed(keywords):
            return keywords
        return (yield from settled((yield from self._material.items(holder, scope))))


def _nothing_yet(question: Any) -> Origin:
    """What is taken for granted of a question before it is answered: words that go round in a circle stay words."""
    return closed("keywords written in the calls") if isinstance(question, OfKeywords) else NOTHING_YET
