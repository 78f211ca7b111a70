"""Programs at random, each checked by the real pipeline: `python -m tests.fuzz.run --programs 20000 --seed 1`."""

from __future__ import annotations

import argparse
import hashlib
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz import compose, smith, splice
from tests.fuzz.judge import Answer, Files, is_readable, judge, shrunk

SECONDS = 5.0
MEGABYTES = 500
STRIDE = 1_000_000
SPLICED = 4
"""One program in so many is one of people with its tree changed."""
SHUFFLED = 3
"""One program in so many is checked again with its files in another order."""


@dataclass
class Survey:
    """The counts of a run, and one program for each kind of fault."""

    programs: int = 0
    files: int = 0
    parsed: int = 0
    containers: int = 0
    findings: int = 0
    faulty: int = 0
    slowest: tuple[float, int] = (0.0, 0)
    faults: dict[str, tuple[int, Files]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    digest: hashlib.blake2b = field(default_factory=lambda: hashlib.blake2b(digest_size=8))

    def add(self, number: int, files: Files, answer: Answer) -> None:
        """Count one program."""
        self.programs += 1
        self.parsed += len(files)
        self.containers += answer.containers
        self.findings += len(answer.findings)
        self.digest.update(repr(answer.findings).encode(errors="surrogatepass"))
        self.faulty += bool(answer.faults)
        self.slowest = max(self.slowest, (answer.seconds, number))
        for fault in answer.faults:
            self.counts[fault] = self.counts.get(fault, 0) + 1
            self.faults.setdefault(fault, (number, files))

    def lines(self) -> Iterator[str]:
        """The counts as lines."""
        yield f"programs {self.programs}, files {self.files}, of which parsed {self.parsed}"
        yield f"containers {self.containers}, findings {self.findings}"
        yield f"programs with a fault {self.faulty}; digest of the findings {self.digest.hexdigest()}"
        yield f"slowest {self.slowest[0]:.2f} s of CPU (program {self.slowest[1]}), peak memory {peak()} MB"
        yield from (f"  {count:6} {fault}" for fault, count in sorted(self.counts.items()))


def peak() -> int:
    """The most memory that this process has used so far, in MB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used // (1 << 20 if sys.platform == "darwin" else 1 << 10)


def program(number: int, snippets: tuple[str, ...]) -> dict[str, str]:
    """The program of a number. Some of its files may not parse."""
    return splice.spliced(number) if number % SPLICED == 0 else compose.composed(number, snippets)


def survey(
    seed: int, programs: int, snippets: tuple[str, ...], report: Callable[[int, Survey], None] | None = None
) -> Survey:
    """Checks the programs of `seed`, `programs` of them."""
    found = Survey()
    with tempfile.TemporaryDirectory() as directory:
        for number in range(seed * STRIDE, seed * STRIDE + programs):
            before = peak()
            made = program(number, snippets)
            # A file that is no Python says nothing about us.
            files = {path: text for path, text in made.items() if is_readable(text)} or {"m.py": ""}
            found.files += len(made)
            answer = judge(files, Path(directory) / "p", SECONDS, twice=number % SHUFFLED == 0)
            if peak() - before > MEGABYTES:
                answer = answer._replace(faults=(*answer.faults, f"more than {MEGABYTES} MB"))
            found.add(number, files, answer)
            if report is not None:
                report(number, found)
    return found


def smallest(fault: str, files: Files) -> dict[str, str]:
    """The offender of a fault without what it does not need."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "p"
        return shrunk(
            files, lambda less: all(map(is_readable, less.values())) and fault in judge(less, root, SECONDS).faults
        )


def _progress(number: int, found: Survey) -> None:
    new = [fault for fault, (first, _) in found.faults.items() if first == number]
    if new or found.programs % 500 == 0:
        told = f"{number}: {found.faulty} faulty, {peak()} MB {', '.join(new)}"
        print(f"[{time.strftime('%H:%M:%S')}] {told}", file=sys.stderr, flush=True)


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run")
    parser.add_argument("--programs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--snippets", type=int, default=300, help="how many pieces hypothesmith makes")
    parser.add_argument("--show", type=int, metavar="NUMBER", help="print the program of one number, and stop")
    given = parser.parse_args()
    snippets = smith.snippets(given.seed, given.snippets) if given.snippets else ()
    if given.show is not None:
        _print(program(given.show, snippets))
        return 0
    found = survey(given.seed, given.programs, snippets, _progress)
    print("\n".join(found.lines()))
    for fault, (number, files) in sorted(found.faults.items()):
        print(f"\n=== {fault} (program {number})")
        _print(smallest(fault, files))
    return 1 if found.faults else 0


def _print(files: Files) -> None:
    for path, text in files.items():
        print(f"--- {path}\n{text}")


if __name__ == "__main__":
    sys.exit(_main())
