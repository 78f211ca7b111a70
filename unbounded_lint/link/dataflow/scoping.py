"""Which scope's variable a name means, and what a class writes to the attributes of its instances: as it is written,
before anything is known of values."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.literals import word_of
from unbounded_lint.link.program.module import LinkedModule, ScopeId, Site, stored
from unbounded_lint.link.program.program import Program

_CLASS_METHODS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})


class AttributeWrite(msgspec.Struct, frozen=True, gc=False):
    """`self.attr = value` (or `cls.attr = value`) in a method: the method's scope, the operation and the value."""

    scope: ScopeId
    op: int
    value: m.Expr | None
    annotation: m.Expr | None
    on_class: bool


def decorator_names(scope: m.Scope) -> frozenset[str]:
    """The last names of the decorators of a function or class, calls taken off; "" for one without a name."""
    return frozenset(w.last_name(d.func if isinstance(d, m.Call) else d) for d in scope.decorators)


def keeps_one(scope: m.Scope) -> bool:
    """Whether a decorator lets a function run once, and keeps its one result."""
    if name_lists().getters.isdisjoint(decorator_names(scope)):
        return False
    return all(p.default is not None or p.name in {"self", "cls"} for p in scope.parameters)


def decorated_by(program: Program, site: Site) -> ScopeId | None:
    """The function or class that a decorator stands before."""
    found = program.of(site.scope).definitions(site.scope.index)
    at = bisect_right(found, site.op, key=lambda definition: definition[0])
    return ScopeId(site.scope.path, found[at][1]) if at < len(found) else None


def declarations(cls: m.Scope, name: str) -> Iterator[m.Expr]:
    """The annotations that the body of a class gives one of its names."""
    for op in cls.ops:
        action = op.action
        if isinstance(action, m.Assign) and action.annotation is not None and action.targets == (m.Name(name),):
            yield action.annotation


def is_super(expr: m.Expr) -> bool:
    """Whether an expression is a call of `super`."""
    return isinstance(expr, m.Call) and expr.func == m.Name("super")


def allocated(call: m.Call) -> m.Expr | None:
    """The class of which a call of a `__new__` makes an object, None for any other call."""
    is_new = isinstance(call.func, m.Attr) and call.func.name == "__new__"
    return call.args[0].value if is_new and call.args and not call.args[0].star else None


def is_static(scope: m.Scope) -> bool:
    """Whether a method takes no receiver."""
    return "staticmethod" in decorator_names(scope)


def is_property(scope: m.Scope) -> bool:
    """Whether reading an attribute runs the method."""
    return bool(decorator_names(scope) & name_lists().properties)


def takes_class(scope: m.Scope) -> bool:
    """Whether a method's first parameter is the class."""
    return "classmethod" in decorator_names(scope) or scope.name in _CLASS_METHODS


class Scoping:
    """Python's scoping rules over the program. Memoised."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._owners: dict[tuple[str, ScopeId], ScopeId | None] = {}

    def owner(self, name: str, scope: ScopeId) -> ScopeId | None:
        """The scope whose variable a bare name means, None for a builtin or a star import."""
        if name in self.program.of(scope).names.of(scope.index):
            return scope  # most names are those of a function itself: these take no search, and no memory
        key = (name, scope)
        if key not in self._owners:
            self._owners[key] = self._find_owner(name, scope)
        return self._owners[key]

    def _find_owner(self, name: str, scope: ScopeId) -> ScopeId | None:
        """The owner of a name that is not the scope's own."""
        module, index = self.program.of(scope), scope.index
        while index >= 0:
            facts = module.scope(index)
            if name in facts.globals:
                return ScopeId(scope.path, 0) if name in module.names.of(0) else None
            if facts.kind != "class" and name in module.names.of(index):
                return ScopeId(scope.path, index)
            index = facts.parent
        return None

    @kept
    def captured(self, function: ScopeId) -> tuple[tuple[str, ScopeId], ...]:
        """The variables of functions around one that it or a function inside it uses, and whose they are."""
        module, found = self.program.of(function), dict[tuple[str, ScopeId], None]()
        for index in range(function.index, module.last_within[function.index] + 1):
            inner = ScopeId(function.path, index)
            names = (n.id for op in module.scope(index).ops for n in w.nodes(op.action) if isinstance(n, m.Name))
            for name in names:
                owner = self.owner(name, inner)
                if owner is not None and owner.index < function.index:
                    if self.program.facts(owner).kind in {"function", "lambda"}:
                        found[name, owner] = None
        return tuple(found)

    @kept
    def starred(self, name: str, module: LinkedModule) -> ScopeId | None:
        """The module that a name comes from by star imports, the nearest of several."""
        queue, seen = [] if name.startswith("_") else [module], {module.path}
        for at in queue:
            for source in self._star_sources(at):
                if source.path not in seen:
                    if name in source.names.of(0):
                        return ScopeId(source.path, 0)
                    seen.add(source.path)
                    queue.append(source)
        return None

    def _star_sources(self, module: LinkedModule) -> Iterator[LinkedModule]:
        for _, _, imported in module.imports:
            if imported.attribute == "*":
                source = self.program.named(module.absolute(imported))
                if source is not None:
                    yield source

    def enclosing_class(self, scope: ScopeId) -> ScopeId | None:
        """The nearest class around a scope."""
        at = self.program.parent(scope)
        while at is not None and self.program.facts(at).kind != "class":
            at = self.program.parent(at)
        return at

    @kept
    def writes(self, cls: ScopeId) -> Mapping[str, tuple[AttributeWrite, ...]]:
        """Attribute -> the assignments to it through the receiver, in the methods of the class itself."""
        found: dict[str, list[AttributeWrite]] = {}
        module = self.program.of(cls)
        for index in module.functions_of.get(cls.index, ()):
            here = ScopeId(cls.path, index)
            for name, write in _attribute_writes(here, module.scope(index), self._receivers(here, cls)):
                found.setdefault(name, []).append(write)
        return {name: tuple(writes) for name, writes in found.items()}

    def hung(self, name: str, below: str, *, is_key: bool) -> Sequence[tuple[m.Expr, ScopeId, int]]:
        """The values that the program gives `below.name`, or `below["name"]`, each with its scope and operation."""
        return self._hung_keys(below).get(name, ()) if is_key else self._hung_attributes(name).get(below, ())

    @kept
    def _hung_attributes(self, name: str) -> Mapping[str, Sequence[tuple[m.Expr, ScopeId, int]]]:
        """Last name of the base -> the values given to its attribute of that name."""
        found: dict[str, list[tuple[m.Expr, ScopeId, int]]] = {}
        for site in self.program.sites(name):
            if site.parents or not isinstance(site.node, m.Attr):
                continue
            value = stored(self.program.op(site).action, site)
            if value is not None:
                found.setdefault(w.last_name(site.node.base), []).append((value, site.scope, site.op))
        return found

    @kept
    def _hung_keys(self, below: str) -> Mapping[str, Sequence[tuple[m.Expr, ScopeId, int]]]:
        """Key -> the values put under it in what has that last name."""
        found: dict[str, list[tuple[m.Expr, ScopeId, int]]] = {}
        for site in self.program.sites(below):
            holder = site.parent if len(site.parents) == 1 else None
            value = stored(self.program.op(site).action, site.outer) if isinstance(holder, m.Sub) else None
            if value is not None and isinstance(holder, m.Sub):
                found.setdefault(word_of(holder.index), []).append((value, site.scope, site.op))
        return found

    def _receivers(self, scope: ScopeId, cls: ScopeId) -> Mapping[m.Expr, bool]:
        """What the receiver of a method of `cls`, and an object that it makes by `__new__`, is called in a scope ->
        whether it is the class itself."""
        at: ScopeId | None = scope
        while at is not None:
            facts = self.program.facts(at)
            if facts.kind not in {"function", "lambda"}:
                return {}
            if self.program.parent(at) == cls:
                if is_static(facts) or not facts.parameters:
                    return {}
                receiver = m.Name(facts.parameters[0].name)
                made = _allocated(facts, receiver) if takes_class(facts) else ()
                return {receiver: takes_class(facts) and facts.name != "__new__", **dict.fromkeys(made, False)}
            at = self.program.parent(at)
        return {}


def _attribute_writes(
    here: ScopeId, scope: m.Scope, receivers: Mapping[m.Expr, bool]
) -> Iterator[tuple[str, AttributeWrite]]:
    for index, op in enumerate(scope.ops):
        action = op.action
        if not isinstance(action, m.Assign):
            continue
        for target in action.targets:
            whole = isinstance(target, m.Attr)
            for part in (target,) if whole else target.items if isinstance(target, m.Display) else ():
                if isinstance(part, m.Attr) and isinstance(part.base, m.Name | m.Attr) and part.base in receivers:
                    value = action.value if whole else _unpacked(target, part, action.value)
                    yield part.name, AttributeWrite(here, index, value, action.annotation, receivers[part.base])


def _allocated(method: m.Scope, receiver: m.Name) -> Iterator[m.Expr]:
    """What a method calls the objects of its class that it makes without a constructor."""
    for op in method.ops:
        action = op.action
        if isinstance(action, m.Assign) and isinstance(action.value, m.Call) and allocated(action.value) == receiver:
            yield from (target for target in action.targets if isinstance(target, m.Name | m.Attr))


def _unpacked(target: m.Expr, part: m.Expr, value: m.Expr | None) -> m.Expr | None:
    if isinstance(target, m.Display) and isinstance(value, m.Display) and len(target.items) == len(value.items):
        return value.items[target.items.index(part)]
    return None
