"""Whether every insert into a container comes with a start of the timer that sweeps it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.dataflow.values import CallSite, argument_of
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.entries.subjects import (
    About,
    Subjects,
    asked_at,
    contradicts,
    in_place,
    names_in_front,
    shown,
)
from unbounded_lint.link.program.blocks import evaluated_at, loops_around
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId, Site
from unbounded_lint.link.program.truth import Asked
from unbounded_lint.link.runs.callgraph import STEPS, Edge, exclude, explored
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.removals import Removal, sweeping_timers


@dataclass(frozen=True, slots=True)
class Unstarted:
    """An insert that may come without a start of the sweeper.

    kind       guarded (the start behind it hangs on a condition about the entry), bare (no start is reached)
    access     the insert
    scope, op  where the condition stands; where the insert is made, for a bare one
    condition  the condition, None for a bare one
    start      the scope and operation that start the sweeper: behind the condition, or on another way in
    """

    kind: Literal["guarded", "bare"]
    access: Access
    scope: ScopeId
    op: int
    condition: Asked | None
    start: Place

    @property
    def text(self) -> str:
        """The condition as a message shows it."""
        return "" if self.condition is None else shown(self.condition)


Verdict: TypeAlias = "bool | tuple[Reach, Asked]"
"""True for an insert that always comes with a start, False for one that never does, or the start and the condition
about the entry on which it hangs."""


class Lead(NamedTuple):
    """An operation that inserts, by itself or through calls; single: one entry, but for loops of this very scope."""

    site: Site
    key: tuple[m.Expr, ...]
    value: tuple[m.Expr, ...]
    single: bool


class Reach(NamedTuple):
    """An operation that starts the sweeper, by itself or through calls.

    carried  conditions of the scopes below, in terms of this scope
    sized    a condition below asks for the container
    hung     a scope below inserts an entry of its own at the same time
    tied     it stands beside an insert of an entry that is given to the scope
    onward   what runs above it is on the way of that insert; None, if nothing above counts as it hangs on the entry
    """

    edge: Edge
    carried: tuple[Asked, ...]
    sized: bool
    hung: bool
    tied: bool
    onward: bool | None


@dataclass(frozen=True)
class Starts:
    """All that is known about one container's starts.

    held     the identities of the expressions that stand for the container
    leads    what inserts, by scope
    reaches  what starts the sweeper, by scope
    """

    container: Container
    held: frozenset[int]
    leads: Mapping[ScopeId, Sequence[Lead]]
    reaches: Mapping[ScopeId, Sequence[Reach]]


class SweeperStarts(Question):
    """Answers for containers that a timer sweeps whether the sweeper runs whenever there is something to sweep."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.subjects = Subjects(linked.flow)

    @kept
    def of(self, container: Container) -> tuple[Unstarted, ...]:
        """The inserts that may come without a start, while the starts hang on inserts alone."""
        if not container.has_sweeper or any(_needs_no_sweeper(removal) for removal in container.removals):
            return ()
        growing = self._growing(container)
        known = self._search(container, growing)
        tied = (reach for reaches in known.reaches.values() for reach in reaches if reach.tied) if known else ()
        start = next(iter(tied), None)
        if known is None or start is None:
            return ()
        found = (self._of_insert(access, known, start.edge) for access in growing)
        return tuple(item for item in found if item is not None)

    def _growing(self, container: Container) -> tuple[Access, ...]:
        """The inserts at run time, and the bulk ones while the program starts."""
        running = {id(i.access.site.node) for i in container.inserts}
        return tuple(
            access
            for access in container.accesses
            if access.kind == "insert"
            and not access.nested
            and not access.implicit
            and (id(access.site.node) in running or (access.bulk and self._runs_at_start(access)))
        )

    def _runs_at_start(self, access: Access) -> bool:
        return access.scope.index != 0 and bool(self.execution.kinds(access.scope, access.op) & {"main", "startup"})

    def _of_insert(self, access: Access, known: Starts, other: Edge) -> Unstarted | None:
        """What an insert lacks; `other` starts the sweeper beside some insert."""
        leads = (lead for lead in known.leads.get(access.scope, ()) if lead.site.node is access.site.node)
        verdict = next((self._status(lead, known) for lead in leads), True)
        if isinstance(verdict, tuple):
            (scope, op), condition = verdict[0].edge.place, verdict[1]
            at = evaluated_at(self.program.facts(scope), condition.expr, op)
            return Unstarted("guarded", access, scope, at, condition, (scope, op))
        if verdict or self._only_updates(access, known):
            return None
        return Unstarted("bare", access, access.scope, access.op, None, other.place)

    # --- whether it comes with a start ---

    def _status(self, lead: Lead, known: Starts) -> Verdict:
        beside: dict[Lead, list[Verdict]] = {}
        always = True

        def above(below: Lead) -> list[Lead]:
            nonlocal always
            beside[below] = [self._beside(below, reach, known) for reach in known.reaches.get(below.site.scope, ())]
            if True in beside[below]:
                return []
            edges = [e for e in self.graph.starts(below.site.scope) if self.execution.roots.is_live(e.scope)]
            always = always and bool(edges) and not self.execution.begins(below.site.scope)
            return [self._lead_above(edge, below) for edge in edges]

        leads = list(explored([lead], above, STEPS))
        guarded = (verdict for each in leads for verdict in beside[each] if isinstance(verdict, tuple))
        return always or next(guarded, False)

    def _beside(self, lead: Lead, reach: Reach, known: Starts) -> Verdict:
        abouts = self._abouts(reach, lead, known)
        if abouts is None:
            return False
        around, shared = self._loops(lead.site), self._loops(reach.edge.site)
        if reach.hung and (abouts or not shared <= around):
            return False
        if reach.sized and reach.edge.op < lead.site.op and not around <= shared:
            return False
        for about, condition in abouts:
            if about == "entry":
                return reach, condition
            if about == "bulk":
                return False
        return True

    def _only_updates(self, access: Access, known: Starts) -> bool:
        """Whether the function has looked at the same key before, or takes out another for the new one."""
        beside = [a for a in known.container.accesses if a.scope == access.scope and not a.nested and a.op <= access.op]
        if any(a.kind == "remove" for a in beside):
            return True
        looked = [a for a in beside if a.kind in {"read", "contains"} and a.key is not None and a.key == access.key]
        asked = self._asked(access.site)
        return bool(looked) and not any(_means_absent(condition) for condition in asked)

    # --- where the timers are started ---

    def _search(self, container: Container, growing: tuple[Access, ...]) -> Starts | None:
        """The starts of the timers of a container, and what leads to them and to its inserts; None if something else
        than an insert starts them, or may."""
        leads = self._leads(growing)
        known = Starts(container, frozenset(id(a.site.node) for a in container.accesses), leads, {})
        begun: list[Reach] = []
        for timer in sweeping_timers(container.removals, self.execution):
            armed = self.graph.armed(timer)
            own = timer.timer == "loop" and bool(timer.root[0] in leads or self.execution.begins(timer.root[0]))
            if not armed or own or any(self._is_of_entry(edge, leads) for edge in armed):
                return None
            begun += [self._reach(edge, (), False, False, known) for edge in armed]
        reaches: dict[ScopeId, list[Reach]] = {}
        for number, reach in enumerate(explored(begun, lambda below: self._above(below, known))):
            if number > STEPS or (reach.onward is not None and self._is_free(reach, known)):
                return None
            reaches.setdefault(reach.edge.scope, []).append(reach)
        return replace(known, reaches=reaches)

    def _is_of_entry(self, edge: Edge, leads: Mapping[ScopeId, Sequence[Lead]]) -> bool:
        """Whether an insert arms a one-shot timer that is told about the entry: each has a timer of its own."""
        if edge.timer is None or edge.timer.kind != "delayed" or edge.handed is None or edge.scope not in leads:
            return False
        return self.subjects.derives(tuple(argument.value for argument in edge.handed.args), edge.scope)

    # --- up from the inserts ---

    def _leads(self, growing: Iterable[Access]) -> dict[ScopeId, list[Lead]]:
        queue = []
        for access in growing:
            key, value = (() if part is None else (part,) for part in (access.key, access.value))
            queue.append(Lead(access.site, key, value, not access.bulk))
        found: dict[ScopeId, list[Lead]] = {}
        for lead in queue:
            inside = found.setdefault(lead.site.scope, [])
            if all(lead.site.node is not known.site.node for known in inside) and len(found) < STEPS:
                inside.append(lead)
                queue += [self._lead_above(edge, lead) for edge in self.graph.starts(lead.site.scope)]
        return found

    def _lead_above(self, edge: Edge, below: Lead) -> Lead:
        """What an operation is that runs the scope of one that inserts."""
        arguments = () if edge.call is None or edge.call.call is None else tuple(a.value for a in edge.call.call.args)
        return Lead(edge.site, arguments, (), below.single and not self._loops(below.site))

    # --- beside an insert ---

    def _loops(self, at: Site) -> frozenset[int]:
        """The loops of its scope that an operation stands in."""
        return frozenset(loops_around(self.program.facts(at.scope), at.op))

    def _asked(self, at: Site) -> tuple[Asked, ...]:
        """What must hold for an operation to run."""
        return asked_at(self.program.facts(at.scope), at.op, at.parents, at.node)

    def _abouts(self, reach: Reach, lead: Lead, known: Starts) -> tuple[tuple[About, Asked], ...] | None:
        """The conditions of a start, but for those of an insert beside it; None where only one of both runs."""
        start, insert = reach.edge.site, lead.site
        asked, held = self._asked(start), self._asked(insert)
        if exclude(self.program.facts(start.scope), insert.op, start.op) or contradicts(asked, held):
            return None
        names = self.subjects.names(lead.site.scope, lead.key, lead.value)
        extra = [c for c in (*asked, *reach.carried) if c not in held]
        return tuple((self.subjects.about(c, lead.site.scope, names, known.held), c) for c in extra)

    def _reach(self, edge: Edge, carried: tuple[Asked, ...], sized: bool, hung: bool, known: Starts) -> Reach:
        plain = Reach(edge, carried, sized, hung, False, hung)
        if hung:
            return plain
        leads = (lead for lead in known.leads.get(edge.scope, ()) if self._is_per_entry(lead, edge.site))
        beside = [found for lead in leads if (found := self._abouts(plain, lead, known)) is not None]
        on_entry = any({about for about, _ in found} & {"entry", "bulk"} for found in beside)
        return plain._replace(tied=bool(beside), onward=None if on_entry else bool(beside))

    def _is_per_entry(self, lead: Lead, start: Site) -> bool:
        """Whether an insert is one of many that callers ask for, rather than part of a program's start."""
        if not lead.site.scope.index or self.execution.runs_once(start.scope, start.op):
            return False
        if not lead.single or not self._loops(lead.site) <= self._loops(start):
            return self._is_asked_for(start)
        given = self.subjects.derives((*lead.key, *lead.value), lead.site.scope)
        return given or bool(self.execution.begins(lead.site.scope) - {"api", "tested"})

    def _is_asked_for(self, start: Site) -> bool:
        """Whether an operation only runs for requests: many entries that come with one are no program's start."""
        kinds = self.execution.kinds(start.scope, start.op) - {"test", "dead"}
        if not kinds or not kinds <= {"run", "main"}:
            return False
        return all(self.execution.is_asked_for(way) for way in self.execution.sources(start.scope, start.op, kinds))

    # --- up from the timers ---

    def _is_free(self, reach: Reach, known: Starts) -> bool:
        """Whether a way up to a start ends here, in something that is no insert."""
        scope, hung = reach.edge.scope, bool(reach.onward)
        facts = self.program.facts(scope)
        asked, loops = self._asked(reach.edge.site), self._loops(reach.edge.site)
        if reach.sized or self._asks_container(asked, scope, known):
            return False
        if known.leads.get(scope) and any(facts.frames[f].kind == "for" for f in loops):
            return False
        if scope.index == 0:
            return not hung or not (asked or loops)
        if hung:
            return "startup" in self.execution.begins(scope)
        return self._makes_owner(scope, facts, known) or bool(self.execution.begins(scope))

    def _makes_owner(self, scope: ScopeId, facts: m.Scope, known: Starts) -> bool:
        """Whether a function makes, or enters, the object that has the container, and inserts nothing."""
        owner, handle = self.program.owner_class(scope), known.container.holder.handle
        if facts.name not in name_lists().constructors | {"__enter__", "__aenter__"} or owner is None:
            return False
        mine = isinstance(handle, Attribute) and self.resolver.related(owner, handle.cls)
        return mine and not known.leads.get(scope)

    def _asks_container(self, asked: Iterable[Asked], scope: ScopeId, known: Starts) -> bool:
        return any(self.subjects.about(c, scope, frozenset(), known.held) in {"container", "bulk"} for c in asked)

    def _above(self, reach: Reach, known: Starts) -> Iterator[Reach]:
        """The operations that run the scope of a start."""
        scope = reach.edge.scope
        asked = self._asked(reach.edge.site)
        sized = reach.sized or self._asks_container(asked, scope, known)
        stops = sized and bool(known.leads.get(scope))
        if reach.onward is None or stops or (reach.hung and (asked or self._loops(reach.edge.site))):
            return
        for above in self.graph.starts(scope):
            carried = (self._translated(condition, scope, above.call) for condition in (*asked, *reach.carried))
            kept = tuple(dict.fromkeys(condition for condition in carried if condition is not None))
            yield self._reach(above, kept, sized, reach.onward, known)

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


def _needs_no_sweeper(removal: Removal) -> bool:
    """Whether an insert arms a timer of its own or sweeps by itself."""
    if removal.when == "insert":
        return removal.extent != "single"
    return removal.when in {"later", "capacity"} or (removal.when == "timer" and removal.access.handed is not None)


def _means_absent(condition: Asked) -> bool:
    """`k not in X`, `found is None`, `not found`."""
    match condition.expr:
        case m.Compare(ops=(operator,)):
            return operator in ({"not in", "is"} if condition.truth else {"in", "is not"})
        case m.Name() | m.Call():
            return not condition.truth
    return False
