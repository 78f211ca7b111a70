"""The lines of a repair, none of which is longer than lines of the project are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import MOST, USUAL, longest
from unbounded_lint.fixes.syntax import Statement, Syntax
from unbounded_lint.fixes.text import Change, Text, in_order
from unbounded_lint.fixes.wrapping import Bounds, code, formatted, is_spread, width, wrapped

_PRAGMA = re.compile(r"\s+#\s*(?:noqa|type:|pyright:|pylint:|flake8:|ruff:|isort:|nosec)[^'\"]*$", re.IGNORECASE)
"""A comment that formatters do not count."""


def laid_out(bench: Bench, repair: Repair) -> Repair:
    """The repair with its statements spread over lines where one would get too long. Raises `Refused` where formatters
    may do that in another way."""
    paths = dict.fromkeys(change.path for change in repair.changes)
    changes = tuple(change for path in paths for change in _of_file(bench, path, repair.changes))
    return repair if set(changes) == set(repair.changes) else replace(repair, changes=changes)


def _of_file(bench: Bench, path: str, every: Sequence[Change]) -> Sequence[Change]:
    """The changes of one file, laid out."""
    file = bench.file(path)
    changes: Sequence[Change] = [change for change in every if change.path == path]
    limit = bench.line_length or longest(bench.file(bench.finding.place.path))
    sure = bench.line_length is not None or limit == USUAL
    changes = _joined(file, changes, Bounds(limit, sure))
    known = {line.strip() for line in file.text.splitlines() if _length(line) > limit}
    while True:
        data = file.changed(changes)
        new = Text(path, data)
        line = next((n for n, text in _long(new, limit) if text.strip() not in known), 0)
        if not line:
            return changes
        bounds = Bounds(limit, sure or _length(new.line(line)) > MOST)
        changes = _spread(file, changes, Syntax(path, data), line, bounds)


def _joined(file: Syntax, changes: Sequence[Change], bounds: Bounds) -> Sequence[Change]:
    """The changes after which statements that stood on several lines, as formatters have them, do so again. Raises
    `Refused` where it cannot be told how these have one."""
    concerned = [s for s in file.statements if is_spread(file, s) and any(_is_inside(file, s, c) for c in changes)]
    for statement in concerned:
        before = formatted(file, statement, bounds)
        if before is None:
            if _is_kept(file, statement):
                continue
            raise Refused("a statement over several lines would change")
        old = file.span(statement.node)[0]
        if "\n".join(before) != _dedented(file, old, code(file, statement)):
            continue
        new = Syntax(file.path, file.changed(changes))
        start = _moved(file, changes, old)
        found = next((s for s in new.statements if new.span(s.node)[0] == start), None)
        after = formatted(new, found, bounds) if found is not None and is_spread(new, found) else None
        if found is None or after is None:
            raise Refused("a statement over several lines would change")
        indent = file.indent(old)
        text = f"\n{indent}".join(after)
        changes = _folded(file, changes, new, Change(file.path, start, start + len(code(new, found)), text))
    return changes


def _is_inside(file: Syntax, statement: Statement, change: Change) -> bool:
    start = file.span(statement.node)[0]
    return start < change.start and change.end < start + len(code(file, statement))


def _is_kept(file: Syntax, statement: Statement) -> bool:
    """Whether a statement has commas that keep what is in brackets on lines of its own, however short it is."""
    return ",\n" in code(file, statement)


def _dedented(file: Syntax, start: int, text: str) -> str:
    indent = file.indent(start)
    return "\n".join(line.removeprefix(indent) for line in text.splitlines())


def _moved(file: Text, changes: Sequence[Change], offset: int) -> int:
    """An offset of the file in the file that changes make."""
    before = [each for each in _made(file, changes) if each.change.end <= offset]
    return offset + (before[-1].end - before[-1].change.end if before else 0)


def _length(line: str) -> int:
    return width(_PRAGMA.sub("", line))


def _long(text: Text, limit: int) -> Iterator[tuple[int, str]]:
    """The lines that are too long, with their numbers."""
    lines = ((number, text.line(number)) for number in range(1, text.lines + 1))
    return ((number, line) for number, line in lines if _length(line) > limit)


def _spread(file: Syntax, changes: Sequence[Change], new: Syntax, line: int, bounds: Bounds) -> list[Change]:
    """Changes after which a statement of one line stands on several; new is the file after the changes as they are."""
    start = new.offset(line, 1 + len(new.indent(new.offset(line, 1))))
    found = [s for s in new.statements if new.span(s.node)[0] == start and s.alone]
    lines = wrapped(new, found[0], bounds) if found else None
    if lines is None:
        raise Refused(f"a line of the repair would be longer than {bounds.limit} characters")
    return _folded(file, changes, new, Change(new.path, start, new.line_end(start), "\n".join(lines)))


class _Made(NamedTuple):
    """A change, and the offsets between which its text stands in the file that it makes."""

    change: Change
    start: int
    end: int


def _made(file: Text, changes: Sequence[Change]) -> list[_Made]:
    found, shift = [], 0
    for change in in_order(changes):
        start = change.start + shift
        end = start + len(change.text.replace("\n", file.newline))
        found.append(_Made(change, start, end))
        shift = end - change.end
    return found


def _folded(file: Text, changes: Sequence[Change], new: Text, edit: Change) -> list[Change]:
    """Changes of a file that do what some do, and behind that one more."""
    made = _made(file, changes)
    touched = [each for each in made if each.start < edit.end and edit.start < each.end]
    if not touched:
        raise Refused("a line that gets too long is none of the repair")
    first, last = touched[0], touched[-1]
    left = new.text[first.start : edit.start] if first.start < edit.start else ""
    right = new.text[edit.end : last.end] if edit.end < last.end else ""
    start = first.change.start - max(0, first.start - edit.start)
    end = last.change.end + max(0, edit.end - last.end)
    text = f"{left}{edit.text}{right}".replace(file.newline, "\n")
    place = made.index(first)
    kept = [each.change for each in made if each not in touched]
    return [*kept[:place], Change(file.path, start, end, text), *kept[place:]]
