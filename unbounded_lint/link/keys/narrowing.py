"""What the conditions around an operation say about a key."""

from __future__ import annotations

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import dotted_text
from unbounded_lint.link.dataflow.solver import Asking
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import Domain, is_closed, settled
from unbounded_lint.link.program.blocks import frames_of, guards
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.program.truth import apart

Narrowed = Asking[Domain | None]


class Narrowing:
    """Takes conditions apart for what they say of a key: a closed domain, or nothing."""

    def __init__(self, material: Material) -> None:
        self.material = material

    def at(self, key: m.Expr, scope: ScopeId, op: int) -> Narrowed:
        """What is known of a key at an operation."""
        facts = self.material.program.facts(scope)
        for condition, truth in guards(facts, op):
            found = yield from self._by(condition, truth, key, scope)
            if found is not None:
                return found
        if isinstance(key, m.Name):
            for frame in (facts.frames[index] for index in frames_of(facts, op)):
                if frame.kind == "case" and frame.closed and frame.head == key:
                    return Domain("closed", "matched against constants")
        return None

    def _by(self, condition: m.Expr, truth: bool, key: m.Expr, scope: ScopeId) -> Narrowed:
        every, parts = apart(condition, truth)
        if len(parts) == 1:
            return (yield from self._by_one(*parts[0], key, scope))
        found = []
        for part in parts:
            found.append((yield from self._by(*part, key, scope)))
            if every and found[-1] is not None:
                return found[-1]
        if every or any(part is None or part.kind != "closed" for part in found):
            return None
        return found[-1]

    def _by_one(self, condition: m.Expr, truth: bool, key: m.Expr, scope: ScopeId) -> Narrowed:
        match condition:
            case m.Compare(left=left, ops=(operator,), items=(right,)):
                return (yield from self._compared(left, operator, right, truth, key, scope))
            case m.Call(func=m.Name(id="isinstance"), args=(first, second)) if truth and first.value == key:
                return self.material.annotations.closing(second.value, scope)
        return None

    def _compared(
        self, left: m.Expr, operator: str, right: m.Expr, truth: bool, key: m.Expr, scope: ScopeId
    ) -> Narrowed:
        if left == key and operator == ("in" if truth else "not in"):
            members = yield from settled((yield from self.material.items(right, scope)))
            if is_closed(members):
                return Domain("closed", f"tested for membership of {dotted_text(right) or 'a constant'}")
        elif operator == ("==" if truth else "!=") and key in (left, right):
            other = yield from settled((yield from self.material.value(right if left == key else left, scope)))
            if is_closed(other):
                return Domain("closed", "compared with a constant")
        elif left == key and operator == ("is" if truth else "is not"):
            return Domain("closed", "compared with a singleton")
        return None
