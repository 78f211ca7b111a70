"""Everything that the analysis knows by a key has words."""

from __future__ import annotations

import re
from typing import NamedTuple, get_args

import pytest

from unbounded_lint.findings import wording
from unbounded_lint.link.containers.lifetimes import LifeKind
from unbounded_lint.link.runs.chains import Role
from unbounded_lint.link.runs.context import ContextKind
from unbounded_lint.link.verdicts import evidence
from unbounded_lint.link.verdicts.container import VerdictName
from unbounded_lint.link.verdicts.removals import Extent, Moment


class Removed(NamedTuple):
    """When a removal runs."""

    when: str
    fails: bool = False
    partly: bool = False
    delayed: bool = False


def test_every_verdict_has_words() -> None:
    assert set(wording.VERDICTS) == set(get_args(VerdictName))
    assert set(wording.VERDICTS) > wording.OPEN


def test_every_moment_and_extent_has_words() -> None:
    assert set(wording.MOMENTS) == set(get_args(Moment))
    assert set(wording.EXTENTS) == set(get_args(Extent))


@pytest.mark.parametrize("when", get_args(Moment))
def test_a_moment_is_told_more_exactly_where_more_is_known(when: str) -> None:
    said = {mark: wording.moment(Removed(when, **{mark: True})) for mark in ("fails", "partly", "delayed")}
    exact = {"event": {"fails": wording.FAILING, "delayed": wording.DELAYED}, "guaranteed": {"partly": said["partly"]}}
    assert said == {**dict.fromkeys(said, wording.MOMENTS[when]), **exact.get(when, {})}
    assert len({*said.values(), wording.MOMENTS[when]}) == 1 + len(exact.get(when, {}))


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
