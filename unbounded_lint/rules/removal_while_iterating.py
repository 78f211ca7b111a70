"""A loop removes entries from the very container that it walks.

## What it does
Reports a container that grows at run time and a `for` loop over it, or over its `items()`, `keys()` or `values()`,
that removes entries from it and goes on: in its body, or in a function that it calls.

## Why is this bad?
A dict, set or deque raises RuntimeError at the next step, so a sweep dies at its first stale entry, removes one entry
a tick at best, and often ends its thread or task for good. A list raises nothing: the loop passes over the entry
behind each one that it removes.

## Example
`for name in _leases: if _leases[name] < now: del _leases[name]`

## Use instead
Walk a copy, `for name in list(_leases)`, or collect the stale keys first and remove them behind the loop.

## When it stays quiet
The loop walks a copy (`list`, `tuple`, `sorted`, `.copy()`, a comprehension) or another container; `break`, `return`
or `raise` follows the removal; a `try` around the loop waits for the RuntimeError; a list is walked backwards, or the
loop looks for one entry.

## Options
None of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Confidence, Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.iteration import Clash
    from unbounded_lint.link.project import Container, Project

CODE = "UBM208"
NAME = "removal-while-iterating"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that a loop takes from while it walks it."""
    for container in project.containers:
        clashes = project.iteration.clashes(container)
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
    return finding(CODE, NAME, message, container, project, advice, faults=faults, confidence=confidence)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a loop removes from the container it walks, which raises RuntimeError or skips entries",
    doc=__doc__,
    check=check,
    examples=(
        Bad(
            {
                "leases.py": """
                import threading
                import time

                _leases = {}  # expect: UBM208

                def grant(name):
                    _leases[name] = time.monotonic() + 30

                def sweep():
                    for name, ends in _leases.items():
                        if ends < time.monotonic():
                            del _leases[name]

                def _loop():
                    while True:
                        time.sleep(10)
                        try:
                            sweep()
                        except Exception:
                            pass

                threading.Thread(target=_loop, daemon=True).start()
                """,
                "server.py": """
                from leases import grant

                def handle(request):
                    grant(request.name)
                """,
            }
        ),
        Bad(
            {
                "hub.py": """
                import asyncio

                class Hub:
                    def __init__(self):
                        self.clients = {}  # expect: UBM208

                    def join(self, client):
                        self.clients[client.id] = client

                    def leave(self, client_id):
                        self.clients.pop(client_id, None)

                    def _drop_idle(self):
                        for client_id, client in self.clients.items():
                            if client.idle:
                                self.leave(client_id)

                    async def keep(self):
                        while True:
                            await asyncio.sleep(30)
                            try:
                                self._drop_idle()
                            except Exception:
                                pass

                hub = Hub()
                """,
                "app.py": """
                import asyncio
                from hub import hub

                async def main():
                    keeper = asyncio.create_task(hub.keep())
                    await asyncio.start_server(lambda r, w: hub.join(w), port=80)
                    await keeper

                if __name__ == "__main__":
                    asyncio.run(main())
                """,
            }
        ),
        Good(
            {
                "leases.py": """
                import threading
                import time

                _leases = {}  # ok: UBM208

                def grant(name):
                    _leases[name] = time.monotonic() + 30

                def sweep():
                    for name, ends in list(_leases.items()):
                        if ends < time.monotonic():
                            del _leases[name]

                def _loop():
                    while True:
                        time.sleep(10)
                        sweep()

                threading.Thread(target=_loop, daemon=True).start()
                """,
            }
        ),
        Good(
            {
                "leases.py": """
                import threading
                import time

                _leases = {}  # ok: UBM208

                def grant(name):
                    _leases[name] = time.monotonic() + 30

                def sweep():
                    stale = [name for name, ends in _leases.items() if ends < time.monotonic()]
                    for name in stale:
                        del _leases[name]

                def _loop():
                    while True:
                        time.sleep(10)
                        sweep()

                threading.Thread(target=_loop, daemon=True).start()
                """,
            }
        ),
        Good(
            {
                "seats.py": """
                import threading
                import time

                _seats = {}  # ok: UBM208

                def hold(seat):
                    _seats[seat] = time.monotonic()

                def _free_one(limit):
                    for seat, since in _seats.items():
                        if since < limit:
                            del _seats[seat]
                            return True
                    return False

                def _loop():
                    while True:
                        time.sleep(5)
                        while _free_one(time.monotonic() - 120):
                            pass

                threading.Thread(target=_loop, daemon=True).start()
                """,
            }
        ),
    ),
)
