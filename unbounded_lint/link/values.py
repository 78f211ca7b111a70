"""What an expression can be: modules, functions, classes, instances and things from outside, found backwards from a
use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.program import Binding, LinkedModule, Program, ScopeId

DEPTH = 40
"""How many steps an expression is followed backwards before it counts as unknown."""


@dataclass(frozen=True, slots=True)
class Module:
    """A module or package of the project."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function or lambda of the project; `receiver` is the class it was looked up on, if it is bound."""

    scope: ScopeId
    receiver: ScopeId | None = None


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project."""

    scope: ScopeId


@dataclass(frozen=True, slots=True)
class Instance:
    """Any instance of a class of the project."""

    scope: ScopeId


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the project, by its dotted name; builtins have their bare name. `of_instance` marks what was
    looked up on an instance: it is data that comes and goes, not a definition of another package."""

    name: str
    of_instance: bool = False


@dataclass(frozen=True, slots=True)
class ExternalResult:
    """What calling something outside the project gave: an instance, mostly."""

    name: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """A container written out or built in an assignment: the scope and operation that make it, and the name it first
    got."""

    scope: ScopeId
    op: int
    name: str


Value: TypeAlias = Module | Function | Class | Instance | External | ExternalResult | Allocation
Values: TypeAlias = frozenset[Value]
NOTHING: Values = frozenset()


def ordered(values: Values) -> tuple[Value, ...]:
    """The values in an order that does not depend on hashing."""
    return tuple(values) if len(values) < 2 else tuple(sorted(values, key=repr))


class AttributeWrite(NamedTuple):
    """`self.attr = value` (or `cls.attr = value`) in a method: the method's scope, the operation and the value."""

    scope: ScopeId
    op: int
    value: m.Expr | None
    annotation: m.Expr | None
    on_class: bool


class CallSite(NamedTuple):
    """One call of a function: where, the call (None for a bare decorator), and how many leading parameters are
    bound."""

    scope: ScopeId
    op: int
    call: m.Call | None
    bound: int


_PASS_THROUGH = frozenset({"typing.cast", "typing_extensions.cast", "copy.copy"})
_WRAPPERS = frozenset(
    {"list", "tuple", "sorted", "set", "frozenset", "iter", "reversed", "enumerate", "zip", "dict", "copy.copy"}
)
_VIEWS = frozenset({"values", "items", "copy", "keys"})


def decorator_names(scope: m.Scope) -> frozenset[str]:
    """The last names of a function's decorators, calls taken off."""
    found = set()
    for decorator in scope.decorators:
        inner = decorator.func if isinstance(decorator, m.Call) else decorator
        if isinstance(inner, m.Attr):
            found.add(inner.name)
        elif isinstance(inner, m.Name):
            found.add(inner.id)
    return frozenset(found)


def is_static(scope: m.Scope) -> bool:
    """Whether a method takes no receiver."""
    return "staticmethod" in decorator_names(scope)


def takes_class(scope: m.Scope) -> bool:
    """Whether a method's first parameter is the class."""
    return "classmethod" in decorator_names(scope) or scope.name in {
        "__new__",
        "__init_subclass__",
        "__class_getitem__",
    }


class Resolver:
    """Follows expressions backwards to what they can be. Every answer is memoised; recursion is cut, giving less,
    never more."""

    def __init__(self, program: Program, calls: Callable[[ScopeId], Iterable[CallSite]]) -> None:
        self.program = program
        self._calls = calls
        self._memo: dict[tuple[int, ScopeId], Values] = {}
        self._keep: list[m.Expr] = []
        self._active: set[tuple[str, object, ScopeId]] = set()
        self._whole: dict[object, Values] = {}
        self._stores: dict[Allocation, tuple[tuple[m.Expr, ScopeId], ...]] = {}
        self.cuts = 0
        self._depth = 0
        self._writes: dict[ScopeId, Mapping[str, tuple[AttributeWrite, ...]]] = {}
        self._mro: dict[ScopeId, tuple[ScopeId, ...]] = {}
        self._bases: dict[ScopeId, tuple[Value, ...]] = {}
        self._owners: dict[tuple[str, ScopeId], ScopeId | None] = {}
        self._returns: dict[ScopeId, Values] = {}

    # --- expressions ---

    def values(self, expr: m.Expr, scope: ScopeId) -> Values:
        """What an expression of that scope can be; empty when unknown."""
        key = (id(expr), scope)
        if key in self._memo:
            return self._memo[key]
        active = ("expr", id(expr), scope)
        if self._is_cut(active) or self._depth > DEPTH:
            self.cuts += 1
            return NOTHING
        self._active.add(active)
        self._depth += 1
        try:
            found = self._evaluate(expr, scope)
        finally:
            self._active.discard(active)
            self._depth -= 1
        self._memo[key] = found
        self._keep.append(expr)
        return found

    def _is_cut(self, question: tuple[str, object, ScopeId]) -> bool:
        """Whether a question is being answered just now: then what is found for it is not all."""
        if question not in self._active:
            return False
        self.cuts += 1
        return True

    def _found(self, question: tuple[str, object, ScopeId], key: object, find: Callable[[], Values]) -> Values:
        """The answer to a question, kept under a key if nothing was cut short on the way to it."""
        if key in self._whole:
            return self._whole[key]
        if self._is_cut(question):
            return NOTHING
        cuts = self.cuts
        self._active.add(question)
        try:
            found = find()
        finally:
            self._active.discard(question)
        if self.cuts == cuts:
            self._whole[key] = found
        return found

    def _evaluate(self, expr: m.Expr, scope: ScopeId) -> Values:
        match expr:
            case m.Name(id=name):
                return self.lookup(name, scope)
            case m.Attr(base=base, name=name):
                return self._union(self.attribute(value, name) for value in self._receivers(base, scope))
            case m.Call():
                return self._called(expr, scope)
            case m.Sub(base=base):
                return self._union(self.elements(value) for value in self.values(base, scope)) | self._generic(
                    base, scope
                )
            case m.IfExp(body=body, orelse=orelse):
                return self.values(body, scope) | self.values(orelse, scope)
            case m.BoolOp(items=items):
                return self._union(self.values(item, scope) for item in items)
            case m.Await(value=inner) | m.Walrus(value=inner) | m.Star(value=inner):
                return self.values(inner, scope)
            case m.Lambda(scope=index):
                return frozenset({Function(ScopeId(scope.path, index))})
        return NOTHING

    @staticmethod
    def _union(parts: Iterable[Values]) -> Values:
        found: set[Value] = set()
        for part in parts:
            found |= part
        return frozenset(found)

    def _receivers(self, base: m.Expr, scope: ScopeId) -> Values:
        if isinstance(base, m.Call) and isinstance(base.func, m.Name) and base.func.id == "super":
            owner = self.enclosing_class(scope)
            return frozenset(Instance(c) for c in self.mro(owner)[1:]) if owner else NOTHING
        return self.values(base, scope)

    def _generic(self, base: m.Expr, scope: ScopeId) -> Values:
        return frozenset(v for v in self.values(base, scope) if isinstance(v, Class))

    # --- names ---

    def lookup(self, name: str, scope: ScopeId) -> Values:
        """What a bare name can be, by Python's scoping."""
        owner = self.owner(name, scope)
        if owner is None:
            return self._from_stars(name, scope) or frozenset({External(name)})
        bindings = self.program.of(owner).bindings(owner.index)[name]

        def find() -> Values:
            return self._union(self.bound(binding, ScopeId(owner.path, binding.scope), name) for binding in bindings)

        return self._found(("lookup", name, owner), ("lookup", name, owner), find)

    def owner(self, name: str, scope: ScopeId) -> ScopeId | None:
        """The scope whose variable a bare name means, None for a builtin or a star import."""
        key = (name, scope)
        if key not in self._owners:
            self._owners[key] = self._find_owner(name, scope)
        return self._owners[key]

    def _find_owner(self, name: str, scope: ScopeId) -> ScopeId | None:
        module = self.program.of(scope)
        index = scope.index
        first = True
        while index >= 0:
            facts = module.scope(index)
            if name in facts.globals:
                return ScopeId(scope.path, 0) if name in module.bindings(0) else None
            if (first or facts.kind != "class") and name in module.bindings(index):
                return ScopeId(scope.path, index)
            index, first = facts.parent, False
        return None

    def _from_stars(self, name: str, scope: ScopeId) -> Values:
        module = self.program.of(scope)
        for _, _, imported in module.imports:
            if imported.attribute == "*":
                source = self.program.named(module.absolute(imported))
                if source is not None and source is not module and not name.startswith("_"):
                    owner = ScopeId(source.path, 0)
                    if name in source.bindings(0):
                        return self.lookup(name, owner)
                    active = ("star", name, owner)
                    if not self._is_cut(active):
                        self._active.add(active)
                        try:
                            found = self._from_stars(name, owner)
                        finally:
                            self._active.discard(active)
                        if found:
                            return found
        return NOTHING

    def bound(self, binding: Binding, scope: ScopeId, name: str) -> Values:
        """What one binding gives its name; `scope` is where the binding's operation stands."""
        match binding.kind:
            case "value":
                assert binding.expr is not None
                if is_fresh(binding.expr):
                    return frozenset({Allocation(scope, binding.op, name)})
                return self.values(binding.expr, scope) | self._annotated(binding, scope)
            case "part" if binding.expr is not None and isinstance(binding.expr, m.Display):
                items = binding.expr.items
                return self.values(items[binding.index], scope) if 0 <= binding.index < len(items) else NOTHING
            case "item" if binding.expr is not None:
                return self.items(binding.expr, scope)
            case "entered" if binding.expr is not None:
                return self._entered(binding.expr, scope)
            case "parameter":
                return self.parameter(scope, binding.index)
            case "import" if binding.imported is not None:
                return self._imported(binding.imported, self.program.of(scope))
            case "define":
                return self._defined(ScopeId(scope.path, binding.index))
        return NOTHING

    def _annotated(self, binding: Binding, scope: ScopeId) -> Values:
        action = self.program.facts(scope).ops[binding.op].action if binding.op >= 0 else None
        if isinstance(action, m.Assign) and action.annotation is not None:
            return self.annotation(action.annotation, scope)
        return NOTHING

    def _defined(self, scope: ScopeId) -> Values:
        facts = self.program.facts(scope)
        return frozenset({Class(scope) if facts.kind == "class" else Function(scope)})

    def _imported(self, imported: m.ImportedName, module: LinkedModule) -> Values:
        dotted = module.absolute(imported)
        if imported.attribute is None:
            name = dotted if imported.bound != dotted.partition(".")[0] else imported.bound
            return frozenset({Module(name) if self.program.is_module(name) else External(name)})
        return self.member(dotted, imported.attribute)

    def member(self, dotted: str, name: str) -> Values:
        """What `name` is in the module `dotted`."""
        source = self.program.named(dotted)
        if source is not None and name in source.bindings(0):
            found = self.lookup(name, ScopeId(source.path, 0))
            if found or not self.program.is_module(f"{dotted}.{name}"):
                return found
        below = f"{dotted}.{name}"
        if self.program.is_module(below):
            return frozenset({Module(below)})
        if source is not None:
            return self._from_stars(name, ScopeId(source.path, 0))
        return NOTHING if self.program.is_module(dotted) else frozenset({External(below)})

    def annotation(self, expr: m.Expr, scope: ScopeId) -> Values:
        """The instances that an annotation allows; unions and Optional are taken apart."""
        match expr:
            case m.Binary(op="|", items=items):
                return self._union(self.annotation(item, scope) for item in items)
            case m.Sub(base=base, index=index):
                outer = self.values(base, scope)
                names = {value.name for value in outer if isinstance(value, External)}
                if names & {"typing.Optional", "typing.Union", "typing.Annotated", "typing.ClassVar", "typing.Final"}:
                    parts = index.items if isinstance(index, m.Display) else (index,)
                    return self._union(self.annotation(part, scope) for part in parts)
                if names & {"type", "typing.Type"}:
                    return frozenset(v for v in self.values(index, scope) if isinstance(v, Class))
                return self._instances(outer)
            case m.Name() | m.Attr():
                return self._instances(self.values(expr, scope))
        return NOTHING

    @staticmethod
    def _instances(values: Values) -> Values:
        found: set[Value] = set()
        for value in values:
            if isinstance(value, Class):
                found.add(Instance(value.scope))
            elif isinstance(value, External):
                found.add(ExternalResult(value.name))
        return frozenset(found)

    # --- parameters and calls ---

    def parameter(self, scope: ScopeId, index: int) -> Values:
        """What a parameter can be: its receiver, what the call sites of the project pass, its annotation, its
        default."""
        facts = self.program.facts(scope)
        owner = self.program.owner_class(scope)
        if index == 0 and owner is not None and facts.kind == "function" and not is_static(facts):
            return frozenset({Class(owner) if takes_class(facts) else Instance(owner)})
        active = ("parameter", index, scope)
        if self._is_cut(active):
            return NOTHING
        parameter = facts.parameters[index]
        outside = self.program.parent(scope) or scope
        found = self.annotation(parameter.annotation, outside) if parameter.annotation is not None else NOTHING
        self._active.add(active)
        try:
            for site in self._calls(scope):
                argument = self.argument(facts, index, site)
                if argument is not None:
                    found |= self.values(argument, site.scope)
        finally:
            self._active.discard(active)
        if parameter.default is not None:
            found |= self.values(parameter.default, outside)
        return found

    @staticmethod
    def argument(facts: m.Scope, index: int, site: CallSite) -> m.Expr | None:
        """The expression a call passes for a parameter, None when it passes none or it cannot be told."""
        if site.call is None:
            return None
        parameter = facts.parameters[index]
        for argument in site.call.args:
            if argument.keyword == parameter.name:
                return argument.value
        if parameter.kind not in {"normal", "positional-only"}:
            return None
        position = index - site.bound
        positional = [a for a in site.call.args if a.keyword is None and a.star != "**"]
        if any(a.star for a in positional[: position + 1]) or not 0 <= position < len(positional):
            return None
        return positional[position].value

    def _called(self, call: m.Call, scope: ScopeId) -> Values:
        found: set[Value] = set()
        callees = self.values(call.func, scope)
        for callee in callees:
            found |= self._result(callee, call, scope)
        if isinstance(call.func, m.Attr) and call.func.name in {"get", "setdefault", "pop"}:
            for holder in self.values(call.func.base, scope):
                found |= self.elements(holder)
            if call.func.name == "setdefault" and len(call.args) > 1:
                found |= self.values(call.args[1].value, scope)
        return frozenset(found)

    def _result(self, callee: Value, call: m.Call, scope: ScopeId) -> Values:
        match callee:
            case Class(scope=cls):
                return frozenset({Instance(cls)})
            case Function(scope=function, receiver=receiver):
                return self._returned_self(self.returned(function), function, receiver)
            case External(name=name):
                return self._external_result(name, call, scope)
            case Instance(scope=cls):
                return self._union(
                    self.returned(v.scope) for v in self.attribute(Instance(cls), "__call__") if isinstance(v, Function)
                )
        return NOTHING

    def _returned_self(self, values: Values, function: ScopeId, receiver: ScopeId | None) -> Values:
        owner = self.program.owner_class(function)
        if receiver is None or owner is None or receiver == owner:
            return values
        return frozenset(Instance(receiver) if v == Instance(owner) else v for v in values)

    def _external_result(self, name: str, call: m.Call, scope: ScopeId) -> Values:
        arguments = [a.value for a in call.args if a.keyword is None and not a.star]
        if name in _PASS_THROUGH and arguments:
            return self.values(arguments[-1], scope)
        if name in {"functools.partial", "functools.partialmethod"} and arguments:
            return self.values(arguments[0], scope)
        if name == "getattr" and len(arguments) >= 2 and isinstance(arguments[1], m.Const):
            key = arguments[1].value
            found = self._union(self.attribute(v, key) for v in self.values(arguments[0], scope))
            return found | (self.values(arguments[2], scope) if len(arguments) > 2 else NOTHING)
        if name in {"type"} and len(arguments) == 1:
            return frozenset(Class(v.scope) for v in self.values(arguments[0], scope) if isinstance(v, Instance))
        if name == "importlib.import_module" and arguments and isinstance(arguments[0], m.Const):
            dotted = arguments[0].value
            return frozenset({Module(dotted)}) if self.program.is_module(dotted) else frozenset({External(dotted)})
        if name == "object.__new__" and arguments:
            return frozenset(Instance(v.scope) for v in self.values(arguments[0], scope) if isinstance(v, Class))
        return frozenset({ExternalResult(name)})

    def returned(self, function: ScopeId) -> Values:
        """What a function returns; for a context manager or generator see `yielded`."""
        if function in self._returns:
            return self._returns[function]
        active = ("return", 0, function)
        if self._is_cut(active):
            return NOTHING
        self._active.add(active)
        try:
            facts = self.program.facts(function)
            found: Values = NOTHING
            for op in facts.ops:
                if isinstance(op.action, m.Return) and op.action.value is not None:
                    found |= self.values(op.action.value, function)
            if facts.returns is not None and not found:
                found = self.annotation(facts.returns, self.program.parent(function) or function)
                if isinstance(facts.returns, m.Name) and facts.returns.id == "Self" and facts.parameters:
                    found |= self.parameter(function, 0)
        finally:
            self._active.discard(active)
        self._returns[function] = found
        return found

    def yielded(self, function: ScopeId) -> Values:
        """What a generator yields."""
        found: Values = NOTHING
        for op in self.program.facts(function).ops:
            for node in w.nodes(op.action):
                if isinstance(node, m.Yield) and node.value is not None and not node.is_from:
                    found |= self.values(node.value, function)
        return found

    def _entered(self, expr: m.Expr, scope: ScopeId) -> Values:
        if isinstance(expr, m.Call):
            generators = [
                v.scope
                for v in self.values(expr.func, scope)
                if isinstance(v, Function) and self.program.facts(v.scope).is_generator
            ]
            if generators:
                return self._union(self.yielded(g) for g in generators)
        found: Values = NOTHING
        for value in self.values(expr, scope):
            if isinstance(value, Instance):
                enter = self.attribute(value, "__enter__") | self.attribute(value, "__aenter__")
                found |= self._union(self.returned(v.scope) for v in enter if isinstance(v, Function)) or {value}
            else:
                found |= {value}
        return found

    # --- elements ---

    def items(self, iterable: m.Expr, scope: ScopeId) -> Values:
        """What iterating over an expression gives."""
        if isinstance(iterable, m.Display):
            return self._union(self.values(item, scope) for item in iterable.items)
        if isinstance(iterable, m.Call):
            if isinstance(iterable.func, m.Attr) and iterable.func.name in _VIEWS:
                return self.items(iterable.func.base, scope)
            if isinstance(iterable.func, m.Name) and iterable.func.id in _WRAPPERS and iterable.args:
                return self.items(iterable.args[0].value, scope)
            generators = [
                v.scope
                for v in self.values(iterable.func, scope)
                if isinstance(v, Function) and self.program.facts(v.scope).is_generator
            ]
            if generators:
                return self._union(self.yielded(g) for g in generators)
        return self._union(self.elements(value) for value in self.values(iterable, scope))

    def elements(self, holder: Value) -> Values:
        """What is stored in a container that is written out in the project, by the stores of the module that made
        it."""
        if not isinstance(holder, Allocation):
            return NOTHING
        if holder not in self._stores:
            self._stores[holder] = tuple(self._stored(holder))

        def find() -> Values:
            return self._union(self.values(expr, scope) for expr, scope in self._stores[holder])

        return self._found(("elements", holder.name, ScopeId(holder.scope.path, holder.op)), holder, find)

    def _stored(self, holder: Allocation) -> Iterator[tuple[m.Expr, ScopeId]]:
        module = self.program.of(holder.scope)
        action = self.program.facts(holder.scope).ops[holder.op].action
        made = action.value if isinstance(action, m.Assign) else None
        if isinstance(made, m.Display):
            yield from ((item, holder.scope) for item in made.items)
        elif isinstance(made, m.DictDisplay):
            yield from ((entry.value, holder.scope) for entry in made.items)
        for site in module.sites(holder.name):
            yield from (
                (value, site.scope) for value in stored_values(site.node, site.parents, self.program.op(site).action)
            )

    # --- attributes ---

    def attribute(self, value: Value, name: str) -> Values:
        """What `value.name` is."""
        match value:
            case Module(name=dotted):
                return self.member(dotted, name)
            case External(name=dotted, of_instance=of_instance):
                return frozenset({External(f"{dotted}.{name}", of_instance)})
            case ExternalResult(name=dotted):
                return frozenset({External(f"{dotted}.{name}", True)})
            case Class(scope=cls):
                if name == "__class__":
                    return NOTHING
                return self.class_attribute(cls, name, on_class=True)
            case Instance(scope=cls):
                if name == "__class__":
                    return frozenset({Class(cls)})
                return self.class_attribute(cls, name, on_class=False)
        return NOTHING

    def class_attribute(self, cls: ScopeId, name: str, *, on_class: bool) -> Values:
        """What an attribute of a class or of its instances is, by the method resolution order."""

        def find() -> Values:
            for owner in self.mro(cls):
                found = self._own_attribute(owner, cls, name, on_class=on_class)
                if found is not None:
                    return found
            outside = [v.name for owner in self.mro(cls) for v in self.outside_bases(owner)]
            return frozenset(External(f"{base}.{name}", not on_class) for base in outside)

        return self._found(("attribute", name, cls), (name, cls, on_class), find)

    def _own_attribute(self, owner: ScopeId, cls: ScopeId, name: str, *, on_class: bool) -> Values | None:
        module = self.program.of(owner)
        bindings = module.bindings(owner.index).get(name, ())
        writes = self.writes(owner).get(name, ())
        if not bindings and not writes:
            return None
        found: set[Value] = set()
        for binding in bindings:
            for value in self.bound(binding, ScopeId(owner.path, binding.scope), name):
                found |= self._through_descriptor(value, cls, on_class=on_class)
        for write in writes:
            if write.value is not None and is_fresh(write.value):
                found.add(Allocation(write.scope, write.op, name))
            elif write.value is not None:
                found |= self.values(write.value, write.scope)
            if write.annotation is not None:
                found |= self.annotation(write.annotation, write.scope)
        action_annotations = [
            op.action.annotation
            for op in self.program.facts(owner).ops
            if isinstance(op.action, m.Assign)
            and op.action.annotation is not None
            and op.action.targets == (m.Name(name),)
        ]
        for annotation in action_annotations:
            found |= self.annotation(annotation, owner)
        return frozenset(found)

    def _through_descriptor(self, value: Value, cls: ScopeId, *, on_class: bool) -> Values:
        if not isinstance(value, Function):
            return frozenset({value})
        facts = self.program.facts(value.scope)
        if self.program.owner_class(value.scope) is None or is_static(facts):
            return frozenset({value})
        if not on_class and decorator_names(facts) & {"property", "cached_property", "reify"}:
            return self.returned(value.scope)
        if on_class and not takes_class(facts):
            return frozenset({value})
        return frozenset({Function(value.scope, cls)})

    def writes(self, cls: ScopeId) -> Mapping[str, tuple[AttributeWrite, ...]]:
        """Attribute -> the assignments to it through the receiver, in the methods of the class itself."""
        if cls not in self._writes:
            found: dict[str, list[AttributeWrite]] = {}
            module = self.program.of(cls)
            for index in module.functions_of.get(cls.index, ()):
                here = ScopeId(cls.path, index)
                receivers = self._receiver_names(here, cls)
                for name, write in _attribute_writes(here, module.scope(index), receivers):
                    found.setdefault(name, []).append(write)
            self._writes[cls] = {name: tuple(writes) for name, writes in found.items()}
        return self._writes[cls]

    def _receiver_names(self, scope: ScopeId, cls: ScopeId) -> Mapping[str, bool]:
        """The names by which the receiver of a method of `cls` is known in a scope -> whether it is the class
        itself."""
        at: ScopeId | None = scope
        while at is not None:
            facts = self.program.facts(at)
            if facts.kind not in {"function", "lambda"}:
                return {}
            if self.program.parent(at) == cls:
                if is_static(facts) or not facts.parameters:
                    return {}
                return {facts.parameters[0].name: takes_class(facts) and facts.name != "__new__"}
            at = self.program.parent(at)
        return {}

    # --- classes ---

    def enclosing_class(self, scope: ScopeId) -> ScopeId | None:
        """The nearest class around a scope."""
        at = self.program.parent(scope)
        while at is not None and self.program.facts(at).kind != "class":
            at = self.program.parent(at)
        return at

    def bases(self, cls: ScopeId) -> tuple[Value, ...]:
        """The base classes of a class, in order."""
        if cls not in self._bases:
            active = ("bases", 0, cls)
            if self._is_cut(active):
                return ()
            self._active.add(active)
            try:
                self._bases[cls] = self._find_bases(cls)
            finally:
                self._active.discard(active)
        return self._bases[cls]

    def _find_bases(self, cls: ScopeId) -> tuple[Value, ...]:
        outside = self.program.parent(cls)
        if outside is None:
            return ()
        found: list[Value] = []
        for base in self.program.facts(cls).bases:
            if base.keyword is None and not base.star:
                expr = base.value.base if isinstance(base.value, m.Sub) else base.value
                found.extend(ordered(self.values(expr, outside)))
        return tuple(found)

    def outside_bases(self, cls: ScopeId) -> tuple[External, ...]:
        """The base classes that are not of this project."""
        return tuple(b for b in self.bases(cls) if isinstance(b, External))

    def mro(self, cls: ScopeId) -> tuple[ScopeId, ...]:
        """The class and its bases in the project, nearest first, each once."""
        if cls not in self._mro:
            active = ("mro", 0, cls)
            if self._is_cut(active):
                return (cls,)
            self._active.add(active)
            try:
                order = {cls: None}
                for base in self.bases(cls):
                    if isinstance(base, Class):
                        order.update(dict.fromkeys(self.mro(base.scope)))
            finally:
                self._active.discard(active)
            self._mro[cls] = tuple(order)
        return self._mro[cls]

    def all_outside_bases(self, cls: ScopeId) -> frozenset[str]:
        """The dotted names of every base outside the project, direct or inherited."""
        return frozenset(b.name for c in self.mro(cls) for b in self.outside_bases(c))

    def related(self, one: ScopeId, other: ScopeId) -> bool:
        """Whether one of two classes inherits from the other."""
        return one == other or one in self.mro(other) or other in self.mro(one)


_FRESH_CALLS = frozenset({"dict", "list", "set", "defaultdict", "OrderedDict", "deque", "Counter"})


def is_fresh(expr: m.Expr) -> bool:
    """Whether an expression makes a new container on the spot."""
    if isinstance(expr, m.DictDisplay | m.Comp):
        return not (isinstance(expr, m.Comp) and expr.kind == "generator")
    if isinstance(expr, m.Display):
        return True
    if isinstance(expr, m.Call):
        name = (
            expr.func.id if isinstance(expr.func, m.Name) else expr.func.name if isinstance(expr.func, m.Attr) else ""
        )
        return name in _FRESH_CALLS
    return False


def stored_values(node: m.Expr, parents: tuple[m.Expr, ...], action: m.Action) -> Iterator[m.Expr]:
    """The values an operation stores in the container that `node` names."""
    parent = parents[-1] if parents else None
    if isinstance(parent, m.Sub) and parent.base is node and isinstance(action, m.Assign):
        if parent in action.targets and action.value is not None:
            yield action.value
    elif (
        isinstance(parent, m.Attr)
        and len(parents) > 1
        and isinstance(parents[-2], m.Call)
        and parents[-2].func is parent
    ):
        arguments = [a.value for a in parents[-2].args if not a.star]
        if parent.name in {"append", "add", "appendleft", "setdefault", "insert"} and arguments:
            yield arguments[-1]


def _attribute_writes(
    here: ScopeId, scope: m.Scope, receivers: Mapping[str, bool]
) -> Iterator[tuple[str, AttributeWrite]]:
    for index, op in enumerate(scope.ops):
        action = op.action
        if not isinstance(action, m.Assign):
            continue
        for target in action.targets:
            whole = isinstance(target, m.Attr)
            for part in (target,) if whole else target.items if isinstance(target, m.Display) else ():
                if isinstance(part, m.Attr) and isinstance(part.base, m.Name) and part.base.id in receivers:
                    value = action.value if whole else _unpacked(target, part, action.value)
                    yield part.name, AttributeWrite(here, index, value, action.annotation, receivers[part.base.id])


def _unpacked(target: m.Expr, part: m.Expr, value: m.Expr | None) -> m.Expr | None:
    if isinstance(target, m.Display) and isinstance(value, m.Display) and len(target.items) == len(value.items):
        return value.items[target.items.index(part)]
    return None
