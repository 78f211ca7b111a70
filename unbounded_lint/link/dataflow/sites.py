"""Where the program writes a variable's or an attribute's name and means it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.catalog.load import catalog, name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.askings import Askings
from unbounded_lint.link.dataflow.handles import Foreign
from unbounded_lint.link.dataflow.hierarchy import Hierarchy
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.scoping import is_static, is_super, takes_class
from unbounded_lint.link.dataflow.values import NOTHING, Class, Instance, Module, Value, Values, ordered
from unbounded_lint.link.program.blocks import layout
from unbounded_lint.link.program.kept import grouped, kept, listed
from unbounded_lint.link.program.literals import word_of
from unbounded_lint.link.program.module import LinkedModule, ScopeId, Site, stored
from unbounded_lint.link.program.program import Program

Role: TypeAlias = Literal["stored", "deleted", "augmented", "read"]
_OF_BUILTINS = frozenset(name for kind in (dict, list, set, str, bytes) for name in dir(kind))


def role_of(program: Program, site: Site) -> Role:
    """What an operation does to the expression of a site."""
    action = program.op(site).action
    if stored(action, site) is not None:
        return "stored"
    match action:
        case m.AugAssign(target=target) if target is site.node:
            return "augmented"
        case m.Delete(targets=targets) if any(target is site.node for target in targets):
            return "deleted"
    facts = program.facts(site.scope)
    return "stored" if len(facts.frames) > 1 and id(site.node) in layout(facts).bound else "read"


_How: TypeAlias = tuple[int | None, bool]
"""How many parameters the base of an attribute binds (None for the usual), and whether it is guessed."""

_Written: TypeAlias = tuple[Site, int | None, bool]
"""Where an attribute is written, and how its base means the class."""


_Base: TypeAlias = Literal["super", "named", "any"]


class _Alike(NamedTuple):
    """The places whose base can be the same, and may be `super()` or the name of a class, which means that one and no
    class that derives from it; by their numbers in the order of the program."""

    values: Sequence[Value]
    how: _Base
    places: Sequence[int]


class _Bases(NamedTuple):
    """Every `base.name` of the program with that name, by numbers.

    sites      where they are
    alike      those whose base is known
    exact      class -> those of them whose base can be an instance of it (or the class)
    heirs      class -> those that derive from it directly, as far as they are above one with an exact base or are one
    behind     those of them whose base is of a protocol, which any class may follow
    unknown    those whose base is unknown
    taken      those of the unknown ones that count for each of several classes that have such an attribute
    kept       those whose base is an attribute itself, and its name: they count for the classes that this is to keep
    """

    sites: Sequence[Site]
    alike: Sequence[_Alike]
    exact: Mapping[ScopeId, Sequence[int]]
    heirs: Mapping[ScopeId, Sequence[ScopeId]]
    behind: Sequence[int]
    unknown: Sequence[int]
    taken: Sequence[int]
    kept: Sequence[tuple[int, str]]

    def near(self, cls: ScopeId, above: tuple[ScopeId, ...]) -> Iterator[_Alike]:
        """Those with a known base that may mean an attribute of a class; `above` are the class and its bases."""
        found = {index for base in self.exact.keys() & above for index in self.exact[base]}
        below = dict.fromkeys((cls,))
        queue = list(below)
        for at in queue:
            for heir in self.heirs.get(at, ()):
                if heir not in below:
                    below[heir] = None
                    queue.append(heir)
        derived = (self.exact[each] for each in below if each in self.exact)
        return (self.alike[index] for index in sorted(found.union(*derived, self.behind)))


class Sites:
    """Finds the places of names, by what their receivers can be. Memoised."""

    def __init__(self, program: Program, declared: Resolver, hierarchy: Hierarchy) -> None:
        self.program = program
        self.declared = declared
        self.hierarchy = hierarchy
        self._askings = Askings(declared, lambda base, scope: self._base_of(base, scope)[0])

    @kept
    def of_variable(self, scope: ScopeId, name: str) -> tuple[Site, ...]:
        """Where a variable of a scope is written."""
        return tuple(self._of_variable(scope, name))

    def _of_variable(self, scope: ScopeId, name: str) -> Iterator[Site]:
        module = self.program.of(scope)
        for site in module.sites_within(scope.index, name):
            if isinstance(site.node, m.Name):
                owner = self.declared.owner(name, site.scope)
                if owner == scope or (owner is None and scope.index == 0):
                    yield site
        if scope.index == 0:
            yield from self._members(name).get(module.name, ())
            yield from self._askings.of_definition(name, scope)

    @kept
    def _members(self, name: str) -> Mapping[str, Sequence[Site]]:
        """Module -> every `module.name` of the program."""
        found: dict[str, list[Site]] = {}
        for site in self.program.sites(name):
            if isinstance(site.node, m.Attr):
                for value in self.declared.values(site.node.base, site.scope):
                    if isinstance(value, Module):
                        found.setdefault(value.name, []).append(site)
        return found

    @listed
    def modules_with(self, name: str) -> Iterator[LinkedModule]:
        """The modules in which a name is written, and those that it is taken from, by an import or as `module.name`."""
        found = {module.name: module for module in self.program.mentioning(name) if module.sites(name)}
        for source in (*self.program.importing(name), *self._members(name)):
            module = self.program.named(source)
            if module is not None:
                found.setdefault(source, module)
        yield from found.values()

    @kept
    def of_attribute(self, cls: ScopeId, name: str) -> tuple[_Written, ...]:
        """Where an attribute of a class is written."""
        return tuple(self._of_attribute(cls, name))

    def _of_attribute(self, cls: ScopeId, name: str) -> Iterator[_Written]:
        for site in self.program.of(cls).sites_in(cls.index, name):
            if isinstance(site.node, m.Name):
                yield site, 0, False
        bases = self._bases_of(name)
        guessed: Iterable[int] = bases.unknown
        owned = not _is_common(name) and not name.startswith("__")
        if bases.unknown and not (owned and self.hierarchy.is_of_one_kin(name, cls)):
            guessed = (*bases.taken, *(index for index, keeper in bases.kept if self._keepers_agree(keeper, cls)))
        reached: dict[int, _How] = dict.fromkeys(guessed, (None, True))
        above = (*self.declared.mro(cls), *self.hierarchy.mixed(cls)) if bases.exact else ()
        for alike in bases.near(cls, above):
            how = self._match(alike.values, alike.how, cls, name)
            if how is not None:
                reached.update(dict.fromkeys(alike.places, how))
        yield from ((bases.sites[index], *reached[index]) for index in sorted(reached))
        for found, site in self._askings.of_member(name):
            if (how := self._match(ordered(found), "any", cls, name)) is not None:
                yield site, *how

    def of_operators(self, cls: ScopeId) -> Sequence[Site]:
        """Where an object of that very class has an item taken, given or deleted, or is asked whether it holds one."""
        return self._operated.get(cls, ())

    @cached_property
    def _operated(self) -> Mapping[ScopeId, Sequence[Site]]:
        found: dict[ScopeId, list[Site]] = {}
        for module in self.program.every():
            for site in module.operated:
                for value in self._base_of(site.node, site.scope)[0]:
                    if isinstance(value, Instance):
                        found.setdefault(value.scope, []).append(site)
        return found

    def receiving(self, site: Site) -> ScopeId | None:
        """The class of the method whose receiver has the attribute at a site; None where the base is anything else."""
        own = self._own_receiver(site.scope)
        is_own = own is not None and isinstance(site.node, m.Attr) and site.node.base == m.Name(own[0])
        return self.program.owner_class(site.scope) if is_own else None

    def is_receiver(self, site: Site) -> bool:
        """Whether a name is the receiver of the method that it stands in."""
        own = self._own_receiver(site.scope)
        return own is not None and site.node == m.Name(own[0])

    def of_foreign(self, handle: Foreign) -> Iterator[Site]:
        """Where an attribute or a key of an object of another package is written."""
        if not handle.is_key:
            for site in self._by_base(handle.name).get(handle.below, ()):
                if isinstance(site.node, m.Attr) and self.declared.is_foreign(site.node.base, site.scope):
                    yield site
            return
        for site in self.program.sites(handle.below):
            outer = site.outer if site.parents else site
            if (
                isinstance(outer.node, m.Sub)
                and outer.node.base is site.node
                and word_of(outer.node.index) == handle.name
                and self.declared.is_foreign(site.node, site.scope)
            ):
                yield outer

    @kept
    def _by_base(self, name: str) -> Mapping[str, Sequence[Site]]:
        """Last name of a base -> every attribute of that name that the program asks it for."""
        sites = self.program.sites(name)
        return grouped((w.last_name(site.node.base), site) for site in sites if isinstance(site.node, m.Attr))

    @kept
    def _bases_of(self, name: str) -> _Bases:
        """Every `base.name` of the program, by what its base can be."""
        sites = [site for site in self.program.sites(name) if isinstance(site.node, m.Attr)]
        known: dict[tuple[Values, _Base], list[int]] = {}
        for index, site in enumerate(sites):
            assert isinstance(site.node, m.Attr)
            values, by_super = self._base_of(site.node.base, site.scope)
            how: _Base = "super" if by_super else "named" if self._is_named(site.node.base, values) else "any"
            known.setdefault((values, how), []).append(index)
        unknown = known.pop((NOTHING, "any"), [])
        alike = [_Alike(ordered(values), how, places) for (values, how), places in known.items()]
        exact: dict[ScopeId, list[int]] = {}
        behind = []
        for index, each in enumerate(alike):
            classes = {value.scope for value in each.values if isinstance(value, Class | Instance)}
            for cls in classes:
                exact.setdefault(cls, []).append(index)
            if any(map(self.hierarchy.is_protocol, classes)):
                behind.append(index)
        taken = [] if _is_common(name) else [index for index in unknown if self._takes_out(sites[index])]
        keepers = ((index, _private(sites[index])) for index in unknown)
        kept = [each for each in keepers if each[1]]
        return _Bases(sites, alike, exact, self._heirs(exact), behind, unknown, taken, kept)

    def _heirs(self, classes: Iterable[ScopeId]) -> Mapping[ScopeId, Sequence[ScopeId]]:
        """Class -> those that derive from it directly, of some classes and all above them."""
        queue = list(classes)
        known, heirs = set(queue), dict[ScopeId, list[ScopeId]]()
        for at in queue:
            for base in {base.scope for base in self.declared.bases(at) if isinstance(base, Class)}:
                heirs.setdefault(base, []).append(at)
                if base not in known:
                    known.add(base)
                    queue.append(base)
        return heirs

    def _is_named(self, base: m.Expr, values: Values) -> bool:
        """Whether an expression names the class that it stands for, where another could stand for one that derives
        from it."""
        value = next(iter(values)) if len(values) == 1 else None
        return isinstance(value, Class) and self.program.facts(value.scope).name == w.last_name(base)

    def _base_of(self, base: m.Expr, scope: ScopeId) -> tuple[Values, bool]:
        if isinstance(base, m.Name):
            known = self._own_receiver(scope)
            if known is not None and known[0] == base.id:
                return known[1], False
        values = self.declared.values(base, scope)
        classes = (value.scope for value in values if isinstance(value, Class))
        # what a metaclass gives its objects, a class has as its own
        above = frozenset(Instance(meta) for cls in classes for meta in self.declared.metaclasses(cls))
        return values | above if above else values, is_super(base)

    def _match(self, values: Sequence[Value], base: _Base, cls: ScopeId, name: str) -> _How | None:
        """How `base.name` reaches an attribute of `cls`: (parameters bound, None for the usual; guessed), or None."""
        if base == "super":
            return (None, False) if Instance(cls) in values else None
        for value in values:
            if isinstance(value, Class | Instance) and self._is_shadowed(value.scope, cls, name):
                continue
            if isinstance(value, Instance) and (
                self.declared.related(value.scope, cls)
                or cls in self.hierarchy.implementers(value.scope)
                or self._answers(cls, value.scope, name)
            ):
                return None, False
            if isinstance(value, Class) and base == "named" and cls not in self.declared.mro(value.scope):
                continue
            if isinstance(value, Class) and self.declared.related(value.scope, cls):
                method = next(self.program.defined(cls, name), None)
                return None if method is None or takes_class(self.program.facts(method)) else 0, False
        return None

    def _answers(self, cls: ScopeId, asking: ScopeId, name: str) -> bool:
        """Whether a class has what one that it is mixed with asks of its object: that has none of its own, or comes
        later."""
        if asking not in self.hierarchy.mixed(cls):
            return False
        if not any(self.program.bound(each, name) for each in self.declared.mro(asking)):
            return True
        orders = (self.declared.mro(derived) for derived in self.hierarchy.subclasses(cls))
        return any(asking in order and order.index(cls) < order.index(asking) for order in orders if cls in order)

    def _is_shadowed(self, at: ScopeId, cls: ScopeId, name: str) -> bool:
        """Whether a subclass of `cls` has a container of its own under the name of the one in the body of `cls`."""
        if at == cls or all(b.kind != "value" for b in self.program.bound(cls, name)):
            return False
        order = self.declared.mro(at)
        if cls not in order or any(not w.on_class for c in order for w in self.declared.writes(c).get(name, ())):
            return False
        return any(
            isinstance(binding.expr, m.Display | m.DictDisplay)
            or (isinstance(binding.expr, m.Call) and binding.expr.func == m.Name("dict") and not binding.expr.args)
            for nearer in order[: order.index(cls)]
            for binding in self.program.bound(nearer, name)
            if binding.kind == "value" and binding.scope == nearer.index
        )

    @kept
    def _own_receiver(self, scope: ScopeId) -> tuple[str, frozenset[Value]] | None:
        """A method's receiver and what it is, if nothing binds it anew: the common case, without a search."""
        owner = self.program.owner_class(scope)
        facts = self.program.facts(scope)
        if owner is None or facts.kind != "function" or not facts.parameters or is_static(facts) or takes_class(facts):
            return None
        name = facts.parameters[0].name
        once = len(self.program.bound(scope, name)) == 1
        return (name, self._instances(owner)) if once else None

    @kept
    def _instances(self, cls: ScopeId) -> frozenset[Value]:
        return frozenset({Instance(cls)})

    def _takes_out(self, site: Site) -> bool:
        """Whether an operation takes something out of what stands at a site: what may be removed is not known to
        stay."""
        over, action = site.parent, self.program.op(site).action
        if isinstance(over, m.Attr):
            return bool(catalog().removing(over.name))
        return isinstance(over, m.Sub) and isinstance(action, m.Delete) and over in action.targets

    @kept
    def _keepers_agree(self, name: str, cls: ScopeId) -> bool:
        """Whether whichever class has an attribute of a name keeps an object of this class in it."""
        keepers = self.hierarchy.defining(name)
        found = [self.declared.class_attribute(keeper, name, on_class=False) for keeper in keepers]
        classes = [{value.scope for value in values if isinstance(value, Instance)} for values in found]
        return bool(classes) and all(kept and all(self.declared.related(c, cls) for c in kept) for kept in classes)


def _private(site: Site) -> str:
    """The name `_kept` of `any.thing._kept.name`, which an attribute of the project has; "" for any other."""
    below = site.node.base if isinstance(site.node, m.Attr) else None
    name = below.name if isinstance(below, m.Attr) else ""
    return name if name.startswith("_") and not name.startswith("__") else ""


def _is_common(name: str) -> bool:
    """Whether an attribute may well be of another package's object: it is called as many are."""
    return name in _OF_BUILTINS or name in name_lists().common_attributes
