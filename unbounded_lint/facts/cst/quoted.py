"""The expression in a quoted annotation."""

from __future__ import annotations

import libcst as cst

from unbounded_lint.facts.cst.expressions import Expressions
from unbounded_lint.facts.cst.parse import guarded
from unbounded_lint.facts.model import Expr, Other, Span
from unbounded_lint.facts.scan import SourceError, Tokens, scan


def quoted(text: str, span: Span) -> Expr | None:
    """The facts of an expression in brackets whose calls are placed at `span`, None for what is none."""
    try:
        return _Quoted(scan(text), span).expr(guarded(cst.parse_expression, text))
    except (SourceError, RecursionError, KeyError):
        return None


class _Quoted(Expressions):
    def __init__(self, tokens: Tokens, span: Span) -> None:
        super().__init__(tokens)
        self.span = span

    def place(self, first: int, last: int) -> Span:
        return self.span

    def lambda_(self, node: cst.Lambda) -> Expr:
        return Other(())

    def saw_yield(self) -> None:
        pass
