"""A sweep goes by the time an entry was made, although the entry is still at work.

## What it does
Reports a swept container whose sweep tests a date that only the making of an entry sets, while other code keeps
working on entries (counts events, stores the last message) and leaves that date alone. Off by default: whether an
entry may outlive its birth by more than the limit is for its author to say.

## Why is this bad?
The sweep cannot tell an abandoned entry from a busy one. It removes what is still in use as soon as the limit has
passed, and the usual repair, a longer limit, keeps abandoned entries longer too.

## Example
A run's context is registered once and swept half an hour later; events of a run that takes an hour find none.

## Use instead
Write a second date whenever the entry is used (`entry.last_active_at = time.monotonic()`), and let the sweep look at
that one.

## When it stays quiet
Any code but the making of the entry writes the date, the sweep asks something else about the entry too, the entry is
never changed after its birth, or the sweep compares a deadline with the clock: a deadline is meant to be kept.

## Options
The rule is selected with `extend-select = ["UBM209"]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Confidence, Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM209"
NAME = "birth-dated-expiry"
ADVICE = "write the time of last use when the entry is used, and let the sweep compare that one"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that is swept by the age since birth while its entries are at work."""
    for container in project.containers:
        if container.verdict.name not in {"swept", "amortised"}:
            continue
        stale = project.renewal.stale(container.accesses, container.sweeps)
        if stale is None:
            continue
        sweep, work = (project.function(s) for s in (stale.sweep.access.scope, stale.scope))
        message = (
            f"`{container.name}` is swept by `{sweep}` when its `{stale.part}` is too old, and `{work}` works on "
            "entries without renewing that date"
        )
        faults = (
            project.place(stale.test.scope, stale.test.op, "guard", f"`{stale.part}` is compared with the clock"),
            project.place(stale.scope, stale.op, "companion", f"`{work}` changes the entry and not `{stale.part}`"),
        )
        yield finding(CODE, NAME, message, container, project, ADVICE, faults=faults, confidence=Confidence.MEDIUM)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a sweep goes by a date that only the making of an entry sets, while entries are still at work",
    doc=__doc__,
    check=check,
    default=False,
    examples=(
        Bad(
            {
                "contexts.py": """
                import time

                _contexts = {}  # expect: UBM209

                class Context:
                    def __init__(self, owner):
                        self.owner = owner
                        self.registered_at = time.monotonic()
                        self.events = 0

                def register(run_id, owner):
                    _contexts[run_id] = Context(owner)

                def emit(run_id):
                    context = _contexts.get(run_id)
                    if context is not None:
                        context.events += 1

                def sweep():
                    for run_id, context in list(_contexts.items()):
                        if time.monotonic() - context.registered_at > 1800:
                            del _contexts[run_id]
                """,
                "server.py": """
                import logging
                import threading
                import time
                from contexts import emit, register, sweep

                def handle(request):
                    register(request.run_id, request.user)
                    emit(request.run_id)

                def loop():
                    while True:
                        time.sleep(60)
                        try:
                            sweep()
                        except Exception:
                            logging.exception("sweep failed")

                threading.Thread(target=loop, daemon=True).start()
                """,
            }
        ),
        Good(
            {
                "contexts.py": """
                import time

                _contexts = {}  # ok: UBM209

                class Context:
                    def __init__(self, owner):
                        self.owner = owner
                        self.active_at = time.monotonic()
                        self.events = 0

                def register(run_id, owner):
                    _contexts[run_id] = Context(owner)

                def emit(run_id):
                    context = _contexts.get(run_id)
                    if context is not None:
                        context.events += 1
                        context.active_at = time.monotonic()

                def sweep():
                    for run_id, context in list(_contexts.items()):
                        if time.monotonic() - context.active_at > 1800:
                            del _contexts[run_id]
                """,
                "server.py": """
                import logging
                import threading
                import time
                from contexts import emit, register, sweep

                def handle(request):
                    register(request.run_id, request.user)
                    emit(request.run_id)

                def loop():
                    while True:
                        time.sleep(60)
                        try:
                            sweep()
                        except Exception:
                            logging.exception("sweep failed")

                threading.Thread(target=loop, daemon=True).start()
                """,
            }
        ),
        Good(
            {
                "codes.py": """
                import time

                _codes = {}  # ok: UBM209

                class Code:
                    def __init__(self, digits):
                        self.digits = digits
                        self.until = time.time() + 120
                        self.attempts = 0

                def send(phone, digits):
                    _drop_old()
                    _codes[phone] = Code(digits)

                def verify(phone, digits):
                    code = _codes[phone]
                    code.attempts += 1
                    return code.attempts < 4 and code.digits == digits

                def _drop_old():
                    for phone, code in list(_codes.items()):
                        if code.until < time.time():
                            del _codes[phone]
                """,
            }
        ),
        Good(
            {
                "jobs.py": """
                import time

                _jobs = {}  # ok: UBM209

                class Job:
                    def __init__(self, owner):
                        self.owner = owner
                        self.made_at = time.time()
                        self.lines = []
                        self.is_done = False

                def begin(job_id, owner):
                    _sweep()
                    _jobs[job_id] = Job(owner)

                def log(job_id, line):
                    _jobs[job_id].lines.append(line)

                def end(job_id):
                    _jobs[job_id].is_done = True

                def _sweep():
                    for job_id, job in list(_jobs.items()):
                        if job.is_done and time.time() - job.made_at > 3600:
                            del _jobs[job_id]
                """,
            }
        ),
    ),
)
