"""A long-lived container with all that is known about it, and the verdict: what bounds it, or why nothing does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

from unbounded_lint.findings.evidence import Evidence
from unbounded_lint.findings.finding import Confidence, Place
from unbounded_lint.findings.symbols import plain
from unbounded_lint.link.containers.accesses import AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.runs.context import ContextKind
from unbounded_lint.link.verdicts.classing import Removals
from unbounded_lint.link.verdicts.confidence import Growth
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.removals import UNSTARTED, Moment, Removal
from unbounded_lint.link.verdicts.support import Support
from unbounded_lint.link.verdicts.ways import Way

VerdictName: TypeAlias = Literal[
    "bounded", "paired", "swept", "entry-timer", "amortised", "replaced", "closed", "idle", "unscheduled",
    "event-only", "never",
]  # fmt: skip

_CONSUMED: frozenset[Moment] = frozenset({"event", "timer", "insert"})
_BY_EVENT: frozenset[Moment] = frozenset({"event", "guaranteed"})
_UNCALLED: frozenset[Moment] = frozenset({"dead", "test", "barred", "shut"})
_NOBODY: frozenset[ContextKind] = frozenset({"api", "test", "dead"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds for a container.

    name     bounded, paired, swept, entry-timer, amortised, replaced, closed, idle (nothing inserts at run
             time), unscheduled (a sweep that nothing runs), event-only, never
    """

    name: VerdictName
    confidence: Confidence
    reasons: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Container:
    """A long-lived container and all that is known about it. There is one object of each: it equals itself alone.

    `way` is the one on which an entry stays, where only events remove; `kept` says whether the objects that have it are
    taken for such that last; `grows` how sure it is that running code makes it grow, and why; `looks` gives the
    `evidence`. What bounds most containers makes both of no interest.
    """

    holder: Holder
    place: Place
    accesses: AccessList
    inserts: tuple[Insert, ...]
    removals: tuple[Removal, ...]
    verdict: Verdict
    way: Way | None
    kept: bool
    grows: Callable[[], Growth]
    looks: Callable[[], Evidence | None]

    @cached_property
    def evidence(self) -> Evidence | None:
        """All that is known about its growth, None where nothing makes it grow; looked at when somebody asks."""
        return self.looks()

    @property
    def confidence(self) -> Confidence:
        """How sure it is that running code makes it grow, whatever its verdict."""
        return self.grows()[0]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is as sure as that."""
        return self.grows()[1]

    @property
    def symbol(self) -> str:
        """ "pkg.mod:NAME" or "pkg.mod:Class.attr"."""
        return self.holder.symbol

    @property
    def name(self) -> str:
        """The name as a message shows it."""
        return plain(self.holder.symbol.partition(":")[2])

    def support(self, code: str) -> Support:
        """How sure a finding of a rule is which says that it grows without end."""
        return Support.of(self.evidence, code, kept=self.kept)

    @property
    def has_sweeper(self) -> bool:
        """Whether it is swept, and by nothing but what timers alone run."""
        timed = [r for r in self.removals if r.when == "timer"]
        return self.verdict.name == "swept" and all(r.is_sweeper for r in timed)

    @property
    def sweeps(self) -> tuple[Removal, ...]:
        """The removals that a timer runs, and those of whole stale parts in the path of an insert."""
        return tuple(
            r for r in self.removals if r.when == "timer" or (r.when == "insert" and r.extent in {"sweep", "all"})
        )


def marked(
    holder: Holder, accesses: AccessList, inserts: tuple[Insert, ...], removals: tuple[Removal, ...], asked: Removals
) -> tuple[Removal, ...]:
    """The removals of a container, those marked that are guaranteed for the entries of some inserts alone."""
    sure = [r for r in removals if r.when == "guaranteed"]
    if not sure:
        return removals
    cleanup = asked.cleanups.of(sure, accesses)
    growing = _of_account(holder, accesses, inserts)
    if all(asked.cleanups.cover(cleanup, insert.access, accesses) for insert in growing):
        return removals
    return tuple(_of_some(r) if r.when == "guaranteed" else r for r in removals)


def _of_some(removal: Removal) -> Removal:
    """A clean-up that does not follow every insert: one that a timer runs too sweeps what it leaves."""
    sweeps = removal.extent != "single" and any(c.kind == "timer" and not c.failing for c in removal.contexts)
    return replace(removal, when="timer") if sweeps else replace(removal, partly=True)


def verdict_on(
    holder: Holder,
    accesses: AccessList,
    inserts: tuple[Insert, ...],
    removals: tuple[Removal, ...],
    grows: Callable[[], Growth],
    asked: Removals,
) -> Verdict:
    """The first row of the table in the design that fits; `grows` says how sure it is that the container grows. The
    removals are `marked`."""
    whens = {r.when for r in removals}
    usual = [r for r in removals if not r.fails]
    if holder.made.bounded:
        return _sure("bounded", f"`{holder.made.text}` cannot grow without limit")
    if not inserts and any(a.kind == "insert" for a in accesses):
        return _sure("closed", "every insert has a closed key, runs only at import, or fills it once")
    if not inserts:
        return _sure("idle", "nothing inserts into it")
    if holder.made.kind.family == "queue" and any(r.when in _CONSUMED for r in usual):
        return Verdict("bounded", Confidence.MEDIUM, ("a consumer takes from it",))
    if "capacity" in whens:
        return _sure("bounded", "its size is capped")
    paired = [r for r in removals if r.when == "guaranteed"]
    growing = _of_account(holder, accesses, inserts)
    if paired and not any(r.partly for r in paired):
        return _sure("paired", "each entry is removed in a `finally`, at the end of a `with`, or by a callback")
    if "timer" in whens:
        return _sure("swept", "a timer sweeps it")
    if "later" in whens:
        return _sure("entry-timer", "a one-shot timer removes each entry")
    if any(r.when == "insert" and r.extent != "single" for r in removals):
        return _sure("amortised", "the insert path sweeps it")
    swapped = [r for r in usual if (r.when, r.extent, r.access.how) == ("event", "all", "swap")]
    if not all(asked.execution.roots.is_forgotten(r.access.scope) for r in swapped):
        return Verdict("replaced", Confidence.MEDIUM, ("it is emptied by the code that reads it, each cycle",))
    if any(asked.is_worked_off(r, accesses) for r in usual):
        return Verdict("replaced", Confidence.MEDIUM, ("running code works it off, one entry after the other",))
    if asked.completions.take(usual, (i.access for i in growing)):
        return Verdict("paired", Confidence.MEDIUM, ("the loop that polls for events removes the entry of each",))
    if _is_unscheduled(removals, asked.picks_stale):
        return Verdict("unscheduled", *grows())
    return Verdict("never" if whens.isdisjoint(_BY_EVENT) else "event-only", *grows())


def _of_account(holder: Holder, accesses: AccessList, inserts: tuple[Insert, ...]) -> tuple[Insert, ...]:
    """The inserts whose entries must go: what is inside an entry goes with it, unless some entries stay."""
    own = tuple(i for i in inserts if not i.access.nested)
    stay = holder.made.filled or len(own) < sum(a.kind == "insert" and not a.nested for a in accesses)
    return inserts if stay or not own else own


def _sure(name: VerdictName, reason: str) -> Verdict:
    return Verdict(name, Confidence.HIGH, (reason,))


def _is_unscheduled(removals: Iterable[Removal], picks: Callable[[Removal], bool]) -> bool:
    """Whether some removal would take entries in bulk, if only something ran it; a sweep that only users could call
    is one where nobody here removes, or where it picks by itself what is stale."""
    events = [r for r in removals if r.when == "event"]
    idle = [r for r in events if r.extent == "sweep" and {c.kind for c in r.contexts} <= _NOBODY]
    if idle and (len(idle) == len(events) or any(map(picks, idle))):
        return True
    return any((r.is_sweep and r.when in UNSTARTED) or (r.extent == "sweep" and r.when in _UNCALLED) for r in removals)
