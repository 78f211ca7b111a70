"""What is reported grows in a run, is repaired, and then levels off: a few cases here, all of them in the long run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.cases import DRIVERS, NO_GROWTH, QUIET, STAGES, Case, cases, programs_of_pages
from tests.proof.prove import Row, prove
from tests.proof.run import ACROSS, TOTALS, across, by_rule, markdown, quiet, rows, totals, written
from tests.test_fixtures import GATEWAY, findings_of

CASES = {case.name: case for case in cases()}

SAMPLE = (
    "pages/touch_only_expiry_1",
    "never-removed-entries/singleton-attribute",
    "unbounded-function-cache/lru-none-positional",
)

ONE_OF_EACH = [name for name in CASES if name.startswith("pages/") and name.endswith("_1") and name not in SAMPLE]


@pytest.mark.parametrize("name", SAMPLE)
def test_a_finding_grows_is_repaired_and_levels_off(name: str, tmp_path: Path) -> None:
    found = prove(CASES[name], tmp_path)
    assert found and all(row.is_proven for row in found), found


def is_sound(row: Row) -> bool:
    """Whether a run shows a finding, and its container levels off if it is repaired."""
    return row.is_confirmed and (row.is_proven or not row.repair)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_finding_of_each_rule_grows_and_levels_off_if_it_is_repaired(name: str, tmp_path: Path) -> None:
    found = prove(CASES[name], tmp_path)
    assert found and all(map(is_sound, found)), found


@pytest.mark.exhaustive
@pytest.mark.release
def test_what_is_proven_is_what_was_written_down() -> None:
    found = list(rows(CASES.values()))
    assert all(map(is_sound, found)), [row for row in found if not is_sound(row)]
    assert totals(found) == written(), "run: python -m tests.proof.run --write"


def test_every_program_of_a_page_that_is_reported_has_a_driver() -> None:
    assert {name for name in CASES if name.startswith("pages/")} == set(programs_of_pages())


@pytest.mark.parametrize("driver", sorted(DRIVERS.rglob("*.py")), ids=lambda file: file.stem)
def test_a_driver_is_short_and_belongs_to_a_case(driver: Path) -> None:
    assert len(driver.read_text(encoding="utf-8").splitlines()) <= 30
    assert driver in {one for case in CASES.values() for one in (case.driver, case.other)}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case_has_a_driver_and_a_program(case: Case, tmp_path: Path) -> None:
    assert case.driver.is_file()
    assert case.lay(tmp_path).project.files


def test_the_table_counts_and_shows_what_became_of_each_finding() -> None:
    found = [
        Row("UBM101", "a/case", "mod:X", "grows", repair="Do it", after="levels off", kept="yes"),
        Row("UBM101", "a/case", "mod:Y", "grows", refused="it is read as `a | b`"),
        Row("UBM209", "another", "mod:Z", "levels off", refused="there is no recipe"),
    ]
    assert totals(found)[0] == ("UBM101", "1", "2", "2", "1", "1", "1", "1")
    assert totals(found)[-1] == ("all", "2", "3", "2", "1", "2", "1", "1")
    text = markdown(found)
    assert "| UBM101 | a/case | `mod:X` | grows | Do it | levels off | yes |\n" in text
    assert "| UBM101 | a/case | `mod:Y` | grows | refused: it is read as `a \\| b` |  |  |\n" in text
    assert f"| levels off; {NO_GROWTH['UBM209']} | refused: there is no recipe |  |  |\n" in text
    assert [row.is_proven for row in found] == [True, False, False]


def test_every_stage_has_a_row() -> None:
    driven = {stage.partition("/")[0] for stage in STAGES}
    assert driven | set(QUIET) == {path.name for path in GATEWAY.iterdir() if path.is_dir()}
    assert {f"gateway/{stage}" for stage in QUIET} == {line[1] for line in quiet()}


@pytest.mark.parametrize("stage", QUIET)
def test_nothing_is_reported_of_a_quiet_stage(stage: str) -> None:
    assert not findings_of(GATEWAY / stage)


@pytest.mark.exhaustive
@pytest.mark.parametrize("case", ["gateway/2_birth_dated/birth_dated_getter", "gateway/1_first_fix/first_fix_getter"])
def test_what_goes_wrong_without_growth_is_shown_and_mended(case: str, tmp_path: Path) -> None:
    rows = {row.code: row for row in prove(CASES[case], tmp_path)}
    row = rows.pop("UBM209")
    assert row.before == "levels off" and row.fault.endswith("of busy runs are lost")
    assert row.is_proven and not row.mended
    assert not any(one.fault for one in rows.values()), "what grows needs no other sign"


def test_the_totals_are_told_by_rule_and_across() -> None:
    assert by_rule().splitlines()[-1] == f"| {' | '.join(written()[-1])} |"
    told = {line.split(" | ")[0].strip("| "): line.split(" | ")[-1].strip("| ") for line in across().splitlines()[2:]}
    assert told == {name: number for name, number in zip(TOTALS, written()[-1], strict=True) if name in ACROSS}
