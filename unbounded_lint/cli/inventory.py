"""`unbounded-lint inventory`: list the long-lived containers and what bounds them."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unbounded_lint.cli.near import choice_hint
from unbounded_lint.cli.options import (
    Parser,
    add_color_option,
    add_file_options,
    add_run_options,
    add_selection_options,
    add_settings_options,
    project_for,
    request_for,
    view_for,
)
from unbounded_lint.cli.outputs import add_format_option, demand_place, write_report
from unbounded_lint.cli.terminal import EXIT_CLEAN, PROGRAM, Progress, emit, say, wants_color
from unbounded_lint.findings.wording import VERDICTS

if TYPE_CHECKING:
    from unbounded_lint.findings.sheet import Inventory, Sheet
    from unbounded_lint.reporters.base import View

FORMATS = ("table", "json", "html")
SORTS = ("risk", "verdict", "symbol", "place", "inserts", "removals")


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    options = _parser().parse_intermixed_args(arguments)
    format_name, options.output_format = options.output_format or "table", None
    project, settings = project_for(options)
    option = f"--output-file {options.output_file}"
    if options.output_file is not None:
        demand_place(option, options.output_file, project)
    from unbounded_lint.reporters.base import printable
    from unbounded_lint.reporters.inventory import listed, summary
    from unbounded_lint.run.runner import inventory

    with Progress(sys.stderr.isatty()) as progress:
        found = inventory(request_for(options, project, settings), progress)
    verdicts = frozenset(verdict for each in options.verdict or () for verdict in each)
    sheets = listed(found.sheets, options.sort, options.only or "", verdicts)
    color = wants_color(options.color) and (options.output_file is None or options.color == "always")
    view = view_for(project.root, options.paths, color=color)
    lines = _rendered(format_name, sheets, found, view, options)
    if options.output_file is None:
        emit(lines)
    else:
        write_report(option, options.output_file, lines)
    for note in found.notes:
        say(f"{PROGRAM}: warning: {printable(note)}")
    say(summary(sheets, found))
    return EXIT_CLEAN


def _parser() -> Parser:
    parser = Parser(
        "inventory", "[OPTIONS] [PATH ...]", "List every long-lived container of the paths, and what bounds it."
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(_legend())
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or directories (default: the current one)")
    group = parser.add_argument_group("containers")
    group.add_argument(
        "--only",
        choices=("open", "bounded"),
        help="list only those that nothing bounds or that a finding is about, or only the others",
    )
    group.add_argument(
        "--verdict",
        action="append",
        type=_verdicts,
        metavar="VERDICTS",
        help="list only those of these verdicts (comma list, repeatable)",
    )
    group.add_argument(
        "--sort", choices=SORTS, default="risk", help="what comes first (default: risk, so the least bounded ones)"
    )
    add_selection_options(parser)
    add_file_options(parser)
    add_settings_options(parser)
    add_format_option(parser, FORMATS, "how it is written: html is a page of its own (default: table)")
    parser.add_argument("--output-file", metavar="FILE", help="write to FILE in place of stdout")
    add_color_option(parser)
    add_run_options(parser)
    return parser


def _legend() -> Iterator[str]:
    yield "RISK is the probability that something is wrong with a container. IN counts its"
    yield "inserts, OUT its removals; with a slash, those that make it grow, or that run"
    yield "while the program is at work, come first. What bounds it, by its VERDICT:"
    yield from (f"  {verdict:<11}  {words}" for verdict, words in VERDICTS.items())


def _verdicts(text: str) -> list[str]:
    found = [part.strip() for part in text.split(",") if part.strip()]
    for verdict in found:
        if verdict not in VERDICTS:
            raise argparse.ArgumentTypeError(f"there is no verdict {verdict!r}; {choice_hint(verdict, VERDICTS)}")
    if not found:
        raise argparse.ArgumentTypeError(f"names no verdict; choose from {', '.join(VERDICTS)}")
    return found


def _rendered(
    format_name: str, sheets: Sequence[Sheet], found: Inventory, view: View, options: argparse.Namespace
) -> Iterator[str]:
    if format_name == "json":
        from unbounded_lint.reporters.inventory import render_json

        return render_json(sheets, found, view)
    if format_name == "html":
        from unbounded_lint.reporters.html import render as render_html

        return render_html(sheets, found, view, options.sort)
    from unbounded_lint.reporters.table import render

    on_terminal = options.output_file is None and sys.stdout.isatty()
    return render(sheets, view, shutil.get_terminal_size().columns if on_terminal else None)
