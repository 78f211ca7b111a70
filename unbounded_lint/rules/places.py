"""The places that a finding is about besides the container, in the order in which a run comes to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from unbounded_lint.findings import wording
from unbounded_lint.findings.finding import Place

if TYPE_CHECKING:
    from unbounded_lint.link.program.module import ScopeId
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container
    from unbounded_lint.link.verdicts.inserts import Insert
    from unbounded_lint.link.verdicts.journeys import Journey
    from unbounded_lint.link.verdicts.removals import Removal

_MOST = 5
_MOST_TIMERS = 2
_MOST_CALLS = 5
_TIMED = frozenset({"timer", "later", "unstarted", "once", "other-process", "shut"})
"""When removals run that some timer comes to."""


def places(
    container: Container, project: Project, starts: Sequence[Place], faults: Sequence[Place]
) -> tuple[Place, ...]:
    """The related places of a finding: where events come in, the inserts that they come to, where timers start and on
    which way they come to the sweeps, with the faults before and behind that, and the removals; a few of each."""
    told = (*starts, *faults)
    at_fault = {_spot(place) for place in told}
    inserts = sorted(
        strongest_first(container.inserts), key=lambda insert: _spot(insert_place(insert, project)) not in at_fault
    )[:_MOST]
    removals = container.removals[:_MOST]
    found = [
        *(_event(inserts[0], project) if inserts else ()),
        *(insert_place(insert, project) for insert in inserts),
        *starts,
        *_timers(removals, project),
        *faults,
        *(removal_place(removal, project) for removal in removals),
    ]
    # A fault says more about a place than what is told of every one of its sort.
    about = {_spot(place): place for place in [*reversed(found), *reversed(told)]}
    return tuple(dict.fromkeys(about[_spot(place)] for place in found))


def _spot(place: Place) -> tuple[str, int, int, str]:
    return (place.path, place.line, place.column, "removal" if place.role == "sweep" else place.role)


def strongest_first(inserts: Iterable[Insert]) -> list[Insert]:
    """The inserts with the clearest open key first, otherwise in the order of their places; without those of a closed
    set of keys, where there are others."""
    rank = {"open": 0, "unknown": 1, "closed": 2}
    telling = [insert for insert in inserts if insert.domain.kind != "closed"]
    return sorted(
        telling or inserts,
        key=lambda i: (rank[i.domain.kind], i.domain.weak, i.access.nested, i.access.scope, i.access.op),
    )


def removal_place(removal: Removal, project: Project) -> Place:
    """A removal with when it runs."""
    access = removal.access
    role = "sweep" if removal.extent == "sweep" else "removal"
    when = wording.moment(removal)
    text = f"`{project.function(access.scope)}` removes here, {when}"
    return project.place(access.scope, access.op, role, text)


def insert_place(insert: Insert, project: Project) -> Place:
    """An insert with where its key comes from."""
    text = f"`{project.function(insert.access.scope)}` inserts here; {insert.domain.words}"
    return project.place(insert.access.scope, insert.access.op, "insert", text)


def _event(insert: Insert, project: Project) -> Iterator[Place]:
    """Where the event comes in that an insert belongs to, and the calls from there."""
    journey = project.journeys.to_insert(insert)
    if journey is not None:
        told = "comes here in each round of its loop" if journey.timer == "loop" else wording.running(journey.run)
        yield project.place(*journey.begin, "event", f"{_who(journey.first, project)} {told}")
        yield from _calls(journey, project)


def _timers(removals: Iterable[Removal], project: Project) -> Iterator[Place]:
    """Where the timers are started that come to removals, and the calls from there."""
    found: dict[object, Journey] = {}
    for removal in removals:
        journey = project.journeys.to_removal(removal) if removal.when in _TIMED else None
        if journey is not None:
            found.setdefault((journey.begin, journey.first), journey)
    for journey in list(found.values())[:_MOST_TIMERS]:
        yield from _started(journey, project)
        yield from _calls(journey, project)


def _started(journey: Journey, project: Project) -> Iterator[Place]:
    who, start = _who(journey.first, project), journey.start
    if start is not None:
        text = f"`{project.function(start.place[0])}` {wording.step(start.role, f'what runs {who}')}"
        yield project.place(*start.place, "timer", text)
    yield project.place(*journey.begin, "timer", _by_timer(journey, who))


def _by_timer(journey: Journey, who: str) -> str:
    idle, start = journey.run == "unstarted", journey.chain.start
    if idle and journey.start is None:
        lacks = "comes here" if start is not None and start.role == "idle timer" else "starts it"
        return f"{who} would run from here, but nothing {lacks}"
    if journey.run == "other-process":
        return f"{who} {wording.running(journey.run)}"
    if journey.timer == "loop":
        return f"{who} {'would come' if idle else 'comes'} here in each round of its loop"
    if not journey.timer:
        return f"{who} is declared to run on a timer"
    return f"`{journey.timer}` {'would run' if idle else 'runs'} {who}"


def _who(scope: ScopeId, project: Project) -> str:
    return f"`{project.function(scope)}`" if scope.index else "this module"


def _calls(journey: Journey, project: Project) -> Iterator[Place]:
    """The calls on a way: of many the first ones and the last."""
    calls = journey.calls
    if len(calls) > _MOST_CALLS:
        calls = (*calls[: _MOST_CALLS // 2], *calls[-(_MOST_CALLS - _MOST_CALLS // 2) :])
    for link in calls:
        text = f"`{project.function(link.place[0])}` goes on to `{project.function(link.to)}`"
        yield project.place(*link.place, "call", text)
