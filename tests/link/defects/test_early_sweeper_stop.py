"""Sweepers that stop: on whose emptiness, and whether an insert starts them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.link.defects.early_sweeper_stop import Stop

HEAD = "import asyncio, threading, time\nA = {}\nX = {}\nhandle = None\n"
PUTS = (
    "def put_a(request):\n    A[request.id] = time.time()\n    start()\n"
    "def put_x(request):\n    X[request.id] = time.time()\n"
)
DROP = "def drop(table):\n    for k in [k for k, t in table.items() if t < time.time()]:\n        table.pop(k, None)\n"
SWEEP = DROP + "def sweep():\n    drop(A)\n    drop(X)\n"
ARM = (
    "def start():\n    global handle\n    if handle is None:\n        handle = threading.Timer(60, tick)\n"
    "        handle.start()\n"
)
TASK = "def start():\n    global handle\n    if handle is None:\n        handle = asyncio.create_task(loop())\n"
STOP = "def stop():\n    global handle\n    if handle is not None:\n        handle.cancel()\n        handle = None\n"
TICK = "def tick():\n    global handle\n    handle = None\n    sweep()\n"
LOOP = "async def loop():\n    while True:\n        await asyncio.sleep(60)\n        sweep()\n"

EARLY = {
    "no next timer": ARM + TICK + "    if not A:\n        return\n    start()\n",
    "next timer under a condition": ARM + TICK + "    if A:\n        start()\n",
    "next timer by size": ARM + TICK + "    if len(A) > 0:\n        start()\n",
    "in a function of the tick": ARM + TICK + "    again()\ndef again():\n    if A:\n        start()\n",
    "loop left": TASK + LOOP + "        if not A:\n            break\n",
    "loop returns": TASK + LOOP + "        if len(A) == 0:\n            return\n",
    "loop condition": TASK + LOOP.replace("True", "A"),
    "asked by a function": TASK + LOOP + "        if idle():\n            break\ndef idle():\n    return not A\n",
    "cancelled": TASK + STOP + LOOP + "        if not A:\n            stop()\n",
    "cancelled by a removal": TASK
    + STOP
    + LOOP
    + "def end(request):\n    A.pop(request.id, None)\n    if not A:\n        stop()\n",
}
LATE = {
    "both asked": ARM + TICK + "    if not A and not X:\n        return\n    start()\n",
    "either asked": ARM + TICK + "    if A or X:\n        start()\n",
    "never": ARM + TICK + "    start()\n",
    "loop without end": TASK + LOOP,
    "loop condition of both": TASK + LOOP.replace("True", "A or X"),
    "closing": TASK + LOOP + "        if closing and not A:\n            break\nclosing = False\n",
    "cancelled at the end": TASK + STOP + LOOP + "def shutdown():\n    stop()\n",
    "own emptiness": TASK + LOOP + "        if not X:\n            break\n",
}


def stop_of(tmp_path: Path, text: str, **more: str) -> Stop | None:
    project = linked(tmp_path, {"m.py": text, **{f"{name}.py": body for name, body in more.items()}})
    container = named(project)
    assert container.verdict.name == "swept", container.verdict
    return project.defects.early_sweeper_stops.of(container)


@pytest.mark.parametrize("sweeper", EARLY.values(), ids=EARLY.keys())
def test_stops_for_another(sweeper: str, tmp_path: Path) -> None:
    stop = stop_of(tmp_path, HEAD + PUTS + SWEEP + sweeper)
    assert stop is not None and stop.asked == ("m:A",)


@pytest.mark.parametrize("sweeper", LATE.values(), ids=LATE.keys())
def test_goes_on(sweeper: str, tmp_path: Path) -> None:
    assert stop_of(tmp_path, HEAD + PUTS + SWEEP + sweeper) is None


@pytest.mark.parametrize("sweeper", EARLY.values(), ids=EARLY.keys())
def test_the_map_that_is_asked_is_swept(sweeper: str, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": HEAD + PUTS + SWEEP + sweeper})
    assert project.defects.early_sweeper_stops.of(named(project, "A")) is None


@pytest.mark.parametrize("sweeper", EARLY.values(), ids=EARLY.keys())
def test_an_insert_starts_it_again(sweeper: str, tmp_path: Path) -> None:
    puts = PUTS.replace("X[request.id] = time.time()\n", "X[request.id] = time.time()\n    start()\n")
    assert stop_of(tmp_path, HEAD + puts + SWEEP + sweeper) is None


def test_the_caller_of_the_insert_starts_it_again(tmp_path: Path) -> None:
    app = "import m\ndef handle(request):\n    m.put_x(request)\n    m.start()\n"
    other = (
        "import m\ndef handle(request):\n    if request.a:\n        m.put_a(request)\n    else:\n"
        "        m.put_x(request)\n"
    )
    text = HEAD + PUTS + SWEEP + EARLY["loop left"]
    assert stop_of(tmp_path / "again", text, app=app) is None
    assert stop_of(tmp_path / "apart", text, app=other) is not None


def test_another_sweeper_goes_on(tmp_path: Path) -> None:
    second = (
        "def also():\n    while True:\n        time.sleep(9)\n        drop(X)\nthreading.Thread(target=also).start()\n"
    )
    assert stop_of(tmp_path, HEAD + PUTS + SWEEP + EARLY["loop left"] + second) is None


def test_each_entry_has_a_timer_of_its_own(tmp_path: Path) -> None:
    own = "    threading.Timer(15, X.pop, (request.id, None)).start()\n"
    assert stop_of(tmp_path, HEAD + PUTS + own + SWEEP + EARLY["loop left"]) is None


def test_what_goes_with_the_entries_of_another_needs_no_sweep(tmp_path: Path) -> None:
    sweep = (
        "def sweep():\n    for k in [k for k, t in A.items() if t < time.time()]:\n        del A[k]\n"
        "        X.pop(k, None)\n"
    )
    text = HEAD + PUTS + sweep + EARLY["loop left"]
    project = linked(tmp_path, {"m.py": text})
    assert project.defects.early_sweeper_stops.of(named(project)) is None
