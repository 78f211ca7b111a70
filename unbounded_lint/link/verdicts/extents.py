"""How much a removal takes out: all, a sweep, whatever is oldest, or a single entry."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import argument_of
from unbounded_lint.link.program.bindings import ITEMS
from unbounded_lint.link.program.blocks import held_at, layout, loops_around, span_of
from unbounded_lint.link.program.definitions import expanded, expansions
from unbounded_lint.link.program.kept import kept, listed
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.program.truth import compared_with, held
from unbounded_lint.link.verdicts.causes import Causes
from unbounded_lint.link.verdicts.removals import Extent

_FIRST = m.Const("int", "0")
_STEPS = 2
"""Through how many calls the keys are followed that a helper is given to remove."""


class Extents(Query):
    """Classes removals by how much they take out."""

    def __init__(self, flow: Flow, causes: Causes) -> None:
        super().__init__(flow)
        self.causes = causes

    def of(self, access: Access, accesses: AccessList) -> Extent:
        """How much a removal takes out."""
        if access.kind in {"clear", "replace"}:
            return "all"
        next_one = access.how == "pop" and access.key is None
        if access.kind == "trim" or access.how in name_lists().evictions or next_one:
            return "evict"
        of_others = access.how in {"-=", "&=", "difference_update", "intersection_update"}
        if of_others or (access.handed is None and self.is_walked_around(access.site, accesses)):
            return "sweep"
        if takes_first(access, accesses):
            return "evict"
        if any(map(_picks, expanded(self.program, access.key, access.scope, access.op))):
            return "evict"
        if self._follows_order(access, accesses) and self.causes.lead_to(access, accesses):
            return "sweep"
        if self.causes.is_own(access) and any(b.kind in ITEMS for b in self.program.bound(access.scope, access.key)):
            return "sweep"
        if access.handed is None and self._is_called_for_each(access, accesses):
            return "sweep"
        return "single"

    def seeks(self, access: Access) -> bool:
        """Whether a walk takes out what belongs to one thing that it is told of: `if owner == name`."""
        facts, here = self.program.facts(access.scope), access.scope
        tests = list(held_at(facts, access.op))
        own = set[str]()
        for index in loops_around(facts, access.op):
            own |= w.names(facts.frames[index].target)
            for part in expanded(self.program, facts.frames[index].head, here, facts.frames[index].op):
                for clause in part.clauses if isinstance(part, m.Comp) else ():
                    own |= w.names(clause.target)
                    tests += [one for condition in clause.conditions for one in held(condition, True)]
        told = (name for test, truth in tests if truth for name in compared_with(test, own))
        return any(self.resolver.owner(name, here) == here for name in told)

    def _is_called_for_each(self, access: Access, accesses: AccessList) -> bool:
        """Whether a helper takes out the key it is given, and each call of it stands in a walk over the container."""
        given = self.program.only(access.scope, access.key)
        sites = self.flow.call_sites(access.scope) if given is not None and given.kind == "parameter" else ()
        return bool(sites) and all(
            self.is_walked_around(Site(site.scope, site.op, site.call or m.Name(""), ()), accesses) for site in sites
        )

    def is_walked_around(self, site: Site, accesses: AccessList) -> bool:
        """Whether a loop or comprehension around an expression walks the container, or what was picked from it."""
        facts = self.program.facts(site.scope)
        heads = [facts.frames[index].head for index in loops_around(facts, site.op)]
        heads += [clause.iterable for parent in site.parents if isinstance(parent, m.Comp) for clause in parent.clauses]
        return any(self._is_taken(head, site.scope, site.op, accesses, _STEPS) for head in heads)

    def _is_taken(self, walked: m.Expr | None, scope: ScopeId, op: int, accesses: AccessList, steps: int) -> bool:
        """Whether what a loop walks is the container, was picked from it, or is so where a helper is given it."""
        nodes = accesses.own_nodes(scope)
        return any(
            id(part) in nodes
            or (isinstance(part, m.Name) and self._is_picked(part.id, scope, accesses))
            or (isinstance(part, m.Name) and steps > 0 and self._is_given(part, scope, accesses, steps - 1))
            for whole in expansions(self.program, walked, scope, op)
            for part in _walked(whole)
        )

    def _is_given(self, name: m.Name, scope: ScopeId, accesses: AccessList, steps: int) -> bool:
        """Whether each caller of a function gives it keys of the container for a parameter, or leaves that out."""
        bound = self.program.only(scope, name)
        if bound is None or bound.kind != "parameter" or not self.flow.is_only_called(scope):
            return False
        facts, sites = self.program.facts(scope), self.flow.call_sites(scope)
        given = [(argument_of(facts, bound.index, site), site) for site in sites if site.call is not None]
        told = [(argument, site) for argument, site in given if argument is not None]
        if len(told) < len(given) and facts.parameters[bound.index].default is None:
            return False
        return bool(told) and all(self._is_taken(arg, site.scope, site.op, accesses, steps) for arg, site in told)

    def _is_picked(self, name: str, scope: ScopeId, accesses: AccessList) -> bool:
        """Whether a name stands for a local list that a loop over the container fills."""
        filled, facts = self._fillings(name, scope), self.program.facts(scope)
        loops = self._walks(scope, accesses) if filled else ()
        return any(at in span_of(facts, index) for index in loops for at in filled)

    @listed
    def _walks(self, scope: ScopeId, accesses: AccessList) -> Iterator[int]:
        """The `for` loops of a scope over the container."""
        facts, nodes = self.program.facts(scope), accesses.own_nodes(scope)
        for index in layout(facts).by_kind.get("for", ()):
            frame = facts.frames[index]
            if any(id(n) in nodes for n in expanded(self.program, frame.head, scope, frame.op)):
                yield index

    @kept
    def _fillings(self, name: str, scope: ScopeId) -> tuple[int, ...]:
        """The operations of a scope that add to what a name stands for."""
        sites = self.program.of(scope).sites_in(scope.index, name)
        calls = [(site.op, site.method_call) for site in sites if isinstance(site.node, m.Name)]
        adding = {"append", "add", "extend"}
        return tuple(op for op, call in calls if call and isinstance(call.func, m.Attr) and call.func.name in adding)

    def _follows_order(self, access: Access, accesses: AccessList) -> bool:
        """Whether a loop takes out the keys that it finds in another container (a queue by age, buckets by time), to
        which every function that inserts adds as well."""
        inserting = accesses.inserting
        if access.handed is not None or not inserting:
            return False
        facts, scope = self.program.facts(access.scope), access.scope
        sources = list(expanded(self.program, access.key, scope, access.op))
        heads = [facts.frames[index].head for index in loops_around(facts, access.op)]
        walked = (part for head in heads for part in expanded(self.program, head, scope, access.op))
        return any(
            all(self._is_same_place(other, scope, at) and self._adds(at, other) for at in inserting)
            for other in walked
            if isinstance(other, m.Attr | m.Name) and other in sources and other not in accesses.written
        )

    def _is_same_place(self, expr: m.Expr, one: ScopeId, other: ScopeId) -> bool:
        """Whether two functions mean the same by an expression: a global, or an attribute of their object."""
        if isinstance(expr, m.Name):
            owner = self.resolver.owner(expr.id, one)
            return owner is not None and owner.index == 0 and owner == self.resolver.owner(expr.id, other)
        cls, receiver = self.program.owner_class(one), [m.Name(p.name) for p in self.program.facts(one).parameters[:1]]
        own = isinstance(expr, m.Attr) and [expr.base] == receiver
        return own and cls is not None and cls == self.program.owner_class(other)

    def _adds(self, scope: ScopeId, other: m.Expr) -> bool:
        """Whether a function adds to another container."""
        for op in self.program.facts(scope).ops:
            targets = op.action.targets if isinstance(op.action, m.Assign) else ()
            if any(isinstance(target, m.Sub) and target.base == other for target in targets):
                return True
            for call in (node for node in w.nodes(op.action) if isinstance(node, m.Call)):
                pushes = w.dotted(call.func).rpartition(".")[2] in name_lists().pushes
                if pushes and any(a.value == other for a in call.args):
                    return True
                if isinstance(call.func, m.Attr) and self.catalog.inserting(call.func.name):
                    if other in w.walk(call.func.base):
                        return True
        return False


def takes_first(access: Access, accesses: AccessList) -> bool:
    """Whether a removal takes out what stands first in a sequence, which is the oldest of its entries."""
    return access.how in {"pop", "del"} and access.key == _FIRST and accesses.is_sequence


def _picks(part: m.Expr) -> bool:
    """Whether an expression picks one of many keys: the next of a walk, which a counter is not, or the least."""
    match part:
        case m.Call(func=m.Name("next"), args=(first, *_)):
            return isinstance(first.value, m.Call | m.Comp)
        case m.Call(func=func):
            return w.dotted(func) in {"min", "max", "random.choice"}
    return False


def _walked(head: m.Expr) -> Iterator[m.Expr]:
    """The parts of what a loop walks, but for the items of a list written out: `for table in (A, B)` walks neither."""
    for item in head.items if isinstance(head, m.Display) else (head,):
        if item is head or not isinstance(item, m.Name | m.Attr | m.Display):
            yield from w.walk(item)
