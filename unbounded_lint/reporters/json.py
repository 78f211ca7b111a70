"""One JSON document for other programs; its `version` changes when a field changes its meaning or goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from unbounded_lint.findings.finding import Finding, Fix, Suppressed
from unbounded_lint.reporters.base import Totals, View, counts, json_text, place_data

VERSION = 1


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give the whole report as one indented JSON object, or the counts per rule as a list, as ruff does."""
    if view.statistics:
        yield json_text([{"code": code, "name": name, "count": count} for count, code, name in counts(findings)])
        return
    document = {
        "version": VERSION,
        "findings": [finding_data(finding, view) for finding in findings],
        "stats": stats_data(totals),
    }
    if view.suppressed is not None:
        document["suppressed"] = [suppressed_data(one, view) for one in view.suppressed]
    yield json_text(document)


def finding_data(finding: Finding, view: View) -> dict[str, Any]:
    """Give a finding as plain data."""
    place = finding.place
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "path": view.path(place.path),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "symbol": finding.symbol,
        "confidence": finding.confidence.value,
        "probability": None if finding.probability is None else round(finding.probability, 3),
        "reasons": list(finding.reasons),
        "advice": finding.advice,
        "evidence": None if finding.evidence is None else msgspec.to_builtins(finding.evidence),
        "related": [place_data(related, view) for related in finding.related],
        "fingerprint": finding.fingerprint,
        **({} if finding.fix is None else {"fix": _fix(finding.fix, view)}),
    }


def suppressed_data(one: Suppressed, view: View) -> dict[str, Any]:
    """Give a finding that is silenced as plain data, with what silences it."""
    suppression = {"kind": one.kind, "justification": one.justification}
    return {**finding_data(one.finding, view), "suppression": suppression}


def _fix(fix: Fix, view: View) -> dict[str, Any]:
    edits = [{**msgspec.to_builtins(edit), "path": view.path(edit.path)} for edit in fix.edits]
    return {"applicability": fix.applicability, "message": fix.message, "assumes": fix.assumes, "edits": edits}


def stats_data(totals: Totals) -> dict[str, Any]:
    """Give the counts of a run as plain data."""
    return {
        "files": totals.files,
        "analysed": totals.analysed,
        "containers": totals.containers,
        "by_code": dict(sorted(totals.by_code.items())),
        "unparsed": totals.unparsed,
    }
