"""Removals inside the values of entries, and the keys that go along with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

RECORDS = (
    "X = {}\nclass Job:\n    def __init__(self, run):\n        self.run = run\n"
    "    def stop(self, event):\n        pass\n"
    "def join(request):\n    X.setdefault(request.room, []).append(Job(request.run))\n"
)
SETS = "X = {}\ndef enter(request):\n    X.setdefault(request.room, set()).add(request.user)\n"
COUNTS = "X = {}\ndef begin(request):\n    X[request.id] = X.get(request.id, 0) + 1\n"
TIMES = "import time\nX = {}\ndef put(request):\n    times = X.setdefault(request.id, [])\n    times.append(9.5)\n"

PRUNED = {
    "element of a set": (SETS + "def leave(request):\n    X[request.room].discard(request.user)\n", "removed"),
    "through a name": (
        SETS + "def leave(request):\n    inside = X.get(request.room)\n    inside.discard(request.user)\n",
        "removed",
    ),
    "of every value": (
        SETS + "def gone(user):\n    for v in X.values():\n        v.discard(user)\n",
        "removed",
    ),
    "put in and taken out by one run": (
        "X = {}\ndef run(request):\n    X.setdefault(request.room, set()).add(request.user)\n    try:\n"
        "        request.work()\n    finally:\n        X[request.room].remove(request.user)\n",
        "removed",
    ),
    "set difference": (SETS + "def leave(request):\n    X[request.room] -= {request.user}\n", "removed"),
    "filtered": (TIMES + "    X[request.id] = [at for at in times if at > 9]\n", "filtered"),
    "filtered by a function": (
        TIMES + "    X[request.id] = fresh(times)\ndef fresh(times):\n    return [at for at in times if at > 9]\n",
        "filtered",
    ),
    "filtered in place": (TIMES + "    times[:] = [at for at in times if at > 9]\n", "filtered"),
    "filter": (TIMES + "    X[request.id] = list(filter(None, X[request.id]))\n", "filtered"),
    "taken while old": (TIMES + "    while times and times[0] < 9:\n        times.pop(0)\n", "removed"),
    "count": (COUNTS + "def end(request):\n    X[request.id] -= 1\n", "lowered"),
    "count written out": (COUNTS + "def end(request):\n    X[request.id] = max(0, X[request.id] - 1)\n", "lowered"),
    "moved to another key": (
        SETS + "def move(request):\n    X[request.room].remove(request.user)\n    X[request.next].add(request.user)\n",
        "removed",
    ),
    "inner dict": (
        "X = {}\ndef put(request):\n    X.setdefault(request.id, {})[request.token] = 1\n"
        "def drop(request):\n    del X[request.id][request.token]\n",
        "removed",
    ),
}

QUIET = {
    "nothing": SETS,
    "key dropped": SETS + "def leave(request):\n    inside = X[request.room]\n    inside.discard(request.user)\n"
    "    if not inside:\n        del X[request.room]\n",
    "key dropped elsewhere": SETS + "def leave(request):\n    X[request.room].discard(request.user)\n"
    "def tidy(room):\n    if len(X[room]) == 0:\n        X.pop(room)\n",
    "count dropped at nothing": COUNTS + "def end(request):\n    X[request.id] -= 1\n    if X[request.id] <= 0:\n"
    "        del X[request.id]\n",
    "built anew": SETS + "def leave(request):\n    global X\n    X[request.room].discard(request.user)\n"
    "    X = {room: inside for room, inside in X.items() if inside}\n",
    "cap on a value": TIMES + "    while len(times) > 10:\n        times.pop(0)\n",
    "field of a record": "X = {}\ndef put(request):\n    X[request.id] = {'draft': 1}\n"
    "def sent(request):\n    X[request.id].pop('draft')\n",
    "budget": "X = {}\ndef put(request):\n    X.setdefault(request.id, 5)\ndef use(request):\n    X[request.id] -= 1\n",
    "private and never called": SETS + "def _leave(request):\n    X[request.room].discard(request.user)\n",
    "moved to the end": TIMES + "    times.remove(request.at)\n    times.append(request.at)\n",
    "no container": "X = {}\ndef put(request):\n    X[request.id] = request.queue\ndef take(request):\n"
    "    X[request.id].pop()\n",
    "copied without a condition": TIMES + "    X[request.id] = [at for at in times]\n",
}


@pytest.mark.parametrize("name", PRUNED)
def test_prunings(name: str, tmp_path: Path) -> None:
    text, how = PRUNED[name]
    project = linked(tmp_path, {"m.py": text})
    assert {p.how for p in project.defects.keys_outliving_values.prunings.of(named(project).accesses)} == {how}


@pytest.mark.parametrize("name", QUIET)
def test_no_prunings(name: str, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": QUIET[name]})
    assert not project.defects.keys_outliving_values.prunings.of(named(project).accesses)


def test_tests_prune_nothing(tmp_path: Path) -> None:
    test = "from m import X\ndef test_leave():\n    X['a'].discard(1)\n"
    project = linked(tmp_path, {"m.py": SETS, "tests/test_m.py": test})
    assert not project.defects.keys_outliving_values.prunings.of(named(project).accesses)


CALLED = {
    "element": (SETS, "listener(event)", True),
    "part of an element": (SETS, "listener[1](event)", True),
    "argument": (SETS, "print(listener)", False),
    "method of an object that is not known": (SETS, "listener.send(event)", False),
    "method of a dictionary": (SETS, "listener.get('name')", False),
    "field of a record": (RECORDS, "listener.run(event)", True),
    "method of a record": (RECORDS, "listener.stop(event)", False),
}


@pytest.mark.parametrize("name", CALLED)
def test_listeners_are_told_apart(name: str, tmp_path: Path) -> None:
    text, call, expected = CALLED[name]
    text += f"def emit(room, event):\n    for listener in list(X[room]):\n        {call}\n"
    project = linked(tmp_path, {"m.py": text})
    assert project.defects.keys_outliving_values.prunings.holds_callables(named(project).accesses) == expected
