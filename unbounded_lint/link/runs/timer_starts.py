"""From what a timer runs up to where the timer is started: one step from callee to caller at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from unbounded_lint.catalog.model import Timer
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import callee_names, is_unknown_receiver, receiver_of
from unbounded_lint.link.dataflow.handles import Use
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId, Site
from unbounded_lint.link.runs.context import LIVE, Context
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.runs.timers import takes_callback


class Edge(NamedTuple):
    """An operation that runs a scope: by a call, or by handing it to a timer or to something that calls it.

    node and parents  the call (or the name that is handed over) where it stands
    call              the call site, None where the scope is handed over
    timer             the catalogue's timer to which it is handed, if any
    handed            the call that is handed to the timer, or takes the function
    made              where a timer is made that is started here
    """

    scope: ScopeId
    op: int
    node: m.Expr
    parents: tuple[m.Expr, ...]
    call: CallSite | None = None
    timer: Timer | None = None
    handed: m.Call | None = None
    made: tuple[ScopeId, int] | None = None

    @property
    def site(self) -> Site:
        """Where it stands."""
        return Site(self.scope, self.op, self.node, self.parents)


class Ways:
    """Steps up from a scope; answers are memoised, code of tests is left out."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution

    def armed(self, timer: Context) -> tuple[Edge, ...]:
        """The operations that start a timer; none where that cannot be told."""
        scope, op = timer.root
        if timer.timer == "loop":
            return self.edges(scope)
        if scope.index and op < 0:
            return ()
        return tuple(
            edge
            for top in w.expressions(self.program.facts(scope).ops[op].action)
            for node, parents in w.walk_with_parents(top)
            if isinstance(node, m.Call)
            for known in self.execution.timers.of(node, scope)[:1]
            if known.api == timer.timer
            for edge in self._activated(known, node, Site(scope, op, node, parents))
        )

    @kept
    def edges(self, scope: ScopeId) -> tuple[Edge, ...]:
        """The live operations that run a scope."""
        if not scope.index:
            return ()
        found = [e for e in self._find(scope) if not self.program.is_test(e.scope)]
        return tuple({(e.scope, e.op, id(e.node)): e for e in found}.values())

    @kept
    def roots(self, scope: ScopeId) -> frozenset[str]:
        """The live kinds in which a scope is run with nothing of the project above it."""
        if not scope.index:
            return frozenset({"import"})
        above = {place for edge in self.edges(scope) for place in ((edge.scope, edge.op), edge.made)}
        return frozenset(
            context.kind
            for context in self.execution.direct(scope)
            if context.root not in above and context.kind in LIVE | {"tested"}
        )

    def _find(self, scope: ScopeId) -> Iterator[Edge]:
        for site in self.flow.call_sites(scope):
            yield self._called(site)
        for use in self.flow.function_uses(scope):
            if use.kind == "argument" and isinstance(use.outer, m.Call):
                yield from self._handed(use, use.outer)

    def _called(self, site: CallSite) -> Edge:
        facts = self.program.facts(site.scope)
        if site.call is not None and 0 <= site.op < len(facts.ops):
            for top in w.expressions(facts.ops[site.op].action):
                for node, parents in w.walk_with_parents(top):
                    if node is site.call:
                        return Edge(site.scope, site.op, node, parents, site, *self._spawned(site, node, parents))
        return Edge(site.scope, site.op, site.call or m.Const("none", "None"), (), site)

    def _spawned(self, site: CallSite, node: m.Expr, parents: tuple[m.Expr, ...]) -> tuple[Timer | None, m.Call | None]:
        """The timer that a coroutine is handed to where it is made: `create_task(loop())`."""
        outer = parents[-1] if parents else None
        if isinstance(outer, m.Call) and outer.func is not node:
            for timer in self.execution.timers.of(outer, site.scope)[:1]:
                return timer, outer
        return None, None

    def _handed(self, use: Use, call: m.Call) -> Iterator[Edge]:
        site = use.site
        timers = [t for t in self.execution.timers.of(call, site.scope) if takes_callback(t, call, site.node)]
        if timers:
            if timers[0].process != "other":
                outer = Site(site.scope, site.op, call, site.parents[:-1])
                yield from self._activated(timers[0], call, outer)
        elif self._forwards(call, site.scope):
            yield Edge(site.scope, site.op, site.node, site.parents, None, None, call)

    def _forwards(self, call: m.Call, scope: ScopeId) -> bool:
        catalog = self.execution.catalog
        names = callee_names(call.func, scope, self.resolver)
        found = [f for name in names for f in catalog.forwarder_named(name)]
        if not found and isinstance(call.func, m.Attr) and is_unknown_receiver(call.func, scope, self.resolver):
            found = list(catalog.forwarder_method(call.func.name, receiver_of(call.func)))
        return bool(found) and found[0].when not in {"exit", "lost"}

    def _activated(self, timer: Timer, call: m.Call, made: Site) -> Iterator[Edge]:
        """Where a timer is really started: at its `start()`, if it needs one, otherwise where it is made."""
        found, here = False, (made.scope, made.op)
        if timer.activation.how == "method":
            for use in self.flow.site_uses(made):
                if (
                    use.kind == "member"
                    and isinstance(use.outer, m.Attr)
                    and use.outer.name in timer.activation.methods
                ):
                    if not self.program.is_test(use.site.scope):
                        found = True
                        yield Edge(
                            use.site.scope, use.site.op, use.site.node, use.site.parents, None, timer, call, here
                        )
        if not found:
            yield Edge(made.scope, made.op, made.node, made.parents, None, timer, call, here)
