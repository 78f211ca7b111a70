"""A sweep is written, but nothing runs it.

## What it does
Reports a container that grows at run time and has a sweep (code that walks it and removes what is stale), where
nothing reaches the sweep: no timer, no insert, no caller but tests; or where its timer is created and never started,
or runs in another process.

## Why is this bad?
The author saw the leak and wrote the cure, and reviewers saw both. Only the wiring is missing, and the process still
grows.

## Example
`sweep_runs()` is defined and tested, and no timer calls it.

## Use instead
Start a timer with the program that calls the sweep: a daemon thread, an asyncio task whose handle is kept, a
scheduler's job.

## When it stays quiet
The sweep is reached by a timer of the catalogue that something starts, or stands in the path of every insert.

## Options
`timers` names callables that start a timer; `sweepers` names functions that something invisible calls; `entry-points`
names functions that are called from outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.project import Container, Project
    from unbounded_lint.link.sweeps import Removal

CODE = "UBM201"
NAME = "unscheduled-sweep"

_WHY = {
    "test": "is called only from tests",
    "dead": "is never called",
    "unstarted": "hangs on a timer that is never started",
    "once": "runs once, on a timer that nothing starts again",
    "other-process": "runs in another process, which has a copy of its own",
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
            yield finding(CODE, NAME, message, container, project, _advice(sweep, container, project))


def _advice(sweep: Removal, container: Container, project: Project) -> str:
    if sweep.when == "unstarted":
        return "start the timer with the program"
    if sweep.when == "once":
        return "start the timer again at the end of each sweep, in a `finally`, or use one that repeats"
    if sweep.when == "other-process":
        return f"sweep in the process that inserts, {on_a_timer(container, project)}"
    return f"call `{project.function(sweep.access.scope)}` {on_a_timer(container, project)}"


def _idle_sweep(container: Container) -> Removal:
    order = ("unstarted", "once", "other-process", "test", "dead", "event")
    candidates = [r for r in container.removals if r.extent in {"sweep", "all"} and r.when in order]
    return min(candidates, key=lambda r: (r.extent != "sweep", order.index(r.when), r.access.scope, r.access.op))


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a sweep is written but no timer, insert or caller reaches it",
    doc=__doc__,
    check=check,
    examples=(
        Bad(
            {
                "runs.py": """
                import time

                _runs = {}  # expect: UBM201

                def register(run_id):
                    _runs[run_id] = time.monotonic()

                def sweep_runs():
                    for run_id, seen in list(_runs.items()):
                        if time.monotonic() - seen > 300:
                            del _runs[run_id]
                """,
                "server.py": """
                from runs import register

                def handle(request):
                    register(request.run_id)
                """,
                "test_runs.py": """
                from runs import register, sweep_runs

                def test_sweep():
                    register("a")
                    sweep_runs()
                """,
            }
        ),
        Good(
            {
                "runs.py": """
                import asyncio
                import time

                _runs = {}  # ok: UBM201

                def register(run_id):
                    _runs[run_id] = time.monotonic()

                def sweep_runs():
                    for run_id, seen in list(_runs.items()):
                        if time.monotonic() - seen > 300:
                            del _runs[run_id]
                """,
                "server.py": """
                import asyncio
                from runs import register, sweep_runs

                async def janitor():
                    while True:
                        await asyncio.sleep(60)
                        sweep_runs()

                async def main():
                    task = asyncio.create_task(janitor())
                    await serve(register)
                    task.cancel()

                async def serve(handler):
                    handler(input())

                if __name__ == "__main__":
                    asyncio.run(main())
                """,
            }
        ),
        Good(
            {
                "runs.py": """
                import time

                _runs = {}  # ok: UBM201

                def register(run_id):
                    _sweep()
                    _runs[run_id] = time.monotonic()

                def _sweep():
                    for run_id, seen in list(_runs.items()):
                        if time.monotonic() - seen > 300:
                            del _runs[run_id]
                """,
            }
        ),
        Good(
            {
                "runs.py": """
                import threading
                import time

                _runs = {}  # ok: UBM201

                def register(run_id):
                    _runs[run_id] = time.monotonic()

                def _tick():
                    for run_id, seen in list(_runs.items()):
                        if time.monotonic() - seen > 300:
                            del _runs[run_id]
                    _arm()

                def _arm():
                    timer = threading.Timer(60, _tick)
                    timer.daemon = True
                    timer.start()

                _arm()
                """,
            }
        ),
    ),
)
