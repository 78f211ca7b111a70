"""The registries on an asyncio loop: timers armed on it, and coroutine functions as hooks.

Timers count on the loop, but their callbacks run in its default executor: a sweep may write to disk and wait for a
remote delete, and neither may hold up the loop. The registries themselves are plain thread-safe objects that a
coroutine calls directly, or through `asyncio.to_thread` where the write to disk matters. A loop does not survive a
fork, and neither do its timers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from .containment import run_contained
from .limits import checked_period, checked_seconds
from .timers import LONGEST_WAIT_SECONDS, TimerHandle

_log = logging.getLogger(__name__)


class LoopTimers:
    """Timers on one running asyncio loop; armed and cancelled from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call_later(self, delay_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` once in the loop's executor, `delay_seconds` from now.

        Raises:
            ValueError: `delay_seconds` is negative or not finite.
        """
        checked_seconds("delay_seconds", delay_seconds)
        return _LoopTimer(self._loop, delay_seconds, callback, repeats=False)

    def every(self, interval_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call `callback` in the loop's executor each `interval_seconds` until cancelled.

        Raises:
            ValueError: `interval_seconds` is not above zero or not finite.
        """
        checked_period("interval_seconds", interval_seconds)
        return _LoopTimer(self._loop, interval_seconds, callback, repeats=True)


class _LoopTimer:
    """One timer; its loop handle is only ever touched on the loop's own thread."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], object], *, repeats: bool
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._callback = callback
        self._repeats = repeats
        self._cancelled = False
        self._handle: asyncio.TimerHandle | None = None
        loop.call_soon_threadsafe(self._arm)

    def cancel(self) -> None:
        self._cancelled = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._disarm)

    def _arm(self) -> None:
        if not self._cancelled:
            self._handle = self._loop.call_later(self._seconds, self._fire)

    def _disarm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _fire(self) -> None:
        # Armed again first: a tick that cannot be handed over must not be the last one.
        if self._repeats:
            self._arm()
        try:
            self._loop.run_in_executor(None, self._run)
        except RuntimeError:
            _log.warning("A timer's callback was skipped: the loop's executor is shut down.")

    def _run(self) -> None:
        if not self._cancelled:
            run_contained(self._callback)


def blocking(
    function: Callable[[str], Coroutine[Any, Any, object]], loop: asyncio.AbstractEventLoop
) -> Callable[[str, float], None]:
    """Turn a coroutine function into the `remote_delete` hook, which is a plain call with a time limit.

    Args:
        function: takes the session key; awaited on `loop`.
        loop: a loop that runs in another thread than the sweep's (`LoopTimers` sees to that).

    Returns:
        A callable that takes the session key and the limit in seconds, and raises what `function` raises, or
        `TimeoutError` (`concurrent.futures.TimeoutError` below Python 3.11) when it takes too long.
    """

    def call(session_key: str, timeout_seconds: float) -> None:
        future = asyncio.run_coroutine_threadsafe(function(session_key), loop)
        try:
            future.result(min(timeout_seconds, LONGEST_WAIT_SECONDS))
        finally:
            future.cancel()

    return call
