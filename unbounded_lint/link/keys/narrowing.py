"""What the conditions around an operation say about a key."""

from __future__ import annotations

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import dotted_text
from unbounded_lint.link.keys.lookups import Lookups
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import Asking, Domain, is_closed, settled, source_of
from unbounded_lint.link.program.blocks import frames_of, guards
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.program.truth import apart

_NEGATED = {"not in": "in", "!=": "==", "is not": "is"}


class Narrowing:
    """Takes conditions apart for what they say of a key: a closed domain, or nothing."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.lookups = Lookups(material)

    def at(self, key: m.Expr, scope: ScopeId, op: int) -> Asking[Domain | None]:
        """What is known of a key at an operation."""
        facts = self.material.program.facts(scope)
        for condition, truth in guards(facts, op):
            found = yield from self._by(condition, truth, key, scope)
            if found is not None:
                return found
        if any(
            f.kind == "case" and f.closed and f.head == key for f in (facts.frames[i] for i in frames_of(facts, op))
        ):
            return Domain("closed", "matched against constants", source="constant")
        return (yield from self.lookups.at(key, scope, op))

    def _by(self, condition: m.Expr, truth: bool, key: m.Expr, scope: ScopeId) -> Asking[Domain | None]:
        """One part that closes the key is enough where all hold; where one does, each must."""
        every, parts = apart(condition, truth)
        if len(parts) == 1:
            return (yield from self._by_one(*parts[0], key, scope))
        found = None
        for part in parts:
            found = yield from self._by(*part, key, scope)
            if (found is not None) == every:
                return found
        return found

    def _by_one(self, condition: m.Expr, truth: bool, key: m.Expr, scope: ScopeId) -> Asking[Domain | None]:
        match condition:
            case m.Call(func=m.Name(id="isinstance"), args=(first, second)) if truth and first.value == key:
                return self.material.closing(second.value, scope)
            case m.Compare(left=left, ops=("is" | "is not" as operator,), items=(m.Const(kind="none"),)) if left != key:
                return (yield from self._got(left, key, scope)) if (operator == "is not") == truth else None
            case m.Compare(left=left, ops=(operator,), items=(right,)):
                stated = operator if truth else _NEGATED.get(operator)
                return (yield from self._compared(left, stated, right, key, scope))
        return (yield from self._got(condition, key, scope)) if truth else None

    def _got(self, got: m.Expr, key: m.Expr, scope: ScopeId) -> Asking[Domain | None]:
        """What is known of a key if a closed map gives something for it, be it under a name."""
        bindings = self.material.program.bound(scope, got.id) if isinstance(got, m.Name) else ()
        given = bindings[0].given if len(bindings) == 1 else got.value if isinstance(got, m.Walrus) else got
        match given:
            case m.Call(func=m.Attr(base=base, name="get"), args=(first, *_)) if first.value == key:
                return (yield from self._compared(key, "in", base, key, scope))
        return None

    def _compared(
        self, left: m.Expr, operator: str | None, right: m.Expr, key: m.Expr, scope: ScopeId
    ) -> Asking[Domain | None]:
        if operator == "in" and left == key:
            members = yield from settled((yield self.material.items(right, scope)))
            if is_closed(members):
                why = f"tested for membership of {dotted_text(right) or 'a constant'}"
                return Domain("closed", why, source=source_of(members))
        elif operator == "==" and key in (left, right):
            other = yield from settled((yield self.material.value(right if left == key else left, scope)))
            if is_closed(other):
                return Domain("closed", "compared with a constant", source=source_of(other))
        elif operator == "is" and left == key:
            return Domain("closed", "compared with a singleton", source="constant")
        return None
