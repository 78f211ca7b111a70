"""What the reference registries cost per entry, and how long a sweep of them holds up an emitter.

    python tests/benchmarks/bench_reference.py [--runs 100000]

Runs a tenth of the runs first: the cost per entry is flat if both lines show the same. Runs are kept in a SQLite file.
Ends with 1 if a cost more than doubles, or if an emitter stood still for a fifth of a sweep.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from unbounded_lint.reference import Gateway, SimulatedTime, SqliteRunStore

SESSION_GONE_SECONDS = 301
CONTEXT_GONE_SECONDS = 1801
MICRO = 1e6
MILLI = 1e3
MAX_GROWTH = 2.0
MAX_STALL_SHARE = 0.2


def per_entry(count: int, work: Callable[[int], object]) -> float:
    """Return the seconds that `work` takes for one of the numbers below `count`."""
    gc.collect()
    started = time.perf_counter()
    for number in range(count):
        work(number)
    return (time.perf_counter() - started) / count


class Emitter:
    """Emits without a pause in a thread of its own, and notes the longest time one event took to come through."""

    def __init__(self, gateway: Gateway, lifecycle: bool) -> None:
        self._gateway = gateway
        self._stream = "lifecycle" if lifecycle else "assistant"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.longest = 0.0
        self.events = 0

    def _work(self) -> None:
        before = time.perf_counter()
        while not self._stopped.is_set():
            self._gateway.events.emit("emitter", self._stream, {"phase": "start"})
            now = time.perf_counter()
            self.longest = max(self.longest, now - before)
            before = now
            self.events += 1

    def during(self, work: Callable[[], object]) -> float:
        """Emit while `work` runs; returns how long that took in seconds."""
        self._thread.start()
        while not self.events:
            time.sleep(0)
        self.longest, self.events = 0.0, 0
        started = time.perf_counter()
        work()
        took = time.perf_counter() - started
        self._stopped.set()
        self._thread.join()
        return took


def filled(count: int, database: Path) -> tuple[SimulatedTime, Gateway, list[float]]:
    """Return a gateway with `count` runs that ended and were cleaned up, and the seconds per register and per emit."""
    clock = SimulatedTime()
    gateway = Gateway(SqliteRunStore(database), clock=clock.clock, timers=clock)
    ids = [f"run-{number}" for number in range(count)]
    register = per_entry(
        count, lambda n: gateway.runs.register(ids[n], f"child-{n}", "parent", spawn_mode="session", task="t")
    )
    context = per_entry(count, lambda n: gateway.events.register_context(ids[n], session_key=f"child-{n}"))
    emit = per_entry(count, lambda n: gateway.events.emit(ids[n], "assistant"))
    end = per_entry(count, lambda n: gateway.events.emit(ids[n], "lifecycle", {"phase": "end"}))
    cleanup = per_entry(count, lambda n: gateway.runs.complete_cleanup(ids[n]))
    gateway.runs.register("emitter", "child", "parent", spawn_mode="session")
    return clock, gateway, [register, context, emit, end, cleanup]


def measure(count: int) -> tuple[list[float], list[tuple[str, float, float, int]]]:
    """Return the seconds per entry of each operation, and per sweep its name, seconds, longest stall and events."""
    stalls = []
    costs: list[float] = []
    sweeps: list[float] = []
    for emitting in (False, True):
        with tempfile.TemporaryDirectory() as directory:
            clock, gateway, costs = filled(count, Path(directory) / "runs.sqlite3")
            gateway.runs.stop_sweeper()
            for name, seconds, sweep, lifecycle in (
                ("runs", SESSION_GONE_SECONDS, gateway.runs.tick, True),
                ("contexts", CONTEXT_GONE_SECONDS, gateway.events.sweep_stale, False),
            ):
                clock.step_clock(seconds)
                if emitting:
                    emitter = Emitter(gateway, lifecycle)
                    took = emitter.during(sweep)
                    stalls.append((name, took, emitter.longest, emitter.events))
                else:
                    sweeps.append(per_entry(1, lambda _, sweep=sweep: sweep()) / count)
            left = gateway.sizes()
            gateway.close()
        if left["runs"] > 1 or left["contexts"] or left["sequences"] > 1:
            raise SystemExit(f"the sweeps left {left}")
    return costs + sweeps, stalls


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100_000, metavar="N", help="default: %(default)s")
    runs = parser.parse_args().runs
    names = ("register", "context", "emit", "end", "cleanup", "sweep runs", "sweep contexts")
    print("microseconds per entry")
    print(f"{'runs':>8}" + "".join(f"{name:>16}" for name in names))
    lines = {}
    for count in (runs // 10, runs):
        lines[count], stalls = measure(count)
        print(f"{count:>8}" + "".join(f"{cost * MICRO:>16.2f}" for cost in lines[count]))
    small, large = lines.values()
    growth = max(after / before for before, after in zip(small, large, strict=True))
    print(f"\nlargest growth per entry at ten times the entries: {growth:.2f}x")
    for name, took, longest, events in stalls:
        print(
            f"sweep of {runs} {name} took {took * MILLI:.0f} ms beside an emitter that got {events} events through; "
            f"its longest wait was {longest * MILLI:.1f} ms"
        )
    stalled = max(longest / took for _, took, longest, _ in stalls)
    return 1 if growth > MAX_GROWTH or stalled > MAX_STALL_SHARE else 0


if __name__ == "__main__":
    sys.exit(main())
