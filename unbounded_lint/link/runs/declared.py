"""Which functions a project says something of, since nothing in it shows when they run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.program import Program
from unbounded_lint.link.program.symbols import Symbols


@dataclass(frozen=True)
class Declared:
    """Symbols of functions: those that something outside the project calls, those that it runs on a timer, and those
    that another process runs."""

    entry_points: frozenset[str] = frozenset()
    sweepers: frozenset[str] = frozenset()
    other_process: frozenset[str] = frozenset()


class DeclaredFunctions:
    """The same as functions of the program; a symbol that names none is passed over."""

    def __init__(self, program: Program, declared: Declared) -> None:
        self._symbols = Symbols(program)
        self._declared = declared

    @cached_property
    def entry_points(self) -> frozenset[ScopeId]:
        """What something outside the project calls."""
        return self._named(self._declared.entry_points)

    @cached_property
    def sweepers(self) -> frozenset[ScopeId]:
        """What something outside the project runs on a timer."""
        return self._named(self._declared.sweepers)

    @cached_property
    def elsewhere(self) -> frozenset[ScopeId]:
        """What another process runs."""
        return self._named(self._declared.other_process)

    def _named(self, symbols: Iterable[str]) -> frozenset[ScopeId]:
        return frozenset(function for symbol in symbols for function in self._symbols.functions(symbol))
