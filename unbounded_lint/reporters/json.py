"""One JSON document for other programs; its `version` changes when a field changes its meaning or goes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from unbounded_lint.finding import Finding, Fix, Place
from unbounded_lint.reporters.base import Totals, View, counts

VERSION = 1


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give the whole report as one indented JSON object."""
    document = {
        "version": VERSION,
        "findings": [_finding(finding, view) for finding in findings],
        "stats": _stats(findings, totals, view),
    }
    yield json.dumps(document, indent=2)


def _finding(finding: Finding, view: View) -> dict[str, Any]:
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
        "evidence": None if finding.evidence is None else msgspec.to_builtins(finding.evidence),
        "related": [_related(related, view) for related in finding.related],
        "fingerprint": finding.fingerprint,
        **({} if finding.fix is None else {"fix": _fix(finding.fix, view)}),
    }


def _fix(fix: Fix, view: View) -> dict[str, Any]:
    edits = [{**msgspec.to_builtins(edit), "path": view.path(edit.path)} for edit in fix.edits]
    return {"applicability": fix.applicability, "message": fix.message, "assumes": fix.assumes, "edits": edits}


def _related(place: Place, view: View) -> dict[str, Any]:
    return {
        "role": place.role,
        "path": view.path(place.path),
        "line": place.line,
        "column": place.column,
        "text": place.text,
    }


def _stats(findings: Sequence[Finding], totals: Totals, view: View) -> dict[str, Any]:
    stats: dict[str, Any] = {
        "files": totals.files,
        "analysed": totals.analysed,
        "containers": totals.containers,
        "by_code": dict(sorted(totals.by_code.items())),
        "unparsed": totals.unparsed,
    }
    if view.statistics:
        stats["statistics"] = [{"count": count, "code": code, "name": name} for count, code, name in counts(findings)]
    return stats
