"""SARIF 2.1.0, for services that show findings beside the code, such as GitHub's code scanning."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from unbounded_lint import __version__
from unbounded_lint.findings.finding import Confidence, Edit, Finding, Fix, Place, Suppressed
from unbounded_lint.reporters.base import Totals, View, json_text, printable
from unbounded_lint.reporters.json import stats_data
from unbounded_lint.rules import all_rules, pages
from unbounded_lint.rules.base import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_BASE = "SRCROOT"
_INTERNAL_ERROR = "UBM900"
_LEVELS: Mapping[Confidence, str] = MappingProxyType(
    {Confidence.HIGH: "error", Confidence.MEDIUM: "warning", Confidence.LOW: "note"}
)
_RANKS: Mapping[Confidence, float] = MappingProxyType(
    {Confidence.HIGH: 90.0, Confidence.MEDIUM: 50.0, Confidence.LOW: 10.0}
)
"""The priority of a finding whose rule tells no probability, of 100."""
_IMPORTANCE: Mapping[str, str] = MappingProxyType(
    {"insert": "essential", "definition": "essential", "call": "unimportant"}
)
_MEANING = f"\n## {pages.HEADINGS[0]}\n"
"""The heading of a page below which it says in full what a rule reports."""
_REMOVING = frozenset({"removal", "sweep"})

_Object: TypeAlias = dict[str, Any]


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give the report as one indented JSON object."""
    rules = all_rules()
    index = {rule.code: number for number, rule in enumerate(rules)}
    results = [_result(finding, index, view) for finding in findings]
    if view.suppressed is not None:
        # The standard wants all results of a run to say by what they are suppressed, or none.
        results = [{**result, "suppressions": []} for result in results]
        results += [_suppressed(one, index, view) for one in view.suppressed]
    run = {
        "tool": {
            "driver": {
                "name": "unbounded-lint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "invocations": [{"executionSuccessful": all(finding.code != _INTERNAL_ERROR for finding in findings)}],
        # Without its URI, which would tell where the code lay on the machine of the run: readers know their own.
        "originalUriBaseIds": {_BASE: {"description": _message("The root of the repository.")}},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"stats": stats_data(totals)},
    }
    yield json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


# --- rules -----------------------------------------------------------------------------------------------------------


def _rule(rule: Rule) -> _Object:
    page = rule.doc
    about_tool = rule.code.startswith("UBM9")
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": f"{rule.summary[:1].upper()}{rule.summary[1:]}."},
        "fullDescription": {"text": " ".join(page.partition(_MEANING)[2].partition("\n## ")[0].split())},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"enabled": rule.default, "level": "warning"},
        "properties": {
            "precision": "very-high" if about_tool else _precision(rule),
            "problem.severity": "warning",
            "tags": ["analysis"] if about_tool else ["memory-leak", "reliability"],
        },
    }


def _precision(rule: Rule) -> str:
    """How often a rule is right: what is wrong with a sweep can be read off, that nothing bounds a container cannot."""
    return "high" if rule.default and rule.code.startswith("UBM2") else "medium"


# --- results ---------------------------------------------------------------------------------------------------------


def _suppressed(one: Suppressed, index: Mapping[str, int], view: View) -> _Object:
    suppression = {"kind": one.kind, "status": "accepted"}
    if one.justification:
        suppression["justification"] = printable(one.justification)
    return {**_result(one.finding, index, view), "suppressions": [suppression]}


def _result(finding: Finding, index: Mapping[str, int], view: View) -> _Object:
    result: _Object = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": _LEVELS[finding.confidence],
        "rank": _RANKS[finding.confidence] if finding.probability is None else round(100 * finding.probability, 1),
        "message": _message(_linked(finding)),
        "locations": [{**_location(finding.place, view), **_symbol(finding)}],
        "partialFingerprints": {"codeAndSymbol/v1": finding.fingerprint},
        "properties": _properties(finding),
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(place, view), "message": _message(_said(place))}
            for number, place in enumerate(finding.related, 1)
        ]
        result["codeFlows"] = [_flow(finding, view)]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix, view)]
    return result


def _message(text: str) -> _Object:
    """A message object: a brace alone would stand for an argument in it, as one never does in the text about a rule."""
    return {"text": text.replace("{", "{{").replace("}", "}}")}


def _linked(finding: Finding) -> str:
    """The message, with links to the related places: services show those that are linked to, and no others."""
    if not finding.related:
        return printable(finding.message)
    links = ", ".join(f"[{place.role}]({number})" for number, place in enumerate(finding.related, 1))
    return f"{_unlinked(finding.message)}. Places: {links}."


def _unlinked(text: str) -> str:
    """A text on one line in which nothing is a link, as what stands in brackets before a parenthesis would be."""
    plain = printable(text)
    return plain.replace("[", "\\[").replace("]", "\\]") if "](" in plain else plain


def _said(place: Place) -> str:
    return f"{place.role}: {printable(place.text)}" if place.text else place.role


def _properties(finding: Finding) -> _Object:
    found = {
        "symbol": finding.symbol,
        "confidence": finding.confidence.value,
        "probability": None if finding.probability is None else round(finding.probability, 3),
        "reasons": list(finding.reasons),
        "advice": finding.advice,
    }
    return {name: value for name, value in found.items() if value not in ("", None, [])}


def _symbol(finding: Finding) -> _Object:
    if not finding.symbol:
        return {}
    kind = "member" if "." in finding.symbol.rpartition(":")[2] else "variable"
    name = finding.symbol.rpartition(":")[2].rpartition(".")[2]
    return {"logicalLocations": [{"name": name, "fullyQualifiedName": finding.symbol, "kind": kind}]}


def _location(place: Place, view: View) -> _Object:
    return {"physicalLocation": {"artifactLocation": _artifact(place.path, view), "region": _region(place)}}


def _region(of: Place | Edit) -> _Object:
    return {"startLine": of.line, "startColumn": of.column, "endLine": of.end_line, "endColumn": of.end_column}


def _artifact(path: str, view: View) -> _Object:
    from urllib.parse import quote  # only this format pays for it

    shown = view.repository(path)
    uri = quote(os.fsencode(shown))
    if os.path.isabs(shown):  # it lies outside the repository
        return {"uri": f"file://{uri}" if uri.startswith("/") else f"file:///{uri}"}
    return {"uri": uri, "uriBaseId": _BASE}


# --- the repair ------------------------------------------------------------------------------------------------------


def _fix(fix: Fix, view: View) -> _Object:
    by_path: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_path.setdefault(edit.path, []).append(edit)
    changes = [
        {"artifactLocation": _artifact(path, view), "replacements": [_replacement(edit) for edit in edits]}
        for path, edits in by_path.items()
    ]
    return {"description": _message(f"{_unlinked(fix.told)}."), "artifactChanges": changes}


def _replacement(edit: Edit) -> _Object:
    # A region from somewhere to there holds nothing: the text is put there.
    found: _Object = {"deletedRegion": _region(edit)}
    return {**found, "insertedContent": {"text": edit.text}} if edit.text else found


# --- the flow --------------------------------------------------------------------------------------------------------


def _flow(finding: Finding, view: View) -> _Object:
    """What happens, step by step: an event comes in, an entry is added, and the sweep that should take it out is
    missing or broken."""
    steps = [*_steps(finding.related), _end(finding)]
    locations = [
        {
            "location": {**_location(place, view), "message": _message(printable(place.text or place.role))},
            "kinds": [place.role],
            "importance": _IMPORTANCE.get(place.role, "important"),
        }
        for place in steps
    ]
    return {"threadFlows": [{"locations": locations}]}


def _steps(related: Sequence[Place]) -> Iterator[Place]:
    """The related places, which come in the order of a run, with one insert alone: a run comes to one."""
    first = next((place for place in related if place.role == "insert"), None)
    yield from (
        place for place in related if place.role not in _REMOVING and (place.role != "insert" or place == first)
    )
    yield from (place for place in related if place.role in _REMOVING)


def _end(finding: Finding) -> Place:
    place = finding.place
    return Place(place.path, place.line, place.column, place.end_line, place.end_column, "definition", finding.message)
