"""The plugin: its own decisions with a made-up runner, and a real flake8 against the real command."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from tests.processes import python
from unbounded_lint import flake8 as plugin
from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.flake8.options import Given

# --- the plugin class ------------------------------------------------------------------------------------------------


class Request(msgspec.Struct, frozen=True):
    """As the real runner's."""

    project: Any
    settings: Any
    jobs: int
    use_cache: bool
    apply_noqa: bool = True


class Outcome(msgspec.Struct, frozen=True):
    """As much of the real runner's as the plugin reads."""

    findings: tuple[Finding, ...]


class FakeRunner(ModuleType):
    """Gives what the test has put into it, and keeps the requests."""

    def __init__(self) -> None:
        super().__init__("unbounded_lint.run.runner")
        self.Request = Request
        self.findings: tuple[Finding, ...] = ()
        self.error: Exception | None = None
        self.requests: list[Request] = []

    def check(self, request: Request) -> Outcome:
        """Keep the request, then give the findings or raise the error."""
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        return Outcome(self.findings)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRunner]:
    """Puts a made-up runner in place of the real one."""
    fake = FakeRunner()
    monkeypatch.setitem(sys.modules, "unbounded_lint.run.runner", fake)
    plugin._project.cache_clear()
    yield fake
    plugin._project.cache_clear()


STORE = "_runs: dict[str, object] = {}\n_steps: dict[str, int] = {}\n"
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


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose containers and inserts are in different modules, made the current directory."""
    (tmp_path / "pyproject.toml").write_text("[tool.unbounded-lint]\n")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "store.py").write_text(STORE)
    (tmp_path / "app" / "api.py").write_text(API)
    (tmp_path / "app" / "later.py").write_text(
        "_seen: set[str] = set()\n\n\ndef see(event) -> None:\n    _seen.add(event.id)\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def finding(path: str, line: int = 1, column: int = 1, related: tuple[Place, ...] = ()) -> Finding:
    """Make a finding."""
    place = Place(path, line, column, line, column + 5)
    return Finding(
        "UBM101", "never-removed-entries", "`_runs` grows", place, "app.store:_runs", Confidence.HIGH, related
    )


def run(filename: str) -> list[tuple[int, int, str, type]]:
    """Run the plugin on one file as flake8 does."""
    path = Path(filename)
    tree = ast.parse(path.read_text() if path.is_file() else STORE)
    return list(plugin.Plugin(tree=tree, filename=filename).run())


def test_each_file_gets_its_own_findings_and_the_project_is_linked_once(runner: FakeRunner, project: Path) -> None:
    runner.findings = (finding("app/api.py", 4), finding("app/store.py", 2, 3), finding("app/store.py", 1))
    assert run("./app/store.py") == [
        (2, 2, "UBM101 `_runs` grows", plugin.Plugin),
        (1, 0, "UBM101 `_runs` grows", plugin.Plugin),
    ]
    assert run(str(project / "app" / "api.py")) == [(4, 0, "UBM101 `_runs` grows", plugin.Plugin)]
    assert run("app/__init__.py") == []
    (request,) = runner.requests
    assert (request.jobs, request.use_cache, request.apply_noqa) == (1, True, False)
    assert (request.project.root, request.project.report_on) == (project, None)


def test_related_places_are_named_up_to_three(runner: FakeRunner, project: Path) -> None:
    places = tuple(Place("app/api.py", line, 1, line, 2, "insert") for line in (5, 6, 7, 8, 9))
    runner.findings = (finding("app/store.py", related=places),)
    ((_, _, text, _),) = run("app/store.py")
    assert (
        text == "UBM101 `_runs` grows (insert at app/api.py:5, insert at app/api.py:6, insert at app/api.py:7, 2 more)"
    )


@pytest.mark.parametrize("filename", ["-", "stdin", "app/made_up_by_an_editor.py"])
def test_what_is_no_file_has_no_findings(runner: FakeRunner, project: Path, filename: str) -> None:
    runner.error = RuntimeError("not to be reached")
    assert run(filename) == []
    assert runner.requests == []


def test_a_failure_is_told_once_for_all_files_of_a_project(
    runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin.Plugin, "given", Given(paths=("app",)))
    runner.error = RuntimeError("first\nsecond")
    assert run("app/store.py") == run("app/later.py") == []
    assert run("app/api.py") == [(1, 0, "UBM900 internal error (RuntimeError: first second)", plugin.Plugin)]
    assert len(runner.requests) == 1


@pytest.mark.parametrize(
    "text",
    ["import os\n", "def f(:\n", "X = {}  # noqa\n", "# flake8: noqa\nX = {}\n", ""],
    ids=["no word", "no tree", "silenced", "silenced whole", "empty"],
)
def test_the_file_that_tells_is_one_that_flake8_shows(
    runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (project / "app" / "aa.py").write_text(text)
    monkeypatch.setattr(plugin.Plugin, "given", Given(paths=("app",)))
    runner.error = RuntimeError("no")
    assert [line[2] for line in run("app/api.py")] == ["UBM900 internal error (RuntimeError: no)"]


def test_what_flake8_does_not_list_tells_for_itself(
    runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin.Plugin, "given", Given(paths=("-",)))
    runner.error = RuntimeError("no")
    assert [line[2] for line in run("app/store.py")] == ["UBM900 internal error (RuntimeError: no)"]


@pytest.mark.parametrize("text", ["", '"""Nothing."""\n', "import os\nfrom app import api\n", "pass\n"])
def test_nobody_waits_for_the_project_of_a_file_that_says_nothing(runner: FakeRunner, project: Path, text: str) -> None:
    runner.error = RuntimeError("not to be reached")
    (project / "app" / "__init__.py").write_text(text)
    assert run("app/__init__.py") == []
    assert runner.requests == []


def test_a_file_with_comments_of_ours_always_says_something(runner: FakeRunner, project: Path) -> None:
    (project / "app" / "__init__.py").write_text("import os  # ubm: bounded()\n")
    assert run("app/__init__.py") == []
    assert len(runner.requests) == 1


def test_wrong_settings_are_one_report(runner: FakeRunner, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.unbounded-lint]\nstrikt = true\n")
    ((line, column, text, _),) = run("app/api.py")
    assert (line, column) == (1, 0)
    assert text.startswith("UBM900 ") and "did you mean `strict`?" in text


def test_memo_is_bounded() -> None:
    assert plugin._project.cache_parameters()["maxsize"] == 8


# --- a real flake8 ---------------------------------------------------------------------------------------------------

FLAKE8 = """\
import multiprocessing, sys
from flake8.main.cli import main
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
"""


def flake8(project: Path, *argv: str, method: str = "fork", text: str = "") -> subprocess.CompletedProcess[str]:
    """Run flake8 with the plugin: the installed one, or else one registered for this run only."""
    config = "[flake8]\n"
    if not any(found.name == "UBM" for found in entry_points(group="flake8.extension")):
        config += "[flake8:local-plugins]\nextension =\n    UBM = unbounded_lint.flake8:Plugin\n"
    (project / "flake8.ini").write_text(config)
    (project / "run_flake8.py").write_text(FLAKE8)
    return python("run_flake8.py", method, "--config", "flake8.ini", *argv, cwd=project, text=text)


def command_findings(project: Path) -> list[tuple[str, int, int, str, str]]:
    """What the command reports, as (path, line, column, code, message)."""
    done = python("-m", "unbounded_lint", "app", "--output-format", "json", "--no-cache", cwd=project)
    found = json.loads(done.stdout)["findings"]
    return [(one["path"], one["line"], one["column"], one["code"], one["message"]) for one in found]


@pytest.mark.parametrize(("jobs", "method"), [("1", "fork"), ("2", "fork"), ("2", "spawn")])
def test_same_answer_as_the_command(project: Path, jobs: str, method: str) -> None:
    expected = command_findings(project)
    assert [(path, line, code) for path, line, _, code, _ in expected] == [
        ("app/later.py", 1, "UBM101"),
        ("app/store.py", 1, "UBM101"),
        ("app/store.py", 2, "UBM102"),
    ]
    form = "%(path)s\t%(row)d\t%(col)d\t%(code)s\t%(text)s"
    done = flake8(project, "app", f"-j{jobs}", "--select", "UBM", "--format", form, method=method)
    assert done.stderr == ""
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(path, int(row), int(col), code) for path, row, col, code, _ in rows] == [one[:4] for one in expected]
    assert [text[: len(one[4])] for (*_, text), one in zip(rows, expected, strict=True)] == [one[4] for one in expected]
    assert "(insert at app/api.py:5" in rows[1][4]


def test_codes_are_selected_by_default(project: Path) -> None:
    done = flake8(project, "app/store.py", "-j1")
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["UBM101", "UBM102"]
    done = flake8(project, "app/store.py", "-j1", "--extend-ignore", "UBM1")
    assert (done.returncode, done.stdout) == (0, "")


def test_both_kinds_of_suppression(project: Path) -> None:
    first, second = STORE.splitlines()
    (project / "app" / "store.py").write_text(f"{first}  # noqa: UBM101\n{second}  # ubm: ignore[UBM102] short\n")
    assert flake8(project, "app/store.py", "-j1", "--select", "UBM").stdout == ""
    shown = flake8(project, "app/store.py", "-j1", "--select", "UBM", "--disable-noqa").stdout
    assert [line.split()[1] for line in shown.splitlines()] == ["UBM101"]


def test_comments_that_are_of_no_use(project: Path) -> None:
    """Whether a `# noqa` is, flake8 alone knows."""
    comments = ("# noqa: UBM201", "# ubm: ignore[UBM201]", "# ubm: bounded()")
    (project / "app" / "store.py").write_text("".join(f"X{i} = {{}}  {text}\n" for i, text in enumerate(comments)))
    done = flake8(project, "app/store.py", "-j1", "--select", "UBM")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["app/store.py:2:10:", "UBM902"],
        ["app/store.py:3:10:", "UBM903"],
    ]


def test_standard_input(project: Path) -> None:
    done = flake8(project, "-", "--select", "UBM", text=STORE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = flake8(project, "-", "--select", "UBM", "--stdin-display-name", "app/store.py", text=STORE)
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["UBM101", "UBM102"]


@pytest.mark.parametrize(("jobs", "method"), [("1", "fork"), ("2", "fork"), ("2", "spawn")])
def test_wrong_settings_are_told_once_and_do_not_end_the_run(project: Path, jobs: str, method: str) -> None:
    (project / "pyproject.toml").write_text("[tool.unbounded-lint]\nstrikt = true\n")
    done = flake8(project, "app", f"-j{jobs}", "--select", "UBM,F", method=method)
    (line,) = done.stdout.splitlines()
    assert line.startswith("app/api.py:1:1: UBM900 ") and "did you mean `strict`?" in line
    assert (done.returncode, done.stderr) == (1, "")
