"""Sweepers that stop when one container is empty although they sweep another one too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.finding import Confidence
from unbounded_lint.link.dataflow.handles import Attribute, Handle, Variable
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.program.blocks import evaluated_at, guards, loops_around, ops_in
from unbounded_lint.link.program.program import ScopeId, Site
from unbounded_lint.link.program.truth import straight
from unbounded_lint.link.runs.callers import exclude
from unbounded_lint.link.runs.context import Context
from unbounded_lint.link.runs.timer_starts import Edge
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Moment, sweeping_timers

_STOPPING = frozenset({"cancel", "stop", "shutdown", "kill", "unschedule", "remove", "pause"})
_FLAGS = frozenset({"wait", "is_set", "isSet"})
_EMPTY = frozenset({("==", "0"), ("<", "1"), ("<=", "0")})
_FILLED = frozenset({(">", "0"), ("!=", "0"), (">=", "1")})
_ELSEWHERE: frozenset[Moment] = frozenset({"later", "capacity", "insert", "guaranteed"})
_DEPTH = 3


@dataclass(frozen=True)
class Stop:
    """Where a sweeper stops on the emptiness of other containers (their symbols), and where it was started."""

    scope: ScopeId
    op: int
    asked: tuple[str, ...]
    timer: tuple[ScopeId, int]
    confidence: Confidence


class EarlySweeperStops(Question):
    """Answers for a container whether all that sweeps it stops for the sake of other containers."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self._symbols = {id(a.site.node): (c.symbol, c.holder.name) for c in linked.containers for a in c.accesses}

    def of(self, container: Container) -> Stop | None:
        """Where the last sweeper of a container stops too early; None if any sweeper goes on, or may."""
        removals = [r for r in container.removals if r.when == "timer"]
        if container.verdict.name != "swept" or any(r.when in _ELSEWHERE for r in container.removals):
            return None
        # what is removed under the keys of another container goes with it
        if not any(r.extent in {"sweep", "all"} for r in removals) or any(r.access.handed for r in removals):
            return None
        found: list[Stop] = []
        timers = sweeping_timers(removals, self.execution)
        for timer in timers:
            stop = self._stop(timer, container.symbol)
            if stop is None or self._is_started_again(timer, container):
                return None
            found.append(stop)
        return found[0] if found else None

    def _stop(self, timer: Context, symbol: str) -> Stop | None:
        armed = self.linked.ways.armed(timer)
        if not armed:
            return None
        exits = self._loop_exits(timer) if timer.timer == "loop" else self._ends_of_rearming(timer)
        for scope, op, asked in exits:
            if asked and symbol not in asked:
                return Stop(scope, op, tuple(sorted(asked)), timer.root, Confidence.HIGH)
        for scope, op, asked in self._cancelled(timer, armed):
            if asked and symbol not in asked:
                return Stop(scope, op, tuple(sorted(asked)), timer.root, Confidence.MEDIUM)
        return None

    # --- what stops ---

    def _loop_exits(self, timer: Context) -> Iterator[tuple[ScopeId, int, frozenset[str]]]:
        """The ways out of a timed loop that hang on the emptiness of containers alone."""
        scope, op = timer.root
        facts = self.program.facts(scope)
        loop = self.execution.loops.timed(scope, op)
        if loop is None:
            return
        frame = facts.frames[loop]
        if frame.kind == "while" and frame.head is not None:
            asked = self._emptiness(frame.head, False, scope)
            if asked:
                yield scope, max(frame.op - 1, 0), asked
        outside = set(guards(facts, max(frame.op - 1, 0)))
        for index, each in ops_in(facts, loop):
            innermost = next(iter(loops_around(facts, index)), None)
            if isinstance(each.action, m.Return) or (isinstance(each.action, m.Break) and innermost == loop):
                inner = [(e, t) for e, t in guards(facts, index) if (e, t) not in outside and e is not frame.head]
                asked = self._all_empty(inner, scope)
                if asked:
                    yield scope, index, asked

    def _all_empty(self, conditions: list[tuple[m.Expr, bool]], scope: ScopeId) -> frozenset[str]:
        """The containers that must be empty; none if anything else is asked as well."""
        found: frozenset[str] = frozenset()
        for expr, truth in conditions:
            asked = self._emptiness(expr, truth, scope)
            if asked is None:
                return frozenset()
            found |= asked
        return found

    def _ends_of_rearming(self, timer: Context) -> Iterator[tuple[ScopeId, int, frozenset[str]]]:
        """A one-shot timer that arms itself again only while containers hold something."""
        arming, _ = timer.root
        for tick in self._ticks(timer):
            lines = list(self._lines(tick, arming, _DEPTH))
            stops = [self._stop_of_line(line) for line in lines]
            if lines and all(stop is not None for stop in stops):
                yield from (stop for stop in stops if stop is not None)

    def _ticks(self, timer: Context) -> list[ScopeId]:
        scope, op = timer.root
        found: list[ScopeId] = []
        for call in self.program.calls_at(scope, op):
            if self.execution.timers.of(call, scope):
                for argument in call.args:
                    found += self.resolver.functions(argument.value, scope)
        return sorted(found)

    def _lines(self, scope: ScopeId, arming: ScopeId, depth: int) -> Iterator[tuple[tuple[ScopeId, int], ...]]:
        """The chains of calls from a tick to the function that arms its timer."""
        if not depth:
            return
        for callee in sorted(self.linked.callers.above(arming)):
            for user, op in self.linked.callers.direct(callee):
                if user != scope:
                    continue
                if callee == arming:
                    yield ((scope, op),)
                elif callee != scope:
                    yield from (((scope, op), *rest) for rest in self._lines(callee, arming, depth - 1))

    def _stop_of_line(self, line: tuple[tuple[ScopeId, int], ...]) -> tuple[ScopeId, int, frozenset[str]] | None:
        for scope, op in line:
            facts = self.program.facts(scope)
            for expr, truth in guards(facts, op):
                asked = self._emptiness(expr, not truth, scope)
                if asked:
                    return scope, evaluated_at(facts, expr, op), asked
        return None

    # --- what is stopped from outside ---

    def _cancelled(self, timer: Context, armed: tuple[Edge, ...]) -> Iterator[tuple[ScopeId, int, frozenset[str]]]:
        for scope, op in dict.fromkeys((*self._by_handle(armed), *self._by_flag(timer))):
            if not self.program.is_test(scope):
                yield from self._asked_above(scope, op, _DEPTH)

    def _by_handle(self, armed: tuple[Edge, ...]) -> Iterator[tuple[ScopeId, int]]:
        """`handle.cancel()`."""
        for edge in armed:
            scope, op = edge.made or (edge.scope, edge.op)
            facts = self.program.facts(scope)
            for top in w.expressions(facts.ops[op].action) if 0 <= op < len(facts.ops) else ():
                for node, parents in w.walk_with_parents(top):
                    if node is not edge.handed:
                        continue
                    for use in self.flow.site_uses(Site(scope, op, node, parents)):
                        if use.kind == "member" and isinstance(use.outer, m.Attr) and use.outer.name in _STOPPING:
                            yield use.site.scope, use.site.op

    def _by_flag(self, timer: Context) -> Iterator[tuple[ScopeId, int]]:
        """`self._stopped.set()` and `self._running = False`, where the loop asks for them."""
        scope, op = timer.root
        loop = self.execution.loops.timed(scope, op) if timer.timer == "loop" else None
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
            if isinstance(flag, m.Name) and (owner := self.resolver.owner(flag.id, scope)) is not None:
                yield Variable(owner, flag.id)
            elif isinstance(flag, m.Attr):
                yield from (Attribute(cls, flag.name) for cls in self.resolver.classes(flag.base, scope))

    def _asked_above(self, scope: ScopeId, op: int, depth: int) -> Iterator[tuple[ScopeId, int, frozenset[str]]]:
        """The emptiness on which a call of a stopping function hangs, and nothing else."""
        conditions = list(guards(self.program.facts(scope), op))
        asked = [self._emptiness(expr, truth, scope) for expr, truth in conditions]
        if any(each is None for each in asked):
            return
        empty = frozenset(symbol for each in asked if each is not None for symbol in each)
        if empty:
            yield scope, op, empty
        elif depth and scope.index:
            for site in self.flow.live_calls(scope):
                yield from self._asked_above(site.scope, site.op, depth - 1)

    # --- emptiness ---

    def _emptiness(self, expr: m.Expr, truth: bool, scope: ScopeId, depth: int = 2) -> frozenset[str] | None:
        """The containers whose emptiness gives a condition that truth; None for a condition about anything else.

        A question about a handle (`timer is not None`) asks for no container.
        """
        expr, truth = straight(expr, truth)
        match expr:
            case m.BoolOp(items=items):
                parts = [self._item_emptiness(item, expr, truth, scope, depth) for item in items]
                return None if None in parts else frozenset(s for part in parts if part is not None for s in part)
            case m.Compare(left=left, ops=(op,), items=(m.Const(kind=kind, value=value),)):
                if kind == "none":
                    return frozenset() if id(left) not in self._symbols else None
                size = (op, value) in (_EMPTY if truth else _FILLED)
                return self._sized(left) if size else None
            case m.Call(func=m.Name(id="len" | "bool" | "any"), args=(only,)):
                return self._sized(only.value) if not truth else None
            case m.Call(args=()):
                return self._told(expr, truth, scope, depth)
            case m.Const():
                return frozenset()
        return self._known(expr) if not truth else None

    def _known(self, expr: m.Expr) -> frozenset[str] | None:
        known = self._symbols.get(id(expr))
        return frozenset({known[0]}) if known is not None else None

    def _item_emptiness(
        self, item: m.Expr, whole: m.Expr, truth: bool, scope: ScopeId, depth: int
    ) -> frozenset[str] | None:
        """One part of a chain; the trace of a container may have kept the chain as a whole."""
        known = self._symbols.get(id(whole))
        if known is not None and w.last_name(item) == known[1]:
            return self._known(whole) if not truth else None
        return self._emptiness(item, truth, scope, depth)

    def _sized(self, expr: m.Expr) -> frozenset[str] | None:
        if isinstance(expr, m.Call) and expr.func == m.Name("len") and expr.args:
            expr = expr.args[0].value
        return self._known(expr)

    def _told(self, call: m.Call, truth: bool, scope: ScopeId, depth: int) -> frozenset[str] | None:
        """A function of the project that only says whether something is empty."""
        functions = self.resolver.functions(call.func, scope) if depth else ()
        if len(functions) != 1:
            return None
        facts = self.program.facts(functions[0])
        answers = [op.action.value for op in facts.ops if isinstance(op.action, m.Return)]
        if len(answers) != 1 or answers[0] is None:
            return None
        return self._emptiness(answers[0], truth, functions[0], depth - 1)

    # --- what starts again ---

    def _is_started_again(self, timer: Context, container: Container) -> bool:
        """Whether some insert starts the sweeper: in its function, or beside a call of it."""
        starts = {(edge.scope, edge.op) for edge in self.linked.ways.armed(timer)} | {timer.root}
        return any(
            self._comes_with((insert.access.scope, insert.access.op), start)
            for insert in container.inserts
            for start in sorted(starts)
        )

    def _comes_with(self, insert: tuple[ScopeId, int], start: tuple[ScopeId, int]) -> bool:
        for scope in sorted(self.linked.callers.above(insert[0]) & self.linked.callers.above(start[0])):
            facts = self.program.facts(scope)
            for one in self.linked.callers.leading(scope, *insert):
                for other in self.linked.callers.leading(scope, *start):
                    if exclude(facts, one, other) or max(one, other) >= len(facts.ops) or min(one, other) < 0:
                        continue
                    if loops_around(facts, one) == loops_around(facts, other):
                        return True
        return False
