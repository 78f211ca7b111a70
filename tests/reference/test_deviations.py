"""Deviations D1 to D7: where the reference goes beyond the original fix."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.system import HOUR, MINUTE, START, StuckOneShots, System, logged, refuse, stored_run
from unbounded_lint.reference import RunRecord

DAY = 24 * HOUR


def test_d1_every_way_to_end_notifies_once_also_across_a_restart() -> None:
    s = System()
    for run_id in ("swept", "terminated", "released"):
        s.register(run_id, "session")
        s.end(run_id)
    s.register("running", "session")
    s.runs.complete_cleanup("swept")
    s.runs.complete_cleanup("released")
    s.runs.release("released")
    s.runs.terminate("running")
    s.runs.complete_cleanup("running")
    s.time.advance(HOUR)
    assert s.told == [("swept", "completed"), ("released", "completed"), ("running", "terminated")]

    s.register("kept", "session")
    s.end("kept")
    s.runs.complete_cleanup("kept")
    again = System(store=s.store, time=s.time)
    again.runs.restore()
    again.time.advance(HOUR)
    assert not again.has("kept")
    assert again.told == []


def test_d1_a_run_that_nobody_notified_is_notified_when_swept() -> None:
    s = System()
    s.register("due", "run", "delete")
    s.time.advance(HOUR)
    assert s.told == [("due", "swept")]


def test_d2_a_sequence_without_a_context_is_swept_by_its_own_clock() -> None:
    s = System()
    s.events.register_context("cleared")
    s.events.emit("cleared", "x")
    s.events.clear("cleared")
    assert s.events.emit("cleared", "late").number == 1
    s.events.emit("never registered", "x")
    s.time.advance(30 * MINUTE)
    assert s.events.sweep_stale() == 0
    assert s.events.sizes() == {"contexts": 0, "sequences": 2}
    assert s.events.emit("cleared", "x").number == 2
    s.time.advance(1)
    assert s.events.sweep_stale() == 0, "only contexts are counted"
    assert s.events.sizes() == {"contexts": 0, "sequences": 1}
    assert s.events.emit("cleared", "x").number == 3, "one that still counts is kept"


def test_d3_the_sweeper_stops_only_when_runs_and_pendings_are_empty() -> None:
    s = System(time=StuckOneShots())
    s.register("r")
    s.runs._pending.schedule("gone", START, None)
    s.runs.release("r")
    assert s.runs.sizes() == {"runs": 0, "pendings": 1}
    s.time.advance(5 * MINUTE)
    assert s.runs.sweeper_running
    s.time.advance(MINUTE)
    assert s.runs.sizes() == {"runs": 0, "pendings": 0}
    assert not s.runs.sweeper_running


def test_d4_after_the_remote_delete_only_the_same_entry_is_removed() -> None:
    def remote_delete(key: str, timeout: float) -> None:
        s.register("r", "run", "delete", task="new")

    s = System(remote_delete=remote_delete)
    s.register("r", "run", "delete", task="old")
    s.runs.stop_sweeper()
    s.time.advance(HOUR)
    s.runs.tick()
    assert s.record().task == "new"
    assert s.told == s.removed == []


def test_d4_a_slow_remote_delete_holds_no_lock() -> None:
    def remote_delete(key: str, timeout: float) -> None:
        assert s.register("meanwhile", "session")
        s.end("meanwhile")
        assert s.runs.complete_cleanup("meanwhile")
        assert s.runs.release("meanwhile")
        assert s.runs.records()[0].run_id == "r"

    s = System(remote_delete=remote_delete)
    s.register("r", "run", "delete")
    s.time.advance(HOUR)
    assert not s.has()


def test_d4_after_a_slow_announcement_only_the_same_entry_is_finished() -> None:
    for answer in (True, False):
        renew: list[Callable[[], object]] = []
        s = System(announce=lambda record, renew=renew, answer=answer: (renew[0](), answer)[1])
        renew.append(lambda s=s: s.register("r", "session", task="new"))
        s.register("r", "session", task="old")
        s.end()
        s.time.advance(HOUR)
        assert s.record().task == "new"
        assert s.record().cleanup_completed_at is None
        assert s.record().announce_attempts == 0


def test_d5_a_failing_entry_and_a_failing_tick_are_both_contained() -> None:
    s = System()
    for run_id in ("bad", "good"):
        s.register(run_id, "run", "delete")
    s.runs._runs["bad"].record = None  # type: ignore[assignment]
    with logged() as records:
        s.time.advance(HOUR)
    assert not s.has("good")
    assert [record.getMessage() for record in records] == ["Run 'bad' could not be swept."] * 60
    s.runs._sweep_runs = refuse  # type: ignore[method-assign]
    with logged() as records:
        s.time.advance(2 * MINUTE)
    assert [record.getMessage() for record in records] == ["The sweep of runs failed."] * 2
    assert s.runs.sweeper_running


def test_d6_a_stale_end_time_does_not_cancel_a_fresh_error() -> None:
    s = System()
    s.register("r", "session")
    s.phase("error", ended_at=START - HOUR, error="boom")
    s.time.advance(10)
    s.runs.tick()
    assert s.runs.has_pending_error("r")
    s.time.advance(5)
    assert (s.record().outcome, s.record().error) == ("error", "boom")


def test_d7_an_ended_run_that_is_never_cleaned_up_goes_after_24_hours_with_a_warning() -> None:
    s = System()
    for run_id, retain in (("r", False), ("retained", True)):
        s.register(run_id, "session", retain_attachments_on_keep=retain)
        s.end(run_id)
    s.runs.stop_sweeper()
    s.time.step_clock(DAY)
    s.runs.tick()
    assert s.has()
    s.time.step_clock(1)
    with logged() as records:
        s.runs.tick()
    assert s.runs.records() == []
    assert [record.levelname for record in records] == ["WARNING", "WARNING"]
    assert "never cleaned up" in records[0].getMessage()
    assert s.told == [("r", "swept"), ("retained", "swept")]
    assert s.removed == ["r"]
    assert s.deleted == []


def test_d7_counts_from_when_the_registry_learnt_of_the_end() -> None:
    s = System(stored=[stored_run("restored", ended_at=START - 2 * DAY)])
    s.register("r", "session")
    s.end(ended_at=START - 2 * DAY)
    s.runs.tick()
    assert s.has(), "an end told late is no reason to remove the run at once"
    s.runs.restore()
    with logged():
        s.time.advance(MINUTE)
    assert not s.has("restored"), "of a row without that time, the end is all there is"
    assert s.has()


# --- announcing, which decides when a cleanup completes -------------------------------------------------------------


def test_a_result_is_announced_and_the_cleanup_completed() -> None:
    announced: list[str | None] = []
    s = System(announce=lambda record: announced.append(record.outcome) or True)
    s.register("keep", "session")
    s.register("delete", "run", "delete")
    s.end("keep")
    assert announced == [], "never in the emitter's thread"
    s.phase("error", "delete")
    s.time.advance(15)
    assert announced == ["ok", "error"]
    assert s.record("keep").cleanup_completed_at == START
    assert not s.has("delete")


def test_a_run_whose_announcement_is_being_retried_is_not_swept() -> None:
    attempts: list[float] = []

    def announce(record: RunRecord) -> bool:
        attempts.append(s.now - START)
        if len(attempts) < 3:
            raise ConnectionError("the parent is busy")
        return True

    s = System(announce=announce)
    s.register("r", "session")
    s.end()
    with logged() as records:
        s.time.advance(MINUTE)
    assert attempts == [0, 5, 15]
    assert len(records) == 2
    assert s.record().announce_attempts == 2
    assert s.record().cleanup_completed_at == START + 15


def test_announcing_is_given_up_and_the_run_left_to_the_24_hours() -> None:
    s = System(announce=lambda record: False)
    s.register("r", "session")
    s.end()
    with logged() as records:
        s.time.advance(HOUR)
    assert [record.getMessage() for record in records] == ["Run 'r' is given up after 4 announcements in vain."]
    assert s.has()
    assert s.one_shots == 0
    with logged():
        s.time.advance(DAY)
    assert not s.has()


def test_restored_runs_are_announced_if_they_ended_and_were_not_cleaned_up() -> None:
    announced: list[str] = []
    stored = [
        stored_run("running"),
        stored_run("ended", ended_at=START - 1),
        stored_run("cleaned", ended_at=START - 1, cleanup_completed_at=START - 1),
    ]
    s = System(stored=stored, announce=lambda record: announced.append(record.run_id) or True)
    s.runs.restore()
    s.time.advance(1)
    assert announced == ["ended"]


def test_a_run_that_is_cleaned_up_or_gone_meanwhile_is_not_announced() -> None:
    announced: list[str] = []
    s = System(announce=lambda record: announced.append(record.run_id) or True)
    s.register("cleaned", "session")
    s.register("gone", "session")
    s.end("cleaned")
    s.end("gone")
    s.runs.complete_cleanup("cleaned")
    entry = s.runs._runs["gone"]
    s.runs.release("gone")
    s.runs._announcer._attempt(entry)
    s.time.advance(HOUR)
    assert announced == []


def test_a_result_is_announced_only_once_per_entry() -> None:
    announced: list[str] = []
    s = System(announce=lambda record: announced.append(record.run_id) or True)
    s.register("r", "session")
    s.end()
    s.runs._announcer.begin(s.runs._runs["r"])
    s.time.advance(1)
    assert announced == ["r"]
