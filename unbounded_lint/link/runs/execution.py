"""When code runs: at import, at start-up, per request, on a timer, in tests, or never."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from unbounded_lint.catalog.load import DECLARED, name_lists
from unbounded_lint.catalog.model import Given, Timer
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import given
from unbounded_lint.link.dataflow.uses import OPERATORS, Flow, Query
from unbounded_lint.link.dataflow.values import CallSite
from unbounded_lint.link.program.blocks import in_cleanup, in_main_guard, loops_around
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.runs.barriers import Barriers
from unbounded_lint.link.runs.callgraph import CallGraph, Edge, Roots
from unbounded_lint.link.runs.context import EVERY, LIVE, STARTING, By, Context, ContextKind, Mark, Sort, Step
from unbounded_lint.link.runs.declared import Declared, DeclaredFunctions
from unbounded_lint.link.runs.eventloops import EventLoops
from unbounded_lint.link.runs.failures import Failures
from unbounded_lint.link.runs.loops import Loops
from unbounded_lint.link.runs.outside import Outside
from unbounded_lint.link.runs.spreading import Spreading
from unbounded_lint.link.runs.timers import Timers


class Execution(Query):
    """Answers when scopes and operations run. Memoised; deterministic for the same program.

    `graph`, `timers`, `loops`, `failures`, `barriers` and `roots` answer the questions behind it.
    """

    def __init__(self, flow: Flow, declared: Declared) -> None:
        super().__init__(flow)
        self.declared = DeclaredFunctions(self.program, declared)
        self.timers = Timers(flow)
        self.loops = Loops(flow, self.timers)
        self.failures = Failures(self.loops)
        outside = Outside(flow, self.timers)
        self.barriers = Barriers(flow, outside)
        self.graph = CallGraph(flow, self.timers, outside)
        self.roots = Roots(self.graph, self.declared)
        self._event_loops = EventLoops(self.graph, self.roots, self.loops)
        self._spreading = Spreading(self._above, self.graph.outside.of)

    # --- questions ---

    def contexts(self, scope: ScopeId) -> frozenset[Sort]:
        """How a function, lambda or class body comes to run; a module's body runs at import."""
        return self._spreading.sorts(Step(scope))

    def at(self, scope: ScopeId, op: int) -> frozenset[Sort]:
        """How one operation comes to run."""
        item = self._of_operation(scope, op)
        return frozenset({item}) if isinstance(item, Context) else self._spreading.sorts(item)

    def nearest(
        self, scope: ScopeId, op: int, *kinds: ContextKind, without: tuple[Mark, ...] = ()
    ) -> tuple[Context, ...]:
        """The ways of some kinds in which an operation comes to run, that have none of some marks: of those of one sort
        the one that begins nearest. In a fixed order."""
        item = self._of_operation(scope, op)
        if isinstance(item, Context):
            return (item,) if item.kind in kinds and not any(getattr(item, mark) for mark in without) else ()
        found = (context for kind in kinds for context in self._spreading.nearest(item, kind, without))
        return tuple(sorted(found, key=lambda context: context.order))

    def kinds(self, scope: ScopeId, op: int) -> frozenset[ContextKind]:
        """The kinds of the contexts of an operation."""
        item = self._of_operation(scope, op)
        return frozenset({item.kind}) if isinstance(item, Context) else self._spreading.kinds(item.scope)

    def runs_here_alone(self, scope: ScopeId, op: int, kinds: frozenset[ContextKind]) -> bool:
        """Whether an operation comes to run in ways of some kinds alone, and those begin with its function."""
        begins = (context.root[0] for context in self.nearest(scope, op, *kinds))
        return self.kinds(scope, op) <= kinds and all(at == scope for at in begins)

    def runs_once(self, scope: ScopeId, op: int) -> bool:
        """Whether an operation only runs while the program starts or ends, and once then."""
        contexts = (c for c in self.at(scope, op) if c.kind != "barred")
        return all(c.kind in STARTING and not (c.kind == "main" and c.looped) for c in contexts)

    def sources(self, scope: ScopeId, op: int, kinds: frozenset[ContextKind] = EVERY) -> tuple[Context, ...]:
        """Every root of some kinds from which an operation is reached, those of the same sort included."""
        item = self._of_operation(scope, op)
        if isinstance(item, Context):
            return (item,) if item.kind in kinds else ()
        return self._spreading.sources(item.scope, kinds)

    def is_begun(self, scope: ScopeId) -> bool:
        """Whether a function runs by something else than by those that call it."""
        return any(context.root[0] == scope for context in self._spreading.begun(scope))

    def direct(self, scope: ScopeId) -> tuple[Context, ...]:
        """The roots from which a scope is run with no other scope in between."""
        return tuple(item for item in self._above(scope) if isinstance(item, Context))

    @kept
    def begins(self, scope: ScopeId) -> frozenset[ContextKind]:
        """The live kinds in which a scope is run with nothing of the project above it."""
        if not scope.index:
            return frozenset({"import"})
        above = {place for edge in self.graph.starts(scope) for place in (edge.place, edge.root)}
        found = (context for context in self.direct(scope) if context.root not in above)
        return frozenset(context.kind for context in found if context.kind in LIVE | {"tested"})

    @kept
    def only_calls(self, scope: ScopeId) -> tuple[CallSite, ...]:
        """The calls of a function that runs by them alone; none of one that something else runs too."""
        if not scope.index or not self.flow.is_only_called(scope) or self.is_begun(scope):
            return ()
        return self.flow.call_sites(scope)

    def is_asked_for(self, context: Context) -> bool:
        """Whether a way of running is a request, of which there are many, or begins in the handler of one, rather than
        what may happen once."""
        if context.kind != "run":
            return context.kind == "main" and context.looped
        return any(each.by == "request" for each in (context, *self.direct(context.root[0])))

    # --- one step up ---

    @kept
    def _of_operation(self, scope: ScopeId, op: int) -> Context | Step:
        """The operation `op` of `scope` runs something: when does it itself run?"""
        facts = self.program.facts(scope)
        if self.barriers.bar(scope, op):
            return Context("barred", False, False, root=(scope, op))
        around = loops_around(facts, op)
        looped = any(not self.loops.is_finite(scope, facts.frames[f]) for f in around)
        endless = looped and any(self.loops.is_endless(scope, f) for f in around)
        cleanup = in_cleanup(facts, op) or facts.name in name_lists().exits
        timed = self.loops.timed(scope, op)
        failing = self.failures.fails(scope, op, timed or 0)
        if timed is not None and self.roots.is_live(scope):
            kind: ContextKind = "timer" if scope.index == 0 else self._started_as(scope)
            return Context(kind, looped, cleanup, "loop", failing, root=(scope, op), target=scope)
        armed = None if scope.index == 0 else self._armed(scope, op)
        if armed is not None:
            return Context(
                "later", False, cleanup, armed.timer.api if armed.timer else "", root=armed.root, target=scope
            )
        if scope.index == 0:
            script = self.program.of(scope).is_script or in_main_guard(facts, op)
            serves = any(self.loops.serves(facts.frames[f], scope) for f in around)
            return Context("main" if script or serves else "import", looped, cleanup, root=(scope, op), endless=endless)
        return Step(scope, looped, cleanup, failing, endless)

    def _armed(self, scope: ScopeId, op: int) -> Edge | None:
        """Where a task or thread of its own is started that waits before it comes to an operation; rather in a function
        than in a module's body. None where it is not so."""
        spawned = self._spawned(scope)
        if spawned is None or not self.loops.is_delayed(scope, op) or not self.roots.is_live(scope):
            return None
        return spawned

    @kept
    def _spawned(self, scope: ScopeId) -> Edge | None:
        """Where a function is started as a task or thread of its own, if it runs in no other way."""
        edges = [edge for edge in self.graph.edges(scope) if edge.kind != "wraps"]
        if not all(edge.timer is not None and edge.timer.kind == "spawn" for edge in edges):
            return None
        return max(edges, key=lambda edge: edge.root[0].index > 0, default=None)

    def _started_as(self, scope: ScopeId) -> ContextKind:
        """Whether a function with a timed loop really runs as a timer here: timer, unstarted or other-process."""
        if self.roots.is_forgotten(scope):
            return "unstarted"
        kinds = {self._kind_of(edge, scope) for edge in self.graph.edges(scope)}
        if not kinds or "timer" in kinds:
            return "timer"
        return "unstarted" if "unstarted" in kinds else "other-process"

    def _kind_of(self, edge: Edge, scope: ScopeId) -> ContextKind:
        if edge.context is not None:
            return "other-process" if edge.context.kind == "other-process" else "timer"
        lost = edge.timer is not None and edge.made is not None and not self.timers.is_started(edge.timer, edge.made)
        return "unstarted" if lost or (edge.kind == "call" and self._is_unawaited(edge, scope)) else "timer"

    def _is_unawaited(self, edge: Edge, scope: ScopeId) -> bool:
        """Whether a coroutine function is called and its coroutine thrown away: then nothing of it ever runs."""
        facts, action = self.program.facts(scope), self.program.op(edge.site).action
        thrown = isinstance(action, m.Eval) and action.role == "statement" and action.value is edge.site.node
        return thrown and facts.is_async and not facts.is_generator

    @kept
    def _above(self, scope: ScopeId) -> tuple[Context | Step, ...]:
        """The ways in which a scope is run directly: by a caller (a step further up), or from a root."""
        return tuple(dict.fromkeys(self._find(scope)))

    def _find(self, scope: ScopeId) -> Iterator[Context | Step]:
        facts, parent = self.program.facts(scope), self.program.parent(scope)
        if parent is None:
            yield Context("import", False, False, root=(scope, 0))
        elif facts.kind == "class":
            yield self._of_operation(parent, self.program.of(scope).defined_at(scope.index))
        else:
            yield from self._of_function(scope, facts)

    def _of_function(self, scope: ScopeId, facts: m.Scope) -> Iterator[Context | Step]:
        if scope in self.declared.elsewhere:
            yield Context("other-process", True, False, DECLARED, root=(scope, 0))
            return
        if scope in self.declared.sweepers:
            yield Context("timer", True, False, DECLARED, root=(scope, 0))
        if scope in self.declared.entry_points:
            yield Context("run", True, False, root=(scope, 0), by="request")
        found = False
        for edge in self.graph.edges(scope):
            item = self._by_edge(edge)
            if item is not None:
                found = True
                yield replace(item, guess=True) if edge.guess and not item.guess else item
        if not found or facts.name in OPERATORS:  # an object gets where its operators cannot be seen
            yield self.graph.outside.of(scope)
        else:
            yield from self.graph.outside.by_users(scope, {edge.scope for edge in self.graph.edges(scope)})

    def _by_edge(self, edge: Edge) -> Context | Step | None:
        if self.barriers.bar(*edge.root):
            return Context("barred", False, False, root=edge.root)
        if edge.context is not None:
            return edge.context
        if edge.kind == "dispatch" and self._event_loops.come_to(*edge.place):
            return Context("run", True, False, root=edge.place, by="hook")
        if edge.kind in {"call", "dispatch", "forward"}:
            return self._of_operation(*edge.root)
        if edge.kind in {"wraps", "escaped"}:
            return Step(edge.scope)
        if edge.timer is not None and edge.made is not None:
            return self._by_timer(edge, edge.timer, edge.made)
        return Context("run", True, False, root=edge.root, by="handed") if self.roots.is_live(edge.scope) else None

    def _by_timer(self, edge: Edge, timer: Timer, made: Site) -> Context | Step:
        def on(kind: ContextKind, looped: bool = True) -> Context:
            by: By | None = "hook" if kind == "run" else None
            return Context(kind, looped, False, timer.api, root=edge.root, target=edge.target, by=by)

        if timer.scope != "process":
            return on("run")
        arguments = given(edge.handed, made.scope, self.resolver) if edge.handed is not None else {}
        if not self.timers.is_started(timer, made) or timer.inactive(arguments):
            return on("unstarted")
        if timer.kind == "spawn" or not self.roots.is_live(made.scope):
            return self._of_operation(*edge.root)
        if not self._recurs(timer, arguments, edge):
            return on("later", looped=False)
        return on("unstarted" if made.scope.index and self.roots.is_forgotten(made.scope) else "timer")

    def _recurs(self, timer: Timer, arguments: Given, edge: Edge) -> bool:
        """Whether a timer runs its function again: by itself, or because that says so or arms it anew."""
        if timer.kind == "recurring" and timer.recurs == "always":
            return timer.repeats(arguments)
        if timer.recurs in {"while-true", "while-number", "while-again"}:
            return bool(self.program.returned(edge.target))
        return timer.recurs == "until-false" or edge.target in self.graph.above(edge.root[0])


class RunQuery(Query):
    """Something that can be asked about a program and when it runs."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow)
        self.execution = execution
        self.graph = execution.graph
