"""Quoted annotations: a string where a type stands is read as the expression it holds."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable

from unbounded_lint.facts.model import Attr, Binary, Const, Display, Expr, Name, Sub

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def unquoted(annotation: Expr, read: Callable[[str], Expr | None]) -> Expr:
    """`annotation` with the strings in it replaced by what they say; one that is no expression stays as it is.

    The strings of a `Literal[...]` and the metadata of an `Annotated[...]` are values and stay. `read` gives the facts
    of an expression in brackets, None for what is none.
    """
    match annotation:
        case Const(kind="str", value=text):
            return _said(text.strip(), read) or annotation
        case Sub(base=base, index=index):
            name = base.id if isinstance(base, Name) else base.name if isinstance(base, Attr) else ""
            if name == "Literal":
                return annotation
            return Sub(base, _index(name, index, read))
        case Display(kind=kind, items=items):
            return Display(kind, tuple(unquoted(item, read) for item in items))
        case Binary(op="|", items=items):
            return Binary("|", tuple(unquoted(item, read) for item in items))
    return annotation


def _index(name: str, index: Expr, read: Callable[[str], Expr | None]) -> Expr:
    if name == "Annotated" and isinstance(index, Display) and index.items:
        return Display(index.kind, (unquoted(index.items[0], read), *index.items[1:]))
    return unquoted(index, read)


def _said(text: str, read: Callable[[str], Expr | None]) -> Expr | None:
    if _DOTTED.fullmatch(text):
        return _dotted(text)
    return read(f"({text})") if text else None


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
