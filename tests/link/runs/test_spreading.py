"""How the ways to run come from where they begin to all that is run on the way: against following each alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeAlias

import pytest
from msgspec.structs import replace

from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.callgraph import explored
from unbounded_lint.link.runs.context import EVERY, MARKS, Context, ContextKind, Mark, Sort, Step
from unbounded_lint.link.runs.sorts import Sorts, bits_of, marks_of
from unbounded_lint.link.runs.spreading import Spreading

Graph: TypeAlias = dict[ScopeId, tuple[Context | Step, ...]]
Route: TypeAlias = tuple[int, Context]

KINDS: tuple[ContextKind, ...] = ("import", "run", "timer")
SEEDS = range(60)
_WITHOUT: tuple[tuple[Mark, ...], ...] = ((), ("guess",), ("looped", "guess"))


def scope(index: int) -> ScopeId:
    return ScopeId("m.py", index)


def behind(context: Context, step: Step) -> Context:
    """A way that goes on by a step."""
    return replace(context, **{mark: getattr(context, mark) or getattr(step, mark) for mark in MARKS})


def sort_of(context: Context) -> Sort:
    return Sort(**{name: getattr(context, name) for name in Sort.__struct_fields__})


def drawn(seed: int) -> Graph:
    """Some functions, each begun in some ways and run by some of the others, in circles too; what nothing else runs
    begins by itself."""
    chance = random.Random(seed)
    graph: Graph = {}
    number = chance.randrange(2, 9)
    for index in range(number):
        here = scope(index)
        steps = [_step(chance, scope(chance.randrange(number))) for _ in range(chance.randrange(3))]
        begun = [_begin(chance, here) for _ in range(chance.choice((0, 0, 1, 2)))]
        graph[here] = (*begun, *steps) if begun or steps else (_begin(chance, here),)
    return graph


def _step(chance: random.Random, above: ScopeId) -> Step:
    return Step(above, **{mark: chance.random() < 0.2 for mark in MARKS})


def _begin(chance: random.Random, here: ScopeId) -> Context:
    marks = {mark: chance.random() < 0.2 for mark in MARKS}
    return Context(chance.choice(KINDS), **marks, root=(here, chance.randrange(3)))


def outside(at: ScopeId) -> Context:
    return Context("api", True, False, root=(at, 0))


def routes(graph: Graph, asked: ScopeId) -> Iterator[Route]:
    """Every way to a function, none twice through the same function with the same marks, and how many calls it has."""
    found = [(0, begin, begin, at) for at, items in _begun(graph).items() for begin in items]
    known = set()
    for distance, begin, way, at in found:
        if (way, at) in known:
            continue
        known.add((way, at))
        if at == asked:
            yield distance, way
        for user, items in graph.items():
            steps = (item for item in items if isinstance(item, Step) and item.scope == at)
            found.extend((distance + 1, begin, behind(way, step), user) for step in steps)


def _begun(graph: Graph) -> dict[ScopeId, list[Context]]:
    """Where ways begin: what is run in a circle alone begins as what nobody runs, wherever one enters it."""
    begun = {at: [item for item in items if isinstance(item, Context)] for at, items in graph.items()}
    circling = [at for at in graph if all(not begun[up] and at in _above(graph, up) for up in _above(graph, at))]
    return begun | {at: [outside(at)] for at in circling}


def _above(graph: Graph, at: ScopeId) -> set[ScopeId]:
    return set(explored([at], lambda here: (item.scope for item in graph[here] if isinstance(item, Step))))


def nearest(ways: Sequence[Route], kind: ContextKind, without: Sequence[Mark]) -> list[Context]:
    found: dict[Sort, Route] = {}
    for distance, way in sorted(ways, key=lambda route: (route[0], route[1].begin)):
        if way.kind == kind and not any(getattr(way, mark) for mark in without):
            found.setdefault(sort_of(way), (distance, way))
    return sorted((way for _, way in found.values()), key=lambda way: way.order)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sorts_of_a_function_are_those_of_all_ways_to_it_whoever_is_asked_for_first(seed: int) -> None:
    graph = drawn(seed)
    spreading = Spreading(graph.__getitem__, outside)
    for at in random.Random(seed).sample(sorted(graph), len(graph)):
        step = _step(random.Random(seed), at)
        assert spreading.sorts(step) == {sort_of(behind(way, step)) for _, way in routes(graph, at)}
        assert spreading.kinds(at) == {way.kind for _, way in routes(graph, at)}


@pytest.mark.parametrize("seed", SEEDS)
def test_of_the_ways_of_one_sort_the_nearest_is_told_whoever_is_asked_for_first(seed: int) -> None:
    graph = drawn(seed)
    spreading = Spreading(graph.__getitem__, outside)
    for at in random.Random(seed).sample(sorted(graph), len(graph)):
        step = _step(random.Random(seed), at)
        ways = [(distance, behind(way, step)) for distance, way in routes(graph, at)]
        for kind, without in product((*KINDS, "api"), _WITHOUT):
            told = sorted(spreading.nearest(step, kind, without), key=lambda way: way.order)
            assert told == nearest(ways, kind, without), (at, kind, without)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_beginning_of_some_kinds_is_a_source_of_what_it_comes_to(seed: int) -> None:
    graph = drawn(seed)
    spreading = Spreading(graph.__getitem__, outside)
    kinds: frozenset[ContextKind] = frozenset({"run", "timer"})
    for at in graph:
        begun = {item for above in _above(graph, at) for item in graph[above] if isinstance(item, Context)}
        assert set(spreading.sources(at, kinds)) == {item for item in begun if item.kind in kinds}
        own = tuple(item for item in graph[at] if isinstance(item, Context))
        assert not own or spreading.begun(at) == own


@pytest.mark.parametrize("seed", range(20))
def test_a_set_of_sorts_goes_behind_a_step_as_each_of_them_does(seed: int) -> None:
    chance, sorts = random.Random(seed), Sorts()
    ways = [_begin(chance, scope(0)) for _ in range(chance.randrange(1, 12))]
    ways = [replace(way, timer=chance.choice(("", "a.Timer")) if way.kind == "timer" else "") for way in ways]
    step = _step(chance, scope(0))
    bits = 0
    for way in ways:
        bits |= 1 << sorts.number(way)
    assert sorts.of(bits) == {sort_of(way) for way in ways}
    assert sorts.of(sorts.behind(bits, marks_of(step))) == {sort_of(behind(way, step)) for way in ways}
    assert sorts.kinds(bits) == {way.kind for way in ways}
    assert sorts.of(bits & sorts.among({"run"}, bits_of(["guess"]))) == {
        sort_of(way) for way in ways if way.kind == "run" and not way.guess
    }
    assert sorts.of(bits & sorts.among(EVERY)) == sorts.of(bits)
