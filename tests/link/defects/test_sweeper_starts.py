"""Whether every insert into X comes with a start of the sweeper: conditions, callers, starts that need no insert."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.link.entries.subjects import shown

HEAD = """
import os, threading, time

X = {}
LIMIT = 10
_thread = None

class Settings:
    def __init__(self):
        self.sweeping = True

settings = Settings()

def sweep():
    for key, entry in list(X.items()):
        if entry.at < time.monotonic() - 60:
            del X[key]

def loop():
    while True:
        time.sleep(60)
        sweep()

def start():
    global _thread
    if _thread is None:
        _thread = threading.Thread(target=loop, daemon=True)
        _thread.start()

"""
PUT = "def put(request):\n    X[request.id] = request\n"
WEB = "import flask, m\napp = flask.Flask('w')\n@app.route('/')\ndef index():\n    m.put(flask.request)\n"

GUARDED: dict[str, tuple[str, str]] = {
    "field of the entry": ("    if request.deadline:\n        start()\n", "request.deadline"),
    "missing field": ("    if request.deadline is not None:\n        start()\n", "request.deadline is not None"),
    "and": ("    request.deadline and start()\n", "request.deadline"),
    "or": ("    request.kept or start()\n", "not request.kept"),
    "conditional expression": ("    start() if request.deadline else None\n", "request.deadline"),
    "early return": ("    if not request.deadline:\n        return\n    start()\n", "request.deadline"),
    "else": ("    if request.kept:\n        print()\n    else:\n        start()\n", "not request.kept"),
    "compared with a constant": ("    if request.size > LIMIT:\n        start()\n", "request.size > LIMIT"),
    "derived local": ("    late = request.deadline or 0\n    if late > 5:\n        start()\n", "late > 5"),
    "beside a check of the thread": (
        "    if request.deadline and _thread is None:\n        start()\n",
        "request.deadline",
    ),
    "call on the entry": ("    if request.is_long():\n        start()\n", "request.is_long()"),
    "two fields": ("    if request.a or request.b:\n        start()\n", "request.a or request.b"),
}


def unstarted(tmp_path: Path, files: dict[str, str]) -> list[tuple[str, str, str]]:
    project = linked(tmp_path, files)
    found = named(project)
    assert found.verdict.name == "swept"
    items = project.defects.sweeper_starts.of(found)
    return [(i.kind, project.function(i.access.scope), i.text) for i in items]


@pytest.mark.parametrize(("body", "condition"), GUARDED.values(), ids=GUARDED)
def test_condition_on_the_entry(body: str, condition: str, tmp_path: Path) -> None:
    assert unstarted(tmp_path, {"m.py": HEAD + PUT + body, "w.py": WEB}) == [("guarded", "put()", condition)]


FREE: dict[str, dict[str, str]] = {
    "no condition": {"m.py": HEAD + PUT + "    start()\n"},
    "a condition that always holds": {"m.py": HEAD + PUT + "    if True:\n        start()\n"},
    "before the insert": {"m.py": HEAD + PUT.replace("    X", "    start()\n    X")},
    "the thread": {"m.py": HEAD + PUT + "    if _thread is None or not _thread.is_alive():\n        start()\n"},
    "a setting": {"m.py": HEAD + PUT + "    if settings.sweeping:\n        start()\n"},
    "the environment": {"m.py": HEAD + PUT + "    if os.environ.get('SWEEP'):\n        start()\n"},
    "a constant": {"m.py": HEAD + PUT + "    if LIMIT:\n        start()\n"},
    "the container": {"m.py": HEAD + PUT + "    if len(X) == 1:\n        start()\n"},
    "a new key": {"m.py": HEAD + PUT.replace("    X", "    if request.id not in X:\n        start()\n    X")},
    "an entry or the thread": {"m.py": HEAD + PUT + "    if request.deadline or _thread is None:\n        start()\n"},
    "the same condition": {
        "m.py": HEAD + "def put(request):\n    if request.deadline:\n        X[request.id] = request\n        start()\n"
    },
    "another one without": {"m.py": HEAD + PUT + "    if request.deadline:\n        start()\n    start()\n"},
    "start at import": {"m.py": HEAD + PUT + "    if request.deadline:\n        start()\nstart()\n"},
    "start at import elsewhere": {
        "m.py": HEAD + PUT + "    if request.deadline:\n        start()\n",
        "n.py": "import m\nm.start()\n",
    },
    "start in a start-up hook": {
        "m.py": HEAD + PUT + "    if request.deadline:\n        start()\n",
        "n.py": "import m, fastapi\napp = fastapi.FastAPI()\n@app.on_event('startup')\ndef begin():\n    m.start()\n",
    },
    "start by the project's users": {
        "m.py": HEAD + PUT + "    if request.deadline:\n        start()\ndef begin():\n    start()\n"
    },
    "a switch of the caller": {
        "m.py": HEAD
        + "def put(request, sweeping=True):\n    X[request.id] = request\n    if sweeping:\n        start()\n"
    },
}


@pytest.mark.parametrize("files", FREE.values(), ids=FREE)
def test_no_condition_on_the_entry(files: dict[str, str], tmp_path: Path) -> None:
    assert unstarted(tmp_path, {"w.py": WEB, **files}) == []


def test_condition_of_a_helper_on_its_parameter(tmp_path: Path) -> None:
    helper = "def start_for(deadline):\n    if deadline is None:\n        return\n    start()\n"
    files = {"m.py": HEAD + helper + PUT + "    start_for(request.deadline)\n", "w.py": WEB}
    assert unstarted(tmp_path, files) == [("guarded", "put()", "not (request.deadline is None)")]


def test_start_kept_from_the_thread_that_is_made_at_import(tmp_path: Path) -> None:
    text = HEAD.replace("_thread = None\n", "", 1) + PUT
    text = text.partition("def start()")[0] + "T = threading.Thread(target=loop)\n" + PUT
    files = {"m.py": text + "    if request.deadline:\n        T.start()\n", "w.py": WEB}
    assert unstarted(tmp_path, files) == [("guarded", "put()", "request.deadline")]


LOAD = "def load(rows):\n    X.update(rows)\n"
BARE: dict[str, tuple[dict[str, str], list[tuple[str, str, str]]]] = {
    "bulk load": ({"m.py": HEAD + PUT + "    start()\n" + LOAD}, [("bare", "load()", "")]),
    "bulk load that starts": ({"m.py": HEAD + PUT + "    start()\n" + LOAD + "    start()\n"}, []),
    "bulk load that starts if there is anything": (
        {"m.py": HEAD + PUT + "    start()\n" + LOAD + "    if X:\n        start()\n"},
        [],
    ),
    "bulk load that starts for some": (
        {
            "m.py": HEAD
            + PUT
            + "    start()\n"
            + LOAD
            + "    if any(e.deadline for e in X.values()):\n        start()\n"
        },
        [("bare", "load()", "")],
    ),
    "bulk load through the single insert": (
        {"m.py": HEAD + PUT + "    start()\ndef load(rows):\n    for row in rows:\n        put(row)\n"},
        [],
    ),
    "every caller starts": (
        {
            "m.py": HEAD + PUT + "    start()\n" + LOAD.replace("load", "_load"),
            "n.py": "import m\ndef restore(rows):\n    m._load(rows)\n    m.start()\n",
        },
        [],
    ),
    "one of two callers starts": (
        {
            "m.py": HEAD + PUT.replace("put", "_put"),
            "n.py": "import m\ndef put(r):\n    m._put(r)\n    m.start()\ndef keep(r):\n    m._put(r)\n",
            "w.py": WEB.replace("flask, m", "flask, n as m"),
        },
        [("bare", "_put()", "")],
    ),
    "start behind a bulk load, as services start": (
        {"m.py": HEAD + PUT + LOAD + "    start()\n", "w.py": WEB + "    m.load(flask.request.json)\n"},
        [],
    ),
    "start beside an insert while the program starts": (
        {
            "m.py": HEAD + PUT + "def begin(first):\n    put(first)\n    start()\n",
            "n.py": "import m, fastapi\napp = fastapi.FastAPI()\n@app.on_event('startup')\ndef hook():\n"
            "    m.begin(object())\n",
        },
        [],
    ),
    "start in the other branch": (
        {
            "m.py": HEAD + PUT.replace("put", "_put") + LOAD.replace("load", "_load"),
            "n.py": "import m\ndef put(r):\n    if r.many:\n        m._load(r)\n    else:\n        m._put(r)\n"
            "        m.start()\n",
            "w.py": WEB.replace("flask, m", "flask, n as m"),
        },
        [("bare", "_load()", "")],
    ),
    "update of an entry": (
        {
            "m.py": HEAD
            + PUT
            + "    start()\ndef change(request):\n    old = X[request.id]\n    X[request.id] = old.with_(request)\n"
        },
        [],
    ),
    "entry that moves": (
        {"m.py": HEAD + PUT + "    start()\ndef move(old, new):\n    X[new] = X.pop(old)\n"},
        [],
    ),
}


@pytest.mark.parametrize(("files", "expected"), BARE.values(), ids=BARE)
def test_inserts_without_a_start(files: dict[str, str], expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    assert unstarted(tmp_path, {"w.py": WEB, **files}) == expected


def test_constructor_of_the_holder(tmp_path: Path) -> None:
    head = HEAD.replace("X = {}\n", "", 1).replace("X.items", "store.X.items").replace("del X", "del store.X")
    cls = (
        "class Store:\n    def __init__(self):\n        self.X = {}\n        start()\n"
        "    def put(self, request):\n        self.X[request.id] = request\n"
        "        if request.deadline:\n            start()\nstore = Store()\n"
    )
    project = linked(tmp_path, {"m.py": head + cls})
    found = named(project, "Store.X")
    assert found.verdict.name == "swept"
    assert not project.defects.sweeper_starts.of(found)


def test_entry_with_a_timer_of_its_own(tmp_path: Path) -> None:
    text = (
        "import threading\nX = {}\ndef put(key, seconds):\n    X[key] = 1\n"
        "    threading.Timer(seconds, fire, (key,)).start()\n"
        "def fire(key):\n    for k in list(X):\n        if k == key:\n            del X[k]\n"
        "    if X:\n        put(key, 5)\n"
        "def load(rows):\n    X.update(rows)\n"
    )
    project = linked(tmp_path, {"m.py": text})
    found = named(project)
    assert not project.defects.sweeper_starts.of(found)


def test_conditions_in_words(tmp_path: Path) -> None:
    project = linked(
        tmp_path, {"m.py": HEAD + PUT + "    if request.kind in ('a', 'b'):\n        start()\n", "w.py": WEB}
    )
    found = named(project)
    (item,) = project.defects.sweeper_starts.of(found)
    assert item.condition is not None
    assert shown(item.condition) == item.text == "request.kind in ..."
