"""A long-lived container gets entries at run time and none is ever removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import advice_for, finding, growing, growth

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM101"
NAME = "never-removed-entries"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that only grows."""
    for container in project.containers:
        if container.verdict.name == "never":
            message = f"`{container.name}` grows in {growth(container, project)} and nothing ever removes an entry"
            if container.removals:
                message = (
                    f"`{container.name}` grows in {growth(container, project)} and nothing that runs removes an entry"
                )
            advice = advice_for(container, project)
            yield growing(finding(CODE, NAME, message, container, project, advice), container)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a long-lived container grows at run time and no entry is ever removed",
    check=check,
)
