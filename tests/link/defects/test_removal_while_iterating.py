"""Loops that take from what they walk, and those that only look alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

MAP = "X = {}\ndef put(request):\n    X[request.id] = request\ndef drop(k):\n    X.pop(k, None)\n"
LIST = "X = []\ndef put(request):\n    X.append(request)\n"
SET = "X = set()\ndef put(request):\n    X.add(request.id)\n"

CLASHES: dict[str, str] = {
    "keys": MAP + "def sweep():\n    for k in X:\n        if X[k].old:\n            del X[k]\n",
    "items": MAP + "def sweep():\n    for k, v in X.items():\n        X.pop(k)\n",
    "values": MAP + "def sweep():\n    for v in X.values():\n        X.pop(v.id, None)\n",
    "enumerated": MAP + "def sweep():\n    for i, k in enumerate(X.keys()):\n        del X[k]\n",
    "lazy generator": MAP + "def sweep():\n    for k in (k for k in X if k.old):\n        del X[k]\n",
    "view with a name": MAP + "def sweep():\n    pairs = X.items()\n    for k, v in pairs:\n        del X[k]\n",
    "alias": MAP + "def sweep():\n    table = X\n    for k in table:\n        del X[k]\n",
    "parameter": MAP + "def sweep(table):\n    for k in table:\n        del table[k]\ndef tick():\n    sweep(X)\n",
    "clear": MAP + "def sweep():\n    for k in X:\n        if k.last:\n            X.clear()\n",
    "called": MAP + "def sweep():\n    for k, v in X.items():\n        drop(k)\n",
    "called twice over": MAP + "def gone(k):\n    drop(k)\ndef sweep():\n    for k in X:\n        gone(k)\n",
    "return under a condition": MAP
    + "def sweep():\n    for k in X:\n        del X[k]\n        if k.last:\n            return\n",
    "continue": MAP
    + "def sweep():\n    for k in X:\n        if k.old:\n            del X[k]\n            continue\n        return\n",
    "break of an inner loop": MAP
    + "def sweep():\n    for k, v in X.items():\n        for p in v:\n            del X[k]\n            break\n",
    "try around the removal": MAP
    + "def sweep():\n    for k in X:\n        try:\n            del X[k]\n        except KeyError:\n"
    "            return\n",
    "set": SET + "def sweep():\n    for k in X:\n        X.discard(k)\n",
    "deque": "from collections import deque\nX = deque()\ndef put(request):\n    X.append(request)\n"
    "def sweep():\n    for e in X:\n        if e.old:\n            X.remove(e)\n",
    "list": LIST + "def sweep():\n    for e in X:\n        if e.old:\n            X.remove(e)\n",
}

QUIET: dict[str, str] = {
    **{
        f"copy by {copy}": MAP + f"def sweep():\n    for k in {copy}:\n        del X[k]\n"
        for copy in ("list(X)", "tuple(X.keys())", "sorted(X)", "set(X)", "X.copy()", "[k for k in X]", "dict(X)")
    },
    "enumerated copy": MAP + "def sweep():\n    for i, k in enumerate(list(X)):\n        del X[k]\n",
    "two passes": MAP + "def sweep():\n    old = [k for k in X if k.old]\n    for k in old:\n        del X[k]\n",
    "collected in the loop": MAP
    + "def sweep():\n    old = []\n    for k in X:\n        old.append(k)\n    for k in old:\n        del X[k]\n",
    "break": MAP + "def sweep():\n    for k in X:\n        if k.old:\n            del X[k]\n            break\n",
    "return": MAP + "def sweep():\n    for k in X:\n        if k.old:\n            return X.pop(k)\n",
    "raise": MAP
    + "def sweep():\n    for k in X:\n        if k.old:\n            del X[k]\n            raise KeyError(k)\n",
    "break behind the branch": MAP
    + "def sweep():\n    for k in X:\n        if k.old:\n            del X[k]\n        break\n",
    "break in the else of a try": MAP
    + "def sweep():\n    for k in X:\n        try:\n            del X[k]\n        except KeyError:\n            pass\n"
    "        else:\n            break\n",
    "return under if True": MAP
    + "def sweep():\n    for k in X:\n        if k.old:\n            del X[k]\n            if True:\n"
    "                return\n",
    "return in a with": MAP
    + "def sweep(lock):\n    for k in X:\n        del X[k]\n        with lock:\n            return\n",
    "while": MAP + "def sweep():\n    while X:\n        X.popitem()\n",
    "another map": MAP + "Y = {}\ndef sweep():\n    for k in Y:\n        X.pop(k, None)\n",
    "two parameters": MAP
    + "Y = {}\ndef move(a, b):\n    for k in a:\n        b.pop(k, None)\ndef tick():\n    move(X, Y)\n    move(Y, X)\n",
    "inner container": MAP + "def sweep():\n    for k, v in X.items():\n        v.pop(k)\n        X[k].clear()\n",
    "expected": MAP
    + "def sweep():\n    try:\n        for k in X:\n            del X[k]\n    except RuntimeError:\n        pass\n",
    "handed over": MAP
    + "import threading\ndef sweep():\n    for k in X:\n        threading.Timer(5, drop, (k,)).start()\n",
    "coroutine for later": MAP
    + "import asyncio\nasync def late(k):\n    X.pop(k, None)\ndef sweep():\n    for k in X:\n"
    "        asyncio.create_task(late(k))\n",
    "called and left": MAP + "def sweep():\n    for k in X:\n        if k.old:\n            return drop(k)\n",
    "reversed list": LIST + "def sweep():\n    for e in reversed(X):\n        X.remove(e)\n",
    "one entry of a list": LIST
    + "def gone(request):\n    for e in X:\n        if e.id == request.id:\n            X.remove(e)\n",
    "nothing calls it": MAP + "def _sweep():\n    for k in X:\n        del X[k]\n",
}


@pytest.mark.parametrize("text", CLASHES.values(), ids=CLASHES)
def test_removal_from_what_is_walked(text: str, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": text})
    clashes = project.defects.removals_while_iterating.of(named(project))
    assert clashes
    assert {clash.skips for clash in clashes} == {"X = []" in text}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET)
def test_no_clash(text: str, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": text})
    assert project.defects.removals_while_iterating.of(named(project)) == ()


def test_the_places_of_a_clash(tmp_path: Path) -> None:
    """The loop, the call in it, and the removal in another module."""
    store = "X = {}\ndef put(request):\n    X[request.id] = request\ndef drop(k):\n    X.pop(k, None)\n"
    main = "import store\ndef sweep():\n    for k in store.X:\n        store.drop(k)\n"
    project = linked(tmp_path, {"store.py": store, "main.py": main})
    (clash,) = project.defects.removals_while_iterating.of(named(project))
    assert clash.call is not None
    places = [
        project.place(*at, "", "")
        for at in ((clash.scope, clash.loop), (clash.scope, clash.call), (clash.removal.scope, clash.removal.op))
    ]
    assert [(place.path, place.line) for place in places] == [("main.py", 3), ("main.py", 4), ("store.py", 5)]


@pytest.mark.parametrize(
    ("sweep", "itself"),
    [
        ("def tick():\n    for k in list(X):\n        drop(k)\n", True),
        ("def tick():\n    old = [k for k in X if k.old]\n    for k in old:\n        drop(k)\n", True),
        ("Y = {}\ndef tick():\n    for k in list(Y):\n        drop(k)\n", False),
    ],
)
def test_a_sweep_of_another_container_is_not_its_own(sweep: str, itself: bool, tmp_path: Path) -> None:
    loop = "import threading, time\ndef loop():\n    while True:\n        time.sleep(9)\n        tick()\n"
    project = linked(tmp_path, {"m.py": MAP + sweep + loop + "threading.Thread(target=loop).start()\n"})
    container = named(project)
    assert container.verdict.name == "swept"
    assert project.defects.entry_timer_only_cleanups.is_swept_itself(container) is itself
