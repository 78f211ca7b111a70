"""The verdict for one container: what bounds it, or why nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from unbounded_lint.finding import Confidence
from unbounded_lint.link.containers.accesses import AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.runs.context import ContextKind
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.confidence import Growth
from unbounded_lint.link.verdicts.guarantees import Guarantees
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.removals import Extent, Moment, Removal

VerdictName: TypeAlias = Literal[
    "bounded", "weak", "paired", "swept", "entry-timer", "amortised", "replaced", "closed", "idle", "unscheduled",
    "event-only", "never",
]  # fmt: skip

_CONSUMED: frozenset[Moment] = frozenset({"event", "timer", "insert"})
_BY_EVENT: frozenset[Moment] = frozenset({"event", "guaranteed"})
_UNSTARTED: frozenset[Moment] = frozenset({"unstarted", "once", "other-process"})
_UNCALLED: frozenset[Moment] = frozenset({"dead", "test"})
_WIDE: frozenset[Extent] = frozenset({"sweep", "all"})
_NOBODY: frozenset[ContextKind] = frozenset({"api", "test", "dead"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds for a container.

    name     bounded, weak, paired, swept, entry-timer, amortised, replaced, closed, idle (nothing inserts at run
             time), unscheduled (a sweep that nothing runs), event-only, never
    """

    name: VerdictName
    confidence: Confidence
    reasons: tuple[str, ...]


class Bounds:
    """Decides verdicts."""

    def __init__(self, execution: Execution, guarantees: Guarantees) -> None:
        self.execution = execution
        self.guarantees = guarantees

    def verdict(
        self,
        holder: Holder,
        accesses: AccessList,
        inserts: tuple[Insert, ...],
        removals: tuple[Removal, ...],
        growth: Growth,
    ) -> Verdict:
        """The first row of the table in the design that fits; `growth` is how sure it is that it grows."""
        if holder.made.bounded:
            return Verdict("bounded", Confidence.HIGH, (f"`{holder.made.text}` cannot grow without limit",))
        if not inserts:
            return self._quiet(accesses)
        if holder.made.kind.family == "queue" and any(r.when in _CONSUMED for r in removals):
            return Verdict("bounded", Confidence.MEDIUM, ("a consumer takes from it",))
        bound = self._bound_by_removal(inserts, removals)
        if bound is not None:
            return bound
        events = [r for r in removals if r.when == "event"]
        if any(map(_is_unscheduled, removals)) or (events and all(map(_is_uncalled_sweep, events))):
            return Verdict("unscheduled", *growth)
        return Verdict("event-only" if any(r.when in _BY_EVENT for r in removals) else "never", *growth)

    @staticmethod
    def _quiet(accesses: AccessList) -> Verdict:
        if any(a.kind == "insert" for a in accesses):
            return Verdict(
                "closed", Confidence.HIGH, ("every insert has a closed key, runs only at import, or fills it once",)
            )
        return Verdict("idle", Confidence.HIGH, ("nothing inserts into it",))

    def _bound_by_removal(self, inserts: tuple[Insert, ...], removals: tuple[Removal, ...]) -> Verdict | None:
        whens = {r.when for r in removals}
        if "capacity" in whens:
            return Verdict("bounded", Confidence.HIGH, ("its size is capped",))
        paired = [r for r in removals if r.when == "guaranteed"]
        if paired and all(self.guarantees.covers(paired, i.access) for i in inserts):
            return Verdict(
                "paired",
                Confidence.HIGH,
                ("each entry is removed in a `finally`, at the end of a `with`, or by a callback",),
            )
        if "timer" in whens:
            return Verdict("swept", Confidence.HIGH, ("a timer sweeps it",))
        if "later" in whens:
            return Verdict("entry-timer", Confidence.HIGH, ("a one-shot timer removes each entry",))
        if any(r.when == "insert" and r.extent != "single" for r in removals):
            return Verdict("amortised", Confidence.HIGH, ("the insert path sweeps it",))
        if any(self._replaced_each_cycle(r) for r in removals):
            return Verdict("replaced", Confidence.MEDIUM, ("it is emptied by the code that reads it, each cycle",))
        return None

    def _replaced_each_cycle(self, removal: Removal) -> bool:
        swapped = removal.when == "event" and removal.extent == "all" and removal.access.how == "swap"
        return swapped and not self.execution.roots.is_forgotten(removal.access.scope)


def _is_uncalled_sweep(removal: Removal) -> bool:
    return removal.extent == "sweep" and {c.kind for c in removal.contexts} <= _NOBODY


def _is_unscheduled(removal: Removal) -> bool:
    """Whether a removal would take entries in bulk, if only something ran it."""
    wide = removal.extent in _WIDE and removal.when in _UNSTARTED
    return wide or (removal.extent == "sweep" and removal.when in _UNCALLED)
