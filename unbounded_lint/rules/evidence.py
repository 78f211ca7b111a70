"""How rules put the evidence about a container into words and places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.findings.wording import readable
from unbounded_lint.rules.places import places, strongest_first

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container


def growth(container: Container, project: Project) -> str:
    """Where a container grows: "register()", "register() and 2 more functions"."""
    names = list(dict.fromkeys(project.function(i.access.scope) for i in strongest_first(container.inserts)))
    more = len(names) - 1
    if not more:
        return f"`{names[0]}`"
    return f"`{names[0]}` and {more} other function{'s' if more > 1 else ''}"


def finding(
    code: str,
    name: str,
    message: str,
    container: Container,
    project: Project,
    advice: str,
    *,
    starts: Iterable[Place] = (),
    faults: Iterable[Place] = (),
    confidence: Confidence | None = None,
    reasons: tuple[str, ...] = (),
) -> Finding:
    """A finding about a container at its definition.

    faults are the places where the mistake itself stands; starts those of them that come before a sweeper starts. One
    that nobody can be shown has no places, which take a search.
    confidence and reasons are those of the rule's own evidence, on top of the container's: the weaker confidence
    counts.
    """
    own = container.confidence if confidence is None else confidence
    return Finding(
        code=code,
        name=name,
        message=readable(message),
        place=container.place,
        symbol=container.symbol,
        confidence=min(container.confidence, own, key=lambda level: level.rank),
        related=places(container, project, tuple(starts), tuple(faults)) if project.may_show(container, code) else (),
        advice=readable(advice),
        reasons=tuple(map(readable, (*container.reasons, *reasons))),
        evidence=container.evidence,
    )


def growing(finding: Finding, container: Container) -> Finding:
    """A finding that says that a container grows without end: as sure as all the evidence about its growth is."""
    support = container.support(finding.code)
    return msgspec.structs.replace(finding, confidence=support.level, probability=support.probability)


def advice_for(container: Container, project: Project) -> str:
    """What to do about a container that nothing sweeps, by what it holds."""
    by_entries = advice_by_entries(container, project)
    if by_entries:
        return by_entries
    family = container.holder.made.kind.family
    if family in {"list", "deque"}:
        return f"bound it with `collections.deque(maxlen=...)`, or drop old entries {on_a_timer(container, project)}"
    what = "elements" if family == "set" else "entries"
    if family == "set" and project.holdings.of(container) == "objects":
        return "use `weakref.WeakSet`, or remove each element when its work ends"
    return f"cap its size, or remove stale {what} {on_a_timer(container, project)}"


def advice_by_entries(container: Container, project: Project) -> str:
    """The advice for entries that need no timer: locks, tasks, threads, results; "" for others."""
    name, family = container.holder.name, container.holder.made.kind.family
    match project.holdings.of(container):
        case "locks" if family not in {"list", "deque", "set"}:
            return (
                "keep the locks in a `weakref.WeakValueDictionary`: one that nobody holds or waits for goes by itself"
            )
        case "tasks" if family in {"list", "deque"}:
            return f"keep the tasks in a set, and let each leave it: `task.add_done_callback({name}.discard)`"
        case "tasks" if family == "set":
            return f"let each task leave when it is done: `task.add_done_callback({name}.discard)`"
        case "tasks":
            return f"let each task leave when it is done: `task.add_done_callback(lambda _: {name}.pop(key, None))`"
        case "threads":
            return "remove each thread in a `finally` at the end of what it runs, or use an executor that keeps a few"
        case "results":
            return (
                "cap its size: `functools.lru_cache(maxsize=...)` on what computes the value, `cachetools.LRUCache`, "
                f"or drop the oldest entry when `len({name})` passes a limit"
            )
    return ""


def on_a_timer(container: Container, project: Project) -> str:
    """Where a sweep could run: the recurring timer that is there already, or a new one."""
    rhythm = project.rhythm_near(container)
    if rhythm is None:
        return "from a timer that is started with the program"
    return f"in `{project.function(rhythm.scope)}`, which already runs {rhythm.often}"
