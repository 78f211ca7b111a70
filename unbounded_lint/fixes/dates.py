"""Where the entries of a container carry the time at which they were made, or until which they count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from unbounded_lint.facts import model as m
from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.refused import NotConcerned
from unbounded_lint.fixes.syntax import last_name
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.handles import Attribute, Variable
from unbounded_lint.link.dataflow.values import Class, ExternalResult
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
    found = {next(_dates(bench, a.value, a.scope, _HOPS), None) if a.value is not None else None for a in _made(bench)}
    only = found.pop() if len(found) == 1 else None
    if only is None:
        raise NotConcerned("its entries do not say when they were made")
    return only


def births(bench: Bench) -> frozenset[Dated]:
    """The dates of birth that entries have: of one insert, where all are objects of one class, else of all."""
    told = [frozenset(_told(bench, access)) for access in _made(bench)]
    if entry_class(bench) is not None:
        return frozenset[Dated]().union(*told)
    return frozenset.intersection(*told) if told else frozenset()


def _told(bench: Bench, access: Access) -> Iterator[Dated]:
    if access.value is not None:
        yield from (date for date in _dates(bench, access.value, access.scope, _HOPS) if not date.deadline)


def _made(bench: Bench) -> Sequence[Access]:
    """The inserts of entries."""
    return [access for access in bench.container.accesses if access.kind == "insert" and not access.nested]


def entry_class(bench: Bench) -> ScopeId | None:
    """The one class of the project whose objects the entries are, as far as inserts tell; where some do not, the
    annotation of the container must say so."""
    resolver = bench.project.flow.resolver
    found = [resolver.classes(a.value, a.scope) if a.value is not None else () for a in _made(bench)]
    known = {classes for classes in found if classes}
    if len(known) != 1 or len(only := known.pop()) != 1:
        return None
    return only[0] if all(found) or bench.facts(only[0]).name == _annotated(bench) else None


def _annotated(bench: Bench) -> str:
    """The last name in the brackets of the annotation of the container, "" where it has none."""
    small = bench.definition.small
    if not isinstance(small, cst.AnnAssign) or not isinstance(small.annotation.annotation, cst.Subscript):
        return ""
    element = small.annotation.annotation.slice[-1].slice
    return last_name(element.value) if isinstance(element, cst.Index) else ""


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
        for name in _kept_as(bench, classes[0], call, argument):
            inner = (d for d in _dates(bench, argument.value, scope, 0) if not d.path)
            yield from (d._replace(path=f".{name}") for d in inner)


def _kept_as(bench: Bench, cls: ScopeId, call: m.Call, argument: m.Arg) -> Iterator[str]:
    """The attributes of a new object that are what an argument is."""
    flow = bench.project.flow
    for handle in flow.steps.into(Class(cls), call, argument):
        if isinstance(handle, Attribute):
            yield handle.name
            continue
        for name, writes in sorted(flow.resolver.writes(cls).items()):
            given = [w.value for w in writes if isinstance(handle, Variable) and w.scope == handle.scope]
            if isinstance(handle, Variable) and given == [m.Name(handle.name)]:
                yield name


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
