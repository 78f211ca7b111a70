"""Simulated time: a wall clock and timers that move only when told to.

Tests and the replay use it; a simulated day takes as long as the callbacks in it.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from .limits import checked_period, checked_seconds
from .timers import TimerHandle


class SimulatedTime:
    """A clock and a timer factory over the same simulated seconds.

    `advance` lets time pass and fires what falls due, in order. `step_clock` moves the wall clock alone, as an
    operator or a time server does; timers do not notice.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._wall = start
        self._elapsed = 0.0
        self._order = itertools.count()
        self._armed: list[tuple[float, int, _SimulatedTimer]] = []

    def clock(self) -> float:
        """Return the simulated wall-clock time in seconds since the epoch."""
        return self._wall

    def call_later(self, delay_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Arm a timer that fires once; `ValueError` if the delay is negative or not finite."""
        return self._arm(_SimulatedTimer(callback, None), checked_seconds("delay_seconds", delay_seconds))

    def every(self, interval_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Arm a timer that fires each `interval_seconds` until cancelled; `ValueError` if that is no period."""
        checked_period("interval_seconds", interval_seconds)
        return self._arm(_SimulatedTimer(callback, interval_seconds), interval_seconds)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass; what a callback raises is passed on, and the rest stays armed.

        Raises:
            ValueError: `seconds` is negative (only `step_clock` goes back) or not finite.
        """
        checked_seconds("seconds", seconds)
        until = self._elapsed + seconds
        while self._armed and self._armed[0][0] <= until:
            due, _, timer = heapq.heappop(self._armed)
            if timer.cancelled:
                continue
            self._pass(due - self._elapsed)
            if timer.interval is not None:
                self._arm(timer, timer.interval)
            else:
                timer.cancelled = True
            timer.callback()
        self._pass(until - self._elapsed)

    def step_clock(self, seconds: float) -> None:
        """Move the wall clock by `seconds`, back when negative, without any time passing."""
        self._wall += seconds

    @property
    def live_timers(self) -> tuple[float | None, ...]:
        """The interval of each armed timer (None for a one-shot), in the order in which they fall due."""
        return tuple(timer.interval for _, _, timer in sorted(self._armed, key=lambda a: a[:2]) if not timer.cancelled)

    def _arm(self, timer: _SimulatedTimer, seconds: float) -> _SimulatedTimer:
        heapq.heappush(self._armed, (self._elapsed + seconds, next(self._order), timer))
        return timer

    def _pass(self, seconds: float) -> None:
        self._elapsed += seconds
        self._wall += seconds


class _SimulatedTimer:
    __slots__ = ("callback", "cancelled", "interval")

    def __init__(self, callback: Callable[[], object], interval: float | None) -> None:
        self.callback = callback
        self.interval = interval
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True
