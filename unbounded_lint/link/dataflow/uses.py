"""Where a value goes: from its definition forwards through names, attributes, parameters, returns, imports and
decorators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.scoping import Scoping, decorator_names, is_static, takes_class
from unbounded_lint.link.dataflow.values import CallSite, Class, External, Function, Instance, Module, Value, ordered
from unbounded_lint.link.program.definitions import AT_ENTRY, Reaching
from unbounded_lint.link.program.program import Program, ScopeId, Site

HANDLES = 300
"""How many names one value is followed through before the rest counts as unseen."""

NEAR = 16
"""The same, where only the place that first keeps a value matters."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A name of a scope."""

    scope: ScopeId
    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a class or of its instances."""

    cls: ScopeId
    name: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What a function returns."""

    function: ScopeId


@dataclass(frozen=True, slots=True)
class Yielded:
    """What a generator-based context manager hands to its `with`."""

    function: ScopeId


Handle: TypeAlias = Variable | Attribute | Returned | Yielded


UseKind: TypeAlias = Literal[
    "called", "decorates", "argument", "partial", "member", "subscript", "augmented", "rebound", "deleted", "contained",
    "iterated", "entered", "tested", "kept", "escaped", "read",
]  # fmt: skip
ARGUMENTS: frozenset[UseKind] = frozenset({"argument", "partial"})
"""The value is handed to something: by a call, or by what `functools.partial` gives."""
HANDED_ON: frozenset[UseKind] = frozenset({*ARGUMENTS, "kept", "escaped"})
"""Something else may use the value later."""


class Use(NamedTuple):
    """One thing done with a value.

    kind       called, decorates, argument (handed to something that cannot be seen), member (`value.name`),
               subscript, augmented, rebound, deleted, contained (`k in value`), iterated, tested, kept (stored in
               something), escaped (returned or yielded to where it cannot be seen), read (anything else)
    site       the value where it is used
    bound      how many leading parameters are bound, for a function
    guess      the receiver was matched by the attribute's name alone
    """

    kind: UseKind
    site: Site
    bound: int
    guess: bool

    @property
    def outer(self) -> m.Expr | None:
        """The expression directly around the value."""
        return self.site.parents[-1] if self.site.parents else None


class _Item(NamedTuple):
    handle: Handle
    bound: int
    guess: bool
    origin: int | None = None
    """The operation that gave a local name the value, where that is one assignment or the call."""
    answered: bool = False
    """The function gives this parameter back, and where the call's result goes is followed from the call itself."""


class _Bases(NamedTuple):
    """Every `base.name` of the program with that name.

    sites      where, what the base can be, and whether it is `super()`
    exact      class -> those whose base can be an instance of it (or the class)
    below      class -> those whose base can be of it or of a class derived from it
    behind     those whose base is of a protocol, which any class may follow
    unknown    those whose base is unknown
    """

    sites: tuple[tuple[Site, frozenset[Value], bool], ...]
    exact: Mapping[ScopeId, Sequence[int]]
    below: Mapping[ScopeId, Sequence[int]]
    behind: Sequence[int]
    unknown: Sequence[int]

    def near(self, cls: ScopeId, above: tuple[ScopeId, ...], guessed: Sequence[int]) -> list[int]:
        """Those that may mean an attribute of a class, the guessed ones included; `above` are the class and its
        bases."""
        found = {index for base in above for index in self.exact.get(base, ())}
        return sorted(found.union(self.below.get(cls, ()), self.behind, guessed))


def _no_calls(_function: ScopeId) -> tuple[CallSite, ...]:
    return ()


class Flow:
    """Traces values; answers are memoised.

    `declared` takes parameters by their annotations and defaults alone: where a value goes must not depend on where
    others come from, or the two searches would never end. `resolver` follows parameters to their call sites as well.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.scoping = Scoping(program)
        self.declared = Resolver(program, self.scoping, _no_calls)
        self.resolver = Resolver(program, self.scoping, self.call_sites)
        self._reaching = Reaching(program)
        self._uses: dict[Handle, tuple[Use, ...]] = {}
        self._function_uses: dict[ScopeId, tuple[Use, ...]] = {}
        self._child_classes: dict[ScopeId, tuple[ScopeId, ...]] = {}
        self._calls: dict[ScopeId, tuple[CallSite, ...]] = {}
        self._busy: set[object] = set()
        self._strict = False
        self._destinations: dict[tuple[ScopeId, int, int], tuple[Handle, ...]] = {}
        self._receivers: dict[ScopeId, tuple[str, ScopeId] | None] = {}
        self._attribute_bases: dict[str, _Bases] = {}
        self._members_of: dict[str, Mapping[str, Sequence[Site]]] = {}
        self._live_calls: dict[ScopeId, tuple[CallSite, ...]] = {}
        self._only_called: dict[ScopeId, bool] = {}
        self._definers: dict[str, tuple[ScopeId, ...]] = {}
        self._implemented: dict[ScopeId, tuple[Function, ...]] = {}
        self._implementing: dict[ScopeId, tuple[ScopeId, ...]] = {}

    # --- questions ---

    def uses(self, handle: Handle) -> tuple[Use, ...]:
        """Everything done with the value that a handle holds, wherever it flows."""
        if handle not in self._uses:
            if handle in self._busy:
                return ()
            self._busy.add(handle)
            strict, self._strict = self._strict, True
            try:
                self._uses[handle] = tuple(self._trace([_Item(handle, 0, False)]))
            finally:
                self._strict = strict
                self._busy.discard(handle)
        return self._uses[handle]

    def site_uses(self, site: Site) -> tuple[Use, ...]:
        """Everything done with the value of an expression, wherever it flows."""
        key = ("site", site.scope, site.op, id(site.node))
        if key in self._busy:
            return ()
        self._busy.add(key)
        try:
            return tuple(self._trace([], [(site, 0, False)]))
        finally:
            self._busy.discard(key)

    def destinations(self, site: Site) -> tuple[Handle, ...]:
        """The names, attributes and returns that the value of an expression reaches in a few steps."""
        key = (site.scope, site.op, id(site.node))
        if key not in self._destinations:
            seen: set[Handle] = set()
            for _ in self._trace([], [(site, 0, False)], seen, NEAR):
                pass
            self._destinations[key] = tuple(sorted(seen, key=repr))
        return self._destinations[key]

    def function_uses(self, function: ScopeId) -> tuple[Use, ...]:
        """Everything done with a function."""
        key = ("function", function)
        if function not in self._function_uses:
            if key in self._busy:
                return ()
            self._busy.add(key)
            strict, self._strict = self._strict, False
            try:
                found = tuple(self._trace(self._function_items(function), self._lambda_sites(function)))
            finally:
                self._strict = strict
                self._busy.discard(key)
            self._function_uses[function] = found
        return self._function_uses[function]

    def call_sites(self, function: ScopeId) -> tuple[CallSite, ...]:
        """The calls of a function in the project; constructor calls for `__init__`, reads for a property."""
        if function not in self._calls:
            key = ("calls", function)
            if key in self._busy:
                return ()
            self._busy.add(key)
            try:
                self._calls[function] = tuple(self._find_calls(function))
            finally:
                self._busy.discard(key)
        return self._calls[function]

    def live_calls(self, function: ScopeId) -> tuple[CallSite, ...]:
        """The calls of a function outside tests."""
        if function in self._live_calls:
            return self._live_calls[function]
        found = tuple(s for s in self.call_sites(function) if not self.program.is_test(s.scope))
        if function in self._calls:
            self._live_calls[function] = found
        return found

    def is_only_called(self, function: ScopeId) -> bool:
        """Whether nothing outside tests does anything with a function but call it."""
        if function in self._only_called:
            return self._only_called[function]
        found = all(u.kind == "called" or self.program.is_test(u.site.scope) for u in self.function_uses(function))
        if function in self._function_uses:
            self._only_called[function] = found
        return found

    def _find_calls(self, function: ScopeId) -> Iterator[CallSite]:
        facts = self.program.facts(function)
        owner = self.program.owner_class(function)
        is_property = owner is not None and bool(decorator_names(facts) & name_lists().properties)
        for use in self.function_uses(function):
            call = self._applied(use)
            if call is not None:
                yield CallSite(use.site.scope, use.site.op, call, use.bound)
            elif is_property and use.kind not in {"rebound", "decorates"}:
                yield CallSite(use.site.scope, use.site.op, None, use.bound)
        if owner is not None and facts.name in name_lists().constructors:
            yield from self._constructions(owner, facts.name)

    def _constructions(self, cls: ScopeId, method: str) -> Iterator[CallSite]:
        for built in (cls, *self.subclasses(cls)):
            if built != cls and method in self.program.of(built).bindings(built.index):
                continue
            for use in self.class_uses(built):
                if isinstance(use.outer, m.Call) and use.kind == "called":
                    yield CallSite(use.site.scope, use.site.op, use.outer, 1)

    def class_uses(self, cls: ScopeId) -> tuple[Use, ...]:
        """Everything done with a class."""
        outside = self.program.parent(cls)
        assert outside is not None
        return self.uses(Variable(outside, self.program.facts(cls).name))

    def subclasses(self, cls: ScopeId) -> tuple[ScopeId, ...]:
        """The classes of the project that inherit from a class, directly or not."""
        found: list[ScopeId] = []
        queue = [cls]
        while queue:
            for child in self._children(queue.pop(0)):
                if child not in found and child != cls:
                    found.append(child)
                    queue.append(child)
        return tuple(found)

    def _children(self, cls: ScopeId) -> tuple[ScopeId, ...]:
        if cls not in self._child_classes:
            wanted = Class(cls)
            self._child_classes[cls] = tuple(
                here
                for module in self.program.mentioning(self.program.facts(cls).name)
                for here in module.derived_classes
                if wanted in self.declared.bases(here)
            )
        return self._child_classes[cls]

    def _applied(self, use: Use) -> m.Call | None:
        """The call that a use makes; a decorator is a call with the decorated object."""
        if use.kind == "called" and isinstance(use.outer, m.Call):
            return use.outer
        if use.kind == "decorates":
            name = self._decorated(use.site)
            span = self.program.op(use.site).span
            return m.Call(use.site.node, (m.Arg(m.Name(name), None, ""),), span) if name else None
        return None

    def _decorated(self, site: Site) -> str | None:
        for op in self.program.facts(site.scope).ops[site.op + 1 :]:
            if isinstance(op.action, m.Define):
                return self.program.of(site.scope).scope(op.action.scope).name
        return None

    def _function_items(self, function: ScopeId) -> list[_Item]:
        facts = self.program.facts(function)
        parent = self.program.parent(function)
        if parent is None or facts.kind == "lambda":
            return []
        if self.program.facts(parent).kind != "class":
            return [_Item(Variable(parent, facts.name), 0, False)]
        bound = 0 if is_static(facts) else 1
        return [_Item(Attribute(parent, facts.name), bound, False)]

    def _lambda_sites(self, function: ScopeId) -> list[tuple[Site, int, bool]]:
        if self.program.facts(function).kind != "lambda":
            return []
        parent = self.program.parent(function)
        assert parent is not None
        found = []
        for index, op in enumerate(self.program.facts(parent).ops):
            for top in w.expressions(op.action):
                for node, parents in w.walk_with_parents(top):
                    if isinstance(node, m.Lambda) and node.scope == function.index:
                        found.append((Site(parent, index, node, parents), 0, False))
        return found

    # --- tracing ---

    def _trace(
        self,
        start: list[_Item],
        sites: list[tuple[Site, int, bool]] | None = None,
        seen: set[Handle] | None = None,
        limit: int = HANDLES,
    ) -> Iterator[Use]:
        queue = list(start)
        seen = set() if seen is None else seen
        seen.update(item.handle for item in queue)
        followed = {(item.handle, item.origin) for item in start}
        emitted: set[tuple[ScopeId, int, int]] = set()
        pending = list(sites or [])
        answered: ScopeId | None = None
        while queue or pending:
            if not pending:
                item = queue.pop(0)
                answered = item.handle.scope if item.answered and isinstance(item.handle, Variable) else None
                pending = [
                    (s, item.bound if b is None else b, item.guess or g)
                    for s, b, g in self._sites(item.handle)
                    if not self._is_overwritten(item, s)
                ]
                for more in self._imports(item.handle):
                    if more not in seen and len(seen) < limit:
                        seen.add(more)
                        followed.add((more, None))
                        queue.append(_Item(more, item.bound, item.guess))
                continue
            site, bound, guess = pending.pop(0)
            key = (site.scope, site.op, id(site.node))
            if key in emitted:
                continue
            emitted.add(key)
            for out in self._step(site, bound, guess):
                if isinstance(out, Use):
                    yield out
                elif answered is not None and out.handle == Returned(answered):
                    seen.add(out.handle)
                elif len(seen) < limit and not {(out.handle, None), (out.handle, out.origin)} & followed:
                    seen.add(out.handle)
                    followed.add((out.handle, out.origin))
                    queue.append(out)

    def _is_overwritten(self, item: _Item, site: Site) -> bool:
        """Whether the local name holds something else by then."""
        handle = item.handle
        return (
            item.origin is not None
            and isinstance(handle, Variable)
            and site.scope == handle.scope
            and self._reaching.is_overwritten(handle.scope, handle.name, item.origin, site.op)
        )

    def _sites(self, handle: Handle) -> Iterator[tuple[Site, int | None, bool]]:
        match handle:
            case Variable(scope=scope, name=name):
                yield from ((site, None, False) for site in self._variable_sites(scope, name))
            case Attribute(cls=cls, name=name):
                yield from self._attribute_sites(cls, name)
            case Returned(function=function):
                yield from ((site, None, False) for site in self._result_sites(function))

    def _variable_sites(self, scope: ScopeId, name: str) -> Iterator[Site]:
        module = self.program.of(scope)
        for site in module.sites_within(scope.index, name):
            if isinstance(site.node, m.Name):
                owner = self.declared.owner(name, site.scope)
                if owner == scope or (owner is None and scope.index == 0):
                    yield site
        if scope.index == 0:
            yield from self._members(name).get(module.name, ())

    def _members(self, name: str) -> Mapping[str, Sequence[Site]]:
        """Module -> every `module.name` of the program."""
        if name not in self._members_of:
            found: dict[str, list[Site]] = {}
            for site in self.program.sites(name):
                if isinstance(site.node, m.Attr):
                    for value in self.declared.values(site.node.base, site.scope):
                        if isinstance(value, Module):
                            found.setdefault(value.name, []).append(site)
            self._members_of[name] = found
        return self._members_of[name]

    def _attribute_sites(self, cls: ScopeId, name: str) -> Iterator[tuple[Site, int | None, bool]]:
        for site in self.program.of(cls).sites(name):
            if isinstance(site.node, m.Name) and site.scope == cls:
                yield site, 0, False
        bases = self._bases_of(name)
        guessed = bases.unknown if bases.unknown and self._is_distinct(name, cls) else ()
        for index in bases.near(cls, self.declared.mro(cls), guessed):
            site, values, by_super = bases.sites[index]
            how = self._match(values, by_super, cls, name)
            if how is not None:
                yield site, *how

    def _bases_of(self, name: str) -> _Bases:
        """Every `base.name` of the program, what its base can be, and whether that is `super()`."""
        if name not in self._attribute_bases:
            sites = tuple(
                (site, *self._base_of(site.node.base, site.scope))
                for site in self.program.sites(name)
                if isinstance(site.node, m.Attr)
            )
            exact: dict[ScopeId, list[int]] = {}
            below: dict[ScopeId, list[int]] = {}
            unknown, behind = [], []
            for index, (_, values, _) in enumerate(sites):
                classes = sorted({value.scope for value in values if isinstance(value, Class | Instance)})
                for cls in classes:
                    exact.setdefault(cls, []).append(index)
                for above in {above for cls in classes for above in self.declared.mro(cls)}:
                    below.setdefault(above, []).append(index)
                if any(map(self._is_protocol, classes)):
                    behind.append(index)
                if not values:
                    unknown.append(index)
            self._attribute_bases[name] = _Bases(sites, exact, below, behind, unknown)
        return self._attribute_bases[name]

    def _base_of(self, base: m.Expr, scope: ScopeId) -> tuple[frozenset[Value], bool]:
        if isinstance(base, m.Name):
            known = self._own_receiver(scope)
            if known is not None and known[0] == base.id:
                return frozenset({Instance(known[1])}), False
        return self._base_values(base, scope), isinstance(base, m.Call) and base.func == m.Name("super")

    def _match(
        self, values: frozenset[Value], by_super: bool, cls: ScopeId, name: str
    ) -> tuple[int | None, bool] | None:
        """How `base.name` reaches an attribute of `cls`: (parameters bound, None for the usual; guessed), or None."""
        if by_super:
            return (None, False) if Instance(cls) in values else None
        if not values:
            return None, True
        for value in ordered(values):
            if isinstance(value, Class | Instance) and self._is_shadowed(value.scope, cls, name):
                continue
            if isinstance(value, Instance) and (
                self.declared.related(value.scope, cls) or cls in self._implementers(value.scope)
            ):
                return None, False
            if isinstance(value, Class) and self.declared.related(value.scope, cls):
                function = self._method(cls, name)
                bound = 0 if function is not None and not takes_class(function) else None
                return bound, False
        return None

    def _is_shadowed(self, at: ScopeId, cls: ScopeId, name: str) -> bool:
        """Whether a subclass of `cls` has a container of its own under the name of the one in the body of `cls`."""
        if at == cls or all(b.kind != "value" for b in self.program.of(cls).bindings(cls.index).get(name, ())):
            return False
        order = self.declared.mro(at)
        if cls not in order or any(not w.on_class for c in order for w in self.declared.writes(c).get(name, ())):
            return False
        return any(
            isinstance(binding.expr, m.Display | m.DictDisplay)
            or (isinstance(binding.expr, m.Call) and binding.expr.func == m.Name("dict") and not binding.expr.args)
            for nearer in order[: order.index(cls)]
            for binding in self.program.of(nearer).bindings(nearer.index).get(name, ())
            if binding.kind == "value" and binding.scope == nearer.index
        )

    def _own_receiver(self, scope: ScopeId) -> tuple[str, ScopeId] | None:
        """The name and class of a method's receiver, if nothing binds it anew: the common case, without a search."""
        if scope not in self._receivers:
            self._receivers[scope] = self._find_receiver(scope)
        return self._receivers[scope]

    def _find_receiver(self, scope: ScopeId) -> tuple[str, ScopeId] | None:
        owner = self.program.owner_class(scope)
        facts = self.program.facts(scope)
        if owner is None or facts.kind != "function" or not facts.parameters or is_static(facts) or takes_class(facts):
            return None
        name = facts.parameters[0].name
        once = len(self.program.of(scope).bindings(scope.index).get(name, ())) == 1
        return (name, owner) if once else None

    # --- methods behind an interface ---

    def _implementations(self, callee: Value) -> tuple[Function, ...]:
        """The methods that may run in place of one that is only declared (in a protocol or an abstract class)."""
        if not isinstance(callee, Function) or callee.receiver is None:
            return ()
        if callee.scope not in self._implemented:
            self._implemented[callee.scope] = tuple(self._find_implementations(callee.scope))
        return self._implemented[callee.scope]

    def _find_implementations(self, method: ScopeId) -> Iterator[Function]:
        owner, facts = self.program.owner_class(method), self.program.facts(method)
        if owner is None or not _is_declared_only(facts):
            return
        for cls in (*self.subclasses(owner), *self._implementers(owner)):
            for binding in self.program.of(cls).bindings(cls.index).get(facts.name, ()):
                if binding.kind == "define":
                    yield Function(ScopeId(cls.path, binding.index), cls)

    def _implementers(self, protocol: ScopeId) -> tuple[ScopeId, ...]:
        """The classes that have every method of a protocol, none for a class that is no protocol."""
        if protocol not in self._implementing:
            self._implementing[protocol] = ()
            if self._is_protocol(protocol):
                self._implementing[protocol] = tuple(self._find_implementers(protocol))
        return self._implementing[protocol]

    def _is_protocol(self, cls: ScopeId) -> bool:
        return bool({base.name for base in self.declared.outside_bases(cls)} & name_lists().protocols)

    def _find_implementers(self, protocol: ScopeId) -> Iterator[ScopeId]:
        module = self.program.of(protocol)
        methods = {
            module.scope(index).name
            for index in module.functions_of.get(protocol.index, ())
            if module.scope(index).parent == protocol.index
        }
        for cls in self._defining(min(methods, default="")):
            if cls != protocol and not self._is_protocol(cls) and not self.program.is_test(cls):
                own = {name for c in self.declared.mro(cls) for name in self.program.of(c).bindings(c.index)}
                if methods <= own:
                    yield cls

    def _base_values(self, base: m.Expr, scope: ScopeId) -> frozenset[Value]:
        if isinstance(base, m.Call) and base.func == m.Name("super"):
            owner = self.declared.enclosing_class(scope)
            return frozenset(Instance(c) for c in self.declared.mro(owner)[1:]) if owner else frozenset()
        return self.declared.values(base, scope)

    def _method(self, cls: ScopeId, name: str) -> m.Scope | None:
        for binding in self.program.of(cls).bindings(cls.index).get(name, ()):
            if binding.kind == "define":
                return self.program.of(cls).scope(binding.index)
        return None

    def _is_distinct(self, name: str, cls: ScopeId) -> bool:
        """Whether the classes that define an attribute of that name are all relatives, and the name is not a common
        one."""
        if name in _OF_BUILTINS or name in name_lists().common_attributes or name.startswith("__"):
            return False
        return all(self.declared.related(cls, definer) for definer in self._defining(name))

    def _defining(self, name: str) -> tuple[ScopeId, ...]:
        """The classes that define an attribute of that name."""
        if name not in self._definers:
            self._definers[name] = tuple(
                ScopeId(module.path, index)
                for module in self.program.mentioning(name)
                for index, scope in enumerate(module.facts.scopes)
                if scope.kind == "class"
                and (name in module.bindings(index) or name in self.declared.writes(ScopeId(module.path, index)))
            )
        return self._definers[name]

    def _result_sites(self, function: ScopeId) -> Iterator[Site]:
        for use in self.function_uses(function):
            if isinstance(use.outer, m.Call) and use.kind == "called":
                yield Site(use.site.scope, use.site.op, use.outer, use.site.parents[:-1])
        if decorator_names(self.program.facts(function)) & name_lists().properties:
            for use in self.function_uses(function):
                if use.kind not in {"rebound", "decorates"}:
                    yield use.site

    def _imports(self, handle: Handle) -> Iterator[Handle]:
        """The names under which other scopes import a module's variable, or a decorated object that a function
        replaces."""
        if isinstance(handle, Variable) and handle.scope.index == 0:
            source = self.program.of(handle.scope)
            for module, scope, bound in self.program.importers(source.name, handle.name):
                yield Variable(ScopeId(module.path, scope), bound)
            for module, _, _ in self.program.importers(source.name, "*"):
                if module.sites(handle.name):
                    yield Variable(ScopeId(module.path, 0), handle.name)
        elif isinstance(handle, Variable) and self.program.facts(handle.scope).kind == "class":
            yield Attribute(handle.scope, handle.name)
        elif isinstance(handle, Returned):
            for use in self.function_uses(handle.function):
                name = self._decorated(use.site) if use.kind == "decorates" else None
                if name is not None:
                    yield Variable(use.site.scope, name)

    # --- one step ---

    def _step(self, site: Site, bound: int, guess: bool) -> Iterator[Use | _Item]:
        node, parents = site.node, site.parents
        while parents and _passes_up(parents[-1], node):
            if isinstance(parents[-1], m.Walrus):
                yield from self._to_target(m.Name(parents[-1].target), site.scope, bound, guess)
            node, parents = parents[-1], parents[:-1]
        here = Site(site.scope, site.op, node, parents)
        if not parents:
            yield from self._at_top(here, bound, guess)
            return
        parent = parents[-1]
        match parent:
            case m.Call(func=func) if func is node:
                yield Use("called", here, bound, guess)
            case m.Call():
                yield from self._as_argument(here, parent, bound, guess)
            case m.Attr():
                yield Use("member", here, bound, guess)
            case m.Sub(base=base):
                yield Use("subscript" if base is node else "read", here, bound, guess)
            case m.Compare(ops=ops, items=items):
                contained = any(o in {"in", "not in"} and i is node for o, i in zip(ops, items, strict=True))
                yield Use("contained" if contained else "tested", here, bound, guess)
            case m.Unary(op="not"):
                yield Use("tested", here, bound, guess)
            case m.Comp(clauses=clauses):
                yield Use("iterated" if any(c.iterable is node for c in clauses) else "read", here, bound, guess)
            case m.Yield(is_from=False):
                yield from self._yielded(here, bound, guess)
            case m.Display():
                yield from self._in_display(here, parent, bound, guess)
            case m.Star() | m.Yield():
                yield Use("iterated", here, bound, guess)
            case m.DictDisplay():
                yield Use("kept", here, bound, guess)
            case _:
                yield Use("read", here, bound, guess)

    def _at_top(self, site: Site, bound: int, guess: bool) -> Iterator[Use | _Item]:
        op = self.program.op(site)
        match op.action:
            case m.Assign(targets=targets, value=value):
                if value is site.node:
                    for target in targets:
                        reached = list(self._to_target(target, site.scope, bound, guess, site.op))
                        yield from reached
                        if not reached and isinstance(target, m.Sub | m.Attr):
                            yield Use("kept", site, bound, guess)
                elif any(target is site.node for target in targets):
                    yield Use("rebound", site, bound, guess)
            case m.AugAssign(target=target):
                yield Use("augmented" if target is site.node else "read", site, bound, guess)
            case m.Delete():
                yield Use("deleted", site, bound, guess)
            case m.Return():
                yield _Item(Returned(site.scope), bound, guess)
                yield Use("escaped", site, bound, guess)
            case m.Eval(role="decorator"):
                yield Use("decorates", site, bound, guess)
            case m.Eval(role="for"):
                yield Use("iterated", site, bound, guess)
            case m.Eval(role="with"):
                yield Use("entered", site, bound, guess)
                for frame in self.program.facts(site.scope).frames:
                    if frame.kind == "with" and frame.head is site.node and isinstance(frame.target, m.Name):
                        yield from self._to_target(frame.target, site.scope, bound, guess)
            case m.Eval(role="if" | "while" | "assert"):
                yield Use("tested", site, bound, guess)
            case _:
                yield Use("read", site, bound, guess)

    def _to_target(
        self, target: m.Expr, scope: ScopeId, bound: int, guess: bool, origin: int | None = None
    ) -> Iterator[_Item]:
        match target:
            case m.Name(id=name):
                owner = self.declared.owner(name, scope)
                if owner is not None:
                    yield _Item(Variable(owner, name), bound, guess, origin if owner == scope else None)
            case m.Attr(base=base, name=name):
                for value in ordered(self.declared.values(base, scope)):
                    if isinstance(value, Instance | Class):
                        if not (self._strict and self._holds_others(value.scope, name)):
                            yield _Item(Attribute(value.scope, name), bound, guess)
                    elif isinstance(value, Module) and (module := self.program.named(value.name)) is not None:
                        yield _Item(Variable(ScopeId(module.path, 0), name), bound, guess)

    def _holds_others(self, cls: ScopeId, name: str) -> bool:
        """Whether an attribute is bound to different things in different places.

        Then what is done to it need not concern this value.
        """
        writes = [
            write.value
            for c in self.declared.mro(cls)
            for write in self.declared.writes(c).get(name, ())
            if write.value is not None
        ]
        return len([value for value in writes if not isinstance(value, m.Const)]) > 1

    def _as_argument(self, site: Site, call: m.Call, bound: int, guess: bool) -> Iterator[Use | _Item]:
        argument = next(a for a in call.args if a.value is site.node)
        callees = ordered(self.declared.values(call.func, site.scope))
        known = False
        for callee in callees:
            if (
                isinstance(callee, External)
                and callee.name in name_lists().partials
                and call.args[0].value is site.node
            ):
                given = sum(1 for a in call.args[1:] if a.keyword is None and not a.star)
                outer = Site(site.scope, site.op, call, site.parents[:-1])
                yield Use("partial", site, bound, guess)
                yield from self._step(outer, bound + given, guess)
                known = True
            elif isinstance(callee, External) and callee.name in name_lists().casts:
                yield from self._step(Site(site.scope, site.op, call, site.parents[:-1]), bound, guess)
                known = True
            else:
                for target in (callee, *self._implementations(callee)):
                    for item in self.into(target, call, argument):
                        known = True
                        if not isinstance(item, Variable):
                            yield _Item(item, bound, guess)
                            continue
                        answered = isinstance(target, Function) and self._gives_back(item)
                        yield _Item(item, bound, guess, AT_ENTRY, answered)
                        if answered:
                            yield from self._step(Site(site.scope, site.op, call, site.parents[:-1]), bound, guess)
        if not known or any(isinstance(c, External) for c in callees):
            yield Use("argument", site, bound, guess)

    def _gives_back(self, parameter: Variable) -> bool:
        """Whether a function returns a parameter as it came in."""
        facts = self.program.facts(parameter.scope)
        if facts.is_generator:
            return False
        for index, op in enumerate(facts.ops):
            if not isinstance(op.action, m.Return) or op.action.value is None:
                continue
            for node, parents in w.walk_with_parents(op.action.value):
                chain = (*parents, node)
                passed = all(_passes_up(above, below) for above, below in pairwise(chain))
                if passed and isinstance(node, m.Name) and node.id == parameter.name:
                    if not self._reaching.is_overwritten(parameter.scope, parameter.name, AT_ENTRY, index):
                        return True
        return False

    def into(self, callee: Value, call: m.Call, argument: m.Arg) -> Iterator[Handle]:
        """The parameter (or dataclass field) of a callee that an argument of a call becomes."""
        if isinstance(callee, Class):
            makers = self.declared.class_attribute(callee.scope, "__init__", on_class=False)
            functions = [v.scope for v in makers if isinstance(v, Function)]
            if not functions:
                yield from self._field(callee.scope, call, argument)
            for function in functions:
                yield from self._parameter(function, 1, call, argument)
        elif isinstance(callee, Function):
            facts = self.program.facts(callee.scope)
            bound = 1 if callee.receiver is not None and not is_static(facts) else 0
            yield from self._parameter(callee.scope, bound, call, argument)

    def _parameter(self, function: ScopeId, bound: int, call: m.Call, argument: m.Arg) -> Iterator[Handle]:
        parameters = self.program.facts(function).parameters
        if argument.keyword is not None:
            if any(p.name == argument.keyword for p in parameters):
                yield Variable(function, argument.keyword)
            return
        if argument.star:
            return
        positional = [a for a in call.args if a.keyword is None and a.star != "**"]
        place = next(i for i, a in enumerate(positional) if a is argument) + bound
        if any(a.star for a in positional[: place - bound]):
            return
        plain = [p for p in parameters if p.kind in {"normal", "positional-only"}]
        if place < len(plain):
            yield Variable(function, plain[place].name)

    def _field(self, cls: ScopeId, call: m.Call, argument: m.Arg) -> Iterator[Handle]:
        fields = [
            target.id
            for op in self.program.facts(cls).ops
            if isinstance(op.action, m.Assign) and op.action.annotation is not None
            for target in op.action.targets
            if isinstance(target, m.Name)
        ]
        if argument.keyword is not None:
            if argument.keyword in fields:
                yield Attribute(cls, argument.keyword)
            return
        place = next(i for i, a in enumerate(call.args) if a is argument)
        if not argument.star and place < len(fields):
            yield Attribute(cls, fields[place])

    def _yielded(self, site: Site, bound: int, guess: bool) -> Iterator[Use | _Item]:
        yield Use("escaped", site, bound, guess)
        for use in self.function_uses(site.scope):
            if isinstance(use.outer, m.Call) and use.kind == "called":
                for frame in self.program.facts(use.site.scope).frames:
                    if frame.kind == "with" and frame.head is use.outer and frame.target is not None:
                        yield from self._to_target(frame.target, use.site.scope, bound, guess)

    def _in_display(self, site: Site, display: m.Display, bound: int, guess: bool) -> Iterator[Use | _Item]:
        """A value written into a tuple or list: unpacked at once, looped over at once, or kept."""
        outer = site.parents[:-1]
        action = self.program.op(site).action
        if not outer and isinstance(action, m.Assign):
            if any(target is display for target in action.targets):
                yield Use("rebound", site, bound, guess)
                return
            for target in action.targets:
                if isinstance(target, m.Display) and len(target.items) == len(display.items):
                    position = next(i for i, item in enumerate(display.items) if item is site.node)
                    yield from self._to_target(target.items[position], site.scope, bound, guess)
        if not outer and isinstance(action, m.Eval) and action.role == "for":
            for frame in self.program.facts(site.scope).frames:
                if frame.kind == "for" and frame.head is display and frame.target is not None:
                    yield from self._to_target(frame.target, site.scope, bound, guess)
        if outer and isinstance(outer[-1], m.Comp):
            for clause in outer[-1].clauses:
                if clause.iterable is display:
                    yield from self._to_target(clause.target, site.scope, bound, guess)
        passed = tuple(self._passed_on(site, display, bound, guess))
        yield from passed
        if not passed:
            yield Use("kept", site, bound, guess)

    def _passed_on(self, site: Site, display: m.Display, bound: int, guess: bool) -> Iterator[_Item]:
        """`Thread(target=f, args=(value,))`: the value becomes a parameter of `f`."""
        call = site.parents[-2] if len(site.parents) > 1 else None
        if not isinstance(call, m.Call) or not any(a.keyword == "args" and a.value is display for a in call.args):
            return
        place = next(i for i, item in enumerate(display.items) if item is site.node)
        for argument in call.args:
            for callee in ordered(self.declared.values(argument.value, site.scope)):
                if isinstance(callee, Function):
                    facts = self.program.facts(callee.scope)
                    own = 1 if callee.receiver is not None and not is_static(facts) else 0
                    plain = [p for p in facts.parameters if p.kind in {"normal", "positional-only"}]
                    if place + own < len(plain):
                        yield _Item(Variable(callee.scope, plain[place + own].name), bound, guess)


_OF_BUILTINS = frozenset(name for builtin in (dict, list, set, str, bytes) for name in dir(builtin))


def _is_declared_only(facts: m.Scope) -> bool:
    """Whether a function has no body but a docstring, `...`, `pass` or `raise`."""
    return all(
        isinstance(op.action, m.Raise) or (isinstance(op.action, m.Eval) and isinstance(op.action.value, m.Const))
        for op in facts.ops
    )


def _passes_up(parent: m.Expr, node: m.Expr) -> bool:
    """Whether the value of `parent` can be that of its part `node`."""
    match parent:
        case m.IfExp(test=test):
            return test is not node
        case m.BoolOp() | m.Await() | m.Walrus():
            return True
    return False
