"""F-strings in a file that Python's own parser reads.

Before Python 3.12 its tree has no right places inside of them, and it never has their texts as written, so each is
read on its own by the reader on top of libcst.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from unbounded_lint.facts.cst.expressions import Expressions
from unbounded_lint.facts.cst.parse import SourceError, guarded
from unbounded_lint.facts.model import Expr, FString, Span
from unbounded_lint.facts.native.expressions import MAX_DEPTH, Unreadable
from unbounded_lint.facts.native.places import Places
from unbounded_lint.facts.scan import Tokens, scan
from unbounded_lint.facts.scopes import Scopes


def read_fstring(scopes: Scopes, places: Places, node: Any, depth: int) -> FString:
    """The facts of an f-string, or of several strings in a row with one among them. Raises `Unreadable` for one with a
    lambda inside, or nested too deeply."""
    text = f"({places.written(node)})"
    try:
        tokens = scan(text)
        if tokens.deep and depth > MAX_DEPTH // 2:
            raise Unreadable
        result = _Fragment(tokens, scopes, places.span(node)).expr(guarded(cst.parse_expression, text))
    except SourceError:
        raise Unreadable from None
    if not isinstance(result, FString):
        raise Unreadable
    return result


class _Fragment(Expressions):
    """Reads an expression that stands in brackets put around it, as part of the scope at hand."""

    def __init__(self, tokens: Tokens, scopes: Scopes, span: Span) -> None:
        super().__init__(tokens)
        self.scopes = scopes
        self.private = scopes.private
        self.line = span.line - 1
        self.column = span.column - 2

    def place(self, first: int, last: int) -> Span:
        span = super().place(first, last)
        return Span(
            span.line + self.line,
            span.column + (self.column if span.line == 1 else 0),
            span.end_line + self.line,
            span.end_column + (self.column if span.end_line == 1 else 0),
        )

    def lambda_(self, node: cst.Lambda) -> Expr:
        raise Unreadable

    def saw_yield(self) -> None:
        self.scopes.saw_yield()
