"""One run from the analysis to what it says."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

import msgspec

from unbounded_lint.confirm.child import Ended, run
from unbounded_lint.confirm.outcome import Outcome, outcome
from unbounded_lint.confirm.plan import Options, environment, folder
from unbounded_lint.confirm.records import read
from unbounded_lint.confirm.targets import Found, found
from unbounded_lint.errors import UserError
from unbounded_lint.run import runner
from unbounded_lint.run.request import Progress, Request


class Asked(msgspec.Struct, frozen=True):
    """What is looked for, and the codes that each symbol is reported for, as far as that was asked."""

    found: tuple[Found, ...]
    codes: Mapping[str, tuple[str, ...]]


class Timing(msgspec.Struct, frozen=True):
    """Seconds: how long the program may run (None: to its own end), and from when on the windows are (None: from a
    third on)."""

    duration: float | None = None
    warm_up: float | None = None


def of_findings(request: Request, progress: Progress | None = None) -> Asked:
    """What every finding of a request is about."""
    codes: dict[str, tuple[str, ...]] = {}
    for finding in runner.check(request, progress).findings:
        if finding.symbol:
            codes[finding.symbol] = (*codes.get(finding.symbol, ()), finding.code)
    return Asked(runner.about(request, tuple(codes), found) if codes else (), codes)


def of_symbols(request: Request, symbols: Sequence[str]) -> Asked:
    """What some symbols name. Raises UserError for one that names no container."""
    asked = runner.about(request, tuple(dict.fromkeys(symbols)), found)
    for one in asked:
        if one.target is None and one.place is None:
            raise UserError(one.why)
    return Asked(asked, {})


def confirm(
    request: Request, asked: Asked, command: Sequence[str], options: Options, timing: Timing
) -> tuple[Outcome, Ended]:
    """Run a command and say what became of what is looked for. Raises UserError where it cannot be run."""
    origin = time.monotonic()
    targets = sum(one.target is not None for one in asked.found)
    with folder(asked.found, request.project.root, options, origin) as made:
        env = environment(made, os.environ) if targets else dict(os.environ)
        ended = run(command, env, timing.duration)
        seconds = time.monotonic() - origin
        processes = read(made, targets)
    return outcome(asked.found, asked.codes, processes, seconds, timing.warm_up), ended
