"""When removals run: whether a timer sweeps, or takes out what it is told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

HEAD = "import time\nX = {}\ndef add(request):\n    X[request.id] = request\ndef drop(key):\n    X.pop(key, None)\n"
LOOP = "def run(wire):\n    while True:\n        time.sleep(5)\n        "
TIMERS = {
    "swept": f"{LOOP}for key in list(X):\n            drop(key)\n",
    "event-only": f"{LOOP}done = wire.read()\n        drop(done)\n",
}


@pytest.mark.parametrize("verdict", TIMERS)
def test_a_timer_that_takes_out_what_it_reads_is_no_sweep(verdict: str, tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": HEAD + TIMERS[verdict]})).verdict.name == verdict


WORKER = "import threading, time\nX = {}\ndef drop(event):\n    X.pop(event.id, None)\n"
RUN = "def run(wire):\n    while True:\n        time.sleep(5)\n        "
START = "threading.Thread(target=run).start()\n"
BATCHES: dict[str, tuple[str, str]] = {
    "each event adds or removes": (
        f"{RUN}for event in wire.read():\n            if event.new:\n                X[event.id] = event\n"
        f"            else:\n                drop(event)\n{START}",
        "event-only",
    ),
    "each event adds or removes at once": (
        f"{RUN}for event in wire.read():\n            if event.new:\n                X[event.id] = event\n"
        f"            else:\n                X.pop(event.id, None)\n{START}",
        "event-only",
    ),
    "one handed to another by name": (
        f"def end(event):\n    drop(event)\n{RUN}for event in wire.read():\n            X.setdefault(event.id, event)\n"
        f"            if event.last:\n                end(event)\n{START}",
        "event-only",
    ),
    "what is over is picked by another loop": (
        f"{RUN}for event in wire.read():\n            X[event.id] = event\n"
        f"        for event in wire.over():\n            drop(event)\n{START}",
        "swept",
    ),
    "what is over is picked from it": (
        f"{RUN}for event in wire.read():\n            X[event.id] = event\n"
        f"        for event in [e for e in X.values() if e.over]:\n            drop(event)\n{START}",
        "swept",
    ),
}


@pytest.mark.parametrize(("text", "verdict"), BATCHES.values(), ids=BATCHES)
def test_a_loop_over_what_comes_in_is_no_sweep(text: str, verdict: str, tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": WORKER + text})).verdict.name == verdict


OWNER = (
    "import threading, time\nclass Store:\n    def __init__(self):\n        self.x = {}\n        ARM\n"
    "    def put(self, request):\n        self.x[request.id] = time.time()\n    def sweep(self):\n"
    "        for key, at in list(self.x.items()):\n            if time.time() - at > 60:\n"
    "                del self.x[key]\n"
)
ARM = "threading.Timer(60, self.sweep).start()"
ONE_SHOTS: dict[str, tuple[str, str]] = {
    "armed by the constructor": (OWNER.replace("ARM", ARM), "unscheduled"),
    "kept, and started by the constructor": (
        OWNER.replace("ARM", "self.timer = threading.Timer(60, self.sweep)\n        self.timer.start()"),
        "unscheduled",
    ),
    "armed again by the sweep": (OWNER.replace("ARM", ARM) + f"        {ARM}\n", "swept"),
    "armed by each insert": (
        OWNER.replace("ARM", "pass").replace("= time.time()\n", f"= time.time()\n        {ARM}\n"),
        "swept",
    ),
}


@pytest.mark.parametrize(("text", "verdict"), ONE_SHOTS.values(), ids=ONE_SHOTS)
def test_what_a_constructor_arms_once_is_no_sweeper(text: str, verdict: str, tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": text}), "Store.x").verdict.name == verdict
