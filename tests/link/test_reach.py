"""Which removals really reach a container: through helpers for several maps, in programs that are started or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

HELPER = """
import threading, time

X = {}
Y = {}

def put(request):
    X[request.id] = time.monotonic()
    Y[request.id] = time.monotonic()

def drop(table):
    for key in [k for k, at in table.items() if time.monotonic() - at > 60]:
        del table[key]

def drop_first():
    drop(X)

def drop_second():
    drop(Y)

def loop():
    while True:
        time.sleep(30)
        drop_first()

threading.Thread(target=loop, daemon=True).start()
"""


def test_a_helper_for_several_maps_sweeps_each_when_it_is_handed_that_one(tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": HELPER})
    assert [r.when for r in named(project).removals] == ["timer"]
    assert [r.when for r in named(project, "Y").removals] == ["event"]
    assert (named(project).verdict.name, named(project, "Y").verdict.name) == ("swept", "unscheduled")


@pytest.mark.parametrize(
    "change",
    [
        ("        drop_first()", "        drop_first()\n        drop_second()"),
        ("drop(X)", "drop(X if time.time() else Y)"),
        ("drop(X)", "for table in (X, Y):\n        drop(table)"),
        ("drop(X)", "drop(choose())\n\ndef choose():\n    return X or Y"),
        ("        drop_first()", "        drop(table=X)\n        drop(table=Y)"),
    ],
)
def test_a_helper_that_is_handed_both_sweeps_both(change: tuple[str, str], tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": HELPER.replace(*change)})
    assert (named(project).verdict.name, named(project, "Y").verdict.name) == ("swept", "swept")


LOOPS = {
    "walks the map": ("for key in list(X):\n        X.pop(key)", "sweep"),
    "walks one map of two": ("for key in [*X, *Y]:\n        X.pop(key, None)", "sweep"),
    "walks keys and maps": ("for key, table in ((k, X), (k, Y)):\n        X.pop(key, None)", "single"),
    "the same key in each of two maps": ("for table in (X, Y):\n        table.pop(k, None)", "single"),
    "each key of each map": (
        "for table in (X, Y):\n        for key in list(table):\n            del table[key]",
        "sweep",
    ),
}


@pytest.mark.parametrize(("body", "extent"), LOOPS.values(), ids=LOOPS)
def test_a_loop_over_maps_is_no_walk_over_each(body: str, extent: str, tmp_path: Path) -> None:
    text = f"X = {{}}\nY = {{}}\n\ndef put(k):\n    X[k] = Y[k] = 1\n\ndef drop(k):\n    {body}\n"
    removals = named(linked(tmp_path, {"m.py": text})).removals
    assert {r.extent for r in removals} == {extent}


SWEEPER = """
import threading, time

X = {}

def put(request):
    X[request.id] = time.monotonic()

def _loop():
    while True:
        time.sleep(30)
        for key, at in list(X.items()):
            if time.monotonic() - at > 60:
                del X[key]

def start():
    threading.Thread(target=_loop, daemon=True).start()
"""

APPS = {
    "nothing": ("", "swept"),
    "script": ("if __name__ == '__main__':\n    for line in open(0):\n        m.put(line)\n", "unscheduled"),
    "application": ("from fastapi import FastAPI\napp = FastAPI()\n", "unscheduled"),
    "application by its module": ("import flask\napp = flask.Flask(__name__)\n", "unscheduled"),
    "application that starts it": (
        "from fastapi import FastAPI\napp = FastAPI()\n\n@app.on_event('startup')\ndef begin():\n    m.start()\n",
        "swept",
    ),
    "part of an application": ("from flask import Blueprint\npages = Blueprint('pages', __name__)\n", "swept"),
    "made by a function": (
        "from flask import Flask\n\ndef make():\n    app = Flask(__name__)\n    return app\n",
        "swept",
    ),
    "something else of that name": ("class FastAPI: ...\napp = FastAPI()\n", "swept"),
    "a lifespan that no application has": (
        "from fastapi import FastAPI\n\nasync def lifespan(app):\n    m.start()\n    yield\n\napp = FastAPI()\n",
        "unscheduled",
    ),
    "a lifespan": (
        "from fastapi import FastAPI\n\nasync def lifespan(app):\n    m.start()\n    yield\n\n"
        "app = FastAPI(lifespan=lifespan)\n",
        "swept",
    ),
}


@pytest.mark.parametrize(("text", "verdict"), APPS.values(), ids=APPS)
def test_an_application_that_starts_no_sweeper_is_at_fault(text: str, verdict: str, tmp_path: Path) -> None:
    """Without an entry point of the project's own, its users may call a public start."""
    project = linked(tmp_path, {"m.py": SWEEPER, "server.py": f"import m\n{text}"})
    assert named(project).verdict.name == verdict


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [("", "replaced"), ("\nif __name__ == '__main__':\n    for line in open(0):\n        put(line)\n", "event-only")],
)
def test_a_swap_that_nothing_calls_empties_nothing(entry: str, verdict: str, tmp_path: Path) -> None:
    text = "X = []\n\ndef put(text):\n    X.append(text)\n"
    text += "\ndef take():\n    global X\n    old, X = X, []\n    return old\n"
    assert named(linked(tmp_path, {"m.py": text + entry})).verdict.name == verdict


def test_a_companion_is_found_wherever_its_other_inserts_stand(tmp_path: Path) -> None:
    """The insert beside that of the other map counts, also where a function defined before inserts the same key."""
    emit = "def emit(run):\n    X[run] = X.get(run, 0) + 1\n\ndef work(run):\n    emit(run)\n\n"
    run = (
        "def run(run, work):\n    Y[run] = 1\n    X[run] = 0\n    try:\n        work(run)\n    finally:\n"
        "        Y.pop(run, None)\n\n"
    )
    handle = "def handle(request):\n    run(request.id, work)\n"
    for number, text in enumerate((emit + run, run + emit)):
        project = linked(tmp_path / str(number), {"m.py": f"X = {{}}\nY = {{}}\n\n{text}{handle}"})
        forgotten = project.defects.forgotten_companions.of(named(project))
        assert forgotten is not None and forgotten.other.name == "Y"
