"""An entry's age is tested only when somebody asks for that very entry.

## What it does
Reports a long-lived container that grows at run time and whose entries carry a date or deadline that is compared with
the clock only for the one key that is asked for: an entry that is too old is ignored, replaced or removed then, and
nothing looks at the others.

## Why is this bad?
A key that is never asked for again is never tested, so its entry stays for ever. With ids, addresses or one-time codes
as keys that is nearly all of them: the expiry looks right in every test and frees almost nothing.

## Example
`lookup()` drops a profile that is older than five minutes; profiles of users who never come back stay.

## Use instead
Sweep all entries by the same age from a timer that is started with the program, or in the path of every insert; or cap
the size. A container that expires by itself (`cachetools.TTLCache`) does both.

## When it stays quiet
A sweep on a started timer or in the path of an insert, size caps, keys from a closed set, and removals that are
guaranteed. A duration that is only logged or measured is no expiry.

## Options
`sweepers` names functions that something invisible calls again and again; `bounded-types` names constructors of
containers that bound themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding
from unbounded_lint.rules.base import Bad, Good, Options, Rule
from unbounded_lint.rules.evidence import finding, growth, on_a_timer

if TYPE_CHECKING:
    from unbounded_lint.link.expiry import Touch
    from unbounded_lint.link.project import Container, Project

CODE = "UBM103"
NAME = "touch-only-expiry"


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose entries expire only when their own key is asked for."""
    growing = [c for c in project.containers if c.verdict.name in {"never", "event-only"} and not _walks(c)]
    touches = {c.symbol: project.expiry.touches(c.accesses) for c in growing}
    dated = [c for c in growing if touches[c.symbol]]
    for container in growing:
        own = touches[container.symbol]
        if own:
            touch = next((t for t in own if t.removes is not None), own[0])
            yield _finding(touch, container, project, None)
            continue
        for other in dated:
            borrowed = project.expiry.dated_by(container.accesses, touches[other.symbol], other.accesses)
            if borrowed is not None:
                yield _finding(borrowed, container, project, other)
                break


def _walks(container: Container) -> bool:
    """Whether something that runs does walk the container: then its expiry is not by touch alone."""
    return any(r.extent == "sweep" and r.when in {"event", "exit"} for r in container.removals)


def _finding(touch: Touch, container: Container, project: Project, dates: Container | None) -> Finding:
    where = project.function(touch.access.scope)
    outcome = "removes" if touch.removes is not None and dates is None else "expires"
    by = "" if dates is None else f" by `{dates.name}`"
    message = (
        f"`{container.name}` grows in {growth(container, project)} and `{where}` {outcome} an entry that is too old"
        f"{by} only when its own key is asked for: the others stay for ever"
    )
    text = f"`{project.function(touch.test.scope)}` tests the age of the one entry that is asked for"
    place = project.place(touch.test.scope, touch.test.op, "guard", text)
    said = "nothing ever removes another entry"
    if container.verdict.name == "event-only":
        said = "entries leave only when their own key is touched or their owner asks"
    advice = f"sweep all entries by the same age {on_a_timer(container, project)}, or cap the size"
    return finding(CODE, NAME, message, container, project, advice, faults=(place,), reasons=(said,))


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="an entry's age is tested only when its own key is asked for, so entries nobody asks for stay",
    doc=__doc__,
    check=check,
    overrides=("UBM101", "UBM102"),
    examples=(
        Bad(
            {
                "profiles.py": """
                import time

                _profiles = {}  # expect: UBM103

                def remember(user_id, profile):
                    _profiles[user_id] = (time.monotonic(), profile)

                def lookup(user_id):
                    found = _profiles.get(user_id)
                    if found is None:
                        return None
                    at, profile = found
                    if time.monotonic() - at > 300:
                        del _profiles[user_id]
                        return None
                    return profile
                """,
                "api.py": """
                from fastapi import FastAPI
                from profiles import lookup, remember

                app = FastAPI()

                @app.get("/profile/{user_id}")
                def profile(user_id: str):
                    known = lookup(user_id)
                    if known is None:
                        known = {"id": user_id}
                        remember(user_id, known)
                    return known
                """,
            }
        ),
        Bad(
            {
                "answers.py": """
                import time

                class Answer:
                    def __init__(self, text, until):
                        self.text = text
                        self.until = until

                    def is_fresh(self):
                        return self.until > time.time()
                """,
                "server.py": """
                import time
                from answers import Answer

                _answers = {}  # expect: UBM103

                def handle(request):
                    known = _answers.get(request.path)
                    if known is not None and known.is_fresh():
                        return known.text
                    _answers[request.path] = Answer(request.text(), time.time() + 60)
                    return _answers[request.path].text
                """,
            }
        ),
        Good(
            {
                "profiles.py": """
                import threading
                import time

                _profiles = {}  # ok: UBM103

                def remember(user_id, profile):
                    _profiles[user_id] = (time.monotonic(), profile)

                def lookup(user_id):
                    at, profile = _profiles.get(user_id, (0, None))
                    if time.monotonic() - at > 300:
                        _profiles.pop(user_id, None)
                        return None
                    return profile

                def sweep():
                    for user_id, (at, _) in list(_profiles.items()):
                        if time.monotonic() - at > 300:
                            _profiles.pop(user_id, None)
                """,
                "janitor.py": """
                import logging
                import threading
                import time
                from profiles import sweep

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
                "pages.py": """
                import time

                _pages = {}  # ok: UBM103

                def store(path, text):
                    if len(_pages) >= 256:
                        _pages.pop(next(iter(_pages)))
                    _pages[path] = (time.time() + 60, text)

                def page(path):
                    hit = _pages.get(path)
                    if hit is not None and hit[0] < time.time():
                        del _pages[path]
                        return None
                    return hit and hit[1]
                """,
            }
        ),
        Good(
            {
                "codes.py": """
                import time

                _codes = {}  # ok: UBM103

                def send(phone, code):
                    _drop_old()
                    _codes[phone] = (code, time.time() + 120)

                def is_valid(phone, code):
                    expected, until = _codes.get(phone, ("", 0))
                    return until > time.time() and expected == code

                def _drop_old():
                    now = time.time()
                    for phone in [p for p, (_, until) in _codes.items() if until < now]:
                        _codes.pop(phone, None)
                """,
                "web.py": """
                from flask import Flask, request
                from codes import is_valid, send

                app = Flask(__name__)

                @app.post("/code")
                def code():
                    send(request.form["phone"], "000000")
                    return str(is_valid(request.form["phone"], "000000"))
                """,
            }
        ),
    ),
)
