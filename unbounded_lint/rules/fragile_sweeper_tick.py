"""One exception ends the loop or the timer that sweeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Confidence, Finding
from unbounded_lint.rules.base import Options, Rule
from unbounded_lint.rules.evidence import finding, growth

if TYPE_CHECKING:
    from unbounded_lint.link.defects.fragile_sweeper_tick import Fragile
    from unbounded_lint.link.project import Project
    from unbounded_lint.link.verdicts.container import Container

CODE = "UBM207"
NAME = "fragile-sweeper-tick"
ADVICE = {
    "loop": "put each step of the loop in a `try` of its own that logs the error and goes on",
    "rearm": "arm the next run in a `finally`, or before the work",
    "timer": "catch and log errors inside the tick",
}
_RISK = {
    "outward": "which leaves the process and may fail",
    "awaited": "which awaits what may fail",
    "callback": "which is not this code's own",
}


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each container whose sweeping ends at the first exception."""
    for container in project.containers:
        fragile = project.defects.fragile_sweeper_ticks.of(container)
        if fragile is not None:
            yield _finding(fragile, container, project)


def _finding(fragile: Fragile, container: Container, project: Project) -> Finding:
    risk, where = fragile.risk, project.function(fragile.start[0])
    tick = project.function(fragile.tick[0])
    unguarded = f"that sweeps it catches an error of {risk.what}"
    ends = {
        "loop": f"nothing in the loop of `{where}` {unguarded}: the first one ends it",
        "rearm": f"`{tick}` arms its next sweep only after {risk.what}: the first error there is the end of it",
        "timer": f"nothing in `{tick}` {unguarded}: {fragile.timer} stops at the first one",
    }[fragile.ending]
    starts = {
        "loop": f"`{where}` waits here for its next round",
        "rearm": f"`{where}` arms the next run here",
        "timer": f"`{where}` starts {fragile.timer} here",
    }[fragile.ending]
    faults = [
        project.place(*fragile.start, "timer", starts),
        project.place(*fragile.tick, "guard", "no `try` around this stops an error"),
        project.place(risk.scope, risk.op, "call", f"{risk.what}, {_RISK[risk.sort]}"),
    ]
    message = f"`{container.name}` grows in {growth(container, project)}, and {ends}"
    advice = ADVICE[fragile.ending]
    # That an error can come, and that nothing starts the sweeper again, is never certain.
    level = min(Confidence.MEDIUM, risk.confidence, key=lambda confidence: confidence.rank)
    return finding(CODE, NAME, message, container, project, advice, faults=faults, confidence=level)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="one exception in a tick ends the loop or timer that sweeps",
    check=check,
)
