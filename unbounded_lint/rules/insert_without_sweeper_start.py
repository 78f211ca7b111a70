"""One way into a container starts the sweeper, another one does not.

## What it does
Reports a container whose sweeper is started by its inserts, where an insert exists that starts nothing: a bulk load, a
restore after a restart, a second function that stores entries.

## Why is this bad?
What comes in by the other way stays until somebody takes the first one. After a restart that restores a thousand
entries, that may be never.

## Example
`submit()` stores a job and starts the sweeper; `restore()` loads yesterday's jobs and does not.

## Use instead
Start the sweeper with the program, or behind every insert; a start that returns at once when the sweeper runs costs
nothing.

## When it stays quiet
The sweeper starts at import, at start-up or in the constructor of the object that holds the container; every caller of
the insert starts it; the store updates an entry that was looked up before.

## Options
`timers` names callables that start a timer; `sweepers` names functions that something invisible calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Confidence, Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding

if TYPE_CHECKING:
    from unbounded_lint.link.project import Container, Project
    from unbounded_lint.link.starts import Unstarted

CODE = "UBM204"
NAME = "insert-without-sweeper-start"
ADVICE = "start the sweeper with the program, or behind this insert as behind the others"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container with an insert that starts no sweeper, where others do."""
    for container in project.containers:
        if container.verdict.name == "swept":
            unstarted = project.starts.unstarted(
                container.holder, container.accesses, container.inserts, container.removals
            )
            if unstarted and all(u.kind == "bare" for u in unstarted):
                yield _report(container, unstarted[0], project)


def _report(container: Container, bare: Unstarted, project: Project) -> Finding:
    where, start = project.function(bare.access.scope), project.function(bare.start[0])
    message = (
        f"`{container.name}` grows in `{where}` without a start of its sweeper, which only `{start}` starts: "
        "what comes in there stays until something comes in here"
    )
    faults = (
        project.place(bare.access.scope, bare.access.op, "insert", f"`{where}` inserts here and starts nothing"),
        project.place(*bare.start, "timer", f"`{start}` starts the sweeper here"),
    )
    reasons = ("every start of the sweeper that was found hangs on another insert",)
    level = Confidence.MEDIUM if bare.once else None
    return finding(CODE, NAME, message, container, project, ADVICE, faults=faults, confidence=level, reasons=reasons)


_STORE = """
import json
import pathlib
import threading
import time

_jobs = {}  # %s
_thread = None

def submit(job):
    _jobs[job] = time.time()
    start()

def restore(path):
    _jobs.update(json.loads(pathlib.Path(path).read_text()))
    %s

def sweep():
    limit = time.time() - 3600
    for job in [j for j, at in _jobs.items() if at < limit]:
        _jobs.pop(job, None)

def _loop():
    while True:
        time.sleep(60)
        try:
            sweep()
        except Exception as error:
            print("sweep failed", error)

def start():
    global _thread
    if _thread is None:
        _thread = threading.Thread(target=_loop, daemon=True)
        _thread.start()
"""
_WEB = """
from flask import Flask, request
import jobs

app = Flask(__name__)

@app.post("/jobs/<job>")
def create(job):
    jobs.submit(job)
    return job

@app.post("/restore")
def restore():
    jobs.restore(request.form["path"])
    %s
    return "restored"
"""
_EXPECT, _OK = f"expect: {CODE}", f"ok: {CODE}"

RULE = Rule(
    code=CODE,
    name=NAME,
    summary="an insert starts no sweeper, while the sweeper starts only with other inserts",
    doc=__doc__,
    check=check,
    examples=(
        Bad({"jobs.py": _STORE % (_EXPECT, "return len(_jobs)"), "web.py": _WEB % "pass"}),
        Bad(
            {
                "jobs.py": _STORE % (_EXPECT, "if any(job.startswith('keep:') for job in _jobs): print('kept')"),
                "app.py": """
                import json
                import sys
                import jobs

                def main():
                    jobs.restore("jobs.json")
                    for line in sys.stdin:
                        jobs.submit(json.loads(line)["job"])

                if __name__ == "__main__":
                    main()
                """,
            }
        ),
        Good({"jobs.py": _STORE % (_OK, "start()"), "web.py": _WEB % "pass"}),
        Good({"jobs.py": _STORE % (_OK, "return _jobs and start()"), "web.py": _WEB % "pass"}),
        Good({"jobs.py": _STORE % (_OK, "return len(_jobs)"), "web.py": _WEB % "jobs.start()"}),
        Good(
            {
                "jobs.py": _STORE % (_OK, "return len(_jobs)"),
                "web.py": _WEB % "pass",
                "app.py": """
                import jobs
                from web import app

                jobs.start()
                app.run()
                """,
            }
        ),
    ),
)
