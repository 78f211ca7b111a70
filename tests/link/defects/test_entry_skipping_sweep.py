"""Sweeps that pass over entries: which field they need, which inserts leave it unset, and what sets it after all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.defects.entry_skipping_sweep import Skip
from unbounded_lint.link.project import Project

HEAD = (
    "import threading, time\nfrom dataclasses import dataclass, field, replace\nfrom typing import NamedTuple\n"
    "X = {}\ndef loop():\n    while True:\n        time.sleep(30)\n        sweep(time.time())\n"
    "threading.Thread(target=loop, daemon=True).start()\n"
)
RUN = "@dataclass\nclass Run:\n    task: str\n    until: float | None = None\n    born: float = 0.0\n"
PUT = "def put(request):\n    X[request.id] = Run(request.task)\n"
PLAIN = "class Run:\n    def __init__(self, task, until=None):\n        self.task = task\n        self.until = until\n"
LOOP = "def sweep(now):\n    for k, run in list(X.items()):\n"
SWEEP = LOOP + "        if run.until is not None and run.until < now:\n            del X[k]\n"
ITEMS = (
    "def sweep(now):\n    for k, e in list(X.items()):\n        if e['until'] and e['until'] < now:\n"
    "            del X[k]\n"
)

SWEEPS = {
    "positive test": SWEEP,
    "continue": LOOP + "        if not run.until or run.until > now:\n            continue\n        del X[k]\n",
    "two steps": LOOP
    + "        if run.until is None:\n            continue\n        if run.until < now:\n            X.pop(k, None)\n",
    "nested": LOOP + "        if run.until:\n            if run.until < now:\n                del X[k]\n",
    "local": LOOP
    + "        until = run.until\n        if until is None:\n            continue\n        if until < now:\n"
    "            del X[k]\n",
    "walrus": LOOP + "        if (until := run.until) is not None and until < now:\n            del X[k]\n",
    "keys": "def sweep(now):\n    for k in list(X):\n        run = X[k]\n"
    "        if run.until is not None and run.until < now:\n"
    "            del X[k]\n",
    "getattr": LOOP
    + "        until = getattr(run, 'until', None)\n        if until and until < now:\n            del X[k]\n",
    "comprehension": "def sweep(now):\n"
    "    for k in [k for k, r in X.items() if r.until is not None and r.until < now]:\n"
    "        X.pop(k, None)\n",
    "filled list": "def sweep(now):\n    old = []\n    for k, run in X.items():\n        if run.until is None:\n"
    "            continue\n"
    "        if run.until < now:\n            old.append(k)\n    for k in old:\n        del X[k]\n",
    "rebuilt": "def sweep(now):\n    global X\n"
    "    X = {k: r for k, r in X.items() if r.until is None or r.until > now}\n",
    "picked by a function": "def old(now):\n    return [k for k, r in X.items() if r.until and r.until < now]\n"
    "def sweep(now):\n    for k in old(now):\n        X.pop(k, None)\n",
    "picked by a generator": "def old(now):\n    for k, r in list(X.items()):\n"
    "        if r.until is not None and r.until < now:\n"
    "            yield k\ndef sweep(now):\n    for k in old(now):\n        X.pop(k, None)\n",
    "removed by a function": "def drop(k):\n    X.pop(k, None)\n" + SWEEP.replace("del X[k]", "drop(k)"),
    "wrapped": LOOP + "        if not run.until:\n            if True:\n                continue\n"
    "        if run.until < now:\n            if True:\n                del X[k]\n",
    "left either way": LOOP
    + "        if not run.until:\n            if run.task:\n                continue\n            else:\n"
    "                continue\n        if run.until < now:\n            del X[k]\n",
    "judged by a function": "def is_over(run, now):\n    if run.until is None:\n        return False\n"
    "    return run.until < now\n" + LOOP + "        if is_over(run, now):\n            del X[k]\n",
    "either of two that need it": LOOP + "        if (run.until and run.until < now) or (run.until and run.task):\n"
    "            del X[k]\n",
}

TAKING = {
    "by age": LOOP + "        if run.born < now - 60:\n            del X[k]\n",
    "by age if unset": LOOP
    + "        if run.until is None:\n            if run.born < now - 60:\n                del X[k]\n"
    "            continue\n        if run.until < now:\n            del X[k]\n",
    "unset goes at once": LOOP + "        if run.until is None or run.until < now:\n            del X[k]\n",
    "either of two": LOOP
    + "        if (run.until and run.until < now) or run.born < now - 60:\n            del X[k]\n",
    "second sweep": SWEEP + "    for k in [k for k, r in X.items() if r.born < now - 60]:\n        X.pop(k, None)\n",
    "default in its place": LOOP + "        until = run.until if run.until is not None else run.born + 60\n"
    "        if until < now:\n            del X[k]\n",
    "cleared now and then": SWEEP + "    if now % 7 == 0:\n        X.clear()\n",
    "rebuilt without": "def sweep(now):\n    global X\n"
    "    X = {k: r for k, r in X.items() if r.until and r.until > now}\n",
    "judged by a function that says yes": "def is_over(run, now):\n    if run.until is None:\n        return True\n"
    "    return run.until < now\n" + LOOP + "        if is_over(run, now):\n            del X[k]\n",
}

UNSET = {
    "left out": RUN + PUT,
    "None is passed": RUN + "def put(request):\n    X[request.id] = Run(request.task, until=None)\n",
    "one branch": RUN
    + "def put(request):\n    X[request.id] = Run(request.task, None if request.keep else time.time())\n",
    "in __init__": PLAIN + PUT,
    "conditional in __init__": "class Run:\n    def __init__(self, task):\n        self.until = None\n"
    "        if task:\n"
    "            self.until = time.time()\n" + PUT,
    "class attribute": "class Run:\n    until = None\n    def __init__(self, task):\n        self.task = task\n" + PUT,
    "tuple with names": "class Run(NamedTuple):\n    task: str\n    until: float | None = None\n" + PUT,
    "set under a condition": RUN + "def put(request):\n    run = Run(request.task)\n    if request.keep:\n"
    "        run.until = time.time()\n    X[request.id] = run\n",
    "a function that may say None": RUN
    + "def end(keep):\n    if keep:\n        return None\n    return time.time()\n"
    + "def put(request):\n    X[request.id] = Run(request.task, end(request.keep))\n",
    "looked up": RUN + "def put(request):\n    X[request.id] = Run(request.task, request.args.get('until'))\n",
    "parameter that a caller leaves out": RUN + "def _put(key, until=None):\n    X[key] = Run('', until)\n"
    "def put(request):\n    _put(request.id)\n",
}

SET = {
    "at each insert": RUN + "def put(request):\n    X[request.id] = Run(request.task, time.time() + 60)\n",
    "after it was made": RUN + "def put(request):\n    run = Run(request.task)\n    run.until = time.time() + 60\n"
    "    X[request.id] = run\n",
    "after it was stored": RUN + "def put(request):\n    run = Run(request.task)\n    X[request.id] = run\n"
    "    run.until = time.time() + 60\n",
    "in both branches": RUN
    + "def put(request):\n    run = Run(request.task)\n    if request.keep:\n        run.until = 9\n"
    "    else:\n        run.until = time.time()\n    X[request.id] = run\n",
    "under what always holds": RUN
    + "def put(request):\n    run = Run(request.task)\n    if True:\n        run.until = 9\n    X[request.id] = run\n",
    "default for None": RUN + "def put(request, until=None):\n    if until is None:\n        until = time.time() + 60\n"
    "    X[request.id] = Run(request.task, until)\n",
    "or": RUN + "def put(request, until=None):\n    X[request.id] = Run(request.task, until or time.time() + 60)\n",
    "refused": RUN
    + "def put(request, until=None):\n    if until is None:\n        return\n    X[request.id] = Run('', until)\n",
    "__post_init__": RUN
    + "    def __post_init__(self):\n        if self.until is None:\n            self.until = time.time()\n"
    + PUT,
    "in a finally": RUN
    + "def put(request):\n    run = Run(request.task)\n    X[request.id] = run\n    try:\n        request.work()\n"
    "    finally:\n        run.until = time.time()\n",
    "by the same run": RUN + "def put(request):\n    begin(request)\n    request.work()\n    end(request)\n"
    "def begin(request):\n    X[request.id] = Run(request.task)\ndef end(request):\n"
    "    X[request.id].until = time.time()\n",
    "when its task is done": RUN + "def put(request, task):\n    X[request.id] = Run(request.task)\n"
    "    task.add_done_callback(ended)\ndef ended(task):\n    X[task.id].until = time.time()\n",
    "by a timer": RUN + PUT + "def mark():\n    while True:\n        time.sleep(9)\n        for run in X.values():\n"
    "            run.until = time.time()\nthreading.Thread(target=mark).start()\n",
    "by a worker of the program": RUN
    + "import queue\nJOBS = queue.Queue()\n"
    + PUT
    + "    JOBS.put(request.id)\n"
    + "def work():\n    while True:\n        X[JOBS.get()].until = time.time()\n"
    "threading.Thread(target=work).start()\n",
    "a state that comes and goes": RUN + PUT + "def give(request):\n    X[request.id].until = time.time()\n"
    "def take(request):\n    X[request.id].until = None\n",
    "not known": RUN + "def put(request):\n    X[request.id] = request.run\n",
}


def skip_of(project: Project) -> Skip | None:
    container = named(project)
    assert container.verdict.name == "swept", container.verdict
    return project.defects.entry_skipping_sweeps.of(container)


@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=SWEEPS.keys())
def test_sweeps_that_need_the_field(sweep: str, tmp_path: Path) -> None:
    skip = skip_of(linked(tmp_path, {"m.py": HEAD + RUN + PUT + sweep}))
    assert skip is not None and skip.path == (".until",)
    assert skip.confidence is Confidence.HIGH and skip.guards and not skip.setters


@pytest.mark.parametrize("sweep", TAKING.values(), ids=TAKING.keys())
def test_sweeps_that_take_every_entry(sweep: str, tmp_path: Path) -> None:
    assert skip_of(linked(tmp_path, {"m.py": HEAD + RUN + PUT + sweep})) is None


@pytest.mark.parametrize("insert", UNSET.values(), ids=UNSET.keys())
def test_inserts_that_leave_the_field_unset(insert: str, tmp_path: Path) -> None:
    skip = skip_of(linked(tmp_path, {"m.py": HEAD + insert + SWEEP}))
    assert skip is not None and skip.path == (".until",) and skip.confidence is Confidence.HIGH


@pytest.mark.parametrize("insert", SET.values(), ids=SET.keys())
def test_inserts_that_are_set_in_time(insert: str, tmp_path: Path) -> None:
    assert skip_of(linked(tmp_path, {"m.py": HEAD + insert + SWEEP})) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{'task': request.task}", True),
        ("{'task': request.task, 'until': None}", True),
        ("dict(task=request.task)", True),
        ("{'task': request.task, 'until': time.time()}", False),
        ("{**request.entry}", False),
    ],
)
def test_keys_of_entries(value: str, expected: bool, tmp_path: Path) -> None:
    text = (
        HEAD
        + f"def put(request):\n    X[request.id] = {value}\n"
        + ITEMS.replace("e['until'] and", "e.get('until') and")
    )
    skip = skip_of(linked(tmp_path, {"m.py": text}))
    assert (skip is not None) is expected
    assert skip is None or skip.path == ("[until]",)


def test_the_value_itself(tmp_path: Path) -> None:
    text = (
        HEAD + "def put(request):\n    X[request.id] = time.time() if request.ends else None\n"
        "def sweep(now):\n    for k, until in list(X.items()):\n        if until and until < now:\n"
        "            del X[k]\n"
    )
    skip = skip_of(linked(tmp_path, {"m.py": text}))
    assert skip is not None and skip.path == ()


def test_an_item_of_the_value(tmp_path: Path) -> None:
    text = (
        HEAD + "def put(request):\n    X[request.id] = (request, None if request.keep else time.time())\n"
        "def sweep(now):\n    for k, (_, until) in list(X.items()):\n        if until is not None and until < now:\n"
        "            del X[k]\n"
    )
    skip = skip_of(linked(tmp_path, {"m.py": text}))
    assert skip is not None and skip.path == ("[1]",)


def test_zero_counts_as_unset_only_where_truth_is_asked(tmp_path: Path) -> None:
    put = "def put(request):\n    X[request.id] = Run(request.task, 0.0)\n"
    asked = HEAD + RUN + put + SWEEPS["continue"]
    assert skip_of(linked(tmp_path / "truth", {"m.py": asked})) is not None
    assert skip_of(linked(tmp_path / "none", {"m.py": HEAD + RUN + put + SWEEP})) is None


def test_a_flag_that_an_event_sets_is_no_deadline(tmp_path: Path) -> None:
    text = (
        HEAD + "class Run:\n    def __init__(self):\n        self.done = False\n"
        "def put(request):\n    X[request.id] = Run()\ndef end(request):\n    X[request.id].done = True\n"
        + LOOP
        + "        if not run.done:\n            continue\n        del X[k]\n"
    )
    assert skip_of(linked(tmp_path, {"m.py": text})) is None


def test_an_event_that_sets_it_is_weaker_evidence(tmp_path: Path) -> None:
    events = "def end(request):\n    X[request.id].until = time.time()\n"
    app = (
        "from flask import Flask, request\nimport m\napp = Flask(__name__)\n@app.post('/a')\ndef a():\n"
        "    m.put(request)\n"
        "@app.post('/b')\ndef b():\n    m.end(request)\n"
    )
    known = skip_of(linked(tmp_path / "known", {"m.py": HEAD + RUN + PUT + events + SWEEP, "app.py": app}))
    assert known is not None and known.confidence is Confidence.MEDIUM and known.setters
    bus = "import m, lib\ndef a(e):\n    m.put(e)\ndef b(e):\n    m.end(e)\nlib.tell(a)\nlib.tell(b)\n"
    own = skip_of(linked(tmp_path / "own", {"m.py": HEAD + RUN + PUT + events + SWEEP, "app.py": bus}))
    assert own is not None and own.confidence is Confidence.LOW
    unknown = skip_of(linked(tmp_path / "unknown", {"m.py": HEAD + RUN + PUT + events + SWEEP}))
    assert unknown is not None and unknown.confidence is Confidence.LOW


def test_what_only_users_leave_out_is_weak_evidence(tmp_path: Path) -> None:
    put = "def put(key, until=None):\n    X[key] = Run('', until)\n"
    skip = skip_of(linked(tmp_path, {"m.py": HEAD + RUN + put + SWEEP}))
    assert skip is not None and skip.confidence is Confidence.LOW


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("    def over(self, now):\n        return self.until is not None and self.until < now\n", True),
        (
            "    def over(self, now):\n        if self.until:\n            return self.until < now\n"
            "        return False\n",
            True,
        ),
        ("    def over(self, now):\n        return self.until is None or self.until < now\n", False),
        ("    def over(self, now):\n        return self.born < now\n", False),
    ],
)
def test_methods_of_the_entry(method: str, expected: bool, tmp_path: Path) -> None:
    text = HEAD + RUN + method + PUT + LOOP + "        if run.over(now):\n            del X[k]\n"
    assert (skip_of(linked(tmp_path, {"m.py": text})) is not None) is expected


@pytest.mark.parametrize(
    "sweep",
    [
        "    for run in list(X):\n        if run.until is not None and run.until < now:\n            X.remove(run)\n",
        "    for run in [r for r in X if r.until and r.until < now]:\n        X.remove(run)\n",
        "    X[:] = [r for r in X if r.until is None or r.until > now]\n",
        "    global X\n    X = [r for r in X if not (r.until and r.until < now)]\n",
    ],
)
def test_lists(sweep: str, tmp_path: Path) -> None:
    head = HEAD.replace("X = {}", "X = []") + RUN + "def put(request):\n    X.append(Run(request.task))\n"
    skip = skip_of(linked(tmp_path, {"m.py": head + "def sweep(now):\n" + sweep}))
    assert skip is not None and skip.path == (".until",)


def test_sets(tmp_path: Path) -> None:
    head = HEAD.replace("X = {}", "X = set()") + RUN + "def put(request):\n    X.add(Run(request.task))\n"
    sweep = "def sweep(now):\n    global X\n    X -= {r for r in X if r.until and r.until < now}\n"
    skip = skip_of(linked(tmp_path, {"m.py": head + sweep}))
    assert skip is not None and skip.path == (".until",)


def test_odd_sweeps_are_no_error(tmp_path: Path) -> None:
    sweep = (
        "def sweep(now):\n    for k, (a, *b) in zip(X, X.items()):\n        if b[0:1] and (lambda: b)():\n"
        "            del X[k]\n    for i, (k, e) in enumerate(list(X.items())):\n        while e := e.get('next'):\n"
        "                X.pop(k, None)\n    [X.pop(k) for k in X if k in X if X[k]]\n"
        "    X.update({k: v for k, v in X.items()})\n"
    )
    project = linked(tmp_path, {"m.py": HEAD + RUN + PUT + sweep})
    assert project.defects.entry_skipping_sweeps.of(named(project)) is None
