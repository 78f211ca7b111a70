"""The inventory of the long-lived containers: which of them are listed, in which order, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from unbounded_lint.findings import telling, wording
from unbounded_lint.findings.sheet import Inventory, Sheet
from unbounded_lint.reporters.base import View
from unbounded_lint.reporters.sheet import document

VERSION = 1
"""Changes when a field of the JSON form changes its meaning or goes."""

_RANK: Mapping[str, int] = MappingProxyType({verdict: number for number, verdict in enumerate(wording.VERDICTS)})


def growing(sheet: Sheet) -> int:
    """How many inserts make a container grow."""
    return sum(insert.grows for insert in sheet.inserts)


def working(sheet: Sheet) -> int:
    """How many removals take entries while the program is at work."""
    return sum(removal.works for removal in sheet.removals)


def keys(sheet: Sheet) -> str:
    """Where the keys of a container come from, and which there can be; empty where nothing makes it grow."""
    evidence = sheet.evidence
    return "" if evidence is None else telling.keys(evidence.key, evidence.domain)


SORTS: Mapping[str, Callable[[Sheet], Any]] = MappingProxyType(
    {
        "risk": lambda sheet: (-sheet.risk, not sheet.is_open, _RANK[sheet.verdict]),
        "symbol": lambda sheet: (),
        "place": lambda sheet: sheet.place,
        "verdict": lambda sheet: (_RANK[sheet.verdict], -sheet.risk),
        "inserts": lambda sheet: (-growing(sheet), -len(sheet.inserts)),
        "removals": lambda sheet: (working(sheet), len(sheet.removals)),
    }
)
"""The orders in which containers can be listed; the least bounded come first, and equals by their symbol."""


def listed(sheets: Iterable[Sheet], sort: str, only: str = "", verdicts: frozenset[str] = frozenset()) -> list[Sheet]:
    """The containers to list, in order: `only` those that are "open" or "bounded", and of some verdicts, if told so."""
    found = [
        sheet
        for sheet in sheets
        if (not only or sheet.is_open == (only == "open")) and (not verdicts or sheet.verdict in verdicts)
    ]
    return sorted(found, key=lambda sheet: (SORTS[sort](sheet), sheet.symbol))


def render_json(sheets: Sequence[Sheet], inventory: Inventory, view: View) -> Iterator[str]:
    """Give the containers as one indented JSON object; each is as `explain` gives it."""
    both = {
        "version": VERSION,
        "containers": [document(sheet, view) for sheet in sheets],
        "stats": {"files": inventory.files, **counts(sheets)},
        "notes": list(inventory.notes),
    }
    yield json.dumps(both, indent=2)


def counts(sheets: Sequence[Sheet]) -> dict[str, Any]:
    """How many containers are listed, how many of them are open and reported, and of each verdict."""
    found = Counter(sheet.verdict for sheet in sheets)
    return {
        "containers": len(sheets),
        "open": sum(sheet.is_open for sheet in sheets),
        "reported": sum(bool(sheet.shown) for sheet in sheets),
        "by_verdict": {verdict: found[verdict] for verdict in wording.VERDICTS if found[verdict]},
    }


def summary(sheets: Sequence[Sheet], inventory: Inventory) -> str:
    """One sentence about what is listed."""
    found = counts(sheets)
    if not sheets:
        return f"No long-lived containers to list in {wording.plural(inventory.files, 'file')}."
    return (
        f"{wording.plural(found['containers'], 'long-lived container')} in {wording.plural(inventory.files, 'file')}: "
        f"{found['open']} open, {found['reported']} reported."
    )
