"""The baseline accepts findings that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.rules.base import Options, Rule, brief

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM904"
NAME = "stale-baseline-entry"


def check(_project: Project, _options: Options) -> Iterator[Finding]:
    """Nothing by itself: the runner reports these, since the baseline is no part of the project."""
    return iter(())


def report(path: str, line: int, code: str, subject: str, *, count: int, left: int) -> Finding:
    """The finding for a line of the baseline that accepts `count` findings of a code, of which `left` are not there."""
    about = f"the baseline accepts `{code}` of `{subject}`"
    message = f"{about}, which is no longer found"
    if count > 1:
        message = f"{about} {count} times, and it is found {count - left} times"
    advice = "take the line away" if left == count else f"write `x{count - left}`"
    place = Place(path, line, 1, line, 1)
    return Finding(
        CODE,
        NAME,
        brief(message),
        place,
        "",
        Confidence.HIGH,
        advice=f"{advice}, or write the baseline anew with --write-baseline",
    )


RULE = Rule(CODE, NAME, "a line of the baseline that accepts a finding which is not there", check)
