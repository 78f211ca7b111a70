"""What the bytes of a file tell without parsing it: the words it mentions, and whether it can define a container at
all."""

from __future__ import annotations

import re

_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") | frozenset(range(128, 256))
_TO_SPACES = bytes(byte if byte in _WORD_BYTES else 0x20 for byte in range(256))

_BRACKET = re.compile(rb"[\[{(]")


def words(data: bytes) -> frozenset[bytes]:
    """The identifiers (and other words) of a file, strings and comments included."""
    return frozenset(data.translate(_TO_SPACES).split())


def may_define(data: bytes) -> bool:
    """Whether a file can define a long-lived container; errs on the side of yes."""
    return b"=" in data and _BRACKET.search(data) is not None
