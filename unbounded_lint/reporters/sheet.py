"""The fact sheets of containers, as text or JSON, for `explain`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import msgspec

from unbounded_lint.evidence import Evidence
from unbounded_lint.finding import Place
from unbounded_lint.reporters.base import View, printable

VERSION = 1
"""Changes when a field of the JSON form changes its meaning or goes."""

_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "key": "its key is made of",
        "domain": "the keys there can be",
        "insert": "an insert adds",
        "runs": "an insert runs per",
        "root": "the key hangs on",
        "phase": "an insert belongs to",
        "guess": "known by names alone",
        "guards": "asked before an insert",
        "value": "its values are",
        "owner": "what makes it last",
        "shared": "objects with it that last",
        "removals": "what takes entries out",
        "reads": "how else it is used",
        "project": "it is part of",
        "family": "kind",
        "filled": "written out with entries",
        "form": "its inserts look like",
        "size": "what is seen of the program",
        "names": "its name speaks of",
        "class_names": "the name of the class that has it speaks of",
        "key_names": "the names of its key speak of",
        "given_names": "the names of what callers pass for that speak of",
        "value_names": "the names of its values speak of",
        "function_names": "the name of what inserts speaks of",
        "path_names": "the path to that speaks of",
        "left": "an entry stays behind on",
        "usage": "its users are shown to call it",
    }
)
"""The fields of the evidence in words."""


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
    def probability(self) -> float | None:
        """How probable it is that it grows without end, from 0 to 1; None where something bounds it."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The evidence, in words."""

    @property
    def declared(self) -> tuple[str, ...]:
        """What comments declare of it, in words."""

    @property
    def evidence(self) -> Evidence | None:
        """What that was told by, None where nothing makes it grow."""

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


def render_texts(sheets: Sequence[SheetLike], view: View) -> Iterator[str]:
    """Give sheets for a person, with an empty line between two."""
    for number, sheet in enumerate(sheets):
        if number:
            yield ""
        yield from render_text(sheet, view)


def render_text(sheet: SheetLike, view: View) -> Iterator[str]:
    """Give the sheet for a person, line by line."""
    yield printable(sheet.symbol)
    yield f"  --> {_where(sheet.place, view)}"
    yield f"  constructor: {printable(sheet.constructor)}"
    yield f"  verdict: {printable(sheet.verdict)}"
    sure = "" if sheet.probability is None else f", {sheet.probability:.2f}"
    yield f"  confidence: {sheet.confidence}{sure}"
    for reason in sheet.reasons:
        yield f"    because {printable(reason)}"
    for declaration in sheet.declared:
        yield f"  declared {printable(declaration)}"
    yield from _evidence(sheet)
    yield from _places("inserts", sheet.inserts, view)
    yield from _places("removals", sheet.removals, view)
    yield from _places("timers", sheet.timers, view)
    yield f"  findings: {', '.join(sheet.findings) or 'none'}"


def render_json(sheet: SheetLike, view: View) -> Iterator[str]:
    """Give the sheet as one indented JSON object."""
    yield json.dumps({"version": VERSION, **_document(sheet, view)}, indent=2)


def render_json_list(sheets: Sequence[SheetLike], unknown: Mapping[str, str], view: View) -> Iterator[str]:
    """Give several sheets as one indented JSON object, with the symbols that name no container and why."""
    document = {
        "version": VERSION,
        "sheets": [_document(sheet, view) for sheet in sheets],
        "unknown": [{"symbol": symbol, "why": why} for symbol, why in unknown.items()],
    }
    yield json.dumps(document, indent=2)


def _document(sheet: SheetLike, view: View) -> dict[str, Any]:
    return {
        "symbol": sheet.symbol,
        "place": _place(sheet.place, view),
        "constructor": sheet.constructor,
        "verdict": sheet.verdict,
        "confidence": sheet.confidence,
        "probability": None if sheet.probability is None else round(sheet.probability, 3),
        "reasons": list(sheet.reasons),
        "declared": list(sheet.declared),
        "evidence": None if sheet.evidence is None else msgspec.to_builtins(sheet.evidence),
        "inserts": [_place(place, view) for place in sheet.inserts],
        "removals": [_place(place, view) for place in sheet.removals],
        "timers": [_place(place, view) for place in sheet.timers],
        "findings": list(sheet.findings),
    }


def _evidence(sheet: SheetLike) -> Iterator[str]:
    """One line a field: what it is about, then its values; none for names and usages that say nothing."""
    if sheet.evidence is None:
        yield "  evidence: none, since nothing makes it grow"
        return
    yield "  evidence:"
    for field, meaning in _FIELDS.items():
        value = getattr(sheet.evidence, field)
        if value or not field.endswith(("names", "usage")):
            yield f"    {meaning}: {printable(', '.join(_values(value)))}"


def _values(value: str | bool | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return (value or "none",) if isinstance(value, str) else value or ("none",)


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
