"""Text from standard input: the buffer of an editor, in place of the file that it is to be saved as.

Nothing heavy is imported at the top, as in `cli`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from unbounded_lint.files.discovery import ProjectFiles

STDIN = "-"
"""The path that stands for standard input."""


def add_stdin_option(group: argparse._ArgumentGroup) -> None:
    """Add the option that names the file that a text is to be saved as."""
    group.add_argument(
        "--stdin-filename",
        metavar="FILE",
        help="read FILE from standard input, in place of what is on disk, and report on it (and on each PATH)",
    )


def settle_stdin(options: argparse.Namespace) -> None:
    """Take the path that stands for standard input out of those given; raises `UserError` where nothing names it, or
    what names it is no file of Python."""
    if STDIN in options.paths and options.stdin_filename is None:
        raise UserError(
            f"{STDIN} stands for standard input, which has no place in a project; name it with --stdin-filename FILE "
            f"(or write .{os.sep}{STDIN} for a file of that name)"
        )
    if (options.stdin_filename or "").endswith(".ipynb"):
        raise UserError(f"notebooks are not read, and {options.stdin_filename} is one; name a file of Python")
    options.paths = [path for path in options.paths if path != STDIN]


def unsaved_paths(options: argparse.Namespace) -> list[Path]:
    """The path of the file that standard input has the text of, if it has any."""
    from pathlib import Path

    name: str | None = getattr(options, "stdin_filename", None)
    return [] if name is None else [Path(name)]


def unsaved_texts(options: argparse.Namespace, project: ProjectFiles) -> dict[str, bytes]:
    """Read standard input, by the path below the root of the file that it is the text of; raises `UserError` where it
    cannot be read."""
    from unbounded_lint.disk.reading import SOURCE_LIMIT

    paths = unsaved_paths(options)
    if not paths:
        return {}
    if sys.stdin is None:
        raise UserError("standard input is closed; give the text of the file there")
    # One byte more than what is read of any file tells that it is larger.
    data = sys.stdin.buffer.read(SOURCE_LIMIT + 1)
    return {_below(project, path): data for path in paths}


def left_out(options: argparse.Namespace, project: ProjectFiles) -> Iterator[str]:
    """A sentence about the file that standard input has the text of, where it is none of the project."""
    known = {*(file.path for file in project.files), *project.unnamed}
    for path in unsaved_paths(options):
        if _below(project, path) not in known and not project.unnamed:
            yield f"{path} is left out of the project, by `exclude` or since git ignores it, and not reported on"


def _below(project: ProjectFiles, path: Path) -> str:
    from unbounded_lint.files.source import path_below

    return path_below(project.root, path.parent.resolve() / path.name)
