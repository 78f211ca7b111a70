"""Which tests and pages of documentation are looked at for a name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.files import showing
from unbounded_lint.files.contents import Contents
from unbounded_lint.files.documents import Documents
from unbounded_lint.files.showing import Showing
from unbounded_lint.files.sources import Sources
from unbounded_lint.run import analysis
from unbounded_lint.run.runner import check

PUBLIC = "X = {}\n\n\ndef enrol(name):\n    X[name] = 1\n"


def shown(root: Path, files: Mapping[str, str], *docstrings: str) -> list[str]:
    """The paths of what is looked at for `enrol`."""
    request = request_for(write(root, {"app.py": PUBLIC, **files}))
    contents = Contents(request.project.root, None)
    sources = Sources(request.project.root, request.project.files, contents, None)
    asked = Showing(sources, Documents(request.project.root, request.settings, contents))
    found = [file.path for file, _ in asked.of("enrol", docstrings)]
    assert found == [file.path for file, _ in asked.of("enrol", docstrings)]
    return found


def test_tests_and_pages_that_mention_a_name_are_looked_at(tmp_path: Path) -> None:
    pages = {"README.md": "```\nenrol(1)\n```\n", "docs/a.md": "```\nremove(1)\n```\nenrol\n"}
    tests = {"tests/test_a.py": "enrol(1)\n", "tests/test_b.py": "remove(1)\n"}
    assert shown(tmp_path, {**tests, **pages}) == ["tests/test_a.py", "README.md"]


def test_the_shortest_tests_come_first_and_there_is_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "TESTS", 2)
    monkeypatch.setattr(showing, "TEST_LIMIT", 100)
    tests = {f"test_{n}.py": "enrol(1)\n" + "#" * n + "\n" for n in (0, 30, 20, 10, 200)}
    assert shown(tmp_path, tests) == ["test_0.py", "test_10.py"]


def test_of_pieces_there_is_an_end_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "PIECES", 2)
    monkeypatch.setattr(showing, "PIECE_LIMIT", 30)
    assert shown(tmp_path, {"README.md": "```\nenrol(1)\n```\n" * 3}) == ["README.md"] * 2
    assert shown(tmp_path, {"README.md": f"```\nenrol('{'a' * 30}')\n```\n"}) == []


def test_docstrings_come_before_pages(tmp_path: Path) -> None:
    pages = {"README.md": "```\nenrol(1)\n```\n"}
    assert shown(tmp_path, pages, "Enrol.\n\n>>> enrol(2)\n", "Nothing.") == ["", "README.md"]


def test_a_test_that_is_no_python_shows_nothing_and_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "weighs", lambda field: field == "usage")
    assert shown(tmp_path, {"test_a.py": "enrol(\n", "README.md": "```\nenrol(\n```\n"}) == []
    found = [finding for finding in check(request_for(tmp_path)).findings if finding.code == "UBM901"]
    assert [finding.place.path for finding in found] == ["test_a.py"]
