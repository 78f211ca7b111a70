"""How rules put the evidence about a container into words and places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from unbounded_lint.finding import Confidence, Finding, Place

if TYPE_CHECKING:
    from unbounded_lint.link.bounds import Insert
    from unbounded_lint.link.project import Container, Project
    from unbounded_lint.link.sweeps import Removal

_MOST = 5

_WHEN = {
    "event": "only when its owner asks",
    "exit": "only at exit",
    "import": "only at import",
    "test": "only in tests",
    "dead": "by code that nothing calls",
    "unstarted": "by a timer that is never started",
    "other-process": "in another process",
    "insert": "as part of an insert",
}


def growth(container: Container, project: Project) -> str:
    """Where a container grows: "register()", "register() and 2 more functions"."""
    names = list(dict.fromkeys(project.function(i.access.scope) for i in strongest_first(container.inserts)))
    more = len(names) - 1
    if not more:
        return f"`{names[0]}`"
    return f"`{names[0]}` and {more} other function{'s' if more > 1 else ''}"


def strongest_first(inserts: Iterable[Insert]) -> list[Insert]:
    """The inserts with the clearest open key first, otherwise in the order of their places."""
    rank = {"open": 0, "unknown": 1, "closed": 2}
    return sorted(
        inserts, key=lambda i: (rank[i.domain.kind], i.domain.weak, i.access.nested, i.access.scope, i.access.op)
    )


def places(container: Container, project: Project) -> tuple[Place, ...]:
    """The related places of a finding: inserts, then removals, a few of each."""
    found = []
    for insert in strongest_first(container.inserts)[:_MOST]:
        text = f"`{project.function(insert.access.scope)}` inserts here; the key: {insert.domain.why}"
        found.append(project.place(insert.access.scope, insert.access.op, "insert", text))
    for removal in container.removals[:_MOST]:
        found.append(removal_place(removal, project))
    return tuple(found)


def removal_place(removal: Removal, project: Project) -> Place:
    """A removal with when it runs."""
    access = removal.access
    role = "sweep" if removal.extent == "sweep" else "removal"
    text = f"`{project.function(access.scope)}` removes here, {_WHEN.get(removal.when, removal.when)}"
    return project.place(access.scope, access.op, role, text)


def finding(
    code: str,
    name: str,
    message: str,
    container: Container,
    project: Project,
    advice: str,
    *,
    faults: Iterable[Place] = (),
    confidence: Confidence | None = None,
    reasons: tuple[str, ...] = (),
) -> Finding:
    """A finding about a container at its definition.

    faults are the places where the mistake itself stands: they come first among the related places. confidence and
    reasons are those of the rule's own evidence, on top of the container's: the weaker confidence counts.
    """
    own = container.confidence if confidence is None else confidence
    return Finding(
        code=code,
        name=name,
        message=message,
        place=container.place,
        symbol=container.symbol,
        confidence=min(container.confidence, own, key=lambda level: level.rank),
        related=tuple(dict.fromkeys((*faults, *places(container, project)))),
        advice=advice,
        reasons=(*container.evidence, *reasons),
    )


def advice_for(container: Container) -> str:
    """What to do about a container that nothing sweeps, by what it holds."""
    family = container.holder.made.kind.family
    if family in {"list", "deque"}:
        return "bound it with `collections.deque(maxlen=...)`, or drop old entries from a timer"
    if family == "set":
        return (
            "remove each element when its work ends (`task.add_done_callback(tasks.discard)`), or use `weakref.WeakSet`"
        )
    return "cap its size, or remove stale entries from a timer that is started with the program"
