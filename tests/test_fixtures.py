"""Every fixture program, through the real pipeline: what its marks say is what is found, in both directions.

A mark stands behind the definition of a container: `# expect: UBM101` (or several codes, separated by commas) for a
finding, `# ok: UBM101` or `# ok: a reason` for none at all. A line `# known-gap: a reason` anywhere in a fixture says
that it is not met yet; such a fixture must fail, and passes on to a plain one as soon as it does not.

A file `source.txt` in a fixture names a directory of the repository whose modules belong to the fixture's program too.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.marks import Marks, Report, definition_lines, problems, python_files, read_line, read_marks

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
GATEWAY = FIXTURES / "gateway"
SETTINGS_FILE = "pyproject.toml"
SOURCE_FILE = "source.txt"
FIXED_MAPS = (
    "unbounded_lint.reference.runs:RunRegistry._runs",
    "unbounded_lint.reference.pending:PendingErrors._entries",
    "unbounded_lint.reference.events:EventRegistry._contexts",
    "unbounded_lint.reference.events:EventRegistry._sequences",
)


def fixture_directories() -> list[Path]:
    """`<rule>/<case>` each, and every stage of the gateway."""
    return sorted(
        case
        for rule in FIXTURES.iterdir()
        if rule.is_dir() and not rule.name.startswith((".", "_"))
        for case in rule.iterdir()
        if case.is_dir() and not case.name.startswith((".", "_"))
    )


def settings_of(directory: Path, confidence: str = "medium") -> Any:
    """The fixture's own settings, the gateway's for its stages, otherwise every rule there is at some confidence."""
    from unbounded_lint.settings.config import load_settings

    own = directory / SETTINGS_FILE
    if own.is_file():
        return load_settings(directory, config=None, isolated=False, overrides={})
    if directory.parent == GATEWAY and (GATEWAY / SETTINGS_FILE).is_file():
        return load_settings(directory, config=GATEWAY / SETTINGS_FILE, isolated=False, overrides={})
    overrides = {"select": ["UBM"], "min-confidence": confidence}
    return load_settings(directory, config=None, isolated=True, overrides=overrides)


def source_of(directory: Path) -> Path | None:
    """The directory that the fixture's `source.txt` names, if any; raises ValueError for one that is not there."""
    file = directory / SOURCE_FILE
    if not file.is_file():
        return None
    lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    if len(named) != 1 or not (ROOT / named[0]).is_dir():
        raise ValueError(f"{file} must name one directory of the repository, not {named}")
    return ROOT / named[0]


def request_for(directory: Path, confidence: str = "medium") -> Any:
    """A run over a fixture; over its own files and those it points at as one project, if there is a `source.txt`."""
    from unbounded_lint.files import discovery
    from unbounded_lint.run.request import Request

    settings = settings_of(directory, confidence)
    project = discovery.discover([directory], directory, settings)
    source = source_of(directory)
    if source is not None:
        root = Path(os.path.commonpath([directory, source]))
        files = [
            msgspec.structs.replace(file, path=(part / file.path).relative_to(root).as_posix())
            for part in (directory, source)
            for file in discovery.discover([part], part, settings).files
        ]
        project = discovery.ProjectFiles(root, tuple(sorted(files, key=lambda file: file.path)), None)
    return Request(project=project, settings=settings, jobs=1, use_cache=False)


def findings_of(directory: Path, confidence: str = "medium") -> dict[Report, str]:
    """What the pipeline reports about a fixture, with the message and the confidence of each finding."""
    from unbounded_lint.run import runner

    request = request_for(directory, confidence)
    outcome = runner.check(request)
    found: dict[Report, str] = {}
    for finding in outcome.findings:
        file, line = request.project.root / finding.place.path, finding.place.line
        path = file.relative_to(directory if file.is_relative_to(directory) else ROOT).as_posix()
        line = definition_lines(file).get(line, line)
        found[Report(path, line, finding.code)] = f"{finding.message} ({finding.confidence.value})"
    return found


def _parameters() -> Iterator[Any]:
    for directory in fixture_directories():
        gap = read_marks(directory).gap
        marks = [pytest.mark.xfail(reason=gap, strict=True, raises=AssertionError)] if gap else []
        yield pytest.param(directory, id=directory.relative_to(FIXTURES).as_posix(), marks=marks)


@pytest.mark.parametrize("directory", list(_parameters()))
def test_fixture(directory: Path) -> None:
    from unbounded_lint import rules

    known = frozenset(rule.code for rule in rules.all_rules())
    marks = read_marks(directory)
    assert marks.expected or marks.quiet or marks.low, "a fixture without a mark tests nothing"
    waiting = sorted({report.code for report in marks.expected} - known)
    if waiting:
        pytest.skip(f"waits for {', '.join(waiting)}")

    found = {report: message for report, message in findings_of(directory).items() if report.code in known}
    wrong = problems(marks, found)
    unsure = findings_of(directory, "low") if marks.low else {}
    wrong += [f"missed at low confidence: {report}" for report in sorted(marks.low - unsure.keys())]
    assert not wrong, "\n".join(["", *wrong])


def test_the_fixed_gateway_is_quiet_although_its_maps_are_seen() -> None:
    from unbounded_lint.findings.sheet import Sheet
    from unbounded_lint.run import runner

    sheets = runner.explain(request_for(GATEWAY / "9_fixed"), FIXED_MAPS)
    assert [sheet.symbol for sheet in sheets if isinstance(sheet, Sheet) and not sheet.findings] == list(FIXED_MAPS)


@pytest.mark.parametrize("named", ["", "unbounded_lint/nowhere", "unbounded_lint/reference\nunbounded_lint/link"])
def test_a_source_that_names_no_directory_is_an_error(named: str, tmp_path: Path) -> None:
    (tmp_path / SOURCE_FILE).write_text(f"# a comment\n{named}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="must name one directory"):
        source_of(tmp_path)


def test_findings_in_a_source_are_not_lost(tmp_path: Path) -> None:
    """What the pipeline says of a file outside the fixture counts, under its path in the repository."""
    (tmp_path / SOURCE_FILE).write_text("fixtures/gateway/0_leaky\n", encoding="utf-8")
    (tmp_path / "host.py").write_text("import gateway_dicts.__main__\n", encoding="utf-8")
    found = {report.path for report in findings_of(tmp_path)}
    assert "fixtures/gateway/0_leaky/gateway_dicts/registry.py" in found


def test_every_rule_has_bad_and_good_fixtures() -> None:
    """A folder is named after a rule and holds at least two programs with its code and two that stay quiet under it."""
    from unbounded_lint import rules

    lacking = []
    for rule in rules.all_rules():
        if rule.code.startswith("UBM9"):
            continue
        cases = [read_marks(case) for case in fixture_directories() if case.parent.name == rule.name]
        bad = sum(any(report.code == rule.code for report in marks.expected) for marks in cases)
        good = sum(bool(marks.quiet) and not marks.expected for marks in cases)
        if bad < 2 or good < 2:
            lacking.append(f"{rule.code} {rule.name}: {bad} bad, {good} good")
    assert not lacking


def test_folders_are_named_after_rules() -> None:
    from unbounded_lint import rules

    names = {rule.name for rule in rules.all_rules()}
    if len(names) < len({directory.parent for directory in fixture_directories()}):
        pytest.skip("waits for more rules")
    assert {directory.parent.name for directory in fixture_directories()} - {GATEWAY.name} <= names


def test_all_fixtures_parse() -> None:
    for directory in fixture_directories():
        for file in python_files(directory):
            ast.parse(file.read_text(encoding="utf-8"), str(file))


@pytest.mark.parametrize(
    "line",
    ["x = {}  # expect: UBM1", "x = {}  # expect:", "x = {}  # expect: UBM101, later", "x = {}  # ok:"],
)
def test_senseless_marks_are_errors(line: str) -> None:
    with pytest.raises(ValueError, match="place"):
        read_line(line, "place")


def test_a_line_cannot_be_both() -> None:
    with pytest.raises(ValueError, match="either"):
        read_line("x = {}  # expect: UBM101  # ok: UBM102", "place")


def test_marks_are_read(tmp_path: Path) -> None:
    lines = ("a = {}  # expect: UBM101, UBM102", "b = {}  # ok: pruned", "c = {}  # noqa: F401  # expect: UBM103")
    (tmp_path / "m.py").write_text("\n".join(lines), encoding="utf-8")
    assert read_marks(tmp_path) == Marks(
        frozenset({Report("m.py", 1, "UBM101"), Report("m.py", 1, "UBM102"), Report("m.py", 3, "UBM103")}),
        frozenset({("m.py", 2)}),
        "",
    )


def test_a_decorator_stands_for_its_function(tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    file.write_text("@cache\n@other(\n    1\n)\ndef f(): ...\n", encoding="utf-8")
    assert definition_lines(file) == {1: 5, 2: 5, 3: 5, 4: 5}
