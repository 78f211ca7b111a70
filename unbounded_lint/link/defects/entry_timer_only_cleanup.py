"""Containers whose entries leave by themselves only when their own timers run."""

from __future__ import annotations

from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.program.blocks import loops_around
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId, Site
from unbounded_lint.link.runs.callgraph import explored
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Removal

_NETS = frozenset({"insert", "capacity"})


class EntryTimerOnlyCleanups(Question):
    """Tells entries that have nothing but a timer of their own from those that something sweeps as well."""

    def of(self, container: Container) -> Removal | None:
        """The removal that the timer of an entry runs, if nothing else takes entries by itself."""
        own = [r for r in container.removals if _is_of_one_entry(r)]
        if not own or container.verdict.name not in {"entry-timer", "swept"}:
            return None
        if any(r.when in _NETS for r in container.removals) or self.is_swept_itself(container):
            return None
        return min(own, key=lambda r: r.when != "later")

    def is_swept_itself(self, container: Container) -> bool:
        """Whether a timer removes entries that it finds in the container, rather than under keys from elsewhere."""
        return any(
            removal.when == "timer" and (removal.extent != "single" or self._finds(removal.access, container.accesses))
            for removal in container.removals
        )

    def _finds(self, removal: Access, accesses: AccessList) -> bool:
        """Whether a loop around a removal, or around a call on the way to it, walks the container."""
        scopes = explored([removal.scope], lambda below: (scope for scope, _ in self.graph.callers(below)))
        calls = (place for scope in scopes for place in self._called_in_loops(scope))
        extents = self.linked.removals.extents
        return any(
            extents.is_walked_around(Site(*place, removal.site.node, ()), accesses)
            for place in ((removal.scope, removal.op), *dict.fromkeys(calls))
        )

    @kept
    def _called_in_loops(self, scope: ScopeId) -> tuple[Place, ...]:
        """The operations in a loop that call a function, or the like."""
        callers = self.graph.callers(scope)
        return tuple(place for place in callers if loops_around(self.program.facts(place[0]), place[1]))


def _is_of_one_entry(removal: Removal) -> bool:
    """Whether a one-shot timer runs a removal of a single key."""
    late = any(context.kind == "later" for context in removal.contexts)
    return removal.when == "later" or (late and removal.extent == "single")
