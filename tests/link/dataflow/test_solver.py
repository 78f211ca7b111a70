"""The solver finds least fixpoints, whatever is asked first, in linear time and without recursion."""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unbounded_lint.link.dataflow.solver import Solver

Sets = frozenset[int]
Graph = Mapping[int, tuple[int, ...]]


class Reachable:
    """What can be reached in a graph: each node knows itself and what its followers know."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.started = 0
        self.solver: Solver[int, Sets] = Solver(self.equation, lambda _: frozenset(), frozenset.union)

    def equation(self, node: int) -> Generator[int, Sets, Sets]:
        self.started += 1
        found = {node}
        for follower in self.graph.get(node, ()):
            found |= yield follower
        return frozenset(found)


def reachable(graph: Graph, node: int) -> Sets:
    seen, queue = {node}, [node]
    while queue:
        for follower in graph.get(queue.pop(), ()):
            if follower not in seen:
                seen.add(follower)
                queue.append(follower)
    return frozenset(seen)


GRAPHS = st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 12), max_size=4).map(tuple), max_size=13)


@settings(max_examples=400)
@given(GRAPHS, st.randoms(use_true_random=False))
def test_it_finds_the_least_answers_in_any_order(graph: Graph, rng: random.Random) -> None:
    questions = list(range(13))
    rng.shuffle(questions)
    analysis = Reachable(graph)
    assert {q: analysis.solver.answer(q) for q in questions} == {q: reachable(graph, q) for q in questions}


class Filtered(Reachable):
    """The same, where an edge lets some numbers through only if another node is known to be reached."""

    def equation(self, node: int) -> Generator[int, Sets, Sets]:
        found = {node}
        for follower in self.graph.get(node, ()):
            known = yield follower
            found |= known
            if 7 in known:
                found |= (yield (follower * 5 + 1) % 13) - {node % 3}
        return frozenset(found)


@settings(max_examples=400)
@given(GRAPHS, st.randoms(use_true_random=False))
def test_equations_that_ask_more_when_they_know_more(graph: Graph, rng: random.Random) -> None:
    """Compared with the plain iteration of all equations from nothing."""
    analysis = Filtered(graph)
    expected: dict[int, Sets] = dict.fromkeys(range(13), frozenset())
    while True:
        found = {node: evaluated(analysis, node, expected) for node in range(13)}
        if found == expected:
            break
        expected = found
    questions = list(range(13))
    rng.shuffle(questions)
    assert {q: analysis.solver.answer(q) for q in questions} == expected


def evaluated(analysis: Reachable, node: int, known: Mapping[int, Sets]) -> Sets:
    run = analysis.equation(node)
    try:
        asked = next(run)
        while True:
            asked = run.send(known[asked])
    except StopIteration as end:
        result: Sets = end.value
        return result


def test_a_long_chain_needs_no_recursion() -> None:
    analysis = Reachable({n: (n + 1,) for n in range(3_000)})
    assert len(analysis.solver.answer(0)) == 3_001
    assert analysis.started == 3_001


def test_a_long_circle_is_gone_round_a_few_times() -> None:
    class Truth(Reachable):
        def equation(self, node: int) -> Generator[int, Sets, Sets]:
            self.started += 1
            found: Sets = frozenset()
            for follower in self.graph.get(node, ()):
                found |= yield follower
            return found | ({1} if node == 500 else set())

    analysis = Truth({n: ((n + 1) % 20_000,) for n in range(20_000)})
    assert analysis.solver.answer(0) == {1}
    assert analysis.solver.answer(10_000) == {1}
    assert analysis.started <= 45_000


def test_each_question_of_a_tree_is_answered_once() -> None:
    analysis = Reachable({n: (2 * n + 1, 2 * n + 2) for n in range(255)})
    analysis.solver.answer(0)
    analysis.solver.answer(1)
    assert analysis.started == 511


def test_a_failure_leaves_nothing_half_known() -> None:
    class Failing(Reachable):
        fails = True

        def equation(self, node: int) -> Generator[int, Sets, Sets]:
            found = {node}
            for follower in self.graph.get(node, ()):
                found |= yield follower
            if node == 2 and self.fails:
                raise ZeroDivisionError
            return frozenset(found)

    analysis = Failing({0: (1,), 1: (0, 2), 2: (1, 3)})
    with pytest.raises(ZeroDivisionError):
        analysis.solver.answer(0)
    analysis.fails = False
    assert analysis.solver.answer(1) == {0, 1, 2, 3}
    assert analysis.solver.answer(0) == {0, 1, 2, 3}
