"""The equations of values: what each kind of expression, name, attribute, parameter and function can be, in terms of
others. The solver puts them together; nothing here looks at an answer that is not whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.scoping import Scoping, decorator_names, is_static, takes_class
from unbounded_lint.link.dataflow.solver import Asking
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
)
from unbounded_lint.link.program.program import Binding, LinkedModule, Program, ScopeId

MOST = 200
"""How many things a value may be before it can be anything: what is known of so many says nothing of one."""

ANYTHING: Values = frozenset({External("*")})

_UNIONS = frozenset({f"typing.{name}" for name in ("Optional", "Union", "Annotated", "ClassVar", "Final")})
_TYPES = frozenset({"type", "typing.Type"})

Values_ = Asking[Values]


class OfExpression(NamedTuple):
    """What an expression can be, by the identity of its node."""

    node: int
    scope: ScopeId
    kind: str = "expression"


class OfName(NamedTuple):
    """What a variable of a scope can be."""

    name: str
    owner: ScopeId
    kind: str = "name"


class OfAttribute(NamedTuple):
    """What an attribute of a class or of its instances can be."""

    cls: ScopeId
    name: str
    on_class: bool
    kind: str = "attribute"


class OfParameter(NamedTuple):
    """What a parameter can be."""

    function: ScopeId
    position: int
    kind: str = "parameter"


class OfReturned(NamedTuple):
    """What a function returns."""

    function: ScopeId
    kind: str = "returned"


class OfYielded(NamedTuple):
    """What a generator yields."""

    function: ScopeId
    kind: str = "yielded"


class OfElements(NamedTuple):
    """What is stored in a container that is written out in the project."""

    holder: Allocation
    kind: str = "elements"


class OfBases(NamedTuple):
    """The base classes of a class, in order."""

    cls: ScopeId
    kind: str = "bases"


class OfOrder(NamedTuple):
    """A class and its bases in the project, nearest first."""

    cls: ScopeId
    kind: str = "order"


def nothing_yet(question: Any) -> Any:
    """What is known of a question before anything is."""
    match question:
        case OfBases():
            return ()
        case OfOrder(cls=cls):
            return (cls,)
    return NOTHING


def joined(one: Any, other: Any) -> Any:
    """Two answers as one."""
    if isinstance(one, tuple):
        return tuple(dict.fromkeys((*one, *other)))
    return _capped(one | other)


def _capped(values: Values) -> Values:
    return ANYTHING if len(values) > MOST or External("*") in values else values


def union(parts: Iterable[Values]) -> Values:
    """Everything that is in some part."""
    return frozenset[Value]().union(*parts)


class Equations:
    """The equations over expressions, names and calls."""

    def __init__(self, program: Program, scoping: Scoping, calls: Callable[[ScopeId], Iterable[CallSite]]) -> None:
        self.program = program
        self.scoping = scoping
        self._calls = calls
        self._nodes: dict[int, m.Expr] = {}
        self._attributes = Attributes(self)
        self._by_kind: dict[str, Callable[[Any], Values_]] = {
            "expression": lambda q: self._expression(self._nodes[q.node], q.scope),
            "name": lambda q: self._variable(q.name, q.owner),
            "parameter": lambda q: self._parameter(q.function, q.position),
            "returned": lambda q: self._returned(q.function),
            "yielded": lambda q: self._yielded(q.function),
            "elements": lambda q: self._elements(q.holder),
            "attribute": lambda q: self._attributes.found(q.cls, q.name, on_class=q.on_class),
            "bases": lambda q: self._attributes.bases(q.cls),
            "order": lambda q: self._attributes.order(q.cls),
        }

    def of(self, question: Any) -> Values_:
        """The equation of a question."""
        return self._by_kind[question.kind](question)

    def question(self, expr: m.Expr, scope: ScopeId) -> OfExpression:
        """What an expression can be, as a question; the node is kept, so that its identity stays its own."""
        self._nodes.setdefault(id(expr), expr)
        return OfExpression(id(expr), scope)

    # --- expressions ---

    def values(self, expr: m.Expr, scope: ScopeId) -> Values_:
        """What a part of an equation is: a name at once, anything that is deeper by a question of its own."""
        if isinstance(expr, m.Name):
            return (yield from self.named(expr.id, scope))
        if isinstance(expr, m.Const | m.Compare | m.FString):
            return NOTHING
        found: Values = yield self.question(expr, scope)
        return found

    def each(self, exprs: Iterable[m.Expr], scope: ScopeId) -> Values_:
        """What any of several expressions can be."""
        found = []
        for expr in exprs:
            found.append((yield from self.values(expr, scope)))
        return union(found)

    def _expression(self, expr: m.Expr, scope: ScopeId) -> Values_:
        match expr:
            case m.Name(id=name):
                return (yield from self.named(name, scope))
            case m.Attr(base=base, name=name):
                receivers = yield from self._receivers(base, scope)
                return (yield from self._attributes.of_each(receivers, name))
            case m.Call():
                return _capped((yield from self._called(expr, scope)))
            case m.Sub(base=base):
                bases = yield from self.values(base, scope)
                stored = yield from self._stored_in(bases)
                return stored | frozenset(v for v in bases if isinstance(v, Class))
            case m.IfExp(body=body, orelse=orelse):
                return (yield from self.each((body, orelse), scope))
            case m.BoolOp(items=items):
                return (yield from self.each(items, scope))
            case m.Await(value=inner) | m.Walrus(value=inner) | m.Star(value=inner):
                return (yield from self.values(inner, scope))
            case m.Lambda(scope=index):
                return frozenset({Function(ScopeId(scope.path, index))})
        return NOTHING

    def _receivers(self, base: m.Expr, scope: ScopeId) -> Values_:
        if isinstance(base, m.Call) and base.func == m.Name("super"):
            owner = self.scoping.enclosing_class(scope)
            order = (yield OfOrder(owner)) if owner else ()
            return frozenset(Instance(cls) for cls in order[1:])
        return (yield from self.values(base, scope))

    # --- names ---

    def named(self, name: str, scope: ScopeId) -> Values_:
        """What a bare name can be, by Python's scoping."""
        owner = self.scoping.owner(name, scope) or self.scoping.starred(name, self.program.of(scope))
        if owner is None:
            return frozenset({External(name)})
        found: Values = yield OfName(name, owner)
        return found

    def _variable(self, name: str, owner: ScopeId) -> Values_:
        found = []
        for binding in self.program.of(owner).bindings(owner.index)[name]:
            found.append((yield from self.bound(binding, ScopeId(owner.path, binding.scope), name)))
        return _capped(union(found))

    def bound(self, binding: Binding, scope: ScopeId, name: str) -> Values_:
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
                return values | (yield from self._annotated(binding, scope))
            case "part" if isinstance(expr, m.Display):
                inside = 0 <= binding.index < len(expr.items)
                return (yield from self.values(expr.items[binding.index], scope)) if inside else NOTHING
            case "item":
                return (yield from self._items(expr, scope))
            case "entered":
                return (yield from self._entered(expr, scope))
        return NOTHING

    def _annotated(self, binding: Binding, scope: ScopeId) -> Values_:
        action = self.program.facts(scope).ops[binding.op].action if binding.op >= 0 else None
        if isinstance(action, m.Assign) and action.annotation is not None:
            return (yield from self.annotation(action.annotation, scope))
        return NOTHING

    def _imported(self, imported: m.ImportedName, module: LinkedModule) -> Values_:
        dotted = module.absolute(imported)
        if imported.attribute is None:
            name = dotted if imported.bound != dotted.partition(".")[0] else imported.bound
            return frozenset({Module(name) if self.program.is_module(name) else External(name)})
        return (yield from self.member(dotted, imported.attribute))

    def member(self, dotted: str, name: str) -> Values_:
        """What `name` is in the module `dotted`."""
        source, below = self.program.named(dotted), f"{dotted}.{name}"
        if source is not None and name in source.bindings(0):
            found: Values = yield OfName(name, ScopeId(source.path, 0))
            if found or not self.program.is_module(below):
                return found
        if self.program.is_module(below):
            return frozenset({Module(below)})
        owner = self.scoping.starred(name, source) if source is not None else None
        if owner is not None:
            found = yield OfName(name, owner)
            return found
        return NOTHING if self.program.is_module(dotted) else frozenset({External(below)})

    def annotation(self, expr: m.Expr, scope: ScopeId) -> Values_:
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

    def _parameter(self, function: ScopeId, index: int) -> Values_:
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
        return _capped(union(found))

    def _called(self, call: m.Call, scope: ScopeId) -> Values_:
        found = []
        for callee in ordered((yield from self.values(call.func, scope))):
            found.append((yield from self._result(callee, call, scope)))
        if isinstance(call.func, m.Attr) and call.func.name in name_lists().lookups:
            holders = yield from self.values(call.func.base, scope)
            found.append((yield from self._stored_in(holders)))
            if call.func.name == "setdefault" and len(call.args) > 1:
                found.append((yield from self.values(call.args[1].value, scope)))
        return union(found)

    def _result(self, callee: Value, call: m.Call, scope: ScopeId) -> Values_:
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

    def _external_result(self, name: str, call: m.Call, scope: ScopeId) -> Values_:
        arguments = [a.value for a in call.args if a.keyword is None and not a.star]
        if name in name_lists().casts | {"copy.copy"} and arguments:
            return (yield from self.values(arguments[-1], scope))
        if name in name_lists().partials and arguments:
            return (yield from self.values(arguments[0], scope))
        match name, arguments:
            case "getattr", [holder, m.Const(value=key), *default]:
                holders = yield from self.values(holder, scope)
                found = yield from self._attributes.of_each(holders, key)
                return found | (yield from self.each(default, scope))
            case "type", [value]:
                instances = yield from self.values(value, scope)
                return frozenset(Class(v.scope) for v in instances if isinstance(v, Instance))
            case "importlib.import_module", [m.Const(value=dotted), *_]:
                return frozenset({Module(dotted) if self.program.is_module(dotted) else External(dotted)})
            case "object.__new__", [cls, *_]:
                classes = yield from self.values(cls, scope)
                return frozenset(Instance(v.scope) for v in classes if isinstance(v, Class))
        return frozenset({ExternalResult(name)})

    def _returned(self, function: ScopeId) -> Values_:
        facts = self.program.facts(function)
        returned = (op.action.value for op in facts.ops if isinstance(op.action, m.Return))
        found = yield from self.each((value for value in returned if value is not None), function)
        if facts.returns is not None and not found:
            found = yield from self.annotation(facts.returns, self.program.parent(function) or function)
            if facts.returns == m.Name("Self") and facts.parameters:
                found |= yield OfParameter(function, 0)
        return _capped(found)

    def _yielded(self, function: ScopeId) -> Values_:
        yields = (node for op in self.program.facts(function).ops for node in w.nodes(op.action))
        values = [y.value for y in yields if isinstance(y, m.Yield) and y.value is not None and not y.is_from]
        return (yield from self.each(values, function))

    def _from_generators(self, call: m.Call, scope: ScopeId) -> Asking[Values | None]:
        """What a call yields, None where it calls no generator of the project."""
        callees = yield from self.values(call.func, scope)
        generators = [v for v in ordered(callees) if isinstance(v, Function) and self._is_generator(v)]
        found = []
        for generator in generators:
            found.append((yield OfYielded(generator.scope)))
        return union(found) if generators else None

    def _is_generator(self, function: Function) -> bool:
        return self.program.facts(function.scope).is_generator

    def _entered(self, expr: m.Expr, scope: ScopeId) -> Values_:
        yielded = (yield from self._from_generators(expr, scope)) if isinstance(expr, m.Call) else None
        if yielded is not None:
            return yielded
        found: Values = NOTHING
        for value in ordered((yield from self.values(expr, scope))):
            given: Values = NOTHING
            if isinstance(value, Instance):
                for name in ("__enter__", "__aenter__"):
                    for method in ordered((yield OfAttribute(value.scope, name, False))):
                        if isinstance(method, Function):
                            given |= yield OfReturned(method.scope)
            found |= given or {value}
        return found

    # --- elements ---

    def _items(self, iterable: m.Expr, scope: ScopeId) -> Values_:
        """What iterating over an expression gives."""
        match iterable:
            case m.Display(items=items):
                return (yield from self.each(items, scope))
            case m.Call(func=m.Attr(base=base, name=name)) if name in name_lists().views:
                return (yield from self._items(base, scope))
            case m.Call(func=m.Name(id=name), args=(first, *_)) if name in name_lists().wrappers:
                return (yield from self._items(first.value, scope))
            case m.Call():
                yielded = yield from self._from_generators(iterable, scope)
                if yielded is not None:
                    return yielded
        return (yield from self._stored_in((yield from self.values(iterable, scope))))

    def _stored_in(self, holders: Values) -> Values_:
        found = []
        for holder in ordered(holders):
            if isinstance(holder, Allocation):
                found.append((yield OfElements(holder)))
        return union(found)

    def _elements(self, holder: Allocation) -> Values_:
        found = []
        for expr, scope in self._stored(holder):
            found.append((yield from self.values(expr, scope)))
        return _capped(union(found))

    def _stored(self, holder: Allocation) -> Iterator[tuple[m.Expr, ScopeId]]:
        """What is written into a container where it is made, and stored in it by the module that makes it."""
        module = self.program.of(holder.scope)
        action = self.program.facts(holder.scope).ops[holder.op].action
        made = action.value if isinstance(action, m.Assign) else None
        if isinstance(made, m.Display):
            yield from ((item, holder.scope) for item in made.items)
        elif isinstance(made, m.DictDisplay):
            yield from ((entry.value, holder.scope) for entry in made.items)
        for site in module.sites(holder.name):
            value = stored_value(site.node, site.parents, self.program.op(site).action)
            if value is not None:
                yield value, site.scope


class Attributes:
    """The equations over attributes, classes and their bases."""

    def __init__(self, equations: Equations) -> None:
        self._equations = equations
        self.program = equations.program
        self.scoping = equations.scoping

    def of_each(self, values: Values, name: str) -> Values_:
        """What `value.name` is for any of some values."""
        found = []
        for value in ordered(values):
            found.append((yield from self.of(value, name)))
        return _capped(union(found))

    def of(self, value: Value, name: str) -> Values_:
        """What `value.name` is."""
        match value:
            case Module(name=dotted):
                return (yield from self._equations.member(dotted, name))
            case External(name=dotted, of_instance=of_instance):
                return frozenset({External(f"{dotted}.{name}", of_instance)}) if dotted != "*" else ANYTHING
            case ExternalResult(name=dotted):
                return frozenset({External(f"{dotted}.{name}", True)})
            case Instance(scope=cls) if name == "__class__":
                return frozenset({Class(cls)})
            case Class(scope=cls) | Instance(scope=cls) if name != "__class__":
                found: Values = yield OfAttribute(cls, name, isinstance(value, Class))
                return found
        return NOTHING

    def found(self, cls: ScopeId, name: str, *, on_class: bool) -> Values_:
        """What an attribute of a class or of its instances is, by the method resolution order."""
        order: tuple[ScopeId, ...] = yield OfOrder(cls)
        for owner in order:
            if self._is_defined(owner, name):
                return _capped((yield from self._own(owner, cls, name, on_class=on_class)))
        outside: list[Value] = []
        for owner in order:
            bases: tuple[Value, ...] = yield OfBases(owner)
            outside += [External(f"{b.name}.{name}", not on_class) for b in bases if isinstance(b, External)]
        return frozenset(outside)

    def _is_defined(self, owner: ScopeId, name: str) -> bool:
        return name in self.program.of(owner).bindings(owner.index) or name in self.scoping.writes(owner)

    def _own(self, owner: ScopeId, cls: ScopeId, name: str, *, on_class: bool) -> Values_:
        found: set[Value] = set()
        for binding in self.program.of(owner).bindings(owner.index).get(name, ()):
            values = yield from self._equations.bound(binding, ScopeId(owner.path, binding.scope), name)
            for value in ordered(values):
                found |= yield from self._through_descriptor(value, cls, on_class=on_class)
        annotations = [(annotation, owner) for annotation in self._declared(owner, name)]
        for write in self.scoping.writes(owner).get(name, ()):
            if write.value is not None and is_fresh(write.value):
                found.add(Allocation(write.scope, write.op, name))
            elif write.value is not None:
                found |= yield from self._equations.values(write.value, write.scope)
            if write.annotation is not None:
                annotations.append((write.annotation, write.scope))
        for annotation, scope in annotations:
            found |= yield from self._equations.annotation(annotation, scope)
        return frozenset(found)

    def _declared(self, owner: ScopeId, name: str) -> Iterator[m.Expr]:
        for op in self.program.facts(owner).ops:
            action = op.action
            if isinstance(action, m.Assign) and action.annotation is not None and action.targets == (m.Name(name),):
                yield action.annotation

    def _through_descriptor(self, value: Value, cls: ScopeId, *, on_class: bool) -> Values_:
        if not isinstance(value, Function):
            return frozenset({value})
        facts = self.program.facts(value.scope)
        if self.program.owner_class(value.scope) is None or is_static(facts):
            return frozenset({value})
        if not on_class and decorator_names(facts) & name_lists().properties:
            returned: Values = yield OfReturned(value.scope)
            return returned
        if on_class and not takes_class(facts):
            return frozenset({value})
        return frozenset({Function(value.scope, cls)})

    def bases(self, cls: ScopeId) -> Asking[Any]:
        """The base classes of a class, in order."""
        outside = self.program.parent(cls)
        found: list[Value] = []
        for base in self.program.facts(cls).bases if outside is not None else ():
            if outside is not None and base.keyword is None and not base.star:
                expr = base.value.base if isinstance(base.value, m.Sub) else base.value
                found.extend(ordered((yield from self._equations.values(expr, outside))))
        return tuple(found)

    def order(self, cls: ScopeId) -> Asking[Any]:
        """The class and its bases in the project, nearest first, each once."""
        order = [cls]
        bases: tuple[Value, ...] = yield OfBases(cls)
        for base in bases:
            if isinstance(base, Class):
                above: tuple[ScopeId, ...] = yield OfOrder(base.scope)
                order.extend(above)
        return tuple(dict.fromkeys(order))


def _instances(values: Values) -> Values:
    found: set[Value] = set()
    for value in values:
        if isinstance(value, Class):
            found.add(Instance(value.scope))
        elif isinstance(value, External):
            found.add(ExternalResult(value.name))
    return frozenset(found)


def stored_value(node: m.Expr, parents: tuple[m.Expr, ...], action: m.Action) -> m.Expr | None:
    """The value that an operation stores in the container that `node` names."""
    match parents:
        case (*_, m.Sub(base=base) as parent) if base is node and isinstance(action, m.Assign):
            return action.value if parent in action.targets else None
        case (*_, m.Call(func=func, args=args), m.Attr(name=name) as parent) if (
            func is parent and name in name_lists().stores
        ):
            return next((a.value for a in reversed(args) if not a.star), None)
    return None
