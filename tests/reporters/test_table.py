"""The inventory as a table."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.sheets import sheet
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Sheet
from unbounded_lint.reporters import table
from unbounded_lint.reporters.base import View, display_width

LONG = sheet(
    symbol="app.services.notifications.delivery:DeliveryTracker._attempts_by_recipient",
    place=Place("app/services/notifications/delivery.py", 1204, 9, 1204, 20),
    verdict="event-only",
    bounded_by="only what its owner asks for",
)
QUIET = sheet(
    symbol="app:TABLE", verdict="idle", bounded_by="nothing fills it", probability=None, is_open=False, inserts=(),
    removals=(), evidence=None, reports=(), findings=(),
)  # fmt: skip
SHEETS = [sheet(), LONG, QUIET]


def test_a_pipe_gets_every_column_in_full(view_of: Callable[..., View]) -> None:
    head, first, second = table.render([sheet(), QUIET], view_of())
    heads = [
        "RISK",
        "CONTAINER",
        "VERDICT",
        "BOUNDED BY",
        "KIND",
        "HELD BY",
        "KEYS",
        "IN",
        "OUT",
        "FINDINGS",
        "DEFINED AT",
    ]
    assert re.split("  +", head) == heads
    assert re.split("  +", first) == [
        "0.91", "app.store:_runs", "never", "nothing", "map", "an object kept by a module", "a request, ever new",
        "1/2", "1/2", "UBM101", "app/store.py:4:1",
    ]  # fmt: skip
    assert re.split("  +", second.strip()) == [
        "-", "app:TABLE", "idle", "nothing fills it", "map", "an object kept by a module", "-", "0", "0", "-",
        "app/store.py:4:1",
    ]  # fmt: skip
    assert head.index("VERDICT") == first.index("never") == second.index("idle")
    assert head.index("OUT") + 3 == first.index("1/2  UBM101") + 3 == second.rindex("0  -") + 1


@pytest.mark.parametrize("width", [40, 60, 80, 100, 132, 200])
def test_a_terminal_gets_lines_that_fit(view_of: Callable[..., View], width: int) -> None:
    lines = list(table.render(SHEETS, view_of(), width))
    assert len(lines) == 4
    assert max(map(display_width, lines)) <= width


def test_in_80_columns_it_tells_how_bad_it_is_and_what_to_ask_for(view_of: Callable[..., View]) -> None:
    lines = list(table.render(SHEETS, view_of(), 80))
    assert lines[0].split() == ["RISK", "CONTAINER", "VERDICT", "IN", "OUT", "FINDINGS"]
    risk, name, verdict = lines[2].split()[:3]
    assert (risk, verdict) == ("0.91", "event-only")
    assert name.startswith("...") and LONG.symbol.endswith(name[3:]) and len(name) >= table.WISHED


def test_wide_characters_stay_in_their_columns(view_of: Callable[..., View]) -> None:
    wide = sheet(symbol="app:表表表表表表表表表表表表表表表表表表表表表表表表表表表表表表")
    head, first, second = table.render([wide, QUIET], view_of(), 60)
    assert display_width(first) <= 60
    column = head.index("VERDICT")
    assert display_width(first[: first.index("never")]) == column == second.index("idle")


def test_colours_change_nothing_but_the_colours(view_of: Callable[..., View]) -> None:
    plain, colored = (list(table.render(SHEETS, view_of(color=color), 80)) for color in (False, True))
    assert not any("\x1b" in line for line in plain)
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in colored] == plain
    assert all("\x1b[" in line for line in colored)


def test_what_the_code_is_called_cannot_command_the_terminal(view_of: Callable[..., View]) -> None:
    evil = sheet(symbol="a:\x1b[2J\n", bounded_by="bounded: \x1b]0;x\x07", place=Place("\u202e.py", 1, 1, 1, 2))
    assert not re.search("[\x00-\x1f\u202e]", "".join(table.render([evil], view_of())))


def test_nothing_to_list_is_no_line(view_of: Callable[..., View]) -> None:
    none: list[Sheet] = []
    assert list(table.render(none, view_of(), 80)) == []


def test_a_short_name_takes_no_more_room_than_it_needs(view_of: Callable[..., View]) -> None:
    head, *_ = table.render([QUIET], view_of(), 200)
    assert head.index("VERDICT") - head.index("CONTAINER") == len("app:TABLE") + len(table.GAP)
