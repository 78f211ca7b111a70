"""The removals of a container are found here, each classed by how much it takes out (`extents`) and by when it runs
(`moments`)."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import REMOVING, Access, AccessList
from unbounded_lint.link.containers.births import Births
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Allocation, CallSite, argument_of
from unbounded_lint.link.program.bindings import ITEMS
from unbounded_lint.link.program.blocks import in_block, loops_around
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.context import LIVE, ContextKind, Sort
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.verdicts.causes import Causes
from unbounded_lint.link.verdicts.cleanups import Cleanups
from unbounded_lint.link.verdicts.completions import Completions
from unbounded_lint.link.verdicts.extents import Extents, takes_first
from unbounded_lint.link.verdicts.flags import Flags
from unbounded_lint.link.verdicts.guarantees import Guarantees
from unbounded_lint.link.verdicts.latches import Latches
from unbounded_lint.link.verdicts.moments import Moments
from unbounded_lint.link.verdicts.removals import Moment, Removal
from unbounded_lint.link.verdicts.reservations import Reservations
from unbounded_lint.link.verdicts.unsized import Unsized

_UNASKED: frozenset[Moment] = frozenset({"timer", "later", "guaranteed", "capacity", "insert"})
"""When a removal runs that nobody needs to ask for."""

_AT_WORK: frozenset[ContextKind] = LIVE - {"api", "import", "exit"}
"""What runs while the program is at work, whether or not somebody outside asks for it."""


class Removals(RunQuery):
    """Finds and classes the removals of one container; what it asks for that answers other questions too."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self.flags = Flags(flow, execution)
        self.causes = Causes(flow, execution, self.flags)
        self.guarantees = Guarantees(flow, execution, Reservations(flow, execution))
        self.cleanups = Cleanups(self.guarantees)
        self.extents = Extents(flow, self.causes)
        self.completions = Completions(flow, execution)
        self._births = Births(flow)
        self._unsized = Unsized(flow)
        self._latches = Latches(flow, execution)
        self._moments = Moments(flow, execution, self.causes, self.guarantees)

    def against(
        self, inserts: Collection[Access], accesses: AccessList, definitions: tuple[Place, ...]
    ) -> tuple[Removal, ...]:
        """The removals that count for some inserts: where all of these put something inside entries, and into the same
        field of what are records, those that take something out there as well."""
        found = self.of(accesses, definitions)
        fields = {access.outer if isinstance(access.outer, m.Const) else None for access in inserts}
        if len(fields) == 1 and all(access.nested for access in inserts):
            found += self.of(accesses.inside(fields.pop()))
        return found

    def of(self, accesses: AccessList, definitions: tuple[Place, ...] = ()) -> tuple[Removal, ...]:
        """All removals of whole entries among the accesses of one container, which is made at these operations."""
        found = [
            Removal(a, "sweep", "capacity", self.execution.at(a.scope, a.op), (a.place,))
            for a in accesses
            if self.rewrites_entries(a, accesses) and self.causes.limits_total(a, accesses)
        ]
        for access in accesses:
            if access.kind in REMOVING and not access.nested and not self._is_put_back(access, accesses):
                extent, places = self.extents.of(access, accesses), self._places(access, definitions)
                contexts = self._contexts(access, places)
                when = self._moments.of(access, extent, contexts, accesses)
                if self._is_barred(access, when, accesses, definitions):
                    when = "barred"
                elif self._latches.bar(access):
                    when = "shut"
                elif when in _UNASKED and self._is_of_some(access):
                    when = "event"
                if when == "insert" and self._is_remade(access, accesses, definitions):
                    when = "event"
                walked, delayed = self._moments.is_walked(access), self._moments.is_delayed(access, contexts)
                sought = extent == "sweep" and self.extents.seeks(access)
                found.append(Removal(access, extent, when, contexts, places, walked, sought=sought, delayed=delayed))
        return tuple(found)

    def _is_barred(self, access: Access, when: Moment, accesses: AccessList, definitions: tuple[Place, ...]) -> bool:
        """Whether a condition that never holds stands before a removal, within its operation or around it."""
        if self.execution.barriers.leave_out(access.site) or self._unsized.bars(access, accesses, definitions):
            return True
        return when == "capacity" and self._is_without_limit(access, accesses, definitions)

    def _is_of_some(self, access: Access) -> bool:
        """Whether an access means the container of one of several classes that have nothing to do with each other, and
        of which is not told: it may be this one's, which is all that is known."""
        node = access.site.node
        return access.guess and isinstance(node, m.Attr) and not self.flow.hierarchy.is_of_one_kin(node.name)

    def _is_without_limit(self, access: Access, accesses: AccessList, definitions: tuple[Place, ...]) -> bool:
        """Whether the limit that leads to a removal is off unless somebody asks for one, as what makes the container
        does not."""
        if not self.guarantees.reservations.has_no_limit(access.scope, access.op, accesses):
            return False
        cls = self.program.owner_class(access.scope) if self.causes.is_own(access) else None
        makers = self.resolver.methods(cls, "__init__") if cls is not None else ()
        made = [site for maker in makers for site in self.flow.call_sites(maker) if site.place in definitions]
        return not any(site.call is not None and site.call.args for site in made)

    def picks_stale(self, sweep: Removal) -> bool:
        """Whether a sweep is told nothing and leaves some entries, or looks at the clock: a timer could run it."""
        facts, scope = self.program.facts(sweep.access.scope), sweep.access.scope
        given = [p for p in facts.parameters[self.program.owner_class(scope) is not None :] if p.default is None]
        called = {n for o in facts.ops for c in w.calls(o.action) for n in self.resolver.names(c.func, scope)}
        if not called.isdisjoint(name_lists().clocks):
            return True
        clauses = (c for op in facts.ops for n in w.nodes(op.action) if isinstance(n, m.Comp) for c in n.clauses)
        return not given and (any(f.kind == "if" for f in facts.frames) or any(c.conditions for c in clauses))

    def is_worked_off(self, removal: Removal, accesses: AccessList) -> bool:
        """Whether running code takes what is next until nothing is left, or nothing that is due: a `while` that asks
        the container itself, around what takes the next from it."""
        scope, facts = removal.access.scope, self.program.facts(removal.access.scope)
        usual = {context.kind for context in removal.contexts if not context.failing}
        takes_next = removal.extent == "evict" or takes_first(removal.access, accesses)
        if not takes_next or removal.when != "event" or usual.isdisjoint(_AT_WORK):
            return False
        nodes = accesses.own_nodes(scope)
        heads = (
            facts.frames[f].head for f in loops_around(facts, removal.access.op) if facts.frames[f].kind == "while"
        )
        return any(id(node) in nodes for head in heads if head is not None for node in w.walk(head))

    def rewrites_entries(self, access: Access, accesses: AccessList) -> bool:
        """`for k, v in X.items(): X[k] = ...`: a store under the container's own keys."""
        if access.kind != "insert" or access.nested or not isinstance(access.key, m.Name):
            return False
        bindings = self.program.bound(access.scope, access.key.id)
        nodes = accesses.nodes(access.scope)
        return bool(bindings) and all(
            b.kind in ITEMS and b.expr is not None and any(id(n) in nodes for n in w.walk(b.expr)) for b in bindings
        )

    def _is_put_back(self, access: Access, accesses: AccessList) -> bool:
        """`del X[k]` (or a pop) followed by `X[k] = ...` in the same function: the entry is moved, not removed."""
        if access.kind != "remove" or access.key is None or access.handed is not None:
            return False
        facts = self.program.facts(access.scope)
        return any(
            other.op >= access.op and in_block(facts, facts.ops[other.op].frame, access.op)
            for other in accesses.inserts_by_key.get((access.scope, access.key), ())
        )

    def _places(self, access: Access, definitions: tuple[Place, ...]) -> tuple[Place, ...]:
        """By what a removal comes to run; where a helper is handed the container, by what hands it this very one, and
        where what makes the container empties it too, by what does not make it."""
        scope = access.scope
        bound = self.program.only(scope, access.site.node)
        if access.place in definitions and (anew := self._births.made_anew(scope)):
            return anew
        if not definitions or bound is None or bound.kind != "parameter" or not self.flow.is_only_called(scope):
            return (access.place,)
        sites = self.flow.call_sites(scope)
        passing = tuple(s.place for s in sites if self._passes(s, scope, bound.index, definitions))
        return (access.place,) if not passing or len(passing) == len(sites) else passing

    def _contexts(self, access: Access, places: tuple[Place, ...]) -> frozenset[Sort]:
        """When a removal runs that comes to run by these operations."""
        every = self.execution.at(access.scope, access.op)
        if places == (access.place,):
            return every
        looped = any(context.looped for context in every)
        passing = (context for place in places for context in self.execution.at(*place))
        return frozenset(replace(context, looped=looped or context.looped) for context in passing)

    @staticmethod
    def _is_remade(access: Access, accesses: AccessList, definitions: tuple[Place, ...]) -> bool:
        """Whether a method that makes the container empties it: what has to begin anew is no usual part of its work."""
        return access.place in definitions and access.scope not in accesses.inserting

    def _passes(self, site: CallSite, scope: ScopeId, position: int, definitions: tuple[Place, ...]) -> bool:
        """Whether a call hands over the container made at one of these operations; in doubt, yes."""
        argument = argument_of(self.program.facts(scope), position, site)
        values = self.resolver.values(argument, site.scope) if argument is not None else ()
        made = {(v.scope, v.op) for v in values if isinstance(v, Allocation)}
        return not made or not made.isdisjoint(definitions)
