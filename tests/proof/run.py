"""Prints what becomes of the findings: each confirmed by a run, repaired, and confirmed again.

`python -m tests.proof.run [--markdown FILE] [NAME ...]`: all cases, or those whose names have one of these words.
`python -m tests.proof.run --write`: all, and what they come to is written down in `totals.json`, from which
`python -m tests.test_readme --write` makes the tables of README.md and of `unbounded-lint help fixing`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.proof.cases import QUIET, Case, cases
from tests.proof.prove import Row, prove

TOTALS = ("rule", "cases", "findings", "confirmed", "repaired", "refused", "confirmed again", "behaviour kept")
ACROSS = ("cases", "findings", "confirmed", "repaired", "confirmed again")
TOTALS_FILE = Path(__file__).with_name("totals.json")
ROWS = ("rule", "case", "container", "run", "repair", "run after it", "behaviour kept")


def rows(chosen: Iterable[Case]) -> Iterator[Row]:
    """The rows of some cases, each as soon as it is known."""
    for case in chosen:
        with tempfile.TemporaryDirectory() as folder:
            yield from prove(case, Path(folder))


def totals(found: Sequence[Row]) -> list[tuple[str, ...]]:
    """A line a rule, and one for all."""
    codes = sorted({row.code for row in found})
    lines = [_total(code, [row for row in found if row.code == code]) for code in codes]
    return [*lines, _total("all", found)]


def _total(name: str, found: Sequence[Row]) -> tuple[str, ...]:
    numbers = (
        len({row.case for row in found}),
        len(found),
        sum(row.is_confirmed for row in found),
        sum(bool(row.repair) for row in found),
        sum(bool(row.refused) for row in found),
        sum(row.after == "levels off" and not row.mended for row in found),
        sum(row.kept == "yes" for row in found),
    )
    return (name, *map(str, numbers))


def details(found: Iterable[Row]) -> list[tuple[str, ...]]:
    """A line a finding."""
    lines = []
    for row in sorted(found):
        run = "; ".join(filter(None, (row.before, row.no_growth, row.fault)))
        again = "; ".join(filter(None, (row.after, row.mended)))
        repair = row.repair or f"refused: {row.refused}"
        lines.append((row.code, row.case, f"`{row.symbol}`", run, repair, again, row.kept))
    return lines


def quiet() -> list[tuple[str, ...]]:
    """A line a stage of the gateway of which nothing is reported."""
    return [("none", f"gateway/{stage}", "", f"nothing is reported: {why}", "", "", "") for stage, why in QUIET.items()]


def markdown(found: Sequence[Row]) -> str:
    """Both tables for a page of documentation."""
    return f"{_table(TOTALS, totals(found))}\n\n{_table(ROWS, [*details(found), *quiet()])}\n"


def written() -> list[tuple[str, ...]]:
    """The totals as they were written down."""
    return [tuple(line) for line in json.loads(TOTALS_FILE.read_text(encoding="utf-8"))]


def by_rule() -> str:
    """The totals that were written down, a line a rule."""
    numbers = "| --- |" + " ---: |" * (len(TOTALS) - 1)
    head, _, *lines = _table(TOTALS, written()).splitlines()
    return "\n".join([head, numbers, *lines])


def across() -> str:
    """The most of it, a column a rule."""
    columns = [(name if name == "all" else name.removeprefix("UBM"), *rest) for name, *rest in written()]
    head = ("UBM", *(column[0] for column in columns))
    lines = [(name, *(column[at] for column in columns)) for at, name in enumerate(TOTALS) if name in ACROSS]
    table = _table(head, lines).splitlines()
    return "\n".join([table[0], "| --- |" + " ---: |" * len(columns), *table[2:]])


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    cells = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in cells)


def plain(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table for a terminal."""
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    padded = ("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) for line in (head, *lines))
    return "\n".join(line.rstrip() for line in padded)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.run", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="a word of the names of cases (default: all)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables to FILE, as Markdown")
    parser.add_argument("--write", action="store_true", help="write down what all cases come to")
    options = parser.parse_args()
    if options.write and options.names:
        parser.error("what is written down is about all cases")
    chosen = [case for case in cases() if not options.names or any(name in case.name for name in options.names)]
    found = list(rows(chosen))
    print(plain(ROWS, [*details(found), *([] if options.names else quiet())]), plain(TOTALS, totals(found)), sep="\n\n")
    if options.write:
        lines = ",\n".join(f"  {json.dumps(line)}" for line in totals(found))
        TOTALS_FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    if options.markdown is not None:
        options.markdown.write_text(markdown(found), encoding="utf-8")


if __name__ == "__main__":
    main()
