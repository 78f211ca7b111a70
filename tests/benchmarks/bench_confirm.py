"""What `confirm` costs the program that it observes: one program, forked into two that take turns, observed and not.

    python tests/benchmarks/bench_confirm.py [--pairs 25] [--containers 20] [--heap 200000] [OPTION ...]

The program serves made requests as fast as it can: it decodes and encodes JSON, and puts what comes of it into so many
maps of modules and of objects, beside a heap of so many other objects. Where its objects lie in memory makes a program
faster or slower by some hundredths, so two programs cannot be compared: this one builds its heap under `confirm` and
then forks, a pair at a time. Each of a pair serves the same requests from the same memory; in one the observer begins
anew, as it does in each process that is forked off, in the other it never looks. What observing leaves behind in the
objects (CPython 3.11 and 3.12 read the attributes of one more slowly whose `__dict__` was asked for) counts therefore;
the start of the observer, once a process, does not. Further options, such as `--call-sites`, are handed to
`confirm`. Prints the medians, and the median of the ratios of the pairs with its interval of confidence. Ends with 1 if
that interval is all above what is allowed for the processor seconds, with 2 if a run fails.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_RATIO = 1.03

STORE = """\

{maps}

class Registry:
    def __init__(self):
        self.entries = {{}}
        self.order = []

    def add(self, key, value):
        self.entries[key] = value
        self.order.append(key)
        if len(self.entries) > 20000:
            del self.entries[self.order.pop(0)]


registry = Registry()


def keep(key, value):
{puts}
    registry.add(key, value)
"""

MAIN = """\
import gc
import json
import os
import sys
import time

import store

BEFORE = 20_000

heap = [{{"number": number, "parts": [number]}} for number in range({heap})]
text = json.dumps({{"id": 0, "name": "a name", "parts": list(range(20)), "inner": {{"more": ["x"] * 10}}}})


def serve(number):
    request = json.loads(text)
    request["id"] = number
    store.keep(number % 50000, json.dumps(request))


def served(first, last):
    clock, processor = time.perf_counter(), time.process_time()
    for number in range(first, last):
        serve(number)
    return time.process_time() - processor, time.perf_counter() - clock


def never_look():
    (module,) = (m for name, m in list(sys.modules.items()) if name.endswith("observer.sampler"))
    module.Sampler._look = lambda self, **options: 3600.0


def in_child(is_observed):
    reading, writing = os.pipe()
    if not os.fork():
        if not is_observed:
            never_look()
        try:
            gc.collect()  # touches what the two have in common, so that each has pages of its own from now on
            os.write(writing, repr(served(BEFORE, BEFORE + {requests})).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        told = pipe.read()
    if os.wait()[1] or not told:
        sys.exit("a process of the program has failed")
    return told.strip("()").replace(",", "")


served(0, BEFORE)
for number in range({pairs}):
    for is_observed in (True, False) if number % 2 else (False, True):
        print(int(is_observed), in_child(is_observed), flush=True)
"""


def make(folder: Path, containers: int, **sizes: int) -> list[str]:
    """Write the program to a folder, and give the symbols of its containers."""
    names = [f"MAP_{number}" for number in range(containers)]
    maps = "\n".join(f"{name} = {{}}" for name in names) + "\n"
    puts = "\n".join(
        f"    if key % {containers} == {number}:\n        {n}[key] = value" for number, n in enumerate(names)
    )
    (folder / "pyproject.toml").touch()
    (folder / "store.py").write_text(STORE.format(maps=maps, puts=puts), encoding="utf-8")
    (folder / "main.py").write_text(MAIN.format(**sizes), encoding="utf-8")
    return [*(f"store:{name}" for name in names), "store:Registry.entries", "store:Registry.order"]


def run(folder: Path, symbols: Sequence[str], more: Sequence[str]) -> dict[bool, list[tuple[float, float]]]:
    """The seconds of a processor and on the clock that each process of the program tells, by whether it is observed."""
    command = [sys.executable, "-m", "unbounded_lint", "confirm", *more, *symbols, "--", sys.executable, "main.py"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True)
    times: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for is_observed, processor, clock in filter(
        lambda words: len(words) == 3, map(str.split, done.stdout.splitlines())
    ):
        times[is_observed == "1"].append((float(processor), float(clock)))
    return times


def median_of(ratios: Sequence[float]) -> tuple[float, float, float]:
    """The median, and between what it lies by 95 of 100, by the order of what was drawn alone (Conover, Practical
    Nonparametric Statistics, 3.2). With fewer than six ratios these are the least and the greatest."""
    ordered, total = sorted(ratios), 0.0
    out = 0
    for out in range(len(ordered) // 2):
        total += math.comb(len(ordered), out) / 2 ** len(ordered)
        if total > 0.025:
            break
    low = max(out - 1, 0)
    return statistics.median(ordered), ordered[low], ordered[-1 - low]


def main() -> int:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=25)
    parser.add_argument("--containers", type=int, default=20)
    parser.add_argument("--heap", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=400_000)
    parser.add_argument("--max-ratio", type=float, default=MAX_RATIO)
    options, more = parser.parse_known_args()
    sizes = {name: getattr(options, name) for name in ("heap", "requests", "pairs")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        symbols = make(folder, options.containers, **sizes)
        try:
            times = run(folder, symbols, more)
        except subprocess.CalledProcessError as error:
            print(f"{error}\n{error.stderr[-2000:]}", file=sys.stderr)
            return 2
    limits = []
    for kind, title in enumerate(("processor", "clock")):
        one, other = (statistics.median(each[kind] for each in times[is_observed]) for is_observed in (False, True))
        pairs = zip(times[False], times[True], strict=True)
        ratio, low, high = median_of([ours[kind] / plain[kind] for plain, ours in pairs])
        limits.append(low)
        print(f"{title:10} alone {one:7.3f} s  observed {other:7.3f} s  ratio {ratio:.4f} ({low:.4f} to {high:.4f})")
    return int(limits[0] > options.max_ratio)


if __name__ == "__main__":
    sys.exit(main())
