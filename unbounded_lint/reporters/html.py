"""The inventory as a page of its own: it loads nothing, sends nothing, and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from unbounded_lint import __version__
from unbounded_lint.findings import telling, wording
from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.levels import level_of
from unbounded_lint.findings.sheet import Insert, Inventory, Removal, Sheet, Way
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.reporters.base import View, printable
from unbounded_lint.reporters.inventory import growing, keys, summary, working
from unbounded_lint.reporters.sheet import of_key, shortened

PAGE = 200
"""How many rows are shown at first: browsers take long for thousands of them."""

_UNSCRIPTED = "tbody[hidden] { display: table-row-group !important; } .filters, .more { display: none; }"
"""What holds where the script does not run: all rows are shown."""

_ASSETS = Path(__file__).parent / "assets"

_RANK: Mapping[str, int] = MappingProxyType({verdict: number for number, verdict in enumerate(wording.VERDICTS)})

_HEADS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "risk": ("Risk", "descending"),
        "container": ("Container", "ascending"),
        "verdict": ("Bounded by", "ascending"),
        "kind": ("Kind", "ascending"),
        "held": ("Held by", "ascending"),
        "keys": ("Keys", "ascending"),
        "in": ("Inserts", "descending"),
        "out": ("Removals", "ascending"),
        "findings": ("Findings", "descending"),
    }
)
"""The columns: each with its head, and the direction in which it is sorted first."""

_NOTHING = "&ndash;"

_SURE = frozenset({"timer", "later", "guaranteed", "capacity", "insert"})
"""When removals run that nobody has to think of."""

_NUMBERS = frozenset({"risk", "in", "out"})


_SORTED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "risk": ("risk", "descending"),
        "verdict": ("verdict", "ascending"),
        "symbol": ("container", "ascending"),
        "inserts": ("in", "descending"),
        "removals": ("out", "ascending"),
    }
)
"""By which column, and in which direction, the orders of the command sort; that by place is none of them."""


def render(sheets: Sequence[Sheet], inventory: Inventory, view: View, sort: str = "risk") -> Iterator[str]:
    """Give the page; the containers come in the order given, which is that of `sort`."""
    style, script = _asset("inventory.css"), _asset("inventory.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)} {_hash(_UNSCRIPTED)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f'<meta name="generator" content="unbounded-lint {__version__}">'
    yield "<title>Long-lived containers</title>"
    yield f"<style>{style}</style>"
    yield f"<noscript><style>{_UNSCRIPTED}</style></noscript>"
    yield "</head>"
    yield "<body>"
    yield "<header>"
    yield "<h1>Long-lived containers</h1>"
    yield f'<p class="lead">{_lead(sheets, inventory)}</p>'
    yield from (f'<p class="lead">{_text(note)}.</p>' for note in inventory.notes)
    yield "</header>"
    yield "<main>"
    yield from _filters(sheets)
    yield from _table(sheets, view, *_SORTED.get(sort, ("", "")))
    yield "</main>"
    yield f'<script type="application/json" id="data">{_embedded([_data(sheet, view) for sheet in sheets])}</script>'
    yield f"<script>{script}</script>"
    yield "</body>"
    yield "</html>"


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """By which a policy knows a style or script: whatever else gets into the page does not run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _text(text: str) -> str:
    """What a stranger wrote, as text between tags or in an attribute."""
    return html.escape(printable(text))


def _name(text: str) -> str:
    """The same for a name or a path, which may go on in the next line behind its parts."""
    return re.sub("[.:/]", r"\g<0><wbr>", _text(text))


def _embedded(value: object) -> str:
    """JSON inside a script element, which no text in it can end."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _lead(sheets: Sequence[Sheet], inventory: Inventory) -> str:
    return f"{_text(summary(sheets, inventory))} Open means that nothing bounds it, or that a finding is about it."


# --- what is there without the script ---


def _filters(sheets: Sequence[Sheet]) -> Iterator[str]:
    found = Counter(sheet.verdict for sheet in sheets)
    yield '<div class="filters" role="search" aria-label="Containers">'
    yield '<label>Search <input type="search" id="search" placeholder="name, path, kind, code"></label>'
    yield '<label>Show <select id="show">'
    for value in ("all", "open", "bounded", "reported"):
        yield f'<option value="{value}">{value}</option>'
    yield "</select></label>"
    yield '<fieldset id="verdicts"><legend>Verdict</legend>'
    for verdict in (verdict for verdict in wording.VERDICTS if found[verdict]):
        box = f'<input type="checkbox" value="{verdict}" checked>'
        yield f'<label title="{_text(wording.VERDICTS[verdict])}">{box} {verdict} <span>{found[verdict]}</span></label>'
    yield "</fieldset>"
    yield f'<output id="count" aria-live="polite">{len(sheets)} of {len(sheets)} match</output>'
    yield "</div>"
    yield "<noscript><p>Without its script this page neither sorts nor filters, and draws no diagrams.</p></noscript>"


def _table(sheets: Sequence[Sheet], view: View, sorted_by: str, direction: str) -> Iterator[str]:
    yield '<div class="wide">'
    yield f'<table class="all" data-page="{PAGE}">'
    yield "<caption>Long-lived containers and what bounds them</caption>"
    yield "<colgroup>"
    yield from (f'<col class="col-{key}">' for key in _HEADS)
    yield "</colgroup>"
    yield "<thead><tr>"
    for key, (head, first) in _HEADS.items():
        kind = ' class="number"' if key in _NUMBERS else ""
        button = f'<button type="button">{head}</button>'
        state = f' aria-sort="{direction}"' if key == sorted_by else ""
        yield f'<th scope="col" data-key="{key}" data-first="{first}"{kind}{state}>{button}</th>'
    yield "</tr></thead>"
    for number, sheet in enumerate(sheets):
        yield from _row(number, sheet, view)
    yield "</table>"
    hidden = " hidden" if sheets else ""
    yield f'<p class="nothing" id="nothing"{hidden}>No container matches.</p>'
    yield "</div>"
    further = "" if len(sheets) > PAGE else " hidden"
    yield f'<p class="more" id="more"{further}><button type="button" class="next">Show {PAGE} more</button>'
    yield '<button type="button" class="every">Show all</button></p>'


def _row(number: int, sheet: Sheet, view: View) -> Iterator[str]:
    codes = " ".join(report.code for report in sheet.shown)
    hidden = " hidden" if number >= PAGE else ""
    yield f'<tbody id="c{number}" class="{_state(sheet)}"{hidden}><tr class="row">'
    risk = f"{sheet.risk:.2f}" if sheet.risk else _NOTHING
    yield f'<td class="number"><span class="{level_of(sheet.risk).value}">{risk}</span></td>'
    named = f"<span>{_name(plain_symbol(sheet.symbol))}</span>"
    toggle = f'<button type="button" class="toggle code" aria-expanded="false">{named}</button>'
    yield f'<th scope="row">{toggle}<span class="where code">{_name(_at(sheet.place, view))}</span></th>'
    yield f'<td><span class="badge">{sheet.verdict}</span><span class="by">{_text(sheet.bounded_by)}</span></td>'
    yield f"<td>{_text(sheet.family)}</td>"
    yield f"<td>{_text(telling.value('owner', sheet.owner))}</td>"
    yield f"<td>{_text(keys(sheet)) or _NOTHING}</td>"
    yield f'<td class="number">{_share(growing(sheet), len(sheet.inserts))}</td>'
    yield f'<td class="number">{_share(working(sheet), len(sheet.removals))}</td>'
    yield f'<td class="found">{codes}</td>' if codes else f"<td>{_NOTHING}</td>"
    yield "</tr></tbody>"


def _state(sheet: Sheet) -> str:
    """How a row is coloured: open, broken (a finding says that what bounds it does not), idle or bounded."""
    if sheet.is_open:
        return "open" if sheet.verdict in wording.OPEN else "broken"
    return "idle" if sheet.verdict in {"idle", "closed"} else "bounded"


def _share(part: int, whole: int) -> str:
    return str(whole) if part == whole else f"{part} of {whole}"


# --- what the script draws ---


def _data(sheet: Sheet, view: View) -> dict[str, Any]:
    return {
        "symbol": printable(plain_symbol(sheet.symbol)),
        "at": _at(sheet.place, view),
        "kind": sheet.family,
        "owner": telling.value("owner", sheet.owner),
        "lasts": wording.life(sheet.owner),
        "verdict": sheet.verdict,
        "by": printable(sheet.bounded_by),
        "open": sheet.is_open,
        "reported": bool(sheet.shown),
        "keys": keys(sheet),
        "reasons": [printable(reason) for reason in sheet.reasons],
        "declared": [printable(words) for words in sheet.declared],
        "inserts": [_insert(insert, view) for insert in sheet.inserts],
        "removals": [_removal(removal, view) for removal in sheet.removals],
        "weights": [{"words": weight.words, "weight": weight.weight} for weight in sheet.weights],
        "reports": [
            {
                "code": report.code,
                "name": report.name,
                "message": printable(report.message),
                "advice": printable(report.advice),
                "probability": f"{report.probability:.2f}",  # as every other report has it, however a browser rounds
                "hidden": report.hidden,
            }
            for report in sheet.reports
        ],
        "remedies": [{"comment": remedy.comment, "where": remedy.where} for remedy in sheet.remedies],
        "sort": {
            "risk": round(sheet.risk, 6),
            "container": printable(plain_symbol(sheet.symbol)).lower(),
            "verdict": _RANK[sheet.verdict],
            "kind": sheet.family,
            "held": telling.value("owner", sheet.owner),
            "keys": keys(sheet),
            "in": growing(sheet) * 1_000_000 + len(sheet.inserts),
            "out": working(sheet) * 1_000_000 + len(sheet.removals),
            "findings": len(sheet.shown),
        },
    }


def _insert(insert: Insert, view: View) -> dict[str, Any]:
    return {
        "at": _at(insert.place, view),
        "function": printable(insert.function),
        "grows": insert.grows,
        "keys": telling.keys(insert.key, insert.domain) if insert.grows else "",
        "about": printable(of_key(insert)),
        "ways": [_way(way, view) for way in insert.ways],
    }


def _removal(removal: Removal, view: View) -> dict[str, Any]:
    return {
        "at": _at(removal.place, view),
        "function": printable(removal.function),
        "does": wording.EXTENTS[removal.extent],
        "when": wording.moment(removal),
        "works": removal.works,
        "sure": removal.when in _SURE and not removal.partly,
        "ways": [_way(way, view) for way in sorted(removal.ways, key=lambda way: way.run != removal.when)],
    }


def _way(way: Way, view: View) -> dict[str, Any]:
    told = ["" if step is None else f"{_step(step)} ({_at(step, view)})" for step in shortened(way.steps, 2, 3)]
    drawn = ["" if step is None else _step(step) for step in shortened(way.steps, 1, 2)]
    timer = "" if way.timer == "loop" else printable(way.timer)
    return {"words": wording.RUNS[way.run], "timer": timer, "told": told, "drawn": drawn}


def _step(step: Place) -> str:
    does = wording.step(step.role)
    return f"{printable(step.text)}{' ' if does else ''}{does}"


def _at(place: Place, view: View) -> str:
    return f"{printable(view.path(place.path))}:{place.line}"
