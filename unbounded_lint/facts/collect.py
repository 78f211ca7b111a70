"""The facts of a file."""

from __future__ import annotations

from unbounded_lint.facts import native
from unbounded_lint.facts.model import ModuleFacts
from unbounded_lint.facts.scan import SourceError
from unbounded_lint.facts.stack import run_with_big_stack

__all__ = ["SourceError", "collect"]


def collect(text: str) -> ModuleFacts:
    """The facts of one file. Raises `SourceError`, and nothing else, for a text that cannot be read.

    Python's own parser is the faster one by far. libcst has the last word: it knows syntax that the running Python may
    not, reads large files in pieces, and says what is wrong. What both read has the same facts.
    """
    text = text.removeprefix("\ufeff")
    return run_with_big_stack(lambda: native.read(text) or _with_libcst(text))


def _with_libcst(text: str) -> ModuleFacts:
    from unbounded_lint.facts import cst  # takes as long to load as a hundred files to read

    return cst.read(text)
