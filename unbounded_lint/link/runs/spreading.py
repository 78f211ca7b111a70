"""How the ways in which code comes to run spread from where they begin to all that is run on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.callgraph import explored
from unbounded_lint.link.runs.context import Context, ContextKind, Mark, Sort, Step
from unbounded_lint.link.runs.sorts import Sorts, bits_of, marked, marks_of

_Way: TypeAlias = tuple[int, int, Context]
"""A way in which a scope comes to run: how many calls away it begins, the number of its sort, and how it begins."""

_Onward: TypeAlias = tuple[ScopeId, int]
"""A scope that another runs, and the marks of the step to it."""


class Spreading:
    """Tells how scopes come to run, each followed once: `above` gives what runs a scope directly, `outside` how one
    begins that nothing in the project runs.

    The sorts of ways are known of all scopes above one that was asked for; where those of a kind begin, which takes a
    good deal longer, of those alone that were asked for that.
    """

    def __init__(
        self, above: Callable[[ScopeId], Sequence[Context | Step]], outside: Callable[[ScopeId], Context | Step]
    ) -> None:
        self._above = above
        self._outside = outside
        self._sorts = Sorts()
        self._bits: dict[ScopeId, int] = {}
        self._callers: dict[ScopeId, tuple[ScopeId, ...]] = {}
        self._begun: dict[ScopeId, tuple[Context, ...]] = {}
        self._nearest: dict[tuple[ContextKind, int], dict[ScopeId, tuple[_Way, ...]]] = {}
        self._shared: dict[_Way, _Way] = {}

    # --- questions ---

    def sorts(self, step: Step) -> frozenset[Sort]:
        """The sorts of ways in which what stands behind a step comes to run."""
        return self._sorts.of(self._sorts.behind(self._settled(step.scope), marks_of(step)))

    def kinds(self, scope: ScopeId) -> frozenset[ContextKind]:
        """The kinds of the ways in which a scope comes to run."""
        return self._sorts.kinds(self._settled(scope))

    def nearest(self, step: Step, kind: ContextKind, without: Iterable[Mark] = ()) -> tuple[Context, ...]:
        """The ways of a kind in which what stands behind a step comes to run, that have none of some marks: of those of
        one sort, the one that begins nearest, of equally near ones that which begins first."""
        barred, marks = bits_of(without), marks_of(step)
        if marks & barred or not self._settled(step.scope) & self._sorts.among({kind}, barred):
            return ()
        known = self._nearest.setdefault((kind, barred), {})
        if step.scope not in known:
            known.update(self._reaching(step.scope, kind, barred, known))
        found: dict[int, Context] = {}
        for _, number, context in known[step.scope]:
            found.setdefault(number | marks, context)
        return tuple(replace(context, **marked(number)) for number, context in found.items())

    @kept
    def sources(self, scope: ScopeId, kinds: frozenset[ContextKind]) -> tuple[Context, ...]:
        """Every way of some kinds in which a scope comes to run, the nearest first."""
        self._settled(scope)
        bits, among = self._bits, self._sorts.among(kinds)
        scopes = explored([scope], lambda at: [above for above in self._callers[at] if bits[above] & among])
        found = (context for at in scopes for context in self._begun[at] if context.kind in kinds)
        return tuple(dict.fromkeys(found))

    def begun(self, scope: ScopeId) -> tuple[Context, ...]:
        """The ways in which a scope comes to run with no other scope in between."""
        self._settled(scope)
        return self._begun[scope]

    # --- the sorts ---

    def _settled(self, scope: ScopeId) -> int:
        """The sorts of a scope; then those of all above it are known as well."""
        if scope not in self._bits:
            self._settle(tuple(explored([scope], self._unsettled)))
        return self._bits[scope]

    def _unsettled(self, scope: ScopeId) -> Iterator[ScopeId]:
        return (item.scope for item in self._above(scope) if isinstance(item, Step) and item.scope not in self._bits)

    def _settle(self, scopes: Sequence[ScopeId]) -> None:
        below: dict[ScopeId, list[_Onward]] = {scope: [] for scope in scopes}
        found = dict.fromkeys(scopes, 0)
        for scope in scopes:
            steps = [item for item in self._above(scope) if isinstance(item, Step)]
            self._callers[scope] = tuple(dict.fromkeys(step.scope for step in steps))
            self._begin(scope, [item for item in self._above(scope) if isinstance(item, Context)], found)
            for step in steps:
                if step.scope in found:
                    below[step.scope].append((scope, marks_of(step)))
                else:
                    found[scope] |= self._sorts.behind(self._bits[step.scope], marks_of(step))
        self._spread(found, [scope for scope in reversed(scopes) if found[scope]], below)
        circling = tuple(self._circling([scope for scope in scopes if not found[scope]], below))
        for scope in circling:
            outside = self._outside(scope)
            self._begin(scope, [outside] if isinstance(outside, Context) else [], found)
        self._spread(found, circling, below)
        self._bits.update(found)

    def _begin(self, scope: ScopeId, contexts: Sequence[Context], found: dict[ScopeId, int]) -> None:
        self._begun[scope] = tuple(contexts)
        for context in contexts:
            found[scope] |= 1 << self._sorts.number(context)

    def _circling(self, scopes: Sequence[ScopeId], below: Mapping[ScopeId, Sequence[_Onward]]) -> Iterator[ScopeId]:
        """Of scopes that nothing was found for, those that only call each other in a circle, wherever one begins: these
        begin as what nobody calls."""

        def first(order: Iterable[ScopeId]) -> Iterator[ScopeId]:
            """Scopes that reach all the others, in their order."""
            known: set[ScopeId] = set()
            for scope in order:
                if scope not in known:
                    yield scope
                    known.update(explored([scope], lambda at: (user for user, _ in below[at] if user not in known)))

        # What the other way round comes first again is reached by nothing but what it reaches itself.
        for scope in first(reversed(tuple(first(scopes)))):
            yield from explored([scope], lambda at: self._callers[at])

    def _spread(
        self,
        found: dict[ScopeId, int],
        start: Iterable[ScopeId],
        below: Mapping[ScopeId, Sequence[tuple[ScopeId, int]]],
    ) -> None:
        """Give the sorts of scopes to all that they run."""
        queue = deque(start)
        waiting = set(queue)
        while queue:
            scope = queue.popleft()
            waiting.remove(scope)
            for user, marks in below[scope]:
                more = found[user] | self._sorts.behind(found[scope], marks)
                if more != found[user]:
                    found[user] = more
                    if user not in waiting:
                        waiting.add(user)
                        queue.append(user)

    # --- where they begin ---

    def _reaching(
        self, asked: ScopeId, kind: ContextKind, barred: int, known: Mapping[ScopeId, tuple[_Way, ...]]
    ) -> dict[ScopeId, tuple[_Way, ...]]:
        """The ways of a kind of a scope and of all above it that nobody asked for yet: followed down from where they
        begin, one call further in each round, so that the first of its sort to come to a scope is the nearest."""
        bits, among = self._bits, self._sorts.among({kind}, barred)
        scopes = explored([asked], lambda at: [s for s in self._callers[at] if s not in known and bits[s] & among])
        below: dict[ScopeId, dict[int, set[ScopeId]]] = {scope: {} for scope in scopes}
        rounds = _Rounds(below)
        for scope in below:
            for context in self._begun[scope]:
                if context.kind == kind and not marks_of(context) & barred:
                    rounds.offer(0, self._sorts.number(context), context, {scope})
            for step in self._above(scope):
                marks = marks_of(step) if isinstance(step, Step) else 0
                if isinstance(step, Context) or marks & barred:
                    continue
                if step.scope in below:
                    below[step.scope].setdefault(marks, set()).add(scope)
                for distance, number, context in known.get(step.scope, ()):
                    rounds.offer(distance + 1, number | marks, context, {scope})
        rounds.go()
        return {scope: tuple(self._in_order(ways)) for scope, ways in rounds.ways.items()}

    def _in_order(self, ways: Iterable[_Way]) -> Iterator[_Way]:
        """The nearest first, of equally near ones that which begins first."""
        return (self._shared.setdefault(way, way) for way in sorted(ways, key=lambda way: (way[0], way[2].begin)))


class _Rounds:
    """The ways that scopes are offered: each takes the nearest of each sort, of equally near ones that which begins
    first, and offers it to those `below` it, by the marks of the steps to them."""

    def __init__(self, below: Mapping[ScopeId, Mapping[int, set[ScopeId]]]) -> None:
        self._below = below
        self._waiting: dict[int, dict[int, dict[ScopeId, Context]]] = {}
        self._taken: dict[int, set[ScopeId]] = {}
        self.ways: dict[ScopeId, list[_Way]] = {scope: [] for scope in below}

    def offer(self, distance: int, number: int, context: Context, scopes: set[ScopeId]) -> None:
        """Let some scopes have a way of a sort that begins so many calls away."""
        new = scopes - self._taken.setdefault(number, set())
        offered = self._waiting.setdefault(distance, {}).setdefault(number, {}) if new else {}
        for scope in new:
            before = offered.setdefault(scope, context)
            if before is not context and context.begin < before.begin:
                offered[scope] = context

    def go(self) -> None:
        """Let each take what it is offered, round by round until nothing is left on offer."""
        distance = 0
        while self._waiting:
            for number, offered in self._waiting.pop(distance, {}).items():
                taken = self._taken[number]
                for scope, context in offered.items():
                    if scope not in taken:
                        taken.add(scope)
                        self.ways[scope].append((distance, number, context))
                        for marks, users in self._below[scope].items():
                            self.offer(distance + 1, number | marks, context, users)
            distance += 1
