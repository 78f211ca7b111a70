"""Keys as values that can be compared: two expressions have the same shape where they are the same key."""

from __future__ import annotations

from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import dotted_text
from unbounded_lint.link.dataflow.scoping import is_static
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite, Function, argument_of
from unbounded_lint.link.program.program import Binding, ScopeId

Shape: TypeAlias = "tuple[object, ...]"

_DEPTH = 4


class KeyShapes:
    """Gives shapes. A shape names the scope that owns each variable, so that those of two scopes are equal only where
    they mean the same variable, bound by the same statement."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver

    def of(self, key: m.Expr, scope: ScopeId, op: int) -> Shape | None:
        """The shape of a key where an operation uses it; None for one that cannot be compared, or never varies."""
        found = self._of(key, scope, op, _DEPTH)
        return found if found is not None and _varies(found) else None

    def lifted(self, shape: Shape, function: ScopeId, site: CallSite) -> Shape | None:
        """What a key of a function is in the terms of a caller; None where the call does not tell."""
        found = self._substitute(shape, function, site)
        return found if found is not None and _varies(found) else None

    # --- expressions ---

    def _of(self, expr: m.Expr, scope: ScopeId, op: int, depth: int) -> Shape | None:
        match expr:
            case m.Const(kind=kind, value=value):
                return ("const", kind, value)
            case m.Name():
                return self._name(expr.id, scope, op, depth)
            case m.Attr(base=base, name=name):
                return self._attribute(base, name, scope, op, depth)
            case m.Sub(base=base, index=index):
                return self._all("item", (base, index), scope, op, depth)
            case m.Display(kind="tuple", items=items):
                return self._all("tuple", items, scope, op, depth)
            case m.FString(parts=parts):
                return self._all("text", parts, scope, op, depth)
            case m.Binary(op=operator, items=items):
                return self._all(operator, items, scope, op, depth)
            case m.Call():
                return self._call(expr, scope, op, depth)
        return None

    def _all(self, tag: str, parts: tuple[m.Expr, ...], scope: ScopeId, op: int, depth: int) -> Shape | None:
        found = tuple(self._of(part, scope, op, depth) for part in parts)
        return None if None in found else (tag, *found)

    def _call(self, call: m.Call, scope: ScopeId, op: int, depth: int) -> Shape | None:
        """A call that gives the same for the same arguments: a conversion, or a function of the project."""
        if any(a.star for a in call.args):
            return None
        parts = tuple(a.value for a in call.args)
        func = call.func
        if isinstance(func, m.Name) and func.id in name_lists().pure and parts:
            return self._all(f"{func.id}()", parts, scope, op, depth)
        if isinstance(func, m.Attr) and func.name in name_lists().pure_methods:
            return self._all(f".{func.name}()", (func.base, *parts), scope, op, depth)
        if parts and any(isinstance(v, Function) for v in self.resolver.values(func, scope)):
            return self._all(f"{dotted_text(func)}()", parts, scope, op, depth)
        return None

    def _attribute(self, base: m.Expr, name: str, scope: ScopeId, op: int, depth: int) -> Shape | None:
        below = self._of(base, scope, op, depth)
        if below is None:
            return None
        if below[0] == "self" and not self._is_fixed(below[1], name):
            return ("attr", (*below, scope), name)
        return ("attr", below, name)

    def _is_fixed(self, cls: object, name: str) -> bool:
        """Whether an attribute of an object is set when the object is made and never again."""
        assert isinstance(cls, ScopeId)
        writes = [write for owner in self.resolver.mro(cls) for write in self.resolver.writes(owner).get(name, ())]
        return all(self.program.facts(write.scope).name in name_lists().constructors for write in writes)

    def _name(self, name: str, scope: ScopeId, op: int, depth: int) -> Shape | None:
        owner = self.resolver.owner(name, scope)
        if owner is None:
            return None
        if owner.index == 0:
            return ("global", owner.path, name)
        bindings = self.program.of(owner).bindings(owner.index)[name]
        if len(bindings) == 1:
            return self._bound_once(name, owner, bindings[0], depth)
        before = [b.op for b in bindings if b.scope == owner.index and b.op <= op] if scope == owner else []
        return ("name", name, owner, max(before, default=-2))

    def _bound_once(self, name: str, owner: ScopeId, binding: Binding, depth: int) -> Shape:
        if binding.kind == "parameter":
            cls = self.program.owner_class(owner)
            if cls is not None and binding.index == 0 and not is_static(self.program.facts(owner)):
                return ("self", cls)
        elif binding.kind == "value" and binding.expr is not None and depth:
            found = self._of(binding.expr, ScopeId(owner.path, binding.scope), binding.op, depth - 1)
            if found is not None:
                return found
        return ("name", name, owner, -1)

    # --- callers ---

    def _substitute(self, shape: Shape, function: ScopeId, site: CallSite) -> Shape | None:
        if shape[0] == "self":
            return shape if self.program.owner_class(site.scope) == shape[1] and len(shape) == 2 else None
        if shape[0] == "name":
            return self._argument(shape, function, site) if shape[2] == function else shape
        parts = tuple(
            self._substitute(part, function, site)
            if isinstance(part, tuple) and not isinstance(part, ScopeId)
            else part
            for part in shape[1:]
        )
        return None if None in parts else (shape[0], *parts)

    def _argument(self, shape: Shape, function: ScopeId, site: CallSite) -> Shape | None:
        facts = self.program.facts(function)
        for index, parameter in enumerate(facts.parameters):
            if parameter.name == shape[1] and shape[3] == -1:
                argument = argument_of(facts, index, site)
                return self._of(argument, site.scope, site.op, _DEPTH) if argument is not None else None
        return None


def _varies(shape: Shape) -> bool:
    """Whether a shape holds anything that differs from call to call."""
    if shape[0] in {"name", "self"}:
        return True
    return any(isinstance(part, tuple) and not isinstance(part, ScopeId) and _varies(part) for part in shape[1:])
