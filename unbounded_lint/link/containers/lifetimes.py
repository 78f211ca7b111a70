"""How long what a program makes lives: which of it lasts as long as the process, and by what."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.births import Births
from unbounded_lint.link.containers.endings import Endings
from unbounded_lint.link.containers.keepers import Keepers, lasts_as_body
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Returned, Variable
from unbounded_lint.link.dataflow.scoping import decorator_names, keeps_one
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class, Instance
from unbounded_lint.link.program.blocks import frames_of, guards, loops_around
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.runs.serving import Serving

LifeKind: TypeAlias = Literal[
    "module", "class", "application", "frame", "closure", "registered", "framework", "element", "closable", "outside"
]
"""What makes something last: a module's name, a class's attribute, an application object of a framework, the frame of a
function that serves, a function made at start-up that captures it, a registrar of another package, a framework that
makes one of the class by itself, a container that lasts; or nothing that the project shows: its users may keep an
object open until they close it, or only they make objects of the class."""

_FEW: frozenset[LifeKind] = frozenset({"module", "class", "application", "frame"})
"""What keeps one object, not one for each time that its place is come to."""

_USERS: frozenset[LifeKind] = frozenset({"closable", "outside"})
"""What lasts as long as users of the project will have it."""

_SURE: tuple[LifeKind, ...] = get_args(LifeKind)


class Life(NamedTuple):
    """What makes a value last, and how many attributes away from it the value hangs."""

    kind: LifeKind
    distance: int = 0

    @property
    def order(self) -> tuple[int, int]:
        """The order in which lives are told: the surest first."""
        return _SURE.index(self.kind), self.distance

    @property
    def is_left_to_users(self) -> bool:
        """Whether users of the project have it as long as they like, and call its methods."""
        return self.kind in _USERS

    def part(self) -> Life:
        """That of an attribute of what lives so. The distance says no more than near or far, so that it has an end."""
        return Life(self.kind, min(self.distance + 1, 3))


class _OfClass(msgspec.Struct, frozen=True, gc=False):
    cls: ScopeId
    kind: ClassVar[str] = "class"


class _OfMade(msgspec.Struct, frozen=True, gc=False):
    cls: ScopeId
    kind: ClassVar[str] = "made"


class _OfValue(msgspec.Struct, frozen=True, gc=False):
    scope: ScopeId
    op: int
    node: int
    kind: ClassVar[str] = "value"


class _OfHandle(msgspec.Struct, frozen=True, gc=False):
    handle: Handle
    site: _OfValue | None
    kind: ClassVar[str] = "handle"


_Asked: TypeAlias = Generator[Any, "Life | None", "Life | None"]


class Lifetimes(RunQuery):
    """Answers how long objects live. One place that makes a lasting object of a class is enough for the class: what is
    known of its attributes is known of that one too."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self.serving = Serving(flow, execution)
        self.endings = Endings(flow, execution)
        self.keepers = Keepers(flow, execution, self.serving, self.endings)
        self.births = Births(flow)
        self._standing: dict[_OfValue, Site] = {}
        self._solver: Solver[Any, Life | None] = Solver(self._equation, lambda _: None, _surer)

    # --- questions ---

    def of_class(self, cls: ScopeId) -> Life | None:
        """The surest life that an object of a class has, None if the project makes none that lasts."""
        return self._solver.answer(_OfClass(cls))

    def of_variable(self, function: ScopeId, name: str) -> Life | None:
        """How a local variable of a function lasts, None if it does not."""
        return self._solver.answer(_OfHandle(Variable(function, name), None))

    def of_site(self, site: Site) -> Life | None:
        """How what is made at a site lasts, None if it does not."""
        return self._solver.answer(self._question(site))

    def of_field(self, field: Attribute) -> Life | None:
        """How what a field of a record gets with each record lasts, None if it does not."""
        return self._solver.answer(_OfHandle(field, None))

    @kept
    def is_of_few(self, cls: ScopeId) -> bool:
        """Whether the project makes as many objects of a class as there are places where it does: each makes one and
        keeps it."""
        sites = self.births.of(cls)
        return bool(sites) and all(self._makes_one(site) for site in sites)

    def _makes_one(self, site: Site) -> bool:
        if loops_around(self.program.facts(site.scope), site.op) or not self.serving.is_once(site.scope, site.op):
            return False
        life = self._solver.answer(self._question(site))
        return life is not None and life.kind in _FEW

    # --- equations ---

    def _equation(self, question: Any) -> _Asked:
        match question:
            case _OfClass(cls=cls):
                return self._of_class(cls)
            case _OfMade(cls=cls):
                return self._of_made(cls)
            case _OfHandle(handle=handle, site=site):
                return self._held(handle, None if site is None else self._standing[site])
        return self._value(self._standing[question])

    def _of_class(self, cls: ScopeId) -> _Asked:
        best = Life("module") if self.births.are_lasting_classes(cls) else None
        for site in self._beginnings(cls) if best is None else ():
            best = _surer(best, (yield self._question(site)))
            if best is not None and best.order == (0, 0):
                break
        for field in self.births.fields(cls):
            best = _surer(best, (yield _OfHandle(field, None)))
        if best is not None:
            return best
        if self.keepers.is_component(cls):
            return Life("framework")
        if self.births.are_installed(cls):
            return Life("registered")
        if self.births.are_to_be_closed(cls):
            return Life("closable")
        return Life("outside") if self.births.are_left_to_users(cls) else None

    def _beginnings(self, cls: ScopeId) -> list[Site]:
        """Where objects of a class begin; first in the bodies of modules, where it takes no search to tell that they
        last."""
        found = (*self.births.of(cls), *self.births.kept_by_constructors(cls))
        return sorted(found, key=lambda site: site.scope.index > 0)

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
            if best is not None and best.order == (0, 0):
                return best
        for use in self.flow.near_uses(site):
            if best is not None and best.order <= (2, 0):
                break
            if self.keepers.hangs(use):
                best = _surer(best, Life("application"))
            elif self.keepers.registers(use):
                best = _surer(best, Life("registered"))
            elif best is None and use.kind in {"kept", "argument"}:
                best = yield from self._element(use.site)
        if best is None and (whole := _written_into(site)) is not None:
            best = yield from self._item(whole)
        return best

    def _item(self, whole: Site) -> _Asked:
        """How an item of what is written out lasts: as the whole does, unless items are taken out of that."""
        if any(self.endings.of_entries(handle) for handle in self.flow.destinations(whole)):
            return None
        life = yield self._question(whole)
        if life is None:
            return None
        return life.part() if life.is_left_to_users else Life("element")

    def _element(self, site: Site) -> _Asked:
        """How an entry of a container lasts: as the container does, until it is removed."""
        for base, by_key in self._filled(site):
            for holder in self.resolver.handles(base, site.scope):
                if self.endings.of_entries(holder):
                    continue
                life = yield _OfHandle(holder, None)
                if life is not None and (by_key or self.serving.is_once(site.scope, site.op)):
                    return life.part() if life.is_left_to_users else Life("element")
        return None

    def _filled(self, site: Site) -> Iterator[tuple[m.Expr, bool]]:
        """The containers that an operation puts what stands at a site into, and whether it does so under a key: what is
        put in otherwise counts where the program starts."""
        action, call = self.program.op(site).action, site.parent
        if isinstance(action, m.Assign) and action.value is site.top:
            yield from ((target.base, True) for target in action.targets if isinstance(target, m.Sub))
        if isinstance(call, m.Call) and isinstance(call.func, m.Attr) and call.func.name in name_lists().stores:
            yield call.func.base, call.func.name == "setdefault"

    def _held(self, handle: Handle, site: Site | None) -> _Asked:
        match handle:
            case Variable(scope=scope, name=name):
                if self.program.facts(scope).kind in {"module", "class"}:
                    return None if self.endings.of(handle) else self._of_body(scope)
                return (yield from self._local(scope, name))
            case Attribute(cls=owner, name=name):
                return (yield from self._attribute(owner, name, site))
            case Returned(function=function):
                return (yield from self._cached(function))
        return None

    def _of_body(self, scope: ScopeId) -> Life | None:
        """How what the body of a module or a class binds lasts; None for a class in a function, and for a function."""
        if scope.index == 0:
            return Life("module")
        return Life("class") if lasts_as_body(self.program, scope) else None

    def _attribute(self, owner: ScopeId, name: str, site: Site | None) -> _Asked:
        life = Life("class") if self._is_on_class(owner, name, site) else None
        if life is None:
            above = yield _OfClass(owner)
            if above is not None and above.is_left_to_users and self.births.is_given(owner, name, site):
                above = yield _OfMade(owner)
            life = None if above is None else above.part()
        lasts = life is not None and self._stays(owner, name) and not self._is_let_go(owner, name)
        return life if lasts else None

    def _of_made(self, cls: ScopeId) -> _Asked:
        """The surest life of the objects that the project makes of a class, whatever its users do with theirs."""
        kin = frozenset({cls, *self.flow.hierarchy.subclasses(cls)})
        sites = self._beginnings(cls)
        if not sites or not all(self.births.is_made_at_work(site, kin) for site in self.births.of(cls)):
            return (yield _OfClass(cls))
        best: Life | None = None
        for site in sites:
            best = _surer(best, (yield self._question(site)))
        return best

    def _cached(self, function: ScopeId) -> _Asked:
        """What a function that keeps its one result gives back."""
        facts = self.program.facts(function)
        keeper = self.program.owner_class(function)
        if keeper is not None and "cached_property" in decorator_names(facts):
            life = yield _OfClass(keeper)
            return None if life is None else life.part()
        return Life("module") if keeps_one(facts) else None

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
            if not guarded and not _is_found_missing(facts, write.op) and not self._is_set_up(write.scope, write.op):
                return False
        return True

    def _is_let_go(self, owner: ScopeId, name: str) -> bool:
        """Whether an attribute lets go of what it holds as a piece of work ends. What it got as its owner was made ends
        with the owner instead."""
        writes = self.resolver.writes(owner).get(name, ())
        given = (self.program.facts(write.scope).name for write in writes if not isinstance(write.value, m.Const))
        return name_lists().constructors.isdisjoint(given) and self.endings.of(Attribute(owner, name))

    def _is_set_up(self, scope: ScopeId, op: int) -> bool:
        """Whether an operation belongs to the making of its object: no event of the running program leads to it."""
        contexts = self.execution.at(scope, op)
        recurring = {c.kind for c in contexts if c.recurs}
        return not recurring or (recurring == {"run"} and self.serving.is_once(scope, op))

    def _local(self, function: ScopeId, name: str) -> _Asked:
        if self.serving.lasts(function):
            return Life("frame")
        stored = self.keepers.captures(function, name)
        if not stored:
            return None if stored is None else Life("closure")
        # A function that is stored lasts no longer than where it is stored.
        for use in stored:
            if (yield self._question(use.site)) is not None:
                return Life("closure")
        return None

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


def _is_found_missing(facts: m.Scope, op: int) -> bool:
    """Whether an operation stands where an attribute was found to be missing or None, as `if` would have asked."""
    caught = (facts.frames[index] for index in frames_of(facts, op) if facts.frames[index].kind == "except")
    heads = (part for frame in caught if frame.head is not None for part in w.walk(frame.head))
    return any(w.last_name(part) == "AttributeError" for part in heads)


def _written_into(site: Site) -> Site | None:
    """The list, set, dict or comprehension of which what stands at a site is an item; None where it is none, or one of
    those that a generator gives."""
    below, at = site.node, site
    while at.parents:
        below, at = at.node, at.outer
        match at.node:
            case m.IfExp() | m.BoolOp() | m.Await() | m.Walrus():
                continue
            case m.Display(items=items):
                return at if any(item is below for item in items) else None
            case m.DictDisplay(items=entries):
                return at if any(entry.value is below for entry in entries) else None
            case m.Comp(kind="list" | "set" | "dict", element=element, value=value):
                return at if below in (element, value) else None
        return None
    return None


def _surer(one: Life | None, other: Life | None) -> Life | None:
    return min((life for life in (one, other) if life is not None), key=lambda life: life.order, default=None)
