"""Keys that were looked up first: where only a finite set is found, no other key gets as far as the insert."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeGuard

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.values import Allocation, Class, Instance
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import Asking, Domain, is_closed, settled, source_of
from unbounded_lint.link.program.blocks import runs_before
from unbounded_lint.link.program.definitions import NEAREST
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site

_STEPS = 3
_PERHAPS = (m.BoolOp, m.IfExp, m.Comp, m.Lambda)
"""Expressions whose parts may not be evaluated."""


class Lookups:
    """Finds what was looked up before an operation."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.program = material.program

    def at(self, key: m.Expr, scope: ScopeId, op: int) -> Asking[Domain | None]:
        """What is known of a key at an operation by what it was looked up in; None where that says nothing."""
        facts = self.program.facts(scope)
        copied = None
        for name in self._names(key, scope, _STEPS):
            asked = self._in_environment(name, scope)
            if asked is not None:
                return asked
            for site in self._nearest(name, scope, op):
                sure = site.op == op or runs_before(facts, site.op, op)
                found = (yield from self._told(site)) if sure else None
                if found is not None and found.kind == "closed":
                    return found
                copied = copied or found
        return copied

    def _names(self, key: m.Expr, scope: ScopeId, steps: int) -> Iterator[m.Name | m.Attr]:
        """The name that a key is, and those that it is but another form of, each of which has one value here."""
        match key:
            case m.Attr():
                yield key
            case m.Name(id=name):
                owner = self.material.resolver.owner(name, scope)
                bindings = self.program.bound(owner, name) if owner == scope else ()
                if len(bindings) == 1:
                    yield key
                    given = bindings[0].given
                    if steps and given is not None and not isinstance(given, m.Attr):
                        yield from self._names(given, scope, steps - 1)
            case m.Call(func=m.Attr(base=base, name=method)) if method in name_lists().text_conversions:
                yield from self._names(base, scope, steps)
            case m.Call(func=m.Name(id=callee), args=(first, *_)) if callee in name_lists().conversions:
                yield from self._names(first.value, scope, steps)

    @kept
    def _in_environment(self, name: m.Name | m.Attr, scope: ScopeId) -> Domain | None:
        """What is known of a name that a scope asks the environment for, wherever it does: none but those are set."""
        for node, site in self._of(w.last_name(name), scope):
            found = self._found_by(site) if node == name else None
            if found is not None and found.source == "environment":
                return found
        return None

    def _nearest(self, name: m.Name | m.Attr, scope: ScopeId, op: int) -> Iterator[Site]:
        """Where a scope looks up a name, or another form of it, in or shortly before an operation."""
        found = self._of(w.last_name(name), scope)
        end = bisect_right(found, op, key=lambda pair: pair[1].op)
        for node, site in reversed(found[max(end - NEAREST, 0) : end]):
            if node == name:
                yield site

    @kept
    def _of(self, identifier: str, scope: ScopeId) -> Sequence[tuple[m.Expr, Site]]:
        """The names and attributes of that name which a scope looks up, whatever else an expression comes to, and the
        items and calls that do."""
        found = []
        for site in self.program.of(scope).sites_in(scope.index, identifier):
            around = self._around(site)
            if around is not None and not any(isinstance(parent, _PERHAPS) for parent in around.parents):
                if isinstance(around.node, m.Call) or role_of(self.program, around) == "read":
                    found.append((site.node, around))
        return found

    def _around(self, site: Site) -> Site | None:
        """The item or call of which an expression, in whatever form, is the index or the first argument; of `getattr`
        the second, where it gives nothing for what is not there."""
        while site.parents:
            part, site = site.node, site.outer
            match site.node:
                case m.Sub(index=index) if index is part:
                    return site
                case m.Call(func=m.Name(id="getattr"), args=(_, second)) if second.value is part:
                    return site
                case m.Call(func=func, args=(first, *_)) if first.value is part:
                    if w.last_name(func) not in name_lists().conversions:
                        return site
                case m.Attr(name=method) if method in name_lists().text_conversions:
                    pass
                case m.Call() | m.FString() | m.Binary(op="+"):
                    pass
                case _:
                    return None
        return None

    @kept
    def _found_by(self, site: Site) -> Domain | None:
        """What is known of a key that is found by what only finds what is installed, set or defined."""
        assert isinstance(site.node, m.Sub | m.Call)
        callee = site.node.func if isinstance(site.node, m.Call) else site.node.base
        for name in sorted(self.material.callees(callee, site.scope)):
            source = self.material.catalog.finder(name)
            if source is not None:
                return Domain("closed", f"`{w.dotted(callee)}` knows it", source=source)
        return None

    def _told(self, site: Site) -> Asking[Domain | None]:
        """What is known of the key that an item or a call has found."""
        found, scope = site.node, site.scope
        assert isinstance(found, m.Sub | m.Call)
        known = self._found_by(site)
        if known is not None:
            return known
        if isinstance(found, m.Call):
            values = self.material.resolver.values(found.func, scope)
            if found.func == m.Name("getattr"):
                owners = self.material.resolver.values(found.args[0].value, scope)
                defined = self.material.are_definitions(owners)
                return Domain("closed", "a name in a module or class", source="names") if defined else None
            enum = bool(values) and all(isinstance(v, Class) and self.material.is_enum(v.scope) for v in values)
            return Domain("closed", "a value of an enum", source="enum") if enum else None
        if self._makes(found.base, scope):
            return None
        members = yield from settled((yield self.material.items(found.base, scope)))
        if not is_closed(members):
            return self.material.key_of(found.base) if self.is_table(found.base, scope) else None
        return Domain("closed", f"looked up in `{w.dotted(found.base)}`", source=source_of(members))

    def is_table(self, holder: m.Expr, scope: ScopeId) -> TypeGuard[m.Name | m.Attr]:
        """Whether an expression is a variable of a module, or an attribute."""
        if isinstance(holder, m.Name):
            owner = self.material.resolver.owner(holder.id, scope)
            return owner is not None and owner.index == 0
        return isinstance(holder, m.Attr)

    def _makes(self, holder: m.Expr, scope: ScopeId) -> bool:
        """Whether a look-up of what is not there makes it."""
        for value in self.material.resolver.values(holder, scope):
            if isinstance(value, Instance) and self.material.resolver.methods(value.scope, "__missing__"):
                return True
            action = self.program.action(value.scope, value.op) if isinstance(value, Allocation) else None
            if isinstance(action, m.Assign) and isinstance(action.value, m.Call):
                if w.last_name(action.value.func) in {"defaultdict", "Counter"}:
                    return True
        return False
