"""The removals of a container are found here, each classed by how much it takes out (`extents`) and by when it runs
(`moments`)."""

from __future__ import annotations

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import REMOVING, Access, AccessList
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Allocation, CallSite, argument_of
from unbounded_lint.link.program.blocks import in_block
from unbounded_lint.link.program.program import ITEMS, ScopeId
from unbounded_lint.link.runs.context import Context
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.capacity import Capacity
from unbounded_lint.link.verdicts.extents import Extents
from unbounded_lint.link.verdicts.guarantees import Guarantees
from unbounded_lint.link.verdicts.insert_paths import InsertPaths
from unbounded_lint.link.verdicts.moments import Moments
from unbounded_lint.link.verdicts.removals import Removal


class Removals:
    """Finds and classes the removals of one container; what it asks for that answers other questions too."""

    def __init__(self, flow: Flow, execution: Execution, catalog: Catalog) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self.paths = InsertPaths(flow)
        self.guarantees = Guarantees(execution.graph)
        self.extents = Extents(flow, catalog, self.paths)
        self._capacity = Capacity(flow)
        self._moments = Moments(flow, execution, self._capacity, self.guarantees, self.paths)

    def of(self, accesses: AccessList, definitions: tuple[tuple[ScopeId, int], ...] = ()) -> tuple[Removal, ...]:
        """All removals of whole entries among the accesses of one container, which is made at these operations."""
        removing = [a for a in accesses if a.kind in REMOVING and not a.nested and not self._is_put_back(a, accesses)]
        prunes = [
            a for a in accesses if self.rewrites_entries(a, accesses) and self._capacity.limits_total(a, accesses)
        ]
        return (
            *(self._class(access, accesses, frozenset(definitions)) for access in removing),
            *(Removal(a, "sweep", "capacity", self.execution.at(a.scope, a.op)) for a in prunes),
        )

    def rewrites_entries(self, access: Access, accesses: AccessList) -> bool:
        """`for k, v in X.items(): X[k] = ...`: a store under the container's own keys."""
        if access.kind != "insert" or access.nested or not isinstance(access.key, m.Name):
            return False
        bindings = self.program.of(access.scope).bindings(access.scope.index).get(access.key.id, ())
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
            other.op >= access.op and _surely_follows(facts, access.op, facts.ops[other.op].frame)
            for other in accesses.inserts_by_key.get((access.scope, access.key), ())
        )

    def _class(self, access: Access, accesses: AccessList, definitions: frozenset[tuple[ScopeId, int]]) -> Removal:
        extent = self.extents.of(access, accesses)
        contexts = self._contexts(access, definitions)
        return Removal(access, extent, self._moments.of(access, extent, contexts, accesses), contexts)

    def _contexts(self, access: Access, definitions: frozenset[tuple[ScopeId, int]]) -> frozenset[Context]:
        """When a removal runs; where a helper is handed the container, when it is handed this very one."""
        scope = access.scope
        every = self.execution.at(scope, access.op)
        position = self._parameter(access.site.node, scope)
        if position is None or any(use.kind != "called" for use in self.flow.function_uses(scope)):
            return every
        sites = self.flow.call_sites(scope)
        passing = [site for site in sites if self._passes(site, scope, position, definitions)]
        if not definitions or not passing or len(passing) == len(sites):
            return every
        looped = any(context.looped for context in every)
        found = {c for site in passing for c in self.execution.at(site.scope, site.op)}
        return frozenset(c if c.looped or not looped else c.behind(True, False) for c in found)

    def _parameter(self, node: m.Expr, scope: ScopeId) -> int | None:
        """The position of the parameter that a name is, None for anything else."""
        bindings = self.program.of(scope).bindings(scope.index).get(node.id, ()) if isinstance(node, m.Name) else ()
        return bindings[0].index if len(bindings) == 1 and bindings[0].kind == "parameter" else None

    def _passes(
        self, site: CallSite, scope: ScopeId, position: int, definitions: frozenset[tuple[ScopeId, int]]
    ) -> bool:
        """Whether a call hands over the container made at one of these operations; in doubt, yes."""
        argument = argument_of(self.program.facts(scope), position, site)
        values = self.resolver.values(argument, site.scope) if argument is not None else ()
        made = {(v.scope, v.op) for v in values if isinstance(v, Allocation)}
        return not made or bool(made & definitions)


def _surely_follows(facts: m.Scope, op: int, frame: int) -> bool:
    """Whether a frame is a block around an operation, or the body of a `try` or `with` directly in one."""
    if facts.frames[frame].kind in {"try", "with"} and not in_block(facts, frame, op):
        frame = facts.frames[frame].parent
    return in_block(facts, frame, op)
