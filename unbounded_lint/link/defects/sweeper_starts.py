"""Where the timers that sweep a container are started, and whether every insert comes with a start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.dataflow.handles import Attribute, Handle
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite, argument_of
from unbounded_lint.link.entries.subjects import (
    Asked,
    Subjects,
    asked_at,
    contradicts,
    evaluated_at,
    exclusive,
    in_place,
    names_in_front,
    shown,
)
from unbounded_lint.link.program.blocks import loops_around
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.context import Context, ContextKind
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.runs.timer_starts import Edge, Ways
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.removals import Removal, sweeping_timers

STEPS = 400
"""How many steps up from the timers are followed; behind that, they count as started by something else."""

DEPTH = 6
"""How many callers an insert is followed through."""

_STARTING: frozenset[ContextKind] = frozenset({"startup", "import", "main", "exit", "test", "tested"})


@dataclass(frozen=True, slots=True)
class Unstarted:
    """An insert that may come without a start of the sweeper.

    kind       guarded (the start behind it hangs on a condition about the entry), bare (no start is reached)
    access     the insert
    scope, op  where the condition stands; where the insert is made, for a bare one
    condition  the condition, None for a bare one
    start      the scope and operation that start the sweeper: behind the condition, or on another way in
    once       it runs only once, while the program starts
    """

    kind: str
    access: Access
    scope: ScopeId
    op: int
    condition: Asked | None
    start: tuple[ScopeId, int]
    once: bool = False

    @property
    def text(self) -> str:
        """The condition as a message shows it."""
        return "" if self.condition is None else shown(self.condition)


class _Lead(NamedTuple):
    """An operation that inserts, by itself or through calls; single: one entry, but for loops of this very scope."""

    scope: ScopeId
    op: int
    node: m.Expr
    parents: tuple[m.Expr, ...]
    key: tuple[m.Expr, ...]
    value: tuple[m.Expr, ...]
    single: bool


class _Reach(NamedTuple):
    """An operation that starts the sweeper, by itself or through calls.

    carried  conditions of the scopes below, in terms of this scope
    sized    a condition below asks for the container
    hung     a scope below inserts an entry of its own at the same time
    """

    edge: Edge
    carried: tuple[Asked, ...]
    sized: bool
    hung: bool


@dataclass(frozen=True)
class _Map:
    """All that is known about one container's starts; free says that something else than an insert starts it."""

    leads: dict[ScopeId, tuple[_Lead, ...]]
    reaches: dict[ScopeId, tuple[_Reach, ...]]
    accesses: AccessList
    held: frozenset[int]
    free: bool
    tied: tuple[_Reach, ...]


class Starts:
    """Answers for containers that a timer sweeps whether the sweeper runs whenever there is something to sweep."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self.ways = Ways(flow, execution)
        self.subjects = Subjects(flow)
        self._found: dict[Handle, tuple[Unstarted, ...]] = {}

    def unstarted(
        self,
        holder: Holder,
        accesses: AccessList,
        inserts: tuple[Insert, ...],
        removals: tuple[Removal, ...],
    ) -> tuple[Unstarted, ...]:
        """The inserts that may come without a start, while the starts hang on inserts alone."""
        if holder.handle not in self._found:
            self._found[holder.handle] = self._search(holder, accesses, inserts, removals)
        return self._found[holder.handle]

    def _search(
        self,
        holder: Holder,
        accesses: AccessList,
        inserts: tuple[Insert, ...],
        removals: tuple[Removal, ...],
    ) -> tuple[Unstarted, ...]:
        timers = sweeping_timers(removals, self.execution)
        growing = self._growing(accesses, inserts)
        if not timers or not growing or self._is_started_otherwise(removals):
            return ()
        known = self._map(holder, accesses, growing, timers)
        if known.free or not known.tied:
            return ()
        found = (self._of_insert(access, known) for access in growing)
        return tuple(item for item in found if item is not None)

    @staticmethod
    def _is_started_otherwise(removals: tuple[Removal, ...]) -> bool:
        """Whether each insert arms a timer of its own or sweeps by itself."""
        return any(
            r.when in {"later", "capacity"} or (r.when == "insert" and r.extent != "single") for r in removals
        ) or any(r.when == "timer" and r.access.handed is not None for r in removals)

    def _growing(self, accesses: AccessList, inserts: tuple[Insert, ...]) -> tuple[Access, ...]:
        """The inserts at run time, and the bulk ones while the program starts."""
        running = {id(i.access.site.node) for i in inserts}
        return tuple(
            access
            for access in accesses
            if access.kind == "insert"
            and not access.nested
            and not access.implicit
            and not self.program.is_test(access.scope)
            and (id(access.site.node) in running or (access.bulk and self._runs_at_start(access)))
        )

    def _runs_at_start(self, access: Access) -> bool:
        kinds = self.execution.kinds(access.scope, access.op)
        return bool(kinds & {"main", "startup"}) and access.scope.index != 0

    # --- up from the inserts and from the timers ---

    def _map(
        self, holder: Holder, accesses: AccessList, growing: tuple[Access, ...], timers: tuple[Context, ...]
    ) -> _Map:
        held = frozenset(id(a.site.node) for a in accesses)
        leads = self._leads(growing)
        known = _Map(leads, {}, accesses, held, False, ())
        reaches: dict[ScopeId, list[_Reach]] = {}
        tied: list[_Reach] = []
        free = False
        queue: list[_Reach] = []
        for timer in timers:
            armed = self.ways.armed(timer)
            own = timer.timer == "loop" and (timer.root[0] in leads or self._is_root(timer.root[0]))
            free = free or not armed or own or any(self._is_of_entry(edge, leads) for edge in armed)
            queue += [_Reach(edge, (), False, False) for edge in armed]
        seen = {self._key(reach) for reach in queue}
        while queue and not free:
            reach = queue.pop(0)
            reaches.setdefault(reach.edge.scope, []).append(reach)
            is_tied, hung = self._ties(reach, known)
            if is_tied:
                tied.append(reach)
            if is_tied and hung is None:
                continue
            free = self._is_free(reach, known, holder, bool(hung)) or len(seen) > STEPS
            for above in self._above(reach, known, bool(hung)):
                if self._key(above) not in seen:
                    seen.add(self._key(above))
                    queue.append(above)
        return _Map(leads, {scope: tuple(found) for scope, found in reaches.items()}, accesses, held, free, tuple(tied))

    def _is_of_entry(self, edge: Edge, leads: dict[ScopeId, tuple[_Lead, ...]]) -> bool:
        """Whether an insert arms a one-shot timer that is told about the entry: each has a timer of its own."""
        if edge.timer is None or edge.timer.kind != "delayed" or edge.handed is None or edge.scope not in leads:
            return False
        return self.subjects.derives(tuple(argument.value for argument in edge.handed.args), edge.scope)

    @staticmethod
    def _key(reach: _Reach) -> tuple[object, ...]:
        return (reach.edge.scope, reach.edge.op, id(reach.edge.node), reach.carried, reach.sized, reach.hung)

    def _is_root(self, scope: ScopeId) -> bool:
        """Whether a scope runs without anything of the project calling it: as a module, a framework's method, or for
        the project's users."""
        return scope.index == 0 or bool(self.ways.roots(scope))

    def _leads(self, growing: Iterable[Access]) -> dict[ScopeId, tuple[_Lead, ...]]:
        found: dict[ScopeId, list[_Lead]] = {}
        queue: list[tuple[_Lead, int]] = []
        for access in growing:
            key = () if access.key is None else (access.key,)
            value = () if access.value is None else (access.value,)
            lead = _Lead(access.scope, access.op, access.site.node, access.site.parents, key, value, not access.bulk)
            queue.append((lead, DEPTH))
        seen: set[tuple[ScopeId, int, int]] = set()
        while queue and len(seen) < STEPS:
            lead, depth = queue.pop(0)
            if (lead.scope, lead.op, id(lead.node)) in seen:
                continue
            seen.add((lead.scope, lead.op, id(lead.node)))
            found.setdefault(lead.scope, []).append(lead)
            if depth and lead.scope.index:
                queue += [(self._lead_above(edge, lead), depth - 1) for edge in self.ways.edges(lead.scope)]
        return {scope: tuple(leads) for scope, leads in found.items()}

    def _lead_above(self, edge: Edge, below: _Lead) -> _Lead:
        arguments = () if edge.call is None or edge.call.call is None else tuple(a.value for a in edge.call.call.args)
        single = below.single and not self._loops(below)
        return _Lead(edge.scope, edge.op, edge.node, edge.parents, arguments, (), single)

    def _loops(self, at: Edge | _Lead) -> frozenset[int]:
        """The loops of its scope that an operation stands in."""
        facts = self.program.facts(at.scope)
        return frozenset(loops_around(facts, at.op) if 0 <= at.op < len(facts.ops) else ())

    def _asked(self, at: Edge | _Lead) -> tuple[Asked, ...]:
        return asked_at(self.program.facts(at.scope), at.op, at.parents, at.node)

    def _ties(self, reach: _Reach, known: _Map) -> tuple[bool, bool | None]:
        """Whether a start stands beside an insert of an entry that is given to the scope; and whether what runs above
        it is on the way of that insert: None, if nothing above counts as it hangs on the entry."""
        edge = reach.edge
        facts = self.program.facts(edge.scope)
        asked = self._asked(edge)
        hung: bool | None = reach.hung
        is_tied = False
        for lead in known.leads.get(edge.scope, ()):
            if reach.hung or not self._is_per_entry(lead, edge):
                continue
            held = self._asked(lead)
            if exclusive(facts, lead.op, edge.op) or contradicts(asked, held):
                continue
            is_tied = True
            abouts = self._abouts(reach, asked, held, lead, known)
            hung = None if hung is None or {a for a, _ in abouts} & {"entry", "bulk"} else True
        return is_tied, hung

    def _is_per_entry(self, lead: _Lead, start: Edge) -> bool:
        """Whether an insert is one of many that callers ask for, rather than part of a program's start."""
        if not lead.scope.index or self._runs_once(start):
            return False
        if not lead.single or not self._loops(lead) <= self._loops(start):
            return self._is_asked_for(start)
        given = self.subjects.derives((*lead.key, *lead.value), lead.scope)
        return given or bool(self.ways.roots(lead.scope) - {"api", "tested"})

    def _runs_once(self, start: Edge) -> bool:
        """Whether an operation only runs while the program starts."""
        contexts = self.execution.at(start.scope, start.op)
        return all(c.kind in _STARTING and not (c.kind == "main" and c.looped) for c in contexts)

    def _is_asked_for(self, start: Edge) -> bool:
        """Whether an operation only runs for requests: then many entries that come in with it are no program's start
        either."""
        ways = [c for c in self.execution.sources(start.scope, start.op) if c.kind not in {"test", "dead"}]
        return bool(ways) and all(self.execution.is_asked_for(c) for c in ways)

    def _abouts(
        self,
        reach: _Reach,
        asked: tuple[Asked, ...],
        held: tuple[Asked, ...],
        lead: _Lead,
        known: _Map,
    ) -> tuple[tuple[str, Asked], ...]:
        """The conditions of a start that do not hold for an insert beside it anyway, each with what it is about."""
        names = self.subjects.names(lead.scope, lead.key, lead.value)
        extra = [c for c in (*asked, *reach.carried) if c not in held]
        return tuple((self.subjects.about(c, lead.scope, names, known.held), c) for c in extra)

    def _is_free(self, reach: _Reach, known: _Map, holder: Holder, hung: bool) -> bool:
        """Whether a way up to a start ends here, in something that is no insert."""
        edge = reach.edge
        scope = edge.scope
        facts = self.program.facts(scope)
        asked = self._asked(edge)
        if reach.sized or self._asks_container(asked, scope, known):
            return False
        loops = self._loops(edge)
        if known.leads.get(scope) and any(facts.frames[f].kind == "for" for f in loops):
            return False
        if scope.index == 0:
            return not hung or not (asked or loops)
        if hung:
            return "startup" in self.ways.roots(scope)
        owner = self.program.owner_class(scope)
        if (
            facts.name in name_lists().constructors | {"__enter__", "__aenter__"}
            and owner is not None
            and not known.leads.get(scope)
        ):
            held_by = holder.handle.cls if isinstance(holder.handle, Attribute) else None
            if held_by is not None and self.resolver.related(owner, held_by):
                return True
        return bool(self.ways.roots(scope))

    def _asks_container(self, asked: Iterable[Asked], scope: ScopeId, known: _Map) -> bool:
        return any(self.subjects.about(c, scope, frozenset(), known.held) in {"container", "bulk"} for c in asked)

    def _above(self, reach: _Reach, known: _Map, hung: bool) -> Iterator[_Reach]:
        """The operations that run the scope of a start."""
        edge = reach.edge
        if edge.scope.index == 0:
            return
        asked = self._asked(edge)
        sized = reach.sized or self._asks_container(asked, edge.scope, known)
        if (sized and known.leads.get(edge.scope)) or (reach.hung and (asked or self._loops(edge))):
            return
        for above in self.ways.edges(edge.scope):
            carried = tuple(
                translated
                for condition in (*asked, *reach.carried)
                if (translated := self._translated(condition, edge.scope, above.call)) is not None
            )
            yield _Reach(above, tuple(dict.fromkeys(carried)), sized, hung)

    def _translated(self, condition: Asked, scope: ScopeId, call: CallSite | None) -> Asked | None:
        """A condition on a parameter in terms of the caller: the argument in its place."""
        if call is None:
            return None
        facts = self.program.facts(scope)
        names = set(self.subjects.parameters(scope))
        for name in names_in_front(condition.expr):
            if name.id in names:
                index = next(i for i, p in enumerate(facts.parameters) if p.name == name.id)
                argument = argument_of(facts, index, call)
                if argument is not None and not isinstance(argument, m.Const):
                    return Asked(in_place(condition.expr, name, argument), condition.truth)
        return None

    # --- one insert ---

    def _of_insert(self, access: Access, known: _Map) -> Unstarted | None:
        leads = known.leads.get(access.scope, ())
        lead = next((found for found in leads if found.op == access.op and found.node is access.site.node), None)
        if lead is None:
            return None
        verdict = self._status(lead, known, DEPTH, frozenset())
        if verdict is True:
            return None
        if isinstance(verdict, tuple):
            reach, condition = verdict
            start = (reach.edge.scope, reach.edge.op)
            op = evaluated_at(self.program.facts(reach.edge.scope), reach.edge.op, condition)
            return Unstarted("guarded", access, reach.edge.scope, op, condition, start)
        if self._only_updates(access, known):
            return None
        other = known.tied[0].edge
        once = self.execution.kinds(access.scope, access.op) <= {"main", "startup", "test", "tested", "import"}
        return Unstarted("bare", access, access.scope, access.op, None, (other.scope, other.op), once)

    def _status(self, lead: _Lead, known: _Map, depth: int, seen: frozenset[ScopeId]) -> bool | tuple[_Reach, Asked]:
        """True for an insert that always comes with a start, False for one that never does, or the start and the
        condition about the entry on which it hangs."""
        guarded = None
        for reach in known.reaches.get(lead.scope, ()):
            verdict = self._beside(lead, reach, known)
            if verdict is True:
                return True
            if isinstance(verdict, tuple):
                guarded = guarded or verdict
        above = [e for e in self.ways.edges(lead.scope) if e.scope not in seen] if depth and lead.scope.index else []
        found = [
            self._status(self._lead_above(edge, lead), known, depth - 1, seen | {lead.scope})
            for edge in above
            if self.execution.roots.is_live(edge.scope)
        ]
        if found and not self.ways.roots(lead.scope) and all(verdict is True for verdict in found):
            return True
        guarded = guarded or next((v for v in found if isinstance(v, tuple)), None)
        return guarded or False

    def _beside(self, lead: _Lead, reach: _Reach, known: _Map) -> bool | tuple[_Reach, Asked]:
        edge = reach.edge
        facts = self.program.facts(edge.scope)
        asked = self._asked(edge)
        held = self._asked(lead)
        if lead.op >= 0 and edge.op >= 0 and (exclusive(facts, lead.op, edge.op) or contradicts(asked, held)):
            return False
        abouts = self._abouts(reach, asked, held, lead, known)
        around, shared = self._loops(lead), self._loops(edge)
        if reach.hung and (abouts or not shared <= around):
            return False
        if reach.sized and edge.op < lead.op and not around <= shared:
            return False
        for about, condition in abouts:
            if about == "entry":
                return reach, condition
            if about == "bulk":
                return False
        return True

    def _only_updates(self, access: Access, known: _Map) -> bool:
        """Whether the function has looked at the same key before, or takes out another for the new one: the store
        most likely updates an entry that is there."""
        beside = [a for a in known.accesses if a.scope == access.scope and not a.nested and a.op <= access.op]
        if any(a.kind == "remove" for a in beside):
            return True
        looked = [a for a in beside if a.kind in {"read", "contains"} and a.key is not None and a.key == access.key]
        asked = self._asked(Edge(access.scope, access.op, access.site.node, access.site.parents))
        return bool(looked) and not any(_means_absent(condition) for condition in asked)


def _means_absent(condition: Asked) -> bool:
    """`k not in X`, `found is None`, `not found`."""
    match condition:
        case Asked(expr=m.Compare(ops=("not in",) | ("is",)), truth=True):
            return True
        case Asked(expr=m.Compare(ops=("in",) | ("is not",)), truth=False):
            return True
        case Asked(expr=m.Name() | m.Call(), truth=False):
            return True
    return False
