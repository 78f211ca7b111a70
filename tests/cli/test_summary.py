"""The last lines of a run, the order of findings for a person, and how far the work is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from tests.processes import python
from tests.programs import request_for
from unbounded_lint.cli.options import check_parser
from unbounded_lint.cli.summary import summary
from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.reporters import REPORTERS
from unbounded_lint.reporters.base import View, ranked
from unbounded_lint.run import runner
from unbounded_lint.run.request import Outcome, Stats

STATS = Stats(3, 3, 1, {}, 0)


def finding(
    line: int, confidence: Confidence = Confidence.HIGH, probability: float | None = None, symbol: str = "app:_runs"
) -> Finding:
    place = Place("app.py", line, 1, line, 6)
    return Finding(
        "UBM101", "never-removed-entries", f"number {line}", place, symbol, confidence, probability=probability
    )


ALL = (
    finding(1, symbol=""),
    finding(2, Confidence.LOW, 0.2),
    finding(3, Confidence.MEDIUM, 0.5),
    finding(4, Confidence.HIGH, 0.8),
    finding(5, Confidence.MEDIUM, 0.6),
    finding(6),
    finding(7, Confidence.HIGH, 0.8),
)


def lines(findings: tuple[Finding, ...], hidden: int = 0, *, next_step: bool = False) -> list[str]:
    return list(summary(Outcome(findings, STATS, hidden=hidden), 3, next_step=next_step))


def test_the_most_sure_come_first_and_what_is_about_a_file_last() -> None:
    assert [one.place.line for one in ranked(ALL)] == [6, 4, 7, 5, 3, 2, 1]


def test_only_the_report_for_people_is_ranked() -> None:
    view = View(path=lambda path: path, source=lambda path: None)
    for name, report in REPORTERS.items():
        shown = [int(number) for number in re.findall(r"number (\d)", "\n".join(report(ALL, STATS, view)))]
        once = list(dict.fromkeys(shown))
        assert once == ([6, 4, 7, 5, 3, 2, 1] if name == "full" else [1, 2, 3, 4, 5, 6, 7]), name


def test_a_script_gets_one_line() -> None:
    assert lines(()) == ["No findings in 3 files."]
    assert lines(ALL) == ["Found 7 findings in 3 files."]
    assert lines((), 1) == ["No findings in 3 files; 1 is less sure (--min-confidence low shows it)."]
    assert lines(ALL, 12) == ["Found 7 findings in 3 files; 12 more are less sure (--min-confidence low shows them)."]


def test_a_person_is_told_the_next_step() -> None:
    first, *steps = lines(ALL, 2, next_step=True)
    assert first == (
        "Found 7 findings in 3 files: 4 high, 2 medium, 1 low; 2 more are less sure (--min-confidence low shows them)."
    )
    assert [step.split("  ")[1] for step in steps] == [
        "unbounded-lint explain app:_runs",
        "unbounded-lint rule UBM101",
        "# ubm: ignore[UBM101] reason",
        "unbounded-lint --write-baseline FILE",
    ]
    assert lines((), next_step=True) == ["No findings in 3 files."]
    assert len(lines((finding(1, symbol=""),), next_step=True)) == 1, "a comment has nothing to explain"


# --- with real runs --------------------------------------------------------------------------------------------------

LEAK = "_runs = {}\n\n\ndef register(request):\n    _runs[request.id] = request\n"
UNSURE = "_kinds = {}\n\n\ndef see(kind: str):\n    _kinds[kind] = 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.unbounded-lint]\n")
    (tmp_path / "sure.py").write_text(LEAK)
    (tmp_path / "unsure.py").write_text(UNSURE)
    return tmp_path


def count(root: Path, *paths: str, **settings: object) -> tuple[int, int]:
    """How many findings are shown and hidden."""
    request = request_for(root, **settings)
    if paths:
        files = msgspec.structs.replace(request.project, report_on=frozenset(paths))
        request = msgspec.structs.replace(request, project=files)
    outcome = runner.check(request)
    return len(outcome.findings), outcome.hidden


def test_what_is_hidden_is_what_is_shown_at_a_low_confidence(project: Path) -> None:
    every, none = count(project, min_confidence="low")
    shown, hidden = count(project)
    assert none == 0 and shown > 0 and hidden > 0 and shown + hidden == every


def test_what_is_off_or_suppressed_or_elsewhere_is_not_hidden(project: Path) -> None:
    _, hidden = count(project, min_confidence=1.0)
    assert hidden == 2
    assert count(project, "sure.py", min_confidence=1.0) == (0, 1)
    assert count(project, min_confidence=1.0, ignore=("UBM101",)) == (0, 0)
    assert count(project, min_confidence=1.0, per_file_ignores={"sure.py": ("UBM",)}) == (0, 1)
    (project / "sure.py").write_text(LEAK.replace("{}", "{}  # ubm: ignore[UBM101]", 1))
    assert count(project, min_confidence=1.0) == (0, 1)


def test_the_number_is_kept_with_the_result(project: Path) -> None:
    for _ in range(2):
        done = python("-m", "unbounded_lint", "--min-confidence", "1.0", cwd=project)
        assert done.stderr == "No findings in 2 files; 2 are less sure (--min-confidence low shows them).\n"


def test_the_full_report_ends_with_the_next_step(project: Path) -> None:
    done = python("-m", "unbounded_lint", "--output-format", "full", cwd=project)
    assert "  unbounded-lint explain sure:_runs" in done.stderr
    done = python("-m", "unbounded_lint", "--output-format", "full", "--statistics", cwd=project)
    assert done.stderr.count("\n") == 1
    done = python("-m", "unbounded_lint", "explain", "sure:_runs", cwd=project)
    assert done.returncode == 0, "the step that is told must work"


def test_the_option_that_shows_what_is_hidden_is_there() -> None:
    assert check_parser().parse_args(["--min-confidence", "low"]).min_confidence == "low"


def test_progress_goes_on_while_files_are_linked(project: Path) -> None:
    told: list[tuple[str, int, int]] = []
    runner.check(request_for(project), lambda what, done, total: told.append((what, done, total)))
    assert told == [
        ("Reading files", 1, 2),
        ("Reading files", 2, 2),
        ("Looking for containers", 1, 2),
        ("Looking for containers", 2, 2),
        ("Following containers", 1, 2),
        ("Following containers", 2, 2),
    ]
