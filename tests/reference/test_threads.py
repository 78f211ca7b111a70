"""The registries under real threads and under asyncio."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.reference.system import START, logged, until
from unbounded_lint.reference import (
    EventRegistry,
    Gateway,
    Hooks,
    Limits,
    LoopTimers,
    MemoryRunStore,
    RunRecord,
    SimulatedTime,
    SqliteRunStore,
    blocking,
)

PATIENCE = 30.0
FAST = Limits(
    sweep_interval=0.002,
    maintenance_interval=0.002,
    session_ttl=0.0,
    context_ttl=0.0,
    error_grace=0.001,
    announce_retry=0.001,
)


@pytest.fixture(autouse=True)
def eager_switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def in_threads(count: int, work: Callable[[int], object]) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(count)

    def start(number: int) -> None:
        try:
            barrier.wait(PATIENCE)
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert failures == []


def test_sequences_stay_strict_when_many_threads_emit() -> None:
    events = EventRegistry()
    numbers: list[list[int]] = [[] for _ in range(4)]
    in_threads(4, lambda thread: numbers[thread].extend(events.emit("r", "x").number for _ in range(300)))
    assert sorted(number for own in numbers for number in own) == list(range(1, 1201))
    assert all(own == sorted(own) for own in numbers)


def test_threads_that_register_end_and_sweep_leave_nothing_behind() -> None:
    told: list[str] = []
    store = MemoryRunStore()
    hooks = Hooks(notify_end=lambda record, reason: told.append(record.run_id), announce=lambda record: True)
    with logged() as records, Gateway(store, hooks=hooks, limits=FAST) as gateway:

        def work(thread: int) -> None:
            for number in range(60):
                run_id = f"{thread}-{number}"
                gateway.events.register_context(run_id)
                gateway.runs.register(run_id, "child", "parent", spawn_mode="session")
                gateway.events.emit(run_id, "lifecycle", {"phase": "start"})
                gateway.events.emit(run_id, "lifecycle", {"phase": "error" if number % 5 == 0 else "end"})
                gateway.runs.tick()

        in_threads(4, work)
        until(lambda: set(gateway.sizes().values()) == {0})
        until(lambda: not gateway.runs.sweeper_running)
        until(lambda: store.rows == {})
    assert records == []
    assert sorted(told) == sorted({f"{thread}-{number}" for thread in range(4) for number in range(60)})


def test_only_one_of_many_threads_gets_to_end_a_run() -> None:
    told: list[str] = []
    gateway = Gateway(MemoryRunStore(), hooks=Hooks(notify_end=lambda record, reason: told.append(reason)))
    for number in range(100):
        gateway.runs.register(f"r{number}", "child", "parent", spawn_mode="session")
    actions = (gateway.runs.complete_cleanup, gateway.runs.release, gateway.runs.terminate, gateway.runs.release)
    in_threads(4, lambda thread: [actions[thread](f"r{number}") for number in range(100)])
    assert len(told) == 100
    assert gateway.runs.records() == []
    gateway.close()


def test_starting_the_sweeper_from_many_threads_arms_one_timer() -> None:
    time = SimulatedTime(START)
    gateway = Gateway(MemoryRunStore(), clock=time.clock, timers=time)
    in_threads(8, lambda thread: [gateway.runs.start_sweeper() for _ in range(100)])
    assert time.live_timers == (60,)


def test_the_gateway_runs_on_an_asyncio_loop(tmp_path: object) -> None:
    deleted: list[str] = []
    told: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def delete(session_key: str) -> None:
            await asyncio.sleep(0)
            deleted.append(session_key)

        hooks = Hooks(
            remote_delete=blocking(delete, loop), notify_end=lambda record, reason: told.append(record.run_id)
        )
        gateway = Gateway(
            SqliteRunStore(f"{tmp_path}/runs.sqlite3"),
            timers=LoopTimers(loop),
            hooks=hooks,
            limits=FAST,
            archive_after_minutes=1e-6,
        )
        with gateway:
            gateway.runs.register("due", "child", "parent", cleanup="delete")
            gateway.runs.register("session", "other", "parent", spawn_mode="session")
            gateway.events.register_context("session")
            gateway.events.emit("session", "lifecycle", {"phase": "end"})
            gateway.runs.complete_cleanup("session")
            while any(gateway.sizes().values()):
                await asyncio.sleep(0.001)

    with logged() as records:
        asyncio.run(asyncio.wait_for(main(), PATIENCE))
    assert records == []
    assert deleted == ["child"]
    assert sorted(told) == ["due", "session"]


def test_emitters_go_on_while_a_long_sweep_is_under_way() -> None:
    sweeping, emitted = threading.Event(), threading.Event()

    def slow(record: RunRecord, reason: str) -> None:
        sweeping.set()
        assert emitted.wait(PATIENCE), "the sweep held up the emitter"

    gateway = Gateway(MemoryRunStore(), clock=lambda: START, hooks=Hooks(notify_end=slow), limits=FAST)
    gateway.runs.register("due", "child", "parent", cleanup="delete")
    gateway.runs.stop_sweeper()
    gateway.runs._clock = lambda: START + 3600
    sweeper = threading.Thread(target=gateway.runs.tick)
    sweeper.start()
    assert sweeping.wait(PATIENCE)
    gateway.runs.register("other", "child", "parent", spawn_mode="session")
    gateway.events.emit("other", "lifecycle", {"phase": "end"})
    emitted.set()
    sweeper.join(PATIENCE)
    assert [record.run_id for record in gateway.runs.records()] == ["other"]
    gateway.close()
