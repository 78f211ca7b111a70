"""How answers are kept."""

from __future__ import annotations

import pytest

from unbounded_lint.link.program.kept import kept


class Asked:
    def __init__(self) -> None:
        self.log: list[tuple[int, str]] = []

    @kept
    def twice(self, number: int, unit: str = "") -> str:
        """Twice a number."""
        self.log.append((number, unit))
        if number < 0:
            raise ValueError(number)
        return f"{2 * number}{unit}"


def test_each_question_is_answered_once() -> None:
    asked = Asked()

    assert [asked.twice(1), asked.twice(1), asked.twice(2), asked.twice(1, "s"), asked.twice(1, unit="s")] == [
        "2", "2", "4", "2s", "2s",
    ]  # fmt: skip
    assert asked.log[:3] == [(1, ""), (2, ""), (1, "s")]


def test_objects_keep_answers_apart() -> None:
    one, other = Asked(), Asked()

    assert one.twice(1) == other.twice(1)
    assert one.log == other.log == [(1, "")]


def test_what_raises_is_asked_again() -> None:
    asked = Asked()

    for _ in range(2):
        with pytest.raises(ValueError, match="-1"):
            asked.twice(-1)
    assert len(asked.log) == 2


def test_name_and_docstring_stay() -> None:
    assert (Asked.twice.__name__, Asked.twice.__doc__) == ("twice", "Twice a number.")
