"""The way up from the timers that sweep a container, and from its inserts, to where both are begun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.dataflow.values import CallSite, argument_of
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.entries.subjects import About, Subjects, asked_at, contradicts, in_place, names_in_front
from unbounded_lint.link.program.blocks import loops_around
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.program.truth import Asked
from unbounded_lint.link.runs.callers import exclude
from unbounded_lint.link.runs.context import Context, ContextKind
from unbounded_lint.link.runs.timer_starts import Edge
from unbounded_lint.link.verdicts.container import Container

STEPS = 400
"""How many steps up from the timers are followed; behind that, they count as started by something else."""

DEPTH = 6
"""How many callers an insert is followed through."""

_STARTING: frozenset[ContextKind] = frozenset({"startup", "import", "main", "exit", "test", "tested"})


class Lead(NamedTuple):
    """An operation that inserts, by itself or through calls; single: one entry, but for loops of this very scope."""

    scope: ScopeId
    op: int
    node: m.Expr
    parents: tuple[m.Expr, ...]
    key: tuple[m.Expr, ...]
    value: tuple[m.Expr, ...]
    single: bool


class Reach(NamedTuple):
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
class Starts:
    """All that is known about one container's starts.

    held  the identities of the expressions that stand for the container
    free  something else than an insert starts the sweeper
    tied  the starts beside an insert
    """

    leads: dict[ScopeId, tuple[Lead, ...]]
    reaches: dict[ScopeId, tuple[Reach, ...]]
    container: Container
    held: frozenset[int]
    free: bool
    tied: tuple[Reach, ...]


class StartSearch(Question):
    """Finds the starts of the timers of containers, by the inserts that they come with."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.subjects = Subjects(linked.flow)

    def of(self, container: Container, growing: Iterable[Access], timers: tuple[Context, ...]) -> Starts:
        """The starts of the timers of a container, and what leads to them and to its inserts."""
        held = frozenset(id(a.site.node) for a in container.accesses)
        leads = self._leads(growing)
        known = Starts(leads, {}, container, held, False, ())
        reaches: dict[ScopeId, list[Reach]] = {}
        tied: list[Reach] = []
        free = False
        queue: list[Reach] = []
        for timer in timers:
            armed = self.linked.ways.armed(timer)
            own = timer.timer == "loop" and bool(timer.root[0] in leads or self.linked.ways.roots(timer.root[0]))
            free = free or not armed or own or any(self._is_of_entry(edge, leads) for edge in armed)
            queue += [Reach(edge, (), False, False) for edge in armed]
        seen = {self._key(reach) for reach in queue}
        while queue and not free:
            reach = queue.pop(0)
            reaches.setdefault(reach.edge.scope, []).append(reach)
            is_tied, hung = self._ties(reach, known)
            if is_tied:
                tied.append(reach)
            if is_tied and hung is None:
                continue
            free = self._is_free(reach, known, bool(hung)) or len(seen) > STEPS
            for above in self._above(reach, known, bool(hung)):
                if self._key(above) not in seen:
                    seen.add(self._key(above))
                    queue.append(above)
        found = {scope: tuple(inside) for scope, inside in reaches.items()}
        return Starts(leads, found, container, held, free, tuple(tied))

    def _is_of_entry(self, edge: Edge, leads: dict[ScopeId, tuple[Lead, ...]]) -> bool:
        """Whether an insert arms a one-shot timer that is told about the entry: each has a timer of its own."""
        if edge.timer is None or edge.timer.kind != "delayed" or edge.handed is None or edge.scope not in leads:
            return False
        return self.subjects.derives(tuple(argument.value for argument in edge.handed.args), edge.scope)

    @staticmethod
    def _key(reach: Reach) -> tuple[object, ...]:
        return (reach.edge.scope, reach.edge.op, id(reach.edge.node), reach.carried, reach.sized, reach.hung)

    def _leads(self, growing: Iterable[Access]) -> dict[ScopeId, tuple[Lead, ...]]:
        found: dict[ScopeId, list[Lead]] = {}
        queue: list[tuple[Lead, int]] = []
        for access in growing:
            key, value = (() if part is None else (part,) for part in (access.key, access.value))
            lead = Lead(access.scope, access.op, access.site.node, access.site.parents, key, value, not access.bulk)
            queue.append((lead, DEPTH))
        seen: set[tuple[ScopeId, int, int]] = set()
        while queue and len(seen) < STEPS:
            lead, depth = queue.pop(0)
            if (lead.scope, lead.op, id(lead.node)) in seen:
                continue
            seen.add((lead.scope, lead.op, id(lead.node)))
            found.setdefault(lead.scope, []).append(lead)
            if depth and lead.scope.index:
                queue += [(self.lead_above(edge, lead), depth - 1) for edge in self.linked.ways.edges(lead.scope)]
        return {scope: tuple(leads) for scope, leads in found.items()}

    def lead_above(self, edge: Edge, below: Lead) -> Lead:
        """What an operation is that runs the scope of one that inserts."""
        arguments = () if edge.call is None or edge.call.call is None else tuple(a.value for a in edge.call.call.args)
        single = below.single and not self.loops(below)
        return Lead(edge.scope, edge.op, edge.node, edge.parents, arguments, (), single)

    def loops(self, at: Edge | Lead) -> frozenset[int]:
        """The loops of its scope that an operation stands in."""
        facts = self.program.facts(at.scope)
        return frozenset(loops_around(facts, at.op) if 0 <= at.op < len(facts.ops) else ())

    def asked(self, at: Edge | Lead) -> tuple[Asked, ...]:
        """What must hold for an operation to run."""
        return asked_at(self.program.facts(at.scope), at.op, at.parents, at.node)

    def _ties(self, reach: Reach, known: Starts) -> tuple[bool, bool | None]:
        """Whether a start stands beside an insert of an entry that is given to the scope; and whether what runs above
        it is on the way of that insert: None, if nothing above counts as it hangs on the entry."""
        edge = reach.edge
        facts = self.program.facts(edge.scope)
        asked = self.asked(edge)
        hung: bool | None = reach.hung
        is_tied = False
        for lead in known.leads.get(edge.scope, ()):
            if reach.hung or not self._is_per_entry(lead, edge):
                continue
            held = self.asked(lead)
            if exclude(facts, lead.op, edge.op) or contradicts(asked, held):
                continue
            is_tied = True
            abouts = self.abouts(reach, asked, held, lead, known)
            hung = None if hung is None or {a for a, _ in abouts} & {"entry", "bulk"} else True
        return is_tied, hung

    def _is_per_entry(self, lead: Lead, start: Edge) -> bool:
        """Whether an insert is one of many that callers ask for, rather than part of a program's start."""
        if not lead.scope.index or self._runs_once(start):
            return False
        if not lead.single or not self.loops(lead) <= self.loops(start):
            return self._is_asked_for(start)
        given = self.subjects.derives((*lead.key, *lead.value), lead.scope)
        return given or bool(self.linked.ways.roots(lead.scope) - {"api", "tested"})

    def _runs_once(self, start: Edge) -> bool:
        """Whether an operation only runs while the program starts."""
        contexts = self.execution.at(start.scope, start.op)
        return all(c.kind in _STARTING and not (c.kind == "main" and c.looped) for c in contexts)

    def _is_asked_for(self, start: Edge) -> bool:
        """Whether an operation only runs for requests: then many entries that come in with it are no program's start
        either."""
        ways = [c for c in self.execution.sources(start.scope, start.op) if c.kind not in {"test", "dead"}]
        return bool(ways) and all(self.execution.is_asked_for(c) for c in ways)

    def abouts(
        self, reach: Reach, asked: tuple[Asked, ...], held: tuple[Asked, ...], lead: Lead, known: Starts
    ) -> tuple[tuple[About, Asked], ...]:
        """The conditions of a start that do not hold for an insert beside it anyway, each with what it is about."""
        names = self.subjects.names(lead.scope, lead.key, lead.value)
        extra = [c for c in (*asked, *reach.carried) if c not in held]
        return tuple((self.subjects.about(c, lead.scope, names, known.held), c) for c in extra)

    def _is_free(self, reach: Reach, known: Starts, hung: bool) -> bool:
        """Whether a way up to a start ends here, in something that is no insert."""
        edge = reach.edge
        scope = edge.scope
        facts = self.program.facts(scope)
        asked = self.asked(edge)
        if reach.sized or self._asks_container(asked, scope, known):
            return False
        loops = self.loops(edge)
        if known.leads.get(scope) and any(facts.frames[f].kind == "for" for f in loops):
            return False
        if scope.index == 0:
            return not hung or not (asked or loops)
        if hung:
            return "startup" in self.linked.ways.roots(scope)
        owner = self.program.owner_class(scope)
        if (
            facts.name in name_lists().constructors | {"__enter__", "__aenter__"}
            and owner is not None
            and not known.leads.get(scope)
        ):
            handle = known.container.holder.handle
            if isinstance(handle, Attribute) and self.resolver.related(owner, handle.cls):
                return True
        return bool(self.linked.ways.roots(scope))

    def _asks_container(self, asked: Iterable[Asked], scope: ScopeId, known: Starts) -> bool:
        return any(self.subjects.about(c, scope, frozenset(), known.held) in {"container", "bulk"} for c in asked)

    def _above(self, reach: Reach, known: Starts, hung: bool) -> Iterator[Reach]:
        """The operations that run the scope of a start."""
        edge = reach.edge
        if edge.scope.index == 0:
            return
        asked = self.asked(edge)
        sized = reach.sized or self._asks_container(asked, edge.scope, known)
        if (sized and known.leads.get(edge.scope)) or (reach.hung and (asked or self.loops(edge))):
            return
        for above in self.linked.ways.edges(edge.scope):
            carried = tuple(
                translated
                for condition in (*asked, *reach.carried)
                if (translated := self._translated(condition, edge.scope, above.call)) is not None
            )
            yield Reach(above, tuple(dict.fromkeys(carried)), sized, hung)

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
