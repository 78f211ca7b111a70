"""UBM210: a sweep by age or a limit takes what the entries' own timers have missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.dates import dated
from unbounded_lint.fixes.recipes import limit_size, sweep_on_insert, sweep_on_timer
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.sweeps import TTL
from unbounded_lint.link.runs.context import ContextKind

_LATER: frozenset[ContextKind] = frozenset({"later"})


def repair_on_timer(bench: Bench) -> Repair:
    """Let a timer that the module has already sweep by age, if no entry's own timer runs for longer."""
    _demand_shorter(bench)
    return sweep_on_timer.repair(bench)


def repair_on_insert(bench: Bench) -> Repair:
    """Let inserts sweep by age, if no entry's own timer runs for longer."""
    _demand_shorter(bench)
    return sweep_on_insert.repair(bench)


def repair_by_size(bench: Bench) -> Repair:
    """Keep the last entries alone, far more than their timers should leave. Raises `Refused` for timers that somebody
    cancels, who would not find them."""
    for access in bench.container.accesses:
        for op in bench.facts(access.scope).ops if access.kind in {"read", "remove"} else ():
            if any(isinstance(node, m.Attr) and node.name == "cancel" for node in w.nodes(op.action)):
                raise Refused(f"`{bench.project.function(access.scope)}` needs what it cancels")
    repair = limit_size.repair(bench)
    return replace(repair, assumes=f"no more than {limit_size.OTHER} of its entries wait for their timers at a time")


def _demand_shorter(bench: Bench) -> None:
    """Raises `Refused` where an entry's own timer may run for longer than it may get old, `NotConcerned` for entries
    without a date."""
    if dated(bench).deadline:
        return
    delays = list(_delays(bench))
    if not delays or any(delay is None or delay > TTL for delay in delays):
        raise Refused(f"its entries' own timers may run for longer than {TTL // 60} minutes")


def _delays(bench: Bench) -> Iterator[float | None]:
    """After how many seconds the timers of entries run, None where that is not written as a number."""
    for removal in bench.container.removals:
        for context in bench.project.execution.sources(removal.access.scope, removal.access.op, _LATER):
            scope, op = context.root
            yield next(_numbers(bench.facts(scope).ops[op].action), None)


def _numbers(action: m.Action) -> Iterator[float]:
    """The first arguments of calls that are numbers."""
    for node in w.nodes(action):
        if isinstance(node, m.Call) and node.args and isinstance(value := node.args[0].value, m.Const):
            if value.kind in {"int", "float"}:
                yield float(value.value.replace("_", ""))
