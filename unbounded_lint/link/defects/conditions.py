"""What must hold of an entry for a removal to take it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.values import Function
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.entries.views import View, Views, is_empty
from unbounded_lint.link.program.blocks import guards, loops_around
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.verdicts.removals import Removal

_DEPTH = 4


@dataclass(frozen=True)
class Condition:
    """A condition that has this truth wherever the removal happens."""

    expr: m.Expr
    truth: bool
    view: View


Way: TypeAlias = tuple[Condition, ...]
"""All that must hold on one way to a removal."""


class _Unreadable(Exception):
    """A removal whose conditions cannot be read off."""


class Conditions(Question):
    """Reads the conditions of the removals of one container."""

    def __init__(self, linked: Linked, views: Views) -> None:
        super().__init__(linked)
        self.views = views

    def ways(self, removal: Removal) -> tuple[Way, ...] | None:
        """The ways on which a timer or an insert comes to the removal, None when they cannot be read."""
        try:
            return tuple(self._ways(removal))
        except _Unreadable:
            return None

    def _ways(self, removal: Removal) -> list[Way]:
        access = removal.access
        if access.handed is not None or removal.extent == "evict":
            raise _Unreadable
        if access.kind == "replace":
            return self._rebuilt(access)
        if access.kind != "remove" or access.how in {"&=", "intersection_update"}:
            raise _Unreadable
        if access.how in {"-=", "difference_update"} and access.key is not None:
            return self._picked(access.key, access.scope, _DEPTH)
        for parent in access.site.parents:
            if isinstance(parent, m.Comp):
                return self._of_comprehension(parent, access.scope, _DEPTH)
        return [way for way, _ in self._reach(access.scope, access.op, removal.when, 3)]

    def _rebuilt(self, access: Access) -> list[Way]:
        """`X = {k: v for k, v in X.items() if keep(v)}`: what is not kept goes."""
        value = access.value
        if isinstance(value, m.Call) and len(value.args) == 1:
            value = value.args[0].value
        if not isinstance(value, m.Comp) or len(value.clauses) != 1 or not value.clauses[0].conditions:
            raise _Unreadable
        clause = value.clauses[0]
        if self.views.shape(clause.iterable, access.scope) is None:
            raise _Unreadable
        kept = clause.conditions[0] if len(clause.conditions) == 1 else m.BoolOp("and", clause.conditions)
        return [(Condition(kept, False, self.views.of(access.scope)),)]

    def _reach(self, scope: ScopeId, op: int, when: str, depth: int) -> list[tuple[Way, View]]:
        """The ways to an operation, each with the names that its scope then knows the entry by."""
        view = self.views.of(scope)
        facts = self.program.facts(scope)
        here = self._own(scope, op, view)
        for frame in loops_around(facts, op):
            head = facts.frames[frame].head
            if facts.frames[frame].kind == "for" and head is not None:
                try:
                    picked = self._picked(head, scope, _DEPTH)
                except _Unreadable:
                    continue
                return [((*way, *here), view) for way in picked]
        found = []
        for site in self.flow.live_calls(scope) if depth and when == "timer" and scope.index else ():
            if site.call is None or site.op < 0:
                continue
            if "timer" not in self.execution.kinds(site.scope, site.op):
                continue
            for way, outer in self._reach(site.scope, site.op, when, depth - 1):
                inner = self.views.called(scope, site, outer)
                found.append(((*way, *self._own(scope, op, inner)), inner))
        if not found:
            raise _Unreadable
        return found

    # --- picks ---

    def _picked(self, expr: m.Expr, scope: ScopeId, depth: int) -> list[Way]:
        """What must hold for an entry to be among those an expression gives."""
        if not depth:
            raise _Unreadable
        if self.views.shape(expr, scope, depth, plain=True) is not None:
            return [()]
        match expr:
            case m.Comp():
                return self._of_comprehension(expr, scope, depth)
            case m.Name(id=name):
                return self._of_name(name, scope, depth)
            case m.Call(func=m.Name(id=name), args=(first, *_)) if name in name_lists().walked_copies:
                return self._picked(first.value, scope, depth)
            case m.Call(func=m.Attr(base=base, name=name)) if name in name_lists().views:
                return self._picked(base, scope, depth)
            case m.Await(value=inner) | m.Walrus(value=inner):
                return self._picked(inner, scope, depth)
            case m.Call():
                return self._of_call(expr, scope, depth)
        raise _Unreadable

    def _of_comprehension(self, comp: m.Comp, scope: ScopeId, depth: int) -> list[Way]:
        for clause in comp.clauses:
            try:
                picked = self._picked(clause.iterable, scope, depth - 1)
            except _Unreadable:
                continue
            view = self.views.of(scope)
            own = tuple(Condition(c, True, view) for clause in comp.clauses for c in clause.conditions)
            return [(*way, *own) for way in picked]
        raise _Unreadable

    def _of_name(self, name: str, scope: ScopeId, depth: int) -> list[Way]:
        owner = self.resolver.owner(name, scope)
        if owner != scope:
            raise _Unreadable
        found: list[Way] = []
        for binding in self.program.of(scope).bindings(scope.index).get(name, ()):
            if binding.kind != "value" or binding.expr is None:
                raise _Unreadable
            if is_empty(binding.expr):
                found += self._filled(name, scope, depth)
            else:
                found += self._picked(binding.expr, scope, depth - 1)
        if not found:
            raise _Unreadable
        return found

    def _filled(self, name: str, scope: ScopeId, depth: int) -> list[Way]:
        """A local list that a loop over the container fills: the conditions of each `append`."""
        found: list[Way] = []
        for site in self.program.of(scope).sites(name):
            parent = site.parents[-1] if site.parents else None
            above = site.parents[-2] if len(site.parents) > 1 else None
            adds = isinstance(parent, m.Attr) and parent.name in {"append", "add", "appendleft"}
            if site.scope != scope or not adds or not isinstance(above, m.Call):
                if isinstance(parent, m.Attr) and parent.name in {"extend", "update"}:
                    raise _Unreadable
                continue
            found += self._in_loop(scope, site.op, depth)
        return found

    def _in_loop(self, scope: ScopeId, op: int, depth: int) -> list[Way]:
        """What must hold for a loop over the container to come to an operation."""
        facts = self.program.facts(scope)
        heads = [h for f in loops_around(facts, op) if (h := facts.frames[f].head) is not None]
        own = self._own(scope, op, self.views.of(scope))
        return [(*way, *own) for head in heads[:1] for way in self._picked(head, scope, depth - 1)]

    def _own(self, scope: ScopeId, op: int, view: View) -> Way:
        """The conditions around an operation."""
        return tuple(Condition(expr, truth, view) for expr, truth in guards(self.program.facts(scope), op))

    def _of_call(self, call: m.Call, scope: ScopeId, depth: int) -> list[Way]:
        """The entries that a function of the project returns or yields."""
        found: list[Way] = []
        for value in self.resolver.values(call.func, scope):
            if not isinstance(value, Function):
                raise _Unreadable
            facts = self.program.facts(value.scope)
            for index, op in enumerate(facts.ops):
                if isinstance(op.action, m.Return) and op.action.value is not None and not facts.is_generator:
                    own = self._own(value.scope, index, self.views.of(value.scope))
                    found += [(*way, *own) for way in self._picked(op.action.value, value.scope, depth - 1)]
                elif any(isinstance(n, m.Yield) for n in w.nodes(op.action)):
                    found += self._in_loop(value.scope, index, depth)
        if not found:
            raise _Unreadable
        return found
