"""Patterns of a `match`: the names they bind, and whether they are built of literals and dotted names alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from unbounded_lint.facts.cst.cursor import ABSENT, Cursor
from unbounded_lint.facts.model import Expr


def pattern(self: Cursor, node: Any, bound: list[Expr]) -> bool:
    """Passes the tokens of a pattern, appends the names it binds to `bound`, and says whether it is closed."""
    kind = node.__class__
    if kind is cst.MatchValue or kind is cst.MatchSingleton:
        self.expr(node.value)
        return True
    self.at += len(node.lpar)
    if kind is cst.MatchAs:
        closed = _capture(self, node, bound)
    elif kind is cst.MatchOr:
        closed = _alternatives(self, node, bound)
    elif kind is cst.MatchMapping:
        closed = _mapping(self, node, bound)
    elif kind is cst.MatchClass:
        closed = _class(self, node, bound)
    else:
        brackets = 1 if getattr(node, "lbracket", None) is not None else 0
        self.at += brackets
        closed = _sequence(self, node.patterns, bound)
        self.at += brackets
    self.at += len(node.rpar)
    return closed


def _star(self: Cursor, node: cst.MatchStar, bound: list[Expr]) -> bool:
    self.at += 2
    if node.name is not None:
        bound.append(self.name(node.name.value))
    if node.comma is not ABSENT:
        self.at += 1
    return False


def _capture(self: Cursor, node: cst.MatchAs, bound: list[Expr]) -> bool:
    closed = False
    if node.pattern is not None:
        closed = pattern(self, node.pattern, bound)
        self.at += 1
    self.at += 1
    if node.name is not None:
        bound.append(self.name(node.name.value))
    return closed


def _alternatives(self: Cursor, node: cst.MatchOr, bound: list[Expr]) -> bool:
    closed = True
    for element in node.patterns:
        closed &= pattern(self, element.pattern, bound)
        if element.separator is not ABSENT:
            self.at += 1
    return closed


def _sequence(self: Cursor, nodes: Sequence[Any], bound: list[Expr]) -> bool:
    closed = True
    for node in nodes:
        if node.__class__ is cst.MatchStar:
            closed = _star(self, node, bound)
            continue
        closed &= pattern(self, node.value, bound)
        if node.comma is not ABSENT:
            self.at += 1
    return closed


def _mapping(self: Cursor, node: cst.MatchMapping, bound: list[Expr]) -> bool:
    self.at += 1
    for element in node.elements:
        self.expr(element.key)
        self.at += 1
        pattern(self, element.pattern, bound)
        if element.comma is not ABSENT:
            self.at += 1
    if node.rest is not None:
        self.at += 2
        bound.append(self.name(node.rest.value))
    if isinstance(node.trailing_comma, cst.Comma):
        self.at += 1
    self.at += 1
    return False


def _class(self: Cursor, node: cst.MatchClass, bound: list[Expr]) -> bool:
    self.expr(node.cls)
    self.at += 1
    _sequence(self, node.patterns, bound)
    for keyword in node.kwds:
        self.at += 2
        pattern(self, keyword.pattern, bound)
        if keyword.comma is not ABSENT:
            self.at += 1
    self.at += 1
    return False
