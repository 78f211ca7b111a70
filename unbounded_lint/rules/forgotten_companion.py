"""Two containers get the same key, and a removal from one forgets the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding, Place
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growing

if TYPE_CHECKING:
    from unbounded_lint.link.defects.forgotten_companion import Forgotten
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM105"
NAME = "forgotten-companion"
_MOST = 3


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that a removal from its companion forgets."""
    for container in project.containers:
        forgotten = project.defects.forgotten_companions.of(container)
        if forgotten is None:
            continue
        found = finding(
            CODE,
            NAME,
            _message(container, forgotten, project),
            container,
            project,
            _advice(container, forgotten, project),
            faults=_faults(forgotten, project),
            reasons=_reasons(container),
        )
        yield growing(found, container)


def _message(container: Container, forgotten: Forgotten, project: Project) -> str:
    where = f"`{project.function(forgotten.removals[0].access.scope)}`"
    shared = f"`{project.function(forgotten.shared[0])}`"
    if forgotten.walked:
        return (
            f"`{container.name}` loses entries only in {shared}, by the keys of `{forgotten.other.name}`, and {where} "
            "removes a key from the other alone"
        )
    return (
        f"`{container.name}` gets the same key as `{forgotten.other.name}` in {shared}, and {where} removes it only "
        "from the other"
    )


def _advice(container: Container, forgotten: Forgotten, project: Project) -> str:
    where = f"`{project.function(forgotten.removals[0].access.scope)}`"
    if project.holdings.of(container) == "locks":
        return (
            "keep the locks in a `weakref.WeakValueDictionary`, or drop each with its entry while nobody waits for it"
        )
    return f"remove the key from `{container.name}` in {where} too, by a helper that does both"


def _faults(forgotten: Forgotten, project: Project) -> Iterator[Place]:
    for removal in forgotten.removals[:_MOST]:
        access = removal.access
        text = f"`{project.function(access.scope)}` removes from `{forgotten.other.name}` alone"
        yield project.place(access.scope, access.op, "removal", text)
    text = f"where `{forgotten.other.name}` is defined"
    yield project.place(forgotten.other.holder.scope, forgotten.other.holder.op, "companion", text)


def _reasons(container: Container) -> tuple[str, ...]:
    if container.verdict.name == "never":
        return ("nothing else that runs removes an entry of it",)
    return ("what else removes from it removes from both",)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="two containers get the same key, and a removal from one forgets the other",
    check=check,
    overrides=("UBM101", "UBM102", "UBM103", "UBM104", "UBM210"),
)
