"""Whatever a person reads has private names as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import write
from unbounded_lint import cli

PROGRAM = """\
from flask import Flask, request
app = Flask(__name__)


class _Store:
    def __init__(self):
        self.__data = {}

    def put(self, key):
        self.__data[self.__made(key)] = 1

    def __made(self, key):
        return key

    def __sweep(self):
        for key in list(self.__data):
            if not key:
                del self.__data[key]


STORE = _Store()


@app.post("/")
def put():
    STORE.put(request.form["id"])
    return ""
"""
COMMANDS = {
    "concise": ["check"],
    "full": ["check", "--output-format", "full"],
    "github": ["check", "--output-format", "github"],
    "explain": ["explain", "_Store.__data"],
    "table": ["inventory"],
    "page": ["inventory", "--output-format", "html"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_person_reads_has_private_names_as_they_are_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(write(tmp_path, {"m.py": PROGRAM}))
    cli.main([*COMMANDS[name], "--no-cache"])
    shown = capsys.readouterr()
    told = (shown.out + shown.err).replace("<wbr>", "")
    assert "_Store.__data" in told
    assert "_Store__" not in told
