"""A sweep goes by the time an entry was made, although the entry is still at work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM209"
NAME = "birth-dated-expiry"
ADVICE = "write the time of last use when the entry is used, and let the sweep compare that one"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that is swept by the age since birth while its entries are at work."""
    for container in project.containers:
        stale = project.defects.birth_dated_expiry.of(container)
        if stale is None:
            continue
        sweep, work = (project.function(s) for s in (stale.sweep.access.scope, stale.scope))
        message = (
            f"`{container.name}` is swept by `{sweep}` when its `{stale.part}` is too old, and `{work}` works on "
            "entries without renewing that date"
        )
        faults = (
            project.place(stale.test.scope, stale.test.op, "guard", f"`{stale.part}` is compared with the clock"),
            project.place(stale.scope, stale.op, "companion", f"`{work}` changes the entry and not `{stale.part}`"),
        )
        yield finding(CODE, NAME, message, container, project, ADVICE, faults=faults, confidence=Confidence.MEDIUM)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a sweep goes by a date that only the making of an entry sets, while entries are still at work",
    check=check,
    default=False,
)
