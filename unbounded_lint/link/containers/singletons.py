"""Which classes make singletons: every object that the project makes of them lives as long as the process."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Returned, Variable
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.program import Program, ScopeId, Site
from unbounded_lint.link.runs.execution import Execution

_SCRIPTS = 3
"""How many objects that scripts make are looked at; where there are more, the class is no singleton."""


class Singletons:
    """Tells which classes make singletons."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        self.flow = flow
        self.execution = execution
        self.program = flow.program
        self.resolver = flow.resolver
        self._singletons: dict[ScopeId, bool] = {}
        self._mixed: set[ScopeId] = set()
        self._busy: set[ScopeId] = set()

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
            if isinstance(write.value, m.Const) or facts.name in name_lists().constructors:
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
            use.site.outer
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
            call = site.parent
            if self.resolver.enclosing_class(site.scope) == cls and isinstance(call, m.Call) and call.func is site.node:
                if isinstance(site.node, m.Name) and Class(cls) not in self.resolver.values(site.node, site.scope):
                    continue
                yield site.outer

    def _lives_on(self, site: Site, cls: ScopeId) -> bool:
        if site.scope.index == 0:
            return True
        if self.program.facts(site.scope).kind == "class":
            return not is_local(self.program, site.scope)
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
                return bool(decorator_names(facts) & name_lists().getters) and not plain
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


def is_local(program: Program, scope: ScopeId) -> bool:
    """Whether a class stands in a function, each call of which makes it anew."""
    at = program.parent(scope)
    while at is not None and at.index:
        if program.facts(at).kind != "class":
            return True
        at = program.parent(at)
    return False
