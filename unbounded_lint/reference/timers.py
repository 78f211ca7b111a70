"""Where time comes from: the wall clock, and timers that fire later or again and again.

The registries take both from outside, so that a test moves time by hand and a host runs them on threads
(`ThreadTimers`) or on an asyncio loop (`unbounded_lint.reference.aio.LoopTimers`).
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

Clock = Callable[[], float]
"""Returns the wall-clock time in seconds since the epoch. It may step back; the registries cope."""

_log = logging.getLogger(__name__)


def system_clock() -> float:
    """Return the wall-clock time in seconds since the epoch."""
    return time.time()


class TimerHandle(Protocol):
    """What a timer factory gives for one armed timer."""

    def cancel(self) -> None:
        """Keep the timer from firing (again). Cancelling twice, or after it fired, does nothing."""


class TimerFactory(Protocol):
    """Arms timers. A callback never runs inside the call that arms it, and no timer keeps the process alive."""

    def call_later(self, delay_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` once, `delay_seconds` from now."""

    def every(self, interval_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` each `interval_seconds` until cancelled, the first time one interval from now."""


class ThreadTimers:
    """Timers on daemon threads.

    Each recurring timer has a thread of its own, so a slow sweep delays no other timer. All one-shot timers share one
    thread, which starts with the first of them and ends when none is left.
    """

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._shots: list[tuple[float, int, _OneShot]] = []
        self._order = itertools.count()
        self._worker: threading.Thread | None = None

    def call_later(self, delay_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` once on the shared timer thread, `delay_seconds` from now."""
        shot = _OneShot(callback)
        with self._wake:
            heapq.heappush(self._shots, (time.monotonic() + delay_seconds, next(self._order), shot))
            # A forked child inherits the attribute but not the thread behind it.
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, name="reference-one-shots", daemon=True)
                self._worker.start()
            self._wake.notify()
        return shot

    def every(self, interval_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` on a thread of its own, each `interval_seconds` until cancelled."""
        stopped = threading.Event()
        thread = threading.Thread(
            target=_repeat, args=(stopped, interval_seconds, callback), name="reference-recurring", daemon=True
        )
        thread.start()
        return _Repeating(stopped, thread)

    def _work(self) -> None:
        while True:
            with self._wake:
                shot = self._next_due()
                if shot is None:
                    self._worker = None
                    return
            shot.fire()

    def _next_due(self) -> _OneShot | None:
        while self._shots:
            due, _, shot = self._shots[0]
            left = due - time.monotonic()
            if shot.cancelled or left <= 0:
                heapq.heappop(self._shots)
                return shot
            self._wake.wait(left)
        return None


class _OneShot:
    """One armed call; it lets go of its callback as soon as it fired or was cancelled."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback: Callable[[], object] | None = callback

    @property
    def cancelled(self) -> bool:
        return self._callback is None

    def cancel(self) -> None:
        self._callback = None

    def fire(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            run_contained(callback)


class _Repeating:
    """A recurring timer's stop switch, with the thread it stops."""

    __slots__ = ("_stopped", "thread")

    def __init__(self, stopped: threading.Event, thread: threading.Thread) -> None:
        self._stopped = stopped
        self.thread = thread

    def cancel(self) -> None:
        self._stopped.set()


def _repeat(stopped: threading.Event, interval_seconds: float, callback: Callable[[], object]) -> None:
    while not stopped.wait(interval_seconds):
        run_contained(callback)


def cancel_contained(handle: TimerHandle) -> None:
    """Cancel a timer; log what that raises, since whoever cancels has already removed what it was for."""
    try:
        handle.cancel()
    except Exception:
        _log.exception("A timer could not be cancelled.")


def run_contained(callback: Callable[[], object]) -> None:
    """Call `callback`; log what it raises, so that one failure never ends the timer behind it."""
    try:
        callback()
    except Exception:
        _log.exception("A timer's callback failed.")
