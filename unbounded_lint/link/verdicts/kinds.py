"""What the entries of a container are: locks, tasks, threads, or results that could be computed again."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessKind
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class, External, ExternalResult, Function, Instance, Value, ordered
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.execution import Execution

if TYPE_CHECKING:
    from unbounded_lint.link.verdicts.container import Container


Kind: TypeAlias = Literal["locks", "tasks", "threads", "objects", "results", ""]

_DEPTH = 4
_READS: frozenset[AccessKind] = frozenset({"read", "contains"})


class Holdings:
    """Answers what a container holds, from what is stored in it, never from names."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution

    @kept
    def of(self, container: Container) -> Kind:
        """locks, tasks (with `add_done_callback`), threads, objects (instances of a class of the project), results (of
        a call on the key, asked for before they are computed), or "" for anything else or a mixture."""
        inserts = [a for a in container.accesses if a.kind == "insert" and not self.program.is_test(a.scope)]
        stored = [a for a in inserts if not a.nested and a.value is not None and not a.bulk]
        kinds = {self._kind(a.value, a.scope) for a in stored if a.value is not None}
        kinds |= {self._made_kind(made, scope) for made, scope in self._factories(container)}
        if len(kinds) == 1 and (kind := kinds.pop()):
            return kind
        growing = [i.access for i in container.inserts]
        if growing and all(self._is_recomputed(a, container) for a in growing):
            return "results"
        return ""

    def _factories(self, container: Container) -> Iterator[tuple[m.Expr, ScopeId]]:
        """What makes the missing entries: the argument of a `defaultdict`."""
        if not container.holder.made.kind.reads_insert:
            return
        for scope, op in container.holder.definitions:
            action = self.program.facts(scope).ops[op].action
            if isinstance(action, m.Assign) and isinstance(action.value, m.Call) and action.value.args:
                yield action.value.args[0].value, scope

    # --- kinds of one value ---

    def _made_kind(self, factory: m.Expr, scope: ScopeId) -> Kind:
        values = self.resolver.values(factory, scope)
        if isinstance(factory, m.Lambda):
            values = self.resolver.returned(ScopeId(scope.path, factory.scope))
        return self._agreed([self._of_value(_made(value)) for value in ordered(values)])

    def _kind(self, expr: m.Expr, scope: ScopeId) -> Kind:
        kinds: list[Kind] = []
        for source, at in self._sources(expr, scope, _DEPTH):
            if isinstance(source, m.Call) and self._starts_task(source, at):
                kinds.append("tasks")
                continue
            values = ordered(self.resolver.values(source, at))
            kinds += [self._of_value(value) for value in values] or [""]
        return self._agreed(kinds)

    @staticmethod
    def _agreed(kinds: list[Kind]) -> Kind:
        return kinds[0] if kinds and len(set(kinds)) == 1 else ""

    def _starts_task(self, call: m.Call, scope: ScopeId) -> bool:
        return any(timer.api in name_lists().futures for timer in self.execution.timers.of(call, scope)[:1])

    def _of_value(self, value: Value) -> Kind:
        if isinstance(value, ExternalResult):
            name = self.execution.catalog.canonical(value.name)
            if name in name_lists().locks:
                return "locks"
            if any(timer.api in name_lists().futures for timer in self.execution.catalog.timer_named(name)):
                return "tasks"
            return "threads" if name in name_lists().threads else ""
        if isinstance(value, Instance):
            outside = {self.execution.catalog.canonical(name) for name in self.resolver.all_outside_bases(value.scope)}
            return (
                "locks" if outside & name_lists().locks else "threads" if outside & name_lists().threads else "objects"
            )
        return ""

    # --- where a value comes from ---

    def _sources(self, expr: m.Expr, scope: ScopeId, depth: int) -> Iterator[tuple[m.Expr, ScopeId]]:
        """The expressions that give a value, through names, choices and the returns of the project's functions."""
        match expr:
            case m.IfExp(body=body, orelse=orelse) if depth:
                yield from self._sources(body, scope, depth - 1)
                yield from self._sources(orelse, scope, depth - 1)
            case m.BoolOp(items=items) if depth:
                for item in items:
                    yield from self._sources(item, scope, depth - 1)
            case m.Walrus(value=value) if depth:
                yield from self._sources(value, scope, depth - 1)
            case m.Name(id=name) if depth and (bound := self._bound(name, scope)):
                for value in bound:
                    yield from self._sources(value, scope, depth - 1)
            case m.Call(func=func) if depth and (returned := list(self._returned(func, scope))):
                for value, function in returned:
                    yield from self._sources(value, function, depth - 1)
            case _:
                yield expr, scope

    def _bound(self, name: str, scope: ScopeId) -> list[m.Expr]:
        """What a local name is bound to, nothing if not all of it can be told."""
        bindings = self.program.of(scope).bindings(scope.index).get(name, ())
        if not scope.index or not all(b.kind == "value" and b.scope == scope.index for b in bindings):
            return []
        found = [b.expr for b in bindings if b.expr is not None]
        return [e for e in found if not (isinstance(e, m.Const) or _asks(e))] or found

    def _returned(self, func: m.Expr, scope: ScopeId) -> Iterator[tuple[m.Expr, ScopeId]]:
        values = self.resolver.values(func, scope)
        functions = [v.scope for v in ordered(values) if isinstance(v, Function)]
        if len(functions) != len(values) or len(functions) != 1:
            return
        for op in self.program.facts(functions[0]).ops:
            if isinstance(op.action, m.Return) and op.action.value is not None:
                yield op.action.value, functions[0]

    # --- results ---

    def _is_recomputed(self, access: Access, container: Container) -> bool:
        """Whether an insert stores what a call on its key gives, where the key was asked for before."""
        key, value = access.key, access.value
        if key is None or value is None or access.nested or access.bulk or container.holder.made.kind.family == "list":
            return False
        names = {node.id for node in w.walk(key) if isinstance(node, m.Name)}
        sources = [value, *(self._bound(value.id, access.scope) if isinstance(value, m.Name) else ())]
        calls = [e.value if isinstance(e, m.Await) else e for e in sources]
        if not any(isinstance(c, m.Call) and self._is_of_key(c, key, names, access.scope) for c in calls):
            return False
        here = [a for a in container.accesses if a.scope == access.scope and a.op <= access.op and a.kind in _READS]
        return access.how == "setdefault" or any(a.key == key for a in here)

    def _is_of_key(self, call: m.Call, key: m.Expr, names: set[str], scope: ScopeId) -> bool:
        """Whether a call is given the key, or what the key is made of, and gives no new object with a life of its
        own."""
        parts = [node for argument in call.args for node in w.walk(argument.value)]
        about = any(part == key or (isinstance(part, m.Name) and part.id in names) for part in parts)
        values = self.resolver.values(call.func, scope)
        made = any(isinstance(v, Class) or (isinstance(v, External) and hasattr(builtins, v.name)) for v in values)
        return about and not made


def _asks(expr: m.Expr) -> bool:
    """`X.get(k)`: what is asked for first, and bound anew when it is missing."""
    return isinstance(expr, m.Sub) or (
        isinstance(expr, m.Call) and isinstance(expr.func, m.Attr) and expr.func.name in {"get", "pop"}
    )


def _made(factory: Value) -> Value:
    """What calling a factory gives."""
    if isinstance(factory, External):
        return ExternalResult(factory.name)
    return Instance(factory.scope) if isinstance(factory, Class) else factory
