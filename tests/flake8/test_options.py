"""Our options in flake8: on its command line, in its files, and what its own selection means for our opt-in rules."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.flake8.test_plugin import flake8
from tests.processes import ROOT, python

CACHED = ROOT / "fixtures" / "unbounded-function-cache" / "open-arguments"
LEAK = "_runs: dict[str, object] = {}\n\n\ndef register(request) -> None:\n    _runs[request.id] = request\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one finding of a default rule, and some of an opt-in one."""
    for file in CACHED.glob("*.py"):
        shutil.copy(file, tmp_path)
    (tmp_path / "store.py").write_text(LEAK)
    (tmp_path / "pyproject.toml").write_text("[tool.unbounded-lint]\n")
    return tmp_path


def codes(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The codes of ours that flake8 prints."""
    assert done.stderr == ""
    return {word for row in done.stdout.splitlines() for word in row.split()[1:2] if word.startswith("UBM")}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], {"UBM101"}),
        (["--select", "UBM"], {"UBM101"}),
        (["--select", "E,F,UBM"], {"UBM101"}),
        (["--select", "UBM301"], {"UBM301"}),
        (["--select", "UBM3"], {"UBM301"}),
        (["--extend-select", "UBM301"], {"UBM101", "UBM301"}),
        (["--extend-select", "UBM301", "--extend-ignore", "UBM1"], {"UBM301"}),
        (["--ignore", "E501"], {"UBM101"}),
        (["--ubm-select", "unbounded-function-cache"], {"UBM301"}),
        (["--ubm-select", "UBM"], {"UBM101", "UBM301"}),
        (["--ubm-extend-select", "UBM3,UBM209"], {"UBM101", "UBM301"}),
        (["--ubm-ignore", "never-removed-entries"], set()),
        (["--ubm-min-confidence", "1.0"], set()),
        (["--ubm-min-confidence", "low"], {"UBM101"}),
    ],
)
def test_what_an_option_turns_on_and_off(project: Path, options: list[str], expected: set[str]) -> None:
    assert codes(flake8(project, ".", "-j1", *options)) == expected


def test_a_rule_that_the_project_turns_on_needs_no_option(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.unbounded-lint]\nextend-select = ['UBM301']\n")
    assert codes(flake8(project, ".", "-j1")) == {"UBM101", "UBM301"}
    assert codes(flake8(project, ".", "-j1", "--select", "UBM,E")) == {"UBM101", "UBM301"}


def test_options_win_over_the_settings_of_the_project(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.unbounded-lint]\nselect = ['UBM301']\nmin-confidence = 1.0\n")
    assert codes(flake8(project, ".", "-j1")) == set()
    assert codes(flake8(project, ".", "-j1", "--ubm-min-confidence", "medium")) == {"UBM301"}
    assert codes(flake8(project, ".", "-j1", "--ubm-min-confidence", "0.1", "--ubm-select", "UBM1")) == {"UBM101"}


def test_a_settings_file_is_named(project: Path) -> None:
    (project / "other.toml").write_text("ignore = ['UBM101']\n")
    assert codes(flake8(project, ".", "-j1", "--ubm-config", "other.toml")) == set()


def test_the_scope_is_that_of_the_command(project: Path) -> None:
    (project / "client.py").write_text(
        "class Router:\n    def __init__(self):\n        self._seen = set()\n\n"
        "    def target(self, topic):\n        self._seen.add(topic)\n        return topic\n"
    )
    for scope in ("process", "instance"):
        done = python("-m", "unbounded_lint", "client.py", "--scope", scope, "--no-cache", cwd=project)
        expected = {row.split()[1] for row in done.stdout.splitlines()}
        assert codes(flake8(project, "client.py", "-j1", "--ubm-scope", scope)) == expected


@pytest.mark.parametrize(("jobs", "method"), [("1", "fork"), ("2", "fork"), ("2", "spawn")])
def test_options_stand_in_the_files_of_flake8_too(project: Path, jobs: str, method: str) -> None:
    """A worker that is spawned reads them anew."""
    (project / "more").mkdir()
    (project / "more" / "ours.toml").write_text("ignore = ['UBM101']\n")
    (project / "more" / "flake8.ini").write_text(
        "[flake8]\nubm-extend-select =\n    unbounded-function-cache,\n"
        "ubm-min-confidence = low\nubm_config = ./more/ours.toml\n"
    )
    done = flake8(project, ".", f"-j{jobs}", "--append-config", "more/flake8.ini", method=method)
    assert codes(done) == {"UBM301"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--ubm-select", "nope"],
            "`--ubm-select` names the unknown rule `nope`; `unbounded-lint rule` lists the rules.",
        ),
        (["--ubm-ignore", "never-removed-entry"], "did you mean `never-removed-entries`?"),
        (
            ["--ubm-extend-select", "UBM3001"],
            "`--ubm-extend-select` names the unknown rule `UBM3001`; did you mean `UBM301`?",
        ),
        (["--ubm-min-confidence", "sure"], "must be low, medium, high or a number from 0 to 1, not 'sure'"),
        (["--ubm-scope", "world"], "--ubm-scope must be process or instance, not 'world'"),
        (["--ubm-config", "nowhere.toml"], "there is no such settings file: nowhere.toml"),
    ],
)
def test_a_wrong_value_ends_flake8_with_one_sentence(project: Path, options: list[str], sentence: str) -> None:
    done = flake8(project, ".", "-j2", *options)
    assert (done.returncode, done.stdout) == (2, "")
    usage, said = done.stderr.splitlines()
    assert usage.startswith("usage: flake8") and said.startswith("flake8: error: ") and sentence in said


def test_a_broken_file_that_an_option_names_is_told_once(project: Path) -> None:
    (project / "other.toml").write_text("selekt = []\n")
    done = flake8(project, ".", "-j2", "--ubm-config", "other.toml", "--select", "UBM")
    (row,) = done.stdout.splitlines()
    assert row.startswith("./api.py:1:1: UBM900 ") and "did you mean `select`?" in row


def test_the_help_of_flake8_shows_every_option_of_ours(project: Path) -> None:
    shown = flake8(project, "--help").stdout
    names = ("select", "extend-select", "ignore", "min-confidence", "scope", "config")
    assert [name for name in names if f"--ubm-{name} " not in shown] == []
