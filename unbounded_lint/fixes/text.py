"""The text of a file, its places as offsets, and changes to it that leave every other byte alone."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from unbounded_lint.files.source import DecodeError, decode, encoding_of
from unbounded_lint.findings.finding import Edit
from unbounded_lint.fixes.refused import Refused

_LINE_END = re.compile(r"\r\n|\r|\n")


class Change(NamedTuple):
    """The characters from start to end of a file are replaced by a text, whose lines end in LF."""

    path: str
    start: int
    end: int
    text: str


class Text:
    """A decoded file. Raises `Refused` for bytes that could not be written back as they are."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self._mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        try:
            self.text = decode(data)
            self._encoding = encoding_of(data)
            same = self._mark + self.text.encode(self._encoding) == data
        except (DecodeError, UnicodeError) as error:
            raise Refused(f"`{path}` cannot be written in the encoding it is read in") from error
        if not same:
            raise Refused(f"`{path}` cannot be written back byte by byte in its encoding")

    @cached_property
    def _starts(self) -> Sequence[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def newline(self) -> str:
        """What most lines end in."""
        found = _LINE_END.findall(self.text)
        return max(("\n", "\r\n", "\r"), key=found.count)

    def offset(self, line: int, column: int) -> int:
        """The offset of a 1-based line and column."""
        starts = self._starts
        return min(starts[min(line, len(starts)) - 1] + column - 1, len(self.text))

    def place(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self._starts)

    def line(self, number: int) -> str:
        """A line by its number, without its end."""
        start = self._starts[number - 1]
        return self.text[start : self.line_end(start)]

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self._starts[bisect_right(self._starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, before its line end."""
        found = _LINE_END.search(self.text, offset)
        return found.start() if found else len(self.text)

    def next_line(self, offset: int) -> int:
        """Where the line below that of an offset begins; the end of the text, where there is none."""
        found = _LINE_END.search(self.text, offset)
        return found.end() if found else len(self.text)

    def indent(self, offset: int) -> str:
        """The white space before the first word of the line of an offset."""
        start = self.line_start(offset)
        found = re.match(r"[ \t\f]*", self.text[start:])
        return found.group() if found else ""

    def edits(self, changes: Iterable[Change]) -> Iterator[Edit]:
        """Changes as others are told of them: those that touch are one, since who makes them could not tell which comes
        first."""
        joined: list[Change] = []
        for change in in_order(changes):
            if joined and joined[-1].end == change.start:
                joined[-1] = Change(self.path, joined[-1].start, change.end, joined[-1].text + change.text)
            else:
                joined.append(change)
        for change in joined:
            text = change.text.replace("\n", self.newline)
            yield Edit(self.path, *self.place(change.start), *self.place(change.end), text)

    def changed(self, changes: Iterable[Change]) -> bytes:
        """The bytes of the file with all of these changes made. Raises `Refused` for some that overlap, or that its
        encoding cannot hold."""
        pieces, at = [], 0
        for change in in_order(changes):
            if change.start < at:
                raise Refused(f"two changes of `{self.path}` concern the same text")
            pieces += [self.text[at : change.start], change.text.replace("\n", self.newline)]
            at = change.end
        try:
            return self._mark + "".join([*pieces, self.text[at:]]).encode(self._encoding)
        except UnicodeError as error:
            raise Refused(f"the encoding of `{self.path}` cannot hold the text of the repair") from error


def in_order(changes: Iterable[Change]) -> Sequence[Change]:
    """Each change once, in the order of the text; those at one place as they were given."""
    return sorted(dict.fromkeys(changes), key=lambda change: (change.start, change.end))
