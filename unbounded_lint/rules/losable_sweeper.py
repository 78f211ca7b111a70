"""The sweeper is started in a way that loses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.defects.losable_sweeper import Loss
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM205"
NAME = "losable-sweeper"
_ADVICE = {
    "swallowed": "start it from the application's start-up hook, where an event loop runs, or use a daemon thread",
    "short": "start it in the coroutine that serves, on the event loop that lives as long as the program",
    "dropped": "keep the task in an attribute that lives as long as the program, or in a task group",
}


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeper every start loses."""
    for container in project.containers:
        loss = project.defects.losable_sweepers.of(container)
        if loss is not None:
            yield _report(container, loss, project)


def _report(container: Container, loss: Loss, project: Project) -> Finding:
    sweeper, where = project.function(loss.sweeper), project.function(loss.scope)
    how = {
        "swallowed": f"never starts: `{where}` runs at import, where no event loop runs, and swallows the error",
        "short": f"ends at once: `{where}` starts it on an event loop that is closed behind it",
        "dropped": f"may be collected: nothing keeps the task that `{where}` makes",
    }[loss.kind]
    message = f"`{container.name}` grows in {growth(container, project)} and its sweeper `{sweeper}` {how}"
    faults = (project.place(loss.scope, loss.op, "timer", f"the sweeper `{sweeper}` is lost here"),)
    reasons = ("no other start of the sweeper was found",)
    return finding(
        CODE,
        NAME,
        message,
        container,
        project,
        _ADVICE[loss.kind],
        faults=faults,
        confidence=loss.confidence,
        reasons=reasons,
    )


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="the sweeper is lost: its start fails unseen, nothing keeps its task, or its event loop ends",
    check=check,
)
