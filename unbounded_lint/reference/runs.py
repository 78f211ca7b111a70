"""The registry of subagent runs, and the sweeper that removes those that are over.

A run is registered, mirrored to disk after every change, ended by a lifecycle event, announced to its parent and
cleaned up. `fate_of` (records.py) says when a sweep removes it; every run that has ended has an age at which it goes.

Locking: `_lock` guards the map and each entry's record and is held for single steps, never across a hook, a write or a
walk. `_sweeper_lock` guards the sweeper's timer and is never taken while `_lock` is held.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from dataclasses import replace

from .announce import Announcer, Entry
from .events import AgentEvent, EventRegistry
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
        self._lock = threading.Lock()
        self._sweeper_lock = threading.Lock()
        self._sweeping = threading.Lock()
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
        if previous is not None:
            previous.cancel_retry()
            self._pending.clear(run_id)
        self._ensure_listener()
        self._mirror.save((run_id,))
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
            if moved:
                del self._runs[previous_run_id]
            self._runs[next_run_id] = Entry(self._steered(previous.record, next_run_id, now))
        previous.cancel_retry()
        if displaced is not None:
            displaced.cancel_retry()
        if moved:
            self._pending.clear(previous_run_id)
            self._pending.clear(next_run_id)
        self._ensure_listener()
        self._mirror.save((previous_run_id, next_run_id))
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
        entry = self._end(run_id, outcome, ended_at, error)
        if entry is None:
            return False
        self._mirror.save((run_id,))
        self._announcer.begin(entry)
        return True

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
        self._pending.clear(run_id)
        self._hooks.tell_end(entry.record, "released")
        self._mirror.save((run_id,))
        self._stop_if_idle()
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
        ended = []
        for entry in self._snapshot():
            if entry.record.run_id == run_id or entry.record.child_session_key == child_session_key:
                record = self._terminate(entry)
                if record is not None:
                    ended.append(record)
        if ended:
            self._mirror.save([record.run_id for record in ended])
        for record in ended:
            self._pending.clear(record.run_id)
            self._hooks.tell_end(record, "terminated")
        return len(ended)

    def restore(self) -> int:
        """Load the stored runs, once per registry; runs already in memory win. Returns how many were added.

        A store that cannot be read is logged, and the registry starts empty.
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
        restored = []
        for record in records:
            entry = Entry(record)
            with self._lock:
                if self._runs.setdefault(record.run_id, entry) is entry:
                    restored.append(entry)
        if restored:
            self._reconcile(restored)
        if restored and (self._runs or self._mirror.behind):
            self._ensure_listener()
            self.start_sweeper()
        for entry in restored:
            if entry.record.ended_at is not None and entry.record.cleanup_completed_at is None:
                self._announcer.begin(entry)
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

        Does nothing while another sweep is under way, and raises nothing.
        """
        if not self._sweeping.acquire(blocking=False):
            return
        try:
            removed = self._sweep_runs()
            failed = self._sweep_pending()
            self._write_sweep([*removed, *(entry.record.run_id for entry in failed)])
            self._stop_if_idle()
            for entry in failed:
                self._announcer.begin(entry)
        except Exception:
            _log.exception("The sweep of runs failed.")
        finally:
            self._sweeping.release()

    def close(self) -> None:
        """Stop listening, sweeping and every timer, and close the store. Runs stay stored for the next start."""
        self.stop_sweeper()
        self._stop_listening()
        self._pending.close()
        for entry in self._snapshot():
            entry.cancel_retry()
        self._mirror.close()

    def reset_for_tests(self) -> None:
        """Forget every run, pending error, timer and flag, as in a process that has just started."""
        self.stop_sweeper()
        self._stop_listening()
        with self._lock:
            entries = list(self._runs.values())
            self._runs.clear()
            self._restored = False
        for entry in entries:
            entry.cancel_retry()
        self._pending.close()
        self._mirror.reset_for_tests()

    # --- for the announcer ------------------------------------------------------------------------------------------

    def holds(self, entry: Entry) -> bool:
        """Tell whether this very entry is still in the registry."""
        return self._runs.get(entry.record.run_id) is entry

    def amend(self, entry: Entry, **changes: object) -> bool:
        """Change fields of the entry's record and write it; False when the entry is gone."""
        with self._lock:
            if not self.holds(entry):
                return False
            entry.record = replace(entry.record, **changes)  # type: ignore[arg-type]
        self._mirror.save((entry.record.run_id,))
        return True

    def finish(self, entry: Entry) -> bool:
        """Complete the cleanup of this very entry; False when it is gone or was cleaned up before."""
        record = entry.record
        if record.cleanup == "delete":
            if not self._take(record.run_id, entry):
                return False
            self._pending.clear(record.run_id)
            self._mirror.save((record.run_id,))
            self._hooks.tell_end(entry.record, "deleted")
            self._hooks.remove_attachments(record)
            return True
        now = self._clock()
        with self._lock:
            record = entry.record
            if not self.holds(entry) or record.cleanup_completed_at is not None:
                return False
            # A run whose cleanup is done is over, even if nobody said so: it must not count as running for ever.
            over = record if record.ended_at is not None else replace(record, ended_at=now, end_recorded_at=now)
            entry.record = replace(over, cleanup_completed_at=now, end_notified=True)
        self._mirror.save((record.run_id,))
        self._hooks.tell_end(record, "completed")
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
        if phase == "start":
            self._pending.clear(event.run_id)
            entry = self._runs.get(event.run_id)
            if entry is not None:
                self.amend(entry, started_at=_moment(event, "started_at", now))
        elif phase == "end":
            self.complete(event.run_id, "ok", ended_at=_moment(event, "ended_at", now))
        elif phase == "error" and event.run_id in self._runs:
            error = event.data.get("error")
            self._pending.schedule(event.run_id, _moment(event, "ended_at", now), None if error is None else str(error))
            self.start_sweeper()

    def _fail_expired(self, run_id: str, pending: PendingError) -> None:
        self.complete(run_id, "error", ended_at=pending.ended_at, error=pending.error)

    # --- steps of a sweep -------------------------------------------------------------------------------------------

    def _sweep_runs(self) -> list[str]:
        now = self._clock()
        removed = []
        with self._lock:
            run_ids = list(self._runs)
        for run_id in run_ids:
            try:
                if self._sweep_run(run_id, now):
                    removed.append(run_id)
            except Exception:
                _log.exception("Run %r could not be swept.", run_id)
        return removed

    def _sweep_run(self, run_id: str, now: float) -> bool:
        entry = self._runs.get(run_id)
        if entry is None:
            return False
        record = self._rebased(entry, now)
        fate = fate_of(record, now, self._limits)
        if fate is Fate.KEEP:
            return False
        if fate is Fate.ARCHIVE and not self._hooks.delete_remote(record):
            return False
        # The remote delete may have taken a while: only this very entry may go, not a later one of its id.
        if not self._take(run_id, entry):
            return False
        if fate is Fate.ABANDON:
            _log.warning("Run %r ended and was never cleaned up; it is removed now.", run_id)
        self._pending.clear(run_id)
        self._hooks.tell_end(record, "swept")
        if fate is Fate.ARCHIVE or not record.retain_attachments_on_keep:
            self._hooks.remove_attachments(record)
        return True

    def _sweep_pending(self) -> list[Entry]:
        failed = []
        try:
            for run_id, pending in self._pending.sweep(self._clock()):
                entry = self._end(run_id, "error", pending.ended_at, pending.error)
                if entry is not None:
                    failed.append(entry)
        except Exception:
            _log.exception("The sweep of pending errors failed.")
        return failed

    def _write_sweep(self, changed: Collection[str]) -> None:
        if self._mirror.behind:
            self._mirror.catch_up()
        elif changed:
            self._mirror.save_swept(changed)

    def _stop_if_idle(self) -> None:
        # Asked under the sweeper's lock: an insert before the question is seen, one after it arms the timer anew.
        with self._sweeper_lock:
            if not self._runs and not self._pending and not self._mirror.behind:
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
        """Remove this very entry; whoever gets True is the only one to act on its end."""
        with self._lock:
            if self._runs.get(run_id) is not entry:
                return False
            del self._runs[run_id]
        entry.cancel_retry()
        return True

    def _end(self, run_id: str, outcome: Outcome, ended_at: float | None, error: str | None) -> Entry | None:
        """Mark a run as ended, without writing it; None when it is gone or had ended before."""
        self._pending.clear(run_id)
        now = self._clock()
        with self._lock:
            entry = self._runs.get(run_id)
            if entry is None or entry.record.ended_at is not None:
                return None
            ended = now if ended_at is None else min(ended_at, now)
            entry.record = replace(entry.record, ended_at=ended, end_recorded_at=now, outcome=outcome, error=error)
        return entry

    def _terminate(self, entry: Entry) -> RunRecord | None:
        now = self._clock()
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
        dropped = []
        for entry in restored:
            record = entry.record
            if record.ended_at is None and self._hooks.is_orphan(record) and self._take(record.run_id, entry):
                dropped.append(record.run_id)
                self._hooks.tell_end(record, "orphaned")
                if not record.retain_attachments_on_keep:
                    self._hooks.remove_attachments(record)
        if dropped:
            self._mirror.save(dropped)

    def _rebased(self, entry: Entry, now: float) -> RunRecord:
        with self._lock:
            entry.record = rebased(entry.record, now)
            return entry.record


def _moment(event: AgentEvent, name: str, now: float) -> float:
    """Return the time that an event tells, or now if it tells none, nonsense or the future."""
    told = event.data.get(name)
    return min(float(told), now) if told and is_moment(told) else now
