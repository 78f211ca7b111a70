"""The equations over what is inside: elements of containers, what loops and `with` bind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.questions import (
    Asked,
    OfAttribute,
    OfElements,
    OfReturned,
    OfYielded,
    capped,
    union,
)
from unbounded_lint.link.dataflow.solver import Asking
from unbounded_lint.link.dataflow.values import NOTHING, Allocation, Function, Instance, Values, ordered
from unbounded_lint.link.program.module import ScopeId

if TYPE_CHECKING:
    from unbounded_lint.link.dataflow.equations import Equations


class Elements:
    """The equations over elements."""

    def __init__(self, equations: Equations) -> None:
        self._equations = equations
        self.program = equations.program

    def _from_generators(self, call: m.Call, scope: ScopeId) -> Asking[Values | None]:
        """What a call yields, None where it calls no generator of the project."""
        callees = yield from self._equations.values(call.func, scope)
        generators = [v for v in ordered(callees) if isinstance(v, Function) and self._is_generator(v)]
        found = []
        for generator in generators:
            found.append((yield OfYielded(generator.scope)))
        return union(found) if generators else None

    def _is_generator(self, function: Function) -> bool:
        return self.program.facts(function.scope).is_generator

    def entered(self, expr: m.Expr, scope: ScopeId) -> Asked:
        yielded = (yield from self._from_generators(expr, scope)) if isinstance(expr, m.Call) else None
        if yielded is not None:
            return yielded
        found: Values = NOTHING
        for value in ordered((yield from self._equations.values(expr, scope))):
            given: Values = NOTHING
            if isinstance(value, Instance):
                for name in ("__enter__", "__aenter__"):
                    for method in ordered((yield OfAttribute(value.scope, name, False))):
                        if isinstance(method, Function):
                            given |= yield OfReturned(method.scope)
            found |= given or {value}
        return found

    def items(self, iterable: m.Expr, scope: ScopeId) -> Asked:
        """What iterating over an expression gives."""
        match iterable:
            case m.Display(items=items):
                return (yield from self._equations.each(items, scope))
            case m.Call(func=m.Attr(base=base, name=name)) if name in name_lists().views:
                return (yield from self.items(base, scope))
            case m.Call(func=m.Name(id=name), args=(first, *_)) if name in name_lists().wrappers:
                return (yield from self.items(first.value, scope))
            case m.Call():
                yielded = yield from self._from_generators(iterable, scope)
                if yielded is not None:
                    return yielded
        return (yield from self.stored_in((yield from self._equations.values(iterable, scope))))

    def stored_in(self, holders: Values) -> Asked:
        found = []
        for holder in ordered(holders):
            if isinstance(holder, Allocation):
                found.append((yield OfElements(holder)))
        return union(found)

    def of(self, holder: Allocation) -> Asked:
        found = []
        for expr, scope in self._stored(holder):
            found.append((yield from self._equations.values(expr, scope)))
        return capped(union(found))

    def _stored(self, holder: Allocation) -> Iterator[tuple[m.Expr, ScopeId]]:
        """What is written into a container where it is made, and stored in it by the module that makes it."""
        module = self.program.of(holder.scope)
        action = self.program.action(holder.scope, holder.op)
        made = action.value if isinstance(action, m.Assign) else None
        if isinstance(made, m.Display):
            yield from ((item, holder.scope) for item in made.items)
        elif isinstance(made, m.DictDisplay):
            yield from ((entry.value, holder.scope) for entry in made.items)
        for site in module.sites(holder.name):
            value = stored_value(site.node, site.parents, self.program.op(site).action)
            if value is not None:
                yield value, site.scope


def stored_value(node: m.Expr, parents: tuple[m.Expr, ...], action: m.Action) -> m.Expr | None:
    """The value that an operation stores in the container that `node` names."""
    match parents:
        case (*_, m.Sub(base=base) as parent) if base is node and isinstance(action, m.Assign):
            return action.value if parent in action.targets else None
        case (*_, m.Call(func=func, args=args), m.Attr(name=name) as parent) if (
            func is parent and name in name_lists().stores
        ):
            return next((a.value for a in reversed(args) if not a.star), None)
    return None
