"""The command `confirm`: what it takes and refuses, and the forms in which it answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.confirm.children import confirmed, run
from tests.programs import write
from unbounded_lint.cli import main
from unbounded_lint.confirm import plot
from unbounded_lint.confirm.outcome import Outcome, outcome
from unbounded_lint.confirm.records import Process, Series, Sizes, read
from unbounded_lint.confirm.report import as_json, lines
from unbounded_lint.confirm.targets import Found, Site, Target
from unbounded_lint.findings.finding import Place

PYTHON = sys.executable
STORE = "RUNS = {}\n\n\ndef handle(request_id: str):\n    RUNS[request_id] = 1\n"
WEB = """\
from flask import Flask, request
import store
app = Flask(__name__)


@app.post("/")
def post():
    store.handle(request.args["id"])
    return ""
"""
WORK = "import store\nfrom pace import steps\nfor number in steps():\n    store.handle(str(number))\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write(tmp_path, {"pyproject.toml": "", "store.py": STORE}))
    return tmp_path


NO = ["--", PYTHON, "-c", "raise SystemExit('it ran')"]

REFUSED: Mapping[str, tuple[list[str], str]] = {
    "no program": (
        ["RUNS"],
        "there is no program to run; write it behind `--`, as in: confirm --all -- python -m app.",
    ),
    "nothing behind the dashes": (["RUNS", "--"], "there is no program to run; write it behind `--`"),
    "no container": (NO, "name containers, or give --all (see unbounded-lint confirm --help)."),
    "both": (["--all", "RUNS", *NO], "both --all and symbols are given; give one"),
    "unknown symbol": (["RUNZ", *NO], "no long-lived container is called 'RUNZ'"),
    "unknown option": (["--al", "RUNS", *NO], "unrecognized arguments: --al"),
    "no number": (["--duration", "soon", "RUNS", *NO], "argument --duration: expected seconds above 0, not 'soon'"),
    "no time": (["--interval", "0", "RUNS", *NO], "argument --interval: expected seconds above 0, not '0'"),
    "no percentage": (
        ["--overhead", "200", "RUNS", *NO],
        "argument --overhead: expected a percentage above 0 and up to",
    ),
    "all warm-up": (["--duration", "5", "--warm-up", "5", "RUNS", *NO], "--warm-up leaves nothing of --duration"),
    "unknown verdict": (["--fail-on", "grow", "RUNS", *NO], "expected some of grows, levels-off, shrinks"),
    "unknown format": (["--output-format", "xml", "RUNS", *NO], "invalid choice: 'xml'"),
    "unknown picture": (
        ["--plot", "curve.doc", "RUNS", *NO],
        "--plot cannot draw a .doc; name a .png, .svg or .pdf file",
    ),
    "picture without an ending": (["--plot", "curve", "RUNS", *NO], "--plot cannot draw a file without an ending"),
    "picture nowhere": (["--plot", "no/curve.png", "RUNS", *NO], "--plot no/curve.png cannot be written: No such file"),
    "report nowhere": (
        ["--output-file", "no/report", "RUNS", *NO],
        "--output-file no/report names a file in no, which is no directory",
    ),
    "report over the project": (
        ["--output-file", "store.py", "RUNS", *NO],
        "--output-file store.py would overwrite a file of the project; give another file",
    ),
    "no such program": (
        ["RUNS", "--", "no-such-program"],
        "there is no program 'no-such-program' to run; write it as in",
    ),
    "no project": (["--project", "nowhere", "RUNS", *NO], "nowhere"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_refused_in_one_sentence_before_anything_runs(
    case: str, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if "plot" in str(REFUSED[case][0]):
        pytest.importorskip("matplotlib")
    arguments, sentence = REFUSED[case]
    assert main(["confirm", "--no-cache", *arguments]) == 2
    out, errors = capfd.readouterr()
    assert out == "" and errors.count("\n") == 1, errors
    assert errors.startswith("unbounded-lint: error: ") and sentence in errors, errors


def test_a_program_that_may_not_be_run_is_an_error(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (project / "script").write_text("x", encoding="utf-8")
    assert main(["confirm", "--no-cache", "RUNS", "--", "./script"]) == 2
    assert "'./script' cannot be run: Permission denied; name a program behind `--`" in capfd.readouterr().err


def test_a_picture_needs_matplotlib(
    project: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["confirm", "--plot", "curve.png", "RUNS", *NO]) == 2
    assert "install it with pip install 'unbounded-lint[plot]'" in capfd.readouterr().err


def test_help_tells_the_form_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["confirm", "--help"]) == 0
    assert "confirm [OPTIONS] (SYMBOL ... | --all) -- COMMAND ..." in capsys.readouterr().out


def test_all_findings_are_looked_at_with_their_codes(tmp_path: Path) -> None:
    found = confirmed(tmp_path, {"store.py": STORE, "web.py": WEB, "main.py": WORK}, ["--all", "--fail-on", "grows"])
    assert found.done.returncode == 1, found.done.stderr
    assert found.report["status"] == 1
    assert [(one["symbol"], one["codes"], one["verdict"]) for one in found.report["containers"]] == [
        ("store:RUNS", ["UBM101"], "grows")
    ]


def test_without_findings_the_program_runs_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "store.py": "X = 1\n"})
    done = run(tmp_path, ["--all"], [PYTHON, "-c", "import os; print('PYTHONPATH' in os.environ); raise SystemExit(6)"])
    assert done.returncode == 6
    assert done.stdout == "True\n"
    assert "warning: there is no finding to confirm; the program runs unobserved." in done.stderr


def test_a_verdict_that_is_not_asked_about_changes_no_status(tmp_path: Path) -> None:
    found = confirmed(
        tmp_path, {"store.py": STORE, "main.py": WORK}, ["RUNS", "--fail-on", "shrinks, too short to tell"]
    )
    assert found.done.returncode == 0
    assert found["store:RUNS"]["verdict"] == "grows"


def test_a_project_is_analysed_from_elsewhere(tmp_path: Path) -> None:
    write(tmp_path / "there", {"pyproject.toml": "", "store.py": STORE, "main.py": "import store\n"})
    here = tmp_path / "here"
    here.mkdir()
    done = run(here, ["--project", "../there", "RUNS"], [PYTHON, "../there/main.py"])
    assert done.returncode == 0
    assert "store:RUNS" in done.stderr and "../there/store.py:5" in done.stderr, done.stderr


# --- the forms ---


def made() -> Outcome:
    """What a run of two processes says."""

    def place(line: int, role: str = "definition") -> Place:
        return Place("app/store.py", line, 1, line, 5, role)

    def target(name: str, line: int) -> Target:
        return Target(f"app.store:{name}", "variable", "app.store", "app/store.py", (), name, place(line))

    def site(line: int, role: str, function: str) -> Site:
        return Site(place(line, role), function, "app.store", (function[:-2],))

    def series(sizes: list[int]) -> Series:
        return Series(tuple(map(float, range(len(sizes)))), tuple(Sizes(n, 0, 64 + 100 * n, 1) for n in sizes))

    sites = (site(12, "insert", "register()"), site(18, "insert", "restore()"), site(30, "removal", "sweep()"))
    asked = (
        Found("app.store:RUNS", target("RUNS", 3), sites),
        Found("app.store:SEEN", target("SEEN", 4), sites[:1]),
        Found("app.store:LOST", target("LOST", 5), ()),
        Found("app.store:atexit", None, (), "`atexit` is a registry of the standard library, which cannot be watched"),
    )
    growing = [4 * n - (1 if n % 25 == 0 else 0) * 8 for n in range(2, 92)]
    parent = Process(
        100, 1, ("python", "-m", "app"), "3.12.1", tuple(map(float, range(90))),
        (series(growing), series([5] * 90), Series(why="no name")), (300, 40, 24, 5), 0.5, 60.0, (1000, 90_000),
    )  # fmt: skip
    child = Process(
        101, 100, ("python", "-c", "spawn"), "3.12.1", tuple(map(float, range(90))),
        (series([0] * 90), series([5] * 90), Series(why="no module")), (), 0.4, 50.0, (),
        "Traceback ...\nKeyError: 'x'",
    )  # fmt: skip
    codes = {"app.store:RUNS": ("UBM101",)}
    return outcome(asked, codes, (parent, child), 91.25, None)


def test_the_table_has_a_line_for_each_container_and_what_there_is_to_say_below() -> None:
    found = list(lines(made(), lambda path: path))
    golden = Path(__file__).parent / "golden" / "table.txt"
    assert "\n".join(found) + "\n" == golden.read_text(encoding="utf-8")


def test_the_json_form_has_all_of_it() -> None:
    document = json.loads("\n".join(as_json(made(), 0, lambda path: path)))
    for container in document["containers"]:
        for process in container["processes"]:
            process["series"] = [process["series"][0], process["series"][-1]]
    golden = Path(__file__).parent / "golden" / "report.json"
    assert document == json.loads(golden.read_text(encoding="utf-8"))


def test_the_series_of_a_long_run_are_told_by_some_points() -> None:
    sizes = tuple(Sizes(n, 0, 0, 1) for n in range(10_001))
    series = Series(tuple(map(float, range(10_001))), sizes)
    process = Process(1, 0, (), "", series.times, (series,))
    asked = Found("m:X", Target("m:X", "variable", "m", "m.py", (), "X", Place("m.py", 1, 1, 1, 2)))
    document = json.loads("\n".join(as_json(outcome((asked,), {}, (process,), 1.0, None), 0, str)))
    points = document["containers"][0]["processes"][0]["series"]
    assert 200 <= len(points) <= 220
    assert points[0][:2] == [0.0, 0] and points[-1][:2] == [10_000.0, 10_000]


@pytest.mark.parametrize("name", ["curves.png", "curves.svg", "curves.pdf"])
def test_a_picture_is_drawn(name: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / name
    plot.check(file)
    plot.draw(made(), file)
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[file.suffix]
    assert file.read_bytes().startswith(start)


def test_a_picture_without_containers_says_so(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "curves.svg"
    plot.draw(outcome((), {}, (), 0.0, None), file)
    assert file.stat().st_size > 0


def test_the_option_draws_it(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    found = confirmed(tmp_path, {"store.py": STORE, "main.py": WORK}, ["RUNS", "--plot", "curves.png"])
    assert found.done.returncode == 0, found.done.stderr
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


# --- what processes have told ---


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    write(tmp_path, {
        "records/7-1.jsonl": '{"pid":7}\n{"t":1.0,"sizes":{"0":[1,0,9,1]}}\n{"t":2.0}\n{"t":3.0,"sizes":{"0":[5,0',
        "records/8-2.jsonl": "", "records/9-0.jsonl": '{"pid":9,"failed":"KeyError: x"}\n',
    })  # fmt: skip
    fault, process = read(tmp_path, 1)
    assert fault.fault == "KeyError: x"
    assert (process.pid, process.looks) == (7, (1.0, 2.0))
    assert process.series[0].sizes == (Sizes(1, 0, 9, 1), Sizes(1, 0, 9, 1))


def test_what_was_lost_at_last_keeps_its_course(tmp_path: Path) -> None:
    told = '{"t":1,"sizes":{"0":[1,0,9,1]}}\n{"t":2,"sizes":{"0":"no object"}}\n{"t":3,"last":true}\n'
    write(tmp_path, {"records/7-1.jsonl": told})
    (process,) = read(tmp_path, 1)
    assert (process.series[0].times, process.series[0].why) == ((1.0,), "no object")


def test_the_last_look_tells_what_was_left(tmp_path: Path) -> None:
    told = '{"t":1,"sizes":{"0":[1,0,9,1]}}\n{"t":3,"last":true,"sizes":{"0":[4,0,9,1]}}\n'
    write(tmp_path, {"records/7-1.jsonl": told})
    (process,) = read(tmp_path, 1)
    assert process.series[0].left == process.series[0].last == Sizes(4, 0, 9, 1)
    assert process.series[0].times == (1.0,)
