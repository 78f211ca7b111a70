"""The command and flake8 side by side: whole processes, cold and single, on the same trees; and where nothing changed.

    python tests/benchmarks/bench_flake8.py PATH... [--rounds 3] [--max-ratio 1.0]

flake8 runs as `flake8 --isolated -j1` with pyflakes and pycodestyle alone, whatever other plugins are installed; the
command as `unbounded-lint check --isolated --no-cache --jobs 1`, and once more with a cache that an earlier run has
filled. They take turns at going first. Prints the median of wall and CPU seconds per tree, and how the command's
compare with flake8's; ends with 1 if the ratio of a tree's cold CPU seconds is above the one allowed, and with 2 if a
tool fails.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FLAKE8_ALONE = """\
import importlib.metadata as metadata, sys
every = metadata.distributions
metadata.distributions = lambda **given: [
    d for d in every(**given) if d.metadata["name"].lower() in {"flake8", "pyflakes", "pycodestyle", "mccabe"}
]
from flake8.main.cli import main
sys.exit(main())
"""
OURS = (sys.executable, "-m", "unbounded_lint", "check", "--isolated", "--jobs", "1")
COMMANDS = {
    "flake8": (sys.executable, "-c", FLAKE8_ALONE, "--isolated", "-j1"),
    "cold": (*OURS, "--no-cache"),
    "unchanged": OURS,
}
MAX_RATIO = 1.0


class Failed(Exception):
    """A tool that ended with neither 0 (clean) nor 1 (findings): its standard error."""


class Timing(NamedTuple):
    """One run: seconds on the clock, and seconds of CPU of the process and its children."""

    wall: float
    cpu: float


def measure(command: Sequence[str], tree: Path, caches: Path) -> Timing:
    """Time one process from its start to its end. Raises Failed."""
    cache = {"UNBOUNDED_LINT_CACHE_DIR": str(caches)}
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", **cache}
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen([*command, str(tree)], stdout=subprocess.DEVNULL, stderr=errors, env=env, cwd=ROOT)
        # wait4 gives what this one process and its children used; subprocess has no such thing.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read()
    if process.returncode not in {0, 1}:
        raise Failed(f"{command[0]} ended with {process.returncode} on {tree}: {said.decode(errors='replace')[-2000:]}")
    return Timing(wall, used.ru_utime + used.ru_stime)


def compare(tree: Path, rounds: int) -> dict[str, Timing]:
    """Give the medians of each command on a tree, taking turns. Raises Failed."""
    runs: dict[str, list[Timing]] = {name: [] for name in COMMANDS}
    names = list(COMMANDS)
    with tempfile.TemporaryDirectory() as directory:
        caches = Path(directory) / "caches"
        measure(COMMANDS["unchanged"], tree, caches)
        for number in range(rounds):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                runs[name].append(measure(COMMANDS[name], tree, caches))
    return {
        name: Timing(statistics.median(t.wall for t in timings), statistics.median(t.cpu for t in timings))
        for name, timings in runs.items()
    }


def size(tree: Path) -> tuple[int, float]:
    """Give how many Python files a tree has, and their size in millions of bytes."""
    files = [tree] if tree.is_file() else list(tree.rglob("*.py"))
    return len(files), sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def show(tree: Path, rounds: int) -> float:
    """Compare on one tree, print a line, and give the ratio of the CPU seconds. Raises Failed."""
    files, megabytes = size(tree)
    medians = compare(tree, rounds)
    theirs = medians["flake8"]
    times = "  ".join(f"{timing.wall:8.2f} {timing.cpu:8.2f}" for timing in medians.values())
    cold, unchanged = (medians[name].cpu / theirs.cpu for name in ("cold", "unchanged"))
    print(f"{tree.name:20} {files:6} {megabytes:6.1f}  {times}  {cold:6.3f} {unchanged:9.3f}", flush=True)
    return cold


def main() -> int:
    """Compare on every tree that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", type=Path, nargs="+", metavar="PATH")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-ratio", type=float, default=MAX_RATIO)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    missing = [str(tree) for tree in options.trees if not tree.exists()]
    if missing:
        parser.error(f"no such path: {', '.join(missing)}")
    print(
        f"{'':35}  {'flake8, seconds':>17}  {'cold, seconds':>17}  {'unchanged, s':>17}  {'CPU / that of flake8':>20}"
    )
    pair = f"  {'wall':>8} {'CPU':>8}"
    print(f"{'tree':20} {'files':>6} {'MB':>6}{pair * 3}  {'cold':>6} {'unchanged':>9}", flush=True)
    try:
        worst = max(show(tree.resolve(), options.rounds) for tree in options.trees)
    except Failed as error:
        print(error, file=sys.stderr)
        return 2
    return int(worst > options.max_ratio)


if __name__ == "__main__":
    sys.exit(main())
