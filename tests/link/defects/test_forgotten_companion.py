"""Which containers get the same key, and which removal from one forgets the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.link.defects.forgotten_companion import Forgotten
from unbounded_lint.link.project import Project

BOTH = "A = {}\nB = {}\ndef put(request):\n    A[request.id] = 1\n    B[request.id] = 2\n"
WALKED = (
    "import threading, time\n" + BOTH + "def sweep():\n    for k, t in list(A.items()):\n        if t < 9:\n"
    "            del A[k]\n            B.pop(k, None)\n"
    "def loop():\n    while True:\n        time.sleep(9)\n        sweep()\nthreading.Thread(target=loop).start()\n"
)

FORGETS: dict[str, tuple[str, str]] = {
    "a clear": (BOTH + "def drop(k):\n    A.pop(k, None)\n", "drop"),
    "a reset": (BOTH + "def reset():\n    A.clear()\n", "reset"),
    "a new one": (BOTH + "def reset():\n    global A\n    A = {}\n", "reset"),
    "a part of the old one": (BOTH + "def drop():\n    global A\n    A = {k: v for k, v in A.items() if v}\n", "drop"),
    "a cap": (BOTH + "    if len(A) > 9:\n        A.pop(next(iter(A)))\n", "put"),
    "a finally": (
        "A = {}\nB = {}\ndef put(request):\n    A[request.id] = 1\n    B[request.id] = 2\n    try:\n"
        "        request.run()\n    finally:\n        del A[request.id]\n",
        "put",
    ),
    "a sweep": (WALKED.replace("            B.pop(k, None)\n", ""), "sweep"),
    "a removal beside the sweep": (WALKED + "def drop(k):\n    A.pop(k, None)\n", "drop"),
    "one branch of two": (
        BOTH + "def drop(k, all):\n    if all:\n        A.pop(k)\n        B.pop(k)\n    else:\n        A.pop(k)\n",
        "drop",
    ),
    "one caller of two": (
        BOTH + "def _drop(k):\n    A.pop(k, None)\ndef close(k):\n    _drop(k)\n    B.pop(k, None)\n"
        "def abort(k):\n    _drop(k)\n",
        "_drop",
    ),
    "another name for the key": (
        BOTH.replace("    B[request", "    key = request.id\n    B[key] = 2  #") + "def drop(k):\n    A.pop(k, None)\n",
        "drop",
    ),
    "a key made alike": (
        BOTH.replace("[request.id]", "[str(request.id), 1]") + "def drop(k):\n    A.pop(k, None)\n",
        "drop",
    ),
    "a helper": (
        "A = {}\nB = {}\ndef _count(k):\n    B[k] = 1\ndef put(request):\n    A[request.id] = 1\n"
        "    _count(request.id)\n"
        "def drop(k):\n    A.pop(k, None)\n",
        "drop",
    ),
}

TIMED = (
    "import asyncio\nA = {}\nB = {}\nasync def put(request):\n    A[request.id] = 1\n"
    "    B[request.id] = asyncio.get_running_loop().call_later(9, drop, request.id)\n"
    "def drop(k):\n    if TEST:\n        B.pop(k, None)\n"
)
"""An entry of B goes on its timer, if A still has the key."""

STATIONS = (
    "A = {}\nB = {}\ndef put(request):\n    key = request.id\n    B[key] = 1\n    try:\n        request.send()\n"
    "    except Exception:\n        done(key)\n        raise\n"
    "def done(k):\n    B.pop(k, None)\n    A[k] = 1\ndef collect():\n    A.clear()\n"
)
"""What B has goes on to A, be it as it is put in or later."""

RELEASE = "def release(k):\n    A.pop(k, None)\n"
SPARED = WALKED.replace("            del A[k]\n", "            drop(k)\n").replace("            B.pop(k, None)\n", "")
FINISHED = "def drop(k):\n    A.pop(k)\n    if TEST:\n        B.pop(k, None)\n"

FORGETS |= {
    "a station that others come to as well": (
        STATIONS + "def mark(request):\n    B[request.id] = 1\n    A[request.id] = 1\n",
        "collect",
    ),
    "a timer that the other's key lets run": (TIMED.replace("TEST", "A.pop(k, None) is not None") + RELEASE, "release"),
    "a timer that looks for the other's key": (
        TIMED.replace("TEST", "k in A").replace("        B.pop", "        del A[k]\n        B.pop") + RELEASE,
        "release",
    ),
    "a sweep that spares what a field says": (SPARED + FINISHED.replace("TEST", "A[k].state != 'paused'"), "drop"),
    "a sweep that asks an item of the entry": (
        SPARED + "def drop(k):\n    run = A.pop(k)\n    if run['kind'] == 'short':\n        B.pop(k, None)\n",
        "drop",
    ),
}

QUIET: dict[str, str] = {
    "the next station": STATIONS,
    "both": BOTH + "def drop(k):\n    A.pop(k, None)\n    B.pop(k, None)\n",
    "by a helper": BOTH + "def _drop(k):\n    B.pop(k, None)\ndef drop(k):\n    A.pop(k, None)\n    _drop(k)\n",
    "by the caller": BOTH + "def _drop(k):\n    A.pop(k, None)\ndef drop(k):\n    _drop(k)\n    B.pop(k, None)\n",
    "removals of its own": BOTH + "def drop(k):\n    A.pop(k, None)\ndef forget(k):\n    B.pop(k, None)\n",
    "nothing is removed": BOTH,
    "only dead code removes": BOTH + "def _drop(k):\n    A.pop(k, None)\n",
    "only an exit removes": BOTH + "import atexit\natexit.register(A.clear)\n",
    "other keys": BOTH.replace("B[request.id]", "B[request.path]") + "def drop(k):\n    A.pop(k, None)\n",
    "another value by the same name": BOTH.replace("    B[request", "    request = request.parent\n    B[request")
    + "def drop(k):\n    A.pop(k, None)\n",
    "one or the other": (
        "A = {}\nB = {}\ndef put(request):\n    if request.old:\n        A[request.id] = 1\n    else:\n"
        "        B[request.id] = 2\ndef drop(k):\n    A.pop(k, None)\n"
    ),
    "one and then no more": (
        "A = {}\nB = {}\ndef put(request):\n    if request.old:\n        A[request.id] = 1\n        return\n"
        "    B[request.id] = 2\ndef drop(k):\n    A.pop(k, None)\n"
    ),
    "moved on": BOTH + "def done(k):\n    B[k] = A.pop(k)\n",
    "what the work gave": (
        "A = {}\nB = {}\ndef put(request):\n    A[request.id] = 1\n    try:\n        B[request.id] = request.run()\n"
        "    finally:\n        del A[request.id]\n"
    ),
    "worked off": BOTH + "def take():\n    return A.popitem()\n",
    "loaded anew": BOTH + "def load(rows):\n    global A\n    A = dict(rows)\n",
    "swept by the keys of the other": WALKED,
    "a timer that asks for nothing": TIMED.replace("TEST", "True") + RELEASE,
    "a timer that runs where the other has no key": TIMED.replace("TEST", "k not in A") + RELEASE,
    "a sweep that asks whether there is one": SPARED + FINISHED.replace("TEST", "k in B"),
    "a sweep that asks as the insert did": (
        SPARED.replace("    B[request.id] = 2\n", "    if request.kind == 1:\n        B[request.id] = 2\n")
        + FINISHED.replace("TEST", "A[k].kind == 1")
    ),
    "a sweep of its own": WALKED.replace("            B.pop(k, None)\n", "")
    + "def prune():\n    for k in list(B):\n        del B[k]\ndef tick():\n    while True:\n        time.sleep(9)\n"
    "        prune()\nthreading.Thread(target=tick).start()\n",
}


def forgotten(project: Project, name: str) -> Forgotten | None:
    return project.defects.forgotten_companions.of(named(project, name))


@pytest.mark.parametrize("name", list(FORGETS))
def test_what_is_forgotten(name: str, tmp_path: Path) -> None:
    text, function = FORGETS[name]
    project = linked(tmp_path, {"m.py": text})
    found = forgotten(project, "B")
    assert found is not None
    assert found.other.name == "A"
    assert function in {project.function(r.access.scope).rstrip("()") for r in found.removals}


@pytest.mark.parametrize("name", list(QUIET))
def test_what_is_not(name: str, tmp_path: Path) -> None:
    assert forgotten(linked(tmp_path, {"m.py": QUIET[name]}), "B") is None


def test_what_only_tests_remove_counts_for_nothing(tmp_path: Path) -> None:
    files = {
        "m.py": BOTH + "def reset_for_test():\n    A.clear()\n",
        "tests/test_m.py": "import m\ndef test_it():\n    m.reset_for_test()\n",
    }
    assert forgotten(linked(tmp_path, files), "B") is None


def test_the_nearest_removal_comes_first(tmp_path: Path) -> None:
    text = WALKED.replace("            B.pop(k, None)\n", "") + "def drop(k):\n    A.pop(k, None)\n"
    found = forgotten(linked(tmp_path, {"m.py": text}), "B")
    assert found is not None
    assert [r.when for r in found.removals] == ["timer", "event"]


def test_two_modules(tmp_path: Path) -> None:
    files = {
        "a.py": "A = {}\ndef put(k):\n    A[k] = 1\ndef drop(k):\n    A.pop(k, None)\n",
        "b.py": "B = {}\ndef put(k):\n    B[k] = 1\n",
        "m.py": "import a, b\ndef serve(request):\n    a.put(request.id)\n    b.put(request.id)\n",
    }
    project = linked(tmp_path, files)
    found = forgotten(project, "B")
    assert found is not None
    assert not found.direct
    assert project.function(found.shared[0]) == "serve()"


def test_an_inherited_attribute_is_no_companion(tmp_path: Path) -> None:
    text = (
        "class Base:\n    def __init__(self):\n        self.rows = {}\n    def put(self, request):\n"
        "        self.rows[request.id] = 1\n    def drop(self, k):\n        self.rows.pop(k, None)\n"
        "class Grid(Base):\n    def __init__(self):\n        self.rows = {}\nbase = Base()\ngrid = Grid()\n"
    )
    project = linked(tmp_path, {"m.py": text})
    assert [c.symbol for c in project.containers if project.defects.forgotten_companions.of(c) is not None] == []


def test_a_helper_for_either_is_no_pair(tmp_path: Path) -> None:
    text = (
        "A = []\nB = []\ndef _add(table, request):\n    table.append(request.id)\n"
        "def one(request):\n    _add(A, request)\n"
        "def two(request):\n    _add(B, request)\ndef drop(k):\n    A.remove(k)\n"
    )
    assert forgotten(linked(tmp_path, {"m.py": text}), "B") is None


def test_a_lock_that_the_remover_asks_for_is_forgotten_too(tmp_path: Path) -> None:
    text = (
        "import threading\n"
        + BOTH.replace("= 2", "= threading.Lock()")
        + "def drop(k):\n    B.setdefault(k, threading.Lock())\n    A.pop(k, None)\n"
    )
    assert forgotten(linked(tmp_path, {"m.py": text}), "B") is not None


@pytest.mark.parametrize(
    "other",
    [
        "A = []\ndef keep(k):\n    A.append(k)\ndef drop(k):\n    A.remove(k)\n",
        "A = {}\ndef keep(k):\n    A[k] = 1\n    if len(A) > 9:\n        A.popitem()\n",
        "A = {}\ndef keep(k):\n    if k in A:\n        A.pop(k)\n    else:\n        A[k] = 1\n",
    ],
)
def test_what_a_callee_does_for_itself_says_nothing(other: str, tmp_path: Path) -> None:
    files = {
        "a.py": other,
        "m.py": "import a\nB = {}\ndef _count(k):\n    B[k] = 1\n"
        "def put(request):\n    a.keep(request.id)\n    _count(request.id)\n",
    }
    assert forgotten(linked(tmp_path, files), "B") is None
