"""Each entry leaves only by a one-shot timer of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container
    from unbounded_lint.link.verdicts.removals import Removal

CODE = "UBM210"
NAME = "entry-timer-only-cleanup"
ADVICE = "put a size cap or one sweep by age behind the timers of the entries"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that nothing but the timers of its entries shrinks by itself."""
    for container in project.containers:
        removal = project.defects.entry_timer_only_cleanups.of(container)
        if removal is None:
            continue
        message = (
            f"`{container.name}` grows in {growth(container, project)}, and an entry leaves by itself only "
            f"when its own timer runs {_what_runs(removal, container, project)}: one timer lost is one entry kept"
        )
        yield finding(CODE, NAME, message, container, project, ADVICE)


def _what_runs(removal: Removal, container: Container, project: Project) -> str:
    access = removal.access
    if access.handed is not None:
        return f"`{container.name}.{access.how}`"
    return f"`{project.function(access.scope)}`"


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="each entry leaves only by its own one-shot timer, with no sweep or cap behind it",
    check=check,
    default=False,
)
