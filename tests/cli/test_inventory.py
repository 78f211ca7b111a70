"""The command `inventory`; `python -m tests.cli.test_inventory --write` rewrites its golden files."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, environment, python
from tests.programs import request_for, write
from unbounded_lint import cli
from unbounded_lint.findings.sheet import Inventory
from unbounded_lint.run import runner

GOLDEN = ROOT / "tests" / "cli" / "golden"
FIXTURES = {
    "swept": "early-sweeper-stop/cancelled-by-release",
    "unswept": "unscheduled-sweep/thread-never-started",
}
FORMATS = {"table": "txt", "json": "json", "html": "html"}

STORE = """\
import functools
RUNS = {}
LIMITS = {"a": 1}
SEEN = set()  # ubm: bounded(twelve of them)
NOTED = {}  # noqa: UBM101


def register(run_id, run):
    RUNS[run_id] = run
    SEEN.add(run_id)
    NOTED[run_id] = run
"""
API = """\
import flask
from app import store
app = flask.Flask("x")
HITS = {}


@app.route("/<name>")
def handle(name):
    HITS[name] = flask.request
    store.register(name, flask.request)
"""
FILES = {"app/__init__.py": "", "app/store.py": STORE, "app/api.py": API}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project, which is the current directory."""
    monkeypatch.chdir(write(tmp_path, FILES))
    return tmp_path


def names(text: str) -> list[str]:
    """The containers of an inventory as JSON."""
    return [container["symbol"] for container in json.loads(text)["containers"]]


# --- golden files ----------------------------------------------------------------------------------------------------


def made(fixture: str, format_name: str, work: Path) -> str:
    """What the command writes for a fixture, without what changes with every change of the page's looks."""
    shutil.copytree(ROOT / "fixtures" / FIXTURES[fixture], work, dirs_exist_ok=True)
    out = work / "inventory.out"
    done = python(
        "-m", "unbounded_lint", "inventory", "--isolated", "--no-cache", "--output-format", format_name,
        "--output-file", str(out), cwd=work, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return normalised(out.read_text(encoding="utf-8"))


def normalised(text: str) -> str:
    """A page without its styles and its script, and with its data in lines."""
    text = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-", text)
    text = re.sub(r'(content="unbounded-lint )[^"]*', r"\1VERSION", text)
    return re.sub(
        r'(id="data">)(.*?)(</script>)',
        lambda match: f"{match[1]}{json.dumps(json.loads(match[2]), indent=1)}{match[3]}",
        text,
        flags=re.DOTALL,
    )


def goldens() -> Iterator[tuple[str, str, Path]]:
    """(fixture, format, file) of each."""
    for fixture in FIXTURES:
        for format_name, suffix in FORMATS.items():
            yield fixture, format_name, GOLDEN / f"{fixture}.{suffix}"


@pytest.mark.parametrize(("fixture", "format_name", "golden"), list(goldens()))
def test_it_writes_what_it_wrote(fixture: str, format_name: str, golden: Path, tmp_path: Path) -> None:
    said = made(fixture, format_name, tmp_path)
    assert said == golden.read_text(encoding="utf-8"), "run: python -m tests.cli.test_inventory --write"


# --- what it lists ---------------------------------------------------------------------------------------------------


def test_it_lists_every_container_the_least_bounded_first(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inventory", "--no-cache"]) == 0
    captured = capsys.readouterr()
    lines = [line.split() for line in captured.out.splitlines()]
    assert {line[1] for line in lines[1:]} == {
        "app.api:HITS", "app.store:RUNS", "app.store:SEEN", "app.store:NOTED", "app.store:LIMITS"
    }  # fmt: skip
    risks = [0.0 if line[0] == "-" else float(line[0]) for line in lines[1:]]
    assert risks == sorted(risks, reverse=True) and risks[0] > 0.3
    assert captured.err == "5 long-lived containers in 3 files: 3 open, 2 reported.\n"


def test_what_comments_say_of_a_container_counts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inventory", "--no-cache", "--output-format", "json"]) == 0
    by_symbol = {each["symbol"]: each for each in json.loads(capsys.readouterr().out)["containers"]}
    declared, noted = by_symbol["app.store:SEEN"], by_symbol["app.store:NOTED"]
    assert (declared["open"], declared["bounded_by"], declared["risk"]) == (False, "a declaration: twelve of them", 0.0)
    assert [report["hidden"] for report in noted["reports"]] == ["a comment silences it"]
    assert noted["open"] is True


def test_a_path_narrows_the_list_and_not_the_link(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inventory", "app/store.py", "--no-cache", "--output-format", "json", "--only", "open"]) == 0
    document = json.loads(capsys.readouterr().out)
    runs = next(each for each in document["containers"] if each["symbol"] == "app.store:RUNS")
    assert {each["place"]["path"] for each in document["containers"]} == {"app/store.py"}
    (way,) = [way for way in runs["inserts"][0]["ways"] if way["run"] == "request"]
    assert [(step["text"], step["path"], step["line"]) for step in way["steps"]] == [("handle()", "app/api.py", 10)]
    assert document["stats"]["files"] == 1


def test_it_can_be_filtered_and_sorted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def listed(*options: str) -> list[str]:
        assert cli.main(["inventory", "--no-cache", "--output-format", "json", *options]) == 0
        return names(capsys.readouterr().out)

    assert listed("--only", "bounded", "--sort", "symbol") == ["app.store:LIMITS", "app.store:SEEN"]
    assert listed("--verdict", "idle,closed") == ["app.store:LIMITS"]
    assert listed("--verdict", "idle", "--verdict", "never", "--sort", "place", "--only", "open") == [
        "app.api:HITS", "app.store:RUNS", "app.store:NOTED"
    ]  # fmt: skip
    assert listed("--verdict", "swept") == []


def test_its_findings_are_those_of_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--min-confidence", "low"], ["--ignore", "UBM101"], ["--extend-select", "UBM301"]):
        cli.main(["check", "--no-cache", "--output-format", "json", *options])
        checked = {(f["code"], f["symbol"]) for f in json.loads(capsys.readouterr().out)["findings"]}
        cli.main(["inventory", "--no-cache", "--output-format", "json", *options])
        told = {
            (report["code"], each["symbol"])
            for each in json.loads(capsys.readouterr().out)["containers"]
            for report in each["reports"]
            if not report["hidden"]
        }
        assert told == {(code, symbol) for code, symbol in checked if not code.startswith("UBM9")}


def test_files_that_cannot_be_read_are_told_of(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "app" / "broken.py").write_text("X = {}\ndef (:\n")
    assert cli.main(["inventory", "--no-cache"]) == 0
    captured = capsys.readouterr()
    assert "warning: 1 file could not be analysed in full, which `check` reports" in captured.err


def test_the_answer_is_the_same_every_time_and_with_several_processes(project: Path) -> None:
    found: list[Inventory] = [runner.inventory(request_for(project, jobs=jobs)) for jobs in (1, 1, 2)]
    assert found[0] == found[1] == found[2] and len(found[0].sheets) == 5


# --- where it goes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_name", FORMATS)
def test_it_goes_into_a_file(project: Path, format_name: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["inventory", "--no-cache", "--output-format", format_name]
    assert cli.main([*arguments, "--output-file", "out"]) == 0
    assert capsys.readouterr().out == ""
    assert cli.main(arguments) == 0
    assert (project / "out").read_text(encoding="utf-8") == capsys.readouterr().out


def test_a_file_gets_no_colours_unless_they_are_asked_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for options, colored in (([], False), (["--color", "always"], True)):
        assert cli.main(["inventory", "--no-cache", "--output-file", "out", *options]) == 0
        assert ("\x1b[" in (project / "out").read_text()) is colored


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_a_terminal_of_80_columns_gets_lines_of_80_columns(project: Path) -> None:
    # Without what goes to stderr: on a slow machine that is the bar of the progress.
    script = (
        "import pty, os, sys; os.environ['COLUMNS'] = '80'; os.environ['NO_COLOR'] = '1'; "
        "command = '\"$0\" -m unbounded_lint inventory --no-cache 2>/dev/null'; "
        "sys.exit(pty.spawn(['sh', '-c', command, sys.executable]))"
    )
    done = python("-c", script, cwd=project, env=environment())
    lines = done.stdout.splitlines()
    assert any(line.startswith("RISK  CONTAINER") for line in lines) and max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--verdict", "nevr"], "argument --verdict: there is no verdict 'nevr'; did you mean never?"),
        (["--verdict", "xyz"], "there is no verdict 'xyz'; choose from never, event-only, "),
        (["--verdict", ","], "names no verdict; choose from never, "),
        (["--only", "all"], "argument --only: invalid choice: 'all'"),
        (["--sort", "size"], "argument --sort: invalid choice: 'size'"),
        (["--output-format", "xml"], "argument --output-format: invalid choice: 'xml'"),
        (["--output-file"], "argument --output-file: expected one argument"),
        (["--output-file", "gone/out.html"], "--output-file gone/out.html names a file in gone, which is no"),
        (["--output-file", "app"], "--output-file app names a directory; name a file in it"),
        (["--output-file", "app/store.py"], "--output-file app/store.py would overwrite a file of the project"),
        (["--output-file", "a\0b"], "--output-file a\\x00b has a null character in it"),
        (["nowhere"], "nowhere does not exist"),
        (["--color", "red"], "argument --color: invalid choice: 'red'"),
    ],
)
def test_bad_input_is_one_sentence(
    project: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["inventory", "--no-cache", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert captured.err.startswith("unbounded-lint: error: ") and sentence in captured.err


def test_the_orders_of_the_command_are_those_that_there_are() -> None:
    from unbounded_lint.cli import inventory
    from unbounded_lint.reporters.inventory import SORTS

    assert set(inventory.SORTS) == set(SORTS)


if __name__ == "__main__":
    import tempfile

    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.cli.test_inventory --write")
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for its_fixture, its_format, file in goldens():
        with tempfile.TemporaryDirectory() as directory:
            file.write_text(made(its_fixture, its_format, Path(directory) / "project"), encoding="utf-8")
