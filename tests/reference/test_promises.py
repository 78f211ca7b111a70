"""Statements 56 to 64: the promises hold whatever foreign code raises, and whatever comes in.

Each check states its promise; where only a process of its own can show it, its name says so.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.reference.system import (
    HOUR,
    MINUTE,
    START,
    RecordingStore,
    StuckOneShots,
    System,
    logged,
    refuse,
    stored_run,
    until,
)
from unbounded_lint.reference import (
    Gateway,
    Hooks,
    Limits,
    LoopTimers,
    MemoryRunStore,
    SimulatedTime,
    SqliteRunStore,
    StoreBusyError,
    ThreadTimers,
    blocking,
    forks,
    timers,
)
from unbounded_lint.reference.containment import in_full, run_contained
from unbounded_lint.reference.persistence import Mirror

PATIENCE = 20.0
DAY = 24 * HOUR
FAST = Limits(
    sweep_interval=0.002,
    maintenance_interval=0.002,
    session_ttl=0.0,
    uncleaned_ttl=0.0,
    context_ttl=0.0,
    error_grace=0.001,
    announce_retry=0.001,
)


class Interrupt(BaseException):
    """No `Exception`: whoever raises it means somebody further up."""


INTERRUPTS = (SystemExit, KeyboardInterrupt, asyncio.CancelledError, GeneratorExit, Interrupt)


def raising(error: type[BaseException]) -> Callable[..., Any]:
    def hook(*_: object) -> Any:
        raise error()

    return hook


def interrupted(*_: object) -> Any:
    raise Interrupt()


# --- 56: in a timer's thread ----------------------------------------------------------------------------------------


def test_56_whatever_a_hook_raises_in_a_timer_thread_ends_no_timer_and_costs_no_other_run() -> None:
    """Raised in a timer's thread, anything at all is logged, and the sweeper, the retries and maintenance go on."""
    for error in INTERRUPTS:
        outlives_its_callbacks(error)


def outlives_its_callbacks(error: type[BaseException]) -> None:
    pruned: list[int] = []
    hooks = Hooks(notify_end=raising(error), remove_attachments=raising(error), announce=raising(error))
    store = MemoryRunStore()
    with (
        logged() as records,
        Gateway(store, hooks=hooks, limits=FAST, prune_steps=[raising(error), lambda: pruned.append(1)]) as gateway,
    ):
        for number in range(2):
            for run_id in (f"ended {number}", f"failed {number}"):
                gateway.events.register_context(run_id)
                gateway.runs.register(run_id, "child", "parent", spawn_mode="session")
            gateway.events.emit(f"ended {number}", "lifecycle", {"phase": "end"})
            gateway.events.emit(f"failed {number}", "lifecycle", {"phase": "error"})
            until(lambda: set(gateway.sizes().values()) == {0})
            until(lambda: store.rows == {})
            until(lambda: not gateway.runs.sweeper_running)
        before = len(pruned)
        until(lambda: len(pruned) > before)
    assert "A timer's callback failed." in {record.getMessage() for record in records}


def test_56_a_remote_delete_that_is_broken_off_keeps_its_run_and_no_other() -> None:
    """A run whose remote delete is broken off stays for the next tick; the runs after it are swept all the same."""
    s = System(remote_delete=lambda key, timeout: interrupted() if key == "child-a" else None)
    s.register("a", "run", "delete")
    s.register("b", "run", "delete")
    s.runs.stop_sweeper()
    s.time.advance(HOUR)
    for _ in range(2):
        with pytest.raises(Interrupt):
            s.runs.tick()
        assert [record.run_id for record in s.runs.records()] == ["a"]
        assert set(s.store.rows) == {"a"}
    assert s.told == [("b", "swept")]


def test_56_an_announcement_that_is_broken_off_counts_as_one_in_vain() -> None:
    """An announcement that is broken off is tried again like one that failed, also if its attempt is not stored."""
    answers: list[Callable[[], object]] = [interrupted, refuse, lambda: ["truthy"]]
    s = System(announce=lambda record: answers.pop(0)())
    s.register("r", "session")
    s.end()
    s.store.on_write = interrupted
    with pytest.raises(Interrupt), logged():
        s.time.advance(0)
    s.store.on_write = lambda: None
    assert s.record().announce_attempts == 1
    with logged():
        s.time.advance(15)
    assert s.record().announce_attempts == 2
    assert s.record().cleanup_completed_at == START + 15


def test_56_an_answer_that_is_neither_true_nor_false_is_a_failure_of_its_hook() -> None:
    """What a hook returns is only ever asked for its truth inside the containment of that hook."""

    class Undecided:
        def __bool__(self) -> bool:
            raise RuntimeError("it depends")

    s = System(
        stored=[stored_run("a"), stored_run("b", ended_at=START)],
        is_orphan=lambda record: Undecided(),
        announce=lambda record: Undecided(),
    )
    with logged() as records:
        assert s.runs.restore() == 2
        s.time.advance(0)
    assert [record.getMessage() for record in records] == [
        "Whether run 'a' is an orphan could not be told; it stays.",
        "The result of run 'b' could not be announced.",
    ]
    assert s.record("b").announce_attempts == 1


def test_56_a_log_that_fails_ends_no_timer() -> None:
    """Not even a log handler that raises what it likes gets out of a timer's callback."""

    class Broken(logging.Handler):
        handled = 0

        def emit(self, record: logging.LogRecord) -> None:
            self.handled += 1
            interrupted()

    broken = Broken()
    logger = logging.getLogger("unbounded_lint.reference.containment")
    logger.addHandler(broken)
    try:
        run_contained(refuse)
    finally:
        logger.removeHandler(broken)
    assert broken.handled == 1


def test_56_loop_timers_outlive_an_interrupt_as_well() -> None:
    """A timer on an asyncio loop fires again after a callback raised what is no `Exception`."""

    async def main() -> None:
        beats: list[int] = []
        done = threading.Event()

        def beat() -> None:
            beats.append(1)
            if len(beats) == 3:
                done.set()
            interrupted()

        handle = LoopTimers(asyncio.get_running_loop()).every(0.001, beat)
        assert await asyncio.to_thread(done.wait, PATIENCE)
        handle.cancel()

    with logged():
        asyncio.run(asyncio.wait_for(main(), PATIENCE))


# --- 57: in the caller's thread -------------------------------------------------------------------------------------


def assert_in_step(s: System) -> None:
    """Check that maps, timers and store agree: at once but for what a failed write left to the next sweep."""
    runs = {record.run_id for record in s.runs.records()}
    assert s.runs.sweeper_running or not (runs or s.runs._mirror.behind)
    assert set(s.runs._pending._entries) <= runs
    if s.runs._mirror.behind:
        s.runs.tick()
    assert set(s.store.rows) == runs
    for run_id in runs:
        assert s.store.rows[run_id] == s.runs.get(run_id)


def test_57_an_interrupt_reaches_the_caller_and_leaves_everything_in_step() -> None:
    """In the caller's thread an interrupt is passed on, once maps, timers and store are as after any such call."""
    for hook in ("notify_end", "remove_attachments", "remote_delete", "announce", "store", "cancel"):
        for error in (KeyboardInterrupt, SystemExit, Interrupt):
            passes_on(hook, error)


def passes_on(hook: str, error: type[BaseException]) -> None:
    operations: dict[str, Callable[[System], object]] = {
        "register": lambda s: s.register("new"),
        "register again": lambda s: s.register("kept", task="again"),
        "steer": lambda s: s.runs.replace_after_steer("kept", "deleted"),
        "steer in place": lambda s: s.runs.replace_after_steer("kept", "kept"),
        "complete": lambda s: s.runs.complete("running"),
        "start": lambda s: s.phase("start", "kept"),
        "end": lambda s: s.end("running"),
        "error": lambda s: s.phase("error", "running"),
        "finish": lambda s: s.runs.complete_cleanup("kept"),
        "finish and delete": lambda s: s.runs.complete_cleanup("deleted"),
        "release": lambda s: s.runs.release("kept"),
        "terminate": lambda s: s.runs.terminate(child_session_key="child-running"),
        "sweep": lambda s: (s.time.step_clock(HOUR), s.runs.tick()),
        "sweep what is left": lambda s: (s.time.step_clock(2 * DAY), s.runs.tick()),
        "wait": lambda s: s.time.advance(16),
    }
    passed_on = set()
    for name, operation in operations.items():
        armed = [False]

        def trap(*_: object, armed: list[bool] = armed) -> bool:
            if armed[0]:
                raise error()
            return False

        hooks = {hook: trap} if hook in ("notify_end", "remove_attachments", "remote_delete", "announce") else {}
        time = TrappedTime(trap if hook == "cancel" else lambda: False)
        s = System(time=time, **hooks)
        if hook == "store":
            s.store.on_write = trap
        s.runs.restore()
        for run_id, cleanup in (("kept", "keep"), ("deleted", "delete"), ("running", "keep")):
            s.register(run_id, "run", cleanup)
        s.end("deleted")
        for run_id in ("kept", "deleted"):
            s.phase("error", run_id)
        armed[0] = True
        with logged():
            try:
                operation(s)
            except error:
                passed_on.add(name)
            armed[0] = False
            assert_in_step(s)
            for record in s.runs.records():
                s.runs.complete(record.run_id)
            time.advance(2 * MINUTE)
            time.step_clock(2 * DAY)
            time.advance(2 * MINUTE)
        assert s.gateway.sizes()["runs"] == s.gateway.sizes()["pendings"] == 0, name
        assert s.store.rows == {}, name
        assert len(s.told) == len(set(s.told)), name
        s.gateway.close()
    assert passed_on, f"{hook} was never reached"


class TrappedTime(SimulatedTime):
    """Simulated time whose timers call something when they are cancelled."""

    def __init__(self, cancelled: Callable[[], object]) -> None:
        super().__init__(START)
        self.cancelled = cancelled

    def call_later(self, delay_seconds: float, callback: Callable[[], object]) -> Any:
        timer = super().call_later(delay_seconds, callback)

        class Trapped:
            def cancel(self, cancelled: Callable[[], object] = self.cancelled) -> None:
                timer.cancel()
                cancelled()

        return Trapped()


def test_57_an_interrupted_listener_keeps_no_other_from_hearing() -> None:
    """The listeners after the one that is interrupted hear the event, then the emitter gets the interrupt."""
    s = System()
    s.events.subscribe(interrupted)
    s.register("r")
    s.events.subscribe(refuse)
    with logged() as records, pytest.raises(Interrupt):
        s.end()
    assert s.record().ended_at == START
    assert len(records) == 1
    assert s.events.emit.__self__.sizes()["sequences"] == 1


def test_57_an_interrupted_restore_may_be_tried_again_and_loses_no_run() -> None:
    """Interrupted while it loads, a restore has not happened; interrupted in a hook, all its runs are there."""
    s = System(stored=[stored_run("a"), stored_run("b"), stored_run("c", ended_at=START)], announce=lambda record: True)
    load, s.store.load = s.store.load, interrupted  # type: ignore[method-assign]
    with pytest.raises(Interrupt):
        s.runs.restore()
    assert s.runs.sizes() == {"runs": 0, "pendings": 0}
    s.store.load = load  # type: ignore[method-assign]
    assert s.runs.restore() == 3

    asked: list[str] = []
    s = System(
        stored=[stored_run("a"), stored_run("b"), stored_run("c", ended_at=START)],
        is_orphan=lambda record: asked.append(record.run_id) or (interrupted() if record.run_id == "b" else True),
        announce=lambda record: True,
    )
    with pytest.raises(Interrupt):
        s.runs.restore()
    assert asked == ["a", "b"], "a user who interrupts the start does not wait for the other runs"
    assert {record.run_id for record in s.runs.records()} == {"b", "c"}
    assert_in_step(s)
    s.time.advance(1)
    assert s.record("c").cleanup_completed_at == START


def test_57_a_gateway_whose_start_is_interrupted_leaves_no_timer() -> None:
    """A `with` that does not get to its body has closed what it opened."""
    time = SimulatedTime(START)
    store = RecordingStore()
    store.load = interrupted  # type: ignore[method-assign]
    with pytest.raises(Interrupt), Gateway(store, clock=time.clock, timers=time):
        raise AssertionError("it did not start")
    assert time.live_timers == ()


def test_57_of_several_errors_the_interrupt_is_raised_and_the_rest_logged() -> None:
    """An interrupt outranks a mere failure, and the first of a kind the later ones; nothing is lost silently."""
    taken: list[int] = []
    with logged() as records, pytest.raises(Interrupt):
        in_full(refuse, interrupted, refuse, raising(SystemExit), lambda: taken.append(1))
    assert taken == [1]
    assert [type(record.exc_info[1]) for record in records if record.exc_info] == [
        RuntimeError,
        RuntimeError,
        SystemExit,
    ]
    with pytest.raises(RuntimeError):
        in_full(refuse, lambda: taken.append(2))
    assert taken == [1, 2]


def test_57_errors_that_a_sweep_was_broken_off_before_stay_for_the_next() -> None:
    """A sweep of pending errors that is broken off has lost none of them."""
    time = StuckOneShots()
    s = System(time=time)
    for run_id in ("a", "b"):
        s.register(run_id, "session")
        s.phase("error", run_id)
    time.step_clock(HOUR)
    time.stuck[0].cancel = interrupted  # type: ignore[method-assign]
    with pytest.raises(Interrupt):
        s.runs.tick()
    s.runs.tick()
    assert [s.record(run_id).outcome for run_id in ("a", "b")] == ["error", "error"]
    assert_in_step(s)


# --- 58: the clock --------------------------------------------------------------------------------------------------


class Clock:
    """A clock that can be broken."""

    def __init__(self) -> None:
        self.read: Callable[[], Any] = self.mended

    def __call__(self) -> float:
        moment: float = self.read()
        return moment

    def mended(self) -> float:
        return START


def test_58_a_clock_that_fails_or_tells_no_time_changes_nothing() -> None:
    """The clock is read before anything is changed; what is no time is a `ValueError`, and enters no map."""
    for broken in (interrupted, refuse, math.nan, math.inf, -math.inf, -1.0, 10**400, None, "now", True):
        clock, time = Clock(), SimulatedTime(START)
        gateway = Gateway(RecordingStore(), clock=clock, timers=time, hooks=Hooks(notify_end=refuse))
        gateway.runs.register("r", "child", "parent", cleanup="delete")
        gateway.events.emit("r", "lifecycle", {"phase": "error"})
        before = (gateway.runs.records(), gateway.sizes(), time.live_timers)
        operations: list[Callable[[], object]] = [
            lambda g=gateway: g.runs.register("new", "child", "parent"),
            lambda g=gateway: g.runs.replace_after_steer("r", "new"),
            lambda g=gateway: g.runs.complete("r"),
            lambda g=gateway: g.runs.complete_cleanup("r"),
            lambda g=gateway: g.runs.terminate("r"),
            lambda g=gateway: g.events.register_context("r"),
            lambda g=gateway: g.events.emit("r", "lifecycle", {"phase": "end"}),
            lambda g=gateway: g.events.sweep_stale(),
            gateway.start,
        ]
        clock.read = broken if callable(broken) else lambda broken=broken: broken
        for operation in operations:
            with pytest.raises((ValueError, RuntimeError, Interrupt)):
                operation()
        with logged(), suppress(Interrupt):
            gateway.runs.tick()
        with logged(), suppress(Interrupt):
            gateway.maintenance.tick()
        assert (gateway.runs.records(), gateway.sizes(), time.live_timers) == before
        with suppress(Interrupt, RuntimeError, ValueError):
            time.advance(16)
        assert gateway.runs.has_pending_error("r"), "the error waits for the sweep"
        clock.read = clock.mended
        gateway.runs._pending._entries["r"].inserted_at -= HOUR
        gateway.runs._pending._entries["r"].ended_at -= HOUR
        gateway.runs.tick()
        record = gateway.runs.get("r")
        assert record is not None
        assert record.outcome == "error"


# --- 59: records that cannot be stored ------------------------------------------------------------------------------


@contextmanager
def sqlite_system(**options: Any) -> Iterator[System]:
    with tempfile.TemporaryDirectory() as directory:
        s = System(store=SqliteRunStore(Path(directory) / "runs.sqlite3"), **options)  # type: ignore[arg-type]
        yield s
        s.gateway.close()


def stored_ids(s: System) -> set[str]:
    """Return what another process finds in the file."""
    store = SqliteRunStore(s.store.path)  # type: ignore[attr-defined]
    with closing(store):
        return {record.run_id for record in store.load()}


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


class Hostile(dict):  # type: ignore[type-arg]
    """A value that cannot be walked."""

    def items(self) -> Any:
        raise LookupError("not you")


UNSTORABLE: dict[str, dict[str, Any]] = {
    "an id that is no text": {"run_id": "\udc80"},
    "no JSON value": {"task": object()},
    "a circle": {"task": (circle := [], circle.append(circle))[0]},
    "too deep": {"task": nested(100_000)},
    "hostile": {"task": Hostile(a=1)},
    "a set": {"task": {1}},
}


def test_59_a_record_that_cannot_be_stored_costs_the_others_nothing() -> None:
    """What the store cannot hold is logged once and kept in memory; every other run is stored."""
    for name, odd in UNSTORABLE.items():
        options = {"run_id": "odd", **odd}
        run_id = options.pop("run_id")
        with sqlite_system() as s, logged() as records:
            s.gateway.start()
            s.register("before", "session")
            s.register(run_id, "session", **options)
            s.register("after", "session")
            assert stored_ids(s) == {"before", "after"}, name
            assert s.has(run_id)
            s.phase("start", run_id)
            s.end(run_id)
            s.time.advance(MINUTE)
            assert len(records) == 1, name
            assert records[0].getMessage().startswith(f"Run {run_id!r} cannot be stored, and is kept in memory alone")
            assert not s.runs._mirror.behind
            assert s.runs.complete_cleanup(run_id)
            s.runs.release("before")
            s.time.advance(6 * MINUTE)
            assert not s.has(run_id), "it is swept like any other"
            assert stored_ids(s) == {"after"}, name
            assert s.runs._mirror._refused == {}
            assert len(records) == 1, name


def test_59_a_record_that_cannot_be_stored_is_not_tried_again_until_it_changes() -> None:
    """No sweep tries a refused record again, nor does a store that catches up; a changed record is tried once."""
    store = PickyStore()
    s = System(store=store)
    s.runs.restore()
    s.register("odd", "session", task="refused")
    s.register("good", "session")
    assert store.refusals == 2, "with the batch, and alone"
    store.failing = True
    with logged():
        s.register("late", "session")
    store.failing = False
    s.time.advance(3 * MINUTE)
    assert set(store.rows) == {"good", "late"}
    assert store.refusals == 2
    s.runs.replace_after_steer("odd", "odd")
    assert store.refusals == 4
    s.register("odd", "session", task="accepted")
    assert set(store.rows) == {"good", "late", "odd"}


class PickyStore(RecordingStore):
    """A store that cannot hold some records."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = 0

    def apply(self, upserts: Any, deletes: Any) -> None:
        self.refuse(upserts)
        super().apply(upserts, deletes)

    def replace(self, records: Any) -> None:
        self.refuse(records)
        super().replace(records)

    def refuse(self, records: Any) -> None:
        if any(record.task == "refused" for record in records):
            self.refusals += 1
            raise ValueError("refused")


def test_59_a_store_that_catches_up_leaves_out_only_what_it_cannot_hold() -> None:
    """Also when everything is written at once, after a failure, each record stands for itself."""
    for loads in (True, False):
        store = PickyStore()
        s = System(store=store)
        if loads:
            s.runs.restore()
        store.failing = True
        with logged() as records:
            s.register("a", "session")
            s.register("odd", "session", task="refused")
            s.register("b", "session")
            store.failing = False
            s.time.advance(MINUTE)
        assert set(store.rows) == {"a", "b"}
        assert len(records) == 2
        s.register("c", "session")
        store.failing = True
        with logged():
            s.runs.release("odd")
            store.failing = False
            s.time.advance(MINUTE)
        assert set(store.rows) == {"a", "b", "c"}
        assert s.runs._mirror._refused == {}, "nothing is kept of a run that is gone"


def test_59_a_run_that_can_no_longer_be_stored_leaves_no_older_row() -> None:
    """The row of what the run was before goes, as a restart would take it for a run that never went on."""
    with sqlite_system() as s, logged():
        s.register("r", "session", task="fine")
        s.register("r", "session", task=object())
        assert stored_ids(s) == set()
        s.register("r", "session", task="fine again")
        assert stored_ids(s) == {"r"}


# --- 60: rows that cannot be read -----------------------------------------------------------------------------------


def test_60_a_stored_row_that_cannot_be_read_costs_the_others_nothing() -> None:
    """Each row is read for itself: whatever one raises, it is left out and logged, and the others are restored."""
    good = stored_run("odd").to_json()
    odd: dict[str, str | bytes] = {
        "huge integer": json.dumps(good).replace(str(good["created_at"]), "1" + "0" * 400),
        "huger integer": json.dumps(good).replace(str(good["created_at"]), "1" + "0" * 5000),
        "deep": "[" * 100_000,
        "deep inside": json.dumps(good).replace('"task": ""', '"task": ' + "[" * 100_000 + "]" * 100_000),
        "not a number": json.dumps({**good, "ended_at": math.nan}),
        "infinity": json.dumps({**good, "archive_at": math.inf}),
        "truth": json.dumps({**good, "ended_at": True}),
        "attempts": json.dumps({**good, "announce_attempts": "x"}),
        "negative attempts": json.dumps({**good, "announce_attempts": -1}),
        "no UTF-8": b'{"run_id": "\xff"}',
        "a blob": b"\x00\x01",
        "empty": "",
        "null": "null",
        "a number": "1",
    }
    for name, row in odd.items():
        with sqlite_system() as s, logged() as records:
            s.store.apply([stored_run("a"), stored_run("z")], [])
            with closing(sqlite3.connect(s.store.path)) as connection, connection:  # type: ignore[attr-defined]
                value = row if isinstance(row, str) else sqlite3.Binary(row)
                connection.execute("INSERT INTO runs VALUES ('odd', CAST(? AS TEXT))", (value,))
            s.gateway.start()
            assert {record.run_id for record in s.runs.records()} == {"a", "z"}, name
            assert len(records) == 1, name
            assert records[0].getMessage().startswith("The stored run 'odd' is left out"), name


# --- 61: numbers ----------------------------------------------------------------------------------------------------

ODD_NUMBERS = (10**400, 10**5000, -(10**400), math.nan, math.inf, -math.inf, True, "5", None, [], object())


class Ambiguous:
    def __bool__(self) -> bool:
        raise RuntimeError("neither true nor false")


def test_61_an_event_with_an_odd_number_still_does_what_it_says() -> None:
    """An event's time that is no time counts as not told: the run starts, ends or fails all the same."""
    for odd in (*ODD_NUMBERS, Ambiguous()):
        s = System()
        s.register("r", "session")
        s.phase("start", started_at=odd)
        assert s.record().started_at == START
        s.phase("error", ended_at=odd, error="boom")
        s.time.advance(15)
        assert (s.record().outcome, s.record().ended_at) == ("error", START)
        s.register("r", "session")
        s.end(ended_at=odd)
        assert s.record().ended_at == START + 15
    s = System()
    s.register("r", "session")
    s.end(ended_at=10**9)
    assert s.record().ended_at == 10**9, "an integer is a time like any other"


def test_61_an_error_that_cannot_be_put_into_words_is_still_an_error() -> None:
    """What an event tells of an error may be anything at all."""

    class Unspeakable:
        def __str__(self) -> str:
            raise RuntimeError("no words")

    s = System()
    s.register("r", "session")
    s.phase("error", error=Unspeakable())
    s.time.advance(15)
    assert (s.record().outcome, s.record().error) == ("error", "an error of type Unspeakable")


def test_61_an_argument_that_is_no_number_of_seconds_is_a_value_error() -> None:
    """Each number that comes in is checked by the same rule, whatever its size, and names itself in the error."""
    for odd in (10**400, 10**5000, -1, math.nan, math.inf, -math.inf, True, "5"):
        s = System()
        s.register("r", "session")
        calls: dict[str, Callable[[Any], object]] = {
            "ended_at": lambda odd, s=s: s.runs.complete("r", ended_at=odd),
            "registered_at": lambda odd, s=s: s.events.register_context("r", registered_at=odd),
            "max_age_seconds": lambda odd, s=s: s.events.sweep_stale(odd),
            "seconds": lambda odd, s=s: s.time.advance(odd),
            "delay_seconds": lambda odd: ThreadTimers().call_later(odd, refuse),
            "interval_seconds": lambda odd: ThreadTimers().every(odd, refuse),
            **{
                field: lambda odd, field=field: Limits(**{field: odd})
                for field in ("sweep_interval", "session_ttl", "error_grace", "max_announce_attempts")
            },
        }
        for name, call in calls.items():
            with pytest.raises(ValueError, match=rf"^{name} must "):
                call(odd)
        for arm in (s.time.call_later, LoopTimers(None).call_later):  # type: ignore[arg-type]
            with pytest.raises(ValueError, match=r"^delay_seconds must "):
                arm(odd, refuse)
        for arm in (s.time.every, LoopTimers(None).every):  # type: ignore[arg-type]
            with pytest.raises(ValueError, match=r"^interval_seconds must "):
                arm(odd, refuse)
        assert s.record().ended_at is None


def test_61_odd_archive_minutes_mean_no_deadline_also_when_they_are_huge() -> None:
    """A deadline is a time that can be stored, or there is none."""
    for minutes in (*ODD_NUMBERS, 1e308, 10**308):
        s = System(archive_after_minutes=minutes)  # type: ignore[arg-type]
        s.register("r", "run", "delete")
        assert s.record().archive_at is None


# --- 62: long waits -------------------------------------------------------------------------------------------------


def test_62_limits_of_any_finite_length_keep_every_timer_alive() -> None:
    """A wait may be longer than the platform's longest: it is taken in parts."""
    long = Limits(
        sweep_interval=1e10,
        maintenance_interval=1e308,
        error_grace=1e10,
        announce_retry=1e308,
        session_ttl=1e300,
        max_announce_attempts=5000,
    )
    failures: list[Any] = []
    before, threading.excepthook = threading.excepthook, failures.append
    try:
        with logged() as records, Gateway(MemoryRunStore(), limits=long, hooks=Hooks(announce=lambda r: False)) as g:
            g.runs.register("failing", "child", "parent")
            g.runs.register("ended", "child", "parent")
            g.events.emit("failing", "lifecycle", {"phase": "error"})
            g.events.emit("ended", "lifecycle", {"phase": "end"})
            until(lambda: (found := g.runs.get("ended")) is not None and found.announce_attempts == 1)
            handles = [g.runs._sweeper, g.maintenance._timer]
            assert all(handle.thread.is_alive() for handle in handles)  # type: ignore[union-attr]
            fired = threading.Event()
            g.runs._timers.call_later(0.0, fired.set)
            assert fired.wait(PATIENCE), "the thread of the one-shots is still there"
        assert records == []
        assert failures == []
    finally:
        threading.excepthook = before


def test_62_a_wait_in_parts_ends_when_it_is_over_or_cancelled() -> None:
    """Neither the end of a long wait nor its cancellation is missed between two parts."""
    before, timers.LONGEST_WAIT_SECONDS = timers.LONGEST_WAIT_SECONDS, 0.001
    try:
        threads = ThreadTimers()
        fired = threading.Event()
        threads.call_later(0.01, fired.set)
        assert fired.wait(PATIENCE)
        fired.clear()
        handle = threads.every(0.01, fired.set)
        assert fired.wait(PATIENCE)
        handle.cancel()
        handle.thread.join(PATIENCE)  # type: ignore[attr-defined]
        never = threads.every(1e10, refuse)
        never.cancel()
        never.thread.join(PATIENCE)  # type: ignore[attr-defined]
        assert not never.thread.is_alive()  # type: ignore[attr-defined]
    finally:
        timers.LONGEST_WAIT_SECONDS = before


def test_62_the_time_between_announcements_grows_without_overflow() -> None:
    """However many attempts a host allows, the next one is always at a finite time."""
    s = System(
        stored=[stored_run("r", ended_at=START, announce_attempts=4000)],
        announce=lambda record: False,
        limits=Limits(max_announce_attempts=5000, announce_retry=1e300),
    )
    s.runs.restore()
    s.time.advance(1)
    assert s.record().announce_attempts == 4001
    assert s.one_shots == 1


def test_62_a_remote_delete_may_have_any_time_limit() -> None:
    """A limit beyond what a thread can wait is no error."""

    async def main() -> None:
        deleted: list[str] = []

        async def delete(session_key: str) -> None:
            deleted.append(session_key)

        await asyncio.to_thread(blocking(delete, asyncio.get_running_loop()), "key", 1e10)
        assert deleted == ["key"]

    asyncio.run(asyncio.wait_for(main(), PATIENCE))


def test_62_cancelled_one_shots_do_not_pile_up_until_their_time() -> None:
    """A timer that is cancelled goes long before its time, which may be centuries away."""
    threads = ThreadTimers()
    kept = [threads.call_later(1e10, refuse) for _ in range(10)]
    for _ in range(5000):
        threads.call_later(1e10, refuse).cancel()
    assert len(threads._shots) <= 100
    assert sum(not shot.cancelled for _, _, shot in threads._shots) == len(kept)
    for handle in kept:
        handle.cancel()


# --- 63: forks ------------------------------------------------------------------------------------------------------

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this platform")

FORKING = """
    import os, sys, threading, time, warnings
    warnings.simplefilter("ignore")
    from unbounded_lint.reference import *

    FAST = Limits(sweep_interval=0.005, maintenance_interval=0.005, session_ttl=0.0, context_ttl=0.0, error_grace=0.005)

    def until(condition):
        for _ in range(3000):
            if condition():
                return
            time.sleep(0.01)
        os._exit(9)

    def in_child(work):
        pid = os.fork()
        if pid == 0:
            try:
                work()
            except BaseException:
                import traceback
                traceback.print_exc()
                os._exit(8)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status:
            sys.exit(f"the child ended with {status}")

    def own_threads():
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("reference-")]
"""


def run_forking(program: str, *arguments: str) -> None:
    source = textwrap.dedent(FORKING) + textwrap.dedent(program)
    subprocess.run([sys.executable, "-c", source, *arguments], timeout=100, check=True)


@FORKS
def test_63_a_forked_process_that_goes_on_with_the_gateway_has_every_timer() -> None:
    """The first use in a child starts the threads that a fork does not take along: whatever is inherited goes on."""
    run_forking("""
        told = []
        gateway = Gateway(MemoryRunStore(), limits=FAST, hooks=Hooks(notify_end=lambda r, why: told.append(r.run_id)))
        gateway.start()
        gateway.runs.register("inherited", "child", "parent", spawn_mode="session")
        gateway.events.register_context("running")

        def work():
            assert own_threads() == [], "a child that does nothing has no threads"
            gateway.runs.register("own", "child", "parent", spawn_mode="session")
            gateway.events.emit("own", "lifecycle", {"phase": "error"})
            gateway.events.emit("inherited", "lifecycle", {"phase": "end"})
            until(lambda: gateway.runs.get("own").outcome == "error")
            gateway.runs.complete_cleanup("own")
            gateway.runs.complete_cleanup("inherited")
            until(lambda: not any(gateway.sizes().values()))
            until(lambda: not gateway.runs.sweeper_running)
            assert sorted(told) == ["inherited", "own"]
            in_child(lambda: gateway.events.emit("grandchild", "x"))
            gateway.close()

        in_child(work)
        gateway.close()
    """)


@FORKS
def test_63_a_forked_process_may_start_or_close_the_gateway_it_inherited() -> None:
    """Starting it again in the child arms its timers, closing it ends them."""
    run_forking("""
        gateway = Gateway(MemoryRunStore(), limits=FAST)
        gateway.start()
        gateway.events.emit("r", "x")

        def work():
            gateway.start()
            until(lambda: not any(gateway.sizes().values()))
            gateway.close()
            until(lambda: own_threads() == [])

        in_child(work)
        in_child(gateway.close)
        gateway.close()
    """)


@FORKS
def test_63_a_forked_process_finds_every_lock_open() -> None:
    """Whatever other threads held at the moment of the fork, the child waits for nobody who is not there."""
    run_forking("""
        gateway = Gateway(MemoryRunStore(), limits=FAST)
        gateway.start()
        gateway.runs.register("r", "child", "parent", spawn_mode="session")
        registries = (gateway.runs, gateway.runs._pending, gateway.runs._mirror, gateway.events, gateway.maintenance)
        timers = gateway.runs._timers
        locks = [lock for owner in registries for lock in vars(owner).values() if type(lock).__name__ == "ProcessLock"]
        assert len(locks) == 8
        held, done = threading.Event(), threading.Event()

        def hold():
            for lock in [*locks, timers._arming, timers._wake]:
                lock.acquire()
            held.set()
            done.wait()

        threading.Thread(target=hold, daemon=True).start()
        held.wait()

        def work():
            gateway.runs.register("own", "child", "parent", spawn_mode="session")
            gateway.events.register_context("own")
            gateway.events.emit("own", "lifecycle", {"phase": "end"})
            for run_id in ("own", "r"):
                gateway.runs.complete_cleanup(run_id)
            until(lambda: not any(gateway.sizes().values()))
            gateway.close()

        in_child(work)
    """)


@FORKS
def test_63_a_forked_process_never_touches_the_connection_of_its_parent(tmp_path: Path) -> None:
    """Parent and child each open the database themselves; neither loses or corrupts what the other has stored."""
    run_forking(
        """
        import sqlite3
        path = sys.argv[1]
        gateway = Gateway(SqliteRunStore(path))
        gateway.start()
        gateway.runs.register("parent 0", "child", "parent", spawn_mode="session")
        stop = threading.Event()

        def write():
            number = 0
            while not stop.is_set():
                number += 1
                gateway.runs.register(f"parent {number}", "child", "parent", spawn_mode="session")
                gateway.runs.release(f"parent {number}")

        writer = threading.Thread(target=write)
        writer.start()

        def work():
            assert gateway.runs._mirror._store._connection is None
            name = f"child {os.getpid()}"
            gateway.runs.register(name, "child", "parent", spawn_mode="session")
            gateway.runs._mirror.behind = True
            gateway.runs.tick()
            assert {name, "parent 0"} <= {record.run_id for record in SqliteRunStore(path).load()}

        for _ in range(20):
            in_child(work)
        stop.set()
        writer.join()
        gateway.runs.register("parent last", "child", "parent", spawn_mode="session")
        gateway.close()
        ids = {record.run_id for record in SqliteRunStore(path).load()}
        assert {"parent 0", "parent last"} <= ids, ids
        assert sum(name.startswith("child") for name in ids) == 20, ids
        assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        """,
        str(tmp_path / "runs.sqlite3"),
    )


def test_63_a_lock_of_the_forking_thread_stays_its_own_and_any_other_is_opened() -> None:
    """In the child, a lock belongs to the thread that survived, or to nobody."""
    around = forks._AroundForks()
    mine, others, free = forks.ProcessLock(), forks.ProcessLock(), forks.ProcessLock()
    around.locks = {mine, others, free}  # type: ignore[assignment]
    holder = threading.Thread(target=others.acquire)
    holder.start()
    holder.join(PATIENCE)
    assert others.acquire(blocking=False) is False
    with mine:
        around.before()
        around.in_child()
        assert mine.acquire(blocking=False) is False
    for lock in (mine, others, free):
        assert lock.acquire(blocking=False) is True
        lock.release()


def test_63_a_store_rests_while_the_process_forks() -> None:
    """From before a fork until after it the file is closed and nobody opens it; an emitter does not wait for that."""
    with sqlite_system() as s:
        s.register("r", "session")
        store: Any = s.store
        around = forks._AroundForks()
        around.things.add(store)
        refused: list[BaseException] = []

        def elsewhere() -> None:
            try:
                store.apply_now([], [])
            except StoreBusyError as error:
                refused.append(error)

        around.before()
        assert store._connection is None
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(PATIENCE)
        assert len(refused) == 1
        around.in_parent()
        store.apply_now([], [])
        assert stored_ids(s) == {"r"}


def test_63_timers_resume_once_in_a_child_and_only_there() -> None:
    """Each recurring timer and the one-shots get one new thread, and a timer that was cancelled gets none."""
    threads = ThreadTimers()
    fired = [threading.Event() for _ in range(2)]
    repeating = threads.every(1e10, fired[0].set)
    threads.every(1e10, refuse).cancel()
    first = repeating.thread  # type: ignore[attr-defined]
    threads.resume()
    assert repeating.thread is first  # type: ignore[attr-defined]
    threads._shots.append((0.0, -1, timers._OneShot(fired[1].set)))
    threads._process = -1
    threads.resume()
    threads.resume()
    assert repeating.thread is not first  # type: ignore[attr-defined]
    assert len(threads._recurring) == 1
    assert fired[1].wait(PATIENCE), "a one-shot that was armed before the fork is still to come"
    repeating.cancel()
    assert threads._recurring == set()


def test_63_threads_that_find_the_fork_at_once_resume_it_once() -> None:
    """The second of two threads of a child waits until the first has started the timers, and starts none."""

    class ResumedMeanwhile:
        def __enter__(self) -> None:
            threads._process = os.getpid()

        def __exit__(self, *_: object) -> None:
            pass

    threads = ThreadTimers()
    threads._process = -1
    threads._arming = ResumedMeanwhile()  # type: ignore[assignment]
    wake = threads._wake
    threads.resume()
    assert threads._wake is wake


# --- 64: a database that is locked ----------------------------------------------------------------------------------


class BusyStore(RecordingStore):
    """A store that another process holds: who may wait gets it, who may not does not."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = False
        self.waits = 0

    def apply(self, upserts: Any, deletes: Any) -> None:
        self.waits += self.busy
        super().apply(upserts, deletes)

    def apply_now(self, upserts: Any, deletes: Any) -> None:
        if self.busy:
            raise StoreBusyError("locked")
        super().apply(upserts, deletes)


def test_64_an_emit_never_waits_for_a_locked_store_and_the_next_write_takes_its_change_along() -> None:
    """An event's change is written at once or, when the store is locked, by the next caller or sweep that may wait."""
    for next_write in (lambda s: s.register("other"), lambda s: s.runs.tick(), lambda s: s.gateway.close()):
        store = BusyStore()
        s = System(store=store)
        s.register("r", "session")
        s.phase("start")
        assert store.rows["r"].started_at == START
        store.busy = True
        s.end()
        assert store.rows["r"].ended_at is None
        assert store.waits == 0
        assert s.record().ended_at == START
        next_write(s)
        assert store.waits > 0
        assert store.rows["r"].ended_at == START


def test_64_a_sweeper_does_not_stop_before_what_is_unsaved_is_written() -> None:
    """What an emit left unsaved is a reason for the sweeper to go on."""
    store = BusyStore()
    s = System(store=store, announce=lambda record: True)
    s.register("r", "run", "delete")
    store.busy = True
    s.end()
    apply, store.apply = store.apply, store.apply_now  # type: ignore[method-assign]
    s.time.advance(0)
    s.runs.release("r")
    assert s.runs.records() == []
    s.time.advance(2 * MINUTE)
    assert s.runs.sweeper_running
    assert set(store.rows) == {"r"}
    store.apply = apply  # type: ignore[method-assign]
    s.time.advance(MINUTE)
    assert store.rows == {}
    assert not s.runs.sweeper_running


def test_64_a_store_that_is_busy_for_everybody_loses_nothing_that_a_sweep_removed() -> None:
    """A sweep that finds a store busy, also one that catches up, leaves its changes to the next."""
    store = BusyStore()
    s = System(store=store)
    s.register("r", "run", "delete")
    s.register("stays", "session")
    apply, store.apply = store.apply, store.apply_now  # type: ignore[method-assign]
    store.busy = True
    s.time.advance(HOUR)
    assert not s.has("r")
    assert set(store.rows) == {"r", "stays"}
    s.runs._mirror.behind = True
    s.time.advance(MINUTE)
    assert s.runs._mirror.behind
    store.busy = False
    store.apply = apply  # type: ignore[method-assign]
    s.time.advance(MINUTE)
    assert s.runs._mirror.is_current


def test_64_an_emit_finds_a_locked_database_and_goes_on() -> None:
    """With a real lock: the emit comes back while the lock is still held, and nothing counts as failed."""
    with sqlite_system() as s, logged() as records:
        s.gateway.start()
        s.register("r", "session")
        with closing(sqlite3.connect(s.store.path, isolation_level=None)) as other:  # type: ignore[attr-defined]
            other.execute("BEGIN IMMEDIATE")
            s.phase("start")
            s.end()
            assert not s.runs._mirror.is_current
            other.execute("ROLLBACK")
        assert records == []
        s.time.advance(MINUTE)
        assert s.runs._mirror.is_current
        assert [record.ended_at for record in s.store.load()] == [START]


def test_64_a_database_that_cannot_be_used_is_no_busy_one() -> None:
    """Any other failure of an immediate write is a failure: it is logged, and the next sweep writes everything."""
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteRunStore(Path(directory) / "missing" / "runs.sqlite3")
        with pytest.raises(sqlite3.OperationalError):
            store.apply_now([], [])
        records = {"r": stored_run("r")}
        mirror = Mirror(store, records.get, lambda: list(records.values()))
        with logged() as logs:
            mirror.save(["r"], patient=False)
        assert mirror.behind
        assert len(logs) == 1


def test_64_an_interrupt_while_storing_is_passed_on_and_the_next_sweep_writes_everything() -> None:
    """A write that is broken off counts as failed, so that nothing is taken for stored that is not."""
    store = RecordingStore()
    s = System(store=store)
    s.register("r", "session")
    store.on_write = interrupted
    with logged(), pytest.raises(Interrupt):
        s.runs.complete("r")
    assert s.runs._mirror.behind
    store.on_write = lambda: None
    s.time.advance(MINUTE)
    assert store.rows["r"].ended_at == START


def test_64_what_is_unsaved_when_the_gateway_closes_is_written_first() -> None:
    """Closing tries once more to write what a failure left behind."""
    s = System()
    assert isinstance(s.store, RecordingStore)
    s.store.failing = True
    with logged():
        s.register("r", "session")
    s.store.failing = False
    s.gateway.close()
    assert set(s.store.rows) == {"r"}
