"""On which way an entry stays behind in a container from which only events remove."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.keys.around import Lead
from unbounded_lint.link.program.blocks import comes_to, comes_to_one, in_cleanup
from unbounded_lint.link.program.kept import grouped
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.context import ContextKind
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.verdicts.cleanups import Cleanups
from unbounded_lint.link.verdicts.exits import Exit, Exits
from unbounded_lint.link.verdicts.followed import Followed
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.removals import Removal
from unbounded_lint.link.verdicts.risks import Risks

Left: TypeAlias = Literal["success", "error", "condition", "emptied", "unasked"]
"""success    only a failure removes: what goes well leaves its entry
error      one run inserts and removes, and what it does in between may raise, be cancelled or not be gone on with
condition  the clean-up or timer of an entry that removes it need not come to that
emptied    no entry leaves by itself: events empty the container as a whole, or take whatever is next
unasked    each entry waits for an event of its own: register and unregister, request and reply"""


_TIMED: frozenset[ContextKind] = frozenset({"timer", "later", "unstarted"})

_MOST = 20
"""How many runs that come to an insert and to a removal are looked at, and how many other removals of one."""


class Way(NamedTuple):
    """What leaves an entry behind; for an error, the function, or the class with both hooks, and the
    operations of the insert and of the removal; and where a run leaves it, if that can be told."""

    left: Left
    scope: ScopeId | None = None
    insert: int = 0
    removal: int = 0
    exit: Exit | None = None


class Ways(RunQuery):
    """Finds the way on which an entry stays, the surest first."""

    def __init__(self, flow: Flow, execution: Execution, cleanups: Cleanups) -> None:
        super().__init__(flow, execution)
        self.cleanups = cleanups
        self.guarantees = cleanups.guarantees
        self._risks = Risks(flow, execution)
        self._exits = Exits(flow, execution, self._risks)
        self._runs = Followed(flow, execution)

    def of(self, inserts: Sequence[Insert], removals: Iterable[Removal], accesses: AccessList) -> Way | None:
        """The way of a container, None where no event removes."""
        events = [r for r in removals if r.when in {"event", "guaranteed"}]
        single = [r for r in events if r.extent == "single"]
        if not events:
            return None
        if all(r.fails for r in events):
            return Way("success")
        if not single:
            return Way("emptied", exit=self._apart(inserts, events, accesses))
        ended = self._followed(inserts, single) or self._begun(inserts, single) or self._hindered(single, accesses)
        if ended is not None:
            return ended
        timers = {root for i in inserts for root in self._timers(i.access)}
        conditional = next((r for r in single if self._is_conditional(r, timers)), None)
        if conditional is not None:
            return Way("condition", exit=self._exits.condition(*conditional.access.place, _held([conditional])))
        failing = frozenset(r.access.scope for r in single if r.fails)
        sure = [r for r in single if self._runs.is_sure(r.access.place, r.access)]
        pairs = self._pairs(inserts, [r for r in sure if r.access.scope not in failing])
        failed = next((way for i, r in pairs if (way := self._between(i, r, single))), None)
        if failed is not None:
            return failed
        return self._missed(inserts, single) or Way("unasked", exit=self._apart(inserts, events, accesses))

    def _followed(self, inserts: Iterable[Insert], removals: Sequence[Removal]) -> Way | None:
        """A run of each insert that comes to the removal of its entry, whatever is in between."""
        run = self._runs.run((i.access for i in inserts if not i.access.nested), (r.access for r in removals))
        return (
            Way("error", *run, self._exits.between(*run, self._others(*run, removals), _held(removals)))
            if run is not None
            else None
        )

    def _missed(self, inserts: Iterable[Insert], removals: Sequence[Removal]) -> Way | None:
        """A run that is led past the removal of the entry that it has added, or that only what it does not catch ends
        before that."""
        whole = (i.access for i in inserts if not i.access.nested)
        found = set(self._runs.passed(whole, (r.access for r in removals)))
        runs = sorted(found, key=lambda run: (*run[:2], -run[2]))  # a removal that others stand before is the usual one
        for run in runs[:_MOST]:
            if (exit_ := self._exits.between(*run, self._others(*run, removals), _held(removals))) is not None:
                return Way("unasked", *run, exit_)
        straight = (run for run in runs[:_MOST] if comes_to(self.program.facts(run[0]), *run[1:]))
        return next((Way("unasked", *run) for run in straight), None)

    def _others(self, scope: ScopeId, first: int, last: int, removals: Iterable[Removal]) -> Sequence[int]:
        """The operations of a function behind an insert that come to other removals."""
        found = {op for r in removals for op in self._leading(r.access).get(scope, ()) if op > first}
        return sorted(found - {last})[:_MOST]

    def _apart(self, inserts: Iterable[Insert], removals: Iterable[Removal], accesses: AccessList) -> Exit | None:
        """Where an entry is added without the clean-up that takes out those of others."""
        sure = [r for r in removals if r.partly]
        if not sure:
            return None
        cleanup = self.cleanups.of(sure, accesses)
        places = (self.cleanups.uncovered(cleanup, i.access, accesses) for i in inserts)
        return next((Exit("apart", *place) for place in places if place is not None), None)

    def _begun(self, inserts: Iterable[Insert], removals: Iterable[Removal]) -> Way | None:
        """Work of its own, begun as each entry is put in, that comes to the removal of that, whatever is in between."""
        ending = ((r.access, work) for r in removals for work in self._runs.sure(r.access))
        begun = grouped(
            (scope, (op, work)) for access, work in ending for scope, op in self.guarantees.begun_for(access, work)
        )
        found = [self._ends(i.access, begun) for i in inserts if begun and not i.access.nested]
        return Way("error", found[0]) if found and None not in found else None

    def _ends(self, insert: Access, begun: Mapping[ScopeId, Sequence[tuple[int, ScopeId]]]) -> ScopeId | None:
        """The work at whose end the entry of an insert goes, whoever comes to that; `begun` tells which work a function
        begins, and where."""
        ends: dict[ScopeId, ScopeId] = {}
        leading = self._leading(insert)
        for scope in begun.keys() & leading.keys():
            facts = self.program.facts(scope)
            for work, ops in grouped((work, op) for op, work in begun[scope]).items():
                if any(comes_to_one(facts, at, ops) for at in leading[scope]):
                    ends[scope] = work
        return self.guarantees.around.always(Lead(None, (insert.place,)), lambda lead: ends.get(lead.scope))

    def _hindered(self, removals: Iterable[Removal], accesses: AccessList) -> Way | None:
        """A hook whose entry its partner removes, unless an error keeps it from that."""
        for removal in removals:
            hook = self.guarantees.partners.hindered(removal.access, accesses)
            if hook is not None:
                return Way("error", self.program.owner_class(hook) or hook)
        return None

    def _pairs(self, inserts: Iterable[Insert], removals: Sequence[Removal]) -> Iterator[tuple[Insert, Removal]]:
        """Each insert with the removals that some function leads to as it does to the insert, where something may raise
        behind the insert and before one of them."""
        led: dict[ScopeId, list[int]] = {}
        last: dict[ScopeId, int] = {}
        for index, removal in enumerate(removals):
            for scope, ops in self._leading(removal.access).items():
                led.setdefault(scope, []).append(index)
                last[scope] = max(last.get(scope, 0), *ops)
        for insert in inserts:
            leading = self._leading(insert.access).items()
            near = (s for s, ops in leading if s in led and self._risks.first_behind(s, min(ops)) < last[s])
            yield from ((insert, removals[i]) for i in sorted({i for scope in near for i in led[scope]}))

    def _leading(self, access: Access) -> Mapping[ScopeId, Sequence[int]]:
        """The functions whose runs may come to an access, each with its operations that lead there."""
        return {**self.graph.above(access.scope), access.scope: (access.op,)}

    def _is_conditional(self, removal: Removal, inserting: Collection[Place]) -> bool:
        """Whether a clean-up, a callback, or a timer other than those that insert, would remove the entry, but for what
        was found to be in its way."""
        access = removal.access
        cleans = in_cleanup(self.program.facts(access.scope), access.op)
        return removal.when == "event" and (
            cleans
            or (removal.delayed and access.handed is not None)
            or any(root not in inserting for root in self._timers(access))
            or self.guarantees.is_callback(access.scope)
        )

    def _timers(self, access: Access) -> Iterator[Place]:
        """Where the timers begin that come to an access, be they started or not."""
        return (each.root for each in self.execution.sources(*access.place, _TIMED))

    def _between(self, insert: Insert, removal: Removal, removals: Sequence[Removal]) -> Way | None:
        """A run that inserts first and always comes to the removal then, but for something in between that may well end
        it."""
        for scope, first, last in self.graph.common_runs(insert.access.place, removal.access.place):
            if self._risks.first_behind(scope, first) < last and comes_to(self.program.facts(scope), first, last):
                others = self._others(scope, first, last, removals)
                return Way("error", scope, first, last, self._exits.failing(scope, first, last, others))
        return None


def _held(removals: Iterable[Removal]) -> tuple[m.Expr, ...]:
    """The expressions by which removals mean the container."""
    return tuple(dict.fromkeys(r.access.site.node for r in removals))[:_MOST]
