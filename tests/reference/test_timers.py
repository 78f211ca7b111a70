"""Timers on threads and on an asyncio loop, for real: short waits on events, no sleeping."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable

import pytest

from tests.reference.system import logged, refuse
from unbounded_lint.reference import LoopTimers, SimulatedTime, ThreadTimers, blocking
from unbounded_lint.reference.timers import system_clock

PATIENCE = 20.0


def test_a_recurring_timer_fires_again_and_again_on_a_daemon_thread_until_cancelled() -> None:
    beats: list[str] = []
    armed, done = threading.Event(), threading.Event()

    def beat() -> None:
        assert armed.wait(PATIENCE)
        beats.append(threading.current_thread().name)
        if len(beats) == 3:
            handle.cancel()
            done.set()

    handle = ThreadTimers().every(0.001, beat)
    armed.set()
    thread = handle.thread  # type: ignore[attr-defined]
    assert thread.daemon
    assert done.wait(PATIENCE)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert beats == ["reference-recurring"] * 3


def test_one_shots_fire_in_the_order_in_which_they_fall_due() -> None:
    timers = ThreadTimers()
    fired: list[str] = []
    done = threading.Event()
    timers.call_later(0.05, lambda: (fired.append("late"), done.set()))
    timers.call_later(0.0, lambda: fired.append("early"))
    cancelled = timers.call_later(0.02, lambda: fired.append("cancelled"))
    cancelled.cancel()
    cancelled.cancel()
    assert done.wait(PATIENCE)
    assert fired == ["early", "late"]


def test_the_one_shot_thread_ends_with_the_last_timer_and_comes_back_with_the_next() -> None:
    timers = ThreadTimers()
    for _ in range(2):
        fired = threading.Event()
        timers.call_later(0.0, fired.set)
        worker = timers._worker
        assert fired.wait(PATIENCE)
        assert worker is None or worker.join(PATIENCE) is None
        assert timers._worker is None
        assert timers._shots == []


def test_a_worker_lost_in_a_fork_is_replaced() -> None:
    timers = ThreadTimers()
    timers._worker = threading.Thread()
    fired = threading.Event()
    timers.call_later(0.0, fired.set)
    assert fired.wait(PATIENCE)


def test_a_failing_callback_is_logged_and_ends_no_timer() -> None:
    timers = ThreadTimers()
    fired = threading.Event()
    with logged() as records:
        timers.call_later(0.0, refuse)
        timers.call_later(0.01, fired.set)
        assert fired.wait(PATIENCE)
    assert [record.getMessage() for record in records] == ["A timer's callback failed."]


def test_the_system_clock_tells_seconds_since_the_epoch() -> None:
    assert 1_700_000_000 < system_clock() < 10_000_000_000


# --- on a loop ------------------------------------------------------------------------------------------------------


def run(main: Callable[[], object]) -> None:
    asyncio.run(asyncio.wait_for(main(), PATIENCE))  # type: ignore[arg-type]


def test_loop_timers_fire_off_the_loop_thread_and_repeat_until_cancelled() -> None:
    async def main() -> None:
        timers = LoopTimers(asyncio.get_running_loop())
        beats: list[bool] = []
        done = threading.Event()

        def beat() -> None:
            beats.append(threading.current_thread() is threading.main_thread())
            if len(beats) == 3:
                handle.cancel()
                done.set()

        handle = timers.every(0.001, beat)
        assert await asyncio.to_thread(done.wait, PATIENCE)
        assert beats[:3] == [False] * 3
        once = threading.Event()
        timers.call_later(0.0, once.set)
        assert await asyncio.to_thread(once.wait, PATIENCE)

    run(main)


def test_loop_timers_are_armed_and_cancelled_from_any_thread() -> None:
    async def main() -> None:
        timers = LoopTimers(asyncio.get_running_loop())
        fired: list[str] = []
        done = threading.Event()
        cancelled = await asyncio.to_thread(timers.call_later, 0.01, lambda: fired.append("cancelled"))
        await asyncio.to_thread(cancelled.cancel)
        at_once = timers.call_later(0.0, lambda: fired.append("cancelled before it was armed"))
        at_once.cancel()
        await asyncio.to_thread(timers.call_later, 0.02, done.set)
        assert await asyncio.to_thread(done.wait, PATIENCE)
        assert fired == []

    run(main)


def test_a_timer_cancelled_after_it_fired_but_before_it_ran_does_not_run() -> None:
    async def main() -> None:
        fired: list[str] = []
        handle = LoopTimers(asyncio.get_running_loop()).call_later(60, lambda: fired.append("ran"))
        handle.cancel()
        handle._run()  # type: ignore[attr-defined]
        assert fired == []

    run(main)


def test_a_failing_callback_on_a_loop_is_logged_and_the_timer_goes_on() -> None:
    async def main() -> None:
        beats: list[int] = []
        done = threading.Event()

        def beat() -> None:
            beats.append(1)
            if len(beats) == 2:
                done.set()
            refuse()

        handle = LoopTimers(asyncio.get_running_loop()).every(0.001, beat)
        assert await asyncio.to_thread(done.wait, PATIENCE)
        handle.cancel()

    with logged() as records:
        run(main)
    assert {record.getMessage() for record in records} == {"A timer's callback failed."}


def test_an_executor_that_is_shut_down_skips_the_tick_and_says_so() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        await loop.shutdown_default_executor()
        handle = LoopTimers(loop).call_later(60, refuse)
        handle._fire()  # type: ignore[attr-defined]
        handle.cancel()

    with logged() as records:
        run(main)
    assert [record.levelname for record in records] == ["WARNING"]


def test_cancelling_after_the_loop_is_closed_is_fine() -> None:
    handles = []

    async def main() -> None:
        handles.append(LoopTimers(asyncio.get_running_loop()).every(60, refuse))

    run(main)
    handles[0].cancel()


def test_a_coroutine_function_is_a_remote_delete_with_a_time_limit() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        deleted: list[str] = []

        async def delete(session_key: str) -> None:
            if session_key == "stuck":
                await asyncio.Event().wait()
            if session_key == "broken":
                raise ConnectionError("no answer")
            deleted.append(session_key)

        hook = blocking(delete, loop)
        await asyncio.to_thread(hook, "key", PATIENCE)
        assert deleted == ["key"]
        with pytest.raises(ConnectionError):
            await asyncio.to_thread(hook, "broken", PATIENCE)
        # Two classes below Python 3.11, one from there on.
        with pytest.raises((asyncio.TimeoutError, concurrent.futures.TimeoutError)):
            await asyncio.to_thread(hook, "stuck", 0.01)

    run(main)


# --- simulated ------------------------------------------------------------------------------------------------------


def test_simulated_timers_fire_in_order_at_their_own_time() -> None:
    time = SimulatedTime(1000.0)
    fired: list[tuple[str, float]] = []
    time.every(10, lambda: fired.append(("every", time.clock())))
    time.call_later(15, lambda: fired.append(("once", time.clock())))
    gone = time.call_later(5, refuse)
    gone.cancel()
    assert time.live_timers == (10, None)
    time.advance(25)
    assert fired == [("every", 1010.0), ("once", 1015.0), ("every", 1020.0)]
    assert time.clock() == 1025.0
    time.step_clock(-500)
    time.advance(5)
    assert fired[-1] == ("every", 530.0)


def test_a_simulated_timer_whose_callback_fails_leaves_the_rest_armed() -> None:
    time = SimulatedTime()
    time.call_later(1, refuse)
    fired: list[int] = []
    time.call_later(2, lambda: fired.append(1))
    with pytest.raises(RuntimeError):
        time.advance(5)
    time.advance(5)
    assert fired == [1]
