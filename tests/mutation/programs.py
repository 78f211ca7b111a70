"""The programs that are broken: the good examples of every rule, the fixtures, and the reference with its host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.marks import python_files, read_marks
from tests.programs import request_for, write
from tests.test_fixtures import FIXTURES, GATEWAY, ROOT, SETTINGS_FILE, fixture_directories, source_of
from unbounded_lint.files.discovery import discover
from unbounded_lint.rules import all_rules
from unbounded_lint.run.request import Request
from unbounded_lint.settings.config import load_settings


@dataclass(frozen=True)
class Whole:
    """A program as it is right: its name, and path -> text; a `pyproject.toml` among the files gives its settings."""

    name: str
    files: dict[str, str] = field(repr=False)

    def request(self, root: Path, confidence: str = "medium") -> Request:
        """A run over the program, as written below a directory, at some confidence."""
        if SETTINGS_FILE not in self.files:
            return request_for(root, min_confidence=confidence)
        settings = load_settings(root, config=None, isolated=False, overrides={"min-confidence": confidence})
        return Request(project=discover([root], root, settings), settings=settings, jobs=1, use_cache=False)

    def write(self, root: Path) -> Path:
        """Write the files below a directory, and give it."""
        return write(root, self.files)


def programs() -> Iterator[Whole]:
    """All of them, in a fixed order."""
    for rule in all_rules():
        for number, example in enumerate(rule.examples, 1):
            if example.kind == "good":
                yield Whole(f"{rule.code} example {number}", dict(example.files))
    for directory in fixture_directories():
        if not read_marks(directory).gap:
            yield Whole(directory.relative_to(FIXTURES).as_posix(), dict(texts_of(directory)))


def texts_of(directory: Path) -> Iterator[tuple[str, str]]:
    """The files of a fixture, (path, text): its settings and what its `source.txt` names included."""
    for file in python_files(directory):
        yield file.relative_to(directory).as_posix(), file.read_text(encoding="utf-8")
    for settings in (directory / SETTINGS_FILE, GATEWAY / SETTINGS_FILE):
        if settings.is_file() and settings.parent in {directory, directory.parent}:
            yield SETTINGS_FILE, settings.read_text(encoding="utf-8")
            break
    source = source_of(directory)
    if source is not None:
        yield f"{source.parent.relative_to(ROOT).as_posix()}/__init__.py", ""
        for file in python_files(source):
            yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
