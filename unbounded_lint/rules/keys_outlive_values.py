"""What is under a key is taken out, and the key is kept.

## What it does
Reports a long-lived container of lists, sets or counts that grows at run time, where code takes things out of the
values (filters a list, discards from a set, brings a count down) and nothing removes the key when nothing is left.

## Why is this bad?
The values look bounded: each list holds a minute's worth, each room its present members. The number of keys only
grows, an empty list for every address that ever connected.

## Example
A rate limiter filters the times under the address that it is asked about. The list of a client that never comes back
is not even filtered again.

## Use instead
Remove the key with the last of what is under it (`if not values: del m[key]`), and sweep the keys that nobody asks for
again from a timer, or build the container anew without the empty ones.

## When it stays quiet
The key is removed when its value is empty, the container is rebuilt without empties, a timer or the path of an insert
sweeps the keys, or the keys are a closed set. A cap on what is under one key (`del values[:-10]`) says nothing about
keys, and leaves them to the other rules.

## Options
`sweepers` names functions that something invisible calls again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.inner import Pruning
    from unbounded_lint.link.project import Container, Project

CODE = "UBM104"
NAME = "keys-outlive-values"

_DOES = {
    "removed": "takes things out of its values",
    "filtered": "filters its values",
    "lowered": "brings its counts down",
}


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose values are emptied while their keys stay."""
    for container in project.containers:
        if container.verdict.name in {"never", "event-only"} and _gets_keys(container):
            prunings = project.inner.prunings(container.accesses)
            if prunings:
                yield _finding(prunings, container, project)


def _gets_keys(container: Container) -> bool:
    """Whether new keys come, and not only new elements under keys that are there."""
    return any(not i.access.nested and i.domain.kind != "closed" for i in container.inserts)


def _finding(prunings: tuple[Pruning, ...], container: Container, project: Project) -> Finding:
    first = prunings[0]
    kept = "keeps their keys" if container.verdict.name == "never" else "keeps their keys until somebody asks"
    message = (
        f"`{container.name}` grows in {growth(container, project)}, and `{project.function(first.scope)}` "
        f"{_DOES[first.how]} and {kept}"
    )
    faults = [
        project.place(p.scope, p.op, "removal", f"`{project.function(p.scope)}` {_DOES[p.how]} and keeps the key")
        for p in prunings
    ]
    advice = (
        "remove the key with the last of what is under it (`if not values: del m[key]`), and sweep keys that are not "
        f"asked for again {on_a_timer(container, project)}"
    )
    return finding(CODE, NAME, message, container, project, advice, faults=faults[:5])


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="lists are filtered, sets emptied or counts brought down, and their keys are kept",
    doc=__doc__,
    check=check,
    overrides=("UBM101", "UBM102", "UBM103"),
    examples=(
        Bad(
            {
                "limits.py": """
                import time
                from collections import defaultdict

                _hits = defaultdict(list)  # expect: UBM104

                def allow(address):
                    now = time.monotonic()
                    _hits[address] = [at for at in _hits[address] if now - at < 60]
                    _hits[address].append(now)
                    return len(_hits[address]) <= 30
                """,
                "web.py": """
                from flask import Flask, abort, request
                from limits import allow

                app = Flask(__name__)

                @app.before_request
                def limit():
                    if not allow(request.remote_addr):
                        abort(429)
                """,
            }
        ),
        Bad(
            {
                "rooms.py": """
                _members = {}  # expect: UBM104

                def enter(room, member):
                    _members.setdefault(room, set()).add(member)

                def leave(room, member):
                    _members[room].discard(member)
                """,
                "server.py": """
                from rooms import enter, leave

                def joined(request):
                    enter(request.room, request.user)

                def parted(request):
                    leave(request.room, request.user)
                """,
            }
        ),
        Good(
            {
                "limits.py": """
                import time

                _hits = {}  # ok: UBM104

                def allow(address):
                    now = time.monotonic()
                    _drop_silent(now)
                    recent = [at for at in _hits.get(address, []) if now - at < 60]
                    _hits[address] = [*recent, now]
                    return len(recent) < 30

                def _drop_silent(now):
                    for address in [a for a, times in _hits.items() if now - times[-1] > 60]:
                        del _hits[address]
                """,
                "web.py": """
                from flask import Flask, abort, request
                from limits import allow

                app = Flask(__name__)

                @app.before_request
                def limit():
                    if not allow(request.remote_addr):
                        abort(429)
                """,
            }
        ),
        Good(
            {
                "rooms.py": """
                _members = {}  # ok: UBM104

                def visit(room, member, talk):
                    _members.setdefault(room, set()).add(member)
                    try:
                        talk(room)
                    finally:
                        _members[room].discard(member)
                        if not _members[room]:
                            del _members[room]
                """,
            }
        ),
        Good(
            {
                "queues.py": """
                _queues = {"low": [], "high": []}  # ok: UBM104

                def put(job, urgent):
                    _queues["high" if urgent else "low"].append(job)

                def take():
                    for name in ("high", "low"):
                        if _queues[name]:
                            return _queues[name].pop(0)
                    return None
                """,
            }
        ),
    ),
)
