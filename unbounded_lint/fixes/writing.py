"""Changed files as a difference to look at, and onto the disk."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from unbounded_lint.disk.reading import SOURCE_LIMIT, read_regular
from unbounded_lint.disk.writing import write_whole
from unbounded_lint.errors import UserError, clause
from unbounded_lint.files.source import decode

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NO_END = "\\ No newline at end of file"


def difference(files: Mapping[str, tuple[bytes, bytes]], shown: Callable[[str], str]) -> Iterator[str]:
    """A unified diff of files, line by line and without line ends; `shown` gives the path to print."""
    for path, (before, after) in files.items():
        name = shown(path)
        lines = difflib.unified_diff(_LINE.findall(decode(before)), _LINE.findall(decode(after)), name, name)
        for line in lines:
            yield line.removesuffix("\n")
            if not line.endswith("\n"):
                yield _NO_END


def leads_out(root: Path, path: str) -> bool:
    """Whether a file of a project lies elsewhere, behind a link."""
    base = os.path.realpath(root)
    return os.path.commonpath([base, os.path.realpath(os.path.join(base, path))]) != base


def write(root: Path, files: Mapping[str, tuple[bytes, bytes]]) -> None:
    """Write files (path -> bytes before and after), each at once or not at all. Raises `UserError` where one
    cannot be written, and before any is where a file lies outside of the project or is no longer what it was."""
    for path, (before, _) in files.items():
        if leads_out(root, path):
            raise UserError(f"{path} is a link that leads out of the project; nothing was changed")
        if read_regular(root / path, SOURCE_LIMIT) != before:
            raise UserError(f"{path} was changed by someone else meanwhile; nothing was changed, run it again")
    for path, (_, after) in files.items():
        try:
            write_whole(os.path.realpath(root / path), after)
        except OSError as error:
            raise UserError(f"{path} cannot be written: {clause(error)}") from None
