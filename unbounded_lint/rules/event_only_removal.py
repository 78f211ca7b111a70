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


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that only events shrink."""
    for container in project.containers:
        if container.verdict.name == "event-only":
            where = next(project.function(r.access.scope) for r in container.removals if r.when in _EVENTS)
            message = (
                f"`{container.name}` grows in {growth(container, project)} and shrinks only when "
                f"`{where}` is asked to: an entry whose owner fails stays for ever"
            )
            yield finding(CODE, NAME, message, container, project, _advice(container, project))


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
