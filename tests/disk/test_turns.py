"""One process works and the others wait: with real processes, whose signs of life are lines on a pipe."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.processes import LIMIT, ROOT, started
from tests.programs import request_for
from unbounded_lint.disk import turns
from unbounded_lint.disk.cache import clean, open_cache
from unbounded_lint.disk.turns import turn
from unbounded_lint.run import runner
from unbounded_lint.run.request import Request

HOLD = """
import sys
from unbounded_lint.disk.turns import turn
with turn(sys.argv[1], 60.0) as ours:
    print("holds" if ours else "not", flush=True)
    if sys.stdin.readline() == "fail\\n":
        raise SystemExit(3)
"""
WAIT = """
import sys
from unbounded_lint.disk import turns
sleep = turns.time.sleep
def told(seconds):
    if told.first:
        print("waits", flush=True)
        told.first = False
    sleep(seconds)
told.first = True
turns.time.sleep = told
with turns.turn(sys.argv[1], 600.0) as ours:
    print("ours" if ours else "not ours", flush=True)
"""


@contextmanager
def process(script: str, lock: Path) -> Iterator[subprocess.Popen[bytes]]:
    with started([sys.executable, "-c", script, str(lock)], cwd=lock.parent) as one:
        yield one


def line(one: subprocess.Popen[bytes]) -> str:
    assert one.stdout is not None
    return one.stdout.readline().decode().strip()


def tell(one: subprocess.Popen[bytes], word: str) -> None:
    assert one.stdin is not None
    one.stdin.write(f"{word}\n".encode())
    one.stdin.flush()


@pytest.mark.parametrize(
    ("end", "expected"), [("done", "not ours"), ("fail", "ours"), ("kill", "ours")], ids=["ends", "fails", "is killed"]
)
def test_who_waits_gets_the_turn_only_where_the_other_did_not_come_to_its_end(
    end: str, expected: str, tmp_path: Path
) -> None:
    lock = tmp_path / "lock"
    with process(HOLD, lock) as first:
        assert line(first) == "holds"
        with process(WAIT, lock) as second:
            assert line(second) == "waits"
            if end == "kill":
                first.kill()
            else:
                tell(first, end)
            assert line(second) == expected


def test_each_of_several_that_wait_goes_on(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with process(HOLD, lock) as first:
        assert line(first) == "holds"
        with process(WAIT, lock) as second, process(WAIT, lock) as third:
            assert (line(second), line(third)) == ("waits", "waits")
            tell(first, "done")
            assert (line(second), line(third)) == ("not ours", "not ours")


def test_a_turn_that_was_had_before_is_no_reason_not_to_work(tmp_path: Path) -> None:
    for _ in range(2):
        with turn(str(tmp_path / "lock"), LIMIT) as ours:
            assert ours


def test_who_has_waited_for_as_long_as_it_may_works_too(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with process(HOLD, lock) as first:
        assert line(first) == "holds"
        with turn(str(lock), 0.0) as ours:
            assert ours


def test_where_there_can_be_no_lock_everybody_works(tmp_path: Path) -> None:
    with turn(str(tmp_path / "nowhere" / "lock"), LIMIT) as ours:
        assert ours
    (tmp_path / "link").symlink_to(tmp_path / "other")
    with turn(str(tmp_path / "link"), LIMIT) as ours:
        assert ours
    assert not (tmp_path / "other").exists(), "it must not write through a link"


def test_where_the_file_system_knows_no_locks_everybody_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    monkeypatch.setattr(turns.time, "sleep", pytest.fail)
    with turn(str(tmp_path / "lock"), LIMIT) as ours:
        assert ours


# --- the runner ------------------------------------------------------------------------------------------------------

LINK = """
import sys
from pathlib import Path
from unbounded_lint.disk import turns
from unbounded_lint.run import runner
from tests.programs import request_for
import msgspec
made, sleep = runner._analysed, turns.time.sleep
def analysed(*args):
    print("links", flush=True)
    sys.stdin.readline()
    return made(*args)
def told(seconds):
    if told.first:
        print("waits", flush=True)
        told.first = False
    sleep(seconds)
told.first = True
runner._analysed, turns.time.sleep = analysed, told
request = msgspec.structs.replace(request_for(Path(sys.argv[1])), in_turns=True, use_cache=True)
print(*[finding.code for finding in runner.check(request).findings], flush=True)
"""
LEAK = "_runs = {}\n\n\ndef register(request):\n    _runs[request.id] = request\n"


def in_turns(root: Path) -> Request:
    return msgspec.structs.replace(request_for(root), in_turns=True, use_cache=True)


@contextmanager
def linking(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    with started([sys.executable, "-c", LINK, str(root)], cwd=ROOT) as one:
        yield one


def test_of_two_that_ask_at_once_one_links(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(LEAK)
    with linking(tmp_path) as first:
        assert line(first) == "links"
        with linking(tmp_path) as second:
            assert line(second) == "waits"
            tell(first, "go on")
            assert line(first) == "UBM101"
            assert line(second) == "UBM101", "the second one must take what the first one found"


def test_who_waited_for_one_that_died_links(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(LEAK)
    with linking(tmp_path) as first:
        assert line(first) == "links"
        with linking(tmp_path) as second:
            assert line(second) == "waits"
            first.kill()
            assert line(second) == "links"
            tell(second, "go on")
            assert line(second) == "UBM101"


def test_the_lock_is_a_part_of_the_cache(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(LEAK)
    assert [finding.code for finding in runner.check(in_turns(tmp_path)).findings] == ["UBM101"]
    cache = open_cache(tmp_path, None).cache
    assert cache is not None
    folder = Path(cache._folder)
    assert (folder / "lock").is_file()
    assert clean(tmp_path, None) > 0
    assert not folder.exists(), "nothing is left behind"
