"""The fact sheet of one container, as text or JSON, for `explain`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from unbounded_lint.finding import Place
from unbounded_lint.reporters.base import View, printable


class SheetLike(Protocol):
    """What is known of one container, as the runner gives it."""

    @property
    def symbol(self) -> str:
        """`pkg.mod:NAME` or `pkg.mod:Class.attr`."""

    @property
    def place(self) -> Place:
        """Where the container is defined."""

    @property
    def constructor(self) -> str:
        """What makes it."""

    @property
    def verdict(self) -> str:
        """What bounds it, or that nothing does."""

    @property
    def confidence(self) -> str:
        """high, medium or low."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The evidence, in words."""

    @property
    def inserts(self) -> tuple[Place, ...]:
        """Where entries are added."""

    @property
    def removals(self) -> tuple[Place, ...]:
        """Where entries are taken out."""

    @property
    def timers(self) -> tuple[Place, ...]:
        """Timers that reach a removal."""

    @property
    def findings(self) -> tuple[str, ...]:
        """Codes reported for it."""


def render_text(sheet: SheetLike, view: View) -> Iterator[str]:
    """Give the sheet for a person, line by line."""
    yield printable(sheet.symbol)
    yield f"  --> {_where(sheet.place, view)}"
    yield f"  constructor: {printable(sheet.constructor)}"
    yield f"  verdict: {printable(sheet.verdict)}"
    yield f"  confidence: {sheet.confidence}"
    for reason in sheet.reasons:
        yield f"    because {printable(reason)}"
    yield from _places("inserts", sheet.inserts, view)
    yield from _places("removals", sheet.removals, view)
    yield from _places("timers", sheet.timers, view)
    yield f"  findings: {', '.join(sheet.findings) or 'none'}"


def render_json(sheet: SheetLike, view: View) -> Iterator[str]:
    """Give the sheet as one indented JSON object."""
    document = {
        "version": 1,
        "symbol": sheet.symbol,
        "place": _place(sheet.place, view),
        "constructor": sheet.constructor,
        "verdict": sheet.verdict,
        "confidence": sheet.confidence,
        "reasons": list(sheet.reasons),
        "inserts": [_place(place, view) for place in sheet.inserts],
        "removals": [_place(place, view) for place in sheet.removals],
        "timers": [_place(place, view) for place in sheet.timers],
        "findings": list(sheet.findings),
    }
    yield json.dumps(document, indent=2)


def _where(place: Place, view: View) -> str:
    return f"{printable(view.path(place.path))}:{place.line}:{place.column}"


def _places(title: str, places: Sequence[Place], view: View) -> Iterator[str]:
    if not places:
        yield f"  {title}: none"
        return
    yield f"  {title}:"
    for place in places:
        yield f"    {_where(place, view)}  {printable(place.text)}".rstrip()


def _place(place: Place, view: View) -> dict[str, Any]:
    return {
        "role": place.role,
        "path": view.path(place.path),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "text": place.text,
    }
