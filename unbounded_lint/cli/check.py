"""`unbounded-lint check`: analyse the project and report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from unbounded_lint.cli.config import settings_lines
from unbounded_lint.cli.files import file_lines
from unbounded_lint.cli.options import check_parser, project_for, reported, request_for, view_for
from unbounded_lint.cli.stdin import left_out, settle_stdin, unsaved_paths, unsaved_texts
from unbounded_lint.cli.terminal import EXIT_CLEAN, EXIT_ERROR, EXIT_FINDINGS, PROGRAM, Progress, emit, say, wants_color

if TYPE_CHECKING:
    from unbounded_lint.finding import Finding
    from unbounded_lint.request import Outcome

INTERNAL_ERROR_CODE = "UBM900"


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    options = check_parser().parse_intermixed_args(arguments)
    settle_stdin(options)
    project, settings = project_for(options)
    if options.show_settings:
        return emit(settings_lines(settings))
    if options.show_files:
        return emit(file_lines(project, options.paths))
    unsaved = unsaved_texts(options, project)
    from unbounded_lint.reporters import REPORTERS
    from unbounded_lint.reporters.base import printable
    from unbounded_lint.runner import check

    with Progress(sys.stderr.isatty()) as progress:
        outcome = check(request_for(options, project, settings, unsaved), progress)
    format_name = settings.output_format or ("full" if sys.stdout.isatty() else "concise")
    given = [*options.paths, *map(str, unsaved_paths(options))]
    color = wants_color(options.color)
    view = view_for(project.root, given, color=color, statistics=options.statistics, unsaved=unsaved)
    emit(REPORTERS[format_name](outcome.findings, outcome.stats, view))
    for note in (*left_out(options, project), *outcome.notes):
        say(f"{PROGRAM}: warning: {printable(note)}")
    say(_summary(outcome, len(reported(project))))
    return _exit_code(outcome.findings, options.exit_zero)


def _summary(outcome: Outcome, files: int) -> str:
    from unbounded_lint.reporters.base import plural

    found = len(outcome.findings)
    result = f"Found {plural(found, 'finding')}" if found else "No findings"
    return f"{result} in {plural(files, 'file')}."


def _exit_code(findings: Sequence[Finding], exit_zero: bool) -> int:
    if any(finding.code == INTERNAL_ERROR_CODE for finding in findings):
        return EXIT_ERROR
    return EXIT_FINDINGS if findings and not exit_zero else EXIT_CLEAN
