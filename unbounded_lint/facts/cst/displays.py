"""Displays, comprehensions and strings of a libcst tree as facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import libcst as cst

from unbounded_lint.facts.cst.cursor import ABSENT, Constant, Cursor, since
from unbounded_lint.facts.literals import string_value
from unbounded_lint.facts.model import Clause, Comp, Const, DictDisplay, DictItem, Display, Expr, FString, Star


def _constant(self: Cursor, node: Constant) -> Expr:
    self.at += node.tokens
    return node.value


def _string(self: Cursor, node: cst.SimpleString) -> Expr:
    self.at += 1 + 2 * len(node.lpar)
    value = string_value(node.value)
    return Const("bytes", node.value) if value is None else Const("str", value)


def _concatenated(self: Cursor, node: cst.ConcatenatedString) -> Expr:
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
    parts: list[Expr] = []
    between = [""]
    for value in values:
        if isinstance(value, FString):
            parts += value.parts
            between[-1] += value.texts[0]
            between += value.texts[1:]
        elif isinstance(value, Const):
            between[-1] += value.value
    return FString(tuple(parts), tuple(between))


def _fstring(self: Cursor, node: Any) -> Expr:
    self.at += 1 + len(node.lpar)
    parts: list[Expr] = []
    texts = [""]
    _fields(self, node.parts, parts, texts)
    self.at += 1 + len(node.rpar)
    return FString(tuple(parts), tuple(texts))


def _fields(self: Cursor, contents: Sequence[Any], parts: list[Expr], texts: list[str]) -> None:
    for content in contents:
        if not hasattr(content, "expression"):
            texts[-1] += content.value
            continue
        self.at += 1
        parts.append(self.expr(content.expression))
        if content.equal is not None:
            self.at += 1
        if content.conversion is not None:
            self.at += 2
        texts.append("")
        if content.format_spec is not None:
            self.at += 1
            inside = len(parts)
            _fields(self, content.format_spec, parts, [""])
            texts += [""] * (len(parts) - inside)
        self.at += 1


def _elements(self: Cursor, nodes: Sequence[Any]) -> tuple[Expr, ...]:
    items = []
    for node in self.whole(nodes):
        items.append(self.expr(node.value) if node.__class__ is cst.Element else _starred(self, node))
        if node.comma is not ABSENT:
            self.at += 1
    return tuple(items)


def _starred(self: Cursor, node: cst.StarredElement) -> Expr:
    self.at += 1 + len(node.lpar)
    value = self.expr(node.value)
    self.at += len(node.rpar)
    return Star(value)


def _tuple(self: Cursor, node: cst.Tuple) -> Expr:
    self.at += len(node.lpar)
    items = _elements(self, node.elements)
    self.at += len(node.rpar)
    return Display("tuple", items)


def _list(self: Cursor, node: cst.List) -> Expr:
    self.at += 1 + len(node.lpar)
    items = _elements(self, node.elements)
    self.at += 1 + len(node.rpar)
    return Display("list", items)


def _set(self: Cursor, node: cst.Set) -> Expr:
    self.at += 1 + len(node.lpar)
    items = _elements(self, node.elements)
    self.at += 1 + len(node.rpar)
    return Display("set", items)


def _dict(self: Cursor, node: cst.Dict) -> Expr:
    self.at += 1 + len(node.lpar)
    items = []
    for element in self.whole(node.elements):
        key = None
        if element.__class__ is cst.DictElement:
            key = self.expr(element.key)
        self.at += 1
        items.append(DictItem(key, self.expr(element.value)))
        if element.comma is not ABSENT:
            self.at += 1
    self.at += 1 + len(node.rpar)
    return DictDisplay(tuple(items))


def _comprehension(kind: str, brackets: int) -> Callable[[Cursor, Any], Expr]:
    def comprehension(self: Cursor, node: Any) -> Expr:
        self.at += brackets + len(node.lpar)
        element = self.expr(node.elt)
        clauses = _clauses(self, node.for_in)
        self.at += brackets + len(node.rpar)
        return Comp(kind, element, None, clauses)

    return comprehension


def _dict_comprehension(self: Cursor, node: cst.DictComp) -> Expr:
    self.at += 1 + len(node.lpar)
    key = self.expr(node.key)
    self.at += 1
    value = self.expr(node.value)
    clauses = _clauses(self, node.for_in)
    self.at += 1 + len(node.rpar)
    return Comp("dict", key, value, clauses)


def _starred_dict_comprehension(self: Cursor, node: Any) -> Expr:
    self.at += 2 + len(node.lpar)
    element = Star(self.expr(node.value))
    clauses = _clauses(self, node.for_in)
    self.at += 1 + len(node.rpar)
    return Comp("dict", element, None, clauses)


def _clauses(self: Cursor, node: cst.CompFor | None) -> tuple[Clause, ...]:
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


DISPLAYS: dict[type, Callable[[Any, Any], Expr]] = {
    Constant: _constant,
    cst.ConcatenatedString: _concatenated,
    cst.Dict: _dict,
    cst.DictComp: _dict_comprehension,
    cst.FormattedString: _fstring,
    cst.GeneratorExp: _comprehension("generator", 0),
    cst.List: _list,
    cst.ListComp: _comprehension("list", 1),
    cst.Set: _set,
    cst.SetComp: _comprehension("set", 1),
    cst.SimpleString: _string,
    cst.StarredElement: _starred,
    cst.Tuple: _tuple,
    **since("StarredDictComp", _starred_dict_comprehension),
    **since("TemplatedString", _fstring),
}
