"""Containers whose entries leave by themselves only when their own timers run."""

from __future__ import annotations

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.program.blocks import frames_of
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Removal

DEPTH = 2
"""How many calls a removal may stand away from the loop."""

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
        """Whether a timer removes entries that it finds in the container, not merely those whose keys it finds in
        another one."""
        nodes = {id(a.site.node) for a in container.accesses if not a.nested}
        return any(
            removal.when == "timer"
            and (removal.extent != "single" or self._finds(removal.access.scope, removal.access.op, nodes, DEPTH))
            for removal in container.removals
        )

    def _finds(self, scope: ScopeId, op: int, nodes: set[int], depth: int) -> bool:
        """Whether a loop around an operation, or around a call of its function, walks something made of the
        container."""
        facts = self.program.facts(scope)
        for index in frames_of(facts, op):
            head = facts.frames[index].head
            if facts.frames[index].kind == "for" and head is not None and self._mentions(head, scope, nodes, 3):
                return True
        return depth > 0 and any(
            site.op >= 0 and self._finds(site.scope, site.op, nodes, depth - 1) for site in self.flow.call_sites(scope)
        )

    def _mentions(self, expr: m.Expr, scope: ScopeId, nodes: set[int], depth: int) -> bool:
        for node in w.walk(expr):
            if id(node) in nodes:
                return True
            if isinstance(node, m.Name) and depth:
                for binding in self.program.of(scope).bindings(scope.index).get(node.id, ()):
                    if binding.expr is not None and binding.kind == "value" and binding.scope == scope.index:
                        if self._mentions(binding.expr, scope, nodes, depth - 1):
                            return True
        return False


def _is_of_one_entry(removal: Removal) -> bool:
    """Whether a one-shot timer runs a removal of a single key."""
    late = any(context.kind == "later" for context in removal.contexts)
    return removal.when == "later" or (late and removal.extent == "single")
