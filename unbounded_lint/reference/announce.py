"""Telling the parent of a run its result, with a few more attempts when that fails."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from .limits import Limits
from .records import RunRecord
from .timers import TimerFactory, TimerHandle, cancel_contained

# Far above what a host would set, and far below what a float holds.
_MAX_DOUBLINGS = 64
_LONGEST_RETRY_SECONDS = 1e15

_log = logging.getLogger(__name__)


class Entry:
    """A run in the registry: its record, and what lives only as long as the process.

    Keeping the retry timer and the resumed mark here, not in maps of their own, means that they cannot outlive the run.
    """

    __slots__ = ("record", "resumed", "retry")

    def __init__(self, record: RunRecord) -> None:
        self.record = record
        self.resumed = False
        self.retry: TimerHandle | None = None

    def cancel_retry(self) -> None:
        """Cancel the next attempt to announce the result, if one is due."""
        retry, self.retry = self.retry, None
        if retry is not None:
            cancel_contained(retry)


class EntryHolder(Protocol):
    """What announcing needs of the run registry: each method acts on that very entry, not on a later one of its id."""

    def holds(self, entry: Entry) -> bool:
        """Tell whether the entry is still in the registry."""

    def amend(self, entry: Entry, **changes: object) -> bool:
        """Change fields of the entry's record; False when the entry is gone."""

    def finish(self, entry: Entry) -> bool:
        """Complete the cleanup of the entry's run; False when there is nothing to complete."""


class Announcer:
    """Announces results on timer threads, so that neither an emitter nor a sweep waits for a parent.

    Args:
        announce: the host's hook; None turns announcing off.
        runs: the registry that holds the entries.
    """

    def __init__(
        self,
        timers: TimerFactory,
        limits: Limits,
        announce: Callable[[RunRecord], bool] | None,
        runs: EntryHolder,
    ) -> None:
        self._timers = timers
        self._limits = limits
        self._announce = announce
        self._runs = runs

    def begin(self, entry: Entry) -> None:
        """Announce the result of a run that ended; a second call for the same entry does nothing."""
        if self._announce is not None and not entry.resumed:
            entry.resumed = True
            self._arm(entry, 0.0)

    def _arm(self, entry: Entry, delay_seconds: float) -> None:
        entry.retry = self._timers.call_later(delay_seconds, lambda: self._attempt(entry))

    def _attempt(self, entry: Entry) -> None:
        entry.retry = None
        record = entry.record
        if self._announce is None or record.cleanup_completed_at is not None or not self._runs.holds(entry):
            return
        told = False
        try:
            told = bool(self._announce(record))
        except Exception:
            _log.exception("The result of run %r could not be announced.", record.run_id)
        finally:
            self._follow(entry, told)

    def _follow(self, entry: Entry, told: bool) -> None:
        # The announcement may have taken a while: the registry acts only if it still holds this very entry.
        if told:
            self._runs.finish(entry)
            return
        try:
            self._runs.amend(entry, announce_attempts=entry.record.announce_attempts + 1)
        finally:
            if self._runs.holds(entry):
                self._retry(entry)

    def _retry(self, entry: Entry) -> None:
        attempts = entry.record.announce_attempts
        if attempts < self._limits.max_announce_attempts:
            doublings = min(attempts - 1, _MAX_DOUBLINGS)
            self._arm(entry, min(self._limits.announce_retry * 2.0**doublings, _LONGEST_RETRY_SECONDS))
        else:
            _log.warning("Run %r is given up after %d announcements in vain.", entry.record.run_id, attempts)
