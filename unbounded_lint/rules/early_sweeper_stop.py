"""A sweeper stops when one map is empty, although it sweeps another one too.

## What it does
Reports a container that a timer, task or thread sweeps, where that sweeper ends (a cancelled timer, a loop left, a
tick that does not arm the next one) as soon as *another* container is empty, and where inserts do not start it again.

## Why is this bad?
A sweeper that stops when it has nothing to do is good manners. One that asks a single map for that leaves the others
as they are: what they hold stays, and what comes after is never swept.

## Example
`sweep_runs(); sweep_replies(); if not _runs: return` at the end of a tick, with replies left over.

## Use instead
Ask every map that the tick sweeps (`if not _runs and not _replies`), and start the sweeper from each insert.

## When it stays quiet
The condition asks for the container itself; an insert starts the sweeper again; another sweeper goes on, or each entry
has a timer of its own; the container is only emptied along with the one that is asked.

## Options
`sweepers` names functions that something invisible calls again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.project import Container, Project
    from unbounded_lint.link.stops import Stop

CODE = "UBM206"
NAME = "early-sweeper-stop"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeper stops for the sake of another."""
    for container in project.containers:
        stop = project.stops.of(container)
        if stop is not None:
            yield _report(container, stop, project)


def _report(container: Container, stop: Stop, project: Project) -> Finding:
    asked = " and ".join(f"`{symbol.partition(':')[2]}`" for symbol in stop.asked)
    verb = "is" if len(stop.asked) == 1 else "are"
    message = (
        f"`{container.name}` grows in {growth(container, project)} and its sweeper stops in "
        f"`{project.function(stop.scope)}` as soon as {asked} {verb} empty"
    )
    advice = f"ask for `{container.name}` too before the sweeper stops, and start it from every insert"
    return finding(
        CODE,
        NAME,
        message,
        container,
        project,
        advice,
        faults=(
            project.place(stop.scope, stop.op, "guard", f"the sweeper stops here once {asked} {verb} empty"),
            project.place(*stop.timer, "timer", "the sweeper runs from here"),
        ),
        confidence=stop.confidence,
        reasons=(f"no insert into `{container.name}` starts the sweeper again",),
    )


_STATE = """
import logging
import threading
import time

_runs = {}  # ok: UBM206
_replies = {}  # MARK
_timer = None

def run(run_id):
    _runs[run_id] = time.monotonic()
    start()

def reply(reply_id):
    _replies[reply_id] = time.monotonic()

def _drop(table):
    limit = time.monotonic() - 600
    for key in [k for k, at in table.items() if at < limit]:
        table.pop(key, None)

def _tick():
    global _timer
    _timer = None
    try:
        _drop(_runs)
        _drop(_replies)
    except Exception:
        logging.exception("sweep failed")
    if not _runs:
        return
    start()

def start():
    global _timer
    if _timer is None:
        _timer = threading.Timer(60, _tick)
        _timer.daemon = True
        _timer.start()
"""
_SERVER = """
import gateway

def handle(request):
    if request.kind == "run":
        gateway.run(request.id)
    else:
        gateway.reply(request.id)
"""

RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a sweeper stops when one map is empty although it sweeps another one too",
    doc=__doc__,
    check=check,
    overrides=("UBM203", "UBM204"),
    examples=(
        Bad({"gateway.py": _STATE.replace("MARK", "expect: UBM206"), "server.py": _SERVER}),
        Good(
            {
                "gateway.py": _STATE.replace("MARK", "ok: UBM206")
                .replace("if not _runs:", "if not _runs and not _replies:")
                .replace("_replies[reply_id] = time.monotonic()", "_replies[reply_id] = time.monotonic()\n    start()"),
                "server.py": _SERVER,
            }
        ),
        Good(
            {
                "gateway.py": _STATE.replace("MARK", "ok: UBM206").replace(
                    "    if not _runs:\n        return\n    start()", "    start()"
                ),
                "server.py": _SERVER + "\ngateway.start()\n",
            }
        ),
        Good(
            {
                "leases.py": """
                import asyncio
                import logging
                import time

                _leases = {}  # ok: UBM206
                _sweeper = None

                def grant(name):
                    global _sweeper
                    _leases[name] = time.monotonic() + 60
                    if _sweeper is None:
                        _sweeper = asyncio.get_running_loop().create_task(_sweep())

                def _drop(now):
                    for name in [n for n, until in _leases.items() if until <= now]:
                        del _leases[name]

                async def _sweep():
                    global _sweeper
                    while _leases:
                        await asyncio.sleep(5)
                        try:
                            _drop(time.monotonic())
                        except Exception:
                            logging.exception("sweep failed")
                    _sweeper = None
                """,
                "app.py": """
                from aiohttp import web

                from leases import grant

                async def lease(request):
                    grant(request.match_info["name"])
                    return web.Response(text="granted")

                app = web.Application()
                app.router.add_post("/lease/{name}", lease)
                """,
            }
        ),
    ),
)
