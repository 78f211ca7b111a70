"""Containers whose values are emptied while their keys stay."""

from __future__ import annotations

from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.entries.prunings import Pruning, Prunings
from unbounded_lint.link.verdicts.container import Container


class KeysOutlivingValues(Question):
    """Answers for containers that nothing sweeps what is taken out of their values."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.prunings = Prunings(self.flow, self.execution)

    def of(self, container: Container) -> tuple[Pruning, ...]:
        """What is taken out of the values while the keys stay, where new keys come."""
        # new elements under keys that are there are no new keys
        gets_keys = any(not i.access.nested and i.domain.kind != "closed" for i in container.inserts)
        if not gets_keys or container.verdict.name not in {"never", "event-only"}:
            return ()
        return self.prunings.of(container.accesses)
