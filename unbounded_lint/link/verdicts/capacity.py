"""Whether a removal keeps a container from growing past a size: a test of its length leads to it."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import frames_of, inside, layout, ops_in
from unbounded_lint.link.program.definitions import expanded
from unbounded_lint.link.program.program import ScopeId


class Capacity:
    """Recognises removals that a cap brings about."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.program = flow.program

    def limits(self, access: Access, accesses: AccessList) -> bool:
        """Whether a test of the container's size (or of an order list kept beside it) leads to the removal."""
        if access.kind == "trim" and not access.nested:
            return True
        if access.kind == "replace" and access.value is not None and _is_slice_of(access):
            return True
        return self._guarded_by_size(access.scope, access.op, accesses, access.key) or any(
            site.op >= 0 and self._guarded_by_size(site.scope, site.op, accesses, None)
            for site in self.flow.call_sites(access.scope)
        )

    def limits_total(self, access: Access, accesses: AccessList) -> bool:
        """Whether a test of how much the entries hold together (`sum(len(v) for v in X.values()) > N`) leads to an
        entry being cut."""
        facts = self.program.facts(access.scope)
        nodes = accesses.nodes(access.scope)
        for index in frames_of(facts, access.op):
            frame = facts.frames[index]
            if frame.kind in {"if", "while"} and frame.head is not None:
                parts = list(expanded(self.program, frame.head, access.scope))
                if any(id(n) in nodes for n in parts) and any(
                    isinstance(n, m.Call) and n.func == m.Name("len") for n in parts
                ):
                    return True
        return False

    def _guarded_by_size(self, scope: ScopeId, op: int, accesses: AccessList, key: m.Expr | None) -> bool:
        facts = self.program.facts(scope)
        sizes = accesses.sizes
        for index in frames_of(facts, op):
            frame = facts.frames[index]
            if frame.head is None or frame.kind not in {"if", "while", "for", "else"}:
                continue
            limited = _is_limit(frame.head)
            for node in expanded(self.program, frame.head, scope):
                if (limited and id(node) in sizes) or self._is_sibling_size(node, key, scope):
                    return True
        return self._after_early_return(scope, op, accesses)

    def _after_early_return(self, scope: ScopeId, op: int, accesses: AccessList) -> bool:
        """`if len(X) <= N: return` before the removal."""
        facts = self.program.facts(scope)
        early = accesses.frames("early", scope, lambda: self._early_returns(scope, accesses))
        return any(facts.frames[index].op <= op and not inside(facts, op, index) for index in early)

    def _early_returns(self, scope: ScopeId, accesses: AccessList) -> Iterator[int]:
        """The branches of a scope that test the size of the container and leave."""
        facts, sizes = self.program.facts(scope), accesses.nodes(scope, "size")
        for index in layout(facts).by_kind.get("if", ()) if sizes else ():
            head = facts.frames[index].head
            if head is None or not _is_limit(head):
                continue
            if any(isinstance(o.action, m.Return | m.Continue | m.Break) for _, o in ops_in(facts, index)):
                if any(id(n) in sizes for n in expanded(self.program, head, scope)):
                    yield index

    def _is_sibling_size(self, node: m.Expr, key: m.Expr | None, scope: ScopeId) -> bool:
        """`len(order)` where the key that is removed is taken from `order`."""
        if key is None or not (isinstance(node, m.Call) and node.func == m.Name("len") and node.args):
            return False
        other = node.args[0].value
        return any(part == other for part in expanded(self.program, key, scope))


def _is_limit(head: m.Expr) -> bool:
    """Whether a condition compares with something other than nothing: `len(X) > 0` is no limit."""
    compares = [node for node in w.walk(head) if isinstance(node, m.Compare)]
    zero = m.Const("int", "0")
    return not isinstance(head, m.Unary | m.Name | m.Attr) and (
        not compares or any(zero not in (compare.left, *compare.items) for compare in compares)
    )


def _is_slice_of(access: Access) -> bool:
    """`X = X[-N:]`."""
    value = access.value
    return isinstance(value, m.Sub) and isinstance(value.index, m.Slice) and value.base == access.site.node
