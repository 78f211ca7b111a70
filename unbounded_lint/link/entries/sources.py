"""Where the value of an expression comes from: the expressions that give it, one step back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.scoping import is_property
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import CallSite, argument_of
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.definitions import nearest
from unbounded_lint.link.program.module import ScopeId

HOPS = 2
"""Through how many calls a value is followed."""

_SITES = 20
"""How many callers of one function are asked."""


class Source(NamedTuple):
    """An expression that gives another its value, and through how many calls it may be followed further."""

    expr: m.Expr
    scope: ScopeId
    hops: int


class Sources(Query):
    """Finds the sources of expressions: by names, choices, parameters, and the results of functions."""

    def of(self, expr: m.Expr, scope: ScopeId, hops: int = HOPS) -> Iterator[Source]:
        """The expressions of which one gives an expression its value; none for what is made on the spot."""
        parts: tuple[m.Expr, ...] = ()
        match expr:
            case m.Await(value=inner) | m.Walrus(value=inner):
                parts = (inner,)
            case m.IfExp(body=body, orelse=orelse):
                parts = (body, orelse)
            case m.BoolOp(items=items):
                parts = items
            case m.Name():
                for binding in self.bindings(expr, scope):
                    yield from self.of_binding(binding, ScopeId(scope.path, binding.scope), hops)
            case m.Attr():
                yield from self._returned(self.properties(expr, scope), hops)
            case m.Call(func=func):
                yield from self._returned(self.resolver.functions(func, scope), hops)
        yield from (Source(part, scope, hops) for part in parts)

    def of_binding(self, binding: Binding, scope: ScopeId, hops: int) -> Iterator[Source]:
        """The expressions that a name gets its value from where it is bound in that scope."""
        if binding.kind == "value" and binding.expr is not None:
            yield Source(binding.expr, scope, hops)
        elif binding.kind == "parameter" and hops:
            yield from (Source(argument, at, hops - 1) for argument, at in self._arguments(scope, binding.index))

    def _returned(self, functions: Iterable[ScopeId], hops: int) -> Iterator[Source]:
        for function in functions if hops else ():
            yield from (Source(value, function, hops - 1) for value in self.program.returned(function))

    def bindings(self, name: m.Name, scope: ScopeId) -> Sequence[Binding]:
        """How a local name gets the value that it has where it stands; nothing for a name of the module seen from
        inside a function."""
        owner = self.resolver.owner(name.id, scope)
        if owner is None or (owner.index == 0 and scope.index):
            return ()
        found = self.program.bound(owner, name.id)
        if owner != scope:
            return found
        site = self.program.of(scope).find(scope.index, name.id, name)
        return nearest(found, 0 if site is None else site.op)

    def properties(self, expr: m.Attr, scope: ScopeId) -> tuple[ScopeId, ...]:
        """The property functions that reading an attribute runs."""
        classes = self.resolver.classes(expr.base, scope)
        return tuple(f for f in self.methods(classes, expr.name) if is_property(self.program.facts(f)))

    def methods(self, classes: Iterable[ScopeId], name: str) -> Iterator[ScopeId]:
        """The functions that the bodies of classes and of their bases define under a name, the nearest first."""
        owners = (owner for cls in classes for owner in self.resolver.mro(cls))
        return (function for owner in owners for function in self.program.defined(owner, name))

    def callers(self, function: ScopeId) -> tuple[CallSite, ...]:
        """The calls of a function outside tests, as many as are looked at."""
        return self.flow.call_sites(function)[:_SITES]

    def _arguments(self, function: ScopeId, index: int) -> Iterator[tuple[m.Expr, ScopeId]]:
        """What the callers pass for a parameter, the receiver included."""
        facts = self.program.facts(function)
        for site in self.callers(function):
            if index < site.bound:
                yield from ((receiver, site.scope) for receiver in self._receivers(facts.name, site))
            else:
                argument = argument_of(facts, index, site)
                if argument is not None:
                    yield argument, site.scope

    def _receivers(self, name: str, site: CallSite) -> Iterator[m.Expr]:
        if site.call is not None:
            if isinstance(site.call.func, m.Attr):
                yield site.call.func.base
            return
        for node in w.nodes(self.program.facts(site.scope).ops[site.op].action):
            if isinstance(node, m.Attr) and node.name == name:
                yield node.base
