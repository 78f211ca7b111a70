"""Sets of sorts of ways in which code comes to run, as bits of one number: many are joined and changed at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.runs.context import EVERY, MARKS, ContextKind, Mark, Sort, Step

_EACH = 1 << len(MARKS)
"""How many sorts there are of one family: of one kind, with one timer, resting on one thing. They differ in what steps
add to them."""

_WITHOUT = tuple(sum(1 << marks for marks in range(_EACH) if not marks >> mark & 1) for mark in range(len(MARKS)))
"""Mark -> the sorts of a family that do not have it."""


def marks_of(item: Sort | Step) -> int:
    """The marks of a sort, or those that a step adds to what is behind it, as bits: many steps are asked."""
    return item.guess | item.endless << 1 | item.failing << 2 | item.cleanup << 3 | item.looped << 4


def bits_of(marks: Iterable[Mark]) -> int:
    """Some marks as bits."""
    return sum(1 << MARKS.index(mark) for mark in marks)


def marked(marks: int) -> dict[str, Any]:
    """The fields of a sort that has these marks."""
    return {name: bool(marks >> mark & 1) for mark, name in enumerate(MARKS)}


class Sorts:
    """Numbers the sorts that there are, and answers for sets of them. The number of one behind a step is its own with
    the bits of the step's marks."""

    def __init__(self) -> None:
        self._first: dict[tuple[object, ...], int] = {}
        self._sorts: list[Sort] = []
        self._without = [0] * len(MARKS)
        self._of_kind = dict.fromkeys(EVERY, 0)

    def number(self, sort: Sort) -> int:
        """The number of a sort, and so the place of its bit."""
        first = self._first.setdefault((sort.kind, sort.timer, sort.by), len(self._sorts))
        if first == len(self._sorts):
            self._sorts += [Sort(sort.kind, timer=sort.timer, by=sort.by, **marked(marks)) for marks in range(_EACH)]
            self._of_kind[sort.kind] |= ((1 << _EACH) - 1) << first
            for mark, without in enumerate(_WITHOUT):
                self._without[mark] |= without << first
        return first + marks_of(sort)

    def behind(self, bits: int, marks: int) -> int:
        """What sorts become behind a step that adds some marks."""
        for mark, without in enumerate(self._without) if marks else ():
            if marks >> mark & 1:
                plain = bits & without
                bits = bits ^ plain | plain << (1 << mark)
        return bits

    def among(self, kinds: Iterable[ContextKind], without: int = 0) -> int:
        """All sorts of some kinds that have none of some marks."""
        found = 0
        for kind in kinds:
            found |= self._of_kind[kind]
        for mark, free in enumerate(self._without) if without else ():
            if without >> mark & 1:
                found &= free
        return found

    @kept
    def of(self, bits: int) -> frozenset[Sort]:
        """The sorts of a set."""
        return frozenset(sort for number, sort in enumerate(self._sorts) if bits >> number & 1)

    @kept
    def kinds(self, bits: int) -> frozenset[ContextKind]:
        """The kinds of the sorts of a set."""
        return frozenset(sort.kind for sort in self.of(bits))
