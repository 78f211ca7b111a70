"""`check --fix`, `--unsafe-fixes` and `--diff` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.processes import python
from tests.programs import write
from unbounded_lint.cli import main

APP = """\
from flask import Flask, request

app = Flask(__name__)
_seen = {}
_known = set()


@app.post("/seen")
def seen():
    _seen[request.form["user"]] = True
    return "noted"


@app.post("/known")
def known():
    _known.add(request.form["user"])
    return "noted"
"""
REPAIRED = APP.replace("_seen = {}\n", "_seen = {}\n_SEEN_MAX_SIZE = 10_000\n").replace(
    "= True\n",
    "= True\n    if len(_seen) > _SEEN_MAX_SIZE:\n        _seen.pop(next(iter(_seen)), None)\n",
)
FIXED = (
    "fixed UBM101 app:_seen: Let `_seen` keep the last 10000 entries; this assumes that an entry that was dropped is "
    "as good as one that never came"
)
REFUSED = "unbounded-lint: not fixed UBM101 app:_known: its entries do not say when they were made"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path, {"app.py": APP, "pyproject.toml": ""}))
    return tmp_path


def check(*options: str) -> int:
    return main(["check", "--no-cache", "--output-format", "concise", *options])


def test_without_unsafe_fixes_nothing_changes_and_the_summary_tells_how_many_are_hidden(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("--fix") == 1
    assert "Found 2 findings in 1 file (1 fix hidden; enable with --unsafe-fixes)." in capsys.readouterr().err
    assert (project / "app.py").read_text() == APP


def test_a_fix_is_written_and_told_with_what_it_assumes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--fix", "--unsafe-fixes") == 1
    told = capsys.readouterr()
    assert (project / "app.py").read_text() == REPAIRED
    assert f"unbounded-lint: {FIXED}" in told.err.splitlines()
    assert REFUSED in told.err.splitlines()
    assert "Found 1 finding in 1 file (1 fixed, 1 remaining)." in told.err
    assert "_known" in told.out and "_seen" not in told.out


def test_a_second_run_changes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check("--fix", "--unsafe-fixes")
    capsys.readouterr()
    assert check("--fix", "--unsafe-fixes") == 1
    assert "Found 1 finding in 1 file.\n" in capsys.readouterr().err
    assert (project / "app.py").read_text() == REPAIRED


def test_what_is_all_fixed_is_clean(project: Path) -> None:
    (project / "app.py").write_text(APP.replace("_known.add(", "print("))
    assert check("--fix", "--unsafe-fixes") == 0


def test_a_diff_is_printed_and_nothing_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--diff", "--unsafe-fixes") == 1
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "--- app.py",
        "+++ app.py",
        "@@ -2,12 +2,15 @@",
        " ",
        " app = Flask(__name__)",
        " _seen = {}",
        "+_SEEN_MAX_SIZE = 10_000",
        " _known = set()",
        " ",
        " ",
        ' @app.post("/seen")',
        " def seen():",
        '     _seen[request.form["user"]] = True',
        "+    if len(_seen) > _SEEN_MAX_SIZE:",
        "+        _seen.pop(next(iter(_seen)), None)",
        '     return "noted"',
        " ",
        " ",
    ]
    assert f"unbounded-lint: would {FIXED.replace('fixed', 'fix', 1)}" in told.err.splitlines()
    assert told.err.splitlines()[-1] == "Would fix 1 finding."
    assert (project / "app.py").read_text() == APP


def test_a_diff_can_be_applied_by_git(project: Path) -> None:
    done = python("-m", "unbounded_lint", "check", "--diff", "--unsafe-fixes", cwd=project)
    (project / "x.patch").write_text(done.stdout)
    check("--fix", "--unsafe-fixes")
    repaired = (project / "app.py").read_text()
    (project / "app.py").write_text(APP)
    from tests.processes import finished

    assert finished(["git", "apply", "-p0", "x.patch"], cwd=project).returncode == 0
    assert (project / "app.py").read_text() == repaired


def test_a_diff_without_unsafe_fixes_is_empty(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--diff") == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "1 fix hidden; enable with --unsafe-fixes.\n")


def test_a_diff_of_what_cannot_be_fixed_is_clean(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "app.py").write_text(APP.replace("_seen[", "print["))
    assert check("--diff", "--unsafe-fixes") == 0
    assert capsys.readouterr().err.splitlines()[-1] == "Nothing would be fixed."


def test_json_carries_the_fix_that_is_asked_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--no-cache", "--output-format", "json", "--unsafe-fixes"]) == 1
    known, seen = sorted(json.loads(capsys.readouterr().out)["findings"], key=lambda finding: finding["symbol"])
    assert "fix" not in known
    assert seen["fix"] == {
        "applicability": "unsafe",
        "message": "Let `_seen` keep the last 10000 entries",
        "assumes": "an entry that was dropped is as good as one that never came",
        "edits": [
            {
                "path": "app.py",
                "line": 5,
                "column": 1,
                "end_line": 5,
                "end_column": 1,
                "text": "_SEEN_MAX_SIZE = 10_000\n",
            },
            {
                "path": "app.py",
                "line": 11,
                "column": 1,
                "end_line": 11,
                "end_column": 1,
                "text": "    if len(_seen) > _SEEN_MAX_SIZE:\n        _seen.pop(next(iter(_seen)), None)\n",
            },
        ],
    }
    assert (project / "app.py").read_text() == APP


def test_json_without_being_asked_carries_none(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--no-cache", "--output-format", "json"]) == 1
    assert not any("fix" in finding for finding in json.loads(capsys.readouterr().out)["findings"])


def test_a_directory_that_cannot_be_written_is_one_sentence(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: str, data: bytes) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("unbounded_lint.fixes.writing.write_whole", refused)
    assert check("--fix", "--unsafe-fixes") == 2
    assert capsys.readouterr().err.startswith("unbounded-lint: error: app.py cannot be written: permission denied")
    assert (project / "app.py").read_text() == APP


def test_a_run_that_repairs_nothing_loads_no_recipe(project: Path) -> None:
    script = (
        "import sys; from unbounded_lint.cli import main; main(['check', '--no-cache']); "
        "assert 'unbounded_lint.run.runner' in sys.modules; "
        "assert not [name for name in sys.modules if name.startswith('unbounded_lint.fixes')]"
    )
    done = python("-c", script, cwd=project)
    assert done.returncode == 0, done.stderr


def test_where_nothing_can_be_fixed_it_says_who_tells_why(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "app.py").write_text(APP.replace("_seen[", "print["))
    assert check("--fix") == 1
    assert "Found 1 finding in 1 file (nothing can be fixed; --unsafe-fixes tells why)." in capsys.readouterr().err
    assert check("--diff") == 0
    assert capsys.readouterr().err == "Nothing would be fixed; --unsafe-fixes tells why.\n"
    (project / "app.py").write_text("")
    assert check("--fix") == 0
    assert capsys.readouterr().err == "No findings in 1 file.\n"
    assert check("--diff") == 0
    assert capsys.readouterr().err == "Nothing would be fixed.\n"
