"""What is under a key is taken out, and the key is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growing, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.entries.prunings import Pruning
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM104"
NAME = "keys-outlive-values"

_DOES = {
    "removed": "takes things out of its values",
    "filtered": "filters its values",
    "lowered": "brings its counts down",
}


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose values are emptied while their keys stay."""
    for container in project.containers:
        prunings = project.defects.keys_outliving_values.of(container)
        if prunings:
            yield _finding(prunings, container, project)


def _finding(prunings: tuple[Pruning, ...], container: Container, project: Project) -> Finding:
    first = prunings[0]
    kept = "keeps their keys" if container.verdict.name == "never" else "keeps their keys until somebody asks"
    message = (
        f"`{container.name}` grows in {growth(container, project)}, and `{project.function(first.scope)}` "
        f"{_DOES[first.how]} and {kept}"
    )
    faults = [
        project.place(p.scope, p.op, "removal", f"`{project.function(p.scope)}` {_DOES[p.how]} and keeps the key")
        for p in prunings
    ]
    advice = (
        "remove the key with the last of what is under it (`if not values: del m[key]`), and sweep keys that are not "
        f"asked for again {on_a_timer(container, project)}"
    )
    return growing(finding(CODE, NAME, message, container, project, advice, faults=faults[:5]), container)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="lists are filtered, sets emptied or counts brought down, and their keys are kept",
    check=check,
    overrides=("UBM101", "UBM102", "UBM103"),
)
