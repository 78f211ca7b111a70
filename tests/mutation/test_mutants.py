"""Of every program that is right, each thing its verdicts rest on is taken away: a finding must appear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.mutation.mutate import ALLOWED
from tests.mutation.programs import Whole, programs
from tests.mutation.run import Answer, answers

SHARE = 0.95

HANDLE = "the thread is handed to a named tuple, whose users could start it: what escapes counts as started"
DECLARED = "a comment says that this function sweeps: what is declared is believed, whatever the function does"
FILLER = "the thread that sweeps is also what fills: where it is not begun, nothing grows"
MAKER = "what empties it is also what makes it: without that there is no container"
ESCAPED = {
    "UBM903 example 3: _runs: sweep: removal in sweep()": DECLARED,
    "event-only-removal/events-of-a-worker: tracked: start: start of threading.Thread": FILLER,
    "gateway/9_fixed: EventRegistry._contexts: start: start of threading.Thread": HANDLE,
    "gateway/9_fixed: Mirror._unsaved: start: start of threading.Thread": HANDLE,
    "gateway/9_fixed: PendingErrors._entries: start: start of threading.Thread": HANDLE,
    "gateway/9_fixed: RunRegistry._runs: start: start of threading.Thread": HANDLE,
    "never-removed-entries/emptied-by-its-maker: Sheet._places: sweep: removal in Sheet.renew()": MAKER,
    "never-removed-entries/bound-on-the-class: _Day.orders: sweep: removal in _Day.order()": MAKER,
}
"""The mutants that are not caught, with the reason of each."""


STEPS = {"every fifth program": 5, "all": 1}


@pytest.fixture(scope="module")
def step(request: pytest.FixtureRequest) -> int:
    """1 for all programs, n for every nth."""
    return STEPS[request.param]


@pytest.fixture(scope="module")
def broken(step: int) -> list[Whole]:
    return list(programs())[step // 2 :: step]


@pytest.fixture(scope="module")
def found(broken: list[Whole]) -> list[Answer]:
    return answers(broken)


sampled = pytest.mark.parametrize(
    "step", ["every fifth program", pytest.param("all", marks=pytest.mark.exhaustive)], indirect=True, scope="module"
)


@sampled
def test_almost_every_mutant_is_caught(found: list[Answer], record_property: Callable[[str, object], None]) -> None:
    caught = sum(answer.caught for answer in found)
    record_property("mutants caught", f"{caught} of {len(found)}")
    assert caught / len(found) >= SHARE, f"{caught} of {len(found)}"


@sampled
def test_the_mutants_that_escape_are_those_listed(found: list[Answer], broken: list[Whole]) -> None:
    names = {program.name for program in broken}
    listed = {label for label in ESCAPED if label.partition(": ")[0] in names}
    escaped = {
        answer.label: f"{answer.label}: says {answer.others or 'nothing'}" for answer in found if not answer.caught
    }
    unlisted = [text for label, text in sorted(escaped.items()) if label not in ESCAPED]
    assert not unlisted, "\n".join(["not caught, and not listed:", *unlisted])
    assert sorted(listed - escaped.keys()) == [], "listed, but caught or gone: take them off the list"


@sampled
def test_labels_tell_mutants_apart(found: list[Answer]) -> None:
    assert [label for label, count in Counter(answer.label for answer in found).items() if count > 1] == []


@sampled
@pytest.mark.parametrize("kind", ALLOWED)
def test_there_are_mutants_of_every_kind(kind: str, found: list[Answer], step: int) -> None:
    """Otherwise the share would say nothing."""
    assert sum(answer.kind == kind for answer in found) >= 5 / step


def test_every_escape_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in ESCAPED.values())
