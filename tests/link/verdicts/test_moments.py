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
