"""Where run records survive a restart: the store's interface, SQLite, memory, and the mirror that feeds a store."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from .forks import ProcessLock, rest_in_forks
from .records import RunRecord

_PATIENCE_SECONDS = 5.0

# What a store raises for a record or an id that it cannot hold; anything else means that the store itself failed.
_UNSTORABLE = (TypeError, ValueError, OverflowError, sqlite3.DataError)

_log = logging.getLogger(__name__)

_SCHEMA = "CREATE TABLE IF NOT EXISTS runs (run_id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID"
_UPSERT = "INSERT INTO runs VALUES (?, ?) ON CONFLICT (run_id) DO UPDATE SET record = excluded.record"

_Apply = Callable[[Sequence[RunRecord], Sequence[str]], None]


class StoreBusyError(Exception):
    """Somebody else holds the store; nothing was written, and the same write may work a moment later."""


class RunStore(Protocol):
    """Keeps run records. Each write is all or nothing, also when the process dies in the middle of it.

    A write with a record that the store cannot hold raises `TypeError` or `ValueError`; anything else that is raised
    means that the store itself failed. A store that may have to wait for another process should also have a method
    `apply_now`, which does what `apply` does, or raises `StoreBusyError` where that would have to wait.
    """

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

    No connection is carried across a fork, which SQLite forbids: it is closed before, and each process opens its own.

    Args:
        path: the database file, made when first used; its directory must exist. `":memory:"` keeps nothing.

    Every method raises `sqlite3.Error` when the file cannot be read or written, or stays locked for five seconds.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        # Reentrant for a signal handler that forks while its own thread is writing.
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        rest_in_forks(self)

    def load(self) -> list[RunRecord]:
        """Return every record that can be read."""
        with self._lock:
            rows = self._open(_PATIENCE_SECONDS).execute("SELECT run_id, record FROM runs ORDER BY run_id").fetchall()
        records = []
        for run_id, text in rows:
            try:
                records.append(RunRecord.from_json(json.loads(text)))
            except Exception as error:
                _log.warning("The stored run %r is left out: %r.", run_id.decode(errors="backslashreplace"), error)
        return records

    def apply(self, upserts: Sequence[RunRecord], deletes: Sequence[str]) -> None:
        """Store `upserts` and forget the ids in `deletes`, in one transaction."""
        with self._lock:
            self._apply(upserts, deletes, _PATIENCE_SECONDS)

    def apply_now(self, upserts: Sequence[RunRecord], deletes: Sequence[str]) -> None:
        """Do what `apply` does, without waiting for anybody.

        Raises:
            StoreBusyError: another thread or process is using the file.
        """
        if not self._lock.acquire(blocking=False):
            raise StoreBusyError("another thread is using the database")
        try:
            self._apply(upserts, deletes, 0.0)
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreBusyError(str(error)) from error
            raise
        finally:
            self._lock.release()

    def replace(self, records: Sequence[RunRecord]) -> None:
        """Store exactly `records`, in one transaction."""
        with self._lock, self._transaction(_PATIENCE_SECONDS) as transaction:
            transaction.execute("DELETE FROM runs")
            transaction.executemany(_UPSERT, map(_row, records))

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def before_fork(self) -> None:
        """Let the write under way end, close the file, and keep everybody from opening it."""
        self._lock.acquire()
        with suppress(sqlite3.Error):
            self.close()

    def after_fork(self) -> None:
        """Let the file be opened again."""
        self._lock.release()

    def _apply(self, upserts: Sequence[RunRecord], deletes: Sequence[str], patience_seconds: float) -> None:
        with self._transaction(patience_seconds) as transaction:
            transaction.executemany("DELETE FROM runs WHERE run_id = ?", ((run_id,) for run_id in deletes))
            transaction.executemany(_UPSERT, map(_row, upserts))

    @contextmanager
    def _transaction(self, patience_seconds: float) -> Iterator[sqlite3.Connection]:
        with self._open(patience_seconds) as connection:
            # Locked before anything is encoded: an attempt in vain costs next to nothing.
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def _open(self, patience_seconds: float) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self.path, timeout=patience_seconds, check_same_thread=False)
            try:
                # As bytes, so that one text that is not UTF-8 is not the end of the whole query.
                connection.text_factory = bytes
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(_SCHEMA)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        self._connection.execute(f"PRAGMA busy_timeout = {patience_seconds * 1000:.0f}")
        return self._connection


def _row(record: RunRecord) -> tuple[str, str]:
    try:
        return record.run_id, json.dumps(record.to_json())
    except (TypeError, ValueError):
        raise
    except Exception as error:
        raise ValueError("the record cannot be written as JSON") from error


class Mirror:
    """Keeps a store in step with a map of runs, and outlives the store's failures.

    One thread writes at a time, and no emitter waits for it: who finds a write under way leaves its ids to the writer,
    which takes them next. Nor does an emitter wait for another process that holds the store: its ids stay unsaved until
    somebody writes who may wait, the next sweep at the latest. Only a sweep waits for its turn, so that a big write is
    never left to an emitter.

    A failed write is logged and never raised. From then on the store is `behind`, and nothing is written until
    `catch_up`, at the next sweep, writes everything; so nothing has to be remembered meanwhile.

    A record that the store cannot hold is left out, so that it costs the others nothing. That is logged once for its
    run, which lives on in memory alone, and the store is not asked again before the record has changed.

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
        self._lock = ProcessLock()
        self._writing = ProcessLock()
        self._unsaved: set[str] = set()
        self._refused: dict[str, RunRecord] = {}
        self._loaded_by: int | None = None
        self.behind = False
        """Whether the last write failed, so that the store differs from memory."""

    @property
    def is_current(self) -> bool:
        """Whether there is nothing left to write."""
        return not self.behind and not self._unsaved

    def load(self) -> list[RunRecord]:
        """Return the stored records; raises what the store raises."""
        records = self._store.load()
        self._loaded_by = os.getpid()
        return records

    def save(self, run_ids: Collection[str], *, patient: bool = True) -> None:
        """Write the present state of these few runs, the record or its absence, or leave that to who is writing.

        Args:
            patient: whether to wait for another process that holds the store.
        """
        with self._lock:
            self._unsaved.update(run_ids)
        self._save_rest(patient)

    def save_swept(self, run_ids: Collection[str]) -> None:
        """Write the present state of all runs that a sweep removed, in one write, as soon as nobody else is writing."""
        with self._writing:
            self._write(run_ids, self._store.apply)
        self._save_rest()

    def catch_up(self) -> None:
        """Write everything, as the store is behind."""
        with self._writing, suppress(StoreBusyError):
            self._attempt(self._write_all)
        self._save_rest()

    def close(self) -> None:
        """Write what is unsaved, or try to, and close the store once the write under way is done."""
        if self.behind:
            self.catch_up()
        self._save_rest()
        with self._writing:
            self._store.close()

    def reset_for_tests(self) -> None:
        """Forget what is unsaved or was refused, and that the store was read or failed."""
        with self._lock:
            self._unsaved = set()
            self._refused = {}
            self._loaded_by = None
            self.behind = False

    def _save_rest(self, patient: bool = True) -> None:
        apply = self._store.apply if patient else getattr(self._store, "apply_now", self._store.apply)
        # Asked again after each release: ids that came while the lock was held have nobody else to write them.
        while self._unsaved and self._writing.acquire(blocking=False):
            try:
                with self._lock:
                    run_ids, self._unsaved = self._unsaved, set()
                if not self._write(run_ids, apply):
                    return
            finally:
                self._writing.release()

    def _write(self, run_ids: Collection[str], apply: _Apply) -> bool:
        """Write these runs, unless the store is behind; False when it is busy, and they are left unsaved."""
        try:
            if not self.behind:
                self._attempt(lambda: self._write_some(run_ids, apply))
        except StoreBusyError:
            with self._lock:
                self._unsaved.update(run_ids)
            return False
        return True

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StoreBusyError:
            raise
        except BaseException as error:
            self.behind = True
            _log.exception("Runs could not be stored; the next sweep writes everything.")
            if not isinstance(error, Exception):
                raise
        else:
            self.behind = False

    def _write_some(self, run_ids: Collection[str], apply: _Apply) -> None:
        found = {run_id: self._find(run_id) for run_id in run_ids}
        upserts = self._storable(record for record in found.values() if record is not None)
        deletes = [run_id for run_id, record in found.items() if record is None]
        try:
            apply(upserts, deletes)
        except _UNSTORABLE:
            for run_id in deletes:
                self._delete(run_id, apply)
            self._upsert_each(upserts, apply)
        for run_id in deletes:
            self._refused.pop(run_id, None)

    def _write_all(self) -> None:
        self._refused = {run_id: record for run_id, record in self._refused.items() if self._find(run_id) is not None}
        try:
            self._store_all()
        except _UNSTORABLE:
            self._upsert_each(self._storable(self._find_all()), self._store.apply)
            self._store_all()

    def _store_all(self) -> None:
        records = self._storable(self._find_all())
        # Rows that this process never read are not its own to drop: a restore may find them yet, or a parent owns them.
        if self._loaded_by == os.getpid():
            self._store.replace(records)
        else:
            self._store.apply(records, ())

    def _storable(self, records: Iterable[RunRecord]) -> list[RunRecord]:
        return [record for record in records if self._refused.get(record.run_id) is not record]

    def _upsert_each(self, records: Iterable[RunRecord], apply: _Apply) -> None:
        for record in records:
            try:
                apply((record,), ())
            except _UNSTORABLE as error:
                self._refuse(record, error, apply)

    def _refuse(self, record: RunRecord, error: Exception, apply: _Apply) -> None:
        if record.run_id not in self._refused:
            _log.error("Run %r cannot be stored, and is kept in memory alone: %r.", record.run_id, error)
        self._refused[record.run_id] = record
        # What it was before would come back as a run that never went on.
        self._delete(record.run_id, apply)

    def _delete(self, run_id: str, apply: _Apply) -> None:
        # An id that cannot be stored has no row to delete.
        with suppress(*_UNSTORABLE):
            apply((), (run_id,))
