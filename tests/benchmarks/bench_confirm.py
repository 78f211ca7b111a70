"""What `confirm` costs the program that it observes: the same program alone and observed, taking turns.

    python tests/benchmarks/bench_confirm.py [--rounds 21] [--containers 20] [--heap 200000] [OPTION ...]

The program serves made requests as fast as it can: it decodes and encodes JSON, and puts what comes of it into so many
maps of modules and of objects, beside a heap of so many other objects. It tells by itself how many seconds of a
processor and on the clock it took for a number of requests that does not change. Where its objects lie in memory makes
a program faster or slower by some hundredths, so each run draws that anew: otherwise the mere imports of the observer
would count. Further options, such as `--call-sites`, are handed to `confirm`. Prints the medians, and the median of the
ratios of the rounds with its interval of confidence. Ends with 1 if that interval is all above what is allowed for the
processor seconds, with 2 if a run fails.
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
import json
import random
import sys
import time

drawn = random.Random(sys.argv[1])
ballast = [bytes(drawn.randrange(1, 600)) for number in range(drawn.randrange(20000))]

import store

heap = [{{"number": number, "parts": [number]}} for number in range({heap})]
text = json.dumps({{"id": 0, "name": "a name", "parts": list(range(20)), "inner": {{"more": ["x"] * 10}}}})


def serve(number):
    request = json.loads(text)
    request["id"] = number
    store.keep(number % 50000, json.dumps(request))


clock, processor = time.perf_counter(), time.process_time()
for number in range({requests}):
    serve(number)
print(time.process_time() - processor, time.perf_counter() - clock)
"""


def make(folder: Path, containers: int, heap: int, requests: int) -> list[str]:
    """Write the program to a folder, and give the symbols of its containers."""
    names = [f"MAP_{number}" for number in range(containers)]
    maps = "\n".join(f"{name} = {{}}" for name in names) + "\n"
    puts = "\n".join(
        f"    if key % {containers} == {number}:\n        {n}[key] = value" for number, n in enumerate(names)
    )
    (folder / "pyproject.toml").touch()
    (folder / "store.py").write_text(STORE.format(maps=maps, puts=puts), encoding="utf-8")
    (folder / "main.py").write_text(MAIN.format(heap=heap, requests=requests), encoding="utf-8")
    return [*(f"store:{name}" for name in names), "store:Registry.entries", "store:Registry.order"]


def seconds(command: Sequence[str], seed: str, folder: Path) -> tuple[float, float]:
    """Run the program, and give the seconds of a processor and on the clock that it tells; seed says how its memory is
    laid out."""
    command = [*command, seed]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True)
    processor, clock = done.stdout.split()
    return float(processor), float(clock)


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
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--containers", type=int, default=20)
    parser.add_argument("--heap", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=400_000)
    parser.add_argument("--max-ratio", type=float, default=MAX_RATIO)
    options, more = parser.parse_known_args()
    alone: list[tuple[float, float]] = []
    observed: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        symbols = make(folder, options.containers, options.heap, options.requests)
        plain = [sys.executable, "main.py"]
        ours = [sys.executable, "-m", "unbounded_lint", "confirm", *more, *symbols, "--", *plain]
        try:
            for number in range(options.rounds):
                turns = [(plain, alone), (ours, observed)]
                for turn, (command, times) in enumerate(turns if number % 2 == 0 else reversed(turns)):
                    times.append(seconds(command, f"{number} {turn}", folder))
        except subprocess.CalledProcessError as error:
            print(f"{error}\n{error.stderr[-2000:]}", file=sys.stderr)
            return 2
    limits = []
    for kind, title in enumerate(("processor", "clock")):
        one, other = (statistics.median(each[kind] for each in times) for times in (alone, observed))
        ratio, low, high = median_of([ours[kind] / plain[kind] for plain, ours in zip(alone, observed, strict=True)])
        limits.append(low)
        print(f"{title:10} alone {one:7.3f} s  observed {other:7.3f} s  ratio {ratio:.4f} ({low:.4f} to {high:.4f})")
    return int(limits[0] > options.max_ratio)


if __name__ == "__main__":
    sys.exit(main())
