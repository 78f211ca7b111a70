"""Expressions of a libcst tree as facts, in one recursive descent that counts the tokens it passes.

Every handler takes its node's tokens in source order, so that `at` is always the index of the next token: positions
come from that count alone, and a node's own whitespace is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import libcst as cst

from unbounded_lint.facts.literals import string_value
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
    Name,
    Other,
    Slice,
    Span,
    Star,
    Sub,
    Unary,
    Walrus,
    Yield,
)
from unbounded_lint.facts.scan import Tokens

MAX_DEPTH = 150
ABSENT = cst.MaybeSentinel.DEFAULT
_TOO_DEEP = Other(())
_KEYWORD_CONSTANTS = {
    "True": Const("bool", "True"),
    "False": Const("bool", "False"),
    "None": Const("none", "None"),
}
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


_Handler = TypeVar("_Handler")


def since(node: str, handler: _Handler) -> dict[type, _Handler]:
    """A table entry for a node class that only newer libcst releases have; empty where it is missing."""
    kind = getattr(cst, node, None)
    return {} if kind is None else {kind: handler}


class Expressions:
    """Turns expression nodes into facts; a subclass says what becomes of lambdas and yields."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.at = 0
        self.private = ""
        self.depth = 0
        self.names: dict[str, Expr] = dict(_KEYWORD_CONSTANTS)
        self.expr: Callable[[Any], Expr] = self.deep_expr if tokens.deep else self.shallow_expr

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

    def place(self, first: int, last: int) -> Span:
        """The span from token `first` to token `last`, both included."""
        return self.tokens.span(first, last)

    def lambda_(self, node: cst.Lambda) -> Expr:
        raise NotImplementedError

    def saw_yield(self) -> None:
        raise NotImplementedError

    def mangled(self, name: str) -> str:
        """`name` as Python binds it: a private name inside a class carries the class name."""
        if self.private and name.startswith("__") and not name.endswith("__"):
            return self.private + name
        return name

    def name(self, value: str) -> Expr:
        if value.startswith("__") and self.private:
            return Name(self.mangled(value))
        found = self.names.get(value)
        if found is None:
            found = self.names[value] = Name(value)
        return found


def _name(self: Expressions, node: cst.Name) -> Expr:
    self.at += 1 + 2 * len(node.lpar)
    return self.name(node.value)


def _number(kind: str) -> Callable[[Expressions, Any], Expr]:
    def number(self: Expressions, node: cst.BaseNumber) -> Expr:
        self.at += 1 + 2 * len(node.lpar)
        return Const(kind, node.value)  # type: ignore[attr-defined]

    return number


def _ellipsis(self: Expressions, node: cst.Ellipsis) -> Expr:
    self.at += 3 + 2 * len(node.lpar)
    return Const("ellipsis", "...")


def _string(self: Expressions, node: cst.SimpleString) -> Expr:
    self.at += 1 + 2 * len(node.lpar)
    value = string_value(node.value)
    return Const("bytes", node.value) if value is None else Const("str", value)


def _concatenated(self: Expressions, node: cst.ConcatenatedString) -> Expr:
    self.at += len(node.lpar)
    pieces: list[Any] = []
    rest: Any = node
    while rest.__class__ is cst.ConcatenatedString:
        pieces.append(rest.left)
        rest = rest.right
    pieces.append(rest)
    values = [self.expr(piece) for piece in pieces]
    self.at += len(node.rpar)
    texts = [value.value for value in values if isinstance(value, Const)]
    if len(texts) == len(values):
        is_bytes = isinstance(values[0], Const) and values[0].kind == "bytes"
        return Const("bytes", " ".join(texts)) if is_bytes else Const("str", "".join(texts))
    return FString(tuple(part for value in values if isinstance(value, FString) for part in value.parts))


def _fstring(self: Expressions, node: Any) -> Expr:
    self.at += 1 + len(node.lpar)
    parts: list[Expr] = []
    _fields(self, node.parts, parts)
    self.at += 1 + len(node.rpar)
    return FString(tuple(parts))


def _fields(self: Expressions, contents: Sequence[Any], parts: list[Expr]) -> None:
    for content in contents:
        if not hasattr(content, "expression"):
            continue
        self.at += 1
        parts.append(self.expr(content.expression))
        if content.equal is not None:
            self.at += 1
        if content.conversion is not None:
            self.at += 2
        if content.format_spec is not None:
            self.at += 1
            _fields(self, content.format_spec, parts)
        self.at += 1


def _attribute(self: Expressions, node: cst.Attribute) -> Expr:
    self.at += len(node.lpar)
    base = self.expr(node.value)
    self.at += 2 + len(node.rpar)
    name = node.attr.value
    return Attr(base, self.mangled(name) if name.startswith("__") else name)


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
    for node in nodes:
        keyword = None
        if node.star:
            self.at += 1
        elif node.keyword is not None:
            keyword = node.keyword.value
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


def _elements(self: Expressions, nodes: Sequence[Any]) -> tuple[Expr, ...]:
    items = []
    for node in nodes:
        items.append(self.expr(node.value) if node.__class__ is cst.Element else _starred(self, node))
        if node.comma is not ABSENT:
            self.at += 1
    return tuple(items)


def _starred(self: Expressions, node: cst.StarredElement) -> Expr:
    self.at += 1 + len(node.lpar)
    value = self.expr(node.value)
    self.at += len(node.rpar)
    return Star(value)


def _tuple(self: Expressions, node: cst.Tuple) -> Expr:
    self.at += len(node.lpar)
    items = _elements(self, node.elements)
    self.at += len(node.rpar)
    return Display("tuple", items)


def _list(self: Expressions, node: cst.List) -> Expr:
    self.at += 1 + len(node.lpar)
    items = _elements(self, node.elements)
    self.at += 1 + len(node.rpar)
    return Display("list", items)


def _set(self: Expressions, node: cst.Set) -> Expr:
    self.at += 1 + len(node.lpar)
    items = _elements(self, node.elements)
    self.at += 1 + len(node.rpar)
    return Display("set", items)


def _dict(self: Expressions, node: cst.Dict) -> Expr:
    self.at += 1 + len(node.lpar)
    items = []
    for element in node.elements:
        key = None
        if element.__class__ is cst.DictElement:
            key = self.expr(element.key)
        self.at += 1
        items.append(DictItem(key, self.expr(element.value)))
        if element.comma is not ABSENT:
            self.at += 1
    self.at += 1 + len(node.rpar)
    return DictDisplay(tuple(items))


def _comprehension(kind: str, brackets: int) -> Callable[[Expressions, Any], Expr]:
    def comprehension(self: Expressions, node: Any) -> Expr:
        self.at += brackets + len(node.lpar)
        element = self.expr(node.elt)
        clauses = _clauses(self, node.for_in)
        self.at += brackets + len(node.rpar)
        return Comp(kind, element, None, clauses)

    return comprehension


def _dict_comprehension(self: Expressions, node: cst.DictComp) -> Expr:
    self.at += 1 + len(node.lpar)
    key = self.expr(node.key)
    self.at += 1
    value = self.expr(node.value)
    clauses = _clauses(self, node.for_in)
    self.at += 1 + len(node.rpar)
    return Comp("dict", key, value, clauses)


def _starred_dict_comprehension(self: Expressions, node: Any) -> Expr:
    self.at += 2 + len(node.lpar)
    element = Star(self.expr(node.value))
    clauses = _clauses(self, node.for_in)
    self.at += 1 + len(node.rpar)
    return Comp("dict", element, None, clauses)


def _clauses(self: Expressions, node: cst.CompFor | None) -> tuple[Clause, ...]:
    clauses = []
    while node is not None:
        is_async = node.asynchronous is not None
        self.at += 2 if is_async else 1
        target = self.expr(node.target)
        self.at += 1
        iterable = self.expr(node.iter)
        conditions = []
        for test in node.ifs:
            self.at += 1
            conditions.append(self.expr(test.test))
        clauses.append(Clause(target, iterable, tuple(conditions), is_async))
        node = node.inner_for_in
    return tuple(clauses)


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
    operator = ""
    items: list[Expr] = [self.expr(node.left)]
    height = 0
    for node in reversed(spine):
        symbol = _symbol(node.operator)
        self.at += 1
        if operator and symbol != operator:
            height += 1
            items = [_flat(family, operator, items) if height < MAX_DEPTH - self.depth else _TOO_DEEP]
        operator = symbol
        items.append(self.expr(node.right))
        self.at += len(node.rpar)
    return _flat(family, operator, items)


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
    cst.ConcatenatedString: _concatenated,
    cst.Dict: _dict,
    cst.DictComp: _dict_comprehension,
    cst.Ellipsis: _ellipsis,
    cst.Float: _number("float"),
    cst.FormattedString: _fstring,
    cst.GeneratorExp: _comprehension("generator", 0),
    cst.IfExp: _conditional,
    cst.Imaginary: _number("complex"),
    cst.Integer: _number("int"),
    cst.Lambda: _lambda,
    cst.List: _list,
    cst.ListComp: _comprehension("list", 1),
    cst.Name: _name,
    cst.NamedExpr: _walrus,
    cst.Set: _set,
    cst.SetComp: _comprehension("set", 1),
    cst.SimpleString: _string,
    cst.StarredElement: _starred,
    cst.Subscript: _subscript,
    cst.Tuple: _tuple,
    cst.UnaryOperation: _unary,
    cst.Yield: _yield,
    **since("StarredDictComp", _starred_dict_comprehension),
    **since("TemplatedString", _fstring),
}
