"""Registries of the standard library, such as the handlers of a logger: no name of the program holds them, and what a
program puts into one lasts as long as the process."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.catalog.model import Registry
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessKind, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.containers.lifetimes import Life
from unbounded_lint.link.containers.making import Made
from unbounded_lint.link.dataflow.callees import argument_at
from unbounded_lint.link.dataflow.handles import Registered
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import Class, External
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.module import LinkedModule, ScopeId, Site

_BY_METHOD: Mapping[str, AccessKind] = MappingProxyType({"setdefault": "insert", "pop": "remove", "clear": "clear"})


class Registries(Query):
    """Finds what a module puts into registries: one holder for each module and registry."""

    def of_module(self, module: LinkedModule) -> Iterator[Holder]:
        """The registries into which functions of a module put something, each where they first do."""
        for registry in self.catalog.data.registries:
            kind = self.catalog.container(registry.like)
            put = (*self._inserts(registry, module), *self._in_tables(registry, module))
            sites = [access.site for access in put if access.kind == "insert" and access.scope.index]
            if kind is not None and sites:
                first = min(sites, key=lambda site: (site.scope, site.op))
                handle, made = Registered(registry.api, module.path), Made(kind, registry.api, False)
                symbol = f"{module.name}:{registry.api}"
                yield Holder(handle, symbol, registry.api, Life("registered"), first.scope, first.op, made, ())

    def accesses(self, handle: Registered) -> AccessList:
        """What a module puts into a registry and takes out of it: what others take out is their own."""
        module = self.program.module(handle.path)
        registry = next(r for r in self.catalog.data.registries if r.api == handle.api)
        if module is None:
            return AccessList()
        removing = (site for name in registry.removes for site in module.sites(_last(name)))
        by_call = (*self._inserts(registry, module), *self._calls(registry, removing, "remove"))
        return AccessList((*by_call, *self._in_tables(registry, module)))

    def _in_tables(self, registry: Registry, module: LinkedModule) -> Iterator[Access]:
        """What a module does to a map of another package that it names."""
        for table in registry.tables:
            for site in module.sites(_last(table)):
                if table in self.resolver.names(site.node, site.scope):
                    yield from self._in_table(site)

    def _in_table(self, site: Site) -> Iterator[Access]:
        match site.parent:
            case m.Sub(base=base, index=key) if base is site.node:
                role = role_of(self.program, site.outer)
                value = getattr(self.program.op(site).action, "value", None)
                if role == "stored":
                    yield Access("insert", site, key=key, value=value, how="[]")
                elif role == "deleted":
                    yield Access("remove", site, key=key, how="del")
            case m.Attr(name=method) if (call := site.method_call) is not None:
                kind = _BY_METHOD.get(method)
                if kind is not None:
                    yield Access(kind, site, key=argument_at(call, 0), value=argument_at(call, 1), how=method)

    def _inserts(self, registry: Registry, module: LinkedModule) -> Iterator[Access]:
        """Not those that first ask what is there already, nor those of an object that is there already."""
        sites = (site for name in registry.inserts for site in module.sites(_last(name)))
        for access in self._calls(registry, sites, "insert"):
            tests = (test for test, _ in guards(self.program.facts(access.scope), access.op))
            asked = (w.last_name(part) for test in tests for part in w.walk(test))
            again = registry.distinct and not self._is_new(access.key, access.scope)
            if access.key is not None and not again and not set(registry.asked).intersection(asked):
                yield access

    def _is_new(self, expr: m.Expr | None, scope: ScopeId) -> bool:
        """Whether a function makes an object itself that it gives away: by a class, or a function inside it."""
        match expr:
            case m.Lambda():
                return True
            case m.Call(func=func):
                made = self.resolver.values(func, scope)
                outside = (v.name for v in made if isinstance(v, External) and not v.of_instance)
                named = any(name.rpartition(".")[2][:1].isupper() or name in name_lists().partials for name in outside)
                return named or any(isinstance(v, Class) for v in made)
            case m.Name(id=name):
                bound = self.program.bound(scope, name) if self.resolver.owner(name, scope) == scope else ()
                return bool(bound) and all(b.kind == "define" or self._is_new(b.given, scope) for b in bound)
        return False

    def _calls(self, registry: Registry, sites: Iterable[Site], kind: Literal["insert", "remove"]) -> Iterator[Access]:
        names = registry.inserts if kind == "insert" else registry.removes
        for site in sites:
            known = self._known_as(site, names)
            method = isinstance(site.node, m.Attr) and f".{site.node.name}" in names
            if not known and method:
                known = self._is_of_owner(site, registry) if kind == "insert" else self._may_take_out(site)
            if site.call is not None and known:
                key = argument_at(site.call, 0)
                yield Access(kind, site, key=key, value=key, how=w.last_name(site.node))

    def _known_as(self, site: Site, names: Collection[str]) -> bool:
        return not set(names).isdisjoint(self.resolver.names(site.node, site.scope))

    def _is_of_owner(self, site: Site, registry: Registry) -> bool:
        """Whether a method is one of the owners': any other of that name says nothing."""
        assert isinstance(site.node, m.Attr)
        return self._known_as(site, [f"{owner}.{site.node.name}" for owner in registry.owners])

    def _may_take_out(self, site: Site) -> bool:
        return isinstance(site.node, m.Attr) and self.resolver.is_foreign(site.node.base, site.scope)


def _last(name: str) -> str:
    return name.rpartition(".")[2]
