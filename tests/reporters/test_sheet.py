"""The fact sheet of `explain`."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from unbounded_lint.evidence import Evidence
from unbounded_lint.explaining import Sheet
from unbounded_lint.finding import Place
from unbounded_lint.reporters import sheet
from unbounded_lint.reporters.base import View

EVIDENCE = Evidence(
    key="request", domain="open", insert="entry", runs=("request", "event"), guards=(), value="tasks", owner="module",
    shared="all", removals=("event single", "test all"), reads=("iterated",), project="application", family="map",
    filled=False, names=("tasks",), root="parameter", phase="work", guess=False,
)  # fmt: skip


@pytest.fixture
def facts() -> Sheet:
    """A container with one insert."""
    return Sheet(
        symbol="app.store:_runs",
        place=Place("app/store.py", 4, 1, 4, 6),
        constructor="dict",
        verdict="never emptied",
        confidence="high",
        probability=0.914,
        reasons=("the key is a parameter", "no removal in the project"),
        declared=(),
        evidence=EVIDENCE,
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
        "  confidence: high, 0.91",
        "    because the key is a parameter",
        "    because no removal in the project",
        "  evidence:",
        "    its key is made of: request",
        "    the keys there can be: open",
        "    an insert adds: entry",
        "    an insert runs per: request, event",
        "    the key hangs on: parameter",
        "    an insert belongs to: work",
        "    known by names alone: no",
        "    asked before an insert: none",
        "    its values are: tasks",
        "    what makes it last: module",
        "    objects with it that last: all",
        "    what takes entries out: event single, test all",
        "    how else it is used: iterated",
        "    it is part of: application",
        "    kind: map",
        "    written out with entries: no",
        "    its inserts look like: none",
        "    what is seen of the program: project",
        "    its name speaks of: tasks",
        "    an entry stays behind on: none",
        "  inserts:",
        "    app/api.py:5:5  store._runs[run_id] = run",
        "  removals: none",
        "  timers: none",
        "  findings: UBM101",
    ]


def test_text_without_findings(facts: Sheet, view_of: Callable[..., View]) -> None:
    quiet = msgspec.structs.replace(facts, findings=())
    assert list(sheet.render_text(quiet, view_of()))[-1] == "  findings: none"


def test_text_with_declarations(facts: Sheet, view_of: Callable[..., View]) -> None:
    told = msgspec.structs.replace(facts, declared=("bounded: few\x1b keys", "swept by m.f"))
    lines = list(sheet.render_text(told, view_of()))
    at = lines.index("    because no removal in the project")
    assert lines[at + 1 : at + 4] == ["  declared bounded: few\\x1b keys", "  declared swept by m.f", "  evidence:"]


def test_text_without_evidence(facts: Sheet, view_of: Callable[..., View]) -> None:
    bounded = msgspec.structs.replace(facts, evidence=None)
    lines = list(sheet.render_text(bounded, view_of()))
    assert "  evidence: none, since nothing makes it grow" in lines


def test_every_field_of_the_evidence_has_a_line(facts: Sheet, view_of: Callable[..., View]) -> None:
    fields = Evidence.__struct_fields__
    assert facts.evidence is not None
    named = msgspec.structs.replace(
        facts.evidence, **{each: ("word",) for each in fields if each.endswith(("names", "usage"))}
    )
    lines = list(sheet.render_text(msgspec.structs.replace(facts, evidence=named), view_of()))
    shown = lines[lines.index("  evidence:") + 1 : lines.index("  inserts:")]
    assert len(shown) == len(fields)


def test_texts_stand_apart(facts: Sheet, view_of: Callable[..., View]) -> None:
    alone = list(sheet.render_text(facts, view_of()))
    assert list(sheet.render_texts([facts, facts], view_of())) == [*alone, "", *alone]


def test_several_as_json_are_one_object(facts: Sheet, view_of: Callable[..., View]) -> None:
    document = json.loads("\n".join(sheet.render_json_list([facts, facts], {"a:b": "there is none"}, view_of())))
    alone = json.loads("\n".join(sheet.render_json(facts, view_of())))
    assert document == {
        "version": alone.pop("version"),
        "sheets": [alone, alone],
        "unknown": [{"symbol": "a:b", "why": "there is none"}],
    }


def test_json(facts: Sheet, view_of: Callable[..., View]) -> None:
    document = json.loads("\n".join(sheet.render_json(facts, view_of())))
    assert list(document) == ["version", *Sheet.__struct_fields__]
    assert document["evidence"] == json.loads(msgspec.json.encode(EVIDENCE))
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
