"""The fact sheet of `explain`."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from unbounded_lint.finding import Place
from unbounded_lint.reporters import sheet
from unbounded_lint.reporters.base import View


class Sheet(msgspec.Struct, frozen=True):
    """What the runner would give."""

    symbol: str
    place: Place
    constructor: str
    verdict: str
    confidence: str
    reasons: tuple[str, ...]
    inserts: tuple[Place, ...]
    removals: tuple[Place, ...]
    timers: tuple[Place, ...]
    findings: tuple[str, ...]


@pytest.fixture
def facts() -> Sheet:
    """A container with one insert."""
    return Sheet(
        symbol="app.store:_runs",
        place=Place("app/store.py", 4, 1, 4, 6),
        constructor="dict",
        verdict="never emptied",
        confidence="high",
        reasons=("the key is a parameter", "no removal in the project"),
        inserts=(Place("app/api.py", 5, 5, 5, 30, "insert", "store._runs[run_id] = run"),),
        removals=(),
        timers=(),
        findings=("UBM101",),
    )


def test_text(facts: Sheet, view_of: Callable[..., View]) -> None:
    assert list(sheet.render_text(facts, view_of())) == [
        "app.store:_runs",
        "  --> app/store.py:4:1",
        "  constructor: dict",
        "  verdict: never emptied",
        "  confidence: high",
        "    because the key is a parameter",
        "    because no removal in the project",
        "  inserts:",
        "    app/api.py:5:5  store._runs[run_id] = run",
        "  removals: none",
        "  timers: none",
        "  findings: UBM101",
    ]


def test_text_without_findings(facts: Sheet, view_of: Callable[..., View]) -> None:
    quiet = msgspec.structs.replace(facts, findings=())
    assert list(sheet.render_text(quiet, view_of()))[-1] == "  findings: none"


def test_json(facts: Sheet, view_of: Callable[..., View]) -> None:
    document = json.loads("\n".join(sheet.render_json(facts, view_of())))
    assert list(document) == ["version", *Sheet.__struct_fields__]
    assert document["inserts"] == [
        {
            "role": "insert",
            "path": "app/api.py",
            "line": 5,
            "column": 5,
            "end_line": 5,
            "end_column": 30,
            "text": "store._runs[run_id] = run",
        }
    ]
