"""Each defect that reviewers found in the original fix, put back: the numbered checks must notice."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, NamedTuple

import pytest

from tests.reference import test_deviations, test_events, test_gateway, test_pending, test_promises, test_runs
from tests.reference.system import logged
from unbounded_lint.reference import containment, events, hooks, pending, persistence, runs


class Mutant(NamedTuple):
    """One defect: where it goes, what it replaces, and which numbered checks must fail for it."""

    holder: Any
    function: str
    before: str
    after: str
    killers: tuple[str, ...]


MUTANTS = {
    "d1_ttl_from_the_end": Mutant(
        runs,
        "fate_of",
        "cleanup_completed_at",
        "ended_at",
        ("test_08", "test_10"),
    ),
    "d2_activity_not_noted": Mutant(
        events.EventRegistry, "emit", "context.last_active_at = now", "pass", ("test_42", "test_46", "test_49")
    ),
    "d3_clear_forgets_the_companion": Mutant(
        events.EventRegistry, "clear", "self._sequences.pop(run_id, None)", "pass", ("test_45",)
    ),
    "d4_ttls_local_to_the_sweep": Mutant(runs, "fate_of", "limits.session_ttl", "5 * 60.0", ("test_00",)),
    "d5_reset_clears_one_map": Mutant(
        events.EventRegistry, "reset_for_tests", "self._sequences.clear()", "pass", ("test_51",)
    ),
    "d6_register_starts_the_sweeper_only_for_deadlines": Mutant(
        runs.RunRegistry,
        "register",
        "self.start_sweeper()",
        "record.archive_at and self.start_sweeper()",
        ("test_01", "test_16", "test_21"),
    ),
    "d6_steering_starts_the_sweeper_only_for_deadlines": Mutant(
        runs.RunRegistry,
        "replace_after_steer",
        "self.start_sweeper()",
        "None",
        ("test_25",),
    ),
    "d7_restore_starts_the_sweeper_only_for_deadlines": Mutant(
        runs.RunRegistry,
        "restore",
        "self.start_sweeper()",
        "any(record.archive_at for record in records) and self.start_sweeper()",
        ("test_28",),
    ),
    "d8_attachments_removed_although_retained": Mutant(
        runs.RunRegistry, "_sweep_run", "not record.retain_attachments_on_keep", "True", ("test_15",)
    ),
    "d9_the_sweep_raises_at_every_tick": Mutant(
        events.EventRegistry, "sweep_stale", "list(self._contexts)", "list(state.contexts)", ("test_46", "test_53")
    ),
    "d10_notified_twice": Mutant(
        runs.RunRegistry, "finish", "end_notified=True", "end_notified=False", ("test_19", "test_d1")
    ),
    "h1_sequences_without_a_context_are_not_swept": Mutant(
        events.EventRegistry, "sweep_stale", "self._sweep_orphaned_sequences(now, limit)", "pass", ("test_d2",)
    ),
    "h2_uncleaned_runs_are_immortal": Mutant(runs, "fate_of", "Fate.ABANDON", "Fate.KEEP", ("test_d7",)),
    "h3_pending_age_from_the_event_alone": Mutant(
        pending.PendingErrors, "_is_overdue", "max(entry.ended_at, entry.inserted_at)", "entry.ended_at", ("test_d6",)
    ),
    "h4_no_identity_check_after_the_remote_delete": Mutant(
        runs.RunRegistry, "_take", "self._runs.get(run_id) is not entry", "run_id not in self._runs", ("test_d4",)
    ),
    "stop_forgets_the_pendings": Mutant(runs.RunRegistry, "_stop_if_idle", "and not self._pending ", "", ("test_d3",)),
    "entries_without_a_deadline_are_skipped": Mutant(
        runs,
        "fate_of",
        "if record.archive_at:",
        "if not record.archive_at:\n        return Fate.KEEP\n    if record.archive_at:",
        ("test_09", "test_55"),
    ),
    "removal_while_iterating": Mutant(
        runs.RunRegistry, "_sweep_runs", "list(self._runs)", "self._runs", ("test_12", "test_23")
    ),
    "an_interrupt_ends_an_operation_half_way": Mutant(
        containment, "each_in_full", "except BaseException", "except Exception", ("test_57",)
    ),
    "an_interrupt_is_swallowed": Mutant(containment, "each_in_full", "raise raised", "pass", ("test_57",)),
    "an_interrupted_write_counts_as_done": Mutant(
        persistence.Mirror, "_attempt", "except BaseException", "except Exception", ("test_57", "test_64")
    ),
    "the_clock_is_read_too_late": Mutant(
        pending.PendingErrors,
        "_fire",
        "now = self._clock()",
        "self._entries.pop(run_id)\n    now = self._clock()",
        ("test_58",),
    ),
    "one_odd_record_stops_the_store": Mutant(
        persistence.Mirror, "_write_some", "except _UNSTORABLE", "except ZeroDivisionError", ("test_59",)
    ),
    "a_refused_record_is_tried_again_and_again": Mutant(
        persistence.Mirror, "_storable", "is not record", "is not self", ("test_59",)
    ),
    "one_odd_row_stops_the_restore": Mutant(
        persistence.SqliteRunStore, "load", "except Exception", "except (ValueError, TypeError)", ("test_60",)
    ),
    "a_huge_integer_is_a_time": Mutant(runs, "is_moment", "<= sys.float_info.max", "", ("test_61",)),
    "an_answer_is_asked_for_its_truth_too_late": Mutant(
        hooks.ContainedHooks,
        "is_orphan",
        "bool(self._hooks.is_orphan(record))",
        "self._hooks.is_orphan(record)",
        ("test_56",),
    ),
    "an_emit_waits_for_the_store": Mutant(persistence.Mirror, "_save_rest", '"apply_now"', '"apply"', ("test_64",)),
    "the_sweeper_forgets_what_is_unsaved": Mutant(
        runs.RunRegistry, "_stop_if_idle", "self._mirror.is_current", "not self._mirror.behind", ("test_64",)
    ),
}

NUMBERED = re.compile(r"test_(d?\d+)_")


def numbered_checks() -> Iterator[tuple[str, Callable[[], None]]]:
    """Every check that carries the number of a statement or deviation, but for the one that starts a process."""
    for module in (test_runs, test_pending, test_events, test_gateway, test_deviations, test_promises):
        for name, check in vars(module).items():
            if isinstance(check, FunctionType) and NUMBERED.match(name) and "process" not in name:
                yield name, check


def mutated(function: FunctionType, before: str, after: str) -> FunctionType:
    """Compile `function` with `before` replaced, in the globals that it had."""
    source = textwrap.dedent(inspect.getsource(function))
    assert before in source, "the reference has changed: adapt the mutant"
    defined: dict[str, Any] = {}
    exec(compile(source.replace(before, after), inspect.getfile(function), "exec"), function.__globals__, defined)
    mutant = defined[function.__name__]
    assert isinstance(mutant, FunctionType)
    return mutant


def failing_checks(checks: list[tuple[str, Callable[[], None]]]) -> set[str]:
    failed = set()
    for name, check in checks:
        try:
            with logged():
                check()
        except (Exception, pytest.fail.Exception):
            failed.add(name)
    return failed


@pytest.mark.parametrize("name", MUTANTS)
def test_a_defect_put_back_fails_the_checks_of_its_number(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    checks = [(check, run) for check, run in numbered_checks() if check.startswith(mutant.killers)]
    assert failing_checks(checks) == set(), "without the defect they pass"
    function = getattr(mutant.holder, mutant.function)
    monkeypatch.setattr(mutant.holder, mutant.function, mutated(function, mutant.before, mutant.after))
    failed = failing_checks(checks)
    for number in mutant.killers:
        assert any(check.startswith(f"{number}_") for check in failed), f"{number} did not notice"


def test_every_statement_and_deviation_has_a_check_with_its_number() -> None:
    numbers = {name.split("_")[1] for name, _ in numbered_checks()}
    assert numbers >= {f"{number:02}" for number in range(1, 65)} | {f"d{number}" for number in range(1, 8)}
