"""Everything that the analysis knows by a key has words."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from unbounded_lint.findings import wording
from unbounded_lint.link.containers.lifetimes import LifeKind
from unbounded_lint.link.runs.chains import Role
from unbounded_lint.link.runs.context import ContextKind
from unbounded_lint.link.verdicts import evidence
from unbounded_lint.link.verdicts.container import VerdictName
from unbounded_lint.link.verdicts.removals import Extent, Moment


def test_every_verdict_has_words() -> None:
    assert set(wording.VERDICTS) == set(get_args(VerdictName))
    assert set(wording.VERDICTS) > wording.OPEN


def test_every_moment_and_extent_has_words() -> None:
    assert set(wording.MOMENTS) == set(get_args(Moment))
    assert set(wording.EXTENTS) == set(get_args(Extent))
    assert wording.moment("event", fails=True) != wording.moment("event") == wording.MOMENTS["event"]
    assert wording.moment("timer", fails=True) == wording.MOMENTS["timer"]


def test_every_way_to_run_has_words_in_the_order_of_the_evidence() -> None:
    at_work = [run for run in wording.RUNS if run in evidence.RUNS]
    assert at_work == list(evidence.RUNS)
    told_by_the_evidence = {"run", "main", "api"}
    assert set(get_args(ContextKind)) - told_by_the_evidence <= set(wording.RUNS)


def test_every_step_has_words() -> None:
    assert set(wording.STEPS) == set(get_args(Role))


@pytest.mark.parametrize("kind", get_args(LifeKind))
def test_every_life_has_words(kind: str) -> None:
    near, far = wording.life(kind), wording.life(f"part of {kind}")
    assert re.search(r"\bit\b", near) and "the object with it" in far and "{" not in near + far
