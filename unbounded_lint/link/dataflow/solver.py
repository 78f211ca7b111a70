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
"""How often one question of a circle is asked again. Where answers have few steps to climb far fewer are enough."""


class _Frame(Generic[Q, A]):
    """A question that is being answered: its number in the order of asking, and the lowest number of those whose
    answers are not whole yet that its own depends on. `waiting` holds the questions of its circle that have to be asked
    again, once the frame turned out to be the head of one."""

    __slots__ = ("low", "number", "question", "run", "waiting")

    def __init__(self, question: Q, run: Generator[Q, A, A], number: int) -> None:
        self.question = question
        self.run = run
        self.number = number
        self.low = number
        self.waiting: dict[Q, None] | None = None


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
        self._found: dict[Q, A] = {}
        """What is known of the questions of the circles at hand, in the order in which they were first answered."""
        self._guessing: dict[Q, dict[Q, None]] = {}
        """Question -> who was told only what is known of it before anything is."""
        self._users: dict[Q, dict[Q, None]] = {}
        """Question of a circle -> who was told what was found for it."""
        self._times: dict[Q, int] = {}
        """How often a question was asked again."""
        self._stack: list[_Frame[Q, A]] = []
        self._numbers: dict[Q, int] = {}
        """Of the questions on the stack and those in `_found`."""
        self._count = 0

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
        for part in (self._stack, self._numbers, self._found, self._guessing, self._users, self._times):
            part.clear()

    def _solve(self, question: Q) -> A:
        self._push(question, self._fresh_number())
        told: A | None = None
        while self._stack:
            frame = self._stack[-1]
            if frame.waiting is not None:
                told = self._go_round(frame, frame.waiting)
                continue
            try:
                asked = frame.run.send(told)  # type: ignore[arg-type]  # None starts a generator
            except StopIteration as end:
                told = self._finish(frame, end.value)
                continue
            known, told = self._known(frame, asked)
            if not known:
                self._push(asked, self._fresh_number())
        return self._final[question]

    def _fresh_number(self) -> int:
        self._count += 1
        return self._count

    def _push(self, question: Q, number: int) -> None:
        self._numbers[question] = number
        self._stack.append(_Frame(question, self._equation(question), number))

    def _known(self, frame: _Frame[Q, A], asked: Q) -> tuple[bool, A | None]:
        """What can be said of a question now, if anything; the frame then depends on whatever that rests on."""
        if asked in self._final:
            return True, self._final[asked]
        number = self._numbers.get(asked)
        if number is None:
            return False, None
        frame.low = min(frame.low, number)
        is_found = asked in self._found
        (self._users if is_found else self._guessing).setdefault(asked, {})[frame.question] = None
        return True, self._found[asked] if is_found else self._bottom(asked)

    def _finish(self, frame: _Frame[Q, A], result: A) -> A:
        """Take the answer of the topmost frame, for the one below it."""
        question = frame.question
        if question in self._found:
            return self._found_again(frame, result)
        if self._is_alone(frame):
            self._stack.pop()
            del self._numbers[question]
            self._final[question] = result
            return result
        self._found[question] = result
        if frame.low < frame.number:
            return self._leave(frame)
        frame.waiting = {}
        return result

    def _is_alone(self, frame: _Frame[Q, A]) -> bool:
        """Whether a question that was answered for the first time is in no circle, as most are: nothing that it rests
        on rests on it or on a question below it."""
        if frame.low < frame.number or frame.question in self._guessing:
            return False
        last = next(reversed(self._found), None)
        return last is None or self._numbers[last] < frame.number

    def _leave(self, frame: _Frame[Q, A]) -> A:
        """Take a frame off the stack whose circle goes on below it."""
        question = frame.question
        self._stack.pop()
        below = self._stack[-1]
        below.low = min(below.low, frame.low)
        self._users.setdefault(question, {})[below.question] = None
        return self._found[question]

    def _circle(self, frame: _Frame[Q, A]) -> list[Q]:
        """The questions of the circle that a frame is the head of: itself and all that were answered since."""
        circle: list[Q] = []
        for question in reversed(self._found):
            if self._numbers[question] < frame.number:
                break
            circle.append(question)
        return circle

    def _told_too_little(self, frame: _Frame[Q, A]) -> dict[Q, None]:
        """The questions of a circle that were told nothing of another, of which something is known by now."""
        waiting: dict[Q, None] = {}
        for question in reversed(self._circle(frame)):
            guessing = self._guessing.pop(question, None)
            if guessing is not None:
                self._users.setdefault(question, {}).update(guessing)
                if self._found[question] != self._bottom(question):
                    waiting.update(guessing)
        return waiting

    def _go_round(self, head: _Frame[Q, A], waiting: dict[Q, None]) -> A | None:
        """Ask a question of a circle again, or end the circle when none waits for that."""
        if not waiting:
            # Asking again may have brought new questions into the circle, so this is looked at each time.
            waiting.update(self._told_too_little(head))
        if waiting:
            question = next(iter(waiting))
            del waiting[question]
            self._push(question, self._numbers[question])
            return None
        if head.low < head.number:
            # What was asked again led further down.
            return self._leave(head)
        self._stack.pop()
        for question in self._circle(head):
            self._final[question] = self._found.pop(question)
            for part in (self._numbers, self._users, self._times):
                part.pop(question, None)
        return self._final[head.question]

    def _found_again(self, frame: _Frame[Q, A], result: A) -> A:
        """Take the answer of a question that was asked again; if it says more, whoever asked it is asked again too."""
        question = frame.question
        self._stack.pop()
        head = self._stack[-1]
        head.low = min(head.low, frame.low)
        known = self._found[question]
        whole = self._join(known, result)
        times = self._times[question] = self._times.get(question, 0) + 1
        if whole != known and times <= ROUNDS:
            self._found[question] = whole
            assert head.waiting is not None
            head.waiting.update((user, None) for user in self._users.get(question, ()) if user in self._found)
        return whole
