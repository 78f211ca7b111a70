"""Timers that sweep, and whether one exception ends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from unbounded_lint.catalog.model import Timer
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.handles import ARGUMENTS, Use
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.defects.risks import Risk, Risks
from unbounded_lint.link.program.blocks import LOOPS, frames_of, guards, ops_in, parts_of, span_of
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId, Site
from unbounded_lint.link.verdicts.container import Container

CALLERS = 60
"""How many callers are followed upwards from a sweep."""

HEIGHT = 8
"""How many calls a loop may stand below what starts it."""

_LIVENESS = frozenset({"is_alive", "isAlive", "done", "ready", "dead", "running", "is_running", "cancelled"})
_AFTERWARDS = frozenset({"add_done_callback", "link", "link_exception", "rawlink", "addErrback", "addBoth"})


Fate: TypeAlias = Literal["quiet", "again", "loud"]
"""What becomes of an exception that leaves a function: it is lost with its thread or task, the function is started
anew, or it reaches the program."""


@dataclass(frozen=True, slots=True)
class Driver:
    """What runs a sweep again and again.

    scope   the function that is the tick, or that holds the loop
    op      the operation of it on the way to the sweep
    frame   the loop, None for a timer
    timer   the catalogue's timer, None for a loop, or for something that cannot be judged
    site    where the timer is started
    """

    scope: ScopeId
    op: int
    frame: int | None = None
    timer: Timer | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class Fragile:
    """A timer or loop that the first exception ends.

    ending   loop (written by hand), rearm (the next run is armed behind the risk) or timer (the scheduler stops)
    start    scope and operation of the loop, of the call that arms, or of the one that starts the timer
    tick     scope and operation of the tick in which the risk stands, or which calls it
    """

    ending: Literal["loop", "rearm", "timer"]
    start: tuple[ScopeId, int]
    tick: tuple[ScopeId, int]
    risk: Risk
    timer: str = ""


class FragileSweeperTicks(Question):
    """Follows sweeps up to what drives them, and down again to what may raise on the way."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.risks = Risks(linked)

    def of(self, container: Container) -> Fragile | None:
        """How the sweeping of a container ends at the first exception; None if any way of sweeping it goes on, or
        might."""
        if container.verdict.name != "swept" or any(r.when in {"insert", "capacity"} for r in container.removals):
            return None
        found: list[Fragile] = []
        for removal in container.removals:
            if removal.when != "timer":
                continue
            if removal.access.handed is not None or self.linked.removals.causes.lead_to(
                removal.access, container.accesses
            ):
                return None
            before = len(found)
            for driver in self.drivers(removal.access.scope, removal.access.op):
                judged = self._judge(driver)
                if judged is None:
                    return None
                found.append(judged)
            if len(found) == before:
                return None
        return min(found, key=lambda f: (-f.risk.confidence.rank, f.start, f.tick), default=None)

    # --- upwards: what drives a sweep ---

    def drivers(self, scope: ScopeId, op: int) -> Iterator[Driver]:
        """The loops and timers that run an operation again and again."""
        queue, seen = [(scope, op)], {scope}
        while queue:
            at, here = queue.pop(0)
            frame = self.execution.loops.timed(at, here)
            if frame is not None:
                if "timer" in self.execution.kinds(at, here):
                    yield Driver(at, here, frame)
                continue
            for item in self._above(at):
                if isinstance(item, Driver):
                    yield item
                elif item[0] not in seen and len(seen) < CALLERS and not self.program.is_test(item[0]):
                    seen.add(item[0])
                    queue.append(item)

    def _above(self, scope: ScopeId) -> Iterator[Driver | tuple[ScopeId, int]]:
        """The callers of a function, and the timers that it is handed to."""
        if scope.index == 0:
            return
        for site in self.flow.call_sites(scope):
            yield site.scope, site.op
        for use in self.flow.function_uses(scope):
            if use.kind == "argument" and isinstance(use.outer, m.Call) and not self.program.is_test(use.site.scope):
                yield from self._handed_over(use, use.outer, scope)
            elif use.kind == "kept" and not self._is_looped_over(use):
                yield Driver(scope, 0)
        outside = self.program.parent(scope)
        facts = self.program.facts(scope)
        for decorator in facts.decorators if outside is not None else ():
            call = decorator if isinstance(decorator, m.Call) else m.Call(decorator, (), facts.span)
            for timer in self.execution.timers.of(call, outside or scope)[:1]:
                if timer.callback.how == "decorated":
                    yield Driver(scope, 0, timer=timer, site=Site(scope, 0, call, ()))

    def _is_looped_over(self, use: Use) -> bool:
        """`for step in (sweep, report):`: not kept at all, the loop calls it."""
        action = self.program.op(use.site).action
        return isinstance(action, m.Eval) and action.role == "for" and action.value is use.outer

    def _handed_over(self, use: Use, call: m.Call, scope: ScopeId) -> Iterator[Driver | tuple[ScopeId, int]]:
        timers = self.execution.timers.of(call, use.site.scope)
        if timers and timers[0].kind == "spawn":
            yield use.site.scope, use.site.op
        elif timers and self.execution.roots.is_live(use.site.scope):
            yield Driver(scope, 0, timer=timers[0], site=use.site)
        elif not timers and not self.execution.timers.hooks_of(call, use.site.scope):
            yield Driver(scope, 0)

    # --- what becomes of an exception ---

    def _judge(self, driver: Driver) -> Fragile | None:
        if driver.frame is not None:
            return self._judge_loop(driver, driver.frame)
        if driver.timer is None or driver.site is None:
            return None
        if driver.timer.kind == "delayed" and driver.timer.on_exception == "stops":
            return self._judge_rearmed(driver.scope, driver.site, driver.timer, HEIGHT)
        if driver.timer.kind == "recurring" and driver.timer.on_exception == "stops":
            ops = range(len(self.program.facts(driver.scope).ops))
            worst = self._worst(driver.scope, ops, 0)
            start = (driver.site.scope, driver.site.op)
            return worst and Fragile("timer", start, *worst, driver.timer.api)
        return None

    @kept
    def _worst(self, scope: ScopeId, ops: range, within: int) -> tuple[tuple[ScopeId, int], Risk] | None:
        """The clearest of the errors that may leave some operations."""
        opaque = not within and self.risks.is_opaque(scope)
        found = self.risks.worst(scope, ops, within) if not opaque else None
        return ((scope, found[0]), found[1]) if found else None

    def _judge_loop(self, driver: Driver, frame: int) -> Fragile | None:
        scope, facts = driver.scope, self.program.facts(driver.scope)
        if scope.index == 0 or self.risks.is_opaque(scope) or self._is_run_again(scope, facts, frame):
            return None
        worst = self._worst(scope, span_of(facts, frame), frame)
        if worst is None or not self._dies_quietly(scope):
            return None
        return Fragile("loop", (scope, max(facts.frames[frame].op - 1, 0)), *worst)

    def _is_run_again(self, scope: ScopeId, facts: m.Scope, frame: int) -> bool:
        """Whether an outer loop of the function catches what ends the inner one, or the handler starts it anew."""
        at, caught = facts.frames[frame].parent, False
        while at > 0:
            if self.risks.is_catching(scope, at):
                caught = True
                if self._handler_restarts(scope, facts, at):
                    return True
            if caught and facts.frames[at].kind in LOOPS:
                return True
            at = facts.frames[at].parent
        return False

    def _handler_restarts(self, scope: ScopeId, facts: m.Scope, frame: int) -> bool:
        handlers = parts_of(facts, frame, "except", "finally")
        return any(self._calls_into(scope, op, scope) for handler in handlers for _, op in ops_in(facts, handler))

    def _calls_into(self, scope: ScopeId, op: m.Op, target: ScopeId) -> bool:
        """Whether an operation names a function that runs `target`, or starts something that does."""
        for node in w.nodes(op.action):
            if isinstance(node, m.Name | m.Attr):
                if any(function in self._runners(target) for function in self.resolver.functions(node, scope)):
                    return True
        return False

    @kept
    def _runners(self, target: ScopeId) -> frozenset[ScopeId]:
        """The function itself, and those that call it or hand it over, directly or through others."""
        queue, seen = [target], {target}
        while queue and len(seen) < CALLERS:
            at = queue.pop(0)
            users = [site.scope for site in self.flow.call_sites(at)]
            users += [use.site.scope for use in self.flow.function_uses(at) if use.kind in ARGUMENTS]
            queue += (new := [u for u in dict.fromkeys(users) if u not in seen and u.index])
            seen.update(new)
        return frozenset(seen)

    # --- timers that are armed again ---

    def _judge_rearmed(self, tick: ScopeId, arm: Site, timer: Timer, depth: int) -> Fragile | None:
        """What may raise in a tick before it arms the next one."""
        facts = self.program.facts(tick)
        if not depth or self.risks.is_opaque(tick):
            return None
        arming = [
            index
            for index, op in enumerate(facts.ops)
            if (tick == arm.scope and index == arm.op) or self._calls_into(tick, op, arm.scope)
        ]
        kinds = {facts.frames[f].kind for op in arming for f in frames_of(facts, op)}
        if not arming or kinds & {"finally", "except"}:
            return None
        worst = self._worst(tick, range(arming[0]), 0)
        if worst is not None:
            return Fragile("rearm", (tick, arming[0]), *worst, timer.api)
        for function in self._called(tick, arming[0]):
            if tick != arm.scope and function in self._runners(arm.scope):
                return self._judge_rearmed(function, arm, timer, depth - 1)
        return None

    def _called(self, scope: ScopeId, op: int) -> Iterator[ScopeId]:
        for call in self.program.calls_at(scope, op):
            yield from self.resolver.functions(call.func, scope)

    # --- who notices the end of a loop ---

    def _dies_quietly(self, scope: ScopeId) -> bool:
        """Whether the loop runs beside the program, so that its end is a line in a log: then nobody starts it
        again."""
        fates = set(self._fates(scope, HEIGHT, frozenset()))
        return "quiet" in fates and "again" not in fates

    def _fates(self, scope: ScopeId, height: int, seen: frozenset[ScopeId]) -> Iterator[Fate]:
        """What becomes of an exception that leaves a function."""
        if not height or scope in seen or scope.index == 0 or self.program.is_test(scope):
            yield "loud"
            return
        seen |= {scope}
        yield from self._fate_of_thread(scope)
        for use in self.flow.function_uses(scope):
            if use.kind == "argument" and isinstance(use.outer, m.Call) and not self.program.is_test(use.site.scope):
                yield from self._fate_of_start(use.outer, use.site.scope, use.site.op, height, seen)
        for site in self.flow.live_calls(scope):
            if site.call is None or site.op < 0:
                continue
            outer = self._around(site.scope, site.op, site.call)
            if outer is not None and self.program.facts(scope).is_async:
                yield from self._fate_of_start(outer, site.scope, site.op, height, seen)
            else:
                yield from self._fate_at(site.scope, site.op, height, seen)

    def _fate_at(self, scope: ScopeId, op: int, height: int, seen: frozenset[ScopeId]) -> Iterator[Fate]:
        """What becomes of an exception at an operation."""
        facts = self.program.facts(scope)
        around, caught = frames_of(facts, op), False
        for index in around:
            caught = caught or self.risks.is_catching(scope, index)
            if caught and facts.frames[index].kind in LOOPS:
                yield "again"
                return
            if facts.frames[index].kind == "try" and self._handler_restarts(scope, facts, index):
                yield "again"
                return
        yield from self._fates(scope, height - 1, seen)

    def _fate_of_start(
        self, call: m.Call, scope: ScopeId, op: int, height: int, seen: frozenset[ScopeId]
    ) -> Iterator[Fate]:
        timers = self.execution.timers.of(call, scope)
        if not timers or timers[0].kind != "spawn":
            yield "loud"
        elif timers[0].on_exception == "propagates":
            yield from self._fate_at(scope, op, height, seen)
        elif timers[0].process != "other":
            yield "again" if self._is_watched(scope, op) else "quiet"

    def _fate_of_thread(self, scope: ScopeId) -> Iterator[Fate]:
        owner = self.program.owner_class(scope)
        if owner is None:
            return
        for base in sorted(self.resolver.all_outside_bases(owner)):
            for timer in self.execution.catalog.timer_base(base):
                if timer.callback.how == "override" and self.program.facts(scope).name in timer.callback.names:
                    yield "quiet" if timer.kind == "spawn" and timer.process != "other" else "loud"

    def _around(self, scope: ScopeId, op: int, call: m.Call) -> m.Call | None:
        """The call that is given the result of a call straight away."""
        for top in w.expressions(self.program.facts(scope).ops[op].action):
            for node, parents in w.walk_with_parents(top):
                if node is call and parents and isinstance(parents[-1], m.Call) and parents[-1].func is not call:
                    return parents[-1]
        return None

    def _recurs(self, scope: ScopeId, op: int) -> bool:
        """Whether an operation may run again while the program serves, not merely when it starts."""
        return any(
            context.kind in {"run", "timer", "later", "api", "tested"} or (context.looped and context.kind == "main")
            for context in self.execution.at(scope, op)
        )

    def _is_watched(self, scope: ScopeId, op: int, depth: int = 2) -> bool:
        """Whether the start is repeated when the thread or task has ended: it is guarded by whether that still runs,
        or a callback at the end of it starts the next."""
        facts = self.program.facts(scope)
        asked = [node for condition, _ in guards(facts, op) for node in w.walk(condition)]
        if any(isinstance(n, m.Attr) and n.name in _LIVENESS for n in asked) and self._recurs(scope, op):
            return True
        for later in facts.ops:
            if any(isinstance(call.func, m.Attr) and call.func.name in _AFTERWARDS for call in w.calls(later.action)):
                if self._calls_into(scope, later, scope):
                    return True
        if not depth:
            return False
        return any(
            site.op >= 0 and self._is_watched(site.scope, site.op, depth - 1) for site in self.flow.live_calls(scope)
        )
