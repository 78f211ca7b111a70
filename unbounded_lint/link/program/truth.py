"""What a condition says when it comes out true or false: `not`, `and` and `or` taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w

NONE = m.Const("none", "None")


class Asked(NamedTuple):
    """One test that must come out one way: its expression, and the truth it must have."""

    expr: m.Expr
    truth: bool


class Parts(NamedTuple):
    """What a test that comes out one way says of its parts: that all of them hold, or one at least. A test that has
    no parts is the only one of its own."""

    every: bool
    tests: tuple[Asked, ...]


def straight(test: m.Expr, truth: bool) -> Asked:
    """A test without the `not` in front of it."""
    while isinstance(test, m.Unary) and test.op == "not":
        test, truth = test.operand, not truth
    return Asked(test, truth)


def apart(test: m.Expr, truth: bool) -> Parts:
    """The parts of a test with that truth, each as it must come out."""
    test, truth = straight(test, truth)
    if isinstance(test, m.BoolOp):
        return Parts((test.op == "and") == truth, tuple(Asked(item, truth) for item in test.items))
    return Parts(True, (Asked(test, truth),))


def held(test: m.Expr, truth: bool) -> tuple[Asked, ...]:
    """The tests that must all hold for a test to have that truth; those of which only one must are left together."""
    every, parts = apart(test, truth)
    if len(parts) == 1:
        return parts
    return tuple(one for part in parts for one in held(*part)) if every else (straight(test, truth),)


def compared_with(test: m.Expr, own: Set[str]) -> frozenset[str]:
    """The names of what a test compares some of its `own` names with for being the same, `owner == name`; none for
    another test."""
    if not isinstance(test, m.Compare) or not set(test.ops) <= {"==", "is"}:
        return frozenset()
    sides = [w.names(side) for side in (test.left, *test.items)]
    apart = [side for side in sides if not side & own]
    return frozenset[str]().union(*apart) if len(apart) < len(sides) else frozenset()


def says(test: m.Expr, truth: bool, one: Callable[[m.Expr, bool], bool]) -> bool:
    """Whether a test with that truth says what `one` finds in tests without parts: any of those that all hold does, or
    each of those of which one holds."""
    every, parts = apart(test, truth)
    if len(parts) == 1:
        return one(*parts[0])
    return (any if every else all)(says(*part, one) for part in parts)


def leaves_of(test: m.Expr) -> Iterator[m.Expr]:
    """The tests without parts that a test is made of, however they come out."""
    _, parts = apart(test, True)
    if len(parts) == 1:
        yield parts[0].expr
    else:
        for part in parts:
            yield from leaves_of(part.expr)


def flag_of(test: m.Expr) -> m.Expr | None:
    """The expression whose value decides over a test without parts; None where that cannot be told."""
    match test:
        case m.Compare(left=left, ops=("is" | "is not" | "==" | "!=",), items=(m.Const(),)):
            return left
        case m.Compare(left=left, ops=(">",), items=(m.Const(kind="int", value="0"),)):
            return left
        case m.Name() | m.Attr() | m.Call():
            return test
    return None


def is_so(asked: Asked, value: m.Const) -> bool:
    """Whether a test comes out as asked when its flag has that value."""
    match asked.expr:
        case m.Compare(ops=(op,), items=(other,)) if op != ">":
            return ((value == other) == (op in {"is", "=="})) == asked.truth
    nothing = {""} if value.kind == "str" else {"None", "False", "0", "0.0", "b''", 'b""'}
    is_empty = value.value in nothing
    return is_empty != asked.truth
