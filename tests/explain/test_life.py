"""The life of a container, as `explain` tells it; `python -m tests.explain.test_life --write` rewrites golden files."""

from __future__ import annotations

import math
import shutil
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, environment, python
from tests.programs import request_for, write
from unbounded_lint.comments.declaring import remedies
from unbounded_lint.findings.sheet import Sheet
from unbounded_lint.run import runner

GOLDEN = ROOT / "tests" / "explain" / "golden"
ASKED = {
    "swept": ("early-sweeper-stop/cancelled-by-release", "Lobby._invitations"),
    "unswept": ("unscheduled-sweep/thread-never-started", "_positions"),
    "never": ("never-removed-entries/kept-tasks", "_tasks"),
}

STORE = """\
import asyncio, threading, time
RUNS = {}
PENDING = {}


def register(run_id, run):
    RUNS[run_id] = run


def finish(run_id):
    del RUNS[run_id]


def sweep():
    for run_id in list(RUNS):
        RUNS.pop(run_id)


def reset():
    RUNS.clear()


def loop():
    while True:
        time.sleep(60)
        sweep()


def start():
    threading.Thread(target=loop, daemon=True).start()


async def ask(key):
    PENDING[key] = asyncio.Future()
    try:
        return await PENDING[key]
    finally:
        PENDING.pop(key, None)
"""
API = """\
import flask
from app import store
app = flask.Flask("x")


@app.post("/<name>")
def handle(name):
    store.register(name, flask.request)


@app.delete("/<name>")
def end(name):
    store.finish(name)


if __name__ == "__main__":
    store.start()
    app.run()
"""
TEST = """\
from app import store
def test_it():
    store.reset()
"""
FILES = {"app/__init__.py": "", "app/store.py": STORE, "app/api.py": API, "tests/test_store.py": TEST}


def sheet_of(root: Path, symbol: str, files: dict[str, str], **settings: object) -> Sheet:
    """The sheet of one container."""
    (found,) = runner.explain(request_for(write(root, files), **settings), [symbol])
    assert isinstance(found, Sheet), found
    return found


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    """The sheet of a map that is filled by requests, and emptied by a timer, by requests and by tests."""
    return sheet_of(tmp_path_factory.mktemp("project"), "RUNS", FILES)


def test_an_insert_is_told_with_its_key_and_the_way_to_it(runs: Sheet) -> None:
    (insert,) = runs.inserts
    assert (insert.function, insert.grows, insert.key, insert.domain) == ("register()", True, "request", "open")
    (way,) = [way for way in insert.ways if way.run == "request"]
    assert [(step.text, step.path, step.line) for step in way.steps] == [("handle()", "app/api.py", 8)]


def test_removals_are_told_by_when_they_run(runs: Sheet) -> None:
    told = {removal.function: (removal.extent, removal.when, removal.works) for removal in runs.removals}
    assert told == {
        "sweep()": ("sweep", "timer", True),
        "finish()": ("single", "event", True),
        "reset()": ("all", "test", False),
    }


def test_a_sweep_is_told_from_the_start_of_its_timer(runs: Sheet) -> None:
    (sweep,) = [removal for removal in runs.removals if removal.when == "timer"]
    (way,) = [way for way in sweep.ways if way.run == "timer"]
    assert [(step.role, step.text, step.line) for step in way.steps] == [
        ("call", "module level", 17),
        ("timer", "start()", 30),
        ("call", "loop()", 26),
    ]


@pytest.mark.parametrize(
    ("arming", "told"),
    [
        ("threading.Timer(60, X.pop, (key, None)).start()", "threading.Timer in `put()`"),
        ("asyncio.get_running_loop().call_later(60, X.pop, key, None)", "loop.call_later in `put()`"),
        ("threading.Thread(target=X.pop, args=(key, None)).start()", ""),
    ],
)
def test_a_timer_that_is_handed_what_removes_is_told(tmp_path: Path, arming: str, told: str) -> None:
    text = f"import asyncio, threading\nX = {{}}\n\n\ndef put(key):\n    X[key] = 1\n    {arming}\n"
    timers = sheet_of(tmp_path, "m:X", {"m.py": text}).timers
    assert [timer.text for timer in timers] == ([told] if told else [])


def test_what_bounds_it_is_told_in_words(runs: Sheet, tmp_path: Path) -> None:
    assert (runs.verdict, runs.bounded_by, runs.is_open, runs.risk) == ("swept", "a sweep on a timer", False, 0.0)
    pending = sheet_of(tmp_path, "PENDING", FILES)
    assert (pending.verdict, pending.bounded_by) == ("paired", "the clean-up of each entry")
    kind = sheet_of(tmp_path, "X", {"m.py": "import collections\nX = collections.deque(maxlen=3)\n"})
    assert kind.bounded_by == "its kind, `deque(...)`"


def test_the_weights_add_up_to_the_probability(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "X", {"m.py": "X = {}\ndef add(request):\n    X[request.id] = request\n"})
    odds = sheet.base + sum(weight.weight for weight in sheet.weights)
    assert sheet.probability is not None and math.isclose(sheet.probability, 1 / (1 + math.exp(-odds)))
    heavy = [abs(weight.weight) for weight in sheet.weights]
    assert heavy == sorted(heavy, reverse=True) and len(heavy) > 5


LEAK = "X = {}\ndef add(request):\n    X[request.id] = request\n"


def test_what_would_silence_it_does_silence_it(tmp_path: Path) -> None:
    sheet = sheet_of(tmp_path, "X", {"m.py": LEAK})
    assert [report.code for report in sheet.shown] == ["UBM101"] and sheet.is_open
    assert len(sheet.remedies) == 3
    for number, remedy in enumerate(sheet.remedies):
        comment = remedy.comment.replace("pkg.mod.function", "m.add")
        root = tmp_path / str(number)
        quiet = sheet_of(root, "X", {"m.py": LEAK.replace("X = {}", f"X = {{}}  {comment}")})
        assert quiet.shown == () and quiet.remedies == ()


def test_a_finding_that_check_does_not_show_is_told_with_the_reason(tmp_path: Path) -> None:
    def hidden(name: str, text: str = LEAK, **settings: object) -> list[str]:
        return [r.hidden for r in sheet_of(tmp_path / name, "X", {"m.py": text}, **settings).reports]

    assert hidden("shown") == [""]
    assert hidden("ignored", ignore=["UBM101"]) == ["the settings leave its rule out"]
    assert hidden("elsewhere", per_file_ignores={"m.py": ["UBM101"]}) == ["the settings leave its rule out"]
    assert hidden("noqa", LEAK.replace("{}", "{}  # noqa: UBM101")) == ["a comment silences it"]
    assert hidden("unsure", min_confidence=1.0) == ["less sure than `min-confidence` asks for"]


def test_faults_of_the_code_are_silenced_by_no_declaration() -> None:
    assert [remedy.comment for remedy in remedies(["UBM208"])] == ["# ubm: ignore[UBM208] reason"]
    assert remedies([]) == ()
    assert remedies(["UBM203", "UBM203"])[0].comment == "# ubm: bounded(reason)"


# --- golden files ----------------------------------------------------------------------------------------------------


def told(name: str, work: Path) -> str:
    """What the command says of a container of a fixture."""
    fixture, symbol = ASKED[name]
    shutil.copytree(ROOT / "fixtures" / fixture, work, dirs_exist_ok=True)
    done = python(
        "-m", "unbounded_lint", "explain", symbol, "--isolated", "--no-cache", cwd=work, env=environment()
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ASKED)
def test_it_says_what_it_said(name: str, tmp_path: Path) -> None:
    golden = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert told(name, tmp_path) == golden, "run: python -m tests.explain.test_life --write"


if __name__ == "__main__":
    import tempfile

    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.explain.test_life --write")
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for its_name in ASKED:
        with tempfile.TemporaryDirectory() as directory:
            (GOLDEN / f"{its_name}.txt").write_text(told(its_name, Path(directory) / "project"), encoding="utf-8")
