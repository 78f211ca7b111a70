"""Settings about paths that speak of no file are told of, options that contradict each other and notebooks too."""

from __future__ import annotations

from pathlib import Path

import pytest

from unbounded_lint import cli
from unbounded_lint.files.discovery import discover
from unbounded_lint.run.unmatched import unmatched
from unbounded_lint.settings.config import Settings

PATHS = ("app/store.py", "lib/app/more.py", "checks/one.py")


def told(**settings: object) -> list[tuple[str, str]]:
    return [(one.key, one.value) for one in unmatched(Settings(**settings), PATHS)]  # type: ignore[arg-type]


def test_what_speaks_of_files_is_not_told_of() -> None:
    assert told() == []
    assert told(src=("lib", ".", "./lib/", "src"), test_paths=("checks/", "*one.py", "!no")) == []
    assert told(per_file_ignores={"app/*.py": ("UBM1",), "checks/": ("UBM101", "UBM2"), "none": ()}) == []


def test_what_speaks_of_none_is_told_of() -> None:
    assert told(src=("lib", "li", "nowhere")) == [("src", "li"), ("src", "nowhere")]
    assert told(test_paths=("checks/", "check/")) == [("test-paths", "check/")]
    assert told(per_file_ignores={"app/*.py": ("UBM",), "ap/*.py": ("UBM",)}) == [("per-file-ignores", "ap/*.py")]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "store.py").write_text("X = {}\n")
    (tmp_path / "app" / "old.py").write_text("X = {}\n")
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "one.py").write_text("X = {}\n")
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def idle(root: Path, **settings: object) -> list[tuple[str, str]]:
    return list(discover([root], root, Settings(**settings)).idle)  # type: ignore[arg-type]


def test_patterns_that_leave_something_out_are_not_idle(project: Path) -> None:
    assert idle(project) == []
    assert idle(project, exclude=("gone",), extend_exclude=("app/old.py", "*/nothing", "app/o*")) == [
        ("extend-exclude", "*/nothing")
    ]


def test_patterns_that_leave_nothing_out_are_idle(project: Path) -> None:
    assert idle(project, exclude=("gone", "away", "venv"), extend_exclude=("gone/two.py", "away")) == [
        ("exclude", "away"),
        ("extend-exclude", "gone/two.py"),
        ("extend-exclude", "away"),
    ]


def test_what_git_ignores_may_be_there_another_time(project: Path) -> None:
    (project / ".git").mkdir()
    (project / ".gitignore").write_text("made/\n")
    assert idle(project, extend_exclude=("made", "gone", "mode")) == [("extend-exclude", "mode")]


def test_the_command_tells_of_both(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text(
        "[tool.unbounded-lint]\nexclude = ['a', 'b', 'c', 'd']\nsrc = ['.', 'lib']\n"
        "[tool.unbounded-lint.per-file-ignores]\n'ap/*' = ['UBM101']\n"
    )
    for _ in range(2):  # once from a run, once from what it has kept
        assert cli.main([]) == 1
        captured = capsys.readouterr()
        assert captured.out.splitlines() == [
            "pyproject.toml:3:1: UBM903 `src` names `lib`, where there are no Python files",
            "pyproject.toml:5:1: UBM903 `per-file-ignores` names `ap/*`, which matches no file",
        ]
        assert captured.err.splitlines()[0] == (
            "unbounded-lint: warning: `exclude` names what is not there, so that nothing is left out by `a`, `b`, `c` "
            "and 1 more"
        )
    assert cli.main(["app"]) == 0
    assert capsys.readouterr().err == "No findings in 2 files.\n", "a part of a project does not tell of the whole"


def test_what_the_command_line_says_is_told_on_stderr(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--config", "src=['lib']", "--extend-exclude", "nowhere"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == [
        "unbounded-lint: warning: `src` names `lib`, where there are no Python files",
        "unbounded-lint: warning: `extend-exclude` names what is not there, so that nothing is left out by `nowhere`",
    ]


def test_settings_from_elsewhere_may_be_for_several_projects(
    project: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = tmp_path_factory.mktemp("shared") / "ours.toml"
    shared.write_text("per-file-ignores = {'none.py' = ['UBM101']}\n")
    assert cli.main(["--config", str(shared)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (
            ["--isolated", "--config", "pyproject.toml"],
            "--isolated reads no settings file, and --config names pyproject",
        ),
        (["config", "--isolated", "--config", "pyproject.toml"], "give one of the two."),
        (["--show-files", "--show-settings"], "argument --show-settings: not allowed with argument --show-files"),
        (["book.ipynb"], "notebooks are not read, so nothing is left of book.ipynb; give files or directories"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    project: Path, argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "book.ipynb").write_text("{}")
    assert cli.main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and sentence in captured.err


def test_isolated_goes_with_single_settings(project: Path) -> None:
    (project / "pyproject.toml").write_text("no [ toml")
    assert cli.main(["--isolated", "--config", "strict=true"]) == 0


@pytest.mark.parametrize("command", ["check", "files"])
def test_a_notebook_beside_other_files_is_said_to_be_left_out(
    project: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("book.ipynb", "other.ipynb"):
        (project / name).write_text("{}")
    assert cli.main([command, "book.ipynb", "app/store.py"]) == 0
    said = capsys.readouterr().err
    assert said.startswith("unbounded-lint: warning: notebooks are not read, so book.ipynb was left out\n")
    assert cli.main([command, "book.ipynb", "app/store.py", "other.ipynb"]) == 0
    assert "so book.ipynb and 1 more was left out" in capsys.readouterr().err
