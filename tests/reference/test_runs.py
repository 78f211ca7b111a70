"""Statements 1 to 30: the run registry and its sweeper."""

from __future__ import annotations

import math
import subprocess
import sys
import textwrap
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
)
from unbounded_lint.reference import Limits, RunRecord, limits
from unbounded_lint.reference.hooks import remove_tree


def test_00_the_constants_are_at_module_level_in_seconds_and_reach_the_sweeps() -> None:
    assert limits.SWEEP_INTERVAL_SECONDS == limits.MAINTENANCE_INTERVAL_SECONDS == 60
    assert limits.SESSION_TTL_SECONDS == limits.PENDING_TTL_SECONDS == 5 * 60
    assert limits.ERROR_GRACE_SECONDS == 15
    assert limits.CONTEXT_TTL_SECONDS == 30 * 60
    assert limits.UNCLEANED_TTL_SECONDS == 24 * 60 * 60
    assert limits.REMOTE_DELETE_TIMEOUT_SECONDS == 10
    assert Limits() == Limits(
        sweep_interval=limits.SWEEP_INTERVAL_SECONDS,
        maintenance_interval=limits.MAINTENANCE_INTERVAL_SECONDS,
        session_ttl=limits.SESSION_TTL_SECONDS,
        pending_ttl=limits.PENDING_TTL_SECONDS,
        context_ttl=limits.CONTEXT_TTL_SECONDS,
        uncleaned_ttl=limits.UNCLEANED_TTL_SECONDS,
        error_grace=limits.ERROR_GRACE_SECONDS,
        remote_delete_timeout=limits.REMOTE_DELETE_TIMEOUT_SECONDS,
    )
    s = System(limits=Limits(session_ttl=1, uncleaned_ttl=2))
    s.register("cleaned")
    s.register("ended")
    s.end("cleaned")
    s.end("ended")
    s.runs.complete_cleanup("cleaned")
    s.time.advance(2)
    s.runs.tick()
    assert not s.has("cleaned")
    assert s.has("ended")
    s.time.advance(1)
    s.runs.tick()
    assert not s.has("ended")


def test_01_register_inserts_listens_once_persists_and_starts_the_sweeper_in_every_mode() -> None:
    for spawn_mode in ("run", "session"):
        for cleanup in ("delete", "keep"):
            s = System()
            sweeping_at_write = []
            s.store.on_write = lambda s=s, seen=sweeping_at_write: seen.append(s.runs.sweeper_running)
            assert s.register("a", spawn_mode, cleanup)
            assert s.record("a").run_id == "a"
            assert s.store.writes == [(["a"], [])]
            assert sweeping_at_write == [False], "persisted first, then the sweeper starts"
            assert s.runs.sweeper_running
            s.register("b", spawn_mode, cleanup)
            s.phase("start", "a", started_at=START - 1)
            assert s.store.writes == [(["a"], []), (["b"], []), (["a"], [])], "one listener, however many runs"
            assert s.record("a").started_at == START - 1


def test_02_a_blank_id_or_key_registers_nothing() -> None:
    s = System()
    for arguments in (("", "c", "p"), ("r", " ", "p"), ("r", "c", "\t"), ("  ", "", "")):
        assert s.runs.register(*arguments) is False
    assert s.runs.sizes() == {"runs": 0, "pendings": 0}
    assert s.store.writes == []
    assert s.time.live_timers == ()


def test_03_the_deadline_is_none_for_sessions_kept_runs_and_odd_settings() -> None:
    def deadline(spawn_mode: str, cleanup: str, minutes: float) -> float | None:
        s = System(archive_after_minutes=minutes)
        s.register("r", spawn_mode, cleanup)
        return s.record().archive_at

    assert deadline("run", "delete", 60) == START + HOUR
    assert deadline("run", "delete", 0.5) == START + 30
    assert deadline("session", "delete", 60) is None
    assert deadline("session", "keep", 60) is None
    assert deadline("run", "keep", 60) is None
    for minutes in (0, -1, math.nan, math.inf, -math.inf):
        assert deadline("run", "delete", minutes) is None


def test_04_starting_the_sweeper_is_idempotent_and_stopping_it_twice_is_fine() -> None:
    s = System()
    s.runs.stop_sweeper()
    for _ in range(5):
        s.runs.start_sweeper()
    assert s.recurring == 1
    s.runs.stop_sweeper()
    s.runs.stop_sweeper()
    assert s.recurring == 0
    s.runs.start_sweeper()
    assert s.recurring == 1
    s.register("r")
    s.end()
    s.runs.complete_cleanup("r")
    s.time.advance(7 * MINUTE)
    assert not s.has(), "the sweeper works after a restart"


def test_05_the_sweeper_repeats_every_60_seconds() -> None:
    s = System()
    s.register()
    assert s.time.live_timers == (60,)
    swept: list[float] = []
    s.runs._pending.sweep = lambda now: swept.append(now) or []  # type: ignore[method-assign,func-returns-value]
    s.time.advance(181)
    assert swept == [START + 60, START + 120, START + 180]


def test_05_the_timers_do_not_keep_the_process_alive() -> None:
    program = """
        import threading
        from unbounded_lint.reference import Gateway, MemoryRunStore
        gateway = Gateway(MemoryRunStore())
        gateway.start()
        gateway.runs.register("r", "child", "parent", spawn_mode="session")
        gateway.events.emit("r", "lifecycle", {"phase": "error"})
        own = [thread for thread in threading.enumerate() if thread.name.startswith("reference-")]
        print(len(own), all(thread.daemon for thread in own))
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=50, check=True
    )
    assert ended.stdout.split() == ["3", "True"], "sweeper, maintenance and the one-shot worker"


def test_06_a_tick_during_a_sweep_does_nothing_and_the_flag_is_reset_even_on_failure() -> None:
    calls: list[str] = []

    def remote_delete(key: str, timeout: float) -> None:
        calls.append(key)
        s.runs.tick()

    s = System(remote_delete=remote_delete)
    s.register("r", "run", "delete")
    s.time.advance(HOUR - 1)
    s.runs.stop_sweeper()
    s.time.advance(1)
    s.runs.tick()
    assert calls == ["child-r"]

    s.register("r", "run", "delete")
    clock, s.runs._clock = s.runs._clock, refuse
    with logged() as records:
        s.runs.tick()
    assert [record.getMessage() for record in records] == ["The sweep of runs failed."]
    s.runs._clock = clock
    s.runs.stop_sweeper()
    s.time.advance(HOUR)
    s.runs.tick()
    assert not s.has()


def test_07_a_running_run_without_a_deadline_is_never_swept() -> None:
    s = System()
    s.register("kept", "run", "keep")
    s.register("session", "session")
    s.time.advance(HOUR)
    s.time.step_clock(400 * 24 * HOUR)
    s.time.advance(MINUTE)
    assert s.has("kept")
    assert s.has("session")
    assert s.told == []


def test_08_an_ended_run_that_is_not_cleaned_up_outlives_the_session_ttl() -> None:
    s = System()
    s.register("r", "session")
    s.end()
    s.time.advance(HOUR)
    assert s.has()


def test_09_a_cleaned_up_run_is_kept_at_exactly_five_minutes_and_removed_after() -> None:
    s = System()
    s.register("r", "session")
    s.end()
    s.runs.complete_cleanup("r")
    s.runs.stop_sweeper()
    s.time.advance(5 * MINUTE)
    s.runs.tick()
    assert s.has()
    s.time.advance(0.001)
    s.runs.tick()
    assert not s.has()


def test_10_age_counts_from_the_cleanup_and_not_from_the_end() -> None:
    s = System()
    s.register("r", "session")
    s.end()
    s.time.advance(HOUR - MINUTE)
    s.runs.complete_cleanup("r")
    s.time.advance(MINUTE)
    assert s.has()
    s.time.advance(5 * MINUTE)
    assert not s.has()


def test_11_a_deadline_ahead_keeps_the_run_even_if_it_was_cleaned_up_long_ago() -> None:
    done = stored_run(archive_at=START + HOUR, ended_at=START - 30 * MINUTE, cleanup_completed_at=START - 30 * MINUTE)
    s = System(stored=[done])
    s.runs.restore()
    s.time.advance(HOUR - 1)
    assert s.has()
    s.time.advance(MINUTE)
    assert not s.has()


def test_12_a_deadline_that_has_come_sweeps_the_run_and_zero_is_no_deadline() -> None:
    s = System(stored=[stored_run("zero", archive_at=0.0)])
    s.runs.restore()
    s.register("running", "run", "delete")
    s.register("ended", "run", "delete")
    s.end("ended")
    s.runs.stop_sweeper()
    s.time.advance(HOUR - 0.001)
    s.runs.tick()
    assert s.has("running")
    assert s.has("ended")
    s.time.advance(0.001)
    s.runs.tick()
    assert not s.has("running")
    assert not s.has("ended")
    assert s.has("zero")


def test_13_the_remote_delete_comes_first_and_its_failure_keeps_the_run_for_the_next_tick() -> None:
    seen: list[tuple[str, float, bool]] = []
    failing = True

    def remote_delete(key: str, timeout: float) -> None:
        seen.append((key, timeout, s.has()))
        if failing:
            raise ConnectionError("no answer")

    s = System(remote_delete=remote_delete)
    s.register("r", "run", "delete")
    s.time.step_clock(HOUR)
    s.phase("error")
    with logged() as records:
        s.runs.tick()
    assert seen == [("child-r", 10.0, True)]
    assert s.has()
    assert s.told == s.removed == []
    assert s.runs.has_pending_error("r"), "the run stays whole"
    assert [record.levelname for record in records] == ["WARNING"]
    failing = False
    s.runs.tick()
    assert len(seen) == 2
    assert not s.has()


def test_14_one_failing_entry_does_not_stop_the_sweep_and_nothing_leaves_the_tick() -> None:
    s = System()
    for run_id in ("a", "b", "c"):
        s.register(run_id, "session")
        s.end(run_id)
        s.runs.complete_cleanup(run_id)
    take = s.runs._take
    s.runs._take = lambda run_id, entry: refuse() if run_id == "b" else take(run_id, entry)  # type: ignore[method-assign]
    with logged() as records:
        s.time.advance(6 * MINUTE)
    assert [record.run_id for record in s.runs.records()] == ["b"]
    assert {record.getMessage() for record in records} == {"Run 'b' could not be swept."}
    s.runs._take = take  # type: ignore[method-assign]
    s.time.advance(MINUTE)
    assert not s.has("b")


def test_15_attachments_go_unless_retained_and_always_with_a_deadline() -> None:
    s = System()
    for run_id, retain in (("dropped", False), ("retained", True)):
        s.register(run_id, "session", retain_attachments_on_keep=retain)
        s.end(run_id)
        s.runs.complete_cleanup(run_id)
    s.register("due", "run", "delete", retain_attachments_on_keep=True)
    s.time.advance(6 * MINUTE)
    assert s.removed == ["dropped"]
    assert not s.has("retained")
    s.time.advance(HOUR)
    assert s.removed == ["dropped", "due"]


def test_16_the_ttl_makes_no_remote_delete() -> None:
    s = System()
    s.register("r", "session")
    s.end()
    s.runs.complete_cleanup("r")
    s.time.advance(HOUR)
    assert not s.has()
    assert s.deleted == []


def test_17_sweeping_a_run_clears_its_pending_error_and_cancels_the_timer() -> None:
    time = StuckOneShots()
    s = System(time=time)
    s.register("r", "session")
    s.phase("error")
    s.runs.complete_cleanup("r")
    s.phase("error")
    s.runs.stop_sweeper()
    time.step_clock(5 * MINUTE + 1)
    s.phase("error")
    assert s.runs.has_pending_error("r")
    s.runs.tick()
    assert not s.has()
    assert s.runs.sizes() == {"runs": 0, "pendings": 0}
    assert [timer.cancelled for timer in time.stuck] == [True, True, True]

    s.register("due", "run", "delete")
    time.step_clock(HOUR)
    s.phase("error", "due")
    s.runs.tick()
    assert s.runs.sizes() == {"runs": 0, "pendings": 0}
    assert time.stuck[-1].cancelled


def test_18_a_failing_end_notification_is_logged_and_blocks_nothing() -> None:
    s = System(notify_end=refuse)
    s.register("released")
    s.register("swept", "run", "delete")
    with logged() as records:
        s.runs.release("released")
        s.time.advance(HOUR)
    assert s.runs.records() == []
    assert s.removed == ["swept"]
    assert [record.getMessage() for record in records] == [
        "The end of run 'released' could not be notified.",
        "The end of run 'swept' could not be notified.",
    ]


def test_19_there_is_at_most_one_end_notification_per_run() -> None:
    s = System()
    s.register("r", "session")
    s.end()
    s.runs.complete_cleanup("r")
    s.time.advance(HOUR)
    assert not s.has()
    assert s.told == [("r", "completed")]


def test_20_a_sweep_persists_once_after_all_removals_and_only_if_a_run_went() -> None:
    s = System(time=StuckOneShots())
    for run_id in ("a", "b"):
        s.register(run_id, "session")
        s.end(run_id)
        s.runs.complete_cleanup(run_id)
    s.register("done")
    s.end("done")
    s.phase("error", "done")
    s.runs.stop_sweeper()
    s.time.step_clock(5 * MINUTE)
    s.store.writes.clear()
    s.runs.tick()
    assert s.store.writes == []
    s.phase("error", "done")
    s.time.step_clock(1)
    s.runs.tick()
    assert s.store.writes == [([], ["a", "b"])]
    s.time.step_clock(5 * MINUTE)
    s.runs.tick()
    assert not s.runs.has_pending_error("done")
    assert s.store.writes == [([], ["a", "b"])], "a sweep that only clears pendings does not persist"


def test_21_the_sweeper_stops_when_nothing_is_left_and_only_then() -> None:
    s = System()
    for run_id in ("a", "b"):
        s.register(run_id, "session")
    s.end("a")
    s.runs.complete_cleanup("a")
    s.time.advance(6 * MINUTE)
    assert not s.has("a")
    assert s.recurring == 1
    s.end("b")
    s.runs.complete_cleanup("b")
    s.time.advance(6 * MINUTE)
    assert s.recurring == 0
    assert not s.runs.sweeper_running


def test_22_a_tick_goes_runs_then_pendings_then_persist_then_stop() -> None:
    steps: list[tuple[str, int, int, bool]] = []

    def note(step: str) -> None:
        steps.append((step, *s.runs.sizes().values(), s.runs.sweeper_running))

    s = System(time=StuckOneShots(), notify_end=lambda record, reason: note(reason))
    s.register("r", "run", "delete")
    s.register("other", "run", "delete")
    s.phase("error", "other")
    s.runs.release("other")
    s.runs._pending.schedule("other", s.now, None)
    steps.clear()
    s.store.on_write = lambda: note("written")
    s.time.step_clock(HOUR)
    s.runs.tick()
    note("after")
    assert steps == [("swept", 0, 1, True), ("written", 0, 0, True), ("after", 0, 0, False)]


def test_23_removal_during_the_walk_is_safe() -> None:
    def notify_end(record: RunRecord, reason: str) -> None:
        if reason == "swept":
            s.runs.release("r1")
            s.register(f"new-{record.run_id}")

    s = System(notify_end=notify_end)
    for number in range(4):
        s.register(f"r{number}", "run", "delete")
    s.time.advance(HOUR)
    assert sorted(record.run_id for record in s.runs.records()) == ["new-r0", "new-r2", "new-r3"]


def test_24_release_takes_the_run_out_and_an_unknown_id_is_fine() -> None:
    s = System()
    s.register("r")
    s.phase("error")
    assert s.runs.release("unknown") is False
    assert s.store.writes == [(["r"], [])]
    assert s.runs.release("r") is True
    assert s.runs.sizes() == {"runs": 0, "pendings": 0}
    assert s.one_shots == 0
    assert s.told == [("r", "released")]
    assert s.store.writes[-1] == ([], ["r"])
    assert s.recurring == 0, "the sweeper stops when the registry is empty"
    s.register("a")
    s.register("b")
    s.runs.release("a")
    assert s.recurring == 1


def test_25_a_steered_run_goes_on_under_its_new_id() -> None:
    s = System()
    s.register("old", "run", "delete", task="look it up")
    s.end("old")
    s.phase("error", "old")
    assert s.runs.has_pending_error("old")
    s.runs.stop_sweeper()
    s.time.step_clock(10 * MINUTE)
    assert s.runs.replace_after_steer("old", "new") is True
    assert not s.has("old")
    assert not s.runs.has_pending_error("old")
    new = s.record("new")
    assert new.task == "look it up"
    assert (new.ended_at, new.cleanup_completed_at, new.outcome, new.error) == (None, None, None, None)
    assert new.archive_at == START + 10 * MINUTE + HOUR
    assert s.runs.sweeper_running
    assert s.store.writes[-1] == (["new"], ["old"])
    assert s.told == []


def test_25_a_run_steered_to_its_own_id_stays_and_an_unknown_one_is_not_made() -> None:
    s = System()
    s.register("r", "session")
    s.end()
    s.runs.complete_cleanup("r")
    s.phase("error")
    assert s.runs.replace_after_steer("r", "r") is True
    assert s.record().ended_at is None
    assert s.record().cleanup_completed_at is None
    assert s.runs.has_pending_error("r")
    assert s.store.writes[-1] == (["r"], [])
    assert s.runs.replace_after_steer("unknown", "x") is False
    assert not s.has("x")


def test_26_terminate_ends_matching_runs_which_then_expire_and_returns_how_many() -> None:
    s = System()
    s.register("a", "session")
    s.register("b", "session")
    s.register("done", "session")
    s.runs.register("twin", "child-a", "parent", spawn_mode="session")
    s.end("done")
    s.phase("error", "a")
    assert s.runs.terminate(child_session_key="child-a") == 2
    assert s.runs.terminate(run_id="a") == 0
    assert s.runs.terminate("done") == 0
    assert s.runs.terminate("unknown") == 0
    assert not s.runs.has_pending_error("a")
    assert (s.record("a").ended_at, s.record("a").cleanup_completed_at) == (START, START)
    assert s.record("twin").outcome == "terminated"
    assert s.record("b").ended_at is None
    assert s.told == [("a", "terminated"), ("twin", "terminated")]
    assert s.store.writes[-1] == (["a", "twin"], [])
    s.time.advance(5 * MINUTE)
    assert s.has("a")
    s.time.advance(MINUTE)
    assert not s.has("a")
    assert not s.has("twin")
    assert s.has("b")


def test_27_bookkeeping_drops_a_delete_run_at_once_and_only_stamps_a_kept_one() -> None:
    s = System()
    s.register("delete", "run", "delete")
    s.register("keep", "run", "keep")
    for run_id in ("delete", "keep"):
        s.end(run_id)
        s.phase("error", run_id)
    s.time.advance(1)
    before = s.record("keep")
    assert s.runs.complete_cleanup("delete") is True
    assert s.runs.complete_cleanup("keep") is True
    assert not s.has("delete")
    assert not s.runs.has_pending_error("delete")
    after = s.record("keep")
    assert after.cleanup_completed_at == START + 1
    assert (after.ended_at, after.archive_at, after.outcome) == (before.ended_at, before.archive_at, "ok")
    assert s.told == [("delete", "deleted"), ("keep", "completed")]
    assert s.removed == ["delete"]
    s.time.advance(1)
    assert s.runs.complete_cleanup("keep") is False
    assert s.runs.complete_cleanup("unknown") is False
    assert s.record("keep").cleanup_completed_at == START + 1


def test_28_restore_runs_once_and_starts_the_sweeper_whatever_the_deadlines() -> None:
    s = System(stored=[stored_run("a"), stored_run("b", spawn_mode="session")])
    assert s.runs.restore() == 2
    assert s.recurring == 1
    s.end("a")
    assert s.record("a").ended_at == START, "the listener is on"
    s.runs.release("b")
    assert s.runs.restore() == 0
    assert not s.has("b")


def test_28_nothing_restored_means_no_listener_and_no_timer() -> None:
    s = System()
    assert s.runs.restore() == 0
    assert s.time.live_timers == ()
    assert s.events._listeners == ()


def test_28_orphans_are_reconciled_and_persisted_and_leave_no_timer_behind() -> None:
    s = System(
        stored=[stored_run("a"), stored_run("b", retain_attachments_on_keep=True)], is_orphan=lambda record: True
    )
    s.runs.restore()
    assert s.runs.records() == []
    assert s.store.writes == [([], ["a", "b"])]
    assert s.told == [("a", "orphaned"), ("b", "orphaned")]
    assert s.removed == ["a"]
    assert s.time.live_timers == ()
    assert s.events._listeners == ()


def test_28_a_restore_error_is_contained() -> None:
    s = System(stored=[stored_run()])
    s.store.failing = True
    with logged() as records:
        assert s.runs.restore() == 0
    assert [record.getMessage() for record in records] == ["The stored runs could not be restored."]
    assert s.time.live_timers == ()

    s = System(stored=[stored_run()], is_orphan=refuse)
    with logged() as records:
        assert s.runs.restore() == 1
    assert s.has(), "a run that may be no orphan stays"
    assert s.runs.sweeper_running


def test_29_restored_runs_never_overwrite_those_in_memory() -> None:
    s = System(stored=[stored_run("r", task="stored"), stored_run("other", task="stored")])
    s.register("r", task="in memory")
    assert s.runs.restore() == 1
    assert s.record("r").task == "in memory"
    assert s.record("other").task == "stored"


def test_30_the_test_reset_forgets_runs_timers_and_flags() -> None:
    stored = stored_run("ended", ended_at=START - 1)
    s = System(stored=[stored], announce=lambda record: False)
    s.runs.restore()
    s.register("failing")
    s.phase("error", "failing")
    s.time.advance(1)
    assert s.runs.resumed_ids() == {"ended"}
    assert s.one_shots == 2, "the grace of one run, and a retry of the other"
    s.runs.reset_for_tests()
    assert s.runs.sizes() == {"runs": 0, "pendings": 0}
    assert s.runs.resumed_ids() == frozenset()
    assert s.time.live_timers == ()
    assert s.events._listeners == ()
    s.store.rows = {"ended": stored}
    assert s.runs.restore() == 1, "the flag is reset: a new process restores again"
    assert s.runs.resumed_ids() == {"ended"}


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda s: s.register("x", spawn_mode="thread"), "spawn_mode"),
        (lambda s: s.register("x", cleanup="burn"), "cleanup"),
        (lambda s: s.runs.complete("r", "fine"), "outcome"),
        (lambda s: s.runs.complete("r", ended_at=-1.0), "ended_at"),
        (lambda s: s.runs.complete("r", ended_at=math.nan), "ended_at"),
        (lambda s: s.runs.replace_after_steer("r", " "), "next_run_id"),
        (lambda s: s.runs.terminate(), "run_id or child_session_key"),
        (lambda s: s.runs.terminate("", " "), "run_id or child_session_key"),
        (lambda s: s.events.emit(" ", "lifecycle"), "run_id"),
        (lambda s: s.events.register_context("x", registered_at=-1.0), "registered_at"),
        (lambda s: s.events.register_context("x", registered_at=math.inf), "registered_at"),
        (lambda s: s.events.sweep_stale(-1.0), "max_age_seconds"),
        (lambda s: s.time.advance(-1), "seconds"),
        (lambda s: Limits(session_ttl=-1), "session_ttl"),
        (lambda s: Limits(pending_ttl=math.nan), "pending_ttl"),
        (lambda s: Limits(sweep_interval=0), "sweep_interval"),
        (lambda s: Limits(maintenance_interval=0), "maintenance_interval"),
        (lambda s: Limits(max_announce_attempts=0), "max_announce_attempts"),
        (lambda s: Limits(context_ttl=True), "context_ttl"),
    ],
)
def test_bad_input_is_a_value_error_that_names_the_argument_and_changes_nothing(call: Any, name: str) -> None:
    s = System()
    s.register("r")
    before = (s.runs.records(), s.gateway.sizes(), s.store.writes[:])
    with pytest.raises(ValueError, match=rf"^{name} must "):
        call(s)
    assert (s.runs.records(), s.gateway.sizes(), s.store.writes) == before


def test_an_event_with_odd_times_still_ends_its_run() -> None:
    for odd in (None, "yesterday", -5, math.nan, True, 0, START + 10**9):
        s = System()
        s.register("r")
        s.end(ended_at=odd)
        assert s.record().ended_at == START


def test_events_of_other_streams_phases_and_runs_leave_the_registry_alone() -> None:
    s = System()
    s.register("r")
    s.events.emit("r", "assistant", {"phase": "end"})
    s.phase("halfway")
    s.phase("start", "unknown")
    s.end("unknown")
    assert s.record().ended_at is None
    assert s.store.writes == [(["r"], [])]


def test_registering_an_id_again_replaces_the_run_and_drops_what_the_old_one_left() -> None:
    s = System(announce=lambda record: False)
    s.register("r", "session", task="first")
    s.end()
    s.time.advance(0)
    s.phase("error")
    assert s.one_shots == 2
    s.register("r", "session", task="second")
    assert s.one_shots == 0
    assert not s.runs.has_pending_error("r")
    s.time.advance(HOUR)
    assert s.record().task == "second"
    assert s.record().outcome is None


def test_steering_to_an_id_that_is_taken_replaces_that_run() -> None:
    s = System(announce=lambda record: False)
    s.register("a", "session", task="kept")
    s.register("b", "session", task="displaced")
    s.end("b")
    s.time.advance(0)
    assert s.one_shots == 1
    assert s.runs.replace_after_steer("a", "b")
    assert s.one_shots == 0
    assert s.record("b").task == "kept"


def test_a_cleaned_up_run_that_never_ended_counts_as_ended() -> None:
    s = System()
    s.register("r", "session")
    s.runs.complete_cleanup("r")
    assert s.record().ended_at == START
    s.time.advance(6 * MINUTE)
    assert not s.has()


@pytest.mark.parametrize("steps", [(-HOUR,), (-365 * 24 * HOUR,), (-1.0, -HOUR, 5.0)])
def test_a_clock_that_steps_back_neither_removes_early_nor_keeps_for_ever(steps: tuple[float, ...]) -> None:
    s = System()
    s.register("cleaned", "session")
    s.register("uncleaned", "session")
    s.register("due", "run", "delete")
    s.end("cleaned")
    s.end("uncleaned")
    s.runs.complete_cleanup("cleaned")
    for step in steps:
        s.time.step_clock(step)
    s.time.advance(4 * MINUTE)
    assert all(s.has(run_id) for run_id in ("cleaned", "uncleaned", "due"))
    s.time.advance(3 * MINUTE)
    assert not s.has("cleaned")
    assert s.has("due")
    s.time.advance(HOUR)
    assert not s.has("due")
    s.time.advance(24 * HOUR)
    assert not s.has("uncleaned")


def test_attachments_are_a_directory_that_goes_with_all_in_it(tmp_path: Path) -> None:
    directory = tmp_path / "attachments"
    (directory / "inner").mkdir(parents=True)
    (directory / "inner" / "file").write_text("x", encoding="utf-8")
    remove_tree(stored_run(attachments_dir=str(directory)))
    assert list(tmp_path.iterdir()) == []
    remove_tree(stored_run(attachments_dir=str(directory)))
    remove_tree(stored_run())
    with pytest.raises(OSError, match="file"):
        (tmp_path / "file").write_text("x", encoding="utf-8")
        remove_tree(stored_run(attachments_dir=str(tmp_path / "file")))


def test_a_failing_attachment_removal_is_logged_and_the_run_goes() -> None:
    s = System(remove_attachments=refuse)
    s.register("r", "run", "delete")
    with logged() as records:
        s.time.advance(HOUR)
    assert not s.has()
    assert [record.getMessage() for record in records] == ["The attachments of run 'r' could not be removed."]


def test_without_hooks_a_due_run_simply_goes() -> None:
    s = System(remote_delete=None, notify_end=None)
    s.register("r", "run", "delete")
    s.time.advance(HOUR)
    assert not s.has()
    assert s.removed == ["r"]


def test_a_failing_store_loses_no_run_and_catches_up() -> None:
    s = System(stored=[stored_run("old", task="on disk")])
    s.runs.restore()
    store = s.store
    assert isinstance(store, RecordingStore)
    store.failing = True
    with logged() as records:
        s.register("a", "session")
        s.register("b", "session")
        s.runs.release("old")
    assert len(records) == 1, "a store that failed is left alone until the next sweep"
    assert set(store.rows) == {"old"}
    with logged() as records:
        s.time.advance(MINUTE)
    assert len(records) == 1
    store.failing = False
    s.time.advance(MINUTE)
    assert set(store.rows) == {"a", "b"}
    assert store.replaces == 1


def test_orphans_that_could_not_be_dropped_from_the_store_are_dropped_later() -> None:
    def is_orphan(record: RunRecord) -> bool:
        s.store.failing = True
        return True

    s = System(stored=[stored_run("orphan")], is_orphan=is_orphan)
    with logged():
        s.runs.restore()
    assert set(s.store.rows) == {"orphan"}
    s.store.failing = False
    s.time.advance(MINUTE)
    assert s.store.rows == {}
    assert s.time.live_timers == ()


def test_the_sweeper_goes_on_while_the_store_is_behind() -> None:
    s = System()
    s.register("r", "session")
    s.store.failing = True
    with logged():
        s.runs.release("r")
        assert s.runs.sweeper_running
        s.time.advance(MINUTE)
    assert s.runs.sweeper_running
    s.store.failing = False
    s.time.advance(MINUTE)
    assert not s.runs.sweeper_running


def test_a_store_that_was_never_read_keeps_the_rows_it_has() -> None:
    s = System(stored=[stored_run("earlier")])
    s.store.failing = True
    with logged():
        s.register("now")
    s.store.failing = False
    s.time.advance(MINUTE)
    assert set(s.store.rows) == {"earlier", "now"}
    assert s.runs.restore() == 1


def test_a_run_that_is_gone_in_mid_sweep_is_passed_over() -> None:
    s = System(notify_end=lambda record, reason: s.runs.release("b"))
    s.register("a", "run", "delete")
    s.register("b", "run", "delete")
    s.time.advance(HOUR)
    assert s.store.writes[-1] == ([], ["a"])
    assert s.runs.records() == []


def test_late_callers_find_that_the_entry_is_gone() -> None:
    s = System()
    for cleanup in ("delete", "keep"):
        s.register("r", "session", cleanup)
        entry = s.runs._runs["r"]
        s.runs.release("r")
        assert s.runs.finish(entry) is False
        assert s.runs.amend(entry, task="late") is False
        assert s.runs.release("r") is False
    s.register("r", "session")
    entry = s.runs._runs["r"]
    s.register("r", "session")
    assert s.runs._terminate(entry, s.now) is None


def test_closing_cancels_every_timer_and_keeps_the_stored_runs() -> None:
    s = System(announce=lambda record: False)
    s.gateway.start()
    s.register("ended", "session")
    s.register("failing", "session")
    s.end("ended")
    s.time.advance(1)
    s.phase("error", "failing")
    s.gateway.close()
    assert s.time.live_timers == ()
    assert set(s.store.rows) == {"ended", "failing"}
