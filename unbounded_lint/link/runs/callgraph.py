"""What runs what, one step up: each call, each function handed to a timer, a framework or a keeper, each decorator."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from unbounded_lint.catalog.load import Catalog, name_lists
from unbounded_lint.catalog.model import Timer
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import argument_at, callee_names, given, is_unknown_receiver, receiver_of
from unbounded_lint.link.dataflow.handles import ARGUMENTS, Use
from unbounded_lint.link.dataflow.scoping import decorated_by
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Function
from unbounded_lint.link.program.blocks import in_cleanup, in_main_guard, loops_around
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId, Site
from unbounded_lint.link.runs.context import Context, ContextKind, Step, by_hook, is_of_test
from unbounded_lint.link.runs.decorators import Decorators
from unbounded_lint.link.runs.loops import Loops
from unbounded_lint.link.runs.roots import Roots
from unbounded_lint.link.runs.timers import Timers, takes_callback
from unbounded_lint.link.runs.uncalled import Uncalled


class CallGraph:
    """The steps from a scope to what runs it. Memoised."""

    def __init__(self, flow: Flow, catalog: Catalog, entry_points: frozenset[str], sweepers: frozenset[str]) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.catalog = catalog
        self.entry_points = entry_points
        self.sweepers = sweepers
        self.timers = Timers(flow, catalog)
        self.loops = Loops(flow, catalog)
        self.decorators = Decorators(flow, self.timers)
        self.uncalled = Uncalled(flow, catalog, self.timers)
        self.roots = Roots(flow, catalog, self.decorators, self.uncalled)

    @kept
    def of_operation(self, scope: ScopeId, op: int) -> Context | Step:
        """The operation `op` of `scope` runs something: when does it itself run?"""
        facts = self.program.facts(scope)
        if self.program.is_test(scope):
            return Context("test", False, False, (scope, op))
        looped = any(not self.loops.is_finite(scope, facts.frames[f]) for f in loops_around(facts, op))
        cleanup = in_cleanup(facts, op) or facts.name in name_lists().exits
        if self.loops.timed(scope, op) is not None and self.roots.is_live(scope):
            kind: ContextKind = "timer" if scope.index == 0 else self._started_as(scope)
            return Context(kind, looped, cleanup, (scope, op), "loop")
        if scope.index == 0:
            script = in_main_guard(facts, op) or any(
                self.loops.serves(facts.frames[f], scope) for f in loops_around(facts, op)
            )
            return Context("main" if script else "import", looped, cleanup, (scope, op))
        return Step(scope, looped, cleanup)

    def _started_as(self, scope: ScopeId) -> ContextKind:
        """Whether a function with a timed loop really runs as a timer here: timer, unstarted or other-process."""
        if self.roots.is_forgotten(scope):
            return "unstarted"
        uses = [
            u for u in self.flow.function_uses(scope) if not self.program.is_test(u.site.scope) and u.kind != "rebound"
        ]
        kinds = {self._handed_as(use, scope) for use in uses}
        if not kinds or "timer" in kinds:
            return "timer"
        return "unstarted" if "unstarted" in kinds else "other-process"

    def _handed_as(self, use: Use, scope: ScopeId) -> ContextKind:
        if self._is_unawaited(use, scope):
            return "unstarted"
        if use.kind != "argument" or not isinstance(use.outer, m.Call):
            return "timer"
        timers = self.timers.of(use.outer, use.site.scope)
        if not timers:
            return "timer"
        if timers[0].process == "other":
            return "other-process"
        return "timer" if self.timers.is_started(timers[0], use.outer, use.site) else "unstarted"

    def _is_unawaited(self, use: Use, scope: ScopeId) -> bool:
        """Whether a coroutine function is called and its coroutine thrown away: then nothing of it ever runs."""
        facts, action = self.program.facts(scope), self.program.op(use.site).action
        thrown = isinstance(action, m.Eval) and action.role == "statement" and action.value is use.outer
        return thrown and use.kind == "called" and facts.is_async and not facts.is_generator

    @kept
    def direct(self, scope: ScopeId) -> tuple[Context | Step, ...]:
        """The ways in which a scope is run directly: by a caller (a step further up), or from a root."""
        return tuple(dict.fromkeys(self._callers(scope)))

    def _callers(self, scope: ScopeId) -> Iterator[Context | Step]:
        if self.program.is_test(scope):
            yield Context("test", False, False, (scope, 0))
            return
        facts, parent = self.program.facts(scope), self.program.parent(scope)
        if parent is None:
            yield Context("import", False, False, (scope, 0))
            return
        if facts.kind == "class":
            yield self.of_operation(parent, self._definition(parent, scope))
            return
        symbol = f"{self.program.of(scope).name}:{facts.qualname}"
        if symbol in self.sweepers:
            yield Context("timer", True, False, (scope, 0), "declared in the settings")
        if symbol in self.entry_points:
            yield Context("run", True, False, (scope, 0))
        found = tested = False
        for context in self._declared.get(scope, ()):
            found = True
            yield context
        for item in self._called_by(scope):
            tested = tested or is_of_test(item, self.program)
            found = found or not is_of_test(item, self.program)
            yield item
        for item in self.decorators.of(scope, found):
            found = True
            yield item
        if not found:
            for item in self.uncalled.of(scope):
                public = tested and isinstance(item, Context) and item.kind in {"api", "run"}
                yield Context("tested", True, False, (scope, 0)) if public else item

    def _definition(self, parent: ScopeId, scope: ScopeId) -> int:
        for index, op in enumerate(self.program.facts(parent).ops):
            if isinstance(op.action, m.Define) and op.action.scope == scope.index:
                return index
        return 0

    def _called_by(self, scope: ScopeId) -> Iterator[Context | Step]:
        for site in self.flow.call_sites(scope):
            yield self.of_operation(site.scope, site.op)
        for use in self.flow.function_uses(scope):
            if use.kind in ARGUMENTS:
                yield from self._handed_over(use, scope)
            elif use.kind == "kept":
                yield Context(
                    "test" if self.program.is_test(use.site.scope) else "run",
                    True,
                    False,
                    (use.site.scope, use.site.op),
                )
            elif use.kind == "escaped":
                yield from self._returned(use, scope)

    def _returned(self, use: Use, scope: ScopeId) -> Iterator[Context | Step]:
        maker = use.site.scope
        uses = self.flow.function_uses(maker)
        for outer in uses:
            if outer.kind == "decorates":
                decorated = decorated_by(self.program, outer.site)
                if decorated is not None:
                    yield Step(decorated, False, False)
        if not any(outer.kind in {"called", "decorates"} for outer in uses):
            yield Step(maker, False, False)

    def _handed_over(self, use: Use, scope: ScopeId) -> Iterator[Context | Step]:
        call = use.outer
        if use.kind == "partial" or not isinstance(call, m.Call) or use.site.scope in self.timers.declared:
            return
        site = use.site
        here = (site.scope, site.op)
        if self.program.is_test(site.scope):
            yield Context("test", False, False, here)
            return
        timers = [t for t in self.timers.of(call, site.scope) if takes_callback(t, call, site.node)]
        for timer in timers[:1]:
            yield from self._by_timer(timer, call, site, scope)
        if timers:
            return
        names = callee_names(call.func, site.scope, self.resolver)
        forwarders = [f for name in names for f in self.catalog.forwarder_named(name)]
        if (
            not forwarders
            and isinstance(call.func, m.Attr)
            and is_unknown_receiver(call.func, site.scope, self.resolver)
        ):
            forwarders = list(self.catalog.forwarder_method(call.func.name, receiver_of(call.func)))
        if forwarders:
            if forwarders[0].when == "exit":
                yield Context("exit", False, True, here)
            elif forwarders[0].when != "lost":
                yield self.of_operation(*here)
            return
        hooks = self.timers.hooks_of(call, site.scope)
        if hooks:
            yield by_hook(hooks[0], here)
        elif self.roots.is_live(site.scope):
            yield Context("run", True, False, here)

    @cached_property
    def _declared(self) -> dict[ScopeId, tuple[Context, ...]]:
        """The functions handed to timers that the settings name and that are functions of the project itself."""
        found: dict[ScopeId, list[Context]] = {}
        for function, timer in self.timers.declared.items():
            for site in self.flow.live_calls(function):
                argument = site.call and argument_at(site.call, timer.callback.position, timer.callback.keywords)
                values = self.resolver.values(argument, site.scope) if argument is not None else frozenset()
                for value in values:
                    if isinstance(value, Function):
                        context = Context("timer", True, False, (site.scope, site.op), timer.api)
                        found.setdefault(value.scope, []).append(context)
        return {scope: tuple(sorted(contexts, key=lambda c: c.order)) for scope, contexts in found.items()}

    def _by_timer(self, timer: Timer, call: m.Call, site: Site, scope: ScopeId) -> Iterator[Context | Step]:
        here = (site.scope, site.op)
        if timer.process == "other":
            yield Context("other-process", True, False, here, timer.api)
            return
        if timer.scope != "process":
            yield Context("run", True, False, here, timer.api)
            return
        arguments = given(call, site.scope, self.resolver)
        if not self.timers.is_started(timer, call, site) or timer.inactive(arguments):
            yield Context("unstarted", True, False, here, timer.api)
        elif timer.kind == "spawn" or not self.roots.is_live(site.scope):
            yield self.of_operation(*here)
        elif self.timers.recurs(timer, arguments, site, scope):
            forgotten = site.scope.index != 0 and self.roots.is_forgotten(site.scope)
            yield Context("unstarted" if forgotten else "timer", True, False, here, timer.api)
        else:
            yield Context("later", False, False, here, timer.api)
