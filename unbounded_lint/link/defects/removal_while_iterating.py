"""Removals from the very container that a loop is walking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
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
from unbounded_lint.link.program.kept import grouped, kept, listed
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import compared_with
from unbounded_lint.link.runs.context import LIVE
from unbounded_lint.link.verdicts.container import Container

DEPTH = 2
"""How many calls a removal may stand away from the loop."""

_FAMILIES = frozenset({"map", "set", "list", "deque"})


_Changes: TypeAlias = Mapping[ScopeId, Sequence[Access]]
"""Function -> what it does to the size of the container of which it knows by itself, in order."""


class _Call(NamedTuple):
    """A call that its scope waits for: its operation, what it runs, and whose method that is."""

    op: int
    function: ScopeId
    receiver: m.Expr | None


class _Below(NamedTuple):
    """A function that a loop calls; mine says whether its own object is the one whose container is walked, None where
    that cannot be told."""

    function: ScopeId
    mine: bool | None


@dataclass(frozen=True, slots=True)
class Clash:
    """A removal from a container by the loop that walks it.

    scope, loop   the function with the loop, and the operation at which it begins to walk
    removal       the access that removes
    call          the operation of the loop that calls the function with the removal, None when it stands in the loop
    skips         nothing is raised (a list): the entry behind each removed one is passed over
    asked         something calls the function with the loop, or hands it over
    """

    scope: ScopeId
    loop: int
    removal: Access
    call: int | None
    skips: bool
    asked: bool


class RemovalsWhileIterating(Question):
    """Finds the loops over a container that change its size and go on."""

    def of(self, container: Container) -> tuple[Clash, ...]:
        """The removals of whole entries that run while a loop walks the container, where running code makes it
        grow."""
        kind = container.holder.made.kind
        if kind.family not in _FAMILIES or kind.copies or not container.inserts:
            return ()
        walking = {a.scope for a in container.accesses if a.kind == "iterate" and not a.nested}
        changes = self._changes(container)
        return tuple(
            clash
            for scope in sorted({*walking, *changes})
            for clash in self._of_scope(scope, self._loops(scope, container.accesses), changes, kind.family == "list")
            if self.execution.kinds(scope, clash.loop) & LIVE
        )

    def _changes(self, container: Container) -> _Changes:
        """The removals from a container, and the inserts, which may make up for one."""
        removing = {id(r.access) for r in container.removals if r.access.kind in {"remove", "clear"}}
        found = [
            (a.scope, a)
            for a in container.accesses
            if not a.guess and a.handed is None and (id(a) in removing or (a.kind == "insert" and not a.nested))
        ]
        return grouped(sorted(found, key=lambda change: (change[0], change[1].op)))

    def _loops(self, scope: ScopeId, accesses: AccessList) -> Mapping[int, m.Expr]:
        """The loops of a scope that walk a container step by step, each with the container as it stands there."""
        walks = self._walks(scope)
        own = (a.site.node for a in accesses.within(scope) if not a.nested and not a.guess)
        found = [(loop, node) for node in own for loop in walks.get(id(node), ())]
        return dict(sorted(found, key=lambda pair: pair[0]))

    def _of_scope(self, scope: ScopeId, loops: Mapping[int, m.Expr], changes: _Changes, skips: bool) -> Iterator[Clash]:
        """The clashes of the loops of a scope with its own removals, and with the first in a function they call."""
        facts = self.program.facts(scope)
        for loop, base in loops.items():
            head = facts.frames[loop].head
            assert head is not None
            start = evaluated_at(facts, head, max(facts.frames[loop].op - 1, 0))
            if _expects_error(facts, start):
                continue
            asked, here = self._is_asked_for(scope, start), changes.get(scope, ())
            for access in here:
                same = inside(facts, access.op, loop) and self._is_same(base, access.site.node, scope, access.op)
                if same and access.kind != "insert" and not self._is_taken_away(head, access, scope):
                    harms = not skips or _skips_others(facts, access.op, loop)
                    if harms and self._goes_on(scope, access.op, loop, () if skips else here):
                        yield Clash(scope, start, access, None, skips, asked)
            called = None if skips else self._first_called(scope, loop, base, changes)
            if called is not None:
                yield Clash(scope, start, *called, skips, asked)

    def _first_called(self, scope: ScopeId, loop: int, base: m.Expr, changes: _Changes) -> tuple[Access, int] | None:
        """The first removal in a function that a loop calls and goes on behind, with the operation that calls it."""
        facts, here = self.program.facts(scope), changes.get(scope, ())
        for call in self._called(scope):
            if inside(facts, call.op, loop) and self._goes_on(scope, call.op, loop, here):
                below = _Below(call.function, self._is_on_owner(call, base, scope))
                removal = self._removal_below(below, {scope}, changes)
                if removal is not None:
                    return removal, call.op
        return None

    def _is_asked_for(self, scope: ScopeId, op: int) -> bool:
        """Whether something of the project, or of what it rests on, runs an operation, rather than its users alone."""
        return bool(self.graph.edges(scope)) or self.execution.kinds(scope, op) & LIVE != {"api"}

    def _goes_on(self, scope: ScopeId, op: int, loop: int, changes: Iterable[Access]) -> bool:
        """Whether a loop goes on behind an operation that takes an entry out, and none of some changes makes up for
        that before."""
        facts = self.program.facts(scope)
        within = (a for a in changes if inside(facts, a.op, loop))
        return not _leaves(facts, op, loop) and not _make_up_for(facts, op, within)

    def _is_on_owner(self, call: _Call, base: m.Expr, scope: ScopeId) -> bool | None:
        """Whether a method is called on the very object whose attribute a loop walks, None where that is not known."""
        if call.receiver is None or not isinstance(base, m.Attr):
            return None
        return self._is_same(base.base, call.receiver, scope, call.op)

    @kept
    def _walks(self, scope: ScopeId) -> Mapping[int, Sequence[int]]:
        """The ids of what the loops of a scope walk step by step -> the loops."""
        facts, found = self.program.facts(scope), dict[int, list[int]]()
        for loop in layout(facts).by_kind.get("for", ()):
            head = facts.frames[loop].head
            if head is not None and not facts.frames[loop].is_async:
                for node in self._walked(head, scope):
                    found.setdefault(id(node), []).append(loop)
        return found

    def _walked(self, head: m.Expr, scope: ScopeId, depth: int = 4) -> Iterator[m.Expr]:
        """What an expression walks step by step if it is a container; not what it takes a copy of."""
        yield head
        inner: m.Expr | None = None
        match head:
            case m.Call(func=m.Attr(base=base, name=name), args=()) if name in name_lists().live_views:
                yield base
            case m.Call(func=func, args=args):
                if not {"reversed", *name_lists().lazy}.isdisjoint(self.resolver.names(func, scope)):
                    for argument in args if depth else ():
                        yield from self._walked(argument.value, scope, depth - 1)
            case m.Comp(kind="generator", clauses=clauses):
                inner = clauses[0].iterable
            case m.Name():
                bound = self.program.only(scope, head)
                if bound is not None and bound.kind == "value" and bound.scope == scope.index:
                    inner = bound.expr
        if inner is not None and depth:
            yield from self._walked(inner, scope, depth - 1)

    def _is_same(self, one: m.Expr, other: m.Expr, scope: ScopeId, op: int) -> bool:
        """Whether two expressions of a function name one object: a function that is handed two containers may be
        handed the same one in either place, but not at once."""
        if one == other:
            return True
        names = {e for e in expansions(self.program, one, scope, op) if isinstance(e, m.Name | m.Attr)}
        return not names.isdisjoint(expansions(self.program, other, scope, op))

    def _is_taken_away(self, head: m.Expr, access: Access, scope: ScopeId) -> bool:
        """Whether the loop walks what a name of the function got before another container was put in its place."""
        node, ops = access.site.node, self.program.facts(scope).ops
        for part in w.walk(head):
            bound = self.program.only(scope, part)
            if bound is not None and bound.scope == scope.index and bound.expr == node:
                between = (op.action for op in ops[bound.op + 1 : access.op])
                return any(isinstance(action, m.Assign) and node in action.targets for action in between)
        return False

    # --- in a function that the loop calls ---

    def _removal_below(self, below: _Below, above: set[ScopeId], changes: _Changes) -> Access | None:
        """The first removal that a function makes before it ends, itself or by those that it calls."""
        function, mine = below
        if function in above or self._is_wrapped(function):
            return None
        own = (a for a in changes.get(function, ()) if a.kind != "insert" and not self._is_parameter(a))
        first = next((a for a in own if mine is not False or not self._is_of_self(a)), None)
        facts, here = self.program.facts(function), changes.get(function, ())
        if first is not None:
            return None if _make_up_for(facts, first.op, here) else first
        if len(above) == DEPTH:
            return None
        for call in self._called(function):
            inner = _Below(call.function, self._is_mine(call, function, mine))
            removal = self._removal_below(inner, {*above, function}, changes)
            if removal is not None:
                return None if _make_up_for(facts, call.op, here) else removal
        return None

    def _is_mine(self, call: _Call, function: ScopeId, mine: bool | None) -> bool | None:
        """Whether a method called in a method of an object is one of the object whose container is walked."""
        if mine is None or call.receiver is None:
            return None
        on_self = call.receiver == self._self(function)
        return mine if on_self else False if mine else None

    def _self(self, function: ScopeId) -> m.Expr | None:
        """The name of the object whose method a function is."""
        parameters = self.program.facts(function).parameters
        is_method = self.program.owner_class(function) is not None and bool(parameters)
        return m.Name(parameters[0].name) if is_method else None

    def _is_of_self(self, access: Access) -> bool:
        """Whether a removal takes from an attribute of the object whose method it stands in."""
        node = access.site.node
        return isinstance(node, m.Attr) and node.base == self._self(access.scope)

    def _is_wrapped(self, function: ScopeId) -> bool:
        """Whether another package's decorator stands between a function and its caller, which may run it later."""
        parent, loud = self.program.parent(function), self.execution.timers.loud_decorations(function)
        return parent is not None and any(not self.resolver.functions(call.func, parent) for call in loud)

    @listed
    def _called(self, scope: ScopeId) -> Iterator[_Call]:
        """The calls that a scope waits for: that of a coroutine or of a generator alone runs nothing of it."""
        for at, op in enumerate(self.program.facts(scope).ops):
            for top in w.expressions(op.action):
                for node, parents in w.walk_with_parents(top):
                    if isinstance(node, m.Call):
                        awaited = bool(parents) and isinstance(parents[-1], m.Await)
                        receiver = node.func.base if isinstance(node.func, m.Attr) else None
                        run = self.resolver.functions(node.func, scope)
                        yield from (_Call(at, f, receiver) for f in run if self._is_waited_for(f, awaited))

    def _is_waited_for(self, function: ScopeId, awaited: bool) -> bool:
        """Whether a call runs what it calls to its end before it goes on."""
        facts = self.program.facts(function)
        return not facts.is_generator and (awaited or not facts.is_async)

    def _is_parameter(self, access: Access) -> bool:
        """Whether the removal takes from whatever its function is handed."""
        root = w.dotted(access.site.node).partition(".")[0]
        first = 0 if self.program.owner_class(access.scope) is None else 1
        return any(p.name == root for p in self.program.facts(access.scope).parameters[first:])


def _make_up_for(facts: m.Scope, op: int, changes: Iterable[Access]) -> bool:
    """Whether an entry is put in, whatever is asked, with or behind an operation that takes one out: the size is then
    what it was."""
    certain = _certain(facts, op)
    return any(a.kind == "insert" and a.op >= op and facts.ops[a.op].frame in certain for a in changes)


def _expects_error(facts: m.Scope, op: int) -> bool:
    """Whether a `try` around an operation waits for the error that a change of size gives."""
    around = [frame for frame in frames_of(facts, op) if facts.frames[frame].kind == "try"]
    heads = [facts.frames[handler].head for frame in around for handler in parts_of(facts, frame, "except")]
    return any(m.Name("RuntimeError") in w.walk(head) for head in heads if head is not None)


def _skips_others(facts: m.Scope, op: int, loop: int) -> bool:
    """Whether a loop over a list that removes what it finds passes over other entries, and to any effect: one that
    runs backwards does not, and where the one entry equal to something from outside goes, no other is looked for."""
    head, target = facts.frames[loop].head, facts.frames[loop].target
    if isinstance(head, m.Call) and m.Name("reversed") in w.walk(head):
        return False
    own = w.names(target)
    asked = (node for condition, truth in guards(facts, op) if truth for node in w.walk(condition))
    return not any(compared_with(node, own) for node in asked)


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
