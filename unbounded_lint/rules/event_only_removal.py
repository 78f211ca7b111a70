"""Entries of a long-lived container leave only when their owner asks for it.

## What it does
Reports a container that grows at run time, whose only removals wait for an event: a call by the entry's owner, a
logout, a disconnect, a public `clear()`. Nothing removes an entry whose owner dies, times out or forgets.

## Why is this bad?
The happy path is clean, so tests and reviews pass. Every exception, cancelled task or lost connection leaves an entry
behind, and in a process that runs for weeks they add up.

## Example
A context that is stored when a run starts and popped after `await work(...)`: when the work raises, it stays.

## Use instead
Remove in `finally` (or in the exit of a `with`) where the insert is made, or add a sweep by age that a timer runs.

## When it stays quiet
Removals that are guaranteed (`finally`, `with`, `add_done_callback`, weak references), size caps, sweeps on a started
timer or in the path of every insert.

## Options
`sweepers` names functions that something invisible calls again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import advice_by_entries, finding, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.project import Container, Project

CODE = "UBM102"
NAME = "event-only-removal"
_EVENTS = ("event", "guaranteed")  # the latter for other entries than those that some insert makes


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that only events shrink."""
    for container in project.containers:
        if container.verdict.name == "event-only":
            where = next(project.function(r.access.scope) for r in container.removals if r.when in _EVENTS)
            message = (
                f"`{container.name}` grows in {growth(container, project)} and shrinks only when "
                f"`{where}` is asked to: an entry whose owner fails stays for ever"
            )
            yield finding(CODE, NAME, message, container, project, _advice(container, project))


def _advice(container: Container, project: Project) -> str:
    return advice_by_entries(container, project) or (
        f"remove the entry in a `finally`, or sweep stale entries {on_a_timer(container, project)}"
    )


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="entries leave only when their owner asks, never by time, size or a finally",
    doc=__doc__,
    check=check,
    examples=(
        Bad(
            {
                "contexts.py": """
                _contexts = {}  # expect: UBM102

                async def run(job_id, work):
                    _contexts[job_id] = object()
                    await work(job_id)
                    _contexts.pop(job_id, None)
                """,
                "server.py": """
                from contexts import run

                async def handle(request):
                    await run(request.id, request.app.work)
                """,
            }
        ),
        Good(
            {
                "contexts.py": """
                _contexts = {}  # ok: UBM102

                async def run(job_id, work):
                    _contexts[job_id] = object()
                    try:
                        await work(job_id)
                    finally:
                        _contexts.pop(job_id, None)
                """,
            }
        ),
        Good(
            {
                "tasks.py": """
                import asyncio

                _running = set()  # ok: UBM102

                def spawn(work):
                    task = asyncio.create_task(work())
                    _running.add(task)
                    task.add_done_callback(_running.discard)
                """,
            }
        ),
        Good(
            {
                "sessions.py": """
                import threading
                import time

                _sessions = {}  # ok: UBM102

                def login(user_id):
                    _sessions[user_id] = time.monotonic()

                def logout(user_id):
                    _sessions.pop(user_id, None)

                def _sweep():
                    while True:
                        time.sleep(60)
                        for user_id, seen in list(_sessions.items()):
                            if time.monotonic() - seen > 3600:
                                del _sessions[user_id]

                threading.Thread(target=_sweep, daemon=True).start()
                """,
            }
        ),
    ),
)
