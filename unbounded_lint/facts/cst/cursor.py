"""Where a pass over a libcst tree stands: the next token, and what was left out of the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

import libcst as cst

from unbounded_lint.facts.model import Expr, Span
from unbounded_lint.facts.names import Names
from unbounded_lint.facts.scan import Tokens

ABSENT = cst.MaybeSentinel.DEFAULT

_Handler = TypeVar("_Handler")


def since(node: str, handler: _Handler) -> dict[type, _Handler]:
    """A table entry for a node class that only newer libcst releases have; empty where it is missing."""
    kind = getattr(cst, node, None)
    return {} if kind is None else {kind: handler}


class Constant(NamedTuple):
    """Stands for an expression node whose facts are known already, with the number of its tokens."""

    value: Expr
    tokens: int


class Cursor(Names):
    """The state of one pass. `expr` turns an expression node into facts and moves `at` behind its tokens."""

    expr: Callable[[Any], Expr]

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.at = 0
        self.holes: dict[int, Callable[[], Iterator[Any]]] = {}

    def place(self, first: int, last: int) -> Span:
        """The span from token `first` to token `last`, both included."""
        return self.tokens.span(first, last)

    def whole(self, nodes: Iterable[Any]) -> Iterable[Any]:
        """The nodes of a block or bracket that begins here: those given, unless they are the filler of a hole."""
        hole = self.holes.pop(self.at, None)
        return nodes if hole is None else hole()

    def lambda_(self, node: cst.Lambda) -> Expr:
        raise NotImplementedError

    def saw_yield(self) -> None:
        raise NotImplementedError
