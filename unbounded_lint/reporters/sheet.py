"""The fact sheets of containers, as text or JSON, for `explain`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from unbounded_lint.findings import telling, wording
from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Insert, Removal, Report, Sheet, Way, Weight
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.reporters.base import View, place_data, printable
from unbounded_lint.reporters.paint import Paint, painter

VERSION = 1
"""Changes when a field of the JSON form changes its meaning or goes."""

_SILENT = frozenset({"form", "left", "exit", "removers", "usage"})
"""Fields of the evidence that say nothing where they are empty."""

HEAVIEST = 5
"""How many pieces of evidence are named that raise a probability, and how many that lower it."""

ENDS = 3
"""How many steps are told at either end of a long way."""


def render_texts(sheets: Sequence[Sheet], view: View) -> Iterator[str]:
    """Give sheets for a person, with an empty line between two."""
    for number, sheet in enumerate(sheets):
        if number:
            yield ""
        yield from render_text(sheet, view)


def render_text(sheet: Sheet, view: View) -> Iterator[str]:
    """Give the sheet for a person, line by line."""
    paint = painter(view.color)
    verdict = printable(sheet.verdict)
    yield paint(printable(plain_symbol(sheet.symbol)), "bold")
    yield f"  {paint('-->', 'blue')} {_where(sheet.place, view)}"
    yield f"  constructor: {printable(sheet.constructor)}"
    yield f"  lasts: {wording.life(sheet.owner)}"
    yield f"  verdict: {paint(verdict, 'bold red' if sheet.is_open else 'bold green')}"
    yield f"  bounded by: {printable(sheet.bounded_by)}"
    sure = "" if sheet.probability is None else f", {sheet.probability:.2f}"
    yield f"  confidence: {sheet.confidence}{sure}"
    for reason in sheet.reasons:
        yield f"    because {printable(reason)}"
    for declaration in sheet.declared:
        yield f"  declared {printable(declaration)}"
    yield from _inserts(sheet.inserts, view)
    yield from _removals(sheet.removals, view, paint)
    yield from _timers(sheet.timers, view)
    yield from _weights(sheet.weights)
    yield from _evidence(sheet.evidence)
    yield f"  findings: {', '.join(sheet.findings) or 'none'}"
    for report in sheet.reports:
        yield from _report(report, paint)
    yield from _remedies(sheet, view)


def render_json(sheet: Sheet, view: View) -> Iterator[str]:
    """Give the sheet as one indented JSON object."""
    yield json.dumps({"version": VERSION, **document(sheet, view)}, indent=2)


def render_json_list(sheets: Sequence[Sheet], unknown: Mapping[str, str], view: View) -> Iterator[str]:
    """Give several sheets as one indented JSON object, with the symbols that name no container and why."""
    both = {
        "version": VERSION,
        "sheets": [document(sheet, view) for sheet in sheets],
        "unknown": [{"symbol": symbol, "why": why} for symbol, why in unknown.items()],
    }
    yield json.dumps(both, indent=2)


# --- JSON ---


def document(sheet: Sheet, view: View) -> dict[str, Any]:
    """A sheet as JSON has it, in `explain` and in `inventory`."""
    return {
        "symbol": sheet.symbol,
        "place": place_data(sheet.place, view),
        "constructor": sheet.constructor,
        "family": sheet.family,
        "owner": sheet.owner,
        "lasts": wording.life(sheet.owner),
        "verdict": sheet.verdict,
        "bounded_by": sheet.bounded_by,
        "open": sheet.is_open,
        "risk": round(sheet.risk, 3),
        "confidence": sheet.confidence,
        "probability": None if sheet.probability is None else round(sheet.probability, 3),
        "reasons": list(sheet.reasons),
        "declared": list(sheet.declared),
        "evidence": None if sheet.evidence is None else msgspec.to_builtins(sheet.evidence),
        "base": sheet.base,
        "weights": [msgspec.to_builtins(weight) for weight in sheet.weights],
        "inserts": [_insert(insert, view) for insert in sheet.inserts],
        "removals": [_removal(removal, view) for removal in sheet.removals],
        "timers": [place_data(place, view) for place in sheet.timers],
        "findings": list(sheet.findings),
        "reports": [_finding(report) for report in sheet.reports],
        "remedies": [msgspec.to_builtins(remedy) for remedy in sheet.remedies],
    }


def _insert(insert: Insert, view: View) -> dict[str, Any]:
    return {
        **place_data(insert.place, view),
        "function": insert.function,
        "grows": insert.grows,
        "key": insert.key,
        "domain": insert.domain,
        "why": insert.why,
        "ways": [_way(way, view) for way in insert.ways],
    }


def _removal(removal: Removal, view: View) -> dict[str, Any]:
    return {
        **place_data(removal.place, view),
        "function": removal.function,
        "extent": removal.extent,
        "when": removal.when,
        "words": wording.moment(removal),
        "works": removal.works,
        "fails": removal.fails,
        "partly": removal.partly,
        "ways": [_way(way, view) for way in removal.ways],
    }


def _way(way: Way, view: View) -> dict[str, Any]:
    return {
        "run": way.run,
        "words": wording.RUNS[way.run],
        "timer": way.timer,
        "steps": [place_data(step, view) for step in way.steps],
    }


def _finding(report: Report) -> dict[str, Any]:
    return {**msgspec.to_builtins(report), "probability": round(report.probability, 3)}


# --- text ---


def _where(place: Place, view: View) -> str:
    return f"{printable(view.path(place.path))}:{place.line}:{place.column}"


def _inserts(inserts: Sequence[Insert], view: View) -> Iterator[str]:
    yield f"  inserts:{'' if inserts else ' none'}"
    for insert in inserts:
        about = printable(of_key(insert))
        yield f"    {_where(insert.place, view)}  `{printable(insert.function)}` inserts{about}"
        yield from _ways(insert.ways, insert.function, view, "      ")


def of_key(insert: Insert) -> str:
    """What is said of an insert behind its function: what its key is and which there can be, or that it adds
    nothing."""
    if not insert.grows:
        return ", which does not make it grow"
    if insert.key == "appended":
        return f"; {insert.why}"
    return f"; the key: {insert.why} ({telling.value('domain', insert.domain)})"


def _removals(removals: Sequence[Removal], view: View, paint: Paint) -> Iterator[str]:
    yield f"  removals:{'' if removals else ' none'}"
    groups: dict[tuple[str, bool], list[Removal]] = {}
    for removal in sorted(removals, key=lambda removal: (list(wording.MOMENTS).index(removal.when), removal.place)):
        groups.setdefault((wording.moment(removal), removal.works), []).append(removal)
    for (when, works), group in groups.items():
        yield f"    {when if works else paint(when, 'red')}:"
        for removal in group:
            does = wording.EXTENTS[removal.extent]
            yield f"      {_where(removal.place, view)}  `{printable(removal.function)}` {does}"
            yield from _ways(removal.ways, removal.function, view, "        ")


def _timers(timers: Sequence[Place], view: View) -> Iterator[str]:
    yield f"  timers:{'' if timers else ' none'}"
    for place in timers:
        yield f"    {_where(place, view)}  {printable(place.text)}".rstrip()


def _ways(ways: Sequence[Way], function: str, view: View, indent: str) -> Iterator[str]:
    for way in ways:
        timer = f" ({way.timer})" if way.timer not in {"", "loop"} else ""
        steps = ["..." if step is None else _step(step, view) for step in shortened(way.steps, ENDS, ENDS)]
        chain = f": {' -> '.join([*steps, f'`{printable(function)}`'])}" if steps else ""
        yield f"{indent}{wording.RUNS[way.run]}{printable(timer)}{chain}"


def shortened(steps: Sequence[Place], first: int, last: int) -> Iterator[Place | None]:
    """Of a long way so many steps at either end, and the start of a timer; None stands for what is left out."""
    kept = [
        number
        for number, step in enumerate(steps)
        if number < first or number >= len(steps) - last or wording.step(step.role)
    ]
    for number, following in zip(kept, [*kept[1:], len(steps)], strict=False):
        yield steps[number]
        if following > number + 1 or steps[number].role == "begin":
            yield None


def _step(step: Place, view: View) -> str:
    does = wording.step(step.role)
    where = f"{printable(view.path(step.path))}:{step.line}"
    return f"`{printable(step.text)}`{' ' if does else ''}{does} ({where})"


def _weights(weights: Sequence[Weight]) -> Iterator[str]:
    if not weights:
        return
    yield "  weighed:"
    for sign, does in ((1, "raises it"), (-1, "lowers it")):
        for weight in [weight for weight in weights if weight.weight * sign > 0][:HEAVIEST]:
            yield f"    {does} by {abs(weight.weight):.2f}  {printable(weight.words)}"


def _evidence(evidence: Evidence | None) -> Iterator[str]:
    """One line a field: what it is about, then its values; none for what says nothing."""
    if evidence is None:
        yield "  evidence: none, since nothing makes it grow"
        return
    yield "  evidence:"
    for meaning, values in evidence_lines(evidence):
        yield f"    {meaning}: {printable(values)}"


def evidence_lines(evidence: Evidence, *, names: bool = True) -> Iterator[tuple[str, str]]:
    """What each field is about, and its values, in words; `names`: those included that prove nothing."""
    for field, meaning in telling.FIELDS.items():
        if field == "domain" and evidence.key == "appended":
            continue  # there are no keys
        value, of_names = getattr(evidence, field), field.endswith("names")
        if (value or not (of_names or field in _SILENT)) and (names or not of_names):
            yield meaning, (", " if of_names else "; ").join(telling.value(field, key) for key in _values(value))


def _values(value: str | bool | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    return (value or "none",) if isinstance(value, str) else value or ("none",)


def _report(report: Report, paint: Paint) -> Iterator[str]:
    hidden = f" (not shown by `check`: {report.hidden})" if report.hidden else ""
    yield f"    {paint(report.code, 'bold red')} {report.name}, {report.probability:.2f}{hidden}"
    yield f"      {printable(report.message)}"
    if report.advice:
        yield f"      {paint('help:', 'bold cyan')} {printable(report.advice)}"


def _remedies(sheet: Sheet, view: View) -> Iterator[str]:
    if not sheet.remedies:
        return
    yield f"  to silence it, at {printable(view.path(sheet.place.path))}:{sheet.place.line}:"
    width = max(len(remedy.comment) for remedy in sheet.remedies)
    for remedy in sheet.remedies:
        yield f"    {remedy.comment:<{width}}  {remedy.where}"
