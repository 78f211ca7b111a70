"""Where `getattr` asks for a definition of a module, or an attribute of an object, by a name that is put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.loading import Loading, Spelled
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.scoping import is_static
from unbounded_lint.link.dataflow.values import Class, Instance, Value, passed
from unbounded_lint.link.program.module import ScopeId, Site

BaseOf = Callable[[m.Expr, ScopeId], frozenset[Value]]
"""What an expression can be whose attribute is asked for."""

_Asked = tuple[Spelled, frozenset[Value], Site]


class Askings:
    """Finds them."""

    def __init__(self, declared: Resolver, base_of: BaseOf) -> None:
        self.program = declared.program
        self.declared = declared
        self._base_of = base_of
        self._loading = Loading(declared.scoping)

    def of_definition(self, name: str, scope: ScopeId) -> Sequence[Site]:
        """Where a definition of a module is looked up in it."""
        return self._definitions.get((name, scope), ())

    def of_member(self, name: str) -> Iterator[tuple[frozenset[Value], Site]]:
        """Where an attribute of known objects is looked up by a text that can be a name: the objects, and where."""
        whole, parts = self._members
        for text, values, site in chain(whole.get(name, ()), parts):
            if text.fits(name):
                yield values, site

    @cached_property
    def _definitions(self) -> Mapping[tuple[str, ScopeId], Sequence[Site]]:
        found: dict[tuple[str, ScopeId], list[Site]] = {}
        for site, holder, name in self._every():
            if not isinstance(name, m.Const):
                holders = self.declared.values(holder, site.scope)
                for each in self._loading.looked_up(holders, name, site.scope):
                    found.setdefault(each, []).append(site.outer)
        return found

    @cached_property
    def _members(self) -> tuple[Mapping[str, Sequence[_Asked]], Sequence[_Asked]]:
        """Those by a text that is known, under that, and those by one of which a word at least is."""
        whole: dict[str, list[_Asked]] = {}
        parts: list[_Asked] = []
        for site, holder, name in self._every():
            values = self._base_of(holder, site.scope)
            if any(isinstance(value, Class | Instance) for value in values):
                for text in dict.fromkeys(self._spelled(name, site.scope)):
                    if text.whole:
                        whole.setdefault(text.start, []).append((text, values, site.outer))
                    elif any(map(str.isalpha, text.start + text.end)):
                        parts.append((text, values, site.outer))
        return whole, parts

    def _every(self) -> Iterator[tuple[Site, m.Expr, m.Expr]]:
        """Every `getattr(holder, name)` of the program."""
        for site in self.program.sites("getattr"):
            if site.call is not None and len(site.call.args) >= 2:
                yield site, site.call.args[0].value, site.call.args[1].value

    def _spelled(self, name: m.Expr, scope: ScopeId) -> Iterator[Spelled]:
        """What is known of a text; of a parameter, by what the calls of its function that are known pass."""
        owner = self.declared.owner(name.id, scope) if isinstance(name, m.Name) else None
        bound = self.program.only(owner, name) if owner is not None else None
        if owner is None or bound is None or bound.kind != "parameter":
            yield from self._loading.spelled(name, scope)
            return
        facts = self.program.facts(owner)
        for site in self.program.sites(facts.name):
            if site.call is not None and owner in self.declared.functions(site.call.func, site.scope):
                shift = 1 if self.program.owner_class(owner) is not None and not is_static(facts) else 0
                given = passed(site.call, facts.parameters[bound.index], bound.index - shift)
                if given is not None:
                    yield from self._loading.spelled(given, site.scope)
