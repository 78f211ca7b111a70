"""The fact sheet of `explain`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import msgspec
import pytest

from tests.sheets import EVIDENCE, SHEET
from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Sheet, Way
from unbounded_lint.reporters import sheet
from unbounded_lint.reporters.base import View


@pytest.fixture
def facts() -> Sheet:
    """A container that grows."""
    return SHEET


def test_text(facts: Sheet, view_of: Callable[..., View]) -> None:
    assert list(sheet.render_text(facts, view_of())) == [
        "app.store:_runs",
        "  --> app/store.py:4:1",
        "  constructor: dict",
        "  lasts: as long as the process, since a module has the object with it",
        "  verdict: never",
        "  bounded by: nothing",
        "  confidence: high, 0.91",
        "    because the key is a parameter",
        "    because no removal in the project",
        "  inserts:",
        "    app/api.py:5:5  `register()` inserts; the key: comes from a request (ever new)",
        "      per request: `login()` (app/web.py:9) -> `register()`",
        "      as a script: `module level` (app/web.py:30) -> ... -> `register()`",
        "    app/api.py:7:5  `fill()` inserts, which does not make it grow",
        "  removals:",
        "    on a timer:",
        "      app/store.py:20:9  `sweep()` takes out all that is stale",
        "        on a timer (threading.Timer): `main()` (app/main.py:3) -> `start()` starts it (app/main.py:8) -> "
        "`tick()` (app/main.py:14) -> `sweep()`",
        "    only in tests:",
        "      app/store.py:12:9  `clear_all()` takes out everything",
        "        in tests",
        "  timers:",
        "    app/main.py:8:5  threading.Timer in `start()`",
        "  weighed:",
        "    raises it by 0.90  its key is made of: request",
        "    lowers it by 0.18  the keys there can be: open",
        "  evidence:",
        "    its keys come from: a request",
        "    its keys are: ever new",
        "    an insert adds: an entry",
        "    an insert runs: per request; per event of a framework",
        "    a key is made from: what the function is given",
        "    an insert is part of: work that goes on",
        "    calls are matched by names alone: no",
        "    what comes before an insert: nothing",
        "    its values are: tasks",
        "    what has it: a module",
        "    how many of the objects with it last: all of them",
        "    what takes entries out: one entry, only when it is called; everything, only in tests",
        "    what else is done with it: walked",
        "    the project is: an application",
        "    its kind is: map",
        "    it is written with entries in it: no",
        "    what is seen of the program: all of it",
        "    its name speaks of: tasks",
        "  findings: UBM101",
        "    UBM101 never-removed-entries, 0.91",
        "      `_runs` grows in `register()` and nothing removes an entry",
        "      help: sweep from a timer",
        "  to silence it, at app/store.py:4:",
        "    # ubm: bounded(reason)  where something keeps it small",
    ]


def test_only_a_terminal_gets_colours(facts: Sheet, view_of: Callable[..., View]) -> None:
    plain, colored = (list(sheet.render_text(facts, view_of(color=color))) for color in (False, True))
    assert not any("\x1b" in line for line in plain)
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in colored] == plain
    assert any("\x1b[" in line and "never" in line for line in colored)


def test_what_check_does_not_show_says_why(facts: Sheet, view_of: Callable[..., View]) -> None:
    (report,) = facts.reports
    hidden = msgspec.structs.replace(facts, reports=(msgspec.structs.replace(report, hidden="a comment silences it"),))
    lines = list(sheet.render_text(hidden, view_of()))
    assert "    UBM101 never-removed-entries, 0.91 (not shown by `check`: a comment silences it)" in lines


def test_of_a_long_way_both_ends_are_told(facts: Sheet, view_of: Callable[..., View]) -> None:
    steps = tuple(Place("m.py", number, 1, number, 2, "call", f"f{number}()") for number in range(1, 10))
    insert = msgspec.structs.replace(facts.inserts[0], ways=(Way("public", "", steps),))
    lines = list(sheet.render_text(msgspec.structs.replace(facts, inserts=(insert,)), view_of()))
    assert (
        "      when its users call it: `f1()` (m.py:1) -> `f2()` (m.py:2) -> `f3()` (m.py:3) -> ... -> `f7()` (m.py:7) "
        "-> `f8()` (m.py:8) -> `f9()` (m.py:9) -> `register()`" in lines
    )


def test_of_a_long_way_the_start_of_the_timer_is_told() -> None:
    roles = ["call"] * 5 + ["timer"] + ["call"] * 5
    steps = [Place("m.py", number, 1, number, 2, role, "f()") for number, role in enumerate(roles, 1)]
    lines = [step and step.line for step in sheet.shortened(steps, 1, 2)]
    assert lines == [1, None, 6, None, 10, 11]
    assert list(sheet.shortened(steps[:3], 1, 2)) == steps[:3] and list(sheet.shortened([], 1, 2)) == []


def test_what_the_code_is_called_cannot_command_the_terminal(facts: Sheet, view_of: Callable[..., View]) -> None:
    evil = "\x1b[2Jx\n"
    steps = (Place(f"{evil}.py", 1, 1, 1, 2, "call", evil),)
    insert = msgspec.structs.replace(facts.inserts[0], function=evil, why=evil, ways=(Way("timer", evil, steps),))
    removal = msgspec.structs.replace(facts.removals[0], function=evil)
    report = msgspec.structs.replace(facts.reports[0], message=evil, advice=evil)
    hostile = msgspec.structs.replace(
        facts, symbol=evil, constructor=evil, bounded_by=evil, inserts=(insert,), removals=(removal,), reports=(report,)
    )
    assert not any("\x1b" in line or "\n" in line for line in sheet.render_text(hostile, view_of()))


def test_text_without_findings(facts: Sheet, view_of: Callable[..., View]) -> None:
    quiet = msgspec.structs.replace(facts, findings=(), reports=(), remedies=())
    assert list(sheet.render_text(quiet, view_of()))[-1] == "  findings: none"


def test_text_with_declarations(facts: Sheet, view_of: Callable[..., View]) -> None:
    told = msgspec.structs.replace(facts, declared=("bounded: few\x1b keys", "swept by m.f"))
    lines = list(sheet.render_text(told, view_of()))
    at = lines.index("    because no removal in the project")
    assert lines[at + 1 : at + 4] == ["  declared bounded: few\\x1b keys", "  declared swept by m.f", "  inserts:"]


def test_text_without_evidence(facts: Sheet, view_of: Callable[..., View]) -> None:
    bounded = msgspec.structs.replace(facts, evidence=None)
    lines = list(sheet.render_text(bounded, view_of()))
    assert "  evidence: none, since nothing makes it grow" in lines


def test_every_field_of_the_evidence_has_a_line(facts: Sheet, view_of: Callable[..., View]) -> None:
    fields = Evidence.__struct_fields__
    assert facts.evidence is not None
    named = msgspec.structs.replace(
        facts.evidence,
        **{each: ("word",) for each in fields if each.endswith(("names", "usage"))},
        form="table",
        left="error",
        exit="call",
        removers=("public",),
    )
    lines = list(sheet.render_text(msgspec.structs.replace(facts, evidence=named), view_of()))
    shown = lines[lines.index("  evidence:") + 1 : lines.index("  findings: UBM101")]
    assert len(shown) == len(fields)


def test_what_is_appended_has_no_key(facts: Sheet, view_of: Callable[..., View]) -> None:
    assert facts.evidence is not None
    insert = msgspec.structs.replace(facts.inserts[0], key="appended", why="every call adds an entry")
    evidence = msgspec.structs.replace(facts.evidence, key="appended")
    appended = msgspec.structs.replace(facts, inserts=(insert,), evidence=evidence)
    lines = list(sheet.render_text(appended, view_of()))
    assert "    app/api.py:5:5  `register()` inserts; every call adds an entry" in lines
    assert "    its keys come from: nowhere, since it is appended" in lines
    assert not any("ever new" in line for line in lines if "weigh" not in line and "by 0" not in line)


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
    told = {"version", "lasts", "open", "risk", *Sheet.__struct_fields__} - {"is_open"}
    assert set(document) == told
    assert document["evidence"] == json.loads(msgspec.json.encode(EVIDENCE))
    assert (document["open"], document["risk"]) == (True, 0.914)
    first = document["inserts"][0]
    assert first.pop("ways")[0]["steps"][0]["text"] == "login()"
    assert first == {
        "role": "insert",
        "path": "app/api.py",
        "line": 5,
        "column": 5,
        "end_line": 5,
        "end_column": 30,
        "text": "`register()` (run); the key: comes from a request",
        "function": "register()",
        "grows": True,
        "key": "request",
        "domain": "open",
        "why": "comes from a request",
    }
    removal = document["removals"][1]
    assert (removal["when"], removal["words"], removal["works"]) == ("timer", "on a timer", True)
    assert [step["role"] for step in removal["ways"][0]["steps"]] == ["call", "timer", "call"]
