"""Statements 31 to 37: errors that may still be taken back."""

from __future__ import annotations

from tests.reference.system import HOUR, MINUTE, START, StuckOneShots, System, logged, refuse


def test_31_an_error_is_scheduled_for_a_tracked_run_only() -> None:
    s = System()
    s.register("r")
    s.phase("error", ended_at=START - 1, error="boom")
    s.phase("error", "unknown")
    assert s.runs.sizes()["pendings"] == 1
    entry = s.runs._pending._entries["r"]
    assert (entry.ended_at, entry.error) == (START - 1, "boom")
    assert s.one_shots == 1
    assert s.record().ended_at is None


def test_32_a_second_error_restarts_the_grace() -> None:
    s = System()
    s.register("r")
    s.phase("error", error="first")
    s.time.advance(10)
    s.phase("error", error="second")
    assert s.runs.sizes()["pendings"] == 1
    assert s.one_shots == 1
    s.time.advance(14)
    assert s.record().ended_at is None
    s.time.advance(1)
    assert s.record().error == "second"


def test_33_a_start_or_an_end_within_the_grace_takes_the_error_back() -> None:
    for phase, outcome in (("start", None), ("end", "ok")):
        s = System()
        s.register("r")
        s.phase("error")
        s.time.advance(14.9)
        s.phase(phase)
        assert s.runs.sizes()["pendings"] == 0
        assert s.one_shots == 0
        s.time.advance(HOUR)
        assert s.record().outcome == outcome


def test_34_after_the_grace_the_entry_goes_first_and_the_run_fails() -> None:
    s = System()
    s.register("r")
    s.phase("error", ended_at=START - 2, error="boom")
    pendings_at_write: list[int] = []
    s.store.on_write = lambda: pendings_at_write.append(s.runs.sizes()["pendings"])
    s.time.advance(15)
    record = s.record()
    assert (record.outcome, record.error, record.ended_at) == ("error", "boom", START - 2)
    assert pendings_at_write == [0]


def test_34_a_run_that_is_complete_is_not_failed() -> None:
    s = System()
    s.register("r")
    s.end()
    s.phase("error")
    s.time.advance(15)
    assert s.record().outcome == "ok"
    assert s.runs.sizes()["pendings"] == 0


def test_34_a_replaced_timer_does_nothing() -> None:
    s = System(time=StuckOneShots())
    s.register("r")
    s.phase("error", error="first")
    first = s.runs._pending._entries["r"]
    s.phase("error", error="second")
    s.runs._pending._fire("r", first)
    assert s.runs.sizes()["pendings"] == 1
    assert s.record().ended_at is None


def test_35_the_entry_goes_after_the_grace_even_when_the_run_is_gone() -> None:
    s = System()
    s.register("r")
    s.runs._pending.schedule("gone", START, None)
    s.time.advance(15)
    assert s.runs.sizes() == {"runs": 1, "pendings": 0}


def test_36_a_sweep_clears_entries_older_than_five_minutes_and_cancels_their_timers() -> None:
    time = StuckOneShots()
    s = System(time=time)
    s.register("old")
    s.register("young")
    s.phase("error", "old")
    s.runs.stop_sweeper()
    time.advance(1)
    s.phase("error", "young")
    s.runs.stop_sweeper()
    time.advance(5 * MINUTE - 1)
    s.runs.tick()
    assert s.runs.sizes()["pendings"] == 2
    time.advance(1)
    s.runs.tick()
    assert [s.runs.has_pending_error(run_id) for run_id in ("old", "young")] == [False, True]
    assert [timer.cancelled for timer in time.stuck] == [True, False]


def test_36_a_run_whose_error_the_sweep_clears_has_failed_and_is_announced() -> None:
    time = StuckOneShots()
    s = System(time=time, announce=lambda record: True)
    s.register("failing", "session")
    s.register("ended", "session")
    s.phase("error", "failing", error="boom")
    s.end("ended")
    s.phase("error", "ended")
    s.runs._pending.schedule("gone", START, None)
    time.step_clock(5 * MINUTE + 1)
    s.store.writes.clear()
    s.runs.tick()
    assert s.runs.sizes() == {"runs": 2, "pendings": 0}
    record = s.record("failing")
    assert (record.outcome, record.error, record.ended_at) == ("error", "boom", START)
    assert s.record("ended").outcome == "ok"
    assert s.store.writes == [(["failing"], [])], "written with what the sweep removed, once"
    assert "failing" in s.runs.resumed_ids()


def test_37_clearing_an_absent_id_is_a_no_op() -> None:
    s = System()
    s.runs._pending.clear("absent")
    assert s.gateway.sizes() == {"runs": 0, "pendings": 0, "contexts": 0, "sequences": 0}


def test_a_failing_pending_sweep_leaves_the_rest_of_the_tick_alone() -> None:
    s = System()
    s.register("r", "run", "delete")
    s.runs._pending.sweep = refuse  # type: ignore[method-assign]
    with logged() as records:
        s.time.advance(HOUR)
    assert not s.has()
    assert s.store.writes[-1] == ([], ["r"])
    assert {record.getMessage() for record in records} == {"The sweep of pending errors failed."}


def test_a_timer_that_cannot_be_cancelled_keeps_nothing_from_going() -> None:
    time = StuckOneShots()
    s = System(time=time)
    s.register("r")
    s.phase("error")
    time.stuck[0].cancel = refuse  # type: ignore[method-assign]
    with logged() as records:
        assert s.runs.release("r")
    assert s.runs.sizes() == {"runs": 0, "pendings": 0}
    assert [record.getMessage() for record in records] == ["A timer could not be cancelled."]


def test_a_clock_that_steps_back_does_not_keep_a_stuck_error_for_ever() -> None:
    s = System(time=StuckOneShots())
    s.register("r")
    s.phase("error")
    s.time.step_clock(-365 * 24 * HOUR)
    s.time.advance(4 * MINUTE)
    assert s.runs.has_pending_error("r")
    s.time.advance(3 * MINUTE)
    assert not s.runs.has_pending_error("r")


def test_a_second_error_that_cannot_be_armed_leaves_the_first_one_in_force() -> None:
    s = System()
    s.register("r")
    s.phase("error", error="first")
    call_later, s.time.call_later = s.time.call_later, refuse  # type: ignore[method-assign]
    with logged():
        s.phase("error", error="second")
    s.time.call_later = call_later  # type: ignore[method-assign]
    s.time.advance(15)
    assert s.record().error == "first"
    assert s.runs.sizes()["pendings"] == 0


def test_an_entry_that_goes_in_mid_sweep_is_passed_over() -> None:
    time = StuckOneShots()
    s = System(time=time)
    s.register("a")
    s.register("b")
    s.phase("error", "a")
    s.phase("error", "b")
    time.step_clock(HOUR)
    time.stuck[0].cancel = lambda: s.runs._pending.clear("b")  # type: ignore[method-assign]
    assert [run_id for run_id, _ in s.runs._pending.sweep(s.now)] == ["a"]
    assert s.runs.sizes()["pendings"] == 0
