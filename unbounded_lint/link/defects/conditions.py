"""What must hold of an entry for a removal to take it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.values import Function
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.entries.values import Entries
from unbounded_lint.link.program.blocks import guards, loops_around
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.verdicts.removals import Removal

_DEPTH = 4
_CALLERS = 3


@dataclass(frozen=True)
class Condition:
    """A condition that has this truth wherever the removal happens."""

    expr: m.Expr
    truth: bool
    scope: ScopeId


Way: TypeAlias = tuple[Condition, ...]
"""All that must hold on one way to a removal."""


class _Unreadable(Exception):
    """A removal whose conditions cannot be read off."""


class Conditions(Question):
    """Reads the conditions of the removals of one container."""

    def __init__(self, linked: Linked, entries: Entries) -> None:
        super().__init__(linked)
        self.entries = entries

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
                return self._picked(parent, access.scope, _DEPTH)
        return self._reach(access.scope, access.op, removal.when, _CALLERS)

    def _rebuilt(self, access: Access) -> list[Way]:
        """`X = {k: v for k, v in X.items() if keep(v)}`: what is not kept goes."""
        value = access.value
        if isinstance(value, m.Call) and len(value.args) == 1:
            value = value.args[0].value
        match value:
            case m.Comp(clauses=(m.Clause(iterable=iterable, conditions=(first, *rest)),)) if (
                self.entries.names_container(iterable)
            ):
                kept = m.BoolOp("and", (first, *rest)) if rest else first
                return [(Condition(kept, False, access.scope),)]
        raise _Unreadable

    def _reach(self, scope: ScopeId, op: int, when: str, depth: int) -> list[Way]:
        """The ways to an operation."""
        found = self._looped(scope, op, _DEPTH)
        for site in self.flow.call_sites(scope) if not found and depth and when == "timer" and scope.index else ():
            if site.call is not None and "timer" in self.execution.kinds(site.scope, site.op):
                found += self._reach(site.scope, site.op, when, depth - 1)
        return self._under(found, scope, op)

    def _under(self, ways: list[Way], scope: ScopeId, op: int) -> list[Way]:
        """The ways with the conditions around an operation that they lead to."""
        if not ways:
            raise _Unreadable
        own = tuple(Condition(expr, truth, scope) for expr, truth in guards(self.program.facts(scope), op))
        return [(*way, *own) for way in ways]

    # --- picks ---

    def _looped(self, scope: ScopeId, op: int, depth: int) -> list[Way]:
        """What must hold for an entry to come to an operation by a loop around it; none where no loop gives entries."""
        facts = self.program.facts(scope)
        loops = (facts.frames[frame] for frame in loops_around(facts, op))
        heads = [frame.head for frame in loops if frame.kind == "for" and frame.head is not None]
        return self._of_first(heads, scope, depth)

    def _of_first(self, iterables: Iterable[m.Expr], scope: ScopeId, depth: int) -> list[Way]:
        """What must hold for an entry to be among those that the first iterable of entries gives; none if none is."""
        for iterable in iterables:
            try:
                return self._picked(iterable, scope, depth)
            except _Unreadable:
                continue
        return []

    def _picked(self, expr: m.Expr, scope: ScopeId, depth: int) -> list[Way]:
        """What must hold for an entry to be among those an expression gives."""
        if self.entries.is_container(expr):
            return [()]
        found: list[Way] = []
        match expr:
            case m.Call(func=m.Name(id=name) | m.Attr(name=name), args=(first, *_)) if (
                name in name_lists().walked_copies
            ):
                return self._picked(first.value, scope, depth)
            case m.Call(func=m.Attr(base=base, name=name)) if name in name_lists().views:
                return self._picked(base, scope, depth)
            case m.Await(value=inner) | m.Walrus(value=inner):
                return self._picked(inner, scope, depth)
            case m.Comp(clauses=clauses) if depth:
                own = tuple(Condition(test, True, scope) for clause in clauses for test in clause.conditions)
                found = [(*way, *own) for way in self._of_first((c.iterable for c in clauses), scope, depth - 1)]
            case m.Name(id=name) if depth:
                found = self._of_name(name, scope, depth)
            case m.Call() if depth:
                found = self._of_call(expr, scope, depth)
        if not found:
            raise _Unreadable
        return found

    def _of_name(self, name: str, scope: ScopeId, depth: int) -> list[Way]:
        if self.resolver.owner(name, scope) != scope:
            raise _Unreadable
        found: list[Way] = []
        for binding in self.program.bound(scope, name):
            if binding.kind != "value" or binding.expr is None:
                raise _Unreadable
            if _is_empty(binding.expr):
                found += self._filled(name, scope, depth)
            else:
                found += self._picked(binding.expr, scope, depth - 1)
        return found

    def _filled(self, name: str, scope: ScopeId, depth: int) -> list[Way]:
        """A local list that a loop over the container fills: the conditions of each `append`."""
        found: list[Way] = []
        for site in self.program.of(scope).sites_in(scope.index, name):
            call = site.method_call
            how = w.last_name(call.func) if call is not None else ""
            if how in {"extend", "update"}:
                raise _Unreadable
            if how in name_lists().stores:
                found += self._under(self._looped(scope, site.op, depth - 1), scope, site.op)
        return found

    def _of_call(self, call: m.Call, scope: ScopeId, depth: int) -> list[Way]:
        """The entries that a function of the project returns or yields."""
        found: list[Way] = []
        for value in self.resolver.values(call.func, scope):
            if not isinstance(value, Function):
                raise _Unreadable
            facts = self.program.facts(value.scope)
            for index, op in enumerate(facts.ops):
                if isinstance(op.action, m.Return) and op.action.value is not None and not facts.is_generator:
                    picked = self._picked(op.action.value, value.scope, depth - 1)
                    found += self._under(picked, value.scope, index)
                elif any(isinstance(node, m.Yield) for node in w.nodes(op.action)):
                    found += self._under(self._looped(value.scope, index, depth - 1), value.scope, index)
        return found


def _is_empty(expr: m.Expr) -> bool:
    """Whether an expression makes a list, set or map with nothing in it."""
    match expr:
        case m.Display(items=()) | m.DictDisplay(items=()):
            return True
        case m.Call(func=m.Name(id=name), args=()):
            return name in name_lists().fresh
    return False
