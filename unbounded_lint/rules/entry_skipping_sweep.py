"""A sweep passes over the entries in which an optional field was never set.

## What it does
Reports a container that grows at run time and is swept, where the sweep only takes entries with a certain field
(`archive_at`, `finished_at`, an end that may be None), where inserts leave that field unset, and where nothing else
takes such entries.

## Why is this bad?
The sweep runs, removes entries and looks right in every log; only the entries that never got a deadline stay, and they
are the ones that nobody counts.

## Example
`if not run.archive_at or run.archive_at > now: continue`, while runs of one kind are registered with
`archive_at=None`.

## Use instead
Give entries without the field an age of their own (`if run.archive_at is None: ...` with the time of the insert), or
set the field at every insert.

## When it stays quiet
The field is set at each insert; another branch, sweep or size cap takes entries without it; it is set in a `finally`,
by a callback, by a timer, or by the run that made the entry; it marks a state that comes and goes.

## Options
`sweepers` names functions that something invisible calls again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding, Place
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.project import Container, Project
    from unbounded_lint.link.skips import Skip

CODE = "UBM202"
NAME = "entry-skipping-sweep"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeps pass over some entries for ever."""
    for container in project.containers:
        skip = project.skips.of(
            container.holder, container.accesses, container.inserts, container.removals, container.verdict
        )
        if skip is not None:
            yield _report(container, skip, project)


def _report(container: Container, skip: Skip, project: Project) -> Finding:
    sweep = project.function(skip.removal.access.scope)
    what = _condition(skip)
    message = f"`{container.name}` grows in {growth(container, project)} and its sweep `{sweep}` passes over {what}"
    advice = (
        "give such entries an age of their own in the sweep"
        if skip.setters
        else "remove such entries by the age of something that every entry has, or set it at each insert"
    )
    return finding(
        CODE,
        NAME,
        message,
        container,
        project,
        advice,
        faults=_faults(skip, project),
        confidence=skip.confidence,
        reasons=(_reason(skip, project),),
    )


def _condition(skip: Skip) -> str:
    names = [step[1:] if step.startswith(".") else step[1:-1] for step in skip.path]
    if not names:
        return "entries whose value is None"
    if names[-1].isdigit():
        return f"entries whose value has None at index {names[-1]}"
    return f"entries whose `{names[-1]}` is not set"


def _reason(skip: Skip, project: Project) -> str:
    where = project.function(skip.insert.access.scope)
    if not skip.setters:
        return f"`{where}` can leave it unset, and nothing sets it later"
    setter = project.function(skip.setters[0][0])
    return f"`{where}` leaves it unset until `{setter}` is asked to set it, which may never happen"


def _faults(skip: Skip, project: Project) -> tuple[Place, ...]:
    guards = [project.place(*place, "guard", "only entries in which it is set come past here") for place in skip.guards]
    unset = project.place(skip.unset.scope, skip.unset.op, "insert", "here it can be left unset")
    setters = [project.place(*place, "call", "this sets it, when it is called") for place in skip.setters[:2]]
    return (*guards, unset, *setters)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a sweep passes over entries in which an optional field was never set",
    doc=__doc__,
    check=check,
    overrides=("UBM203", "UBM204"),
    examples=(
        Bad(
            {
                "runs.py": """
                import time
                from dataclasses import dataclass

                @dataclass
                class Run:
                    task: str
                    archive_at: float | None = None

                _runs = {}  # expect: UBM202

                def register(run_id, task, keep):
                    _runs[run_id] = Run(task, None if keep else time.time() + 3600)

                def sweep_runs():
                    now = time.time()
                    for run_id, run in list(_runs.items()):
                        if not run.archive_at or run.archive_at > now:
                            continue
                        del _runs[run_id]
                """,
                "server.py": """
                import logging
                import threading
                import time

                from runs import register, sweep_runs

                def janitor():
                    while True:
                        time.sleep(60)
                        try:
                            sweep_runs()
                        except Exception:
                            logging.exception("sweep failed")

                threading.Thread(target=janitor, daemon=True).start()

                def handle(request):
                    register(request.run_id, request.task, request.mode == "session")
                """,
            }
        ),
        Good(
            {
                "runs.py": """
                import time
                from dataclasses import dataclass, field

                @dataclass
                class Run:
                    task: str
                    archive_at: float | None = None
                    created_at: float = field(default_factory=time.time)

                _runs = {}  # ok: UBM202

                def register(run_id, task, keep):
                    _runs[run_id] = Run(task, None if keep else time.time() + 3600)

                def sweep_runs():
                    now = time.time()
                    for run_id, run in list(_runs.items()):
                        if run.archive_at is None:
                            if now - run.created_at > 86_400:
                                del _runs[run_id]
                        elif run.archive_at <= now:
                            del _runs[run_id]
                """,
                "server.py": """
                import logging
                import threading
                import time

                from runs import register, sweep_runs

                def janitor():
                    while True:
                        time.sleep(60)
                        try:
                            sweep_runs()
                        except Exception:
                            logging.exception("sweep failed")

                threading.Thread(target=janitor, daemon=True).start()

                def handle(request):
                    register(request.run_id, request.task, request.mode == "session")
                """,
            }
        ),
        Good(
            {
                "tokens.py": """
                import logging
                import time

                _tokens = {}  # ok: UBM202

                def remember(token, lifetime=None):
                    if lifetime is None:
                        lifetime = 600
                    _tokens[token] = {"until": time.monotonic() + lifetime}

                def forget_old():
                    now = time.monotonic()
                    for token in [t for t, entry in _tokens.items() if entry["until"] and entry["until"] < now]:
                        _tokens.pop(token, None)

                def loop():
                    while True:
                        time.sleep(30)
                        try:
                            forget_old()
                        except Exception:
                            logging.exception("sweep failed")
                """,
                "app.py": """
                import threading

                from tokens import loop, remember

                threading.Thread(target=loop, daemon=True).start()

                def login(request):
                    remember(request.token)
                """,
            }
        ),
        Good(
            {
                "jobs.py": """
                import asyncio
                import logging
                import time

                class Job:
                    def __init__(self, name):
                        self.name = name
                        self.ended_at = None

                _jobs = {}  # ok: UBM202

                async def run(job_id, name, work):
                    job = Job(name)
                    _jobs[job_id] = job
                    try:
                        await work(job)
                    finally:
                        job.ended_at = time.monotonic()

                async def sweep_forever():
                    while True:
                        await asyncio.sleep(60)
                        try:
                            sweep(time.monotonic())
                        except Exception:
                            logging.exception("sweep failed")

                def sweep(now):
                    for job_id, job in list(_jobs.items()):
                        if job.ended_at is not None and now - job.ended_at > 600:
                            del _jobs[job_id]
                """,
                "app.py": """
                import asyncio

                from jobs import run, sweep_forever

                async def main(requests, work):
                    sweeper = asyncio.create_task(sweep_forever())
                    async for request in requests:
                        await run(request.id, request.name, work)
                    sweeper.cancel()
                """,
            }
        ),
    ),
)
