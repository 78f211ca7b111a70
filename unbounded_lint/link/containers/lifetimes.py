"""How long what a program makes lives: which of it lasts as long as the process, and by what."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.handles import HANDED_ON, Attribute, Foreign, Handle, Returned, Use, Variable
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Allocation, Class, Instance, Module, ordered
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.literals import word_of
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.program.program import Program
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.runs.serving import Serving

LifeKind: TypeAlias = Literal[
    "module", "class", "application", "frame", "closure", "registered", "framework", "element", "outside"
]
"""What makes something last: a module's name, a class's attribute, an application object of a framework, the frame of a
function that serves, a function made at start-up that captures it, a registrar of another package, a framework that
makes one of the class by itself, a container that lasts; or nothing that the project shows, since only its users make
objects of the class."""

_SURE: tuple[LifeKind, ...] = get_args(LifeKind)


class Life(NamedTuple):
    """What makes a value last, and how many attributes away from it the value hangs."""

    kind: LifeKind
    distance: int = 0

    @property
    def order(self) -> tuple[int, int]:
        """The order in which lives are told: the surest first."""
        return _SURE.index(self.kind), self.distance

    def part(self) -> Life:
        """That of an attribute of what lives so. The distance says no more than near or far, so that it has an end."""
        return Life(self.kind, min(self.distance + 1, 3))


class _OfClass(NamedTuple):
    cls: ScopeId
    kind: str = "class"


class _OfValue(NamedTuple):
    scope: ScopeId
    op: int
    node: int
    kind: str = "value"


class _OfHandle(NamedTuple):
    handle: Handle
    site: _OfValue | None
    kind: str = "handle"


_Asked: TypeAlias = Generator[Any, "Life | None", "Life | None"]


class Lifetimes:
    """Answers how long objects live. One place that makes a lasting object of a class is enough for the class: what is
    known of its attributes is known of that one too."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        self.flow = flow
        self.execution = execution
        self.program = flow.program
        self.resolver = flow.resolver
        self.serving = Serving(flow, execution)
        self._standing: dict[_OfValue, Site] = {}
        self._solver: Solver[Any, Life | None] = Solver(self._equation, lambda _: None, _surer)

    # --- questions ---

    def of_class(self, cls: ScopeId) -> Life | None:
        """The surest life that an object of a class has, None if the project makes none that lasts."""
        return self._solver.answer(_OfClass(cls))

    def of_variable(self, function: ScopeId, name: str) -> Life | None:
        """How a local variable of a function lasts, None if it does not."""
        return self._solver.answer(_OfHandle(Variable(function, name), None))

    def is_singleton(self, cls: ScopeId) -> bool:
        """Whether every object that the project makes of a class lasts."""
        sites = self.constructions(cls)
        is_made = bool(sites) or self._makes_lasting_classes(cls)
        return is_made and all(self._solver.answer(self._question(site)) is not None for site in sites)

    @kept
    def constructions(self, cls: ScopeId) -> tuple[Site, ...]:
        """Where the project makes objects of a class or of its subclasses."""
        called = [use.site.outer for use in self.flow.constructions(cls)]
        return (*called, *self._allocations(cls))

    def foreign(self, target: m.Expr, scope: ScopeId, op: int) -> Foreign | None:
        """What an assignment hangs on an object of another package that lasts, as an application does: one that is
        reached from a name of a module, or by code that runs once. None for any other target."""
        if not isinstance(target, m.Attr | m.Sub) or not self._is_foreign(target.base, scope):
            return None
        below, is_key = w.last_name(target.base), isinstance(target, m.Sub)
        name = word_of(target.index) if isinstance(target, m.Sub) else target.name
        if not below or not name or not self._is_rooted(target.base, scope, op):
            return None
        return Foreign(below, name, is_key)

    # --- equations ---

    def _equation(self, question: Any) -> _Asked:
        match question:
            case _OfClass(cls=cls):
                return self._of_class(cls)
            case _OfHandle(handle=handle, site=site):
                return self._held(handle, None if site is None else self._standing[site])
        return self._value(self._standing[question])

    def _of_class(self, cls: ScopeId) -> _Asked:
        best = Life("module") if self._makes_lasting_classes(cls) else None
        for site in self.constructions(cls) if best is None else ():
            best = _surer(best, (yield self._question(site)))
            if best is not None and best.order == (0, 0):
                break
        if best is not None:
            return best
        if self._is_component(cls):
            return Life("framework")
        return Life("outside") if not self.constructions(cls) and self._is_public(cls) else None

    def _makes_lasting_classes(self, cls: ScopeId) -> bool:
        """Whether the objects of a class are classes that a module or another class defines."""
        return any(not is_local(self.program, made) for made in self.flow.hierarchy.instances(cls))

    def _is_public(self, cls: ScopeId) -> bool:
        """Whether users of the project can make objects of a class, which nothing in it does."""
        name = self.program.facts(cls).name
        return not name.startswith("_") and not is_local(self.program, cls)

    def _question(self, site: Site) -> _OfValue:
        question = _OfValue(site.scope, site.op, id(site.node))
        self._standing.setdefault(question, site)
        return question

    def _value(self, site: Site) -> _Asked:
        if self.program.facts(site.scope).kind in {"module", "class"}:
            return self._of_body(site.scope)
        best: Life | None = None
        for handle in self.flow.destinations(site):
            best = _surer(best, (yield _OfHandle(handle, self._question(site))))
        for use in self.flow.near_uses(site):
            if best is not None and best.order <= (2, 0):
                break
            best = _surer(best, self._used(use))
            if best is None and use.kind == "kept":
                best = yield from self._element(use.site)
        return best

    def _element(self, site: Site) -> _Asked:
        """How an entry of a container lasts: as the container does, until it is removed."""
        action = self.program.op(site).action
        for target in action.targets if isinstance(action, m.Assign) else ():
            base = target.base if isinstance(target, m.Sub) else None
            if isinstance(base, m.Name):
                owner = self.resolver.owner(base.id, site.scope)
                if owner is not None and (yield _OfHandle(Variable(owner, base.id), None)) is not None:
                    return Life("element")
            elif isinstance(base, m.Attr):
                for value in ordered(self.resolver.values(base.base, site.scope)):
                    if isinstance(value, Instance | Class):
                        if (yield _OfHandle(Attribute(value.scope, base.name), None)) is not None:
                            return Life("element")
        return None

    def _held(self, handle: Handle, site: Site | None) -> _Asked:
        match handle:
            case Variable(scope=scope, name=name):
                if self.program.facts(scope).kind in {"module", "class"}:
                    return self._of_body(scope)
                return self._local(scope, name)
            case Attribute(cls=owner, name=name):
                return (yield from self._attribute(owner, name, site))
            case Returned(function=function):
                return (yield from self._cached(function))
        return None

    def _of_body(self, scope: ScopeId) -> Life | None:
        """How what the body of a module or a class binds lasts; None for a class in a function, and for a function."""
        if scope.index == 0:
            return Life("module")
        is_class = self.program.facts(scope).kind == "class"
        return Life("class") if is_class and not is_local(self.program, scope) else None

    def _attribute(self, owner: ScopeId, name: str, site: Site | None) -> _Asked:
        life = Life("class") if self._is_on_class(owner, name, site) else None
        if life is None:
            above = yield _OfClass(owner)
            life = None if above is None else above.part()
        return life if life is not None and self._stays(owner, name) else None

    def _cached(self, function: ScopeId) -> _Asked:
        """What a function that keeps its one result gives back."""
        facts = self.program.facts(function)
        keeper = self.program.owner_class(function)
        if keeper is not None and "cached_property" in decorator_names(facts):
            life = yield _OfClass(keeper)
            return None if life is None else life.part()
        plain = [p for p in facts.parameters if p.default is None and p.name not in {"self", "cls"}]
        return Life("module") if decorator_names(facts) & name_lists().getters and not plain else None

    # --- names ---

    def _stays(self, owner: ScopeId, name: str) -> bool:
        """Whether an attribute keeps what it was given: it is bound as its owner is made or set up, or once later. One
        that a recurring event binds anew lets go of what it held."""
        for write in self.resolver.writes(owner).get(name, ()):
            facts = self.program.facts(write.scope)
            if isinstance(write.value, m.Const) or facts.name in name_lists().constructors:
                continue
            tested = (part for condition, _ in guards(facts, write.op) for part in w.walk(condition))
            guarded = any(name in (w.last_name(part), getattr(part, "value", "")) for part in tested)
            if not guarded and not self._is_set_up(write.scope, write.op):
                return False
        return True

    def _is_set_up(self, scope: ScopeId, op: int) -> bool:
        """Whether an operation belongs to the making of its object: no event of the running program leads to it."""
        contexts = self.execution.at(scope, op)
        recurring = {c.kind for c in contexts if c.kind in {"run", "timer", "later"} or (c.kind == "main" and c.looped)}
        return not recurring or (recurring == {"run"} and self.serving.is_once(scope, op))

    def _local(self, function: ScopeId, name: str) -> Life | None:
        if self.serving.lasts(function):
            return Life("frame")
        return Life("closure") if self._is_captured(function, name) else None

    def _is_captured(self, function: ScopeId, name: str) -> bool:
        """Whether a function that is made once, and handed to somebody who calls it later, uses a local variable of the
        function around it."""
        module = self.program.of(function)
        inner = {
            site.scope
            for site in module.sites_within(function.index, name)
            if site.scope != function
            and isinstance(site.node, m.Name)
            and self.resolver.owner(name, site.scope) == function
        }
        if not inner or not any(self._is_handed_on(scope, function) for scope in sorted(inner)):
            return False
        return (
            self.serving.is_once(function, 0)
            or self._decorates_definitions(function)
            or self._makes_application(function)
        )

    def _is_handed_on(self, scope: ScopeId, function: ScopeId) -> bool:
        at: ScopeId | None = scope
        while at is not None and at != function:
            facts = self.program.facts(at)
            if facts.decorators and self.program.parent(at) == function:
                return True
            if facts.kind in {"function", "lambda"} and any(u.kind in HANDED_ON for u in self.flow.function_uses(at)):
                return True
            at = self.program.parent(at)
        return False

    def _decorates_definitions(self, function: ScopeId) -> bool:
        return any(
            use.kind == "decorates" and self._of_body(use.site.scope) is not None
            for use in self.flow.function_uses(function)
        )

    def _makes_application(self, function: ScopeId) -> bool:
        """Whether a function builds and gives back an application of a framework, as factories do."""
        for value in self.program.returned(function):
            names = {getattr(v, "name", "") for v in self.resolver.values(value, function)}
            if any(self.execution.catalog.canonical(name) in self.execution.catalog.data.apps for name in names):
                return True
        return False

    # --- other packages ---

    def _used(self, use: Use) -> Life | None:
        """How something lasts by being kept on, or handed to, what lasts."""
        site = use.site
        if use.kind == "kept":
            action = self.program.op(site).action
            targets = action.targets if isinstance(action, m.Assign) else ()
            if any(self.foreign(target, site.scope, site.op) is not None for target in targets):
                return Life("application")
            return None
        if use.kind == "argument" and isinstance(use.outer, m.Call) and self._is_registrar(use.outer, site):
            return Life("registered")
        return None

    def _is_registrar(self, call: m.Call, site: Site) -> bool:
        """Whether a call hands something to another package as the program is set up, and takes nothing back: what it
        is given is kept there, and used later."""
        name = w.last_name(call.func)
        if name not in name_lists().registrars and name not in name_lists().servers:
            return False
        if not self._is_foreign(call.func, site.scope):
            return False
        return self.execution.kinds(site.scope, site.op) == {"api"} or self.serving.is_once(site.scope, site.op)

    def _is_foreign(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is, as far as can be told, something of another package."""
        own = Class | Instance | Module | Allocation
        return not any(isinstance(value, own) for value in self.resolver.values(expr, scope))

    def _is_rooted(self, base: m.Expr, scope: ScopeId, op: int) -> bool:
        at = base
        while isinstance(at, m.Attr | m.Sub | m.Call):
            at = at.func if isinstance(at, m.Call) else at.base
        if not isinstance(at, m.Name):
            return False
        owner = self.resolver.owner(at.id, scope)
        if owner is not None and owner.index == 0:
            return True
        return self.serving.is_once(scope, op) or (owner is not None and self._makes_application(owner))

    def _is_component(self, cls: ScopeId) -> bool:
        """Whether a framework makes one object of a class for as long as it runs."""
        outside = self.resolver.all_outside_bases(cls)
        return any(self.execution.catalog.canonical(base) in name_lists().components for base in outside)

    # --- constructions ---

    def _allocations(self, cls: ScopeId) -> Iterator[Site]:
        """`super().__new__(cls)` inside the class itself."""
        for site in self.program.of(cls).sites("__new__"):
            if self.resolver.enclosing_class(site.scope) == cls and isinstance(site.node, m.Attr):
                if isinstance(site.parent, m.Call) and site.parent.func is site.node:
                    yield site.outer

    def _is_on_class(self, owner: ScopeId, name: str, site: Site | None) -> bool:
        """Whether an attribute is bound on the class: by a method, by `Owner.name = Made()` in whatever function, or in
        the class's body for an object of the class itself."""
        if any(write.on_class for write in self.resolver.writes(owner).get(name, ())):
            return True
        if site is None:
            return False
        if self.program.bound(owner, name) and Instance(owner) in self.resolver.values(site.node, site.scope):
            return True
        action = self.program.op(site).action
        return isinstance(action, m.Assign) and any(
            isinstance(target, m.Attr)
            and target.name == name
            and Class(owner) in self.resolver.values(target.base, site.scope)
            for target in action.targets
        )


def is_local(program: Program, scope: ScopeId) -> bool:
    """Whether a class stands in a function, each call of which makes it anew."""
    at = program.parent(scope)
    while at is not None and at.index:
        if program.facts(at).kind != "class":
            return True
        at = program.parent(at)
    return False


def _surer(one: Life | None, other: Life | None) -> Life | None:
    return min((life for life in (one, other) if life is not None), key=lambda life: life.order, default=None)
