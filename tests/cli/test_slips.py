"""What somebody is told who mistypes a command, an option, a value, or leaves out what an option takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.processes import python
from unbounded_lint import cli
from unbounded_lint.alike import closest, nearest
from unbounded_lint.cli.near import meant_command, meant_option
from unbounded_lint.rules.titles import nearest as nearest_rule

LEAK = "SEEN = {}\n\n\ndef see(request):\n    SEEN[request.id] = 1\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one finding in each of two folders, which is where one is."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(LEAK)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--selct", "UBM101"], "unrecognized arguments: --selct; did you mean --select?"),
        (["--selct=UBM101"], "did you mean --select?"),
        (["--outputformat", "json"], "did you mean --output-format?"),
        (["--format", "sarfi"], "argument --format: invalid choice: 'sarfi'; did you mean sarif?"),
        (["--exit-zro", "one"], "did you mean --exit-zero?"),
        (["--explain", "UBM101"], "did you mean the command unbounded-lint explain?"),
        (["inventory", "--verdit", "never"], "did you mean --verdict?"),
        (["--output-format", "sarfi"], "argument --output-format: invalid choice: 'sarfi'; did you mean sarif?"),
        (["--output", "sarfi=x"], "there is no format 'sarfi'; did you mean sarif?"),
        (["--color", "red"], "invalid choice: 'red'; choose from auto, always, never"),
        (["inventory", "--verdict", "nevr"], "there is no verdict 'nevr'; did you mean never?"),
        (["completion", "fsh"], "argument SHELL: invalid choice: 'fsh'; did you mean fish?"),
        (["chek", "one"], "chek is neither a command nor a path that exists; did you mean unbounded-lint check?"),
        (["inventroy"], "did you mean unbounded-lint inventory?"),
        (["help", "flake9"], "no page is called 'flake9'; did you mean flake8?"),
        (["--select", "UBM999"], "`select` names the unknown rule `UBM999`; `unbounded-lint rule` lists the rules."),
        (["--add-ignore", "one"], '--add-ignore takes a reason, and one is a path; write --add-ignore "REASON" one.'),
        (["--stdin-filename", "a.ipynb"], "notebooks are not read, and a.ipynb is one; name a file of Python."),
        (["empty"], "no Python files in empty; name a directory that has some, or look at `exclude`."),
        (["files", "empty"], "no Python files in empty; name a directory"),
        (["inventory", "empty"], "no Python files in empty; name a directory"),
        (["nowhere"], "nowhere does not exist: give files or directories of the project."),
    ],
)
def test_a_slip_is_told_with_what_was_meant(
    project: Path, argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_a_path_that_is_taken_for_a_reason_changes_no_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--add-ignore", "one"]) == 2
    assert [(project / name / "a.py").read_text() for name in ("one", "two")] == [LEAK, LEAK]
    assert cli.main(["--add-ignore", "known", "one"]) == 0
    assert "# ubm: ignore[UBM101] known" in (project / "one" / "a.py").read_text()
    assert (project / "two" / "a.py").read_text() == LEAK


def test_a_path_that_is_like_a_command_is_a_path(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "chek").mkdir()
    (project / "chek" / "a.py").write_text(LEAK)
    assert cli.main(["chek"]) == 1
    assert capsys.readouterr().out.startswith("chek/a.py:1:1: UBM101 ")


def test_what_is_like_nothing_is_not_guessed_at() -> None:
    assert nearest("xyz", ["check", "rule"]) == ""
    assert meant_command("src", cli.COMMANDS) == ""
    assert meant_command("tests", cli.COMMANDS) == ""
    assert meant_option("unrecognized arguments: --quiet", ["--select", "--exclude"], cli.COMMANDS) == ""
    assert meant_option("unrecognized arguments: a b", ["--select"], cli.COMMANDS) == ""
    assert meant_option("unrecognized arguments: --", ["--select"], cli.COMMANDS) == ""


def test_case_and_dashes_are_no_slips() -> None:
    assert nearest("UNSCHEDULED_Sweep", ["event-only-removal", "unscheduled-sweep"]) == "unscheduled-sweep"
    assert closest("Runs", ["_runs", "RUNS", "runs", "walks"], 2) == ["RUNS", "runs"]


def test_what_nobody_wrote_as_a_name_is_like_nothing() -> None:
    assert nearest("x" * 500, ["x" * 500]) == "x" * 500
    assert nearest("x" * 501, ["x" * 501]) == ""


def test_of_a_code_that_might_be_one_no_other_is_guessed() -> None:
    assert nearest_rule("UBM999") == ""
    assert nearest_rule("UBM1O1") == "UBM101"
    assert nearest_rule("UMB101") == "UBM101"
    assert nearest_rule("never-removed-entires") == "never-removed-entries"


def test_where_there_is_no_finding_those_that_are_hidden_are_not_more(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["--min-confidence", "1"])
    assert "No findings in 2 files; 2 are less sure (" in capsys.readouterr().err


def test_hints_cost_nothing_where_nothing_is_mistyped(project: Path) -> None:
    done = python("-X", "importtime", "-m", "unbounded_lint", "rule", cwd=project)
    assert done.returncode == 0
    assert "unbounded_lint.rules.titles" in done.stderr
    assert "difflib" not in done.stderr


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--select", "UBM1"], True),
        (["--select", "UBM1", "--ignore", "UBM102"], True),
        (["--select", "UBM1", "--ignore", "UBM901"], False),
        (["--select", "UBM"], False),
        (["--select", "UBM1,unparsable-file"], False),
        (["--ignore", "UBM901"], False),
        ([], False),
    ],
)
def test_files_that_cannot_be_analysed_do_not_look_clean(
    project: Path, argv: list[str], said: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "one" / "broken.py").write_text("def f(:\n")
    for _ in range(2):  # anew, and from what is kept of the last run
        cli.main(argv)
        warned = "warning: one file could not be analysed and may hide findings; select UBM901 too to see why"
        assert (warned in capsys.readouterr().err) is said


def test_a_file_that_cannot_be_analysed_is_told_with_what_to_do(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "one" / "broken.py").write_text("def f(:\n")
    cli.main(["--output-format", "full"])
    assert "help: mend the file, or leave it out with the setting `extend-exclude`\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [["one"], ["inventory"], ["explain", "SEEN", "one"], ["rule"], ["files"], ["config"]],
    ids=lambda argv: argv[0],
)
def test_a_format_may_be_asked_for_as_other_linters_name_it(
    project: Path, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "two" / "a.py").unlink()
    given = []
    for option in ("--output-format", "--format"):
        code = cli.main([*argv, option, "json"])
        given.append((code, json.loads(capsys.readouterr().out)))
    assert given[0] == given[1] and given[0][0] in (0, 1)
