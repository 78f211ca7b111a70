"""Entries of a long-lived container leave only when their owner asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings import wording
from unbounded_lint.findings.finding import Finding, Place
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import advice_by_entries, finding, growing, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container
    from unbounded_lint.link.verdicts.exits import Exit
    from unbounded_lint.link.verdicts.removals import Removal
    from unbounded_lint.link.verdicts.ways import Way

CODE = "UBM102"
NAME = "event-only-removal"
_MOST = 2
"""How many functions that remove a message names."""
_EVENTS = ("event", "guaranteed")  # the latter for other entries than those that some insert makes


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that only events shrink."""
    for container in project.containers:
        way = container.way
        if container.verdict.name == "event-only" and way is not None:
            message = f"`{container.name}` grows in {growth(container, project)}, and {_left(container, way, project)}"
            advice = _advice(container, project)
            found = finding(CODE, NAME, message, container, project, advice, faults=_exits(way, project))
            yield growing(found, container)


def _left(container: Container, way: Way, project: Project) -> str:
    """The way on which an entry stays, and who would remove it."""
    if way.exit is not None and way.exit.kind == "apart":
        return _uncleaned(container, way, project.function(way.exit.scope), project)
    removals = [r for r in container.removals if r.when in _EVENTS]
    if way.left == "condition" and all(removal.delayed for removal in removals):
        return "only a one-shot timer, which need not run for each entry, takes one out: the others stay"
    where, several = _removers(removals, project)
    match way.left:
        case "success":
            return f"only a failure makes {where} remove: the entry of what goes well stays"
        case "error" | "unasked" | "condition" if way.exit is not None:
            leaving = _leaving(way.exit, project, _line(way.exit, container, project))
            unless, then = ("only if", "otherwise") if way.exit.kind == "condition" else ("unless", "then")
            return f"{where} {'remove' if several else 'removes'} it {unless} {leaving}: {then} the entry stays"
        case "error" | "unasked" if way.scope is not None:
            return (
                f"{where} {'remove' if several else 'removes'} it unless what `{project.function(way.scope)}` does in "
                "between raises or is cancelled: then the entry stays"
            )
        case "condition":
            return (
                f"{where} {'remove' if several else 'removes'} it only under a condition that need not hold: otherwise "
                "the entry stays"
            )
        case "emptied":
            return f"no entry leaves by itself: only {where} {'take' if several else 'takes'} out whatever is there"
    inserting = {project.function(insert.access.scope) for insert in container.inserts}
    if {project.function(removal.access.scope) for removal in removals} <= inserting:
        return f"only some calls of {where} take an entry out: one for which no such call comes stays"
    return f"shrinks only when {where} {'are' if several else 'is'} called for it: an entry nobody asks for stays"


def _uncleaned(container: Container, way: Way, who: str, project: Project) -> str:
    """Who adds an entry that is not cleaned up, where the entries of others are."""
    where, several = _removers([r for r in container.removals if r.partly], project)
    if way.left == "emptied":
        return f"{where} {'empty' if several else 'empties'} it in a clean-up, which need not follow what `{who}` adds"
    takes = f"{where} {'take' if several else 'takes'} out in a clean-up what others add"
    return f"{takes}, not what `{who}` does: that entry stays"


def _removers(removals: Iterable[Removal], project: Project) -> tuple[str, bool]:
    """The functions of some removals, and whether they are several."""
    names = dict.fromkeys(project.function(removal.access.scope) for removal in removals)
    return " and ".join(f"`{name}`" for name in list(names)[:_MOST]), len(names) > 1


def _exits(way: Way, project: Project) -> Iterator[Place]:
    """Where a run leaves its entry behind."""
    if way.exit is not None:
        yield project.place(*way.exit.place, "exit", _leaving(way.exit, project))


def _leaving(exit_: Exit, project: Project, where: str = "") -> str:
    return wording.leaving(exit_.kind, f"`{project.function(exit_.scope)}`", exit_.what, where)


def _line(exit_: Exit, container: Container, project: Project) -> str:
    """ "line 7", with the file where that is another one."""
    place = project.place(*exit_.place, "exit", "")
    elsewhere = f" of `{place.path.rpartition('/')[2]}`" if place.path != container.place.path else ""
    return f"line {place.line}{elsewhere}"


def _advice(container: Container, project: Project) -> str:
    return advice_by_entries(container, project) or (
        f"remove the entry in a `finally`, or sweep stale entries {on_a_timer(container, project)}"
    )


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="entries leave only when their owner asks, never by time, size or a finally",
    check=check,
)
