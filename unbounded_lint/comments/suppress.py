"""Suppressions: which findings the comments of a file silence.

`# noqa` is read exactly as flake8 reads it, so that the command and the plugin agree: the first one of a line counts
for all lines that a multi-line string or a backslash joins to it. Our own comments are those of `directives`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

import msgspec

from unbounded_lint.comments.directives import Declaration, Directive, Malformed, codes_of, may_have_ours, own
from unbounded_lint.comments.layout import Layout, Lines, around, layout_of, split

_NOQA = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_NOQA_FILE = re.compile(r"\s*# flake8[:=]\s*noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_WIDE = 100


class Suppressions(msgspec.Struct, frozen=True, dict=True):
    """All that the comments of one file say, ordered by line: what they silence, what they declare, and our own that
    cannot be read."""

    directives: tuple[Directive, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    malformed: tuple[Malformed, ...] = ()

    def covers(self, code: str, line: int, *, noqa: bool = True) -> bool:
        """Whether any directive silences `code` reported at the 1-based `line`.

        Without `noqa` only our own directives count: under flake8, it is flake8 that applies the others.
        """
        return self.silencing(code, line, noqa=noqa) is not None

    def silencing(self, code: str, line: int, *, noqa: bool = True) -> Directive | None:
        """The directive by which `covers` holds, rather one that gives a reason; None where it does not."""
        found = (directive for directive in self.covering(code, line) if noqa or directive.kind == "ubm")
        return max(found, key=lambda directive: bool(directive.reason), default=None)

    def covering(self, code: str, line: int) -> Iterator[Directive]:
        """The directives that silence `code` at `line`."""
        near = chain(self._by_line.get(line, ()), self._wide)
        return (directive for directive in near if directive.covers(code, line))

    @cached_property
    def _by_line(self) -> Mapping[int, Sequence[Directive]]:
        """Line -> the directives that cover it, the wide ones left out."""
        found: dict[int, list[Directive]] = {}
        for directive in self.directives:
            if not _is_wide(directive):
                for line in range(directive.first, directive.last + 1):
                    found.setdefault(line, []).append(directive)
        return found

    @cached_property
    def _wide(self) -> Sequence[Directive]:
        return [directive for directive in self.directives if _is_wide(directive)]


def _is_wide(directive: Directive) -> bool:
    """Whether it covers more lines than an index of each is worth: a whole file, a very long statement."""
    return directive.last - directive.first > _WIDE


def suppressions(text: str) -> Suppressions:
    """Read the comments of a file's text; a text that cannot be tokenised is read line by line."""
    has_noqa = "noqa" in text.lower()
    has_own = may_have_ours(text)
    if not (has_noqa or has_own):
        return Suppressions()
    lines = split(text)
    layout = layout_of(lines)
    ours = tuple(own(lines, layout)) if has_own else ()
    found = [one for one in ours if isinstance(one, Directive)]
    if has_noqa:
        found += _file_level(lines, layout)
        found += _noqa(lines, layout)
    return Suppressions(
        tuple(sorted(found, key=lambda directive: (directive.line, directive.kind, directive.first))),
        tuple(one for one in ours if isinstance(one, Declaration)),
        tuple(one for one in ours if isinstance(one, Malformed)),
    )


def _file_level(lines: Lines, layout: Layout) -> Iterator[Directive]:
    in_comment = _comments(layout)
    for number, line in enumerate(lines, 1):
        found = _NOQA_FILE.match(line)
        if found:
            column = line.index("#") + 1
            yield Directive(
                "file", number, codes_of(found["codes"]), 1, len(lines) + 1, column=_shown(number, column, in_comment)
            )


def _noqa(lines: Lines, layout: Layout) -> Iterator[Directive]:
    in_comment = _comments(layout)
    done = 0
    for number, line in enumerate(lines, 1):
        if number <= done or "noqa" not in line.lower():
            continue
        first, last = around(number, layout.joined) or (number, number)
        joined = "".join(lines[first - 1 : last])
        found = _NOQA.search(joined)
        if found:
            at = first + joined.count("\n", 0, found.start())
            column = found.start() - joined.rfind("\n", 0, found.start())
            shown = _shown(at, column, in_comment)
            yield Directive("noqa", at, codes_of(found["codes"]), first, last, column=shown)
        done = last


def _comments(layout: Layout) -> Mapping[int, int]:
    """Line -> the column where its comment begins."""
    return {comment.line: comment.column for comment in layout.comments or ()}


def _shown(line: int, column: int, in_comment: Mapping[int, int]) -> int:
    """The column of a directive, 0 where it stands in no comment."""
    return column if in_comment.get(line, column + 1) <= column else 0
