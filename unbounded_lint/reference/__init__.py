"""The three registries, fixed: a run registry, an event registry and their sweepers that keep every map bounded.

A small library to read, run and copy; it uses the standard library only, and nothing else of unbounded_lint. Build a
`Gateway` over a store, start it, and its four maps (runs, pending errors, run contexts, sequence numbers) return to
empty whatever the callers forget, and whatever the host's hooks, clock or store may raise. Why each line is as it is:
the tests under `tests/reference` carry the numbers of the statements they check.

    gateway = Gateway(SqliteRunStore("runs.sqlite3"))
    gateway.start()
    gateway.runs.register("run-1", "child-session", "requester-session", spawn_mode="session")
    gateway.events.register_context("run-1", session_key="child-session")
    gateway.events.emit("run-1", "lifecycle", {"phase": "end"})
    gateway.runs.complete_cleanup("run-1")
"""

from __future__ import annotations

from .aio import LoopTimers, blocking
from .events import AgentEvent, EventRegistry, RunContext
from .gateway import Gateway, Maintenance
from .hooks import Hooks
from .limits import Limits
from .persistence import MemoryRunStore, RunStore, SqliteRunStore, StoreBusyError
from .records import RunRecord
from .runs import LIFECYCLE_STREAM, RunRegistry
from .shared import shared_gateway
from .simulation import SimulatedTime
from .timers import Clock, ThreadTimers, TimerFactory, TimerHandle

__all__ = [
    "LIFECYCLE_STREAM",
    "AgentEvent",
    "Clock",
    "EventRegistry",
    "Gateway",
    "Hooks",
    "Limits",
    "LoopTimers",
    "Maintenance",
    "MemoryRunStore",
    "RunContext",
    "RunRecord",
    "RunRegistry",
    "RunStore",
    "SimulatedTime",
    "SqliteRunStore",
    "StoreBusyError",
    "ThreadTimers",
    "TimerFactory",
    "TimerHandle",
    "blocking",
    "shared_gateway",
]
