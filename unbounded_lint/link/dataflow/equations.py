"""The equations of values: what each kind of expression, name, parameter and call can be, in terms of others.

The solver puts them together; nothing here looks at an answer that is not whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.attributes import Attributes
from unbounded_lint.link.dataflow.elements import Elements
from unbounded_lint.link.dataflow.loading import Loading
from unbounded_lint.link.dataflow.questions import (
    ANYTHING,
    Asked,
    OfAttribute,
    OfExpression,
    OfHung,
    OfName,
    OfOrder,
    OfParameter,
    OfReturned,
    Pool,
    capped,
    union,
)
from unbounded_lint.link.dataflow.scoping import Scoping, allocated, is_static, takes_class
from unbounded_lint.link.dataflow.values import (
    NOTHING,
    Allocation,
    CallSite,
    Class,
    External,
    ExternalResult,
    Function,
    Instance,
    Module,
    Value,
    Values,
    argument_of,
    is_fresh,
    ordered,
    outcomes,
    positional,
)
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.literals import word_of
from unbounded_lint.link.program.module import LinkedModule, ScopeId
from unbounded_lint.link.program.program import Program

_UNIONS = frozenset({f"typing.{name}" for name in ("Optional", "Union", "Annotated", "ClassVar", "Final")})
_TYPES = frozenset({"type", "typing.Type"})
_OF_CLASSES = frozenset({"bases", "order"})
"""The questions whose answers are no values."""


class Equations:
    """The equations over expressions, names and calls."""

    def __init__(
        self, program: Program, scoping: Scoping, calls: Callable[[ScopeId], Iterable[CallSite]], pool: Pool
    ) -> None:
        self.program = program
        self.scoping = scoping
        self._calls = calls
        self._pool = pool
        self._loading = Loading(scoping)
        self._attributes = Attributes(self)
        self._elements = Elements(self)
        self._by_kind: dict[str, Callable[[Any], Asked]] = {
            "expression": lambda q: self._expression(pool.nodes[q.node], q.scope),
            "name": lambda q: self._variable(q.name, q.owner),
            "parameter": lambda q: self._parameter(q.function, q.position),
            "returned": lambda q: self._returned(q.function),
            "yielded": lambda q: self._yielded(q.function),
            "elements": lambda q: self._elements.of(q.holder),
            "attribute": lambda q: self._attributes.found(q.cls, q.name, on_class=q.on_class),
            "metaclasses": lambda q: self._attributes.metaclasses(q.cls),
            "bases": lambda q: self._attributes.bases(q.cls),
            "order": lambda q: self._attributes.order(q.cls),
            "hung": lambda q: self._attributes.hung(q.below, q.name, is_key=q.is_key),
        }

    def of(self, question: Any) -> Asked:
        """The equation of a question."""
        equation = self._by_kind[question.kind](question)
        return equation if question.kind in _OF_CLASSES else self._strict(equation)

    def _strict(self, equation: Asked) -> Asked:
        """What rests on something that can be anything can be anything itself. Were it less, an answer would shrink
        when another one grows, and depend on which of the two was found first. Many questions have the same answer,
        which is kept once."""
        told: Any = None
        while told != ANYTHING:
            try:
                asked = equation.send(told)
            except StopIteration as end:
                return self._pool.first(end.value)
            told = yield asked
        return ANYTHING

    def question(self, expr: m.Expr, scope: ScopeId) -> OfExpression:
        """What an expression can be, as a question."""
        return OfExpression(self._pool.nodes.identity(expr), scope)

    # --- expressions ---

    def values(self, expr: m.Expr, scope: ScopeId) -> Asked:
        """What a part of an equation is: a name at once, anything that is deeper by a question of its own."""
        if isinstance(expr, m.Name):
            return (yield from self.named(expr.id, scope))
        if isinstance(expr, m.Const | m.Compare | m.FString):
            return NOTHING
        found: Values = yield self.question(expr, scope)
        return found

    def each(self, exprs: Iterable[m.Expr], scope: ScopeId) -> Asked:
        """What any of several expressions can be."""
        found = []
        for expr in exprs:
            found.append((yield from self.values(expr, scope)))
        return union(found)

    def _expression(self, expr: m.Expr, scope: ScopeId) -> Asked:
        match expr:
            case m.Name(id=name):
                return (yield from self.named(name, scope))
            case m.Attr(base=base, name=name):
                receivers = yield from self.values(base, scope)
                found = yield from self._attributes.of_each(receivers, name)
                return found | (yield from self._hung(base, name, is_key=False))
            case m.Call():
                return capped((yield from self._called(expr, scope)))
            case m.Sub(base=base, index=index):
                bases = yield from self.values(base, scope)
                stored = yield from self._elements.stored_in(bases)
                if word_of(index):
                    stored |= yield from self._hung(base, word_of(index), is_key=True)
                return stored | frozenset(v for v in bases if isinstance(v, Class))
            case m.IfExp(body=body, orelse=orelse):
                return (yield from self.each((body, orelse), scope))
            case m.BoolOp():
                return (yield from self.each(outcomes(expr), scope))
            case m.Await(value=inner) | m.Walrus(value=inner) | m.Star(value=inner):
                return (yield from self.values(inner, scope))
            case m.Lambda(scope=index):
                return frozenset({Function(ScopeId(scope.path, index))})
        return NOTHING

    def _hung(self, base: m.Expr, name: str, *, is_key: bool) -> Asked:
        """What the program itself hangs on an object further off, such as the application behind a request."""
        below = w.last_name(base)
        if not below or not (is_key or isinstance(base, m.Attr)):
            return NOTHING
        found: Values = yield OfHung(below, name, is_key)
        return found

    # --- names ---

    def named(self, name: str, scope: ScopeId) -> Asked:
        """What a bare name can be, by Python's scoping."""
        owner = self.scoping.owner(name, scope) or self.scoping.starred(name, self.program.of(scope))
        if owner is None:
            return frozenset({External(name)})
        found: Values = yield OfName(name, owner)
        return found

    def _variable(self, name: str, owner: ScopeId) -> Asked:
        found = []
        for binding in self.program.bound(owner, name):
            found.append((yield from self.bound(binding, ScopeId(owner.path, binding.scope), name)))
        return capped(union(found))

    def bound(self, binding: Binding, scope: ScopeId, name: str) -> Asked:
        """What one binding gives its name; `scope` is where the binding's operation stands."""
        expr = binding.expr
        match binding.kind:
            case "parameter":
                found: Values = yield OfParameter(scope, binding.index)
                return found
            case "import" if binding.imported is not None:
                return (yield from self._imported(binding.imported, self.program.of(scope)))
            case "define":
                defined = ScopeId(scope.path, binding.index)
                is_class = self.program.facts(defined).kind == "class"
                return frozenset({Class(defined) if is_class else Function(defined)})
        if expr is None:
            return NOTHING
        match binding.kind:
            case "value" if is_fresh(expr):
                return frozenset({Allocation(scope, binding.op, name)})
            case "value":
                values = yield from self.values(expr, scope)
                annotation = binding.annotation
                return values | (yield from self.annotation(annotation, scope)) if annotation is not None else values
            case "part" if isinstance(expr, m.Display):
                inside = 0 <= binding.index < len(expr.items)
                return (yield from self.values(expr.items[binding.index], scope)) if inside else NOTHING
            case "item":
                return (yield from self._elements.items(expr, scope))
            case "entered":
                return (yield from self._elements.entered(expr, scope))
        return NOTHING

    def _imported(self, imported: m.ImportedName, module: LinkedModule) -> Asked:
        dotted = module.absolute(imported)
        if imported.attribute is None:
            top, _, below = imported.module.partition(".")
            name = dotted.removesuffix(f".{below}") if imported.bound == top else dotted
            return frozenset({Module(self.program.canonical(name)) if self.program.is_module(name) else External(name)})
        return (yield from self.member(dotted, imported.attribute))

    def member(self, dotted: str, name: str) -> Asked:
        """What `name` is in the module `dotted`."""
        source, below = self.program.named(dotted), f"{dotted}.{name}"
        if source is not None and name in source.names.of(0):
            found: Values = yield OfName(name, ScopeId(source.path, 0))
            if found or not self.program.is_module(below):
                return found
        if self.program.is_module(below):
            return frozenset({Module(self.program.canonical(below))})
        owner = self.scoping.starred(name, source) if source is not None else None
        if owner is not None:
            found = yield OfName(name, owner)
            return found
        return NOTHING if self.program.is_module(dotted) else frozenset({External(below)})

    def annotation(self, expr: m.Expr, scope: ScopeId) -> Asked:
        """The instances that an annotation allows; unions and Optional are taken apart."""
        parts: tuple[m.Expr, ...] = ()
        match expr:
            case m.Binary(op="|", items=items):
                parts = items
            case m.Sub(base=base, index=index):
                outer = yield from self.values(base, scope)
                names = {value.name for value in outer if isinstance(value, External)}
                if not names & _UNIONS:
                    if names & _TYPES:
                        inner = yield from self.values(index, scope)
                        return frozenset(v for v in inner if isinstance(v, Class))
                    return _instances(outer)
                parts = index.items if isinstance(index, m.Display) else (index,)
            case m.Name() | m.Attr():
                return _instances((yield from self.values(expr, scope)))
        found = []
        for part in parts:
            found.append((yield from self.annotation(part, scope)))
        return union(found)

    # --- parameters and calls ---

    def _parameter(self, function: ScopeId, index: int) -> Asked:
        facts = self.program.facts(function)
        owner = self.program.owner_class(function)
        if index == 0 and owner is not None and facts.kind == "function" and not is_static(facts):
            return frozenset({Class(owner) if takes_class(facts) else Instance(owner)})
        parameter = facts.parameters[index]
        outside = self.program.parent(function) or function
        found = []
        if parameter.annotation is not None:
            found.append((yield from self.annotation(parameter.annotation, outside)))
        for site in self._calls(function):
            argument = argument_of(facts, index, site)
            if argument is not None:
                found.append((yield from self.values(argument, site.scope)))
        if parameter.default is not None:
            found.append((yield from self.values(parameter.default, outside)))
        return capped(union(found))

    def _called(self, call: m.Call, scope: ScopeId) -> Asked:
        found = []
        for callee in ordered((yield from self.values(call.func, scope))):
            found.append((yield from self._result(callee, call, scope)))
        made = allocated(call)
        if made is not None:
            classes = yield from self.values(made, scope)
            found.append(frozenset(Instance(v.scope) for v in classes if isinstance(v, Class)))
        if isinstance(call.func, m.Attr) and call.func.name in name_lists().lookups:
            holders = yield from self.values(call.func.base, scope)
            found.append((yield from self._elements.stored_in(holders)))
            if call.func.name == "setdefault" and len(call.args) > 1:
                found.append((yield from self.values(call.args[1].value, scope)))
        return union(found)

    def _result(self, callee: Value, call: m.Call, scope: ScopeId) -> Asked:
        match callee:
            case Class(scope=cls):
                return frozenset({Instance(cls)})
            case Function(scope=function, receiver=receiver):
                returned: Values = yield OfReturned(function)
                owner = self.program.owner_class(function)
                if receiver is None or owner is None or receiver == owner:
                    return returned
                return frozenset(Instance(receiver) if v == Instance(owner) else v for v in returned)
            case External(name=name):
                return (yield from self._external_result(name, call, scope))
            case Instance(scope=cls):
                found = []
                for value in ordered((yield OfAttribute(cls, "__call__", False))):
                    if isinstance(value, Function):
                        found.append((yield OfReturned(value.scope)))
                return union(found)
        return NOTHING

    def _external_result(self, name: str, call: m.Call, scope: ScopeId) -> Asked:
        arguments = positional(call)
        if name in name_lists().casts | {"copy.copy"} and arguments:
            return (yield from self.values(arguments[-1], scope))
        if name in name_lists().partials and arguments:
            return (yield from self.values(arguments[0], scope))
        match name, arguments:
            case "getattr", [holder, m.Const(value=key), *default]:
                holders = yield from self.values(holder, scope)
                found = yield from self._attributes.of_each(holders, key)
                return found | (yield from self.each(default, scope))
            case "super", _:
                owner = self.scoping.enclosing_class(scope)
                order = (yield OfOrder(owner)) if owner else ()
                return frozenset(Instance(cls) for cls in order[1:])
            case "type", [value]:
                instances = yield from self.values(value, scope)
                return frozenset(Class(v.scope) for v in instances if isinstance(v, Instance))
            case "getattr", [holder, key, *_]:
                holders = yield from self.values(holder, scope)
                values: Values = NOTHING
                for each in self._loading.looked_up(holders, key, scope):
                    values |= yield OfName(*each)
                return values or frozenset({ExternalResult(name)})
            case "typing.TypeVar" | "typing_extensions.TypeVar", [_, *constraints]:
                bound = [_unquoted(a.value) for a in call.args if a.keyword == "bound"]
                return (yield from self.each([*constraints, *bound], scope))
            case "importlib.import_module", [_, *_]:
                loaded = self._loading.modules(call, scope)
                modules = (Module(each) if self.program.is_module(each) else External(each) for each in loaded)
                return frozenset(modules) or frozenset({ExternalResult(name)})
        return frozenset({ExternalResult(name)})

    def _returned(self, function: ScopeId) -> Asked:
        facts = self.program.facts(function)
        found = yield from self.each(self.program.returned(function), function)
        if facts.returns is not None:
            found |= yield from self.annotation(facts.returns, self.program.parent(function) or function)
            if facts.returns == m.Name("Self") and facts.parameters:
                found |= yield OfParameter(function, 0)
        return capped(found)

    def _yielded(self, function: ScopeId) -> Asked:
        yields = (node for op in self.program.facts(function).ops for node in w.nodes(op.action))
        values = [y.value for y in yields if isinstance(y, m.Yield) and y.value is not None and not y.is_from]
        return (yield from self.each(values, function))


def _unquoted(expr: m.Expr) -> m.Expr:
    """A name that is written as a text, as a class may be that is defined further down."""
    if isinstance(expr, m.Const) and expr.kind == "str" and expr.value.isidentifier():
        return m.Name(expr.value)
    return expr


def _instances(values: Values) -> Values:
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Class):
            found.add(Instance(value.scope))
        elif isinstance(value, External) and value.name not in name_lists().anything:
            found.add(ExternalResult(value.name))
    return frozenset(found)
