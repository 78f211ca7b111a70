"""Where `from module import *` takes the names of a module to."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from unbounded_lint.link.dataflow.sites import Sites
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.program.module import LinkedModule, ScopeId


class Stars:
    """Answers which modules get the names of another by `*`, over others too and in circles."""

    def __init__(self, sites: Sites) -> None:
        self.program = sites.program
        self._sites = sites
        self._bits: dict[str, int] = {}
        self._takers: Solver[str, int] = Solver(self._equation, lambda _: 0, int.__or__)
        """Module -> a bit for each that gets its names."""

    def of(self, source: LinkedModule, name: str) -> Iterator[LinkedModule]:
        """The other modules that get a name of a source and give it to nothing of their own, as far as it is written in
        them or taken from them."""
        if self.program.importers(source.name, "*"):
            takers = self._takers.answer(source.name)
            for module in self._sites.modules_with(name):
                is_its_own = bool(self.program.bound(ScopeId(module.path, 0), name))
                if module is not source and not is_its_own and takers & self._bits.get(module.name, 0):
                    yield module

    def _equation(self, name: str) -> Generator[str, int, int]:
        found = 0
        for module, _, _ in self.program.importers(name, "*"):
            found |= self._bits.setdefault(module.name, 1 << len(self._bits))
            found |= yield module.name
        return found
