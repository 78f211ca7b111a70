"""A comment or a setting declares something about what is not there, or cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.rules.base import Options, Rule, brief

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM903"
NAME = "unknown-declaration"


def check(_project: Project, _options: Options) -> Iterator[Finding]:
    """Nothing by itself: the runner reports these, since comments and settings are no part of the project."""
    return iter(())


def report(path: str, line: int, column: int, why: str) -> Finding:
    """The finding for a comment, or for a line of the settings."""
    return Finding(CODE, NAME, brief(why), Place(path, line, column, line, column), "", Confidence.HIGH)


RULE = Rule(CODE, NAME, "a declaration, in a comment or in the settings, that names nothing or cannot be read", check)
