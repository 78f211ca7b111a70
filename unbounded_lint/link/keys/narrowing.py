"""What the conditions around an operation say about a key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.keys.lookups import Lookups
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import (
    Asked,
    Asking,
    Domain,
    Origin,
    Question,
    is_closed,
    join,
    settled,
    source_of,
)
from unbounded_lint.link.program.bindings import ITEMS
from unbounded_lint.link.program.blocks import asserted, frames_of, guards, held_at, loops_around, span_of
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import apart

_WHOLE = frozenset(map(m.Name, ("int", "len", "ord")))
_LESS = frozenset({"<", "<="})
_MORE = frozenset({">", ">="})

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
        found = yield from settled((yield self._made_of(key, scope, op)))
        return found if narrowed is None or is_closed(found) else Origin(narrowed)

    def _made_of(self, expr: m.Expr, scope: ScopeId, op: int) -> Question:
        """The question what an expression is made of where an operation uses it: for the target of a loop around that,
        which nothing else in the loop gives a value, it is what that loop gives it."""
        if isinstance(expr, m.Name) and 0 <= op < len(self.material.program.facts(scope).ops):
            at = self._loop_of(expr.id, scope, op)
            if at is not None and self.material.resolver.owner(expr.id, scope) == scope:
                return Question("target", (expr.id, scope, at))
        return self.material.value(expr, scope)

    def _loop_of(self, name: str, scope: ScopeId, op: int) -> int | None:
        """Which of the bindings of a name is that of the loop around an operation; None where others count there."""
        facts, bound = self.material.program.facts(scope), self.material.program.bound(scope, name)
        loops = loops_around(facts, op)
        lasting = self._lasting(name, scope) if loops else ()
        for loop in loops:
            inside = [i for i in lasting if bound[i].op in span_of(facts, loop)]
            if any(bound[i].expr is facts.frames[loop].head for i in inside):
                return inside[0] if len(inside) == 1 else None
        return None

    @kept
    def _lasting(self, name: str, scope: ScopeId) -> Sequence[int]:
        """Which of the bindings of a name are not those of a comprehension, which has names of its own; none of a name
        with but one binding, or that other scopes bind too."""
        facts, bound = self.material.program.facts(scope), self.material.program.bound(scope, name)
        heads = {id(frame.head) for frame in facts.frames if frame.kind == "for"}
        lasting = [i for i, b in enumerate(bound) if b.kind not in ITEMS or id(b.expr) in heads]
        if len(lasting) == len(bound) == 1 or any(b.scope != scope.index for b in bound):
            return ()
        return lasting

    def _at(self, key: m.Expr, scope: ScopeId, op: int) -> Asking[Domain | None]:
        """What is known of a key at an operation by the conditions around it and by what was looked up before."""
        facts, found = self.material.program.facts(scope), []
        for condition, truth in (*guards(facts, op), *asserted(facts, op)):
            found.append((yield from self._by(condition, truth, key, scope)))
        if any(
            f.kind == "case" and f.closed and f.head == key for f in (facts.frames[i] for i in frames_of(facts, op))
        ):
            return Domain("closed", "matched against constants", source="constant")
        if self._is_between(key, scope, op):
            return Domain("closed", "a whole number between constants", source="constant")
        found.append((yield from self.lookups.at(key, scope, op)))
        return min((one for one in found if one is not None), key=lambda domain: domain.kind, default=None)

    def _is_between(self, key: m.Expr, scope: ScopeId, op: int) -> bool:
        """Whether a key is a whole number, or the text of one, that was found to lie between two constants."""
        facts, bounds = self.material.program.facts(scope), set[str]()
        for test, truth in held_at(facts, op):
            if isinstance(test, m.Compare) and (truth or len(test.ops) == 1):
                for low, high in _ordered(test, truth):
                    for side, limit, number in (("above", low, high), ("below", high, low)):
                        if isinstance(limit, m.Const) and limit.kind == "int" and self._tells(number, key, scope):
                            bounds.add(side)
        return len(bounds) == 2

    def _tells(self, number: m.Expr, key: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is a key that is a whole number, or the number that its text is read as."""
        bound = self.material.program.only(scope, number)
        given = bound.given if bound is not None else number
        if number == key:
            if bound is not None and bound.kind == "parameter":
                return self.material.program.facts(scope).parameters[bound.index].annotation == m.Name("int")
            return isinstance(given, m.Call) and given.func in _WHOLE
        return (
            isinstance(given, m.Call)
            and given.func == m.Name("int")
            and len(given.args) == 1
            and any(_is_text_of(part, key) for part in _alternatives(given.args[0].value))
        )

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


def _ordered(test: m.Compare, truth: bool) -> Iterator[tuple[m.Expr, m.Expr]]:
    """The pairs of which a comparison that comes out so says that the first is no more than the second."""
    for operator, (left, right) in zip(test.ops, pairwise((test.left, *test.items)), strict=True):
        if operator in (_LESS if truth else _MORE):
            yield left, right
        elif operator in (_MORE if truth else _LESS):
            yield right, left


def _alternatives(expr: m.Expr) -> tuple[m.Expr, ...]:
    return expr.items if isinstance(expr, m.BoolOp) else (expr,)


def _is_text_of(expr: m.Expr, key: m.Expr) -> bool:
    """Whether an expression is the text of a key, or that without its ends."""
    while isinstance(expr, m.Call) and isinstance(expr.func, m.Attr):
        if expr.func.name not in name_lists().text_conversions:
            return False
        expr = expr.func.base
    return expr == key
