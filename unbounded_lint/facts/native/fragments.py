"""What stands inside strings: the fields of f-strings, and quoted annotations.

Before Python 3.12 its tree has no right places inside of f-strings, and it never has their texts as written. So their
source is taken apart by its tokens, and each field is parsed on its own.
"""

from __future__ import annotations

import ast
from typing import Any

from unbounded_lint.facts.literals import string_value
from unbounded_lint.facts.model import Expr, FString, Other, Span
from unbounded_lint.facts.native.expressions import Expressions, Unreadable
from unbounded_lint.facts.native.places import Fixed, Fragment
from unbounded_lint.facts.native.tree import CANNOT_PARSE, parsed
from unbounded_lint.facts.scan import SourceError, Tokens, scan

_PREFIXES = frozenset(("f", "rf", "fr", "t", "rt", "tr"))
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_ENDS = frozenset("=!:}")


def read_fstring(reader: Expressions, node: Any, depth: int) -> FString:
    """The facts of an f-string, or of several strings in a row with one among them. Raises `Unreadable` for what only
    the other reader can judge."""
    try:
        tokens = scan(f"({reader.places.written(node)})")
    except SourceError:
        raise Unreadable from None
    if tokens.deep:
        raise Unreadable
    return _Strings(reader, tokens, reader.places.start(node), depth).read()


def read_quoted(text: str, span: Span) -> Expr | None:
    """The facts of an expression in brackets whose calls are placed at `span`, None for what is none."""
    try:
        return _Quoted(text, span).expr(parsed(text, "eval").body)
    except (*CANNOT_PARSE, KeyError, Unreadable):
        from unbounded_lint.facts.cst.quoted import quoted  # it has the last word, and is slow to load

        return quoted(text, span)


class _Strings:
    """Reads strings in a row by their tokens, of which the first and the last are brackets put around them."""

    def __init__(self, reader: Expressions, tokens: Tokens, start: int, depth: int) -> None:
        self.reader = reader
        self.tokens = tokens
        self.start = start
        self.depth = depth
        self.at = 1
        self.parts: list[Expr] = []
        self.texts = [""]

    def read(self) -> FString:
        while self.at < len(self.tokens) - 1:
            word = self.take()
            if word[:-1].rstrip("'\"").lower() in _PREFIXES:
                self.fields(self.tokens.ends[self.at - 1])
            else:
                self.texts[-1] += string_value(word) or ""
        return FString(tuple(self.parts), tuple(self.texts))

    def take(self) -> str:
        """The next token."""
        at = self.at
        self.at += 1
        return self.tokens.text[self.tokens.starts[at] : self.tokens.ends[at]]

    def fields(self, offset: int) -> None:
        """The texts and fields of one f-string from an offset on, its closing quote included."""
        while True:
            self.texts[-1] += self.tokens.text[offset : self.tokens.starts[self.at]]
            if self.take() != "{":
                return
            before = len(self.parts)
            self.field()
            self.texts += [""] * (len(self.parts) - before)
            offset = self.tokens.ends[self.at - 1]

    def field(self) -> None:
        """A field behind its opening bracket, with the fields of its format specification."""
        begin = self.tokens.ends[self.at - 1]
        word = self.take()
        level = 0
        while level or word not in _ENDS:
            level += (word in _OPENING) - (word in _CLOSING)
            word = self.take()
        self.parts.append(self.value(begin, self.tokens.starts[self.at - 1]))
        if word == "=":
            word = self.take()
        if word == "!":
            self.take()
            word = self.take()
        while word != "}":  # a colon, or a field inside the specification that it begins
            word = self.take()
            if word == "{":
                self.field()
                word = ""

    def value(self, begin: int, end: int) -> Expr:
        reader, outer = self.reader, self.reader.places
        offset = self.start + begin - 1
        text = f"({self.tokens.text[begin:end]})"
        reader.places = Fragment(text, outer.between(offset, offset))
        try:
            return reader.expr(parsed(text, "eval").body, self.depth)
        finally:
            reader.places = outer


class _Quoted(Expressions):
    def __init__(self, text: str, span: Span) -> None:
        super().__init__(Fixed(text, span))

    def lambda_(self, node: ast.Lambda, depth: int) -> Expr:
        return Other(())

    def fstring(self, node: Any, depth: int) -> FString:
        raise Unreadable
