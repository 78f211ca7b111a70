"""One way into a container starts the sweeper, another one does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding

if TYPE_CHECKING:
    from unbounded_lint.link.defects.sweeper_starts import Unstarted
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM204"
NAME = "insert-without-sweeper-start"
ADVICE = "start the sweeper with the program, or behind this insert as behind the others"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container with an insert that starts no sweeper, where others do."""
    for container in project.containers:
        unstarted = project.defects.sweeper_starts.of(container)
        if unstarted and all(u.kind == "bare" for u in unstarted):
            yield _report(container, unstarted[0], project)


def _report(container: Container, bare: Unstarted, project: Project) -> Finding:
    where, start = project.function(bare.access.scope), project.function(bare.start[0])
    message = (
        f"`{container.name}` grows in `{where}` without a start of its sweeper, which only `{start}` starts: "
        "what comes in there stays until something comes in here"
    )
    starts = (
        project.place(bare.access.scope, bare.access.op, "insert", f"`{where}` inserts here and starts nothing"),
        project.place(*bare.start, "timer", f"`{start}` starts the sweeper here"),
    )
    reasons = ("every start of the sweeper that was found hangs on another insert",)
    # Who else starts it, a framework or another program, cannot be told for sure.
    level = Confidence.MEDIUM
    return finding(CODE, NAME, message, container, project, ADVICE, starts=starts, confidence=level, reasons=reasons)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="an insert starts no sweeper, while the sweeper starts only with other inserts",
    check=check,
)
