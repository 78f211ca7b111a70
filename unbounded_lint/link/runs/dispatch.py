"""Functions that a program keeps in a container and calls when it takes them out: handlers of its own events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Variable
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.program.blocks import in_block, loops_over
from unbounded_lint.link.program.kept import listed
from unbounded_lint.link.program.module import ScopeId, Site

_STEPS = 3
"""Through how many names what is taken out of a container is followed."""

_GIVING = frozenset({"copy", "get", "items", "pop", "popleft", "setdefault", "values"})
"""The methods that give entries of a container, or others that hold them."""


class Taken(NamedTuple):
    """A call of what was taken out of a container."""

    scope: ScopeId
    op: int
    call: m.Call


class Dispatch(Query):
    """Finds where what is put into a container is called. Memoised."""

    def calls(self, put: Site) -> Iterator[Taken]:
        """The calls of what is taken out of the container into which a value is put where it stands."""
        holder = self._holder(put)
        for handle in self._roots(holder, put.scope, _STEPS) if holder is not None else ():
            yield from self._of(handle)

    def asked(self, put: Site) -> Iterator[Taken]:
        """The calls of what is looked up at once in the display where a value stands; none where that is kept."""
        if isinstance(put.parent, m.DictDisplay | m.Display):
            match put.outer.parent:
                case m.Sub(base=base) | m.Attr(base=base, name="get") if base is put.parent:
                    yield from self._called(put.outer, _STEPS)

    def _holder(self, put: Site) -> m.Expr | None:
        """What a value is put into."""
        match put.parent:
            case m.Call(func=m.Attr(base=base, name=method)) if self.catalog.inserting(method):
                return base
        action = self.program.op(put).action
        if isinstance(action, m.Assign) and action.value is put.top:
            return next((target.base for target in action.targets if isinstance(target, m.Sub)), None)
        return None

    def _roots(self, holder: m.Expr, scope: ScopeId, steps: int) -> Iterator[Handle]:
        """The attributes and variables of modules that hold a container, or the one around it."""
        match holder:
            case m.Sub(base=base) | m.Call(func=m.Attr(base=base, name="get" | "setdefault")):
                yield from self._roots(base, scope, steps)
            case m.Name():
                owner = self.resolver.owner(holder.id, scope)
                bound = self.program.only(owner, holder) if owner == scope and scope.index and steps else None
                if bound is not None and bound.given is not None:
                    yield from self._roots(bound.given, scope, steps - 1)
                elif owner is not None and not owner.index:
                    yield Variable(owner, holder.id)
            case m.Attr():
                yield from self.resolver.handles(holder, scope)

    @listed
    def _of(self, handle: Handle) -> Iterator[Taken]:
        if isinstance(handle, Attribute) or (isinstance(handle, Variable) and not handle.scope.index):
            for use in self.flow.uses(handle):
                yield from self._called(use.site, _STEPS)

    def _called(self, site: Site, steps: int) -> Iterator[Taken]:
        """The calls of an expression, of what it holds, and of what that is given to."""
        scope, op, node, parents = site.scope, site.op, site.node, site.parents
        while parents:
            match parents:
                case (*_, m.Call(func=func) as call) if func is node:
                    yield Taken(scope, op, call)
                    return
                case (*above, m.Call() as call, m.Attr(name=method)) if method in _GIVING:
                    node, parents = call, tuple(above)
                case (*above, m.Call(func=m.Name(id=copy)) as call) if copy in name_lists().gatherers:
                    node, parents = call, tuple(above)
                case (*above, m.Sub(base=base) as part) if base is node:
                    node, parents = part, tuple(above)
                case (*above, m.BoolOp() as part):
                    node, parents = part, tuple(above)
                case (*_, m.Comp(element=element, clauses=clauses)):
                    bound = {n for c in clauses if c.iterable is node for n in w.names(c.target)}
                    yield from (Taken(scope, op, call) for call in _calls_of(element, bound))
                    return
                case _:
                    return
        yield from self._given(scope, op, node, steps)

    def _given(self, scope: ScopeId, op: int, value: m.Expr, steps: int) -> Iterator[Taken]:
        """The calls of what an operation gives a whole expression to: names, and the targets of a loop over it."""
        facts = self.program.facts(scope)
        action = facts.ops[op].action
        if isinstance(action, m.Assign) and action.value is value and steps:
            for name in (target.id for target in action.targets if isinstance(target, m.Name)):
                for site in self.program.of(scope).sites_in(scope.index, name):
                    yield from self._called(site, steps - 1) if site.op > op else ()
        for loop in loops_over(facts, value):
            target = facts.frames[loop].target
            for name in w.names(target) if target is not None else ():
                for site in self.program.of(scope).sites_in(scope.index, name):
                    if site.call is not None and in_block(facts, loop, site.op):
                        yield Taken(scope, site.op, site.call)


def _calls_of(expr: m.Expr, names: set[str]) -> Iterator[m.Call]:
    for part in w.walk(expr):
        if isinstance(part, m.Call) and isinstance(part.func, m.Name) and part.func.id in names:
            yield part
