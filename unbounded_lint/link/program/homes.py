"""Packages of one name in several directories, such as the services of a repository: each is found from its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec

from unbounded_lint.files.source import SourceFile
from unbounded_lint.link.program.kept import kept


class Homes:
    """Where the packages are that have the name of another: name -> directory that it is imported from -> the name that
    tells it from the others, which is the way to it."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._files = tuple(files)

    @cached_property
    def _ways(self) -> Mapping[str, Mapping[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for file in self._files:
            top = file.module.partition(".")[0]
            home = _home(file)
            if home is not None:
                found.setdefault(top, {})[home] = ".".join((*filter(None, home.split("/")), top))
        return {top: ways for top, ways in found.items() if len(ways) > 1}

    def renamed(self, file: SourceFile) -> SourceFile:
        """A file with the name that tells it from those of other packages."""
        top, dot, rest = file.module.partition(".")
        ways, home = self._ways.get(top), _home(file)
        if ways is None or home is None:
            return file
        return msgspec.structs.replace(file, module=f"{ways[home]}{dot}{rest}")

    def near(self, path: str) -> Mapping[str, str]:
        """What the names mean in a file: the package in the nearest directory above it that has one."""
        return self._near(path.rpartition("/")[0]) if self._ways else MappingProxyType({})

    @kept
    def _near(self, directory: str) -> Mapping[str, str]:
        found = {}
        for top, ways in self._ways.items():
            above = [home for home in ways if not home or f"{directory}/".startswith(f"{home}/")]
            if above:
                found[top] = ways[max(above, key=len)]
        return found


def _home(file: SourceFile) -> str | None:
    """The directory from which a module is imported by its name, "" for the root; None where its path does not tell."""
    *directories, last = file.path.rpartition(".")[0].split("/")
    parts = directories if file.is_package else [*directories, last]
    own = file.module.split(".")
    return "/".join(parts[: len(parts) - len(own)]) if parts[len(parts) - len(own) :] == own else None
