"""No file and no class of the package grows past what one can keep in mind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.processes import ROOT

LINES = 500
METHODS = 25

PACKAGE = ROOT / "unbounded_lint"

LONGER = {
    "reference/runs.py": "the one registry of the reference, which is shown whole",
}
"""What may be longer, and why."""

LARGER = {"reference/runs.py:RunRegistry": "the registry itself, whose promises are listed by its methods"}
"""The classes that may have more, and why."""


def lengths() -> dict[str, int]:
    """File -> its lines."""
    files = sorted(PACKAGE.rglob("*.py"))
    return {f.relative_to(PACKAGE).as_posix(): len(f.read_text(encoding="utf-8").splitlines()) for f in files}


def methods() -> Iterator[tuple[str, int]]:
    """(file and class, how many functions its body defines) of every class."""
    for file in lengths():
        for node in ast.walk(ast.parse((PACKAGE / file).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                defined = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
                yield f"{file}:{node.name}", len(defined)


def test_no_file_is_too_long() -> None:
    assert {file for file, lines in lengths().items() if lines > LINES} == set(LONGER)


def test_no_class_has_too_many_methods() -> None:
    assert {name for name, count in methods() if count > METHODS} == set(LARGER)


def test_the_link_layer_and_the_facts_have_no_exceptions() -> None:
    assert not [name for name in (*LONGER, *LARGER) if name.startswith(("link/", "facts/"))]
