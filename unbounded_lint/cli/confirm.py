"""`unbounded-lint confirm`: run a program and tell which containers really grow."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from unbounded_lint.cli.options import (
    Parser,
    add_selection_options,
    add_settings_options,
    project_for,
    request_for,
    shown_path,
)
from unbounded_lint.cli.outputs import add_format_option, demand_place
from unbounded_lint.cli.terminal import EXIT_CLEAN, EXIT_FINDINGS, PROGRAM, Progress, say
from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from unbounded_lint.confirm.child import Ended
    from unbounded_lint.confirm.outcome import Outcome
    from unbounded_lint.confirm.session import Asked
    from unbounded_lint.run.request import Request

VERDICTS = ("grows", "levels-off", "shrinks", "too-short-to-tell", "never-filled", "not-found")


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give the exit code of the program that it runs."""
    own, command = _split(arguments)
    options = _parser().parse_intermixed_args(own)
    _check(options, command)
    as_json, options.output_format = options.output_format == "json", None
    project, settings = project_for(options)
    if options.output_file is not None:
        demand_place(f"--output-file {options.output_file}", str(options.output_file), project)
    request = request_for(options, project, settings)
    asked = _asked(options, request)
    from unbounded_lint.confirm.plan import Options
    from unbounded_lint.confirm.report import as_json as document
    from unbounded_lint.confirm.report import lines
    from unbounded_lint.confirm.session import Timing, confirm

    how = Options(options.interval, options.overhead / 100, options.call_sites, options.tracemalloc)
    with _opened(options.output_file) as stream:
        outcome, ended = confirm(request, asked, command, how, Timing(options.duration, options.warm_up))
        status = _status(outcome, ended, options.fail_on)
        path = shown_path(project.root, options.paths)
        _report(stream, document(outcome, status, path) if as_json else lines(outcome, path))
    if ended.killed:
        say(f"{PROGRAM}: warning: the program did not end when it was asked to, and was killed.")
    if options.plot is not None:
        _draw(outcome, options.plot)
    return status


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tell our own arguments from the command behind `--`."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return list(arguments[:at]), list(arguments[at + 1 :])


def _parser() -> Parser:
    parser = Parser(
        "confirm",
        "[OPTIONS] (SYMBOL ... | --all) -- COMMAND ...",
        "Run a program, a test or a load script, and tell which containers really grow. It is observed from inside, "
        "without a change to its code; its output and its exit status are its own, and the report goes to stderr.",
    )
    parser.add_argument(
        "symbols", nargs="*", metavar="SYMBOL", help="pkg.mod:NAME, pkg.mod:Class.attr, or the end of such a name"
    )
    parser.add_argument("--all", action="store_true", help="look at the container of every finding of the project")
    parser.add_argument(
        "--project", metavar="PATH", default=".", help="the project to analyse (default: the current directory)"
    )
    _add_run_options(parser)
    _add_output_options(parser)
    add_selection_options(parser)
    add_settings_options(parser)
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    return parser


def _add_run_options(parser: Parser) -> None:
    run = parser.add_argument_group("run")
    run.add_argument(
        "--duration",
        type=_seconds,
        metavar="SECONDS",
        help="ask the program to end then, as a server is (SIGTERM), and exit with 0 (default: wait for its own end)",
    )
    run.add_argument(
        "--warm-up",
        type=_seconds,
        metavar="SECONDS",
        help="leave out so much of the start; the rest are two equal windows (default: a third of the time)",
    )
    run.add_argument(
        "--interval",
        type=_seconds,
        default=0.2,
        metavar="SECONDS",
        help="from one look to the next; less at the start, more where a look takes long (default: 0.2)",
    )
    run.add_argument(
        "--overhead",
        type=_percent,
        default=0.5,
        metavar="PERCENT",
        help="what the looks may take of a processor (default: 0.5); searches for objects may take it once more",
    )
    run.add_argument(
        "--call-sites",
        action="store_true",
        help="count how often each line inserts and removes (slow before Python 3.12)",
    )
    run.add_argument("--tracemalloc", action="store_true", help="trace all memory that is allocated (slow)")


def _add_output_options(parser: Parser) -> None:
    output = parser.add_argument_group("output")
    add_format_option(output, ("table", "json"), "how the report is printed (default: table)")
    output.add_argument("--output-file", type=Path, metavar="FILE", help="write the report to FILE (default: stderr)")
    output.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw a curve per container, as .png, .svg or .pdf (needs matplotlib)"
    )
    output.add_argument(
        "--fail-on",
        type=_verdicts,
        default=(),
        metavar="VERDICTS",
        help=f"exit with 1 if the program ends well but a container gets one of {', '.join(VERDICTS)} (comma list)",
    )


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1e9:
        raise argparse.ArgumentTypeError(f"expected seconds above 0, not {text!r}")
    return number


def _percent(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number <= 100:
        raise argparse.ArgumentTypeError(f"expected a percentage above 0 and up to 100, not {text!r}")
    return number


def _verdicts(text: str) -> tuple[str, ...]:
    asked = tuple(part.strip().replace(" ", "-") for part in text.split(",") if part.strip())
    for one in asked:
        if one not in VERDICTS:
            raise argparse.ArgumentTypeError(f"expected some of {', '.join(VERDICTS)}, not {one!r}")
    return asked


def _check(options: argparse.Namespace, command: Sequence[str]) -> None:
    """Refuse what cannot be done before anything is: the program may run for long."""
    options.paths = [options.project]
    if not command:
        raise UserError("there is no program to run; write it behind `--`, as in: confirm --all -- python -m app")
    if options.all == bool(options.symbols):
        both = "both --all and symbols are given; give one" if options.all else "name containers, or give --all"
        raise UserError(f"{both} (see {PROGRAM} confirm --help)")
    if options.duration is not None and options.warm_up is not None and options.warm_up >= options.duration:
        raise UserError("--warm-up leaves nothing of --duration; make it shorter")
    if options.plot is not None:
        from unbounded_lint.confirm.plot import check

        check(options.plot)
        _writable(options.plot, "--plot")


def _asked(options: argparse.Namespace, request: Request) -> Asked:
    from unbounded_lint.confirm.session import of_findings, of_symbols

    if options.symbols:
        return of_symbols(request, options.symbols)
    with Progress(sys.stderr.isatty()) as progress:
        asked = of_findings(request, progress)
    if not asked.found:
        say(f"{PROGRAM}: warning: there is no finding to confirm; the program runs unobserved.")
    return asked


def _writable(file: Path, option: str) -> None:
    try:
        file.open("ab").close()
    except OSError as error:
        raise UserError(f"{option} {file} cannot be written: {error.strerror}; name another file") from None


@contextlib.contextmanager
def _opened(file: Path | None) -> Iterator[TextIO | None]:
    """The stream for the report, None for stderr."""
    if file is None:
        yield None
        return
    _writable(file, "--output-file")
    with file.open("w", encoding="utf-8") as stream:
        yield stream


def _report(stream: TextIO | None, report: Iterable[str]) -> None:
    for line in report:
        if stream is None:
            say(line)
        else:
            stream.write(f"{line}\n")


def _draw(outcome: Outcome, file: Path) -> None:
    from unbounded_lint.confirm.plot import draw

    draw(outcome, file)


def _status(outcome: Outcome, ended: Ended, fail_on: Sequence[str]) -> int:
    """That of the program, 0 where it ended since it was asked to, or 1 where a verdict is not as it should be."""
    status = EXIT_CLEAN if ended.asked else ended.status
    found = {result.verdict.replace(" ", "-") for result in outcome.results}
    return EXIT_FINDINGS if status == EXIT_CLEAN and not found.isdisjoint(fail_on) else status
