"""A sweeper stops when one map is empty, although it sweeps another one too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.defects.early_sweeper_stop import Stop
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM206"
NAME = "early-sweeper-stop"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeper stops for the sake of another."""
    for container in project.containers:
        stop = project.defects.early_sweeper_stops.of(container)
        if stop is not None:
            yield _report(container, stop, project)


def _report(container: Container, stop: Stop, project: Project) -> Finding:
    asked = " and ".join(f"`{symbol.partition(':')[2]}`" for symbol in stop.asked)
    verb = "is" if len(stop.asked) == 1 else "are"
    message = (
        f"`{container.name}` grows in {growth(container, project)} and its sweeper stops in "
        f"`{project.function(stop.scope)}` as soon as {asked} {verb} empty"
    )
    advice = f"ask for `{container.name}` too before the sweeper stops, and start it from every insert"
    return finding(
        CODE,
        NAME,
        message,
        container,
        project,
        advice,
        faults=(
            project.place(stop.scope, stop.op, "guard", f"the sweeper stops here once {asked} {verb} empty"),
            project.place(*stop.timer, "timer", "the sweeper runs from here"),
        ),
        confidence=stop.confidence,
        reasons=(f"no insert into `{container.name}` starts the sweeper again",),
    )


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a sweeper stops when one map is empty although it sweeps another one too",
    check=check,
    overrides=("UBM203", "UBM204"),
)
