"""The stores, and the mirror that keeps one in step with memory."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.reference.system import START, RecordingStore, System, logged, stored_run
from unbounded_lint.reference import Gateway, MemoryRunStore, RunRecord, RunStore, SqliteRunStore
from unbounded_lint.reference.persistence import Mirror

PATIENCE = 20.0


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest) -> RunStore:
    found: RunStore = MemoryRunStore() if request.param == "memory" else request.getfixturevalue("sqlite")
    return found


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteRunStore]:
    store = SqliteRunStore(tmp_path / "runs.sqlite3")
    yield store
    store.close()


def test_a_store_gives_back_what_it_was_given(store: RunStore) -> None:
    full = RunRecord(
        "full",
        "child",
        "parent",
        START,
        spawn_mode="session",
        cleanup="delete",
        task="naïve 任务\n",
        started_at=1.5,
        ended_at=2.5,
        end_recorded_at=3.5,
        outcome="error",
        error="boom",
        cleanup_completed_at=4.5,
        archive_at=5.5,
        end_notified=True,
        announce_attempts=2,
        attachments_dir="/tmp/x",
        retain_attachments_on_keep=True,
    )
    assert store.load() == []
    store.apply([full, stored_run("a"), stored_run("b")], [])
    store.apply([stored_run("a", task="again")], ["b", "unknown"])
    assert sorted(store.load(), key=lambda record: record.run_id) == [stored_run("a", task="again"), full]
    store.replace([stored_run("c")])
    assert store.load() == [stored_run("c")]
    store.close()
    store.close()
    assert store.load() == [stored_run("c")], "a closed store opens again"


def test_runs_survive_a_restart_of_the_gateway(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite3"
    with Gateway(SqliteRunStore(path)) as gateway:
        gateway.runs.register("a", "child", "parent", task="one", spawn_mode="session")
        gateway.runs.register("b", "child", "parent")
        gateway.runs.release("b")
        before = gateway.runs.records()
    with Gateway(SqliteRunStore(path)) as gateway:
        assert gateway.runs.records() == before
        assert gateway.runs.sweeper_running


def test_a_write_that_fails_half_way_changes_nothing(sqlite: SqliteRunStore) -> None:
    store = sqlite
    store.apply([stored_run("a")], [])
    broken = stored_run("c", task=object())
    with pytest.raises(TypeError):
        store.apply([stored_run("b"), broken], ["a"])
    with pytest.raises(TypeError):
        store.replace([stored_run("b"), broken])
    assert store.load() == [stored_run("a")]


WRITER = """
    import itertools, sys
    from dataclasses import replace
    from unbounded_lint.reference import RunRecord, SqliteRunStore

    store = SqliteRunStore(sys.argv[1])
    rows = [RunRecord(f"run-{number:04}", "child", "parent", 1.0) for number in range(400)]
    for generation in itertools.count(1):
        written = [replace(row, task=str(generation)) for row in rows]
        store.replace(written) if generation % 2 else store.apply(written, ["absent"])
        print(generation, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 on this platform")
@pytest.mark.parametrize("rounds", [1, 4, 9])
def test_a_write_survives_kill_9_whole_or_not_at_all(tmp_path: Path, rounds: int) -> None:
    path = tmp_path / "runs.sqlite3"
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = 0
        for _ in range(rounds):
            acknowledged = int(writer.stdout.readline())
        writer.kill()
        # What it had written to the pipe before it died counts as acknowledged too.
        rest = writer.stdout.read().split()
        acknowledged = max([acknowledged, *map(int, rest)])
    assert writer.returncode == -signal.SIGKILL
    store = SqliteRunStore(path)
    records = store.load()
    store.close()
    assert len(records) == 400
    generations = {int(record.task) for record in records}
    assert len(generations) == 1, "no write is there in part"
    assert acknowledged <= generations.pop() <= acknowledged + 1, "and no acknowledged write is lost"


def test_rows_that_cannot_be_read_are_left_out_and_logged(sqlite: SqliteRunStore) -> None:
    store = sqlite
    store.apply([stored_run("good")], [])
    good = stored_run("x").to_json()
    odd = {
        "no json": "{",
        "not an object": "[]",
        "blank id": json.dumps({**good, "run_id": " "}),
        "no child": json.dumps({key: value for key, value in good.items() if key != "child_session_key"}),
        "no creation": json.dumps({**good, "created_at": "today"}),
        "odd end": json.dumps({**good, "ended_at": -1}),
        "odd mode": json.dumps({**good, "spawn_mode": "thread"}),
        "odd cleanup": json.dumps({**good, "cleanup": None}),
    }
    with closing(sqlite3.connect(store.path)) as connection, connection:
        connection.executemany("INSERT INTO runs VALUES (?, ?)", odd.items())
    with logged() as records:
        assert store.load() == [stored_run("good")]
    assert len(records) == len(odd)


def test_a_row_of_another_version_is_read_as_far_as_it_is_known() -> None:
    row = {"run_id": "r", "child_session_key": "c", "requester_session_key": "p", "created_at": 1, "colour": "red"}
    assert RunRecord.from_json(row) == RunRecord("r", "c", "p", 1)


def test_a_file_that_is_no_database_is_contained_by_the_registry(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite3"
    path.write_bytes(b"not a database at all" * 100)
    s = System(store=SqliteRunStore(path))  # type: ignore[arg-type]
    with logged() as records:
        assert s.runs.restore() == 0
        s.register("r", "session")
    assert len(records) == 2
    assert s.has()
    assert path.read_bytes().startswith(b"not a database"), "what we did not write stays"


def test_a_store_closes_before_it_was_used(tmp_path: Path) -> None:
    SqliteRunStore(tmp_path / "runs.sqlite3").close()
    assert list(tmp_path.iterdir()) == []


# --- the mirror -----------------------------------------------------------------------------------------------------


class SlowStore(RecordingStore):
    """A store whose first write waits until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.writing, self.go_on = threading.Event(), threading.Event()
        self.on_write = self.wait

    def wait(self) -> None:
        self.writing.set()
        assert self.go_on.wait(PATIENCE)


def test_who_finds_a_write_under_way_leaves_its_ids_to_the_writer() -> None:
    records = {run_id: stored_run(run_id) for run_id in ("a", "b")}
    store = SlowStore()
    mirror = Mirror(store, records.get, lambda: list(records.values()))
    writer = threading.Thread(target=mirror.save, args=(["a"],))
    writer.start()
    assert store.writing.wait(PATIENCE)
    mirror.save(["b", "gone"])
    assert store.writes == [], "and did not wait"
    store.go_on.set()
    writer.join(PATIENCE)
    assert store.writes == [(["a"], []), (["b"], ["gone"])]


def test_a_sweep_waits_for_its_turn_and_writes_what_emitters_left_behind() -> None:
    store = SlowStore()
    mirror = Mirror(store, lambda run_id: None, list)
    sweep = threading.Thread(target=mirror.save_swept, args=(["swept 1", "swept 2"],))
    sweep.start()
    assert store.writing.wait(PATIENCE)
    mirror.save(["emitted"])
    store.go_on.set()
    sweep.join(PATIENCE)
    assert store.writes == [([], ["swept 1", "swept 2"]), ([], ["emitted"])]
    store.go_on.clear()
    store.writing.clear()
    emitter = threading.Thread(target=mirror.save, args=(["emitted"],))
    emitter.start()
    assert store.writing.wait(PATIENCE)
    sweep = threading.Thread(target=mirror.save_swept, args=(["swept 3"],))
    sweep.start()
    store.go_on.set()
    emitter.join(PATIENCE)
    sweep.join(PATIENCE)
    assert store.writes[2:] == [([], ["emitted"]), ([], ["swept 3"])]


def test_a_store_that_is_behind_gets_nothing_until_it_gets_everything() -> None:
    records = {"a": stored_run("a")}
    store = RecordingStore([stored_run("gone")])
    mirror = Mirror(store, records.get, lambda: list(records.values()))
    mirror.load()
    store.failing = True
    with logged():
        mirror.save(["a"])
        assert mirror.behind
        store.failing = False
        mirror.save(["a"])
        mirror.save_swept(["gone"])
    assert set(store.rows) == {"gone"}
    mirror.catch_up()
    assert not mirror.behind
    assert set(store.rows) == {"a"}
    assert store.replaces == 1
