"""Suppressions: which findings the comments of a file silence.

`# noqa` is read exactly as flake8 reads it, so that the command and the plugin agree: the first one of a line counts
for all lines that a multi-line string or a backslash joins to it. Our own `# ubm: ignore[UBM101] reason` covers the
whole statement it stands in, or, on a line of its own, the next one.
"""

from __future__ import annotations

import bisect
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Literal

import msgspec

_NOQA = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_OWN = re.compile(r"#\s*ubm:\s*ignore(?![\w\-])(?P<bracket>\s*\[(?P<codes>[^\]]*)(?P<closed>\]?))?(?P<reason>[^#]*)")
_WIDE = 100
_SEPARATOR = re.compile(r"[,\s]+")

_Lines = Sequence[str]
_Ranges = tuple[tuple[int, int], ...]


class Directive(msgspec.Struct, frozen=True):
    """One comment that suppresses.

    kind     "noqa", "ubm", or "file" for `# flake8: noqa`
    line     1-based line of the comment
    codes    codes or prefixes of codes, as written; empty for a blanket one
    first, last   the lines it covers, both included
    reason   what stands behind a `ubm: ignore`, as written
    """

    kind: Literal["noqa", "ubm", "file"]
    line: int
    codes: tuple[str, ...]
    first: int
    last: int
    reason: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it covers more lines than an index of each is worth: a whole file, a very long statement."""
        return self.last - self.first > _WIDE

    def covers(self, code: str, line: int) -> bool:
        """Whether it silences `code` reported at the 1-based `line`."""
        return self.first <= line <= self.last and (not self.codes or code.startswith(self.codes))


class Suppressions(msgspec.Struct, frozen=True, dict=True):
    """All directives of one file, ordered by line."""

    directives: tuple[Directive, ...] = ()

    def covers(self, code: str, line: int, *, noqa: bool = True) -> bool:
        """Whether any directive silences `code` reported at the 1-based `line`.

        Without `noqa` only our own directives count: under flake8, it is flake8 that applies the others.
        """
        return any(noqa or directive.kind == "ubm" for directive in self.covering(code, line))

    def covering(self, code: str, line: int) -> Iterator[Directive]:
        """The directives that silence `code` at `line`: those of them that never turn up here are unused."""
        near = chain(self._by_line.get(line, ()), self._wide)
        return (directive for directive in near if directive.covers(code, line))

    @cached_property
    def _by_line(self) -> Mapping[int, Sequence[Directive]]:
        """Line -> the directives that cover it, the wide ones left out."""
        found: dict[int, list[Directive]] = {}
        for directive in self.directives:
            if not directive.is_wide:
                for line in range(directive.first, directive.last + 1):
                    found.setdefault(line, []).append(directive)
        return found

    @cached_property
    def _wide(self) -> Sequence[Directive]:
        return [directive for directive in self.directives if directive.is_wide]


class _Layout(msgspec.Struct, frozen=True):
    """Line ranges of a file, both ends included and in order.

    joined      as flake8 joins lines: by multi-line strings and backslashes; empty when the file cannot be tokenised
    statements  whole logical lines
    comments    every comment as (line, text), None when the file cannot be tokenised
    """

    joined: _Ranges
    statements: _Ranges
    comments: tuple[tuple[int, str], ...] | None


def suppressions(text: str) -> Suppressions:
    """Read the suppressions of a file's text; a text that cannot be tokenised is read line by line."""
    lowered = text.lower()
    has_noqa = "noqa" in lowered
    has_own = "ubm:" in lowered
    if not (has_noqa or has_own):
        return Suppressions()
    lines = _split(text)
    layout = _layout(lines)
    found: list[Directive] = []
    if has_noqa:
        found += _file_level(lines)
        found += _noqa(lines, layout)
    if has_own:
        found += _own(lines, layout)
    return Suppressions(tuple(sorted(found, key=lambda directive: (directive.line, directive.kind, directive.first))))


def _split(text: str) -> list[str]:
    """Physical lines with their ends as "\\n", as Python counts them (`str.splitlines` knows more line ends)."""
    lines = [f"{line}\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    if lines[-1] == "\n":
        lines.pop()
    elif lines:
        lines[-1] = lines[-1][:-1]
    return lines


def _layout(lines: _Lines) -> _Layout:
    try:
        return _tokenised(lines)
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        return _Layout(joined=(), statements=(), comments=None)


def _tokenised(lines: _Lines) -> _Layout:
    joined: list[tuple[int, int]] = []
    statements: list[tuple[int, int]] = []
    comments: list[tuple[int, str]] = []
    first_joined = first_statement = 0
    line_iter = iter(lines)
    for token in tokenize.generate_tokens(lambda: next(line_iter, "")):
        if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
            continue
        first_joined = first_joined or token.start[0]
        if token.type == tokenize.COMMENT:
            comments.append((token.start[0], token.string))
        elif token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT):
            first_statement = first_statement or token.start[0]
        if token.type in (tokenize.NL, tokenize.NEWLINE):
            joined.append((first_joined, token.end[0]))
            first_joined = 0
        if token.type == tokenize.NEWLINE and first_statement:
            statements.append((first_statement, token.end[0]))
            first_statement = 0
    return _Layout(joined=tuple(joined), statements=tuple(statements), comments=tuple(comments))


def _file_level(lines: _Lines) -> Iterator[Directive]:
    for number, line in enumerate(lines, 1):
        found = _NOQA_FILE.match(line)
        if found:
            yield Directive("file", number, _codes(found["codes"]), 1, len(lines) + 1)


def _noqa(lines: _Lines, layout: _Layout) -> Iterator[Directive]:
    done = 0
    for number, line in enumerate(lines, 1):
        if number <= done or "noqa" not in line.lower():
            continue
        first, last = _range_around(number, layout.joined) or (number, number)
        joined = "".join(lines[first - 1 : last])
        found = _NOQA.search(joined)
        if found:
            yield Directive("noqa", first + joined.count("\n", 0, found.start()), _codes(found["codes"]), first, last)
        done = last


def _own(lines: _Lines, layout: _Layout) -> Iterator[Directive]:
    comments = layout.comments
    if comments is None:
        comments = tuple((number, line[line.index("#") :]) for number, line in enumerate(lines, 1) if "#" in line)
    for number, comment in comments:
        for found in _OWN.finditer(comment):
            codes = _codes(found["codes"])
            if found["bracket"] and not (found["closed"] and codes):
                continue
            first, last = _own_range(number, lines[number - 1].lstrip().startswith("#"), layout.statements)
            yield Directive("ubm", number, codes, first, last, found["reason"].strip())


def _own_range(number: int, on_own_line: bool, statements: _Ranges) -> tuple[int, int]:
    """The lines that an own directive at line `number` covers."""
    around = _range_around(number, statements)
    if around is None and on_own_line:
        following = bisect.bisect_right(statements, (number, number))
        around = statements[following] if following < len(statements) else None
    return (min(number, around[0]), around[1]) if around else (number, number)


def _range_around(number: int, ranges: _Ranges) -> tuple[int, int] | None:
    index = bisect.bisect_right(ranges, number, key=lambda lines: lines[0]) - 1
    if index >= 0 and ranges[index][1] >= number:
        return ranges[index]
    return None


def _codes(written: str | None) -> tuple[str, ...]:
    return tuple(code for code in _SEPARATOR.split(written) if code) if written else ()
