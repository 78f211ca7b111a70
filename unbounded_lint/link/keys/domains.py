"""What a key can be: closed (finitely many in one program), open (grows with what the program meets), or unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.lifetimes import Lifetimes
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.keys.attributes import Attributes
from unbounded_lint.link.keys.calls import Calls
from unbounded_lint.link.keys.counters import Counters
from unbounded_lint.link.keys.expressions import Expressions
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.narrowing import Narrowing
from unbounded_lint.link.keys.origins import (
    NOTHING_YET,
    UNKNOWN,
    Asked,
    Domain,
    Equation,
    Origin,
    Parameter,
    Question,
    closed,
    is_closed,
    mixed,
    settled,
    widened,
)
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.execution import Execution


class Keys:
    """Decides key domains by following a key to where it comes from: each expression, variable, attribute, function
    and parameter is looked at once, and what a function returns is told in terms of its parameters."""

    def __init__(self, flow: Flow, execution: Execution, lifetimes: Lifetimes) -> None:
        self._material = material = Material(flow, execution, lifetimes)
        self._narrowing = Narrowing(material)
        counters = Counters(material)
        attributes = Attributes(material, counters)
        self._calls = calls = Calls(material, attributes)
        expressions = Expressions(material, calls, attributes, counters)
        self._equations: Mapping[Equation, Callable[..., Asked]] = {
            "use": self._use,
            "elements": self._elements,
            "value": lambda node, scope: expressions.value(material.nodes[node], scope),
            "items": lambda node, scope: expressions.items(material.nodes[node], scope),
            "variable": expressions.variable,
            "target": expressions.loop_target,
            "member": attributes.member,
            "result": calls.result,
            "argument": calls.argument,
            "arguments": _arguments,
            "keywords": calls.spread,
        }
        self._solver: Solver[Question, Origin] = Solver(
            lambda question: self._equations[question.equation](*question.about), _nothing_yet, widened
        )

    def domain(self, key: m.Expr, scope: ScopeId, op: int) -> Domain:
        """The domain of a key expression where an operation uses it."""
        return self._solver.answer(self._material.use(key, scope, op)).domain or UNKNOWN

    def items(self, holder: m.Expr, scope: ScopeId) -> Domain:
        """The domain of the elements of an expression that holds many keys."""
        question = Question("elements", (self._material.nodes.identity(holder), scope))
        return self._solver.answer(question).domain or UNKNOWN

    def declared(self, definition: Place) -> Domain | None:
        """What the annotation at the definition of a container says of its keys, where it closes them."""
        action = self._material.program.action(*definition)
        annotation = action.annotation if isinstance(action, m.Assign) else None
        return self._material.of_keys(annotation, definition[0])

    def _use(self, node: int, scope: ScopeId, op: int) -> Asked:
        return (yield from self._narrowing.used(self._material.nodes[node], scope, op))

    def _elements(self, node: int, scope: ScopeId) -> Asked:
        holder = self._material.nodes[node]
        keywords = yield from self._calls.keywords(holder, scope)
        if is_closed(keywords):
            return keywords
        return (yield from settled((yield self._material.items(holder, scope))))


def _arguments(parameters: frozenset[Parameter]) -> Asked:
    """What callers pass for any of some parameters."""
    return (yield from mixed(Question("argument", (parameter,)) for parameter in sorted(parameters)))


def _nothing_yet(question: Question) -> Origin:
    """What is taken for granted of a question before it is answered: words that go round in a circle stay words."""
    return closed("keywords written in the calls", "names") if question.equation == "keywords" else NOTHING_YET
