"""A Code Quality report for GitLab: what a job gives as the artifact `codequality`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from unbounded_lint.findings.finding import Confidence, Finding
from unbounded_lint.reporters.base import Totals, View, json_text, printable

_SEVERITIES: Mapping[Confidence, str] = MappingProxyType(
    {Confidence.HIGH: "major", Confidence.MEDIUM: "minor", Confidence.LOW: "info"}
)


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give the report as one JSON array."""
    seen: Counter[str] = Counter()
    issues = []
    for finding in findings:
        issues.append(_issue(finding, seen[finding.fingerprint], view))
        seen[finding.fingerprint] += 1
    yield json_text(issues)


def _issue(finding: Finding, before: int, view: View) -> dict[str, Any]:
    """An issue; before is how many of the same fingerprint came before it, of which GitLab would show one alone."""
    place = finding.place
    advice = f" ({printable(finding.advice)})" if finding.advice else ""
    return {
        "check_name": finding.code,
        "description": f"{finding.code}: {printable(finding.message)}{advice}",
        "severity": _SEVERITIES[finding.confidence],
        "symbol": finding.symbol,  # GitLab leaves alone what it does not know
        "fingerprint": f"{finding.fingerprint}-{before + 1}" if before else finding.fingerprint,
        "location": {
            "path": view.repository(place.path),
            "positions": {
                "begin": {"line": place.line, "column": place.column},
                "end": {"line": place.end_line, "column": place.end_column},
            },
        },
    }
