"""Inserts that leave a container small: they fill it once, after it was emptied, or only while it has room."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.blocks import guards, in_block, loops_around
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.program.truth import held, straight
from unbounded_lint.link.runs.context import ContextKind
from unbounded_lint.link.runs.execution import Execution

HOPS = 3
"""How many callers above an insert are asked for the condition that lets it run once."""

_AT_IMPORT: frozenset[ContextKind] = frozenset({"import", "test"})


class Fills:
    """Recognises inserts that leave a container small."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution

    def stay_small(self, access: Access, accesses: AccessList) -> bool:
        """Whether an insert fills the container once, after it was emptied, or only while it has room."""
        return (
            self._is_once(access.scope, access.op, accesses, HOPS)
            or self._after_reset(access, accesses)
            or self._is_refused_when_full(access, accesses)
        )

    def _is_once(self, scope: ScopeId, op: int, accesses: AccessList, depth: int) -> bool:
        """Whether a condition lets the operation run only while the container is empty, or while a flag is not yet
        set."""
        facts = self.program.facts(scope)
        nodes = accesses.nodes(scope, "tested", "size")
        # the trace of a container that stands in an `and` or `or` keeps the chain as a whole
        for condition, truth in (part for test in guards(facts, op) for part in (straight(*test), *held(*test))):
            if self._means_empty(condition, truth, nodes) or self._means_unset(condition, truth, scope):
                return True
        if not depth or scope.index == 0:
            return False
        sites = self.flow.live_calls(scope)
        if not sites or any(c.kind in {"api", "run"} and c.root[0] == scope for c in self.execution.contexts(scope)):
            return False
        return all(
            self.execution.kinds(s.scope, s.op) <= _AT_IMPORT or self._is_once(s.scope, s.op, accesses, depth - 1)
            for s in sites
        )

    @staticmethod
    def _means_empty(condition: m.Expr, truth: bool, nodes: frozenset[int]) -> bool:
        match condition:
            case m.Compare(left=m.Call(args=(argument,)), ops=("==" | "<" | "<=",), items=(m.Const(value="0" | "1"),)):
                return truth and id(argument.value) in nodes
            case m.Compare(left=left, ops=("is",), items=(m.Const(kind="none"),)):
                return truth and id(left) in nodes
        return id(condition) in nodes and not truth

    def _means_unset(self, condition: m.Expr, truth: bool, scope: ScopeId) -> bool:
        """A flag of the module or of the receiver that the same function sets to a constant."""
        match condition:
            case m.Compare(left=left, ops=("is",), items=(m.Const(kind="none"),)) if truth:
                return self._is_set_here(left, scope)
            case m.Name() | m.Attr() if not truth:
                return self._is_set_here(condition, scope)
        return False

    def _is_set_here(self, flag: m.Expr, scope: ScopeId) -> bool:
        if isinstance(flag, m.Attr):
            return isinstance(flag.base, m.Name) and any(_sets(op.action, flag) for op in self.program.facts(scope).ops)
        if not isinstance(flag, m.Name):
            return False
        owner = self.resolver.owner(flag.id, scope)
        if owner is None or owner == scope:
            return False
        module = self.program.of(owner)
        later = [b for b in module.bindings(owner.index)[flag.id] if b.op >= 0 and b.scope != owner.index]
        if later:
            return any(_sets(module.scope(b.scope).ops[b.op].action, flag) for b in later)
        return self._is_filled_here(flag, scope)

    def _is_filled_here(self, flag: m.Name, scope: ScopeId) -> bool:
        """Whether the function that tests another container for emptiness also fills it."""
        return any(
            (isinstance(site.parent, m.Attr) and site.parent.name in name_lists().fills)
            or (isinstance(site.parent, m.Sub) and isinstance(self.program.op(site).action, m.Assign))
            for site in self.program.of(scope).sites_in(scope.index, flag.id)
        )

    def _after_reset(self, access: Access, accesses: AccessList) -> bool:
        """Whether the same run of the function empties or replaces the container first, on every path to the insert."""
        if self._resets_before(access.scope, access.op, 0, accesses):
            return True
        return self._callers_reset(access.scope, accesses)

    def _callers_reset(self, scope: ScopeId, accesses: AccessList) -> bool:
        """Whether a function only runs as a part of others of its class or module, each of which empties or replaces
        the container before, outside any endless loop."""
        sites = self.flow.live_calls(scope)
        if not sites or not scope.index or not self.flow.is_only_called(scope):
            return False
        return all(self._resets_in_round(site.scope, site.op, accesses) for site in sites)

    def _resets_in_round(self, scope: ScopeId, op: int, accesses: AccessList) -> bool:
        facts = self.program.facts(scope)
        if not scope.index or not 0 <= op < len(facts.ops):
            return False
        endless = next((f for f in loops_around(facts, op) if facts.frames[f].kind == "while"), 0)
        return self._resets_before(scope, op, endless, accesses)

    def _resets_before(self, scope: ScopeId, op: int, within: int, accesses: AccessList) -> bool:
        """Whether a scope empties or replaces the container inside a frame, on every path to an operation."""
        facts = self.program.facts(scope)
        return any(
            not other.nested
            and other.handed is None
            and other.op < op
            and in_block(facts, facts.ops[other.op].frame, op)
            and in_block(facts, within, other.op)
            for other in accesses.within(scope, "clear", "replace")
        )

    def _is_refused_when_full(self, access: Access, accesses: AccessList) -> bool:
        """`if len(X) >= N: return` (or raise) before the insert, or the insert under `if len(X) < N`."""
        facts = self.program.facts(access.scope)
        sizes = accesses.nodes(access.scope, "size")
        for condition, truth in guards(facts, access.op) if sizes else ():
            for node in w.walk(condition):
                if isinstance(node, m.Compare) and len(node.ops) == 1 and any(id(n) in sizes for n in w.walk(node)):
                    on_left = any(id(n) in sizes for n in w.walk(node.left))
                    upper = node.ops[0] in ({"<", "<="} if on_left else {">", ">="})
                    lower = node.ops[0] in ({">", ">=", "=="} if on_left else {"<", "<=", "=="})
                    if (upper and truth) or (lower and not truth):
                        return True
        return False


def _sets(action: m.Action, flag: m.Expr) -> bool:
    """Whether an operation gives a flag a value that stops the next fill."""
    if not isinstance(action, m.Assign) or flag not in action.targets:
        return False
    return not (isinstance(action.value, m.Const) and action.value.value in {"None", "False"})
