"""The report for people: a snippet with the container underlined, the places that matter, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

from unbounded_lint.findings.finding import Finding, Place
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.reporters.base import (
    Totals,
    View,
    display_width,
    draw,
    printable,
    ranked,
    silenced,
    source_lines,
    statistics_lines,
    where,
)
from unbounded_lint.reporters.paint import Paint, painter

CONTEXT = 2
"""Lines shown before and after the line of the finding."""

MAX_WIDTH = 160
"""Longer source lines are cut to this many columns around the underlined part."""

KEPT = 32
"""Files whose lines are kept at a time: those of one finding are often the same as those of the next."""

Lines: TypeAlias = Callable[[str], "Sequence[str] | None"]
"""Takes a path of the project, gives its lines, None where there is no text to show."""


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give one block of lines per finding, the most sure one first, with an empty line between two."""
    if view.statistics:
        yield from statistics_lines(findings)
        return
    paint = painter(view.color)
    lines = _reader(view)
    told = [(finding, "") for finding in ranked(findings)]
    told += [(one.finding, silenced(one)) for one in view.suppressed or ()]
    for number, (finding, by) in enumerate(told):
        if number:
            yield ""
        yield from _block(finding, view, lines, paint)
        if by:
            yield f"  {paint('suppressed', 'bold')} {by}"


def _block(finding: Finding, view: View, read: Lines, paint: Paint) -> Iterator[str]:
    place = finding.place
    lines = read(place.path)
    shown = _window(lines, place.line) if lines is not None else range(0)
    gutter = len(str(shown[-1])) if shown else 1
    yield f"{paint(finding.code, 'bold red')} {paint(finding.name, 'bold')}  {printable(finding.message)}"
    yield f"{' ' * gutter}{paint('-->', 'blue')} {where(place, view)}"
    if lines is not None and shown:
        yield from _snippet(lines, shown, place, gutter, paint)
    for related in finding.related:
        yield from _note(related, view, read, paint)
    if finding.symbol:
        yield f"  {paint('symbol:', 'bold')} {printable(plain_symbol(finding.symbol))}"
    yield f"  {paint('confidence:', 'bold')} {_confidence(finding)}"
    if finding.advice:
        yield f"  {paint('help:', 'bold cyan')} {printable(finding.advice)}"


def _reader(view: View) -> Lines:
    """Give a function that splits the text of a path into lines, and keeps those it split last."""

    @lru_cache(maxsize=KEPT)
    def lines(path: str) -> Sequence[str] | None:
        text = view.source(path)
        return None if text is None else source_lines(text)

    return lines


def _confidence(finding: Finding) -> str:
    reasons = "; ".join(printable(reason) for reason in finding.reasons)
    sure = finding.confidence.value
    if finding.probability is not None:
        sure = f"{sure}, {finding.probability:.2f}"
    return f"{sure} ({reasons})" if reasons else sure


def _window(lines: Sequence[str], line: int) -> range:
    """Give the numbers of the lines to show, without empty ones at either end; empty if there is no such line."""
    if not 1 <= line <= len(lines):
        return range(0)
    first, last = max(1, line - CONTEXT), min(len(lines), line + CONTEXT)
    while first < line and not lines[first - 1].strip():
        first += 1
    while last > line and not lines[last - 1].strip():
        last -= 1
    return range(first, last + 1)


def _snippet(lines: Sequence[str], shown: range, place: Place, gutter: int, paint: Paint) -> Iterator[str]:
    empty = f"{' ' * gutter} {paint('|', 'blue')}"
    yield empty
    for number in shown:
        text, offset, width = _excerpt(lines[number - 1], place if number == place.line else None)
        head = paint(f"{number:>{gutter}} |", "blue")
        yield f"{head} {text}".rstrip()
        if number == place.line:
            yield f"{empty} {' ' * offset}{paint('^' * width, 'bold red')}"
    yield empty


def _excerpt(text: str, place: Place | None) -> tuple[str, int, int]:
    """Give a drawable line, cut if too long, with the offset and the width of the part of place to underline."""
    drawn, columns = draw(text)
    start = end = 0
    if place is not None:
        last = len(columns) - 1
        start = columns[min(place.column - 1, last)]
        end = columns[min(place.end_column - 1, last)] if place.end_line == place.line else columns[-1]
    if columns[-1] <= MAX_WIDTH:
        return drawn, start, max(1, end - start)
    left = max(0, min(start - MAX_WIDTH // 4, columns[-1] - MAX_WIDTH))
    part, origin = _cut(drawn, left)
    return part, start - origin, max(1, min(end - start, MAX_WIDTH - (start - origin)))


def _cut(drawn: str, left: int) -> tuple[str, int]:
    """Cut a drawn line at terminal column left; give the part with marks, and the column of its first character."""
    column = first = 0
    while column < left:
        column += display_width(drawn[first])
        first += 1
    last, width = first, 0
    while last < len(drawn) and width < MAX_WIDTH:
        width += display_width(drawn[last])
        last += 1
    before = "..." if first else ""
    after = "..." if last < len(drawn) else ""
    return f"{before}{drawn[first:last]}{after}", column - len(before)


def _note(place: Place, view: View, read: Lines, paint: Paint) -> Iterator[str]:
    lines = read(place.path)
    code = lines[place.line - 1].strip() if lines is not None and 1 <= place.line <= len(lines) else ""
    said = printable(place.text.strip())
    about = f" {said}" if said and place.text.strip() != code else ""
    yield f"  {paint(f'{place.role}:', 'bold')} {where(place, view)}{about}"
    if code:
        drawn, _, _ = _excerpt(code, None)
        yield f"    {paint(f'{place.line} |', 'blue')} {drawn}"
