"""How a run comes to an insert or a removal, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbounded_lint.catalog.load import DECLARED
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.chains import TIMED, Chain, Chains, Link
from unbounded_lint.link.runs.context import EVERY, LIVE, Context, ContextKind, Sort
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.evidence import RUNS, Evidences
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.removals import Removal

_IDLE: frozenset[ContextKind] = EVERY - LIVE - {"tested"} | {"exit"}
_AT_WORK = RUNS[: RUNS.index("import")]


@dataclass(frozen=True, slots=True)
class Journey:
    """One way to an operation, with how often it is gone: one of `RUNS` of the evidence, or the kind of what does not
    run while the program is at work."""

    run: str
    context: Context
    chain: Chain

    @property
    def first(self) -> ScopeId:
        """The function that runs first."""
        return self.chain.first

    @property
    def begin(self) -> Place:
        """Where it begins: a hand-over, a wiring, an operation in a loop; the first function itself where something
        outside calls it."""
        at_first = self.context.root == (self.first, 0) and self.context.timer != "loop"
        return (self.first, -1) if at_first else self.context.root

    @property
    def start(self) -> Link | None:
        """Where its timer is started, or would be, if that is elsewhere."""
        start = self.chain.start
        return start if start is not None and start.place != self.begin else None

    @property
    def calls(self) -> tuple[Link, ...]:
        """The calls from the first function to the operation, but for the one that it begins with."""
        return tuple(link for link in self.chain.calls if link.role == "call" and link.place != self.begin)

    @property
    def timer(self) -> str:
        """The catalogue's name of what runs it, empty where the project declares that something does."""
        return "" if self.context.timer == DECLARED else self.context.timer


class Journeys:
    """Answers on which ways an operation is come to."""

    def __init__(self, flow: Flow, execution: Execution, evidences: Evidences) -> None:
        self.execution = execution
        self._chains = Chains(flow, execution)
        self._evidences = evidences

    def to(self, scope: ScopeId, op: int) -> Iterator[Journey]:
        """Every way to an operation, in a fixed order."""
        for context in self.execution.nearest(scope, op, *EVERY):
            yield self._by(context, scope)

    def to_insert(self, insert: Insert) -> Journey | None:
        """The most telling way to an insert; None where it does not run while the program is at work."""
        telling = [sort for sort in insert.contexts if self._rank(sort) < len(_AT_WORK)]
        first = min((self._rank(sort) for sort in telling), default=0)
        # Whether a run is a request depends on where it begins, which takes a search for each kind.
        kinds = sorted({sort.kind for sort in telling if sort.kind == "run" or self._rank(sort) == first})
        ways = self.execution.nearest(*insert.access.place, *kinds)
        context = min(ways, key=lambda way: (self._rank(way), way.guess, way.begin), default=None)
        return None if context is None else self._by(context, insert.access.scope)

    def to_removal(self, removal: Removal) -> Journey | None:
        """The way by which a timer comes to a removal, be it one that never starts; None where none does."""
        timed = removal.nearest(self.execution, *TIMED)
        context = min(timed, key=lambda each: (TIMED.index(each.kind), each.begin), default=None)
        return None if context is None else self._by(context, removal.access.scope)

    def _by(self, context: Context, scope: ScopeId) -> Journey:
        return Journey(self._run(context), context, self._chains.to(scope, context))

    def _rank(self, context: Sort) -> int:
        """How telling a way is, the most telling first."""
        run = self._run(context)
        return _AT_WORK.index(run) if run in _AT_WORK else len(_AT_WORK)

    def _run(self, context: Sort) -> str:
        return context.kind if context.kind in _IDLE else self._evidences.run_of(context)
