"""The last lines of `check`: how much was found, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unbounded_lint.cli.terminal import PROGRAM

if TYPE_CHECKING:
    from unbounded_lint.findings.finding import Finding
    from unbounded_lint.run.request import Outcome

_LEVELS = ("high", "medium", "low")


def summary(outcome: Outcome, files: int, left_out: str = "", *, next_step: bool) -> Iterator[str]:
    """The lines for an outcome about so many files, with what was left out of it; with next_step, such for a person who
    has the findings in full."""
    from unbounded_lint.findings.wording import plural
    from unbounded_lint.reporters.base import ranked

    findings = outcome.findings
    result = f"Found {plural(len(findings), 'finding')}" if findings else "No findings"
    levels = f": {_by_level(findings)}" if findings and next_step else ""
    hidden = _hidden(outcome.hidden, "more " if findings else "")
    yield f"{result} in {plural(files, 'file')}{levels}{left_out}{hidden}."
    first = next((finding for finding in ranked(findings) if finding.symbol), None)
    if next_step and first is not None:
        yield from _next_steps(first)


def _by_level(findings: Sequence[Finding]) -> str:
    counted = Counter(finding.confidence.value for finding in findings)
    return ", ".join(f"{counted[level]} {level}" for level in _LEVELS if counted[level])


def _hidden(count: int, more: str) -> str:
    """What is said of findings that are not sure enough to be shown; more, where others are."""
    if not count:
        return ""
    be = "is" if count == 1 else "are"
    return f"; {count} {more}{be} less sure (--min-confidence low shows {'it' if count == 1 else 'them'})"


def _next_steps(finding: Finding) -> Iterator[str]:
    from unbounded_lint.findings.symbols import plain_symbol

    steps = (
        (f"{PROGRAM} explain {plain_symbol(finding.symbol)}", "what speaks for a finding, and against it"),
        (f"{PROGRAM} rule {finding.code}", "what a rule means, with examples"),
        (f"# ubm: ignore[{finding.code}] reason", "at its definition: accept one finding"),
        (f"{PROGRAM} --write-baseline FILE", "accept all that there are today"),
    )
    width = max(len(step) for step, _ in steps)
    for step, what in steps:
        yield f"  {step:<{width}}  {what}"
