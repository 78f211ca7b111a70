"""Removals from the very container that a loop is walking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.program.blocks import (
    evaluated_at,
    frames_of,
    guards,
    inside,
    is_true,
    layout,
    loops_around,
    ops_in,
    parts_of,
)
from unbounded_lint.link.program.definitions import expansions
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.context import LIVE
from unbounded_lint.link.verdicts.container import Container

DEPTH = 2
"""How many calls a removal may stand away from the loop."""

_FAMILIES = frozenset({"map", "set", "list", "deque"})


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
            removing = {a.scope: a for a in reversed(sure) if not self._is_parameter(a)}
            for scope in sorted({a.scope for a in container.accesses if a.kind == "iterate" and not a.nested}):
                found.extend(self._through_calls(scope, walked, removing))
        return tuple(dict.fromkeys(c for c in found if self.execution.kinds(c.scope, c.loop) & LIVE))

    def _loops(self, scope: ScopeId, walked: set[int]) -> Iterator[tuple[int, m.Expr]]:
        """The loops of a scope that walk the container and do not wait for the error that a change of size gives, each
        with the container as it is written there."""
        facts = self.program.facts(scope)
        for index in layout(facts).by_kind.get("for", ()):
            frame = facts.frames[index]
            base = None if frame.is_async or frame.head is None else self._walked(frame.head, scope, walked)
            if base is not None and not _expects_error(facts, index):
                yield index, base

    # --- in the loop itself ---

    def _in_place(self, access: Access, walked: set[int], family: str) -> Iterator[Clash]:
        facts, scope, is_list = self.program.facts(access.scope), access.scope, family == "list"
        for index, base in self._loops(scope, walked):
            if not inside(facts, access.op, index) or not self._is_same(base, access.site.node, scope):
                continue
            if not _leaves(facts, access.op, index) and (not is_list or _skips_others(facts, access.op, index)):
                yield Clash(scope, _head_op(facts, index), access, None, is_list)

    def _walked(self, head: m.Expr, scope: ScopeId, walked: set[int], depth: int = 4) -> m.Expr | None:
        """The container itself in an expression that walks it step by step; None for copies and for other things."""
        if id(head) in walked:
            return head
        inner: m.Expr | None = None
        match head:
            case m.Call(func=m.Attr(base=base, name=name), args=()) if name in name_lists().live_views:
                return base if id(base) in walked else None
            case m.Call(func=func, args=args):
                if not {"reversed", *name_lists().lazy}.isdisjoint(callee_names(func, scope, self.resolver)):
                    found = (self._walked(a.value, scope, walked, depth - 1) for a in args if depth)
                    return next((base for base in found if base is not None), None)
            case m.Comp(kind="generator", clauses=clauses):
                inner = clauses[0].iterable
            case m.Name(id=name):
                inner = self._bound_once(name, scope)
        return self._walked(inner, scope, walked, depth - 1) if inner is not None and depth else None

    def _bound_once(self, name: str, scope: ScopeId) -> m.Expr | None:
        """What a local name is bound to, if that happens in one place."""
        bindings = self.program.of(scope).bindings(scope.index).get(name, ())
        if len(bindings) == 1 and bindings[0].kind == "value" and bindings[0].scope == scope.index:
            return bindings[0].expr
        return None

    def _is_same(self, one: m.Expr, other: m.Expr, scope: ScopeId) -> bool:
        """Whether two expressions of a function name one object: a function that is handed two containers may be
        handed the same one in either place, but not at once."""
        names = [e for e in expansions(self.program, one, scope) if isinstance(e, m.Name | m.Attr)]
        return other in names or any(name in names for name in expansions(self.program, other, scope))

    # --- in a function that the loop calls ---

    def _through_calls(self, scope: ScopeId, walked: set[int], removing: Mapping[ScopeId, Access]) -> Iterator[Clash]:
        facts = self.program.facts(scope)
        for loop, _ in self._loops(scope, walked):
            for at, function in self._called(scope):
                removal = self._removal_below(function, {scope}, removing) if inside(facts, at, loop) else None
                if removal is not None and not _leaves(facts, at, loop):
                    yield Clash(scope, _head_op(facts, loop), removal, at, False)
                    break

    def _removal_below(
        self, function: ScopeId, above: set[ScopeId], removing: Mapping[ScopeId, Access]
    ) -> Access | None:
        """The first removal that a function makes before it ends, itself or by those that it calls."""
        if function in above:
            return None
        if function in removing or len(above) == DEPTH:
            return removing.get(function)
        below = (self._removal_below(callee, {*above, function}, removing) for _, callee in self._called(function))
        return next((removal for removal in below if removal is not None), None)

    @kept
    def _called(self, scope: ScopeId) -> tuple[tuple[int, ScopeId], ...]:
        """The functions that a scope calls and waits for, each with the operation: the call of a coroutine or of a
        generator alone runs nothing of it."""
        found: list[tuple[int, ScopeId]] = []
        for at, op in enumerate(self.program.facts(scope).ops):
            for top in w.expressions(op.action):
                for node, parents in w.walk_with_parents(top):
                    awaited = bool(parents) and isinstance(parents[-1], m.Await)
                    for function in self.resolver.functions(node.func, scope) if isinstance(node, m.Call) else ():
                        facts = self.program.facts(function)
                        if not facts.is_generator and (awaited or not facts.is_async):
                            found.append((at, function))
        return tuple(found)

    def _is_parameter(self, access: Access) -> bool:
        """Whether the removal takes from whatever its function is handed."""
        root = access.site.node
        while isinstance(root, m.Attr):
            root = root.base
        first = 0 if self.program.owner_class(access.scope) is None else 1
        parameters = self.program.facts(access.scope).parameters[first:]
        return isinstance(root, m.Name) and any(p.name == root.id for p in parameters)


def _is_sure(access: Access) -> bool:
    """Whether an access changes the size of the container itself, here and now."""
    return access.kind in {"remove", "clear"} and not access.nested and not access.guess and access.handed is None


def _head_op(facts: m.Scope, loop: int) -> int:
    """The operation that begins a `for` loop."""
    frame = facts.frames[loop]
    before = max(frame.op - 1, 0)
    return evaluated_at(facts, frame.head, before) if frame.head is not None else before


def _expects_error(facts: m.Scope, loop: int) -> bool:
    """Whether a `try` around a loop waits for the error that a change of size gives."""
    around = [frame for frame in frames_of(facts, _head_op(facts, loop)) if facts.frames[frame].kind == "try"]
    heads = [facts.frames[handler].head for frame in around for handler in parts_of(facts, frame, "except")]
    return any(m.Name("RuntimeError") in w.walk(head) for head in heads if head is not None)


def _skips_others(facts: m.Scope, op: int, loop: int) -> bool:
    """Whether a loop over a list that removes what it finds passes over other entries, and to any effect: one that
    runs backwards does not, and where the one entry equal to something from outside goes, no other is looked for."""
    head, target = facts.frames[loop].head, facts.frames[loop].target
    if isinstance(head, m.Call) and m.Name("reversed") in w.walk(head):
        return False
    own = _names(target) if target is not None else set()
    for condition, truth in guards(facts, op):
        for node in w.walk(condition):
            if isinstance(node, m.Compare) and set(node.ops) <= {"==", "is"} and truth:
                sides = [_names(side) for side in (node.left, *node.items)]
                if any(side & own for side in sides) and any(side and not side & own for side in sides):
                    return False
    return True


def _names(expr: m.Expr) -> set[str]:
    return {node.id for node in w.walk(expr) if isinstance(node, m.Name)}


def _leaves(facts: m.Scope, op: int, loop: int) -> bool:
    """Whether nothing leads from an operation of a loop back to its head: what follows for certain leaves it."""
    if isinstance(facts.ops[op].action, m.Return | m.Raise):
        return True
    certain = _certain(facts, op)
    for at, later in ops_in(facts, loop):
        if at > op and later.frame in certain:
            match later.action:
                case m.Return() | m.Raise():
                    return True
                case m.Break() | m.Continue() if loops_around(facts, at)[0] == loop:
                    return isinstance(later.action, m.Break)
    return False


def _certain(facts: m.Scope, op: int) -> set[int]:
    """The blocks in which an operation stands, with what runs in them behind it whatever is asked."""
    found = {0, *frames_of(facts, op)}
    for index, frame in enumerate(facts.frames):
        ended_well = frame.kind == "try-else" and not found.isdisjoint(parts_of(facts, index, "try"))
        if frame.parent in found and (
            ended_well or frame.kind == "with" or (frame.kind == "if" and is_true(frame.head))
        ):
            found.add(index)
    return found
