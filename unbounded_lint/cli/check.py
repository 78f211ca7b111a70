"""`unbounded-lint check`: analyse the project and report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from unbounded_lint.cli import fixing, outputs, review
from unbounded_lint.cli.config import settings_lines
from unbounded_lint.cli.files import file_lines
from unbounded_lint.cli.options import check_parser, project_for, reported, request_for, shown_path, view_for
from unbounded_lint.cli.stdin import left_out, settle_stdin, unsaved_paths, unsaved_texts
from unbounded_lint.cli.summary import summary
from unbounded_lint.cli.terminal import EXIT_CLEAN, EXIT_ERROR, EXIT_FINDINGS, PROGRAM, Progress, emit, say, wants_color

if TYPE_CHECKING:
    from unbounded_lint.findings.finding import Finding
    from unbounded_lint.reporters.base import View
    from unbounded_lint.run.request import Outcome

INTERNAL_ERROR_CODE = "UBM900"


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    options = check_parser().parse_intermixed_args(arguments)
    review.demand_no_conflict(options)
    settle_stdin(options)
    outputs.demand_no_conflict(options)
    project, settings = project_for(options)
    if options.show_settings:
        return emit(settings_lines(settings))
    if options.show_files:
        return emit(file_lines(project, options.paths))
    printed = outputs.printed_format(settings.output_format)
    outputs.demand_sense(options, printed, project)
    unsaved = unsaved_texts(options, project)
    from unbounded_lint.reporters.base import printable
    from unbounded_lint.run.runner import check

    request = review.asked(options, request_for(options, project, settings, unsaved))
    with Progress(sys.stderr.isatty()) as progress:
        outcome = check(request, progress)
    if options.diff:
        return fixing.difference(options, request, outcome)
    fixed = fixing.repaired(options, request, outcome) if options.fix else fixing.Fixed()
    if fixed.number:
        outcome = check(request)
    elif options.unsafe_fixes:
        outcome = fixing.with_fixes(request, outcome)
    given = [*options.paths, *map(str, unsaved_paths(options))]
    outcome = review.settled(options, project, outcome, shown_path(project.root, given))
    plain = view_for(project.root, given, statistics=options.statistics, unsaved=unsaved)
    outputs.report(outcome, printed, options.output, _view(options, plain, outcome))
    for note in (*left_out(options, project), *outcome.notes):
        say(f"{PROGRAM}: warning: {printable(note)}")
    person = printed == "full" and not options.statistics
    aside = f"{review.left_out(options, outcome)}{fixed.told(outcome)}"
    for line in summary(outcome, len(reported(project)), aside, next_step=person):
        say(printable(line))
    return _exit_code(outcome.findings, options.exit_zero)


def _view(options: argparse.Namespace, plain: View, outcome: Outcome) -> Callable[[bool], View]:
    """How reports are shown: takes whether one may have colour."""
    import msgspec

    suppressed = outcome.suppressed if options.show_suppressed else None
    whole = msgspec.structs.replace(plain, suppressed=suppressed)
    return lambda colored: msgspec.structs.replace(whole, color=colored and wants_color(options.color))


def _exit_code(findings: Sequence[Finding], exit_zero: bool) -> int:
    if any(finding.code == INTERNAL_ERROR_CODE for finding in findings):
        return EXIT_ERROR
    return EXIT_FINDINGS if findings and not exit_zero else EXIT_CLEAN
