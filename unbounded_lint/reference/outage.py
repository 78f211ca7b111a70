"""The batch that brought the gateway down, as simulated time: tickets that spawn two session runs each.

The same batch drives any program with the gateway's five requests. One run of a ticket comes from a chat, which clears
its context when it sees the run end; the other comes from a schedule, which never does. Some runs fail.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .events import AgentEvent
from .gateway import Gateway
from .persistence import MemoryRunStore
from .runs import LIFECYCLE_STREAM
from .simulation import SimulatedTime

TICKET_INTERVAL_SECONDS = 10.0
STEP_SECONDS = 10.0
STEPS_PER_RUN = 3
BOOKKEEPING_SECONDS = 60.0
SETTLE_SECONDS = 2 * 60 * 60.0
MAX_SAMPLES = 100
FAILING_EVERY = 10
TICKET_TEXT_BYTES = 2048

MAPS = ("runs", "contexts", "sequences", "pendings")
REQUESTS = ("start", "stop", "start_run", "emit", "finish_run", "sizes")


class Program(Protocol):
    """A gateway, as the batch sees it."""

    def start(self) -> None:
        """Start its timers."""

    def stop(self) -> None:
        """Stop its timers."""

    def start_run(self, run_id: str, session_key: str, task: str) -> None:
        """Register a session run and its context; the key begins with "chat:" or "cron:"."""

    def emit(self, run_id: str, stream: str, data: dict[str, Any]) -> None:
        """Publish an event of the run."""

    def finish_run(self, run_id: str) -> None:
        """Do the bookkeeping of a run whose result is delivered."""

    def sizes(self) -> Mapping[str, int]:
        """Return how many entries each map holds, by the names in `MAPS`."""


class ReferenceProgram:
    """The reference registries behind the batch's requests, on simulated time."""

    def __init__(self, time: SimulatedTime) -> None:
        self._gateway = Gateway(MemoryRunStore(), clock=time.clock, timers=time)

    def start(self) -> None:
        """Start the gateway and the chat's listener."""
        self._gateway.start()
        self._gateway.events.subscribe(self._chat)

    def stop(self) -> None:
        """Close the gateway."""
        self._gateway.close()

    def start_run(self, run_id: str, session_key: str, task: str) -> None:
        """Register a session run and its context."""
        self._gateway.events.register_context(run_id, session_key=session_key)
        self._gateway.runs.register(run_id, session_key, "main", task=task, spawn_mode="session", cleanup="keep")

    def emit(self, run_id: str, stream: str, data: dict[str, Any]) -> None:
        """Publish an event of the run."""
        self._gateway.events.emit(run_id, stream, data)

    def finish_run(self, run_id: str) -> None:
        """Do the bookkeeping of a run."""
        self._gateway.runs.complete_cleanup(run_id)

    def sizes(self) -> Mapping[str, int]:
        """Return the sizes of the four maps."""
        return self._gateway.sizes()

    def _chat(self, event: AgentEvent) -> None:
        ended = event.stream == LIFECYCLE_STREAM and event.data.get("phase") == "end"
        if ended and (event.session_key or "").startswith("chat:"):
            self._gateway.events.clear(event.run_id)


@dataclass(frozen=True)
class Sample:
    """One look at a program: simulated seconds since the start, entries per map, and bytes allocated since then."""

    seconds: float
    sizes: Mapping[str, int]
    memory: int

    @property
    def entries(self) -> int:
        """All entries of the four maps."""
        return sum(self.sizes[name] for name in MAPS)


def batch_seconds(tickets: int) -> float:
    """Return how long a batch takes to arrive, in simulated seconds."""
    return tickets * TICKET_INTERVAL_SECONDS


def replay(program: Program, time: SimulatedTime, tickets: int) -> tuple[Sample, ...]:
    """Run the batch, let two hours pass, and return the samples taken on the way, the first one before the batch.

    Memory is what `tracemalloc` counts: what Python allocated since the start and has not freed.
    """
    program.start()
    tracemalloc.start()
    try:
        samples = [_sample(program, 0.0)]
        total = batch_seconds(tickets) + SETTLE_SECONDS
        interval = total / MAX_SAMPLES
        _Batch(program, time, tickets).begin()
        for number in range(1, MAX_SAMPLES + 1):
            time.advance(interval)
            samples.append(_sample(program, number * interval))
        return tuple(samples)
    finally:
        tracemalloc.stop()
        program.stop()


def _sample(program: Program, seconds: float) -> Sample:
    return Sample(seconds, dict(program.sizes()), tracemalloc.get_traced_memory()[0])


class _Batch:
    """Tickets one after the other; each arrival arms the next, so the batch itself takes no more room when longer."""

    def __init__(self, program: Program, time: SimulatedTime, tickets: int) -> None:
        self._program = program
        self._time = time
        self._tickets = tickets

    def begin(self) -> None:
        self._later(TICKET_INTERVAL_SECONDS, lambda: self._arrive(0))

    def _arrive(self, ticket: int) -> None:
        if ticket + 1 < self._tickets:
            self._later(TICKET_INTERVAL_SECONDS, lambda: self._arrive(ticket + 1))
        for origin in ("chat", "cron"):
            run_id = f"{origin}-run-{ticket}"
            text = f"ticket {ticket} from {origin}: ".ljust(TICKET_TEXT_BYTES, ".")
            self._program.start_run(run_id, f"{origin}:session-{ticket}", text)
            self._program.emit(run_id, LIFECYCLE_STREAM, {"phase": "start"})
            self._later(STEP_SECONDS, self._step(run_id, 1, fails=ticket % FAILING_EVERY == 0))

    def _step(self, run_id: str, number: int, *, fails: bool) -> Callable[[], None]:
        def step() -> None:
            if number < STEPS_PER_RUN:
                self._program.emit(run_id, "assistant", {"text": f"step {number}"})
                self._later(STEP_SECONDS, self._step(run_id, number + 1, fails=fails))
                return
            end = {"phase": "error", "error": "the model gave up"} if fails else {"phase": "end"}
            self._program.emit(run_id, LIFECYCLE_STREAM, end)
            self._later(BOOKKEEPING_SECONDS, lambda: self._program.finish_run(run_id))

        return step

    def _later(self, seconds: float, callback: Callable[[], object]) -> None:
        self._time.call_later(seconds, callback)
