"""What an editor shows of a container when somebody points at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from unbounded_lint.findings.finding import Place
from unbounded_lint.findings.sheet import Sheet
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.reporters.base import View, printable
from unbounded_lint.reporters.sheet import evidence_lines, render_text

_SPECIAL = re.compile(r"([\\*_\[\]<>&~|])")
_SHOWN = 8


def plain(sheet: Sheet) -> str:
    """The sheet as text."""
    return "\n".join(render_text(sheet, View(path=lambda path: path, source=lambda path: None)))


def markdown(sheet: Sheet, root: Path) -> str:
    """The sheet as Markdown, with links to its places."""
    return "\n".join(_lines(sheet, _linked(root)))


def _linked(root: Path) -> Callable[[Place], str]:
    def link(place: Place) -> str:
        # What is a link in Markdown ends at the first bracket, and what is none is shown as it is.
        uri = (root / place.path).as_uri().replace("(", "%28").replace(")", "%29")
        return f"[{_code(f'{place.path}:{place.line}')}]({uri}#L{place.line})"

    return link


def _lines(sheet: Sheet, link: Callable[[Place], str]) -> Iterator[str]:
    sure = "" if sheet.probability is None else f", {sheet.probability:.2f}"
    yield f"**{_code(plain_symbol(sheet.symbol))}** = {_code(sheet.constructor)}"
    yield ""
    yield f"Bounded by: **{_escaped(sheet.bounded_by)}** ({sheet.confidence}{sure})"
    yield ""
    yield from (f"- {_escaped(reason)}" for reason in sheet.reasons)
    yield from (f"- declared {_escaped(one)}" for one in sheet.declared)
    if sheet.findings:
        yield f"- reported as {', '.join(sheet.findings)}"
    for title, places in (
        ("Inserts", [insert.place for insert in sheet.inserts]),
        ("Removals", [removal.place for removal in sheet.removals]),
        ("Timers", sheet.timers),
    ):
        yield from _section(title, places, link)
    if sheet.evidence is not None:
        yield ""
        yield "Evidence"
        yield ""
        yield from (
            f"- {meaning}: {_escaped(values)}" for meaning, values in evidence_lines(sheet.evidence, names=False)
        )


def _section(title: str, places: Sequence[Place], link: Callable[[Place], str]) -> Iterator[str]:
    if not places:
        yield ""
        yield f"{title}: none"
        return
    yield ""
    yield title
    yield ""
    yield from (f"- {link(place)} {_escaped(place.text)}" for place in places[:_SHOWN])
    if len(places) > _SHOWN:
        yield f"- and {len(places) - _SHOWN} more"


def _code(text: str) -> str:
    """A text of the program as code, whatever backticks it has."""
    shown = printable(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    return f"{fence} {shown} {fence}" if "`" in shown else f"{fence}{shown}{fence}"


def _escaped(text: str) -> str:
    """A text in which nothing commands a reader of Markdown, but for what stands between backticks, which is code."""
    return "".join(
        _code(part) if number % 2 else _SPECIAL.sub(r"\\\1", printable(part))
        for number, part in enumerate(text.split("`"))
        if part
    )
