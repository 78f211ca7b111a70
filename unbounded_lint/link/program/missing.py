"""Imports within the project that lead to no module of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.files.source import SourceFile
from unbounded_lint.link.program.blocks import frames_of
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.program import Program

_GUARDS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException", "TYPE_CHECKING"})
"""What the conditions and handlers are about that stand around imports which need not succeed."""

_GENERATED = ("version", "_pb2", "_pb2_grpc")
"""How the names of modules end that a build writes."""


class Missing(NamedTuple):
    """An import of a module that the project should have: its dotted name, the place, and where a file of another kind
    would lie that it may be made from (directory and stem; None where no directory is known)."""

    module: str
    scope: ScopeId
    op: int
    beside: tuple[str, str] | None


def missing(program: Program) -> tuple[Missing, ...]:
    """The imports, tests left out, in the files read so far that mean a module of the project and lead to none: those
    of a package of it, relative ones, and those that name a file of it by too few directories. What may fail, or be
    there after a build or by the doing of a module, is left out."""
    return tuple(_Search(program).found())


class _Search:
    def __init__(self, program: Program) -> None:
        self.program = program
        files = program.files.values()
        extended = set(program.paths_mentioning("__path__"))
        self.packages = {f.module for f in files if f.is_package and "." not in f.module and f.path not in extended}
        self.shorter = {name for file in files for name in _shorter(program, file)}
        # a part of a package that is analysed for itself does not see the other parts
        home = next((f.module for f in files if f.path == "__init__.py" and "." in f.module), "")
        self.seen = f"{home}." if home else ""

    def found(self) -> Iterator[Missing]:
        for module in self.program.read():
            for index, op, imported in module.imports:
                dotted = module.absolute(imported)
                if self._is_own(dotted, imported) and not _may_fail(module.scope(index), op):
                    above = self._above(dotted)
                    if above is None or self._is_lost(dotted, above):
                        yield Missing(dotted, ScopeId(module.path, index), op, _beside(above, dotted))

    def _is_own(self, dotted: str, imported: m.ImportedName) -> bool:
        """Whether an import means a module of the project that is not there."""
        if not dotted or self.program.is_module(dotted) or not dotted.startswith(self.seen):
            return False
        first = dotted.partition(".")[0]
        return (
            first in self.packages or dotted in self.shorter or (imported.level > 0 and self.program.is_module(first))
        )

    def _above(self, dotted: str) -> SourceFile | None:
        """The nearest module above one that there is no file for."""
        while dotted := dotted.rpartition(".")[0]:
            path = self.program.path_of(dotted)
            if path is not None:
                return self.program.files[path]
        return None

    @staticmethod
    def _is_lost(dotted: str, above: SourceFile) -> bool:
        """Whether neither a build may bring a module, which its name tells, or that it is private to a package that is
        there; nor the module above it, which is no package."""
        last = dotted.rpartition(".")[2]
        private = last.startswith("_") and dotted.rpartition(".")[0] == above.module
        return above.is_package and not private and not last.endswith(_GENERATED)


def _shorter(program: Program, file: SourceFile) -> Iterator[str]:
    """The names, of two parts and more, that a file outside of all packages would have if a directory further down were
    one that modules are imported from."""
    parts = file.module.split(".")
    if program.path_of(parts[0]) is not None:
        return
    for start in range(1, len(parts) - 1):
        yield ".".join(parts[start:])


def _may_fail(scope: m.Scope, op: int) -> bool:
    around = [scope.frames[index] for index in frames_of(scope, op)]
    statements = {frame.statement for frame in around}
    for frame in scope.frames[1:]:
        if frame.statement in statements and frame.kind in {"try", "except", "if", "else", "with"}:
            if frame.kind == "except" and frame.head is None:
                return True
            if frame.head is not None and not _GUARDS.isdisjoint(w.last_name(part) for part in w.walk(frame.head)):
                return True
    return False


def _beside(above: SourceFile | None, dotted: str) -> tuple[str, str] | None:
    """The directory of the nearest package above a module, and the name that is missing there."""
    if above is None:
        return None
    return str(PurePosixPath(above.path).parent), dotted.removeprefix(f"{above.module}.").partition(".")[0]
