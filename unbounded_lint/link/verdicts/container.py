"""A long-lived container with all that is known about it: what every question of a rule is about."""

from __future__ import annotations

from dataclasses import dataclass

from unbounded_lint.finding import Confidence, Place
from unbounded_lint.link.containers.accesses import AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.verdicts.bounds import Verdict
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.removals import Removal


@dataclass(frozen=True, eq=False)
class Container:
    """A long-lived container and all that is known about it. There is one object of each: it equals itself alone.

    `confidence` says how sure it is that running code makes it grow, and `evidence` why, whatever its verdict.
    """

    holder: Holder
    place: Place
    accesses: AccessList
    inserts: tuple[Insert, ...]
    removals: tuple[Removal, ...]
    verdict: Verdict
    confidence: Confidence
    evidence: tuple[str, ...]

    @property
    def symbol(self) -> str:
        """ "pkg.mod:NAME" or "pkg.mod:Class.attr"."""
        return self.holder.symbol

    @property
    def name(self) -> str:
        """The name as a message shows it."""
        return self.holder.symbol.partition(":")[2]

    @property
    def sweeps(self) -> tuple[Removal, ...]:
        """The removals that a timer runs, and those of whole stale parts in the path of an insert."""
        return tuple(
            r for r in self.removals if r.when == "timer" or (r.when == "insert" and r.extent in {"sweep", "all"})
        )
