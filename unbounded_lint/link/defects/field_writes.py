"""Where the program writes a field of entries that are made already."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.entries.values import Entries
from unbounded_lint.link.program.module import ScopeId, Site, stored


class Write(NamedTuple):
    """A field is written: where, and what it gets, None where that cannot be told."""

    scope: ScopeId
    op: int
    value: m.Expr | None


class FieldWrites(Query):
    """Finds writes by the name of the field, on whatever may be an entry."""

    def of(self, step: str, entries: Entries, classes: Collection[ScopeId]) -> Iterator[Write]:
        """The writes of a field (".name" or "[key]") outside the making of an entry; `classes` are those of the
        entries, as far as known."""
        inserting = frozenset(entries.accesses.inserting)
        if step.startswith("."):
            yield from self._to_attribute(step[1:], inserting, classes)
        for path in sorted({access.scope.path for access in entries.accesses}):
            module = self.program.module(path)
            for index, facts in enumerate(module.facts.scopes if module else ()):
                scope = ScopeId(path, index)
                for at, op in enumerate(facts.ops):
                    values = list(self._to_key(op.action, step, scope, inserting))
                    if entries.accesses.within(scope):
                        values += [v for call in w.calls(op.action) for v in _given(call, step, scope, entries)]
                    yield from (Write(scope, at, value) for value in values)

    def _to_key(
        self, action: m.Action, step: str, scope: ScopeId, inserting: Collection[ScopeId]
    ) -> Iterator[m.Expr | None]:
        if isinstance(action, m.Assign):
            for target in action.targets:
                if isinstance(target, m.Sub) and _key(target.index) == step:
                    if not self._is_made_here(target.base, scope, inserting):
                        yield action.value

    def _to_attribute(self, name: str, inserting: Collection[ScopeId], classes: Collection[ScopeId]) -> Iterator[Write]:
        for site in self.program.sites(name):
            if not isinstance(site.node, m.Attr):
                continue
            action = self.program.op(site).action
            value = stored(action, site)
            if isinstance(action, m.AugAssign) and action.target is site.node:
                value = action.value
            if value is not None and not self._is_of_making(site, site.node.base, inserting):
                owners = self.resolver.classes(site.node.base, site.scope)
                related = any(self.resolver.related(owner, cls) for owner in owners for cls in classes)
                if related or not owners or not classes:
                    yield Write(site.scope, site.op, value)

    def _is_of_making(self, site: Site, base: m.Expr, inserting: Collection[ScopeId]) -> bool:
        """Whether a constructor writes to its own object, or a function to one that it makes and inserts."""
        facts = self.program.facts(site.scope)
        is_making = facts.name in name_lists().constructors | {"__setstate__"}
        is_own = is_making and base == m.Name(next((p.name for p in facts.parameters), ""))
        return is_own or self._is_made_here(base, site.scope, inserting)

    def _is_made_here(self, base: m.Expr, scope: ScopeId, inserting: Collection[ScopeId]) -> bool:
        if not isinstance(base, m.Name) or scope not in inserting:
            return False
        values = [b.expr for b in self.program.bound(scope, base.id) if b.kind == "value"]
        return bool(values) and all(
            isinstance(v, m.DictDisplay) or (isinstance(v, m.Call) and isinstance(v.func, m.Name)) for v in values
        )


def _key(index: m.Expr | None) -> str:
    return f"[{index.value}]" if isinstance(index, m.Const) else ""


def _given(call: m.Call, step: str, scope: ScopeId, entries: Entries) -> Iterator[m.Expr | None]:
    """What a call gives a field: `update(name=...)`, `replace(entry, name=...)`, `setdefault("name", ...)`,
    `setattr(entry, ...)`."""
    name = w.last_name(call.func)
    is_default = name == "setdefault" and bool(call.args) and _key(call.args[0].value) == step
    if is_default or name in {"setattr", "__setattr__"}:
        yield None
    elif name in name_lists().replacers:
        parts = [*(a.value for a in call.args), *((call.func.base,) if isinstance(call.func, m.Attr) else ())]
        if any(entries.of(part, scope) for part in parts):
            named = [a.value for a in call.args if a.keyword in {step.strip(".[]"), "update"}]
            yield from named
            if not named and (name == "update" or any(a.star for a in call.args)):
                yield None
