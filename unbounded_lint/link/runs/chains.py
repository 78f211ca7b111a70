"""The calls that lead from where code begins to run to a function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.callgraph import Edge
from unbounded_lint.link.runs.context import Context, ContextKind, Step
from unbounded_lint.link.runs.execution import RunQuery

LOOKED_AT = 1000
"""How many functions above one are looked at; of a way that begins behind them only the beginning is told."""

_TIMED: frozenset[ContextKind] = frozenset({"timer", "later", "unstarted", "other-process"})

Role: TypeAlias = Literal["call", "timer", "idle timer", "unstarted", "begin"]
"""What an operation does: it calls the next function, or the like; it starts a timer that runs it; it would, but is
never come to; it makes one that nothing starts; or it is the beginning of a way of which the rest is too far away."""


class Link(NamedTuple):
    """An operation that leads to the next function."""

    place: Place
    role: Role


class Chains(RunQuery):
    """Follows ways of running, each along as few calls as possible."""

    def to(self, scope: ScopeId, context: Context) -> tuple[Link, ...]:
        """What leads to a function, from where a way of running begins: none where it begins in the function itself.
        What a timer runs begins where that is started, with what leads there."""
        chain = self._calls(scope, context.root[0])
        if context.kind not in _TIMED:
            return chain
        armed = next(iter(self.graph.armed(context)), None)
        if armed is None:
            return (Link(chain[0].place, self._role(context, None)), *chain[1:]) if chain else ()
        rest = chain[1:] if chain and chain[0].place[0] == armed.root[0] else chain
        return (*self._to_start(armed.place), Link(armed.place, self._role(context, armed)), *rest)

    def _role(self, context: Context, armed: Edge | None) -> Role:
        """What an operation does that starts a timer, or should."""
        if context.kind != "unstarted":
            return "timer"
        if armed is not None and armed.timer is not None and armed.made is not None:
            return "idle timer" if self.graph.timers.is_started(armed.timer, armed.made) else "unstarted"
        return "idle timer"

    def _to_start(self, start: Place) -> tuple[Link, ...]:
        """What leads to the start of a timer, on the way that begins nearest; not from the timer itself, which may arm
        itself again."""
        contexts = sorted(self.execution.at(*start), key=lambda context: (context.sort, context.begin))
        begun = [context for context in contexts if context.kind not in _TIMED]
        return min((self._calls(start[0], context.root[0]) for context in begun or contexts), key=len, default=())

    def _calls(self, scope: ScopeId, above: ScopeId) -> tuple[Link, ...]:
        if above == scope:
            return ()
        return self._from_above(scope).get(above, (Link((above, -1), "begin"),))

    @kept
    def _from_above(self, scope: ScopeId) -> Mapping[ScopeId, tuple[Link, ...]]:
        """What leads to a scope from each where one of its ways begins that is not too far away."""
        found: dict[ScopeId, Place] = {}
        begins = {context.root[0] for context in self.execution.contexts(scope)} - {scope}
        queue, sought = [scope], set(begins)
        for below in queue:
            if not sought or len(queue) > LOOKED_AT:
                break
            for above, op in self._above(below):
                if above != scope and above not in found:
                    found[above] = (below, op)
                    queue.append(above)
                    sought.discard(above)
        return {begin: tuple(_followed(begin, scope, found)) for begin in begins - sought}

    def _above(self, scope: ScopeId) -> Iterator[Place]:
        parent, edges = self.program.parent(scope), self.graph.edges(scope)
        if parent is not None and self.program.facts(scope).kind == "class":
            yield parent, self.program.of(scope).defined_at(scope.index)
        elif parent is not None and not edges:
            around = self.graph.outside.of(scope)
            if isinstance(around, Step):
                yield around.scope, -1
        yield from (edge.root for edge in edges)


def _followed(begin: ScopeId, scope: ScopeId, found: Mapping[ScopeId, Place]) -> Iterator[Link]:
    """What leads from one scope to another: `found` has for each the next one below it, with the operation."""
    at = begin
    while at != scope:
        below, op = found[at]
        yield Link((at, op), "call")
        at = below
