"""Values that come from importing modules: their names are names in the code that is installed."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.values import Function, ordered
from unbounded_lint.link.program.program import Program, ScopeId

_DEPTH = 4


class Imports:
    """Sees what is imported by name, or loaded from an entry point."""

    def __init__(self, program: Program, resolver: Resolver) -> None:
        self.program = program
        self.resolver = resolver

    def is_imported(self, value: m.Expr, scope: ScopeId, depth: int = _DEPTH) -> bool:
        """Whether a value comes from importing a module by name, or from loading an entry point."""
        match value:
            case m.Call():
                return self._is_import(value, scope, depth)
            case m.Name(id=name) if depth:
                return self._is_bound_to_import(name, scope, depth)
            case m.Attr(base=base) | m.Sub(base=base) if depth:
                return self.is_imported(base, scope, depth - 1)
        return False

    def _is_import(self, call: m.Call, scope: ScopeId, depth: int) -> bool:
        func = call.func
        names = set(callee_names(func, scope, self.resolver))
        loads = isinstance(func, m.Attr) and func.name == "load" and self.is_imported(func.base, scope, depth - 1)
        if names & name_lists().importers or loads:
            return True
        if names & name_lists().passing_on and call.args and depth:
            return self.is_imported(call.args[0].value, scope, depth - 1)
        inner = [v.scope for v in ordered(self.resolver.values(func, scope)) if isinstance(v, Function)]
        if depth and inner:
            return all(self._gives_imports(function, depth - 1) for function in inner)
        around = func.base if isinstance(func, m.Attr) else func
        return bool(depth) and isinstance(func, m.Call | m.Attr) and self.is_imported(around, scope, depth - 1)

    def _is_bound_to_import(self, name: str, scope: ScopeId, depth: int) -> bool:
        owner = self.resolver.owner(name, scope)
        if owner is None or owner.index == 0:
            return False
        return any(
            b.expr is not None
            and not isinstance(b.expr, m.Const)
            and b.kind in {"value", "item"}
            and self.is_imported(b.expr, ScopeId(owner.path, b.scope), depth - 1)
            for b in self.program.of(owner).bindings(owner.index)[name]
        )

    def _gives_imports(self, function: ScopeId, depth: int) -> bool:
        return any(self.is_imported(value, function, depth) for value in self._given(function))

    def _given(self, function: ScopeId) -> Iterator[m.Expr]:
        """What a function returns or yields, constants left out."""
        for op in self.program.facts(function).ops:
            match op.action:
                case m.Return(value=value) if value is not None and not isinstance(value, m.Const):
                    yield value
                case m.Eval(value=m.Yield(value=value)) if value is not None:
                    yield value
