"""What a pool of processes gives of the files that it is told of."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import msgspec
import pytest

from unbounded_lint.errors import UserError
from unbounded_lint.files.contents import digest_of
from unbounded_lint.files.parsing import Parsed, Place, parse, parse_in_pool


def test_a_file_that_changed_since_is_given_back(tmp_path: Path) -> None:
    data = b"made = {}\n"
    for name in ("same", "other"):
        (tmp_path / f"{name}.py").write_bytes(data)
    digest = digest_of(data)
    places = [Place(str(tmp_path / f"{name}.py"), digest) for name in ("same", "other", "gone")]
    (tmp_path / "other.py").write_bytes(b"made = []\n")
    same, *rest = parse_in_pool(places, 1)
    assert msgspec.msgpack.decode(same, type=Parsed) == parse(data)
    assert rest == [b"", b""]


def test_whoever_stops_asking_waits_for_nothing(tmp_path: Path) -> None:
    data = b"".join(b"made_%d = {}\n\ndef add_%d(key):\n    made_%d[key] = key\n" % (n, n, n) for n in range(800))
    digest = digest_of(data)
    for number in range(40):
        (tmp_path / f"m{number}.py").write_bytes(data)
    places = [Place(str(tmp_path / f"m{number}.py"), digest) for number in range(40)]
    for taken in (1, 5, 9):
        results = parse_in_pool(places, 4)
        assert all(len(next(results)) > 1 << 16 for _ in range(taken)), "more than a pipe holds"
        results.close()
        assert not multiprocessing.active_children()


def test_a_process_that_ends_in_the_middle_of_an_answer_is_told(tmp_path: Path) -> None:
    data = b"made = {}\n" * 30_000
    digest = digest_of(data)
    (tmp_path / "m.py").write_bytes(data)
    results = parse_in_pool([Place(str(tmp_path / "m.py"), digest)] * 64, 4)
    next(results)
    time.sleep(0.5)  # by now some wait for a reader of what they write
    for process in multiprocessing.active_children():
        process.kill()
    with pytest.raises(UserError, match="--jobs 1"):
        list(results)
