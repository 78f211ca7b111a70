"""A map with weak keys keeps its keys after all, because the value of an entry holds the key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding

if TYPE_CHECKING:
    from unbounded_lint.link.defects.self_keeping_weak_entry import Kept
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM106"
NAME = "self-keeping-weak-entry"
ADVICE = "keep `weakref.ref(key)` in the value, or only what the value needs of the key"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each map with weak keys in which an entry keeps itself."""
    for container in project.containers:
        kept = project.defects.self_keeping_weak_entries.of(container)
        if kept is not None:
            yield _report(container, kept, project)


def _report(container: Container, kept: Kept, project: Project) -> Finding:
    access = kept.access
    message = (
        f"`{container.name}` has weak keys, but the value that `{project.function(access.scope)}` stores holds its own "
        "key: such an entry never goes"
    )
    faults = [
        project.place(*step, "companion", f"`{project.function(step[0])}` makes the value hold the key")
        for step in kept.steps
        if step != (access.scope, access.op)
    ]
    confidence = Confidence.MEDIUM if access.guess else None
    return finding(CODE, NAME, message, container, project, ADVICE, faults=faults, confidence=confidence)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a map with weak keys has a value that holds its own key, so that the entry never goes",
    check=check,
)
