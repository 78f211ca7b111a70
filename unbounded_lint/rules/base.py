"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding
from unbounded_lint.rules import pages, titles

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project


_LONGEST = 300


def brief(sentence: str) -> str:
    """A sentence that repeats what a stranger wrote, cut where that goes on and on."""
    return sentence if len(sentence) <= _LONGEST else f"{sentence[: _LONGEST - 3]}..."


@dataclass(frozen=True)
class Options:
    """What a rule may take from the settings; strict asks for containers that are bounded only by the rate of inserts
    too."""

    strict: bool = False


@dataclass(frozen=True)
class Rule:
    """A rule: `check` asks the project and yields findings; its page, named as the rule, tells what it is about.

    `overrides` names the rules that say less about the same root cause: of a container that this rule reports, their
    findings are dropped.
    """

    code: str
    name: str
    summary: str
    check: Callable[[Project, Options], Iterator[Finding]]
    default: bool = True
    overrides: tuple[str, ...] = ()

    @property
    def doc(self) -> str:
        """The page below its title, as Markdown; raises OSError if it is not there."""
        return titles.text_of(self.name)

    @property
    def examples(self) -> tuple[pages.Example, ...]:
        """The programs of the page; raises OSError if it is not there, `pages.PageError` if it is malformed."""
        return pages.page_of(self.name).examples
