"""The calls that lead from where code begins to run to a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.callgraph import Edge, EdgeKind
from unbounded_lint.link.runs.context import EVERY, Context, ContextKind, Step
from unbounded_lint.link.runs.execution import Execution, RunQuery

LOOKED_AT = 1000
"""How many functions above one are looked at; of a way that begins behind them only the beginning is told."""

_KEPT = 4

TIMED: tuple[ContextKind, ...] = ("timer", "later", "unstarted", "other-process")
"""What is run by a timer, or would be; the surest first."""

_GOING_ON: frozenset[EdgeKind] = frozenset({"call", "dispatch", "forward", "wraps", "escaped"})
"""The edges by which whoever runs an operation comes to the function: no way begins with them."""

Role: TypeAlias = Literal["call", "timer", "idle timer", "unstarted", "begin"]
"""What an operation does: it calls the next function, or the like; it starts a timer that runs it; it would, but is
never come to; it makes one that nothing starts; or it is the beginning of a way of which the rest is too far away."""


class Link(NamedTuple):
    """An operation that leads to the next function."""

    place: Place
    role: Role
    to: ScopeId


class Chain(NamedTuple):
    """One way to a function, along as few calls as possible.

    first   the function that runs first: that a framework, a timer or a user of the project runs
    calls   what leads from there to the function
    start   what hands the first function over or, for a timer, starts that; None where it begins in the function itself
    before  what leads to the start of a timer
    """

    first: ScopeId
    calls: tuple[Link, ...]
    start: Link | None = None
    before: tuple[Link, ...] = ()

    @property
    def links(self) -> tuple[Link, ...]:
        """All of it, in the order of a run."""
        return (*self.before, *(() if self.start is None else (self.start,)), *self.calls)


class _Move(NamedTuple):
    """An operation above a function, with the edge by which it leads there, if that is one."""

    place: Place
    below: ScopeId
    edge: Edge | None

    @property
    def link(self) -> Link:
        return Link(self.place, "call", self.below)


class _Walk:
    """What leads to a function, the nearest first; looked at as far as somebody asks, which changes no answer.

    first  for each function above, the operation of it that is found first; None for the function itself
    """

    def __init__(self, scope: ScopeId, above: Callable[[ScopeId], Iterator[tuple[Place, Edge | None]]]) -> None:
        self.first: dict[ScopeId, _Move | None] = {scope: None}
        self._scope = scope
        self._found: dict[Place, _Move] = {}
        self._further = self._steps(above)

    def _steps(self, above: Callable[[ScopeId], Iterator[tuple[Place, Edge | None]]]) -> Iterator[_Move]:
        queue = [self._scope]
        for at in queue:
            for place, edge in above(at):
                step = _Move(place, at, edge)
                self._found.setdefault(place, step)
                if place[0] not in self.first and len(self.first) < LOOKED_AT:
                    self.first[place[0]] = step
                    queue.append(place[0])
                yield step

    def from_place(self, place: Place) -> _Move | None:
        """What leads from an operation to the function; None where it stands in that, or none of its own leads there,
        as the first operation stands for all of a function."""
        scope, op = place
        while place not in self._found and not (scope in self.first and (op == 0 or scope == self._scope)):
            if next(self._further, None) is None:
                break
        step = self.first.get(scope) if op == 0 else self._found.get(place)
        return step if step is not None and step.place == place and scope != self._scope else None

    def calls(self, scope: ScopeId) -> Iterator[Link]:
        """What leads down from a function, by the first operation of each."""
        step = self.first[scope]
        while step is not None:
            yield step.link
            step = self.first[step.below]


class Chains(RunQuery):
    """Follows ways of running. Deterministic for the same program."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self._walks: dict[ScopeId, _Walk] = {}

    def to(self, scope: ScopeId, context: Context) -> Chain:
        """What leads to a function, from where a way of running begins. What a timer runs begins where that is started,
        with what leads there."""
        chain = self._from_root(scope, context)
        if context.kind not in TIMED:
            return chain
        armed = next(iter(self.graph.armed(context)), None)
        started = armed or chain.start
        if started is None:
            return chain
        start = Link(started.place, self._role(context, started.place, armed), chain.first)
        return chain._replace(start=start, before=self._to_start(start.place))

    def _role(self, context: Context, start: Place, armed: Edge | None) -> Role:
        """What an operation does that starts a timer, or should."""
        if context.kind != "unstarted":
            return "timer"
        timer, made = (armed.timer, armed.made) if armed is not None else (None, None)
        is_lost = timer is not None and made is not None and not self.graph.timers.is_started(timer, made)
        return "idle timer" if not is_lost and self.execution.roots.is_forgotten(start[0]) else "unstarted"

    def _to_start(self, start: Place) -> tuple[Link, ...]:
        """What leads to the start of a timer, on the way that begins nearest; not from the timer itself, which may arm
        itself again."""
        contexts = self.execution.nearest(*start, *EVERY)
        begun = [context for context in contexts if context.kind not in TIMED]
        return min((self._from_root(start[0], each).links for each in begun or contexts), key=len, default=())

    def _from_root(self, scope: ScopeId, context: Context) -> Chain:
        """What leads to a function from the root of a way of running: rather by that very operation than by another
        of the same function."""
        walk, root = self._walk(scope), context.root
        found = walk.from_place(root)
        if found is not None and _hands_over(found.edge, context):
            return Chain(found.below, tuple(walk.calls(found.below)), found.link)
        if found is not None:
            return Chain(root[0], (found.link, *walk.calls(found.below)))
        if root[0] in walk.first:
            return Chain(root[0], tuple(walk.calls(root[0])))
        first = context.target or root[0]
        return Chain(first, (Link((first, -1), "begin", scope),))

    def _walk(self, scope: ScopeId) -> _Walk:
        """Several ways to a function are asked for one after the other, and walks take a good deal of memory: the last
        few are kept."""
        if scope not in self._walks:
            if len(self._walks) >= _KEPT:
                del self._walks[next(iter(self._walks))]
            self._walks[scope] = _Walk(scope, self._above)
        return self._walks[scope]

    def _above(self, scope: ScopeId) -> Iterator[tuple[Place, Edge | None]]:
        """The operations that lead to a function, or what stands around a class or a function that nothing runs."""
        parent, edges = self.program.parent(scope), self.graph.edges(scope)
        if parent is not None and self.program.facts(scope).kind == "class":
            yield (parent, self.program.of(scope).defined_at(scope.index)), None
        elif parent is not None and not edges:
            around = self.graph.outside.of(scope)
            if isinstance(around, Step):
                yield (around.scope, -1), None
        yield from ((edge.root, edge) for edge in edges)


def _hands_over(edge: Edge | None, context: Context) -> bool:
    """Whether a way begins with an edge, rather than with the operation that runs the function by it: a thread is
    started on the way of what starts it, unless it is the thread that waits."""
    if edge is None or edge.kind in _GOING_ON:
        return False
    return edge.kind != "spawn" or context.timer not in {"", "loop"}
