"""An entry's age is tested only when somebody asks for that very entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growing, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.defects.touch_only_expiry import Touch
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM103"
NAME = "touch-only-expiry"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose entries expire only when their own key is asked for."""
    for container in project.containers:
        touch = project.defects.touch_only_expiry.of(container)
        if touch is not None:
            yield _finding(touch, container, project)


def _finding(touch: Touch, container: Container, project: Project) -> Finding:
    where = project.function(touch.access.scope)
    outcome = "removes" if touch.removes is not None and touch.dates is None else "expires"
    by = "" if touch.dates is None else f" by `{touch.dates.name}`"
    message = (
        f"`{container.name}` grows in {growth(container, project)} and `{where}` {outcome} an entry that is too old"
        f"{by} only when its own key is asked for: the others stay for ever"
    )
    text = f"`{project.function(touch.test.scope)}` tests the age of the one entry that is asked for"
    place = project.place(touch.test.scope, touch.test.op, "guard", text)
    said = "nothing ever removes another entry"
    if container.verdict.name == "event-only":
        said = "entries leave only when their own key is touched or their owner asks"
    advice = f"sweep all entries by the same age {on_a_timer(container, project)}, or cap the size"
    found = finding(CODE, NAME, message, container, project, advice, faults=(place,), reasons=(said,))
    return growing(found, container)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="an entry's age is tested only when its own key is asked for, so entries nobody asks for stay",
    check=check,
    overrides=("UBM101", "UBM102"),
)
