"""Keys as values that can be compared: two expressions have the same shape where they are the same key."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.scoping import is_static, is_super
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import CallSite, Function, argument_of
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.definitions import AT_ENTRY
from unbounded_lint.link.program.module import ScopeId

_DEPTH = 4


class Shape(NamedTuple):
    """What sort of expression a key is, and its parts. A variable is told with the scope that owns it and the statement
    that binds it, so that those of two scopes are equal only where they mean the same."""

    tag: str
    parts: tuple[object, ...]

    @property
    def varies(self) -> bool:
        """Whether it holds anything that differs from call to call."""
        return self.tag in {"name", "self"} or any(isinstance(part, Shape) and part.varies for part in self.parts)


class KeyShapes(Query):
    """Gives shapes."""

    def of(self, key: m.Expr, scope: ScopeId, op: int) -> Shape | None:
        """The shape of a key where an operation uses it; None for one that cannot be compared, or never varies."""
        found = self.written(key, scope, op)
        return found if found is not None and found.varies else None

    def written(self, key: m.Expr, scope: ScopeId, op: int) -> Shape | None:
        """The same, one that never varies as far as can be told included: of a global, as that which stands for the
        request at hand, another package may give another value each time."""
        return self._of(key, scope, op, _DEPTH)

    def lifted(self, shape: Shape, function: ScopeId, site: CallSite) -> Shape | None:
        """What a key of a function is in the terms of a caller; None where the call does not tell."""
        found = self._substitute(shape, function, site)
        return found if found is not None and found.varies else None

    # --- expressions ---

    def _of(self, expr: m.Expr, scope: ScopeId, op: int, depth: int) -> Shape | None:
        match expr:
            case m.Const(kind=kind, value=value):
                return Shape("const", (kind, value))
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
        return None if None in found else Shape(tag, found)

    def _call(self, call: m.Call, scope: ScopeId, op: int, depth: int) -> Shape | None:
        """A call that gives the same for the same arguments: a conversion, or a function of the project."""
        func, arguments = call.func, tuple(argument.value for argument in call.args)
        if any(argument.star for argument in call.args):
            return None
        if isinstance(func, m.Attr) and func.name in name_lists().pure_methods:
            return self._all(f".{func.name}()", (func.base, *arguments), scope, op, depth)
        is_pure = isinstance(func, m.Name) and func.id in name_lists().pure
        if arguments and (is_pure or any(isinstance(v, Function) for v in self.resolver.values(func, scope))):
            return self._all(f"{w.dotted(func)}()", arguments, scope, op, depth)
        return None

    def _attribute(self, base: m.Expr, name: str, scope: ScopeId, op: int, depth: int) -> Shape | None:
        below = self._of(base, scope, op, depth)
        if below is not None and below.tag == "self" and not self._is_fixed(below.parts[0], name):
            below = Shape("self", (*below.parts, scope))
        return Shape("attribute", (below, name)) if below is not None else None

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
            return Shape("global", (owner.path, name))
        bindings = self.program.bound(owner, name)
        if len(bindings) == 1:
            return self._bound_once(name, owner, bindings[0], depth)
        ops = self.program.of(owner).names.bound_by(owner.index, name) if scope == owner else ()
        last = bisect_right(ops, op)
        return Shape("name", (name, owner, ops[last - 1] if last else -2))

    def _bound_once(self, name: str, owner: ScopeId, binding: Binding, depth: int) -> Shape:
        if binding.kind == "parameter":
            cls = self.program.owner_class(owner)
            if cls is not None and binding.index == 0 and not is_static(self.program.facts(owner)):
                return Shape("self", (cls,))
        elif binding.kind == "value" and binding.expr is not None and depth:
            found = self._of(binding.expr, ScopeId(owner.path, binding.scope), binding.op, depth - 1)
            if found is not None:
                return found
        return Shape("name", (name, owner, -1))

    # --- callers ---

    def _substitute(self, shape: Shape, function: ScopeId, site: CallSite) -> Shape | None:
        if shape.tag == "self":
            return self._receiver(shape, site)
        if shape.tag == "name":
            return self._argument(shape, function, site) if shape.parts[1] == function else shape
        parts = tuple(self._substitute(p, function, site) if isinstance(p, Shape) else p for p in shape.parts)
        return None if None in parts else Shape(shape.tag, parts)

    def _receiver(self, shape: Shape, site: CallSite) -> Shape | None:
        """The object of a method in the terms of a caller: that of the caller's own, or of one derived from it."""
        cls = self.program.owner_class(site.scope)
        if cls is None or len(shape.parts) > 1 or shape.parts[0] not in self.resolver.mro(cls):
            return None
        base = site.call.func.base if site.call is not None and isinstance(site.call.func, m.Attr) else None
        own = self.program.facts(site.scope).parameters[:1]
        same = base is None or is_super(base) or base in [m.Name(parameter.name) for parameter in own]
        return Shape("self", (cls,)) if same else None

    def _argument(self, shape: Shape, function: ScopeId, site: CallSite) -> Shape | None:
        name, _, origin = shape.parts
        assert isinstance(name, str)
        given = (b.index for b in self.program.bound(function, name) if b.kind == "parameter" and origin == AT_ENTRY)
        index = next(given, None)
        argument = argument_of(self.program.facts(function), index, site) if index is not None else None
        return self._of(argument, site.scope, site.op, _DEPTH) if argument is not None else None
