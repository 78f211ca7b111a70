"""The verdict on made series: what grows, what only swings, what comes to an end."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbounded_lint.confirm.records import Series, Sizes
from unbounded_lint.confirm.verdict import Judgement, judge

LOOKS = 150


def series(entries: Sequence[int], inside: Sequence[int] | None = None, times: Sequence[float] | None = None) -> Series:
    within = inside or [0] * len(entries)
    sizes = tuple(Sizes(one, two, 100 * (one + two), 1) for one, two in zip(entries, within, strict=True))
    return Series(tuple(times or map(float, range(len(entries)))), sizes)


def verdict(entries: Sequence[int], **given: Sequence[int]) -> str:
    return judge(series(entries, **given)).verdict


@given(slope=st.integers(1, 10_000), offset=st.integers(0, 10**9))
def test_what_only_gains_grows_whatever_its_slope_and_size(slope: int, offset: int) -> None:
    assert verdict([offset + slope * number for number in range(LOOKS)]) == "grows"


@given(gains=st.lists(st.integers(0, 5), min_size=LOOKS, max_size=LOOKS), unit=st.floats(0.001, 1000))
def test_the_unit_of_time_changes_nothing(gains: list[int], unit: float) -> None:
    entries = [sum(gains[:number]) for number in range(LOOKS)]
    times = [number * 0.25 for number in range(LOOKS)]  # exact, and so are the powers of two that it is multiplied by
    scale = 2.0 ** round(math.log2(unit))
    one = judge(series(entries, times=times))
    other = judge(series(entries, times=[time * scale for time in times]))
    assert (one.verdict, one.entries) == (other.verdict, other.entries)


@given(entries=st.lists(st.integers(0, 40), min_size=30, max_size=LOOKS), data=st.data())
def test_what_comes_back_to_its_least_size_in_the_second_window_does_not_grow(
    entries: list[int], data: st.DataObject
) -> None:
    at = data.draw(st.integers(len(entries) * 2 // 3 + 1, len(entries) - 1))
    entries[at] = min(entries)
    assert verdict(entries) != "grows"


@given(level=st.integers(1, 10**6), fill=st.integers(1, LOOKS // 2))
def test_what_is_capped_levels_off(level: int, fill: int) -> None:
    assert verdict([min(level, math.ceil(level * number / fill)) for number in range(1, LOOKS)]) == "levels off"


@given(seed=st.integers(0, 2**32), period=st.integers(2, 15), gain=st.integers(1, 50))
def test_what_is_swept_empty_levels_off(seed: int, period: int, gain: int) -> None:
    chance = random.Random(seed)
    entries, size = [], 0
    for number in range(LOOKS):
        size = 0 if number % period == 0 else size + gain + chance.randint(0, gain)
        entries.append(size)
    assert verdict(entries) == "levels off"


@given(seed=st.integers(0, 2**32), period=st.integers(2, 5), share=st.floats(0.3, 0.9))
def test_what_is_swept_in_part_grows(seed: int, period: int, share: float) -> None:
    chance = random.Random(seed)
    entries, fresh, stays = [], 0, 0.0
    for number in range(LOOKS):
        fresh, stays = (0, stays + share * fresh) if number % period == 0 else (fresh + chance.randint(8, 12), stays)
        entries.append(round(stays) + fresh)
    assert verdict(entries) == "grows"


@given(seed=st.integers(0, 2**32), most=st.integers(1, 1000))
def test_what_swings_at_random_does_not_grow(seed: int, most: int) -> None:
    chance = random.Random(seed)
    assert verdict([chance.randint(0, most) for _ in range(LOOKS)]) in {"levels off", "never filled"}


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (lambda t: 1000 * (1 - math.exp(-t / 15)), "levels off"),
        (lambda t: 100 * math.sqrt(t), "grows"),
        (lambda t: 1000 * math.log(t + 1), "grows"),
        (lambda t: t * t, "grows"),
        (lambda t: 5000 - 30 * t, "shrinks"),
        (lambda t: 0, "never filled"),
        (lambda t: 7, "levels off"),
        (lambda t: 5 if t < 60 else 6, "levels off"),
        (lambda t: 0 if t < 110 else 10 * (t - 110), "too short to tell"),
        (lambda t: 100 * (t // 45), "too short to tell"),
    ],
    ids=[
        "fills up",
        "root",
        "logarithm",
        "square",
        "falls",
        "empty",
        "level",
        "one step",
        "late start",
        "single steps",
    ],
)
def test_curves(size: object, said: str) -> None:
    assert callable(size)
    assert verdict([round(size(t)) for t in range(LOOKS)]) == said


def test_growth_inside_the_entries_is_told_as_such() -> None:
    judged = judge(series([3] * LOOKS, inside=list(range(LOOKS))))
    assert (judged.verdict, judged.what) == ("grows", "inside")
    assert judged.inside is not None and judged.inside.first > 0 and judged.inside.second > 0


def test_what_is_emptied_of_inner_entries_counts_as_filled() -> None:
    assert verdict([0] * LOOKS, inside=[0, 1] * (LOOKS // 2)) != "never filled"


@pytest.mark.parametrize("looks", range(1, 12))
def test_a_part_without_a_look_is_too_short_to_tell(looks: int) -> None:
    judged = judge(series(list(range(1, looks + 1))))
    assert judged == Judgement("too short to tell", "there are too few looks at it after the warm-up")


@pytest.mark.parametrize("at", [20, 70, 90, 140])
def test_a_machine_that_sleeps_for_long_changes_nothing(at: int) -> None:
    times = [float(t) if t < at else t + 10_000.0 for t in range(LOOKS)]
    for entries, said in ((list(range(LOOKS)), "grows"), ([min(t, 60) for t in range(LOOKS)], "levels off")):
        assert judge(series(entries, times=times)).verdict == said


def test_what_is_found_only_as_the_process_ends_is_too_short_to_tell() -> None:
    assert judge(Series(left=Sizes(9, 0, 100, 1))).verdict == "too short to tell"


def test_what_a_process_leaves_behind_does_not_count_for_its_course() -> None:
    grown = series(list(range(LOOKS)))
    emptied = Series(grown.times, grown.sizes, Sizes(0, 0, 0, 1))
    assert judge(emptied) == judge(grown)


def test_the_warm_up_is_left_out() -> None:
    entries = [min(10 * t, 900) for t in range(LOOKS)]
    assert judge(series(entries), warm_up=10.0).verdict == "levels off"
    assert judge(series(entries), warm_up=95.0).verdict == "levels off"
    assert judge(series(entries[:90]), warm_up=10.0).verdict == "grows"
    assert judge(series(entries), warm_up=95.0).windows == (95.0, 122.0, 149.0)


def test_a_warm_up_that_leaves_nothing_is_too_short_to_tell() -> None:
    assert judge(series(list(range(1, LOOKS))), warm_up=1000.0).verdict == "too short to tell"


def test_bytes_are_told_beside_the_entries() -> None:
    judged = judge(series(list(range(LOOKS))))
    assert judged.entries is not None and judged.weight is not None
    assert judged.weight.first == 100 * judged.entries.first
