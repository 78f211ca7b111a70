"""What an editor offers to do about a finding: comments to write, and the text of its rule to read."""

from __future__ import annotations

from typing import NamedTuple

from unbounded_lint.layout import around, layout_of, split
from unbounded_lint.lsp.messages import Encoding
from unbounded_lint.lsp.places import units

WHY = "TODO: say why"
"""What stands for the reason until somebody writes one: a server cannot ask."""


class Insertion(NamedTuple):
    """A text to write into a file, at a place as clients count."""

    line: int
    character: int
    text: str


def ignoring(code: str) -> str:
    """The comment that ignores a rule."""
    return f"# ubm: ignore[{code}] {WHY}"


def declaring_bounded() -> str:
    """The comment that declares a container to be bounded."""
    return f"# ubm: bounded({WHY})"


def commented(text: str, line: int, comment: str, encoding: Encoding) -> Insertion | None:
    """Where a comment is written so that it covers the statement at a line, counted from 0: behind that, and behind the
    comment that may be there; None where no statement is, as in a file that cannot be tokenised."""
    lines = split(text)
    found = around(line + 1, layout_of(lines).statements)
    if found is None:
        return None
    last = lines[found[1] - 1].rstrip("\n")
    return Insertion(found[1] - 1, units(last, encoding), f"{'' if last.endswith(' ') else '  '}{comment}")
