"""Whether all objects of a class last, or some of them pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unbounded_lint.link.containers.lifetimes import Lifetimes
from unbounded_lint.link.dataflow.handles import Attribute, Handle
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.runs.callgraph import STEPS, explored


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

    @kept
    def is_kept_with_owner(self, cls: ScopeId) -> bool:
        """Whether every object that the project makes of a class lasts, and so does every one that it makes of those
        that such an object hangs on."""
        owners = explored(self._owners(cls), self._owners, STEPS)
        return self.is_singleton(cls) and all(map(self._all_last, owners))

    def _lasts_as_any(self, sites: Iterable[Site]) -> bool:
        return any(self.lifetimes.of_site(site) is not None for site in sites)

    def _all_last(self, cls: ScopeId) -> bool:
        """Whether every object of a class lasts that the project makes for itself."""
        kin = frozenset({cls, *self.flow.hierarchy.subclasses(cls)})
        made = (site for site in self.births.of(cls) if self.births.is_made_at_work(site, kin))
        return all(self._lasts_as_any((site,)) for site in made)

    def _owners(self, cls: ScopeId) -> Iterator[ScopeId]:
        """The classes whose attributes keep the objects that the project makes of a class."""
        yield from (field.cls for field in self.births.fields(cls))
        for site in self.births.of(cls):
            for handle in self.flow.destinations(site):
                if isinstance(handle, Attribute) and self._is_only_held(handle, site):
                    yield handle.cls

    def _is_only_held(self, handle: Handle, site: Site) -> bool:
        """Whether something lasts by what holds it, which users of the project have, and by nothing else."""
        life = self.lifetimes.of_site(site, handle)
        return life is not None and life.is_left_to_users and life == self.lifetimes.of_site(site)
