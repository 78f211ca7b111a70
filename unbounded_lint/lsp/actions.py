"""What an editor offers to do about a finding: comments to write, and the text of its rule to read."""

from __future__ import annotations

from typing import NamedTuple

from unbounded_lint.comments.layout import split
from unbounded_lint.comments.placing import At, NoCommentError, Remark, with_comments
from unbounded_lint.files.source import DecodeError, decode, encode
from unbounded_lint.lsp.messages import Encoding, Span
from unbounded_lint.lsp.places import MARK, units

_WHY = "TODO: say why"
"""What stands for the reason until somebody writes one: a server cannot ask."""

IGNORED = Remark("ignore", _WHY)
BOUNDED = Remark("bounded", _WHY)


class Edit(NamedTuple):
    """A text to write in place of what stands in a file, at a place as clients count."""

    span: Span
    text: str


def ignoring(text: str, line: int, code: str, encoding: Encoding) -> Edit | None:
    """The change that ignores a rule at a line, counted from 0, as the command writes it; None where no comment can."""
    return _commented(text, (line + 1, code), IGNORED, encoding)


def declaring(text: str, line: int, encoding: Encoding) -> Edit | None:
    """The change that declares the container at a line, counted from 0, to be bounded; None where no comment can."""
    return _commented(text, (line + 1, ""), BOUNDED, encoding)


def _commented(text: str, at: At, remark: Remark, encoding: Encoding) -> Edit | None:
    try:
        data, said = with_comments(encode(text), {at}, remark)
        # A mark that a client hands over is a character to it, and none to us.
        mark = MARK if text.startswith(MARK) else ""
        return _change(text, mark + decode(data), encoding) if said else None
    except (NoCommentError, DecodeError):
        return None


def _change(before: str, after: str, encoding: Encoding) -> Edit:
    """What makes one text of another."""
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    first, last = before[:start], before[: len(before) - end]
    span = (number for text in (first, last) for number in _place(text, encoding))
    return Edit(Span(*span), after[start : len(after) - end])


def _shared(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _place(text: str, encoding: Encoding) -> tuple[int, int]:
    """Where a client has the end of a text."""
    lines = split(text)
    if not lines or lines[-1].endswith("\n"):
        return len(lines), 0
    return len(lines) - 1, units(lines[-1], encoding)
