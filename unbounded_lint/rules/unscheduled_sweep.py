"""A sweep is written, but nothing runs it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growing, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container
    from unbounded_lint.link.verdicts.removals import Removal

CODE = "UBM201"
NAME = "unscheduled-sweep"

_WHY = {
    "test": "is called only from tests",
    "dead": "is never called",
    "unstarted": "hangs on a timer that is never started",
    "once": "runs once, on a timer that nothing starts again",
    "other-process": "runs in another process, which has a copy of its own",
    "barred": "stands behind a condition that never holds",
    "shut": "stands behind a test of the clock that lets nothing through any more after the first pause",
    "event": "is never scheduled",
}


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweep does not run."""
    for container in project.containers:
        if container.verdict.name == "unscheduled":
            sweep = _idle_sweep(container)
            where = project.function(sweep.access.scope)
            message = (
                f"`{container.name}` grows in {growth(container, project)} and its sweep `{where}` {_WHY[sweep.when]}"
            )
            advice = _advice(sweep, container, project)
            yield growing(finding(CODE, NAME, message, container, project, advice), container)


def _advice(sweep: Removal, container: Container, project: Project) -> str:
    if sweep.when == "unstarted":
        return "start the timer with the program"
    if sweep.when == "barred":
        return "call the method that the condition names, or ask for the length that it means"
    if sweep.when == "shut":
        return "turn the comparison with the clock round, so that it lets through what comes late"
    if sweep.when == "once":
        return "start the timer again at the end of each sweep, in a `finally`, or use one that repeats"
    if sweep.when == "other-process":
        return f"sweep in the process that inserts, {on_a_timer(container, project)}"
    return f"call `{project.function(sweep.access.scope)}` {on_a_timer(container, project)}"


def _idle_sweep(container: Container) -> Removal:
    order = ("unstarted", "once", "other-process", "barred", "shut", "test", "dead", "event")
    candidates = [r for r in container.removals if r.is_sweep and r.when in order]
    return min(candidates, key=lambda r: (r.extent != "sweep", order.index(r.when), r.access.scope, r.access.op))


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a sweep is written but no timer, insert or caller reaches it",
    check=check,
)
