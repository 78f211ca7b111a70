"""Kinds are types: mypy checks what is compared by `==`, and this file what is compared in any other way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import unbounded_lint
from unbounded_lint.catalog import model as catalog
from unbounded_lint.facts import model as facts

PACKAGE = Path(unbounded_lint.__file__).parent
ATTRIBUTES = {"kind", "kinds", "extent", "when", "lifetime"}
"""What the link layer calls the kinds of its values."""

EXPRESSIONS = {"list", "set", "dict", "generator", "tuple", "str", "bytes", "int", "float", "complex", "bool", "none"}
PARAMETERS = {"positional-only", "normal", "star", "keyword-only", "double-star"}
"""Kinds that `facts/model.py` describes in words."""


def literals(path: Path) -> Iterator[str]:
    """The members of every `Literal[...]` that a file declares."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Literal":
            yield from (part.value for part in ast.walk(node.slice) if isinstance(part, ast.Constant))


def compared(source: str) -> Iterator[tuple[int, str]]:
    """The strings that an attribute named as a kind, or a set of such, is compared with by `in`, `<=`, `&` and the
    like, each with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Compare(left=left, comparators=others):
                parts = [left, *others]
            case ast.BinOp(op=ast.BitAnd(), left=left, right=right):
                parts = [left, right]
            case _:
                continue
        if any(isinstance(part, ast.Attribute) and part.attr in ATTRIBUTES for part in parts):
            sets = (part for part in parts if isinstance(part, ast.Set | ast.Tuple | ast.List))
            yield from (
                (item.lineno, item.value)
                for display in sets
                for item in display.elts
                if isinstance(item, ast.Constant) and isinstance(item.value, str)
            )


KNOWN = {*EXPRESSIONS, *PARAMETERS}.union(
    literals(Path(facts.__file__)),
    literals(Path(catalog.__file__)),
    *(literals(path) for path in (PACKAGE / "link").rglob("*.py")),
)


@pytest.mark.parametrize("path", sorted((PACKAGE / "link").rglob("*.py")), ids=lambda path: path.stem)
def test_every_kind_that_is_asked_for_exists(path: Path) -> None:
    unknown = [(line, kind) for line, kind in compared(path.read_text(encoding="utf-8")) if kind not in KNOWN]

    assert unknown == []


def test_a_kind_that_does_not_exist_is_found() -> None:
    source = "removal.when in {'timer', 'tmier'}\nany(c.kind & {'x'} for c in y)\n"

    assert [kind for _, kind in compared(source) if kind not in KNOWN] == ["tmier", "x"]
