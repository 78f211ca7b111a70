"""Reads and writes JSON without the module for it, which takes longer to import than all of the observer."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def read(file: str) -> Any:
    """What a JSON file of our own holds, which as an expression of Python means the same."""
    with open(file, encoding="utf-8") as stream:
        return eval(stream.read(), {"__builtins__": {}, "true": True, "false": False, "null": None})


def written(value: Any) -> str:
    """A value as JSON."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(str(key))}:{written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(written, value)) + "]"
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char.isascii() and char.isprintable() and char not in '"\\':
        return char
    number = ord(char)
    if number > 0xFFFF or 0xD800 <= number <= 0xDFFF:
        return "?"
    return f"\\u{number:04x}"
