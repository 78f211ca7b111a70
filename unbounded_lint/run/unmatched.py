"""Settings about paths that speak of no file of the project."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from unbounded_lint.files.patterns import CodesByPath, IgnoreRules
from unbounded_lint.settings.config import Settings


class Unmatched(NamedTuple):
    """A value of the settings that speaks of no file, and one sentence about it."""

    key: str
    value: str
    why: str


def unmatched(settings: Settings, paths: Sequence[str]) -> Iterator[Unmatched]:
    """What `src`, `test-paths` and `per-file-ignores` name without there being such a file; the defaults, which are for
    any project, are not judged."""
    for directory in _beyond(settings.src, Settings().src):
        inside = posixpath.normpath(directory)
        if inside != "." and not any(path.startswith(f"{inside}/") for path in paths):
            yield Unmatched("src", directory, f"`src` names `{directory}`, where there are no Python files")
    for pattern in settings.test_paths:
        if not pattern.startswith("!") and not _speaks(IgnoreRules.of_setting("test-paths", [pattern]), paths):
            yield Unmatched("test-paths", pattern, f"`test-paths` names `{pattern}`, which matches no file")
    for pattern, codes in settings.per_file_ignores.items():
        one = CodesByPath({pattern: codes})
        if codes and not any(one.ignores(path, codes[0]) for path in paths):
            why = f"`per-file-ignores` names `{pattern}`, which matches no file"
            yield Unmatched("per-file-ignores", pattern, why)


def _beyond(given: Iterable[str], defaults: Sequence[str]) -> Iterator[str]:
    return (one for one in dict.fromkeys(given) if one not in defaults)


def _speaks(rules: IgnoreRules, paths: Iterable[str]) -> bool:
    return any(rules.covers(path) for path in paths)
