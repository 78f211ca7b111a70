"""Wherever somebody meets the findings they are the same: the command, flake8, both hooks and an editor.

Each fixture is a project of its own, and two larger programs are made of all of them.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from tests.flake8.test_versions import WAYS, Found, by_command, by_plugin, cases, handed, projects
from tests.lsp.test_fixtures import shown
from tests.processes import ROOT, finished

LINE = re.compile(r"(?P<path>.+?):(?P<line>\d+):\d+: (?P<code>UBM\d{3}) ")
SETTINGS = "[tool.unbounded-lint]\nextend-select = ['UBM']\n"

GATEWAY = ROOT / "fixtures" / "gateway"
ALL = cases()
SAMPLE = ALL[:: len(ALL) // 4]


def program(tree: Path, name: str, parts: Sequence[Path]) -> Path:
    """One program made of fixtures, each in a folder of its own."""
    root = tree / name
    for part in parts:
        shutil.copytree(part, root / part.parent.name.replace("-", "_") / part.name.replace("-", "_"))
    for settings in root.rglob("pyproject.toml"):
        settings.unlink()
    (root / "pyproject.toml").write_text(SETTINGS)
    return root


def by_hook(tree: Path, project: Path, hook: dict[str, str]) -> Iterator[Found]:
    """What the command that a hook runs says in a project, given its files where the hook passes them."""
    program, *arguments = shlex.split(hook["entry"])
    assert program == "unbounded-lint"
    files = sorted(str(path.relative_to(project)) for path in project.rglob("*.py"))
    given = files if hook.get("pass_filenames", True) else []
    done = finished([sys.executable, "-m", "unbounded_lint", *arguments, *given], cwd=project)
    for found in map(LINE.match, done.stdout.splitlines()):
        assert found is not None
        path = os.path.relpath(os.path.normpath(project / found["path"]), tree)
        yield path, found["code"], int(found["line"])


def by_editor(tree: Path, made: list[Path]) -> set[Found]:
    """What an editor shows of projects."""
    return {(str(path.relative_to(tree)), code, line) for path, line, code in shown(tree, made)}


def in_python(found: set[Found]) -> set[Found]:
    """What is left without what is said of settings and of files that cannot be parsed."""
    return {one for one in found if one[0].endswith(".py") and one[1] != "UBM901"}


def compared(tree: Path, made: list[Path], ways: Sequence[tuple[str, str]]) -> None:
    """Fail unless everybody says what the command says."""
    expected = {one for project in made for one in by_command(tree, project)}
    assert len({code for _, code, _ in expected}) > 1, "a comparison of next to nothing"
    assert in_python(by_editor(tree, made)) == expected
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        said = {one for project in made for one in by_hook(tree, project, hook)}
        assert in_python(said) == expected, hook["id"]
    for jobs, method in ways:
        assert by_plugin(sys.executable, tree, jobs, method) == handed(tree, expected), (jobs, method)


def test_all_say_the_same_of_some_projects_and_a_program_made_of_them(tmp_path: Path) -> None:
    made = projects(tmp_path, SAMPLE)
    compared(tmp_path, [*made, program(tmp_path, "whole", SAMPLE)], [("2", "spawn")])


@pytest.mark.exhaustive
@pytest.mark.release
def test_all_say_the_same_of_every_project(tmp_path: Path) -> None:
    compared(tmp_path, projects(tmp_path, ALL), WAYS)


@pytest.mark.exhaustive
@pytest.mark.parametrize("first", [0, pytest.param(1, marks=pytest.mark.release)])
def test_all_say_the_same_of_a_large_program(tmp_path: Path, first: int) -> None:
    compared(tmp_path, [program(tmp_path, "whole", ALL[first::2])], WAYS)


@pytest.mark.exhaustive
def test_all_say_the_same_of_every_stage_of_the_gateway(tmp_path: Path) -> None:
    compared(tmp_path, [program(tmp_path, "gateway", [stage for stage in GATEWAY.iterdir() if stage.is_dir()])], WAYS)


@pytest.mark.exhaustive
@pytest.mark.parametrize("package", [pytest.param("selenium", marks=pytest.mark.release), "filelock"])
def test_all_say_the_same_of_a_package_of_others(tmp_path: Path, package: str) -> None:
    """Of those that the tests need anyway, so that nothing of them is kept here."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    root = tmp_path / "theirs"
    shutil.copytree(Path(spec.origin).parent, root / package, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    (root / "pyproject.toml").write_text(f"{SETTINGS}min-confidence = 'low'\n")
    compared(tmp_path, [root], WAYS)
