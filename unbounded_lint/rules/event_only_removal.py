"""Entries of a long-lived container leave only when their owner asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import advice_by_entries, finding, growing, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM102"
NAME = "event-only-removal"
_MOST = 2
"""How many functions that remove a message names."""
_EVENTS = ("event", "guaranteed")  # the latter for other entries than those that some insert makes


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that only events shrink."""
    for container in project.containers:
        if container.verdict.name == "event-only":
            message = f"`{container.name}` grows in {growth(container, project)}, and {_left(container, project)}"
            advice = _advice(container, project)
            yield growing(finding(CODE, NAME, message, container, project, advice), container)


def _left(container: Container, project: Project) -> str:
    """The way on which an entry stays, and who would remove it."""
    names = dict.fromkeys(project.function(r.access.scope) for r in container.removals if r.when in _EVENTS)
    where = " and ".join(f"`{name}`" for name in list(names)[:_MOST])
    several = len(names) > 1
    way = container.way
    match way.left if way is not None else "unasked":
        case "success":
            return f"only a failure makes {where} remove: the entry of what goes well stays"
        case "error" if way is not None and way.scope is not None:
            return (
                f"{where} {'remove' if several else 'removes'} it unless what `{project.function(way.scope)}` does in "
                "between raises or is cancelled: then the entry stays"
            )
        case "condition":
            return (
                f"{where} {'remove' if several else 'removes'} it only under a condition that need not hold: otherwise "
                "the entry stays"
            )
        case "emptied":
            return f"no entry leaves by itself: only {where} {'take' if several else 'takes'} out whatever is there"
    if names.keys() <= {project.function(insert.access.scope) for insert in container.inserts}:
        return f"only some calls of {where} take an entry out: one for which no such call comes stays"
    return f"shrinks only when {where} {'are' if several else 'is'} called for it: an entry nobody asks for stays"


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
