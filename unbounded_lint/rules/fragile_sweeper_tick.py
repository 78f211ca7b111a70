"""One exception ends the loop or the timer that sweeps.

## What it does
Reports a container that only a timer sweeps, where the first error in the tick ends it for good: a loop with a sleep
in a thread or task with no `try` around its body, a timer that is armed again behind the work, or a scheduler that
stops a job that raises. Something in the tick must be able to raise: it goes to a disk or a network, awaits something,
or calls a function that somebody else gave.

## Why is this bad?
The thread or task dies with one line in a log, or none. The program goes on serving, and from then on nothing is
swept; often another step of the same loop raised, which has nothing to do with the container.

## Example
`while True: time.sleep(60); report(); sweep()` in a daemon thread, where `report()` opens a file.

## Use instead
`try: sweep()` with `except Exception: log.exception(...)` for each step of the tick, and arm the next run in a
`finally`.

## When it stays quiet
A `try` in the loop, in the step or in a wrapper ends the error; the scheduler goes on after one; what the tick does
cannot raise in practice (comparisons, `pop` with a default, copies); the loop is started again when it has ended, or
its end is the end of the program; another timer, an insert or a size cap sweeps too.

## Options
`timers` names callables that start a timer: what they do after an exception is not known, so they are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.project import Container, Project
    from unbounded_lint.link.ticks import Fragile

CODE = "UBM207"
NAME = "fragile-sweeper-tick"
ADVICE = {
    "loop": "put each step of the loop in a `try` of its own that logs the error and goes on",
    "rearm": "arm the next run in a `finally`, or before the work",
    "timer": "catch and log errors inside the tick",
}
_RISK = {
    "outward": "which leaves the process and may fail",
    "awaited": "which awaits what may fail",
    "callback": "which is not this code's own",
}


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeping ends at the first exception."""
    for container in project.containers:
        fragile = project.ticks.fragile(container)
        if fragile is not None:
            yield _finding(fragile, container, project)


def _finding(fragile: Fragile, container: Container, project: Project) -> Finding:
    risk, where = fragile.risk, project.function(fragile.start[0])
    tick = project.function(fragile.tick[0])
    unguarded = f"that sweeps it catches an error of {risk.what}"
    ends = {
        "loop": f"nothing in the loop of `{where}` {unguarded}: the first one ends it",
        "rearm": f"`{tick}` arms its next sweep only after {risk.what}: the first error there is the end of it",
        "timer": f"nothing in `{tick}` {unguarded}: {fragile.timer} stops at the first one",
    }[fragile.ending]
    faults = [
        project.place(*fragile.start, "timer", f"in `{where}`"),
        project.place(*fragile.tick, "guard", "no `try` here ends an error"),
        project.place(risk.scope, risk.op, "call", f"{risk.what}, {_RISK[risk.sort]}"),
    ]
    message = f"`{container.name}` grows in {growth(container, project)}, and {ends}"
    advice = ADVICE[fragile.ending]
    return finding(CODE, NAME, message, container, project, advice, faults=faults, confidence=risk.confidence)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="one exception in a tick ends the loop or timer that sweeps",
    doc=__doc__,
    check=check,
    examples=(
        Bad(
            {
                "feeds.py": """
                import asyncio
                import time
                import httpx

                _feeds = {}  # expect: UBM207

                def requested(url):
                    _feeds[url] = time.monotonic()

                def sweep():
                    for url, at in list(_feeds.items()):
                        if time.monotonic() - at > 3600:
                            _feeds.pop(url, None)

                async def maintain():
                    async with httpx.AsyncClient() as client:
                        while True:
                            await asyncio.sleep(60)
                            await client.post("https://status.example", json={"feeds": len(_feeds)})
                            sweep()
                """,
                "app.py": """
                import asyncio
                from feeds import maintain, requested

                async def main():
                    keeper = asyncio.create_task(maintain())
                    await asyncio.start_server(handle, port=80)
                    await asyncio.Event().wait()

                async def handle(reader, writer):
                    requested(await reader.readline())

                if __name__ == "__main__":
                    asyncio.run(main())
                """,
            }
        ),
        Bad(
            {
                "uploads.py": """
                import os
                import threading
                import time

                _uploads = {}  # expect: UBM207

                def saved(path):
                    _uploads[path] = time.monotonic()

                def _tick():
                    for path, at in list(_uploads.items()):
                        if time.monotonic() - at > 600:
                            os.unlink(path)
                            del _uploads[path]
                    start()

                def start():
                    timer = threading.Timer(60, _tick)
                    timer.daemon = True
                    timer.start()
                """,
                "web.py": """
                import uploads

                def handle(request):
                    uploads.saved(request.path)

                uploads.start()
                """,
            }
        ),
        Good(
            {
                "feeds.py": """
                import asyncio
                import logging
                import time
                import httpx

                _feeds = {}  # ok: UBM207

                def requested(url):
                    _feeds[url] = time.monotonic()

                def sweep():
                    for url, at in list(_feeds.items()):
                        if time.monotonic() - at > 3600:
                            _feeds.pop(url, None)

                async def maintain():
                    async with httpx.AsyncClient() as client:
                        while True:
                            await asyncio.sleep(60)
                            try:
                                await client.post("https://status.example", json={"feeds": len(_feeds)})
                            except httpx.HTTPError:
                                logging.exception("status not sent")
                            sweep()
                """,
                "app.py": """
                import asyncio
                from feeds import maintain, requested

                async def main():
                    keeper = asyncio.create_task(maintain())
                    await asyncio.start_server(handle, port=80)
                    await asyncio.Event().wait()

                async def handle(reader, writer):
                    requested(await reader.readline())

                if __name__ == "__main__":
                    asyncio.run(main())
                """,
            }
        ),
        Good(
            {
                "uploads.py": """
                import os
                import threading
                import time

                _uploads = {}  # ok: UBM207

                def saved(path):
                    _uploads[path] = time.monotonic()

                def _tick():
                    try:
                        for path, at in list(_uploads.items()):
                            if time.monotonic() - at > 600:
                                os.unlink(path)
                                del _uploads[path]
                    finally:
                        start()

                def start():
                    timer = threading.Timer(60, _tick)
                    timer.daemon = True
                    timer.start()
                """,
                "web.py": """
                import uploads

                def handle(request):
                    uploads.saved(request.path)

                uploads.start()
                """,
            }
        ),
        Good(
            {
                "sessions.py": """
                import threading
                import time

                _sessions = {}  # ok: UBM207

                def login(user_id):
                    _sessions[user_id] = time.monotonic()

                def sweep():
                    now = time.monotonic()
                    for user_id in [u for u, at in _sessions.items() if now - at > 3600]:
                        _sessions.pop(user_id, None)

                def _loop():
                    while True:
                        time.sleep(60)
                        sweep()

                threading.Thread(target=_loop, daemon=True).start()
                """,
                "web.py": """
                from sessions import login

                def handle(request):
                    login(request.user_id)
                """,
            }
        ),
    ),
)
