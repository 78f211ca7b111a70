"""The way that a run takes to an insert or to a sweep, as the related places of a finding tell it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.programs import request_for, write
from unbounded_lint.findings.finding import Finding
from unbounded_lint.run.runner import check

STORE = "hits = {}\n\n\ndef add(user):\n    hits[user] = 1\n"
WEB = """\
from flask import Flask, request

import store

app = Flask(__name__)


def count(user):
    store.add(user)


@app.post("/hit")
def hit():
    count(request.form["user"])
    return ""
"""
TIMER = """\
import threading
import time

from flask import Flask, request

app = Flask(__name__)
hits = {}


@app.post("/hit")
def hit():
    hits[request.form["user"]] = time.time()
    return ""


def sweep():
    for user in [user for user, at in hits.items() if time.time() - at > 60]:
        del hits[user]


def tick():
    sweep()


class Upkeep:
    def __init__(self):
        self.timer = threading.Timer(60, tick)
"""
STARTED = """
    def begin(self):
        self.timer.start()


Upkeep().begin()
"""
UNCALLED = """\
def work():
    while True:
        time.sleep(60)
        sweep()


def begin():
    threading.Thread(target=work).start()
"""
ENDLESS = """\
import json
import sys

seen = {}


def note(line):
    seen[json.loads(line)["id"]] = line


def main():
    while True:
        note(sys.stdin.readline())


if __name__ == "__main__":
    main()
"""


def one(root: Path, files: Mapping[str, str], code: str) -> Finding:
    """The one finding with a code."""
    (found,) = [each for each in check(request_for(write(root, files))).findings if each.code == code]
    return found


def way(finding: Finding) -> list[tuple[str, str, int]]:
    """The related places as (role, path, line)."""
    return [(place.role, place.path, place.line) for place in finding.related]


def test_an_insert_comes_behind_the_request_and_the_calls_that_lead_to_it(tmp_path: Path) -> None:
    found = one(tmp_path, {"web.py": WEB, "store.py": STORE}, "UBM101")
    assert way(found) == [
        ("event", "web.py", 13),
        ("call", "web.py", 14),
        ("call", "web.py", 9),
        ("insert", "store.py", 5),
    ]
    assert found.related[0].text == "`hit()` runs per request"
    assert found.related[1].text == "`hit()` goes on to `count()`"


def test_a_timer_that_nothing_starts_leads_to_the_sweep(tmp_path: Path) -> None:
    found = one(tmp_path, {"web.py": TIMER}, "UBM201")
    assert way(found) == [
        ("event", "web.py", 11),
        ("insert", "web.py", 12),
        ("timer", "web.py", 27),
        ("call", "web.py", 22),
        ("sweep", "web.py", 18),
    ]
    assert found.related[2].text == "`tick()` would run from here, but nothing starts it"


def test_a_timer_is_told_of_where_it_starts_and_where_it_is_made(tmp_path: Path) -> None:
    found = one(tmp_path, {"web.py": TIMER + STARTED}, "UBM201")
    timers = [(place.line, place.text) for place in found.related if place.role == "timer"]
    assert timers == [
        (30, "`Upkeep.begin()` starts what runs `tick()`"),
        (27, "`threading.Timer` runs `tick()`"),
    ]


def test_a_timer_that_nobody_comes_to_is_told_of_as_such(tmp_path: Path) -> None:
    found = one(tmp_path, {"web.py": TIMER.partition("def tick")[0] + UNCALLED}, "UBM201")
    timers = [(place.line, place.text) for place in found.related if place.role == "timer"]
    assert timers == [
        (28, "`begin()` would start what runs `work()`"),
        (24, "`work()` would come here in each round of its loop"),
    ]


def test_a_loop_that_goes_on_is_where_events_come_in(tmp_path: Path) -> None:
    found = one(tmp_path, {"__main__.py": ENDLESS}, "UBM101")
    assert way(found) == [("event", "__main__.py", 17), ("call", "__main__.py", 13), ("insert", "__main__.py", 8)]
    assert found.related[0].text == "this module comes here in a loop that goes on"


def test_a_function_that_calls_itself_leads_nowhere_else(tmp_path: Path) -> None:
    files = {"store.py": "hits = {}\n\n\ndef add(user):\n    hits[user] = 1\n    if user:\n        add(user[1:])\n"}
    found = one(tmp_path, files, "UBM101")
    assert way(found) == [("event", "store.py", 4), ("insert", "store.py", 5)]
