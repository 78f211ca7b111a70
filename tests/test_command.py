"""The real command on real files, run as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

STORE = """\
_runs: dict[str, object] = {}
_steps: dict[str, int] = {}
"""
API = """\
from app import store


def register(run_id: str, run: object, step: str) -> None:
    store._runs[run_id] = run
    store._steps[step] = 0


def finish(step: str) -> None:
    store._steps.pop(step, None)
"""


def run(*argv: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a directory, without colour or debugging variables from outside."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    return subprocess.run(
        [sys.executable, "-m", "unbounded_lint", *argv],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**kept, "PYTHONPATH": str(ROOT), **env},
    )


def assert_one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Fail unless the command ended with 2 and one line on stderr that has the words."""
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("unbounded-lint: error: ") and done.stderr.count("\n") == 1, done.stderr
    assert [word for word in words if word not in done.stderr] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two modules: containers in one, their inserts in the other."""
    (tmp_path / "pyproject.toml").write_text("[tool.unbounded-lint]\n")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "store.py").write_text(STORE)
    (tmp_path / "app" / "api.py").write_text(API)
    return tmp_path


def codes(done: subprocess.CompletedProcess[str]) -> list[tuple[str, int, str]]:
    """The findings of a JSON report as (path, line, code)."""
    document: dict[str, Any] = json.loads(done.stdout)
    return [(found["path"], found["line"], found["code"]) for found in document["findings"]]


EXPECTED = [("app/store.py", 1, "UBM101"), ("app/store.py", 2, "UBM102")]


def test_findings_across_modules(project: Path) -> None:
    done = run("--output-format", "json", cwd=project)
    assert codes(done) == EXPECTED
    assert (done.returncode, done.stderr) == (1, "Found 2 findings in 3 files.\n")
    related = json.loads(done.stdout)["findings"][0]["related"]
    assert ("insert", "app/api.py", 5) in {(place["role"], place["path"], place["line"]) for place in related}


def test_a_file_alone_is_judged_by_the_whole_project(project: Path) -> None:
    done = run("check", "app/store.py", "--output-format", "json", cwd=project)
    assert codes(done) == EXPECTED
    done = run("app/api.py", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No findings in 1 file.\n")


def test_the_answer_depends_on_neither_jobs_nor_cache_nor_order(project: Path) -> None:
    first = run("app/api.py", "app/store.py", "--output-format", "json", "--jobs", "1", "--no-cache", cwd=project)
    for argv in (["--jobs", "2"], ["--jobs", "1"], ["--jobs", "auto", "--no-cache"]):
        again = run("app/store.py", "app/api.py", "--output-format", "json", *argv, cwd=project)
        assert codes(again) == codes(first) == EXPECTED
        assert json.loads(again.stdout)["findings"] == json.loads(first.stdout)["findings"]
    assert sorted(path.name for path in project.iterdir()) == ["app", "pyproject.toml"], "it writes nowhere else"


def test_full_report_shows_both_modules(project: Path) -> None:
    done = run("--output-format", "full", "--select", "UBM101", cwd=project)
    assert "--> app/store.py:1:1\n" in done.stdout
    assert "1 | _runs: dict[str, object] = {}\n  | ^^^^^" in done.stdout
    assert "insert: app/api.py:5:5" in done.stdout
    assert "\x1b" not in done.stdout


def test_selection_and_statistics(project: Path) -> None:
    done = run("--statistics", "--ignore", "UBM102", cwd=project)
    assert done.stdout == "1\tUBM101\tnever-removed-entries\n"
    assert run("--ignore", "UBM", cwd=project).returncode == 0
    assert run("--exit-zero", cwd=project).returncode == 0


def test_suppressions(project: Path) -> None:
    lines = STORE.splitlines()
    (project / "app" / "store.py").write_text(
        f"{lines[0]}  # noqa: UBM101\n{lines[1]}  # ubm: ignore[UBM102] short-lived\n"
    )
    done = run(cwd=project)
    assert (done.returncode, done.stdout) == (0, "")


def test_explain(project: Path) -> None:
    done = run("explain", "app.store:_runs", cwd=project)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("app.store:_runs\n  --> app/store.py:1:1\n")
    assert "    app/api.py:5:5" in done.stdout
    assert "  findings: UBM101\n" in done.stdout
    sheet = json.loads(run("explain", "app.store:_runs", "--output-format", "json", cwd=project).stdout)
    assert (sheet["symbol"], sheet["findings"]) == ("app.store:_runs", ["UBM101"])


def test_rules_have_texts(project: Path) -> None:
    listed = [line.split()[0] for line in run("rule", cwd=project).stdout.splitlines()]
    assert "UBM101" in listed and listed == sorted(listed)
    text = run("rule", "UBM101", cwd=project).stdout
    assert text.startswith("# never-removed-entries (UBM101), on by default\n")
    assert "## What it does\n" in text and "## Use instead\n" in text
    assert "\n`events.py`\n\n```python\n_sequence = {}  # expect: UBM101\n" in text


def test_rules_as_json_carry_their_examples(project: Path) -> None:
    (rule,) = json.loads(run("rule", "UBM101", "--output-format", "json", cwd=project).stdout)
    assert rule["doc"].startswith("A long-lived container grows") and "\n## Options\n" in rule["doc"]
    bad, *good = rule["examples"]
    assert (bad["kind"], sorted(bad["files"]), {example["kind"] for example in good}) == (
        "bad",
        ["events.py", "server.py"],
        {"good"},
    )
    assert bad["lead"].endswith(":") and bad["lead"] in rule["doc"]


# --- bad input -------------------------------------------------------------------------------------------------------


def test_path_that_does_not_exist(project: Path) -> None:
    assert_one_sentence(run("nowhere", cwd=project), "nowhere")


def test_directory_without_python_files(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert_one_sentence(run("docs", cwd=tmp_path), "docs")


def test_broken_pyproject(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.unbounded-lint\n")
    assert_one_sentence(run(cwd=project), "pyproject.toml", "TOML")


def test_unknown_code(project: Path) -> None:
    assert_one_sentence(run("--select", "XYZ", cwd=project), "XYZ")


def test_unknown_symbol(project: Path) -> None:
    assert_one_sentence(run("explain", "app.store:_rums", cwd=project), "app.store:_rums", "app.store:_runs")


def test_files_that_cannot_be_parsed_are_findings(project: Path) -> None:
    (project / "app" / "broken.py").write_text("_table = {}\ndef (:\n")
    (project / "app" / "binary.py").write_bytes(b"_table = {}\n\xff\xfe\x00\x01")
    (project / "app" / "empty.py").write_bytes(b"")
    done = run("--output-format", "json", cwd=project)
    assert [found for found in codes(done) if found[2] == "UBM901"] == [
        ("app/binary.py", 1, "UBM901"),
        ("app/broken.py", 2, "UBM901"),
    ]
    assert [found for found in codes(done) if found[2] != "UBM901"] == EXPECTED
    assert (done.returncode, json.loads(done.stdout)["stats"]["unparsed"]) == (1, 2)


def test_file_that_cannot_be_read_is_a_finding(project: Path) -> None:
    locked = project / "app" / "locked.py"
    locked.write_text("x = 1\n")
    locked.chmod(0)
    done = run("--output-format", "json", cwd=project)
    if os.access(locked, os.R_OK):  # no permission bit stops root
        assert codes(done) == EXPECTED
    else:
        assert codes(done) == [("app/locked.py", 1, "UBM901"), *EXPECTED]
    assert "Traceback" not in done.stderr


def test_what_only_looks_like_a_file_does_not_stop_the_run(project: Path) -> None:
    odd = {"app/gone.py", "app/loop.py", "app/pipe.py"}
    (project / "app" / "gone.py").symlink_to("nowhere.py")
    (project / "app" / "loop.py").symlink_to("loop.py")
    os.mkfifo(project / "app" / "pipe.py")
    done = run("--output-format", "json", cwd=project)
    assert [found for found in codes(done) if found[0] not in odd] == EXPECTED
    assert {code for path, _, code in codes(done) if path in odd} <= {"UBM901"}
    assert "Traceback" not in done.stderr


# --- streams ---------------------------------------------------------------------------------------------------------


def test_reader_that_goes_away(project: Path) -> None:
    (project / "app" / "many.py").write_text("".join(f"m{n} = {{}}\n" for n in range(3000)))
    (project / "app" / "fill.py").write_text(
        "from app import many\n\n\ndef put(key):\n" + "".join(f"    many.m{n}[key] = 1\n" for n in range(3000))
    )
    with subprocess.Popen(
        [sys.executable, "-m", "unbounded_lint"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith(b"app/many.py:1:1: UBM101 ")
        process.stdout.close()
        errors = process.stderr.read()
        assert (process.wait(timeout=120), errors) == (1, b"Found 3002 findings in 5 files.\n")


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("whole_group", [True, False])
def test_interrupt_ends_quietly_and_leaves_no_worker(project: Path, jobs: str, whole_group: bool) -> None:
    for number in range(400):
        (project / "app" / f"api_{number}.py").write_text("_made = {}\n" + API * 20)
    with subprocess.Popen(
        [sys.executable, "-m", "unbounded_lint", "--no-cache", "--jobs", jobs],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    ) as process:
        time.sleep(1.5)
        # A terminal interrupts the whole group, a supervisor often the one process.
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    assert (process.returncode, out, errors) == (130, b"", b"")
    assert_group_ends(process.pid)


def assert_group_ends(group: int) -> None:
    """Fail if a process of the group is still there after twenty seconds: a loaded machine is slow to end one."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
    raise AssertionError("a worker process outlived the command")
