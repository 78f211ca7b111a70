"""What lies around an operation in the same run: the calls that lead to it, with the key as each caller knows it, and
what holds on whichever of them a run comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite
from unbounded_lint.link.keys.identity import KeyShapes, Shape
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.execution import Execution, RunQuery

T = TypeVar("T")

LIFTS = 3
"""How many calls above an operation are looked at."""
LEADING = 100
"""How many calls that lead to one operation are looked at."""


class Lead(NamedTuple):
    """An operation, or a call that leads to it: all places from the first to that one, and a key in the terms of the
    last, None where there is none or the calls do not tell."""

    key: Shape | None
    way: tuple[Place, ...]

    @property
    def place(self) -> Place:
        """The last place."""
        return self.way[-1]

    @property
    def scope(self) -> ScopeId:
        """The function of the last place."""
        return self.place[0]

    @property
    def op(self) -> int:
        """The operation of the last place."""
        return self.place[1]

    @property
    def lifts(self) -> int:
        """How many calls lie between."""
        return len(self.way) - 1

    @property
    def recurs(self) -> bool:
        """Whether the function of the last place calls itself on the way: one run of it may come there many times."""
        return any(scope == self.scope for scope, _ in self.way[:-1])


class Around(RunQuery):
    """Asks the callers, the nearest first and up to a number."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self.shapes = KeyShapes(flow)

    def start(self, access: Access) -> Lead:
        """An access with its key, where that is one, written there, and can be compared."""
        told = access.key if not access.bulk and access.handed is None else None
        key = self.shapes.of(told, access.scope, access.op) if told is not None else None
        return Lead(key, (access.place,))

    def leads(self, start: Lead, lifts: int = LIFTS) -> tuple[Lead, ...]:
        """An operation and all that leads to it."""
        found = [start]
        for lead in found:
            sites = self.flow.call_sites(lead.scope) if lead.lifts < lifts else ()
            found += (self._above(lead, site) for site in sites[: LEADING - len(found)])
        return tuple(found)

    def always(self, start: Lead, find: Callable[[Lead], T]) -> T | None:
        """What is found at an operation or else above it, by each of the calls that lead there; None where a run may
        come without."""
        first, without = self._search(start, find)
        return first if without is None else None

    def without(self, start: Lead, find: Callable[[Lead], T]) -> Lead | None:
        """Where a run may begin that comes to an operation without anything true being found on the way: it begins or
        calls itself there, or something else than a call begins it. None where there is none."""
        return self._search(start, find)[1]

    def _search(self, start: Lead, find: Callable[[Lead], T]) -> tuple[T | None, Lead | None]:
        queue, known = [start], {(start.key, start.place)}
        first: T | None = None
        for lead in queue:
            found = find(lead)
            if found:
                first = first or found
                continue
            sites = self.execution.only_calls(lead.scope)
            if not sites or lead.recurs or lead.lifts == LIFTS or len(queue) + len(sites) > LEADING:
                return first, lead
            above = [self._above(lead, site) for site in sites]
            queue += (each for each in above if (each.key, each.place) not in known)
            known.update((each.key, each.place) for each in above)
        return first, None

    def holds(self, condition: Callable[[ScopeId, int], bool], place: Place) -> bool:
        """Whether a condition holds at an operation, or on every way to it."""
        return bool(self.always(Lead(None, (place,)), lambda lead: condition(*lead.place)))

    def _above(self, lead: Lead, site: CallSite) -> Lead:
        key = self.shapes.lifted(lead.key, lead.scope, site) if lead.key is not None else None
        return Lead(key, (*lead.way, site.place))


class AroundQuery(RunQuery):
    """Something that can be asked about a program, when it runs, and what leads to its operations."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self.around = Around(flow, execution)
