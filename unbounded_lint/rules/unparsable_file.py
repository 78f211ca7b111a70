"""A file cannot be read as Python, so nothing in it is analysed.

## What it does
Reports a file that is unreadable, not text in its encoding, no Python that libcst can parse, or nested beyond what is
safe to parse.

## Why is this bad?
Containers, inserts and sweeps in that file are invisible, here and for the modules that use it.

## Example
A template with `.py` as its ending, or a file of Python 2.

## Use instead
Mend the file, or exclude it in the settings.

## When it stays quiet
For files that are excluded.

## Options
`exclude`, `extend-exclude`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.finding import Confidence, Finding, Place
from unbounded_lint.rules.base import Options, Rule

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM901"
NAME = "unparsable-file"


def check(_project: Project, _options: Options) -> Iterator[Finding]:
    """Nothing by itself: the runner reports these where they happen."""
    return iter(())


def report(path: str, line: int, reason: str) -> Finding:
    """The finding for a file that cannot be analysed."""
    line = max(line, 1)
    return Finding(CODE, NAME, f"cannot be analysed: {reason}", Place(path, line, 1, line, 1), "", Confidence.HIGH)


RULE = Rule(CODE, NAME, "a file that cannot be read or parsed", __doc__, check)
