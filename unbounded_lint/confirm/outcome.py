"""What a run says about each container: one verdict from all of its processes, with what each of them shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import msgspec

from unbounded_lint.confirm.records import Process, Series, Sizes
from unbounded_lint.confirm.targets import Found, Site
from unbounded_lint.confirm.verdict import ORDER, Judgement, Verdict, judge
from unbounded_lint.findings.finding import Place

_WHY: Mapping[str, str] = MappingProxyType(
    {
        "no module": "the module {module} was never imported",
        "no owner": "{module} has no `{owner}`",
        "no name": "{module} has no `{name}`",
        "no object": "no object of `{owner}` that has it was found",
        "not running": "`{owner}` was not seen running, and nothing was found that captures it",
        "local class": "`{owner}` is made inside a function, where it is not looked for",
    }
)
_REMOVED = "what the processes told was removed while the command ran: its temporary folder is gone"
_NO_PYTHON = (
    "no Python process was observed: the command runs none, or one that leaves out PYTHONPATH (python -I or -E, tox)"
)


class Drops(msgspec.Struct, frozen=True):
    """What left a container between two looks: how often, and how many entries in all."""

    times: int
    entries: int


class Share(msgspec.Struct, frozen=True):
    """A site, and how often it was come to."""

    site: Site
    count: int


class Seen(msgspec.Struct, frozen=True):
    """One container in one process."""

    process: Process
    series: Series
    judgement: Judgement
    drops: Drops
    shares: tuple[Share, ...]


class Result(msgspec.Struct, frozen=True):
    """What is known about one container: the codes it is reported for, the verdict, the processes that had it, that
    which the verdict is from at first, and why it was not found, if it was not."""

    symbol: str
    codes: tuple[str, ...]
    place: Place | None
    sites: tuple[Site, ...]
    verdict: Verdict
    why: str
    seen: tuple[Seen, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What a run says: the containers in the order in which they were asked for, the processes, and the seconds that
    the run took."""

    results: tuple[Result, ...]
    processes: tuple[Process, ...]
    seconds: float

    @property
    def share(self) -> float | None:
        """The part of one processor that the observer took while it looked, None where it did not."""
        lived = sum(process.lived for process in self.processes)
        return sum(process.spent for process in self.processes) / lived if lived else None


def outcome(
    found: Sequence[Found],
    codes: Mapping[str, tuple[str, ...]],
    processes: tuple[Process, ...] | None,
    seconds: float,
    warm_up: float | None,
) -> Outcome:
    """What the processes say about what was looked for; None for what they told and nobody has any more."""
    silent = _NO_PYTHON if processes is not None else _REMOVED
    processes = processes or ()
    results = []
    watched, sites = 0, 0
    for one in found:
        reported = codes.get(one.symbol, ())
        if one.target is None:
            results.append(Result(one.symbol, reported, one.place, (), "not found", one.why, ()))
            continue
        seen = tuple(_seen(processes, watched, one.sites, sites, warm_up))
        verdict = seen[0].judgement.verdict if seen else "not found"
        why = seen[0].judgement.why if seen else _why(one, processes, watched) or silent
        results.append(Result(one.symbol, reported, one.target.place, one.sites, verdict, why, seen))
        watched, sites = watched + 1, sites + len(one.sites)
    return Outcome(tuple(results), processes, seconds)


def _seen(
    processes: Sequence[Process], number: int, sites: Sequence[Site], first: int, warm_up: float | None
) -> Iterator[Seen]:
    """The processes that had a container, the one that speaks for it at first."""
    found = []
    for process in processes:
        series = process.series[number]
        if series.last is not None:
            counts = process.counts[first : first + len(sites)]
            shares = (Share(site, count) for site, count in zip(sites, counts, strict=False) if count)
            ordered = tuple(sorted(shares, key=lambda share: -share.count))
            found.append(Seen(process, series, judge(series, warm_up), _drops(series.sizes), ordered))
    yield from sorted(found, key=_rank)


def _rank(seen: Seen) -> tuple[int, int]:
    last = seen.series.last
    return ORDER.index(seen.judgement.verdict), -(last.entries + last.inside if last is not None else 0)


def _drops(sizes: Sequence[Sizes]) -> Drops:
    lost = [one.entries - other.entries for one, other in pairwise(sizes) if other.entries < one.entries]
    return Drops(len(lost), sum(lost))


def _why(found: Found, processes: Sequence[Process], number: int) -> str:
    """Why a container was found in no process, by the one that came closest to it; "" where none has told anything."""
    whys = [process.series[number].why for process in processes if process.series[number].why]
    target = found.target
    if not whys or target is None:
        failed = any(process.fault for process in processes)
        late = "the observer failed" if failed else "every process ended before it was looked at"
        return late if processes else ""
    closest = max(whys, key=lambda why: [*_WHY].index(why) if why in _WHY else len(_WHY))
    owner = ".".join(part for part in target.owner if part != "<locals>")
    if closest in _WHY:
        return _WHY[closest].format(module=target.module, owner=owner or target.below, name=target.name)
    state, _, name = closest.partition(": ")
    return f"it holds a {name}, whose size cannot be told" if state == "no container" else f"{name} was raised by it"
