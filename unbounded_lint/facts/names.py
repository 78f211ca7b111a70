"""Names as Python binds them."""

from __future__ import annotations

import re
import unicodedata
from sys import intern

from unbounded_lint.facts.model import Const, Expr, Name

_CONSTANTS = {
    "True": Const("bool", "True"),
    "False": Const("bool", "False"),
    "None": Const("none", "None"),
}

_MANGLED = re.compile(r"^_[^\W_]\w*?(?=__\w)")


def constant_name(word: str) -> Expr | None:
    """What True, False and None are as facts; None for any other word."""
    return _CONSTANTS.get(word)


def normal(name: str) -> str:
    """A name in the form in which Python compares it, one text however often it is written."""
    return intern(name if name.isascii() else unicodedata.normalize("NFKC", name))


def private_in(cls: str) -> str:
    """What the body of a class puts before private names."""
    stripped = cls.lstrip("_")
    return "_" + stripped if stripped else ""


def unmangled(name: str) -> str:
    """A name without the class by which Python binds it where it is private, as far as the name alone tells."""
    return _MANGLED.sub("", name)


class Names:
    """What becomes of names where a pass stands; `private` is what the class there puts before private names."""

    def __init__(self) -> None:
        self.private = ""

    def mangled(self, name: str) -> str:
        """`name` as Python binds it: in its normal form, and a private one inside a class with the class name."""
        if self.private and name.startswith("__") and not name.endswith("__"):
            name = self.private + name
        return normal(name)

    def name(self, value: str) -> Expr:
        constant = _CONSTANTS.get(value)
        # each mention is an object of its own: the link layer tells them apart by identity
        return Name(self.mangled(value)) if constant is None else constant
