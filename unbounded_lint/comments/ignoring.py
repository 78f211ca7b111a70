"""Comments that ignore findings, written into the source files that they are about.

Nothing but comments changes: a file whose tokens would be others afterwards is left as it was. Lines that get no
comment keep their bytes, whatever the encoding and the line ends of the file.
"""

from __future__ import annotations

import codecs
import os
import re
import tokenize
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from unbounded_lint.comments.directives import Directive
from unbounded_lint.comments.layout import Lines, around, layout_of, split
from unbounded_lint.comments.suppress import Suppressions, suppressions
from unbounded_lint.disk.reading import SOURCE_LIMIT, read_regular
from unbounded_lint.disk.writing import write_whole
from unbounded_lint.errors import UserError, clause
from unbounded_lint.files.discovery import ProjectFiles
from unbounded_lint.files.source import DecodeError, decode, encoding_of
from unbounded_lint.findings.finding import Finding

WIDEST = 120
"""Columns from which on a comment goes to a line of its own."""

NEVER_IGNORED = frozenset({"UBM900"})
"""A fault of this program."""

_TAB = 8
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|\Z)")
_WRITTEN = re.compile(r"#\s*ubm:\s*ignore\s*\[(?P<codes>[^\[\]]*)\]")
_INDENT = re.compile(r"[ \t\f]*")

_Range: TypeAlias = tuple[int, int]
_At: TypeAlias = tuple[int, str]


class Ignored(NamedTuple):
    """What became of findings: the count of those that comments ignore now by file, the others, and by file why these
    are left."""

    counts: Mapping[str, int]
    left: tuple[Finding, ...]
    reasons: Mapping[str, str]


class CannotIgnoreError(Exception):
    """A file that is left as it is; says why, as a clause."""


class _Line(NamedTuple):
    """A physical line: its bytes without and as its end."""

    content: bytes
    end: bytes


class _Text(NamedTuple):
    """A file taken apart; open are the lines at whose end a comment may stand."""

    mark: bytes
    encoding: str
    raw: Sequence[_Line]
    lines: Lines
    statements: tuple[_Range, ...]
    open: frozenset[int]
    said: Suppressions


class _Plan(NamedTuple):
    """The codes to write: into a comment that is there, behind a line, and above one."""

    into: dict[Directive, set[str]]
    behind: dict[int, set[str]]
    above: dict[int, set[str]]


def checked_reason(reason: str) -> str:
    """The reason as comments will give it. Raises `UserError` for one that they cannot."""
    plain = " ".join(reason.split())
    said = suppressions(f"x = 1  # ubm: ignore[UBM101] {plain}\n")
    read = [one.reason for one in said.directives] if not (said.malformed or said.declarations) else []
    if not plain or not plain.isprintable() or read != [plain]:
        raise UserError("--add-ignore takes a reason in words, without `#` but for numbers as in #12; give one")
    return plain


def ignore(project: ProjectFiles, findings: Iterable[Finding], reason: str) -> Ignored:
    """Write comments with a reason into the files of a project that findings are about. Raises `UserError` where one
    cannot be written."""
    sources = {file.path for file in project.files}
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.place.path, []).append(finding)
    counts: dict[str, int] = {}
    left: list[Finding] = []
    reasons: dict[str, str] = {}
    for path, about in sorted(by_path.items()):
        wanted = {(one.place.line, one.code) for one in about if one.code not in NEVER_IGNORED}
        try:
            if path not in sources:
                raise CannotIgnoreError("it is no Python file of the project")
            done = _ignore_in(project.root, path, wanted, reason)
        except CannotIgnoreError as error:
            done, reasons[path] = frozenset(), str(error)
        rest = [one for one in about if (one.place.line, one.code) not in done]
        left += rest
        if len(rest) < len(about):
            counts[path] = len(about) - len(rest)
        if rest:
            ours = all(one.code in NEVER_IGNORED for one in rest)
            reasons.setdefault(path, "it is a fault of this program" if ours else "no comment can stand there")
    return Ignored(counts, tuple(left), reasons)


def _ignore_in(root: Path, path: str, wanted: Iterable[_At], reason: str) -> frozenset[_At]:
    """Write the comments into one file; gives what is ignored now."""
    place = os.path.join(root, path)
    if os.path.realpath(place) != os.path.join(os.path.realpath(root), *path.split("/")):
        raise CannotIgnoreError("it is reached by a symbolic link")
    try:
        data = read_regular(place, SOURCE_LIMIT, follow=False)
    except (OSError, ValueError):
        raise CannotIgnoreError("it cannot be read") from None
    new, done = with_comments(data, wanted, reason)
    if new != data:
        try:
            write_whole(place, new)
        except OSError as error:
            raise UserError(f"{place} cannot be written: {clause(error)}") from None
    return done


def with_comments(data: bytes, wanted: Iterable[_At], reason: str) -> tuple[bytes, frozenset[_At]]:
    """The bytes of a source file with comments that ignore codes at lines as far as they can, and for which they do.
    Raises `CannotIgnoreError` for a file that is no text, cannot be taken apart, or has no letters for the reason."""
    text = _text(data)
    wanted = sorted((line, code) for line, code in wanted if line <= len(text.lines))
    if not wanted:
        return data, frozenset()
    plan = _plan(text, wanted, frozenset())
    new, done = _written(text, plan, reason, wanted)
    missed = frozenset(line for line, code in wanted if (line, code) not in done)
    if missed:
        # What stands in a comment may swallow all that follows in it.
        new, done = _written(text, _plan(text, wanted, missed), reason, wanted)
    if len(done) < len(wanted):
        # A comment that silences nothing is not worth writing.
        new, done = _written(text, _plan(text, sorted(done), missed), reason, done)
    return (new, done) if done else (data, done)


def _text(data: bytes) -> _Text:
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        lines = split(decode(data))
    except DecodeError:
        raise CannotIgnoreError("it is no Python text") from None
    layout = layout_of(lines)
    raw = [_Line(*found.groups()) for found in _LINE.finditer(data, len(mark)) if found[0]]
    if layout.comments is None or len(raw) != len(lines):
        raise CannotIgnoreError("it cannot be taken apart into tokens")
    said = suppressions("".join(lines))
    return _Text(mark, encoding_of(data), raw, lines, layout.statements, _open_ends(lines), said)


def _tokens(lines: Lines) -> Iterator[tokenize.TokenInfo]:
    following = iter(lines)
    return tokenize.generate_tokens(lambda: next(following, ""))


def _open_ends(lines: Lines) -> frozenset[int]:
    """The lines whose end is one to Python, and not within a string; in what an f-string computes, some versions of
    Python know no comments."""
    ends: set[int] = set()
    depth = 0
    for token in _tokens(lines):
        name = tokenize.tok_name[token.type]
        depth += name.endswith("STRING_START") - name.endswith("STRING_END")
        if token.type in (tokenize.NL, tokenize.NEWLINE) and not depth:
            ends.add(token.start[0])
    return frozenset(ends)


# --- where the comments go -------------------------------------------------------------------------------------------


def _plan(text: _Text, wanted: Iterable[_At], apart: frozenset[int]) -> _Plan:
    """Where the codes are written for each line; `apart` are lines whose comment is to stand on a line of its own."""
    plan = _Plan({}, {}, {})
    homes: dict[_Range, int] = {}
    for line, code in wanted:
        statement = around(line, text.statements) or (line, line)
        known = _directive(text, line) if line not in apart else None
        if known is not None:
            plan.into.setdefault(known, set()).add(code)
        elif home := homes.setdefault(statement, line if line in text.open - apart else 0):
            plan.behind.setdefault(home, set()).add(code)
        else:
            plan.above.setdefault(statement[0], set()).add(code)
    return plan


def _directive(text: _Text, line: int) -> Directive | None:
    """A comment that ignores something at a line, and that more codes can be written into."""
    for one in text.said.directives:
        if one.kind == "ubm" and one.codes and one.column and one.first <= line <= one.last:
            if _WRITTEN.match(text.lines[one.line - 1], one.column - 1):
                return one
    return None


def _written(text: _Text, plan: _Plan, reason: str, wanted: Iterable[_At]) -> tuple[bytes, frozenset[_At]]:
    """The bytes of a file by a plan, and what is ignored then; nothing where more than comments would be others."""
    changed = {number: line.rstrip("\n") for number, line in enumerate(text.lines, 1) if number in _touched(plan)}
    for directive, codes in sorted(plan.into.items(), key=lambda item: (item[0].line, -item[0].column)):
        changed[directive.line] = _merged(changed[directive.line], directive, codes, reason)
    above = {line: set(codes) for line, codes in plan.above.items()}
    for line, codes in plan.behind.items():
        longer = _behind(changed[line], codes, reason)
        statement = around(line, text.statements)
        if statement is not None and len(longer.expandtabs(_TAB)) > WIDEST:
            above.setdefault(statement[0], set()).update(codes)
        else:
            changed[line] = longer
    new = text.mark + b"".join(_rendered(text, changed, above, reason))
    return new, _ignored(text, new, wanted, lambda line: line + sum(first <= line for first in above))


def _touched(plan: _Plan) -> set[int]:
    return {directive.line for directive in plan.into} | set(plan.behind)


def _merged(line: str, directive: Directive, codes: set[str], reason: str) -> str:
    found = _WRITTEN.match(line, directive.column - 1)
    assert found is not None
    more = "".join(f", {code}" for code in sorted(codes))
    why = "" if directive.reason else f" {reason}"
    return line[: found.end("codes")].rstrip() + more + "]" + why + line[found.end() :]


def _behind(line: str, codes: set[str], reason: str) -> str:
    bare = line.rstrip()
    return f"{bare}{'  ' if bare else ''}{comment(codes, reason)}"


def comment(codes: Collection[str], reason: str) -> str:
    """The comment that ignores rules."""
    return f"# ubm: ignore[{', '.join(sorted(codes))}] {reason}"


def _rendered(text: _Text, changed: Mapping[int, str], above: Mapping[int, set[str]], reason: str) -> Iterator[bytes]:
    usual = next((line.end for line in text.raw if line.end), b"\n")
    for number, (raw, line) in enumerate(zip(text.raw, text.lines, strict=True), 1):
        if number in above:
            indent = _INDENT.match(line)
            assert indent is not None
            written = indent[0].replace("\f", "") + comment(above[number], reason)
            yield _encoded(text, written) + (raw.end or usual)
        if number in changed:
            if _encoded(text, line.rstrip("\n")) != raw.content:
                raise CannotIgnoreError(f"its encoding {text.encoding} cannot be written as it was")
            yield _encoded(text, changed[number]) + raw.end
        else:
            yield raw.content + raw.end


def _encoded(text: _Text, line: str) -> bytes:
    try:
        return line.encode(text.encoding)
    except (UnicodeError, LookupError):
        raise CannotIgnoreError(f"its encoding {text.encoding} has no letters for the reason") from None


def _ignored(text: _Text, new: bytes, wanted: Iterable[_At], moved: Callable[[int], int]) -> frozenset[_At]:
    """What the comments of the new bytes ignore of what is wanted: nothing where anything else has changed."""
    try:
        lines = split(decode(new))
        if encoding_of(new) != text.encoding or _meaning(lines) != _meaning(text.lines):
            return frozenset()
    except (DecodeError, tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    said = suppressions("".join(lines))
    return frozenset((line, code) for line, code in wanted if said.covers(code, moved(line), noqa=False))


def _meaning(lines: Lines) -> list[tuple[int, str]]:
    """The tokens that mean something to Python."""
    passed = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE)
    return [
        (token.type, "" if token.type in passed else token.string)
        for token in _tokens(lines)
        if token.type not in passed[:2]
    ]
