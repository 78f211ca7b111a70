"""What the processes have told: for each the sizes of each container over time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec


class Sizes(msgspec.Struct, frozen=True, array_like=True):
    """How large what a target stands for was at one moment: entries, entries of the containers inside it, bytes, and
    how many containers these are."""

    entries: int
    inside: int
    weight: int
    places: int


class Series(msgspec.Struct, frozen=True):
    """The sizes of one target in one process over time, in seconds from the start of the run, and what was left at the
    end of the process; where there was nothing at last, why."""

    times: tuple[float, ...] = ()
    sizes: tuple[Sizes, ...] = ()
    left: Sizes | None = None
    why: str = ""

    @property
    def last(self) -> Sizes | None:
        """What it came to."""
        return self.left or (self.sizes[-1] if self.sizes else None)


class Process(msgspec.Struct, frozen=True):
    """What one process has told: who it is, one series a target, how often each site was come to, the seconds of a
    processor that the observer took and all that it had, the bytes that were traced in memory over time, the fault of
    the observer, if there was one, and whether sites were to be counted and could not be."""

    pid: int
    parent: int
    command: tuple[str, ...]
    python: str
    looks: tuple[float, ...]
    series: tuple[Series, ...]
    counts: tuple[int, ...] = ()
    spent: float = 0.0
    used: float = 0.0
    traced: tuple[int, ...] = ()
    fault: str = ""
    uncounted: bool = False

    @property
    def lived(self) -> float:
        """For how many seconds it was observed."""
        return self.looks[-1] - self.looks[0] if self.looks else 0.0

    @property
    def name(self) -> str:
        """How a report names it."""
        return f"process {self.pid}"


class _Line(msgspec.Struct):
    pid: int = 0
    parent: int = 0
    command: tuple[str, ...] = ()
    python: str = ""
    t: float | None = None
    sizes: dict[str, Sizes | str] = {}
    spent: tuple[float, float] = (0.0, 0.0)
    counts: tuple[int, ...] = ()
    traced: int | None = None
    last: bool = False
    failed: str = ""
    uncounted: bool = False


def read(folder: Path, targets: int) -> tuple[Process, ...] | None:
    """All that processes have told in a folder about so many targets, those that started first at first; None where the
    folder is gone."""
    if not (folder / "records").is_dir():
        return None
    files = sorted((folder / "records").glob("*.jsonl"), key=lambda file: (_stamp(file), file.name))
    processes = (_process(list(_lines(file)), targets) for file in files)
    return tuple(process for process in processes if process.looks or process.fault)


def _stamp(file: Path) -> int:
    stamp = file.stem.partition("-")[2]
    return int(stamp) if stamp.isdigit() else 0


def _lines(file: Path) -> Iterator[_Line]:
    """The lines of a file; the last one may have been cut off as the process was killed."""
    decoder = msgspec.json.Decoder(_Line)
    for line in file.read_bytes().splitlines():
        try:
            yield decoder.decode(line)
        except msgspec.DecodeError:
            return


def _process(lines: list[_Line], targets: int) -> Process:
    about = lines[0] if lines else _Line()
    looks = [line for line in lines if line.t is not None]
    uncounted = any(line.uncounted for line in lines)
    counts = () if uncounted else next((line.counts for line in reversed(looks) if line.counts), ())
    spent, used = looks[-1].spent if looks else (0.0, 0.0)
    return Process(
        pid=about.pid,
        parent=about.parent,
        command=about.command,
        python=about.python,
        looks=tuple(line.t for line in looks if line.t is not None),
        series=tuple(_series(looks, str(number)) for number in range(targets)),
        counts=counts,
        spent=spent,
        used=used,
        traced=tuple(line.traced for line in looks if line.traced is not None),
        fault=next((line.failed for line in lines if line.failed), ""),
        uncounted=uncounted,
    )


def _series(looks: list[_Line], target: str) -> Series:
    """The series of a target: what is not told anew is as before. The last look comes when the program is done, and
    says nothing about how it went."""
    times: list[float] = []
    sizes: list[Sizes] = []
    left: Sizes | None = None
    state: Sizes | str = ""
    for look in looks:
        state = look.sizes.get(target, state)
        if isinstance(state, str) or look.t is None:
            continue
        if look.last:
            left = state
        else:
            times.append(look.t)
            sizes.append(state)
    return Series(tuple(times), tuple(sizes), left, state if isinstance(state, str) else "")
