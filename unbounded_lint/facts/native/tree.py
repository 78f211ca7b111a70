"""The running Python's own parser."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from symtable import symtable
from typing import Any

CANNOT_PARSE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError)
"""What it raises for what it cannot parse, deep nesting and the like included; the last where threads do so at once, of
which Python 3.11 counts the depth together."""


def parsed(source: str | bytes, mode: str = "exec") -> Any:
    """The tree of a file, or with `mode` "eval" of an expression. Raises one of `CANNOT_PARSE`."""
    return compile(source, "<source>", mode, ast.PyCF_ONLY_AST, dont_inherit=True)


def demand_parsable(source: bytes) -> None:
    """Raise one of `CANNOT_PARSE` for a file that Python cannot parse, in half the time that a tree takes, and for some
    that it can but would not run."""
    symtable(source, "<source>", "exec")  # type: ignore[arg-type]  # it takes bytes, as compile() does


@contextmanager
def without_warnings() -> Iterator[None]:
    """Parses in silence: what Python finds odd in a file is not ours to say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
