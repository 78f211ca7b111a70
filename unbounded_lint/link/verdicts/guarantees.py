"""Which removals run whatever happens: in a `finally`, at the end of a `with`, by a callback at the end of a task or an
object; and which inserts they take the entries of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.dataflow.handles import ARGUMENTS
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import after_any_end, in_cleanup
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.verdicts.removals import Removal

HOPS = 2
"""How many calls may lie between a callback and a removal."""


class Guarantees:
    """Recognises removals that are guaranteed."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver

    def is_guaranteed(self, access: Access, accesses: AccessList) -> bool:
        """Whether the removal runs whatever happens, for the entry that some insert made."""
        if self.is_callback(access.scope):
            return True
        return any(
            self.program.facts(scope).name in name_lists().exits
            or any(self._leads_to(scope, a) for a in accesses.inserting)
            for scope in self._cleaners(access)
        )

    def covers(self, removals: Iterable[Removal], insert: Access) -> bool:
        """Whether guaranteed removals take the entries that an insert makes, whoever calls it."""
        cleaners: set[ScopeId] = set()
        for removal in removals:
            access = removal.access
            if access.handed is not None or self.is_callback(access.scope) or removal.extent == "all":
                return True
            other = isinstance(access.key, m.Const) and access.key != insert.key
            for scope in self._cleaners(access):
                if self.program.facts(scope).name in name_lists().exits:
                    return True
                if not (other and scope == access.scope):
                    cleaners.add(scope)
        return bool(cleaners) and self._is_cleaned(insert.scope, frozenset(cleaners), 4)

    def _cleaners(self, access: Access) -> Iterator[ScopeId]:
        """The functions in whose clean-up a removal runs, a `try` that lets nothing past it included."""
        facts = self.program.facts(access.scope)
        if facts.name in name_lists().exits or in_cleanup(facts, access.op) or after_any_end(facts, access.op):
            yield access.scope
        for site in self.flow.call_sites(access.scope):
            caller = self.program.facts(site.scope)
            if site.op >= 0 and (caller.name in name_lists().exits or in_cleanup(caller, site.op)):
                yield site.scope

    def _is_cleaned(self, scope: ScopeId, cleaners: frozenset[ScopeId], depth: int) -> bool:
        """Whether a function cleans up itself, or all its callers do."""
        if scope in cleaners or self.program.parent(scope) in cleaners:
            return True
        if any(self.program.parent(cleaner) == scope for cleaner in cleaners):
            return True
        sites = [s for s in self.flow.live_calls(scope) if s.scope != scope]
        return (
            depth > 0
            and bool(sites)
            and all(s.scope.index and self._is_cleaned(s.scope, cleaners, depth - 1) for s in sites)
        )

    def _leads_to(self, scope: ScopeId, inserting: ScopeId) -> bool:
        """Whether the function with the `finally` is also the one that inserts, or that calls the insert."""
        if scope == inserting or self.program.parent(inserting) == scope or self.program.parent(scope) == inserting:
            return True
        seen = {inserting}
        queue = [inserting]
        while queue and len(seen) < 30:
            at = queue.pop(0)
            for site in self.flow.call_sites(at):
                if site.scope == scope:
                    return True
                if site.scope not in seen and len(seen) < 30 and site.scope.index:
                    seen.add(site.scope)
                    queue.append(site.scope)
        return False

    @kept
    def is_callback(self, scope: ScopeId, depth: int = HOPS) -> bool:
        """Whether a function is handed over to run when a task, a deferred or an object ends."""
        if scope.index == 0:
            return False
        for use in self.flow.function_uses(scope):
            at = use.site.scope
            if use.kind in ARGUMENTS and isinstance(use.outer, m.Call) and not self.program.is_test(at):
                if self.takes_callback(use.outer, at):
                    return True
        callers = (s.scope for s in self.flow.live_calls(scope) if s.scope != scope and s.scope.index)
        return depth > 0 and any(self.is_callback(caller, depth - 1) for caller in callers)

    def takes_callback(self, call: m.Call, scope: ScopeId) -> bool:
        """Whether a call is given a function to run when a task, a deferred or an object ends."""
        if isinstance(call.func, m.Attr) and call.func.name in name_lists().end_callback_methods:
            return True
        return not name_lists().end_callbacks.isdisjoint(callee_names(call.func, scope, self.resolver))
