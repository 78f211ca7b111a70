"""A file cannot be read as Python, so nothing in it is analysed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.rules.base import Options, Rule

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM901"
NAME = "unparsable-file"

_ADVICE = "mend the file, or leave it out with the setting `extend-exclude`"


def check(_project: Project, _options: Options) -> Iterator[Finding]:
    """Nothing by itself: the runner reports these where they happen."""
    return iter(())


def report(path: str, line: int, reason: str) -> Finding:
    """The finding for a file that cannot be analysed."""
    line = max(line, 1)
    message, place = f"cannot be analysed: {reason}", Place(path, line, 1, line, 1)
    return Finding(CODE, NAME, message, place, "", Confidence.HIGH, advice=_ADVICE)


RULE = Rule(CODE, NAME, "a file that cannot be read or parsed", check)
