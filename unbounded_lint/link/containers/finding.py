"""Which growable objects live as long as the process: module names, class attributes, attributes of singletons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.catalog.model import Container as Kind
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import callee_names, given
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Returned, Variable
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class, External, Function, ordered
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.program import Binding, LinkedModule, ScopeId, Site
from unbounded_lint.link.runs.execution import Execution

READERS = frozenset(
    {
        "len",
        "list",
        "tuple",
        "sorted",
        "set",
        "iter",
        "bool",
        "str",
        "repr",
        "sum",
        "any",
        "all",
        "max",
        "min",
        "enumerate",
    }
)
"""Builtins that only read what they are given."""

_DISPLAYS = {"list": "list", "set": "set", "dict": "dict"}.get
_SCRIPTS = 3
"""How many objects that scripts make are looked at; where there are more, the class is no singleton."""

_FACTORIES = ("default_factory", "factory")
_FIELD_MAKERS = frozenset(
    {"dataclasses.field", "attr.ib", "attr.field", "attrs.field", "attr.attrib", "pydantic.Field", "msgspec.field"}
)
_COPIED_DEFAULTS = frozenset(
    {"pydantic.BaseModel", "pydantic.main.BaseModel", "sqlmodel.SQLModel", "msgspec.Struct", "typing.NamedTuple"}
)
_CACHED = frozenset({"cache", "lru_cache", "cached", "singleton", "cached_property", "once"})
_FAMILIES = frozenset({"map", "set", "list", "deque", "queue", "cache", "buffer"})


@dataclass(frozen=True, slots=True)
class Made:
    """What makes a container: its kind in the catalogue, how it is written, whether it cannot grow without limit.

    cls is the project's class of it, if it has one; filled says that it is written out with entries, as a table is.
    """

    kind: Kind
    text: str
    bounded: bool
    cls: ScopeId | None = None
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """A long-lived container: where it is held, where it is defined first, and all that is assigned to it."""

    handle: Handle
    symbol: str
    name: str
    lifetime: str
    scope: ScopeId
    op: int
    made: Made
    definitions: tuple[tuple[ScopeId, int], ...]


class Containers:
    """Finds the long-lived containers of a module."""

    def __init__(self, flow: Flow, execution: Execution, catalog: Catalog, thorough: bool) -> None:
        self.flow = flow
        self.execution = execution
        self.program = flow.program
        self.resolver = flow.resolver
        self.catalog = catalog
        self.thorough = thorough
        self._singletons: dict[ScopeId, bool] = {}
        self._mixed: set[ScopeId] = set()
        self._busy: set[ScopeId] = set()
        self._growing: dict[str, bool] = {}
        families = sorted({kind.family for kind in catalog.data.containers})
        self._inserting = {"get", "__setitem__"}.union(*(catalog.methods_that_insert(family) for family in families))

    # --- what makes a container ---

    def made(self, expr: m.Expr, scope: ScopeId, depth: int = 3) -> Made | None:
        """What container an expression makes, None for none."""
        match expr:
            case m.DictDisplay(items=entries):
                return self._builtin("dict", "{}", bool(entries))
            case m.Display(kind=kind, items=items) if _DISPLAYS(kind):
                return self._builtin(kind, "[]" if kind == "list" else "set()", bool(items))
            case m.Comp(kind=kind) if _DISPLAYS(kind):
                return self._builtin(kind, {"list": "[]", "set": "set()", "dict": "{}"}[kind])
            case m.BoolOp(items=items):
                return self._first(items, scope, depth)
            case m.IfExp(body=body, orelse=orelse):
                return self._first((body, orelse), scope, depth)
            case m.Walrus(value=value) | m.Await(value=value):
                return self.made(value, scope, depth)
            case m.Call():
                return self._made_by_call(expr, scope, depth)
        return None

    def _first(self, parts: tuple[m.Expr, ...], scope: ScopeId, depth: int) -> Made | None:
        found = [made for part in parts if (made := self.made(part, scope, depth)) is not None]
        unbounded = [made for made in found if not made.bounded]
        return next(iter(unbounded or found), None)

    def _builtin(self, name: str, text: str, filled: bool = False) -> Made | None:
        kind = self.catalog.container(name)
        return Made(kind, text, False, None, filled) if kind is not None else None

    def _made_by_call(self, call: m.Call, scope: ScopeId, depth: int) -> Made | None:
        func = call.func.base if isinstance(call.func, m.Sub) else call.func
        for value in ordered(self.resolver.values(func, scope)):
            if isinstance(value, External):
                made = self._external(value.name, call, scope, depth)
            elif isinstance(value, Class):
                made = self._subclass(value.scope, call, scope)
            elif isinstance(value, Function) and depth:
                made = self._factory(value.scope, depth)
            else:
                made = None
            if made is not None:
                return made
        return self._defaulted(call, scope, depth)

    def _external(self, name: str, call: m.Call, scope: ScopeId, depth: int) -> Made | None:
        if name in {"typing.cast", "typing_extensions.cast"} and len(call.args) == 2:
            return self.made(call.args[1].value, scope, depth)
        if name in _FIELD_MAKERS:
            for argument in call.args:
                if argument.keyword in _FACTORIES:
                    return self._made_by_call(m.Call(argument.value, (), call.span), scope, depth) or self._lambda(
                        argument.value, scope, depth
                    )
            return None
        kind = self.catalog.container(name)
        if kind is None or kind.family not in _FAMILIES or kind.calls_insert:
            return None
        return Made(
            kind,
            f"{name.rpartition('.')[2]}(...)" if call.args else f"{name.rpartition('.')[2]}()",
            kind.is_bounded(given(call, scope, self.resolver)),
        )

    def _lambda(self, expr: m.Expr, scope: ScopeId, depth: int) -> Made | None:
        return self._factory(ScopeId(scope.path, expr.scope), depth) if isinstance(expr, m.Lambda) else None

    def _subclass(self, cls: ScopeId, call: m.Call, scope: ScopeId) -> Made | None:
        declared = self.catalog.container(f"{self.program.of(cls).name}.{self.program.facts(cls).qualname}")
        for name in sorted(self.resolver.all_outside_bases(cls)):
            kind = declared or self.catalog.container(name)
            if kind is not None and kind.family in _FAMILIES and kind.subscript | (kind.family != "map"):
                bounded = kind.is_bounded(given(call, scope, self.resolver)) or self._caps_itself(cls)
                return Made(kind, f"{self.program.facts(cls).name}()", bounded, cls)
        return None

    def _caps_itself(self, cls: ScopeId) -> bool:
        """Whether the nearest `__setitem__` of a class takes an entry out while the map is as long as it may be."""
        for owner in self.resolver.mro(cls):
            for binding in self.program.of(owner).bindings(owner.index).get("__setitem__", ()):
                if binding.kind == "define":
                    facts = self.program.of(owner).scope(binding.index)
                    return any(_evicts(op.action) and _is_full(facts, at) for at, op in enumerate(facts.ops))
        return False

    def _factory(self, function: ScopeId, depth: int) -> Made | None:
        facts = self.program.facts(function)
        if facts.is_async or facts.is_generator:
            return None
        for op in facts.ops:
            if isinstance(op.action, m.Return) and op.action.value is not None:
                made = self.made(op.action.value, function, depth - 1)
                if made is None and isinstance(op.action.value, m.Name):
                    made = self._local(op.action.value.id, function, depth - 1)
                if made is not None:
                    return made
        return None

    def _local(self, name: str, function: ScopeId, depth: int) -> Made | None:
        for binding in self.program.of(function).bindings(function.index).get(name, ()):
            if binding.kind == "value" and binding.expr is not None:
                return self.made(binding.expr, function, depth)
        return None

    def _defaulted(self, call: m.Call, scope: ScopeId, depth: int) -> Made | None:
        """`getattr(mod, "_x", {})` and `globals().setdefault("X", {})`: singletons that survive a reload."""
        names = callee_names(call.func, scope, self.resolver)
        if names == ("getattr",) and len(call.args) == 3:
            return self.made(call.args[2].value, scope, depth)
        if isinstance(call.func, m.Attr) and call.func.name == "setdefault" and len(call.args) == 2:
            return self.made(call.args[1].value, scope, depth)
        return None

    # --- where containers are held ---

    def of_module(self, module: LinkedModule) -> Iterator[Holder]:
        """The long-lived containers that a module defines, in source order of their scopes."""
        if module.file.is_test:
            return
        root = ScopeId(module.path, 0)
        yield from self._held(root, root, module.name, "module")
        for index, scope in enumerate(module.facts.scopes):
            if scope.kind == "class":
                cls = ScopeId(module.path, index)
                if not self._is_local(cls):
                    yield from self._held(cls, cls, module.name, "class")
                yield from self._of_instances(cls, module)

    def _is_local(self, scope: ScopeId) -> bool:
        at = self.program.parent(scope)
        while at is not None and at.index:
            if self.program.facts(at).kind != "class":
                return True
            at = self.program.parent(at)
        return False

    def _held(self, owner: ScopeId, scope: ScopeId, module: str, lifetime: str) -> Iterator[Holder]:
        facts = self.program.facts(owner)
        for name, bindings in self.program.of(owner).bindings(owner.index).items():
            if name.startswith("__") and name.endswith("__"):
                continue
            found = self._made_by_bindings(owner, name, bindings)
            if found is None:
                continue
            made, definitions = found
            if lifetime == "class" and (self._is_default(owner, name) or self._is_field(owner, name)):
                continue
            handle: Handle = Variable(owner, name) if lifetime == "module" else Attribute(owner, name)
            qualname = f"{facts.qualname}.{name}" if facts.qualname else name
            yield Holder(handle, f"{module}:{qualname}", name, lifetime, *definitions[0], made, tuple(definitions))

    def _made_by_bindings(
        self, owner: ScopeId, name: str, bindings: tuple[Binding, ...]
    ) -> tuple[Made, list[tuple[ScopeId, int]]] | None:
        """The container a name is bound to: the first that can grow, and the operations that bind one in the owner's
        own scope (or in a function that declares the name global, where no other does)."""
        made: list[Made] = []
        places: list[tuple[ScopeId, int]] = []
        for binding in bindings:
            expr, scope = _bound_expr(binding), ScopeId(owner.path, binding.scope)
            if expr is None or (not self._is_live(scope, binding.op)):
                continue
            one = self.made(expr, scope)
            if one is not None:
                made.append(one)
                places.append((scope, binding.op))
        own = [place for place in places if place[0] == owner]
        if not made:
            return None
        growing = [one for one in made if not one.bounded]
        return (growing or made)[0], own or places

    def _is_live(self, scope: ScopeId, op: int) -> bool:
        """Whether the operation stands outside `if TYPE_CHECKING`."""
        facts = self.program.facts(scope)
        at = facts.ops[op].frame
        while at > 0:
            frame = facts.frames[at]
            if frame.kind == "if" and isinstance(frame.head, m.Name | m.Attr) and _last(frame.head) == "TYPE_CHECKING":
                return False
            at = frame.parent
        return True

    def _is_default(self, cls: ScopeId, name: str) -> bool:
        """Whether instances get a value of their own in place of the class's."""
        relatives = (*self.resolver.mro(cls), *self.flow.subclasses(cls))
        return any(
            not write.on_class for relative in relatives for write in self.resolver.writes(relative).get(name, ())
        )

    def _is_field(self, cls: ScopeId, name: str) -> bool:
        """Whether a class-level assignment declares a field that every instance gets anew."""
        outside = self.resolver.all_outside_bases(cls)
        if outside & _COPIED_DEFAULTS:
            return True
        for binding in self.program.of(cls).bindings(cls.index).get(name, ()):
            if (
                isinstance(binding.expr, m.Call)
                and set(callee_names(binding.expr.func, cls, self.resolver)) & _FIELD_MAKERS
            ):
                return True
        return False

    def _of_instances(self, cls: ScopeId, module: LinkedModule) -> Iterator[Holder]:
        held = {name: found for name, found in self._instance_holders(cls) if self.thorough or self._may_grow(name)}
        if not held or not self.is_singleton(cls):
            return
        qualname = self.program.facts(cls).qualname
        for name, (made, places) in held.items():
            yield Holder(
                Attribute(cls, name),
                f"{module.name}:{qualname}.{name}",
                name,
                "singleton",
                *places[0],
                made,
                tuple(places),
            )

    def _may_grow(self, name: str) -> bool:
        """Whether anything in the program could insert into an attribute of that name.

        A quick look, which spares most classes the search for their instances.
        """
        if name not in self._growing:
            self._growing[name] = any(self._inserts_or_hands_on(site) for site in self.program.sites(name))
        return self._growing[name]

    def _inserts_or_hands_on(self, site: Site) -> bool:
        action = self.program.op(site).action
        match site.parents[-1] if site.parents else None:
            case None:
                if isinstance(action, m.Assign):
                    return action.value is site.node
                return isinstance(action, m.AugAssign | m.Return)
            case m.Sub(base=base) if base is site.node:
                return len(site.parents) > 1 or isinstance(action, m.Assign | m.AugAssign)
            case m.Attr(name=method):
                return method in self._inserting or len(site.parents) < 2
            case m.Call(func=func):
                return not (isinstance(func, m.Name) and func.id in READERS)
            case m.Compare() | m.Unary() | m.Comp() | m.FString() | m.Binary():
                return False
        return True

    def _instance_holders(self, cls: ScopeId) -> Iterator[tuple[str, tuple[Made, list[tuple[ScopeId, int]]]]]:
        for name, writes in self.resolver.writes(cls).items():
            made = [
                (one, (write.scope, write.op))
                for write in writes
                if write.value is not None and (one := self.made(write.value, write.scope)) is not None
            ]
            if made:
                growing = [one for one, _ in made if not one.bounded]
                makers = [(one, place) for one, place in made if self.program.facts(place[0]).name in _MAKERS]
                places = [place for _, place in makers or made[:1]]
                yield name, ((growing or [one for one, _ in made])[0], places)
        for name, bindings in self.program.of(cls).bindings(cls.index).items():
            if self._is_field(cls, name) and name not in self.resolver.writes(cls):
                found = self._made_by_bindings(cls, name, bindings)
                if found is not None:
                    yield name, found

    # --- singletons ---

    def is_singleton(self, cls: ScopeId) -> bool:
        """Whether every instance that the project makes of a class lives as long as the process."""
        if cls not in self._singletons:
            if cls in self._busy:
                return False
            self._busy.add(cls)
            try:
                self._singletons[cls] = self._decide_singleton(cls)
            finally:
                self._busy.discard(cls)
        return self._singletons[cls]

    def _is_made_with_owner(self, owner: ScopeId, name: str) -> bool:
        """Whether an attribute is bound when its owner is made, or at most once later.

        One that each call of some method binds anew lets go of what it held.
        """
        for write in self.resolver.writes(owner).get(name, ()):
            facts = self.program.facts(write.scope)
            if isinstance(write.value, m.Const) or facts.name in _MAKERS:
                continue
            around = [text for condition, _ in guards(facts, write.op) for text in w.walk(condition)]
            if not any(
                isinstance(part, m.Attr | m.Const) and name in (getattr(part, "name", ""), getattr(part, "value", ""))
                for part in around
            ):
                return False
        return True

    def _decide_singleton(self, cls: ScopeId) -> bool:
        sites = [
            Site(use.site.scope, use.site.op, use.outer, use.site.parents[:-1])
            for built in (cls, *self.flow.subclasses(cls))
            for use in self.flow.class_uses(built)
            if use.kind == "called" and isinstance(use.outer, m.Call) and not self.program.is_test(use.site.scope)
        ]
        sites += list(self._self_constructions(cls))
        passing: list[Site] = []
        for site in sites:
            if not self._lives_on(site, cls):
                passing.append(site)
                if len(passing) > _SCRIPTS:
                    return False
        if passing:
            self._mixed.add(cls)
        return len(passing) < len(sites) and all(self._is_of_a_script(site) for site in passing)

    def _is_of_a_script(self, site: Site) -> bool:
        """Whether only a script of the project makes the object: that says nothing about the program beside it."""
        return self.execution.kinds(site.scope, site.op) <= {"main", "test"}

    def _self_constructions(self, cls: ScopeId) -> Iterator[Site]:
        """`super().__new__(cls)` and `cls()` inside the class itself."""
        module = self.program.of(cls)
        for site in (*module.sites("__new__"), *module.sites("cls")):
            call = site.parents[-1] if site.parents else None
            if self.resolver.enclosing_class(site.scope) == cls and isinstance(call, m.Call) and call.func is site.node:
                if isinstance(site.node, m.Name) and Class(cls) not in self.resolver.values(site.node, site.scope):
                    continue
                yield Site(site.scope, site.op, call, site.parents[:-1])

    def _lives_on(self, site: Site, cls: ScopeId) -> bool:
        if site.scope.index == 0:
            return True
        if self.program.facts(site.scope).kind == "class":
            return not self._is_local(site.scope)
        return any(self._is_lasting(handle, cls, site) for handle in self.flow.destinations(site))

    def _is_lasting(self, handle: Handle, cls: ScopeId, site: Site) -> bool:
        match handle:
            case Variable(scope=scope):
                return scope.index == 0
            case Attribute(cls=owner, name=name):
                on_class = any(w.on_class for w in self.resolver.writes(owner).get(name, ()))
                in_body = name in self.program.of(owner).bindings(owner.index)
                return (
                    on_class
                    or self._is_bound_on_class(site, owner, name)
                    or (in_body and owner == cls)
                    or (owner != cls and self._is_made_with_owner(owner, name) and self._lasts_in(owner, cls, site))
                )
            case Returned(function=function):
                facts = self.program.facts(function)
                keeper = self.program.owner_class(function)
                if keeper is not None and "cached_property" in decorator_names(facts):
                    return keeper != cls and self._lasts_in(keeper, cls, site)
                plain = [p for p in facts.parameters if p.default is None and p.name not in {"self", "cls"}]
                return bool(decorator_names(facts) & _CACHED) and not plain
        return False

    def _lasts_in(self, owner: ScopeId, cls: ScopeId, site: Site) -> bool:
        """Whether what becomes part of the owner lasts: where the owner also has passing objects, what only a script
        makes is part of those."""
        if not self.is_singleton(owner):
            return False
        if owner in self._mixed:
            self._mixed.add(cls)
            return not self._is_of_a_script(site)
        return True

    def _is_bound_on_class(self, site: Site, owner: ScopeId, name: str) -> bool:
        """`Owner.name = Made()`, in whatever function."""
        action = self.program.op(site).action
        return isinstance(action, m.Assign) and any(
            isinstance(target, m.Attr)
            and target.name == name
            and Class(owner) in self.resolver.values(target.base, site.scope)
            for target in action.targets
        )


_MAKERS = frozenset({"__init__", "__new__", "__post_init__", "__attrs_post_init__"})


def _bound_expr(binding: Binding) -> m.Expr | None:
    if binding.kind == "value":
        return binding.expr
    if binding.kind == "part" and isinstance(binding.expr, m.Display) and 0 <= binding.index < len(binding.expr.items):
        return binding.expr.items[binding.index]
    return None


def _evicts(action: m.Action) -> bool:
    if isinstance(action, m.Delete):
        return True
    return any(
        isinstance(node, m.Call) and isinstance(node.func, m.Attr) and node.func.name in {"popitem", "pop", "popleft"}
        for node in w.nodes(action)
    )


def _is_full(method: m.Scope, op: int) -> bool:
    """Whether an operation of a method stands under `len(self) >= N`, or the like."""
    receiver = m.Name(method.parameters[0].name) if method.parameters else None
    return any(
        truth
        and isinstance(condition, m.Compare)
        and condition.ops in ((">",), (">=",))
        and isinstance(condition.left, m.Call)
        and condition.left.func == m.Name("len")
        and receiver in set(w.walk(condition.left))
        for condition, truth in guards(method, op)
    )


def _last(expr: m.Expr) -> str:
    return expr.id if isinstance(expr, m.Name) else expr.name if isinstance(expr, m.Attr) else ""
