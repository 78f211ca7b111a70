"""Elements of long tables read from their tokens: generated data is mostly constants, and a parse takes ten times as
long. Whatever is not plainly a constant is left to the parser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import libcst as cst

from unbounded_lint.facts.cst.cursor import ABSENT, Constant
from unbounded_lint.facts.literals import string_value
from unbounded_lint.facts.model import Const, ConstKind, DictDisplay, DictItem, Display, Expr, Unary
from unbounded_lint.facts.names import constant_name
from unbounded_lint.facts.scan import Tokens

MAX_NESTING = 20

_NUMBER = re.compile(
    r"(?P<complex>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[jJ])"
    r"|(?P<float>(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)"
    r"|(?P<int>0[xX][0-9a-fA-F]+|[1-9][0-9]*|0)"
)
_TEXT = re.compile(r"""[rRuU]?['"][^\ud800-\udfff]*""")
_BYTES = re.compile(r"""(?:[bB][rR]?|[rR][bB])['"][\x00-\x7f]*""")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_COMMA = cst.Comma()


class _Unknown(Exception):
    """Something that only the parser can judge."""


def elements(tokens: Tokens, first: int, last: int, is_dict: bool) -> Sequence[Any] | None:
    """Nodes for the elements that the tokens from `first` to before `last` write; None unless all are constants."""
    reader = _Reader([tokens.text[tokens.starts[token] : tokens.ends[token]] for token in range(first, last)])
    try:
        return reader.nodes(is_dict)
    except (_Unknown, IndexError):
        return None


class _Reader:
    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.at = 0

    def nodes(self, is_dict: bool) -> Sequence[Any]:
        size = len(self.words)
        nodes: list[Any] = []
        while self.at < size:
            key = None
            if is_dict:
                key = self.node()
                self.take(":")
            value = self.node()
            comma: cst.Comma | cst.MaybeSentinel = ABSENT
            if self.at < size:
                self.take(",")
                comma = _COMMA
            nodes.append(cst.Element(value, comma) if key is None else cst.DictElement(key, value, comma))
        return nodes

    def node(self) -> Any:
        first = self.at
        value = self.value(0)
        return Constant(value, self.at - first)

    def take(self, word: str) -> None:
        if self.words[self.at] != word:
            raise _Unknown
        self.at += 1

    def value(self, depth: int) -> Expr:
        word = self.words[self.at]
        self.at += 1
        if word[-1] in "'\"":
            return self.string(word)
        if word in _CLOSING:
            if depth == MAX_NESTING:
                raise _Unknown
            return self.bracket(word, depth + 1)
        if word in ("-", "+", "~"):
            self.at += 1
            return Unary(word, _number(self.words[self.at - 1]))
        return constant_name(word) or _number(word)

    def string(self, word: str) -> Expr:
        pieces = [word]
        while self.at < len(self.words) and self.words[self.at][-1] in "'\"":
            pieces.append(self.words[self.at])
            self.at += 1
        if all(_TEXT.fullmatch(piece) for piece in pieces):
            return Const("str", "".join(string_value(piece) or "" for piece in pieces))
        if all(_BYTES.fullmatch(piece) for piece in pieces):
            return Const("bytes", " ".join(pieces))
        raise _Unknown

    def bracket(self, opening: str, depth: int) -> Expr:
        closing = _CLOSING[opening]
        items: list[Expr] = []
        keys: list[Expr] = []
        comma = False
        while self.words[self.at] != closing:
            if items and not comma:
                raise _Unknown
            items.append(self.value(depth))
            if opening == "{" and self.words[self.at] == ":":
                self.at += 1
                keys.append(items.pop())
                items.append(self.value(depth))
            comma = self.words[self.at] == ","
            if comma:
                self.at += 1
        self.at += 1
        if opening == "(":
            return items[0] if len(items) == 1 and not comma else Display("tuple", tuple(items))
        if opening == "[":
            return Display("list", tuple(items))
        if len(keys) < len(items) and keys:
            raise _Unknown
        if items and not keys:
            return Display("set", tuple(items))
        return DictDisplay(tuple(DictItem(key, item) for key, item in zip(keys, items, strict=True)))


def _number(word: str) -> Expr:
    match = _NUMBER.fullmatch(word)
    if match is None or match.lastgroup is None:
        raise _Unknown
    return Const(cast(ConstKind, match.lastgroup), word)
