"""Whether a container grows, by its sizes over time.

The time behind the warm-up, as far as it could be looked, is cut into two equal windows, each of these into five parts.
The *low* of a part is the least size in it, the *floor* the least of this low and all later ones: what the container
never comes back below. So a container that is swept from time to time has a floor that stays, whatever it has between
two sweeps, and one that only gains, or loses less than it gains, has a floor that rises. It

- *grows* if the floor rises in both windows, in two steps or more in each, by at least as much as the size swings
  within a part (its median), and in the second window by at least a quarter of what it rose in the first;
- is *too short to tell* if a part has no look in it, or if the floor rises to a size that is new, but by less than it
  swings, in single steps, or in the second window alone;
- *shrinks* if all of the last part is below all of the first;
- was *never filled* if it had no entry at any time; and *levels off* in all other cases.

A quarter tells what goes on from what comes to an end: what grows with the root or the logarithm of time gains more
than half of it in the second window, what fills up a limited set of keys loses nearly all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from statistics import median
from typing import Literal, TypeAlias

import msgspec

from unbounded_lint.confirm.records import Series

Verdict: TypeAlias = Literal["grows", "levels off", "shrinks", "too short to tell", "never filled", "not found"]

ORDER: tuple[Verdict, ...] = ("grows", "shrinks", "levels off", "too short to tell", "never filled", "not found")
"""The verdicts, that at first which speaks for a container where processes differ."""

PARTS = 5
"""The parts of a window."""

AROUND = 8
MUCH_LONGER = 3
"""A pause counts for no more than so many times what is usual among so many before and behind it."""

STEPS = 2
LEAST_SWING = 0.25
"""What rises by less than this part of its swing is level."""

GOES_ON = 0.25


class Rise(msgspec.Struct, frozen=True):
    """What the floor rose by in each window, in how many steps, and how much the size swings within a part."""

    first: float
    second: float
    steps: tuple[int, int]
    swing: float


class Judgement(msgspec.Struct, frozen=True):
    """A verdict on one container in one process.

    why is a sentence for what needs one; what says whether the verdict is about its entries or about what is inside
    them; windows holds the start of the first, that of the second and its end; entries, inside and weight are what
    each rose by.
    """

    verdict: Verdict
    why: str = ""
    what: Literal["entries", "inside"] = "entries"
    windows: tuple[float, ...] = ()
    entries: Rise | None = None
    inside: Rise | None = None
    weight: Rise | None = None


def judge(series: Series, warm_up: float | None = None) -> Judgement:
    """The verdict on a series that has sizes; warm_up is the second at which the first window begins, by default that
    at which a third of the series has passed."""
    times, entries = series.times, [one.entries for one in series.sizes]
    most = max((one.entries + one.inside for one in (*series.sizes, *filter(None, (series.left,)))), default=0)
    if not most:
        return Judgement("never filled")
    if not times:
        return Judgement("too short to tell", "the process ended before it could be looked at twice")
    clock = observed(times)
    start = clock[-1] / 3 if warm_up is None else clock[min(bisect_left(times, warm_up), len(times) - 1)]
    parts = cut(clock, start)
    if parts is None:
        return Judgement("too short to tell", "there are too few looks at it after the warm-up")
    windows = (times[parts[0].start], times[parts[PARTS].start], times[-1])
    by_entries, rise = trend(entries, parts)
    by_inside, inner = trend([one.entries + one.inside for one in series.sizes], parts)
    _, weight = trend([one.weight for one in series.sizes], parts)
    inside_alone = by_inside[0] == "grows" and by_entries[0] != "grows"
    verdict, why = by_inside if inside_alone else by_entries
    return Judgement(verdict, why, "inside" if inside_alone else "entries", windows, rise, inner, weight)


def observed(times: Sequence[float]) -> list[float]:
    """The time in which it could be looked: a pause that is much longer than those around it counts as one of these, as
    where the machine slept or had no time."""
    gaps = [after - before for before, after in pairwise(times)]
    usual = (median(gaps[max(0, at - AROUND) : at + AROUND + 1]) for at in range(len(gaps)))
    return [0.0, *accumulate(min(gap, MUCH_LONGER * each) for gap, each in zip(gaps, usual, strict=True))]


def cut(times: Sequence[float], start: float) -> list[slice] | None:
    """The parts of both windows, as slices of the times from a start on; None where one of them would be empty."""
    length = (times[-1] - start) / (2 * PARTS)
    edges = [bisect_left(times, start + number * length) for number in range(2 * PARTS)] + [len(times)]
    parts = [slice(one, other) for one, other in pairwise(edges)]
    return parts if length > 0 and all(part.start < part.stop for part in parts) else None


def trend(values: Sequence[float], parts: Sequence[slice]) -> tuple[tuple[Verdict, str], Rise]:
    """The verdict on values in these parts, why it is too short to tell, and what the floor rises by."""
    lows, highs = [min(values[part]) for part in parts], [max(values[part]) for part in parts]
    rise = _rise(lows, highs)
    if highs[-1] < lows[0]:
        return ("shrinks", ""), rise
    if rise.second <= rise.swing * LEAST_SWING or rise.second < rise.first * GOES_ON:
        return ("levels off", ""), rise
    why = _doubt(rise)
    if not why:
        return ("grows", ""), rise
    before, after = max(highs[:PARTS]), max(highs[PARTS:])
    is_new = after - before > (before - min(lows[:PARTS])) * LEAST_SWING
    return (("too short to tell", f"{why}; run it for longer") if is_new else ("levels off", "")), rise


def _doubt(rise: Rise) -> str:
    """Why a floor that rises does not show growth, "" where it does."""
    if rise.first <= 0:
        return "it rises in the second window alone"
    if min(rise.steps) < STEPS:
        return "it rises in single steps"
    if min(rise.first, rise.second) < rise.swing:
        return "it rises by less than it swings"
    return ""


def _rise(lows: Sequence[float], highs: Sequence[float]) -> Rise:
    floors = list(accumulate(reversed(lows), min))[::-1]
    windows = floors[:PARTS], floors[PARTS:]
    steps = tuple(sum(a < b for a, b in pairwise(each)) for each in windows)
    return Rise(
        first=windows[0][-1] - windows[0][0],
        second=windows[1][-1] - windows[1][0],
        steps=(steps[0], steps[1]),
        swing=median(high - low for low, high in zip(lows, highs, strict=True)),
    )
