"""What messages say, read as a stranger reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.findings.finding import Finding
from unbounded_lint.run.runner import check

FIXTURES = Path(__file__).parents[2] / "fixtures"
HEAD = "from flask import Flask, request\n\napp = Flask(__name__)\nX = {}\n\n\n"


def found(root: Path, text: str, code: str) -> Finding:
    """The one finding with a code about `X` in a program of one file."""
    (one,) = [
        each
        for each in check(request_for(write(root, {"web.py": text}), min_confidence="low")).findings
        if each.code == code and each.symbol.endswith("X")
    ]
    return one


ONE_FUNCTION = """\
@app.post("/x")
def both():
    if request.form["new"]:
        X[request.form["id"]] = 1
    else:
        X.pop(request.form["id"])
    return ""
"""
ONE_CALL = """\
@app.post("/x")
def both():
    X[request.form["id"]] = 1
    if request.form["done"]:
        del X[request.form["id"]]
    return ""
"""
TWO_FUNCTIONS = """\
@app.post("/x")
def put():
    X[request.form["id"]] = 1
    return ""


@app.post("/y")
def take():
    X.pop(request.form["id"], None)
    return ""
"""
THREE_FUNCTIONS = (
    TWO_FUNCTIONS
    + """\


@app.post("/z")
def drop():
    X.pop(request.form["id"], None)
    return ""
"""
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            ONE_FUNCTION,
            "`X` grows in `both()`, and only some calls of `both()` take an entry out: one for which no such call "
            "comes stays",
        ),
        (
            ONE_CALL,
            "`X` grows in `both()`, and only some calls of `both()` take an entry out: one for which no such call "
            "comes stays",
        ),
        (
            TWO_FUNCTIONS,
            "`X` grows in `put()`, and shrinks only when `take()` is called for it: an entry nobody asks for stays",
        ),
        (
            THREE_FUNCTIONS,
            "`X` grows in `put()`, and shrinks only when `take()` and `drop()` are called for it: an entry nobody asks "
            "for stays",
        ),
    ],
)
def test_what_only_events_remove_is_told_by_who_would(tmp_path: Path, body: str, message: str) -> None:
    one = found(tmp_path, HEAD + body, "UBM102")
    assert one.message == message
    assert all(place.text.endswith(" removes here, only when it is called") for place in one.related[-1:])


APPENDED = """\
@app.post("/x")
def put():
    X.append(request.form["id"])
    return ""
"""
UNDER_A_KEY = """\
@app.post("/x")
def put():
    X.setdefault(request.form["id"], []).append(request.form["text"])
    return ""
"""


def test_what_is_appended_is_told_without_a_key(tmp_path: Path) -> None:
    one = found(tmp_path, HEAD.replace("X = {}", "X = []") + APPENDED, "UBM101")
    (insert,) = [place for place in one.related if place.role == "insert"]
    assert insert.text == "`put()` inserts here; every call adds an entry"
    assert one.reasons[0] == "every call adds an entry"


def test_an_insert_under_a_key_tells_of_the_key(tmp_path: Path) -> None:
    one = found(tmp_path, HEAD + UNDER_A_KEY, "UBM101")
    inserts = [place.text for place in one.related if place.role == "insert"]
    assert inserts == ["`put()` inserts here; the key: `request.form` comes from a request"]


CLOSED_TOO = """\
@app.post("/x")
def put():
    X[request.form["id"]] = 1
    return ""


@app.post("/total")
def count():
    X["total"] = len(X)
    return ""
"""


def test_an_insert_under_a_fixed_key_is_no_place_where_it_grows(tmp_path: Path) -> None:
    one = found(tmp_path, HEAD + CLOSED_TOO, "UBM101")
    assert one.message.startswith("`X` grows in `put()` and ")
    assert [place.line for place in one.related if place.role == "insert"] == [9]


def of_fixture(directory: Path) -> list[Finding]:
    """The findings in the program of a fixture."""
    return list(check(request_for(directory, min_confidence="low")).findings)


@pytest.mark.parametrize("directory", sorted((FIXTURES / "forgotten-companion").iterdir()), ids=lambda path: path.name)
def test_no_message_has_a_path_in_it(directory: Path) -> None:
    for one in of_fixture(directory):
        assert ".py" not in one.message
        assert one.related or not one.symbol


@pytest.mark.parametrize(
    ("fixture", "code"),
    [
        ("entry-guarded-sweeper-start/early-return", "UBM203"),
        ("insert-without-sweeper-start/bulk-restore", "UBM204"),
    ],
)
def test_places_that_lead_to_the_start_of_a_sweeper_come_before_it(fixture: str, code: str) -> None:
    (one,) = [each for each in of_fixture(FIXTURES / fixture) if each.code == code]
    roles = [place.role for place in one.related]
    assert roles[0] == "event" and roles.index("insert") < roles.index("timer") < roles.index("sweep") == len(roles) - 1
    timers = [place.text for place in one.related if place.role == "timer"]
    assert timers[0].endswith(" starts the sweeper here"), "what a rule says of a place comes first"
    assert len({(place.path, place.line, place.column, place.role) for place in one.related}) == len(one.related)


def test_a_removal_that_is_at_fault_is_told_of_once() -> None:
    (one,) = of_fixture(FIXTURES / "removal-while-iterating" / "delete-in-loop")
    assert len({(place.path, place.line, place.column) for place in one.related}) == len(one.related)
    assert one.related[-1].text == "removes from it meanwhile"
