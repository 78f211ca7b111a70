"""Where the entries of a container carry the time at which they were made, or until which they count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.refused import NotConcerned
from unbounded_lint.link.dataflow.values import ExternalResult
from unbounded_lint.link.program.module import ScopeId

_CLOCKS = frozenset({"time.time", "time.monotonic", "time.perf_counter"})
_HOPS = 3


class Dated(NamedTuple):
    """The clock of a date ("time.time"), how it is got from an entry (".at", "[0]"), and whether it is a deadline."""

    clock: str
    path: str
    deadline: bool


def dated(bench: Bench) -> Dated:
    """The date that every entry of a container has. Raises `NotConcerned` where there is none, or several ways."""
    found = {
        next(_dates(bench, access.value, access.scope, _HOPS), None) if access.value is not None else None
        for access in bench.container.accesses
        if access.kind == "insert" and not access.nested
    }
    only = found.pop() if len(found) == 1 else None
    if only is None:
        raise NotConcerned("its entries do not say when they were made")
    return only


def _dates(bench: Bench, value: m.Expr, scope: ScopeId, hops: int) -> Iterator[Dated]:
    clock = _clock(bench, value, scope)
    if clock:
        yield Dated(clock, "", False)
        return
    match value:
        case m.Binary(op="+", items=items):
            for item in items:
                clock = _clock(bench, item, scope)
                if clock:
                    yield Dated(clock, "", True)
        case m.Display(kind="tuple" | "list", items=items):
            for index, item in enumerate(items):
                yield from (d._replace(path=f"[{index}]") for d in _dates(bench, item, scope, 0) if not d.path)
        case m.DictDisplay(items=pairs):
            for pair in pairs:
                if isinstance(pair.key, m.Const) and pair.key.kind == "str" and pair.key.value.isidentifier():
                    inner = (d for d in _dates(bench, pair.value, scope, 0) if not d.path)
                    yield from (d._replace(path=f'["{pair.key.value}"]') for d in inner)
        case m.Call():
            yield from _of_object(bench, value, scope)
        case m.Name() if hops:
            bound = bench.project.program.only(scope, value)
            if bound is not None and bound.kind == "value" and bound.expr is not None:
                yield from _dates(bench, bound.expr, scope, hops - 1)


def _of_object(bench: Bench, call: m.Call, scope: ScopeId) -> Iterator[Dated]:
    """The attributes of a new object that get the time of its making."""
    resolver = bench.project.flow.resolver
    classes = tuple(resolver.classes(call, scope))
    if len(classes) != 1:
        return
    for name, writes in sorted(resolver.writes(classes[0]).items()):
        given = [w for w in writes if bench.facts(w.scope).name == "__init__" and w.value is not None]
        for write in given[:1] if len(given) == 1 else ():
            if write.value is not None:
                yield from (
                    d._replace(path=f".{name}") for d in _dates(bench, write.value, write.scope, 0) if not d.path
                )
    for name, bindings in bench.project.program.of(classes[0]).names.of(classes[0].index).items():
        for binding in bindings:
            factory = _factory(binding.expr)
            if factory is not None:
                clocks = _CLOCKS.intersection(resolver.names(factory, classes[0]))
                yield from (Dated(clock, f".{name}", False) for clock in sorted(clocks))
    for argument in call.args:
        if argument.keyword is not None:
            inner = (d for d in _dates(bench, argument.value, scope, 0) if not d.path)
            yield from (d._replace(path=f".{argument.keyword}") for d in inner)


def _factory(expr: m.Expr | None) -> m.Expr | None:
    """What `field(default_factory=...)` calls."""
    if not isinstance(expr, m.Call):
        return None
    return next((argument.value for argument in expr.args if argument.keyword == "default_factory"), None)


def _clock(bench: Bench, expr: m.Expr, scope: ScopeId) -> str:
    """The clock that an expression was read from, "" for another one."""
    if isinstance(expr, m.Const):
        return ""
    values = list(bench.project.flow.resolver.values(expr, scope))
    names = {value.name for value in values if isinstance(value, ExternalResult)}
    return names.pop() if len(names) == 1 and len(values) == 1 and names <= _CLOCKS else ""
