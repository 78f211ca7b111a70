"""Where a pass over the tree stands: the next token, the class that mangles private names, the names met so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from sys import intern
from typing import Any, NamedTuple, TypeVar

import libcst as cst

from unbounded_lint.facts.model import Const, Expr, Name, Span
from unbounded_lint.facts.scan import Tokens

ABSENT = cst.MaybeSentinel.DEFAULT
_KEYWORD_CONSTANTS = {
    "True": Const("bool", "True"),
    "False": Const("bool", "False"),
    "None": Const("none", "None"),
}

_Handler = TypeVar("_Handler")


def since(node: str, handler: _Handler) -> dict[type, _Handler]:
    """A table entry for a node class that only newer libcst releases have; empty where it is missing."""
    kind = getattr(cst, node, None)
    return {} if kind is None else {kind: handler}


def constant_name(word: str) -> Expr | None:
    """What True, False and None are as facts; None for any other word."""
    return _KEYWORD_CONSTANTS.get(word)


class Constant(NamedTuple):
    """Stands for an expression node whose facts are known already, with the number of its tokens."""

    value: Expr
    tokens: int


class Cursor:
    """The state of one pass. `expr` turns an expression node into facts and moves `at` behind its tokens."""

    expr: Callable[[Any], Expr]

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.at = 0
        self.private = ""
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

    def mangled(self, name: str) -> str:
        """`name` as Python binds it: a private name inside a class carries the class name."""
        if self.private and name.startswith("__") and not name.endswith("__"):
            name = self.private + name
        return intern(name)

    def name(self, value: str) -> Expr:
        constant = _KEYWORD_CONSTANTS.get(value)
        # each mention is an object of its own: the link layer tells them apart by identity
        return Name(self.mangled(value)) if constant is None else constant
