"""How much a removal takes out: all, a sweep, whatever is oldest, or a single entry."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import Catalog, name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.callees import dotted_text
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import layout, loops_around, span_of
from unbounded_lint.link.program.definitions import expanded, expansions
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.verdicts.insert_paths import InsertPaths
from unbounded_lint.link.verdicts.removals import Extent


class Extents:
    """Classes removals by how much they take out."""

    def __init__(self, flow: Flow, catalog: Catalog, paths: InsertPaths) -> None:
        self.program = flow.program
        self.resolver = flow.resolver
        self.catalog = catalog
        self.paths = paths

    def of(self, access: Access, accesses: AccessList) -> Extent:
        """How much a removal takes out."""
        if access.kind in {"clear", "replace"}:
            return "all"
        if (
            access.kind == "trim"
            or access.how in name_lists().evictions
            or (access.how == "pop" and access.key is None)
        ):
            return "evict"
        if access.handed is None and self.sweeping_loop(access, accesses) is not None:
            return "sweep"
        if access.how in {"-=", "&=", "difference_update", "intersection_update"}:
            return "sweep"
        if access.key is not None and self._is_oldest(access):
            return "evict"
        if self._follows_order(access, accesses) and self.paths.lead_to(access, accesses):
            return "sweep"
        return "single"

    def sweeping_loop(self, access: Access, accesses: AccessList) -> int | None:
        """The loop that walks the container, or what was picked from it, around a removal."""
        facts = self.program.facts(access.scope)
        nodes = accesses.own_nodes(access.scope)
        for index in loops_around(facts, access.op):
            frame = facts.frames[index]
            if frame.head is None:
                continue
            if any(id(n) in nodes for e in expansions(self.program, frame.head, access.scope) for n in _walked(e)):
                return index
            if self._filled_from(frame.head, access, accesses, nodes):
                return index
        if self._in_sweeping_comprehension(access, nodes):
            return 0
        return None

    def _in_sweeping_comprehension(self, access: Access, nodes: frozenset[int]) -> bool:
        for parent in access.site.parents:
            if isinstance(parent, m.Comp):
                heads = [c.iterable for c in parent.clauses]
                if any(id(n) in nodes for h in heads for n in expanded(self.program, h, access.scope)):
                    return True
        return False

    def _filled_from(self, head: m.Expr, access: Access, accesses: AccessList, nodes: frozenset[int]) -> bool:
        """Whether the loop walks a local list that another loop over the container fills."""
        scope = access.scope
        facts = self.program.facts(scope)
        names = {n.id for n in expanded(self.program, head, scope) if isinstance(n, m.Name)}
        filled = [at for name in names for at in self._fillings(name, scope)]
        if not filled:
            return False
        loops = accesses.frames("walks", scope, lambda: self._walks(scope, nodes))
        return any(at in span_of(facts, index) for index in loops for at in filled)

    def _walks(self, scope: ScopeId, nodes: frozenset[int]) -> Iterator[int]:
        """The `for` loops of a scope over the container, whose expressions are given, or what was picked from it."""
        facts = self.program.facts(scope)
        for index in layout(facts).by_kind.get("for", ()):
            head = facts.frames[index].head
            if any(id(n) in nodes for n in expanded(self.program, head, scope)):
                yield index

    @kept
    def _fillings(self, name: str, scope: ScopeId) -> tuple[int, ...]:
        """The operations of a scope that add to what a name stands for."""
        return tuple(
            site.op
            for site in self.program.of(scope).sites_in(scope.index, name)
            if isinstance(site.node, m.Name)
            and (call := site.method_call) is not None
            and isinstance(call.func, m.Attr)
            and call.func.name in {"append", "add", "extend"}
        )

    def _is_oldest(self, access: Access) -> bool:
        """`X.pop(next(iter(X)))`, `min(X, key=...)`, or a name bound to such."""
        return any(
            isinstance(node, m.Call) and dotted_text(node.func) in {"next", "min", "max", "order.pop", "random.choice"}
            for node in expanded(self.program, access.key, access.scope)
        )

    def _follows_order(self, access: Access, accesses: AccessList) -> bool:
        """Whether a loop takes out the keys that it finds in another container (a queue by age, buckets by time), to
        which every insert adds as well."""
        facts = self.program.facts(access.scope)
        sources = list(expanded(self.program, access.key, access.scope))
        for index in loops_around(facts, access.op):
            frame = facts.frames[index]
            if frame.head is not None and access.handed is None:
                walked = expanded(self.program, frame.head, access.scope)
                others = [n for n in walked if isinstance(n, m.Attr | m.Name) and n in sources]
                if any(self._is_added_beside(other, access, accesses) for other in others):
                    return True
        return False

    def _is_added_beside(self, other: m.Expr, access: Access, accesses: AccessList) -> bool:
        """Whether each function that inserts adds to another attribute of the same object, or global, too."""
        inserting = [scope for scope in accesses.inserting if not self.program.is_test(scope)]
        if not inserting or other in accesses.written:
            return False
        return all(self._is_same_place(other, access.scope, scope) and self._adds(scope, other) for scope in inserting)

    def _is_same_place(self, expr: m.Expr, one: ScopeId, other: ScopeId) -> bool:
        if isinstance(expr, m.Name):
            owner = self.resolver.owner(expr.id, one)
            return owner is not None and owner.index == 0 and owner == self.resolver.owner(expr.id, other)
        if not (isinstance(expr, m.Attr) and isinstance(expr.base, m.Name)):
            return False
        cls = self.program.owner_class(one)
        receiver = self.program.facts(one).parameters[:1]
        return (
            bool(receiver) and receiver[0].name == expr.base.id and cls == self.program.owner_class(other) is not None
        )

    def _adds(self, scope: ScopeId, other: m.Expr) -> bool:
        for op in self.program.facts(scope).ops:
            targets = op.action.targets if isinstance(op.action, m.Assign) else ()
            if any(isinstance(target, m.Sub) and target.base == other for target in targets):
                return True
            for node in w.nodes(op.action):
                if isinstance(node, m.Call) and any(a.value == other for a in node.args):
                    if dotted_text(node.func).rpartition(".")[2] in name_lists().pushes:
                        return True
                if isinstance(node, m.Call) and isinstance(node.func, m.Attr):
                    if self.catalog.inserting(node.func.name) and other in w.walk(node.func.base):
                        return True
        return False


def _walked(head: m.Expr) -> Iterator[m.Expr]:
    """The parts of what a loop walks, but for the items of a list written out: `for table in (A, B)` walks neither."""
    if not isinstance(head, m.Display):
        yield from w.walk(head)
        return
    for item in head.items:
        if isinstance(item, m.Display):
            yield from _walked(item)
        elif not isinstance(item, m.Name | m.Attr):
            yield from w.walk(item)
