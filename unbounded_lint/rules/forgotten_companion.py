"""Two containers get the same key, and a removal from one forgets the other.

## What it does
Reports a container that grows at run time under the same key as another one, in one function or on one way through
the program, where some removal from the other (a clear, a sweep, a `finally`, a reset) leaves the entry here, and
nothing else takes it. Also reports one whose only sweep walks the keys of the other, where those can go without it.

## Why is this bad?
Somebody thought of the end of the entry and wrote it down, for one map. The entry beside it stays for ever, and no
later sweep finds it, because the key is gone from the map that is walked.

## Example
`emit()` counts events in `_numbers[run_id]` beside `_contexts[run_id]`, and the sweep pops the context alone.

## Use instead
Remove the key from both in one helper that every removal calls, or keep both values in one entry of one map.

## When it stays quiet
The other removal is reached on the same way (in a helper, in the caller, in each branch), the container has a sweep
or removals of its own, the key moves from one to the other, the keys differ, or only tests remove.

## Options
`sweepers` names functions that something invisible calls again and again: what they remove counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Confidence, Finding, Place
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding

if TYPE_CHECKING:
    from unbounded_lint.link.companions import Forgotten
    from unbounded_lint.link.project import Container, Project

CODE = "UBM105"
NAME = "forgotten-companion"
_MOST = 3


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container that a removal from its companion forgets."""
    for container in project.containers:
        forgotten = project.companions.of(container)
        if forgotten is None:
            continue
        yield finding(
            CODE,
            NAME,
            _message(container, forgotten, project),
            container,
            project,
            _advice(container, forgotten, project),
            faults=_faults(forgotten, project),
            confidence=_confidence(forgotten),
            reasons=_reasons(container),
        )


def _message(container: Container, forgotten: Forgotten, project: Project) -> str:
    removal = forgotten.removals[0].access
    place = project.place(removal.scope, removal.op, "removal", "")
    where = f"`{project.function(removal.scope)}` ({place.path}:{place.line})"
    shared = f"`{project.function(forgotten.shared[0])}`"
    if forgotten.walked:
        return (
            f"`{container.name}` loses entries only in {shared}, by the keys of `{forgotten.other.name}`, and {where} "
            "removes a key from the other alone"
        )
    return (
        f"`{container.name}` gets the same key as `{forgotten.other.name}` in {shared}, and {where} removes it only "
        "from the other"
    )


def _advice(container: Container, forgotten: Forgotten, project: Project) -> str:
    where = f"`{project.function(forgotten.removals[0].access.scope)}`"
    if project.holdings.of(container) == "locks":
        return (
            "keep the locks in a `weakref.WeakValueDictionary`, or drop each with its entry while nobody waits for it"
        )
    return f"remove the key from `{container.name}` in {where} too, by a helper that does both"


def _faults(forgotten: Forgotten, project: Project) -> Iterator[Place]:
    for removal in forgotten.removals[:_MOST]:
        access = removal.access
        text = f"`{project.function(access.scope)}` removes from `{forgotten.other.name}` alone"
        yield project.place(access.scope, access.op, "removal", text)
    text = f"where `{forgotten.other.name}` is defined"
    yield project.place(forgotten.other.holder.scope, forgotten.other.holder.op, "companion", text)


def _confidence(forgotten: Forgotten) -> Confidence:
    called = any({c.kind for c in r.contexts} - {"api", "tested", "test"} for r in forgotten.removals)
    return Confidence.HIGH if forgotten.direct and called else Confidence.MEDIUM


def _reasons(container: Container) -> tuple[str, ...]:
    if container.verdict.name == "never":
        return ("nothing else that runs removes an entry of it",)
    return ("what else removes from it removes from both",)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="two containers get the same key, and a removal from one forgets the other",
    doc=__doc__,
    check=check,
    overrides=("UBM101", "UBM102", "UBM103", "UBM104"),
    examples=(
        Bad(
            {
                "runs.py": """
                _contexts = {}  # ok: removed in the `finally` of each run
                _numbers = {}  # expect: UBM105

                async def run(run_id, work):
                    _contexts[run_id] = object()
                    _numbers[run_id] = 0
                    try:
                        await work(run_id)
                    finally:
                        _contexts.pop(run_id, None)
                """,
                "server.py": """
                from runs import run

                async def handle(request):
                    await run(request.id, request.app.work)
                """,
            }
        ),
        Bad(
            {
                "sessions.py": """
                import time

                _seen = {}  # ok: swept by age
                _drafts = {}  # expect: UBM105

                def touch(session_id):
                    _seen[session_id] = time.monotonic()
                    _drafts.setdefault(session_id, "")

                def sweep():
                    for session_id, at in list(_seen.items()):
                        if time.monotonic() - at > 3600:
                            del _seen[session_id]
                """,
                "app.py": """
                import threading
                import time

                import sessions

                def _loop():
                    while True:
                        time.sleep(60)
                        try:
                            sessions.sweep()
                        except Exception:
                            print("the sweep failed")

                threading.Thread(target=_loop, daemon=True).start()

                def handle(request):
                    sessions.touch(request.session_id)
                """,
            }
        ),
        Good(
            {
                "runs.py": """
                _contexts = {}  # ok: UBM105
                _numbers = {}  # ok: UBM105

                def _forget(run_id):
                    for table in (_contexts, _numbers):
                        table.pop(run_id, None)

                async def run(run_id, work):
                    _contexts[run_id] = object()
                    _numbers[run_id] = 0
                    try:
                        await work(run_id)
                    finally:
                        _forget(run_id)
                """,
            }
        ),
        Good(
            {
                "sessions.py": """
                import time

                _seen = {}  # ok: swept by age
                _drafts = {}  # ok: UBM105, the sweep drops both

                def touch(session_id):
                    _seen[session_id] = time.monotonic()
                    _drafts.setdefault(session_id, "")

                def _close(session_id):
                    del _seen[session_id]

                def _drop(session_id):
                    _drafts.pop(session_id, None)

                def sweep():
                    for session_id, at in list(_seen.items()):
                        if time.monotonic() - at > 3600:
                            _close(session_id)
                            _drop(session_id)
                """,
                "app.py": """
                import threading
                import time

                import sessions

                def _loop():
                    while True:
                        time.sleep(60)
                        try:
                            sessions.sweep()
                        except Exception:
                            print("the sweep failed")

                threading.Thread(target=_loop, daemon=True).start()

                def handle(request):
                    sessions.touch(request.session_id)
                """,
            }
        ),
        Good(
            {
                "jobs.py": """
                _waiting = {}  # ok: each job is taken off when it is done
                _results = {}  # ok: UBM105, the key moves from one to the other, and a cap bounds what is done

                def compute(key, work):
                    _waiting[key] = work
                    try:
                        if len(_results) > 500:
                            _results.clear()
                        _results[key] = work()
                    finally:
                        _waiting.pop(key, None)
                    return _results[key]
                """,
            }
        ),
    ),
)
