"""What expressions and variables are made of."""

from __future__ import annotations

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.values import Class, External, Function, Module
from unbounded_lint.link.keys.attributes import Attributes
from unbounded_lint.link.keys.calls import Calls
from unbounded_lint.link.keys.loops import Loops
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import (
    CLOSED_LITERAL,
    NOT_KNOWN,
    Asked,
    Origin,
    Parameter,
    closed,
    is_closed,
    made_of,
    opened,
    settled,
)
from unbounded_lint.link.keys.parameters import Parameters
from unbounded_lint.link.program.literals import is_listed, is_text
from unbounded_lint.link.program.program import Binding, ScopeId


class Expressions:
    """The equations over expressions and variables."""

    def __init__(
        self, material: Material, calls: Calls, attributes: Attributes, loops: Loops, parameters: Parameters
    ) -> None:
        self.material = material
        self.program = material.program
        self.calls = calls
        self.attributes = attributes
        self.loops = loops
        self.parameters = parameters

    def value(self, expr: m.Expr, scope: ScopeId) -> Asked:
        """What an expression is made of."""
        material = self.material
        match expr:
            case m.Const():
                return Origin(CLOSED_LITERAL)
            case m.Compare() | m.Unary(op="not"):
                return closed("a truth value")
            case m.Name():
                return (yield from self._name(expr, scope))
            case m.Attr():
                return (yield from self.attributes.value(expr, scope))
            case m.Call():
                return (yield from self.calls.value(expr, scope))
            case m.Sub():
                return (yield from self._subscript(expr, scope))
            case m.Display(items=items) | m.FString(parts=items) | m.BoolOp(items=items):
                return (yield from self._literal(items, scope))
            case m.DictDisplay(items=entries):
                return (yield from self._literal(tuple(e.key or e.value for e in entries), scope))
            case m.Binary(op="%", items=(left, right)) if not isinstance(left, m.Const):
                divisor = yield from settled((yield from material.value(right, scope)))
                return closed("a remainder") if is_closed(divisor) else NOT_KNOWN
            case m.Binary(items=items):
                return (yield from material.all_of(items, scope))
            case m.Unary(operand=inner) | m.Await(value=inner) | m.Walrus(value=inner) | m.Star(value=inner):
                return (yield from material.value(inner, scope))
            case m.IfExp(body=body, orelse=orelse):
                return (yield from material.all_of((body, orelse), scope))
            case m.Comp(element=element, clauses=clauses):
                found = [(yield from material.value(element, scope))]
                for clause in clauses:
                    found.append((yield from material.items(clause.iterable, scope)))
                return made_of(found)
        return NOT_KNOWN

    def _literal(self, items: tuple[m.Expr, ...], scope: ScopeId) -> Asked:
        return (yield from self.material.all_of(items, scope)) if items else Origin(CLOSED_LITERAL)

    def _subscript(self, expr: m.Sub, scope: ScopeId) -> Asked:
        if isinstance(expr.index, m.Slice):
            return (yield from self.material.value(expr.base, scope))
        found: Origin = yield from self.material.items(expr.base, scope)
        stored = self.material.resolver.values(expr, scope)
        if not is_closed(found) and stored and all(isinstance(v, Class | Function) for v in stored):
            return closed("a definition of the program")
        return found

    # --- variables ---

    def _name(self, expr: m.Name, scope: ScopeId) -> Asked:
        owner = self.material.resolver.owner(expr.id, scope)
        if owner is None:
            known = self.material.resolver.values(expr, scope)
            return closed(f"`{expr.id}` is defined once") if known else NOT_KNOWN
        return (yield from self.parameters.variable(expr.id, owner))

    def variable(self, name: str, owner: ScopeId) -> Asked:
        """What a variable of a scope is made of."""
        found = []
        for binding in self.program.of(owner).bindings(owner.index)[name]:
            found.append((yield from self._binding(binding, name, owner)))
        return made_of(found)

    def _binding(self, binding: Binding, name: str, owner: ScopeId) -> Asked:
        scope = ScopeId(owner.path, binding.scope)
        expr = binding.expr
        match binding.kind:
            case "define":
                return self._definition(binding, scope)
            case "import":
                return self._imported(name, scope)
            case "parameter":
                return self.parameters.value(Parameter(scope, binding.index))
        if expr is None or binding.kind in {"entered", "other"}:
            return self._exception(binding, scope)
        at_import = scope.index == owner.index == 0 and self.material.is_import_time(scope, binding.op)
        match binding.kind:
            case "value" if at_import:
                return closed(f"`{name}` is set at import")
            case "value":
                annotated = self.material.annotations.of_statement(scope, binding.op)
                return Origin(annotated) if annotated else (yield from self.material.value(expr, scope))
            case "augmented" if self._is_joined(name, owner):
                return (yield from self.material.value(expr, scope))
            case "augmented":
                return opened(f"`{name}` is counted up", hinted=True)
            case "item" | "item-part" if at_import:
                return closed("a loop at import")
            case "item" | "item-part":
                return (yield from self.loops.target(binding, scope))
            case "part" if isinstance(expr, m.Display) and 0 <= binding.index < len(expr.items):
                return (yield from self.material.value(expr.items[binding.index], scope))
        return (yield from self.material.value(expr, scope))

    def _definition(self, binding: Binding, scope: ScopeId) -> Origin:
        kind = self.program.of(scope).scope(binding.index).kind
        lasting = scope.index == 0 or self.program.facts(scope).kind == "class"
        return closed(f"a {kind} of the program") if lasting else NOT_KNOWN

    def _is_joined(self, name: str, owner: ScopeId) -> bool:
        """Whether a name holds a text or a list: `+=` then joins its parts, and counts nothing."""
        bindings = self.program.of(owner).bindings(owner.index)[name]
        return any(is_text(b.expr) or (b.kind == "value" and is_listed(b.expr)) for b in bindings)

    def _exception(self, binding: Binding, scope: ScopeId) -> Origin:
        frames = self.program.facts(scope).frames
        caught = binding.kind == "other" and any(f.kind == "except" and f.op == binding.op for f in frames)
        return opened("an exception object") if caught else NOT_KNOWN

    def _imported(self, name: str, scope: ScopeId) -> Origin:
        for value in self.material.resolver.lookup(name, scope):
            if isinstance(value, External):
                return closed(f"`{name}` is imported")
            if isinstance(value, Class | Function | Module):
                return closed("a definition of the program")
        return closed(f"`{name}` is set at import in another module")
