"""What a run is asked, and what it answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec

from unbounded_lint.files.discovery import ProjectFiles
from unbounded_lint.findings.finding import Finding, Suppressed
from unbounded_lint.findings.sheet import Inventory
from unbounded_lint.settings.config import Settings

Progress: TypeAlias = Callable[[str, int, int], None]
"""Takes what is being done in a few words, how much of it is done, and how much there is."""


class Request(msgspec.Struct, frozen=True):
    """One run. jobs is the number of processes (1: none but this one); apply_noqa is False where flake8 applies
    them; settings_file is the file that the settings come from, where there is one to report on; diff_base is a
    revision of git whose findings are not reported again, "" for none; unsaved are the bytes of files that somebody is
    writing, by path, in place of what is on disk; in_turns is True where other processes ask the same at the same time,
    so that one works and the others wait."""

    project: ProjectFiles
    settings: Settings
    jobs: int = 1
    use_cache: bool = True
    apply_noqa: bool = True
    settings_file: Path | None = None
    diff_base: str = ""
    unsaved: dict[str, bytes] = {}
    in_turns: bool = False

    @property
    def has_settings_of_its_own(self) -> bool:
        """Whether the settings are about this project: a file of them that lies elsewhere may be for several."""
        file = self.settings_file
        return file is None or os.path.realpath(file.parent) == str(self.project.root)


class Stats(msgspec.Struct, frozen=True):
    """files in the project, analysed with libcst or from the cache, containers found, findings by code, files without
    facts."""

    files: int
    analysed: int
    containers: int
    by_code: dict[str, int]
    unparsed: int


class Outcome(msgspec.Struct, frozen=True):
    """The findings of a run, in their order, after selection, confidence, ignores and suppressions.

    notes are sentences about the run itself, such as a cache that is not used; accepted are findings that a baseline
    holds, known those that a run compared with a revision has found there too: neither is among the findings;
    suppressed are those that there would be without suppressions, what is accepted among them; hidden is how many
    more there are that only are less sure than is asked for.
    """

    findings: tuple[Finding, ...]
    stats: Stats
    notes: tuple[str, ...] = ()
    accepted: tuple[Finding, ...] = ()
    known: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    hidden: int = 0


class Grounded(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer rests on besides the files of a project.

    beside has each (directory, stem) that was looked for beside these files, with whether it was found; documents are
    the pages of documentation, None where nothing asked for them; whole is False where some file could not be read or
    a rule failed, so that another run may say more.
    """

    beside: tuple[tuple[str, str, bool], ...] = ()
    documents: tuple[str, ...] | None = None
    whole: bool = True


class Analysis(Grounded, frozen=True):
    """What a project says, whichever of its files a run asks about.

    findings and suppressed as in `Outcome`, without what a baseline accepts; unresolved is a sentence about imports
    that lead nowhere, or empty; of_settings are sentences about settings of the command line that name what is not
    there; unsure are the codes and symbols of what is found with less confidence than is asked for, hidden has the path
    of each of them that would be told otherwise.
    """

    findings: tuple[Finding, ...]
    stats: Stats
    unresolved: str = ""
    of_settings: tuple[str, ...] = ()
    unsure: tuple[tuple[str, str], ...] = ()
    hidden: tuple[str, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()


class Listing(Grounded, frozen=True):
    """The containers of the files that a run asks about."""

    inventory: Inventory
