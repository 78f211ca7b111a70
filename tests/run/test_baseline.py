"""The baseline: what it accepts, what of it is stale, and files that are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.processes import python
from tests.programs import request_for, write
from unbounded_lint import cli
from unbounded_lint.errors import UserError
from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.run import baseline, runner
from unbounded_lint.run.baseline import Entry, Key
from unbounded_lint.run.request import Outcome

HEADER = "# unbounded-lint baseline, version 1\n"
A, B = "A = {}\n\n\ndef f(request):\n    A[request.id] = 1\n", "B = {}\n\n\ndef g(request):\n    B[request.id] = 1\n"
FILES = {"pyproject.toml": "[tool.unbounded-lint]\nbaseline = 'known.txt'\n", "a.py": A, "b.py": B}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two findings and a setting that names a baseline, made the current directory."""
    root = write(tmp_path / "project", FILES)
    monkeypatch.chdir(root)
    return root


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    """Exit code, lines on stdout, and stderr of a run."""
    code = cli.main(["check", *arguments])
    shown = capsys.readouterr()
    return code, shown.out.splitlines(), shown.err


def test_what_is_written_is_accepted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys, "--write-baseline", "known.txt") == (
        0,
        [],
        "Wrote a baseline of 2 findings to known.txt.\nNo findings in 2 files (2 more in the baseline).\n",
    )
    assert (project / "known.txt").read_text() == f"{HEADER}UBM101 a:A\nUBM101 b:B\n"
    assert check(capsys) == (0, [], "No findings in 2 files (2 more in the baseline).\n")
    assert check(capsys, "--baseline", "known.txt")[0] == 0
    assert check(capsys, "--isolated")[0] == 1


PRIVATE = (
    "class Store:\n    def __init__(self):\n        self.__data = {}\n    def put(self, request):\n"
    "        self.__data[request.id] = 1\nSTORE = Store()\n"
)


@pytest.mark.parametrize("name", ["Store.__data", "Store._Store__data"])
def test_a_private_name_is_accepted_as_it_is_written_and_as_python_binds_it(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    write(project, {"a.py": PRIVATE, "b.py": "", "known.txt": f"{HEADER}UBM101 a:{name}\n"})
    assert check(capsys) == (0, [], "No findings in 2 files (1 more in the baseline).\n")


def test_lines_that_move_change_nothing_and_a_new_finding_is_reported(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(capsys, "--write-baseline", "known.txt")
    new = A.replace("A", "C").replace("f(", "h(")
    write(project, {"a.py": f"import os\n\n\n{A}\n\n{new}"})
    code, lines, _ = check(capsys)
    assert (code, [line.split()[:2] for line in lines]) == (1, [["a.py:11:1:", "UBM101"]])


def test_a_line_whose_finding_is_gone_is_reported_in_its_place(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(capsys, "--write-baseline", "known.txt")
    write(project, {"b.py": "B = {}\n"})
    code, lines, said = check(capsys)
    assert code == 1
    assert lines == ["known.txt:3:1: UBM904 the baseline accepts `UBM101` of `b:B`, which is no longer found"]
    assert "warning: one line of the baseline known.txt accepts what is no longer found; take it away" in said
    write(project, {"a.py": "A = {}\n"})
    assert "2 lines of the baseline known.txt accept what is no longer found; take them away" in check(capsys)[2]


def test_what_is_silenced_in_the_code_too_is_stale(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys, "--write-baseline", "known.txt")
    write(project, {"b.py": B.replace("{}", "{}  # ubm: ignore[UBM101] few")})
    assert [line.split()[1] for line in check(capsys)[1]] == ["UBM904"]


QUIET = {
    "only some paths": ["a.py"],
    "the rule of the line is off": ["--select", "UBM2,UBM9"],
    "the rule about it is ignored": ["--ignore", "UBM904"],
}


@pytest.mark.parametrize("arguments", QUIET.values(), ids=QUIET)
def test_stale_lines_are_not_told_of(project: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys, "--write-baseline", "known.txt")
    write(project, {"b.py": "B = {}\n"})
    assert check(capsys)[0] == 1
    code, lines, said = check(capsys, *arguments)
    assert (code, lines) == (0, [])
    assert "no longer found" not in said


def test_nothing_is_stale_where_a_file_cannot_be_analysed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys, "--write-baseline", "known.txt")
    write(project, {"b.py": "B = (\n"})
    assert [line.split()[1] for line in check(capsys)[1]] == ["UBM901"]


def test_a_finding_below_the_confidence_is_not_gone(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(project, {"b.py": "B = []\n\n\ndef add(thing):\n    B.append(thing)\n"})
    check(capsys, "--min-confidence", "low", "--write-baseline", "known.txt")
    assert "UBM101 b:B\n" in (project / "known.txt").read_text()
    assert check(capsys, "--min-confidence", "1.0")[:2] == (0, [])


def test_the_whole_project_is_written_whatever_paths_are_given(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(capsys, "a.py", "--write-baseline", "known.txt")
    assert "UBM101 b:B\n" in (project / "known.txt").read_text()


def test_a_setting_is_relative_to_the_root_and_an_option_to_the_working_directory(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check(capsys, "--write-baseline", "known.txt")
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert check(capsys, "..")[0] == 0
    assert check(capsys, "--isolated", "--baseline", "../known.txt", "..")[0] == 0
    assert "error: The baseline known.txt is missing" in check(capsys, "--baseline", "known.txt", "..")[2]


def test_what_the_settings_leave_out_is_a_project_of_its_own_without_the_baseline(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, {"build/c.py": A})
    check(capsys, "--write-baseline", "known.txt")
    assert [line.split()[1] for line in check(capsys, "build")[1]] == ["UBM101"]


def test_the_result_of_the_last_run_serves_with_and_without_a_baseline(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(capsys, "--write-baseline", "known.txt")
    assert [check(capsys, *with_it)[0] for with_it in ([], ["--isolated"], [], ["--isolated"])] == [0, 1, 0, 1]
    (project / "known.txt").write_text(HEADER)
    assert check(capsys)[0] == 1


def test_the_plugin_of_flake8_keeps_to_the_setting(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check(capsys, "--write-baseline", "known.txt")
    write(project, {"a.py": A + "\n\n" + A.replace("A", "C").replace("f(", "h(")})
    done = python("-m", "flake8", "--select", "UBM", "a.py", "b.py", cwd=project)
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["a.py:8:1:", "UBM101"]]


# --- the file --------------------------------------------------------------------------------------------------------


def finding(code: str, symbol: str, path: str = "a.py", message: str = "grows") -> Finding:
    return Finding(code, "some-rule", message, Place(path, 1, 1, 1, 1), symbol, Confidence.HIGH)


def test_findings_of_one_key_are_counted(tmp_path: Path) -> None:
    path = str(tmp_path / "known.txt")
    twice = [finding("UBM902", "", message="of no use"), finding("UBM902", "", message="of no use")]
    assert len(baseline.write(path, path, [*twice, finding("UBM101", "a:A")]).accepted) == 3
    assert (tmp_path / "known.txt").read_text() == f"{HEADER}UBM101 a:A\nUBM902 x2 a.py: of no use\n"
    entries = baseline.read(path, path)
    assert [entry.accepts for entry in entries] == [1, 2]
    found = baseline.applied(entries, [*twice, *twice[:1]])
    assert (len(found.kept), len(found.accepted)) == (1, 2)
    assert found.left == {Entry(2, Key("UBM101", "a:A"), 1): 1}


ODD = ["x2 names:A", "a\nb:A", "über:Ä", "a b:A", "back\\slash:A", " first:A", "last:A ", "a\x85\u2028b:A", "\udce9:A"]


def test_any_symbol_stays_on_one_line_and_is_found_again(tmp_path: Path) -> None:
    path = str(tmp_path / "known.txt")
    findings = [finding("UBM101", symbol) for symbol in ODD]
    baseline.write(path, path, findings)
    lines = (tmp_path / "known.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(ODD) + 1 and lines[1:] == sorted(lines[1:])
    found = baseline.applied(baseline.read(path, path), findings)
    assert (found.kept, found.left) == ((), {})


def test_faults_of_the_program_and_stale_lines_are_never_accepted(tmp_path: Path) -> None:
    path = str(tmp_path / "known.txt")
    never = (finding("UBM900", "a:A"), finding("UBM904", ""))
    assert baseline.write(path, path, never) == (never, ())
    (tmp_path / "known.txt").write_text(f"{HEADER}UBM900 a:A\n")
    assert baseline.applied(baseline.read(path, path), [finding("UBM900", "a:A")]).accepted == ()


def test_comments_empty_lines_and_what_other_programs_do_to_line_ends_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "known.txt"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\n# few\nUBM101 a:A\nUBM101 a:A\n".replace("\n", "\r\n").encode())
    assert baseline.read(str(path), "known.txt") == (Entry(4, Key("UBM101", "a:A"), 1),)


BROKEN = {
    b"": "known.txt is no baseline; give one that --write-baseline has written",
    b"UBM101 a:A\n": "known.txt is no baseline; give one that --write-baseline has written",
    b"\xff\xfe": "known.txt is no baseline; give one that --write-baseline has written",
    b"# unbounded-lint baseline, version 2\n": (
        "The baseline known.txt is of another version than 1, the one that this program reads; write it anew with "
        "--write-baseline known.txt"
    ),
    HEADER.encode() + b"<<<<<<< ours\n": (
        "known.txt:2: this line of the baseline is not CODE SYMBOL; take it away, or write the baseline anew with "
        "--write-baseline known.txt"
    ),
}


@pytest.mark.parametrize("data", BROKEN)
def test_what_is_no_baseline_is_an_error_of_one_sentence(
    project: Path, data: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "known.txt").write_bytes(data)
    assert check(capsys) == (2, [], f"unbounded-lint: error: {BROKEN[data]}.\n")


def test_a_missing_one_is_an_error_that_says_how_to_write_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "The baseline known.txt is missing; write it with --write-baseline known.txt, or name another one."
    assert check(capsys) == (2, [], f"unbounded-lint: error: {sentence}\n")


def test_what_is_no_file_is_not_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(project / "known.txt")
    assert "cannot be read: it is a FIFO, not a regular file" in check(capsys)[2]


UNWRITABLE = {
    "a.py": "a.py is there and is no baseline; give --write-baseline another name, or remove it",
    "below": "The baseline below cannot be written: it is a directory, not a regular file; give another name",
    "none/known.txt": "The baseline none/known.txt cannot be written: no such file or directory",
    "": "--write-baseline names no file; give one",
}


@pytest.mark.parametrize("name", UNWRITABLE)
def test_what_cannot_be_written_is_an_error_and_leaves_all_as_it_was(
    project: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "below").mkdir()
    assert check(capsys, "--write-baseline", name) == (2, [], f"unbounded-lint: error: {UNWRITABLE[name]}.\n")
    assert (project / "a.py").read_text() == A


def test_it_is_not_written_through_a_link(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "elsewhere").write_text(HEADER)
    (project / "known.txt").symlink_to(tmp_path / "elsewhere")
    assert check(capsys, "--write-baseline", "known.txt")[0] == 0
    assert (tmp_path / "elsewhere").read_text() == HEADER
    assert "UBM101 a:A" in (project / "known.txt").read_text()


def test_a_file_that_is_written_anew_keeps_its_permissions(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "known.txt").write_text(HEADER)
    (project / "known.txt").chmod(0o640)
    check(capsys, "--write-baseline", "known.txt")
    assert (project / "known.txt").stat().st_mode & 0o777 == 0o640


def test_a_baseline_is_read_and_written_in_runs_apart(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = check(capsys, "--write-baseline", "x", "--baseline", "y")[2]
    assert said == "unbounded-lint: error: --write-baseline and --baseline cannot be combined; give one of them.\n"


def test_a_fault_of_the_program_is_shown_while_a_baseline_is_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("unbounded_lint.facts.collect.collect", fail)
    code, lines, _ = check(capsys, "--no-cache", "--write-baseline", "known.txt")
    assert (code, {line.split()[1] for line in lines}) == (2, {"UBM900"})
    assert (project / "known.txt").read_text() == HEADER


def test_the_outcome_has_what_was_accepted(project: Path) -> None:
    (project / "known.txt").write_text(f"{HEADER}UBM101 a:A\n")
    outcome: Outcome = runner.check(request_for(project, baseline="known.txt"))
    assert [finding.symbol for finding in outcome.accepted] == ["a:A"]
    assert [finding.symbol for finding in outcome.findings] == ["b:B"]
    with pytest.raises(UserError):
        runner.check(request_for(project, baseline="none.txt"))
