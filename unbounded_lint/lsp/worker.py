"""The process that analyses for the language server: tasks on standard input, answers on standard output.

It keeps nothing of a project but what lies in the cache, and ends with its input.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from unbounded_lint.comments.declaring import is_about_growth
from unbounded_lint.errors import UserError
from unbounded_lint.files.discovery import ProjectFiles, alone, discover
from unbounded_lint.files.source import encode, path_below
from unbounded_lint.findings.finding import Edit, Finding, Place
from unbounded_lint.findings.sheet import Sheet
from unbounded_lint.fixes.driver import Done
from unbounded_lint.fixes.recipes import recipes_for
from unbounded_lint.fixes.running import repairs
from unbounded_lint.lsp import hover
from unbounded_lint.lsp.messages import (
    LENGTH_BYTES,
    Answer,
    Change,
    Related,
    Repair,
    Report,
    Spot,
    Subject,
    Task,
    framed,
    length,
    message,
)
from unbounded_lint.lsp.places import Places
from unbounded_lint.rules import pages
from unbounded_lint.run.choosing import Choice, with_choice
from unbounded_lint.run.request import Request
from unbounded_lint.run.runner import survey
from unbounded_lint.settings.config import load_settings, settings_file


def serve(tasks: BinaryIO, answers: BinaryIO) -> None:
    """Answer tasks until there are no more."""
    while len(head := tasks.read(LENGTH_BYTES)) == LENGTH_BYTES:
        task = message(tasks.read(length(head)), Task)
        answers.write(framed(answered(task)))
        answers.flush()
        del task
        # What is linked goes in circles, and nothing but this would take it away before the next task.
        gc.collect()


def answered(task: Task) -> Answer:
    """What is found; a fault is told and not raised."""
    try:
        return _answered(task)
    except UserError as error:
        return Answer(problem=str(error))
    except Exception as error:
        return Answer(fault=f"{type(error).__name__}: {error}")


def _answered(task: Task) -> Answer:
    project, request = _request(task)
    root = project.root
    texts = {path_below(root, path): text for path, text in task.texts.items()}
    places = Places(root, texts, task.encoding)
    if task.repair is not None:
        return Answer(repair=_repair(task.repair, request, places, root))
    outcome, sheets = survey(request, texts.keys(), anew=task.anew)
    reports: dict[str, list[Report]] = {}
    for finding in outcome.findings:
        reports.setdefault(_above(finding.place.path, root), []).append(_report(finding, places, root))
    return Answer(
        reports={path: tuple(found) for path, found in reports.items()},
        spots=None if sheets is None else _spots(sheets, texts, places, task, root),
        notes=outcome.notes,
    )


def _request(task: Task) -> tuple[ProjectFiles, Request]:
    """The project of a task, as the command would have it without options; raises `UserError`."""
    root, paths = Path(task.root), [Path(path) for path in task.texts]
    settings = with_choice(load_settings(root, config=None, isolated=False, overrides={}), Choice())
    project = alone(paths[0], settings) if task.alone else discover([root], root, settings, paths)
    file = None if task.alone else settings_file(root, config=None, isolated=False)
    unsaved = {path_below(project.root, path): encode(text) for path, text in task.texts.items()}
    return project, Request(project, settings, jobs=task.jobs, settings_file=file, unsaved=unsaved)


def _report(finding: Finding, places: Places, root: Path) -> Report:
    return Report(
        span=places.span(finding.place),
        code=finding.code,
        name=finding.name,
        message=finding.message,
        advice=finding.advice,
        confidence=finding.confidence.value,
        page=str(pages.path_of(finding.name)),
        related=tuple(
            Related(_above(place.path, root), places.span(place), f"{place.role}: {place.text}".rstrip(": "))
            for place in finding.related
        ),
        growth=bool(finding.symbol) and is_about_growth(finding.code),
        symbol=finding.symbol,
        repairable=bool(recipes_for(finding.code)),
    )


def _repair(subject: Subject, request: Request, places: Places, root: Path) -> Repair:
    about = (subject.code, subject.symbol)
    found = repairs(request, {about}).get(about)
    if found is None:
        return Repair(refused="it is not found any more")
    if not isinstance(found, Done):
        return Repair(refused=found.reason)
    changes: dict[str, list[Change]] = {}
    for edit in found.fix.edits:
        changes.setdefault(_above(edit.path, root), []).append(Change(places.span(_place(edit)), edit.text))
    return Repair(found.fix.told, {path: tuple(made) for path, made in changes.items()})


def _place(edit: Edit) -> Place:
    return Place(edit.path, edit.line, edit.column, edit.end_line, edit.end_column)


def _spots(
    sheets: Iterable[Sheet], texts: Iterable[str], places: Places, task: Task, root: Path
) -> dict[str, tuple[Spot, ...]]:
    found: dict[str, list[Spot]] = {path: [] for path in texts}
    for sheet in sheets:
        text = hover.markdown(sheet, root) if task.markdown else hover.plain(sheet)
        for place in dict.fromkeys((sheet.place, *(insert.place for insert in sheet.inserts))):
            if place.path in found:
                found[place.path].append(Spot(places.span(place), text))
    return {_above(path, root): tuple(spots) for path, spots in found.items()}


def _above(path: str, root: Path) -> str:
    return os.path.normpath(os.path.join(root, path))


def main() -> None:
    """Serve the process that started this one."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever is printed is none of the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        serve(sys.stdin.buffer, answers)
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(1)  # nobody is left to hear of it
