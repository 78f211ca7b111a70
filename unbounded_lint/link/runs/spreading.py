"""How the ways in which code comes to run spread from where they begin to all that is run on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.callgraph import explored
from unbounded_lint.link.runs.context import Context, Step

_Way: TypeAlias = tuple[int, Context]
"""A way in which a scope comes to run, and how many calls away it begins."""


class Spreading:
    """Tells the contexts of scopes, each followed once: `above` gives what runs a scope directly, `outside` how one
    begins that nothing in the project runs."""

    def __init__(
        self, above: Callable[[ScopeId], Sequence[Context | Step]], outside: Callable[[ScopeId], Context | Step]
    ) -> None:
        self._above = above
        self._outside = outside
        self._ways: dict[ScopeId, tuple[_Way, ...]] = {}
        self._shared: dict[_Way, _Way] = {}

    def contexts(self, scope: ScopeId) -> frozenset[Context]:
        """How a scope comes to run; of the ways of one sort, the one that begins nearest."""
        if scope not in self._ways:
            self._ways.update(self._nearest(scope))
        return frozenset(context for _, context in self._ways[scope])

    def _nearest(self, asked: ScopeId) -> dict[ScopeId, tuple[_Way, ...]]:
        """The ways of a scope and of all above it that nobody asked for yet: followed down from where they begin, one
        call further in each round, so that the first of its sort to come to a scope is the nearest."""
        scopes = tuple(explored([asked], self._unsettled))
        numbers = {scope: number for number, scope in enumerate(scopes)}
        below: list[dict[Step, set[int]]] = [{} for _ in scopes]
        rounds = _Rounds(below)
        for number, scope in enumerate(scopes):
            for item in self._above(scope):
                if isinstance(item, Context):
                    rounds.offer(0, item, {number})
                elif item.scope in numbers:
                    below[numbers[item.scope]].setdefault(item, set()).add(number)
                else:
                    for distance, context in self._ways[item.scope]:
                        rounds.offer(distance + 1, context.behind(item), {number})
        ways: list[list[_Way]] = [[] for _ in scopes]
        self._follow(rounds, ways)
        # What only calls itself in a circle begins as what nobody calls.
        for number in [number for number, found in enumerate(ways) if not found]:
            begin = self._outside(scopes[number])
            if isinstance(begin, Context):
                rounds.offer(0, begin, {number})
        self._follow(rounds, ways)
        return {scope: tuple(found) for scope, found in zip(scopes, ways, strict=True)}

    def _follow(self, rounds: _Rounds, ways: list[list[_Way]]) -> None:
        for number, way in rounds.taken():
            ways[number].append(self._shared.setdefault(way, way))

    def _unsettled(self, scope: ScopeId) -> Iterator[ScopeId]:
        return (item.scope for item in self._above(scope) if isinstance(item, Step) and item.scope not in self._ways)


class _Rounds:
    """The contexts that scopes, by their numbers, are offered: each takes the nearest of each sort, of equally near
    ones that which begins first, and offers it to those `below` it."""

    def __init__(self, below: Sequence[dict[Step, set[int]]]) -> None:
        self._below = below
        self._sorts: dict[object, int] = {}
        self._waiting: dict[int, dict[int, dict[int, Context]]] = {}
        self._taken: list[set[int]] = []

    def offer(self, distance: int, context: Context, scopes: set[int]) -> None:
        """Let some scopes have a context that begins so many calls away."""
        self._offer(distance, context, self._sort(context), scopes)

    def _sort(self, context: Context) -> int:
        """The number of a context's sort, which is hashed a good deal faster."""
        number = self._sorts.setdefault(context.sort, len(self._sorts))
        if number == len(self._taken):
            self._taken.append(set())
        return number

    def _offer(self, distance: int, context: Context, sort: int, scopes: set[int]) -> None:
        offered = self._waiting.setdefault(distance, {}).setdefault(sort, {})
        for scope in scopes - self._taken[sort]:
            before = offered.setdefault(scope, context)
            if before is not context and context.begin < before.begin:
                offered[scope] = context

    def taken(self) -> Iterator[tuple[int, _Way]]:
        """Who takes which context, round by round until nothing is left on offer."""
        distance = 0
        while self._waiting:
            for sort, offered in self._waiting.pop(distance, {}).items():
                taken = self._taken[sort]
                for scope, context in offered.items():
                    if scope not in taken:
                        taken.add(scope)
                        yield scope, (distance, context)
                        for step, users in self._below[scope].items():
                            further = context.behind(step)
                            self._offer(
                                distance + 1, further, sort if further is context else self._sort(further), users
                            )
            distance += 1
