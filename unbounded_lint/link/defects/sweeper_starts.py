"""Whether every insert into a container comes with a start of the timer that sweeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.defects.start_search import Lead, Reach, Starts, StartSearch
from unbounded_lint.link.entries.subjects import shown
from unbounded_lint.link.program.blocks import evaluated_at
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.program.truth import Asked
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Removal, sweeping_timers

DEPTH = 6
"""Through how many callers an insert is followed up to a start."""


@dataclass(frozen=True, slots=True)
class Unstarted:
    """An insert that may come without a start of the sweeper.

    kind       guarded (the start behind it hangs on a condition about the entry), bare (no start is reached)
    access     the insert
    scope, op  where the condition stands; where the insert is made, for a bare one
    condition  the condition, None for a bare one
    start      the scope and operation that start the sweeper: behind the condition, or on another way in
    once       it runs only once, while the program starts
    """

    kind: Literal["guarded", "bare"]
    access: Access
    scope: ScopeId
    op: int
    condition: Asked | None
    start: tuple[ScopeId, int]
    once: bool = False

    @property
    def text(self) -> str:
        """The condition as a message shows it."""
        return "" if self.condition is None else shown(self.condition)


Verdict: TypeAlias = "bool | tuple[Reach, Asked]"
"""True for an insert that always comes with a start, False for one that never does, or the start and the condition
about the entry on which it hangs."""


class SweeperStarts(Question):
    """Answers for containers that a timer sweeps whether the sweeper runs whenever there is something to sweep."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.search = StartSearch(linked)
        self._found: dict[str, tuple[Unstarted, ...]] = {}

    def of(self, container: Container) -> tuple[Unstarted, ...]:
        """The inserts that may come without a start, while the starts hang on inserts alone."""
        if container.symbol not in self._found:
            self._found[container.symbol] = self._search(container) if container.verdict.name == "swept" else ()
        return self._found[container.symbol]

    def _search(self, container: Container) -> tuple[Unstarted, ...]:
        timers = sweeping_timers(container.removals, self.execution)
        growing = self._growing(container)
        if not timers or not growing or self._is_started_otherwise(container.removals):
            return ()
        known = self.search.of(container, growing, timers)
        if known is None or not known.tied:
            return ()
        found = (self._of_insert(access, known) for access in growing)
        return tuple(item for item in found if item is not None)

    @staticmethod
    def _is_started_otherwise(removals: tuple[Removal, ...]) -> bool:
        """Whether each insert arms a timer of its own or sweeps by itself."""
        return any(
            r.when in {"later", "capacity"}
            or (r.when == "insert" and r.extent != "single")
            or (r.when == "timer" and r.access.handed is not None)
            for r in removals
        )

    def _growing(self, container: Container) -> tuple[Access, ...]:
        """The inserts at run time, and the bulk ones while the program starts."""
        running = {id(i.access.site.node) for i in container.inserts}
        return tuple(
            access
            for access in container.accesses
            if access.kind == "insert"
            and not access.nested
            and not access.implicit
            and not self.program.is_test(access.scope)
            and (id(access.site.node) in running or (access.bulk and self._runs_at_start(access)))
        )

    def _runs_at_start(self, access: Access) -> bool:
        kinds = self.execution.kinds(access.scope, access.op)
        return bool(kinds & {"main", "startup"}) and access.scope.index != 0

    def _of_insert(self, access: Access, known: Starts) -> Unstarted | None:
        lead = next((found for found in known.leads.get(access.scope, ()) if found.site.node is access.site.node), None)
        verdict = self._status(lead, known, DEPTH, frozenset()) if lead is not None else True
        if isinstance(verdict, tuple):
            reach, condition = verdict
            start = (reach.scope, reach.edge.op)
            op = evaluated_at(self.program.facts(reach.scope), condition.expr, reach.edge.op)
            return Unstarted("guarded", access, reach.scope, op, condition, start)
        if verdict or self._only_updates(access, known):
            return None
        other = known.tied[0].edge
        once = self.execution.kinds(access.scope, access.op) <= {"main", "startup", "test", "tested", "import"}
        return Unstarted("bare", access, access.scope, access.op, None, (other.scope, other.op), once)

    def _status(self, lead: Lead, known: Starts, depth: int, seen: frozenset[ScopeId]) -> Verdict:
        beside = [self._beside(lead, reach, known) for reach in known.reaches.get(lead.scope, ())]
        if True in beside:
            return True
        above = [
            self._status(self.search.lead_above(edge, lead), known, depth - 1, seen | {lead.scope})
            for edge in (self.graph.starts(lead.scope) if depth else ())
            if edge.scope not in seen and self.execution.roots.is_live(edge.scope)
        ]
        if above and not self.execution.begins(lead.scope) and all(verdict is True for verdict in above):
            return True
        return next((verdict for verdict in (*beside, *above) if isinstance(verdict, tuple)), False)

    def _beside(self, lead: Lead, reach: Reach, known: Starts) -> Verdict:
        abouts = self.search.abouts(reach, lead, known)
        if abouts is None:
            return False
        around, shared = self.search.loops(lead.site), self.search.loops(reach.edge.site)
        if reach.hung and (abouts or not shared <= around):
            return False
        if reach.sized and reach.edge.op < lead.site.op and not around <= shared:
            return False
        for about, condition in abouts:
            if about == "entry":
                return reach, condition
            if about == "bulk":
                return False
        return True

    def _only_updates(self, access: Access, known: Starts) -> bool:
        """Whether the function has looked at the same key before, or takes out another for the new one: the store
        most likely updates an entry that is there."""
        beside = [a for a in known.container.accesses if a.scope == access.scope and not a.nested and a.op <= access.op]
        if any(a.kind == "remove" for a in beside):
            return True
        looked = [a for a in beside if a.kind in {"read", "contains"} and a.key is not None and a.key == access.key]
        asked = self.search.asked(access.site)
        return bool(looked) and not any(_means_absent(condition) for condition in asked)


def _means_absent(condition: Asked) -> bool:
    """`k not in X`, `found is None`, `not found`."""
    match condition:
        case Asked(expr=m.Compare(ops=("not in",) | ("is",)), truth=True):
            return True
        case Asked(expr=m.Compare(ops=("in",) | ("is not",)), truth=False):
            return True
        case Asked(expr=m.Name() | m.Call(), truth=False):
            return True
    return False
