"""A long-lived container gets entries at run time and none is ever removed.

## What it does
Reports a container that lives as long as the process (a module-level name, a class attribute, an attribute of a
singleton), into which running code inserts under keys that are not a closed set, and from which nothing that runs
ever removes an entry.

## Why is this bad?
Each request, message or session leaves an entry behind. The process grows until it is killed for lack of memory,
typically after days and far from the code at fault.

## Example
A sequence number kept for every run that ever emitted an event: the map grows by one entry a run, for ever.

## Use instead
Remove the entry in a `finally`, cap the size, use a weak or bounded container, or sweep stale entries from a timer
that is started with the program.

## When it stays quiet
Keys from a closed set (literals, enum members, classes, decorated functions), inserts that only run at import or
once, bounded and weak containers, size caps, removal that is paired with the insert, and sweeps that a started timer
reaches. Removals that only tests reach, and removals that nothing calls, do not count.

## Options
`bounded-types` names constructors of containers that bound themselves; `sweepers` names functions that something
invisible calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import advice_for, finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM101"
NAME = "never-removed-entries"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that only grows."""
    for container in project.containers:
        if container.verdict.name == "never":
            message = f"`{container.name}` grows in {growth(container, project)} and nothing ever removes an entry"
            if container.removals:
                message = (
                    f"`{container.name}` grows in {growth(container, project)} and nothing that runs removes an entry"
                )
            yield finding(CODE, NAME, message, container, project, advice_for(container, project))


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a long-lived container grows at run time and no entry is ever removed",
    doc=__doc__,
    check=check,
    examples=(
        Bad(
            {
                "events.py": """
                _sequence = {}  # expect: UBM101

                def emit(run_id, payload):
                    _sequence[run_id] = _sequence.get(run_id, 0) + 1
                    return _sequence[run_id], payload
                """,
                "server.py": """
                from events import emit

                def handle(request):
                    return emit(request.run_id, request.body)
                """,
            }
        ),
        Good(
            {
                "events.py": """
                _sequence = {}  # ok: UBM101

                def emit(run_id, payload):
                    _sequence[run_id] = _sequence.get(run_id, 0) + 1
                    try:
                        return publish(payload, _sequence[run_id])
                    finally:
                        _sequence.pop(run_id, None)

                def publish(payload, number):
                    return payload, number
                """,
            }
        ),
        Good(
            {
                "handlers.py": """
                _handlers = {}  # ok: UBM101

                def handles(kind):
                    def register(function):
                        _handlers[kind] = function
                        return function
                    return register

                @handles("start")
                def on_start(event):
                    return event
                """,
            }
        ),
        Good(
            {
                "recent.py": """
                _results = {}  # ok: UBM101

                def remember(query, result):
                    if len(_results) >= 1000:
                        _results.pop(next(iter(_results)))
                    _results[query] = result
                """,
            }
        ),
    ),
)
