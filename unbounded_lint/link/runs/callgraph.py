"""Who runs what: for each function all that calls it, hands it over or keeps it, and from where it can be reached."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from unbounded_lint.catalog.model import Timer
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import argument_at
from unbounded_lint.link.dataflow.handles import Handle, Use
from unbounded_lint.link.dataflow.scoping import decorated_by
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import CallSite, ordered
from unbounded_lint.link.program.blocks import BRANCHES, apart, in_twin, leaves
from unbounded_lint.link.program.kept import kept, listed
from unbounded_lint.link.program.module import Place, ScopeId, Site
from unbounded_lint.link.runs.context import LIVE, Context, ContextKind, by_hook
from unbounded_lint.link.runs.declared import DeclaredFunctions
from unbounded_lint.link.runs.dispatch import Dispatch
from unbounded_lint.link.runs.handing import Handing
from unbounded_lint.link.runs.outside import Outside
from unbounded_lint.link.runs.timers import Timers, takes_callback

STEPS = 400
"""How many steps one walk takes; what lies behind them counts as unknown."""

EdgeKind: TypeAlias = Literal[
    "call", "dispatch", "spawn", "timer", "forward", "hook", "decorate", "handed", "kept", "escaped", "wraps"
]
RUNNING: frozenset[EdgeKind] = frozenset({"call", "spawn", "timer", "forward"})
"""The kinds whose operation makes the function run: at once, beside it or later."""

_Kinds: TypeAlias = frozenset[ContextKind]
T = TypeVar("T", bound=Hashable)


class Edge(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One way in which a function is run, or may be.

    kind     call; dispatch (a call of what is taken out of the container that it was put into); spawn (a thread, task
             or the like is made for it); timer; forward (given to what is known to call it); hook (given to a
             framework, another process or the end of this one); decorate (by a decorator that runs it); handed (given
             to something unknown); kept (stored); escaped (returned to where it cannot be seen); wraps (it stands for
             the function that its site names)
    target   the function
    site     the call, or what is handed over; the `start()`, for a timer among the `starts`
    call     the call site, for a call
    timer    the catalogue's timer that it is handed to, or its coroutine where that is made
    made     the call that is given the function or its coroutine
    context  when it runs, where that hangs on nothing else
    guess    whether it is matched by the function's name alone, since a receiver is not known
    """

    kind: EdgeKind
    target: ScopeId
    site: Site
    call: CallSite | None = None
    timer: Timer | None = None
    made: Site | None = None
    context: Context | None = None
    guess: bool = False

    @property
    def scope(self) -> ScopeId:
        """The scope that runs it."""
        return self.site.scope

    @property
    def op(self) -> int:
        """The operation by which it does."""
        return self.site.op

    @property
    def handed(self) -> m.Call | None:
        """The call that is given the function or its coroutine."""
        return self.made.node if self.made is not None and isinstance(self.made.node, m.Call) else None

    @property
    def place(self) -> Place:
        """Where it is called or started."""
        return self.site.scope, self.site.op

    @property
    def root(self) -> Place:
        """Where it is called or handed over, wherever that is started."""
        site = self.made or self.site
        return site.scope, site.op


class CallGraph(Query):
    """The edges of a program by the function that they run, found once for each. Deterministic."""

    def __init__(self, flow: Flow, timers: Timers, outside: Outside) -> None:
        super().__init__(flow)
        self.timers = timers
        self.outside = outside
        self.handing = Handing(timers)
        self._dispatch = Dispatch(flow)
        self._standing: dict[int, Site] = {}
        self._shared: dict[tuple[int, ...], tuple[int, ...]] = {}
        """Operations as they are found -> in order: most functions have one that leads somewhere, and few numbers."""

    # --- edges ---

    @kept
    def starts(self, scope: ScopeId) -> tuple[Edge, ...]:
        """The operations that run a function, those of timers where they are started."""
        found: dict[tuple[ScopeId, int, int], Edge] = {}
        for edge in self.edges(scope):
            for site in self._begun(edge) if edge.kind in RUNNING else ():
                found[site.scope, site.op, id(site.node)] = edge if site is edge.site else replace(edge, site=site)
        return tuple(found.values())

    def _begun(self, edge: Edge) -> tuple[Site, ...]:
        if edge.timer is None or edge.made is None or edge.kind == "call":
            return (edge.site,)
        return self.timers.starts(edge.timer, edge.made) or (edge.site,)

    def armed(self, timer: Context) -> tuple[Edge, ...]:
        """The operations that start a timer and lead to the function it runs; none where that cannot be told."""
        edges = self.starts(timer.target) if timer.target is not None else ()
        return tuple(
            edge
            for edge in edges
            if timer.timer == "loop" or (edge.timer and edge.timer.api == timer.timer and edge.root == timer.root)
        )

    def standing(self, scope: ScopeId, op: int, call: m.Call) -> Site:
        """Where a call stands in an operation: one answer for all the functions that it may run."""
        key = op << 64 | id(call)  # what is known of it keeps the call, and so its identity
        if key not in self._standing:
            self._standing[key] = self._find_standing(scope, op, call)
        return self._standing[key]

    def _find_standing(self, scope: ScopeId, op: int, call: m.Call) -> Site:
        name = w.last_name(call.func)
        if name:
            inner = self.program.of(scope).find(scope.index, name, call, inside=True)
            return Site(scope, op, call, ()) if inner is None else inner.outer
        for top in w.expressions(self.program.facts(scope).ops[op].action):
            for part, parents in w.walk_with_parents(top):
                if part is call:
                    return Site(scope, op, call, parents)
        return Site(scope, op, call, ())

    @listed
    def edges(self, scope: ScopeId) -> Iterator[Edge]:
        """All that runs a function; a module and a class are run by what stands around them."""
        if self.program.facts(scope).kind not in {"function", "lambda"}:
            return
        for call in self.flow.likely_calls(scope):
            yield self._called(call, scope)
        for use in self.flow.function_uses(scope):
            for edge in self._by_use(use, scope):
                yield replace(edge, guess=True) if use.guess else edge
        for call in self.dispatched(scope):
            yield replace(self._called(call, scope), kind="dispatch")
        yield from self._declared.get(scope, ())
        for made, timer, context in self.outside.decorated(scope):
            site = Site(scope, 0, made, ())
            yield Edge("decorate", scope, site, None, timer, site, context)

    @listed
    def dispatched(self, scope: ScopeId) -> Iterator[CallSite]:
        """The calls of what is taken out of the containers of the project into which a function is put."""
        for use in self.flow.function_uses(scope):
            for site in self._put(use):
                for taken in self._dispatch.calls(site):
                    yield CallSite(taken.scope, taken.op, taken.call, use.bound, use.guess)

    def _put(self, use: Use) -> Iterator[Site]:
        """Where a use may put a function into something: there, or in a method whose receiver only the callers tell."""
        if use.kind in {"argument", "kept"}:
            yield use.site
        if use.kind == "argument" and isinstance(use.outer, m.Call):
            for handle in self._received(use.site, use.outer):
                yield from (inner.site for inner in self.flow.uses(handle) if inner.kind in {"argument", "kept"})

    def _by_use(self, use: Use, scope: ScopeId) -> Iterator[Edge]:
        if use.kind == "argument" and isinstance(use.outer, m.Call):
            yield from self._handed(use.site, use.outer, scope)
        elif use.kind == "kept" and (asked := tuple(self._dispatch.asked(use.site))):
            for taken in asked:
                yield replace(
                    self._called(CallSite(taken.scope, taken.op, taken.call, use.bound), scope), kind="dispatch"
                )
        elif use.kind == "kept":
            context = Context("run", True, False, root=(use.site.scope, use.site.op), by="handed")
            yield Edge("kept", scope, use.site, context=context)
        elif use.kind == "escaped":
            yield from self._returned(use.site, scope)

    def _called(self, call: CallSite, scope: ScopeId) -> Edge:
        if call.call is None:
            return Edge("call", scope, Site(call.scope, call.op, m.Const("none", "None"), ()), call, guess=call.guess)
        site = self.standing(call.scope, call.op, call.call)
        if not isinstance(site.parent, m.Call) or site.parent.func is site.node:
            return Edge("call", scope, site, call, guess=call.guess)
        timer = next(iter(self.timers.of(site.parent, site.scope)), None)
        return Edge("call", scope, site, call, timer, site.outer, guess=call.guess)

    def _handed(self, site: Site, call: m.Call, scope: ScopeId, *, deep: bool = True) -> Iterator[Edge]:
        here, made = (site.scope, site.op), site.outer
        timers = [t for t in self.timers.of(call, site.scope) if takes_callback(t, call, site.node)]
        if site.scope in self.timers.declared:
            return
        if timers:
            yield self._by_timer(timers[0], made, scope)
        elif forwarders := self.timers.forwarders_of(call, site.scope):
            if forwarders[0].when == "exit":
                yield Edge("hook", scope, site, made=made, context=Context("exit", False, True, root=here))
            elif forwarders[0].when != "lost":
                yield Edge("forward", scope, site, made=made)
        elif hooks := self.timers.hooks_of(call, site.scope):
            yield Edge("hook", scope, site, made=made, context=by_hook(hooks[0], here))
        else:
            passed = tuple(self._passed_on(site, call, scope)) if deep else ()
            yield from passed or (Edge("handed", scope, site, made=made),)

    def _passed_on(self, site: Site, call: m.Call, scope: ScopeId) -> Iterator[Edge]:
        """What is done with a function by a method whose receiver only the callers tell."""
        for handle in self._received(site, call):
            yield from (replace(edge, target=scope) for edge in self._inside(handle))

    def _received(self, site: Site, call: m.Call) -> Iterator[Handle]:
        """The parameters that take a function where it is handed to a call."""
        argument = next(a for a in call.args if a.value is site.node)
        for callee in ordered(self.flow.resolver.values(call.func, site.scope)):
            yield from self.flow.steps.into(callee, call, argument)

    @listed
    def _inside(self, handle: Handle) -> Iterator[Edge]:
        """What is done with any function that a parameter is given; whose they are is yet to be filled in."""
        for use in self.flow.uses(handle):
            here = use.site.scope
            if use.call is not None:
                yield self._called(CallSite(here, use.site.op, use.call, use.bound), here)
            elif use.kind == "argument" and isinstance(use.outer, m.Call):
                yield from self._handed(use.site, use.outer, here, deep=False)

    def _by_timer(self, timer: Timer, made: Site, scope: ScopeId) -> Edge:
        if timer.process == "other":
            context = Context("other-process", True, False, timer.api, root=(made.scope, made.op))
            return Edge("hook", scope, made, None, timer, made, context)
        return Edge("spawn" if timer.kind == "spawn" else "timer", scope, made, None, timer, made)

    def _returned(self, site: Site, scope: ScopeId) -> Iterator[Edge]:
        """A function that another one returns: what a decorator gives stands for what it decorates."""
        uses = self.flow.function_uses(site.scope)
        for outer in uses:
            decorated = decorated_by(self.program, outer.site) if outer.kind == "decorates" else None
            if decorated is not None:
                yield Edge("wraps", scope, Site(decorated, -1, outer.site.node, ()))
        if not any(outer.kind in {"called", "decorates"} for outer in uses):
            yield Edge("escaped", scope, site)

    @cached_property
    def _declared(self) -> Mapping[ScopeId, tuple[Edge, ...]]:
        """What is handed to the functions of the project that the settings name as timers."""
        found: dict[ScopeId, list[Edge]] = {}
        for function, timer in self.timers.declared.items():
            for call in self.flow.call_sites(function):
                argument = call.call and argument_at(call.call, timer.callback.position, timer.callback.keywords)
                for target in self.flow.resolver.functions(argument, call.scope) if argument is not None else ():
                    made = self._called(call, function).site
                    found.setdefault(target, []).append(self._by_timer(timer, made, target))
        return {target: tuple(edges) for target, edges in found.items()}

    # --- walks ---

    @kept
    def callers(self, scope: ScopeId) -> tuple[Place, ...]:
        """The operations outside tests that call a function, hand it over or keep it."""
        return tuple(dict.fromkeys(e.root for e in self.edges(scope) if e.kind not in {"decorate", "wraps"}))

    def is_perhaps_called(self, scope: ScopeId) -> bool:
        """Whether a call of a method by the name of this one has a receiver of which nothing is known."""
        return self.program.owner_class(scope) is not None and self._is_called_on_any(self.program.facts(scope).name)

    @kept
    def _is_called_on_any(self, method: str) -> bool:
        sites = self.program.sites(method)
        receivers = ((s.node.base, s.scope) for s in sites if s.call is not None and isinstance(s.node, m.Attr))
        return any(not self.resolver.values(*receiver) for receiver in receivers)

    @kept
    def above(self, scope: ScopeId) -> Mapping[ScopeId, tuple[int, ...]]:
        """The functions from which one can be reached, each with its operations that lead there; itself as well."""
        found: dict[ScopeId, dict[int, None]] = {scope: {}}
        for at in explored([scope], lambda below: (u for u, _ in self.callers(below) if u.index), STEPS):
            for user, op in self.callers(at):
                if user.index:
                    found.setdefault(user, {})[op] = None
        return {user: self._shared.setdefault(tuple(ops), tuple(sorted(ops))) for user, ops in found.items()}

    def common_runs(self, one: Place, other: Place) -> Iterator[tuple[ScopeId, int, int]]:
        """The functions of which one run may come to both operations, and the operations that lead to them."""
        leading, following = self.above(one[0]), self.above(other[0])
        for scope in sorted(leading.keys() & following.keys()):
            facts = self.program.facts(scope)
            for a in (one[1],) if scope == one[0] else leading[scope]:
                for b in (other[1],) if scope == other[0] else following[scope]:
                    if not exclude(facts, a, b):
                        yield scope, a, b

    def share_a_run(self, one: Place, other: Place) -> bool:
        """Whether one run of some function comes to both operations: what the first begins, the second may end.

        A function that decides which of the two to do, as one that hands out requests, is no such function.
        """
        return any(a != b or one[0] == other[0] for _, a, b in self.common_runs(one, other))


class Roots:
    """From where code can be reached at all, which asks nothing about timers: so whether one is started can be decided
    by it."""

    def __init__(self, graph: CallGraph, declared: DeclaredFunctions) -> None:
        self.graph = graph
        self.declared = declared
        self.program = graph.program
        self._found: dict[ScopeId, _Kinds] = {}
        self._shared: dict[_Kinds, _Kinds] = {}

    def is_live(self, scope: ScopeId) -> bool:
        """Whether anything but tests and other processes can run a scope."""
        return scope.index == 0 or bool(self.of(scope) & LIVE)

    def of(self, scope: ScopeId) -> frozenset[ContextKind]:
        """The kinds of the places from which a scope can be reached at all, by a call or by being handed over."""
        if scope not in self._found:
            self._found.update(self._reaching(scope))
        return self._found[scope]

    def _reaching(self, asked: ScopeId) -> dict[ScopeId, _Kinds]:
        """The kinds of a scope and of all above it that nobody asked for yet: each goes down from where it begins."""
        below: dict[ScopeId, list[ScopeId]] = {}
        begun: dict[ContextKind, list[ScopeId]] = {}

        def users(scope: ScopeId) -> Iterator[ScopeId]:
            for user in dict.fromkeys(self._users(scope)):
                if isinstance(user, ScopeId) and user not in self._found:
                    below.setdefault(user, []).append(scope)
                    yield user
                    continue
                for kind in self._found[user] if isinstance(user, ScopeId) else (user,):
                    begun.setdefault(kind, []).append(scope)

        found: dict[ScopeId, set[ContextKind]] = {scope: set() for scope in explored([asked], users)}
        for kind, start in begun.items():
            for scope in explored(start, lambda scope: below.get(scope, ())):
                found[scope].add(kind)
        frozen = ((scope, frozenset(kinds)) for scope, kinds in found.items())
        return {scope: self._shared.setdefault(kinds, kinds) for scope, kinds in frozen}

    def _users(self, scope: ScopeId) -> Iterator[ScopeId | ContextKind]:
        """The scopes that use a scope, and the kinds of roots it has itself."""
        parent = self.program.parent(scope)
        if parent is None:
            yield "import"
        elif self.program.facts(scope).kind == "class":
            yield parent
        elif scope in self.declared.elsewhere:
            yield "other-process"
        elif edges := self.graph.edges(scope):
            for edge in edges:
                yield edge.context.kind if edge.kind == "decorate" and edge.context is not None else edge.root[0]
        else:
            item = self.graph.outside.of(scope)
            if not isinstance(item, Context):
                yield item.scope
            else:
                yield "run" if item.kind == "api" and self.graph.is_perhaps_called(scope) else item.kind

    def is_forgotten(self, scope: ScopeId) -> bool:
        """Whether only users of a project could run a scope, while it has entry points of its own: nobody does."""
        return self.has_entry_points and self.of(scope) & LIVE <= {"api"}

    @property
    def has_entry_points(self) -> bool:
        """Whether the project has a script or an application: then a start that nobody calls is a fault."""
        return self.graph.outside.has_entry_points


def explored(start: Iterable[T], further: Callable[[T], Iterable[T]], limit: int | None = None) -> Iterator[T]:
    """What can be reached by steps, each once and the nearest first: all, or so many."""
    known = dict.fromkeys(start)
    queue = list(known)
    for item in queue:
        yield item
        for other in further(item) if limit is None or len(known) < limit else ():
            if other not in known and (limit is None or len(known) < limit):
                known[other] = None
                queue.append(other)


def exclude(facts: m.Scope, one: int, other: int) -> bool:
    """Whether no single run of a function reaches both operations: they stand in branches of which only one is taken,
    or the branch or handler of the earlier one leaves."""
    if not (0 <= one < len(facts.ops) and 0 <= other < len(facts.ops)):
        return False
    first, second = sorted((one, other))
    for index in apart(facts, first, second):
        kind = facts.frames[index].kind
        if kind in BRANCHES or kind == "except":
            if in_twin(facts, index, second):
                return kind != "except"
            if leaves(facts, index):
                return True
    return False
