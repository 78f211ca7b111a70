"""The report on a run: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from unbounded_lint.confirm.outcome import Outcome, Result, Seen
from unbounded_lint.confirm.records import Process, Series
from unbounded_lint.confirm.targets import Site
from unbounded_lint.confirm.verdict import Judgement, Rise
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.findings.wording import plural
from unbounded_lint.reporters.base import printable

VERSION = 1
"""Changes when a field of the JSON form changes its meaning or goes."""

POINTS = 200
"""About how many points of a series the JSON form has."""

_COLUMNS = ("entries", "inside", "bytes", "containers")
_HEAD = ("verdict", "container", "entries", "1st window", "2nd window", "bytes")

Shown = Callable[[str], str]
"""Gives the path to show for one of the project."""


def lines(outcome: Outcome, path: Shown) -> Iterator[str]:
    """The table, one line at a time, with what there is to say of a container below it."""
    rows = [(_row(result), list(_notes(result, path))) for result in outcome.results]
    widths = [max(len(row[column]) for row in (_HEAD, *(row for row, _ in rows))) for column in range(len(_HEAD))]
    yield _joined(_HEAD, widths)
    for row, notes in rows:
        yield _joined(row, widths)
        yield from (f"{'':{widths[0]}}    {note}" for note in notes)
    yield ""
    yield from _summary(outcome)


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = zip(cells, widths, "<<>>>>", strict=True)
    return "  ".join(f"{cell:{side}{width}}" for cell, width, side in padded).rstrip()


def _row(result: Result) -> tuple[str, ...]:
    codes = f" ({', '.join(result.codes)})" if result.codes else ""
    name = printable(plain_symbol(result.symbol)) + codes
    if not result.seen:
        return (result.verdict, name, "", "", "", "")
    return (result.verdict, name, *_cells(result.seen[0]))


def _cells(seen: Seen) -> tuple[str, str, str, str]:
    first, last = seen.series.sizes[0] if seen.series.sizes else None, seen.series.last
    inside = seen.judgement.what == "inside"
    rise = seen.judgement.inside if inside else seen.judgement.entries
    sizes = [each.entries + (each.inside if inside else 0) for each in (first, last) if each is not None]
    course = " -> ".join(map(str, sizes)) + (" inside" if inside else "")
    weight = f"{last.weight:,}" if last is not None else ""
    return (course, *_rises(rise), weight + _more(seen.judgement))


def _more(judgement: Judgement) -> str:
    """What the bytes of something that grows rose by."""
    rise = judgement.weight
    return f" ({rise.first:+,.0f} {rise.second:+,.0f})" if judgement.verdict == "grows" and rise is not None else ""


def _rises(rise: Rise | None) -> tuple[str, str]:
    return (f"{rise.first:+.0f}", f"{rise.second:+.0f}") if rise is not None else ("", "")


def _notes(result: Result, path: Shown) -> Iterator[str]:
    if result.why:
        yield printable(result.why)
    if not result.seen:
        return
    yield from _of_seen(result, result.seen[0], path)
    if len(result.seen) > 1:
        for seen in result.seen:
            course, first, second, _ = _cells(seen)
            windows = f", {first} and {second}" if first else ""
            yield f"{seen.process.name}: {seen.judgement.verdict}, {course}{windows}"


def _of_seen(result: Result, seen: Seen, path: Shown) -> Iterator[str]:
    inserts = [share for share in seen.shares if share.site.place.role == "insert"]
    removals = [share for share in seen.shares if share.site.place.role == "removal"]
    if inserts:
        total = sum(share.count for share in inserts)
        yield f"inserts: {_site(inserts[0].site, path)}, {inserts[0].count} of {total} times"
    else:
        known = [site for site in result.sites if site.place.role == "insert"]
        if known:
            more = f" and {plural(len(known) - 1, 'more place')}" if len(known) > 1 else ""
            yield f"inserts: {_site(known[0], path)}{more}"
    if seen.drops.times:
        by = f", most by {_site(removals[0].site, path)}" if removals else ""
        entries = _count(seen.drops.entries, "entry", "entries")
        yield f"left: {entries} in {plural(seen.drops.times, 'drop')}{by}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _site(site: Site, path: Shown) -> str:
    return f"{printable(site.function)} at {printable(path(site.place.path))}:{site.place.line}"


_UNCOUNTED = "a debugger, a profiler or a measurer of coverage is told of its lines (Python {})."


def _summary(outcome: Outcome) -> Iterator[str]:
    looks = sum(len(process.looks) for process in outcome.processes)
    of = _count(len(outcome.processes), "process", "processes")
    share = "" if outcome.share is None else f"; the observer took {outcome.share:.1%} of a processor"
    yield f"Observed {of} in {outcome.seconds:.1f} s by {plural(looks, 'look')}{share}."
    for process in outcome.processes:
        if process.fault:
            yield f"The observer failed in {process.name}: {printable(process.fault.strip().splitlines()[-1])}"
        if process.uncounted:
            yield f"Call sites were not counted in {process.name}: {_UNCOUNTED.format(printable(process.python))}"
        if process.traced:
            yield f"Memory traced in {process.name}: {process.traced[0]:,} -> {process.traced[-1]:,} bytes."


# --- JSON ---


def as_json(outcome: Outcome, status: int, path: Shown) -> Iterator[str]:
    """The report as one indented JSON object."""
    document = {
        "version": VERSION,
        "status": status,
        "seconds": round(outcome.seconds, 3),
        "observer_share": None if outcome.share is None else round(outcome.share, 5),
        "processes": [_process(process) for process in outcome.processes],
        "containers": [_container(result, path) for result in outcome.results],
    }
    yield json.dumps(document, indent=2)


def _process(process: Process) -> dict[str, Any]:
    return {
        "pid": process.pid,
        "parent": process.parent,
        "command": list(process.command),
        "python": process.python,
        "looks": len(process.looks),
        "observer_seconds": process.spent,
        "processor_seconds": process.used,
        "traced_bytes": [process.traced[0], process.traced[-1]] if process.traced else None,
        "fault": process.fault or None,
    }


def _container(result: Result, path: Shown) -> dict[str, Any]:
    return {
        "symbol": result.symbol,
        "codes": list(result.codes),
        "place": None if result.place is None else _place(result.place, path),
        "verdict": result.verdict,
        "why": result.why or None,
        "sites": [{"function": site.function, **_place(site.place, path)} for site in result.sites],
        "processes": [_in_process(seen, path) for seen in result.seen],
    }


def _in_process(seen: Seen, path: Shown) -> dict[str, Any]:
    judged, left = seen.judgement, seen.series.left
    rises = {"entries": judged.entries, "inside": judged.inside, "bytes": judged.weight}
    return {
        "pid": seen.process.pid,
        "verdict": judged.verdict,
        "why": judged.why or None,
        "by": judged.what,
        "windows": list(judged.windows),
        "rises": {name: None if rise is None else msgspec.to_builtins(rise) for name, rise in rises.items()},
        "drops": msgspec.to_builtins(seen.drops),
        "reached": [{**_place(share.site.place, path), "count": share.count} for share in seen.shares],
        "columns": ["seconds", *_COLUMNS],
        "series": [list(point) for point in _points(seen.series)],
        "left": None if left is None else dict(zip(_COLUMNS, msgspec.structs.astuple(left), strict=True)),
    }


def _points(series: Series) -> Iterator[tuple[float, ...]]:
    """Some points of a series, spread evenly, the last one among them."""
    step = max(1, len(series.times) // POINTS)
    chosen = sorted({*range(0, len(series.times), step), *range(len(series.times))[-1:]})
    for at in chosen:
        yield series.times[at], *msgspec.structs.astuple(series.sizes[at])


def _place(place: Place, path: Shown) -> dict[str, Any]:
    return {"path": path(place.path), "line": place.line, "column": place.column, "role": place.role}
