"""The recurring timers of a project: what they run, how often, and which one a container's sweep could join."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.facts import model as m
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.project import Project
from unbounded_lint.link.verdicts.periods import Rhythm, number

STORE = "X = {}\n\ndef handle(request):\n    X[request.id] = 1\n"

TIMERS = {
    "thread": (
        "_loop() every 60 s",
        "import threading, time\n\ndef _loop():\n    while True:\n        time.sleep(60)\n        report()\n\n"
        "threading.Thread(target=_loop, daemon=True).start()\n",
    ),
    "wait": (
        "_loop() every 30 s",
        "import threading\nstop = threading.Event()\n\ndef _loop():\n    while not stop.wait(30):\n        report()\n\n"
        "threading.Thread(target=_loop).start()\n",
    ),
    "task and constant": (
        "janitor() every 10 min",
        "import asyncio\nfrom limits import PAUSE\n\nasync def janitor():\n    while True:\n"
        "        await asyncio.sleep(PAUSE)\n        report()\n\nasync def main():\n"
        "    task = asyncio.create_task(janitor())\n    await task\n\nasyncio.run(main())\n",
    ),
    "timer armed anew": (
        "_tick() every 45 s",
        "import threading\n\ndef _tick():\n    report()\n    _arm()\n\ndef _arm():\n"
        "    timer = threading.Timer(45, _tick)\n    timer.start()\n\n_arm()\n",
    ),
    "scheduler": (
        "report() every 2 h",
        "from apscheduler.schedulers.background import BackgroundScheduler\n\ndef report(): ...\n\n"
        "sched = BackgroundScheduler()\nsched.add_job(report, 'interval', hours=2)\nsched.start()\n",
    ),
    "not started": (
        "",
        "import threading, time\n\ndef _loop():\n    while True:\n        time.sleep(60)\n\n"
        "thread = threading.Thread(target=_loop)\n",
    ),
    "a quick poll": (
        "",
        "import threading, time\n\ndef _loop():\n    while True:\n        time.sleep(0.5)\n\n"
        "threading.Thread(target=_loop).start()\n",
    ),
    "a pause that varies": (
        "",
        "import threading, time\n\ndef _loop(pause):\n    while True:\n        time.sleep(pause)\n\n"
        "threading.Thread(target=_loop, args=(60,)).start()\n",
    ),
    "none": ("", "def report(): ...\n"),
}


def joined(project: Project) -> str:
    rhythm = project.rhythms.near(named(project))
    return f"{project.function(rhythm.scope)} {rhythm.often}" if rhythm else ""


@pytest.mark.parametrize(("expected", "text"), TIMERS.values(), ids=TIMERS)
def test_the_timer_that_is_there(expected: str, text: str, tmp_path: Path) -> None:
    files = {"m.py": STORE, "timers.py": text, "limits.py": "MINUTE = 60\nPAUSE = 10 * MINUTE\n"}
    assert joined(linked(tmp_path, files)) == expected


def test_a_timer_that_sweeps_is_joined_first_however_often_it_runs(tmp_path: Path) -> None:
    sweeper = """
import threading, time
Y = {}

def note(request):
    Y[request.id] = time.monotonic()

def _sweep():
    while True:
        time.sleep(5)
        for key, at in list(Y.items()):
            if time.monotonic() - at > 60:
                del Y[key]

threading.Thread(target=_sweep, daemon=True).start()
"""
    project = linked(tmp_path, {"m.py": STORE, "m_report.py": TIMERS["thread"][1], "zz/sweeper.py": sweeper})
    assert joined(project) == "_sweep() every 5 s"
    assert [rhythm.sweeps for rhythm in project.rhythms.sweeping] == [True]


def test_a_ticker_that_is_told_its_pace_is_not_joined(tmp_path: Path) -> None:
    ticker = """
import threading, time
Y = {}

class Ticker(threading.Thread):
    def __init__(self, pause, action):
        super().__init__(daemon=True)
        self.pause = pause
        self.action = action

    def run(self):
        while True:
            time.sleep(self.pause)
            self.action()

def note(request):
    Y[request.id] = time.monotonic()

def sweep():
    Y.clear()

Ticker(60, sweep).start()
"""
    assert joined(linked(tmp_path, {"m.py": STORE, "ticker.py": ticker})) == ""


def test_timers_of_tests_are_not_joined(tmp_path: Path) -> None:
    assert joined(linked(tmp_path, {"m.py": STORE, "tests/test_timers.py": TIMERS["thread"][1]})) == ""


@pytest.mark.parametrize(
    ("period", "text"),
    [
        (60.0, "every 60 s"),
        (0.5, "every 0.5 s"),
        (300.0, "every 5 min"),
        (7200.0, "every 2 h"),
    ],
)
def test_how_often(period: float, text: str) -> None:
    assert Rhythm(ScopeId("m.py", 1), period, False).often == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("60", 60),
        ("1_000", 1000),
        ("0.5", 0.5),
        ("5 * 60", 300),
        ("60 + 1", 61),
        ("HOUR", 3600),
        ("limits.PAUSE", 600),
        ("timedelta(minutes=5, seconds=1)", 301),
        ("timedelta(hours=1).total_seconds()", 3600),
        ("handle", None),
        ("'60'", None),
        ("TWICE", None),
        ("60 - 1", None),
        ("timedelta(fortnights=1)", None),
        ("timedelta(5)", None),
        ("nowhere", None),
    ],
)
def test_numbers(text: str, value: float | None, tmp_path: Path) -> None:
    head = "import limits\nfrom datetime import timedelta\nHOUR = 60 * 60\nTWICE = 1\nTWICE = 2\ndef handle(): ...\n"
    files = {"m.py": f"{head}WANTED = {text}\n", "limits.py": "MINUTE = 60\nPAUSE = 10 * MINUTE\n"}
    project = linked(tmp_path, files)
    scope = ScopeId("m.py", 0)
    wanted = project.program.facts(scope).ops[-1].action
    assert isinstance(wanted, m.Assign) and wanted.value is not None
    assert number(wanted.value, scope, project.flow.resolver) == value
