"""What expressions and variables are made of."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded_lint.facts import model as m
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
    Question,
    closed,
    is_closed,
    made_of,
    opened,
    settled,
)
from unbounded_lint.link.program.literals import is_listed, is_text
from unbounded_lint.link.program.program import Binding, ScopeId


class Expressions:
    """The equations over expressions and variables."""

    def __init__(self, material: Material, calls: Calls, attributes: Attributes, loops: Loops) -> None:
        self.material = material
        self.program = material.program
        self.calls = calls
        self.attributes = attributes
        self.loops = loops

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
            case m.Sub(base=base, index=m.Slice()):
                return (yield material.value(base, scope))
            case m.Sub(base=base):
                return (yield material.items(base, scope))
            case m.Display(items=items) | m.FString(parts=items) | m.BoolOp(items=items):
                return (yield from self._literal(items, scope))
            case m.DictDisplay(items=entries):
                return (yield from self._literal([entry.key or entry.value for entry in entries], scope))
            case m.Binary(op="%", items=(left, right)) if not isinstance(left, m.Const):
                divisor = yield from settled((yield material.value(right, scope)))
                return closed("a remainder") if is_closed(divisor) else NOT_KNOWN
            case m.Binary(items=items):
                return (yield from material.all_of(items, scope))
            case m.Unary(operand=inner) | m.Await(value=inner) | m.Walrus(value=inner) | m.Star(value=inner):
                return (yield material.value(inner, scope))
            case m.IfExp(body=body, orelse=orelse):
                return (yield from material.all_of((body, orelse), scope))
            case m.Comp(element=element, clauses=clauses):
                found = [(yield material.value(element, scope))]
                for clause in clauses:
                    found.append((yield material.items(clause.iterable, scope)))
                return made_of(found)
        return NOT_KNOWN

    def _literal(self, items: Sequence[m.Expr], scope: ScopeId) -> Asked:
        return (yield from self.material.all_of(items, scope)) if items else Origin(CLOSED_LITERAL)

    # --- variables ---

    def _name(self, expr: m.Name, scope: ScopeId) -> Asked:
        owner = self.material.resolver.owner(expr.id, scope)
        if owner is None:
            known = self.material.resolver.values(expr, scope)
            return closed(f"`{expr.id}` is defined once") if known else NOT_KNOWN
        return (yield Question("variable", (expr.id, owner)))

    def variable(self, name: str, owner: ScopeId) -> Asked:
        """What a variable of a scope is made of."""
        found = []
        for binding in self.program.bound(owner, name):
            found.append((yield from self._binding(binding, name, owner)))
        return made_of(found)

    def _binding(self, binding: Binding, name: str, owner: ScopeId) -> Asked:
        scope = ScopeId(owner.path, binding.scope)
        at_import = scope.index == owner.index == 0 and self.material.is_import_time(scope, binding.op)
        match binding.kind:
            case "define":
                return self._definition(binding, scope)
            case "import":
                return closed(f"`{name}` is imported")
            case "parameter":
                return self.calls.parameter(Parameter(scope, binding.index))
            case "value" | "item" | "item-part" if at_import:
                return closed(f"`{name}` is set at import")
            case "value":
                annotated = self._annotated(binding, scope)
                if annotated is not None:
                    return annotated
            case "augmented" if not self._is_joined(name, owner):
                return opened(f"`{name}` is counted up", hinted=True)
            case "item" | "item-part" if binding.expr is not None:
                return (yield from self.loops.target(binding, binding.expr, scope))
            case "entered" | "other":
                return self._exception(binding, scope)
        expr = binding.given or binding.expr
        return NOT_KNOWN if expr is None else (yield self.material.value(expr, scope))

    def _definition(self, binding: Binding, scope: ScopeId) -> Origin:
        kind = self.program.of(scope).scope(binding.index).kind
        lasting = scope.index == 0 or self.program.facts(scope).kind == "class"
        return closed(f"a {kind} of the program") if lasting else NOT_KNOWN

    def _annotated(self, binding: Binding, scope: ScopeId) -> Origin | None:
        action = self.program.facts(scope).ops[binding.op].action if binding.op >= 0 else None
        annotation = action.annotation if isinstance(action, m.Assign) else None
        found = self.material.annotations.closing(annotation, scope)
        return Origin(found) if found is not None else None

    def _is_joined(self, name: str, owner: ScopeId) -> bool:
        """Whether a name holds a text or a list: `+=` then joins its parts, and counts nothing."""
        bindings = self.program.bound(owner, name)
        return any(is_text(b.expr) or (b.kind == "value" and is_listed(b.expr)) for b in bindings)

    def _exception(self, binding: Binding, scope: ScopeId) -> Origin:
        frames = self.program.facts(scope).frames
        caught = binding.kind == "other" and any(f.kind == "except" and f.op == binding.op for f in frames)
        return opened("an exception object") if caught else NOT_KNOWN
