"""Where run records survive a restart: the store's interface, SQLite, memory, and the mirror that feeds a store."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

from .records import RunRecord

_log = logging.getLogger(__name__)

_SCHEMA = "CREATE TABLE IF NOT EXISTS runs (run_id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID"
_UPSERT = "INSERT INTO runs VALUES (?, ?) ON CONFLICT (run_id) DO UPDATE SET record = excluded.record"


class RunStore(Protocol):
    """Keeps run records. Each write is all or nothing, also when the process dies in the middle of it."""

    def load(self) -> list[RunRecord]:
        """Return every stored record; a row that cannot be read is left out and logged."""

    def apply(self, upserts: Sequence[RunRecord], deletes: Sequence[str]) -> None:
        """Store `upserts` and forget the ids in `deletes`."""

    def replace(self, records: Sequence[RunRecord]) -> None:
        """Store exactly `records` and nothing else."""

    def close(self) -> None:
        """Let go of what the store holds open. A closed store may be used again."""


class MemoryRunStore:
    """A store that lasts as long as the object: for tests, and for hosts that want no restart."""

    def __init__(self, records: Iterable[RunRecord] = ()) -> None:
        self.rows = {record.run_id: record for record in records}

    def load(self) -> list[RunRecord]:
        """Return every stored record."""
        return list(self.rows.values())

    def apply(self, upserts: Sequence[RunRecord], deletes: Sequence[str]) -> None:
        """Store `upserts` and forget the ids in `deletes`."""
        for run_id in deletes:
            self.rows.pop(run_id, None)
        self.rows.update((record.run_id, record) for record in upserts)

    def replace(self, records: Sequence[RunRecord]) -> None:
        """Store exactly `records`."""
        self.rows = {record.run_id: record for record in records}

    def close(self) -> None:
        """Do nothing; the records stay."""


class SqliteRunStore:
    """One SQLite file with a row per run. The write-ahead log makes a write whole or absent, whatever kills us.

    Args:
        path: the database file, made when first used; its directory must exist. `":memory:"` keeps nothing.

    Every method raises `sqlite3.Error` when the file cannot be read or written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def load(self) -> list[RunRecord]:
        """Return every record that can be read."""
        with self._lock:
            rows = self._open().execute("SELECT run_id, record FROM runs ORDER BY run_id").fetchall()
        records = []
        for run_id, text in rows:
            try:
                records.append(RunRecord.from_json(json.loads(text)))
            except (ValueError, TypeError, AttributeError) as error:
                _log.warning("The stored run %r is left out: %s.", run_id, error)
        return records

    def apply(self, upserts: Sequence[RunRecord], deletes: Sequence[str]) -> None:
        """Store `upserts` and forget the ids in `deletes`, in one transaction."""
        with self._lock, self._open() as transaction:
            transaction.executemany("DELETE FROM runs WHERE run_id = ?", ((run_id,) for run_id in deletes))
            transaction.executemany(_UPSERT, map(_row, upserts))

    def replace(self, records: Sequence[RunRecord]) -> None:
        """Store exactly `records`, in one transaction."""
        with self._lock, self._open() as transaction:
            transaction.execute("DELETE FROM runs")
            transaction.executemany(_UPSERT, map(_row, records))

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self.path, check_same_thread=False)
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(_SCHEMA)
            except sqlite3.Error:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _row(record: RunRecord) -> tuple[str, str]:
    return record.run_id, json.dumps(record.to_json())


class Mirror:
    """Keeps a store in step with a map of runs, and outlives the store's failures.

    One thread writes at a time, and no emitter waits for it: who finds a write under way leaves its ids to the writer,
    which takes them next. Only a sweep waits for its turn, so that a big write is never left to an emitter.

    A failed write is logged and never raised. From then on the store is `behind`, and nothing is written until
    `catch_up`, at the next sweep, writes everything; so nothing has to be remembered meanwhile.

    Args:
        store: where to write.
        find: returns the current record of an id, or None when the run is gone.
        find_all: returns the current records of all runs.
    """

    def __init__(
        self, store: RunStore, find: Callable[[str], RunRecord | None], find_all: Callable[[], list[RunRecord]]
    ) -> None:
        self._store = store
        self._find = find
        self._find_all = find_all
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._unsaved: set[str] = set()
        self._loaded = False
        self.behind = False
        """Whether the last write failed, so that the store differs from memory."""

    def load(self) -> list[RunRecord]:
        """Return the stored records; raises what the store raises."""
        records = self._store.load()
        self._loaded = True
        return records

    def save(self, run_ids: Collection[str]) -> None:
        """Write the present state of these few runs, the record or its absence, or leave that to who is writing."""
        with self._lock:
            self._unsaved.update(run_ids)
        self._save_rest()

    def save_swept(self, run_ids: Collection[str]) -> None:
        """Write the present state of all runs that a sweep removed, in one write, as soon as nobody else is writing."""
        with self._writing:
            self._write(run_ids)
        self._save_rest()

    def catch_up(self) -> None:
        """Write everything, as the store is behind."""
        with self._writing:
            self._attempt(self._write_all)
        self._save_rest()

    def close(self) -> None:
        """Close the store once the write under way is done."""
        with self._writing:
            self._store.close()

    def reset_for_tests(self) -> None:
        """Forget what is unsaved, and that the store was read or failed."""
        with self._lock:
            self._unsaved = set()
            self._loaded = False
            self.behind = False

    def _save_rest(self) -> None:
        # Asked again after each release: ids that came while the lock was held have nobody else to write them.
        while self._unsaved and self._writing.acquire(blocking=False):
            try:
                with self._lock:
                    run_ids, self._unsaved = self._unsaved, set()
                self._write(run_ids)
            finally:
                self._writing.release()

    def _write(self, run_ids: Collection[str]) -> None:
        if not self.behind:
            self._attempt(lambda: self._write_some(run_ids))

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
        except Exception:
            self.behind = True
            _log.exception("Runs could not be stored; the next sweep writes everything.")
        else:
            self.behind = False

    def _write_some(self, run_ids: Collection[str]) -> None:
        found = {run_id: self._find(run_id) for run_id in run_ids}
        upserts = [record for record in found.values() if record is not None]
        self._store.apply(upserts, [run_id for run_id, record in found.items() if record is None])

    def _write_all(self) -> None:
        # Rows that were never read are not ours to drop: a restore may yet find them.
        if self._loaded:
            self._store.replace(self._find_all())
        else:
            self._store.apply(self._find_all(), ())
