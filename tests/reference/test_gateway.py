"""Statements 53 to 55: the gateway's maintenance, and the load test."""

from __future__ import annotations

from tests.reference.system import HOUR, MINUTE, RecordingStore, System, logged, refuse, stored_run
from unbounded_lint.reference import Gateway, MemoryRunStore


def test_53_maintenance_sweeps_contexts_every_60_seconds_apart_from_the_run_sweeper() -> None:
    s = System()
    s.gateway.start()
    assert s.time.live_timers == (60,)
    assert not s.runs.sweeper_running
    s.events.register_context("r")
    s.events.emit("r", "x")
    s.time.advance(30 * MINUTE)
    assert s.events.sizes()["contexts"] == 1
    s.time.advance(MINUTE)
    assert s.events.sizes() == {"contexts": 0, "sequences": 0}
    s.register()
    assert s.recurring == 2
    s.runs.stop_sweeper()
    assert s.recurring == 1


def test_53_maintenance_starts_once_and_stops_when_told() -> None:
    s = System(stored=[stored_run()])
    s.gateway.start()
    s.gateway.start()
    assert s.recurring == 2, "maintenance, and the sweeper of the restored run"
    s.gateway.close()
    s.gateway.close()
    assert s.recurring == 0
    s.gateway.start()
    assert s.recurring == 1


def test_54_a_failing_step_neither_skips_the_later_ones_nor_kills_the_timer() -> None:
    pruned: list[str] = []
    s = System(prune_steps=[lambda: pruned.append("first"), refuse, lambda: pruned.append("third")])
    s.gateway.start()
    s.events.register_context("old", registered_at=1.0)
    with logged() as records:
        s.time.advance(2 * MINUTE)
    assert pruned == ["first", "third"] * 2
    assert s.events.sizes()["contexts"] == 0
    assert {record.getMessage() for record in records} == {"A prune step of the gateway's maintenance failed."}


def test_54_a_failing_context_sweep_does_not_kill_the_timer() -> None:
    s = System()
    s.gateway.start()
    sweep, s.events.sweep_stale = s.events.sweep_stale, refuse  # type: ignore[method-assign]
    with logged() as records:
        s.time.advance(MINUTE)
    assert [record.getMessage() for record in records] == ["The sweep of stale run contexts failed."]
    s.events.sweep_stale = sweep  # type: ignore[method-assign]
    s.events.register_context("old", registered_at=1.0)
    s.time.advance(MINUTE)
    assert s.events.sizes()["contexts"] == 0


def test_55_after_5000_session_runs_and_the_ttl_every_map_is_empty() -> None:
    s = System(store=MemoryRunStore())
    s.gateway.start()
    for number in range(5000):
        run_id = f"r{number}"
        s.events.register_context(run_id, session_key=f"child-{run_id}")
        s.register(run_id, "session")
        s.phase("start", run_id)
        s.phase("error" if number % 7 == 0 else "end", run_id)
    s.time.advance(15)
    assert s.gateway.sizes() == {"runs": 5000, "pendings": 0, "contexts": 5000, "sequences": 5000}
    for number in range(5000):
        s.runs.complete_cleanup(f"r{number}")
    s.time.advance(32 * MINUTE)
    assert s.gateway.sizes() == {"runs": 0, "pendings": 0, "contexts": 0, "sequences": 0}
    assert s.recurring == 1, "only maintenance is left"


def test_the_gateway_is_a_context_manager() -> None:
    store = RecordingStore([stored_run()])
    with Gateway(store) as gateway:
        assert gateway.runs.sweeper_running
        assert gateway.sizes()["runs"] == 1
    assert not gateway.runs.sweeper_running


def test_all_maps_stay_empty_after_an_hour_of_nothing() -> None:
    s = System()
    s.gateway.start()
    s.time.advance(HOUR)
    assert set(s.gateway.sizes().values()) == {0}
