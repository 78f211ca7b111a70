"""The options of the command: how they are read, and the settings, files and request that they ask for.

Nothing heavy is imported at the top, as in `cli`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from unbounded_lint.cli.outputs import add_output_options
from unbounded_lint.cli.review import add_review_options
from unbounded_lint.cli.stdin import add_stdin_option, unsaved_paths
from unbounded_lint.cli.terminal import PROGRAM, say
from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from unbounded_lint.files.discovery import ProjectFiles
    from unbounded_lint.reporters.base import View
    from unbounded_lint.run.request import Request
    from unbounded_lint.settings.config import Settings


_CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""The environment variables in which services name the directory with the repository."""


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal. argparse asks `shutil` for that, once an argument, which loads every compressor."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


@cache
def _columns() -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ is not None else 80
    except (OSError, ValueError):
        return 80


class Described(Exception):
    """Raised in place of running a command that is asked to describe itself; it carries the parser."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__()
        self.parser = parser


class _Describe(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        raise Described(parser)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence, as all errors of this command, and which describes itself."""

    DESCRIBE = "--describe-options"
    """The one argument on which a command raises `Described`."""

    def __init__(self, command: str, usage: str, description: str) -> None:
        self._command = command
        super().__init__(
            prog=f"{PROGRAM} {command}",
            usage=f"{PROGRAM} {command} {usage}",
            description=description,
            allow_abbrev=False,
            formatter_class=_Help,
        )
        self.add_argument(self.DESCRIBE, action=_Describe, nargs=0, help=argparse.SUPPRESS)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """As that of argparse, with the choice that was meant."""
        if action.choices is not None and value not in action.choices:
            from unbounded_lint.cli.near import choice_hint

            raise argparse.ArgumentError(action, f"invalid choice: {value!r}; {choice_hint(value, action.choices)}")

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments"):
            from unbounded_lint.cli import COMMANDS
            from unbounded_lint.cli.near import meant_option

            message += meant_option(message, self._option_string_actions, COMMANDS)
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
        ("--select", "report these rules only: codes, prefixes of codes or names (comma list, repeatable)"),
        ("--extend-select", "report these rules too, such as opt-in ones (comma list, repeatable)"),
        ("--ignore", "do not report these rules (comma list, repeatable)"),
    ):
        group.add_argument(option, action="append", type=_comma_list, metavar="RULES", help=text)
    group.add_argument(
        "--min-confidence",
        type=_confidence,
        metavar="LEVEL",
        help="report only what is at least this sure: low, medium, high or a number from 0 to 1 (default: medium)",
    )
    _add_scope_option(group)


def _confidence(text: str) -> str | float:
    from unbounded_lint.settings.arguments import confidence

    return confidence(text)


def _add_scope_option(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--scope",
        choices=("process", "instance"),
        help="what lasts: the process, or each object that has a container, such as a client (default: process)",
    )


def add_file_options(parser: Parser) -> argparse._ArgumentGroup:
    """Add the options that choose the files, give their group."""
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
    return group


def add_color_option(parser: Parser | argparse._ArgumentGroup) -> None:
    """Add `--color`."""
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colour the output (auto: on a terminal; NO_COLOR and FORCE_COLOR are honoured)",
    )


def add_fix_options(parser: Parser) -> None:
    """Add the options that repair."""
    group = parser.add_argument_group("fixes")
    group.add_argument("--fix", action="store_true", help="repair what can be repaired, then report what is left")
    group.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="let --fix and --diff make changes of what the program does, which all repairs are; without --fix, add "
        "them to reports in JSON and SARIF",
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
    add_stdin_option(add_file_options(parser))
    add_settings_options(parser)
    add_fix_options(parser)
    add_review_options(parser)
    output = add_output_options(parser)
    add_color_option(output)
    output.add_argument("--exit-zero", action="store_true", help="exit with 0 even if there are findings")
    instead = output.add_mutually_exclusive_group()
    instead.add_argument("--show-files", action="store_true", help="list the files that would be analysed, and stop")
    instead.add_argument("--show-settings", action="store_true", help="print the settings in force, and stop")
    add_run_options(parser)
    return parser


def add_run_options(parser: Parser) -> None:
    """Add the options that say how the work is done."""
    run = parser.add_argument_group("run")
    run.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    run.add_argument(
        "--jobs", type=_jobs, default=0, metavar="N", help="worker processes, a number or auto (default: auto)"
    )


def _comma_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _jobs(text: str) -> int:
    """Give a number of processes, 0 for auto."""
    if text == "auto":
        return 0
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 or auto, not {text!r}")
    return int(text)


def available_cpus() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _flat(lists: list[list[str]] | None) -> list[str]:
    return [item for items in lists or [] for item in items]


# --- settings and files ----------------------------------------------------------------------------------------------


def _split_config(values: Iterable[str]) -> tuple[Path | None, dict[str, object]]:
    """Tell the one FILE from the KEY=VALUE overrides; a file that exists is a file, whatever its name."""
    from pathlib import Path

    from unbounded_lint.settings.config import parse_override

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
    from unbounded_lint.settings.config import load_settings

    file, overrides = _split_config(options.config)
    if file is not None and options.isolated:
        raise UserError(f"--isolated reads no settings file, and --config names {file}; give one of the two")
    for option in ("exclude", "min_confidence", "scope", "output_format"):
        value = getattr(options, option, None)
        if value is not None:
            overrides[option.replace("_", "-")] = _flat(value) if isinstance(value, list) else value
    if getattr(options, "baseline", None) is not None:
        overrides["baseline"] = os.path.abspath(options.baseline)
    settings = load_settings(root, config=file, isolated=options.isolated, overrides=overrides)
    return _selected(options, settings)


def _selected(options: argparse.Namespace, settings: Settings) -> Settings:
    """Apply --select, --extend-select, --ignore and --extend-exclude; raises UserError for an unknown rule."""
    import msgspec

    from unbounded_lint.run.choosing import Choice, with_choice

    select = getattr(options, "select", None)
    choice = Choice(
        None if select is None else _flat(select),
        _flat(getattr(options, "extend_select", None)),
        _flat(getattr(options, "ignore", None)),
    )
    more = _flat(getattr(options, "extend_exclude", None))
    settings = msgspec.structs.replace(settings, extend_exclude=(*settings.extend_exclude, *more))
    return with_choice(settings, choice)


def _without_notebooks(given: Sequence[str]) -> Sequence[str]:
    """What is given, less the notebooks, of which a line on stderr says so; raises UserError where nothing is left."""
    notebooks = [path for path in given if path.endswith(".ipynb") and os.path.isfile(path)]
    if not notebooks:
        return given
    named = f"{notebooks[0]}{f' and {len(notebooks) - 1} more' if len(notebooks) > 1 else ''}"
    rest = [path for path in given if path not in notebooks]
    if not rest:
        raise UserError(f"notebooks are not read, so nothing is left of {named}; give files or directories of Python")
    say(f"{PROGRAM}: warning: notebooks are not read, so {named} was left out")
    return rest


def project_for(options: argparse.Namespace) -> tuple[ProjectFiles, Settings]:
    """The project that the paths belong to, and its settings; raises UserError where it has no Python files."""
    from unbounded_lint.files.discovery import NoFilesError, discover, find_root

    options.paths = _without_notebooks(options.paths)
    unsaved = unsaved_paths(options)
    paths = given_paths(options.paths, unsaved)
    root = find_root(paths, unsaved)
    settings = settings_for(options, root)
    try:
        project = discover(paths, root, settings, unsaved)
    except NoFilesError:
        project = None
    if project is None or not (reported(project) or unsaved):
        shown = " ".join(options.paths) or "the current directory"
        raise UserError(f"no Python files in {shown}; name a directory that has some, or look at `exclude`")
    return project, settings


def given_paths(given: Sequence[str], unsaved: Sequence[Path] = ()) -> list[Path]:
    """The paths that a command is given, the current directory where there are none and nothing unsaved."""
    from pathlib import Path

    return [Path(path) for path in given or ([] if unsaved else ["."])]


def reported(project: ProjectFiles) -> list[str]:
    """Give the paths, relative to the root, that are reported on."""
    paths = [file.path for file in project.files if project.report_on is None or file.path in project.report_on]
    return [*paths, *project.unnamed]


def request_for(
    options: argparse.Namespace,
    project: ProjectFiles,
    settings: Settings,
    unsaved: Mapping[str, bytes] = MappingProxyType({}),
) -> Request:
    """What the runner is asked; unsaved as in `Request`."""
    from unbounded_lint.run.request import Request

    return Request(
        project=project,
        settings=settings,
        jobs=getattr(options, "jobs", 0) or available_cpus(),
        use_cache=not getattr(options, "no_cache", False),
        settings_file=_settings_file(options),
        unsaved=dict(unsaved),
    )


def _settings_file(options: argparse.Namespace) -> Path | None:
    from unbounded_lint.files.discovery import find_root
    from unbounded_lint.settings.config import settings_file

    file, _ = _split_config(options.config)
    unsaved = unsaved_paths(options)
    root = find_root(given_paths(options.paths, unsaved), unsaved)
    return settings_file(root, config=file, isolated=options.isolated)


def shown_path(root: Path, given: Sequence[str]) -> Callable[[str], str]:
    """Make the function that turns a project path into the one to print.

    Relative to the current directory if it lies below it, else as the user gave it; what lies elsewhere is relative to
    the current directory too, or absolute where the user gave a path that is. Always with `/`.
    """
    here, base = os.path.realpath(os.getcwd()), os.path.realpath(root)
    roots = [(here, ""), *((os.path.realpath(path), path) for path in given)]
    absolutely = any(os.path.isabs(path) for path in given)

    def shown(path: str) -> str:
        absolute = os.path.normpath(os.path.join(base, path))
        for directory, name in roots:
            if absolute == directory and name:
                return name.replace(os.sep, "/")
            if absolute.startswith(directory.rstrip(os.sep) + os.sep):
                return os.path.join(name, os.path.relpath(absolute, directory)).replace(os.sep, "/")
        return (absolute if absolutely else _relative(absolute, here)).replace(os.sep, "/")

    return shown


def _relative(absolute: str, start: str) -> str:
    """A path relative to a directory; absolute where there is no way from one to the other, as between drives."""
    try:
        return os.path.relpath(absolute, start)
    except ValueError:
        return absolute


def repository_path(root: Path) -> Callable[[str], str]:
    """Make the function that turns a project path into the one below the root of the repository: the nearest directory
    at or above the project that git keeps, or else that a service says to have put it into; the project's own where
    there is none. Absolute for what lies elsewhere."""
    from pathlib import Path

    base = Path(os.path.realpath(root))
    around = (base, *base.parents)
    checkouts = {os.path.realpath(os.environ[name]) for name in _CHECKOUTS if os.environ.get(name)}
    kept = (directory for directory in around if (directory / ".git").exists())
    said = (directory for directory in around if str(directory) in checkouts)
    top = next(chain(kept, said), base)

    def shown(path: str) -> str:
        absolute = os.path.normpath(base / path)
        relative = _relative(absolute, str(top)).replace(os.sep, "/")
        return absolute.replace(os.sep, "/") if relative.startswith("../") else relative

    return shown


def view_for(
    root: Path,
    given: Sequence[str],
    *,
    color: bool = False,
    statistics: bool = False,
    unsaved: Mapping[str, bytes] = MappingProxyType({}),
) -> View:
    """How a report shows the paths and the sources of a project; unsaved as in `Request`."""
    from unbounded_lint.disk.reading import SOURCE_LIMIT, read_regular
    from unbounded_lint.files.source import DecodeError, decode
    from unbounded_lint.reporters.base import View

    @lru_cache(maxsize=32)
    def source(path: str) -> str | None:
        try:
            return decode(unsaved[path] if path in unsaved else read_regular(root / path, SOURCE_LIMIT))
        except (OSError, DecodeError, ValueError):
            return None

    return View(
        path=shown_path(root, given),
        source=source,
        color=color,
        statistics=statistics,
        repository=repository_path(root),
    )
