"""What the elements of iterables are made of, and the targets of loops over them."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import dotted_text
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.values import Allocation, Class, External, Values, ordered
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import (
    CLOSED_LITERAL,
    NOT_KNOWN,
    NOTHING_YET,
    Asked,
    Domain,
    OfKeywords,
    Origin,
    closed,
    is_closed,
    made_of,
    opened,
    settled,
)
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import Binding, ScopeId, Site


class Loops:
    """The equations over elements."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.program = material.program
        self.resolver = material.resolver

    def items(self, iterable: m.Expr, scope: ScopeId) -> Asked:
        """What the elements of an iterable are made of."""
        match iterable:
            case m.Const():
                return closed("a constant")
            case m.Display(items=items):
                return (yield from self._written(items, scope))
            case m.DictDisplay(items=entries):
                return (yield from self._written(tuple(e.key or e.value for e in entries), scope))
            case m.Call():
                return (yield from self._of_call(iterable, scope))
            case m.Name() | m.Attr():
                return (yield from self._of_holder(iterable, scope))
            case m.Binary(items=items) | m.BoolOp(items=items):
                return (yield from self._all_items(items, scope))
            case m.IfExp(body=body, orelse=orelse):
                return (yield from self._all_items((body, orelse), scope))
        return (yield from self.material.value(iterable, scope))

    def _written(self, items: tuple[m.Expr, ...], scope: ScopeId) -> Asked:
        return (yield from self.material.all_of(items, scope)) if items else Origin(CLOSED_LITERAL)

    def _all_items(self, holders: tuple[m.Expr, ...], scope: ScopeId) -> Asked:
        found = []
        for holder in holders:
            found.append((yield from self.material.items(holder, scope)))
        return made_of(found)

    def _of_call(self, call: m.Call, scope: ScopeId) -> Asked:
        func, args = call.func, call.args
        if isinstance(func, m.Attr) and func.name in name_lists().key_views:
            return (yield from self.material.items(func.base, scope))
        names = self.material.callees(func, scope)
        if names & name_lists().gatherers and args:
            return (yield from self._all_items(tuple(a.value for a in args if a.keyword is None), scope))
        if "range" in names:
            return (yield from self.material.all_of((a.value for a in args), scope))
        if "map" in names and len(args) > 1:
            return (yield from self.material.items(args[1].value, scope))
        return (yield from self.material.value(call, scope))

    # --- holders ---

    def _of_holder(self, holder: m.Name | m.Attr, scope: ScopeId) -> Asked:
        values = self.resolver.values(holder, scope)
        text = dotted_text(holder)
        if values and all(isinstance(v, Class) for v in values) and self._has_enum(values):
            return closed("the members of an enum")
        made = [value for value in ordered(values) if isinstance(value, Allocation)]
        if made:
            constant = all(self._is_constant(value) for value in made)
            return closed(f"an item of the constant `{made[0].name}`") if constant else NOT_KNOWN
        if self.material.is_requested(values):
            return opened(f"`{text}` comes from a request")
        if self.material.execution.loops.is_stream(holder, scope):
            return opened(f"`{text}` is read from outside")
        if values and all(isinstance(v, External) and not v.of_instance for v in values):
            return closed("an imported constant")
        return (yield from self.material.value(holder, scope))

    def _has_enum(self, values: Values) -> bool:
        return any(isinstance(v, Class) and self.material.annotations.is_enum(v.scope) for v in values)

    def _is_constant(self, value: Allocation) -> bool:
        """Whether a container is written out at import and nothing adds to it later."""
        facts = self.program.facts(value.scope)
        if value.scope.index and facts.kind != "class":
            return False
        action = facts.ops[value.op].action
        made = action.value if isinstance(action, m.Assign) else None
        module = self.program.of(value.scope)
        if not isinstance(made, m.Display | m.DictDisplay | m.Comp | m.Call):
            return False
        if any(self._may_grow(site) for site in module.sites(value.name)):
            return False
        return not _is_empty(made) or not any(
            value in self.resolver.values(site.node, site.scope) and self._may_grow(site)
            for site in self.program.sites(value.name)
            if site.scope.path != module.path
        )

    def _may_grow(self, site: Site) -> bool:
        """Whether running code adds to what a name stands for."""
        action = self.program.op(site).action
        match site.parents:
            case (*_, m.Call(), m.Attr(name=method)):
                grows = bool(self.material.catalog.inserting(method))
            case (*_, m.Sub(base=base) as parent) if base is site.node:
                grows = isinstance(action, m.Assign) and parent in action.targets
            case _:
                grows = isinstance(action, m.AugAssign) and action.target is site.node
        return grows and not self.material.execution.kinds(site.scope, site.op) <= {"import", "test", "dead"}

    # --- targets of loops ---

    def target(self, binding: Binding, scope: ScopeId) -> Asked:
        """What the target of a loop, or a part of it, is made of."""
        assert binding.expr is not None
        if binding.kind == "item-part" and isinstance(binding.expr, m.Call):
            tail = dotted_text(binding.expr.func).rpartition(".")[2]
            if tail == "enumerate" and binding.index == 0:
                return Origin(Domain("unknown", "a position"))
        keywords = yield from self._keywords_of(binding, scope)
        if keywords != NOTHING_YET:
            return keywords
        found: Origin = yield from self.material.items(binding.expr, scope)
        told = found.parameters or found.domain is None or found.domain.kind != "unknown" or found.domain.weak
        return found if told else (self._of_table(binding) or found)

    def _of_table(self, binding: Binding) -> Origin | None:
        """`for key, value in owner.table.items()`: no more keys than that table has, which is judged where it is made.

        Where keys are taken out of the table, those copied from it outlive it.
        """
        match binding.expr:
            case m.Call(func=m.Attr(base=m.Attr(name=table), name="items" | "keys" as view)):
                at_key = (binding.kind == "item-part" and binding.index == 0) if view == "items" else True
                if at_key and not self._shrinks(table):
                    return Origin(Domain("unknown", f"a key of the table `{table}`", weak=True))
        return None

    @kept
    def _shrinks(self, table: str) -> bool:
        """Whether any attribute of that name loses keys somewhere in the program."""
        return any(not self.program.is_test(site.scope) and self._takes_out(site) for site in self.program.sites(table))

    def _takes_out(self, site: Site) -> bool:
        parent = site.parents[-1] if site.parents else None
        action = self.program.op(site).action
        if isinstance(parent, m.Sub) and parent.base is site.node:
            return isinstance(action, m.Delete) and any(target is parent for target in action.targets)
        removes = isinstance(parent, m.Attr) and bool(self.material.catalog.removing(parent.name))
        return removes or (isinstance(parent, m.Attr) and parent.name == "clear")

    # --- keywords ---

    def _keywords_of(self, binding: Binding, scope: ScopeId) -> Asked:
        """The keys of a `**parameter` as the target of a loop over the names, or over names and values."""
        iterable, view = binding.expr, ""
        if isinstance(iterable, m.Call) and isinstance(iterable.func, m.Attr) and not iterable.args:
            view, iterable = iterable.func.name, iterable.func.base
        whole = (view, binding.kind) in {("", "item"), ("keys", "item")}
        if whole or (view, binding.kind, binding.index) == ("items", "item-part", 0):
            return (yield from self.keywords(iterable, scope))
        return NOTHING_YET

    def keywords(self, holder: m.Expr | None, scope: ScopeId) -> Asked:
        """The keys of a `**parameter`: words in the calls, unless a call spreads a map whose keys come from elsewhere,
        or something that cannot be seen calls the function. Nothing for anything else."""
        owner = self.resolver.owner(holder.id, scope) if isinstance(holder, m.Name) else None
        if owner is None or not isinstance(holder, m.Name) or self.program.facts(owner).kind != "function":
            return NOTHING_YET
        facts = self.program.facts(owner)
        bindings = self.program.of(owner).bindings(owner.index)[holder.id]
        if len(bindings) != 1 or bindings[0].kind != "parameter":
            return NOTHING_YET
        if (
            facts.parameters[bindings[0].index].kind != "double-star"
            or decorator_names(facts) - name_lists().plain_decorators
        ):
            return NOTHING_YET
        found: Origin = yield OfKeywords(owner)
        return found if is_closed(found) else NOTHING_YET

    def spread(self, function: ScopeId) -> Asked:
        """The domain of the keys of the `**parameter` of a function."""
        flow = self.material.flow
        if any(use.kind not in {"called", "read", "tested"} for use in flow.function_uses(function)):
            return NOT_KNOWN
        for site in flow.live_calls(function):
            if site.call is None:
                return NOT_KNOWN
            for argument in site.call.args:
                if argument.star == "**":
                    inner = yield from self.keywords(argument.value, site.scope)
                    if inner == NOTHING_YET:
                        inner = yield from settled((yield from self.material.items(argument.value, site.scope)))
                    if not is_closed(inner):
                        return NOT_KNOWN
        return closed("keywords written in the calls")


def _is_empty(made: m.Expr) -> bool:
    """Whether a container is made with nothing in it, so that its entries come from elsewhere."""
    match made:
        case m.Display(items=content) | m.DictDisplay(items=content) | m.Call(args=content):
            return not content
    return False
