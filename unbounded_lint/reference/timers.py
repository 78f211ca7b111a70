"""Where time comes from: the wall clock, and timers that fire later or again and again.

The registries take both from outside, so that a test moves time by hand and a host runs them on threads
(`ThreadTimers`) or on an asyncio loop (`unbounded_lint.reference.aio.LoopTimers`).
"""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Protocol

from .containment import run_contained
from .forks import ProcessLock
from .limits import checked_period, checked_seconds

Clock = Callable[[], float]
"""Returns the wall-clock time in seconds since the epoch. It may step back; the registries cope."""

LONGEST_WAIT_SECONDS = 24 * 60 * 60.0
"""No thread waits longer at a time: how long it may is limited by the platform (`threading.TIMEOUT_MAX`)."""

_MIN_SHOTS = 64

_log = logging.getLogger(__name__)


def system_clock() -> float:
    """Return the wall-clock time in seconds since the epoch."""
    return time.time()


class TimerHandle(Protocol):
    """What a timer factory gives for one armed timer."""

    def cancel(self) -> None:
        """Keep the timer from firing (again). Cancelling twice, or after it fired, does nothing."""


class TimerFactory(Protocol):
    """Arms timers. A callback never runs inside the call that arms it, and no timer keeps the process alive.

    Whatever a callback raises, `SystemExit` included, a recurring timer fires again.
    """

    def call_later(self, delay_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` once, `delay_seconds` from now."""

    def every(self, interval_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` each `interval_seconds` until cancelled, the first time one interval from now."""


class ThreadTimers:
    """Timers on daemon threads.

    Each recurring timer has a thread of its own, so a slow sweep delays no other timer. All one-shot timers share one
    thread, which starts with the first of them and ends when none is left.

    A forked child has none of these threads. They start again when the child first uses the timers (or reads a clock
    of `checked_clock`), and not before: most children never do, and must not sweep what is the parent's.
    """

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._shots: list[tuple[float, int, _OneShot]] = []
        self._room = _MIN_SHOTS
        self._order = itertools.count()
        self._worker: threading.Thread | None = None
        self._arming = ProcessLock()
        self._recurring: set[_Repeating] = set()
        self._process = os.getpid()

    def call_later(self, delay_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` once on the shared timer thread, `delay_seconds` from now.

        Raises:
            ValueError: `delay_seconds` is negative or not finite.
        """
        checked_seconds("delay_seconds", delay_seconds)
        self.resume()
        shot = _OneShot(callback)
        with self._wake:
            self._drop_cancelled()
            heapq.heappush(self._shots, (time.monotonic() + delay_seconds, next(self._order), shot))
            self._start_worker()
            self._wake.notify()
        return shot

    def every(self, interval_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` on a thread of its own, each `interval_seconds` until cancelled.

        Raises:
            ValueError: `interval_seconds` is not above zero or not finite.
        """
        checked_period("interval_seconds", interval_seconds)
        self.resume()
        timer = _Repeating(interval_seconds, callback, self._forget)
        with self._arming:
            timer.start()
            self._recurring.add(timer)
        return timer

    def resume(self) -> None:
        """In a forked child, start the threads that it lacks; otherwise do nothing."""
        if self._process == os.getpid():
            return
        with self._arming:
            if self._process != os.getpid():
                self._wake = threading.Condition()
                for timer in self._recurring:
                    timer.start()
                with self._wake:
                    self._start_worker()
                # Last, so that another thread of the child waits until all is done.
                self._process = os.getpid()

    def _forget(self, timer: _Repeating) -> None:
        self.resume()
        with self._arming:
            self._recurring.discard(timer)
            timer.stop()

    def _drop_cancelled(self) -> None:
        # Looked through whenever it has doubled: a cancelled shot must not stay until its time, which may be far.
        if len(self._shots) >= self._room:
            self._shots = [shot for shot in self._shots if not shot[2].cancelled]
            heapq.heapify(self._shots)
            self._room = max(_MIN_SHOTS, 2 * len(self._shots))

    def _start_worker(self) -> None:
        if self._shots and (self._worker is None or not self._worker.is_alive()):
            self._worker = threading.Thread(target=self._work, name="reference-one-shots", daemon=True)
            self._worker.start()

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
            self._wake.wait(min(left, LONGEST_WAIT_SECONDS))
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
    """A recurring timer: its thread, and the switch that stops it."""

    __slots__ = ("_callback", "_cancelled", "_interval", "_stopped", "thread")

    _stopped: threading.Event
    thread: threading.Thread

    def __init__(
        self, interval_seconds: float, callback: Callable[[], object], cancelled: Callable[[_Repeating], object]
    ) -> None:
        self._interval = interval_seconds
        self._callback = callback
        self._cancelled = cancelled

    def start(self) -> None:
        # A new switch for each thread: that of a parent may be locked for ever in its child.
        self._stopped = threading.Event()
        self.thread = threading.Thread(
            target=_repeat,
            args=(self._stopped, self._interval, self._callback),
            name="reference-recurring",
            daemon=True,
        )
        self.thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def cancel(self) -> None:
        self._cancelled(self)


def _repeat(stopped: threading.Event, interval_seconds: float, callback: Callable[[], object]) -> None:
    while not _is_set_within(stopped, interval_seconds):
        run_contained(callback)


def _is_set_within(event: threading.Event, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > LONGEST_WAIT_SECONDS:
        if event.wait(LONGEST_WAIT_SECONDS):
            return True
    return event.wait(left)


def checked_clock(clock: Clock, timers: TimerFactory) -> Clock:
    """Return `clock`, but raising `ValueError` when it tells no time; its readings resume the timers after a fork.

    Nothing grows without a reading of the clock, so in a child that goes on using the registries the sweeps go on.
    """

    def now() -> float:
        if isinstance(timers, ThreadTimers):
            timers.resume()
        return checked_seconds("the clock's time", clock())

    return now


def cancel_contained(handle: TimerHandle) -> None:
    """Cancel a timer; log what that raises, since whoever cancels has already removed what it was for."""
    try:
        handle.cancel()
    except Exception:
        _log.exception("A timer could not be cancelled.")
