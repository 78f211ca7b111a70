"""Real programs that are run by `confirm`. They go on by what the observer has written, never by the clock."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, NamedTuple

import pytest

from tests.processes import ROOT, environment, finished
from tests.programs import write

PACE = '''\
"""One step a look: a program that goes on when the observer has looked at it again."""

import json
import os
import time

STEPS = int(os.environ.get("PACE_STEPS", "90"))
FOLDER = os.environ["PYTHONPATH"].split(os.pathsep)[0]
RECORDS = os.path.join(FOLDER, "records")


def mine():
    names = [name for name in os.listdir(RECORDS) if name.startswith(f"{os.getpid()}-")]
    return [os.path.join(RECORDS, name) for name in names]


def told():
    return sum(map(os.path.getsize, mine()))


def step():
    before = told()
    while told() == before:
        time.sleep(0.001)


def missing():
    with open(os.path.join(FOLDER, "plan.json")) as file:
        lost = set(map(str, range(len(json.load(file)["targets"]))))
    for name in mine():
        with open(name) as file:
            for line in file.read().splitlines():
                found = json.loads(line).get("sizes", {})
                lost -= {number for number, state in found.items() if not isinstance(state, str)}
    return lost


class Course:
    """So many steps that the time until the last container was found is part of the warm-up."""

    def __init__(self, wait=True):
        self.enough, self.lost = STEPS, wait

    def is_over(self, number):
        if self.lost:
            self.lost = missing()
            self.enough = max(STEPS, 4 * number)
        return number >= self.enough


def steps(wait=True):
    course, number = Course(wait), 0
    while not course.is_over(number):
        yield number
        step()
        number += 1
'''

FAST = ("--interval", "0.002", "--overhead", "100")
"""Looks as often as it can be, for programs that wait for them."""


class Confirmed(NamedTuple):
    """What `confirm` wrote, and how it ended: its streams are those of the program, with what we say on stderr."""

    done: CompletedProcess[str]
    report: dict[str, Any]

    def __getitem__(self, symbol: str) -> dict[str, Any]:  # type: ignore[override]
        """What it says about a container."""
        (found,) = (one for one in self.report["containers"] if one["symbol"] == symbol)
        return dict(found)

    def verdicts(self) -> dict[str, str]:
        """Symbol -> verdict."""
        return {one["symbol"]: one["verdict"] for one in self.report["containers"]}


def run(
    root: Path, asked: Sequence[str], command: Sequence[str], *, env: Mapping[str, str] | None = None
) -> CompletedProcess[str]:
    """Run `confirm` in a project, on a command."""
    ours = [sys.executable, "-m", "unbounded_lint", "confirm", *asked, "--", *command]
    return finished(ours, cwd=root, env={**environment(), **(env or {})})


def confirmed(
    root: Path,
    files: Mapping[str, str],
    asked: Sequence[str],
    command: Sequence[str] = (sys.executable, "main.py"),
    *,
    env: Mapping[str, str] | None = None,
) -> Confirmed:
    """What `confirm` says about some containers of the project that these files make, with the steps of `PACE`."""
    write(root, {"pyproject.toml": "", "pace.py": PACE, **files})
    report = root / "report.json"
    options = [*FAST, "--output-format", "json", "--output-file", str(report)]
    done = run(root, [*options, *asked], command, env=env)
    text = report.read_text(encoding="utf-8") if report.exists() else ""
    return Confirmed(done, json.loads(text) if text else {})


def sampled(ways: Iterable[str], *sample: str) -> list[Any]:
    """All ways, those outside the sample for the long run."""
    return [pytest.param(way, marks=() if way in sample else pytest.mark.exhaustive) for way in ways]


__all__ = ["FAST", "PACE", "ROOT", "Confirmed", "confirmed", "run", "sampled"]
