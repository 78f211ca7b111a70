"""What every report needs: the shape of a reporter, how paths and sources are had, and safe text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from unbounded_lint.findings.finding import Finding, Place, Suppressed

TAB_WIDTH = 4
"""A tab in a snippet is drawn up to the next multiple of this many columns."""

_LINE_END = re.compile(r"\r\n|\r|\n")


class Totals(Protocol):
    """The counts of a run, as the runner gives them."""

    @property
    def files(self) -> int:
        """Files of the project."""

    @property
    def analysed(self) -> int:
        """Files that were read in full because they can touch a container."""

    @property
    def containers(self) -> int:
        """Long-lived containers found."""

    @property
    def by_code(self) -> Mapping[str, int]:
        """Findings per rule code."""

    @property
    def unparsed(self) -> int:
        """Files that could not be read or parsed."""


class View(msgspec.Struct, frozen=True):
    """How one report is to be shown.

    path turns a project-relative path into the one a reader at the current directory can use; repository into the one
    below the root of the repository, as services that show reports beside the code expect it, or an absolute one for
    what lies elsewhere; source gives the text of a project-relative path, or None where there is none to show;
    suppressed are the findings that are silenced, where the report is to tell of them too, else None.
    """

    path: Callable[[str], str]
    source: Callable[[str], str | None]
    color: bool = False
    statistics: bool = False
    repository: Callable[[str], str] = str
    suppressed: tuple[Suppressed, ...] | None = None


class Reporter(Protocol):
    """A report as a function; it does no output itself."""

    def __call__(self, findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
        """Give the report, one line at a time and without line ends."""


def printable(text: str) -> str:
    """Give text on one line and without control characters, which could command the reader's terminal."""
    if text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    if char in "\t\r\n":
        return " "
    if "\udc80" <= char <= "\udcff":  # a byte of a file name that does not decode (PEP 383)
        return f"\\x{ord(char) - 0xDC00:02x}"
    return repr(char)[1:-1] if unicodedata.category(char) in {"Cc", "Cs", "Cf", "Cn", "Co", "Zl", "Zp"} else char


def source_lines(text: str) -> list[str]:
    """Split text as Python counts lines: at CR, LF and CR LF only, never at a form feed."""
    return _LINE_END.split(text)


def display_width(text: str) -> int:
    """Give the number of terminal columns that text takes: wide characters two, combining ones none."""
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def draw(text: str) -> tuple[str, list[int]]:
    """Make a source line drawable: tabs become spaces, control characters escapes.

    Gives the drawn line and, for each character of text and for its end, the terminal column at which it starts.
    """
    drawn: list[str] = []
    columns = [0]
    for char in text:
        piece = " " * (TAB_WIDTH - columns[-1] % TAB_WIDTH) if char == "\t" else _visible(char)
        drawn.append(piece)
        columns.append(columns[-1] + display_width(piece))
    return "".join(drawn), columns


def counts(findings: Iterable[Finding]) -> list[tuple[int, str, str]]:
    """Count findings per rule: (count, code, name), the most frequent first."""
    counted = Counter((finding.code, finding.name) for finding in findings)
    return sorted(((count, code, name) for (code, name), count in counted.items()), key=lambda row: (-row[0], row[1]))


def statistics_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Give the table of counts: count, code and name, separated by tabs as ruff does."""
    rows = counts(findings)
    width = max((len(str(count)) for count, _, _ in rows), default=0)
    for count, code, name in rows:
        yield f"{count:>{width}}\t{code}\t{name}"


def where(place: Place, view: View) -> str:
    """Give `path:line:col` as a reader at the current directory can use it, on one line."""
    return f"{printable(view.path(place.path))}:{place.line}:{place.column}"


def place_data(place: Place, view: View) -> dict[str, Any]:
    """A place as plain data, with what it has to do with the thing that it belongs to."""
    return {
        "role": place.role,
        "path": view.path(place.path),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "text": place.text,
    }


def silenced(one: Suppressed) -> str:
    """Give the words that tell that a finding is silenced, and why."""
    by = "by a comment" if one.kind == "inSource" else "outside the sources"
    return f"{by}: {printable(one.justification)}" if one.justification else by


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """Order findings for a person: the most sure first, those about a file or a comment last."""
    return sorted(findings, key=lambda finding: (not finding.symbol, -finding.confidence.rank, -_probability(finding)))


def _probability(finding: Finding) -> float:
    """What is not a matter of probability comes first in its level."""
    return 1.0 if finding.probability is None else finding.probability


def json_text(data: object, *, compact: bool = False) -> str:
    """Give data as JSON, indented or on one line, without any control character."""
    text = json.dumps(data, separators=(",", ":")) if compact else json.dumps(data, indent=2)
    return text.replace("\x7f", "\\u007f")  # the one that stands in JSON as it is
