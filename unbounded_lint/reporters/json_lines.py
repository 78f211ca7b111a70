"""One JSON object per finding and line, for programs that read a stream; the same fields as in the JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unbounded_lint.findings.finding import Finding
from unbounded_lint.reporters.base import Totals, View, json_text
from unbounded_lint.reporters.json import finding_data, suppressed_data


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give a line for each finding, then for each that is silenced, which has a `suppression`."""
    for finding in findings:
        yield json_text(finding_data(finding, view), compact=True)
    for one in view.suppressed or ():
        yield json_text(suppressed_data(one, view), compact=True)
