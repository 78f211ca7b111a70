"""The outage replayed: the leaky gateway grows with the batch, the reference does not and returns to zero."""

from __future__ import annotations

import itertools
import json
import runpy
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from unbounded_lint.reference import SimulatedTime, replay
from unbounded_lint.reference.outage import MAPS, ReferenceProgram, Sample
from unbounded_lint.reference.outage import replay as run_batch

ROOT = Path(__file__).resolve().parents[2]
LEAKY = ROOT / "fixtures" / "gateway" / "0_leaky"
KIB = 1024


def leaky(tickets: int) -> tuple[Sample, ...]:
    return replay._replay_leaky(LEAKY, tickets)


def reference(tickets: int) -> tuple[Sample, ...]:
    simulated = SimulatedTime()
    return run_batch(ReferenceProgram(simulated), simulated, tickets)


def peak(samples: Sequence[Sample]) -> tuple[int, int]:
    return max(sample.entries for sample in samples), max(sample.memory for sample in samples)


def test_the_leaky_gateway_grows_with_the_batch_and_keeps_it_all() -> None:
    for tickets in (50, 100, 200):
        samples = leaky(tickets)
        left = samples[-1].sizes
        failed = tickets // 10
        assert left == {"runs": 2 * tickets, "contexts": tickets + failed, "sequences": 2 * tickets, "pendings": 0}
        assert samples[-1].entries >= peak(samples)[0] - 2, "nothing goes but the pending errors"
        assert samples[-1].memory > tickets * 2 * 2 * KIB, "each run keeps its ticket's two KiB"
    growing = [sample.entries for sample in samples if 0 < sample.seconds < 200 * 10]
    steps = [later - earlier for earlier, later in itertools.pairwise(growing)]
    assert max(steps) <= 1.3 * min(steps), "in equal time by equal amounts"


def test_the_reference_returns_to_zero_and_its_peak_does_not_grow_with_the_batch() -> None:
    short, long = reference(400), reference(1600)
    for samples in (short, long):
        assert samples[-1].sizes == dict.fromkeys(MAPS, 0)
    assert peak(long)[0] <= 1.05 * peak(short)[0]
    assert peak(long)[1] <= 1.5 * peak(short)[1]
    assert peak(long)[1] < 1024 * KIB
    assert long[-1].memory < 0.5 * peak(long)[1]


def test_pending_errors_come_and_go_in_both() -> None:
    for samples in (leaky(50), reference(50)):
        assert samples[-1].sizes["pendings"] == 0
    assert any(sample.sizes["pendings"] for sample in leaky(1400))


def test_the_leaky_package_leaves_no_trace() -> None:
    before, path = set(sys.modules), list(sys.path)
    leaky(1)
    assert not any(name.startswith("gateway") for name in set(sys.modules) - before)
    assert sys.path == path
    assert threading.Timer.__module__ == "threading"
    assert time.time.__module__ == "time"


def test_the_command_prints_a_table_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay.main(["--tickets", "20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "20 tickets, two session runs each, arriving over 0.1 simulated hours."
    assert "tracemalloc" in lines[1]
    rows = [line.split() for line in lines if line[:7].strip().replace(".", "").isdigit() and len(line) > 100]
    assert len(rows) == 16
    assert all(len(row) == 11 for row in rows)
    assert rows[0][1:5] == rows[0][6:10] == ["0"] * 4
    assert rows[-1][1:5] == ["40", "22", "40", "0"]
    assert rows[-1][6:10] == ["0"] * 4
    assert "left at the end: 40 runs, 22 contexts, 40 sequences, 0 pendings." in lines[-2]
    assert "left at the end: 0 runs, 0 contexts, 0 sequences, 0 pendings." in lines[-1]


def test_the_command_says_with_its_exit_code_if_the_reference_kept_something(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("unbounded_lint.reference.events.EventRegistry.sweep_stale", lambda self: 0)
    assert replay.main(["--tickets", "2"]) == 1


def test_it_runs_as_a_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["replay", "--tickets", "3"])
    monkeypatch.delitem(sys.modules, replay.__name__)
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module(replay.__name__, run_name="__main__")
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("3 tickets")


def test_the_leaky_gateway_runs_by_itself() -> None:
    requests = [
        {"op": "start", "run": "a", "session": "chat:a", "task": "t"},
        {"op": "start", "run": "a", "session": "chat:a", "task": "t"},
        {"op": "start", "run": "b", "session": "cron:b", "task": "t"},
        {"op": "event", "run": "a", "stream": "lifecycle", "data": {"phase": "start"}},
        {"op": "event", "run": "a", "stream": "lifecycle", "data": {"phase": "error", "error": "x"}},
        {"op": "event", "run": "a", "stream": "lifecycle", "data": {"phase": "end"}},
        {"op": "finish", "run": "a"},
        {"op": "steer", "run": "b", "next": "c"},
        {"op": "agent", "run": "d", "prompt": "hello"},
        {"op": "abort", "run": "c"},
    ]
    ended = subprocess.run(
        [sys.executable, "-m", "gateway_dicts"],
        cwd=LEAKY,
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    sizes = [list(json.loads(line).values()) for line in ended.stdout.splitlines()]
    assert sizes == [
        [1, 0, 1, 0],
        [1, 0, 1, 0],
        [2, 0, 2, 0],
        [2, 0, 2, 1],
        [2, 1, 2, 1],
        [2, 0, 1, 1],
        [2, 0, 1, 1],
        [2, 0, 1, 1],
        [2, 0, 1, 2],
        [1, 0, 1, 2],
    ]


# --- what keeps it from running -------------------------------------------------------------------------------------


def fails_with(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert replay.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def package(directory: Path, server: str) -> Path:
    (directory / "some_gateway").mkdir(parents=True)
    (directory / "some_gateway" / "server.py").write_text(server, encoding="utf-8")
    return directory


def test_without_the_fixtures_it_asks_for_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(replay, "_default_leaky_directory", lambda: tmp_path / "absent")
    assert "name its place with --leaky" in fails_with(capsys)
    assert "name its place with --leaky" in fails_with(capsys, "--leaky", str(tmp_path / "other"))


def test_a_directory_without_a_gateway_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "holds no package with a server.py" in fails_with(capsys, "--leaky", str(tmp_path))


@pytest.mark.parametrize("server", ["import no_such_module_anywhere\n", "def start(:\n"])
def test_a_gateway_that_cannot_be_imported_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], server: str
) -> None:
    said = fails_with(capsys, "--leaky", str(package(tmp_path, server)))
    assert "the package some_gateway in" in said
    assert not any(name.startswith("some_gateway") for name in sys.modules)


def test_a_gateway_that_lacks_requests_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = "import threading, time\nTIMER = threading.Timer\ndef start(): pass\ndef stop(): pass\n"
    said = fails_with(capsys, "--leaky", str(package(tmp_path, server)))
    assert "must define start_run, emit, finish_run, sizes" in said


@pytest.mark.parametrize("tickets", ["0", "-1", "many", "1.5", "²"])
def test_the_number_of_tickets_must_be_a_number(tickets: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        replay.main(["--tickets", tickets])
    assert stopped.value.code == 2
    assert "is not a whole number above zero" in capsys.readouterr().err


def test_the_simulated_timer_stands_in_for_the_one_of_threading() -> None:
    simulated = SimulatedTime()
    fired: list[str] = []
    timer = replay._simulated_timer(simulated)
    never = timer(1.0, fired.append, ("never started",))
    never.cancel()
    once = timer(1.0, fired.append, ("once",))
    once.daemon = True
    once.start()
    gone = timer(1.0, fired.append, ("cancelled",))
    gone.start()
    gone.cancel()
    simulated.advance(10)
    assert fired == ["once"]


# --- the picture ----------------------------------------------------------------------------------------------------


class Recorder:
    """Stands in for matplotlib's figure and axes where matplotlib is not installed: notes the calls."""

    def __init__(self, calls: list[tuple[str, tuple[Any, ...]]]) -> None:
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        def note(*arguments: Any, **_: Any) -> Any:
            self._calls.append((name, arguments))
            if name == "subplots":
                return Recorder(self._calls), Recorder(self._calls)
            if name == "savefig" and not arguments[0].parent.is_dir():
                raise FileNotFoundError(2, "No such file or directory")
            return None

        return note


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    calls: list[tuple[str, tuple[Any, ...]]] = []
    module = ModuleType("matplotlib.figure")
    vars(module)["Figure"] = lambda **_: Recorder(calls)
    monkeypatch.setitem(sys.modules, "matplotlib", ModuleType("matplotlib"))
    monkeypatch.setitem(sys.modules, "matplotlib.figure", module)
    return calls


def test_the_plot_draws_both_curves_of_entries_and_of_memory(
    drawn: list[tuple[str, tuple[Any, ...]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "outage.svg"
    assert replay.main(["--tickets", "10", "--plot", str(picture)]) == 0
    curves = [arguments for name, arguments in drawn if name == "plot"]
    assert [len(curve) for curve in curves] == [2] * 4
    assert [curve[1][-1] for curve in curves[::2]] == [20 + 11 + 20, 0]
    assert drawn[-1] == ("savefig", (picture,))
    assert f"drawn in {picture}" in capsys.readouterr().out


def test_a_picture_that_cannot_be_written_is_one_sentence(
    drawn: list[tuple[str, tuple[Any, ...]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert replay.main(["--tickets", "1", "--plot", str(tmp_path / "absent" / "x.png")]) == 2
    assert capsys.readouterr().err.endswith("x.png cannot be written: No such file or directory.\n")


def test_a_plot_without_matplotlib_is_one_sentence_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert "pip install 'unbounded-lint[plot]'" in fails_with(capsys, "--plot", "outage.png")


def test_a_plot_of_another_kind_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "must end in .png or .svg" in fails_with(capsys, "--plot", "outage.pdf")


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_matplotlib_itself_writes_the_picture(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / f"outage.{kind}"
    assert replay.main(["--tickets", "5", "--plot", str(picture)]) == 0
    start = picture.read_bytes()[:200]
    assert start.startswith(b"\x89PNG") if kind == "png" else b"<?xml" in start
