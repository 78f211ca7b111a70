"""A fact sheet for the tests of what shows it, and the same with other values."""

from __future__ import annotations

from typing import Any

import msgspec

from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Insert, Remedy, Removal, Report, Sheet, Way, Weight

EVIDENCE = Evidence(
    key="request", domain="open", insert="entry", runs=("request", "event"), guards=(), value="tasks", owner="module",
    shared="all", removals=("event single", "test all"), reads=("iterated",), project="application", family="map",
    filled=False, names=("tasks",), root="parameter", phase="work", guess=False,
)  # fmt: skip

SHEET = Sheet(
    symbol="app.store:_runs",
    place=Place("app/store.py", 4, 1, 4, 6),
    constructor="dict",
    verdict="never",
    confidence="high",
    probability=0.914,
    reasons=("the key is a parameter", "no removal in the project"),
    declared=(),
    evidence=EVIDENCE,
    inserts=(
        Insert(
            place=Place("app/api.py", 5, 5, 5, 30, "insert", "`register()` (run); the key: comes from a request"),
            function="register()",
            grows=True,
            key="request",
            domain="open",
            why="comes from a request",
            ways=(
                Way("request", "", (Place("app/web.py", 9, 5, 9, 20, "call", "login()"),)),
                Way("command", "", (Place("app/web.py", 30, 1, 30, 9, "begin", "module level"),)),
            ),
        ),
        Insert(Place("app/api.py", 7, 5, 7, 30, "insert", "fills"), "fill()", False, "", "", "", ()),
    ),
    removals=(
        Removal(
            place=Place("app/store.py", 12, 9, 12, 20, "removal", "`clear_all()`: all, test"),
            function="clear_all()",
            extent="all",
            when="test",
            works=False,
            fails=False,
            ways=(Way("test"),),
        ),
        Removal(
            place=Place("app/store.py", 20, 9, 20, 20, "removal", "`sweep()`: sweep, timer"),
            function="sweep()",
            extent="sweep",
            when="timer",
            works=True,
            fails=False,
            ways=(
                Way(
                    "timer",
                    "threading.Timer",
                    (
                        Place("app/main.py", 3, 1, 3, 9, "call", "main()"),
                        Place("app/main.py", 8, 5, 8, 9, "timer", "start()"),
                        Place("app/main.py", 14, 5, 14, 9, "call", "tick()"),
                    ),
                ),
            ),
        ),
    ),
    timers=(Place("app/main.py", 8, 5, 8, 9, "timer", "threading.Timer in `start()`"),),
    findings=("UBM101",),
    family="map",
    owner="part of module",
    bounded_by="nothing",
    is_open=True,
    base=-1.06,
    weights=(
        Weight("key: request", "its key is made of: request", 0.9),
        Weight("domain: open", "the keys there can be: open", -0.18),
    ),
    reports=(
        Report(
            code="UBM101",
            name="never-removed-entries",
            message="`_runs` grows in `register()` and nothing removes an entry",
            advice="sweep from a timer",
            confidence="high",
            probability=0.914,
            reasons=("the key is a parameter",),
        ),
    ),
    remedies=(Remedy("# ubm: bounded(reason)", "where something keeps it small"),),
)
"""A container that grows, with two inserts and two removals of which one runs."""


def sheet(**values: Any) -> Sheet:
    """The sheet with other values."""
    return msgspec.structs.replace(SHEET, **values)
