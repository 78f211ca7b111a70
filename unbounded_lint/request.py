"""What a run is asked, and what it answers."""

from __future__ import annotations

from pathlib import Path

import msgspec

from unbounded_lint.config import Settings
from unbounded_lint.discovery import ProjectFiles
from unbounded_lint.finding import Finding


class Request(msgspec.Struct, frozen=True):
    """One run. jobs is the number of processes (1: none but this one); apply_noqa is False where flake8 applies
    them; settings_file is the file that the settings come from, where there is one to report on."""

    project: ProjectFiles
    settings: Settings
    jobs: int = 1
    use_cache: bool = True
    apply_noqa: bool = True
    settings_file: Path | None = None


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

    notes are sentences about the run itself, such as a cache that is not used.
    """

    findings: tuple[Finding, ...]
    stats: Stats
    notes: tuple[str, ...] = ()


class Analysis(msgspec.Struct, frozen=True):
    """What a project says, whichever of its files a run asks about.

    findings as in `Outcome`; unresolved is a sentence about imports that lead nowhere, or empty; of_settings are
    sentences about settings of the command line that name what is not there; beside has each (directory, stem) that was
    looked for beside the project's files, with whether it was found; documents are the pages of documentation,
    None where nothing asked for them; unsure are the codes and symbols of what is found with less confidence than is
    asked for; whole is False where some file could not be read or a rule failed, so that
    another run may say more.
    """

    findings: tuple[Finding, ...]
    stats: Stats
    unresolved: str = ""
    of_settings: tuple[str, ...] = ()
    beside: tuple[tuple[str, str, bool], ...] = ()
    documents: tuple[str, ...] | None = None
    unsure: tuple[tuple[str, str], ...] = ()
    whole: bool = True
