"""Where the program makes the objects of a class, and who makes those that it does not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.keepers import is_local
from unbounded_lint.link.containers.making import FACTORIES
from unbounded_lint.link.dataflow.handles import Attribute, Returned
from unbounded_lint.link.dataflow.scoping import AttributeWrite, is_static, takes_class
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.program.kept import kept, listed
from unbounded_lint.link.program.module import LinkedModule, Place, ScopeId, Site
from unbounded_lint.link.program.naming import is_aside

_STEPS = 3
"""Through how many methods a constructor is followed to what makes the parts of its object."""

_ENTERING = frozenset({"__aenter__", "__enter__"})


class Births(Query):
    """Finds where objects begin. Memoised."""

    @kept
    def of(self, cls: ScopeId) -> tuple[Site, ...]:
        """Where the project makes objects of a class or of its subclasses."""
        called = [use.site.outer for use in self.flow.constructions(cls)]
        return (*called, *self._allocations(cls))

    @listed
    def fields(self, cls: ScopeId) -> Iterator[Attribute]:
        """The fields of records that get a new object of a class, or of one derived from it, with each record."""
        for built in (cls, *self.flow.hierarchy.subclasses(cls)):
            for use in self.flow.class_uses(built):
                action = self.program.op(use.site).action
                if self._is_factory(use.site) and isinstance(action, m.Assign):
                    names = (target.id for target in action.targets if isinstance(target, m.Name))
                    yield from (Attribute(use.site.scope, name) for name in names)

    def _is_factory(self, site: Site) -> bool:
        """Whether a class stands in the body of another as what makes the values of a field."""
        call = site.parent
        if not isinstance(call, m.Call) or self.program.facts(site.scope).kind != "class":
            return False
        if not any(argument.keyword in FACTORIES and argument.value is site.node for argument in call.args):
            return False
        return not name_lists().field_makers.isdisjoint(self.resolver.names(call.func, site.scope))

    def _allocations(self, cls: ScopeId) -> Iterator[Site]:
        """`super().__new__(cls)` inside the class itself, and `super().__call__()` inside a metaclass of it."""
        makers = [(cls, "__new__"), *((meta, "__call__") for meta in self.resolver.metaclasses(cls))]
        for owner, name in makers:
            for site in self.program.of(owner).sites_within(owner.index, name):
                if self.flow.scoping.enclosing_class(site.scope) == owner and isinstance(site.node, m.Attr):
                    yield from (site.outer,) if site.call else ()

    @listed
    def kept_by_constructors(self, cls: ScopeId) -> Iterator[Site]:
        """Where constructors of a class or of its subclasses do something with the new object as a whole, as one does
        that keeps it."""
        below = (c for c in self.flow.hierarchy.subclasses(cls) if self._constructs(c))
        asked = product((cls, *below), sorted(name_lists().initialisers))
        for method in dict.fromkeys(f for c, name in asked for f in self.resolver.methods(c, name)):
            parameters = self.program.facts(method).parameters
            for site in self.program.of(method).sites_in(method.index, parameters[0].name) if parameters else ():
                if isinstance(site.node, m.Name) and not isinstance(site.parent, m.Attr):
                    yield site

    @kept
    def made_anew(self, function: ScopeId) -> tuple[Place, ...]:
        """Where a method that constructors call, to make what their new object has, runs for an object that is there
        already: it makes that anew then."""
        if self._is_constructor(function) or not self._builds(function, _STEPS):
            return ()
        return tuple(dict.fromkeys(self._made_anew(function, _STEPS)))

    def _made_anew(self, function: ScopeId, steps: int) -> Iterator[Place]:
        for site in self.flow.call_sites(function) if steps else ():
            if not self._is_constructor(site.scope):
                through = self._builds(site.scope, steps)
                yield from self._made_anew(site.scope, steps - 1) if through else (site.place,)

    def _builds(self, function: ScopeId, steps: int) -> bool:
        """Whether a constructor of its class or of a relative calls a method, itself or by others."""
        cls = self.program.owner_class(function)
        callers = {site.scope for site in self.flow.call_sites(function)} if cls is not None and steps else set()
        for scope in sorted(callers):
            owner = self.program.owner_class(scope)
            if cls is not None and owner is not None and self.resolver.related(owner, cls):
                if self._is_constructor(scope) or self._builds(scope, steps - 1):
                    return True
        return False

    @kept
    def is_entered(self, function: ScopeId) -> bool:
        """Whether a `with` statement comes to a method as it begins, by the method's own name or by one call: what that
        makes is made anew for each block."""
        cls = self.program.owner_class(function)
        if cls is None:
            return False
        if self.program.facts(function).name in _ENTERING:
            return True
        entering = (c.scope for c in self.flow.call_sites(function) if self.program.facts(c.scope).name in _ENTERING)
        owners = (self.program.owner_class(scope) for scope in entering)
        return any(owner is not None and self.resolver.related(owner, cls) for owner in owners)

    def _is_constructor(self, function: ScopeId) -> bool:
        return self.program.facts(function).name in name_lists().constructors

    @kept
    def _constructs(self, cls: ScopeId) -> bool:
        """Whether a class has constructors that its one base may not have."""
        own = {*self.program.of(cls).names.of(cls.index), *self.resolver.writes(cls)}
        return len(self.resolver.bases(cls)) != 1 or not own.isdisjoint(name_lists().initialisers)

    def are_lasting_classes(self, cls: ScopeId) -> bool:
        """Whether the objects of a class are classes that a module or another class defines."""
        return any(not is_local(self.program, made) for made in self.flow.hierarchy.instances(cls))

    def are_left_to_users(self, cls: ScopeId) -> bool:
        """Whether users of the project can make objects of a class, and nothing in it does but its methods and those of
        its subclasses, for who calls them, and what shows how it is used."""
        kin = {cls, *self.flow.hierarchy.subclasses(cls)}
        if not any(map(self._is_public, sorted(kin))):
            return False
        return not self.fields(cls) and not any(self.is_made_at_work(site, frozenset(kin)) for site in self.of(cls))

    def is_made_at_work(self, site: Site, kin: frozenset[ScopeId]) -> bool:
        """Whether the project makes an object for itself: outside its own classes, or by an alternate constructor of
        theirs that is called there."""
        if is_aside(site.scope.path):
            return False
        if self.flow.scoping.enclosing_class(site.scope) not in kin:
            return True
        method = self.program.facts(site.scope)
        if not (takes_class(method) or is_static(method)) or Returned(site.scope) not in self.flow.destinations(site):
            return False
        called = (call.scope for call in self.flow.call_sites(site.scope))
        return any(self.flow.scoping.enclosing_class(at) not in kin and not is_aside(at.path) for at in called)

    def is_given(self, owner: ScopeId, name: str, site: Site | None) -> bool:
        """Whether an attribute has what is made elsewhere because somebody gives it to the constructor: the project
        does, to objects that it makes itself."""
        kin = self.flow.hierarchy.kin(owner)
        if site is None or self.flow.scoping.enclosing_class(site.scope) in kin:
            return False
        writes = [write for cls in kin for write in self.resolver.writes(cls).get(name, ())]
        return bool(writes) and all(map(self._is_taken, writes)) and not self._is_set_from_outside(owner, name, kin)

    def _is_set_from_outside(self, owner: ScopeId, name: str, kin: frozenset[ScopeId]) -> bool:
        """Whether anything but the methods of a class and its relatives sets an attribute of its objects."""
        return any(
            isinstance(use.site.node, m.Attr)
            and use.site.node.name == name
            and self.flow.scoping.enclosing_class(use.site.scope) not in kin
            for use in self.flow.uses(Attribute(owner, name))
            if use.kind == "rebound"
        )

    def _is_taken(self, write: AttributeWrite) -> bool:
        """Whether an attribute gets what a constructor is given, or nothing."""
        if isinstance(write.value, m.Const):
            return True
        bound = self.program.only(write.scope, write.value)
        is_constructor = self.program.facts(write.scope).name in name_lists().constructors
        return is_constructor and bound is not None and bound.kind == "parameter"

    def are_installed(self, cls: ScopeId) -> bool:
        """Whether users of the project can make objects of a class that become parts of their application."""
        return self._are_public_with(cls, name_lists().installers)

    def are_to_be_closed(self, cls: ScopeId) -> bool:
        """Whether users of the project can make objects of a class, or of one derived from it, that stay open until
        they are closed: even where the project makes some of its own, which it lets go."""
        return self._are_public_with(cls, name_lists().closers)

    def _are_public_with(self, cls: ScopeId, methods: frozenset[str]) -> bool:
        if not any(self._is_public(each) for each in (cls, *self.flow.hierarchy.subclasses(cls))):
            return False
        return any(self.resolver.methods(cls, name) for name in sorted(methods))

    def _is_public(self, cls: ScopeId) -> bool:
        """Whether users of the project may make objects of a class: one that they can name, and that is not the part of
        another which makes what it needs of it."""
        facts, around = self.program.facts(cls), self.program.parent(cls)
        if facts.name.startswith("_") or is_local(self.program, cls) or self._is_for_tests(cls):
            return False
        if around is not None and around.index:
            return not self.of(cls)
        return self._is_exposed(self.program.of(cls), facts.name)

    def _is_exposed(self, module: LinkedModule, name: str) -> bool:
        """Whether a module that is not private defines a name or imports it, be it over others. A package may be for
        users though one above it is private: those that are still to settle are named so."""
        found = [(module, name)]
        for at, known in found:
            above, _, last = f".{at.name}".rpartition(".")
            if not last.startswith("_") and (at.file.is_package or "._" not in above):
                return True
            importers = (*self.program.importers(at.name, known), *self.program.importers(at.name, "*"))
            onward = ((by, known if bound == "*" else bound) for by, scope, bound in importers if not scope)
            found += [each for each in onward if each not in found]
        return False

    def _is_for_tests(self, cls: ScopeId) -> bool:
        """Whether a class stands in for another in tests, of which each makes its own."""
        return not name_lists().test_doubles.isdisjoint(self.resolver.all_outside_bases(cls))
