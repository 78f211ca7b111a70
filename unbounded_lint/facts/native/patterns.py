"""Patterns of a `match` in Python's own tree: the names they bind, and whether they are built of literals and dotted
names alone."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from unbounded_lint.facts.model import Expr
from unbounded_lint.facts.names import Names


def pattern(names: Names, node: Any, bound: list[Expr]) -> bool:
    """Appends the names that a pattern binds to `bound`, and says whether it is closed."""
    return _PATTERNS[node.__class__](names, node, bound)


def _value(_names: Names, _node: Any, _bound: list[Expr]) -> bool:
    return True


def _as(names: Names, node: ast.MatchAs, bound: list[Expr]) -> bool:
    closed = node.pattern is not None and pattern(names, node.pattern, bound)
    _bind(names, node.name, bound)
    return closed


def _star(names: Names, node: ast.MatchStar, bound: list[Expr]) -> bool:
    _bind(names, node.name, bound)
    return False


def _several(names: Names, node: Any, bound: list[Expr]) -> bool:
    return _all(names, node.patterns, bound)


def _mapping(names: Names, node: ast.MatchMapping, bound: list[Expr]) -> bool:
    _all(names, node.patterns, bound)
    _bind(names, node.rest, bound)
    return False


def _class(names: Names, node: ast.MatchClass, bound: list[Expr]) -> bool:
    _all(names, (*node.patterns, *node.kwd_patterns), bound)
    return False


def _all(names: Names, nodes: Sequence[Any], bound: list[Expr]) -> bool:
    closed = True
    for node in nodes:
        closed &= pattern(names, node, bound)
    return closed


def _bind(names: Names, name: str | None, bound: list[Expr]) -> None:
    if name is not None:
        bound.append(names.name(name))


_PATTERNS: dict[type, Callable[[Names, Any, list[Expr]], bool]] = {
    ast.MatchAs: _as,
    ast.MatchClass: _class,
    ast.MatchMapping: _mapping,
    ast.MatchOr: _several,
    ast.MatchSequence: _several,
    ast.MatchSingleton: _value,
    ast.MatchStar: _star,
    ast.MatchValue: _value,
}
