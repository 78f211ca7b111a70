"""Which containers the inventory lists, in which order, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import pytest

from tests.sheets import SHEET, sheet
from unbounded_lint.findings import wording
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Inventory, Sheet
from unbounded_lint.reporters.base import View
from unbounded_lint.reporters.inventory import SORTS, listed, render_json, summary
from unbounded_lint.reporters.sheet import document

LIKELY = SHEET
UNLIKELY = sheet(symbol="a:unlikely", probability=0.05, reports=(), place=Place("z.py", 1, 1, 1, 2))
BROKEN = sheet(
    symbol="b:broken", verdict="swept", probability=None, place=Place("y.py", 1, 1, 1, 2),
    reports=(msgspec.structs.replace(SHEET.reports[0], code="UBM203", probability=0.6),),
)  # fmt: skip
SWEPT = sheet(symbol="c:swept", verdict="swept", probability=None, is_open=False, reports=(), inserts=())
DECLARED = sheet(symbol="d:declared", is_open=False, reports=(), declared=("bounded: few",), removals=())
ALL = [SWEPT, DECLARED, UNLIKELY, BROKEN, LIKELY]


def symbols(sheets: list[Sheet]) -> list[str]:
    """The names alone."""
    return [each.symbol.partition(":")[2] for each in sheets]


def test_the_least_bounded_come_first() -> None:
    assert symbols(listed(ALL, "risk")) == ["_runs", "broken", "unlikely", "declared", "swept"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("symbol", ["unlikely", "_runs", "broken", "swept", "declared"]),
        ("place", ["_runs", "swept", "declared", "broken", "unlikely"]),
        ("verdict", ["_runs", "unlikely", "declared", "broken", "swept"]),
        ("inserts", ["unlikely", "_runs", "broken", "declared", "swept"]),
        ("removals", ["declared", "unlikely", "_runs", "broken", "swept"]),
    ],
)
def test_other_orders_can_be_asked_for(sort: str, order: list[str]) -> None:
    assert symbols(listed(ALL, sort)) == order


@pytest.mark.parametrize("sort", SORTS)
def test_the_order_hangs_on_nothing_but_the_containers(sort: str) -> None:
    assert listed(ALL, sort) == listed(list(reversed(ALL)), sort)


def test_what_nothing_bounds_and_what_a_finding_is_about_is_open() -> None:
    assert symbols(listed(ALL, "risk", "open")) == ["_runs", "broken", "unlikely"]
    assert symbols(listed(ALL, "risk", "bounded")) == ["declared", "swept"]
    assert symbols(listed(ALL, "risk", "", frozenset({"swept"}))) == ["broken", "swept"]
    assert symbols(listed(ALL, "risk", "open", frozenset({"swept"}))) == ["broken"]


def test_a_finding_that_check_does_not_show_is_no_risk_of_its_own() -> None:
    hidden = msgspec.structs.replace(BROKEN.reports[0], hidden="a comment silences it")
    assert msgspec.structs.replace(BROKEN, reports=(hidden,), is_open=False).risk == 0.0


def test_json_has_each_container_as_explain_has_it(view_of: Callable[..., View]) -> None:
    sheets = listed(ALL, "risk")
    (text,) = render_json(sheets, Inventory(tuple(ALL), 3, ("a note",)), view_of())
    assert json.loads(text) == {
        "version": 1,
        "containers": [json.loads(json.dumps(document(each, view_of()))) for each in sheets],
        "stats": {"files": 3, "containers": 5, "open": 3, "reported": 2, "by_verdict": {"never": 3, "swept": 2}},
        "notes": ["a note"],
    }


def test_the_summary_counts_what_is_listed() -> None:
    assert summary(ALL, Inventory(tuple(ALL), 3)) == "5 long-lived containers in 3 files: 3 open, 2 reported."
    assert summary([SWEPT], Inventory(tuple(ALL), 1)) == "1 long-lived container in 1 file: 0 open, 0 reported."
    assert summary([], Inventory((), 1)) == "No long-lived containers to list in 1 file."


def test_every_verdict_has_a_rank() -> None:
    for verdict in wording.VERDICTS:
        assert listed([sheet(verdict=verdict)], "risk")
