"""What the entries of a container are: locks, tasks, threads, or results that could be computed again."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.catalog.model import Timer
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.dataflow.values import Class, External, ExternalResult, Instance, Value
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.execution import RunQuery
from unbounded_lint.link.verdicts.inner import factories
from unbounded_lint.link.verdicts.inserts import Insert

if TYPE_CHECKING:
    from unbounded_lint.link.verdicts.container import Container

Kind: TypeAlias = Literal["locks", "tasks", "threads", "objects", "results", ""]


class Holdings(RunQuery):
    """Answers what a container holds, from what is stored in it, never from names."""

    @kept
    def of(self, container: Container) -> Kind:
        """locks, tasks (with `add_done_callback`), threads, objects (instances of a class of the project), results (of
        a call on the key, asked for before they are computed), or "" for anything else or a mixture."""
        return self.kind(container.holder, container.accesses, container.inserts)

    def kind(self, holder: Holder, accesses: AccessList, inserts: tuple[Insert, ...]) -> Kind:
        """The same, of a container of which no more is known yet."""
        kinds = {self._kind(value, scope) for value, scope in self._stored(holder, accesses)}
        if len(kinds) == 1 and (kind := kinds.pop()):
            return kind
        mapping = holder.made.kind.family != "list"
        recomputed = mapping and inserts and all(self._is_recomputed(i.access, accesses) for i in inserts)
        return "results" if recomputed else ""

    def _stored(self, holder: Holder, accesses: AccessList) -> Iterator[tuple[m.Expr, ScopeId]]:
        """What is stored as an entry, and the call by which a `defaultdict` makes a missing one."""
        for a in accesses:
            if a.kind == "insert" and a.value is not None and not (a.nested or a.bulk):
                yield a.value, a.scope
        yield from factories(self.program, holder.definitions)

    def _kind(self, expr: m.Expr, scope: ScopeId) -> Kind:
        kinds: set[Kind] = set()
        for source in self._sources(expr, scope):
            started = self.execution.timers.of(source, scope)[:1] if isinstance(source, m.Call) else ()
            kinds.add("tasks" if _is_future(started) else self._agreed(self.resolver.values(source, scope)))
        return kinds.pop() if len(kinds) == 1 else ""

    def _agreed(self, values: Iterable[Value]) -> Kind:
        """The kind of values that are all of one."""
        kinds = {self._of_value(value) for value in values}
        return kinds.pop() if len(kinds) == 1 else ""

    def _of_value(self, value: Value) -> Kind:
        catalog = self.catalog
        if isinstance(value, ExternalResult):
            name = catalog.canonical(value.name)
            return "tasks" if _is_future(catalog.timers.named(name)) else _named({name})
        if isinstance(value, Instance):
            bases = self.resolver.all_outside_bases(value.scope)
            return _named({catalog.canonical(base) for base in bases}) or "objects"
        return ""

    def _sources(self, expr: m.Expr, scope: ScopeId) -> list[m.Expr]:
        """What a local name is bound to, when it was not found under the key; the expression itself for anything else,
        or if not all of it can be told; each choice alone."""
        bindings = self.program.bound(scope, expr)
        found = [b.expr for b in bindings if b.expr is not None]
        if not scope.index or not all(b.kind == "value" and b.scope == scope.index for b in bindings):
            found = []
        new = [e for e in found if not (isinstance(e, m.Const) or _asks(e))]
        return [choice for source in new or found or [expr] for choice in _choices(source)]

    # --- results ---

    def _is_recomputed(self, access: Access, accesses: AccessList) -> bool:
        """Whether an insert stores what a call on its key gives, where the key was asked for before."""
        key, value = access.key, access.value
        if key is None or value is None or access.nested or access.bulk:
            return False
        calls = [e.value if isinstance(e, m.Await) else e for e in self._sources(value, access.scope)]
        if not any(isinstance(c, m.Call) and self._is_of_key(c, key, access.scope) for c in calls):
            return False
        asked = accesses.within(access.scope, "read", "contains")
        return access.how == "setdefault" or any(a.key == key and a.op <= access.op for a in asked)

    def _is_of_key(self, call: m.Call, key: m.Expr, scope: ScopeId) -> bool:
        """Whether a call is given the key, or what the key is made of, and gives no new object with a life of its
        own."""
        names = {key, *(node for node in w.walk(key) if isinstance(node, m.Name))}
        about = any(part in names for argument in call.args for part in w.walk(argument.value))
        values = self.resolver.values(call.func, scope)
        made = any(isinstance(v, Class) or (isinstance(v, External) and hasattr(builtins, v.name)) for v in values)
        return about and not made


def _is_future(timers: Iterable[Timer]) -> bool:
    return any(timer.api in name_lists().futures for timer in timers)


def _named(names: set[str]) -> Kind:
    if names & name_lists().locks:
        return "locks"
    return "threads" if names & name_lists().threads else ""


def _choices(expr: m.Expr) -> tuple[m.Expr, ...]:
    match expr:
        case m.IfExp(body=body, orelse=orelse):
            return body, orelse
        case m.BoolOp(items=items):
            return items
    return (expr,)


def _asks(expr: m.Expr) -> bool:
    """`X.get(k)`: what is asked for first, and bound anew when it is missing."""
    if isinstance(expr, m.Call) and isinstance(expr.func, m.Attr):
        return expr.func.name in {"get", "pop"}
    return isinstance(expr, m.Sub)
