"""Which removals run whatever happens: in a `finally`, at the end of a `with`, by a callback at the end of a task or an
object, or by a hook that a framework calls for all that it called another one for; and which inserts they take the
entries of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.scoping import is_super
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class, External, ExternalResult
from unbounded_lint.link.keys.around import AroundQuery, Lead
from unbounded_lint.link.program.blocks import after_any_end, in_cleanup
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.partners import Partners
from unbounded_lint.link.verdicts.removals import Removal
from unbounded_lint.link.verdicts.reservations import Reservations

HOPS = 2
"""How many calls may lie between a callback and a removal."""


class Guarantees(AroundQuery):
    """Recognises removals that are guaranteed."""

    def __init__(self, flow: Flow, execution: Execution, reservations: Reservations) -> None:
        super().__init__(flow, execution)
        self.reservations = reservations
        self.partners = Partners(flow, execution)

    def is_guaranteed(self, access: Access, accesses: AccessList) -> bool:
        """Whether the removal runs whatever happens, for the entry that some insert made."""
        return (
            self._is_called_back(access, accesses)
            or any(
                self.program.facts(scope).name in name_lists().exits
                or any(self._leads_to(scope, inserting) for inserting in accesses.inserting)
                for scope in self._cleaners(access, accesses)
            )
            or self.partners.take_out(access, accesses)
        )

    def _is_called_back(self, access: Access, accesses: AccessList) -> bool:
        """Whether a callback at the end of something removes, whatever that end was, and its own entry."""
        if not self.is_callback(access.scope) or self.reservations.is_rebound(access):
            return False
        return not self.reservations.leave_out(access.scope, access.op, accesses)

    def covers(self, removals: Iterable[Removal], insert: Access, accesses: AccessList) -> bool:
        """Whether guaranteed removals take the entries that an insert makes, whoever calls it."""
        cleaners: set[ScopeId] = set()
        for removal in removals:
            access = removal.access
            if access.handed is not None or self.is_callback(access.scope) or removal.extent == "all":
                return True
            other = isinstance(access.key, m.Const) and access.key != insert.key
            for scope in self._cleaners(access, accesses):
                if self.program.facts(scope).name in name_lists().exits:
                    return True
                if not (other and scope == access.scope):
                    cleaners.add(scope)
            cleaners |= self.partners.begun(access, insert, accesses)
        return bool(cleaners) and self._is_cleaned(insert, cleaners)

    def _cleaners(self, access: Access, accesses: AccessList) -> Iterator[ScopeId]:
        """The functions in whose clean-up a removal runs, a `try` that lets nothing past it included."""
        facts = self.program.facts(access.scope)
        within = self.reservations.leave_out(access.scope, access.op, accesses)
        if self._cleans(access.scope, access.op) or after_any_end(facts, access.op):
            yield from () if within else (access.scope,)
        for scope, op in self.graph.callers(access.scope):
            if self._cleans(scope, op) and not self.reservations.leave_out(scope, op, accesses):
                yield scope

    def _cleans(self, scope: ScopeId, op: int) -> bool:
        facts = self.program.facts(scope)
        return facts.name in name_lists().exits or in_cleanup(facts, op)

    def _is_cleaned(self, insert: Access, cleaners: Collection[ScopeId]) -> bool:
        """Whether a function cleans up itself, or all its callers do."""
        near = {*cleaners, *(self.program.parent(cleaner) for cleaner in cleaners)}

        def is_near(lead: Lead) -> bool:
            return lead.recurs or lead.scope in near or self.program.parent(lead.scope) in cleaners

        return bool(self.around.always(Lead(None, (insert.place,)), is_near))

    def _leads_to(self, scope: ScopeId, inserting: ScopeId) -> bool:
        """Whether the function with the `finally` is also the one that inserts, or that calls the insert."""
        nested = self.program.parent(inserting) == scope or self.program.parent(scope) == inserting
        return nested or scope in self.graph.above(inserting)

    @kept
    def is_callback(self, scope: ScopeId) -> bool:
        """Whether a function, or a caller of it, is handed over to run when a task, a deferred or an object ends."""
        above = self.around.leads(Lead(None, ((scope, 0),)), HOPS)
        for at in dict.fromkeys(lead.scope for lead in above if lead.scope.index):
            handed = ((e.handed, e.scope) for e in self.graph.edges(at) if e.handed is not None and e.kind != "call")
            outside = self.program.parent(at) or at
            if any(self.takes_callback(*each) for each in handed) or any(
                self._is_known(made.func, outside) for made in self.graph.timers.decorations(at)
            ):
                return True
        return False

    def takes_callback(self, call: m.Call, scope: ScopeId) -> bool:
        """Whether a call is given a function to run when a task, a deferred or an object ends."""
        if isinstance(call.func, m.Attr) and call.func.name in name_lists().end_callback_methods:
            return True
        return self._is_known(call.func.func if isinstance(call.func, m.Call) else call.func, scope)

    def _is_known(self, func: m.Expr, scope: ScopeId) -> bool:
        return not name_lists().end_callbacks.isdisjoint(self._named(func, scope))

    def _named(self, func: m.Expr, scope: ScopeId) -> Iterator[str]:
        """The names outside the project by which a callee is known, or the bases of the class that it makes one of."""
        values = self.resolver.values(func, scope)
        yield from (v.name for v in values if isinstance(v, External | ExternalResult))
        classes = [v.scope for v in values if isinstance(v, Class)]
        if isinstance(func, m.Attr) and func.name in name_lists().constructors:
            yield from self.resolver.names(func.base, scope)
            classes += [
                cls for cls in (self.flow.scoping.enclosing_class(scope),) if cls is not None and is_super(func.base)
            ]
        for cls in classes:
            yield from self.resolver.all_outside_bases(cls)
