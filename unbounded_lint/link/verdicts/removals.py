"""Removals as data: how much each takes out, and when it runs. `classing` finds them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.program.module import Place
from unbounded_lint.link.runs.context import LIVE, Context, ContextKind, Sort
from unbounded_lint.link.runs.execution import Execution

Extent: TypeAlias = Literal["sweep", "all", "evict", "single"]
Moment: TypeAlias = Literal[
    "timer", "later", "guaranteed", "capacity", "insert", "event", "exit", "import",
    "test", "dead", "unstarted", "once", "other-process", "barred", "shut",
]  # fmt: skip
IDLE: frozenset[Moment] = frozenset(
    {"dead", "test", "unstarted", "once", "other-process", "barred", "shut", "import", "exit"}
)
"""When removals run that take no entry while the program is at work."""
UNSTARTED: frozenset[Moment] = frozenset({"unstarted", "once", "other-process"})
"""Of these, on a timer that does not run as it should."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal.

    extent   sweep (a loop over the container, or over what was picked from it), all (cleared or replaced), evict
             (whatever is oldest or next), single (one key)
    when     timer, later (a one-shot timer of the entry), guaranteed (finally, exit of a with, done-callback, weak
             reference), capacity, insert (in the path of an insert), event (an owner's call), test, dead (nothing
             calls it), unstarted (a timer that is never started), once (a one-shot timer that is armed while the
             program starts), other-process, barred (behind a condition that never holds), shut (behind one that
             soon holds no more)
    places   the operations by which it comes to run: itself, or the calls that hand over this container
    walked   the key is an item of a loop, whatever that walks
    partly   it is guaranteed for the entries of some runs that insert, not for those of others
    sought   a walk takes out what belongs to one thing that it is told of
    delayed  a one-shot timer runs it, and nothing else does
    """

    access: Access
    extent: Extent
    when: Moment
    contexts: frozenset[Sort]
    places: tuple[Place, ...]
    walked: bool = False
    partly: bool = False
    sought: bool = False
    delayed: bool = False

    @property
    def is_sweep(self) -> bool:
        """Whether it would take entries in bulk: what a timer at the start runs, under keys from elsewhere as well."""
        return self.extent in {"sweep", "all"} or (self.walked and self.when in UNSTARTED)

    @property
    def is_sweeper(self) -> bool:
        """Whether recurring timers alone take entries in bulk by it: where the work of the program comes to it as
        well, nothing hangs on the timer, and what takes one entry, the next, or those of one thing is such work."""
        at_work = any(context.kind == "run" for context in self.contexts)
        in_bulk = (self.extent in {"sweep", "all"} or self.walked) and not self.sought
        return self.when == "timer" and in_bulk and not at_work

    @property
    def fails(self) -> bool:
        """Whether it runs only where something fails."""
        live = [context for context in self.contexts if context.kind in LIVE]
        return bool(live) and all(context.failing for context in live)

    def nearest(self, execution: Execution, *kinds: ContextKind) -> Iterator[Context]:
        """The ways of some kinds in which it comes to run, of those of one sort the one that begins nearest."""
        return (context for place in self.places for context in execution.nearest(*place, *kinds))


def sweeping_timers(removals: Iterable[Removal], execution: Execution) -> tuple[Context, ...]:
    """The timers that run some of the removals, in their order."""
    found = [
        context
        for removal in removals
        if removal.when == "timer" and removal.access.handed is None
        for context in execution.sources(removal.access.scope, removal.access.op, frozenset({"timer"}))
    ]
    return tuple(dict.fromkeys(found))
