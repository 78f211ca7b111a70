"""The plugin and the command say the same of the same files: under each version of flake8, forked, spawned, or alone.

Every fixture is a project of its own in one tree, so that one run of flake8 meets many projects; one with several
packages, of which two have the same name, is among them.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, environment, finished, python
from tests.test_fixtures import FIXTURES

VERSIONS = ("6.0.0", "7.0.0", "")
"""The oldest that is promised, the first of the next series, and the newest there is."""

PARAMS = [pytest.param(one, marks=pytest.mark.release) if one == "7.0.0" else one for one in VERSIONS]

Found = tuple[str, str, int]

RUN = """\
import multiprocessing, sys
from flake8.main.cli import main
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
"""
SOME = ("every-import-form", "open-arguments", "assignments", "closed-by-now")
REGISTERED = (
    "import importlib.metadata as m; print(any(e.name == 'UBM' for e in m.entry_points(group='flake8.extension')))"
)


def projects(tree: Path, cases: Iterable[Path]) -> list[Path]:
    """Copies of fixtures, each a project of its own."""
    made = []
    for case in cases:
        target = tree / case.parent.name.replace("-", "_") / case.name
        shutil.copytree(case, target)
        if not (target / "pyproject.toml").exists():
            (target / "pyproject.toml").write_text("[tool.unbounded-lint]\nextend-select = ['UBM']\n")
        made.append(target)
    return made


def several_packages(tree: Path) -> Path:
    """A project of two services with packages of the same name, and what both import."""
    root = tree / "several"
    for service in ("one", "two"):
        app = root / "services" / service / "app"
        app.mkdir(parents=True)
        (app / "__init__.py").touch()
        (app / "store.py").write_text("_runs: dict[str, object] = {}\n")
        (app / "api.py").write_text(
            "from app import store\nfrom shared.kept import keep\n\n\n"
            "def register(request) -> None:\n    store._runs[request.id] = request\n    keep(request)\n"
        )
    (root / "services" / "two" / "app" / "gone.py").write_text(
        "from app import store\n\n\ndef drop(request) -> None:\n    store._runs.pop(request.id, None)\n"
    )
    (root / "shared").mkdir()
    (root / "shared" / "__init__.py").touch()
    (root / "shared" / "kept.py").write_text(
        "_all: dict[str, object] = {}\n\n\ndef keep(thing) -> None:\n    _all[thing.id] = thing\n"
    )
    (root / "pyproject.toml").write_text("[tool.unbounded-lint]\nmin-confidence = 'low'\n")
    return root


def by_command(tree: Path, project: Path) -> Iterator[Found]:
    """What the command says of the Python files of a project that can be parsed."""
    done = python("-m", "unbounded_lint", str(project), "--output-format", "json", cwd=tree)
    if "no Python files" in done.stderr:
        return
    assert done.stdout, done.stderr
    for one in json.loads(done.stdout)["findings"]:
        if one["path"].endswith(".py") and one["code"] != "UBM901":
            yield os.path.normpath(one["path"]), one["code"], one["line"]


def configure(interpreter: str, tree: Path, option: str) -> list[str]:
    """Make a tree one that flake8 can check; gives the beginning of the command, the method to be put behind it."""
    config = f"[flake8]\n{option}\n"
    if finished([interpreter, "-c", REGISTERED]).stdout.strip() != "True":
        config += "[flake8:local-plugins]\nextension =\n    UBM = unbounded_lint.flake8:Plugin\n"
    (tree / "flake8.ini").write_text(config)
    (tree / "run_flake8.py").write_text(RUN)
    return [interpreter, "run_flake8.py"]


def by_plugin(interpreter: str, tree: Path, jobs: str, method: str) -> set[Found]:
    """What flake8 says of a tree."""
    start = configure(interpreter, tree, "select = UBM")
    form = "%(path)s\t%(code)s\t%(row)d"
    command = [*start, method, "--config", "flake8.ini", f"-j{jobs}", "--format", form, "."]
    done = finished(command, cwd=tree, env=environment(PYTHONWARNINGS="ignore"))
    assert done.stderr == ""
    rows = [row.split("\t") for row in done.stdout.splitlines()]
    return {(os.path.normpath(path), code, int(row)) for path, code, row in rows if code.startswith("UBM")}


def cases() -> list[Path]:
    """Every fixture that is nothing but its own files."""
    return [
        case
        for case in sorted(FIXTURES.glob("[!_]*/*"))
        if case.is_dir() and case.parent.name != "gateway" and not (case / "source.txt").exists()
    ]


def broken(tree: Path) -> set[str]:
    """The files that flake8 cannot parse, of which only the command says something."""
    done = python("-m", "flake8", "--isolated", "--select", "E9", "--format", "%(path)s", ".", cwd=tree)
    return {os.path.normpath(path) for path in done.stdout.splitlines()}


def handed(tree: Path, found: Iterable[Found]) -> set[Found]:
    """What flake8 can say of what the command finds: it runs no plugin on files that it cannot parse, and keeps to
    itself which of its `# noqa` silence nothing."""
    unparsed = broken(tree)
    return {one for one in found if one[0] not in unparsed and not (one[1] == "UBM902" and _is_noqa(tree, one))}


def _is_noqa(tree: Path, found: Found) -> bool:
    path, _, line = found
    return "# noqa" in (tree / path).read_text(encoding="utf-8").splitlines()[line - 1]


def compared(tree: Path, cases: Iterable[Path], interpreter: str, ways: Iterable[tuple[str, str]]) -> None:
    """Fail unless flake8 says in each way what the command says."""
    made = [*projects(tree, cases), several_packages(tree)]
    found = [one for project in made for one in by_command(tree, project)]
    assert {code for path, code, _ in found if path.startswith("several/services")} == {"UBM101", "UBM102"}
    expected = handed(tree, found)
    assert {code for _, code, _ in expected}, "a comparison of nothing"
    for jobs, method in ways:
        assert by_plugin(interpreter, tree, jobs, method) == expected, (jobs, method)


WAYS = [("1", "fork"), ("2", "fork"), ("2", "spawn")]


def test_plugin_and_command_agree_on_a_tree_of_projects(tmp_path: Path) -> None:
    chosen = [case for number, case in enumerate(cases()) if number % 40 == 0 or case.name in SOME]
    compared(tmp_path, chosen, sys.executable, [("2", "spawn")])


@pytest.fixture(scope="module", params=PARAMS, ids=lambda version: version or "newest")
def interpreter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment with one version of flake8, which finds this package and what it needs."""
    home = tmp_path_factory.mktemp("flake8")
    venv.create(home, with_pip=False, symlinks=True)
    wanted = f"flake8=={request.param}" if request.param else "flake8"
    made = home / "bin" / "python"
    done = python("-m", "pip", "--python", str(made), "install", "--quiet", "--upgrade", wanted)
    assert done.returncode == 0, done.stderr
    site = finished([str(made), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).stdout.strip()
    import libcst

    # Behind its own, so that the flake8 of this environment comes first.
    Path(site, "outside.pth").write_text(f"{ROOT}\n{Path(libcst.__file__).parents[1]}\n")
    shown = finished([str(made), "-m", "flake8", "--version"]).stdout
    assert shown.startswith(request.param), shown
    return str(made)


@pytest.mark.exhaustive
def test_plugin_and_command_agree_under_each_version_of_flake8(interpreter: str, tmp_path: Path) -> None:
    chosen = [case for number, case in enumerate(cases()) if number % 24 == 0 or case.name in SOME]
    compared(tmp_path, chosen, interpreter, WAYS)


@pytest.mark.exhaustive
def test_options_are_read_under_each_version_of_flake8(interpreter: str, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("_runs = {}\n\n\ndef register(request):\n    _runs[request.id] = request\n")
    start = configure(interpreter, tmp_path, "ubm-ignore = never-removed-entries")
    command = [*start, "spawn", "--config", "flake8.ini", "-j1", "m.py"]
    assert finished(command, cwd=tmp_path).stdout == ""
    assert "UBM101" in finished([*command, "--ubm-ignore", "UBM102"], cwd=tmp_path).stdout
    done = finished([*command, "--ubm-scope", "world"], cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 2) and "--ubm-scope must be process or" in done.stderr
