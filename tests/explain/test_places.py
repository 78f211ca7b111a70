"""What `explain` says of a place that a report printed, as `path:line` or `path:line:column`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint import cli
from unbounded_lint.explain.symbols import Unknown
from unbounded_lint.findings.sheet import Named, Sheet, Spot
from unbounded_lint.run import runner
from unbounded_lint.run.request import Request

STORE = """\
A, B = {}, []
RUNS = {}
LIMIT = 3


class Store:
    def __init__(self):
        self.size = 3
        self.kept = {
            "one": 1,
        }


STORE = Store()
"""
API = """\
from app.store import RUNS, STORE


def register(run_id, run):
    RUNS[run_id] = run
    STORE.kept[run_id] = run; STORE.kept.pop(run.old)
    return run
"""
FILES = {
    "app/__init__.py": "",
    "app/store.py": STORE,
    "app/api.py": API,
    "app/broken.py": "X = {}\ndef (:\n",
    "app/generated.py": "X = {}\n",
    "app/empty.py": "",
    "tests/test_store.py": "X = {}\n",
    "pyproject.toml": '[tool.unbounded-lint]\nextend-exclude = ["app/generated.py"]\n',
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Request:
    """A run over a small project."""
    root = write(tmp_path_factory.mktemp("project"), FILES)
    return request_for(root, extend_exclude=["app/generated.py"])


def answer(project: Request, path: str, line: int, column: int = 0) -> Sheet | Unknown:
    """What is said of one place."""
    (found,) = runner.explain(project, [Spot(path, line, column, "asked")])
    return found


@pytest.mark.parametrize(
    ("path", "line", "column", "symbol"),
    [
        ("app/store.py", 2, 0, "app.store:RUNS"),
        ("app/store.py", 2, 1, "app.store:RUNS"),
        ("app/store.py", 2, 99, "app.store:RUNS"),
        ("app/store.py", 9, 0, "app.store:Store.kept"),
        ("app/store.py", 10, 13, "app.store:Store.kept"),
        ("app/api.py", 5, 0, "app.store:RUNS"),
        ("app/api.py", 6, 0, "app.store:Store.kept"),
        ("app/api.py", 6, 31, "app.store:Store.kept"),
    ],
)
def test_a_place_names_the_container_that_is_defined_filled_or_emptied_there(
    project: Request, path: str, line: int, column: int, symbol: str
) -> None:
    found = answer(project, path, line, column)
    assert isinstance(found, Sheet), found
    assert found.symbol == symbol


@pytest.mark.parametrize(
    ("path", "line", "said"),
    [
        ("app/store.py", 3, "of `LIMIT`, it holds `3` (app/store.py:3), which is no container that is known"),
        ("app/store.py", 8, "of `size`, it holds `3` (app/store.py:8), which is no container that is known"),
        (
            "app/store.py",
            7,
            "nothing in that line makes or uses one; did you mean app.store:Store.kept (line 9)",
        ),
        ("app/api.py", 7, "nothing in that line makes or uses one"),
        ("app/store.py", 99, "the file has 14 lines"),
        ("app/store.py", 0, "the file has 14 lines"),
        ("app/empty.py", 2, "the file has 0 lines"),
        ("app/broken.py", 1, "its file cannot be analysed (app/broken.py:2: "),
        ("app/generated.py", 1, "the file is left out of the analysis, by `exclude` or since git ignores it"),
        ("tests/test_store.py", 1, "tests/test_store.py is a test, and the containers of tests are not looked at"),
        ("app/gone.py", 1, "the project has no such file"),
        ("../other.py", 1, "the project has no such file"),
    ],
)
def test_where_no_container_is_it_says_why(project: Request, path: str, line: int, said: str) -> None:
    found = answer(project, path, line)
    assert isinstance(found, Unknown), found
    sentence = found.sentence(lambda path: path)
    assert sentence.startswith(f"no long-lived container is defined or used at {path}:{line}: ")
    assert said in sentence


def test_a_line_of_several_containers_lists_them_and_a_column_tells_them_apart(tmp_path: Path) -> None:
    text = "A = {}; B = {}\ndef f(x):\n    A[x] = B[x] = 1\n"
    request = request_for(write(tmp_path, {"m.py": text}))
    both = answer(request, "m.py", 1)
    assert isinstance(both, Unknown)
    assert both.sentence(lambda path: path) == "m.py:1 has 2 containers; write one of m:A, m:B"
    for column, symbol in ((1, "m:A"), (9, "m:B")):
        found = answer(request, "m.py", 1, column)
        assert isinstance(found, Sheet) and found.symbol == symbol


@pytest.mark.parametrize(
    "typed", ["app/store.py:2", "app/store.py:2:1", "app/store.py:2:1:", "./app/../app/store.py:2"]
)
def test_the_command_takes_a_place_as_a_report_prints_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    monkeypatch.chdir(write(tmp_path, FILES))
    assert cli.main(["explain", typed, "--no-cache"]) == 0
    assert capsys.readouterr().out.startswith("app.store:RUNS\n  --> app/store.py:2:1\n")


@pytest.mark.parametrize(
    ("typed", "symbol"),
    [
        ("app/store.py:RUNS", "app.store:RUNS"),
        ("app/store.py::RUNS", "app.store:RUNS"),
        ("app/store.py:Store.kept", "app.store:Store.kept"),
        ("app/store.py::Store::kept", "app.store:Store.kept"),
        ("./app/../app/store.py:kept", "app.store:Store.kept"),
        ("one/app/store.py:RUNS", "one.app.store:RUNS"),
        ("app/py.py:SEEN", "app.py:SEEN"),
        ("app.py:SEEN", "app.py:SEEN"),
    ],
)
def test_the_command_takes_a_name_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, symbol: str
) -> None:
    other = {"one/app/__init__.py": "", "one/app/store.py": "RUNS = {}\ndef put(run):\n    RUNS[run.id] = run\n"}
    monkeypatch.chdir(write(tmp_path, {**FILES, **other, "app/py.py": "SEEN = {}\ndef see(x):\n    SEEN[x] = 1\n"}))
    assert cli.main(["explain", typed, "--no-cache"]) == 0
    head, place = capsys.readouterr().out.splitlines()[:2]
    assert head == symbol
    assert place.startswith(f"  --> {'one/' if symbol.startswith('one.') else ''}app/")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("app/store.py:LIMIT", "it holds `3` (app/store.py:3), which is no container that is known"),
        ("app/store.py:Stroe.kept", "app.store has no `Stroe`; did you mean app.store:Store.kept?"),
        ("app/store.py:kpet", "`app.store` has nothing called `kpet`; did you mean app.store:Store.kept?"),
        ("app/broken.py:X", "its file cannot be analysed (app/broken.py:2: "),
        ("app/generated.py:X", "the file is left out of the analysis, by `exclude` or since git ignores it"),
        ("tests/test_store.py:X", "tests/test_store.py is a test, and the containers of tests are not looked at"),
        ("../other.py:X", "the project has no such file"),
    ],
)
def test_where_a_file_has_no_such_container_it_says_why(project: Request, typed: str, said: str) -> None:
    path, _, name = typed.rpartition(":")
    (found,) = runner.explain(project, [Named(path, name, typed)])
    assert isinstance(found, Unknown), found
    sentence = found.sentence(lambda path: path)
    assert sentence.startswith(f"no long-lived container is called {typed!r}: ")
    assert said in sentence


def test_a_place_is_relative_to_the_current_directory_as_its_answer_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(write(tmp_path, FILES) / "app")
    assert cli.main(["explain", "store.py:2", "store.py:3", "RUNS", "--no-cache", "--output-format", "json"]) == 2
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert [sheet["place"]["path"] for sheet in document["sheets"]] == ["store.py"]
    assert document["unknown"][0]["symbol"] == "store.py:3"
    assert "at store.py:3: of `LIMIT`, it holds `3` (store.py:3)" in captured.err


def test_a_place_in_a_file_that_is_not_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(write(tmp_path, FILES))
    assert cli.main(["explain", "app/gone.py:3"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and "app/gone.py does not exist" in captured.err
