"""`unbounded-lint check`: analyse the project and report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unbounded_lint.cli import outputs
from unbounded_lint.cli.config import settings_lines
from unbounded_lint.cli.files import file_lines
from unbounded_lint.cli.options import check_parser, project_for, reported, request_for, view_for
from unbounded_lint.cli.terminal import EXIT_CLEAN, EXIT_ERROR, EXIT_FINDINGS, PROGRAM, Progress, emit, say, wants_color

if TYPE_CHECKING:
    from unbounded_lint.finding import Finding
    from unbounded_lint.reporters.base import View
    from unbounded_lint.request import Outcome

INTERNAL_ERROR_CODE = "UBM900"


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    options = check_parser().parse_intermixed_args(arguments)
    outputs.demand_no_conflict(options)
    project, settings = project_for(options)
    if options.show_settings:
        return emit(settings_lines(settings))
    if options.show_files:
        return emit(file_lines(project, options.paths))
    printed = outputs.printed_format(settings.output_format)
    outputs.demand_sense(options, printed, project)
    from unbounded_lint.reporters.base import printable
    from unbounded_lint.runner import check

    with Progress(sys.stderr.isatty()) as progress:
        outcome = check(request_for(options, project, settings), progress)
    outputs.report(outcome, printed, options.output, _view(options, project.root, outcome))
    for note in outcome.notes:
        say(f"{PROGRAM}: warning: {printable(note)}")
    say(_summary(outcome, len(reported(project))))
    return _exit_code(outcome.findings, options.exit_zero)


def _view(options: argparse.Namespace, root: Path, outcome: Outcome) -> Callable[[bool], View]:
    """How reports are shown: takes whether one may have colour."""
    import msgspec

    suppressed = outcome.suppressed if options.show_suppressed else None
    plain = msgspec.structs.replace(view_for(root, options.paths, statistics=options.statistics), suppressed=suppressed)
    return lambda colored: msgspec.structs.replace(plain, color=colored and wants_color(options.color))


def _summary(outcome: Outcome, files: int) -> str:
    from unbounded_lint.reporters.base import plural

    found = len(outcome.findings)
    result = f"Found {plural(found, 'finding')}" if found else "No findings"
    return f"{result} in {plural(files, 'file')}."


def _exit_code(findings: Sequence[Finding], exit_zero: bool) -> int:
    if any(finding.code == INTERNAL_ERROR_CODE for finding in findings):
        return EXIT_ERROR
    return EXIT_FINDINGS if findings and not exit_zero else EXIT_CLEAN
