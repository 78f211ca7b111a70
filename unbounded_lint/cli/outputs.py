"""The reports of `check`: the one on stdout, and those that `--output FORMAT=FILE` puts into files.

Nothing heavy is imported at the top, as in `cli`.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from unbounded_lint.cli.terminal import emit
from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from unbounded_lint.cli.options import Parser
    from unbounded_lint.files.discovery import ProjectFiles
    from unbounded_lint.reporters.base import View
    from unbounded_lint.run.request import Outcome

FORMATS = ("full", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit")

_COUNTED = ("full", "concise", "json")
"""The formats with a place for counts."""
_ALARMS = ("github", "gitlab")
"""The formats in which whatever is named is an alarm."""


class Output(NamedTuple):
    """A report in a format that goes to a file."""

    format: str
    file: str

    @property
    def option(self) -> str:
        """As it was written."""
        return f"--output {self.format}={self.file}"


def add_format_option(parser: Parser | argparse._ArgumentGroup, choices: tuple[str, ...], text: str) -> None:
    """Add `--output-format` with these choices, and `--format`, which is what other linters call it."""
    parser.add_argument("--output-format", choices=choices, help=text)
    parser.add_argument(
        "--format", dest="output_format", choices=choices, default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )


def add_output_options(parser: Parser) -> argparse._ArgumentGroup:
    """Add the options that say which reports there are, and what is in them; gives their group."""
    output = parser.add_argument_group("output")
    add_format_option(output, FORMATS, "how findings are printed (default: full on a terminal, else concise)")
    output.add_argument(
        "--output",
        action="append",
        type=_output,
        default=[],
        metavar="FORMAT=FILE",
        help="write a report in this format into FILE as well (repeatable)",
    )
    output.add_argument("--statistics", action="store_true", help="print counts per rule in place of the findings")
    output.add_argument(
        "--show-suppressed",
        action="store_true",
        help="tell in reports of the findings too that comments or a baseline silence",
    )
    return output


def _output(text: str) -> Output:
    name, equals, file = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"expected FORMAT=FILE, such as sarif=report.sarif, not {text!r}")
    if name not in FORMATS:
        from unbounded_lint.cli.near import choice_hint

        raise argparse.ArgumentTypeError(f"there is no format {name!r}; {choice_hint(name, FORMATS)}")
    if not file:
        raise argparse.ArgumentTypeError(f"no file stands behind {text!r}; write {name}=FILE")
    if file == "-":
        raise argparse.ArgumentTypeError(f"standard output is for --output-format {name}; give a file in {text!r}")
    return Output(name, os.path.expanduser(file))  # no shell expands a `~` behind an equals sign


def printed_format(setting: str | None) -> str:
    """The format of the report on stdout, which a setting may name."""
    return setting or ("full" if sys.stdout.isatty() else "concise")


def demand_no_conflict(options: argparse.Namespace) -> None:
    """Raises `UserError` for what says how findings are told, in a run that has none to tell."""
    for name, command in (("--show-files", "files"), ("--show-settings", "config")):
        if not _is_given(options, name):
            continue
        for other in ("--output", "--statistics", "--show-suppressed"):
            if _is_given(options, other):
                raise UserError(f"{other} and {name} cannot be combined, since {name} finds nothing; give one of them")
        if _is_given(options, "--output-format"):
            raise UserError(
                f"--output-format is for findings, and {name} has none; for JSON there is `unbounded-lint {command} "
                "--output-format json`"
            )
    if options.statistics and options.show_suppressed and not options.output:
        raise UserError(
            "--statistics counts what is reported, and --show-suppressed tells of the rest; give one of them"
        )


def _is_given(options: argparse.Namespace, name: str) -> bool:
    return bool(getattr(options, name.removeprefix("--").replace("-", "_")))


def demand_sense(options: argparse.Namespace, printed: str, project: ProjectFiles) -> None:
    """Raises `UserError` for what cannot be written or has no place in a format, before there is any work done."""
    if options.statistics and printed not in _COUNTED:
        formats = _listed(_COUNTED)
        raise UserError(f"--statistics has no place in {printed}; print {formats}, and write {printed} with --output")
    if options.show_suppressed:
        for name in (printed, *(output.format for output in options.output)):
            if name in _ALARMS:
                raise UserError(
                    f"--show-suppressed has no place in {name}, where each finding is an alarm; leave it out"
                )
    files: dict[str, Output] = {}
    for output in options.output:
        demand_place(output.option, output.file, project)
        real = os.path.realpath(output.file)
        if real in files:
            raise UserError(f"{files[real].option} and {output.format}={output.file} name one file; give each its own")
        files[real] = output


def _is_source(real: str, project: ProjectFiles) -> bool:
    root = os.path.realpath(project.root)
    return any(os.path.normpath(os.path.join(root, file.path)) == real for file in project.files)


def demand_place(option: str, file: str, project: ProjectFiles) -> None:
    """Raises `UserError` for a file of an option, as it was written, in which no report can be put: better before there
    is any work done."""
    if "\0" in file:
        raise UserError(f"{option} has a null character in it; give the name of a file")
    if _is_source(os.path.realpath(file), project):
        raise UserError(f"{option} would overwrite a file of the project; give another file")
    if os.path.isdir(file):
        raise UserError(f"{option} names a directory; name a file in it")
    directory = os.path.dirname(file) or "."
    if not os.path.isdir(directory):
        raise UserError(f"{option} names a file in {directory}, which is no directory; make it first")
    if os.path.islink(file) and not _is_stream(file):
        raise UserError(f"{option} names a symbolic link; name the file that it leads to")


def _is_stream(file: str) -> bool:
    """Whether something that is no file stands there, such as a pipe, which takes what is written into it."""
    try:
        mode = os.stat(file).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def report(outcome: Outcome, printed: str, outputs: Sequence[Output], view: Callable[[bool], View]) -> None:
    """Write the reports into their files and the one for stdout; view gives how a report is shown, with colour where it
    may have some. Raises `UserError` for a file that cannot be written."""
    from unbounded_lint.reporters import REPORTERS

    plain = view(False)
    for output in outputs:
        lines = REPORTERS[output.format](outcome.findings, outcome.stats, _whole(plain))
        write_report(output.option, output.file, lines)
    emit(REPORTERS[printed](outcome.findings, outcome.stats, view(True)))


def _whole(view: View) -> View:
    """A view that shows the findings and not their counts alone."""
    import msgspec

    return msgspec.structs.replace(view, statistics=False)


def write_report(option: str, file: str, lines: Iterable[str]) -> None:
    """Write a report into the file of an option, as it was written, whole or not at all; into a pipe or the like as it
    is. Raises `UserError` where that cannot be."""
    from unbounded_lint.disk.writing import write_whole

    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
    try:
        if _is_stream(file):
            with open(file, "wb") as stream:
                stream.write(data)
        else:
            write_whole(file, data)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UserError(f"{option} cannot be written: {why}; give a file that can") from None


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
