"""Which operations the endless loops of a program come to, once for each event."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.link.program.blocks import loops_around
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.callgraph import CallGraph, Roots, explored
from unbounded_lint.link.runs.loops import Loops

_CLIMBS = 40
"""How many callers above an operation are asked for the loop that comes to it."""


class EventLoops:
    """Finds the loop above an operation. Memoised."""

    def __init__(self, graph: CallGraph, roots: Roots, loops: Loops) -> None:
        self.graph = graph
        self.roots = roots
        self.loops = loops

    @kept
    def come_to(self, scope: ScopeId, op: int) -> bool:
        """Whether a loop without an end of its own comes to an operation: what is called there is called once for each
        event, however long the loop waits for one."""
        return self.roots.is_live(scope) and any(
            self.loops.is_endless(at, frame)
            for at, inner in explored([(scope, op)], self._callers, _CLIMBS)
            for frame in loops_around(self.graph.program.facts(at), inner)
        )

    def _callers(self, place: Place) -> Iterator[Place]:
        return (edge.place for edge in self.graph.edges(place[0]) if edge.kind in {"call", "spawn"})
