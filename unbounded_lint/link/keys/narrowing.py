"""What the conditions around an operation say about a key."""

from __future__ import annotations

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.keys.lookups import Lookups
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import Asked, Asking, Domain, Origin, is_closed, join, settled, source_of
from unbounded_lint.link.program.blocks import asserted, frames_of, guards
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import apart

_NEGATED = {"not in": "in", "!=": "==", "is not": "is"}


class Narrowing:
    """Takes conditions apart for what they say of a key: that it is of a closed set, or of another table."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.lookups = Lookups(material)

    def used(self, key: m.Expr, scope: ScopeId, op: int) -> Asked:
        """What a key is where an operation uses it."""
        narrowed = yield from self._at(key, scope, op)
        if narrowed is not None and narrowed.kind == "closed":
            return Origin(narrowed)
        found = yield from settled((yield self.material.value(key, scope)))
        return found if narrowed is None or is_closed(found) else Origin(narrowed)

    def _at(self, key: m.Expr, scope: ScopeId, op: int) -> Asking[Domain | None]:
        """What is known of a key at an operation by the conditions around it and by what was looked up before."""
        facts, found = self.material.program.facts(scope), []
        for condition, truth in (*guards(facts, op), *asserted(facts, op)):
            found.append((yield from self._by(condition, truth, key, scope)))
        if any(
            f.kind == "case" and f.closed and f.head == key for f in (facts.frames[i] for i in frames_of(facts, op))
        ):
            return Domain("closed", "matched against constants", source="constant")
        found.append((yield from self.lookups.at(key, scope, op)))
        return min((one for one in found if one is not None), key=lambda domain: domain.kind, default=None)

    def _by(self, condition: m.Expr, truth: bool, key: m.Expr, scope: ScopeId) -> Asking[Domain | None]:
        """One part that tells is enough where all hold; where one does, each must."""
        every, parts = apart(condition, truth)
        if len(parts) == 1:
            return (yield from self._by_one(*parts[0], key, scope))
        found = []
        for part in parts:
            found.append((yield from self._by(*part, key, scope)))
        told = [domain for domain in found if domain is not None]
        if every:
            return min(told, key=lambda domain: domain.kind, default=None)
        return join(told) if len(told) == len(found) else None

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
                why = f"tested for membership of {w.dotted(right) or 'a constant'}"
                return Domain("closed", why, source=source_of(members))
            return self.material.key_of(right) if self.lookups.is_table(right, scope) else None
        elif operator == "==" and key in (left, right):
            other = yield from settled((yield self.material.value(right if left == key else left, scope)))
            if is_closed(other):
                return Domain("closed", "compared with a constant", source=source_of(other))
        elif operator == "is" and left == key:
            return Domain("closed", "compared with a singleton", source="constant")
        return None
