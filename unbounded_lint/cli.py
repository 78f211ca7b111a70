"""The command `unbounded-lint`: arguments in, findings on stdout, everything else on stderr, an exit code out.

Nothing heavy is imported at the top: `--version`, `--help` and `rule` must answer at once, so each command imports what
it needs. Exit codes: 0 clean, 1 findings, 2 usage, configuration or internal error, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from unbounded_lint import __version__
from unbounded_lint.errors import UserError
from unbounded_lint.options import (
    PROGRAM,
    Parser,
    add_file_options,
    add_format_option,
    add_settings_options,
    check_parser,
    project_for,
    reported,
    request_for,
    settings_for,
    shown_path,
    view_for,
)

if TYPE_CHECKING:
    from types import TracebackType

    import rich.progress

    from unbounded_lint.config import Settings
    from unbounded_lint.discovery import ProjectFiles
    from unbounded_lint.finding import Finding
    from unbounded_lint.request import Outcome
    from unbounded_lint.rules.base import Rule

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
    if argv is None:
        gc.disable()  # the process ends with the command: nobody needs to look for garbage in all that it finds
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
            gc.freeze()  # its end looks for garbage all the same
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


# --- commands --------------------------------------------------------------------------------------------------------


def _check(arguments: list[str]) -> int:
    options = check_parser().parse_intermixed_args(arguments)
    project, settings = project_for(options)
    if options.show_settings:
        return _emit(_settings_lines(settings))
    if options.show_files:
        return _emit(_file_lines(project, options.paths))
    from unbounded_lint.reporters import REPORTERS
    from unbounded_lint.reporters.base import printable
    from unbounded_lint.runner import check

    with _Progress(sys.stderr.isatty()) as progress:
        outcome = check(request_for(options, project, settings), progress)
    format_name = settings.output_format or ("full" if sys.stdout.isatty() else "concise")
    view = view_for(project.root, options.paths, color=_wants_color(options.color), statistics=options.statistics)
    _emit(REPORTERS[format_name](outcome.findings, outcome.stats, view))
    for note in outcome.notes:
        _say(f"{PROGRAM}: warning: {printable(note)}")
    _say(_summary(outcome, len(reported(project))))
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
    parser = Parser("files", "[OPTIONS] [PATH ...]", "List the files that would be analysed, one a line.")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or directories (default: the current one)")
    add_file_options(parser)
    add_settings_options(parser)
    add_format_option(parser, ("text", "json"), "how the list is printed (default: text)")
    options = parser.parse_intermixed_args(arguments)
    as_json, options.output_format = options.output_format == "json", None
    project, _ = project_for(options)
    if not as_json:
        return _emit(_file_lines(project, options.paths))
    import json

    shown = shown_path(project.root, options.paths)
    known = {file.path: file for file in project.files}
    rows = [
        {"path": shown(path), "module": known[path].module, "test": known[path].is_test}
        for path in reported(project)
        if path in known
    ]
    return _emit([json.dumps(rows, indent=2)])


def _file_lines(project: ProjectFiles, given: Sequence[str]) -> Iterator[str]:
    from unbounded_lint.reporters.base import printable

    shown = shown_path(project.root, given)
    for path in reported(project):
        yield printable(shown(path))


def _rule(arguments: list[str]) -> int:
    parser = Parser("rule", "[OPTIONS] [CODE ...]", "List the rules, or print the text of those named.")
    parser.add_argument("codes", nargs="*", metavar="CODE", help="codes or names of rules (default: list all)")
    add_format_option(parser, ("text", "json"), "how the rules are printed (default: text)")
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
    parser = Parser("explain", "[OPTIONS] SYMBOL ... [PATH]", "Tell what is known of containers, flagged or not.")
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
    add_settings_options(parser)
    add_format_option(parser, ("text", "json"), "how the sheets are printed (default: text)")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    options = parser.parse_intermixed_args(arguments)
    as_json, options.output_format = options.output_format == "json", None
    symbols, options.paths = _symbols_and_paths(options.symbols)
    project, settings = project_for(options)
    from unbounded_lint.explaining import Sheet, Unknown
    from unbounded_lint.reporters import sheet
    from unbounded_lint.runner import explain

    found = explain(request_for(options, project, settings), symbols)
    view = view_for(project.root, options.paths)
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
    parser = Parser("config", "[OPTIONS] [PATH]", "Print the settings in force for a project.")
    parser.add_argument("path", nargs="?", metavar="PATH", help="a path in the project (default: .)")
    add_settings_options(parser)
    add_format_option(parser, ("text", "json"), "how the settings are printed (default: text, which is TOML)")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema of the settings, and stop")
    options = parser.parse_intermixed_args(arguments)
    if options.schema:
        import json

        from unbounded_lint.config import json_schema

        return _emit([json.dumps(json_schema(), indent=2)])
    from unbounded_lint.discovery import find_root

    as_json, options.output_format = options.output_format == "json", None
    settings = settings_for(options, find_root([Path(options.path or ".")]))
    return _emit(_settings_json(settings) if as_json else _settings_lines(settings))


def _clean(arguments: list[str]) -> int:
    parser = Parser("clean", "[OPTIONS] [PATH]", "Remove what is kept of a project between runs.")
    parser.add_argument("path", nargs="?", metavar="PATH", help="a path in the project (default: .)")
    add_settings_options(parser)
    options = parser.parse_intermixed_args(arguments)
    from unbounded_lint.cache import clean
    from unbounded_lint.discovery import find_root
    from unbounded_lint.reporters.base import plural

    root = find_root([Path(options.path or ".")])
    removed = clean(root.resolve(), settings_for(options, root).cache_dir)
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
