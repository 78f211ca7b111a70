"""Why a clean-up or a timer of an entry need not come to its removal: a condition that the ordinary way makes false, or
a name that stands for another entry by then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import REMOVING, Access, AccessList
from unbounded_lint.link.dataflow.values import argument_of
from unbounded_lint.link.program.blocks import (
    frames_of,
    guards,
    held_at,
    in_block,
    in_twin,
    layout,
    loops_around,
    ops_in,
    span_of,
)
from unbounded_lint.link.program.module import Place, ScopeId, Site, stored
from unbounded_lint.link.program.truth import NONE, Asked, flag_of, held, is_so
from unbounded_lint.link.runs.context import ContextKind
from unbounded_lint.link.runs.execution import RunQuery

_UNASKED: frozenset[ContextKind] = frozenset({"api", "test", "tested", "dead", "barred"})
"""What sets a value that nobody here asks for."""

_STEPS = 3
"""Through how many parameters and attributes the value of a setting is followed."""


class Reservations(RunQuery):
    """Finds what keeps removals from running. It takes evidence: a condition that cannot be read holds."""

    # --- clean-up that leaves out the ordinary way ---

    def leave_out(self, scope: ScopeId, op: int, accesses: AccessList) -> bool:
        """Whether an operation of a clean-up or of a callback only runs after a failure, since the ordinary way makes a
        condition in front of it false."""
        facts = self.program.facts(scope)
        cleanup = layout(facts).cleanup[facts.ops[op].frame]
        outer = {id(test) for test, _ in guards(facts, facts.frames[cleanup].op)} if cleanup else set()
        inner = (part for test, truth in guards(facts, op) if id(test) not in outer for part in held(test, truth))
        return any(self._fails_on_success(part, scope, cleanup, accesses) for part in inner)

    def _fails_on_success(self, asked: Asked, scope: ScopeId, cleanup: int, accesses: AccessList) -> bool:
        flag = flag_of(asked.expr)
        if isinstance(flag, m.Call):
            return w.last_name(flag.func) in {"cancelled", "exception"} and not is_so(asked, NONE)
        if isinstance(flag, m.Attr):
            return any(self._is_elsewhere(at, accesses) for at in self._falsified(asked, flag, scope))
        if not isinstance(flag, m.Name) or (owner := self.resolver.owner(flag.id, scope)) is None:
            return False
        facts = self.program.facts(owner)
        if owner == scope and facts.name in name_lists().exits:
            error = {p.name for p in facts.parameters[1:4]}
            return flag.id in error and not is_so(asked, NONE)
        return bool(cleanup) and owner == scope and self._ends_false(asked, flag, scope, cleanup, accesses)

    def _ends_false(self, asked: Asked, flag: m.Name, scope: ScopeId, cleanup: int, accesses: AccessList) -> bool:
        """Whether a local flag is false at the end of a `try` that nothing failed in, though no entry was removed."""
        facts = self.program.facts(scope)
        parts = layout(facts).by_statement[facts.frames[cleanup].statement]
        start = facts.frames[parts[0]].op
        usual = [b for b in self.program.bound(scope, flag) if not self._is_handled(facts, b.op, parts)]
        inner = [b for b in usual if start <= b.op < facts.frames[cleanup].op]
        told = inner or [b for b in usual if b.op < start][-1:]
        return any(
            b.scope == scope.index and isinstance(b.given, m.Const) and not is_so(asked, b.given) for b in told
        ) and not any(b in inner and self._is_by_removal((scope, b.op), cleanup, accesses) for b in told)

    @staticmethod
    def _is_handled(facts: m.Scope, op: int, parts: Iterable[int]) -> bool:
        return any(facts.frames[part].kind == "except" and in_block(facts, part, op) for part in parts)

    def _is_by_removal(self, place: Place, cleanup: int, accesses: AccessList) -> bool:
        """Whether an entry is removed in the block of an operation, or a call that leads to a removal stands there."""
        scope, op = place
        facts = self.program.facts(scope)
        found = [a.op for a in accesses.within(scope, *REMOVING)]
        found += [at for a in accesses if a.kind in REMOVING for by, at in self.graph.callers(a.scope) if by == scope]
        block = facts.ops[op].frame
        return any(in_block(facts, block, at) and not in_block(facts, cleanup, at) for at in found if at >= 0)

    def _is_elsewhere(self, place: Place, accesses: AccessList) -> bool:
        """Whether running code comes to a place without removing an entry."""
        if self.execution.kinds(*place) <= _UNASKED - {"api"}:
            return False
        return not any(place[0] in self.graph.above(a.scope) for a in accesses if a.kind in REMOVING)

    # --- timers that are armed under a condition ---

    def has_no_limit(self, scope: ScopeId, op: int, accesses: AccessList) -> bool:
        """Whether a condition in front of an operation compares a size with a limit, and another one says that there is
        one, which there is only if somebody asks for it."""
        tests = [part.expr for part in held_at(self.program.facts(scope), op)]
        compared = [test for test in tests if isinstance(test, m.Compare) and _measures(test)]
        limits = {part for test in compared for side in (test.left, *test.items) for part in w.walk(side)}
        return self.is_unasked(scope, op, accesses, limits)

    def is_unasked(
        self, scope: ScopeId, op: int, accesses: AccessList, about: Collection[m.Expr] | None = None
    ) -> bool:
        """Whether a condition in front of an operation (about one of some expressions) is false unless somebody asks
        for it to be true, and does not stand in front of the inserts."""
        inserts = [a for a in accesses if a.kind == "insert" and not a.nested]
        known = {part for a in inserts for part in held_at(self.program.facts(a.scope), a.op)}
        for part in held_at(self.program.facts(scope), op):
            fits = partial(_contradicts, part)
            flag = flag_of(part.expr)
            if part in known or (about is not None and flag not in about):
                continue
            if self._can_be(flag, scope, fits, _STEPS):
                return True
        return False

    def _can_be(self, flag: m.Expr | None, scope: ScopeId, fits: Callable[[m.Const], bool], steps: int) -> bool:
        """Whether a value that fits is what a setting is left at: a default that no call replaces, or a first value
        that nothing at work changes."""
        if isinstance(flag, m.Const):
            return fits(flag)
        if isinstance(flag, m.Attr):
            writes = self.resolver.assigned(flag.name, self.resolver.owners(flag.base, scope))
            return bool(steps) and self._is_left(writes, fits, steps - 1)
        if not isinstance(flag, m.Name) or (owner := self.resolver.owner(flag.id, scope)) is None:
            return False
        first, *others = self.program.bound(owner, flag)
        if any(not self.execution.kinds(ScopeId(owner.path, b.scope), b.op) <= _UNASKED for b in others):
            return False
        if first.kind == "parameter":
            return not others and bool(steps) and self._is_passed(owner, first.index, fits, steps - 1)
        return isinstance(first.expr, m.Const) and first.kind == "value" and fits(first.expr)

    def _is_passed(self, function: ScopeId, index: int, fits: Callable[[m.Const], bool], steps: int) -> bool:
        """Whether some call makes a parameter one that fits, or leaves it; without a call, whether its default does."""
        facts, sites = self.program.facts(function), self.flow.call_sites(function)
        default = facts.parameters[index].default
        for site in sites:
            argument = argument_of(facts, index, site)
            if argument is None and site.call is not None and any(a.star for a in site.call.args):
                continue
            if self._can_be(argument or default, site.scope, fits, steps):
                return True
        return not sites and isinstance(default, m.Const) and fits(default)

    def _is_left(self, writes: Iterable[Site], fits: Callable[[m.Const], bool], steps: int) -> bool:
        """Whether an attribute is made one that fits, and nothing at work writes to it later."""
        made: list[Site] = []
        for site in writes:
            if self.program.facts(site.scope).name in name_lists().constructors:
                made.append(site)
            elif not self.execution.kinds(site.scope, site.op) <= _UNASKED:
                return False
        values = ((stored(self.program.op(site).action, site), site.scope) for site in made)
        return bool(made) and all(self._can_be(value, scope, fits, steps) for value, scope in values)

    # --- callbacks that look at names too late ---

    def is_rebound(self, access: Access) -> bool:
        """Whether a callback made in a loop takes its key from names that the next round gives another value."""
        outside = self.program.parent(access.scope)
        if access.key is None or access.handed is not None or outside is None or not outside.index:
            return False
        shared = {name for name in w.names(access.key) if self.resolver.owner(name, access.scope) == outside}
        made = [edge.root[1] for edge in self.graph.edges(access.scope) if edge.root[0] == outside and edge.handed]
        return bool(shared) and any(self._changes(outside, op, shared) for op in made)

    def _changes(self, scope: ScopeId, op: int, names: set[str]) -> bool:
        """Whether the loop around an operation binds one of the names in each round, with no wait behind that."""
        facts, bindings = self.program.facts(scope), self.program.of(scope).names.of(scope.index)
        for loop in loops_around(facts, op)[:1]:
            items = w.names(facts.frames[loop].target)
            bound = {name for name in names for b in bindings.get(name, ()) if b.op in span_of(facts, loop)}
            branches = [frame for frame in frames_of(facts, op) if facts.frames[frame].kind in {"if", "else"}]
            after = [(at, o) for at, o in ops_in(facts, loop) if at > op]
            behind = (o for at, o in after if not any(in_twin(facts, branch, at) for branch in branches))
            return bool(names & items or bound) and not any(_waits(n) for o in behind for n in w.nodes(o.action))
        return False

    # --- what is written to flags ---

    def _falsified(self, asked: Asked, flag: m.Attr, scope: ScopeId) -> Iterator[Place]:
        """Where an attribute of such an object is given a value with which a test does not come out as asked."""
        for site in self.resolver.assigned(flag.name, self.resolver.owners(flag.base, scope)):
            made = self.program.facts(site.scope).name in name_lists().constructors
            value = stored(self.program.op(site).action, site)
            if not made and isinstance(value, m.Const) and not is_so(asked, value):
                yield site.scope, site.op


def _measures(test: m.Compare) -> bool:
    """Whether a comparison is about a length."""
    return any(isinstance(part, m.Call) and part.func == m.Name("len") for part in w.walk(test))


def _contradicts(asked: Asked, value: m.Const) -> bool:
    return not is_so(asked, value)


def _waits(node: m.Expr) -> bool:
    """Whether an expression may let what was started end first: more than giving others a turn, as a sleep of no time
    does."""
    call = node.value if isinstance(node, m.Await) else node
    if isinstance(call, m.Call) and [argument.value for argument in call.args] == [m.Const("int", "0")]:
        return False
    return isinstance(node, m.Await) or (
        isinstance(node, m.Call) and w.last_name(node.func) in name_lists().waiting | {"result"}
    )
