"""The flake8 plugin: the findings of the whole project, handed out file by file.

flake8 checks one file at a time, in a pool of forked or spawned workers. One of them links the project of the file, the
others take what it found from the cache on disk, and each remembers the answer. What flake8 has from standard input,
such as the buffer of an editor, counts in place of what is on disk. Suppression by `# noqa` is left to flake8. Nothing
heavy is imported until a file is to be checked in which something could be found.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from unbounded_lint import __version__
from unbounded_lint.errors import UserError
from unbounded_lint.flake8.options import (
    Asked,
    Given,
    Manager,
    add_options,
    asked_by,
    given_by,
    is_silent,
    settings_for,
    spokesman,
)

if TYPE_CHECKING:
    import argparse
    import ast

    from unbounded_lint.findings.finding import Finding

RELATED_SHOWN = 3
"""A flake8 message is one line, so only this many related places are named in it."""

FAILED_CODE = "UBM900"


class Answer(NamedTuple):
    """The findings of one project by the path of their file relative to root, or why there are none."""

    root: str
    by_path: Mapping[str, tuple[Finding, ...]]
    failure: str = ""


class Plugin:
    """What flake8 makes for every file it checks."""

    name = "unbounded-lint"
    version = __version__

    # flake8 reads its options once a process, and offers no other place to keep what they say.
    asked: ClassVar[Asked] = Asked()
    given: ClassVar[Given] = Given()

    def __init__(self, tree: ast.AST, filename: str, lines: Sequence[str] | None = None) -> None:
        """Take the tree, which marks this as a plugin that runs once per file, and the name and the lines of that file
        (None for those on disk)."""
        self._tree = tree
        self._filename = filename
        self._text = None if lines is None else "".join(lines)

    @staticmethod
    def add_options(manager: Manager) -> None:
        """Add our options to those of flake8."""
        add_options(manager)

    @classmethod
    def parse_options(cls, manager: Manager, options: argparse.Namespace, _files: object) -> None:
        """Take what the options say; ends flake8 with one sentence where a value is none that the option takes."""
        try:
            cls.asked, cls.given = asked_by(options), given_by(options)
        except UserError as error:
            manager.parser.error(str(error))

    def run(self) -> Iterator[tuple[int, int, str, type]]:
        """Give (line, column from 0, text, type of this plugin) for each finding in the file; raises nothing."""
        if _is_passed_over(self._tree, self._filename, self._text):
            return
        for line, column, text in _report(self._filename, self._text, self.asked, self.given):
            yield line, column, text, type(self)


def _is_passed_over(tree: ast.AST, filename: str, text: str | None) -> bool:
    """Whether there is no such file, or nothing in it that could be reported: nobody waits for the project then."""
    # Standard input without a name has no place in a project.
    if filename in {"-", "stdin"} or (text is None and not os.path.isfile(filename)):
        return True
    if not is_silent(tree):
        return False
    if text is not None:
        return "ubm:" not in text
    try:
        with open(filename, "rb") as file:
            return b"ubm:" not in file.read()
    except OSError:
        return True


def _report(filename: str, text: str | None, asked: Asked, given: Given) -> Iterator[tuple[int, int, str]]:
    path = os.path.realpath(filename)
    unsaved = text if given.is_standard_input(filename) else None
    try:
        from unbounded_lint.files.source import path_below

        answer = _answer(path, unsaved, asked)
        if answer.failure and _is_spokesman(path, given, answer.root):
            yield 1, 0, f"{FAILED_CODE} {answer.failure}"
        for finding in answer.by_path.get(path_below(answer.root, path), ()):
            yield finding.place.line, finding.place.column - 1, _text(finding, answer.root)
    except Exception as error:  # one file's trouble must not end the whole run of flake8
        yield 1, 0, f"{FAILED_CODE} {_reason(error)}"


def _answer(path: str, unsaved: str | None, asked: Asked) -> Answer:
    from unbounded_lint.files.discovery import find_root

    root = find_root([], [Path(path)])
    return _project(str(root), asked) if unsaved is None else _linked(root, asked, (path, unsaved))


@lru_cache(maxsize=8)
def _project(root: str, asked: Asked) -> Answer:
    """Link the project at root and give all its findings; a failure is remembered too, not repeated for each file."""
    try:
        return _linked(Path(root), asked)
    except Exception as error:
        return Answer(os.path.realpath(root), {}, _reason(error))


@lru_cache(maxsize=8)
def _spokesman(given: Given, root: str) -> str | None:
    return spokesman(given, root)


def _is_spokesman(path: str, given: Given, root: str) -> bool:
    """Whether a file is the one to tell of a failure, of which once is enough; any is, where flake8 lists none."""
    return _spokesman(given, root) in {None, path}


def _linked(root: Path, asked: Asked, unsaved: tuple[str, str] | None = None) -> Answer:
    """Link the project at root; unsaved are the path and the text of a file in place of what is on disk."""
    from unbounded_lint.files.discovery import discover
    from unbounded_lint.files.source import encode, path_below
    from unbounded_lint.run.request import Request
    from unbounded_lint.run.runner import check

    settings = settings_for(root, asked)
    project = discover([root], root, settings, [Path(unsaved[0])] if unsaved else ())
    texts = {path_below(root, unsaved[0]): encode(unsaved[1])} if unsaved else {}
    # One process, since flake8 has already made as many as it was told to; of those one links and the others wait.
    outcome = check(
        Request(
            project=project,
            settings=settings,
            jobs=1,
            use_cache=True,
            apply_noqa=False,
            unsaved=texts,
            in_turns=unsaved is None,
        )
    )
    grouped: dict[str, list[Finding]] = {}
    for finding in outcome.findings:
        grouped.setdefault(finding.place.path, []).append(finding)
    by_path = {path: tuple(findings) for path, findings in grouped.items()}
    return Answer(os.path.realpath(project.root), by_path)


def _reason(error: Exception) -> str:
    said = " ".join(str(error).split())
    return said if isinstance(error, UserError) else f"internal error ({type(error).__name__}: {said})"


def _text(finding: Finding, root: str) -> str:
    """Give the one line that flake8 prints: code, message, and the first related places, of which those that only lead
    to others are left out; their paths are relative to the current directory, as those that flake8 prints."""
    telling = [place for place in finding.related if place.role not in {"event", "call"}]
    places = [
        f"{place.role} at {os.path.relpath(os.path.join(root, place.path)).replace(os.sep, '/')}:{place.line}"
        for place in telling[:RELATED_SHOWN]
    ]
    more = len(telling) - RELATED_SHOWN
    if more > 0:
        places.append(f"{more} more")
    shown = f" ({', '.join(places)})" if places else ""
    return f"{finding.code} {' '.join(finding.message.split())}{shown}"
