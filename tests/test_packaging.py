"""What is shipped: all that git has and belongs there, nothing else, and a page that an index can show."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

from tests.processes import ROOT, finished, python

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

NOT_SHIPPED = re.compile(r"\.ci/.*|\.github/.*|.*/\.gitkeep")
"""What of git's files is for those who have the repository."""

ADDED = {"PKG-INFO", ".gitignore"}
"""What the builder puts into a source archive by itself, if it is there."""


def tracked(below: str = ".") -> set[str]:
    """The files of git, with those that are about to be."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", below],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    return {name for name in done.stdout.decode().split("\0") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive and, made from that, the wheel."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    done = python("-m", "build", "--outdir", str(target), str(source), cwd=target)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def metadata(built: Path) -> Message:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(wheel.read(name).decode())


@pytest.mark.exhaustive
def test_the_source_archive_holds_what_git_does(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        held = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    expected = {name for name in tracked() if not NOT_SHIPPED.fullmatch(name)}
    assert held - ADDED == expected - ADDED
    assert ".pre-commit-hooks.yaml" in held


@pytest.mark.exhaustive
def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = wheel.namelist()
    assert {name for name in names if ".dist-info/" not in name} == tracked("unbounded_lint")
    inside = {name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name}
    assert inside == {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}


@pytest.mark.exhaustive
def test_an_index_takes_it(built: Path) -> None:
    done = python("-m", "twine", "check", "--strict", *map(str, built.iterdir()), cwd=built)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


@pytest.mark.exhaustive
def test_the_page_of_an_index_has_no_link_that_leads_nowhere(built: Path) -> None:
    found = metadata(built)
    page = found.get_payload()
    assert found["Description-Content-Type"].startswith("text/markdown")
    assert isinstance(page, str) and page.lstrip().startswith("# unbounded-lint")
    assert re.findall(r"\]\((?!https?:)[^)]*\)", page) == []
    assert (found["License-Expression"], found["Requires-Python"]) == ("MIT", ">=3.10")


@pytest.mark.exhaustive
def test_the_wheel_runs_where_nothing_else_is(built: Path, tmp_path: Path) -> None:
    made = tmp_path / "venv"
    assert python("-m", "venv", "--without-pip", str(made)).returncode == 0
    interpreter = str(made / "bin" / "python")
    wheel = str(next(built.glob("*.whl")))
    done = python("-m", "pip", "--python", interpreter, "install", "--quiet", wheel)
    assert done.returncode == 0, done.stderr
    (tmp_path / "m.py").write_text("_runs = {}\n\n\ndef register(request):\n    _runs[request.id] = request\n")
    env = {"PATH": str(made / "bin"), "UNBOUNDED_LINT_CACHE_DIR": str(tmp_path / "cache")}
    done = finished([str(made / "bin" / "unbounded-lint"), "m.py"], cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout.split(":")[0]) == (1, "m.py"), done.stderr
    done = finished([str(made / "bin" / "unbounded-lint"), "rule", "UBM101"], cwd=tmp_path, env=env)
    assert done.returncode == 0 and done.stdout.startswith("# never-removed-entries")


def test_every_folder_of_git_is_shipped_or_said_not_to_be() -> None:
    """A sample of what the builds show, without one."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = {name.strip("/") for name in settings["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]}
    always = {"pyproject.toml", "LICENSE", ".gitignore"}
    tops = {name.partition("/")[0] for name in tracked() if not NOT_SHIPPED.fullmatch(name)}
    assert tops == included | always


def test_what_the_readme_loses_on_an_index_are_pictures_and_links_to_files() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    page = "# a\n\n![A b](c/d.svg)\n\nSee [one](e.md), [two](https://f) and [`three/`](#g).\n![h](https://i/j.png)\n"
    for one in settings["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        page = re.sub(one["pattern"], one["replacement"], page)
    assert page == "# a\n\nSee one, [two](https://f) and `three/`.\n![h](https://i/j.png)\n"
