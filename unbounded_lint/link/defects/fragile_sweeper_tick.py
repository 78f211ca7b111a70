"""Timers that sweep, and whether one exception ends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from unbounded_lint.catalog.model import Timer
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.program.blocks import (
    LOOPS,
    frames_of,
    guards,
    loops_around,
    ops_in,
    parts_of,
    span_of,
)
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.callgraph import STEPS, Edge, EdgeKind, explored
from unbounded_lint.link.runs.context import RUNTIME
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.risks import Risk, Risks

HEIGHT = 8
"""Through how many calls a tick is followed down to where it is armed again."""

_LIVENESS = frozenset({"is_alive", "isAlive", "done", "ready", "dead", "running", "is_running", "cancelled"})
_AFTERWARDS = frozenset({"add_done_callback", "link", "link_exception", "rawlink", "addErrback", "addBoth"})
_UNKNOWN: frozenset[EdgeKind] = frozenset({"handed", "forward", "kept"})
"""What may run a function again and again, or not."""

Fate: TypeAlias = Literal["quiet", "again", "loud"]
"""What becomes of an exception that leaves a function: it is lost with its thread or task, the function is started
anew, or it reaches the program."""


@dataclass(frozen=True, slots=True)
class Fragile:
    """A timer or loop that the first exception ends.

    ending   loop (written by hand), rearm (the next run is armed behind the risk) or timer (the scheduler stops)
    start    scope and operation of the loop, of the call that arms, or of the one that starts the timer
    tick     scope and operation of the tick in which the risk stands, or which calls it
    """

    ending: Literal["loop", "rearm", "timer"]
    start: Place
    tick: Place
    risk: Risk
    timer: str = ""


class FragileSweeperTicks(Question):
    """Follows sweeps up to what drives them, and down again to what may raise on the way."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.risks = Risks(linked.flow, linked.execution)

    def of(self, container: Container) -> Fragile | None:
        """How the sweeping of a container ends at the first exception; None if any sweeper goes on, or might."""
        if not container.has_sweeper or any(r.when in {"insert", "capacity"} for r in container.removals):
            return None
        found: list[Fragile] = []
        for access in (removal.access for removal in container.removals if removal.when == "timer"):
            if access.handed is not None or self.linked.removals.causes.lead_to(access, container.accesses):
                return None
            before = len(found)
            for driver in self._drivers((access.scope, access.op)):
                if driver is None:
                    return None
                found.append(driver)
            if len(found) == before:
                return None
        others = (f for f in found if f.ending != "loop" or not self._ends_all(f.start[0], container))
        return min(others, key=lambda f: (-f.risk.confidence.rank, f.start, f.tick), default=None)

    def _ends_all(self, loop: ScopeId, container: Container) -> bool:
        """Whether nothing but what a loop comes to inserts: with its end the container grows no more."""
        above = explored([i.access.scope for i in container.inserts], lambda at: self._runs_of(at, loop), STEPS)
        begun = (context.root[0] for at in above if at != loop for context in self.execution.direct(at))
        return all(scope == loop for scope in begun)

    def _runs_of(self, scope: ScopeId, loop: ScopeId) -> Iterator[ScopeId]:
        yield from () if scope == loop else (edge.scope for edge in self.graph.edges(scope))

    # --- upwards: what drives a sweep ---

    def _drivers(self, sweep: Place) -> Iterator[Fragile | None]:
        """How each loop and timer ends that runs a sweep; None for one that does not, or that cannot be judged."""
        for scope, op in explored([sweep], self._runners):
            frame = self.execution.loops.timed(scope, op)
            if frame is None:
                yield from self._timers(scope)
            elif "timer" in self.execution.kinds(scope, op):
                yield self._judge_loop(scope, op, frame)

    def _runners(self, place: Place) -> Iterator[Place]:
        """The operations that run the function of one that stands in no timed loop."""
        scope, op = place
        if self.execution.loops.timed(scope, op) is None:
            # What goes round by itself, in a thread or task of its own, goes on when whoever started it ends.
            around = loops_around(self.program.facts(scope), op)
            own = any(self.execution.loops.is_endless(scope, loop) for loop in around)
            kinds = {"call"} if own else {"call", "spawn"}
            yield from (edge.root for edge in self.graph.edges(scope) if edge.kind in kinds)

    def _timers(self, scope: ScopeId) -> Iterator[Fragile | None]:
        for edge in self.graph.edges(scope):
            if edge.timer is not None and edge.kind in {"timer", "decorate"}:
                if self.execution.roots.is_live(edge.scope):
                    yield self._judge_timer(edge, edge.timer)
            elif edge.kind in _UNKNOWN:
                yield None

    # --- what an exception ends ---

    def _judge_timer(self, edge: Edge, timer: Timer) -> Fragile | None:
        if timer.on_exception != "stops":
            return None
        if timer.kind == "delayed":
            return self._judge_rearmed(edge.target, edge.root, timer, HEIGHT)
        worst = self._worst(edge.target, range(len(self.program.facts(edge.target).ops)), 0)
        return worst and Fragile("timer", edge.root, *worst, timer.api)

    @kept
    def _worst(self, scope: ScopeId, ops: range, within: int) -> tuple[Place, Risk] | None:
        """The clearest of the errors that may leave some operations."""
        opaque = not within and self.risks.is_opaque(scope)
        found = self.risks.worst(scope, ops, within) if not opaque else None
        return ((scope, found[0]), found[1]) if found else None

    def _judge_loop(self, scope: ScopeId, op: int, frame: int) -> Fragile | None:
        facts = self.program.facts(scope)
        around = frames_of(facts, op)
        outside = around[around.index(frame) + 1 :]
        if scope.index == 0 or self.risks.is_opaque(scope) or self._goes_on(scope, outside):
            return None
        worst = self._worst(scope, span_of(facts, frame), frame)
        if worst is None or not self._dies_quietly(scope):
            return None
        return Fragile("loop", (scope, max(facts.frames[frame].op - 1, 0)), *worst)

    def _goes_on(self, scope: ScopeId, around: tuple[int, ...]) -> bool:
        """Whether an exception on its way out of some frames is caught, and what raised it run again."""
        facts, caught = self.program.facts(scope), False
        for frame in around:
            caught = caught or self.risks.is_catching(scope, frame)
            if caught and facts.frames[frame].kind in LOOPS:
                return True
            if facts.frames[frame].kind == "try" and self._handler_restarts(scope, facts, frame):
                return True
        return False

    def _handler_restarts(self, scope: ScopeId, facts: m.Scope, frame: int) -> bool:
        handlers = parts_of(facts, frame, "except", "finally")
        return any(self._calls_into(scope, op, scope) for handler in handlers for _, op in ops_in(facts, handler))

    def _calls_into(self, scope: ScopeId, op: m.Op, target: ScopeId) -> bool:
        """Whether an operation names a function that runs `target`, or starts something that does."""
        runners = self.graph.above(target)
        named = (node for node in w.nodes(op.action) if isinstance(node, m.Name | m.Attr))
        return any(function in runners for node in named for function in self.resolver.functions(node, scope))

    # --- timers that are armed again ---

    def _judge_rearmed(self, tick: ScopeId, arm: Place, timer: Timer, depth: int) -> Fragile | None:
        """What may raise in a tick before it arms the next one."""
        if not depth or self.risks.is_opaque(tick):
            return None
        facts, runners = self.program.facts(tick), self.graph.above(arm[0])
        arming = (arm[1],) if tick == arm[0] else runners.get(tick, ())
        kinds = {facts.frames[f].kind for op in arming for f in frames_of(facts, op)}
        if not arming or kinds & {"finally", "except"}:
            return None
        worst = self._worst(tick, range(arming[0]), 0)
        if worst is not None:
            return Fragile("rearm", (tick, arming[0]), *worst, timer.api)
        calls = self.program.calls_at(tick, arming[0]) if tick != arm[0] else ()
        called = (function for call in calls for function in self.resolver.functions(call.func, tick))
        below = next((function for function in called if function in runners), None)
        return self._judge_rearmed(below, arm, timer, depth - 1) if below is not None else None

    # --- who notices the end of a loop ---

    def _dies_quietly(self, scope: ScopeId) -> bool:
        """Whether the loop runs beside the program, so that its end is a line in a log, and nobody starts it again."""
        start: list[Fate | ScopeId] = [scope]
        fates = set(explored(start, lambda at: self._fates(at) if isinstance(at, ScopeId) else ()))
        return "quiet" in fates and "again" not in fates

    def _fates(self, scope: ScopeId) -> Iterator[Fate | ScopeId]:
        """What becomes of an exception that leaves a function, or where it gets to."""
        if scope.index == 0:
            yield "loud"
            return
        yield from self._fate_of_thread(scope)
        for edge in self.graph.edges(scope):
            if edge.kind not in {"kept", "escaped", "wraps", "decorate"}:
                yield from self._fate(edge)

    def _fate(self, edge: Edge) -> Iterator[Fate | ScopeId]:
        timer, (scope, op) = edge.timer, edge.root
        # a function is handed over, or its coroutine where that is made
        handed = edge.kind != "call" or (edge.handed is not None and self.program.facts(edge.target).is_async)
        if handed and (timer is None or timer.kind != "spawn"):
            yield "loud"
        elif handed and timer is not None and timer.on_exception != "propagates":
            if timer.process != "other":
                yield "again" if self._is_watched(edge.root) else "quiet"
        else:
            yield "again" if self._goes_on(scope, frames_of(self.program.facts(scope), op)) else scope

    def _fate_of_thread(self, scope: ScopeId) -> Iterator[Fate]:
        owner = self.program.owner_class(scope)
        for base in sorted(self.resolver.all_outside_bases(owner)) if owner is not None else ():
            for timer in self.catalog.timer_base(base):
                if timer.callback.how == "override" and self.program.facts(scope).name in timer.callback.names:
                    yield "quiet" if timer.kind == "spawn" and timer.process != "other" else "loud"

    def _is_watched(self, start: Place) -> bool:
        """Whether a start asks if the thread or task still runs, or a callback at the end of it starts the next."""
        return any(
            self._asks_if_alive((scope, op)) or self._follows_up(scope)
            for scope, op in explored([start], lambda below: self.graph.callers(below[0]))
        )

    def _asks_if_alive(self, place: Place) -> bool:
        asked = (n for test, _ in guards(self.program.facts(place[0]), place[1]) for n in w.walk(test))
        # a start that runs once, with the program, is not repeated
        recurs = (c.kind in RUNTIME | {"tested"} or (c.looped and c.kind == "main") for c in self.execution.at(*place))
        return any(isinstance(n, m.Attr) and n.name in _LIVENESS for n in asked) and any(recurs)

    def _follows_up(self, scope: ScopeId) -> bool:
        return any(
            self._calls_into(scope, op, scope)
            for op in self.program.facts(scope).ops
            if any(isinstance(call.func, m.Attr) and call.func.name in _AFTERWARDS for call in w.calls(op.action))
        )
