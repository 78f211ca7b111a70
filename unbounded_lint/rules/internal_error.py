"""The analyser failed on a container or a file, which is a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding, Place
from unbounded_lint.rules.base import Options, Rule

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project

CODE = "UBM900"
NAME = "internal-error"


def check(_project: Project, _options: Options) -> Iterator[Finding]:
    """Nothing by itself: the runner reports these where they happen."""
    return iter(())


def report(path: str, error: BaseException, symbol: str = "") -> Finding:
    """The finding for an exception that escaped from the analyser."""
    what = f"{type(error).__name__}: {error}".replace("\n", " ")[:200]
    about = f" while looking at `{symbol}`" if symbol else ""
    return Finding(CODE, NAME, f"internal error{about}: {what}", Place(path, 1, 1, 1, 1), "", Confidence.HIGH)


RULE = Rule(CODE, NAME, "the analyser failed here; please report it", check)
