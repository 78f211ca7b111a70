"""From where code can be reached at all, which asks nothing about timers: so whether a timer is started can be decided
by it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cached_property
from typing import TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import callee_names
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.program.blocks import in_main_guard
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.callgraph import CallGraph
from unbounded_lint.link.runs.context import LIVE, Context, ContextKind

_Kinds: TypeAlias = frozenset[ContextKind]


class Roots:
    """Answers whether anything runs a scope, and whether a project has entry points of its own."""

    def __init__(self, graph: CallGraph) -> None:
        self.graph = graph
        self.program = graph.program
        self._solver: Solver[ScopeId, _Kinds] = Solver(self._equation, lambda _: frozenset(), frozenset.union)

    def is_live(self, scope: ScopeId) -> bool:
        """Whether anything but tests can run a scope."""
        return scope.index == 0 or bool(self.of(scope) & LIVE)

    def of(self, scope: ScopeId) -> frozenset[ContextKind]:
        """The kinds of the places from which a scope can be reached at all, by a call or by being handed over."""
        return self._solver.answer(scope)

    def _equation(self, scope: ScopeId) -> Generator[ScopeId, _Kinds, _Kinds]:
        found: set[ContextKind] = set()
        for user in dict.fromkeys(self._users(scope)):
            if isinstance(user, ScopeId):
                found |= yield user
            else:
                found.add(user)
        return frozenset(found)

    def _users(self, scope: ScopeId) -> Iterator[ScopeId | ContextKind]:
        """The scopes that use a scope, and the kinds of roots it has itself."""
        parent = self.program.parent(scope)
        if self.program.is_test(scope):
            yield "test"
        elif parent is None:
            yield "import"
        elif self.program.facts(scope).kind == "class":
            yield parent
        elif edges := self.graph.edges(scope):
            for edge in edges:
                yield edge.context.kind if edge.kind == "decorate" and edge.context is not None else edge.root[0]
        elif self.graph.outside.is_kept(scope):
            yield "run"
        else:
            for item in self.graph.outside.of(scope):
                yield item.kind if isinstance(item, Context) else item.scope

    def is_forgotten(self, scope: ScopeId) -> bool:
        """Whether a scope could only be run by users of the project, in a project that has entry points of its own:
        nobody runs it."""
        return self.has_entry_points and self.of(scope) & LIVE <= {"api"}

    @cached_property
    def has_entry_points(self) -> bool:
        """Whether the project has a script or an application of its own outside its tests: then a start that nobody
        calls is a fault."""
        for module in self.program.mentioning("__main__"):
            body = module.scope(0)
            if not module.file.is_test and any(in_main_guard(body, index) for index in range(len(body.ops))):
                return True
        return any(self._makes_app(name) for name in self.graph.catalog.data.apps)

    def _makes_app(self, name: str) -> bool:
        """Whether the body of a module makes an object of a class that servers and runners are pointed at."""
        for site in self.program.sites(name.rpartition(".")[2]):
            call = site.parents[-1] if site.parents else None
            made = site.scope.index == 0 and isinstance(call, m.Call) and call.func is site.node
            if made and isinstance(self.program.op(site).action, m.Assign) and not self.program.is_test(site.scope):
                names = callee_names(site.node, site.scope, self.graph.flow.resolver)
                if name in {self.graph.catalog.canonical(found) for found in names}:
                    return True
        return False
