"""Which removals run whatever happens: in a `finally`, at the end of a `with`, by a callback at the end of a task or an
object, or by a hook that a framework calls for all that it called another one for."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.scoping import is_super
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class, External, ExternalResult
from unbounded_lint.link.keys.around import AroundQuery, Lead
from unbounded_lint.link.keys.identity import Shape
from unbounded_lint.link.program.blocks import after_any_end, comes_to_one, in_cleanup
from unbounded_lint.link.program.kept import grouped, kept
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.callgraph import Edge
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.consumers import Consumers
from unbounded_lint.link.verdicts.partners import Partners
from unbounded_lint.link.verdicts.reservations import Reservations
from unbounded_lint.link.verdicts.waiters import Waiters

HOPS = 2
"""How many calls may lie between a callback and a removal."""


class Guarantees(AroundQuery):
    """Recognises removals that are guaranteed."""

    def __init__(self, flow: Flow, execution: Execution, reservations: Reservations) -> None:
        super().__init__(flow, execution)
        self.reservations = reservations
        self.partners = Partners(flow, execution)
        self.waiters = Waiters(flow)
        self.consumers = Consumers(flow, execution)

    def is_guaranteed(self, access: Access, accesses: AccessList) -> bool:
        """Whether the removal runs whatever happens, for the entry that some insert made."""
        return (
            self._is_called_back(access, accesses)
            or any(
                self.program.facts(scope).name in name_lists().exits
                or self._leads_to(scope, accesses)
                or self._is_begun_for(access, scope, accesses)
                for scope in self.cleaners(access, accesses)
            )
            or self.partners.take_out(access, accesses)
            or self._is_of_waiter(access, accesses)
            or self._is_of_consumer(access, accesses)
        )

    def _is_of_waiter(self, access: Access, accesses: AccessList) -> bool:
        ending = self.waiters.ending((access,))
        waited_for = self._waited_for(accesses) if ending else ()
        return any(self.waiters.take_out(ending, insert, every=False) for insert in waited_for)

    def _is_of_consumer(self, access: Access, accesses: AccessList) -> bool:
        queues = self.consumers.emptied(access)
        inserts = (insert for insert in (accesses if queues else ()) if insert.kind == "insert")
        return any(self.consumers.take_out(queues, insert) for insert in inserts)

    @kept
    def _waited_for(self, accesses: AccessList) -> tuple[Access, ...]:
        return tuple(a for a in accesses if a.kind == "insert" and self.waiters.has_companion(a))

    def _is_called_back(self, access: Access, accesses: AccessList) -> bool:
        """Whether a callback at the end of something removes, whatever that end was, and its own entry."""
        if not self.is_callback(access.scope) or self.reservations.is_rebound(access):
            return False
        if access.key is None and not self._is_armed_for(access.scope, accesses):
            return False
        return not self.reservations.leave_out(access.scope, access.op, accesses)

    def _is_armed_for(self, callback: ScopeId, accesses: AccessList) -> bool:
        """Whether what hands a callback over makes an entry as well: then it comes with that, not with something else's
        end."""
        above = self.around.leads(Lead(None, ((callback, 0),)), HOPS)
        armed = (edge.root for lead in above for edge in self.graph.edges(lead.scope) if edge.handed is not None)
        around = (lead.scope for place in armed for lead in self.around.leads(Lead(None, (place,)), HOPS))
        return any(self._inserts(scope, accesses) for scope in around)

    def cleaners(self, access: Access, accesses: AccessList) -> Iterator[ScopeId]:
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

    def _leads_to(self, scope: ScopeId, accesses: AccessList) -> bool:
        """Whether the function with the `finally` is also one that inserts, or that calls an insert."""
        inserting = accesses.inserting
        nested = self.program.parent(scope) in inserting or scope in self._around_inserts(accesses)
        return nested or self._inserts(scope, accesses)

    @kept
    def _around_inserts(self, accesses: AccessList) -> frozenset[ScopeId | None]:
        """The functions around those that insert."""
        return frozenset(self.program.parent(scope) for scope in accesses.inserting)

    def _inserts(self, scope: ScopeId | None, accesses: AccessList) -> bool:
        """Whether a function inserts or comes to an insert."""
        return any(scope == inserting or scope in self.graph.above(inserting) for inserting in accesses.inserting)

    def _inserting(self, scope: ScopeId, accesses: AccessList) -> Iterator[int]:
        """The operations of a function that insert or come to an insert."""
        yield from (a.op for a in accesses.within(scope, "insert") if not a.nested)
        for inserting in accesses.inserting:
            yield from self.graph.above(inserting).get(scope, ())

    # --- work of its own, begun for each entry ---

    def _is_begun_for(self, access: Access, cleaner: ScopeId, accesses: AccessList) -> bool:
        """Whether such work does more than wait: that would be the timer of an entry."""
        begun = grouped(self.begun_for(access, cleaner))
        begins = any(
            comes_to_one(self.program.facts(scope), at, begun[scope])
            for scope in begun
            for at in self._inserting(scope, accesses)
        )
        return begins and "later" not in self.execution.kinds(access.scope, access.op)

    def begun_for(self, access: Access, work: ScopeId) -> tuple[Place, ...]:
        """Where a thread or task is begun at whose end a removal takes out what is its own."""
        return self._begun(work) if self._is_its_own(access, work) else ()

    @kept
    def _begun(self, work: ScopeId) -> tuple[Place, ...]:
        """Where a function is begun as a thread or task of its own, and the calls of what always begins it."""
        begun = [(edge.scope, edge.op) for edge in self.graph.starts(work) if self._is_spawned(edge)]
        cls, name = self.program.owner_class(work), self.program.facts(work).name
        for base in sorted(self.resolver.all_outside_bases(cls)) if cls is not None else ():
            for timer in self.catalog.timer_base(base):
                if cls is not None and timer.kind == "spawn" and name in timer.callback.names:
                    sites = self.execution.timers.instance_sites(cls, timer.activation.methods)
                    begun += ((site.scope, site.op) for site in sites if site.call is not None)
        for scope, op in begun[:]:
            if scope.index and op >= 0 and not self.program.facts(scope).ops[op].frame:
                begun += (site.place for site in self.flow.call_sites(scope))
        return tuple(dict.fromkeys(place for place in begun if place[1] >= 0))

    def _is_spawned(self, edge: Edge) -> bool:
        if edge.timer is None or edge.timer.kind != "spawn":
            return False
        return edge.made is None or self.execution.timers.is_started(edge.timer, edge.made)

    @kept
    def _is_its_own(self, access: Access, work: ScopeId) -> bool:
        """Whether a removal takes out what is known by the object of some work, or by what that was given."""
        if access.key is None or access.bulk:
            return False
        key = self.around.shapes.written(access.key, access.scope, access.op)
        known = (lead.key for lead in self.around.leads(Lead(key, (access.place,)), 1) if lead.scope == work)
        return any(shape is not None and shape.varies and self._is_given(shape, work) for shape in known)

    def _is_given(self, shape: Shape, work: ScopeId) -> bool:
        """Whether a key is made of the object of a method, of parameters, and of what the function around it has, which
        begins it."""
        if shape.tag == "name":
            if shape.parts[1] == self.program.parent(work):
                return True
            bound = self.program.only(work, str(shape.parts[0])) if shape.parts[1] == work else None
            return bound is not None and bound.kind == "parameter"
        return shape.tag != "global" and all(self._is_given(p, work) for p in shape.parts if isinstance(p, Shape))

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
