"""What the text of a string literal stands for, without running it and without Python's warnings."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(
    r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^}]*)\}|(\r\n?|[\s\S]))"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?")


def string_value(source: str) -> str | None:
    """The value of one plain string literal as written, or None for bytes.

    Lone surrogates become U+FFFD, for facts are stored as UTF-8.
    """
    opening = min(position for position in (source.find("'"), source.find('"')) if position >= 0)
    prefix = source[:opening].lower()
    if "b" in prefix:
        return None
    quote = source[opening]
    size = 3 if source.startswith(quote * 3, opening) else 1
    body = source[opening + size : -size]
    if "\r" in body:
        body = _LINE_END.sub("\n", body)
    if "\\" not in body or "r" in prefix:
        return body
    return without_surrogates(_ESCAPE.sub(_unescape, body))


def without_surrogates(value: str) -> str:
    """A text that can be stored as UTF-8."""
    return _SURROGATE.sub("\ufffd", value)


def _unescape(match: re.Match[str]) -> str:
    octal, two, four, eight, name, other = match.groups()
    if octal:
        return chr(int(octal, 8))
    if digits := two or four or eight:
        code = int(digits, 16)
        return chr(code) if code <= 0x10FFFF else match[0]
    if name is not None:
        try:
            return unicodedata.lookup(name)
        except KeyError:
            return match[0]
    return _simple(other)


def _simple(character: str) -> str:
    if character in ("\n", "\r", "\r\n"):
        return ""
    position = "abfnrtv\\'\"".find(character)
    return "\a\b\f\n\r\t\v\\'\""[position] if position >= 0 else "\\" + character
