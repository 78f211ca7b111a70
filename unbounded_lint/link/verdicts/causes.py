"""What brings a removal about: a test of the container's size that leads to it, or an insert on whose way it runs, so
that each new entry pays for the old ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import OPERATORS, Flow
from unbounded_lint.link.keys.around import AroundQuery
from unbounded_lint.link.program.blocks import guards, in_block, layout, loops_around, runs_before
from unbounded_lint.link.program.definitions import expanded
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId, Site
from unbounded_lint.link.program.truth import NONE, Asked, flag_of, held, is_so
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
        if self._is_guarded(access.scope, access.op, accesses, access.key) or self._leaves_one(access, accesses):
            return True
        return any(self._is_guarded(*place, accesses, None) for place in self._led_from(access.scope))

    def _leaves_one(self, access: Access, accesses: AccessList) -> bool:
        """Whether a removal takes out what the insert before it put in, whose key an attribute keeps:
        `X.pop(self.last)`, `self.last = k` and `X[k] = ...`, and no other insert."""
        facts, flag, scope = self.program.facts(access.scope), access.key, access.scope
        if not isinstance(flag, m.Attr) or access.bulk or access.handed is not None:
            return False
        inserts = next(iter(accesses.inserts_by_key.values()), ())
        if len(accesses.inserts_by_key) != 1 or (inserts[0].scope, inserts[0].bulk) != (scope, False):
            return False
        key, usual = inserts[0].key, {test for test, _ in guards(facts, inserts[0].op)}
        writes = self.resolver.assigned(flag.name, self.resolver.owners(flag.base, scope))
        others = [site for site in writes if self.program.facts(site.scope).name not in name_lists().constructors]
        if not others or any(not self._keeps_key(site, access, flag, key) for site in others):
            return False
        asked = [part for test in guards(facts, access.op) if test[0] not in usual for part in held(*test)]
        return all(_is_about(part, flag, key) for part in asked) and all(a.op > others[0].op for a in inserts)

    def _keeps_key(self, site: Site, access: Access, flag: m.Attr, key: m.Expr | None) -> bool:
        """Whether an assignment keeps a key for the next removal, each time that one runs."""
        action, facts = self.program.op(site).action, self.program.facts(access.scope)
        kept_key = isinstance(action, m.Assign) and action.value == key and flag in action.targets
        after = site.scope == access.scope and site.op > access.op
        return kept_key and after and in_block(facts, facts.ops[site.op].frame, access.op)

    @kept
    def _led_from(self, scope: ScopeId) -> Sequence[Place]:
        """The calls that lead to a function, and those that lead to their functions."""
        near = self.flow.call_sites(scope)
        further = (far for at in dict.fromkeys(s.scope for s in near if s.scope.index) for far in self._calls(at))
        return tuple(dict.fromkeys((*(site.place for site in near), *further)))

    def _calls(self, scope: ScopeId) -> Iterator[Place]:
        return (site.place for site in self.flow.call_sites(scope))

    def limits_total(self, access: Access, accesses: AccessList) -> bool:
        """Whether a test of how much the entries hold together (`sum(len(v) for v in X.values()) > N`) leads to an
        entry being cut."""
        nodes = accesses.nodes(access.scope)
        heads = (head for head, _ in guards(self.program.facts(access.scope), access.op))
        tests = (self._measured(access.scope, id(head)) for head in heads)
        return any(any(map(_measures, parts)) and any(id(part) in nodes for part in parts) for parts in tests)

    def lead_to(self, access: Access, accesses: AccessList) -> bool:
        """Whether the removal runs in a function that inserts, or that an inserting function calls; or whether one
        function calls both the removal and, straight, the insert."""
        inserting = {scope for scope in accesses.inserting if not self._begins_anew(scope, access, accesses)}
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

    def _begins_anew(self, scope: ScopeId, access: Access, accesses: AccessList) -> bool:
        """Whether all that a function inserts comes after it has emptied the container: then it never adds to what is
        there, and others that do come by no removal."""
        if scope != access.scope or access.kind not in {"clear", "replace"} or access.nested:
            return False
        facts = self.program.facts(scope)
        return all(runs_before(facts, access.op, a.op) for a in accesses.within(scope, "insert"))

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
        if op < 0 or not (self.execution.failures.fails(scope, op, 0) or self.flags.runs_once(scope, op)):
            return True
        return any(in_block(facts, facts.ops[op].frame, a.op) for a in accesses.within(scope, "insert"))

    def _is_guarded(self, scope: ScopeId, op: int, accesses: AccessList, key: m.Expr | None) -> bool:
        """Whether the container's size, or that of the order from which the key is taken, is tested on the way to an
        operation."""
        facts, measurers = self.program.facts(scope), self._measurers(accesses)
        heads = [head for head, _ in guards(facts, op)]
        heads += [head for index in loops_around(facts, op) if (head := facts.frames[index].head) is not None]
        measured = [(head, part) for head in heads for part in self._measured(scope, id(head))]
        orders = list(expanded(self.program, key, scope, op)) if measured else []
        if any(
            (id(part) in accesses.sizes and _is_limit(head)) or (_measures(part) in orders) for head, part in measured
        ):
            return True
        limits = [head for head in heads if _is_limit(head)] if measurers else []
        told = (part for head in limits for part in expanded(self.program, head, scope, op))
        return any(self._tells(part, scope, measurers) for part in told)

    @kept
    def _measurers(self, accesses: AccessList) -> frozenset[ScopeId]:
        """The functions that return how many entries a container has, and no more."""
        asking = {a.scope for a in accesses if a.kind == "size" and a.scope.index}
        values = {scope: self.program.returned(scope) for scope in asking}
        return frozenset(
            scope for scope, told in values.items() if told and all(id(_measures(v)) in accesses.sizes for v in told)
        )

    def _tells(self, part: m.Expr, scope: ScopeId, measurers: frozenset[ScopeId]) -> bool:
        """Whether an expression is what such a function returns: a call of it, the length of an object, a property."""
        match part:
            case m.Call(func=m.Name("len"), args=(measured,)):
                return self._has(measured.value, "__len__", scope, measurers)
            case m.Call(func=func):
                return not measurers.isdisjoint(self.resolver.functions(func, scope))
            case m.Attr(base=base, name=name):
                return self._has(base, name, scope, measurers)
        return False

    def _has(self, expr: m.Expr, name: str, scope: ScopeId, measurers: frozenset[ScopeId]) -> bool:
        """Whether an object may have such a function under a name."""
        having = {self.program.owner_class(f) for f in measurers if self.program.facts(f).name == name}
        owners = self.resolver.owners(expr, scope) if having else ()
        return any(not having.isdisjoint(self.resolver.mro(owner)) for owner in owners)

    @kept
    def _measured(self, scope: ScopeId, head: int) -> Sequence[m.Expr]:
        """All parts of the condition or loop head with an id, if anything is called in it."""
        facts = self.program.facts(scope)
        frames = layout(facts).by_head.get(head, ())
        frame = facts.frames[frames[-1]] if frames else None
        parts = tuple(expanded(self.program, frame.head, scope, frame.op)) if frame is not None else ()
        return parts if any(isinstance(part, m.Call) for part in parts) else ()


def _measures(part: m.Expr) -> m.Expr | None:
    """What `len(...)` measures."""
    return part.args[0].value if isinstance(part, m.Call) and part.func == m.Name("len") and part.args else None


def _is_about(asked: Asked, flag: m.Attr, key: m.Expr | None) -> bool:
    """Whether a test says that a key is not the one that was kept, or that there was one."""
    match asked.expr:
        case m.Compare(left=left, ops=("!=" | "==" as operator,), items=(right,)):
            return {left, right} == {flag, key} and (operator == "!=") == asked.truth
    return flag_of(asked.expr) == flag and not is_so(asked, NONE)


def _is_limit(head: m.Expr) -> bool:
    """Whether a condition compares with something other than nothing: `len(X) > 0` is no limit."""
    compares = [node for node in w.walk(head) if isinstance(node, m.Compare)]
    zero = m.Const("int", "0")
    return not isinstance(head, m.Unary | m.Name | m.Attr) and (
        not compares or any(zero not in (compare.left, *compare.items) for compare in compares)
    )
