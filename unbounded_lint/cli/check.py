"""`unbounded-lint check`: analyse the project and report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from unbounded_lint.cli import fixing
from unbounded_lint.cli.config import settings_lines
from unbounded_lint.cli.files import file_lines
from unbounded_lint.cli.options import check_parser, project_for, reported, request_for, view_for
from unbounded_lint.cli.terminal import EXIT_CLEAN, EXIT_ERROR, EXIT_FINDINGS, PROGRAM, Progress, emit, say, wants_color

if TYPE_CHECKING:
    from unbounded_lint.finding import Finding
    from unbounded_lint.request import Outcome

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

    request = request_for(options, project, settings)
    with Progress(sys.stderr.isatty()) as progress:
        outcome = check(request, progress)
    if options.diff:
        return fixing.difference(options, request, outcome)
    fixed = fixing.repaired(options, request, outcome) if options.fix else fixing.Fixed()
    if fixed.number:
        outcome = check(request)
    elif options.unsafe_fixes:
        outcome = fixing.with_fixes(request, outcome)
    format_name = settings.output_format or ("full" if sys.stdout.isatty() else "concise")
    view = view_for(project.root, options.paths, color=wants_color(options.color), statistics=options.statistics)
    emit(REPORTERS[format_name](outcome.findings, outcome.stats, view))
    for note in outcome.notes:
        say(f"{PROGRAM}: warning: {printable(note)}")
    say(_summary(outcome, len(reported(project)), fixed.told(outcome)))
    return _exit_code(outcome.findings, options.exit_zero)


def _summary(outcome: Outcome, files: int, fixed: str) -> str:
    from unbounded_lint.reporters.base import plural

    found = len(outcome.findings)
    result = f"Found {plural(found, 'finding')}" if found else "No findings"
    return f"{result} in {plural(files, 'file')}{fixed}."


def _exit_code(findings: Sequence[Finding], exit_zero: bool) -> int:
    if any(finding.code == INTERNAL_ERROR_CODE for finding in findings):
        return EXIT_ERROR
    return EXIT_FINDINGS if findings and not exit_zero else EXIT_CLEAN
