"""Entries of a long-lived container leave only when their owner asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import advice_by_entries, finding, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM102"
NAME = "event-only-removal"
_EVENTS = ("event", "guaranteed")  # the latter for other entries than those that some insert makes

_ENDS = {"late": "times out", "cancelled": "is cancelled"}


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that only events shrink."""
    for container in project.containers:
        if container.verdict.name == "event-only":
            message = f"`{container.name}` grows in {growth(container, project)} and {_shrinks(container, project)}"
            yield finding(CODE, NAME, message, container, project, _advice(container, project))


def _shrinks(container: Container, project: Project) -> str:
    """When a container shrinks, and which entries then stay."""
    where = next(project.function(r.access.scope) for r in container.removals if r.when in _EVENTS)
    ways = project.defects.event_only_removals.ways(container)
    if "well" in ways:
        return f"shrinks only when something fails, in `{where}`: while all goes well, its entries stay for ever"
    when = "gets that far" if ways else "is asked to"
    ends = " or ".join(_ENDS[way] for way in ways) or "fails"
    return f"shrinks only when `{where}` {when}: an entry whose owner {ends} stays for ever"


def _advice(container: Container, project: Project) -> str:
    return advice_by_entries(container, project) or (
        f"remove the entry in a `finally`, or sweep stale entries {on_a_timer(container, project)}"
    )


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="entries leave only when their owner asks, never by time, size or a finally",
    check=check,
)
