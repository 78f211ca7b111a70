"""The cache keeps what it is given, and whatever is wrong with it makes it empty."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import time
from pathlib import Path

import pytest

from unbounded_lint import cache as cache_module
from unbounded_lint.cache import FILE, Cache

VALUES = {bytes([number]) * 16: bytes([number]) * 1000 for number in range(50)}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


def fill(directory: Path, values: dict[bytes, bytes] = VALUES) -> None:
    with Cache.open(directory) as cache:
        cache.put_many(values)


def stored(directory: Path) -> dict[bytes, bytes]:
    with Cache.open(directory) as cache:
        return cache.get_many(VALUES)


def assert_heals(directory: Path) -> None:
    """The cache is empty or right now, and works from the run after next on."""
    assert all(VALUES[key] == value for key, value in stored(directory).items())
    fill(directory)
    fill(directory)
    assert stored(directory) == VALUES


def test_what_is_put_is_got(directory: Path) -> None:
    with Cache.open(directory) as cache:
        assert cache.get_many(VALUES) == {}
        cache.put_many(VALUES)
        assert cache.get_many(VALUES) == VALUES
    assert stored(directory) == VALUES


def test_only_what_is_asked_for(directory: Path) -> None:
    fill(directory)
    with Cache.open(directory) as cache:
        assert cache.get_many([b"\x01" * 16, b"unknown"]) == {b"\x01" * 16: b"\x01" * 1000}
        assert cache.get_many([]) == {}


def test_newer_values_replace_older_ones(directory: Path) -> None:
    fill(directory, {b"k": b"old", b"other": b"x"})
    fill(directory, {b"k": b"new"})
    with Cache.open(directory) as cache:
        assert cache.get_many([b"k", b"other"]) == {b"k": b"new", b"other": b"x"}


def test_more_keys_than_one_statement_takes(directory: Path) -> None:
    many = {f"key {number}".encode(): str(number).encode() for number in range(3000)}
    with Cache.open(directory) as cache:
        cache.put_many(many)
        assert cache.get_many(iter(many)) == many


def test_empty_keys_and_values(directory: Path) -> None:
    with Cache.open(directory) as cache:
        cache.put_many({b"": b"", b"k": b""})
        assert cache.get_many([b"", b"k"]) == {b"": b"", b"k": b""}


def test_git_leaves_the_directory_alone(directory: Path) -> None:
    fill(directory)
    assert (directory / ".gitignore").read_text() == "*\n"
    assert (directory / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_a_directory_with_other_things_gets_no_gitignore(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("")
    fill(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, "main.py"]
    assert stored(tmp_path) == VALUES


def test_closed_is_empty(directory: Path) -> None:
    cache = Cache.open(directory)
    cache.put_many(VALUES)
    cache.close()
    cache.close()
    cache.put_many(VALUES)
    assert cache.get_many(VALUES) == {}


def test_truncated_file(directory: Path) -> None:
    fill(directory)
    path = directory / FILE
    whole = path.read_bytes()
    for size in (0, 10, 100, 4096, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert_heals(directory)
        whole = path.read_bytes()


def test_file_of_garbage(directory: Path) -> None:
    fill(directory)
    (directory / FILE).write_bytes(b"this is no database " * 1000)
    assert_heals(directory)


def test_flipped_bytes_never_give_a_wrong_value(directory: Path) -> None:
    fill(directory)
    path = directory / FILE
    whole = path.read_bytes()
    for start in range(0, len(whole), 701):
        path.write_bytes(whole[:start] + bytes(255 - byte for byte in whole[start : start + 5]) + whole[start + 5 :])
        assert all(VALUES[key] == value for key, value in stored(directory).items()), start
    path.write_bytes(whole)
    assert stored(directory) == VALUES


def test_value_of_a_foreign_type(directory: Path) -> None:
    fill(directory)
    with sqlite3.connect(directory / FILE) as connection:
        connection.execute("UPDATE facts SET value = 'text' WHERE key = ?", (b"\x01" * 16,))
        connection.execute("UPDATE facts SET digest = 'text' WHERE key = ?", (b"\x02" * 16,))
    connection.close()
    assert set(VALUES) - set(stored(directory)) == {b"\x01" * 16, b"\x02" * 16}


def make_foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE precious (x)")
        connection.execute("INSERT INTO precious VALUES (42)")
    connection.close()


def test_foreign_database_in_a_foreign_directory_is_left_alone(tmp_path: Path) -> None:
    make_foreign(tmp_path / FILE)
    before = (tmp_path / FILE).read_bytes()
    fill(tmp_path)
    assert stored(tmp_path) == {}
    assert (tmp_path / FILE).read_bytes() == before


def test_garbage_in_a_foreign_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"my own words" * 100)
    fill(tmp_path)
    assert stored(tmp_path) == {}
    assert (tmp_path / FILE).read_bytes() == b"my own words" * 100


def test_foreign_database_in_our_directory_is_replaced(directory: Path) -> None:
    fill(directory)
    (directory / FILE).unlink()
    make_foreign(directory / FILE)
    assert_heals(directory)


@pytest.mark.parametrize("change", ["PRAGMA user_version = 99", "DROP TABLE facts", "ALTER TABLE facts RENAME TO f"])
def test_other_version_is_replaced(directory: Path, change: str) -> None:
    fill(directory)
    connection = sqlite3.connect(directory / FILE)
    connection.execute(change)
    connection.commit()
    connection.close()
    assert stored(directory) == {}
    assert_heals(directory)


def test_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    fill(tmp_path / "cache")
    assert stored(tmp_path / "cache") == {}
    assert stored(tmp_path / "cache" / "below") == {}
    assert stored(Path("nul\0byte")) == {}


def test_database_that_is_a_directory(directory: Path) -> None:
    (directory / FILE).mkdir(parents=True)
    fill(directory)
    assert stored(directory) == {}


def test_directory_deleted_while_open(directory: Path) -> None:
    with Cache.open(directory) as cache:
        cache.put_many(VALUES)
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()
        cache.put_many({b"k": b"v"})
        assert cache.get_many([b"unknown"]) == {}
    fill(directory)
    assert stored(directory) == VALUES


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_directory(directory: Path) -> None:
    fill(directory)
    (directory / FILE).chmod(0o444)
    directory.chmod(0o555)
    try:
        assert stored(directory) == VALUES
        fill(directory, {b"k": b"v"})
    finally:
        directory.chmod(0o755)


def test_read_only_database_is_still_read(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)
    fill(directory)
    monkeypatch.undo()
    real = sqlite3.connect

    def read_only(path: Path, **options: object) -> sqlite3.Connection:
        return real(f"file:{path}?mode=ro", uri=True, **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(sqlite3, "connect", read_only)
    with Cache.open(directory) as cache:
        assert cache.get_many(VALUES) == VALUES
        assert cache.get_many(VALUES) == VALUES
        cache.put_many({b"k": b"v"})
        assert cache.get_many([b"k"]) == {}


def test_locked_database_is_empty_and_survives(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(directory)
    monkeypatch.setattr(cache_module, "_BUSY_SECONDS", 0.05)
    other = sqlite3.connect(directory / FILE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    assert stored(directory) == {}
    fill(directory, {b"k": b"v"})
    assert time.monotonic() - started < 5
    other.execute("ROLLBACK")
    other.close()
    assert stored(directory) == VALUES


def test_least_recently_used_entries_go_first(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 700_000
    week = 7 * 24 * 3600
    old = {f"old {number}".encode(): bytes(10_000) for number in range(15)}
    new = {f"new {number}".encode(): bytes(10_000) for number in range(40)}
    more = {f"more {number}".encode(): bytes(10_000) for number in range(15)}
    for weeks, values in ((0, old), (1, new)):
        monkeypatch.setattr("time.time", lambda weeks=weeks: float(weeks * week))
        with Cache.open(directory, limit) as cache:
            cache.put_many(values)
    monkeypatch.setattr("time.time", lambda: float(2 * week))
    with Cache.open(directory, limit) as cache:
        assert len(cache.get_many(old)) == len(old)
    with Cache.open(directory, limit) as cache:
        cache.put_many(more)
        assert cache.get_many(more) == more
        assert cache.get_many(old) == old
        assert len(cache.get_many(new)) < len(new)
    assert (directory / FILE).stat().st_size <= limit


def test_a_limit_keeps_the_file_small_for_ever(directory: Path) -> None:
    for run in range(12):
        with Cache.open(directory, 300_000) as cache:
            cache.put_many({f"{run} {number}".encode(): os.urandom(20_000) for number in range(5)})
    assert (directory / FILE).stat().st_size <= 300_000


def write_many(directory: Path, name: str) -> None:
    for run in range(20):
        with Cache.open(directory) as cache:
            cache.put_many({f"{name} {run} {number}".encode(): name.encode() * 50 for number in range(20)})


def test_two_processes_at_once(directory: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_many, args=(directory, name)) for name in ("first", "second")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    with Cache.open(directory) as cache:
        for name in ("first", "second"):
            keys = [f"{name} {run} {number}".encode() for run in range(20) for number in range(20)]
            found = cache.get_many(keys)
            assert len(found) == 400 and set(found.values()) == {name.encode() * 50}
