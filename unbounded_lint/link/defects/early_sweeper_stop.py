"""Sweepers that stop when one container is empty although they sweep another one too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.handles import Handle
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.program.blocks import evaluated_at, guards, loops_around, ops_in
from unbounded_lint.link.program.kept import grouped, kept, listed
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.program.truth import straight
from unbounded_lint.link.runs.callgraph import Edge, explored
from unbounded_lint.link.runs.context import Context
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Moment, sweeping_timers

_STOPPING = frozenset({"cancel", "stop", "shutdown", "kill", "unschedule", "remove", "pause"})
_FLAGS = frozenset({"wait", "is_set", "isSet"})
_EMPTY = frozenset({("==", "0"), ("<", "1"), ("<=", "0")})
_FILLED = frozenset({(">", "0"), ("!=", "0"), (">=", "1")})
_ELSEWHERE: frozenset[Moment] = frozenset({"later", "capacity", "insert", "guaranteed"})

_Exit: TypeAlias = tuple[ScopeId, int, frozenset[str]]
"""Where something stops as containers are empty, and which ones."""


@dataclass(frozen=True)
class Stop:
    """Where a sweeper stops on the emptiness of other containers (their symbols), and where it was started."""

    scope: ScopeId
    op: int
    asked: tuple[str, ...]
    timer: Place
    confidence: Confidence


class EarlySweeperStops(Question):
    """Answers for a container whether all that sweeps it stops for the sake of other containers."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self._symbols = {id(part): c.symbol for c in linked.containers for a in c.accesses for part in _parts(a, c)}

    def of(self, container: Container) -> Stop | None:
        """Where the last sweeper of a container stops too early; None if any sweeper goes on, or may."""
        removals = [r for r in container.removals if r.when == "timer"]
        if not container.has_sweeper or any(r.when in _ELSEWHERE for r in container.removals):
            return None
        # what is removed under the keys of another container goes with it
        if not any(r.extent in {"sweep", "all"} for r in removals) or any(r.access.handed for r in removals):
            return None
        timers, stops = sweeping_timers(removals, self.execution), []
        for timer in timers:
            stop = self._stop(timer, container.symbol)
            if stop is None:
                return None
            stops.append(stop)
        return None if any(self._is_started_again(timer, container) for timer in timers) else next(iter(stops), None)

    def _stop(self, timer: Context, symbol: str) -> Stop | None:
        armed = self.graph.armed(timer)
        if not armed:
            return None
        loop = self.execution.loops.timed(*timer.root) if timer.timer == "loop" else None
        arming, tick = timer.root[0], timer.target or timer.root[0]
        own = self._ends_of_rearming(arming, tick) if loop is None else self._loop_exits(arming, loop)
        for confidence, exits in ((Confidence.HIGH, own), (Confidence.MEDIUM, self._cancelled(timer, armed))):
            for scope, op, asked in exits:
                if asked and symbol not in asked:
                    return Stop(scope, op, tuple(sorted(asked)), timer.root, confidence)
        return None

    # --- what stops ---

    @listed
    def _loop_exits(self, scope: ScopeId, loop: int) -> Iterator[_Exit]:
        """The ways out of a timed loop that hang on the emptiness of containers alone."""
        facts = self.program.facts(scope)
        frame, before = facts.frames[loop], max(facts.frames[loop].op - 1, 0)
        if frame.kind == "while" and frame.head is not None and (asked := self._emptiness(frame.head, False, scope)):
            yield scope, before, asked
        outside = {*guards(facts, before), (frame.head, True)}
        for index, each in ops_in(facts, loop):
            ends = isinstance(each.action, m.Break) and loops_around(facts, index)[0] == loop
            if ends or isinstance(each.action, m.Return):
                inner = [condition for condition in guards(facts, index) if condition not in outside]
                if asked := self._all_empty(inner, scope):
                    yield scope, index, asked

    def _all_empty(
        self, conditions: Iterable[tuple[m.Expr, bool]], scope: ScopeId, depth: int = 2
    ) -> frozenset[str] | None:
        """The containers that must be empty for conditions to hold; None if anything else is asked as well."""
        found: frozenset[str] = frozenset()
        for expr, truth in conditions:
            asked = self._emptiness(expr, truth, scope, depth)
            if asked is None:
                return None
            found |= asked
        return found

    @kept
    def _ends_of_rearming(self, arming: ScopeId, tick: ScopeId) -> Sequence[_Exit]:
        """A one-shot timer that arms itself again only while containers hold something."""

        between = self._between(tick, arming)

        def calls(scope: ScopeId) -> Iterator[Place]:
            return (place for place in self.graph.callers(scope) if place[0] in between)

        def further(place: Place) -> Iterable[Place]:
            return calls(place[0]) if place[0] != tick and self._stop_at(place) is None else ()

        places = list(explored(calls(arming), further))
        stops = {place: self._stop_at(place) for place in places}
        if any(stop is None and scope == tick for (scope, _), stop in stops.items()):
            return []
        return [stop for stop in stops.values() if stop is not None]

    def _between(self, tick: ScopeId, arming: ScopeId) -> frozenset[ScopeId]:
        """The functions to which a tick leads and from which the one that arms the timer is reached."""
        above = self.graph.above(arming)
        if tick not in above:
            return frozenset()
        users = ((user, scope) for scope in above for user, _ in self.graph.callers(scope) if user in above)
        below = grouped(users)
        return frozenset(explored([tick], lambda scope: below.get(scope, ())))

    def _stop_at(self, place: Place) -> _Exit | None:
        """The condition under which an operation is left out as containers are empty."""
        scope, op = place
        facts = self.program.facts(scope)
        for expr, truth in guards(facts, op):
            asked = self._emptiness(expr, not truth, scope)
            if asked:
                return scope, evaluated_at(facts, expr, op), asked
        return None

    # --- what is stopped from outside ---

    def _cancelled(self, timer: Context, armed: tuple[Edge, ...]) -> Iterator[_Exit]:
        """The calls of what stops a sweeper that hang on the emptiness of containers, and on nothing else."""
        stopping = (*self._by_handle(armed), *self._by_flag(timer))

        def further(place: Place) -> tuple[Place, ...]:
            return self.graph.callers(place[0]) if self._asked_at(place) == frozenset() else ()

        for place in explored(stopping, further):
            asked = self._asked_at(place)
            if asked:
                yield *place, asked

    def _asked_at(self, place: Place) -> frozenset[str] | None:
        return self._all_empty(guards(self.program.facts(place[0]), place[1]), place[0])

    def _by_handle(self, armed: tuple[Edge, ...]) -> Iterator[Place]:
        """`handle.cancel()`."""
        for edge in armed:
            for use in self.flow.site_uses(edge.made) if edge.made is not None else ():
                if use.kind == "member" and isinstance(use.outer, m.Attr) and use.outer.name in _STOPPING:
                    yield use.site.scope, use.site.op

    def _by_flag(self, timer: Context) -> Iterator[Place]:
        """`self._stopped.set()` and `self._running = False`, where the loop asks for them."""
        scope, op = timer.root
        loop = self.execution.loops.timed(scope, op)
        head = self.program.facts(scope).frames[loop].head if loop is not None else None
        for handle in self._handles(head, scope):
            for use in self.flow.uses(handle):
                action = self.program.op(use.site).action
                sets = use.kind == "member" and isinstance(use.outer, m.Attr) and use.outer.name in {"set", "clear"}
                falls = use.kind == "rebound" and isinstance(action, m.Assign) and isinstance(action.value, m.Const)
                if sets or falls:
                    yield use.site.scope, use.site.op

    def _handles(self, head: m.Expr | None, scope: ScopeId) -> Iterator[Handle]:
        for node in w.walk(head) if head is not None else ():
            flag = node.base if isinstance(node, m.Attr) and node.name in _FLAGS else node
            yield from self.resolver.handles(flag, scope)

    # --- emptiness ---

    def _emptiness(self, expr: m.Expr, truth: bool, scope: ScopeId, depth: int = 2) -> frozenset[str] | None:
        """The containers whose emptiness gives a condition that truth; None for a condition about anything else.

        A question about a handle (`timer is not None`) asks for no container.
        """
        expr, truth = straight(expr, truth)
        match expr:
            case m.BoolOp(items=items):
                return self._all_empty([(item, truth) for item in items], scope, depth)
            case m.Compare(left=left, ops=("is" | "is not",), items=(m.Const(kind="none"),)):
                return None if id(left) in self._symbols else frozenset()
            case m.Compare(left=left, ops=(op,), items=(m.Const(value=value),)):
                sized = left.args[0].value if isinstance(left, m.Call) and len(left.args) == 1 else left
                return self._known(sized) if (op, value) in (_EMPTY if truth else _FILLED) else None
            case m.Call(func=m.Name(id="len" | "bool" | "any"), args=(only,)):
                return None if truth else self._known(only.value)
            case m.Call(args=()):
                return self._told(expr, truth, scope, depth)
            case m.Const():
                return frozenset()
        return None if truth else self._known(expr)

    def _known(self, expr: m.Expr) -> frozenset[str] | None:
        symbol = self._symbols.get(id(expr))
        return None if symbol is None else frozenset({symbol})

    def _told(self, call: m.Call, truth: bool, scope: ScopeId, depth: int) -> frozenset[str] | None:
        """A function of the project that only says whether something is empty."""
        functions = self.resolver.functions(call.func, scope) if depth else ()
        answers = self.program.returned(functions[0]) if len(functions) == 1 else ()
        return self._emptiness(answers[0], truth, functions[0], depth - 1) if len(answers) == 1 else None

    # --- what starts again ---

    def _is_started_again(self, timer: Context, container: Container) -> bool:
        """Whether some insert starts the sweeper: in its function, or beside a call of it."""
        starts = sorted({edge.place for edge in self.graph.armed(timer)} | {timer.root})
        inserts = [(insert.access.scope, insert.access.op) for insert in container.inserts]
        return any(
            loops_around(self.program.facts(scope), one) == loops_around(self.program.facts(scope), other)
            for insert, start in product(inserts, starts)
            for scope, one, other in self.graph.common_runs(insert, start)
        )


def _parts(access: Access, container: Container) -> Iterator[m.Expr]:
    """What stands for a container: of a chain, which the trace keeps as a whole, the parts that are written so."""
    if isinstance(access.site.node, m.BoolOp):
        yield from (part for part in w.walk(access.site.node) if w.last_name(part) == container.holder.name)
    else:
        yield access.site.node
