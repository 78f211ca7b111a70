"""The sweeper is started only for some entries; the others wait for one of those."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding

if TYPE_CHECKING:
    from unbounded_lint.link.defects.sweeper_starts import Unstarted
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM203"
NAME = "entry-guarded-sweeper-start"
ADVICE = "start the sweeper with the program, or behind every insert whatever the entry is"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeper only some of its entries start."""
    for container in project.containers:
        guarded = next((u for u in project.defects.sweeper_starts.of(container) if u.kind == "guarded"), None)
        if guarded is not None:
            yield _report(container, guarded, project)


def _report(container: Container, guarded: Unstarted, project: Project) -> Finding:
    where, start = project.function(guarded.access.scope), project.function(guarded.scope)
    message = (
        f"`{container.name}` grows in `{where}`, whose start of the sweeper asks for `{guarded.text}`: "
        "an entry without that is never swept unless another one starts it"
    )
    starts = (
        project.place(guarded.scope, guarded.op, "guard", f"`{guarded.text}` decides here"),
        project.place(*guarded.start, "timer", f"`{start}` starts the sweeper here"),
    )
    reasons = ("every start of the sweeper that was found hangs on an insert",)
    return finding(CODE, NAME, message, container, project, ADVICE, starts=starts, reasons=reasons)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="the sweeper is started only for entries of a certain kind",
    check=check,
)
