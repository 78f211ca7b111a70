"""The command's arguments, streams and exit codes, with a made-up runner behind it."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from unbounded_lint import __version__, cli
from unbounded_lint.cli import terminal
from unbounded_lint.explain.symbols import Unknown
from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.rules import titles


class Request(msgspec.Struct, frozen=True):
    """As the real runner's."""

    project: Any
    settings: Any
    jobs: int
    use_cache: bool
    apply_noqa: bool = True
    settings_file: Path | None = None
    diff_base: str = ""


class Stats(msgspec.Struct, frozen=True):
    """As the real runner's."""

    files: int = 2
    analysed: int = 2
    containers: int = 1
    by_code: dict[str, int] = {}
    unparsed: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """As the real runner's."""

    findings: tuple[Finding, ...]
    stats: Stats = Stats()
    notes: tuple[str, ...] = ()
    accepted: tuple[Finding, ...] = ()
    known: tuple[Finding, ...] = ()
    hidden: int = 0


class Example(msgspec.Struct, frozen=True):
    """As much of an example as the command uses."""

    kind: str
    lead: str
    files: dict[str, str]


class Rule(msgspec.Struct, frozen=True):
    """As much of a rule as the command uses."""

    code: str
    name: str
    summary: str
    default: bool
    doc: str
    examples: tuple[Example, ...] = ()


class FakeRunner(ModuleType):
    """A runner that gives what the test has put into it, and keeps the last request."""

    def __init__(self) -> None:
        super().__init__("unbounded_lint.run.runner")
        self.Request = Request
        self.findings: tuple[Finding, ...] = ()
        self.error: BaseException | None = None
        self.request: Request | None = None
        self.symbols: tuple[str, ...] = ()
        self.progress: list[tuple[int, int]] = []

    def check(self, request: Request, progress: Callable[[str, int, int], None] | None = None) -> Outcome:
        """Keep the request, then give the findings or raise the error."""
        self.request = request
        for done, total in self.progress:
            assert progress is not None
            progress("Reading files", done, total)
        if self.error is not None:
            raise self.error
        return Outcome(self.findings)

    def explain(self, request: Request, symbols: Sequence[str]) -> tuple[Unknown, ...]:
        """Know no symbol at all."""
        self.request = request
        self.symbols = tuple(symbols)
        near = "did you mean app.store:_runs?"
        return tuple(Unknown(symbol, (f"no container is called {symbol}; {near}",)) for symbol in symbols)


RULES = (
    Rule("UBM101", "never-removed-entries", "A map that only grows", True, "Never removed.\n\n## What it does\nLooks."),
    Rule("UBM102", "event-only-removal", "Removal by its owner only", True, "Event only."),
    Rule(
        "UBM210",
        "entry-timer-only-cleanup",
        "A timer per entry",
        False,
        "Entry timers.",
        (Example("bad", "A timer for each:", {"a.py": "A = {}\n", "b.py": "import a\n"}),),
    ),
)


def finding(path: str = "app/store.py", code: str = "UBM101", line: int = 1) -> Finding:
    """Make a finding."""
    place = Place(path, line, 1, line, 6)
    return Finding(code, "never-removed-entries", "`_runs` grows", place, "app.store:_runs", Confidence.HIGH)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> FakeRunner:
    """Puts a made-up runner and rules in place of the real ones."""
    fake = FakeRunner()
    rules = ModuleType("unbounded_lint.rules.titles")
    vars(rules).update(vars(titles), titles=lambda: RULES)
    monkeypatch.setitem(sys.modules, "unbounded_lint.run.runner", fake)
    monkeypatch.setitem(sys.modules, "unbounded_lint.rules.titles", rules)
    return fake


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two modules, made the current directory."""
    for name in ("NO_COLOR", "FORCE_COLOR", cli.DEBUG_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "project"
    (root / "app").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[tool.unbounded-lint]\n")
    (root / "app" / "__init__.py").write_text("")
    (root / "app" / "store.py").write_text("_runs = {}\n")
    monkeypatch.chdir(root)
    return root


def error_of(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr, without its prefix; fails if stdout has anything."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    prefix = "unbounded-lint: error: "
    assert captured.err.startswith(prefix)
    return captured.err.removeprefix(prefix).rstrip("\n")


# --- commands and their arguments ------------------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [[], ["check"], ["."], ["check", "."], ["app"], ["app", "--no-cache"], ["--no-cache"]])
def test_check_is_the_default_command(
    runner: FakeRunner, project: Path, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == 0
    assert runner.request is not None
    assert runner.request.project.root == project
    assert capsys.readouterr() == ("", "No findings in 2 files.\n")


def test_options_may_stand_between_paths(runner: FakeRunner, project: Path) -> None:
    (project / "app" / "third.py").write_text("")
    assert cli.main(["app/__init__.py", "--no-cache", "app/store.py"]) == 0
    assert runner.request is not None
    assert runner.request.project.report_on == {"app/__init__.py", "app/store.py"}
    assert runner.request.use_cache is False


def test_path_named_like_a_command(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "rule").mkdir()
    (project / "rule" / "one.py").write_text("")
    assert cli.main(["./rule"]) == 0
    assert capsys.readouterr().err == "No findings in 1 file.\n"
    assert cli.main(["rule"]) == 0
    assert capsys.readouterr().out.startswith("UBM101")


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["check", "--help"], ["rule", "-h"], ["explain", "--help"]])
def test_help(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("usage: unbounded-lint") and captured.err == ""


def test_overview_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["--help"])
    shown = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if f"\n  {name} " not in shown] == []


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"unbounded-lint {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["check", "--no-such"], "unrecognized arguments: --no-such (see unbounded-lint check --help)."),
        (["--jobs", "0"], "expected a number from 1 or auto, not '0'"),
        (["--jobs", "many"], "expected a number from 1 or auto, not 'many'"),
        (["--jobs", "²"], "expected a number from 1 or auto, not '²'"),
        (
            ["--min-confidence", "sure"],
            "argument --min-confidence: must be low, medium, high or a number from 0 to 1, not 'sure'",
        ),
        (["--output-format", "xml"], "argument --output-format: invalid choice: 'xml'"),
        (["--select"], "argument --select: expected one argument"),
        (["--sel", "UBM101"], "unrecognized arguments: --sel"),
        (["explain"], "the following arguments are required: SYMBOL"),
        (["explain", "a:b", ".", "c"], "'.' is no symbol; write pkg.mod:NAME, "),
        (["explain", "."], "'.' is no symbol"),
        (["explain", "a:b", "./nowhere"], "nowhere does not exist"),
        (["rule", "UBM1O1"], "no rule is called 'UBM1O1'; did you mean UBM101?"),
        (["rule", "never-removed-entry"], "did you mean never-removed-entries?"),
        (["rule", "xyz"], "no rule is called 'xyz'; `unbounded-lint rule` lists them."),
    ],
)
def test_usage_errors_are_one_sentence(
    runner: FakeRunner, project: Path, argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == 2
    assert sentence in error_of(capsys)


# --- bad input -------------------------------------------------------------------------------------------------------


def test_path_that_does_not_exist(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["nowhere"]) == 2
    assert "nowhere" in error_of(capsys)


def test_path_with_control_characters_cannot_command_the_terminal(
    runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["no\x1b[2J\nwhere"]) == 2
    assert "\x1b" not in error_of(capsys)


def test_directory_without_python_files(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "docs").mkdir()
    assert cli.main(["docs"]) == 2
    assert "docs" in error_of(capsys)


def test_broken_pyproject(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text("[tool.unbounded-lint\n")
    assert cli.main([]) == 2
    assert "pyproject.toml:1: not valid TOML" in error_of(capsys)


def test_unknown_setting(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text("[tool.unbounded-lint]\nselekt = ['UBM101']\n")
    assert cli.main([]) == 2
    assert "did you mean `select`?" in error_of(capsys)


@pytest.mark.parametrize("option", ["--select", "--extend-select", "--ignore"])
def test_unknown_code(runner: FakeRunner, project: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([option, "UBM101,XYZ9"]) == 2
    assert "XYZ9" in error_of(capsys)


def test_unknown_symbol(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "app.store:_run"]) == 2
    assert error_of(capsys) == "no container is called app.store:_run; did you mean app.store:_runs?"


@pytest.mark.parametrize(
    ("arguments", "symbols", "reported"),
    [
        (["a:b"], ("a:b",), None),
        (["a:b", "c:d"], ("a:b", "c:d"), None),
        (["a:b", "c.d", "_e", "a:b"], ("a:b", "c.d", "_e"), None),
        (["a:b", "c:d", "app"], ("a:b", "c:d"), {"app/__init__.py", "app/store.py"}),
        (["a:b", "./app/store.py"], ("a:b",), {"app/store.py"}),
        (["a:b", ":app"], ("a:b", ":app"), None),
        (["app"], ("app",), None),
        (["app", "a:b"], ("app", "a:b"), None),
        (["a:f.<locals>.x", "f.<locals>.x"], ("a:f.<locals>.x", "f.<locals>.x"), None),
    ],
)
def test_symbols_are_told_from_the_path_behind_them(
    runner: FakeRunner, project: Path, arguments: list[str], symbols: tuple[str, ...], reported: set[str] | None
) -> None:
    (project / "other.py").write_text("")
    assert cli.main(["explain", *arguments]) == 2
    assert runner.request is not None
    assert (runner.symbols, runner.request.project.report_on) == (symbols, reported)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["one.toml", "two.toml"], "--config names two files, one.toml and two.toml; give one."),
        (["missing.toml"], "missing.toml: there is no such settings file."),
        (["=3"], "neither an existing file nor of the form KEY=VALUE."),
        (["strict=[1"], "not valid TOML"),
        (["strict=3"], "`strict` has a wrong value"),
        (["nonsense=3"], "unknown key `nonsense`"),
    ],
)
def test_bad_config_option(
    runner: FakeRunner, project: Path, values: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([item for value in values for item in ("--config", value)]) == 2
    assert sentence in error_of(capsys)


# --- settings --------------------------------------------------------------------------------------------------------


def settings_after(runner: FakeRunner, argv: list[str]) -> Any:
    """The settings that the runner gets."""
    assert cli.main(argv) == 0
    assert runner.request is not None
    return runner.request.settings


def test_command_line_wins_over_the_file(runner: FakeRunner, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.unbounded-lint]\nmin-confidence = 'low'\noutput-format = 'json'\n")
    assert settings_after(runner, []).min_confidence == "low"
    assert settings_after(runner, ["--min-confidence", "high"]).min_confidence == "high"
    assert settings_after(runner, ["--min-confidence", "0.25"]).min_confidence == 0.25
    assert settings_after(runner, ["--isolated"]).min_confidence == "medium"
    assert settings_after(runner, ["--config", "min-confidence=high"]).min_confidence == "high"
    assert settings_after(runner, ["--output-format", "full"]).output_format == "full"


def test_config_file_and_override(runner: FakeRunner, project: Path) -> None:
    (project / "other=1.toml").write_text("strict = true\nsrc = ['lib']\n")
    settings = settings_after(runner, ["--config", "other=1.toml", "--config", 'src=["x"]'])
    assert (settings.strict, settings.src) == (True, ("x",))


def test_selection_adds_to_the_file_and_select_starts_afresh(runner: FakeRunner, project: Path) -> None:
    (project / "pyproject.toml").write_text(
        "[tool.unbounded-lint]\nextend-select = ['UBM210']\nignore = ['UBM102']\nextend-exclude = ['old']\n"
    )
    added = settings_after(runner, ["--extend-select", "UBM2, UBM1", "--ignore", "UBM101", "--extend-exclude", "a,b"])
    assert added.select is None
    assert added.extend_select == ("UBM210", "UBM2", "UBM1")
    assert added.ignore == ("UBM102", "UBM101")
    assert added.extend_exclude == ("old", "a", "b")
    afresh = settings_after(runner, ["--select", "UBM101", "--select", "UBM102"])
    assert (afresh.select, afresh.extend_select, afresh.ignore) == (("UBM101", "UBM102"), (), ())


def test_exclude_replaces(runner: FakeRunner, project: Path) -> None:
    assert settings_after(runner, ["--exclude", "one,two", "--exclude", "three"]).exclude == ("one", "two", "three")


def test_jobs(runner: FakeRunner, project: Path) -> None:
    assert cli.main(["--jobs", "3"]) == 0
    assert runner.request is not None and runner.request.jobs == 3
    assert cli.main(["--jobs", "auto"]) == 0
    assert runner.request.jobs >= 1


# --- streams and exit codes ------------------------------------------------------------------------------------------


def test_findings_go_to_stdout_and_the_summary_to_stderr(
    runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.findings = (finding(), finding("app/__init__.py"))
    assert cli.main([]) == 1
    captured = capsys.readouterr()
    told = "UBM101 `_runs` grows (app.store:_runs)"
    assert captured.out == f"app/store.py:1:1: {told}\napp/__init__.py:1:1: {told}\n"
    assert captured.err == "Found 2 findings in 2 files.\n"


def test_one_finding_in_one_file(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner.findings = (finding(),)
    assert cli.main(["app/store.py"]) == 1
    assert capsys.readouterr().err == "Found 1 finding in 1 file.\n"


def test_exit_zero_hides_findings_only(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner.findings = (finding(),)
    assert cli.main(["--exit-zero"]) == 0
    assert "UBM101" in capsys.readouterr().out
    assert cli.main(["--exit-zero", "nowhere"]) == 2


def test_an_internal_error_about_one_file_is_an_error(runner: FakeRunner, project: Path) -> None:
    runner.findings = (finding(), finding(code="UBM900"))
    assert cli.main(["--exit-zero"]) == 2


def test_statistics(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner.findings = (finding(), finding(line=2))
    assert cli.main(["--statistics"]) == 1
    captured = capsys.readouterr()
    assert captured == ("2\tUBM101\tnever-removed-entries\n", "Found 2 findings in 2 files.\n")


def test_json_is_the_only_thing_on_stdout(
    runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.findings = (finding(),)
    assert cli.main(["--output-format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["version"], document["findings"][0]["path"]) == (1, "app/store.py")


def test_full_shows_the_source(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner.findings = (finding(),)
    assert cli.main(["--output-format", "full"]) == 1
    assert "1 | _runs = {}\n  | ^^^^^\n" in capsys.readouterr().out


def test_undecodable_source_is_left_out(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "app" / "store.py").write_bytes(b"\xff\xfe\x00")
    runner.findings = (finding(),)
    assert cli.main(["--output-format", "full"]) == 1
    assert " | " not in capsys.readouterr().out


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(
    ("argv", "env", "terminal", "colored"),
    [
        ([], {}, True, True),
        ([], {}, False, False),
        ([], {"NO_COLOR": "1"}, True, False),
        ([], {"NO_COLOR": ""}, True, True),
        ([], {"FORCE_COLOR": "1"}, False, True),
        ([], {"FORCE_COLOR": "0"}, False, False),
        ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ([], {"TERM": "dumb"}, True, False),
        (["--color", "always"], {"NO_COLOR": "1"}, False, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour(
    runner: FakeRunner,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    env: dict[str, str],
    terminal: bool,
    colored: bool,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    runner.findings = (finding(),)
    assert cli.main([*argv, "--output-format", "full"]) == 1
    assert ("\x1b[" in stream.getvalue()) is colored


def test_full_is_the_default_on_a_terminal(runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("NO_COLOR", "1")
    runner.findings = (finding(),)
    cli.main([])
    assert "--> app/store.py:1:1" in stream.getvalue()


@pytest.mark.parametrize("long", [True, False])
def test_progress_is_drawn_for_long_work_only(
    runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch, long: bool
) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    runner.progress = [(1, 4), (4, 4)]
    if long:
        monkeypatch.setattr(terminal, "PROGRESS_AFTER_SECONDS", 0.0)
    assert cli.main([]) == 0
    assert ("Reading files" in stream.getvalue()) is long
    assert stream.getvalue().endswith("No findings in 2 files.\n")


def test_no_progress_without_a_terminal(
    runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runner.progress = [(1, 2)]
    monkeypatch.setattr(terminal, "PROGRESS_AFTER_SECONDS", 0.0)
    assert cli.main([]) == 0
    assert capsys.readouterr().err == "No findings in 2 files.\n"


def test_interrupt(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner.error = KeyboardInterrupt()
    assert cli.main([]) == 130
    assert capsys.readouterr() == ("", "")


def test_unexpected_error(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner.error = KeyError("x")
    assert cli.main(["--exit-zero"]) == 2
    assert error_of(capsys) == (
        "internal error (KeyError: 'x'); please report it, with the traceback that UNBOUNDED_LINT_DEBUG=1 prints."
    )


def test_traceback_on_request(
    runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(cli.DEBUG_VARIABLE, "1")
    runner.error = KeyError("x")
    assert cli.main([]) == 2
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_operating_system_error(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runner.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "app/store.py")
    assert cli.main([]) == 2
    assert error_of(capsys) == "No space left on device: app/store.py."


class ClosedPipe(io.StringIO):
    """A stream whose reader has gone away."""

    def write(self, text: str) -> int:
        """Fail as a pipe does."""
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_closed_pipe_keeps_the_exit_code(
    runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", ClosedPipe())
    runner.findings = (finding(),)
    assert cli.main([]) == 1
    assert capsys.readouterr().err == "Found 1 finding in 2 files.\n"


def test_terminal_that_cannot_show_a_character(
    runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    runner.findings = (msgspec.structs.replace(finding(), message="`größe` grows"),)
    assert cli.main([]) == 1
    assert b"`gr\\xf6\\xdfe` grows" in raw.getvalue()


# --- paths -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("directory", "argv", "shown"),
    [
        (".", [], "app/store.py"),
        ("app", [], "store.py"),
        ("app", ["store.py"], "store.py"),
        ("docs", ["../app"], "../app/store.py"),
        ("docs", ["../app/store.py"], "../app/store.py"),
        ("docs", ["../app/__init__.py"], "../app/store.py"),
    ],
)
def test_shown_path(
    runner: FakeRunner,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    directory: str,
    argv: list[str],
    shown: str,
) -> None:
    (project / "docs").mkdir()
    monkeypatch.chdir(project / directory)
    runner.findings = (finding(),)
    assert cli.main(argv) == 1
    assert capsys.readouterr().out == f"{shown}:1:1: UBM101 `_runs` grows (app.store:_runs)\n"


def test_shown_path_through_a_symlink(
    runner: FakeRunner, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.parent / "link").symlink_to(project)
    monkeypatch.chdir(project.parent)
    runner.findings = (finding(),)
    assert cli.main([str(project.parent / "link")]) == 1
    assert capsys.readouterr().out.startswith("project/app/store.py:1:1: ")


# --- the other commands ----------------------------------------------------------------------------------------------


def test_files(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["files"]) == 0
    assert capsys.readouterr() == ("app/__init__.py\napp/store.py\n", "")
    assert cli.main(["--show-files", "app/store.py"]) == 0
    assert capsys.readouterr() == ("app/store.py\n", "")
    assert cli.main(["files", "--extend-exclude", "store.py"]) == 0
    assert capsys.readouterr() == ("app/__init__.py\n", "")
    assert runner.request is None


def test_files_as_json(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["files", "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"path": "app/__init__.py", "module": "app", "test": False},
        {"path": "app/store.py", "module": "app.store", "test": False},
    ]


def test_config_is_toml_that_gives_the_same_settings(
    runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "pyproject.toml").write_text(
        "[tool.unbounded-lint]\nstrict = true\nignore = ['UBM102']\nper-file-ignores = {'a\"b\\\\c/é' = ['UBM1']}\n"
    )
    assert cli.main(["config"]) == 0
    shown = capsys.readouterr().out
    assert "# select is not set\n" in shown
    assert cli.main(["--show-settings"]) == 0
    assert capsys.readouterr().out == shown
    (project / "pyproject.toml").write_text(shown)
    assert cli.main(["config"]) == 0
    assert capsys.readouterr().out == shown


def test_config_as_json(runner: FakeRunner, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "--config", "strict=true", "--output-format", "json"]) == 0
    settings = json.loads(capsys.readouterr().out)
    assert (settings["strict"], settings["min-confidence"], settings["select"]) == (True, "medium", None)


def test_config_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "--schema"]) == 0
    assert "min-confidence" in json.loads(capsys.readouterr().out)["properties"]


def test_rule_table(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rule"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "UBM101  never-removed-entries     on      A map that only grows",
        "UBM102  event-only-removal        on      Removal by its owner only",
        "UBM210  entry-timer-only-cleanup  opt-in  A timer per entry",
    ]


@pytest.mark.parametrize("wanted", ["UBM101", "ubm101", "never-removed-entries"])
def test_rule_text(runner: FakeRunner, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rule", wanted, "UBM210"]) == 0
    assert capsys.readouterr().out == (
        "# never-removed-entries (UBM101), on by default\n\nNever removed.\n\n## What it does\nLooks.\n"
        "\n# entry-timer-only-cleanup (UBM210), opt-in\n\nEntry timers.\n"
    )


@pytest.mark.parametrize(
    ("wanted", "codes"), [(["UBM1"], ["UBM101", "UBM102"]), (["ubm", "UBM102"], ["UBM101", "UBM102", "UBM210"])]
)
def test_a_prefix_means_the_rules_below_it(
    runner: FakeRunner, wanted: list[str], codes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["rule", "--output-format", "json", *wanted]) == 0
    assert [rule["code"] for rule in json.loads(capsys.readouterr().out)] == codes


def test_rule_text_is_drawn_where_colour_is_wanted(
    project: Path, runner: FakeRunner, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert cli.main(["rule", "UBM101", "UBM210"]) == 0
    out = capsys.readouterr().out
    assert "\x1b[" in out
    plain = re.sub(r"\x1b\[[0-9;]*m|[═║╔╗╚╝]", "", out)  # some versions of rich put the title in a box
    assert [line.strip() for line in plain.splitlines() if line.strip()] == [
        "never-removed-entries (UBM101), on by default",
        "Never removed.",
        "What it does",
        "Looks.",
        "entry-timer-only-cleanup (UBM210), opt-in",
        "Entry timers.",
    ]
    monkeypatch.setenv("NO_COLOR", "1")
    assert cli.main(["rule", "UBM101"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_rule_as_json(runner: FakeRunner, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rule", "--output-format", "json", "UBM210"]) == 0
    assert json.loads(capsys.readouterr().out) == [json.loads(msgspec.json.encode(RULES[2]))]
    assert cli.main(["rule", "--output-format", "json"]) == 0
    assert [rule["code"] for rule in json.loads(capsys.readouterr().out)] == ["UBM101", "UBM102", "UBM210"]
