"""Quoted annotations: a string where a type stands is read as the expression it holds."""

from __future__ import annotations

import keyword
import re

import libcst as cst

from unbounded_lint.facts.cst.expressions import Expressions
from unbounded_lint.facts.cst.parse import SourceError, guarded
from unbounded_lint.facts.model import Attr, Binary, Const, Display, Expr, Name, Other, Span, Sub
from unbounded_lint.facts.scan import Tokens, scan

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def unquoted(annotation: Expr, span: Span) -> Expr:
    """`annotation` with the strings in it replaced by what they say; one that is no expression stays as it is.

    The strings of a `Literal[...]` and the metadata of an `Annotated[...]` are values and stay. Calls found inside a
    string are placed at `span`, the annotation's.
    """
    match annotation:
        case Const(kind="str", value=text):
            return _parsed(text, span) or annotation
        case Sub(base=base, index=index):
            name = base.id if isinstance(base, Name) else base.name if isinstance(base, Attr) else ""
            if name == "Literal":
                return annotation
            return Sub(base, _index(name, index, span))
        case Display(kind=kind, items=items):
            return Display(kind, tuple(unquoted(item, span) for item in items))
        case Binary(op="|", items=items):
            return Binary("|", tuple(unquoted(item, span) for item in items))
    return annotation


def _index(name: str, index: Expr, span: Span) -> Expr:
    if name == "Annotated" and isinstance(index, Display) and index.items:
        return Display(index.kind, (unquoted(index.items[0], span), *index.items[1:]))
    return unquoted(index, span)


def _parsed(text: str, span: Span) -> Expr | None:
    text = text.strip()
    if _DOTTED.fullmatch(text):
        return _dotted(text)
    if not text:
        return None
    text = f"({text})"
    try:
        return _Quoted(scan(text), span).expr(guarded(cst.parse_expression, text))
    except (SourceError, RecursionError, KeyError):
        return None


def _dotted(text: str) -> Expr | None:
    first, *rest = text.split(".")
    if first in ("None", "True", "False") and not rest:
        return Const("none" if first == "None" else "bool", first)
    if keyword.iskeyword(first) or any(keyword.iskeyword(name) for name in rest):
        return None
    result: Expr = Name(first)
    for name in rest:
        result = Attr(result, name)
    return result


class _Quoted(Expressions):
    def __init__(self, tokens: Tokens, span: Span) -> None:
        super().__init__(tokens)
        self.span = span

    def place(self, first: int, last: int) -> Span:
        return self.span

    def lambda_(self, node: cst.Lambda) -> Expr:
        return Other(())

    def saw_yield(self) -> None:
        pass
