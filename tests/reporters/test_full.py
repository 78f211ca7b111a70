"""The report for people, compared as a whole."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

import msgspec
import pytest

from tests.processes import python
from unbounded_lint.findings.finding import Finding, Place
from unbounded_lint.reporters import full
from unbounded_lint.reporters.base import Totals, View, display_width

GOLDEN = """\
UBM101 never-removed-entries  `_runs` grows in `register()` and nothing removes an entry
 --> app/store.py:4:1
  |
4 | _runs: dict[str, Run] = {}
  | ^^^^^
5 | LIMIT = 3
  |
  insert: app/api.py:5:5
    5 | store._runs[run_id] = run
  call: app/gone.py:7:1 called per request
  symbol: app.store:_runs
  confidence: high (the key is a parameter; no removal in the project)
  help: remove the entry when the run ends, or sweep from a timer"""


def test_whole_block(finding: Finding, counts: Totals, view_of: Callable[..., View]) -> None:
    assert "\n".join(full.render([finding], counts, view_of())) == GOLDEN


def test_blocks_are_separated_by_one_empty_line(finding: Finding, counts: Totals, view_of: Callable[..., View]) -> None:
    assert "\n".join(full.render([finding, finding], counts, view_of())) == f"{GOLDEN}\n\n{GOLDEN}"


def test_nothing_for_no_findings(counts: Totals, view_of: Callable[..., View]) -> None:
    assert list(full.render([], counts, view_of())) == []


def test_colour_adds_escapes_and_changes_nothing_else(
    finding: Finding, counts: Totals, view_of: Callable[..., View]
) -> None:
    colored = "\n".join(full.render([finding], counts, view_of(color=True)))
    assert "\x1b[1;31mUBM101\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == GOLDEN


def test_statistics_replace_the_findings(finding: Finding, counts: Totals, view_of: Callable[..., View]) -> None:
    other = msgspec.structs.replace(finding, code="UBM102", name="event-only-removal")
    lines = list(full.render([other, *[finding] * 10], counts, view_of(statistics=True)))
    assert lines == ["10\tUBM101\tnever-removed-entries", " 1\tUBM102\tevent-only-removal"]


@pytest.mark.parametrize(
    ("source", "column", "end_column"),
    [
        ("\t\tname = {}", 3, 7),
        ("x = 1;\tname = {}", 8, 12),
        ('語 = "漢字"; name = {}', 11, 15),
        ("e\u0301 = 1; name = {}", 9, 13),
        ("\x1b[31m; name = {}", 8, 12),
    ],
)
def test_carets_stand_under_the_name(
    finding: Finding, counts: Totals, view_of: Callable[..., View], source: str, column: int, end_column: int
) -> None:
    place = Place("wide.py", 1, column, 1, end_column)
    assert source[column - 1 : end_column - 1] == "name"
    moved = msgspec.structs.replace(finding, place=place, related=())
    lines = list(full.render([moved], counts, view_of({"wide.py": source})))
    code, carets = lines[3], lines[4]
    assert display_width(code[: code.index("name")]) == carets.index("^")
    assert carets.count("^") == len("name")
    assert "\x1b" not in code and "\t" not in code


def test_long_line_is_cut_around_the_name(finding: Finding, counts: Totals, view_of: Callable[..., View]) -> None:
    source = f"{'a' * 5000}; name = {{}}; {'b' * 5000}"
    column = source.index("name") + 1
    moved = msgspec.structs.replace(finding, place=Place("long.py", 1, column, 1, column + 4), related=())
    lines = list(full.render([moved], counts, view_of({"long.py": source})))
    assert max(len(line) for line in lines) < full.MAX_WIDTH + 20
    assert lines[3].index("name") == lines[4].index("^")
    assert lines[3].startswith("1 | ...") and lines[3].endswith("...")


def test_long_line_with_the_name_at_its_start(finding: Finding, counts: Totals, view_of: Callable[..., View]) -> None:
    moved = msgspec.structs.replace(finding, place=Place("long.py", 1, 1, 1, 5), related=())
    lines = list(full.render([moved], counts, view_of({"long.py": f"name = [{'1, ' * 400}]"})))
    assert lines[3].startswith("1 | name = [") and lines[4] == "  | ^^^^"


def test_place_over_several_lines_is_underlined_to_the_end_of_the_first(
    finding: Finding, counts: Totals, view_of: Callable[..., View]
) -> None:
    moved = msgspec.structs.replace(finding, place=Place("two.py", 1, 1, 3, 2), related=())
    lines = list(full.render([moved], counts, view_of({"two.py": "name = {\n    1: 2,\n}\n"})))
    assert lines[4] == "  | ^^^^^^^^"


@pytest.mark.parametrize("place", [Place("app/store.py", 99, 1, 99, 2), Place("app/gone.py", 1, 1, 1, 2)])
def test_no_snippet_where_there_is_no_such_line(
    finding: Finding, counts: Totals, view_of: Callable[..., View], place: Place
) -> None:
    moved = msgspec.structs.replace(finding, place=place, related=())
    lines = list(full.render([moved], counts, view_of()))
    assert lines[1] == f" --> {place.path}:{place.line}:1"
    assert lines[2] == "  symbol: app.store:_runs"


def test_column_past_the_end_of_the_line_gets_one_caret(
    finding: Finding, counts: Totals, view_of: Callable[..., View]
) -> None:
    moved = msgspec.structs.replace(finding, place=Place("short.py", 1, 50, 1, 60), related=())
    lines = list(full.render([moved], counts, view_of({"short.py": "ab"})))
    assert lines[4] == "  |   ^"


def test_line_numbers_are_aligned(finding: Finding, counts: Totals, view_of: Callable[..., View]) -> None:
    source = "\n".join(f"v{number} = {number}" for number in range(1, 20))
    moved = msgspec.structs.replace(finding, place=Place("many.py", 9, 1, 9, 3), related=())
    lines = list(full.render([moved], counts, view_of({"many.py": source})))
    assert lines[1:9] == [
        "  --> many.py:9:1",
        "   |",
        " 7 | v7 = 7",
        " 8 | v8 = 8",
        " 9 | v9 = 9",
        "   | ^^",
        "10 | v10 = 10",
        "11 | v11 = 11",
    ]


def test_lines_are_counted_as_python_counts_them(
    finding: Finding, counts: Totals, view_of: Callable[..., View]
) -> None:
    moved = msgspec.structs.replace(finding, place=Place("odd.py", 3, 1, 3, 5), related=())
    lines = list(full.render([moved], counts, view_of({"odd.py": "a = 1\r\n\x0cb = '\u2028'\rname = {}\n"})))
    assert "3 | name = {}" in lines


def test_plain_text_does_not_load_rich() -> None:
    script = """
        import sys
        from unbounded_lint.findings.finding import Confidence, Finding, Place
        from unbounded_lint.reporters import REPORTERS, View
        found = Finding("UBM101", "n", "m", Place("a.py", 1, 1, 1, 2), "a:b", Confidence.LOW)
        class Totals: files = analysed = containers = unparsed = 0; by_code = {}
        for render in REPORTERS.values():
            list(render([found], Totals, View(path=str, source={"a.py": "b = {}"}.get)))
        print([name for name in sys.modules if name.split(".")[0] in {"rich", "libcst"}])
    """
    done = python("-c", textwrap.dedent(script))
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
