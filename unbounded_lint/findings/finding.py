"""What is reported: a finding, its places and its confidence."""

from __future__ import annotations

import enum
import hashlib
from typing import Literal

import msgspec

from unbounded_lint.findings.evidence import Evidence


class Confidence(enum.Enum):
    """How sure a finding is; ordered, low < medium < high."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0, 1 or 2."""
        return ("low", "medium", "high").index(self.value)


class Place(msgspec.Struct, frozen=True, order=True):
    """A place in a file, with the part it plays.

    path is posix and relative to the project root; lines and columns are 1-based, counted in characters, ends
    exclusive; role is definition, event (where a run comes in), insert, removal, sweep, timer, guard, call, exit
    (where a run leaves its entry behind) or companion; text one line for a person.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    role: str = "definition"
    text: str = ""


class Edit(msgspec.Struct, frozen=True, order=True):
    """A piece of a file to be replaced by a text; lines and columns as in `Place`."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Fix(msgspec.Struct, frozen=True):
    """How a finding can be repaired.

    message says in one sentence what is done, assumes what must hold for that to be right; the edits do not overlap and
    are all of one repair. Every one is unsafe: it changes what the program does.
    """

    message: str
    assumes: str
    edits: tuple[Edit, ...]
    applicability: str = "unsafe"

    @property
    def told(self) -> str:
        """What is done, with what that assumes, on one line for a person."""
        return f"{self.message}; this assumes that {self.assumes}"


class Finding(msgspec.Struct, frozen=True):
    """One report about one container (or file, for UBM9xx).

    symbol is "pkg.mod:NAME" or "pkg.mod:Class.attr", empty where a finding is about a file; message one sentence;
    advice one action for the `help:` line or empty; reasons the chain of evidence behind the confidence, in words;
    evidence what is known about the container's growth, as data (None where a finding is not about that); probability
    how probable it is that the finding is right, from 0 to 1 (None where its confidence rests on the rule's own
    evidence); fix how it can be repaired, only where that was asked for.
    """

    code: str
    name: str
    message: str
    place: Place
    symbol: str
    confidence: Confidence
    related: tuple[Place, ...] = ()
    advice: str = ""
    reasons: tuple[str, ...] = ()
    evidence: Evidence | None = None
    probability: float | None = None
    fix: Fix | None = None

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stay the same when lines move: made of the code and the symbol (or path and message)."""
        identity = self.symbol or f"{self.place.path}\0{self.message}"
        whole = f"{self.code}\0{identity}".encode("utf-8", "surrogatepass")  # a path need not be text
        return hashlib.blake2b(whole, digest_size=8).hexdigest()

    @property
    def sort_key(self) -> tuple[str, int, int, str, str, str]:
        """The order of every output: path, line, column, code, symbol, message."""
        return (self.place.path, self.place.line, self.place.column, self.code, self.symbol, self.message)


class Suppressed(msgspec.Struct, frozen=True):
    """A finding that is not reported.

    kind is inSource where a comment silences it, external where something outside the sources does, such as a baseline;
    justification is the reason that is given there, or empty.
    """

    finding: Finding
    kind: Literal["inSource", "external"]
    justification: str = ""
