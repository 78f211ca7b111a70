"""pre-commit installs this very tree and runs both hooks on a project."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.processes import ROOT, finished, python

STORE = "_runs: dict[str, object] = {}\n"
API = """\
from app import store


def register(run_id: str, run: object) -> None:
    store._runs[run_id] = run
"""


def environment(home: Path) -> dict[str, str]:
    """An environment without the variables by which git, pytest or a hook around us would reach into the tests."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT", "PYTHONPATH"))
    }
    identity = {
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@t",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@t",
    }
    ours = {"GIT_CONFIG_GLOBAL": os.devnull, "PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never"}
    return {**kept, **identity, **ours}


def git(*argv: str, cwd: Path, env: dict[str, str]) -> str:
    """Run git and give what it prints."""
    done = finished(["git", *argv], cwd=cwd, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit_all(directory: Path, env: dict[str, str]) -> None:
    """Make a directory a git repository with one commit."""
    git("init", "--quiet", "--initial-branch=main", cwd=directory, env=env)
    git("add", "--all", cwd=directory, env=env)
    git("commit", "--quiet", "--no-verify", "-m", "all", cwd=directory, env=env)


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One pre-commit home for both hooks, so that the environment is built once."""
    return environment(tmp_path_factory.mktemp("pre-commit-home"))


@pytest.fixture(scope="module")
def hook_repo(tmp_path_factory: pytest.TempPathFactory, env: dict[str, str]) -> Path:
    """The working tree as it is now, committed in a repository of its own: HEAD may be older."""
    copy = tmp_path_factory.mktemp("unbounded-lint")
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT, env=env)
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, copy / name
        if source.is_file() and not name.startswith((".venv/", ".mypy_cache/", ".ruff_cache/")):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    commit_all(copy, env)
    return copy


@pytest.fixture
def project(tmp_path: Path, hook_repo: Path, env: dict[str, str]) -> Path:
    """A project under git with one finding, set up to run both hooks."""
    hooks = [{"id": "unbounded-lint"}, {"id": "unbounded-lint-files"}]
    rev = git("rev-parse", "HEAD", cwd=hook_repo, env=env).strip()
    config = {"repos": [{"repo": str(hook_repo), "rev": rev, "hooks": hooks}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "app").mkdir()
    (tmp_path / "pyproject.toml").write_text("[tool.unbounded-lint]\n")
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "store.py").write_text(STORE)
    (tmp_path / "app" / "api.py").write_text(API)
    commit_all(tmp_path, env)
    return tmp_path


def pre_commit(project: Path, env: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    """Run pre-commit in the project."""
    return python("-m", "pre_commit", *argv, "--verbose", cwd=project, env=env)


@pytest.mark.exhaustive
def test_try_repo_runs_both_hooks(project: Path, hook_repo: Path, env: dict[str, str]) -> None:
    done = pre_commit(project, env, "try-repo", str(hook_repo), "--files", "app/api.py", "app/store.py")
    by_hook = {part.split("\n")[0]: part for part in done.stdout.split("- hook id: ")[1:]}
    assert sorted(by_hook) == ["unbounded-lint", "unbounded-lint-files"], done.stdout + done.stderr
    for shown in by_hook.values():
        assert "- exit code: 1" in shown and "app/store.py:1:1: UBM101 " in shown
    assert done.returncode == 1


@pytest.mark.exhaustive
def test_whole_project_hook(project: Path, env: dict[str, str]) -> None:
    done = pre_commit(project, env, "run", "unbounded-lint", "--files", "app/api.py")
    assert "app/store.py:1:1: UBM101 " in done.stdout and done.returncode == 1, done.stdout + done.stderr
    (project / "app" / "store.py").write_text("_runs: dict[str, object] = {}  # ubm: ignore[UBM101] few\n")
    done = pre_commit(project, env, "run", "unbounded-lint", "--all-files")
    assert "Passed" in done.stdout and done.returncode == 0, done.stdout + done.stderr


@pytest.mark.exhaustive
def test_changed_files_hook(project: Path, env: dict[str, str]) -> None:
    done = pre_commit(project, env, "run", "unbounded-lint-files", "--files", "app/api.py")
    assert done.returncode == 0 and "No findings in 1 file." in done.stdout, done.stdout + done.stderr
    done = pre_commit(project, env, "run", "unbounded-lint-files", "--files", "app/store.py")
    assert "app/store.py:1:1: UBM101 " in done.stdout and done.returncode == 1, done.stdout + done.stderr


@pytest.mark.exhaustive
def test_hooks_do_not_run_without_python_files(project: Path, env: dict[str, str]) -> None:
    done = pre_commit(project, env, "run", "--files", "pyproject.toml")
    assert done.stdout.count("(no files to check)Skipped") == 2 and done.returncode == 0, done.stdout + done.stderr


def test_the_hooks_are_described_as_pre_commit_wants(env: dict[str, str]) -> None:
    done = python("-m", "pre_commit", "validate-manifest", ".pre-commit-hooks.yaml", env=env)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_hook_runs_in_parallel_with_itself() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [(hook["id"], hook["require_serial"]) for hook in hooks] == [
        ("unbounded-lint", True),
        ("unbounded-lint-files", True),
    ]
