"""The command, the plugin and other linters side by side: whole processes, on the same trees, in one run.

    python tests/benchmarks/bench_peers.py PATH... [--rounds 3] [--only NAME,...] [--markdown FILE]

What is measured of ours, each with one process: `cold` (`check --no-cache`), `unchanged` (a cache that an earlier run
has filled), `one file changed` (a line is added to one file, another one each round), `three files` (as pre-commit
gives them, unchanged), `plugin -j1` and `plugin -j2` (flake8 with the plugin alone, unchanged). Beside it flake8 with
pyflakes and pycodestyle (`-j1`, `-j2`, and on the three files), flake8 with bugbear, pyflakes, ruff on one thread,
pylint with nothing but W1518, and semgrep with one rule; what is not installed is left out, and said so
(`pip install -e ".[bench]"` brings all but semgrep, which is large).

Every round runs each command once, in a rotating order, on a copy of the tree's Python files; a first round that does
not count warms the disk. Printed are the medians of wall and CPU seconds and of the peak memory of the largest process,
and the median of the ratios of CPU seconds to those of flake8 `-j1` (on the three files to those of flake8 on them, of
`plugin -j2` to those of flake8 `-j2`). Ends with 2 if a tool fails.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]

ONLY_THESE = """\
import importlib.metadata as metadata, sys
every, wanted = metadata.distributions, {{"flake8", "pyflakes", "pycodestyle", "mccabe", {more!r}}}
metadata.distributions = lambda **given: [d for d in every(**given) if d.metadata["name"].lower() in wanted]
from flake8.main.cli import main
sys.exit(main())
"""
"""flake8 takes every plugin of its environment; this one takes those that are named."""

SEMGREP_RULE = """\
rules:
  - id: subscript-store
    languages: [python]
    severity: WARNING
    message: subscript store
    pattern: $X[$K] = $V
"""

BASE = "flake8 -j1"
CHANGE = "\nbench_of_one_changed_file = {}\n"


class Failed(Exception):
    """A tool that ended with neither 0 (clean) nor 1 (findings): its standard error."""


class Timing(NamedTuple):
    """One run: seconds on the clock, seconds of CPU of the process and its children, and the megabytes that the largest
    of them took at most."""

    wall: float
    cpu: float
    peak: float


class Subject(NamedTuple):
    """A command to measure, with no words where it is not installed: on the whole tree or on three files; what it is
    compared with, None for nothing; whether it runs once before to fill a cache; and whether a file is changed then."""

    argv: tuple[str, ...]
    base: str | None = BASE
    few: bool = False
    warm: bool = False
    edits: bool = False


def flake8(*options: str, plugin: str = "") -> tuple[str, ...]:
    """flake8 with one plugin or none."""
    return (sys.executable, "-c", ONLY_THESE.format(more=plugin), "--isolated", "-q", *options)


OURS = (sys.executable, "-m", "unbounded_lint", "check", "--isolated", "--jobs", "1")
PLUGIN = "unbounded-lint"
SEMGREP = ("--metrics=off", "--disable-version-check", "--no-git-ignore", "-q", "-j1")
PYLINT = ("--rcfile=/dev/null", "--persistent=n", "--recursive=y", "-j1", "--disable=all", "--enable=W1518")


def subjects(rule: Path) -> Mapping[str, Subject]:
    """All commands by name, what is not installed left out."""
    bugbear = importlib.util.find_spec("bugbear") is not None
    every = {
        BASE: Subject(flake8("-j1"), None),
        "flake8 -j2": Subject(flake8("-j2"), None),
        "flake8, three files": Subject(flake8("-j1"), None, few=True),
        "cold": Subject((*OURS, "--no-cache")),
        "unchanged": Subject(OURS, warm=True),
        "one file changed": Subject(OURS, warm=True, edits=True),
        "three files": Subject(OURS, "flake8, three files", few=True, warm=True),
        "plugin -j1": Subject(flake8("-j1", plugin=PLUGIN), warm=True),
        "plugin -j2": Subject(flake8("-j2", plugin=PLUGIN), "flake8 -j2", warm=True),
        "ruff, one thread": Subject(_tool("ruff", "check", "--isolated", "--no-cache", "-q")),
        "pyflakes": Subject((sys.executable, "-m", "pyflakes")),
        "flake8 + bugbear": Subject(flake8("-j1", plugin="flake8-bugbear") if bugbear else ()),
        "pylint W1518": Subject(_tool("pylint", *PYLINT)),
        "semgrep, one rule": Subject(_tool("semgrep", "scan", *SEMGREP, f"--config={rule}")),
    }
    for name, subject in every.items():
        if not subject.argv:
            print(f"left out, since it is not installed: {name}", file=sys.stderr)
    return {name: subject for name, subject in every.items() if subject.argv}


def _tool(name: str, *options: str) -> tuple[str, ...]:
    """A program beside this Python or on the path, nothing where there is none."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    return (found, *options) if found else ()


def measure(argv: Sequence[str], tree: Path, caches: Path) -> Timing:
    """Time one process from its start to its end. Raises Failed."""
    more = {"UNBOUNDED_LINT_CACHE_DIR": str(caches), "PYTHONPATH": str(ROOT), "RAYON_NUM_THREADS": "1"}
    env = {**os.environ, "PYTHONHASHSEED": "0", "SEMGREP_SEND_METRICS": "off", **more}
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=errors, env=env, cwd=tree)
        # wait4 gives what this one process and its children used; subprocess has no such thing.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read()
    if process.returncode not in {0, 1} and "pylint" not in argv[0]:  # whose code is a sum of what it found
        raise Failed(f"{argv[0]} ended with {process.returncode} on {tree}: {said.decode(errors='replace')[-2000:]}")
    return Timing(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Tree:
    """A copy of a tree's Python files, so that some may be changed."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.root = folder / source.name
        self.files = [self._copied(source, path) for path in sorted(source.rglob("*.py")) if path.is_file()]
        if not self.files:
            raise Failed(f"no Python files in {source}")
        third = max(1, len(self.files) // 3)
        self.three = [str(path.relative_to(self.root)) for path in self.files[third // 2 :: third][:3]]

    def _copied(self, source: Path, path: Path) -> Path:
        target = self.root / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(path, target))

    @property
    def megabytes(self) -> float:
        """Millions of bytes of all files."""
        return sum(path.stat().st_size for path in self.files) / 1e6

    @contextmanager
    def changed(self, number: int) -> Iterator[None]:
        """With a line more in one file, which depends on a number."""
        path = self.files[(number * 7919) % len(self.files)]
        before = path.read_bytes()
        path.write_bytes(before + CHANGE.encode())
        try:
            yield
        finally:
            path.write_bytes(before)


def rounds(tree: Tree, chosen: Mapping[str, Subject], number: int, caches: Path) -> dict[str, list[Timing]]:
    """The runs of each command, taking turns, without those that warm up. Raises Failed."""
    runs: dict[str, list[Timing]] = {name: [] for name in chosen}
    names = list(chosen)
    for turn in range(number + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            timing = one_run(tree, chosen[name], turn, caches)
            if turn:
                runs[name].append(timing)
    return runs


def one_run(tree: Tree, subject: Subject, turn: int, caches: Path) -> Timing:
    """One run of a command, in the state of the tree and the cache that it asks for. Raises Failed."""
    argv = [*subject.argv, *(tree.three if subject.few else ["."])]
    if subject.warm:
        measure(argv, tree.root, caches)
    with tree.changed(turn) if subject.edits else nullcontext():
        return measure(argv, tree.root, caches)


class Line(NamedTuple):
    """A line of the table: a command on a tree, its medians, and its CPU seconds as a share of another's."""

    tree: str
    name: str
    timing: Timing
    ratio: float | None


def lines_of(tree: Tree, chosen: Mapping[str, Subject], runs: Mapping[str, Sequence[Timing]]) -> Iterator[Line]:
    """The medians."""
    for name, timings in runs.items():
        base = runs.get(chosen[name].base or "")
        ratio = statistics.median(a.cpu / b.cpu for a, b in zip(timings, base, strict=True)) if base else None
        yield Line(tree.root.name, name, Timing(*map(statistics.median, zip(*timings, strict=True))), ratio)


def told(line: Line) -> str:
    """A line for a terminal."""
    ratio = "" if line.ratio is None else f"{line.ratio:8.3f}"
    wall, cpu, peak = line.timing
    return f"{line.tree:24} {line.name:20} {wall:8.2f} {cpu:8.2f} {peak:8.0f} {ratio}"


def table(found: Sequence[Line], trees: Sequence[Tree]) -> str:
    """The ratios as a table in Markdown: a row a command, a column a tree; then the peaks of memory."""
    names = list(dict.fromkeys(line.name for line in found if line.ratio is not None))
    by_place = {(line.tree, line.name): line for line in found}
    rows = [
        f"| | {' | '.join(f'{t.root.name} ({len(t.files)} files, {t.megabytes:.1f} MB)' for t in trees)} |",
        f"| --- |{' ---: |' * len(trees)}",
    ]
    for name in names:
        cells = [f"{by_place[tree.root.name, name].ratio:.3f}" for tree in trees]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    for name in (BASE, "cold"):
        if all((tree.root.name, name) in by_place for tree in trees):
            peaks = [f"{by_place[tree.root.name, name].timing.peak:.0f} MB" for tree in trees]
            rows.append(f"| peak memory, {name} | {' | '.join(peaks)} |")
    return "\n".join(rows) + "\n"


def main() -> int:
    """Compare on every tree that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", type=Path, nargs="+", metavar="PATH")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", metavar="NAME,...", help="these commands only")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table of ratios there too")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    missing = [str(tree) for tree in options.trees if not tree.is_dir()]
    if missing:
        parser.error(f"no such directory: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory).resolve()
        rule = folder / "rule.yml"
        rule.write_text(SEMGREP_RULE, encoding="utf-8")
        every = subjects(rule)
        wanted = [name.strip() for name in options.only.split(",") if name.strip()] or list(every)
        unknown = [name for name in wanted if name not in every]
        if unknown:
            parser.error(f"no such command: {', '.join(unknown)}; there are {', '.join(every)}")
        chosen = {name: subject for name, subject in every.items() if name in wanted}
        try:
            found, trees = compared(options.trees, chosen, options.rounds, folder)
        except Failed as error:
            print(error, file=sys.stderr)
            return 2
        if options.markdown:
            options.markdown.write_text(table(found, trees), encoding="utf-8")
    return 0


def compared(
    sources: Sequence[Path], chosen: Mapping[str, Subject], number: int, folder: Path
) -> tuple[list[Line], list[Tree]]:
    """Measure tree by tree and print. Raises Failed."""
    found: list[Line] = []
    trees: list[Tree] = []
    print(f"{'tree':24} {'command':20} {'wall':>8} {'CPU':>8} {'peak MB':>8} {'ratio':>8}", flush=True)
    for at, source in enumerate(sources):
        tree = Tree(source.resolve(), folder / f"tree{at}")
        trees.append(tree)
        of_tree = list(lines_of(tree, chosen, rounds(tree, chosen, number, folder / f"caches{at}")))
        found += of_tree
        for line in of_tree:
            print(told(line), flush=True)
    return found, trees


if __name__ == "__main__":
    sys.exit(main())
