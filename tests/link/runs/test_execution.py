"""When code runs: the contexts of one insert into X, by the way that leads to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.link.program.module import ScopeId

MAIN = "\nif __name__ == '__main__':\n    main()\n"
PUT = "X = {}\ndef put(k):\n    X[k] = 1\n"
TICK = "X = {}\ndef tick():\n    X[len(X)] = 1\n"
LOOP = "import threading, time\nX = {}\ndef loop():\n    while True:\n        time.sleep(5)\n        X[len(X)] = 1\n"

CASES: dict[str, tuple[dict[str, str], set[str]]] = {
    # import and scripts
    "module level": ({"m.py": "X = {}\nX['a'] = 1\n"}, {"import"}),
    "called at import": ({"m.py": PUT + "put('a')\n"}, {"import"}),
    "called at import elsewhere": ({"m.py": PUT, "n.py": "import m\nfor k in 'ab':\n    m.put(k)\n"}, {"import"}),
    "through two functions at import": ({"m.py": PUT + "def _all():\n    put('a')\n_all()\n"}, {"import"}),
    "decorator": (
        {"m.py": "X = {}\ndef mark(f):\n    X[f.__name__] = f\n    return f\n@mark\ndef g():\n    pass\n"},
        {"import"},
    ),
    "decorator with arguments": (
        {
            "m.py": "X = {}\ndef mark(k):\n    def deco(f):\n        X[k] = f\n        return f\n    return deco\n"
            "@mark('a')\ndef g():\n    pass\n"
        },
        {"import"},
    ),
    "class body": ({"m.py": PUT + "class C:\n    put('a')\n"}, {"import"}),
    "init_subclass": (
        {"m.py": "X = {}\nclass C:\n    def __init_subclass__(cls):\n        X[cls.__name__] = cls\n"},
        {"import"},
    ),
    "script": ({"m.py": PUT + "def main():\n    put('a')\n" + MAIN}, {"main"}),
    # run time
    "public, called by nobody": ({"m.py": PUT}, {"api"}),
    "public, called by a test": (
        {"m.py": PUT, "test_m.py": "import m\ndef test_put():\n    m.put(1)\n"},
        {"tested"},
    ),
    "method, with a name that tests use of much else": (
        {
            "m.py": "X = {}\nclass C:\n    def load(self, k):\n        X[k] = 1\n",
            "test_m.py": "import json\njson.load(1)\n",
        },
        {"api"},
    ),
    "private, called by nobody": ({"m.py": "X = {}\ndef _put(k):\n    X[k] = 1\n"}, {"dead"}),
    "private, called by a test": (
        {"m.py": "X = {}\ndef _put(k):\n    X[k] = 1\n", "test_m.py": "import m\ndef test_put():\n    m._put(1)\n"},
        {"test"},
    ),
    "private method, called by nobody": (
        {"m.py": "X = {}\nclass C:\n    def _put(self, k):\n        X[k] = 1\n"},
        {"dead"},
    ),
    "lambda under a name, called by nobody": ({"m.py": "X = {}\nput = lambda k: X.update({k: 1})\n"}, {"api"}),
    "public method": ({"m.py": "X = {}\nclass C:\n    def put(self, k):\n        X[k] = 1\n"}, {"api"}),
    "public, called by what it calls alone": (
        {"m.py": "X = {}\ndef put(k):\n    X[k] = 1\n    more(k)\ndef more(k):\n    put(k)\n"},
        {"api"},
    ),
    "private, called by what it calls alone": (
        {"m.py": "X = {}\ndef _put(k):\n    X[k] = 1\n    _more(k)\ndef _more(k):\n    _put(k)\n"},
        {"dead"},
    ),
    "public, called by private ones alone that call each other": (
        {
            "m.py": "X = {}\ndef put(k):\n    X[k] = 1\n"
            "def _one(k):\n    put(k)\n    _two(k)\ndef _two(k):\n    _one(k)\n"
        },
        {"dead"},
    ),
    "private, in a circle with what a script calls": (
        {"m.py": "X = {}\ndef _put(k):\n    X[k] = 1\n    main()\ndef main():\n    _put(1)\n" + MAIN},
        {"main"},
    ),
    "methods that pass on to the same of another": (
        {
            "m.py": "X = {}\nclass C:\n    def put(self, k):\n        X[k] = 1\n        self.other.put(k)\n"
            "class D:\n    def put(self, k):\n        self.other.put(k)\n"
        },
        {"api"},
    ),
    "handed over as a callback": ({"m.py": "import bus\n" + PUT + "bus.subscribe(put)\n"}, {"run"}),
    "property whose value is handed over": (
        {
            "m.py": "import bus\nX = {}\nclass C:\n    @property\n    def text(self):\n        X[1] = 1\n"
            "        return 'a'\ndef main():\n    bus.publish(C().text)\n" + MAIN
        },
        {"main"},
    ),
    "route": (
        {"m.py": "import flask\napp = flask.Flask('m')\nX = {}\n@app.route('/')\ndef index():\n    X[1] = 1\n"},
        {"run"},
    ),
    "lambda": ({"m.py": "import bus\n" + PUT + "bus.subscribe(lambda k: put(k))\n"}, {"run"}),
    "kept in a table": ({"m.py": PUT + "TABLE = {'put': put}\n"}, {"run"}),
    "import and run": ({"m.py": PUT + "put('a')\ndef handle(r):\n    put(r)\n"}, {"import", "api"}),
    "at exit": ({"m.py": "import atexit\n" + TICK + "atexit.register(tick)\n"}, {"exit"}),
    # timers
    "started thread that sleeps": (
        {"m.py": LOOP + "threading.Thread(target=loop, daemon=True).start()\n"},
        {"timer"},
    ),
    "thread kept in a name": ({"m.py": LOOP + "t = threading.Thread(target=loop)\nt.start()\n"}, {"timer"}),
    "thread never started": ({"m.py": LOOP + "t = threading.Thread(target=loop)\n"}, {"unstarted"}),
    "thread started only by a test": (
        {
            "m.py": LOOP + "t = threading.Thread(target=loop)\n",
            "test_m.py": "import m\ndef test_t():\n    m.t.start()\n",
        },
        {"unstarted"},
    ),
    "start that a script forgets": (
        {
            "m.py": LOOP + "def start():\n    threading.Thread(target=loop).start()\n",
            "app.py": "import m\ndef main():\n    print(m.X)\n" + MAIN,
        },
        {"unstarted"},
    ),
    "start that a script makes": (
        {
            "m.py": LOOP + "def start():\n    threading.Thread(target=loop).start()\n",
            "app.py": "import m\ndef main():\n    m.start()\n" + MAIN,
        },
        {"timer"},
    ),
    "start that a library leaves to its users": (
        {"m.py": LOOP + "def start():\n    threading.Thread(target=loop).start()\n"},
        {"timer"},
    ),
    "loop without a pause": (
        {"m.py": "import q\nX = {}\ndef serve():\n    while True:\n        X[q.get()] = 1\n"},
        {"api"},
    ),
    "loop that waits for an event": (
        {
            "m.py": "import threading\nX = {}\nstop = threading.Event()\ndef loop():\n    while not stop.wait(5):\n"
            "        X[len(X)] = 1\nthreading.Thread(target=loop).start()\n"
        },
        {"timer"},
    ),
    "task": (
        {
            "m.py": "import asyncio\nX = {}\nasync def loop():\n    while True:\n        await asyncio.sleep(5)\n"
            "        X[len(X)] = 1\nasync def main():\n    t = asyncio.create_task(loop())\n    await t\n"
            "asyncio.run(main())\n"
        },
        {"timer"},
    ),
    "thread timer, once": (
        {"m.py": "import threading\n" + TICK + "def arm():\n    threading.Timer(5, tick).start()\n"},
        {"later"},
    ),
    "thread timer, armed again": (
        {
            "m.py": "import threading\nX = {}\ndef tick():\n    X[len(X)] = 1\n    arm()\n"
            "def arm():\n    threading.Timer(5, tick).start()\narm()\n"
        },
        {"timer"},
    ),
    "thread timer never started": (
        {"m.py": "import threading\n" + TICK + "def arm():\n    return None, threading.Timer(5, tick).name\n"},
        {"unstarted"},
    ),
    "call_later, once": (
        {"m.py": "import asyncio\n" + TICK + "def arm():\n    asyncio.get_running_loop().call_later(5, tick)\n"},
        {"later"},
    ),
    "celery task": (
        {"m.py": "from celery import Celery\napp = Celery()\nX = {}\n@app.task\ndef work(k):\n    X[k] = 1\n"},
        {"other-process"},
    ),
}


def insert_kinds(tmp_path: Path, files: dict[str, str], **settings: object) -> set[str]:
    project = linked(tmp_path, files, **settings)
    found = named(project)
    kinds: set[str] = set()
    inserts = [a for a in found.accesses if a.kind == "insert"]
    assert inserts
    for access in inserts:
        kinds |= project.execution.kinds(access.scope, access.op)
    return kinds


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES)
def test_kinds(files: dict[str, str], expected: set[str], tmp_path: Path) -> None:
    assert insert_kinds(tmp_path, files) == expected


def test_declared_entry_point(tmp_path: Path) -> None:
    files = {"m.py": "X = {}\ndef _put(k):\n    X[k] = 1\n"}
    assert insert_kinds(tmp_path, files, entry_points=["m:_put"]) >= {"run"}


def test_declared_sweeper(tmp_path: Path) -> None:
    assert insert_kinds(tmp_path, {"m.py": "X = {}\ndef _put():\n    X[1] = 1\n"}, sweepers=["m:_put"]) >= {"timer"}


def test_declared_by_a_name_that_is_imported(tmp_path: Path) -> None:
    files = {"app/__init__.py": "from app.m import _put\n", "app/m.py": "X = {}\ndef _put():\n    X[1] = 1\n"}
    assert insert_kinds(tmp_path, files, sweepers=["app:_put"]) >= {"timer"}


PUTS_FOREVER = "    while True:\n        time.sleep(5)\n        put('a')\n"
OTHER_PROCESS = {
    "the function itself": "def main():\n    put('a')\n",
    "what it calls": "def main():\n    step()\ndef step():\n    put('a')\n",
    "its loop": "def main():\n" + PUTS_FOREVER,
    "a loop that it calls": "def main():\n    loop()\ndef loop():\n" + PUTS_FOREVER,
    "a thread of it": "def main():\n    threading.Thread(target=step).start()\ndef step():\n    put('a')\n",
    "a timer of it": "def main():\n    threading.Timer(5, step).start()\ndef step():\n    put('a')\n    main()\n",
}


@pytest.mark.parametrize("name", OTHER_PROCESS)
def test_declared_for_another_process(name: str, tmp_path: Path) -> None:
    files = {"m.py": "import threading, time\n" + PUT + OTHER_PROCESS[name] + MAIN}
    assert "other-process" not in insert_kinds(tmp_path / "no", files)
    assert insert_kinds(tmp_path / "yes", files, other_process=["m:main"]) == {"other-process"}


def test_what_this_process_runs_too_is_not_left_to_another(tmp_path: Path) -> None:
    files = {"m.py": PUT + "def work():\n    put('a')\ndef main():\n    put('b')\n" + MAIN}
    assert insert_kinds(tmp_path, files, other_process=["m:work"]) == {"other-process", "main"}


def test_partial(tmp_path: Path) -> None:
    """Runs when the bus calls it, whatever else is said of the line that makes it."""
    files = {"m.py": "import bus, functools\n" + PUT + "bus.subscribe(functools.partial(put, 1))\n"}
    assert "run" in insert_kinds(tmp_path, files)


@pytest.mark.parametrize("start", ["Process(target=loop).start()", "Pool().apply_async(loop)"])
def test_loop_in_another_process(start: str, tmp_path: Path) -> None:
    files = {"m.py": "import multiprocessing\n" + LOOP + f"multiprocessing.{start}\n"}
    assert insert_kinds(tmp_path, files) == {"other-process"}


def test_declared_timer(tmp_path: Path) -> None:
    files = {"m.py": "from acme.sched import every\n" + TICK + "every(5, tick)\n"}
    assert insert_kinds(tmp_path / "no", files) == {"run"}
    assert insert_kinds(tmp_path / "yes", files, timers=["acme.sched.every:1"]) == {"timer"}


def test_position_of_a_declared_timer(tmp_path: Path) -> None:
    files = {"m.py": "from acme.sched import every\n" + TICK + "every(5, print, on_error=tick)\n"}
    assert insert_kinds(tmp_path, files, timers=["acme.sched.every:1"]) == {"run"}


def test_declared_timer_of_the_project(tmp_path: Path) -> None:
    files = {
        "m.py": "from sched_ import every\n" + TICK + "every(5, tick)\n",
        "sched_.py": "import ext\ndef every(seconds, callback):\n    ext.run(seconds, callback)\n",
    }
    assert insert_kinds(tmp_path, files, timers=["sched_.every:1"]) == {"timer"}


SPAWNED = "    while True:\n        time.sleep(5)\n        X[len(X)] = 1\n"


@pytest.mark.parametrize(
    ("body", "kinds"), [("    X[len(X)] = 1\n", {"import"}), (SPAWNED, {"timer"})], ids=["once", "loop"]
)
def test_declared_spawner(body: str, kinds: set[str], tmp_path: Path) -> None:
    files = {"m.py": "import time\nfrom acme.util import go\nX = {}\ndef job():\n" + body + "go('name', job)\n"}
    assert insert_kinds(tmp_path, files, spawners=["acme.util.go:1"]) == kinds


def test_declared_spawner_of_the_project(tmp_path: Path) -> None:
    files = {
        "m.py": "from util import go\nX = {}\ndef job():\n    X[len(X)] = 1\ndef main():\n    go(job)\n" + MAIN,
        "util.py": "import ext\ndef go(function):\n    ext.run(function)\n",
    }
    assert insert_kinds(tmp_path / "no", files) == {"run"}
    assert insert_kinds(tmp_path / "yes", files, spawners=["util.go:0"]) == {"main"}


@pytest.mark.parametrize(
    ("body", "looped"),
    [("    put('a')\n", False), ("    for k in input():\n        put(k)\n", True)],
)
def test_a_loop_on_the_way_is_seen(body: str, looped: bool, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": PUT + "def main():\n" + body + MAIN})
    (access,) = (a for a in named(project).accesses if a.kind == "insert")
    assert {c.looped for c in project.execution.at(access.scope, access.op)} == {looped}


@pytest.mark.parametrize(
    ("body", "cleanup"),
    [
        ("    try:\n        pass\n    finally:\n        put(1)\n", True),
        ("    try:\n        put(1)\n    finally:\n        pass\n", False),
    ],
)
def test_a_clean_up_on_the_way_is_seen(body: str, cleanup: bool, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": PUT + "def handle(r):\n" + body})
    (access,) = (a for a in named(project).accesses if a.kind == "insert")
    assert {c.cleanup for c in project.execution.at(access.scope, access.op)} == {cleanup}


SHOWN = "from lib import {0}\nif __name__ == '__main__':\n    {0}(1)\n"
LIBRARY = "def put(k):\n    _keep(k)\ndef _keep(k):\n    pass\nclass Box:\n    def __init__(self, k):\n        pass\n"


@pytest.mark.parametrize(
    ("path", "called", "function", "kinds"),
    [
        ("examples/show.py", "put", "put", {"api", "main"}),
        ("examples/show.py", "put", "_keep", {"api", "main"}),
        ("docs/code/show.py", "Box", "Box.__init__", {"api", "main"}),
        ("main.py", "put", "put", {"main"}),
        ("examples/show.py", "_keep", "_keep", {"main"}),
    ],
)
def test_users_call_what_only_examples_call(
    path: str, called: str, function: str, kinds: set[str], tmp_path: Path
) -> None:
    project = linked(
        tmp_path,
        {"lib.py": LIBRARY.replace("    _keep(k)\n", "    pass\n", called == "_keep"), path: SHOWN.format(called)},
    )
    module = project.program.module("lib.py")
    assert module is not None
    index = next(i for i, scope in enumerate(module.facts.scopes) if scope.qualname == function)
    assert {c.kind for c in project.execution.contexts(ScopeId("lib.py", index))} == kinds
