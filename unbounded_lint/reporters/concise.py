"""One line per finding, for editors, scripts and pipes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unbounded_lint.finding import Finding
from unbounded_lint.reporters.base import Totals, View, printable, statistics_lines


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give `path:line:col: CODE message` for each finding."""
    if view.statistics:
        yield from statistics_lines(findings)
        return
    for finding in findings:
        place = finding.place
        where = f"{printable(view.path(place.path))}:{place.line}:{place.column}"
        yield f"{where}: {finding.code} {printable(finding.message)}"
