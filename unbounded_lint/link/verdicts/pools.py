"""Pools: what is given back waits in a free list, and a new object is made only where that is empty. There are then as
many as were ever in use at once."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.program.blocks import apart, guards, in_twin
from unbounded_lint.link.program.kept import kept, listed
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.program import Program
from unbounded_lint.link.program.truth import straight


class Pools:
    """Recognises the inserts of a pool."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def is_free_list(self, accesses: AccessList) -> bool:
        """Whether some removal takes any entry for a name that gets a new object where there is none."""
        return any(self._is_draw(other) for other in accesses if other.kind == "remove" and not other.nested)

    def keeps(self, access: Access, *, gives_back: bool) -> bool:
        """Whether an insert keeps an object that is only made where a free list has none; or, where the container is
        a free list, gives one back to it."""
        return self._is_made_for_want(access) or (
            gives_back and isinstance(access.value, m.Name) and not self._is_made_here(access, access.value.id)
        )

    def _is_made_for_want(self, access: Access) -> bool:
        name = access.value.id if isinstance(access.value, m.Name) else None
        return name is not None and any(
            taken == name and self._is_instead(access.scope, access.op, at, base)
            for at, base, taken in self._draws(access.scope)
        )

    def _is_draw(self, removal: Access) -> bool:
        return any(
            at == removal.op and self._is_instead(removal.scope, made, at, base)
            for at, base, taken in self._draws(removal.scope)
            for made in self._made(removal.scope, taken)
        )

    def _is_made_here(self, access: Access, name: str) -> bool:
        """Whether a function that takes none out makes the object."""
        drawn = any(taken == name for _, _, taken in self._draws(access.scope))
        return not drawn and bool(self._made(access.scope, name))

    @listed
    def _draws(self, scope: ScopeId) -> Iterator[tuple[int, m.Expr, str]]:
        """Where a scope binds a name to any entry of a container, or returns one as it returns what the name stands for
        elsewhere: the operation, the container, the name."""
        for at, op in enumerate(self.program.facts(scope).ops):
            value = op.action.value if isinstance(op.action, m.Assign | m.Return) else None
            match value:
                case m.Call(func=m.Attr(base=base, name=method), args=()) if method in name_lists().draws:
                    given = op.action.targets if isinstance(op.action, m.Assign) else self.program.returned(scope)
                    yield from ((at, base, target.id) for target in given if isinstance(target, m.Name))

    @kept
    def _made(self, scope: ScopeId, name: str) -> tuple[int, ...]:
        """Where a scope binds a name to the result of another call."""
        drawn = {at for at, _, _ in self._draws(scope)}
        return tuple(
            at
            for at, op in enumerate(self.program.facts(scope).ops)
            if at not in drawn
            and isinstance(op.action, m.Assign)
            and isinstance(op.action.value, m.Call)
            and m.Name(name) in op.action.targets
        )

    def _is_instead(self, scope: ScopeId, op: int, draw: int, base: m.Expr) -> bool:
        """Whether an operation runs only where a container has nothing to draw."""
        facts = self.program.facts(scope)
        if any(in_twin(facts, frame, draw) for frame in apart(facts, op, draw)):
            return True
        return any(not test.truth and base in w.walk(test.expr) for test in (straight(*g) for g in guards(facts, op)))
