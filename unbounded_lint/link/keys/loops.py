"""What the elements of iterables are made of, and the targets of loops over them."""

from __future__ import annotations

from collections.abc import Iterable

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import dotted_text
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.values import Allocation, Class, ordered
from unbounded_lint.link.keys.material import Material, is_outside
from unbounded_lint.link.keys.origins import (
    NOT_KNOWN,
    NOTHING_YET,
    Asked,
    Domain,
    Origin,
    Question,
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
            case m.Call():
                return (yield from self._of_call(iterable, scope))
            case m.Name() | m.Attr():
                return (yield from self._of_holder(iterable, scope))
        return (yield self.material.value(iterable, scope))

    def _of_call(self, call: m.Call, scope: ScopeId) -> Asked:
        func, args = call.func, call.args
        if isinstance(func, m.Attr) and func.name in name_lists().key_views:
            return (yield self.material.items(func.base, scope))
        names = self.material.callees(func, scope)
        if names & name_lists().gatherers and args:
            return (yield from self._all_items((a.value for a in args if a.keyword is None), scope))
        if "range" in names:
            return (yield from self.material.all_of((a.value for a in args), scope))
        return (yield self.material.value(call, scope))

    def _all_items(self, holders: Iterable[m.Expr], scope: ScopeId) -> Asked:
        found = []
        for holder in holders:
            found.append((yield self.material.items(holder, scope)))
        return made_of(found)

    # --- holders ---

    def _of_holder(self, holder: m.Name | m.Attr, scope: ScopeId) -> Asked:
        values = self.resolver.values(holder, scope)
        text = dotted_text(holder)
        if any(isinstance(v, Class) and self.material.annotations.is_enum(v.scope) for v in values):
            return closed("the members of an enum")
        made = [value for value in ordered(values) if isinstance(value, Allocation)]
        if made:
            constant = all(self._is_constant(value) for value in made)
            return closed(f"an item of the constant `{made[0].name}`") if constant else NOT_KNOWN
        if self.material.is_requested(values):
            return opened(f"`{text}` comes from a request")
        if self.material.execution.loops.is_stream(holder, scope):
            return opened(f"`{text}` is read from outside")
        if values and all(is_outside(value) for value in values):
            return closed("an imported constant")
        return (yield self.material.value(holder, scope))

    def _is_constant(self, value: Allocation) -> bool:
        """Whether a container is made at import and nothing adds to it later."""
        if value.scope.index and self.program.facts(value.scope).kind != "class":
            return False
        return not any(
            self._adds(site)
            and (site.scope.path == value.scope.path or value in self.resolver.values(site.node, site.scope))
            and not self.material.execution.kinds(site.scope, site.op) <= {"import", "test", "dead"}
            for site in self.program.sites(value.name)
        )

    def _adds(self, site: Site) -> bool:
        """Whether an operation adds to what a name stands for."""
        match site.parents:
            case (*_, m.Call(), m.Attr(name=method)):
                return bool(self.material.catalog.inserting(method))
            case (*_, m.Sub(base=base)) if base is site.node:
                return role_of(self.program, site.outer) == "stored"
        return role_of(self.program, site) == "augmented"

    # --- targets of loops ---

    def target(self, binding: Binding, iterable: m.Expr, scope: ScopeId) -> Asked:
        """What the target of a loop over an iterable, or a part of it, is made of."""
        match iterable:
            case m.Call(func=func) if w.last_name(func) == "enumerate" and binding.kind == "item-part":
                if binding.index == 0:
                    return Origin(Domain("unknown", "a position"))
        table = _whose_keys(binding, iterable)
        keywords = yield from self.keywords(table, scope)
        if keywords != NOTHING_YET:
            return keywords
        found = yield self.material.items(iterable, scope)
        told = found.parameters or found.domain is None or found.domain.kind != "unknown" or found.domain.weak
        if not told and isinstance(table, m.Attr) and not self._shrinks(table.name):
            # no more keys than that table has, which is judged where it is made
            return Origin(Domain("unknown", f"a key of the table `{table.name}`", weak=True))
        return found

    @kept
    def _shrinks(self, table: str) -> bool:
        """Whether any attribute of that name loses keys somewhere in the program: those copied then outlive it."""
        return any(not self.program.is_test(site.scope) and self._takes_out(site) for site in self.program.sites(table))

    def _takes_out(self, site: Site) -> bool:
        match site.parent:
            case m.Sub(base=base) if base is site.node:
                return role_of(self.program, site.outer) == "deleted"
            case m.Attr(name=method):
                return method == "clear" or bool(self.material.catalog.removing(method))
        return False

    # --- keywords ---

    def keywords(self, holder: m.Expr | None, scope: ScopeId) -> Asked:
        """The keys of a `**parameter`: words in the calls, unless a call spreads a map whose keys come from elsewhere,
        or something that cannot be seen calls the function. Nothing for anything else."""
        owner = self.resolver.owner(holder.id, scope) if isinstance(holder, m.Name) else None
        if owner is None or not isinstance(holder, m.Name) or self.program.facts(owner).kind != "function":
            return NOTHING_YET
        facts, bindings = self.program.facts(owner), self.program.bound(owner, holder.id)
        if len(bindings) != 1 or bindings[0].kind != "parameter":
            return NOTHING_YET
        is_spread = facts.parameters[bindings[0].index].kind == "double-star"
        if not is_spread or decorator_names(facts) - name_lists().plain_decorators:
            return NOTHING_YET
        found = yield Question("keywords", (owner,))
        return found if is_closed(found) else NOTHING_YET

    def spread(self, function: ScopeId) -> Asked:
        """The domain of the keys of the `**parameter` of a function."""
        flow = self.material.flow
        if any(use.kind not in {"called", "read", "tested"} for use in flow.function_uses(function)):
            return NOT_KNOWN
        for site in flow.live_calls(function):
            for argument in site.call.args if site.call is not None else ():
                if argument.star == "**":
                    inner = yield from self.keywords(argument.value, site.scope)
                    if inner == NOTHING_YET:
                        inner = yield from settled((yield self.material.items(argument.value, site.scope)))
                    if not is_closed(inner):
                        return NOT_KNOWN
        return closed("keywords written in the calls")


def _whose_keys(binding: Binding, iterable: m.Expr) -> m.Expr | None:
    """What the target of a loop takes the keys of; None where it takes anything else."""
    match binding.kind, iterable:
        case "item", m.Name():
            return iterable
        case "item", m.Call(func=m.Attr(base=base, name="keys"), args=()):
            return base
        case "item-part", m.Call(func=m.Attr(base=base, name="items"), args=()) if binding.index == 0:
            return base
    return None
