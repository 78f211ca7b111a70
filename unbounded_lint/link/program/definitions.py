"""What the local names of a scope stand for, and whether what one was given is still what it holds where it is used."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.blocks import frames_of, loops_around, span_of
from unbounded_lint.link.program.kept import grouped, kept
from unbounded_lint.link.program.module import Place, ScopeId, Site
from unbounded_lint.link.program.program import Program

NEAREST = 20
"""How many bindings or look-ups of a name are followed: those nearest before an operation."""
DEPTH = 3
"""Through how many names one after the other an expression is followed."""

AT_ENTRY = -1
"""The origin of what a parameter holds: the call."""


def expansions(
    program: Program, expr: m.Expr | None, scope: ScopeId, op: int, depth: int = DEPTH
) -> tuple[m.Expr, ...]:
    """An expression, and what the local names in it are bound to, where an operation uses it."""
    if expr is None or not depth:
        return ()
    found = [expr]
    for node in w.walk(expr):
        for binding in nearest(program.bound(scope, node.id), op) if isinstance(node, m.Name) else ():
            if binding.expr is not None and binding.kind != "parameter" and binding.scope == scope.index:
                found.extend(expansions(program, binding.expr, scope, op, depth - 1))
    return tuple(found)


def expanded(program: Program, expr: m.Expr | None, scope: ScopeId, op: int) -> Iterator[m.Expr]:
    """An expression with its parts, and those of what the local names in it are bound to."""
    return (node for whole in expansions(program, expr, scope, op) for node in w.walk(whole))


def nearest(bindings: Sequence[Binding], op: int) -> Sequence[Binding]:
    """The bindings of a name in a scope; of very many, those shortly before an operation."""
    if len(bindings) <= NEAREST:
        return bindings
    end = bisect_right(bindings, op, key=lambda binding: binding.op)
    return bindings[max(end - NEAREST, 0) : end]


class Reaching:
    """Decides whether another assignment always stands between the one that gave a local name a value and a use."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def expansions(self, expr: m.Expr, scope: ScopeId, op: int, depth: int = DEPTH) -> Iterator[m.Expr]:
        """An expression, and what the local names that it is made of may still be bound to where an operation uses it:
        not those that it hands to a call, whose result is something else."""
        yield expr
        for name in _made_of(expr) if depth > 1 else ():
            for binding in nearest(self.program.bound(scope, name.id), op):
                if binding.expr is None or binding.kind == "parameter" or binding.scope != scope.index:
                    continue
                if not self.is_overwritten(scope, name.id, binding.op, op):
                    yield from self.expansions(binding.expr, scope, binding.op, depth - 1)

    def is_overwritten(self, scope: ScopeId, name: str, origin: int, use: int) -> bool:
        """Whether the value that operation `origin` gives to a name of a function can never be there at `use`.

        A use in front of its origin sees the value only in a later round of a loop around both.
        """
        facts = self.program.facts(scope)
        if facts.kind != "function" or origin == use:
            return False
        rebinds = self._rebinds(scope, name)
        if rebinds is None:
            return False
        around, last = {0, *frames_of(facts, use)}, bisect_left(rebinds, use)
        if origin < use:
            between = range(bisect_right(rebinds, origin), last)
            return any(facts.ops[rebinds[at]].frame in around for at in between)
        action = facts.ops[use].action
        if isinstance(action, m.Eval) and action.role == "while":
            return False
        shared = [frame for frame in loops_around(facts, use) if frame in loops_around(facts, origin)]
        before = (rebinds[at] for at in range(last) if facts.ops[rebinds[at]].frame in around)
        return not shared or any(shared[0] in frames_of(facts, op) for op in before)

    @kept
    def _rebinds(self, scope: ScopeId, name: str) -> Sequence[int] | None:
        """The assignments to the name; None where an inner function assigns to it too."""
        facts, found = self.program.facts(scope), []
        for binding in self.program.bound(scope, name):
            if binding.scope != scope.index:
                return None
            action = facts.ops[binding.op].action if binding.op >= 0 else None
            if isinstance(action, m.Assign) and action.value is not None and m.Name(name) in action.targets:
                found.append(binding.op)
        return found

    def is_replaced(self, site: Site, origin: Place) -> bool:
        """Whether the function in which `name.attribute` stands at a site has always given the attribute something else
        by then than the assignment or call at `origin` did, and nothing in between could undo that: another assignment
        to the name, a call of a method of it, or one that it is handed to."""
        scope, use, node = site.scope, site.op, site.node
        facts = self.program.facts(scope)
        stores = self._stores(scope).get(node, ()) if facts.kind == "function" else ()
        if not stores or not isinstance(node, m.Attr) or not isinstance(node.base, m.Name):
            return False
        around = {0, *frames_of(facts, use)}
        before = [op for op in stores[: bisect_left(stores, use)][-NEAREST:] if facts.ops[op].frame in around]
        if not before or (origin[0] == scope and origin[1] >= before[-1]):
            return False
        last = before[-1]
        rounds = [loop for loop in loops_around(facts, use) if loop not in frames_of(facts, last)]
        end = max(use, span_of(facts, rounds[-1]).stop - 1) if rounds else use
        if origin[0] == scope and last < origin[1] <= end:
            return False
        given = self._given_away(scope).get(node.base.id, ())
        return bisect_right(given, last) == bisect_right(given, end)

    @kept
    def _stores(self, scope: ScopeId) -> Mapping[m.Expr, Sequence[int]]:
        """The attributes of local names that a scope assigns to, and by which operations, in order."""
        return grouped(
            (target, index)
            for index, op in enumerate(self.program.facts(scope).ops)
            if isinstance(op.action, m.Assign) and op.action.value is not None
            for target in op.action.targets
            if isinstance(target, m.Attr) and isinstance(target.base, m.Name)
        )

    @kept
    def _given_away(self, scope: ScopeId) -> Mapping[str, Sequence[int]]:
        """The names of a scope, and the operations, in order, by which one of their attributes may get something new
        unseen: that bind the name, or use it otherwise than for an attribute that is not called."""
        facts, found = self.program.facts(scope), dict[str, list[int]]()
        for index, op in enumerate(facts.ops):
            for node, parents in (pair for top in w.expressions(op.action) for pair in w.walk_with_parents(top)):
                if isinstance(node, m.Name) and not _is_part_used(parents):
                    found.setdefault(node.id, []).append(index)
        for index, bound in self.program.of(scope).names.bound_at(scope.index).items():
            for name, _ in bound:
                found.setdefault(name, []).append(index)
        return {name: sorted(ops) for name, ops in found.items()}


def _made_of(expr: m.Expr) -> Iterator[m.Name]:
    """The names in an expression but for those in the arguments of calls that make no copy."""
    pending = [expr]
    for part in pending:
        if isinstance(part, m.Name):
            yield part
        elif isinstance(part, m.Call) and w.dotted(part.func) not in name_lists().finite_copies:
            pending.append(part.func)
        else:
            pending.extend(w.children(part))


def _is_part_used(parents: Sequence[m.Expr]) -> bool:
    """Whether what stands around a name takes an attribute of it, and calls no method of it."""
    if not parents or not isinstance(parents[-1], m.Attr):
        return False
    above = parents[-2] if len(parents) > 1 else None
    return not (isinstance(above, m.Call) and above.func is parents[-1])
