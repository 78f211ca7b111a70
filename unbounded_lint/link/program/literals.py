"""What can be told of a value from the way it is written: a text, a number, a list."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m


def is_text(expr: m.Expr | None) -> bool:
    """Whether an expression is written so that it can only be a text."""
    match expr:
        case m.Const(kind="str" | "bytes") | m.FString():
            return True
        case m.Binary(op="+", items=items):
            return any(is_text(item) for item in items)
        case m.Binary(op="%" | "*", items=(left, *_)):
            return is_text(left)
        case m.IfExp(body=body, orelse=orelse):
            return is_text(body) and is_text(orelse)
        case m.Call(func=m.Name(id=name)):
            return name in name_lists().texts
        case m.Call(func=m.Attr(name=name)):
            return name in name_lists().text_methods
    return False


def is_plain(expr: m.Expr | None) -> bool:
    """Whether an expression is written so that it can only be a text or a number."""
    match expr:
        case m.Const(kind="int" | "float" | "complex"):
            return True
        case m.Call(func=m.Name(id=name)) if name in name_lists().numbers:
            return True
    return is_text(expr)


def is_listed(expr: m.Expr | None) -> bool:
    """Whether an expression is written so that it can only be a list or a tuple."""
    match expr:
        case m.Display(kind="list" | "tuple") | m.Comp(kind="list"):
            return True
        case m.Call(func=m.Name(id=name)):
            return name in name_lists().sequences
    return False


def word_of(expr: m.Expr | None) -> str:
    """The text that an expression is written as, "" for any other."""
    return expr.value if isinstance(expr, m.Const) and expr.kind == "str" else ""
