"""The command `unbounded-lint`: arguments in, findings on stdout, everything else on stderr, an exit code out.

Nothing heavy is imported at the top: `--version`, `--help` and `rule` must answer at once, so each command imports what
it needs. Exit codes: 0 clean, 1 findings, 2 usage, configuration or internal error, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from unbounded_lint import __version__
from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from types import TracebackType

    import rich.progress

    from unbounded_lint.config import Settings
    from unbounded_lint.discovery import ProjectFiles
    from unbounded_lint.finding import Finding
    from unbounded_lint.reporters.base import View
    from unbounded_lint.rules.base import Rule
    from unbounded_lint.runner import Outcome, Request

PROGRAM = "unbounded-lint"
COMMANDS = ("check", "rule", "explain", "files", "config", "clean")
DEBUG_VARIABLE = "UNBOUNDED_LINT_DEBUG"
PROGRESS_AFTER_SECONDS = 2.0
INTERNAL_ERROR_CODE = "UBM900"

EXIT_CLEAN, EXIT_FINDINGS, EXIT_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 130

_OVERVIEW = """\
usage: unbounded-lint [COMMAND] [OPTIONS] [PATH ...]

Find long-lived maps that can only grow, and sweeps that are missing, unreachable or broken.

commands:
  check [PATH ...]   analyse the project and report (the default: `unbounded-lint src` is `unbounded-lint check src`)
  rule [CODE ...]    list the rules, or print the text of some
  explain SYMBOL ... tell what is known of containers, such as pkg.mod:NAME or pkg.mod:Class.attr
  files [PATH ...]   list the files that would be analysed
  config [PATH]      print the settings in force
  clean [PATH]       remove what is kept of a project between runs

options:
  -h, --help         show this text; `unbounded-lint COMMAND --help` shows the options of a command
  --version          show the version

A path that is named like a command is given as ./check."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with argv (default: the arguments of the process) and give its exit code; raises nothing."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except SystemExit as stop:  # argparse ends --help this way
        return stop.code if isinstance(stop.code, int) else EXIT_CLEAN
    except UserError as error:
        _complain(str(error))
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        _silence_stdout()
        return EXIT_CLEAN
    except OSError as error:
        _debug_traceback()
        _complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    except Exception as error:
        _debug_traceback()
        _complain(
            f"internal error ({type(error).__name__}: {error}); please report it, with the traceback that "
            f"{DEBUG_VARIABLE}=1 prints"
        )
    finally:
        if argv is None:
            gc.freeze()  # the process ends here: nobody needs to look for garbage in all that it found
    return EXIT_ERROR


def _interrupted() -> int:
    """End quietly. Gives 130 where nothing else runs, and ends the process where the analysis still does."""
    import threading

    if not any(thread.name.startswith(PROGRAM) for thread in threading.enumerate()):
        return EXIT_INTERRUPTED
    # An interpreter that shuts down under a thread inside libcst aborts, and worker processes would outlive this one.
    if "multiprocessing" in sys.modules:
        import multiprocessing

        for worker in multiprocessing.active_children():
            worker.terminate()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(EXIT_INTERRUPTED)


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in {"-h", "--help"}:
        return _emit(_OVERVIEW.splitlines())
    if first in {"-V", "--version"}:
        return _emit([f"{PROGRAM} {__version__}"])
    command, rest = (first, arguments[1:]) if first in COMMANDS else ("check", arguments)
    runners: Mapping[str, Callable[[list[str]], int]] = {
        "check": _check,
        "rule": _rule,
        "explain": _explain,
        "files": _files,
        "config": _config,
        "clean": _clean,
    }
    return runners[command](rest)


# --- output ----------------------------------------------------------------------------------------------------------


def _emit(lines: Iterable[str]) -> int:
    """Write lines to stdout; a reader that has gone away (`| head`) ends the output and nothing else. Gives 0."""
    try:
        for line in lines:
            _write(sys.stdout, line)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    return EXIT_CLEAN


def _write(stream: TextIO, line: str) -> None:
    try:
        stream.write(line + "\n")
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write((line + "\n").encode(encoding, "backslashreplace").decode(encoding))


def _say(line: str) -> None:
    """Write one line to stderr; a closed stderr is no reason to fail."""
    with contextlib.suppress(OSError):
        _write(sys.stderr, line)


def _complain(sentence: str) -> None:
    from unbounded_lint.reporters.base import printable

    line = printable(" ".join(sentence.splitlines()))
    _say(f"{PROGRAM}: error: {line if line.endswith(('.', '?', '!')) else line + '.'}")


def _debug_traceback() -> None:
    if os.environ.get(DEBUG_VARIABLE, "") not in {"", "0"}:
        import traceback

        traceback.print_exc()


def _silence_stdout() -> None:
    # The interpreter flushes stdout at exit and would complain again about the closed pipe.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _wants_color(choice: str) -> bool:
    """An explicit choice wins; then NO_COLOR, then FORCE_COLOR, then whether stdout is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


class _Progress:
    """A bar on stderr, once the work has taken two seconds and if a person is looking."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._started = time.monotonic()
        self._bar: rich.progress.Progress | None = None

    def __enter__(self) -> _Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        """Take how many files are done, and of how many."""
        if self._bar is None:
            if not self._shown or time.monotonic() - self._started < PROGRESS_AFTER_SECONDS:
                return
            self._bar = self._start()
        self._bar.update(self._bar.task_ids[0], completed=done, total=total)
        self._bar.refresh()

    def _start(self) -> rich.progress.Progress:
        from rich.console import Console
        from rich.progress import Progress

        # No refresh thread: the runner may fork workers while the bar is shown.
        bar = Progress(console=Console(stderr=True), transient=True, auto_refresh=False)
        bar.add_task("Analysing")
        bar.start()
        return bar


# --- arguments -------------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
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


def _add_settings_options(parser: _Parser) -> None:
    group = parser.add_argument_group("settings")
    group.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE|KEY=VALUE",
        help="read the settings from FILE, or override one setting with a TOML value (repeatable)",
    )
    group.add_argument("--isolated", action="store_true", help="ignore all configuration files")


def _add_selection_options(parser: _Parser) -> None:
    group = parser.add_argument_group("rules")
    for option, text in (
        ("--select", "report these codes or prefixes only (comma list, repeatable)"),
        ("--extend-select", "report these codes or prefixes too, such as opt-in rules (comma list, repeatable)"),
        ("--ignore", "do not report these codes or prefixes (comma list, repeatable)"),
    ):
        group.add_argument(option, action="append", type=_comma_list, metavar="CODES", help=text)
    group.add_argument(
        "--min-confidence",
        choices=("low", "medium", "high"),
        help="report only what is at least this sure (default: medium)",
    )


def _add_file_options(parser: _Parser) -> None:
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


def _add_format_option(parser: _Parser, choices: tuple[str, ...], text: str) -> None:
    parser.add_argument("--output-format", choices=choices, help=text)


def _check_parser() -> _Parser:
    parser = _Parser(
        "check",
        "[OPTIONS] [PATH ...]",
        "Analyse the whole project that the paths belong to, and report on the paths.",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or directories (default: the current one)")
    _add_selection_options(parser)
    _add_file_options(parser)
    _add_settings_options(parser)
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


def _settings(options: argparse.Namespace, root: Path) -> Settings:
    """Load the settings, then let the options of the command line win; raises UserError."""
    from unbounded_lint.config import load_settings

    file, overrides = _split_config(options.config)
    for option in ("exclude", "min_confidence", "output_format"):
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


def _project(options: argparse.Namespace) -> tuple[ProjectFiles, Settings]:
    from unbounded_lint.discovery import discover, find_root

    paths = [Path(path) for path in options.paths or ["."]]
    root = find_root(paths)
    settings = _settings(options, root)
    project = discover(paths, root, settings)
    if not _reported(project):
        shown = " ".join(options.paths) or "the current directory"
        raise UserError(f"no Python files in {shown}; name a directory that has some, or look at `exclude`")
    return project, settings


def _reported(project: ProjectFiles) -> list[str]:
    """Give the paths, relative to the root, that are reported on."""
    paths = [file.path for file in project.files if project.report_on is None or file.path in project.report_on]
    return [*paths, *project.unnamed]


def _request(options: argparse.Namespace, project: ProjectFiles, settings: Settings) -> Request:
    from unbounded_lint.runner import Request

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


def _shown_path(root: Path, given: Sequence[str]) -> Callable[[str], str]:
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


def _view(root: Path, given: Sequence[str], *, color: bool = False, statistics: bool = False) -> View:
    from unbounded_lint.reading import SOURCE_LIMIT, read_regular
    from unbounded_lint.reporters.base import View
    from unbounded_lint.source import DecodeError, decode

    @lru_cache(maxsize=32)
    def source(path: str) -> str | None:
        try:
            return decode(read_regular(root / path, SOURCE_LIMIT))
        except (OSError, DecodeError, ValueError):
            return None

    return View(path=_shown_path(root, given), source=source, color=color, statistics=statistics)


# --- commands --------------------------------------------------------------------------------------------------------


def _check(arguments: list[str]) -> int:
    options = _check_parser().parse_intermixed_args(arguments)
    project, settings = _project(options)
    if options.show_settings:
        return _emit(_settings_lines(settings))
    if options.show_files:
        return _emit(_file_lines(project, options.paths))
    from unbounded_lint.reporters import REPORTERS
    from unbounded_lint.reporters.base import printable
    from unbounded_lint.runner import check

    with _Progress(sys.stderr.isatty()) as progress:
        outcome = check(_request(options, project, settings), progress)
    format_name = settings.output_format or ("full" if sys.stdout.isatty() else "concise")
    view = _view(project.root, options.paths, color=_wants_color(options.color), statistics=options.statistics)
    _emit(REPORTERS[format_name](outcome.findings, outcome.stats, view))
    for note in outcome.notes:
        _say(f"{PROGRAM}: warning: {printable(note)}")
    _say(_summary(outcome, len(_reported(project))))
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


def _files(arguments: list[str]) -> int:
    parser = _Parser("files", "[OPTIONS] [PATH ...]", "List the files that would be analysed, one a line.")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or directories (default: the current one)")
    _add_file_options(parser)
    _add_settings_options(parser)
    _add_format_option(parser, ("text", "json"), "how the list is printed (default: text)")
    options = parser.parse_intermixed_args(arguments)
    as_json, options.output_format = options.output_format == "json", None
    project, _ = _project(options)
    if not as_json:
        return _emit(_file_lines(project, options.paths))
    import json

    shown = _shown_path(project.root, options.paths)
    known = {file.path: file for file in project.files}
    rows = [
        {"path": shown(path), "module": known[path].module, "test": known[path].is_test}
        for path in _reported(project)
        if path in known
    ]
    return _emit([json.dumps(rows, indent=2)])


def _file_lines(project: ProjectFiles, given: Sequence[str]) -> Iterator[str]:
    from unbounded_lint.reporters.base import printable

    shown = _shown_path(project.root, given)
    for path in _reported(project):
        yield printable(shown(path))


def _rule(arguments: list[str]) -> int:
    parser = _Parser("rule", "[OPTIONS] [CODE ...]", "List the rules, or print the text of those named.")
    parser.add_argument("codes", nargs="*", metavar="CODE", help="codes or names of rules (default: list all)")
    _add_format_option(parser, ("text", "json"), "how the rules are printed (default: text)")
    options = parser.parse_intermixed_args(arguments)
    from unbounded_lint.rules import all_rules

    rules = all_rules()
    chosen = [_find_rule(code, rules) for code in options.codes]
    if options.output_format == "json":
        return _emit(_rules_json(chosen or rules))
    return _emit(_rule_texts(chosen) if chosen else _rule_table(rules))


def _find_rule(wanted: str, rules: Sequence[Rule]) -> Rule:
    for rule in rules:
        if wanted.upper() == rule.code or wanted.lower() == rule.name:
            return rule
    import difflib

    names = [name for rule in rules for name in (rule.code, rule.name)]
    close = difflib.get_close_matches(wanted.upper(), names, 1) or difflib.get_close_matches(wanted.lower(), names, 1)
    hint = f"did you mean {close[0]}?" if close else f"`{PROGRAM} rule` lists them"
    raise UserError(f"no rule is called {wanted!r}; {hint}")


def _default_word(rule: Rule) -> str:
    return "on" if rule.default else "opt-in"


def _rule_table(rules: Sequence[Rule]) -> Iterator[str]:
    width = max((len(rule.name) for rule in rules), default=0)
    for rule in rules:
        yield f"{rule.code}  {rule.name:<{width}}  {_default_word(rule):<6}  {rule.summary}"


def _rule_texts(rules: Sequence[Rule]) -> Iterator[str]:
    """Give the pages one below the other: as they are written, or drawn where colour is wanted."""
    color = _wants_color("auto")
    for number, rule in enumerate(rules):
        if number:
            yield ""
        page = f"# {rule.name} ({rule.code}), {'on by default' if rule.default else 'opt-in'}\n\n{rule.doc}"
        yield from _drawn(page) if color else page.split("\n")


def _drawn(page: str) -> Iterator[str]:
    import shutil

    from unbounded_lint.reporters.page import render

    return render(page, shutil.get_terminal_size().columns)


def _rules_json(rules: Sequence[Rule]) -> Iterator[str]:
    import json

    rows = [
        {
            "code": rule.code,
            "name": rule.name,
            "summary": rule.summary,
            "default": rule.default,
            "doc": rule.doc,
            "examples": [
                {"kind": example.kind, "lead": example.lead, "files": dict(example.files)} for example in rule.examples
            ],
        }
        for rule in rules
    ]
    yield json.dumps(rows, indent=2)


def _explain(arguments: list[str]) -> int:
    parser = _Parser("explain", "[OPTIONS] SYMBOL ... [PATH]", "Tell what is known of containers, flagged or not.")
    parser.add_argument(
        "symbols",
        nargs="+",
        metavar="SYMBOL",
        help="pkg.mod:NAME, pkg.mod:Class.attr, or the end of such a name; as JSON, one symbol gives one object, "
        "several an object with their `sheets` and what is `unknown`",
    )
    parser.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="a path in the project (default: .); the last argument of several is one where there is such a file or "
        "directory, or where it can be no symbol (write :NAME for a symbol that is named as a path is)",
    )
    _add_settings_options(parser)
    _add_format_option(parser, ("text", "json"), "how the sheets are printed (default: text)")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    options = parser.parse_intermixed_args(arguments)
    as_json, options.output_format = options.output_format == "json", None
    symbols, options.paths = _symbols_and_paths(options.symbols)
    project, settings = _project(options)
    from unbounded_lint.explaining import Sheet, Unknown
    from unbounded_lint.reporters import sheet
    from unbounded_lint.runner import explain

    found = explain(_request(options, project, settings), symbols)
    view = _view(project.root, options.paths)
    sheets = [one for one in found if isinstance(one, Sheet)]
    unknown = {one.symbol: one.sentence(view.path) for one in found if isinstance(one, Unknown)}
    if as_json and len(symbols) > 1:
        _emit(sheet.render_json_list(sheets, unknown, view))
    elif sheets:
        _emit(sheet.render_json(sheets[0], view) if as_json else sheet.render_texts(sheets, view))
    for sentence in unknown.values():
        _complain(sentence)
    return EXIT_ERROR if unknown else EXIT_CLEAN


def _symbols_and_paths(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tell the symbols, each once, from the path behind them; raises UserError for what can be neither."""
    *before, last = given
    is_path = bool(before) and (os.path.exists(last) or not _may_be_symbol(last))
    symbols = list(dict.fromkeys(before if is_path else given))
    for symbol in symbols:
        if not _may_be_symbol(symbol):
            raise UserError(
                f"{symbol!r} is no symbol; write pkg.mod:NAME or pkg.mod:Class.attr, and a path behind them"
            )
    return symbols, [last] if is_path else []


def _may_be_symbol(text: str) -> bool:
    return ":" in text or all(part.isidentifier() or part == "<locals>" for part in text.split("."))


def _config(arguments: list[str]) -> int:
    parser = _Parser("config", "[OPTIONS] [PATH]", "Print the settings in force for a project.")
    parser.add_argument("path", nargs="?", metavar="PATH", help="a path in the project (default: .)")
    _add_settings_options(parser)
    _add_format_option(parser, ("text", "json"), "how the settings are printed (default: text, which is TOML)")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema of the settings, and stop")
    options = parser.parse_intermixed_args(arguments)
    if options.schema:
        import json

        from unbounded_lint.config import json_schema

        return _emit([json.dumps(json_schema(), indent=2)])
    from unbounded_lint.discovery import find_root

    as_json, options.output_format = options.output_format == "json", None
    settings = _settings(options, find_root([Path(options.path or ".")]))
    return _emit(_settings_json(settings) if as_json else _settings_lines(settings))


def _clean(arguments: list[str]) -> int:
    parser = _Parser("clean", "[OPTIONS] [PATH]", "Remove what is kept of a project between runs.")
    parser.add_argument("path", nargs="?", metavar="PATH", help="a path in the project (default: .)")
    _add_settings_options(parser)
    options = parser.parse_intermixed_args(arguments)
    from unbounded_lint.cache import clean
    from unbounded_lint.discovery import find_root
    from unbounded_lint.reporters.base import plural

    root = find_root([Path(options.path or ".")])
    removed = clean(root.resolve(), _settings(options, root).cache_dir)
    _say(f"Removed {plural(removed, 'stored file')}.")
    return EXIT_CLEAN


def _settings_json(settings: Settings) -> Iterator[str]:
    import json

    import msgspec

    yield json.dumps(msgspec.to_builtins(settings), indent=2)


def _settings_lines(settings: Settings) -> Iterator[str]:
    import msgspec

    yield "[tool.unbounded-lint]"
    for key, value in msgspec.to_builtins(settings).items():
        yield f"# {key} is not set" if value is None else f"{key} = {_toml(value)}"


def _toml(value: Any) -> str:
    """Write a setting as TOML: strings, booleans, numbers, lists and one level of tables."""
    import json

    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml(item) for item in value)}]"
    # A JSON string, boolean or number is also a TOML one, but for surrogate pairs in escapes.
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
