"""How a run comes to an insert or a removal: from where it begins, over the calls on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from unbounded_lint.catalog.load import DECLARED
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.callgraph import STEPS
from unbounded_lint.link.runs.context import Context
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.verdicts.evidence import RUNS, Evidences
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.removals import Removal

_CALLING = frozenset({"call", "dispatch", "forward"})
"""The edges that are steps on a way, and not where it begins."""

TIMED = ("timer", "later", "unstarted", "other-process")
"""The contexts of which the first among these tells most about a removal."""

_After: TypeAlias = dict[ScopeId, "tuple[Place, ScopeId] | None"]
"""Function -> the call that leads on from it, and the function that this runs; None for where the way ends."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One way to an operation.

    run      when it begins, as in `Evidence.runs`, or the kind of its context for a timer
    begin    where it begins: a hand-over, a wiring, a loop; the function itself where something outside calls it
    starts   where its timer is started, if that is elsewhere
    first    the function that runs first
    calls    the calls from there to the operation, in their order, each with the function that it runs
    timer    the catalogue's name of what runs it, empty where the project declares that something does
    """

    run: str
    begin: Place
    starts: tuple[Place, ...]
    first: ScopeId
    calls: tuple[tuple[Place, ScopeId], ...]
    timer: str


class Journeys(RunQuery):
    """Answers on which way an operation is come to; the shortest, where there are several."""

    def __init__(self, flow: Flow, execution: Execution, evidences: Evidences) -> None:
        super().__init__(flow, execution)
        self._evidences = evidences

    def to_insert(self, insert: Insert) -> Journey | None:
        """The most telling way to an insert."""
        ways = [(RUNS.index(run), context) for context in insert.contexts if (run := self._evidences.run_of(context))]
        if not ways:
            return None
        rank, context = min(ways, key=lambda way: (way[0], way[1].guess, way[1].begin))
        return self._journey(RUNS[rank], context, insert.access.scope)

    def to_removal(self, removal: Removal) -> Journey | None:
        """The way by which a timer comes to a removal, be it one that never starts; None where none does."""
        timed = [context for context in removal.contexts if context.kind in TIMED]
        if not timed:
            return None
        context = min(timed, key=lambda each: (TIMED.index(each.kind), each.begin))
        return self._journey(context.kind, context, removal.access.scope)

    def _journey(self, run: str, context: Context, scope: ScopeId) -> Journey:
        first, calls = self._way(context, scope)
        begin = (first, -1) if context.root == (first, 0) and context.timer != "loop" else context.root
        starts = tuple(dict.fromkeys(edge.place for edge in self.graph.armed(context) if edge.place != begin))
        timer = "" if context.timer == DECLARED else context.timer
        return Journey(run, begin, starts, first, tuple(call for call in calls if call[0] != begin), timer)

    def _way(self, context: Context, scope: ScopeId) -> tuple[ScopeId, tuple[tuple[Place, ScopeId], ...]]:
        """The function that runs first, and the calls from it to a function."""
        after: _After = {scope: None}
        queue = [scope]
        for at in queue:
            begun = next((edge for edge in self.graph.edges(at) if edge.root == context.root), None)
            if begun is not None and begun.kind in _CALLING:
                return context.root[0], ((context.root, at), *_followed(after, at))
            if begun is not None or at in (context.root[0], context.target):
                return at, tuple(_followed(after, at))
            for edge in self.graph.edges(at):
                caller = edge.root[0]
                if caller not in after and len(after) < STEPS:
                    after[caller] = (edge.root, at)
                    queue.append(caller)
        return scope, ()


def _followed(after: _After, scope: ScopeId) -> Iterator[tuple[Place, ScopeId]]:
    """The calls that lead down from a function."""
    step = after[scope]
    while step is not None:
        yield step
        step = after[step[1]]
