"""The inventory as a table: as wide as it needs to be in a file or a pipe, as wide as there is room on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from unbounded_lint.findings import telling
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.findings.levels import level_of
from unbounded_lint.findings.sheet import Sheet
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.reporters.base import View, display_width, printable
from unbounded_lint.reporters.inventory import growing, keys, working
from unbounded_lint.reporters.paint import Paint, painter

GAP = "  "

LEAST = 20
"""To how many columns the names of containers may be cut, if need be."""

WISHED = 40
"""How many columns a name of a container keeps before other columns go."""

WIDEST = 32
"""No other cell takes more columns on a terminal."""

_STYLES: Mapping[Confidence, str] = MappingProxyType(
    {Confidence.HIGH: "bold red", Confidence.MEDIUM: "yellow", Confidence.LOW: ""}
)


class Column(NamedTuple):
    """A column: its head, the text of its cells, whether that stands to the right, and the style of a cell."""

    head: str
    cell: Callable[[Sheet, View], str]
    right: bool = False
    style: Callable[[Sheet], str] = lambda sheet: ""


def _share(part: int, whole: int) -> str:
    return str(whole) if part == whole else f"{part}/{whole}"


def _risk_style(sheet: Sheet) -> str:
    return _STYLES[level_of(sheet.risk)]


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "risk": Column("RISK", lambda s, _: f"{s.risk:.2f}" if s.risk else "-", right=True, style=_risk_style),
        "container": Column("CONTAINER", lambda s, _: plain_symbol(s.symbol), style=lambda _: "bold"),
        "verdict": Column("VERDICT", lambda s, _: s.verdict, style=lambda s: "red" if s.is_open else "green"),
        "bounded by": Column("BOUNDED BY", lambda s, _: s.bounded_by),
        "kind": Column("KIND", lambda s, _: s.family),
        "lasts": Column("HELD BY", lambda s, _: telling.value("owner", s.owner)),
        "keys": Column("KEYS", lambda s, _: keys(s) or "-"),
        "in": Column("IN", lambda s, _: _share(growing(s), len(s.inserts)), right=True),
        "out": Column("OUT", lambda s, _: _share(working(s), len(s.removals)), right=True),
        "findings": Column(
            "FINDINGS", lambda s, _: " ".join(r.code for r in s.shown) or "-", style=lambda s: "red" if s.shown else ""
        ),
        "place": Column("DEFINED AT", lambda s, view: f"{view.path(s.place.path)}:{s.place.line}:{s.place.column}"),
    }
)
"""The columns of a table."""

DROPPED = ("lasts", "bounded by", "place", "keys", "kind", "findings", "out", "in")
"""The columns that go where there is no room for them, one after the other."""


def render(sheets: Sequence[Sheet], view: View, width: int | None = None) -> Iterator[str]:
    """Give a line with the heads and one for each container; width is that of a terminal, None where there is none."""
    if not sheets:
        return
    texts = {name: [printable(column.cell(s, view)) for s in sheets] for name, column in COLUMNS.items()}
    widths = {name: max(map(display_width, (COLUMNS[name].head, *cells))) for name, cells in texts.items()}
    if width is not None:
        widths = _fitting(widths, width)
    paint = painter(view.color)
    yield _line([(COLUMNS[name], COLUMNS[name].head, widths[name], "bold") for name in widths], paint)
    for number, sheet in enumerate(sheets):
        cells = [(COLUMNS[n], texts[n][number], widths[n], COLUMNS[n].style(sheet)) for n in widths]
        yield _line(cells, paint)


def _fitting(widths: Mapping[str, int], width: int) -> dict[str, int]:
    """The columns for which there is room, with their widths: names of containers are cut before a column goes."""
    kept = {name: wide if name == "container" else min(wide, WIDEST) for name, wide in widths.items()}
    for name in DROPPED:
        if _total(kept) - max(0, kept["container"] - _wished(widths["container"])) <= width:
            break
        del kept[name]
    over = max(0, _total(kept) - width)
    return {**kept, "container": max(min(LEAST, widths["container"]), kept["container"] - over)}


def _wished(natural: int) -> int:
    """How many columns the names of containers should have, whose longest takes so many."""
    return min(natural, WISHED)


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + len(GAP) * (len(widths) - 1)


def _line(cells: Sequence[tuple[Column, str, int, str]], paint: Paint) -> str:
    drawn = []
    for column, text, width, style in cells:
        shown = _cut(text, width, keep_end=column.head == "CONTAINER")
        space = " " * (width - display_width(shown))
        told = paint(shown, style) if style else shown
        drawn.append(f"{space}{told}" if column.right else f"{told}{space}")
    return GAP.join(drawn).rstrip()


def _cut(text: str, width: int, *, keep_end: bool) -> str:
    """A text in so many columns: of a name the end tells most."""
    if display_width(text) <= width:
        return text
    kept, room = [], width - 3
    for char in reversed(text) if keep_end else text:
        room -= display_width(char)
        if room < 0:
            break
        kept.append(char)
    return f"...{''.join(reversed(kept))}" if keep_end else f"{''.join(kept)}..."
