"""Comments put into the text of a source file.

Nothing but comments changes: a file whose tokens would be others afterwards is left as it was. Lines that get no
comment keep their bytes, whatever the encoding and the line ends of the file.
"""

from __future__ import annotations

import codecs
import re
import tokenize
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.comments.directives import Directive
from unbounded_lint.comments.layout import Lines, around, layout_of, split
from unbounded_lint.comments.suppress import Suppressions, suppressions
from unbounded_lint.files.source import DecodeError, decode, encoding_of

WIDEST = 120
"""Columns from which on a comment goes to a line of its own."""

_TAB = 8
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|\Z)")
_WRITTEN = re.compile(r"#\s*ubm:\s*ignore\s*\[(?P<codes>[^\[\]]*)\]")
_INDENT = re.compile(r"[ \t\f]*")

At: TypeAlias = tuple[int, str]
"""A line that a comment is to be about, and the code that it is to ignore there, "" for a declaration."""

_Range: TypeAlias = tuple[int, int]


class NoCommentError(Exception):
    """A file that is left as it is; says why, as a clause."""


class Remark(NamedTuple):
    """What comments are to say, with what reason: that codes are ignored, or that a container is bounded."""

    word: Literal["ignore", "bounded"]
    reason: str

    def comment(self, codes: Collection[str] = ()) -> str:
        """The comment, for these codes where it ignores some."""
        if self.word == "ignore":
            return f"# ubm: ignore[{', '.join(sorted(codes))}] {self.reason}"
        return f"# ubm: {self.word}({self.reason})"

    def is_said(self, said: Suppressions, line: int, code: str) -> bool:
        """Whether what the comments of a file say has it at a line."""
        if self.word == "ignore":
            return said.covers(code, line, noqa=False)
        return any(one.kind == self.word and one.first <= line <= one.last for one in said.declarations)


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


def with_comments(data: bytes, wanted: Iterable[At], remark: Remark) -> tuple[bytes, frozenset[At]]:
    """The bytes of a source file with comments about lines as far as there can be any, and what of it they say; those
    that declare something are about the statement at a line. Raises `NoCommentError` for a file that is no text, cannot
    be taken apart, or has no letters for the reason."""
    text = _text(data)
    wanted = sorted((line, code) for line, code in wanted if _may_stand(text, line, remark))
    if not wanted:
        return data, frozenset()
    new, done = _written(text, _plan(text, wanted, frozenset(), remark), remark, wanted)
    missed = frozenset(line for line, code in wanted if (line, code) not in done)
    if missed:
        # What stands in a comment may swallow all that follows in it.
        new, done = _written(text, _plan(text, wanted, missed, remark), remark, wanted)
    if len(done) < len(wanted):
        # A comment that silences nothing is not worth writing.
        new, done = _written(text, _plan(text, sorted(done), missed, remark), remark, done)
    return (new, done) if done else (data, done)


def _may_stand(text: _Text, line: int, remark: Remark) -> bool:
    return line <= len(text.lines) and (remark.word == "ignore" or around(line, text.statements) is not None)


def _text(data: bytes) -> _Text:
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        lines = split(decode(data))
    except DecodeError:
        raise NoCommentError("it is no Python text") from None
    layout = layout_of(lines)
    raw = [_Line(*found.groups()) for found in _LINE.finditer(data, len(mark)) if found[0]]
    if layout.comments is None or len(raw) != len(lines):
        raise NoCommentError("it cannot be taken apart into tokens")
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


def _plan(text: _Text, wanted: Iterable[At], apart: frozenset[int], remark: Remark) -> _Plan:
    """Where the codes are written for each line; `apart` are lines whose comment is to stand on a line of its own."""
    plan = _Plan({}, {}, {})
    homes: dict[_Range, int] = {}
    for line, code in wanted:
        statement = around(line, text.statements) or (line, line)
        known = _directive(text, line) if remark.word == "ignore" and line not in apart else None
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


def _written(text: _Text, plan: _Plan, remark: Remark, wanted: Iterable[At]) -> tuple[bytes, frozenset[At]]:
    """The bytes of a file by a plan, and what is said then; nothing where more than comments would be others."""
    changed = {number: line.rstrip("\n") for number, line in enumerate(text.lines, 1) if number in _touched(plan)}
    for directive, codes in sorted(plan.into.items(), key=lambda item: (item[0].line, -item[0].column)):
        changed[directive.line] = _merged(changed[directive.line], directive, codes, remark)
    above = {line: set(codes) for line, codes in plan.above.items()}
    for line, codes in plan.behind.items():
        longer = _behind(changed[line], remark.comment(codes))
        statement = around(line, text.statements)
        if statement is not None and len(longer.expandtabs(_TAB)) > WIDEST:
            above.setdefault(statement[0], set()).update(codes)
        else:
            changed[line] = longer
    new = text.mark + b"".join(_rendered(text, changed, above, remark))
    return new, _said(text, new, wanted, remark, lambda line: line + sum(first <= line for first in above))


def _touched(plan: _Plan) -> set[int]:
    return {directive.line for directive in plan.into} | set(plan.behind)


def _merged(line: str, directive: Directive, codes: set[str], remark: Remark) -> str:
    found = _WRITTEN.match(line, directive.column - 1)
    assert found is not None
    more = "".join(f", {code}" for code in sorted(codes))
    why = "" if directive.reason else f" {remark.reason}"
    return line[: found.end("codes")].rstrip() + more + "]" + why + line[found.end() :]


def _behind(line: str, comment: str) -> str:
    bare = line.rstrip()
    return f"{bare}{'  ' if bare else ''}{comment}"


def _rendered(
    text: _Text, changed: Mapping[int, str], above: Mapping[int, set[str]], remark: Remark
) -> Iterator[bytes]:
    usual = next((line.end for line in text.raw if line.end), b"\n")
    for number, (raw, line) in enumerate(zip(text.raw, text.lines, strict=True), 1):
        if number in above:
            indent = _INDENT.match(line)
            assert indent is not None
            written = indent[0].replace("\f", "") + remark.comment(above[number])
            yield _encoded(text, written) + (raw.end or usual)
        if number in changed:
            if _encoded(text, line.rstrip("\n")) != raw.content:
                raise NoCommentError(f"its encoding {text.encoding} cannot be written as it was")
            yield _encoded(text, changed[number]) + raw.end
        else:
            yield raw.content + raw.end


def _encoded(text: _Text, line: str) -> bytes:
    try:
        return line.encode(text.encoding)
    except (UnicodeError, LookupError):
        raise NoCommentError(f"its encoding {text.encoding} has no letters for the reason") from None


def _said(text: _Text, new: bytes, wanted: Iterable[At], remark: Remark, moved: Callable[[int], int]) -> frozenset[At]:
    """What the comments of the new bytes say of what is wanted: nothing where anything else has changed."""
    try:
        lines = split(decode(new))
        if encoding_of(new) != text.encoding or _meaning(lines) != _meaning(text.lines):
            return frozenset()
    except (DecodeError, tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    said = suppressions("".join(lines))
    return frozenset((line, code) for line, code in wanted if remark.is_said(said, moved(line), code))


def _meaning(lines: Lines) -> list[tuple[int, str]]:
    """The tokens that mean something to Python."""
    passed = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE)
    return [
        (token.type, "" if token.type in passed else token.string)
        for token in _tokens(lines)
        if token.type not in passed[:2]
    ]
