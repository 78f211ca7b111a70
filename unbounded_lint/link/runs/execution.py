"""When code runs: at import, at start-up, per request, on a timer, in tests, or never."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import NamedTuple

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.callgraph import CallGraph
from unbounded_lint.link.runs.context import Context, ContextKind, Place, Step

STEPS = 200
"""How many callers are looked at for the roots of one operation."""


class _Reached(NamedTuple):
    """A way in which a scope comes to run, and how many calls away it begins."""

    distance: int
    context: Context


_Ways = frozenset[_Reached]


class Execution:
    """Answers when scopes and operations run. Memoised; deterministic for the same program.

    `timers`, `loops` and `roots` answer the questions behind it.
    """

    def __init__(
        self,
        flow: Flow,
        catalog: Catalog,
        entry_points: frozenset[str] = frozenset(),
        sweepers: frozenset[str] = frozenset(),
    ) -> None:
        self.program = flow.program
        self.catalog = catalog
        self._graph = CallGraph(flow, catalog, entry_points, sweepers)
        self.timers = self._graph.timers
        self.loops = self._graph.loops
        self.roots = self._graph.roots
        self._solver: Solver[ScopeId, _Ways] = Solver(self._equation, lambda _: frozenset(), _shortest)

    @kept
    def contexts(self, scope: ScopeId) -> frozenset[Context]:
        """How a function, lambda or class body comes to run; a module's body runs at import."""
        return frozenset(reached.context for reached in self._solver.answer(scope))

    def _equation(self, scope: ScopeId) -> Generator[ScopeId, _Ways, _Ways]:
        """One way of each sort is enough: the one that begins nearest."""
        found: set[_Reached] = set()
        for item in self._graph.direct(scope):
            if isinstance(item, Context):
                found.add(_Reached(0, item))
            else:
                above = yield item.scope
                found.update(_Reached(r.distance + 1, r.context.behind(item.looped, item.cleanup)) for r in above)
        return _nearest(found)

    @kept
    def at(self, scope: ScopeId, op: int) -> frozenset[Context]:
        """How one operation comes to run."""
        item = self._graph.of_operation(scope, op)
        if isinstance(item, Context):
            return frozenset({item})
        found: dict[object, Context] = {}
        for context in sorted(self.contexts(item.scope), key=lambda context: context.order):
            behind = context.behind(item.looped, item.cleanup)
            found.setdefault(behind.sort, behind)
        return frozenset(found.values())

    def sources(self, scope: ScopeId, op: int) -> tuple[Context, ...]:
        """Every root from which an operation is reached, those of the same sort included."""
        found: list[Context] = []
        queue: list[Context | Step] = [self._graph.of_operation(scope, op)]
        seen: set[ScopeId] = set()
        for item in queue:
            if isinstance(item, Context):
                found.append(item)
            elif item.scope not in seen and len(seen) < STEPS:
                seen.add(item.scope)
                queue += self._graph.direct(item.scope)
        return tuple(dict.fromkeys(found))

    def direct(self, scope: ScopeId) -> tuple[Context, ...]:
        """The roots from which a scope is run with no other scope in between."""
        return tuple(item for item in self._graph.direct(scope) if isinstance(item, Context))

    def kinds(self, scope: ScopeId, op: int) -> frozenset[ContextKind]:
        """The kinds of the contexts of an operation."""
        return frozenset(c.kind for c in self.at(scope, op))

    def is_asked_for(self, context: Context) -> bool:
        """Whether a way of running is a request, of which there are many, rather than what may happen once."""
        if context.kind != "run":
            return context.kind == "main" and context.looped
        scope, op = context.root
        facts, outside = self.program.facts(scope), self.program.parent(scope) or scope
        wired = [(d if isinstance(d, m.Call) else m.Call(d, (), facts.span), outside) for d in facts.decorators]
        if 0 <= op < len(facts.ops):
            parts = (node for node in w.nodes(facts.ops[op].action))
            wired += [(node, scope) for node in parts if isinstance(node, m.Call)]
        return any(hook.role == "request" for call, at in wired for hook in self.timers.hooks_of(call, at))


def _nearest(ways: Iterable[_Reached]) -> _Ways:
    """Of the ways of each sort the one that begins nearest."""
    found: dict[object, _Reached] = {}
    for reached in ways:
        known = found.get(reached.context.sort)
        if known is None or _rank(reached) < _rank(known):
            found[reached.context.sort] = reached
    return frozenset(found.values())


def _rank(reached: _Reached) -> tuple[int, Place]:
    return reached.distance, reached.context.root


def _shortest(one: _Ways, other: _Ways) -> _Ways:
    return _nearest(one | other)
