"""What the language server asks the process that analyses, and what it is answered: plain data, in frames."""

from __future__ import annotations

import struct
from typing import Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

Encoding: TypeAlias = Literal["utf-8", "utf-16", "utf-32"]
"""What a client counts the characters of a line in."""

_T = TypeVar("_T")
_LENGTH = struct.Struct(">I")
LENGTH_BYTES = _LENGTH.size


class Span(NamedTuple):
    """A range as clients count: lines from 0, characters in the units of their encoding from 0, the end exclusive."""

    line: int
    character: int
    end_line: int
    end_character: int


class Subject(NamedTuple):
    """What tells one finding from another, wherever they are."""

    code: str
    symbol: str


class Task(msgspec.Struct, frozen=True):
    """What is to be analysed: the project at root, or, alone, the one file that `texts` has.

    texts are those of open files, by absolute path; markdown says how hovers are written; jobs is the number of
    processes; anew asks for hovers even where the findings are known from the last run; repair asks for nothing but how
    one finding can be repaired.
    """

    root: str
    texts: dict[str, str]
    alone: bool = False
    encoding: Encoding = "utf-16"
    markdown: bool = True
    jobs: int = 1
    anew: bool = False
    repair: Subject | None = None


class Related(msgspec.Struct, frozen=True):
    """A place that has a part in a finding: the file by absolute path, and one line for a person."""

    path: str
    span: Span
    text: str


class Report(msgspec.Struct, frozen=True):
    """A finding in one file; page is the absolute path of the text of its rule, growth whether it says that a container
    grows, repairable whether there are ways to repair what its rule reports."""

    span: Span
    code: str
    name: str
    message: str
    advice: str
    confidence: Literal["low", "medium", "high"]
    page: str
    related: tuple[Related, ...]
    growth: bool
    symbol: str
    repairable: bool

    @property
    def subject(self) -> Subject:
        """Which finding it is."""
        return Subject(self.code, self.symbol)


class Spot(msgspec.Struct, frozen=True):
    """Where a container is defined or grows in a file, and what is known of it."""

    span: Span
    text: str


class Change(msgspec.Struct, frozen=True):
    """A span of a file is replaced by a text."""

    span: Span
    text: str


class Repair(msgspec.Struct, frozen=True):
    """How a finding can be repaired: on one line what is done and what that assumes, and the changes of files by
    absolute path; without changes refused says in one clause why not."""

    told: str = ""
    changes: dict[str, tuple[Change, ...]] = {}
    refused: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What was found.

    reports and spots are by the absolute path of the file, the latter None where nobody looked; notes are sentences
    about the run; repair is the one that was asked for; problem is a sentence about what the user has to mend before
    there can be an answer, fault says what is wrong with us.
    """

    reports: dict[str, tuple[Report, ...]] = {}
    spots: dict[str, tuple[Spot, ...]] | None = None
    notes: tuple[str, ...] = ()
    repair: Repair | None = None
    problem: str = ""
    fault: str = ""


def framed(message: Task | Answer) -> bytes:
    """A message with its length before it."""
    data = msgspec.msgpack.encode(message)
    return _LENGTH.pack(len(data)) + data


def length(head: bytes) -> int:
    """The number of bytes of the message that follows."""
    found: int = _LENGTH.unpack(head)[0]
    return found


def message(data: bytes, kind: type[_T]) -> _T:
    """The message in these bytes; raises `msgspec.DecodeError` for what is none."""
    return msgspec.msgpack.decode(data, type=kind)
