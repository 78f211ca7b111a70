"""What the baseline of a project accepts of its findings, and which of its lines are stale."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from unbounded_lint.files.discovery import find_root
from unbounded_lint.files.source import path_below
from unbounded_lint.findings.finding import Finding
from unbounded_lint.run import baseline
from unbounded_lint.run.baseline import Applied, Entry, Key
from unbounded_lint.run.request import Analysis, Request


class Asked(NamedTuple):
    """The findings that a baseline leaves, those that it accepts, and a sentence about it, or ""."""

    kept: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    note: str = ""


def accepted_of(found: Analysis, request: Request) -> Asked:
    """What the baseline of a run makes of what was found: its stale lines are findings too. Raises `UserError` for a
    baseline that cannot be read."""
    setting, root = request.settings.baseline, str(request.project.root)
    if setting is None or not (os.path.isabs(setting) or _is_of_settings(request)):
        return Asked(found.findings, ())
    path = baseline.place_of(setting, root)
    shown = _shown(setting)
    applied = baseline.applied(baseline.read(path, shown), found.findings)
    if not _tells_what_is_stale(found, request):
        return Asked(applied.kept, applied.accepted)
    # Not at the top: most baselines have no stale line, and a run that has nothing to do needs no rules.
    from unbounded_lint.rules import stale_baseline_entry
    from unbounded_lint.run.selection import Chosen

    chosen = Chosen(request)
    place = path_below(os.path.realpath(root), os.path.realpath(path))
    stale = list(_stale(applied, found, chosen.codes)) if chosen.is_on(place, stale_baseline_entry.CODE) else []
    told = [
        stale_baseline_entry.report(place, entry.line, *entry.key, count=entry.accepts, left=left)
        for entry, left in stale
    ]
    kept = sorted([*applied.kept, *told], key=lambda finding: finding.sort_key)
    return Asked(tuple(kept), applied.accepted, _note(stale, shown))


def _shown(setting: str) -> str:
    """A baseline as messages call it: what the command line names is absolute here."""
    relative = os.path.relpath(setting) if os.path.isabs(setting) else setting
    return setting if relative.startswith(os.pardir) else relative


def _is_of_settings(request: Request) -> bool:
    """Whether the settings speak of the project that is analysed, and not of one around it that leaves it out."""
    root = request.project.root
    return find_root([root]) == root


def _tells_what_is_stale(found: Analysis, request: Request) -> bool:
    """Whether all that a baseline could be about was looked for."""
    return request.project.report_on is None and not request.diff_base and found.whole and not found.stats.unparsed


def _stale(applied: Applied, found: Analysis, codes: frozenset[str]) -> Iterator[tuple[Entry, int]]:
    unsure = {Key.of(code, symbol) for code, symbol in found.unsure if symbol}
    for entry, left in applied.left.items():
        if entry.key.code in codes and entry.key not in unsure:
            yield entry, left


def _note(stale: list[tuple[Entry, int]], shown: str) -> str:
    if not stale:
        return ""
    number, them = ("one line", "it") if len(stale) == 1 else (f"{len(stale)} lines", "them")
    return (
        f"{number} of the baseline {shown} accept{'s' if len(stale) == 1 else ''} what is no longer found; take {them} "
        "away, or write it anew with --write-baseline"
    )
