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


class Task(msgspec.Struct, frozen=True):
    """What is to be analysed: the project at root, or, alone, the one file that `texts` has.

    texts are those of open files, by absolute path; markdown says how hovers are written; jobs is the number of
    processes; anew asks for hovers even where the findings are known from the last run.
    """

    root: str
    texts: dict[str, str]
    alone: bool = False
    encoding: Encoding = "utf-16"
    markdown: bool = True
    jobs: int = 1
    anew: bool = False


class Related(msgspec.Struct, frozen=True):
    """A place that has a part in a finding: the file by absolute path, and one line for a person."""

    path: str
    span: Span
    text: str


class Report(msgspec.Struct, frozen=True):
    """A finding in one file; page is the absolute path of the text of its rule, growth whether it says that a container
    grows."""

    span: Span
    code: str
    name: str
    message: str
    advice: str
    confidence: Literal["low", "medium", "high"]
    page: str
    related: tuple[Related, ...]
    growth: bool


class Spot(msgspec.Struct, frozen=True):
    """Where a container is defined or grows in a file, and what is known of it."""

    span: Span
    text: str


class Answer(msgspec.Struct, frozen=True):
    """What was found.

    reports and spots are by the absolute path of the file, the latter None where nobody looked; notes are sentences
    about the run; problem is a sentence about what the user has to mend before there can be one, fault says what is
    wrong with us.
    """

    reports: dict[str, tuple[Report, ...]] = {}
    spots: dict[str, tuple[Spot, ...]] | None = None
    notes: tuple[str, ...] = ()
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
