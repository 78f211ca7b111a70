"""What brings a removal about: a test of the container's size that leads to it, or an insert on whose way it runs, so
that each new entry pays for the old ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import OPERATORS, Flow
from unbounded_lint.link.keys.around import AroundQuery
from unbounded_lint.link.program.blocks import guards, in_block, loops_around
from unbounded_lint.link.program.definitions import expanded
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.flags import Flags

HOPS = 3
"""How many callers above a removal are asked whether they insert."""


class Causes(AroundQuery):
    """Recognises what brings removals about."""

    def __init__(self, flow: Flow, execution: Execution, flags: Flags) -> None:
        super().__init__(flow, execution)
        self.flags = flags

    def limits(self, access: Access, accesses: AccessList) -> bool:
        """Whether a test of the container's size (or of an order list kept beside it) leads to the removal."""
        value = access.value
        cut = isinstance(value, m.Sub) and isinstance(value.index, m.Slice) and value.base == access.site.node
        if access.kind == "trim" or (access.kind == "replace" and cut):
            return True
        return self._is_guarded(access.scope, access.op, accesses, access.key) or any(
            self._is_guarded(site.scope, site.op, accesses, None) for site in self.flow.call_sites(access.scope)
        )

    def limits_total(self, access: Access, accesses: AccessList) -> bool:
        """Whether a test of how much the entries hold together (`sum(len(v) for v in X.values()) > N`) leads to an
        entry being cut."""
        nodes, measured = accesses.nodes(access.scope), self._measured(access.scope)
        tests = (measured.get(id(head), ()) for head, _ in guards(self.program.facts(access.scope), access.op))
        return any(any(map(_measures, parts)) and any(id(part) in nodes for part in parts) for parts in tests)

    def lead_to(self, access: Access, accesses: AccessList) -> bool:
        """Whether the removal runs in a function that inserts, or that an inserting function calls; or whether one
        function calls both the removal and, straight, the insert."""
        inserting = accesses.inserting
        queue = seen = {access.scope} if self._is_on_the_way(access.place, accesses) else set()
        for _ in range(HOPS + 1):
            if not queue.isdisjoint(inserting):
                return True
            queue = {scope for at in queue for scope in self._callers(at, accesses)} - seen
            seen = seen | queue
        asked = [at for at in seen if self.program.facts(at).name in OPERATORS - {"__delitem__"}]
        if asked and (self.is_own(access) or any(self._belong_together(at, i) for at in asked for i in inserting)):
            return True
        callers = {scope for at in seen & {access.scope} for scope in self._callers(at, accesses) if scope.index}
        return any(site.scope in callers for scope in inserting for site in self.flow.call_sites(scope))

    def _belong_together(self, one: ScopeId, other: ScopeId) -> bool:
        """Whether two methods are what operators on the same object run: who stores in it reads from it, too."""
        is_operator = self.program.facts(other).name in OPERATORS
        return is_operator and self.program.owner_class(one) == self.program.owner_class(other)

    def is_own(self, access: Access) -> bool:
        """Whether a method of the container's own class removes, from its receiver."""
        parameters = self.program.facts(access.scope).parameters[:1]
        return self.program.owner_class(access.scope) is not None and access.site.node in [
            m.Name(p.name) for p in parameters
        ]

    def set_up(self, access: Access) -> bool:
        """Whether flags let the removal run once, wherever it is run from: then it makes the container."""
        return self.around.holds(self.flags.runs_once, access.place)

    def _callers(self, scope: ScopeId, accesses: AccessList) -> Iterator[ScopeId]:
        """The functions that call one on their ordinary way."""
        sites = self.flow.call_sites(scope)
        return (site.scope for site in sites if self._is_on_the_way(site.place, accesses))

    def _is_on_the_way(self, place: Place, accesses: AccessList) -> bool:
        """Whether a function comes to a place again and again without a failure, or inserts there too."""
        scope, op = place
        facts = self.program.facts(scope)
        if op < 0 or not (self.execution.loops.fails(scope, op, 0) or self.flags.runs_once(scope, op)):
            return True
        return any(in_block(facts, facts.ops[op].frame, a.op) for a in accesses.within(scope, "insert"))

    def _is_guarded(self, scope: ScopeId, op: int, accesses: AccessList, key: m.Expr | None) -> bool:
        """Whether the container's size, or that of the order from which the key is taken, is tested on the way to an
        operation."""
        facts, measured = self.program.facts(scope), self._measured(scope)
        if not measured:
            return False
        heads = [head for head, _ in guards(facts, op)]
        heads += [head for index in loops_around(facts, op) if (head := facts.frames[index].head) is not None]
        orders = list(expanded(self.program, key, scope, op))
        return any(
            (id(part) in accesses.sizes and _is_limit(head)) or (_measures(part) in orders)
            for head in heads
            for part in measured.get(id(head), ())
        )

    @kept
    def _measured(self, scope: ScopeId) -> Mapping[int, Sequence[m.Expr]]:
        """The conditions and loop heads of a scope in which anything is called, by their ids, with all their parts."""
        heads = [(frame.head, frame.op) for frame in self.program.facts(scope).frames if frame.head is not None]
        parts = {id(head): tuple(expanded(self.program, head, scope, op)) for head, op in heads}
        return {head: found for head, found in parts.items() if any(isinstance(part, m.Call) for part in found)}


def _measures(part: m.Expr) -> m.Expr | None:
    """What `len(...)` measures."""
    return part.args[0].value if isinstance(part, m.Call) and part.func == m.Name("len") and part.args else None


def _is_limit(head: m.Expr) -> bool:
    """Whether a condition compares with something other than nothing: `len(X) > 0` is no limit."""
    compares = [node for node in w.walk(head) if isinstance(node, m.Compare)]
    zero = m.Const("int", "0")
    return not isinstance(head, m.Unary | m.Name | m.Attr) and (
        not compares or any(zero not in (compare.left, *compare.items) for compare in compares)
    )
