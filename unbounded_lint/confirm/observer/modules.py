"""Which loaded modules are files of the project. Nothing is imported: one waits until the program does."""

from __future__ import annotations

import sys
from _weakref import ref
from os.path import abspath, basename, realpath, sep

from .objects import instance_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType
    from typing import Any


class Modules:
    """The loaded modules by file, told anew as there are more of them. None is kept alive."""

    def __init__(self, root: str, files: Iterable[str]) -> None:
        self._root = root
        self._wanted = {basename(file) for file in files}
        self._real: dict[str, str] = {}
        self._loaded = 0
        self._script = _script()
        self._by_file: dict[str, list[ref[ModuleType]]] = {}
        self._names: set[str] = set()

    def look(self, *, again: bool = False) -> bool:
        """Look at what is loaded, unless that is as many modules as before; gives whether it has looked."""
        if len(sys.modules) == self._loaded and not again:
            return False
        modules = list(sys.modules.items())
        by_file: dict[str, list[ref[ModuleType]]] = {}
        names = set()
        for name, module in modules:
            space = instance_dict(module)
            file = space.get("__file__")
            if name == "__main__":
                file = self._script = file or self._script  # CPython takes it away when a script has ended
            if type(file) is str:
                known = self._real_path(file)
                by_file.setdefault(known, []).append(ref(module))
                if known.startswith(self._root):
                    names.add(name)
        self._loaded, self._by_file, self._names = len(modules), by_file, names
        return True

    def _real_path(self, file: str) -> str:
        """The real path of a file. Links take long to follow: it is asked once of each folder, and of no file that is
        none of those looked for."""
        folder, _, name = file.rpartition(sep)
        asked = file if name in self._wanted else folder
        known = self._real.get(asked)
        if known is None:
            known = self._real[asked] = realpath(asked)
        return known if asked is file else f"{known}{sep}{name}"

    def of(self, file: str, name: str) -> list[dict[str, Any]]:
        """The namespaces of the modules that were read from a file, such as one run as `__main__` and imported too; of
        the one with this name where the program has the file in another place."""
        found = [module() for module in self._by_file.get(file, ())]
        if not found:
            found = [sys.modules.get(name)]
        spaces = {id(space): space for module in found for space in _spaces(instance_dict(module))}
        return list(spaces.values())

    def of_project(self) -> dict[str, dict[str, Any]]:
        """The namespaces of all modules of the project, by their names."""
        return {name: instance_dict(sys.modules.get(name)) for name in sorted(self._names)}

    def is_own(self, kind: type) -> bool:
        """Whether a class is written in the project."""
        return type.__getattribute__(kind, "__module__") in self._names


def _script() -> str | None:
    """The script that this process is about to run, if it is one: it may have ended before the first look."""
    given = list(getattr(sys, "orig_argv", ()))[1:]
    script = next((word for word in given if not word.startswith("-")), "")
    is_script = script.endswith(".py") and "-c" not in given and "-m" not in given
    return abspath(script) if is_script else None


def _spaces(space: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The namespace of a module. That of a script in a spawned child is a copy of the one that its functions have."""
    if space:
        yield space
    if space.get("__name__") == "__mp_main__":
        for value in list(space.values()):
            if type(value) is type(_spaces) and value.__module__ == "__mp_main__":
                yield value.__globals__
                return
