"""A JUnit report: what most services that run tests can show. One suite a file, one failed case a finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.reporters.base import Totals, View, printable, silenced, where

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAME = "unbounded-lint"


def render(findings: Sequence[Finding], totals: Totals, view: View) -> Iterator[str]:
    """Give the report as an XML document; where there is nothing to report it has one case that passes, since services
    take a report without cases for a broken one."""
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", name=_NAME)
    suites = _Suites(root, view)
    for finding in findings:
        case = suites.case(finding)
        failure = ElementTree.SubElement(case, "failure", type=finding.code, message=_xml(printable(finding.message)))
        failure.text = _xml("\n".join(_text(finding, view)))
    for one in view.suppressed or ():
        ElementTree.SubElement(suites.case(one.finding), "skipped", message=_xml(f"suppressed {silenced(one)}"))
    if not len(root):
        suite = ElementTree.SubElement(root, "testsuite", name=_NAME)
        ElementTree.SubElement(suite, "testcase", name="no findings", classname=_NAME)
    for element in (*root, root):
        _count(element)
    ElementTree.indent(root)
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield from ElementTree.tostring(root, encoding="unicode").split("\n")


class _Suites:
    """The suites of a report, one a file."""

    def __init__(self, root: Element, view: View) -> None:
        self._root = root
        self._view = view
        self._suites: dict[str, Element] = {}

    def case(self, finding: Finding) -> Element:
        """A new case for a finding, in the suite of its file."""
        from xml.etree import ElementTree

        path = _xml(self._view.repository(finding.place.path))
        if path not in self._suites:
            self._suites[path] = ElementTree.SubElement(self._root, "testsuite", name=path)
        return ElementTree.SubElement(
            self._suites[path],
            "testcase",
            # Services tell cases apart by these two, and follow them from run to run.
            name=_xml(printable(f"{finding.code} {finding.symbol or finding.message}")),
            classname=path.removesuffix(".py"),
            file=path,
            line=str(finding.place.line),
        )


def _count(element: Element) -> None:
    """Say in a suite, or in all of them, how many cases there are."""
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
        element.set(name, str(sum(1 for _ in element.iter(tag))))
    element.set("errors", "0")


def _text(finding: Finding, view: View) -> Iterator[str]:
    yield f"{where(finding.place, view)}: {printable(finding.message)}"
    for place in finding.related:
        yield f"{place.role}: {where(place, view)} {printable(place.text)}".rstrip()
    yield f"confidence: {finding.confidence.value}"
    if finding.advice:
        yield f"help: {printable(finding.advice)}"


def _xml(text: str) -> str:
    """Text as an XML document and a terminal may hold it, its lines kept apart."""
    return "\n".join(printable(line) for line in text.split("\n"))
