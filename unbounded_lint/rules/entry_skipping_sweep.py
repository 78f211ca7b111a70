"""A sweep passes over the entries in which an optional field was never set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding, Place
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.defects.entry_skipping_sweep import Skip
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM202"
NAME = "entry-skipping-sweep"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeps pass over some entries for ever."""
    for container in project.containers:
        skip = project.defects.entry_skipping_sweeps.of(container)
        if skip is not None:
            yield _report(container, skip, project)


def _report(container: Container, skip: Skip, project: Project) -> Finding:
    sweep = project.function(skip.removal.access.scope)
    what = _condition(skip)
    message = f"`{container.name}` grows in {growth(container, project)} and its sweep `{sweep}` passes over {what}"
    advice = (
        "give such entries an age of their own in the sweep"
        if skip.setters
        else "remove such entries by the age of something that every entry has, or set it at each insert"
    )
    return finding(
        CODE,
        NAME,
        message,
        container,
        project,
        advice,
        faults=_faults(skip, project),
        confidence=skip.confidence,
        reasons=(_reason(skip, project),),
    )


def _condition(skip: Skip) -> str:
    names = [step[1:] if step.startswith(".") else step[1:-1] for step in skip.path]
    if not names:
        return "entries whose value is None"
    if names[-1].isdigit():
        return f"entries whose value has None at index {names[-1]}"
    return f"entries whose `{names[-1]}` is not set"


def _reason(skip: Skip, project: Project) -> str:
    where = project.function(skip.insert.access.scope)
    if not skip.setters:
        return f"`{where}` can leave it unset, and nothing sets it later"
    setter = project.function(skip.setters[0][0])
    return f"`{where}` leaves it unset until `{setter}` is asked to set it, which may never happen"


def _faults(skip: Skip, project: Project) -> tuple[Place, ...]:
    guards = [project.place(*place, "guard", "only entries in which it is set come past here") for place in skip.guards]
    unset = project.place(skip.unset.scope, skip.unset.op, "insert", "here it can be left unset")
    setters = [project.place(*place, "call", "this sets it, when it is called") for place in skip.setters[:2]]
    return (*guards, unset, *setters)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a sweep passes over entries in which an optional field was never set",
    check=check,
    overrides=("UBM203", "UBM204"),
)
