"""What changes nothing about a program changes no finding: examples of all rules and small fixtures, transformed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.marks import read_marks
from tests.mutation.programs import Whole, texts_of
from tests.test_fixtures import FIXTURES, GATEWAY, fixture_directories
from tests.transforms import TRANSFORMATIONS
from unbounded_lint.rules import all_rules
from unbounded_lint.run import runner

T = TypeVar("T")

EXAMPLES = [20, pytest.param(200, marks=pytest.mark.exhaustive)]
GAPS = {
    "birth-dated-expiry/changed-by-a-method": "move",
    "never-removed-entries/methods-asked-for-by-name": "rename",
}
"""Where a transformation does change a finding. What another module stores is not known to be an element; that is a
strict known gap in tests/link/defects/test_birth_dated_expiry.py. And a method that is asked for by the beginning of
its name is another one under a new name: there the transformation changes the program."""

SMALL = 6_000
"""Characters of all files together."""

fixed = settings(
    derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


class Drawn:
    """Choices that hypothesis makes."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def one(self, options: Sequence[T]) -> T:
        return self._data.draw(st.sampled_from(options))

    def order(self, items: Sequence[T]) -> list[T]:
        return list(self._data.draw(st.permutations(items)))


@cache
def programs() -> tuple[Whole, ...]:
    """Every example, and every small fixture that is met; none with comments that the analysis obeys."""
    found = [
        Whole(f"{rule.code} example {number}", dict(example.files))
        for rule in all_rules()
        for number, example in enumerate(rule.examples, 1)
    ]
    found += [
        Whole(directory.relative_to(FIXTURES).as_posix(), dict(texts_of(directory)))
        for directory in fixture_directories()
        if directory.parent != GATEWAY and not read_marks(directory).gap
    ]
    return tuple(p for p in found if sum(map(len, p.files.values())) < SMALL and not _is_told(p.files))


def _is_told(files: Mapping[str, str]) -> bool:
    return any("# ubm:" in text or "noqa" in text for text in files.values())


def findings(program: Whole) -> frozenset[tuple[str, str]]:
    """(symbol, code) of what the pipeline says."""
    with tempfile.TemporaryDirectory() as directory:
        request = program.request(program.write(Path(directory)))
        return frozenset((f.symbol, f.code) for f in runner.check(request).findings)


@cache
def before(index: int) -> frozenset[tuple[str, str]]:
    return findings(programs()[index])


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_it_changes_no_finding(name: str, examples: int) -> None:
    @settings(fixed, max_examples=examples)
    @given(st.data())
    def changes_nothing(data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(programs()) - 1))
        check(index, [name], Drawn(data))

    changes_nothing()


@pytest.mark.parametrize("examples", EXAMPLES)
def test_one_after_the_other_changes_no_finding(examples: int) -> None:
    @settings(fixed, max_examples=examples)
    @given(st.data())
    def changes_nothing(data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(programs()) - 1))
        names = data.draw(st.lists(st.sampled_from(sorted(TRANSFORMATIONS)), min_size=2, max_size=3, unique=True))
        check(index, names, Drawn(data))

    changes_nothing()


def check(index: int, names: Sequence[str], drawn: Drawn) -> None:
    program = programs()[index]
    if GAPS.get(program.name) in names:
        return
    files, expected = dict(program.files), before(index)
    for name in names:
        changed = TRANSFORMATIONS[name](files, drawn)
        files = changed.files
        expected = frozenset((changed.symbol(symbol), code) for symbol, code in expected)
    found = findings(Whole(program.name, files))
    assert sorted(found) == sorted(expected), "\n".join([program.name, *(f"--- {p}\n{t}" for p, t in files.items())])
