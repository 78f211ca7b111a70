"""One line per finding, for editors, scripts and pipes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unbounded_lint.findings.finding import Finding
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.reporters.base import Totals, View, printable, silenced, statistics_lines, where


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give `path:line:col: CODE message (symbol)` for each finding."""
    if view.statistics:
        yield from statistics_lines(findings)
        return
    for finding in findings:
        yield _line(finding, view)
    for one in view.suppressed or ():
        yield f"{_line(one.finding, view)} (suppressed {silenced(one)})"


def _line(finding: Finding, view: View) -> str:
    about = f" ({printable(plain_symbol(finding.symbol))})" if finding.symbol else ""
    return f"{where(finding.place, view)}: {finding.code} {printable(finding.message)}{about}"
