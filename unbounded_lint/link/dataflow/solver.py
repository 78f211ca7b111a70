"""Answers questions that ask one another, in circles too: each answer is whole before anybody keeps it.

An analysis is a set of equations. The equation of a question is a generator: it yields the questions that it needs,
is sent their answers, and returns its own. A lattice says what is known at first and how two answers become one. The
solver goes depth first without recursion; questions that depend on each other (a strongly connected component) are
answered together, again and again until nothing changes, so that no answer depends on which of them was asked first.

The method is the local fixpoint search of Le Charlier and Van Hentenryck ("A universal top-down fixpoint algorithm",
1992) over the components that Tarjan's algorithm finds.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from typing import Any, Generic, TypeVar

Q = TypeVar("Q", bound=Hashable)
A = TypeVar("A")
T = TypeVar("T")

Asking = Generator[Any, Any, T]
"""What a part of an equation is: a generator of questions that returns a T."""

ROUNDS = 50
"""How often the questions of a circle are asked again. Where answers have few steps to climb far fewer are enough."""


class _Frame(Generic[Q, A]):
    """A question that is being answered: its number in the order of asking, and the lowest number of those whose
    answers are not whole yet that its own depends on."""

    __slots__ = ("low", "number", "question", "run")

    def __init__(self, question: Q, run: Generator[Q, A, A], number: int) -> None:
        self.question = question
        self.run = run
        self.number = number
        self.low = number


class Solver(Generic[Q, A]):
    """Answers questions by their equations. Answers are kept; the same for every order of questions as long as the
    equations only ever say more when they are told more."""

    def __init__(
        self, equation: Callable[[Q], Generator[Q, A, A]], bottom: Callable[[Q], A], join: Callable[[A, A], A]
    ) -> None:
        """`equation` gives the generator of a question, `bottom` what is known before anything is, `join` the least
        answer that says what both say."""
        self._equation = equation
        self._bottom = bottom
        self._join = join
        self._final: dict[Q, A] = {}
        self._guess: dict[Q, A] = {}
        """What the questions of the circles at hand are taken to be in this round."""
        self._found: dict[Q, A] = {}
        """What this round found for them, in the order in which that was."""
        self._stack: list[_Frame[Q, A]] = []
        self._numbers: dict[Q, int] = {}
        """Of the questions on the stack and those in `_found`."""
        self._count = 0
        self._rounds: dict[Q, int] = {}

    def answer(self, question: Q) -> A:
        """The answer to a question; asks whatever it depends on."""
        if question in self._final:
            return self._final[question]
        assert not self._stack, "an equation asks by yielding"
        try:
            return self._solve(question)
        except BaseException:
            # What was found so far may rest on guesses.
            self._forget()
            raise

    def _forget(self) -> None:
        for frame in self._stack:
            frame.run.close()
        for part in (self._stack, self._numbers, self._guess, self._found, self._rounds):
            part.clear()

    def _solve(self, question: Q) -> A:
        self._push(question)
        told: A | None = None
        while True:
            frame = self._stack[-1]
            try:
                asked = frame.run.send(told)  # type: ignore[arg-type]  # None starts a generator
            except StopIteration as end:
                again, told = self._finish(frame, end.value)
                if again:
                    told = None
                elif not self._stack:
                    return self._final[question]
                continue
            known, told = self._known(frame, asked)
            if not known:
                self._push(asked)

    def _push(self, question: Q) -> None:
        self._count += 1
        self._numbers[question] = self._count
        self._stack.append(_Frame(question, self._equation(question), self._count))

    def _known(self, frame: _Frame[Q, A], asked: Q) -> tuple[bool, A | None]:
        """What can be said of a question now, if anything; the frame then depends on whatever that rests on."""
        if asked in self._final:
            return True, self._final[asked]
        number = self._numbers.get(asked)
        if number is None:
            return False, None
        frame.low = min(frame.low, number)
        return True, self._found[asked] if asked in self._found else self._guessed(asked)

    def _guessed(self, question: Q) -> A:
        if question not in self._guess:
            self._guess[question] = self._bottom(question)
        return self._guess[question]

    def _finish(self, frame: _Frame[Q, A], result: A) -> tuple[bool, A]:
        """Take the answer of the topmost frame; says whether its circle has to be gone round once more."""
        question = frame.question
        if question in self._guess:
            result = self._join(self._guess[question], result)
        self._found[question] = result
        if frame.low < frame.number:
            self._stack.pop()
            self._stack[-1].low = min(self._stack[-1].low, frame.low)
            return False, result
        circle = self._circle(frame)
        if self._is_settled(question, circle):
            self._settle(circle)
            self._stack.pop()
            return False, result
        self._go_round(frame, circle)
        return True, result

    def _circle(self, frame: _Frame[Q, A]) -> list[Q]:
        """The questions of the circle that a frame is the head of: itself and all that were answered since."""
        circle: list[Q] = []
        for question in reversed(self._found):
            if self._numbers[question] < frame.number:
                break
            circle.append(question)
        return circle

    def _is_settled(self, head: Q, circle: list[Q]) -> bool:
        """Whether every guess of this round was right."""
        return self._rounds.get(head, 0) >= ROUNDS or all(
            question not in self._guess or self._guess[question] == self._found[question] for question in circle
        )

    def _settle(self, circle: list[Q]) -> None:
        for question in circle:
            self._final[question] = self._found.pop(question)
            self._guess.pop(question, None)
            self._rounds.pop(question, None)
            del self._numbers[question]

    def _go_round(self, frame: _Frame[Q, A], circle: list[Q]) -> None:
        for question in circle:
            self._guess[question] = self._found.pop(question)
            del self._numbers[question]
        self._numbers[frame.question] = frame.number
        self._rounds[frame.question] = self._rounds.get(frame.question, 0) + 1
        frame.run = self._equation(frame.question)
        frame.low = frame.number
