"""Errors that may still be taken back: a run that reports one is failed only after a grace of 15 seconds.

Each entry's own timer removes it. The sweep is a second line of defence, for a timer that never fired; what it removes
is an error like any other, so its run fails too and does not count as running for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .containment import each_in_full
from .forks import ProcessLock
from .limits import Limits
from .timers import Clock, TimerFactory, TimerHandle, cancel_contained


class PendingError:
    """One reported error: what was told, since when it waits, and the timer that ends the wait.

    Attributes:
        ended_at: when the run failed, as its event says, in seconds since the epoch.
        inserted_at: when the entry was made; ages count from the later of the two.
        error: the message, if any.
    """

    __slots__ = ("ended_at", "error", "inserted_at", "timer")

    timer: TimerHandle
    """Armed before the entry is anywhere to be found."""

    def __init__(self, ended_at: float, inserted_at: float, error: str | None) -> None:
        self.ended_at = ended_at
        self.inserted_at = inserted_at
        self.error = error

    def cancel(self) -> None:
        """Cancel the entry's timer."""
        cancel_contained(self.timer)


class PendingErrors:
    """Run id to reported error; thread-safe.

    Args:
        expired: called with id, entry and the time, outside the lock, when an error was not taken back in time.
    """

    def __init__(
        self, clock: Clock, timers: TimerFactory, limits: Limits, expired: Callable[[str, PendingError, float], object]
    ) -> None:
        self._clock = clock
        self._timers = timers
        self._limits = limits
        self._expired = expired
        self._lock = ProcessLock()
        self._entries: dict[str, PendingError] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, run_id: object) -> bool:
        return run_id in self._entries

    def schedule(self, run_id: str, ended_at: float, error: str | None) -> None:
        """Wait for the grace from now on; an error that already waits is replaced, and its timer cancelled."""
        entry = PendingError(ended_at, self._clock(), error)
        with self._lock:
            entry.timer = self._timers.call_later(self._limits.error_grace, lambda: self._fire(run_id, entry))
            previous = self._entries.get(run_id)
            self._entries[run_id] = entry
        if previous is not None:
            previous.cancel()

    def clear(self, run_id: str) -> None:
        """Take an error back; an id without one is fine."""
        with self._lock:
            entry = self._entries.pop(run_id, None)
        if entry is not None:
            entry.cancel()

    def sweep(self, now: float) -> Iterator[tuple[str, PendingError]]:
        """Remove every entry that has waited longer than its limit at `now`, in seconds; gives each id and entry.

        One at a time, so that whatever ends the walk early leaves the rest for the next sweep.
        """
        with self._lock:
            run_ids = list(self._entries)
        for run_id in run_ids:
            with self._lock:
                entry = self._entries.get(run_id)
                if entry is None or not self._is_overdue(entry, now):
                    continue
                del self._entries[run_id]
            yield run_id, entry
            entry.cancel()

    def close(self) -> None:
        """Remove every entry and cancel its timer."""
        with self._lock:
            entries = list(self._entries.values())
            self._entries.clear()
        each_in_full(entry.cancel for entry in entries)

    def _is_overdue(self, entry: PendingError, now: float) -> bool:
        # No time of the past may lie ahead: the wall clock can step back, and the entry must not wait for it.
        entry.inserted_at = min(entry.inserted_at, now)
        entry.ended_at = min(entry.ended_at, now)
        return now - max(entry.ended_at, entry.inserted_at) > self._limits.pending_ttl

    def _fire(self, run_id: str, entry: PendingError) -> None:
        # Before anything is removed: if the clock fails, the entry is still there for the sweep.
        now = self._clock()
        with self._lock:
            if self._entries.get(run_id) is not entry:
                return
            del self._entries[run_id]
        self._expired(run_id, entry, now)
