"""The cache: facts by the hash of what they were made from.

It is disposable. Whatever is wrong with it (truncated, foreign, read-only, locked, of another version) makes it empty,
never an error: the answers of a run do not depend on it.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from types import TracebackType

FILE = "facts.sqlite"
LIMIT = 200 * 1024 * 1024
"""How many bytes the entries may take before the least recently used go."""

_TAG = "CACHEDIR.TAG"
_TAG_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# This directory is a cache made by unbounded-lint.\n"
_APPLICATION = 0x55424D31
_VERSION = 1
_BUSY_SECONDS = 1.0
_CHUNK = 500
_WEEK = 7 * 24 * 3600
_SCHEMA = "CREATE TABLE facts (key BLOB PRIMARY KEY, used INTEGER NOT NULL, digest BLOB NOT NULL, value BLOB NOT NULL)"


class Cache:
    """A store of bytes by key in one file, safe to share between processes, used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection | None, limit: int, replaceable: Path | None) -> None:
        self._connection = connection
        self._limit = limit
        self._replaceable = replaceable
        self._week = int(time.time()) // _WEEK

    @classmethod
    def open(cls, directory: Path, limit: int = LIMIT) -> Cache:
        """Open or make the cache in `directory`; `limit` is its size in bytes. A cache that cannot be used is empty."""
        try:
            replaceable = directory / FILE if _prepare(directory) else None
        except (OSError, ValueError):
            return cls(None, limit, None)
        connection: sqlite3.Connection | None
        try:
            connection = _connect(directory / FILE)
        except _failures() as error:
            if replaceable is None or not _is_damage(error):
                return cls(None, limit, None)
            connection = _replaced(replaceable)
        return cls(connection, limit, replaceable)

    def get_many(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The stored values of those keys that there is one for."""
        found: dict[bytes, bytes] = {}
        stale: list[bytes] = []
        connection = self._connection
        if connection is None:
            return found
        try:
            for chunk in _chunks(keys):
                marks = ",".join("?" * len(chunk))
                rows = connection.execute(f"SELECT key, used, digest, value FROM facts WHERE key IN ({marks})", chunk)
                for key, used, digest, value in rows:
                    if isinstance(value, bytes) and digest == _digest(key, value):
                        found[key] = value
                        if used != self._week:
                            stale.append(key)
            self._touch(stale)
        except _failures() as error:
            self._give_up(error)
        return found

    def put_many(self, values: Mapping[bytes, bytes]) -> None:
        """Store the values under their keys, over older ones."""
        connection = self._connection
        if connection is None or not values:
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)",
                ((key, self._week, _digest(key, value), value) for key, value in values.items()),
            )
            pruned = self._prune()
            connection.execute("COMMIT")
            if pruned:
                # Not `execute`, which frees one page and stops.
                connection.executescript("PRAGMA incremental_vacuum")
        except _failures() as error:
            self._give_up(error)

    def close(self) -> None:
        """Let go of the file; the cache is empty from then on."""
        self._give_up()

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _touch(self, keys: list[bytes]) -> None:
        """Mark as used; a week's grain, since sqlite rewrites the whole row."""
        connection = self._connection
        if connection is None or not keys:
            return
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("UPDATE facts SET used = ? WHERE key = ?", ((self._week, key) for key in keys))
            connection.execute("COMMIT")
        except _failures():
            # A cache that can only be read still serves.
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _prune(self) -> bool:
        """Drop the least recently used entries once the limit is passed, down to three quarters of it; says if any."""
        connection = self._connection
        assert connection is not None
        excess = _size(connection) - self._limit
        if excess <= 0:
            return False
        excess += self._limit // 4
        doomed: list[tuple[bytes]] = []
        for key, length in connection.execute("SELECT key, length(value) FROM facts ORDER BY used, rowid"):
            if excess <= 0:
                break
            doomed.append((key,))
            excess -= length
        connection.executemany("DELETE FROM facts WHERE key = ?", doomed)
        return True

    def _give_up(self, error: Exception | None = None) -> None:
        """Be empty from now on, and for good where the file turned out damaged."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*_failures()):
                connection.close()
        if error is not None and _is_damage(error) and self._replaceable is not None:
            _remove(self._replaceable)


def _prepare(directory: Path) -> bool:
    """Make the directory; says whether it is ours, so that what is broken in it may be replaced.

    A directory that existed and holds other things gets no `.gitignore`: it may be the project itself.
    """
    directory.mkdir(parents=True, exist_ok=True)
    tag = directory / _TAG
    if not any(directory.iterdir()):
        (directory / ".gitignore").write_text("*\n", encoding="utf-8")
        tag.write_text(_TAG_TEXT, encoding="utf-8")
        return True
    return tag.is_file() and tag.read_text(encoding="utf-8", errors="replace") == _TAG_TEXT


class _Foreign(Exception):
    """A sound database that is not of this form: another program's, or another version's."""


def _connect(path: Path) -> sqlite3.Connection:
    """A connection to a database of this very form; a missing one is made. Raises what `_failures` lists."""
    import sqlite3

    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        # Entries carry a digest and can be made again, so a power cut may damage them.
        connection.execute("PRAGMA synchronous = OFF")
        if not _is_ours(connection):
            _create(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _replaced(path: Path) -> sqlite3.Connection | None:
    _remove(path)
    try:
        return _connect(path)
    except _failures():
        return None


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("BEGIN IMMEDIATE")
    if not _is_ours(connection):
        # Else another process was faster.
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise _Foreign
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")


def _is_ours(connection: sqlite3.Connection) -> bool:
    table = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'facts'").fetchone()
    return table == (_SCHEMA,) and _stamp(connection) == (_APPLICATION, _VERSION)


def _stamp(connection: sqlite3.Connection) -> tuple[int, int]:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    return application, version


def _size(connection: sqlite3.Connection) -> int:
    """Bytes of the pages in use."""
    pages, free, page = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * page)


def _remove(path: Path) -> None:
    for name in (path, path.with_name(f"{path.name}-journal")):
        with contextlib.suppress(OSError):
            name.unlink()


def _failures() -> tuple[type[Exception], ...]:
    """What sqlite and the file system may throw at us."""
    import sqlite3

    return (_Foreign, sqlite3.Error, sqlite3.Warning, OSError, ValueError, OverflowError)


def _is_damage(error: Exception) -> bool:
    """Whether only a new file helps: it is foreign, or (sqlite's own class for that) malformed or no database."""
    import sqlite3

    return isinstance(error, _Foreign) or type(error) is sqlite3.DatabaseError


def _chunks(keys: Iterable[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    for key in keys:
        chunk.append(key)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _digest(key: bytes, value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=8, key=key[:64]).digest()
