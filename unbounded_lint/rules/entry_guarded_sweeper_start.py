"""The sweeper is started only for some entries; the others wait for one of those.

## What it does
Reports a container whose sweeper is started by its inserts, under a condition about the entry that comes in: its
deadline, its kind, its size. Entries for which the condition does not hold start nothing.

## Why is this bad?
The sweep could deal with every entry, and in a busy test it does, because some entry started it. In a process that
only ever sees the other kind nothing is ever removed.

## Example
`if record.archive_at: start_sweeper()`, behind an insert that is made for records without a deadline too.

## Use instead
Start the sweeper with the program, or behind every insert; a start that returns at once when the sweeper runs costs
nothing.

## When it stays quiet
The condition asks whether the sweeper runs already, a setting, or whether the container is empty; the insert stands
under the same condition; another start needs no entry (at import, at start-up, in the constructor of the object that
holds the container, by the project's users).

## Options
`timers` names callables that start a timer; `sweepers` names functions that something invisible calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding

if TYPE_CHECKING:
    from unbounded_lint.link.project import Container, Project
    from unbounded_lint.link.starts import Unstarted

CODE = "UBM203"
NAME = "entry-guarded-sweeper-start"
ADVICE = "start the sweeper with the program, or behind every insert whatever the entry is"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeper only some of its entries start."""
    for container in project.containers:
        if container.verdict.name == "swept":
            unstarted = project.starts.unstarted(
                container.holder, container.accesses, container.inserts, container.removals
            )
            guarded = next((u for u in unstarted if u.kind == "guarded"), None)
            if guarded is not None:
                yield _report(container, guarded, project)


def _report(container: Container, guarded: Unstarted, project: Project) -> Finding:
    where, start = project.function(guarded.access.scope), project.function(guarded.scope)
    message = (
        f"`{container.name}` grows in `{where}`, whose start of the sweeper asks for `{guarded.text}`: "
        "an entry without that is never swept unless another one starts it"
    )
    faults = (
        project.place(guarded.scope, guarded.op, "guard", f"`{guarded.text}` decides here"),
        project.place(*guarded.start, "timer", f"`{start}` starts the sweeper here"),
    )
    reasons = ("every start of the sweeper that was found hangs on an insert",)
    return finding(CODE, NAME, message, container, project, ADVICE, faults=faults, reasons=reasons)


_STORE = """
import threading
import time

uploads = {}  # %s
_thread = None

def sweep():
    limit = time.monotonic() - 900
    for key, (at, size) in list(uploads.items()):
        if at < limit:
            uploads.pop(key, None)

def _loop():
    while True:
        time.sleep(60)
        try:
            sweep()
        except Exception as error:
            print("sweep failed", error)

def start_sweeper():
    global _thread
    if _thread is None:
        _thread = threading.Thread(target=_loop, daemon=True)
        _thread.start()
"""
_EXPECT, _OK = f"expect: {CODE}", f"ok: {CODE}"

RULE = Rule(
    code=CODE,
    name=NAME,
    summary="the sweeper is started only for entries of a certain kind",
    doc=__doc__,
    check=check,
    examples=(
        Bad(
            {
                "store.py": _STORE % _EXPECT,
                "web.py": """
                import time
                from flask import Flask, request
                import store

                app = Flask(__name__)

                @app.post("/uploads/<key>")
                def create(key):
                    size = request.content_length
                    store.uploads[key] = (time.monotonic(), size)
                    if size > 1_000_000:
                        store.start_sweeper()
                    return key
                """,
            }
        ),
        Bad(
            {
                "store.py": _STORE % _EXPECT,
                "calls.py": """
                import time
                import store

                def ring(call, audible):
                    store.uploads[call] = (time.monotonic(), 0)
                    if not audible:
                        return
                    print("ring", call)
                    store.start_sweeper()
                """,
                "pbx.py": """
                import json
                import sys
                import calls

                def main():
                    for line in sys.stdin:
                        event = json.loads(line)
                        calls.ring(event["call"], event["audible"])

                if __name__ == "__main__":
                    main()
                """,
            }
        ),
        Good(
            {
                "store.py": _STORE % _OK,
                "web.py": """
                import time
                from flask import Flask, request
                import store

                app = Flask(__name__)

                @app.post("/uploads/<key>")
                def create(key):
                    store.uploads[key] = (time.monotonic(), request.content_length)
                    store.start_sweeper()
                    return key
                """,
            }
        ),
        Good(
            {
                "store.py": _STORE % _OK,
                "web.py": """
                import os
                import time
                from flask import Flask, request
                import store

                app = Flask(__name__)

                @app.post("/uploads/<key>")
                def create(key):
                    store.uploads[key] = (time.monotonic(), request.content_length)
                    if os.environ.get("SWEEP", "1") != "0":
                        store.start_sweeper()
                    return key
                """,
            }
        ),
        Good(
            {
                "store.py": _STORE % _OK,
                "web.py": """
                import time
                from flask import Flask, request
                import store

                app = Flask(__name__)
                store.start_sweeper()

                @app.post("/uploads/<key>")
                def create(key):
                    store.uploads[key] = (time.monotonic(), request.content_length)
                    if request.content_length > 1_000_000:
                        store.start_sweeper()
                    return key
                """,
            }
        ),
    ),
)
