"""Removals inside the values of a container that leave its keys alone: filtered lists, emptied sets, counts brought
down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.values import is_fresh
from unbounded_lint.link.entries.sources import HOPS, Source
from unbounded_lint.link.entries.values import Entries
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import leaves_of
from unbounded_lint.link.runs.context import LIVE
from unbounded_lint.link.runs.execution import RunQuery

_DEPTH = 6
_ZERO = m.Const("int", "0")

How: TypeAlias = Literal["removed", "filtered", "lowered", "raised"]


@dataclass(frozen=True, slots=True)
class Pruning:
    """One place where something is taken out of a value.

    how   removed (inner elements), filtered (the value is rebuilt from what is left of it), lowered or raised (a count)
    """

    scope: ScopeId
    op: int
    how: How


class Prunings(RunQuery):
    """Finds the prunings of one container, and whether its keys go with the last of what was under them."""

    def of(self, accesses: AccessList) -> tuple[Pruning, ...]:
        """What running code takes out of the values; nothing where a key is dropped along with the last of it."""
        live = tuple(a for a in accesses if self._is_live(a.scope, a.op))
        reader = _Values(Entries(self.flow, accesses))
        written = {Pruning(scope, *each) for scope in reader.entries.scopes() for each in reader.written(scope)}
        # What is only lowered is no count.
        hows = {"removed", "filtered", "lowered" if any(p.how == "raised" for p in written) else "filtered"}
        found = {p for p in written if p.how in hows and self._is_live(p.scope, p.op)}
        if reader.holds_containers():
            found |= {Pruning(a.scope, a.op, "removed") for a in live if reader.is_removal(a)}
        if any(reader.drops_key(a, found) for a in live):
            return ()
        return tuple(sorted(found, key=lambda p: (p.scope, p.op, p.how)))

    @kept
    def holds_callables(self, accesses: AccessList) -> bool:
        """Whether some code calls what is under the keys, as listeners and handlers are."""
        if not any(a.nested and a.kind == "insert" for a in accesses):
            return False
        reader = _Values(Entries(self.flow, accesses))
        return any(reader.calls(scope) for scope in reader.entries.scopes())

    def _is_live(self, scope: ScopeId, op: int) -> bool:
        return bool(self.execution.kinds(scope, op) & LIVE)


class _Values:
    """Reads what is done to the values of one container."""

    def __init__(self, entries: Entries) -> None:
        self.program = entries.program
        self.resolver = entries.resolver
        self.entries = entries

    # --- prunings ---

    def is_removal(self, access: Access) -> bool:
        """Whether elements are taken out of an inner container: no field of a record, nothing that a cap pushes out,
        and no element that the same function puts back under the same key behind that."""
        key, scope = access.key, access.scope
        if not access.nested or access.kind not in {"remove", "clear", "trim"}:
            return False
        is_field = isinstance(key, m.Const) and key.kind == "str"
        back = self.entries.accesses.put_inside.get((scope, key, access.outer), ()) if key is not None else ()
        is_moved = any(op >= access.op for op in back)
        return (
            self._is_whole(access.site.node, scope)
            and not (is_field or is_moved)
            and not self._is_cap(scope, access.op)
        )

    def holds_containers(self) -> bool:
        """Whether the values are containers: something is put into them, or they are made on the spot."""
        return any(
            a.kind == "insert" and (a.nested or a.implicit or (a.value is not None and is_fresh(a.value)))
            for a in self.entries.accesses
        )

    def written(self, scope: ScopeId) -> Iterator[tuple[int, How]]:
        """The assignments by which values are rebuilt or counted, through any name for them."""
        ops = self.program.facts(scope).ops
        for index in self.entries.ops(scope):
            how: How | None = None
            match ops[index].action:
                case m.AugAssign(target=m.Sub() as target, op=sign, value=value) if self._is_whole(target, scope):
                    if sign == "-":
                        how = "removed" if isinstance(value, m.Display | m.Comp) else "lowered"
                    elif sign == "+" and isinstance(value, m.Const):
                        how = "raised"
                case m.Assign(targets=targets, value=value) if value is not None:
                    if any(self._is_value(target, scope) for target in targets):
                        how = self._rebuilt(value, scope)
            if how is not None:
                yield index, how

    def calls(self, scope: ScopeId) -> bool:
        """Whether an element of a value is called, or a function that a record keeps in one of its fields."""
        calls = (node for node in self.entries.nodes(scope) if isinstance(node, m.Call))
        return any(self._is_element(call.func, scope) for call in calls)

    def _is_element(self, func: m.Expr, scope: ScopeId) -> bool:
        """Whether what is called is (a part of) an element, and no method of it: `connection.send()` calls no
        connection."""
        if not any("*" in entry.path for entry in self.entries.of(func, scope)):
            return False
        if not isinstance(func, m.Attr):
            return True
        inner = ((a.value, a.scope) for a in self.entries.accesses if a.nested and a.kind == "insert")
        stored = (self.resolver.owners(value, at) for value, at in inner if value is not None)
        records = self.resolver.owners(func.base, scope).union(*stored)
        return any(self.entries.flow.fields.keeps(cls, func.name) for cls in records)

    def _is_whole(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is the whole value under a key."""
        return any(not entry.path for entry in self.entries.of(expr, scope))

    def _is_value(self, target: m.Expr, scope: ScopeId) -> bool:
        """Whether an assignment to a target replaces the value under a key, or all that is in it."""
        if not isinstance(target, m.Sub):
            return False
        if isinstance(target.index, m.Slice):
            return target.index.lower is None and target.index.upper is None and self._is_whole(target.base, scope)
        return self._is_whole(target, scope)

    def _rebuilt(self, value: m.Expr, scope: ScopeId, hops: int = HOPS, depth: int = _DEPTH) -> How | None:
        """How a value is made from itself; None if it is not."""
        if not depth:
            return None
        sources = self.entries.sources.of(value, scope, hops)
        match value:
            case m.Comp(clauses=clauses):
                filters = any(c.conditions and self._is_view(c.iterable, scope) for c in clauses)
                return "filtered" if filters else None
            case m.Binary(op="+", items=items) if any(self._is_whole(item, scope) for item in items):
                return "raised"
            case m.Binary(op="-", items=(first, *rest)) if self._is_whole(first, scope):
                return "lowered" if all(isinstance(r, m.Const) for r in rest) else "filtered"
            case m.Call(func=func, args=args):
                names = set(self.resolver.names(func, scope))
                if "filter" in names and any(self._is_view(a.value, scope) for a in args[1:]):
                    return "filtered"
                if names & name_lists().chosen_copies:
                    sources = (Source(argument.value, scope, hops) for argument in args)
        found = (self._rebuilt(*source, depth - 1) for source in sources)
        return next((how for how in found if how is not None), None)

    def _is_view(self, iterable: m.Expr, scope: ScopeId) -> bool:
        """Whether an iterable is a value, its items or a copy of it."""
        match iterable:
            case m.Call(func=m.Attr(name=name, base=base)) if name in name_lists().views and self._is_view(base, scope):
                return True
            case m.Call(func=func, args=(first, *_)) if (
                set(self.resolver.names(func, scope)) & name_lists().chosen_copies
            ):
                return self._is_view(first.value, scope)
        return self._is_whole(iterable, scope)

    def _is_cap(self, scope: ScopeId, op: int) -> bool:
        """Whether a test of how much a value holds leads here: then a value is kept short, not emptied."""
        return any(
            isinstance(test, m.Compare)
            and _ZERO not in test.items
            and any(self._is_size(p, scope) for p in w.walk(test))
            for condition, _ in guards(self.program.facts(scope), op)
            for test in w.walk(condition)
        )

    def _is_size(self, expr: m.Expr, scope: ScopeId) -> bool:
        match expr:
            case m.Call(func=m.Name(id="len"), args=(sized,)):
                return self._is_whole(sized.value, scope)
        return False

    # --- keys that go along ---

    def drops_key(self, access: Access, prunings: Iterable[Pruning]) -> bool:
        """Whether a removal of whole entries belongs to the prunings: in the same function, under a test of what is
        left, or by building the container anew."""
        if access.nested:
            return False
        if access.kind == "replace":
            return access.value is not None and self.entries.names_container(access.value)
        if access.kind not in {"remove", "clear"}:
            return False
        if any(p.scope == access.scope for p in prunings):
            return True
        conditions = guards(self.program.facts(access.scope), access.op)
        return any(self._tests_left(condition, access.scope) for condition, _ in conditions)

    def _tests_left(self, condition: m.Expr, scope: ScopeId) -> bool:
        """`not X[k]`, `len(X[k]) == 0`, `X[k] <= 0`: a test of what is under a key, not of its presence."""
        return any(
            self._is_whole(part, scope)
            or (isinstance(part, m.Name) and self._rebuilt(part, scope) not in {None, "raised"})
            for test in leaves_of(condition)
            if not (isinstance(test, m.Compare) and set(test.ops) & {"is", "is not", "in", "not in"})
            for part in w.walk(test)
        )
