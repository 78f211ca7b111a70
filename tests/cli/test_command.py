"""The real command on real files, run as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import pooled
from tests.conftest import CACHE_VARIABLE
from tests.processes import environment, python, started, until_alive
from unbounded_lint.files.sources import POOL_BYTES

STORE = """\
_runs: dict[str, object] = {}
_steps: dict[str, int] = {}
"""
API = """\
from app import store


def register(run_id: str, run: object, step_id: str) -> None:
    store._runs[run_id] = run
    store._steps[step_id] = 0
    run.begin()
    finish(step_id)


def finish(step_id: str) -> None:
    store._steps.pop(step_id, None)
"""


def run(*argv: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a directory, without colour or debugging variables from outside."""
    return python("-m", "unbounded_lint", *argv, cwd=cwd, env=environment(**env))


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


def test_the_answer_depends_on_neither_jobs_nor_cache_nor_order(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home") / "caches"
    env = {CACHE_VARIABLE: str(home)}
    options = ("--output-format", "json")
    first = run("app/api.py", "app/store.py", *options, "--jobs", "1", "--no-cache", cwd=project, **env)
    assert not home.exists()
    for argv in (["--jobs", "2"], ["--jobs", "1"], ["--jobs", "auto", "--no-cache"]):
        again = run("app/store.py", "app/api.py", *options, *argv, cwd=project, **env)
        assert codes(again) == codes(first) == EXPECTED
        assert json.loads(again.stdout)["findings"] == json.loads(first.stdout)["findings"]
    assert home.exists()
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


def test_declarations(project: Path) -> None:
    lines = STORE.splitlines()
    (project / "app" / "store.py").write_text(
        f"{lines[0]}  # ubm: bounded(twelve runs)\n{lines[1]}  # ubm: swept-by(app.api.finsh)\n"
    )
    (project / "pyproject.toml").write_text('[tool.unbounded-lint]\nsweepers = ["app.api:finish", "app.api:gone"]\n')
    done = run("--output-format", "concise", cwd=project)
    assert (done.returncode, done.stdout) == (
        1,
        "app/store.py:2:30: UBM903 `# ubm: swept-by(app.api.finsh)` names no function of the project; did you mean "
        "`app.api:finish`?\n"
        "pyproject.toml:2:1: UBM903 `sweepers` names `app.api:gone`, which is no function of the project\n",
    )
    full = run("--output-format", "full", cwd=project).stdout
    assert '2 | sweepers = ["app.api:finish", "app.api:gone"]' in full
    assert codes(run("app/api.py", "--output-format", "json", cwd=project)) == []
    sheet = run("explain", "app.store:_runs", cwd=project).stdout
    assert "\n  declared bounded: twelve runs\n" in sheet and sheet.endswith("  findings: none\n")


def test_a_setting_of_the_command_line_that_names_nothing_is_told_on_stderr(project: Path) -> None:
    done = run("--config", "sweepers=['app.api:finsh']", "--ignore", "UBM1", cwd=project)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[0] == (
        "unbounded-lint: warning: `sweepers` names `app.api:finsh`, which is no function of the project; did you mean "
        "`app.api:finish`?"
    )


def test_a_settings_file_elsewhere_is_reported_on_too(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "named.toml"
    other.write_text('ignore = ["UBM1"]\nsweepers = ["app.api:gone"]\n')
    done = run("--config", str(other), "--output-format", "concise", cwd=project)
    assert done.returncode == 1 and "named.toml:2:1: UBM903 `sweepers` names" in done.stdout


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
        "from app import many\n\n\ndef put(it):\n" + "".join(f"    many.m{n}[it.request.id] = 1\n" for n in range(3000))
    )
    with started([sys.executable, "-m", "unbounded_lint"], cwd=project) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith(b"app/many.py:1:1: UBM101 ")
        process.stdout.close()
        errors = process.stderr.read()
        assert (process.wait(), errors) == (1, b"Found 3002 findings in 5 files.\n")


ENDLESS = """\
import os, signal, sys
from pathlib import Path

import libcst

from unbounded_lint.cli import main
from unbounded_lint.facts import native

parse = libcst.parse_module


def parse_for_ever(text):
    Path(f"{os.getpid()}.alive").touch()
    while True:
        parse(text)


libcst.parse_module = parse_for_ever
native.read = lambda text: None
signal.signal(signal.SIGINT, signal.default_int_handler)  # `pytest &` ignores it, and so would its children

if __name__ == "__main__":
    sys.exit(main())
"""
"""The command, but each process that parses says so and then parses until something ends it."""


@pytest.fixture
def endless(project: Path) -> Path:
    """A project with more than a pool takes at once, and beside it the endless command."""
    for number in range(60):
        (project / "app" / f"api_{number}.py").write_text("_made = {}\n" + API * (POOL_BYTES // len(API) // 15))
    (project / "endless.py").write_text(ENDLESS)
    return project


@contextmanager
def parsing(directory: Path, jobs: int) -> Iterator[subprocess.Popen[bytes]]:
    """The endless command, when each of its processes parses."""
    command = [sys.executable, "endless.py", "app", "--no-cache", "--jobs", str(jobs)]
    with started(command, cwd=directory) as process:
        until_alive(process, lambda: len(list(directory.glob("*.alive"))) == jobs)
        yield process


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("whole_group", [True, False])
def test_interrupt_ends_quietly_and_leaves_no_worker(endless: Path, jobs: int, whole_group: bool) -> None:
    with parsing(endless, jobs) as process:
        # A terminal interrupts the whole group, a supervisor often the one process.
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
        out, errors = process.communicate()  # which ends when the last worker has
    assert (process.returncode, out, errors) == (130, b"", b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_worker_outlives_the_command(endless: Path, number: signal.Signals) -> None:
    with parsing(endless, 2) as process:
        os.kill(process.pid, number)
        out, errors = process.communicate()
    assert (process.returncode, out, errors) == (-number, b"", b"")


def test_a_worker_that_something_else_ends_is_told_in_one_sentence(endless: Path) -> None:
    with parsing(endless, 2) as process:
        os.kill(int(next(endless.glob("*.alive")).stem), signal.SIGKILL)
        out, errors = process.communicate()
    assert (process.returncode, out, errors.count(b"\n")) == (2, b"", 1)
    assert b"try again with --jobs 1" in errors


# --- what is analysed is never run -----------------------------------------------------------------------------------

LAZY = ("argparse", "concurrent", "json", "libcst", "msgspec", "multiprocessing", "pathspec", "rich")
"""Modules that the command imports some time after its start."""

EARLY = ("collections", "functools", "pickle", "selectors", "signal", "struct", "threading", "types", "weakref")
"""Modules that a process of a pool imports before it knows where its parent imports from."""


def shadow(project: Path, *names: str) -> None:
    """Put modules of these names where the command is run; each leaves a file when it is imported."""
    for name in names:
        (project / f"{name}.py").write_text("open(__file__ + '.ran', 'w')\n")


def test_no_module_of_the_working_directory_is_imported(project: Path) -> None:
    shadow(project, *LAZY)
    done = run("--output-format", "json", cwd=project)
    assert sorted(path.name for path in project.glob("*.ran")) == []
    assert codes(done) == EXPECTED


def test_the_command_runs_where_a_module_is_called_as_one_that_python_needs(project: Path, tmp_path: Path) -> None:
    # `python -m` ends there before any of ours runs; the script that an installer writes stands in a place of its own.
    shadow(project, *LAZY, *EARLY, "enum", "re", "runpy")
    (project / "types.py").unlink()
    (project / "types").mkdir()
    (project / "types" / "__init__.py").write_text("open(__file__ + '.ran', 'w')\n")
    script = tmp_path / "bin" / "unbounded-lint"
    script.parent.mkdir()
    script.write_text("import sys\nfrom unbounded_lint.cli import main\nsys.exit(main())\n")
    done = python(str(script), "--no-cache", "--output-format", "json", cwd=project)
    assert sorted(path.name for path in project.rglob("*.ran")) == []
    assert codes(done) == EXPECTED


@pytest.mark.parametrize("method", pooled.METHODS)
def test_no_process_of_a_pool_imports_a_module_of_the_working_directory(project: Path, method: str) -> None:
    shadow(project, *LAZY, *EARLY)
    done = python(*pooled.command(method), "--no-cache", "--jobs", "2", "--output-format", "json", cwd=project)
    assert sorted(path.name for path in project.glob("*.ran")) == []
    assert codes(done) == EXPECTED
