"""What a rule is, and how its examples are written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import TYPE_CHECKING

from unbounded_lint.finding import Finding

if TYPE_CHECKING:
    from unbounded_lint.link.project import Project


@dataclass(frozen=True)
class Options:
    """What a rule may take from the settings; strict asks for containers that are bounded only by the rate of inserts
    too."""

    strict: bool = False


@dataclass(frozen=True)
class Bad:
    """A program with findings: file name -> text, `# expect: CODE` on the line of each container concerned."""

    files: Mapping[str, str]

    @property
    def sources(self) -> dict[str, str]:
        """The files with their common indentation taken off."""
        return {name: cleandoc(text) + "\n" for name, text in self.files.items()}


@dataclass(frozen=True)
class Good(Bad):
    """A program without findings of the rule."""


@dataclass(frozen=True)
class Rule:
    """A rule: `check` asks the project and yields findings; `doc` is the module's docstring with its headings.

    `overrides` names the rules that say less about the same root cause: of a container that this rule reports, their
    findings are dropped.
    """

    code: str
    name: str
    summary: str
    doc: str
    check: Callable[[Project, Options], Iterator[Finding]]
    default: bool = True
    overrides: tuple[str, ...] = ()
    examples: tuple[Bad, ...] = field(default=())
