"""A loop removes entries from the very container that it walks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.defects.removal_while_iterating import Clash
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM208"
NAME = "removal-while-iterating"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that a loop takes from while it walks it."""
    for container in project.containers:
        clashes = project.defects.removals_while_iterating.of(container)
        if clashes:
            yield _finding(min(clashes, key=lambda c: (c.call is not None, c.scope, c.loop)), container, project)


def _finding(clash: Clash, container: Container, project: Project) -> Finding:
    where, removal = project.function(clash.scope), clash.removal
    loop = project.place(clash.scope, clash.loop, "sweep", f"`{where}` walks the container itself")
    taking = project.place(removal.scope, removal.op, "removal", "removes from it meanwhile")
    faults = [loop, taking]
    through = ""
    if clash.call is not None:
        through = f" through `{project.function(removal.scope)}`"
        faults.insert(1, project.place(clash.scope, clash.call, "call", "calls what removes from it"))
    then = (
        "each removal makes the loop skip the next entry"
        if clash.skips
        else "the first removal ends the loop with a RuntimeError"
    )
    message = (
        f"`{container.name}` grows in {growth(container, project)}, and `{where}` removes from it{through} "
        f"while walking it: {then}"
    )
    advice = "walk a copy (`for ... in list(...)`), or collect the keys first and remove them after the loop"
    confidence = Confidence.HIGH if clash.call is None and not clash.skips else Confidence.MEDIUM
    if not clash.asked:
        confidence = Confidence.LOW  # whoever uses the project may call it, or nobody
    return finding(CODE, NAME, message, container, project, advice, faults=faults, confidence=confidence)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a loop removes from the container it walks, which raises RuntimeError or skips entries",
    check=check,
)
