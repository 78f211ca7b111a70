"""Whether all objects of a class last, or some of them pass."""

from __future__ import annotations

from collections.abc import Iterable

from unbounded_lint.link.containers.lifetimes import Lifetimes
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site


class Sharing(Query):
    """Answers for classes whether each of their objects lasts. Memoised."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        super().__init__(lifetimes.flow)
        self.lifetimes = lifetimes
        self.births = lifetimes.births

    @kept
    def is_singleton(self, cls: ScopeId) -> bool:
        """Whether every object that the project makes of a class lasts."""
        sites, fields = self.births.of(cls), self.births.fields(cls)
        if not (sites or fields) or self._lasts_as_any(self.births.kept_by_constructors(cls)):
            return bool(sites or fields) or self.births.are_lasting_classes(cls)
        lasting = all(self.lifetimes.of_field(field) is not None for field in fields)
        return lasting and all(self._lasts_as_any((site,)) for site in sites)

    def _lasts_as_any(self, sites: Iterable[Site]) -> bool:
        return any(self.lifetimes.of_site(site) is not None for site in sites)
