"""A comment suppresses findings that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.rules.base import Options, Rule, brief

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM902"
NAME = "unused-suppression"


def check(_project: Project, _options: Options) -> Iterator[Finding]:
    """Nothing by itself: the runner reports these once it knows all other findings."""
    return iter(())


def report(place: Place, comment: str, codes: Sequence[str], *, whole: bool) -> Finding:
    """The finding for a comment, written "noqa" or "ubm: ignore", of which these codes silence nothing; whole says that
    they are all that it names."""
    named = [f"`{code}`" for code in codes]
    advice = f"take {'the comment' if whole else ' and '.join(named)} away"
    message = f"this `# {comment}` silences no {' or '.join(named)}"
    return Finding(CODE, NAME, brief(message), place, "", Confidence.HIGH, advice=brief(advice))


RULE = Rule(CODE, NAME, "a comment that suppresses a finding which is not there", check)
