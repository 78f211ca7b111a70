"""The registry of subagent runs, and the sweeper that removes those that are over.

A run is registered, mirrored to disk after every change, ended by a lifecycle event, announced to its parent and
cleaned up. `fate_of` (records.py) says when a sweep removes it; every run that has ended has an age at which it goes.

Locking: `_lock` guards the map and each entry's record and is held for single steps, never across a hook, a write or a
walk. `_sweeper_lock` guards the sweeper's timer and is never taken while `_lock` is held.

Foreign code (a hook, the clock, the store, a timer) may raise anything. The clock is read before anything is changed;
once something is, whatever has to follow does so `in_full`, and only then does an interrupt reach the caller.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial

from .announce import Announcer, Entry
from .containment import each_in_full, in_full
from .events import AgentEvent, EventRegistry
from .forks import ProcessLock
from .hooks import ContainedHooks, Hooks
from .limits import ARCHIVE_AFTER_MINUTES, Limits, checked_seconds, is_moment
from .pending import PendingError, PendingErrors
from .persistence import Mirror, RunStore
from .records import (
    Cleanup,
    Fate,
    Outcome,
    RunRecord,
    SpawnMode,
    archive_deadline,
    checked_choices,
    fate_of,
    is_blank,
    rebased,
)
from .timers import Clock, TimerFactory, TimerHandle

LIFECYCLE_STREAM = "lifecycle"
"""The event stream whose `phase` ("start", "end" or "error") drives the registry."""

_log = logging.getLogger(__name__)


class RunRegistry:
    """Subagent runs and their pending errors; thread-safe.

    Args:
        events: the bus that carries lifecycle events.
        store: where runs survive a restart.
        clock: wall clock.
        timers: arms the sweeper, the grace of pending errors and the retries.
        hooks: the host's side.
        limits: ages and intervals.
        archive_after_minutes: distance of the deadline of runs that get one; none do if it is not above zero.
    """

    def __init__(
        self,
        events: EventRegistry,
        store: RunStore,
        clock: Clock,
        timers: TimerFactory,
        *,
        hooks: Hooks | None = None,
        limits: Limits | None = None,
        archive_after_minutes: float = ARCHIVE_AFTER_MINUTES,
    ) -> None:
        self._events = events
        self._clock = clock
        self._timers = timers
        self._limits = limits or Limits()
        self._hooks = ContainedHooks(hooks or Hooks(), self._limits.remote_delete_timeout)
        self._archive_after_minutes = archive_after_minutes
        self._lock = ProcessLock()
        self._sweeper_lock = ProcessLock()
        self._sweeping = ProcessLock()
        self._runs: dict[str, Entry] = {}
        self._pending = PendingErrors(clock, timers, self._limits, self._fail_expired)
        self._mirror = Mirror(store, self.get, self.records)
        self._announcer = Announcer(timers, self._limits, self._hooks.announce, self)
        self._sweeper: TimerHandle | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._restored = False

    # --- what a host asks -------------------------------------------------------------------------------------------

    def get(self, run_id: str) -> RunRecord | None:
        """Return the run's record as of now, or None."""
        entry = self._runs.get(run_id)
        return None if entry is None else entry.record

    def records(self) -> list[RunRecord]:
        """Return the record of every run."""
        with self._lock:
            return [entry.record for entry in self._runs.values()]

    def sizes(self) -> dict[str, int]:
        """Return how many entries each map holds: `runs` and `pendings`."""
        return {"runs": len(self._runs), "pendings": len(self._pending)}

    def resumed_ids(self) -> frozenset[str]:
        """Return the ids whose result is being announced, or was."""
        return frozenset(entry.record.run_id for entry in self._snapshot() if entry.resumed)

    def has_pending_error(self, run_id: str) -> bool:
        """Tell whether the run reported an error that may still be taken back."""
        return run_id in self._pending

    @property
    def sweeper_running(self) -> bool:
        """Whether the sweeper's timer is armed."""
        return self._sweeper is not None

    # --- the life of a run ------------------------------------------------------------------------------------------

    def register(
        self,
        run_id: str,
        child_session_key: str,
        requester_session_key: str,
        *,
        task: str = "",
        spawn_mode: SpawnMode = "run",
        cleanup: Cleanup = "keep",
        attachments_dir: str | None = None,
        retain_attachments_on_keep: bool = False,
    ) -> bool:
        """Add a run, in place of one with the same id.

        Returns:
            Whether it was added: not if the id or one of the keys is blank.

        Raises:
            ValueError: `spawn_mode` or `cleanup` is not among its choices.
        """
        checked_choices(spawn_mode, cleanup)
        if is_blank(run_id) or is_blank(child_session_key) or is_blank(requester_session_key):
            return False
        now = self._clock()
        record = RunRecord(
            run_id,
            child_session_key,
            requester_session_key,
            created_at=now,
            task=task,
            spawn_mode=spawn_mode,
            cleanup=cleanup,
            archive_at=archive_deadline(now, spawn_mode, cleanup, self._archive_after_minutes),
            attachments_dir=attachments_dir,
            retain_attachments_on_keep=retain_attachments_on_keep,
        )
        with self._lock:
            previous = self._runs.get(run_id)
            self._runs[run_id] = Entry(record)
        try:
            in_full(
                partial(self._disarm, previous),
                self._ensure_listener,
                partial(self._mirror.save, (run_id,)),
            )
        finally:
            self.start_sweeper()
        return True

    def replace_after_steer(self, previous_run_id: str, next_run_id: str) -> bool:
        """Let a run go on under a new id, as if it had just been registered.

        Returns:
            Whether there was such a run.

        Raises:
            ValueError: `next_run_id` is blank.
        """
        if is_blank(next_run_id):
            raise ValueError("next_run_id must not be blank")
        now = self._clock()
        moved = next_run_id != previous_run_id
        with self._lock:
            previous = self._runs.get(previous_run_id)
            if previous is None:
                return False
            displaced = self._runs.get(next_run_id) if moved else None
            self._runs[next_run_id] = Entry(self._steered(previous.record, next_run_id, now))
            if moved:
                del self._runs[previous_run_id]
        try:
            in_full(
                # A run that keeps its id keeps the error that it may still take back.
                partial(self._disarm, previous) if moved else previous.cancel_retry,
                partial(self._disarm, displaced),
                self._ensure_listener,
                partial(self._mirror.save, (previous_run_id, next_run_id)),
            )
        finally:
            self.start_sweeper()
        return True

    def complete(
        self, run_id: str, outcome: Outcome = "ok", *, ended_at: float | None = None, error: str | None = None
    ) -> bool:
        """Mark a run as ended, take its pending error back, and begin to announce its result.

        Args:
            outcome: "ok" or "error".
            ended_at: seconds since the epoch; now, unless given or if it lies ahead.
            error: the message of an error.

        Returns:
            Whether it was running until now.

        Raises:
            ValueError: `outcome` or `ended_at` cannot be right.
        """
        if outcome not in ("ok", "error"):
            raise ValueError(f"outcome must be 'ok' or 'error', not {outcome!r}")
        if ended_at is not None:
            checked_seconds("ended_at", ended_at)
        return self._complete(run_id, outcome, ended_at, error, self._clock())

    def complete_cleanup(self, run_id: str) -> bool:
        """Do the bookkeeping once the run's result is delivered: drop a `delete` run, stamp a `keep` run.

        Returns:
            Whether there was such a run, not yet cleaned up.
        """
        entry = self._runs.get(run_id)
        return entry is not None and self.finish(entry)

    def release(self, run_id: str) -> bool:
        """Take a run out of the registry; its attachments stay with the owner. Returns whether it was there."""
        entry = self._runs.get(run_id)
        if entry is None or not self._take(run_id, entry):
            return False
        in_full(
            partial(self._disarm, entry),
            partial(self._hooks.tell_end, entry.record, "released"),
            partial(self._mirror.save, (run_id,)),
            self._stop_if_idle,
        )
        return True

    def terminate(self, run_id: str | None = None, child_session_key: str | None = None) -> int:
        """End the runs of this id or this child session that are still running, with nothing left to clean up.

        Returns:
            How many were ended.

        Raises:
            ValueError: neither `run_id` nor `child_session_key` is given.
        """
        if is_blank(run_id) and is_blank(child_session_key):
            raise ValueError("run_id or child_session_key must be given and not blank")
        now = self._clock()
        ended = []
        for entry in self._snapshot():
            if entry.record.run_id == run_id or entry.record.child_session_key == child_session_key:
                record = self._terminate(entry, now)
                if record is not None:
                    ended.append(record)
        if ended:
            in_full(
                partial(self._mirror.save, [record.run_id for record in ended]),
                *(partial(self._pending.clear, record.run_id) for record in ended),
                *(partial(self._hooks.tell_end, record, "terminated") for record in ended),
            )
        return len(ended)

    def restore(self) -> int:
        """Load the stored runs, once per registry; runs already in memory win. Returns how many were added.

        A store that cannot be read is logged, and the registry starts empty. What is raised that is no `Exception` is
        passed on: out of the store before anything is restored, so that it may be tried again, and out of the hooks
        when the runs that were loaded are in the registry.
        """
        with self._lock:
            if self._restored:
                return 0
            self._restored = True
        try:
            records = self._mirror.load()
        except Exception:
            _log.exception("The stored runs could not be restored.")
            return 0
        except BaseException:
            self._restored = False
            raise
        restored = []
        for record in records:
            entry = Entry(record)
            with self._lock:
                if self._runs.setdefault(record.run_id, entry) is entry:
                    restored.append(entry)
        try:
            self._reconcile(restored)
        finally:
            if restored and (self._runs or not self._mirror.is_current):
                self._ensure_listener()
                self.start_sweeper()
            self._announce(entry for entry in restored if _is_unannounced(entry.record))
        return len(restored)

    # --- the sweeper ------------------------------------------------------------------------------------------------

    def start_sweeper(self) -> None:
        """Arm the sweeper's timer, unless it is armed."""
        with self._sweeper_lock:
            if self._sweeper is None:
                self._sweeper = self._timers.every(self._limits.sweep_interval, self.tick)

    def stop_sweeper(self) -> None:
        """Cancel the sweeper's timer, if it is armed; `start_sweeper` arms it again."""
        with self._sweeper_lock:
            self._disarm_sweeper()

    def tick(self) -> None:
        """Sweep once: runs, then pending errors, then write, then stop if nothing is left.

        Does nothing while another sweep is under way. An exception is logged; what is none, such as
        `KeyboardInterrupt`, is passed on when the sweep is through.
        """
        if not self._sweeping.acquire(blocking=False):
            return
        try:
            self._sweep(self._clock())
        except Exception:
            _log.exception("The sweep of runs failed.")
        finally:
            self._sweeping.release()

    def close(self) -> None:
        """Stop listening, sweeping and every timer, and close the store. Runs stay stored for the next start."""
        in_full(
            self.stop_sweeper,
            self._stop_listening,
            self._pending.close,
            *(entry.cancel_retry for entry in self._snapshot()),
            self._mirror.close,
        )

    def reset_for_tests(self) -> None:
        """Forget every run, pending error, timer and flag, as in a process that has just started."""
        with self._lock:
            entries = list(self._runs.values())
            self._runs.clear()
            self._restored = False
        in_full(
            self.stop_sweeper,
            self._stop_listening,
            self._pending.close,
            *(entry.cancel_retry for entry in entries),
            self._mirror.reset_for_tests,
        )

    # --- for the announcer ------------------------------------------------------------------------------------------

    def holds(self, entry: Entry) -> bool:
        """Tell whether this very entry is still in the registry."""
        return self._runs.get(entry.record.run_id) is entry

    def amend(self, entry: Entry, **changes: object) -> bool:
        """Change fields of the entry's record and write it; False when the entry is gone."""
        return self._amend(entry, changes, patient=True)

    def _amend(self, entry: Entry, changes: Mapping[str, object], *, patient: bool) -> bool:
        with self._lock:
            if not self.holds(entry):
                return False
            entry.record = replace(entry.record, **changes)  # type: ignore[arg-type]
        self._mirror.save((entry.record.run_id,), patient=patient)
        return True

    def finish(self, entry: Entry) -> bool:
        """Complete the cleanup of this very entry; False when it is gone or was cleaned up before."""
        now = self._clock()
        record = entry.record
        if record.cleanup == "delete":
            if not self._take(record.run_id, entry):
                return False
            in_full(
                partial(self._disarm, entry),
                partial(self._mirror.save, (record.run_id,)),
                partial(self._hooks.tell_end, entry.record, "deleted"),
                partial(self._hooks.remove_attachments, record),
            )
            return True
        with self._lock:
            record = entry.record
            if not self.holds(entry) or record.cleanup_completed_at is not None:
                return False
            # A run whose cleanup is done is over, even if nobody said so: it must not count as running for ever.
            over = record if record.ended_at is not None else replace(record, ended_at=now, end_recorded_at=now)
            entry.record = replace(over, cleanup_completed_at=now, end_notified=True)
        in_full(partial(self._mirror.save, (record.run_id,)), partial(self._hooks.tell_end, record, "completed"))
        return True

    # --- lifecycle events -------------------------------------------------------------------------------------------

    def _ensure_listener(self) -> None:
        with self._sweeper_lock:
            if self._unsubscribe is None:
                self._unsubscribe = self._events.subscribe(self._on_event)

    def _stop_listening(self) -> None:
        with self._sweeper_lock:
            unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe is not None:
            unsubscribe()

    def _on_event(self, event: AgentEvent) -> None:
        if event.stream != LIFECYCLE_STREAM:
            return
        phase = event.data.get("phase")
        now = self._clock()
        # An emitter never waits for another process that holds the store.
        if phase == "start":
            in_full(partial(self._pending.clear, event.run_id), partial(self._note_start, event, now))
        elif phase == "end":
            self._complete(event.run_id, "ok", _moment(event, "ended_at", now), None, now, patient=False)
        elif phase == "error" and event.run_id in self._runs:
            self._pending.schedule(event.run_id, _moment(event, "ended_at", now), _message(event.data.get("error")))
            self.start_sweeper()

    def _note_start(self, event: AgentEvent, now: float) -> None:
        entry = self._runs.get(event.run_id)
        if entry is not None:
            self._amend(entry, {"started_at": _moment(event, "started_at", now)}, patient=False)

    def _fail_expired(self, run_id: str, pending: PendingError, now: float) -> None:
        self._complete(run_id, "error", pending.ended_at, pending.error, now)

    def _complete(
        self,
        run_id: str,
        outcome: Outcome,
        ended_at: float | None,
        error: str | None,
        now: float,
        *,
        patient: bool = True,
    ) -> bool:
        entry = self._end(run_id, outcome, ended_at, error, now)
        if entry is None:
            self._pending.clear(run_id)
            return False
        in_full(
            partial(self._pending.clear, run_id),
            partial(self._mirror.save, (run_id,), patient=patient),
            partial(self._announcer.begin, entry),
        )
        return True

    # --- steps of a sweep -------------------------------------------------------------------------------------------

    def _sweep(self, now: float) -> None:
        removed: list[str] = []
        failed: list[Entry] = []
        in_full(
            lambda: self._sweep_runs(now, removed),
            lambda: self._sweep_pending(failed),
            lambda: self._write_sweep([*removed, *(entry.record.run_id for entry in failed)]),
            self._stop_if_idle,
            lambda: self._announce(failed),
        )

    def _sweep_runs(self, now: float, removed: list[str]) -> None:
        with self._lock:
            run_ids = list(self._runs)
        each_in_full(partial(self._try_to_sweep_run, run_id, now, removed) for run_id in run_ids)

    def _try_to_sweep_run(self, run_id: str, now: float, removed: list[str]) -> None:
        try:
            self._sweep_run(run_id, now, removed)
        except Exception:
            _log.exception("Run %r could not be swept.", run_id)

    def _sweep_run(self, run_id: str, now: float, removed: list[str]) -> None:
        entry = self._runs.get(run_id)
        if entry is None:
            return
        record = self._rebased(entry, now)
        fate = fate_of(record, now, self._limits)
        if fate is Fate.KEEP:
            return
        if fate is Fate.ARCHIVE and not self._hooks.delete_remote(record):
            return
        # The remote delete may have taken a while: only this very entry may go, not a later one of its id.
        if not self._take(run_id, entry):
            return
        removed.append(run_id)
        if fate is Fate.ABANDON:
            _log.warning("Run %r ended and was never cleaned up; it is removed now.", run_id)
        steps = [partial(self._disarm, entry), partial(self._hooks.tell_end, record, "swept")]
        if fate is Fate.ARCHIVE or not record.retain_attachments_on_keep:
            steps.append(partial(self._hooks.remove_attachments, record))
        in_full(*steps)

    def _sweep_pending(self, failed: list[Entry]) -> None:
        try:
            now = self._clock()
            for run_id, pending in self._pending.sweep(now):
                entry = self._end(run_id, "error", pending.ended_at, pending.error, now)
                if entry is not None:
                    failed.append(entry)
        except Exception:
            _log.exception("The sweep of pending errors failed.")

    def _write_sweep(self, changed: Collection[str]) -> None:
        if self._mirror.behind:
            self._mirror.catch_up()
        elif changed:
            self._mirror.save_swept(changed)
        else:
            self._mirror.save(())

    def _announce(self, ended: Iterable[Entry]) -> None:
        each_in_full(partial(self._announcer.begin, entry) for entry in ended)

    def _stop_if_idle(self) -> None:
        # Asked under the sweeper's lock: an insert before the question is seen, one after it arms the timer anew.
        with self._sweeper_lock:
            if not self._runs and not self._pending and self._mirror.is_current:
                self._disarm_sweeper()

    def _disarm_sweeper(self) -> None:
        sweeper, self._sweeper = self._sweeper, None
        if sweeper is not None:
            sweeper.cancel()

    # --- single steps -----------------------------------------------------------------------------------------------

    def _snapshot(self) -> list[Entry]:
        with self._lock:
            return list(self._runs.values())

    def _take(self, run_id: str, entry: Entry) -> bool:
        """Remove this very entry; whoever gets True is the only one to act on its end, and to disarm it."""
        with self._lock:
            if self._runs.get(run_id) is not entry:
                return False
            del self._runs[run_id]
        return True

    def _disarm(self, entry: Entry | None) -> None:
        """Cancel every timer of an entry that is no longer in the map."""
        if entry is not None:
            in_full(entry.cancel_retry, partial(self._pending.clear, entry.record.run_id))

    def _end(
        self, run_id: str, outcome: Outcome, ended_at: float | None, error: str | None, now: float
    ) -> Entry | None:
        """Mark a run as ended, without writing it; None when it is gone or had ended before."""
        with self._lock:
            entry = self._runs.get(run_id)
            if entry is None or entry.record.ended_at is not None:
                return None
            ended = now if ended_at is None else min(ended_at, now)
            entry.record = replace(entry.record, ended_at=ended, end_recorded_at=now, outcome=outcome, error=error)
        return entry

    def _terminate(self, entry: Entry, now: float) -> RunRecord | None:
        with self._lock:
            record = entry.record
            if record.ended_at is not None or not self.holds(entry):
                return None
            entry.record = replace(
                record,
                ended_at=now,
                end_recorded_at=now,
                outcome="terminated",
                cleanup_completed_at=now,
                end_notified=True,
            )
        return record

    def _steered(self, record: RunRecord, run_id: str, now: float) -> RunRecord:
        return replace(
            record,
            run_id=run_id,
            created_at=now,
            started_at=now,
            ended_at=None,
            end_recorded_at=None,
            outcome=None,
            error=None,
            cleanup_completed_at=None,
            archive_at=archive_deadline(now, record.spawn_mode, record.cleanup, self._archive_after_minutes),
            end_notified=False,
            announce_attempts=0,
        )

    def _reconcile(self, restored: Collection[Entry]) -> None:
        dropped: list[str] = []
        try:
            for entry in restored:
                record = entry.record
                if record.ended_at is None and self._hooks.is_orphan(record) and self._take(record.run_id, entry):
                    dropped.append(record.run_id)
                    self._drop_orphan(record)
        finally:
            if dropped:
                self._mirror.save(dropped)

    def _drop_orphan(self, record: RunRecord) -> None:
        steps = [partial(self._hooks.tell_end, record, "orphaned")]
        if not record.retain_attachments_on_keep:
            steps.append(partial(self._hooks.remove_attachments, record))
        in_full(*steps)

    def _rebased(self, entry: Entry, now: float) -> RunRecord:
        with self._lock:
            entry.record = rebased(entry.record, now)
            return entry.record


def _is_unannounced(record: RunRecord) -> bool:
    return record.ended_at is not None and record.cleanup_completed_at is None


def _moment(event: AgentEvent, name: str, now: float) -> float:
    """Return the time that an event tells, or now if it tells none, nonsense or the future."""
    told = event.data.get(name)
    return min(float(told), now) if is_moment(told) and told else now


def _message(error: object) -> str | None:
    """Return what an event tells of an error, if anything; an error that cannot be put into words is still one."""
    try:
        return None if error is None else str(error)
    except Exception:
        return f"an error of type {type(error).__name__}"
