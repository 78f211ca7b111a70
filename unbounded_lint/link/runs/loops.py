"""Loops: which of them let time pass, which end by themselves, and which are what a program does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import given
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import Allocation, External, is_fresh, positional
from unbounded_lint.link.program.blocks import (
    BRANCHES,
    frames_of,
    in_block,
    is_true,
    loops_around,
    ops_in,
)
from unbounded_lint.link.program.definitions import DEPTH, NEAREST
from unbounded_lint.link.program.kept import kept, listed
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.program.truth import Asked, straight
from unbounded_lint.link.runs.timers import Timers

SHORT = 15
"""How many operations a function may have whose body is looked into for a sleep."""

_ORDER = frozenset({"<", "<=", ">", ">="})


class Loops(Query):
    """Reads loops. Memoised."""

    def __init__(self, flow: Flow, timers: Timers) -> None:
        super().__init__(flow)
        self.timers = timers

    def timed(self, scope: ScopeId, op: int) -> int | None:
        """The innermost loop around an operation that sleeps, or waits with a time limit, in each round."""
        around = loops_around(self.program.facts(scope), op)
        return next((frame for frame in around if self._is_timed(scope, frame)), None)

    def is_finite(self, scope: ScopeId, loop: m.Frame) -> bool:
        """Whether a loop goes once over what is there when it begins."""
        return loop.kind == "for" and not loop.is_async and loop.head is not None and self.is_held(loop.head, scope)

    def is_held(self, iterable: m.Expr, scope: ScopeId, depth: int = DEPTH) -> bool:
        """Whether all items of an iterable are there before the first is taken: in memory, or in a file."""
        match iterable:
            case m.Display() | m.DictDisplay() | m.Const() | m.Sub(index=m.Slice()):
                return True
            case m.Comp(kind=kind):
                return kind != "generator"
            case m.Call(func=func, args=args):
                names = set(self.resolver.names(func, scope))
                if names & name_lists().finite_views:
                    return any(self.is_held(argument, scope, depth) for argument in positional(iterable))
                if names & name_lists().finite_results:
                    return not any(map(_is_device, args[:1]))
                return bool(names & name_lists().finite_copies) or (
                    isinstance(func, m.Attr) and func.name in name_lists().finite_parts and not args
                )
            case m.Name(id=name) if depth and self._is_given_held(name, scope, depth - 1):
                return True
        return self.is_container(iterable, scope)

    def _is_given_held(self, name: str, scope: ScopeId, depth: int) -> bool:
        """Whether all that a function binds a name to is there before it is gone over."""
        bound = self.program.bound(scope, name)
        if not scope.index or not bound or len(bound) > NEAREST:
            return False
        return all(
            each.kind in {"value", "entered"}
            and each.scope == scope.index
            and each.expr is not None
            and self.is_held(each.expr, scope, depth)
            for each in bound
        )

    def is_container(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is nothing but a container that the project makes on the spot."""
        if not isinstance(expr, m.Name | m.Attr):
            return False
        values = self.resolver.values(expr, scope)
        return bool(values) and all(isinstance(v, Allocation) for v in values)

    @kept
    def _is_timed(self, scope: ScopeId, frame: int) -> bool:
        facts = self.program.facts(scope)
        loop = facts.frames[frame]
        head = loop.head
        if loop.kind == "for":
            if loop.is_async and isinstance(head, m.Call):
                tail = w.dotted(head.func).rpartition(".")[2].lower()
                return any(tick in tail for tick in self.catalog.data.loops.tickers)
            names = self.resolver.names(head.func, scope) if isinstance(head, m.Call) else ()
            if not set(names) & set(self.catalog.data.loops.endless):
                return False
        elif isinstance(head, m.Compare) and not set(head.ops) & {"is", "is not", "in", "not in", "!="}:
            return False
        if _only_tries_again(facts, frame):
            return False
        return self.sleeps(self.calls_in(scope, frame), scope)

    def is_delayed(self, scope: ScopeId, op: int) -> bool:
        """Whether a function sleeps on every way to an operation, which it then comes to once and without waiting for
        anything else, which could fail."""
        facts = self.program.facts(scope)
        slept = max((at for at, frame in self._sleeping(scope) if at < op and in_block(facts, frame, op)), default=op)
        between = (node for other in facts.ops[slept + 1 : op] for node in w.nodes(other.action))
        return slept < op and not loops_around(facts, op) and not any(isinstance(node, m.Await) for node in between)

    @listed
    def _sleeping(self, scope: ScopeId) -> Iterator[tuple[int, int]]:
        """The operations of a function that sleep, each with the block that goes on when they have."""
        facts = self.program.facts(scope)
        for at, op in enumerate(facts.ops):
            if self.sleeps(w.calls(op.action), scope, 0):
                frame = op.frame
                while facts.frames[frame].kind in {"try", "with"}:
                    frame = facts.frames[frame].parent
                yield at, frame

    def calls_in(self, scope: ScopeId, frame: int) -> Iterator[m.Call]:
        """The calls in the head of a loop and in its body."""
        facts = self.program.facts(scope)
        head = facts.frames[frame].head
        yield from (node for node in (w.walk(head) if head is not None else ()) if isinstance(node, m.Call))
        for _, op in ops_in(facts, frame):
            yield from w.calls(op.action)

    def sleeps(self, calls: Iterable[m.Call], scope: ScopeId, depth: int = 2) -> bool:
        """Whether any of some calls lets time pass, or waits with a limit: by itself, which takes less to tell, or in a
        function of the project so deep."""
        every = tuple(calls)
        for call in every:
            sleepers = self.timers.sleepers_of(call, scope)
            arguments = given(call, scope, self.resolver) if sleepers else {}
            if any(sleeper.sleeps(arguments) for sleeper in sleepers):
                return True
        functions = (each for call in every for each in self.resolver.functions(call.func, scope)) if depth else ()
        return any(self._sleeps_inside(function, depth - 1) for function in functions)

    @kept
    def _sleeps_inside(self, function: ScopeId, depth: int) -> bool:
        ops = self.program.facts(function).ops
        calls = (call for op in ops if len(ops) <= SHORT for call in w.calls(op.action))
        return self.sleeps(calls, function, depth)

    def is_stream(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is something outside that gives new items for as long as somebody writes."""
        values = self.resolver.values(expr, scope)
        return any(isinstance(v, External) and v.name in self.catalog.data.loops.streams for v in values)

    @kept
    def goes_on(self, scope: ScopeId, index: int) -> bool:
        """Whether a loop has no end of its own: nothing in it compares how far it is or leaves it on the way."""
        facts = self.program.facts(scope)
        frame = facts.frames[index]
        if frame.kind == "for":
            return frame.is_async and frame.head is not None and self.is_stream(frame.head, scope)
        if frame.head is None or isinstance(straight(frame.head, True).expr, m.Compare | m.BoolOp):
            return False
        if self._works_off(scope, index, frame.head) or _waits_for_a_kind(facts, index, frame.head):
            return False
        if self._asks_how_much(straight(frame.head, True).expr, scope):
            return False
        left = any(isinstance(op.action, m.Return | m.Break) for _, op in ops_in(facts, index))
        return not (is_true(frame.head) and left)

    def _asks_how_much(self, head: m.Expr, scope: ScopeId) -> bool:
        """Whether a loop asks a function of the project in each round which compares how much there is left, or looks
        whether all is done."""
        asked = self.resolver.functions(head.func, scope) if isinstance(head, m.Call) else ()
        told = [value for function in asked for value in self.program.returned(function)]
        return bool(told) and all(_compares(value) for value in told)

    def _works_off(self, scope: ScopeId, index: int, head: m.Expr) -> bool:
        """Whether a loop goes on for as long as there is something in a container, and takes the next out in each round
        without putting it back: it then ends with the last."""
        head = _asked_whether_filled(head)
        if not isinstance(head, m.Name | m.Attr):
            return False
        facts = self.program.facts(scope)
        drawn, put, draws = set[m.Expr](), set[m.Expr](), False
        for at, op in ops_in(facts, index):
            for call in w.calls(op.action):
                if self._draws_from(head, call, scope):
                    drawn.update(op.action.targets if isinstance(op.action, m.Assign) else ())
                    draws = True
                elif head in (getattr(call.func, "base", None), *positional(call)[:1]):
                    if not (_is_conditional(facts, at, index) and self._defers(head, scope, index)):
                        put.update(part for given in positional(call) for part in (given, *getattr(given, "items", ())))
        return draws and drawn.isdisjoint(put)

    @kept
    def _defers(self, container: m.Expr, scope: ScopeId, index: int) -> bool:
        """Whether what a loop puts back into a container under a condition only waits there for its turn: nobody else
        can see the container, and the loop waits for no time at which it is due again."""
        if self.sleeps(self.calls_in(scope, index), scope):
            return False
        return self.is_private(container, scope)

    def is_private(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether a name stands for a container of one call of a function that nothing else sees: it is made there, and
        only its methods are used."""
        bound = self.program.only(scope, expr) if scope.index else None
        if not isinstance(expr, m.Name) or bound is None or bound.kind != "value":
            return False
        if bound.scope != scope.index or bound.given is None or not self._makes_one(bound.given, scope):
            return False
        sites = self.program.of(scope).sites_within(scope.index, expr.id)
        return all(site.scope == scope and (site.op == bound.op or _is_asked(site)) for site in sites)

    def _makes_one(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression makes a container on the spot."""
        if is_fresh(expr):
            return True
        names = self.resolver.names(expr.func, scope) if isinstance(expr, m.Call) else ()
        return any(self.catalog.container(name) is not None for name in names)

    def _draws_from(self, container: m.Expr, call: m.Call, scope: ScopeId) -> bool:
        """Whether a call takes the next entry out of a container, whichever that is."""
        match call:
            case m.Call(func=m.Attr(base=base, name=name), args=() | (m.Arg(value=m.Const()),)) if base == container:
                taken = name in name_lists().draws or name in name_lists().evictions
                return taken or (name == "get" and not call.args)
            case m.Call(args=(m.Arg(value=given), *_)) if given == container:
                return not name_lists().evictions.isdisjoint(self.resolver.names(call.func, scope))
        return False

    def is_endless(self, scope: ScopeId, index: int) -> bool:
        """Whether a loop has no end of its own: it may be where the program spends its life, or goes over what comes
        in for as long as somebody writes."""
        frame = self.program.facts(scope).frames[index]
        return self.goes_on(scope, index) or (frame.kind == "for" and self.serves(frame, scope))

    def serves(self, loop: m.Frame, scope: ScopeId) -> bool:
        """Whether a loop in a module's body is what the program does: it has no end, or goes over what comes in."""
        return loop.kind == "while" or (
            loop.head is not None
            and any(self.is_stream(node, scope) for node in w.walk(loop.head) if isinstance(node, m.Name | m.Attr))
        )


def _only_tries_again(facts: m.Scope, loop: int) -> bool:
    """Whether a round of a loop that nothing fails in is its last."""
    for at, op in ops_in(facts, loop):
        if isinstance(op.action, m.Return | m.Break):
            around = takewhile(lambda frame: frame != loop, frames_of(facts, at))
            if all(facts.frames[frame].kind in {"try", "try-else", "with"} for frame in around):
                return True
    return False


def _asked_whether_filled(head: m.Expr) -> m.Expr:
    """What `not queue.empty()`, or `queue.qsize()`, asks for whether there is something in it."""
    match straight(head, True):
        case Asked(expr=m.Call(func=m.Attr(base=base, name="empty"), args=()), truth=False):
            return base
        case Asked(expr=m.Call(func=m.Attr(base=base, name="qsize"), args=()), truth=True):
            return base
    return head


def _waits_for_a_kind(facts: m.Scope, index: int, head: m.Expr) -> bool:
    """Whether a loop goes on until what it takes next is of some class: that one ends it."""
    match straight(head, True).expr:
        case m.Call(func=m.Name(id="isinstance"), args=(m.Arg(value=m.Name() as taken), *_)):
            actions = (op.action for _, op in ops_in(facts, index))
            return any(isinstance(action, m.Assign) and taken in action.targets for action in actions)
    return False


def _compares(value: m.Expr) -> bool:
    """Whether an expression tells whether there is enough, or all."""
    match value:
        case m.Compare(ops=ops):
            return _ORDER.issuperset(ops)
        case m.Call(func=m.Name(id="all")):
            return True
    return False


def _is_conditional(facts: m.Scope, op: int, loop: int) -> bool:
    """Whether a round of a loop may leave out an operation."""
    around = takewhile(lambda frame: frame != loop, frames_of(facts, op))
    return any(facts.frames[frame].kind in BRANCHES for frame in around)


def _is_asked(site: Site) -> bool:
    """Whether something that stands at a site is asked for a method which is called at once."""
    return isinstance(site.parent, m.Attr) and site.method_call is not None


def _is_device(name: m.Arg) -> bool:
    """Whether the name of a file is one under which a system gives what comes in."""
    match name.value:
        case m.Const(kind="int"):
            return True
        case m.Const(kind="str", value=text):
            return text.startswith("/dev/")
    return False
