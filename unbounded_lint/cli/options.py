"""The options of the command: how they are read, and the settings, files and request that they ask for.

Nothing heavy is imported at the top, as in `cli`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from unbounded_lint.cli.terminal import PROGRAM
from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from unbounded_lint.config import Settings
    from unbounded_lint.discovery import ProjectFiles
    from unbounded_lint.reporters.base import View
    from unbounded_lint.request import Request


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence, as all errors of this command."""

    def __init__(self, command: str, usage: str, description: str) -> None:
        self._command = command
        super().__init__(
            prog=f"{PROGRAM} {command}",
            usage=f"{PROGRAM} {command} {usage}",
            description=description,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} (see {PROGRAM} {self._command} --help)")


def add_settings_options(parser: Parser) -> None:
    """Add the options that say where the settings come from."""
    group = parser.add_argument_group("settings")
    group.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE|KEY=VALUE",
        help="read the settings from FILE, or override one setting with a TOML value (repeatable)",
    )
    group.add_argument("--isolated", action="store_true", help="ignore all configuration files")


def add_selection_options(parser: Parser) -> None:
    """Add the options that choose the rules."""
    group = parser.add_argument_group("rules")
    for option, text in (
        ("--select", "report these codes or prefixes only (comma list, repeatable)"),
        ("--extend-select", "report these codes or prefixes too, such as opt-in rules (comma list, repeatable)"),
        ("--ignore", "do not report these codes or prefixes (comma list, repeatable)"),
    ):
        group.add_argument(option, action="append", type=_comma_list, metavar="CODES", help=text)
    group.add_argument(
        "--min-confidence",
        type=_confidence,
        metavar="LEVEL",
        help="report only what is at least this sure: low, medium, high or a number from 0 to 1 (default: medium)",
    )
    _add_scope_option(group)


def _add_scope_option(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--scope",
        choices=("process", "instance"),
        help="what lasts: the process, or each object that has a container, such as a client (default: process)",
    )


def _confidence(text: str) -> str | float:
    if text in {"low", "medium", "high"}:
        return text
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must be low, medium, high or a number from 0 to 1, not {text!r}")
    return number


def add_file_options(parser: Parser) -> None:
    """Add the options that choose the files."""
    group = parser.add_argument_group("files")
    group.add_argument(
        "--exclude",
        action="append",
        type=_comma_list,
        metavar="PATTERNS",
        help="leave these paths out, in place of the default patterns (comma list, repeatable)",
    )
    group.add_argument(
        "--extend-exclude",
        action="append",
        type=_comma_list,
        metavar="PATTERNS",
        help="leave these paths out too (comma list, repeatable)",
    )


def add_format_option(parser: Parser, choices: tuple[str, ...], text: str) -> None:
    """Add `--output-format` with these choices."""
    parser.add_argument("--output-format", choices=choices, help=text)


def add_fix_options(parser: Parser) -> None:
    """Add the options that repair."""
    group = parser.add_argument_group("fixes")
    group.add_argument("--fix", action="store_true", help="repair what can be repaired, then report what is left")
    group.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="let --fix and --diff make changes of what the program does, which all repairs are; without --fix, add "
        "them to reports in JSON",
    )
    group.add_argument("--diff", action="store_true", help="print what --fix would change, and change nothing")


def check_parser() -> Parser:
    """The parser of `check`."""
    parser = Parser(
        "check",
        "[OPTIONS] [PATH ...]",
        "Analyse the whole project that the paths belong to, and report on the paths.",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or directories (default: the current one)")
    add_selection_options(parser)
    add_file_options(parser)
    add_settings_options(parser)
    add_fix_options(parser)
    output = parser.add_argument_group("output")
    output.add_argument(
        "--output-format",
        choices=("full", "concise", "json"),
        help="how findings are printed (default: full on a terminal, else concise)",
    )
    output.add_argument("--statistics", action="store_true", help="print counts per rule in place of the findings")
    output.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour the output (auto: on a terminal; NO_COLOR and FORCE_COLOR are honoured)",
    )
    output.add_argument("--exit-zero", action="store_true", help="exit with 0 even if there are findings")
    output.add_argument("--show-files", action="store_true", help="list the files that would be analysed, and stop")
    output.add_argument("--show-settings", action="store_true", help="print the settings in force, and stop")
    run = parser.add_argument_group("run")
    run.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    run.add_argument(
        "--jobs", type=_jobs, default=0, metavar="N", help="worker processes, a number or auto (default: auto)"
    )
    return parser


def _comma_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _jobs(text: str) -> int:
    """Give a number of processes, 0 for auto."""
    if text == "auto":
        return 0
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 or auto, not {text!r}")
    return int(text)


def _available_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _flat(lists: list[list[str]] | None) -> list[str]:
    return [item for items in lists or [] for item in items]


# --- settings and files ----------------------------------------------------------------------------------------------


def _split_config(values: Iterable[str]) -> tuple[Path | None, dict[str, object]]:
    """Tell the one FILE from the KEY=VALUE overrides; a file that exists is a file, whatever its name."""
    from unbounded_lint.config import parse_override

    file: Path | None = None
    overrides: dict[str, object] = {}
    for value in values:
        if "=" in value and not os.path.exists(value):
            key, parsed = parse_override(value)
            overrides[key] = parsed
        elif file is not None:
            raise UserError(f"--config names two files, {file} and {value}; give one")
        else:
            file = Path(value)
    return file, overrides


def settings_for(options: argparse.Namespace, root: Path) -> Settings:
    """Load the settings, then let the options of the command line win; raises UserError."""
    from unbounded_lint.config import load_settings

    file, overrides = _split_config(options.config)
    for option in ("exclude", "min_confidence", "scope", "output_format"):
        value = getattr(options, option, None)
        if value is not None:
            overrides[option.replace("_", "-")] = _flat(value) if isinstance(value, list) else value
    settings = load_settings(root, config=file, isolated=options.isolated, overrides=overrides)
    return _selected(options, settings)


def _selected(options: argparse.Namespace, settings: Settings) -> Settings:
    """Apply --select, --extend-select, --ignore and --extend-exclude; raises UserError for an unknown code.

    As with ruff: --select starts afresh, without the selection of the configuration; the others add to it.
    """
    import msgspec

    from unbounded_lint.config import validate_codes
    from unbounded_lint.rules import all_rules

    select = getattr(options, "select", None)
    base_select = settings.select if select is None else tuple(_flat(select))
    base_extend, base_ignore = (settings.extend_select, settings.ignore) if select is None else ((), ())
    settings = msgspec.structs.replace(
        settings,
        select=base_select,
        extend_select=(*base_extend, *_flat(getattr(options, "extend_select", None))),
        ignore=(*base_ignore, *_flat(getattr(options, "ignore", None))),
        extend_exclude=(*settings.extend_exclude, *_flat(getattr(options, "extend_exclude", None))),
    )
    validate_codes(settings, tuple(rule.code for rule in all_rules()))
    return settings


def project_for(options: argparse.Namespace) -> tuple[ProjectFiles, Settings]:
    """The project that the paths belong to, and its settings; raises UserError where it has no Python files."""
    from unbounded_lint.discovery import discover, find_root

    paths = [Path(path) for path in options.paths or ["."]]
    root = find_root(paths)
    settings = settings_for(options, root)
    project = discover(paths, root, settings)
    if not reported(project):
        shown = " ".join(options.paths) or "the current directory"
        raise UserError(f"no Python files in {shown}; name a directory that has some, or look at `exclude`")
    return project, settings


def reported(project: ProjectFiles) -> list[str]:
    """Give the paths, relative to the root, that are reported on."""
    paths = [file.path for file in project.files if project.report_on is None or file.path in project.report_on]
    return [*paths, *project.unnamed]


def request_for(options: argparse.Namespace, project: ProjectFiles, settings: Settings) -> Request:
    """What the runner is asked."""
    from unbounded_lint.request import Request

    return Request(
        project=project,
        settings=settings,
        jobs=getattr(options, "jobs", 0) or _available_cpus(),
        use_cache=not getattr(options, "no_cache", False),
        settings_file=_settings_file(options),
    )


def _settings_file(options: argparse.Namespace) -> Path | None:
    from unbounded_lint.config import settings_file
    from unbounded_lint.discovery import find_root

    file, _ = _split_config(options.config)
    root = find_root([Path(path) for path in options.paths or ["."]])
    return settings_file(root, config=file, isolated=options.isolated)


def shown_path(root: Path, given: Sequence[str]) -> Callable[[str], str]:
    """Make the function that turns a project path into the one to print.

    Relative to the current directory if it lies below it, else as the user gave it, else relative to the project;
    always with `/`.
    """
    here, base = os.path.realpath(os.getcwd()), os.path.realpath(root)
    roots = [(here, ""), *((os.path.realpath(path), path) for path in given)]

    def shown(path: str) -> str:
        absolute = os.path.normpath(os.path.join(base, path))
        for directory, name in roots:
            if absolute == directory and name:
                return name.replace(os.sep, "/")
            if absolute.startswith(directory.rstrip(os.sep) + os.sep):
                return os.path.join(name, os.path.relpath(absolute, directory)).replace(os.sep, "/")
        return path

    return shown


def view_for(root: Path, given: Sequence[str], *, color: bool = False, statistics: bool = False) -> View:
    """How a report shows the paths and the sources of a project."""
    from unbounded_lint.reading import SOURCE_LIMIT, read_regular
    from unbounded_lint.reporters.base import View
    from unbounded_lint.source import DecodeError, decode

    @lru_cache(maxsize=32)
    def source(path: str) -> str | None:
        try:
            return decode(read_regular(root / path, SOURCE_LIMIT))
        except (OSError, DecodeError, ValueError):
            return None

    return View(path=shown_path(root, given), source=source, color=color, statistics=statistics)
