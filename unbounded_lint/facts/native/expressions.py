"""Expressions of Python's own tree as facts."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from unbounded_lint.facts.literals import without_surrogates
from unbounded_lint.facts.model import (
    Arg,
    Attr,
    Await,
    Binary,
    BoolOp,
    Call,
    Clause,
    Comp,
    Compare,
    Const,
    DictDisplay,
    DictItem,
    Display,
    Expr,
    FString,
    IfExp,
    Slice,
    Star,
    Sub,
    Unary,
    Walrus,
    Yield,
)
from unbounded_lint.facts.names import normal
from unbounded_lint.facts.native.places import Places
from unbounded_lint.facts.scan import scan
from unbounded_lint.facts.scopes import Scopes

MAX_DEPTH = 100
"""How deeply expressions may nest here; the other reader knows which ones are too deep to keep."""

_CHAIN = 50
BINARY = {
    ast.Add: "+",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.LShift: "<<",
    ast.MatMult: "@",
    ast.Mod: "%",
    ast.Mult: "*",
    ast.Pow: "**",
    ast.RShift: ">>",
    ast.Sub: "-",
}
_UNARY = {ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~"}
_COMPARE = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
_DISPLAYS = {ast.Tuple: "tuple", ast.List: "list", ast.Set: "set"}
_COMPREHENSIONS = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "generator"}


class Unreadable(Exception):
    """Something in a file that only the reader on top of libcst knows how to take."""


class Expressions(Scopes):
    """Turns expression nodes into facts; a subclass says what becomes of lambdas and f-strings."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places

    def expr(self, node: Any, depth: int = 0) -> Expr:
        """The facts of an expression. Raises `Unreadable` for one that nests too deeply."""
        if depth > MAX_DEPTH:
            raise Unreadable
        return _HANDLERS[node.__class__](self, node, depth + 1)

    def all(self, nodes: Iterable[Any], depth: int) -> tuple[Expr, ...]:
        """The facts of several."""
        return tuple([self.expr(node, depth) for node in nodes])

    def maybe(self, node: Any, depth: int = 0) -> Expr | None:
        """The facts of an expression that may be missing."""
        return None if node is None else self.expr(node, depth)

    def arguments(self, args: Sequence[Any], keywords: Sequence[Any], depth: int) -> tuple[Arg, ...]:
        """The arguments of a call or of a class statement, in the order given."""
        return tuple([self.argument(node, depth) for node in (*args, *keywords)])

    def argument(self, node: Any, depth: int) -> Arg:
        if node.__class__ is ast.keyword:
            value = self.expr(node.value, depth)
            return Arg(value, None, "**") if node.arg is None else Arg(value, normal(node.arg), "")
        if node.__class__ is ast.Starred:
            return Arg(self.expr(node.value, depth), None, "*")
        return Arg(self.expr(node, depth), None, "")

    def lambda_(self, node: ast.Lambda, depth: int) -> Expr:
        raise NotImplementedError

    def fstring(self, node: Any, depth: int) -> FString:
        raise NotImplementedError


def _name(self: Expressions, node: ast.Name, _depth: int) -> Expr:
    return self.name(node.id)


def _constant(self: Expressions, node: ast.Constant, _depth: int) -> Expr:
    value: Any = node.value
    kind = value.__class__
    if kind is str:
        return Const("str", value if value.isascii() else without_surrogates(value))
    if value is None or kind is bool:
        return self.name(str(value))
    if kind is int:
        return Const("int", self.places.written(node))
    if kind is bytes:
        return Const("bytes", _pieces(self.places.written(node)))
    if value is ...:
        return Const("ellipsis", "...")
    return Const("float" if kind is float else "complex", self.places.written(node))


def _pieces(written: str) -> str:
    """Bytes as written, with one space between what is concatenated."""
    tokens = scan(f"({written})")
    return " ".join(tokens.text[start:end] for start, end in zip(tokens.starts[1:-1], tokens.ends[1:-1], strict=True))


def _attribute(self: Expressions, node: ast.Attribute, depth: int) -> Expr:
    return Attr(self.expr(node.value, depth), self.mangled(node.attr))


def _call(self: Expressions, node: ast.Call, depth: int) -> Expr:
    function = self.expr(node.func, depth)
    args, keywords = node.args, node.keywords
    if args and keywords and _place(args[-1]) > _place(keywords[0]):
        return Call(function, self.arguments(sorted((*args, *keywords), key=_place), (), depth), self.places.span(node))
    return Call(function, self.arguments(args, keywords, depth), self.places.span(node))


def _place(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _subscript(self: Expressions, node: ast.Subscript, depth: int) -> Expr:
    return Sub(self.expr(node.value, depth), self.expr(node.slice, depth))


def _slice(self: Expressions, node: ast.Slice, depth: int) -> Expr:
    return Slice(self.maybe(node.lower, depth), self.maybe(node.upper, depth), self.maybe(node.step, depth))


def _conditional(self: Expressions, node: ast.IfExp, depth: int) -> Expr:
    body = self.expr(node.body, depth)
    test = self.expr(node.test, depth)
    return IfExp(test, body, self.expr(node.orelse, depth))


def _binary(self: Expressions, node: Any, depth: int) -> Expr:
    """A left-nested chain, walked down iteratively and built from its innermost part."""
    spine = [node]
    while node.left.__class__ is ast.BinOp:
        node = node.left
        spine.append(node)
    spine.reverse()
    symbols = [BINARY[one.op.__class__] for one in spine]
    if len(spine) > _CHAIN and sum(inner != outer for inner, outer in pairwise(symbols)) > _CHAIN:
        raise Unreadable
    previous = symbols[0]
    items = [self.expr(node.left, depth)]
    for one, symbol in zip(spine, symbols, strict=True):
        if symbol != previous:
            items = [Binary(previous, tuple(items))]
            previous = symbol
        items.append(self.expr(one.right, depth))
    return Binary(previous, tuple(items))


def _boolean(self: Expressions, node: ast.BoolOp, depth: int) -> Expr:
    operator = "and" if node.op.__class__ is ast.And else "or"
    items = self.all(node.values, depth)
    first = items[0]
    if isinstance(first, BoolOp) and first.op == operator:
        items = (*first.items, *items[1:])
    return BoolOp(operator, items)


def _unary(self: Expressions, node: ast.UnaryOp, depth: int) -> Expr:
    return Unary(_UNARY[node.op.__class__], self.expr(node.operand, depth))


def _comparison(self: Expressions, node: ast.Compare, depth: int) -> Expr:
    left = self.expr(node.left, depth)
    return Compare(left, tuple([_COMPARE[op.__class__] for op in node.ops]), self.all(node.comparators, depth))


def _await(self: Expressions, node: ast.Await, depth: int) -> Expr:
    return Await(self.expr(node.value, depth))


def _yield(self: Expressions, node: ast.Yield, depth: int) -> Expr:
    self.saw_yield()
    return Yield(self.maybe(node.value, depth), False)


def _yield_from(self: Expressions, node: ast.YieldFrom, depth: int) -> Expr:
    self.saw_yield()
    return Yield(self.expr(node.value, depth), True)


def _walrus(self: Expressions, node: ast.NamedExpr, depth: int) -> Expr:
    return Walrus(self.mangled(node.target.id), self.expr(node.value, depth))


def _starred(self: Expressions, node: ast.Starred, depth: int) -> Expr:
    return Star(self.expr(node.value, depth))


def _display(self: Expressions, node: Any, depth: int) -> Expr:
    return Display(_DISPLAYS[node.__class__], self.all(node.elts, depth))


def _dict(self: Expressions, node: ast.Dict, depth: int) -> Expr:
    items = [
        DictItem(self.maybe(key, depth), self.expr(value, depth))
        for key, value in zip(node.keys, node.values, strict=True)
    ]
    return DictDisplay(tuple(items))


def _comprehension(self: Expressions, node: Any, depth: int) -> Expr:
    element = self.expr(node.elt, depth)
    return Comp(_COMPREHENSIONS[node.__class__], element, None, _clauses(self, node.generators, depth))


def _dict_comprehension(self: Expressions, node: ast.DictComp, depth: int) -> Expr:
    key = self.expr(node.key, depth)
    value = self.maybe(node.value, depth)
    return Comp("dict", key, value, _clauses(self, node.generators, depth))


def _clauses(self: Expressions, nodes: Sequence[ast.comprehension], depth: int) -> tuple[Clause, ...]:
    return tuple(
        [
            Clause(
                self.expr(node.target, depth),
                self.expr(node.iter, depth),
                self.all(node.ifs, depth),
                bool(node.is_async),
            )
            for node in nodes
        ]
    )


def _lambda(self: Expressions, node: ast.Lambda, depth: int) -> Expr:
    return self.lambda_(node, depth)


def _fstring(self: Expressions, node: Any, depth: int) -> Expr:
    return self.fstring(node, depth)


_HANDLERS: dict[type, Callable[[Expressions, Any, int], Expr]] = {
    ast.Attribute: _attribute,
    ast.Await: _await,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: _call,
    ast.Compare: _comparison,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _dict_comprehension,
    ast.GeneratorExp: _comprehension,
    ast.IfExp: _conditional,
    ast.JoinedStr: _fstring,
    ast.Lambda: _lambda,
    ast.List: _display,
    ast.ListComp: _comprehension,
    ast.Name: _name,
    ast.NamedExpr: _walrus,
    ast.Set: _display,
    ast.SetComp: _comprehension,
    ast.Slice: _slice,
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    ast.Tuple: _display,
    ast.UnaryOp: _unary,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
}
