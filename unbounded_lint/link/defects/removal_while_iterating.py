"""Removals from the very container that a loop is walking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.program.blocks import LOOPS, evaluated_at, frames_of, guards, ops_in, parts_of
from unbounded_lint.link.program.program import Binding, ScopeId
from unbounded_lint.link.runs.context import LIVE
from unbounded_lint.link.verdicts.container import Container

DEPTH = 2
"""How many calls a removal may stand away from the loop."""

_FAMILIES = frozenset({"map", "set", "list", "deque"})
_CHANGED = frozenset({"RuntimeError"})


Way: TypeAlias = Literal["leaves", "goes on"]
"""What the rest of a block does for certain: it leaves a loop, or goes on with its next round."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A removal from a container by the loop that walks it.

    scope, loop   the function with the loop, and the operation at which it begins to walk
    removal       the access that removes
    call          the operation of the loop that calls the function with the removal, None when it stands in the loop
    skips         nothing is raised (a list): the entry behind each removed one is passed over
    """

    scope: ScopeId
    loop: int
    removal: Access
    call: int | None
    skips: bool


class RemovalsWhileIterating(Question):
    """Finds the loops over a container that change its size and go on."""

    def of(self, container: Container) -> tuple[Clash, ...]:
        """The removals of whole entries that run while a loop walks the container, where running code makes it
        grow."""
        family = container.holder.made.kind.family
        if family not in _FAMILIES or not container.inserts:
            return ()
        sure = [a for r in container.removals if _is_sure(a := r.access)]
        walked = {id(a.site.node) for a in container.accesses if not a.nested and not a.guess}
        found = [clash for access in sure for clash in self._in_place(access, walked, family)]
        if family != "list":
            walking = {a.scope for a in container.accesses if a.kind == "iterate" and not a.nested}
            for scope in sorted(walking):
                found.extend(self._through_calls(scope, walked, sure))
        return tuple(dict.fromkeys(c for c in found if self.execution.kinds(c.scope, c.loop) & LIVE))

    # --- in the loop itself ---

    def _in_place(self, access: Access, walked: set[int], family: str) -> Iterator[Clash]:
        facts = self.program.facts(access.scope)
        for index in frames_of(facts, access.op):
            frame = facts.frames[index]
            if frame.kind != "for" or frame.head is None or frame.is_async:
                continue
            base = self._walked(frame.head, access.scope, walked)
            if base is None or not self._is_same(base, access.site.node, access.scope):
                continue
            if self._leaves(facts, access.op, index) or self._expects(facts, index):
                continue
            if family == "list" and (self._runs_backwards(frame.head) or self._picks_one(facts, access.op, index)):
                continue
            yield Clash(access.scope, _head_op(facts, index), access, None, family == "list")
        yield from self._in_comprehension(access, walked, family)

    def _in_comprehension(self, access: Access, walked: set[int], family: str) -> Iterator[Clash]:
        for position, parent in enumerate(access.site.parents):
            if not isinstance(parent, m.Comp) or parent.kind == "generator":
                continue
            inner = (*access.site.parents[position + 1 :], access.site.node)
            base = self._walked(parent.clauses[0].iterable, access.scope, walked)
            if base is None or any(node is parent.clauses[0].iterable for node in inner):
                continue
            if self._is_same(base, access.site.node, access.scope):
                yield Clash(access.scope, access.op, access, None, family == "list")

    def _walked(self, head: m.Expr, scope: ScopeId, walked: set[int], depth: int = 4) -> m.Expr | None:
        """The container itself in an expression that walks it step by step; None for copies and for other things."""
        if id(head) in walked:
            return head
        if not depth:
            return None
        match head:
            case m.Call(func=m.Attr(base=base, name=name), args=()) if (
                name in name_lists().live_views and id(base) in walked
            ):
                return base
            case m.Call(func=func, args=args) if set(callee_names(func, scope, self.resolver)) & (
                name_lists().lazy | {"reversed"}
            ):
                found = (self._walked(a.value, scope, walked, depth - 1) for a in args if a.keyword is None)
                return next((f for f in found if f is not None), None)
            case m.Comp(kind="generator", clauses=clauses):
                return self._walked(clauses[0].iterable, scope, walked, depth - 1)
            case m.Name(id=name):
                bound = self._bound_once(name, scope)
                return None if bound is None else self._walked(bound, scope, walked, depth - 1)
        return None

    def _bound_once(self, name: str, scope: ScopeId) -> m.Expr | None:
        """What a local name is bound to, if that happens in one place."""
        bindings: tuple[Binding, ...] = self.program.of(scope).bindings(scope.index).get(name, ())
        if len(bindings) == 1 and bindings[0].kind == "value" and bindings[0].scope == scope.index:
            return bindings[0].expr
        return None

    def _is_same(self, one: m.Expr, other: m.Expr, scope: ScopeId) -> bool:
        """Whether two expressions of a function name one object: a function that is handed two containers may be
        handed the same one in either place, but not at once."""
        return self._unaliased(one, scope) == self._unaliased(other, scope)

    def _unaliased(self, expr: m.Expr, scope: ScopeId) -> m.Expr:
        for _ in range(3):
            bound = self._bound_once(expr.id, scope) if isinstance(expr, m.Name) else None
            if bound is None or not isinstance(bound, m.Name | m.Attr):
                return expr
            expr = bound
        return expr

    @staticmethod
    def _runs_backwards(head: m.Expr) -> bool:
        return isinstance(head, m.Call) and any(n == m.Name("reversed") for n in w.walk(head))

    @staticmethod
    def _picks_one(facts: m.Scope, op: int, loop: int) -> bool:
        """Whether what a loop removes is the entry equal to something from outside: that it skips another then changes
        nothing."""
        target = facts.frames[loop].target
        own = {n.id for n in w.walk(target) if isinstance(n, m.Name)} if target is not None else set()
        for condition, truth in guards(facts, op):
            for node in w.walk(condition):
                if isinstance(node, m.Compare) and set(node.ops) <= {"==", "is"} and truth:
                    sides = [{n.id for n in w.walk(s) if isinstance(n, m.Name)} for s in (node.left, *node.items)]
                    if any(side & own for side in sides) and any(side and not side & own for side in sides):
                        return True
        return False

    def _expects(self, facts: m.Scope, loop: int) -> bool:
        """Whether a `try` around the loop waits for the error that a change of size gives."""
        at = facts.frames[loop].parent
        while at > 0:
            for handler in parts_of(facts, at, "except") if facts.frames[at].kind == "try" else ():
                head = facts.frames[handler].head
                if head is not None and any(isinstance(n, m.Name) and n.id in _CHANGED for n in w.walk(head)):
                    return True
            at = facts.frames[at].parent
        return False

    def _leaves(self, facts: m.Scope, op: int, loop: int) -> bool:
        """Whether nothing leads from an operation back to the head of the loop."""
        if isinstance(facts.ops[op].action, m.Return | m.Raise):
            return True
        at, frame = op, facts.ops[op].frame
        while True:
            way = self._way_on(facts, at, _always(facts, frame), loop)
            way = way or self._way_on(facts, at, _else_of(facts, frame), loop)
            if way or frame == loop:
                return way == "leaves"
            at = max((index for index, _ in ops_in(facts, frame)), default=at)
            frame = facts.frames[frame].parent

    @staticmethod
    def _way_on(facts: m.Scope, at: int, frames: tuple[int, ...], loop: int) -> Way | None:
        """What the rest of a block does for certain: "leaves" the loop, "goes on" with its next round, or neither."""
        for index in range(at + 1, len(facts.ops)):
            later = facts.ops[index]
            if later.frame not in frames:
                continue
            nearest = next((f for f in (later.frame, *frames_of(facts, index)) if facts.frames[f].kind in LOOPS), loop)
            if isinstance(later.action, m.Return | m.Raise):
                return "leaves"
            if isinstance(later.action, m.Break):
                return "leaves" if nearest == loop else None
            if isinstance(later.action, m.Continue):
                return "goes on" if nearest == loop else None
        return None

    # --- in a function that the loop calls ---

    def _through_calls(self, scope: ScopeId, walked: set[int], removing: Sequence[Access]) -> Iterator[Clash]:
        facts = self.program.facts(scope)
        for index, frame in enumerate(facts.frames):
            if frame.kind != "for" or frame.head is None or frame.is_async:
                continue
            if self._walked(frame.head, scope, walked) is None or self._expects(facts, index):
                continue
            for at, op in ops_in(facts, index):
                removal = next(self._called_removals(op, scope, removing, DEPTH, frozenset({scope})), None)
                if removal is not None and not self._leaves(facts, at, index):
                    yield Clash(scope, _head_op(facts, index), removal, at, False)
                    break

    def _called_removals(
        self, op: m.Op, scope: ScopeId, removing: Sequence[Access], depth: int, seen: frozenset[ScopeId]
    ) -> Iterator[Access]:
        """The removals that the calls of an operation make before it ends."""
        for top in w.expressions(op.action):
            for node, parents in w.walk_with_parents(top):
                for function in self.resolver.functions(node.func, scope) if isinstance(node, m.Call) else ():
                    if function in seen or self._is_later(function, parents):
                        continue
                    yield from (a for a in removing if a.scope == function and not self._is_parameter(a))
                    for below in self.program.facts(function).ops if depth > 1 else ():
                        yield from self._called_removals(below, function, removing, depth - 1, seen | {function})

    def _is_later(self, function: ScopeId, parents: tuple[m.Expr, ...]) -> bool:
        """Whether a call only makes a coroutine or a generator."""
        facts = self.program.facts(function)
        if facts.is_generator:
            return True
        return facts.is_async and not (parents and isinstance(parents[-1], m.Await))

    def _is_parameter(self, access: Access) -> bool:
        """Whether the removal takes from whatever its function is handed."""
        root = access.site.node
        while isinstance(root, m.Attr):
            root = root.base
        facts = self.program.facts(access.scope)
        first = 1 if self.program.owner_class(access.scope) is not None else 0
        return isinstance(root, m.Name) and any(p.name == root.id for p in facts.parameters[first:])


def _is_sure(access: Access) -> bool:
    """Whether an access changes the size of the container itself, here and now."""
    return access.kind in {"remove", "clear"} and not access.nested and not access.guess and access.handed is None


def _head_op(facts: m.Scope, loop: int) -> int:
    """The operation that begins a `for` loop."""
    frame = facts.frames[loop]
    before = max(frame.op - 1, 0)
    return evaluated_at(facts, frame.head, before) if frame.head is not None else before


def _always(facts: m.Scope, frame: int) -> tuple[int, ...]:
    """A block, and what stands in it under `if True` or `with`."""
    found = [frame]
    for index, inner in enumerate(facts.frames):
        if inner.parent in found and (
            inner.kind == "with"
            or (inner.kind == "if" and isinstance(inner.head, m.Const) and inner.head.value == "True")
        ):
            found.append(index)
    return tuple(found)


def _else_of(facts: m.Scope, frame: int) -> tuple[int, ...]:
    """The `else` of the `try` that a frame is the body of: it runs when the body has ended well."""
    if facts.frames[frame].kind != "try":
        return ()
    return parts_of(facts, frame, "try-else")
