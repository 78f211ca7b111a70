"""A gateway on simulated time with hooks that note what they are told: what every test here works on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from unbounded_lint.reference import Gateway, Hooks, Limits, MemoryRunStore, RunRecord, SimulatedTime, TimerHandle

START = 1_700_000_000.0
MINUTE = 60.0
HOUR = 60 * MINUTE


class RecordingStore(MemoryRunStore):
    """A store in memory that counts its writes and fails on demand."""

    def __init__(self, records: Sequence[RunRecord] = ()) -> None:
        super().__init__(records)
        self.writes: list[tuple[list[str], list[str]]] = []
        self.replaces = 0
        self.failing = False
        self.on_write: Callable[[], object] = lambda: None

    def load(self) -> list[RunRecord]:
        self._check()
        return super().load()

    def apply(self, upserts: Sequence[RunRecord], deletes: Sequence[str]) -> None:
        self._check()
        self.on_write()
        self.writes.append((sorted(record.run_id for record in upserts), sorted(deletes)))
        super().apply(upserts, deletes)

    def replace(self, records: Sequence[RunRecord]) -> None:
        self._check()
        self.replaces += 1
        super().replace(records)

    def _check(self) -> None:
        if self.failing:
            raise OSError("the disk is full")


class StuckOneShots(SimulatedTime):
    """Simulated time on which one-shot timers are armed but never fire."""

    def __init__(self) -> None:
        super().__init__(START)
        self.stuck: list[StuckTimer] = []

    def call_later(self, delay_seconds: float, callback: Callable[[], object]) -> TimerHandle:
        timer = StuckTimer()
        self.stuck.append(timer)
        return timer


class StuckTimer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class System:
    """A gateway that is not started, with everything it told its host."""

    def __init__(
        self,
        *,
        stored: Sequence[RunRecord] = (),
        store: MemoryRunStore | None = None,
        time: SimulatedTime | None = None,
        limits: Limits | None = None,
        archive_after_minutes: float = 60.0,
        prune_steps: Sequence[Callable[[], object]] = (),
        **hooks: Any,
    ) -> None:
        self.time = time or SimulatedTime(START)
        self.store = store or RecordingStore(stored)
        self.told: list[tuple[str, str]] = []
        self.deleted: list[str] = []
        self.removed: list[str] = []
        defaults: dict[str, Any] = {
            "remote_delete": lambda key, timeout: self.deleted.append(key),
            "notify_end": lambda record, reason: self.told.append((record.run_id, reason)),
            "remove_attachments": lambda record: self.removed.append(record.run_id),
        }
        self.gateway = Gateway(
            self.store,
            clock=self.time.clock,
            timers=self.time,
            hooks=Hooks(**{**defaults, **hooks}),
            limits=limits,
            archive_after_minutes=archive_after_minutes,
            prune_steps=prune_steps,
        )
        self.runs = self.gateway.runs
        self.events = self.gateway.events

    @property
    def now(self) -> float:
        return self.time.clock()

    @property
    def recurring(self) -> int:
        """How many recurring timers are armed."""
        return sum(interval is not None for interval in self.time.live_timers)

    @property
    def one_shots(self) -> int:
        """How many one-shot timers are armed."""
        return sum(interval is None for interval in self.time.live_timers)

    def register(self, run_id: str = "r", spawn_mode: Any = "run", cleanup: Any = "keep", **options: Any) -> bool:
        return self.runs.register(
            run_id, f"child-{run_id}", "parent", spawn_mode=spawn_mode, cleanup=cleanup, **options
        )

    def phase(self, phase: str, run_id: str = "r", **data: Any) -> None:
        self.events.emit(run_id, "lifecycle", {"phase": phase, **data})

    def end(self, run_id: str = "r", **data: Any) -> None:
        self.phase("end", run_id, **data)

    def record(self, run_id: str = "r") -> RunRecord:
        record = self.runs.get(run_id)
        assert record is not None, f"{run_id} is not in the registry"
        return record

    def has(self, run_id: str = "r") -> bool:
        return self.runs.get(run_id) is not None


def stored_run(run_id: str = "r", **fields: Any) -> RunRecord:
    """A record as a store holds it, of a kept run that started an hour before `START`."""
    values = {"child_session_key": f"child-{run_id}", "requester_session_key": "parent", "created_at": START - HOUR}
    return RunRecord(run_id=run_id, **{**values, **fields})


@contextmanager
def logged() -> Iterator[list[logging.LogRecord]]:
    """Collect what the reference logs."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logger = logging.getLogger("unbounded_lint.reference")
    propagates, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield records
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagates


def refuse(*_: object) -> Any:
    """A hook that always fails."""
    raise RuntimeError("refused")


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that other threads bring about."""
    never = threading.Event()
    for _ in range(3000):
        if condition():
            return
        never.wait(0.01)
    raise AssertionError("it did not come about")
