"""Where the nodes of Python's own tree lie in the text, counted in characters."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import Any

from unbounded_lint.facts.model import Span
from unbounded_lint.facts.scan import LINE_END

_BEHIND = re.compile(r"(?:[ \t\f\r\n]|\\(?=[\r\n])|#[^\r\n]*)*")
_SPACE = r"(?:[ \t\f]|\\(?:\r\n?|\n))+"
_NAME = re.compile(rf"(?:async{_SPACE})?(?:def|class){_SPACE}(\w+)")
_HEAD = frozenset("()[],*/")
_LINES = tuple(range(10_000))
"""Each number of a line is one object, however many places are in such a line."""


class Places:
    """The text of a file and its lines.

    Python counts columns in bytes of UTF-8 from 0 and leaves out the brackets around an expression.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_ascii = text.isascii()

    @cached_property
    def starts(self) -> list[int]:
        """The offset of each line."""
        return [0, *(match.end() for match in LINE_END.finditer(self.text))]

    def whole(self) -> Span:
        """The place of the whole text."""
        return Span(1, 1, len(self.starts), len(self.text) - self.starts[-1] + 1)

    def span(self, node: Any) -> Span:
        """The place of a node."""
        line, end_line = node.lineno, node.end_lineno
        column = node.col_offset if self.is_ascii else self._column(line, node.col_offset)
        end = node.end_col_offset if self.is_ascii else self._column(end_line, node.end_col_offset)
        first = _LINES[line] if line < len(_LINES) else line
        last = first if end_line == line else _LINES[end_line] if end_line < len(_LINES) else end_line
        return Span(first, column + 1, last, end + 1)

    def between(self, start: int, end: int) -> Span:
        """The place from one offset to another."""
        first, last = self._line(start), self._line(end)
        return Span(first, start - self.starts[first - 1] + 1, last, end - self.starts[last - 1] + 1)

    def written(self, node: Any) -> str:
        """The text of a node."""
        return self.text[self.start(node) : self.end(node)]

    def start(self, node: Any) -> int:
        """The offset where a node begins."""
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: Any) -> int:
        """The offset behind a node."""
        return self._offset(node.end_lineno, node.end_col_offset)

    def head_end(self, offset: int) -> int:
        """The end of what stands before the colon that comes next: behind the last bracket, comma, star or slash, or
        the offset itself."""
        if self.text[offset] == ":":
            return offset
        return self._head(offset)[0]

    def colon(self, offset: int) -> int:
        """The offset of the colon that comes next, brackets, commas, stars and slashes passed over."""
        return self._head(offset)[1]

    def _head(self, offset: int) -> tuple[int, int]:
        end = offset
        while True:
            offset = self.after(offset)
            if self.text[offset] == ":":
                return end, offset
            if self.text[offset] not in _HEAD:
                raise IndexError(offset)
            offset += 1
            end = offset

    def closed(self, opened: int, start: int, end: int) -> int:
        """The end of an expression with the brackets around it, which open between two offsets."""
        for _ in range(self.text.count("(", opened, start)):
            end = self.after(end) + 1
        return end

    def name(self, node: Any) -> tuple[int, int]:
        """Where the name of a definition begins and ends."""
        match = _NAME.match(self.text, self.start(node))
        if match is None:
            raise IndexError(node.lineno)
        return match.span(1)

    def after(self, offset: int) -> int:
        """The offset of the next character that is neither space nor comment."""
        return _BEHIND.match(self.text, offset).end()  # type: ignore[union-attr]

    def _offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + (column if self.is_ascii else self._column(line, column))

    def _column(self, line: int, column: int) -> int:
        """The characters before a column that counts bytes."""
        start = self.starts[line - 1]
        piece = self.text[start : start + column]
        return column if piece.isascii() else len(piece.encode()[:column].decode())

    def _line(self, offset: int) -> int:
        return bisect_right(self.starts, offset)


class Fragment(Places):
    """Places in an expression of a file that is parsed alone, in brackets; `at` is where it begins in the file."""

    def __init__(self, text: str, at: Span) -> None:
        super().__init__(text)
        self.line = at.line - 1
        self.column = at.column - 1 - len("(")

    def span(self, node: Any) -> Span:
        return self._moved(super().span(node))

    def between(self, start: int, end: int) -> Span:
        return self._moved(super().between(start, end))

    def _moved(self, span: Span) -> Span:
        return Span(
            span.line + self.line,
            span.column + (self.column if span.line == 1 else 0),
            span.end_line + self.line,
            span.end_column + (self.column if span.end_line == 1 else 0),
        )


class Fixed(Places):
    """One place for all that is found in a text."""

    def __init__(self, text: str, place: Span) -> None:
        super().__init__(text)
        self.place = place

    def span(self, node: Any) -> Span:
        return self.place

    def between(self, start: int, end: int) -> Span:
        return self.place
