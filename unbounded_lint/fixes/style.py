"""How the code of a project is written, as far as its settings for formatters and the file itself tell."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unbounded_lint.disk.reading import SETTINGS_LIMIT, read_regular
from unbounded_lint.fixes.syntax import Syntax

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

USUAL, MOST = 88, 120
_FILES = (
    ("ruff.toml", ()),
    (".ruff.toml", ()),
    ("pyproject.toml", ("tool", "ruff")),
    ("pyproject.toml", ("tool", "black")),
)
_KEYS = ("line-length", "line_length")


def line_length(root: Path) -> int | None:
    """How long lines of a project may be, by the settings of ruff or black, None where these say nothing."""
    for name, table in _FILES:
        found = _settings(root / name)
        for key in table:
            inner = found.get(key)
            found = inner if isinstance(inner, dict) else {}
        for key in _KEYS:
            if isinstance(found.get(key), int):
                return int(found[key])
    return None


def longest(file: Syntax) -> int:
    """How long lines of a file are: those with a text or a comment left out, which may be too long for a reason."""
    lines = (line.rstrip() for line in file.text.splitlines())
    plain = (len(line) for line in lines if len(line) > USUAL and not set(line) & {'"', "'", "#"})
    return min(max(plain, default=USUAL), MOST)


def _settings(file: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(read_regular(file, SETTINGS_LIMIT).decode())
    except (OSError, ValueError):
        return {}


def quote(file: Syntax) -> str:
    """The quotation mark that most texts of a file stand in."""
    return '"' if file.text.count('"') >= file.text.count("'") else "'"


def constant(file: Syntax, name: str, about: str) -> str:
    """A free name for a private constant of a module, made of that of a container and what it is about."""
    return _free(file, f"_{_words(name).upper() or 'ENTRIES'}_{about}")


def function(file: Syntax, verb: str, name: str) -> str:
    """A free name for a private function of a module, made of what it does and the name of a container."""
    return _free(file, f"_{verb}_{_words(name).lower() or 'entries'}")


def _words(name: str) -> str:
    """The words of a name with underscores between them."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).strip("_")


def _free(file: Syntax, wanted: str) -> str:
    """A name, with a number behind it where the file has it already."""
    found, number = wanted, 2
    while found in file.words:
        found = f"{wanted}_{number}"
        number += 1
    return found
