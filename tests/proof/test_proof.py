"""What is reported grows in a run, is repaired, and then levels off: a few cases here, all of them in the long run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.proof.cases import DRIVERS, NO_GROWTH, STAGES, UNDRIVEN, Case, cases, programs_of_pages
from tests.proof.prove import Row, prove
from tests.proof.run import markdown, rows, totals

CASES = {case.name: case for case in cases()}

SAMPLE = (
    "pages/touch_only_expiry_1",
    "never-removed-entries/singleton-attribute",
    "unbounded-function-cache/lru-none-positional",
)

ONE_OF_EACH = [name for name in CASES if name.startswith("pages/") and name.endswith("_1") and name not in SAMPLE]

CONFIRMED = {
    "UBM101": 13,
    "UBM102": 6,
    "UBM103": 4,
    "UBM104": 4,
    "UBM105": 9,
    "UBM106": 2,
    "UBM201": 5,
    "UBM202": 4,
    "UBM203": 10,
    "UBM204": 5,
    "UBM205": 2,
    "UBM206": 4,
    "UBM207": 9,
    "UBM208": 4,
    "UBM301": 3,
}
"""Code -> how many findings grow in a run, at least."""

PROVEN = {
    "UBM101": 12,
    "UBM102": 3,
    "UBM103": 4,
    "UBM104": 4,
    "UBM105": 9,
    "UBM106": 2,
    "UBM201": 5,
    "UBM202": 4,
    "UBM203": 10,
    "UBM204": 5,
    "UBM205": 2,
    "UBM206": 4,
    "UBM207": 9,
    "UBM208": 4,
    "UBM301": 3,
}
"""Code -> how many of them are repaired, level off then, and answer as before, at least."""


@pytest.mark.parametrize("name", SAMPLE)
def test_a_finding_grows_is_repaired_and_levels_off(name: str, tmp_path: Path) -> None:
    found = prove(CASES[name], tmp_path)
    assert found and all(row.is_proven for row in found), found


def is_sound(row: Row) -> bool:
    """Whether a finding grows if it should, and levels off if it is repaired."""
    return row.is_proven or not row.repair if row.before == "grows" else bool(row.no_growth)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_finding_of_each_rule_grows_and_levels_off_if_it_is_repaired(name: str, tmp_path: Path) -> None:
    found = prove(CASES[name], tmp_path)
    assert found and all(map(is_sound, found)), found


@pytest.mark.exhaustive
@pytest.mark.release
def test_no_less_is_proven_than_before() -> None:
    found = list(rows(CASES.values()))
    assert all(map(is_sound, found)), [row for row in found if not is_sound(row)]
    assert Counter(row.code for row in found if row.before == "grows") == CONFIRMED, "fewer, or more: then raise them"
    assert Counter(row.code for row in found if row.is_proven) == PROVEN, "fewer, or more: then raise them"


def test_every_program_of_a_page_that_grows_has_a_driver() -> None:
    driven = {name for name in CASES if name.startswith("pages/")}
    assert driven | set(UNDRIVEN) == set(programs_of_pages())
    assert not driven & set(UNDRIVEN)


@pytest.mark.parametrize("driver", sorted(DRIVERS.rglob("*.py")), ids=lambda file: file.stem)
def test_a_driver_is_short_and_belongs_to_a_case(driver: Path) -> None:
    assert len(driver.read_text(encoding="utf-8").splitlines()) <= 30
    assert driver in {case.driver for case in CASES.values()}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case_has_a_driver_and_a_program(case: Case, tmp_path: Path) -> None:
    assert case.driver.is_file()
    assert case.lay(tmp_path).project.files


def test_the_table_counts_and_shows_what_became_of_each_finding() -> None:
    found = [
        Row("UBM101", "a/case", "mod:X", "grows", repair="Do it", after="levels off", kept="yes"),
        Row("UBM101", "a/case", "mod:Y", "grows", refused="it is read as `a | b`"),
        Row("UBM210", "another", "mod:Z", "levels off", refused="there is no recipe"),
    ]
    assert totals(found)[0] == ("UBM101", "1", "2", "2", "1", "1", "1", "1")
    assert totals(found)[-1] == ("all", "2", "3", "2", "1", "2", "1", "1")
    text = markdown(found)
    assert "| UBM101 | a/case | `mod:X` | grows | Do it | levels off | yes |\n" in text
    assert "| UBM101 | a/case | `mod:Y` | grows | refused: it is read as `a \\| b` |  |  |\n" in text
    assert f"| levels off; {NO_GROWTH['UBM210']} | refused: there is no recipe |  |  |\n" in text
    assert [row.is_proven for row in found] == [True, False, False]


def test_every_stage_that_is_reported_for_growth_is_driven() -> None:
    assert {stage.partition("/")[0] for stage in STAGES} == {
        "0_leaky", "1_first_fix", "3_forgotten_companion", "5_guarded_start", "6_restore_without_start",
        "7_fragile_tick",
    }  # fmt: skip
