"""Sweepers that are started and lost again: the error of the start swallowed, the task dropped, the event loop over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.dataflow.handles import Variable
from unbounded_lint.link.dataflow.values import ExternalResult
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.program.blocks import frames_of, loops_around, ops_in, parts_of, types_caught
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.callgraph import STEPS, Edge, explored
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import sweeping_timers

_CAUGHT = frozenset({"RuntimeError", "Exception", "BaseException"})
_CLOSING_RUNNERS = frozenset({"asyncio.run", "asyncio.runners.run", "anyio.run"})
_SUPPRESS = frozenset({"contextlib.suppress"})
_LOOP_NOW = frozenset({"asyncio.get_running_loop", "asyncio.events.get_running_loop"})
_NEED_LOOP = frozenset({"asyncio.create_task", "asyncio.tasks.create_task"})
_WAKERS = frozenset(
    f"asyncio.{name}"
    for name in ("Event", "Queue", "LifoQueue", "PriorityQueue", "Condition", "Semaphore", "Future", "Barrier")
)
_WAITS = frozenset({"wait", "get", "acquire", "join"})
_PASSIVE = _WAITS | {"is_set", "clear", "empty", "full", "qsize", "locked", "done", "get_nowait", "maxsize"}
"""What can be done to something without ending a wait for it."""


@dataclass(frozen=True, slots=True)
class Loss:
    """How a sweeper gets lost.

    kind        swallowed (the start fails at import, and nothing tells), dropped (nothing keeps its task), short (its
                event loop is closed at once)
    scope, op   where that happens: the operation whose error is swallowed, the start, the run of the event loop
    sweeper     the function that the timer runs again and again
    confidence  low for a dropped task that the event loop's timers hold while it sleeps
    """

    kind: Literal["swallowed", "dropped", "short"]
    scope: ScopeId
    op: int
    sweeper: ScopeId
    confidence: Confidence


class _Path(NamedTuple):
    """A way up from a start.

    sweeper    the function that runs again and again
    needs      the start raises where no event loop runs, and only plain calls of plain functions led here
    swallowed  the operation whose error is swallowed
    brief      nothing is waited for behind the start, so that a loop that runs it ends at once
    """

    edge: Edge
    sweeper: ScopeId
    needs: bool = False
    swallowed: Place | None = None
    brief: bool = False


class LosableSweepers(Question):
    """Answers for containers that a timer sweeps whether every start of the sweeper is lost."""

    def of(self, container: Container) -> Loss | None:
        """The loss that ends every way to start a sweeper; None if one sweeper is kept, or nothing is known."""
        if not container.has_sweeper:
            return None
        begun: list[_Path] = []
        for timer in sweeping_timers(container.removals, self.execution):
            armed = self.graph.armed(timer)
            if not armed or (timer.timer == "loop" and self.execution.begins(timer.root[0])):
                return None
            begun += [self._at(edge, _Path(edge, timer.root[0], self._needs_loop(edge))) for edge in armed]
        found: list[Loss] = []
        for number, path in enumerate(explored(begun, self._further)):
            loss = self._loss(path)
            if loss is not None:
                found.append(loss)
            elif number > STEPS or self.execution.begins(path.edge.scope):
                return None
        return min(found, key=lambda loss: loss.confidence.rank, default=None)

    # --- steps ---

    def _further(self, path: _Path) -> Iterator[_Path]:
        if self._loss(path) is None:
            yield from (self._at(edge, path) for edge in self.graph.starts(path.edge.scope))

    def _at(self, edge: Edge, below: _Path) -> _Path:
        facts = self.program.facts(edge.scope)
        plain = edge.call is not None and edge.timer is None
        needs = not facts.is_async and (below.needs if plain else self._needs_loop(edge))
        swallowed = below.swallowed
        if needs and swallowed is None and self._is_swallowed(edge, facts):
            swallowed = edge.place
        brief = (below.brief or _makes_task(edge)) and (not facts.is_async or self._is_brief(edge, facts))
        return _Path(edge, below.sweeper, needs, swallowed, brief)

    def _loss(self, path: _Path) -> Loss | None:
        edge = path.edge
        if edge.scope.index == 0 and path.needs and path.swallowed is not None:
            return Loss("swallowed", *path.swallowed, path.sweeper, Confidence.HIGH)
        if path.brief and edge.handed is not None and self._is_one_of(_CLOSING_RUNNERS, edge.handed.func, edge.scope):
            return Loss("short", *edge.place, path.sweeper, Confidence.HIGH)
        if self._is_dropped(edge):
            level = Confidence.MEDIUM if self._waits_unheld(path.sweeper) else Confidence.LOW
            return Loss("dropped", *edge.place, path.sweeper, level)
        return None

    # --- a start that raises ---

    def _needs_loop(self, edge: Edge) -> bool:
        """Whether a start raises RuntimeError where no event loop runs."""
        func = edge.handed.func if edge.handed is not None else None
        if func is not None and self._is_one_of(_NEED_LOOP, func, edge.scope):
            return True
        values = self.resolver.values(func.base, edge.scope) if isinstance(func, m.Attr) else frozenset()
        return bool(values) and all(isinstance(v, ExternalResult) and v.name in _LOOP_NOW for v in values)

    def _is_swallowed(self, edge: Edge, facts: m.Scope) -> bool:
        """Whether an operation stands in a `try` whose handler goes on, or in a `suppress`."""
        for index in frames_of(facts, edge.op):
            frame = facts.frames[index]
            if frame.kind == "with" and isinstance(frame.head, m.Call):
                is_suppress = self._is_one_of(_SUPPRESS, frame.head.func, edge.scope)
                if is_suppress and any(self._catches(a.value, edge.scope) for a in frame.head.args):
                    return True
            if frame.kind == "try":
                for handler in parts_of(facts, index, "except"):
                    if self._catches(facts.frames[handler].head, edge.scope):
                        return not any(isinstance(op.action, m.Raise) for _, op in ops_in(facts, handler))
        return False

    def _catches(self, head: m.Expr | None, scope: ScopeId) -> bool:
        return any(part is None or self._is_one_of(_CAUGHT, part, scope) for part in types_caught(head))

    def _is_one_of(self, names: frozenset[str], expr: m.Expr, scope: ScopeId) -> bool:
        return not names.isdisjoint(self.resolver.names(expr, scope))

    # --- a task that nothing keeps ---

    def _is_dropped(self, edge: Edge) -> bool:
        """Whether a start is a statement of its own, and the framework keeps no reference either."""
        if not _makes_task(edge):
            return False
        action = self.program.op(edge.site).action
        return isinstance(action, m.Eval) and action.role == "statement" and action.value is edge.handed

    def _waits_unheld(self, sweeper: ScopeId) -> bool:
        """Whether a coroutine waits, without a time limit, for something that only itself refers to."""
        nodes = (node for op in self.program.facts(sweeper).ops for node in w.nodes(op.action))
        names = (_waited_for(node.value) for node in nodes if isinstance(node, m.Await))
        return any(name is not None and self._is_own(name, sweeper) for name in names)

    def _is_own(self, name: str, scope: ScopeId) -> bool:
        """Whether a name stands for something to wait for that is made here, goes nowhere else and is never set."""
        bound = self.program.only(scope, name)
        if bound is None or bound.kind != "value" or not isinstance(bound.expr, m.Call):
            return False
        func = bound.expr.func
        if not self._is_one_of(_WAKERS, func, scope) and w.last_name(func) != "create_future":
            return False
        return all(
            use.site.scope == scope
            and (isinstance(use.outer, m.Await) or (isinstance(use.outer, m.Attr) and use.outer.name in _PASSIVE))
            for use in self.flow.uses(Variable(scope, name))
            if use.kind != "rebound"
        )

    # --- a loop that ends ---

    def _is_brief(self, edge: Edge, facts: m.Scope) -> bool:
        """Whether a coroutine waits for nothing behind an operation, nor by the operation but for what it calls."""
        later = facts.ops[edge.op + 1 :]
        frames = (*frames_of(facts, edge.op), *(op.frame for op in later))
        if loops_around(facts, edge.op) or any(facts.frames[frame].is_async for frame in frames):
            return False
        if edge.timer is not None and any(isinstance(parent, m.Await) for parent in edge.site.parents):
            return False
        return not any(isinstance(node, m.Await | m.Yield) for op in later for node in w.nodes(op.action))


def _makes_task(edge: Edge) -> bool:
    """Whether a start makes a task that the event loop keeps no reference to."""
    timer = edge.timer
    return timer is not None and timer.kind == "spawn" and timer.context == "loop" and not timer.keeps_reference


def _waited_for(expr: m.Expr) -> str | None:
    """The name in `await name` or `await name.wait()`."""
    match expr:
        case m.Name(id=name):
            return name
        case m.Call(func=m.Attr(base=m.Name(id=name), name=method)) if method in _WAITS:
            return name
    return None
