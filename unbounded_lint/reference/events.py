"""The agent event bus: sequence numbers and run contexts, and the sweep that bounds both.

`contexts` and `sequences` are companions: the same run ids, so what drops one drops the other. A sequence whose run has
no context (a late event, a run that never registered) has a clock of its own, the time of its last event.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from .containment import each_in_full
from .forks import ProcessLock
from .limits import CONTEXT_TTL_SECONDS, checked_seconds
from .records import is_blank
from .timers import Clock, system_clock

_log = logging.getLogger(__name__)


@dataclass
class RunContext:
    """What listeners need to know about a run. Times are seconds since the epoch.

    Attributes:
        control_ui_visible: False hides the run: its events carry no session key. None means not told, hence visible.
        registered_at: set by the first registration, and never again.
        last_active_at: when the run last emitted; None before the first event.
    """

    session_key: str | None = None
    verbose_level: str | None = None
    is_heartbeat: bool | None = None
    control_ui_visible: bool | None = None
    registered_at: float | None = None
    last_active_at: float | None = None


@dataclass(frozen=True)
class AgentEvent:
    """One event as listeners get it: `number` counts the events of its run from 1, `emitted_at` is in seconds."""

    run_id: str
    number: int
    emitted_at: float
    stream: str
    data: Mapping[str, Any]
    session_key: str | None


Listener = Callable[[AgentEvent], object]


class _Sequence(NamedTuple):
    number: int
    emitted_at: float


class EventRegistry:
    """Run contexts, sequence numbers and listeners; thread-safe.

    Listeners are called in the emitter's thread, outside the lock. Nothing here starts a timer: the gateway's
    maintenance tick, which runs from start-up on, calls `sweep_stale`.

    Args:
        clock: wall clock.
        context_ttl_seconds: how long a run may be silent before the sweep drops it.
    """

    def __init__(self, clock: Clock = system_clock, context_ttl_seconds: float = CONTEXT_TTL_SECONDS) -> None:
        self._clock = clock
        self._context_ttl = checked_seconds("context_ttl_seconds", context_ttl_seconds)
        self._lock = ProcessLock()
        self._contexts: dict[str, RunContext] = {}
        self._sequences: dict[str, _Sequence] = {}
        # Replaced as a whole on each change, so that an emitter walks a tuple nobody alters.
        self._listeners: tuple[Listener, ...] = ()

    def register_context(
        self,
        run_id: str,
        *,
        session_key: str | None = None,
        verbose_level: str | None = None,
        is_heartbeat: bool | None = None,
        control_ui_visible: bool | None = None,
        registered_at: float | None = None,
    ) -> None:
        """Remember the context of a run, or add what is given to the one that is there. A blank id is ignored.

        Args:
            registered_at: seconds since the epoch; now, unless given. Only the first registration counts.

        Raises:
            ValueError: `registered_at` is not a time.
        """
        if is_blank(run_id):
            return
        if registered_at is not None:
            checked_seconds("registered_at", registered_at)
        now = self._clock()
        with self._lock:
            context = self._contexts.get(run_id)
            if context is None:
                context = RunContext(registered_at=now if registered_at is None else registered_at)
                self._contexts[run_id] = context
            context.session_key = context.session_key if is_blank(session_key) else session_key
            context.verbose_level = verbose_level or context.verbose_level
            if is_heartbeat is not None:
                context.is_heartbeat = is_heartbeat
            if control_ui_visible is not None:
                context.control_ui_visible = control_ui_visible

    def context(self, run_id: str) -> RunContext | None:
        """Return a copy of the run's context, or None."""
        with self._lock:
            context = self._contexts.get(run_id)
            return None if context is None else replace(context)

    def emit(
        self, run_id: str, stream: str, data: Mapping[str, Any] | None = None, *, session_key: str | None = None
    ) -> AgentEvent:
        """Number an event, note that its run is alive, and hand it to every listener. Returns the event.

        Raises:
            ValueError: `run_id` is blank. An exception in a listener is logged and goes no further; what is none, such
                as `KeyboardInterrupt`, is passed on when every listener has heard the event.
        """
        if is_blank(run_id):
            raise ValueError("run_id must not be blank")
        now = self._clock()
        with self._lock:
            last = self._sequences.get(run_id)
            number = 1 if last is None else last.number + 1
            self._sequences[run_id] = _Sequence(number, now)
            context = self._contexts.get(run_id)
            if context is not None:
                context.last_active_at = now
            visible_key = _visible_key(context, session_key)
            listeners = self._listeners
        event = AgentEvent(run_id, number, now, stream, {} if data is None else data, visible_key)
        each_in_full(partial(_hear, listener, event) for listener in listeners)
        return event

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on each event from now on, once however often it subscribes; returns how to end that."""
        with self._lock:
            if listener not in self._listeners:
                self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(other for other in self._listeners if other != listener)

        return unsubscribe

    def clear(self, run_id: str) -> None:
        """Forget the run's context and its sequence number; an unknown id is fine."""
        with self._lock:
            self._contexts.pop(run_id, None)
            self._sequences.pop(run_id, None)

    def sweep_stale(self, max_age_seconds: float | None = None) -> int:
        """Drop every run that has been silent for longer than `max_age_seconds`, and every sequence left alone so long.

        Args:
            max_age_seconds: the registry's own limit, unless given.

        Returns:
            The number of contexts dropped.

        Raises:
            ValueError: `max_age_seconds` is negative or not finite.
        """
        limit = self._context_ttl if max_age_seconds is None else checked_seconds("max_age_seconds", max_age_seconds)
        now = self._clock()
        # The lock is held for the snapshot and for one entry at a time, never for the walk: emitters come in between.
        with self._lock:
            run_ids = list(self._contexts)
        dropped = 0
        for run_id in run_ids:
            with self._lock:
                context = self._contexts.get(run_id)
                if context is not None and _is_stale(_rebased(context, now), now, limit):
                    del self._contexts[run_id]
                    self._sequences.pop(run_id, None)
                    dropped += 1
        self._sweep_orphaned_sequences(now, limit)
        return dropped

    def _sweep_orphaned_sequences(self, now: float, limit: float) -> None:
        with self._lock:
            run_ids = list(self._sequences)
        for run_id in run_ids:
            with self._lock:
                sequence = self._sequences.get(run_id)
                if sequence is None or run_id in self._contexts:
                    continue
                if sequence.emitted_at > now:
                    self._sequences[run_id] = _Sequence(sequence.number, now)
                elif now - sequence.emitted_at > limit:
                    del self._sequences[run_id]

    def sizes(self) -> dict[str, int]:
        """Return how many entries each map holds: `contexts` and `sequences`."""
        return {"contexts": len(self._contexts), "sequences": len(self._sequences)}

    def reset_for_tests(self) -> None:
        """Forget every context and every sequence number; listeners stay."""
        with self._lock:
            self._contexts.clear()
            self._sequences.clear()


def _hear(listener: Listener, event: AgentEvent) -> None:
    try:
        listener(event)
    except Exception:
        _log.exception("A listener failed on event %d of run %r.", event.number, event.run_id)


def _last_seen(context: RunContext) -> float | None:
    return context.registered_at if context.last_active_at is None else context.last_active_at


def _rebased(context: RunContext, now: float) -> RunContext:
    # The wall clock may step back; an entry seen in the future would stay until the clock has caught up.
    if (_last_seen(context) or 0) > now:
        context.last_active_at = now
    return context


def _is_stale(context: RunContext, now: float, limit: float) -> bool:
    last_seen = _last_seen(context)
    return not last_seen or now - last_seen > limit


def _visible_key(context: RunContext | None, session_key: str | None) -> str | None:
    if context is not None and context.control_ui_visible is False:
        return None
    if not is_blank(session_key):
        return session_key
    return None if context is None else context.session_key
