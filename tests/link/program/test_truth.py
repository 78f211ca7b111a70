"""Conditions taken apart: which parts must hold, and what a condition says by them."""

from __future__ import annotations

from itertools import product

import pytest

from unbounded_lint.facts import model as m
from unbounded_lint.link.program.truth import apart, held, leaves_of, says, straight

A, B, C = m.Name("a"), m.Name("b"), m.Name("c")


def no(test: m.Expr) -> m.Expr:
    return m.Unary("not", test)


def both(*tests: m.Expr) -> m.Expr:
    return m.BoolOp("and", tests)


def some(*tests: m.Expr) -> m.Expr:
    return m.BoolOp("or", tests)


CONDITIONS = {
    "alone": A,
    "denied": no(A),
    "denied twice": no(no(A)),
    "both": both(A, B),
    "some": some(A, B),
    "neither": no(some(A, B)),
    "not both": no(both(A, no(B))),
    "nested": both(A, some(no(B), both(B, C))),
    "deep": no(some(both(A, B), no(some(B, C)))),
}


def value(test: m.Expr, given: dict[str, bool]) -> bool:
    """What Python makes of a condition."""
    match test:
        case m.Unary(operand=inner):
            return not value(inner, given)
        case m.BoolOp(op=op, items=items):
            return (all if op == "and" else any)(value(item, given) for item in items)
        case m.Name(id=name):
            return given[name]
    raise AssertionError(test)


@pytest.mark.parametrize("truth", [True, False])
@pytest.mark.parametrize("test", CONDITIONS.values(), ids=CONDITIONS.keys())
def test_the_parts_say_the_same_as_the_whole(test: m.Expr, truth: bool) -> None:
    every, parts = apart(test, truth)
    for values in product([True, False], repeat=3):
        given = dict(zip("abc", values, strict=True))
        whole = value(test, given) == truth
        assert (all if every else any)(value(p.expr, given) == p.truth for p in parts) == whole
        assert all(value(p.expr, given) == p.truth for p in held(test, truth)) == whole
        assert (value(straight(test, truth).expr, given) == straight(test, truth).truth) == whole


@pytest.mark.parametrize("truth", [True, False])
@pytest.mark.parametrize("test", CONDITIONS.values(), ids=CONDITIONS.keys())
def test_what_a_condition_says_holds_wherever_it_does(test: m.Expr, truth: bool) -> None:
    """A condition says that `a` is true: then `a` is true in every case in which the condition comes out so."""
    told = says(test, truth, lambda expr, holds: expr == A and holds)
    cases = [dict(zip("abc", values, strict=True)) for values in product([True, False], repeat=3)]
    assert not told or all(given["a"] for given in cases if value(test, given) == truth)


@pytest.mark.parametrize(
    ("test", "truth", "told"),
    [
        (both(A, B), True, True),
        (both(A, B), False, False),
        (some(A, B), True, False),
        (some(A, both(A, B)), True, True),
        (no(some(no(A), B)), True, True),
    ],
)
def test_one_of_several_says_only_what_each_says(test: m.Expr, truth: bool, told: bool) -> None:
    assert says(test, truth, lambda expr, holds: expr == A and holds) is told


def test_the_tests_without_parts() -> None:
    assert list(leaves_of(CONDITIONS["deep"])) == [A, B, B, C]
