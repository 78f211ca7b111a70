"""What each finding advises: it fits what the container holds, and the timers that the program has already."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import cleandoc
from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.run import runner

TIMER = """
import threading

def maintenance_tick():
    publish()
    _arm()

def _arm():
    timer = threading.Timer(60, maintenance_tick)
    timer.start()

_arm()
"""

GROWING = """
import asyncio, collections, threading, time
from cachetools import LRUCache

{made}

async def handle(request):
    {body}
"""

FIXED = "from a timer that is started with the program"
JOINED = "in `maintenance_tick()`, which already runs every 60 s"


def advice(root: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Code -> advice for the one container `X`."""
    write(root, {name: cleandoc(text) + "\n" for name, text in files.items()})
    found = runner.check(request_for(root, min_confidence="low")).findings
    return {finding.code: finding.advice for finding in found if finding.symbol.endswith("X")}


ENTRIES = {
    "locks": (
        "X = {}",
        "X.setdefault(request.id, asyncio.Lock())",
        "keep the locks in a `weakref.WeakValueDictionary`: one that nobody holds or waits for goes by itself",
    ),
    "locks by default": (
        "X = collections.defaultdict(threading.Lock)",
        "X[request.id].acquire()",
        "keep the locks in a `weakref.WeakValueDictionary`: one that nobody holds or waits for goes by itself",
    ),
    "set of tasks": (
        "X = set()",
        "X.add(asyncio.create_task(request.work()))",
        "let each task leave when it is done: `task.add_done_callback(X.discard)`",
    ),
    "list of tasks": (
        "X = []",
        "X.append(asyncio.ensure_future(request.work()))",
        "keep the tasks in a set, and let each leave it: `task.add_done_callback(X.discard)`",
    ),
    "tasks by key": (
        "X = {}",
        "X[request.id] = asyncio.create_task(request.work())",
        "let each task leave when it is done: `task.add_done_callback(lambda _: X.pop(key, None))`",
    ),
    "threads": (
        "X = []",
        "X.append(threading.Thread(target=request.work))",
        "remove each thread in a `finally` at the end of what it runs, or use an executor that keeps a few",
    ),
    "results": (
        "X = {}",
        "if request.url not in X:\n        X[request.url] = await download(request.url)\n    return X[request.url]",
        "cap its size: `functools.lru_cache(maxsize=...)` on what computes the value, `cachetools.LRUCache`, or drop "
        "the oldest entry when `len(X)` passes a limit",
    ),
    "objects": (
        "class Peer: ...\n\nX = set()",
        "X.add(Peer())",
        "use `weakref.WeakSet`, or remove each element when its work ends",
    ),
    "list": (
        "X = []",
        "X.append(request.id)",
        f"bound it with `collections.deque(maxlen=...)`, or drop old entries {FIXED}",
    ),
    "set": ("X = set()", "X.add(request.id)", f"cap its size, or remove stale elements {FIXED}"),
    "map": ("X = {}", "X[request.id] = time.time()", f"cap its size, or remove stale entries {FIXED}"),
}


@pytest.mark.parametrize(("made", "body", "expected"), ENTRIES.values(), ids=ENTRIES)
def test_it_fits_the_entries(made: str, body: str, expected: str, tmp_path: Path) -> None:
    assert advice(tmp_path, {"m.py": GROWING.format(made=made, body=body)}) == {"UBM101": expected}


@pytest.mark.parametrize("kind", ["list", "set", "map"])
def test_a_timer_that_is_there_is_named(kind: str, tmp_path: Path) -> None:
    made, body, expected = ENTRIES[kind]
    found = advice(tmp_path, {"m.py": GROWING.format(made=made, body=body), "upkeep.py": TIMER})
    assert found == {"UBM101": expected.replace(FIXED, JOINED)}


WAITS = {
    "stopping": """
    def main():
        try:
            serve()
        finally:
            stop(time.monotonic() + 30)

    def stop(limit):
        while WORKERS and time.monotonic() < limit:
            reap()
            time.sleep({period})
    """,
    "answering": """
    @app.post("/fetch")
    def fetch():
        _wait_for(request.json["path"], time.monotonic() + 30)
        return ""

    def _wait_for(path, limit):
        while not has_path(path):
            if time.monotonic() > limit:
                return
            reap()
            time.sleep({period})
    """,
}
WAITING = """
    import time
    from flask import Flask, request

    app = Flask(__name__)
    WORKERS = {{}}

    @app.post("/workers")
    def put():
        WORKERS[request.json["id"]] = time.monotonic()
        return ""

    def reap():
        for key, at in list(WORKERS.items()):
            if time.monotonic() - at > 60:
                del WORKERS[key]
    {wait}
    if __name__ == "__main__":
        app.run()
"""


@pytest.mark.parametrize("period", ["0.1", "30"])
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_a_loop_that_waits_for_something_is_no_timer_to_join(wait: str, period: str, tmp_path: Path) -> None:
    made, body, expected = ENTRIES["map"]
    waiting = WAITING.format(wait=wait.format(period=period))
    found = advice(tmp_path, {"m.py": GROWING.format(made=made, body=body), "waiting.py": waiting})
    assert found == {"UBM101": expected}


@pytest.mark.parametrize("kind", ["locks", "set of tasks", "results"])
def test_entries_that_need_no_timer_are_told_of_none(kind: str, tmp_path: Path) -> None:
    made, body, expected = ENTRIES[kind]
    found = advice(tmp_path, {"m.py": GROWING.format(made=made, body=body), "upkeep.py": TIMER})
    assert found == {"UBM101": expected}


OTHERS = {
    "event only": (
        "UBM102",
        """
        X = {}

        async def run(request):
            X[request.id] = request
            await request.work()
            X.pop(request.id, None)
        """,
        f"remove the entry in a `finally`, or sweep stale entries {FIXED}",
    ),
    "event only, of tasks": (
        "UBM102",
        """
        import asyncio
        X = set()

        async def run(request):
            task = asyncio.create_task(request.work())
            X.add(task)
            await request.end()
            X.discard(task)
        """,
        "let each task leave when it is done: `task.add_done_callback(X.discard)`",
    ),
    "touch only": (
        "UBM103",
        """
        import time
        X = {}

        def put(request):
            X[request.id] = time.time()

        def get(request):
            if time.time() - X[request.id] > 60:
                return None
            return X[request.id]
        """,
        f"sweep all entries by the same age {FIXED}, or cap the size",
    ),
    "keys outlive values": (
        "UBM104",
        """
        import time
        X = {}

        def hit(request):
            X.setdefault(request.ip, []).append(time.time())
            X[request.ip] = [at for at in X[request.ip] if time.time() - at < 60]
            return len(X[request.ip]) < 100
        """,
        "remove the key with the last of what is under it (`if not values: del m[key]`), and sweep keys that are not "
        f"asked for again {FIXED}",
    ),
    "unscheduled": (
        "UBM201",
        """
        import time
        X = {}

        def put(request):
            X[request.id] = time.time()

        def _sweep():
            for key, at in list(X.items()):
                if time.time() - at > 60:
                    del X[key]
        """,
        f"call `_sweep()` {FIXED}",
    ),
}


@pytest.mark.parametrize(("code", "text", "expected"), OTHERS.values(), ids=OTHERS)
def test_other_rules_name_the_timer_too(code: str, text: str, expected: str, tmp_path: Path) -> None:
    assert advice(tmp_path, {"m.py": text}) == {code: expected}
    assert advice(tmp_path, {"m.py": text, "upkeep.py": TIMER}) == {code: expected.replace(FIXED, JOINED)}


def test_a_sweep_on_a_timer_that_is_not_started_needs_no_other_timer(tmp_path: Path) -> None:
    text = cleandoc(OTHERS["unscheduled"][1]) + "\n\nimport threading\ntimer = threading.Timer(60, _sweep)\n"
    assert advice(tmp_path, {"m.py": text, "upkeep.py": TIMER}) == {"UBM201": "start the timer with the program"}


def test_a_forgotten_companion_of_locks_is_told_of_weak_references(tmp_path: Path) -> None:
    text = """
    import asyncio
    sessions = {}
    X = {}

    def begin(request):
        sessions[request.id] = request
        X[request.id] = asyncio.Lock()

    def end(request):
        sessions.pop(request.id, None)
    """
    found = advice(tmp_path, {"m.py": text})
    assert found["UBM105"].startswith("keep the locks in a `weakref.WeakValueDictionary`")
