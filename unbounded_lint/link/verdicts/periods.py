"""The recurring timers of a project: the function that each runs, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from itertools import takewhile
from math import prod
from typing import TYPE_CHECKING

from unbounded_lint.catalog.model import Interval
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import argument_at
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Module
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.context import Context
from unbounded_lint.link.runs.execution import Execution, RunQuery

if TYPE_CHECKING:
    from unbounded_lint.link.verdicts.container import Container

MODULES = 12
"""In how many modules near a container a timer is looked for that sweeps nothing yet."""

LEAST = 10.0
"""Seconds: what runs more often than this, and sweeps nothing, is a retry or a poll rather than upkeep."""

_UNITS = {"s": 1.0, "ms": 0.001, "min": 60.0, "h": 3600.0, "timedelta": 1.0, "s or timedelta": 1.0, "s or cron": 1.0}
_NAMED = {"milliseconds": 0.001, "seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0, "weeks": 604800.0}
_WORDS = ("sleep", "wait", "Timer", "call_later", "add_job", "repeat_every", "LoopingCall", "PeriodicCallback", "every")
"""What a module mentions that has a timer of the common kinds."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A function that a started timer runs again and again, at a pace that the code states.

    One that is told its pace, as a reusable ticker is, would be no place for the upkeep of one container.

    scope   the callback, or the function with the loop
    period  seconds
    sweeps  whether it removes entries from some container already
    """

    scope: ScopeId
    period: float
    sweeps: bool

    @property
    def often(self) -> str:
        """How often it runs, for a person: "every 60 s"."""
        if self.period >= 7200 and self.period % 3600 == 0:
            return f"every {self.period / 3600:g} h"
        if self.period >= 120 and self.period % 60 == 0:
            return f"every {self.period / 60:g} min"
        return f"every {self.period:g} s"


class Rhythms(RunQuery):
    """Finds the timers that a container's sweep could join."""

    def __init__(self, flow: Flow, execution: Execution, containers: Sequence[Container]) -> None:
        super().__init__(flow, execution)
        self.containers = tuple(containers)

    def near(self, container: Container) -> Rhythm | None:
        """The timer to join: one that sweeps already before one that does not, one that is near before one far off."""
        return self._near(container.holder.scope.path)

    @kept
    def _near(self, path: str) -> Rhythm | None:
        found = self.sweeping or [r for other in self._modules_near(path) for r in self._in_module(other)]
        return min(found, key=lambda r: _distance(r, path), default=None)

    @cached_property
    def sweeping(self) -> tuple[Rhythm, ...]:
        """The timers that sweep some container."""
        sweeps = [removal for held in self.containers for removal in held.removals if removal.when == "timer"]
        begun = {timer for removal in sweeps for timer in removal.nearest(self.execution, "timer")}
        timers = sorted(begun, key=lambda c: (c.begin, c.timer))
        return tuple(dict.fromkeys(Rhythm(*found, True) for timer in timers if (found := self._paced(timer))))

    def _modules_near(self, path: str) -> tuple[str, ...]:
        """The modules nearest to a file that mention a timer; few, since each is read for it."""
        return tuple(nsmallest(MODULES, self._timing, key=lambda p: (-_shared(p, path), p)))

    @cached_property
    def _timing(self) -> frozenset[str]:
        return frozenset(p for word in _WORDS for p in self.program.paths_mentioning(word))

    @kept
    def _in_module(self, path: str) -> tuple[Rhythm, ...]:
        """The timers of a module that sweep nothing yet, so far as anybody knows."""
        module = self.program.module(path)
        scopes = [ScopeId(path, index) for index in range(len(module.facts.scopes))] if module is not None else []
        paced = [self._paced(timer) for scope in scopes for timer in self._timers(scope)]
        rhythms = (Rhythm(*found, False) for found in paced if found is not None and found[1] >= LEAST)
        return tuple(dict.fromkeys(rhythms))

    def _timers(self, scope: ScopeId) -> list[Context]:
        """The timers that run a function, or the loops in it that say how often."""
        ops = range(len(self.program.facts(scope).ops))
        looped = [op for op in ops if self._stated(scope, self.execution.loops.timed(scope, op)) is not None]
        found = [timer for op in looped for timer in self.execution.nearest(scope, op, "timer")]
        return [*found, *(context for context in self.execution.direct(scope) if context.kind == "timer")]

    # --- how often ---

    def _paced(self, timer: Context) -> tuple[ScopeId, float] | None:
        """The function that a timer runs, and how often, where the code says so."""
        scope, op = timer.root
        target = timer.target or scope
        if not target.index:
            return None
        period = self._of_loop(scope, op) if timer.timer == "loop" else self._of_call(timer, target)
        return None if period is None else (target, period)

    def _of_call(self, timer: Context, target: ScopeId) -> float | None:
        """The period that is given where a function is handed to a timer, or decorated with it."""
        for edge in self.execution.graph.edges(target):
            interval = edge.timer.interval if edge.timer is not None and edge.timer.api == timer.timer else None
            if interval is not None and edge.handed is not None and edge.root == timer.root and not interval.of:
                at = edge.scope if edge.kind != "decorate" else self.program.parent(target) or target
                return self._seconds(edge.handed, interval, at)
        return None

    def _of_loop(self, scope: ScopeId, op: int) -> float | None:
        frame = self.execution.loops.timed(scope, op)
        assert frame is not None
        if not self.execution.loops.goes_on(scope, frame) or self._is_answering(scope):
            return None
        return self._stated(scope, frame)

    @kept
    def _stated(self, scope: ScopeId, frame: int | None) -> float | None:
        """The period that a timed loop states."""
        if frame is None:
            return None
        found = {
            self._seconds(call, sleeper.timeout, scope)
            for call in self.execution.loops.calls_in(scope, frame)
            for sleeper in self.execution.timers.sleepers_of(call, scope)[:1]
        } - {None}
        return found.pop() if len(found) == 1 else None

    def _is_answering(self, scope: ScopeId) -> bool:
        """Whether a function runs as part of what an event does, which waits for it: its loop ends with that."""
        kinds = {context.kind for context in self.execution.contexts(scope)}
        return "run" in kinds and kinds <= {"run", "api"} and bool(self.execution.only_calls(scope))

    def _seconds(self, call: m.Call, interval: Interval, scope: ScopeId) -> float | None:
        """The period that a call states, where it is a constant."""
        if interval.unit == "per name":
            return _total([a for a in call.args if a.keyword in _NAMED], scope, self.resolver)
        stated = argument_at(call, interval.position, interval.keywords)
        value = number(stated, scope, self.resolver) if stated is not None else None
        unit = _UNITS.get(interval.unit)
        return value * unit if value and unit else None


def _shared(one: str, other: str) -> int:
    """How many directories two paths have in common."""
    pairs = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _distance(rhythm: Rhythm, path: str) -> tuple[bool, bool, int, ScopeId]:
    here = rhythm.scope.path
    return (not rhythm.sweeps, here != path, -_shared(here, path), rhythm.scope)


def number(expr: m.Expr, scope: ScopeId, resolver: Resolver, depth: int = 5) -> float | None:
    """The number that an expression is, None unless it is a constant: literals, products and sums, names bound once to
    such, `timedelta(minutes=5)`."""
    if depth <= 0:
        return None
    match expr:
        case m.Const(kind="int" | "float", value=text):
            return float(text.replace("_", "")) if not text.lower().startswith(("0x", "0b", "0o")) else None
        case m.Binary(op="*" | "+" as operator, items=items):
            parts = [number(item, scope, resolver, depth - 1) for item in items]
            known = [part for part in parts if part is not None]
            total = prod(known) if operator == "*" else sum(known)
            return total if len(known) == len(parts) else None
        case m.Name(id=name):
            return _named(name, resolver.owner(name, scope), resolver, depth)
        case m.Attr(base=base, name=name):
            modules = [value.name for value in resolver.values(base, scope) if isinstance(value, Module)]
            return _imported(name, modules[0], resolver, depth) if len(modules) == 1 else None
        case m.Call(func=func, args=args) if resolver.names(func, scope) == ("datetime.timedelta",):
            return _total(args, scope, resolver, depth - 1)
        case m.Call(func=m.Attr(base=base, name="total_seconds"), args=()):
            return number(base, scope, resolver, depth - 1)
    return None


def _total(args: Sequence[m.Arg], scope: ScopeId, resolver: Resolver, depth: int = 5) -> float | None:
    """`minutes=5, seconds=1` in seconds."""
    units = [_NAMED.get(argument.keyword or "") for argument in args]
    values = [number(argument.value, scope, resolver, depth) for argument in args]
    found = [unit * value for unit, value in zip(units, values, strict=True) if unit and value is not None]
    return sum(found) if found and len(found) == len(args) else None


def _named(name: str, owner: ScopeId | None, resolver: Resolver, depth: int) -> float | None:
    """The number a name is bound to, by one assignment or import."""
    bound = resolver.program.only(owner, name)
    if bound is None or owner is None or not depth:
        return None
    if bound.kind == "value" and bound.expr is not None:
        return number(bound.expr, ScopeId(owner.path, bound.scope), resolver, depth - 1)
    if bound.imported is not None and bound.imported.attribute is not None:
        dotted = resolver.program.of(owner).absolute(bound.imported)
        return _imported(bound.imported.attribute, dotted, resolver, depth - 1)
    return None


def _imported(name: str, dotted: str, resolver: Resolver, depth: int) -> float | None:
    source = resolver.program.named(dotted)
    return _named(name, ScopeId(source.path, 0), resolver, depth) if source is not None else None
