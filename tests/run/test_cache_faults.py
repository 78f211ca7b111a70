"""Whatever happened to the cache, the findings of the next run are those of a clean one."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.programs import forget_results, request_for, write
from unbounded_lint.disk.cache import DIRECTORY_VARIABLE
from unbounded_lint.files import sources
from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules import all_rules
from unbounded_lint.run import analysis, runner

pytestmark = pytest.mark.exhaustive

often = pytest.mark.parametrize("times", [40, pytest.param(200, marks=pytest.mark.release)])
FILES = 30
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["unbounded_lint.run.runner"])


def module(number: int) -> str:
    other = f"m_{(number + 1) % FILES:02}"
    steps = "".join(f"def step_{n}(a, b):\n    return [x for x in a if x > b.{other}_{n}]\n\n\n" for n in range(10))
    return f"import {other}\n\nLEAK = {{}}\n\n\ndef fill(request):\n    {other}.LEAK[request.id] = request\n\n\n{steps}"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a leak in each of its files, one of which cannot be parsed."""
    files = {f"m_{number:02}.py": module(number) for number in range(FILES)}
    return write(tmp_path_factory.mktemp("project"), {"pyproject.toml": "", "broken.py": "def (\n", **files})


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of all caches, empty."""
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path / "caches"))
    return tmp_path / "caches"


@pytest.fixture(scope="module")
def clean(root: Path) -> tuple[Finding, ...]:
    """The findings of a run without a cache."""
    found = runner.check(request_for(root, min_confidence="low")).findings
    assert len(found) == FILES + 1
    return found


def findings(root: Path) -> tuple[Finding, ...]:
    return runner.check(request_for(root, use_cache=True, min_confidence="low")).findings


def entries(caches: Path) -> list[Path]:
    return sorted(path for path in caches.rglob("*") if len(path.name) == 32)


@contextlib.contextmanager
def child(root: Path, prepare: Callable[[], None] | None = None) -> Iterator[multiprocessing.process.BaseProcess]:
    """A run in a process of its own, killed at the end if it still is there."""
    process = CONTEXT.Process(target=run, args=(str(root), os.environ[DIRECTORY_VARIABLE], prepare))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def run(root: str, caches: str, prepare: Callable[[], None] | None) -> None:
    os.environ[DIRECTORY_VARIABLE] = caches
    if prepare is not None:
        prepare()
    findings(Path(root))


@often
def test_killed_at_any_moment(
    times: int,
    root: Path,
    caches: Path,
    clean: tuple[Finding, ...],
    record_property: Callable[[str, object], None],
) -> None:
    """Half of the kills come at a random moment of a run, half while it writes what it found out."""
    rng = random.Random(1)
    started = time.monotonic()
    with child(root) as process:
        process.join()
    length = time.monotonic() - started
    killed = in_writing = tries = 0
    while killed < times:
        tries += 1
        assert tries < 5 * times, "the runs end before they can be killed"
        shutil.rmtree(caches, ignore_errors=True)
        with child(root) as process:
            if tries % 2:
                process.join(rng.random() * length)
            else:
                wait_for_entries(caches, rng.randrange(FILES), process)
            process.kill()
            process.join()
            if process.exitcode == 0:
                continue
            assert process.exitcode == -9
        killed += 1
        in_writing += 0 < len(entries(caches)) < FILES
        if rng.random() < 0.25:
            assert findings(root) == clean
    record_property("kills while the cache was written", f"{in_writing} of {killed}")
    assert in_writing >= times // 10
    assert findings(root) == clean == findings(root)


def wait_for_entries(caches: Path, count: int, process: multiprocessing.process.BaseProcess) -> None:
    while len(entries(caches)) <= count and process.is_alive():
        time.sleep(0.0005)


def truncated(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def flipped(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return b"x"
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


@often
@pytest.mark.parametrize("damage", [truncated, flipped])
def test_damaged(
    times: int, root: Path, caches: Path, clean: tuple[Finding, ...], damage: Callable[[bytes, random.Random], bytes]
) -> None:
    rng = random.Random(2)
    assert findings(root) == clean
    for _ in range(times):
        for path in rng.sample([path for path in caches.rglob("*") if path.is_file()], 3):
            path.write_bytes(damage(path.read_bytes(), rng))
        assert findings(root) == clean
        if rng.random() < 0.5:
            forget_results(caches)
            assert findings(root) == clean
        if rng.random() < 0.1:
            shutil.rmtree(caches)
            assert findings(root) == clean


def test_four_writers_at_once(root: Path, caches: Path, clean: tuple[Finding, ...]) -> None:
    for _ in range(4):
        shutil.rmtree(caches, ignore_errors=True)
        with contextlib.ExitStack() as stack:
            processes = [stack.enter_context(child(root)) for _ in range(4)]
            for process in processes:
                process.join()
            assert [process.exitcode for process in processes] == [0] * 4
        assert findings(root) == clean == findings(root)


def small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))


def nobody() -> None:
    assert analysis and all_rules()  # imported before: where Python lies may be for this user alone
    os.setuid(65534)


def test_full_disk(root: Path, caches: Path, clean: tuple[Finding, ...]) -> None:
    with child(root, small_files) as process:
        process.join()
        assert process.exitcode == 0
    assert not list(caches.rglob("*.new"))
    assert findings(root) == clean


@pytest.fixture
def outside(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that everybody may enter, with a copy of the project: pytest keeps its own for its user alone."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        shutil.copytree(root, place / "project")
        (place / "project").chmod(0o755)
        monkeypatch.setenv(DIRECTORY_VARIABLE, str(place / "caches"))
        yield place


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_read_only_folder(outside: Path, clean: tuple[Finding, ...]) -> None:
    project, caches = outside / "project", outside / "caches"
    assert findings(project) == clean
    before = {path: path.read_bytes() for path in entries(caches)}
    for path in (caches, *caches.rglob("*")):
        os.chown(path, 65534, 65534)
        path.chmod(0o500 if path.is_dir() else 0o400)
    with child(project, nobody) as process:
        process.join()
        assert process.exitcode == 0
    assert {path: path.read_bytes() for path in entries(caches)} == before


def test_other_version(root: Path, caches: Path, clean: tuple[Finding, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SCHEMA", 99)
    assert findings(root) == clean
    monkeypatch.undo()
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(caches))
    forget_results(caches)
    count = len(entries(caches))
    assert findings(root) == clean
    assert len(entries(caches)) > count, "nothing of the other version was used"


def test_partly_warm(root: Path, caches: Path, clean: tuple[Finding, ...]) -> None:
    rng = random.Random(3)
    assert findings(root) == clean
    for _ in range(20):
        for path in rng.sample(entries(caches), rng.randrange(FILES)):
            path.unlink()
        forget_results(caches)
        assert findings(root) == clean
