"""Which classes make singletons: every object that the project makes of them lives as long as the process."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Returned, Variable
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.program import Program, ScopeId, Site
from unbounded_lint.link.runs.execution import Execution


class _Life(NamedTuple):
    """Whether the objects of a class last, and whether scripts of the project make passing ones besides."""

    lasts: bool
    mixed: bool = False


_Asked: TypeAlias = Generator[ScopeId, _Life, _Life]


class Singletons:
    """Tells which classes make singletons."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        self.flow = flow
        self.execution = execution
        self.program = flow.program
        self.resolver = flow.resolver
        self._solver: Solver[ScopeId, _Life] = Solver(self._of_class, lambda _: _Life(False), _either)

    def is_singleton(self, cls: ScopeId) -> bool:
        """Whether every instance that the project makes of a class lives as long as the process."""
        return self._solver.answer(cls).lasts

    def _of_class(self, cls: ScopeId) -> _Asked:
        sites = list(self._constructions(cls))
        passing, mixed = 0, False
        for site in sites:
            life = yield from self._of_object(site, cls)
            mixed = mixed or life.mixed
            if not life.lasts:
                if not self._is_of_a_script(site):
                    return _Life(False)
                passing += 1
        return _Life(passing < len(sites), mixed or passing > 0)

    def _is_of_a_script(self, site: Site) -> bool:
        """Whether only a script of the project makes the object: that says nothing about the program beside it."""
        return self.execution.kinds(site.scope, site.op) <= {"main", "test"}

    def _constructions(self, cls: ScopeId) -> Iterator[Site]:
        """The calls that make objects of a class; `super().__new__(cls)` and `cls()` inside the class itself too."""
        yield from (use.site.outer for use in self.flow.constructions(cls))
        module = self.program.of(cls)
        for site in (*module.sites("__new__"), *module.sites("cls")):
            call = site.parent
            if self.resolver.enclosing_class(site.scope) == cls and isinstance(call, m.Call) and call.func is site.node:
                if isinstance(site.node, m.Attr) or Class(cls) in self.resolver.values(site.node, site.scope):
                    yield site.outer

    def _of_object(self, site: Site, cls: ScopeId) -> _Asked:
        """How long the object that a call makes lives: as long as what holds it longest."""
        if site.scope.index == 0:
            return _Life(True)
        if self.program.facts(site.scope).kind == "class":
            return _Life(not is_local(self.program, site.scope))
        found = _Life(False)
        for handle in self.flow.destinations(site):
            found = _either(found, (yield from self._held(handle, cls, site)))
        return found

    def _held(self, handle: Handle, cls: ScopeId, site: Site) -> _Asked:
        match handle:
            case Variable(scope=scope):
                return _Life(scope.index == 0)
            case Attribute(cls=owner, name=name):
                if self._is_on_class(owner, name, site) or (owner == cls and self.program.bound(owner, name)):
                    return _Life(True)
                if self._is_made_with_owner(owner, name):
                    return (yield from self._part_of(owner, site))
            case Returned(function=function):
                facts = self.program.facts(function)
                keeper = self.program.owner_class(function)
                if keeper is not None and "cached_property" in decorator_names(facts):
                    return (yield from self._part_of(keeper, site))
                plain = [p for p in facts.parameters if p.default is None and p.name not in {"self", "cls"}]
                return _Life(bool(decorator_names(facts) & name_lists().getters) and not plain)
        return _Life(False)

    def _part_of(self, owner: ScopeId, site: Site) -> _Asked:
        """Whether what becomes part of the owner lasts: where the owner also has passing objects, what only a script
        makes is part of those."""
        whole = yield owner
        return _Life(whole.lasts and not (whole.mixed and self._is_of_a_script(site)), whole.lasts and whole.mixed)

    def _is_on_class(self, owner: ScopeId, name: str, site: Site) -> bool:
        """Whether an attribute is bound on the class: by a method, or by `Owner.name = Made()` in whatever function."""
        if any(write.on_class for write in self.resolver.writes(owner).get(name, ())):
            return True
        action = self.program.op(site).action
        return isinstance(action, m.Assign) and any(
            isinstance(target, m.Attr)
            and target.name == name
            and Class(owner) in self.resolver.values(target.base, site.scope)
            for target in action.targets
        )

    def _is_made_with_owner(self, owner: ScopeId, name: str) -> bool:
        """Whether an attribute is bound when its owner is made, or at most once later.

        One that each call of some method binds anew lets go of what it held.
        """
        for write in self.resolver.writes(owner).get(name, ()):
            facts = self.program.facts(write.scope)
            if isinstance(write.value, m.Const) or facts.name in name_lists().constructors:
                continue
            tested = (part for condition, _ in guards(facts, write.op) for part in w.walk(condition))
            if not any(name in (w.last_name(part), getattr(part, "value", "")) for part in tested):
                return False
        return True


def _either(one: _Life, other: _Life) -> _Life:
    return _Life(one.lasts or other.lasts, one.mixed or other.mixed)


def is_local(program: Program, scope: ScopeId) -> bool:
    """Whether a class stands in a function, each call of which makes it anew."""
    at = program.parent(scope)
    while at is not None and at.index:
        if program.facts(at).kind != "class":
            return True
        at = program.parent(at)
    return False
