"""Lines of a source text: what belongs together, and where comments stand."""

from __future__ import annotations

import bisect
import tokenize
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

Lines: TypeAlias = Sequence[str]
Ranges: TypeAlias = "tuple[tuple[int, int], ...]"


class Comment(msgspec.Struct, frozen=True):
    """A comment: its 1-based line and column, and its text from the hash on."""

    line: int
    column: int
    text: str


class Layout(msgspec.Struct, frozen=True):
    """Line ranges of a file, both ends included and in order.

    joined      as flake8 joins lines: by multi-line strings and backslashes; empty when the file cannot be tokenised
    statements  whole logical lines
    comments    every comment, None when the file cannot be tokenised
    """

    joined: Ranges
    statements: Ranges
    comments: tuple[Comment, ...] | None


def split(text: str) -> list[str]:
    """Physical lines with their ends as "\\n", as Python counts them (`str.splitlines` knows more line ends)."""
    lines = [f"{line}\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    if lines[-1] == "\n":
        lines.pop()
    elif lines:
        lines[-1] = lines[-1][:-1]
    return lines


def layout_of(lines: Lines) -> Layout:
    """The layout of a file's lines."""
    try:
        return _tokenised(lines)
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        return Layout(joined=(), statements=(), comments=None)


def _tokenised(lines: Lines) -> Layout:
    joined: list[tuple[int, int]] = []
    statements: list[tuple[int, int]] = []
    comments: list[Comment] = []
    first_joined = first_statement = 0
    line_iter = iter(lines)
    for token in tokenize.generate_tokens(lambda: next(line_iter, "")):
        if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
            continue
        first_joined = first_joined or token.start[0]
        if token.type == tokenize.COMMENT:
            comments.append(Comment(token.start[0], token.start[1] + 1, token.string))
        elif token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT):
            first_statement = first_statement or token.start[0]
        if token.type in (tokenize.NL, tokenize.NEWLINE):
            joined.append((first_joined, token.end[0]))
            first_joined = 0
        if token.type == tokenize.NEWLINE and first_statement:
            statements.append((first_statement, token.end[0]))
            first_statement = 0
    return Layout(joined=tuple(joined), statements=tuple(statements), comments=tuple(comments))


def around(number: int, ranges: Ranges) -> tuple[int, int] | None:
    """The range that holds a line, None where there is none."""
    index = bisect.bisect_right(ranges, number, key=lambda lines: lines[0]) - 1
    if index >= 0 and ranges[index][1] >= number:
        return ranges[index]
    return None


def statement_of(comment: Comment, lines: Lines, statements: Ranges) -> tuple[int, int]:
    """The lines of the statement that a comment is about, its own line included: the one around it, or, for a comment
    on a line of its own, the next one."""
    number = comment.line
    found = around(number, statements)
    if found is None and lines[number - 1].lstrip().startswith("#"):
        following = bisect.bisect_right(statements, (number, number))
        found = statements[following] if following < len(statements) else None
    return (min(number, found[0]), found[1]) if found else (number, number)
