"""The same input gives the same bytes, a file alone what it has in its project; a hostile file harms only itself."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import pooled
from tests.conftest import CACHE_VARIABLE
from tests.processes import ROOT, environment, python
from tests.programs import forget_results, request_for, write
from unbounded_lint import cli
from unbounded_lint.files.contents import Contents
from unbounded_lint.files.sources import POOL_BYTES, Sources

FIXTURES = ROOT / "fixtures"
TOGETHER = (
    "never-removed-entries/every-import-form",
    "never-removed-entries/other-module-insert",
    "unscheduled-sweep/started-only-from-tests",
    "event-only-removal/logout-only",
    "gateway/0_leaky",
)
APART = (
    "never-removed-entries/every-import-form",
    "never-removed-entries/other-module-insert",
    "unscheduled-sweep/started-only-from-tests",
    pytest.param("gateway/0_leaky", marks=pytest.mark.exhaustive),
)

Findings = list[dict[str, Any]]


def copied(fixture: str, to: Path) -> Path:
    """Copy a fixture without its settings, and mark the copy as a project."""
    shutil.copytree(FIXTURES / fixture, to, ignore=shutil.ignore_patterns("__pycache__", "pyproject.toml"))
    (to / "pyproject.toml").write_text("[tool.unbounded-lint]\n", encoding="utf-8")
    return to


# --- the same bytes --------------------------------------------------------------------------------------------------


def padding(number: int) -> str:
    """A module of about 20 kB, quickly read, with containers of its own and a leak that another module fills."""
    other = f"pad_{(number + 1) % 30:02}"
    functions = "".join(
        f"def step_{n}(request, items):\n"
        f'    """{"One of many steps. " * 180}"""\n'
        f"    found = [item for item in items if item.rank > {n} and item.name in TABLE_{n}]\n"
        f"    if not found:\n        return TABLE_{n}.get(request.path)\n"
        f"    return sorted(found, key=lambda item: item.rank)\n\n\n"
        for n in range(6)
    )
    tables = "".join(f'TABLE_{n} = {{"a": {n}, "b": {number}}}\n' for n in range(6))
    leak = f"LEAK = {{}}\n\n\ndef fill(request):\n    {other}.LEAK[request.id] = request\n\n\n"
    return f"import {other}\n\n{tables}{leak}{functions}"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several fixtures side by side and enough beside them for a pool to pay."""
    root = tmp_path_factory.mktemp("large")
    for fixture in TOGETHER:
        (copied(fixture, root / fixture.replace("/", "_")) / "pyproject.toml").unlink()
    sources = json.dumps([".", "pads", *(fixture.replace("/", "_") for fixture in TOGETHER)])
    files = {f"pads/pad_{number:02}.py": padding(number) for number in range(30)}
    return write(root, {"pyproject.toml": f"[tool.unbounded-lint]\nsrc = {sources}\n", **files})


def command(root: Path, *argv: str, seed: int, start: tuple[str, ...] = ("-m", "unbounded_lint"), **env: str) -> str:
    """What the command prints in a process of its own, with another order of hashes each time."""
    options = ("check", "--min-confidence", "low", "--output-format", "json", *argv)
    done = python(*start, *options, cwd=root, env=environment(PYTHONHASHSEED=str(seed), **env))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    return done.stdout


def shuffled(root: Path, seed: int) -> list[str]:
    """All that a project has at its top, in another order."""
    entries = [path for path in root.iterdir() if path.suffix == ".py" or any(path.glob("**/*.py"))]
    paths = sorted(path.name for path in entries if not path.name.startswith("."))
    random.Random(seed).shuffle(paths)
    return paths


def test_the_pool_has_enough_to_do(large: Path) -> None:
    """Otherwise the test below would compare a serial run with itself."""
    sources = Sources(large, request_for(large).project.files, Contents(large, None), None)
    assert sum(len(sources.data(path)) for path in sources.candidates) > POOL_BYTES


def test_same_bytes_whatever_the_jobs_the_order_and_the_cache(
    large: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home") / "caches"
    env = {CACHE_VARIABLE: str(home)}
    alone = command(large, "--no-cache", "--jobs", "1", seed=1, **env)
    assert command(large, "--no-cache", "--jobs", "2", *shuffled(large, 1), seed=2, **env) == alone
    assert not home.exists()
    assert command(large, "--jobs", "2", *shuffled(large, 2), seed=3, **env) == alone, "cold"
    assert home.exists()
    assert command(large, "--jobs", "1", *shuffled(large, 3), seed=4, **env) == alone, "unchanged"
    forget_results(home)
    assert command(large, "--jobs", "1", *shuffled(large, 4), seed=6, **env) == alone, "warm"
    forget_results(home)
    assert command(large, "--jobs", "2", seed=5, **env) == alone, "warm, in a pool"
    report = json.loads(alone)
    paths = {finding["path"].partition("/")[0] for finding in report["findings"]}
    assert paths >= {"pads", "gateway_0_leaky", "never-removed-entries_every-import-form"}
    assert {f"pads.pad_{n:02}:LEAK".partition(".")[2] for n in range(30)} <= {f["symbol"] for f in report["findings"]}


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "m.py": "A = {}\n\ndef f(request):\n    A[request.id] = 1\n"})
    before = json.loads(command(tmp_path, seed=1))
    write(tmp_path, {"n.py": "import m\nB = {}\n\ndef g(request):\n    B[request.id] = m.A.clear()\n"})
    after = json.loads(command(tmp_path, seed=1))
    assert [(f["symbol"], f["code"]) for f in before["findings"]] == [("m:A", "UBM101")]
    assert [(f["symbol"], f["code"]) for f in after["findings"]] == [("m:A", "UBM102"), ("n:B", "UBM101")]


# --- the same bytes for real packages --------------------------------------------------------------------------------

PACKAGES = ("_pytest", "coverage", "filelock", "importlinter", "rich", "virtualenv", "xdist")
"""Installed wherever the tests are; all have long-lived containers, and all have findings."""

SHORT = {"filelock", "importlinter", "xdist"}
"""Those of them that take seconds, not minutes."""

RUNS = 8
CACHES = ("none", "cold", "unchanged", "warm", "partly warm")


class Circumstances(NamedTuple):
    """What must not matter; the number stands for an order of hashes and of arguments, and for a directory."""

    jobs: int
    method: str
    cache: str
    number: int


def circumstances() -> list[tuple[str, list[Circumstances]]]:
    """Some for each package: jobs, method and state of the cache come in every combination, one package or other."""
    drawn = random.Random(20)
    every = [Circumstances(*which, number=0) for which in itertools.product((1, 2, 4), pooled.METHODS, CACHES)]
    drawn.shuffle(every)
    dealt = itertools.cycle(every)
    assert len(PACKAGES) * RUNS >= len(every)
    return [
        (package, [one._replace(number=drawn.randrange(1, 1_000_000)) for one in itertools.islice(dealt, RUNS)])
        for package in PACKAGES
    ]


def installed(package: str, to: Path) -> Path:
    """Copy an installed package, as the one package of a project."""
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.submodule_search_locations
    ignored = shutil.ignore_patterns("__pycache__", "*.so")
    shutil.copytree(spec.submodule_search_locations[0], to / package, ignore=ignored)
    return write(to, {"pyproject.toml": "[tool.unbounded-lint]\n"})


class Package:
    """A project that is analysed again and again, below a directory that holds its caches too."""

    def __init__(self, name: str, directory: Path) -> None:
        self.root = installed(name, directory / "project")
        self._name = name
        self._directory = directory
        self._texts = {path: path.read_bytes() for path in sorted(self.root.rglob("*.py"))[::2]}

    def run(self, given: Circumstances) -> str:
        """What the command prints under these circumstances."""
        home = self._home(given)
        if given.cache != "partly warm":
            return self._run(given, home)
        for path, data in self._texts.items():
            path.write_bytes(data + b"\n# changed\n")
        try:
            return self._run(given, home)
        finally:
            for path, data in self._texts.items():
                path.write_bytes(data)

    def _home(self, given: Circumstances) -> Path:
        home = self._directory / f"caches-{given.number}"
        if given.cache not in ("none", "cold"):
            if not (self._directory / "warm").exists():
                self._run(Circumstances(1, "fork", "cold", 1), self._directory / "warm")
            shutil.copytree(self._directory / "warm", home)
        if given.cache == "warm":
            forget_results(home)
        return home

    def _run(self, given: Circumstances, home: Path) -> str:
        start = pooled.command(given.method)
        options = ("--jobs", str(given.jobs), *(["--no-cache"] if given.cache == "none" else []))
        env = {CACHE_VARIABLE: str(home)}
        if given.number % 2:
            paths = shuffled(self.root / self._name, given.number)
            return command(self.root / self._name, *options, *paths, seed=given.number, start=start, **env)
        prefix = f"{self.root.name}/{self._name}"
        out = command(self.root.parent, *options, prefix, seed=given.number, start=start, **env)
        return out.replace(f'"{prefix}/', '"')


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("name", "given"),
    [pytest.param(*one, marks=() if one[0] in SHORT else pytest.mark.release) for one in circumstances()],
    ids=PACKAGES,
)
def test_same_bytes_under_all_circumstances(name: str, given: list[Circumstances], tmp_path: Path) -> None:
    package = Package(name, tmp_path)
    expected = package.run(Circumstances(1, "fork", "none", 0))
    assert json.loads(expected)["findings"]
    assert [one for one in given if package.run(one) != expected] == []


# --- one file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Findings]:
    """Runs the command in a directory and gives its findings."""

    def run(root: Path, *paths: str) -> Findings:
        monkeypatch.chdir(root)
        status = cli.main(["check", *paths, "--no-cache", "--jobs", "1", "--output-format", "json"])
        out = capsys.readouterr()
        found: Findings = json.loads(out.out)["findings"]
        assert (status, out.err.count("\n")) == (int(bool(found)), 1), out.err
        return found

    return run


@pytest.mark.parametrize("fixture", APART)
def test_a_file_alone_has_the_findings_that_it_has_in_the_project(
    fixture: str, tmp_path: Path, check: Callable[..., Findings]
) -> None:
    root = copied(fixture, tmp_path / "project")
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    whole = check(root)
    assert len(files) > 2
    reported = {finding["path"] for finding in whole}
    assert reported and reported < set(files), "some files have findings, some have none"
    alone = {file: check(root, file) for file in files}
    assert alone == {file: [f for f in whole if f["path"] == file] for file in files}
    assert whole == [finding for file in files for finding in alone[file]]


# --- hostile files ---------------------------------------------------------------------------------------------------

HOSTILE: dict[str, bytes] = {
    "NUL": b"TABLE = {}\nx = '\0'\n",
    "unknown encoding": b"# coding: klingon\nTABLE = {}\n",
    "not in its encoding": b"TABLE = {}\nx = '\xff\xfe'\n",
    "two encodings": b"\xef\xbb\xbf# coding: latin-1\nTABLE = {}\n",
    "nested brackets": b"TABLE = {}\nx = " + b"(" * 10_000 + b")" * 10_000 + b"\n",
    "unclosed brackets": b"TABLE = {}\nx = " + b"[" * 10_000 + b"\n",
    "nested f-string": b"TABLE = {}\nx = " + b"f'{" * 2_000 + b"1" + b"}'" * 2_000 + b"\n",
    "nested blocks": b"TABLE = {}\n" + b"".join(b" " * n + b"if x:\n" for n in range(2_000)) + b" " * 2_000 + b"x\n",
    "broken syntax": b"TABLE = {}\ndef (:\n",
    "Python 2": b"TABLE = {}\nprint 'x'\n",
    "broken indentation": b"TABLE = {}\ndef f():\n        x = 1\n    y = 2\n",
    "not Python": b"TABLE = {}\n{% for x in y %}\n",
}
LEAK = "STORE = {}\n\n\ndef put(request):\n    STORE[request.id] = request\n"


def with_hostile(root: Path) -> Path:
    return write(root, {"pyproject.toml": "", "pkg/__init__.py": "", "pkg/good.py": LEAK, "zz_last.py": LEAK})


def expected(*hostile: str) -> list[tuple[str, str]]:
    return sorted([*((path, "UBM901") for path in hostile), ("pkg/good.py", "UBM101"), ("zz_last.py", "UBM101")])


def found_in(findings: Findings) -> list[tuple[str, str]]:
    return [(finding["path"], finding["code"]) for finding in findings]


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_file(data: bytes, tmp_path: Path, check: Callable[..., Findings]) -> None:
    root = with_hostile(tmp_path)
    (root / "pkg" / "bad.py").write_bytes(data)
    found = check(root)
    assert found_in(found) == expected("pkg/bad.py")
    (failure,) = (finding for finding in found if finding["code"] == "UBM901")
    assert "\n" not in failure["message"] and len(failure["message"]) < 300


@pytest.fixture(scope="module")
def every_hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All hostile files at once, and enough beside them for a pool, so that a crash of one worker would show."""
    root = with_hostile(tmp_path_factory.mktemp("hostile"))
    for number, data in enumerate(HOSTILE.values()):
        (root / f"bad_{number:02}.py").write_bytes(data)
    for number, text in enumerate(LONG_CHAINS.values()):
        write(root, {f"long_{number}.py": f"TABLE = {{}}\nx = {text}\n"})
    for number in range(30):
        write(root, {f"pad_{number:02}.py": padding(number)})
    return root


@pytest.fixture(scope="module")
def serially(every_hostile: Path) -> str:
    """What the command says of all hostile files without a pool."""
    return command(every_hostile, "--no-cache", "--jobs", "1", seed=1)


def test_all_hostile_files_at_once(serially: str) -> None:
    found = found_in(json.loads(serially)["findings"])
    failures = [path for path, code in found if code == "UBM901" and path.startswith("bad_")]
    assert failures == [f"bad_{number:02}.py" for number in range(len(HOSTILE))]
    assert ("pkg/good.py", "UBM101") in found


@pytest.mark.parametrize("method", pooled.METHODS)
def test_all_hostile_files_at_once_in_a_pool(method: str, every_hostile: Path, serially: str) -> None:
    start = pooled.command(method, POOL_BYTES)
    assert command(every_hostile, "--no-cache", "--jobs", "2", seed=2, start=start) == serially


LONG_CHAINS = {
    "signs": "-" * 5_000 + "1",
    "attributes": "a" + ".b" * 20_000,
    "sums": "1" + " + 1" * 20_000,
    "calls": "f" + "()" * 5_000,
    "attributes within bounds": "a" + ".b" * 1_500,
}


@pytest.mark.parametrize("text", LONG_CHAINS.values(), ids=LONG_CHAINS)
def test_long_chains_are_read_or_refused(text: str, tmp_path: Path, check: Callable[..., Findings]) -> None:
    """Either is right; neither may take the rest along, or be an internal error."""
    root = with_hostile(tmp_path)
    write(root, {"pkg/bad.py": f"TABLE = {{}}\nx = {text}\n"})
    assert found_in(check(root)) in (expected(), expected("pkg/bad.py"))


def test_file_larger_than_any_code(tmp_path: Path, check: Callable[..., Findings]) -> None:
    root = with_hostile(tmp_path)
    with (root / "pkg" / "bad.py").open("wb") as file:
        file.truncate(50_000_000)
    assert found_in(check(root)) == expected("pkg/bad.py")


def test_unreadable_file(tmp_path: Path, check: Callable[..., Findings]) -> None:
    root = with_hostile(tmp_path)
    bad = root / "pkg" / "bad.py"
    bad.write_text(LEAK, encoding="utf-8")
    bad.chmod(0)
    if os.access(bad, os.R_OK):
        pytest.skip("no permission bit stops this user")
    assert found_in(check(root)) == expected("pkg/bad.py")


def test_symlink_loops(tmp_path: Path, check: Callable[..., Findings]) -> None:
    """A loop of directories is walked once; a link to itself is no file, or one that cannot be read."""
    root = with_hostile(tmp_path)
    (root / "pkg" / "again").symlink_to(root, target_is_directory=True)
    (root / "pkg" / "bad.py").symlink_to("bad.py")
    assert found_in(check(root)) in (expected(), expected("pkg/bad.py"))


def test_a_hostile_file_named_alone(tmp_path: Path, check: Callable[..., Findings]) -> None:
    root = with_hostile(tmp_path)
    (root / "bad.py").write_bytes(HOSTILE["nested brackets"])
    assert found_in(check(root, "bad.py")) == [("bad.py", "UBM901")]
    assert found_in(check(root, "pkg/good.py")) == [("pkg/good.py", "UBM101")]
