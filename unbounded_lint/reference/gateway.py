"""The gateway: the registries put together, and the maintenance timer that is on from start to close."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial

from .containment import in_full
from .events import EventRegistry
from .forks import ProcessLock
from .hooks import Hooks
from .limits import ARCHIVE_AFTER_MINUTES, Limits
from .persistence import RunStore
from .runs import RunRegistry
from .timers import Clock, ThreadTimers, TimerFactory, TimerHandle, checked_clock, system_clock

_log = logging.getLogger(__name__)


class Maintenance:
    """The gateway's recurring tick: the host's own prune steps, then the sweep of stale contexts.

    It shares nothing with the sweeper of runs, and never stops by itself.

    Args:
        prune_steps: called in order at each tick, before the contexts are swept. What one raises is logged.
        interval_seconds: time between ticks.
    """

    def __init__(
        self,
        events: EventRegistry,
        timers: TimerFactory,
        interval_seconds: float,
        prune_steps: Sequence[Callable[[], object]] = (),
    ) -> None:
        self._events = events
        self._timers = timers
        self._interval = interval_seconds
        self._prune_steps = tuple(prune_steps)
        self._lock = ProcessLock()
        self._timer: TimerHandle | None = None

    def start(self) -> None:
        """Arm the timer, unless it is armed."""
        with self._lock:
            if self._timer is None:
                self._timer = self._timers.every(self._interval, self.tick)

    def stop(self) -> None:
        """Cancel the timer, if it is armed."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def tick(self) -> None:
        """Do every step once; a step that fails is logged and costs the others nothing.

        What a step raises that is no `Exception` is passed on when every step is done.
        """
        prune = (partial(_try, step, "A prune step of the gateway's maintenance failed.") for step in self._prune_steps)
        in_full(*prune, partial(_try, self._events.sweep_stale, "The sweep of stale run contexts failed."))


def _try(step: Callable[[], object], message: str) -> None:
    try:
        step()
    except Exception:
        _log.exception(message)


class Gateway:
    """All four maps with their timers, over one clock, one timer factory and one store.

    Nothing is armed or read before `start`. Usable as a context manager, which starts and closes it.

    A forked child has a copy of every run. If it uses the gateway it sweeps its copy too, so a run's end is then told
    by both; a child that works on after its parent (a daemon) wants that, any other should make a gateway of its own.

    Args:
        store: where runs survive a restart, as a rule a `SqliteRunStore`.
        clock: wall clock.
        timers: daemon threads, unless given.
        hooks: the host's side.
        limits: ages and intervals.
        archive_after_minutes: see `RunRegistry`.
        prune_steps: see `Maintenance`.
    """

    def __init__(
        self,
        store: RunStore,
        *,
        clock: Clock = system_clock,
        timers: TimerFactory | None = None,
        hooks: Hooks | None = None,
        limits: Limits | None = None,
        archive_after_minutes: float = ARCHIVE_AFTER_MINUTES,
        prune_steps: Sequence[Callable[[], object]] = (),
    ) -> None:
        limits = limits or Limits()
        timers = timers or ThreadTimers()
        self._clock = checked_clock(clock, timers)
        self.events = EventRegistry(self._clock, limits.context_ttl)
        self.runs = RunRegistry(
            self.events,
            store,
            self._clock,
            timers,
            hooks=hooks,
            limits=limits,
            archive_after_minutes=archive_after_minutes,
        )
        self.maintenance = Maintenance(self.events, timers, limits.maintenance_interval, prune_steps)

    def start(self) -> None:
        """Start the maintenance timer and restore the stored runs. Calling it again changes nothing.

        In a forked child it starts the timers that the parent had armed, which any other use but a look does as well.
        """
        self._clock()
        self.maintenance.start()
        self.runs.restore()

    def close(self) -> None:
        """Stop both timers and close the store; the runs stay stored."""
        in_full(self.maintenance.stop, self.runs.close)

    def sizes(self) -> dict[str, int]:
        """Return how many entries each of the four maps holds."""
        return {**self.runs.sizes(), **self.events.sizes()}

    def __enter__(self) -> Gateway:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
