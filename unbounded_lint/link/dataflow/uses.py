"""Where a value goes: from its definition forwards through names, attributes, parameters, returns, imports and
decorators."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.handles import (
    Attribute,
    Foreign,
    Handle,
    Registered,
    Returned,
    Use,
    Variable,
    Yielded,
)
from unbounded_lint.link.dataflow.hierarchy import Hierarchy
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.scoping import Scoping, decorated_by, decorator_names, is_static, takes_class
from unbounded_lint.link.dataflow.sites import Role, Sites, role_of, stored
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.dataflow.steps import Item, Steps
from unbounded_lint.link.dataflow.values import CallSite, Module, Value
from unbounded_lint.link.program.definitions import AT_ENTRY, Reaching
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.program.program import Program

HANDLES = 300
"""How many names one value is followed through before the rest counts as unseen."""

NEAR = 16
"""The same, where only the place that first keeps a value matters."""

OPERATORS = frozenset({"__contains__", "__delitem__", "__getitem__", "__setitem__"})
"""The methods of a container that operators run."""

_RUN: Mapping[Role, tuple[str, ...]] = {
    "stored": ("__setitem__",),
    "deleted": ("__delitem__",),
    "augmented": ("__getitem__", "__setitem__"),
    "read": ("__getitem__",),
}
"""What is done to an item -> the methods that do it."""

_Standing: TypeAlias = tuple[Site, int, bool]
"""A value where it stands, how many leading parameters are bound, and whether its receiver was guessed."""


class _Trace(NamedTuple):
    """What a trace found: the uses of a value, and what came to hold it."""

    uses: tuple[Use, ...]
    holders: tuple[Handle, ...]


class _OfHandle(NamedTuple):
    """What is done with the value that a handle holds."""

    handle: Handle
    kind: str = "handle"


class _OfFunction(NamedTuple):
    """What is done with a function."""

    function: ScopeId
    kind: str = "function"


class _OfSite(NamedTuple):
    """What is done with the value of an expression, followed through so many handles."""

    scope: ScopeId
    op: int
    node: int
    limit: int
    kind: str = "site"


_Tracing: TypeAlias = Generator[Any, _Trace, _Trace]


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
        self.hierarchy = Hierarchy(program, self.declared)
        self._sites = Sites(program, self.declared, self.hierarchy)
        self._reaching = Reaching(program)
        self._steps = Steps(program, self.declared, self.hierarchy, self._reaching, strict=False)
        self._strict_steps = Steps(program, self.declared, self.hierarchy, self._reaching, strict=True)
        self._solver: Solver[Any, _Trace] = Solver(self._equation, lambda _: _Trace((), ()), _merged)
        self._standing: dict[_OfSite, Site] = {}

    # --- questions ---

    def uses(self, handle: Handle) -> tuple[Use, ...]:
        """Everything done with the value that a handle holds, wherever it flows."""
        return self._solver.answer(_OfHandle(handle)).uses

    def site_uses(self, site: Site) -> tuple[Use, ...]:
        """Everything done with the value of an expression, wherever it flows."""
        return self._of_site(site, HANDLES).uses

    def destinations(self, site: Site) -> tuple[Handle, ...]:
        """The names, attributes and returns that the value of an expression reaches in a few steps."""
        return self._of_site(site, NEAR).holders

    def near_uses(self, site: Site) -> tuple[Use, ...]:
        """What is done with the value of an expression in a few steps."""
        return self._of_site(site, NEAR).uses

    def _of_site(self, site: Site, limit: int) -> _Trace:
        question = _OfSite(site.scope, site.op, id(site.node), limit)
        self._standing.setdefault(question, site)
        return self._solver.answer(question)

    def function_uses(self, function: ScopeId) -> tuple[Use, ...]:
        """Everything done with a function."""
        return self._solver.answer(_OfFunction(function)).uses

    def class_uses(self, cls: ScopeId) -> tuple[Use, ...]:
        """Everything done with a class."""
        outside = self.program.parent(cls)
        assert outside is not None
        return self.uses(Variable(outside, self.program.facts(cls).name))

    @kept
    def constructions(self, cls: ScopeId) -> tuple[Use, ...]:
        """The calls that make objects of a class, or of one derived from it."""
        return tuple(use for built in (cls, *self.subclasses(cls)) for use in self._makings(built))

    @kept
    def _makings(self, cls: ScopeId) -> tuple[Use, ...]:
        """The calls that make objects of that very class, by its name or by the receiver of one of its methods."""
        module = self.program.of(cls)
        methods = [ScopeId(cls.path, i) for i in module.functions_of.get(cls.index, ()) if takes_class(module.scope(i))]
        receivers = [
            self.uses(Variable(method, self.program.facts(method).parameters[0].name))
            for method in methods
            if self.program.parent(method) == cls and self.program.facts(method).parameters
        ]
        return tuple(use for uses in (self.class_uses(cls), *receivers) for use in uses if use.kind == "called")

    def subclasses(self, cls: ScopeId) -> tuple[ScopeId, ...]:
        """The classes of the project that inherit from a class, directly or not."""
        return self.hierarchy.subclasses(cls)

    def into(self, callee: Value, call: m.Call, argument: m.Arg) -> Iterator[Handle]:
        """The parameter (or dataclass field) of a callee that an argument of a call becomes."""
        return self._steps.into(callee, call, argument)

    # --- calls ---

    @kept
    def call_sites(self, function: ScopeId) -> tuple[CallSite, ...]:
        """The calls of a function in the project; constructor calls for `__init__`, reads for a property, operators for
        the methods of a container."""
        return tuple(self._find_calls(function))

    @kept
    def answered(self, scope: ScopeId) -> tuple[tuple[int, m.Call], ...]:
        """The calls of a scope whose results it uses and that a function of the project may answer, and where they
        stand."""
        used = self.program.of(scope).used_calls(scope.index)
        return tuple((op, call) for op, call in used if any(self.resolver.functions(call.func, scope)))

    @kept
    def is_only_called(self, function: ScopeId) -> bool:
        """Whether nothing does anything with a function but call it."""
        return all(use.kind == "called" for use in self.function_uses(function))

    def _find_calls(self, function: ScopeId) -> Iterator[CallSite]:
        facts = self.program.facts(function)
        owner = self.program.owner_class(function)
        is_property = owner is not None and bool(decorator_names(facts) & name_lists().properties)
        for use in self.function_uses(function):
            call = self._applied(use)
            if call is not None:
                yield CallSite(use.site.scope, use.site.op, call, use.bound, use.guess)
            elif is_property and use.kind not in {"rebound", "decorates"}:
                yield CallSite(use.site.scope, use.site.op, None, use.bound, use.guess)
        if owner is not None and facts.name in name_lists().constructors:
            yield from self._constructions(owner, facts.name)
        if owner is not None and facts.name == "__call__":
            for built in self.hierarchy.instances(owner):
                yield from self._constructions(built, facts.name)
        if owner is not None and facts.name in OPERATORS:
            yield from self._operations(owner, facts.name)

    def _constructions(self, cls: ScopeId, method: str) -> Iterator[CallSite]:
        for built in (cls, *self.subclasses(cls)):
            if built != cls and method in self.program.of(built).bindings(built.index):
                continue
            for use in self._makings(built):
                if isinstance(use.outer, m.Call):
                    yield CallSite(use.site.scope, use.site.op, use.outer, 1)

    def _operations(self, cls: ScopeId, method: str) -> Iterator[CallSite]:
        """The operators on objects of a class that run a method of it, each as the call that it stands for."""
        for site in self._operated(cls, method):
            op, outer = self.program.op(site), site.outer
            match outer.node:
                case m.Compare(left=key) if method == "__contains__":
                    given: tuple[m.Expr | None, ...] = (key,)
                case m.Sub(index=key) if method in _RUN.get(role_of(self.program, outer), ()):
                    given = (key, stored(op.action, outer) if method == "__setitem__" else None)
                case _:
                    continue
            arguments = tuple(m.Arg(part, None, "") for part in given if part is not None)
            yield CallSite(site.scope, site.op, m.Call(m.Attr(site.node, method), arguments, op.span), 1)

    def _operated(self, cls: ScopeId, method: str) -> Iterator[Site]:
        """Where an operator has an object on its side that has a method from a class: one of the class, of one derived
        from it, or the receiver of a method that the class inherits."""
        own = [built for built in self.subclasses(cls) if method not in self.program.of(built).bindings(built.index)]
        for built in (cls, *own):
            yield from self._sites.of_operators(built)
        for above in self.declared.mro(cls)[1:]:
            yield from (site for site in self._sites.of_operators(above) if self._sites.is_receiver(site))

    def receiver_uses(self, cls: ScopeId) -> Iterator[Use]:
        """What the methods of a class and of its bases do with their receiver."""
        for owner in self.declared.mro(cls):
            for index in self.program.of(owner).functions_of.get(owner.index, ()):
                facts, scope = self.program.of(owner).scope(index), ScopeId(owner.path, index)
                if self.program.owner_class(scope) == owner and facts.parameters and not is_static(facts):
                    yield from self.uses(Variable(scope, facts.parameters[0].name))

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
        decorated = decorated_by(self.program, site)
        return None if decorated is None else self.program.facts(decorated).name

    # --- tracing ---

    def _equation(self, question: Any) -> _Tracing:
        match question:
            case _OfHandle(handle=handle):
                return self._trace(self._strict_steps, [Item(handle, 0, False)], [])
            case _OfFunction(function=function):
                written = self.program.of(function).lambdas.get(function.index)
                sites: list[_Standing] = [] if written is None else [(written, 0, False)]
                return self._trace(self._steps, self._held_function(function), sites)
        site = self._standing[question]
        return self._trace(self._steps, [], [(site, 0, False)], question.limit)

    def _held_function(self, function: ScopeId) -> list[Item]:
        facts = self.program.facts(function)
        parent = self.program.parent(function)
        if parent is None or facts.kind == "lambda":
            return []
        if self.program.facts(parent).kind != "class":
            return [Item(Variable(parent, facts.name), 0, False)]
        return [Item(Attribute(parent, facts.name), 0 if is_static(facts) else 1, False)]

    def _trace(self, steps: Steps, start: list[Item], sites: list[_Standing], limit: int = HANDLES) -> _Tracing:
        queue, pending = list(start), list(sites)
        holders = dict.fromkeys(item.handle for item in start)
        followed = {(item.handle, item.origin) for item in start}
        uses: dict[tuple[ScopeId, int, int], list[Use]] = {}
        answered: Handle | None = None
        while queue or pending:
            if not pending:
                item = queue.pop(0)
                answered = Returned(item.handle.scope) if item.answered and isinstance(item.handle, Variable) else None
                pending, found = yield from self._expanded(item, steps)
            else:
                site, bound, guess = pending.pop(0)
                key = (site.scope, site.op, id(site.node))
                if key in uses:
                    continue
                steps_from = steps.of(site, bound, guess)
                uses[key] = [out for out in steps_from if isinstance(out, Use)]
                found = [out for out in steps_from if isinstance(out, Item)]
            for out in found:
                if answered is not None and out.handle == answered:
                    holders[out.handle] = None
                elif len(holders) < limit and not {(out.handle, None), (out.handle, out.origin)} & followed:
                    holders[out.handle] = None
                    followed.add((out.handle, out.origin))
                    queue.append(out)
        ordered = tuple(sorted(holders, key=repr)) if limit == NEAR else ()
        return _Trace(tuple(use for part in uses.values() for use in part), ordered)

    def _expanded(self, item: Item, steps: Steps) -> Generator[Any, _Trace, tuple[list[_Standing], list[Item]]]:
        """Where a handle stands in the program, and what else holds the same value."""
        match item.handle:
            case Variable(scope=scope, name=name):
                sites = [s for s in self._sites.of_variable(scope, name) if not self._is_overwritten(item, s)]
                more = [Item(handle, item.bound, item.guess) for handle in self._other_names(scope, name)]
                at_entry = [Item(handle, item.bound, item.guess, AT_ENTRY) for handle in self._defaults(scope, name)]
                return [(site, item.bound, item.guess) for site in sites], more + at_entry
            case Attribute(cls=cls, name=name):
                found = self._sites.of_attribute(cls, name)
                return [(s, item.bound if b is None else b, item.guess or g) for s, b, g in found], []
            case Foreign():
                return [(site, item.bound, True) for site in self._sites.of_foreign(item.handle)], []
            case Returned(function=function):
                trace = yield _OfFunction(function)
                results = [(site, item.bound, item.guess) for site in self._results(function, trace.uses)]
                return results, [Item(handle, item.bound, item.guess) for handle in self._replaced(trace.uses)]
            case Registered():
                return [], []
            case Yielded(function=function):
                trace = yield _OfFunction(function)
                return [], list(self._entered(item, trace.uses, steps))

    def _is_overwritten(self, item: Item, site: Site) -> bool:
        """Whether the local name holds something else by then."""
        handle = item.handle
        return (
            item.origin is not None
            and isinstance(handle, Variable)
            and site.scope == handle.scope
            and self._reaching.is_overwritten(handle.scope, handle.name, item.origin, site.op)
        )

    def _other_names(self, scope: ScopeId, name: str) -> Iterator[Handle]:
        """The names under which other scopes import a module's variable; the attribute that a class variable is."""
        if scope.index == 0:
            source = self.program.of(scope)
            for module, at, bound in self.program.importers(source.name, name):
                yield Variable(ScopeId(module.path, at), bound)
            for module, _, _ in self.program.importers(source.name, "*"):
                if module.sites(name):
                    yield Variable(ScopeId(module.path, 0), name)
        elif self.program.facts(scope).kind == "class":
            yield Attribute(scope, name)

    def _defaults(self, scope: ScopeId, name: str) -> Iterator[Handle]:
        """The parameters whose default is a variable of a module."""
        for parameter, default, outside in self._defaulting(name) if scope.index == 0 else ():
            if isinstance(default, m.Name):
                if self.scoping.owner(name, outside) == scope:
                    yield parameter
            elif isinstance(default, m.Attr):
                bases = self.declared.values(default.base, outside)
                if any(isinstance(v, Module) and v.name == self.program.of(scope).name for v in bases):
                    yield parameter

    @kept
    def _defaulting(self, name: str) -> tuple[tuple[Variable, m.Expr, ScopeId], ...]:
        """The parameters whose default is written as a name or attribute of that name, and where it is evaluated."""
        return tuple(
            (
                Variable(ScopeId(module.path, index), parameter),
                default,
                ScopeId(module.path, module.scope(index).parent),
            )
            for module in self.program.mentioning(name)
            for index, parameter, default in module.defaults.get(name, ())
        )

    def _results(self, function: ScopeId, uses: tuple[Use, ...]) -> Iterator[Site]:
        """The calls of a function as values; the reads of a property."""
        for use in uses:
            if isinstance(use.outer, m.Call) and use.kind == "called":
                yield Site(use.site.scope, use.site.op, use.outer, use.site.parents[:-1])
        if decorator_names(self.program.facts(function)) & name_lists().properties:
            yield from (use.site for use in uses if use.kind not in {"rebound", "decorates"})

    def _replaced(self, uses: tuple[Use, ...]) -> Iterator[Handle]:
        """The decorated objects that a function's result replaces."""
        for use in uses:
            name = self._decorated(use.site) if use.kind == "decorates" else None
            if name is not None:
                yield Variable(use.site.scope, name)

    def _entered(self, item: Item, uses: tuple[Use, ...], steps: Steps) -> Iterator[Item]:
        """What a `with` over a call of a generator binds."""
        for use in uses:
            if isinstance(use.outer, m.Call) and use.kind == "called":
                for frame in self.program.facts(use.site.scope).frames:
                    if frame.kind == "with" and frame.head is use.outer and frame.target is not None:
                        yield from steps.to_target(frame.target, use.site.scope, item.bound, item.guess)


def _merged(one: _Trace, other: _Trace) -> _Trace:
    """What two rounds of a circle found together."""
    if not one.uses and not one.holders:
        return other
    uses = {(u.kind, u.site.scope, u.site.op, id(u.site.node), u.bound, u.guess): u for u in (*one.uses, *other.uses)}
    return _Trace(tuple(uses.values()), tuple(dict.fromkeys((*one.holders, *other.holders))))
