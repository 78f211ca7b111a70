"""Annotations on GitHub: workflow commands, which a step of an action prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.reporters.base import Totals, View, printable, where

_LEVELS: Mapping[Confidence, str] = MappingProxyType(
    {Confidence.HIGH: "error", Confidence.MEDIUM: "warning", Confidence.LOW: "notice"}
)

_IN_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_DATA, ":": "%3A", ",": "%2C"}


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give a command for each finding: an error where it is sure, a warning or a notice where it is less so."""
    for finding in findings:
        properties = {"title": f"unbounded-lint ({finding.code})", **_position(finding.place, view)}
        written = ",".join(f"{name}={_escaped(value, _IN_PROPERTY)}" for name, value in properties.items())
        yield f"::{_LEVELS[finding.confidence]} {written}::{_escaped(_text(finding, view), _IN_DATA)}"


def _position(place: Place, view: View) -> dict[str, str]:
    position = {"file": view.repository(place.path), "line": str(place.line)}
    # GitHub takes columns for a place within one line only.
    if place.end_line != place.line:
        return {**position, "endLine": str(place.end_line)}
    return {**position, "col": str(place.column), "endLine": str(place.line), "endColumn": str(place.end_column)}


def _text(finding: Finding, view: View) -> str:
    lines = [f"{where(finding.place, view)}: {finding.code} {printable(finding.message)}"]
    if finding.advice:
        lines.append(f"help: {printable(finding.advice)}")
    if finding.symbol:
        lines.append(f"symbol: {printable(plain_symbol(finding.symbol))}")
    return "\n".join(lines)


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(char) or (char if char.isprintable() else printable(char)) for char in text)
