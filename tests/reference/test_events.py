"""Statements 38 to 52: run contexts, sequence numbers and listeners."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.reference.system import HOUR, MINUTE, START, System, logged, refuse
from unbounded_lint import reference
from unbounded_lint.reference import AgentEvent, EventRegistry, RunContext, shared_gateway


def test_38_the_first_registration_copies_the_fields_and_stamps_the_time() -> None:
    s = System()
    s.events.register_context("r", session_key="key", verbose_level="on", is_heartbeat=True, control_ui_visible=False)
    assert s.events.context("r") == RunContext("key", "on", True, False, registered_at=START)
    s.events.register_context("early", registered_at=START - 5)
    early = s.events.context("early")
    assert early is not None
    assert early.registered_at == START - 5
    early.session_key = "changed by the caller"
    assert s.events.context("early") == RunContext(registered_at=START - 5)
    assert s.events.context("unknown") is None


def test_39_registering_again_merges_what_is_given_and_keeps_the_time() -> None:
    s = System()
    s.events.register_context("r", session_key="key", verbose_level="on", is_heartbeat=True, control_ui_visible=True)
    s.time.advance(10)
    s.events.register_context("r", session_key=" ", verbose_level="", registered_at=START + 9)
    assert s.events.context("r") == RunContext("key", "on", True, True, registered_at=START)
    s.events.register_context(
        "r", session_key="other", verbose_level="off", is_heartbeat=False, control_ui_visible=False
    )
    assert s.events.context("r") == RunContext("other", "off", False, False, registered_at=START)


def test_40_an_empty_id_is_ignored() -> None:
    s = System()
    s.events.register_context("")
    s.events.register_context("  ", session_key="key")
    assert s.events.sizes()["contexts"] == 0


def test_41_emit_counts_from_one_per_id() -> None:
    s = System()
    numbers = [s.events.emit(run_id, "x").number for run_id in ("a", "a", "b", "a", "b")]
    assert numbers == [1, 2, 1, 3, 2]


def test_42_emit_touches_a_context_that_exists_and_makes_none() -> None:
    s = System()
    s.events.register_context("r")
    before = s.events.context("r")
    assert before is not None
    assert before.last_active_at is None
    s.time.advance(7)
    s.events.emit("r", "x")
    s.events.emit("other", "x")
    after = s.events.context("r")
    assert after is not None
    assert after.last_active_at == START + 7
    assert s.events.context("other") is None


def test_43_hidden_runs_get_no_key_and_a_blank_key_falls_back_to_the_context() -> None:
    s = System()
    s.events.register_context("hidden", session_key="key", control_ui_visible=False)
    s.events.register_context("shown", session_key="key", control_ui_visible=True)
    s.events.register_context("plain", session_key="key")
    assert s.events.emit("hidden", "x", session_key="own").session_key is None
    assert s.events.emit("hidden", "x").session_key is None
    for run_id in ("shown", "plain"):
        assert s.events.emit(run_id, "x", session_key="own").session_key == "own"
        assert s.events.emit(run_id, "x", session_key=" ").session_key == "key"
        assert s.events.emit(run_id, "x").session_key == "key"
    assert s.events.emit("unknown", "x", session_key="own").session_key == "own"
    assert s.events.emit("unknown", "x").session_key is None


def test_44_a_raising_listener_does_not_stop_the_others_and_unsubscribing_works() -> None:
    s = System()
    heard: list[AgentEvent] = []
    s.events.subscribe(refuse)
    unsubscribe = s.events.subscribe(heard.append)
    with logged() as records:
        event = s.events.emit("r", "x", {"text": "hello"})
    assert heard == [event]
    assert event == AgentEvent("r", 1, START, "x", {"text": "hello"}, None)
    assert [record.getMessage() for record in records] == ["A listener failed on event 1 of run 'r'."]
    unsubscribe()
    unsubscribe()
    with logged():
        s.events.emit("r", "x")
    assert heard == [event]


def test_45_clear_drops_context_and_sequence() -> None:
    s = System()
    s.events.register_context("r")
    s.events.emit("r", "x")
    s.events.emit("r", "x")
    s.events.clear("r")
    s.events.clear("unknown")
    assert s.events.sizes() == {"contexts": 0, "sequences": 0}
    assert s.events.emit("r", "x").number == 1


def test_46_last_seen_is_the_last_activity_then_the_registration_and_nothing_is_infinitely_old() -> None:
    s = System()
    s.events.register_context("active", registered_at=START - HOUR)
    s.events.emit("active", "x")
    s.events.register_context("registered", registered_at=START - HOUR)
    s.events.register_context("zero", registered_at=0)
    s.events.register_context("never")
    s.events._contexts["never"].registered_at = None
    assert s.events.sweep_stale() == 3
    assert set(s.events._contexts) == {"active"}


def test_47_a_context_goes_when_strictly_older_than_the_limit_which_a_call_may_set() -> None:
    s = System()
    s.events.register_context("r")
    s.time.advance(30 * MINUTE)
    assert s.events.sweep_stale() == 0
    assert s.events.sweep_stale(30 * MINUTE + 1) == 0
    s.time.advance(0.001)
    assert s.events.sweep_stale() == 1
    s.events.register_context("r")
    s.time.advance(2)
    assert s.events.sweep_stale(2) == 0
    assert s.events.sweep_stale(1.9) == 1


def test_48_the_sweep_drops_the_sequence_with_the_context_and_counts_contexts() -> None:
    s = System()
    for run_id in ("a", "b"):
        s.events.register_context(run_id)
        s.events.emit(run_id, "x")
    s.time.advance(31 * MINUTE)
    s.events.emit("b", "x")
    assert s.events.sweep_stale() == 1
    assert s.events.sizes() == {"contexts": 1, "sequences": 1}
    assert s.events.emit("a", "x").number == 1
    assert s.events.emit("b", "x").number == 3


def test_48_the_sequence_goes_even_if_it_is_younger_than_the_context() -> None:
    s = System()
    s.events.emit("r", "x")
    s.events.register_context("r", registered_at=START - HOUR)
    assert s.events.sweep_stale() == 1
    assert s.events.sizes() == {"contexts": 0, "sequences": 0}


def test_49_a_long_run_that_still_talks_survives_and_a_silent_one_goes() -> None:
    s = System()
    s.events.register_context("talking", registered_at=START - 3 * HOUR)
    s.events.register_context("silent", registered_at=START - 31 * MINUTE)
    s.events.emit("talking", "x")
    s.time.advance(MINUTE)
    assert s.events.sweep_stale() == 1
    assert set(s.events._contexts) == {"talking"}


def test_50_a_sweep_leaves_other_ids_alone_and_a_second_one_finds_nothing() -> None:
    s = System()
    s.events.register_context("old", registered_at=START - HOUR)
    s.events.register_context("young", session_key="key")
    s.events.emit("young", "x")
    before = s.events.context("young")
    assert s.events.sweep_stale() == 1
    assert s.events.sweep_stale() == 0
    assert s.events.context("young") == before
    assert s.events.emit("young", "x").number == 2


def test_51_the_test_reset_clears_both_maps() -> None:
    s = System()
    s.events.register_context("r")
    s.events.emit("r", "x")
    s.events.reset_for_tests()
    assert s.events.sizes() == {"contexts": 0, "sequences": 0}


def test_52_two_imports_under_different_names_share_one_state() -> None:
    home = Path(reference.__file__).parent
    spec = importlib.util.spec_from_file_location(
        "copy_of_reference", home / "__init__.py", submodule_search_locations=[str(home)]
    )
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    sys.modules["copy_of_reference"] = copy
    try:
        spec.loader.exec_module(copy)
        gateway = shared_gateway()
        assert copy.shared_gateway is not shared_gateway
        assert copy.shared_gateway() is gateway
        assert shared_gateway() is gateway
        with pytest.raises(ValueError, match=r"^database must be ':memory:'"):
            shared_gateway("elsewhere.sqlite3")
        gateway.events.emit("r", "x")
        assert copy.shared_gateway().events.emit("r", "x").number == 2
        gateway.close()
    finally:
        for name in [name for name in sys.modules if f"{name}.".startswith("copy_of_reference.")]:
            del sys.modules[name]
        sys.modules.pop("unbounded_lint_reference_shared_gateway", None)


def test_subscribing_twice_is_subscribing_once() -> None:
    s = System()
    heard: list[AgentEvent] = []
    s.events.subscribe(heard.append)
    s.events.subscribe(heard.append)
    s.events.emit("r", "x")
    assert len(heard) == 1


def test_a_context_ttl_must_be_a_duration() -> None:
    with pytest.raises(ValueError, match=r"^context_ttl_seconds must "):
        EventRegistry(context_ttl_seconds=-1)


def test_a_clock_that_steps_back_neither_drops_early_nor_keeps_for_ever() -> None:
    s = System()
    s.events.register_context("context")
    s.events.emit("orphan", "x")
    s.time.step_clock(-365 * 24 * HOUR)
    assert s.events.sweep_stale() == 0
    s.time.advance(30 * MINUTE)
    s.events.sweep_stale()
    assert s.events.sizes() == {"contexts": 1, "sequences": 1}
    s.time.advance(1)
    s.events.sweep_stale()
    assert s.events.sizes() == {"contexts": 0, "sequences": 0}


def test_entries_that_go_in_mid_sweep_are_passed_over() -> None:
    class Vanishing(dict):  # type: ignore[type-arg]
        """A map whose entries are gone by the time they are looked at."""

        def get(self, key: object, default: object = None) -> None:
            return None

    s = System()
    s.events.register_context("r")
    s.events.emit("other", "x")
    s.events._contexts = Vanishing(s.events._contexts)
    s.events._sequences = Vanishing(s.events._sequences)
    assert s.events.sweep_stale(0) == 0
