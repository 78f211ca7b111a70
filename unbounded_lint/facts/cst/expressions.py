"""Expressions of a libcst tree as facts, in one recursive descent that counts the tokens it passes.

Every handler takes its node's tokens in source order, so that `at` is always the index of the next token: positions
come from that count alone, and a node's own whitespace is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import libcst as cst

from unbounded_lint.facts.cst.cursor import ABSENT, Cursor
from unbounded_lint.facts.cst.displays import DISPLAYS
from unbounded_lint.facts.model import (
    Arg,
    Attr,
    Await,
    Binary,
    BoolOp,
    Call,
    Compare,
    Const,
    ConstKind,
    Display,
    Expr,
    IfExp,
    Name,
    Other,
    Slice,
    Star,
    Sub,
    Unary,
    Walrus,
    Yield,
)
from unbounded_lint.facts.names import normal
from unbounded_lint.facts.scan import Tokens

MAX_DEPTH = 150
_TOO_DEEP = Other(())
_BINARY = {
    cst.Add: "+",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.LeftShift: "<<",
    cst.MatrixMultiply: "@",
    cst.Modulo: "%",
    cst.Multiply: "*",
    cst.Power: "**",
    cst.RightShift: ">>",
    cst.Subtract: "-",
}
_UNARY = {cst.Not: "not", cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~"}
_COMPARE = {
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
}


class Expressions(Cursor):
    """Turns expression nodes into facts; a subclass says what becomes of lambdas and yields."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__(tokens)
        self.depth = 0
        self.expr = self.deep_expr if tokens.deep else self.shallow_expr

    def shallow_expr(self, node: Any) -> Expr:
        return _HANDLERS[node.__class__](self, node)

    def deep_expr(self, node: Any) -> Expr:
        """As `shallow_expr`, where expressions may nest more deeply than facts can be stored."""
        self.depth += 1
        try:
            result = _HANDLERS[node.__class__](self, node)
            return result if self.depth <= MAX_DEPTH else _TOO_DEEP
        finally:
            self.depth -= 1


def _name(self: Expressions, node: cst.Name) -> Expr:
    self.at += 1 + 2 * len(node.lpar)
    return self.name(node.value)


def _number(kind: ConstKind) -> Callable[[Expressions, Any], Expr]:
    def number(self: Expressions, node: cst.BaseNumber) -> Expr:
        self.at += 1 + 2 * len(node.lpar)
        return Const(kind, node.value)  # type: ignore[attr-defined]

    return number


def _ellipsis(self: Expressions, node: cst.Ellipsis) -> Expr:
    self.at += 3 + 2 * len(node.lpar)
    return Const("ellipsis", "...")


def _attribute(self: Expressions, node: cst.Attribute) -> Expr:
    self.at += len(node.lpar)
    base = self.expr(node.value)
    self.at += 2 + len(node.rpar)
    return Attr(base, self.mangled(node.attr.value))


def _call(self: Expressions, node: cst.Call) -> Expr:
    self.at += len(node.lpar)
    first = self.at
    function = self.expr(node.func)
    self.at += 1
    args = arguments(self, node.args) if node.args else ()
    self.at += 1
    span = self.place(first, self.at - 1)
    self.at += len(node.rpar)
    return Call(function, args, span)


def arguments(self: Expressions, nodes: Sequence[cst.Arg]) -> tuple[Arg, ...]:
    """The arguments of a call or of a class statement, commas included."""
    args = []
    for node in self.whole(nodes):
        keyword = None
        if node.star:
            self.at += 1
        elif node.keyword is not None:
            keyword = normal(node.keyword.value)
            self.at += 2
        args.append(Arg(self.expr(node.value), keyword, node.star))
        if node.comma is not ABSENT:
            self.at += 1
    return tuple(args)


def _subscript(self: Expressions, node: cst.Subscript) -> Expr:
    self.at += len(node.lpar)
    base = self.expr(node.value)
    self.at += 1
    items = []
    comma = False
    for element in node.slice:
        items.append(_index(self, element.slice))
        if element.comma is not ABSENT:
            comma = True
            self.at += 1
    self.at += 1 + len(node.rpar)
    single = len(items) == 1 and not comma and not isinstance(items[0], Star)
    return Sub(base, items[0] if single else Display("tuple", tuple(items)))


def _index(self: Expressions, node: Any) -> Expr:
    if node.__class__ is cst.Index:
        if node.star:
            self.at += 1
            return Star(self.expr(node.value))
        return self.expr(node.value)
    lower = upper = step = None
    if node.lower is not None:
        lower = self.expr(node.lower)
    self.at += 1
    if node.upper is not None:
        upper = self.expr(node.upper)
    if node.second_colon is not ABSENT:
        self.at += 1
    if node.step is not None:
        step = self.expr(node.step)
    return Slice(lower, upper, step)


def _conditional(self: Expressions, node: cst.IfExp) -> Expr:
    self.at += len(node.lpar)
    body = self.expr(node.body)
    self.at += 1
    test = self.expr(node.test)
    self.at += 1
    orelse = self.expr(node.orelse)
    self.at += len(node.rpar)
    return IfExp(test, body, orelse)


def _chain(self: Expressions, node: Any) -> Expr:
    """A left-nested chain of binary or boolean operators, walked down iteratively and built from its innermost part."""
    family = node.__class__
    spine = [node]
    while True:
        self.at += len(node.lpar)
        if node.left.__class__ is not family:
            break
        node = node.left
        spine.append(node)
    spine.reverse()
    symbols = [_symbol(node.operator) for node in spine]
    levels = sum(inner != outer for inner, outer in pairwise(symbols))
    previous = symbols[0]
    items: list[Expr] = [self.expr(node.left)]
    for node, symbol in zip(spine, symbols, strict=True):
        self.at += 1
        if symbol != previous:
            levels -= 1
            items = [_flat(family, previous, items) if levels < MAX_DEPTH - self.depth else _TOO_DEEP]
            previous = symbol
        items.append(self.expr(node.right))
        self.at += len(node.rpar)
    return _flat(family, previous, items)


def _symbol(operator: Any) -> str:
    if operator.__class__ is cst.And:
        return "and"
    return _BINARY.get(operator.__class__, "or")


def _flat(family: type, operator: str, items: list[Expr]) -> Expr:
    return BoolOp(operator, tuple(items)) if family is cst.BooleanOperation else Binary(operator, tuple(items))


def _unary(self: Expressions, node: cst.UnaryOperation) -> Expr:
    self.at += 1 + len(node.lpar)
    operand = self.expr(node.expression)
    self.at += len(node.rpar)
    return Unary(_UNARY[node.operator.__class__], operand)


def _comparison(self: Expressions, node: cst.Comparison) -> Expr:
    self.at += len(node.lpar)
    left = self.expr(node.left)
    operators = []
    items = []
    for target in node.comparisons:
        kind = target.operator.__class__
        self.at += 2 if kind is cst.NotIn or kind is cst.IsNot else 1
        operators.append(_COMPARE[kind])
        items.append(self.expr(target.comparator))
    self.at += len(node.rpar)
    return Compare(left, tuple(operators), tuple(items))


def _await(self: Expressions, node: cst.Await) -> Expr:
    self.at += 1 + len(node.lpar)
    value = self.expr(node.expression)
    self.at += len(node.rpar)
    return Await(value)


def _yield(self: Expressions, node: cst.Yield) -> Expr:
    self.saw_yield()
    self.at += 1 + len(node.lpar)
    value = None
    is_from = False
    if node.value is not None:
        is_from = node.value.__class__ is cst.From
        if is_from:
            self.at += 1
        value = self.expr(node.value.item if isinstance(node.value, cst.From) else node.value)
    self.at += len(node.rpar)
    return Yield(value, is_from)


def _walrus(self: Expressions, node: cst.NamedExpr) -> Expr:
    self.at += len(node.lpar)
    target = self.expr(node.target)
    self.at += 1
    value = self.expr(node.value)
    self.at += len(node.rpar)
    return Walrus(target.id if isinstance(target, Name) else "", value)


def _lambda(self: Expressions, node: cst.Lambda) -> Expr:
    return self.lambda_(node)


_HANDLERS: dict[type, Callable[[Expressions, Any], Expr]] = {
    cst.Attribute: _attribute,
    cst.Await: _await,
    cst.BinaryOperation: _chain,
    cst.BooleanOperation: _chain,
    cst.Call: _call,
    cst.Comparison: _comparison,
    cst.Ellipsis: _ellipsis,
    cst.Float: _number("float"),
    cst.IfExp: _conditional,
    cst.Imaginary: _number("complex"),
    cst.Integer: _number("int"),
    cst.Lambda: _lambda,
    cst.Name: _name,
    cst.NamedExpr: _walrus,
    cst.Subscript: _subscript,
    cst.UnaryOperation: _unary,
    cst.Yield: _yield,
    **DISPLAYS,
}
