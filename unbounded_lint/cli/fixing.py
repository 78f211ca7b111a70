"""`--fix`, `--unsafe-fixes` and `--diff` of `check`: repair what can be, and say what was not.

Nothing heavy is imported at the top, as in `cli`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from unbounded_lint.cli.options import shown_path
from unbounded_lint.cli.terminal import EXIT_CLEAN, EXIT_FINDINGS, PROGRAM, emit, say, wants_color

if TYPE_CHECKING:
    from unbounded_lint.fixes.driver import Plan
    from unbounded_lint.run.request import Outcome, Request

_WHY = "--unsafe-fixes tells why"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Fixed(NamedTuple):
    """What came of `--fix`: how many findings are repaired, how many only with `--unsafe-fixes`, and how many not even
    so, of which nobody was told why."""

    number: int = 0
    hidden: int = 0
    refused: int = 0

    def told(self, outcome: Outcome) -> str:
        """What a summary of what is left adds."""
        if self.hidden:
            return f" ({_hidden(self.hidden)})"
        if self.number:
            return f" ({self.number} fixed, {len(outcome.findings)} remaining)"
        return f" (nothing can be fixed; {_WHY})" if self.refused else ""


def repaired(options: argparse.Namespace, request: Request, outcome: Outcome) -> Fixed:
    """Repair what a run has found, where that is allowed, and tell on stderr what was done to each finding."""
    from unbounded_lint.fixes.running import planned
    from unbounded_lint.fixes.writing import write

    plan = planned(request, outcome.findings)
    if not options.unsafe_fixes:
        return Fixed(hidden=len(plan.done), refused=len(plan.refused))
    write(request.project.root, plan.files)
    _tell(plan, "fixed")
    return Fixed(len(plan.done))


def with_fixes(request: Request, outcome: Outcome) -> Outcome:
    """The outcome with the repairs that a report can carry."""
    from unbounded_lint.fixes import running

    return running.with_fixes(outcome, request)


def difference(options: argparse.Namespace, request: Request, outcome: Outcome) -> int:
    """Print what would change; give the exit code: 1 if anything would."""
    from unbounded_lint.findings.wording import plural
    from unbounded_lint.fixes import writing
    from unbounded_lint.fixes.running import planned

    plan = planned(request, outcome.findings)
    if not options.unsafe_fixes:
        why = f"; {_WHY}" if plan.refused else ""
        say(f"{_hidden(len(plan.done))}." if plan.done else f"Nothing would be fixed{why}.")
        return EXIT_CLEAN
    lines = writing.difference(plan.files, shown_path(request.project.root, options.paths))
    emit(_drawn(lines, color=wants_color(options.color)))
    _tell(plan, "would fix")
    say(f"Would fix {plural(len(plan.done), 'finding')}." if plan.done else "Nothing would be fixed.")
    return EXIT_FINDINGS if plan.files and not options.exit_zero else EXIT_CLEAN


def _hidden(number: int) -> str:
    return f"{number} {'fix' if number == 1 else 'fixes'} hidden; enable with --unsafe-fixes"


def _tell(plan: Plan, verb: str) -> None:
    from unbounded_lint.findings.symbols import plain_symbol
    from unbounded_lint.reporters.base import printable

    for done in plan.done:
        line = f"{verb} {done.finding.code} {plain_symbol(done.finding.symbol)}: {done.fix.told}"
        say(f"{PROGRAM}: {printable(line)}")
    for refused in plan.refused:
        line = f"not fixed {refused.finding.code} {plain_symbol(refused.finding.symbol)}: {refused.reason}"
        say(f"{PROGRAM}: {printable(line)}")


def _drawn(lines: Iterable[str], *, color: bool) -> Iterator[str]:
    """The lines of a diff, with nothing that could command a terminal where one reads them."""
    terminal = sys.stdout.isatty()
    for line in lines:
        text = _CONTROL.sub("?", line.removesuffix("\r")) if terminal else line
        yield _colored(text) if color else text


def _colored(line: str) -> str:
    from rich.color import ColorSystem
    from rich.style import Style

    head = line.startswith(("---", "+++"))
    style = "bold" if head else {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "none")
    return Style.parse(style).render(line, color_system=ColorSystem.STANDARD)
