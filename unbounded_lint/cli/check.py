"""`unbounded-lint check`: analyse the project and report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from unbounded_lint.cli.config import settings_lines
from unbounded_lint.cli.files import file_lines
from unbounded_lint.cli.options import check_parser, project_for, reported, request_for, view_for
from unbounded_lint.cli.summary import summary
from unbounded_lint.cli.terminal import EXIT_CLEAN, EXIT_ERROR, EXIT_FINDINGS, PROGRAM, Progress, emit, say, wants_color

if TYPE_CHECKING:
    from unbounded_lint.finding import Finding

INTERNAL_ERROR_CODE = "UBM900"


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    options = check_parser().parse_intermixed_args(arguments)
    project, settings = project_for(options)
    if options.show_settings:
        return emit(settings_lines(settings))
    if options.show_files:
        return emit(file_lines(project, options.paths))
    from unbounded_lint.reporters import REPORTERS
    from unbounded_lint.reporters.base import printable
    from unbounded_lint.runner import check

    with Progress(sys.stderr.isatty()) as progress:
        outcome = check(request_for(options, project, settings), progress)
    format_name = settings.output_format or ("full" if sys.stdout.isatty() else "concise")
    view = view_for(project.root, options.paths, color=wants_color(options.color), statistics=options.statistics)
    emit(REPORTERS[format_name](outcome.findings, outcome.stats, view))
    for note in outcome.notes:
        say(f"{PROGRAM}: warning: {printable(note)}")
    for line in summary(outcome, len(reported(project)), next_step=format_name == "full" and not options.statistics):
        say(printable(line))
    return _exit_code(outcome.findings, options.exit_zero)


def _exit_code(findings: Sequence[Finding], exit_zero: bool) -> int:
    if any(finding.code == INTERNAL_ERROR_CODE for finding in findings):
        return EXIT_ERROR
    return EXIT_FINDINGS if findings and not exit_zero else EXIT_CLEAN
