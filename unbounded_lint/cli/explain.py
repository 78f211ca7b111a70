"""`unbounded-lint explain`: tell what is known of containers."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from unbounded_lint.cli.options import (
    Parser,
    add_color_option,
    add_settings_options,
    project_for,
    request_for,
    view_for,
)
from unbounded_lint.cli.outputs import add_format_option
from unbounded_lint.cli.terminal import EXIT_CLEAN, EXIT_ERROR, complain, emit, wants_color
from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from unbounded_lint.findings.sheet import Named, Spot

_SPOT = re.compile(r"(?P<path>.+\.pyi?):(?P<line>[0-9]{1,9})(?::(?P<column>[0-9]{1,9}))?:?")
"""A place as reports print it, with the colon that follows there."""

_NAMED = re.compile(r"(?P<path>.+?\.pyi?)::?(?P<name>[^\W\d][^:]*(?:::[^:]+)*)")
"""A name in a file, with one colon or, as pytest writes it, with two wherever one thing is in another."""


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    parser = Parser("explain", "[OPTIONS] SYMBOL ... [PATH]", "Tell what is known of containers, flagged or not.")
    parser.add_argument(
        "symbols",
        nargs="+",
        metavar="SYMBOL",
        help="pkg.mod:NAME, pkg.mod:Class.attr, the end of such a name, path.py:NAME, or a place as reports print it, "
        "path:line or path:line:column; as JSON, one symbol gives one object, several an object with their `sheets` "
        "and what is `unknown`",
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
    add_color_option(parser)
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    options = parser.parse_intermixed_args(arguments)
    as_json, options.output_format = options.output_format == "json", None
    symbols, given = _symbols_and_paths(options.symbols)
    options.paths = given or [match["path"] for match in map(_in_file, symbols) if match is not None]
    project, settings = project_for(options)
    from unbounded_lint.explain.symbols import Unknown
    from unbounded_lint.findings.sheet import Sheet
    from unbounded_lint.reporters import sheet
    from unbounded_lint.run.runner import explain

    found = explain(request_for(options, project, settings), [_asked(symbol, project.root) for symbol in symbols])
    view = view_for(project.root, options.paths, color=wants_color(options.color))
    sheets = list(dict.fromkeys(one for one in found if isinstance(one, Sheet)))
    unknown = {one.symbol: one.sentence(view.path) for one in found if isinstance(one, Unknown)}
    if as_json and len(symbols) > 1:
        emit(sheet.render_json_list(sheets, unknown, view))
    elif sheets:
        emit(sheet.render_json(sheets[0], view) if as_json else sheet.render_texts(sheets, view))
    for sentence in unknown.values():
        complain(sentence)
    return EXIT_ERROR if unknown else EXIT_CLEAN


def _symbols_and_paths(given: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tell the symbols, each once, from the path behind them; raises UserError for what can be neither."""
    *before, last = given
    is_path = bool(before) and (os.path.exists(last) or not _may_be_symbol(last))
    symbols = list(dict.fromkeys(before if is_path else given))
    for symbol in symbols:
        if not _may_be_symbol(symbol):
            raise UserError(
                f"{symbol!r} is no symbol; write pkg.mod:NAME, pkg.mod:Class.attr, path.py:NAME or path:line, a path "
                "behind them"
            )
    return symbols, [last] if is_path else []


def _in_file(symbol: str) -> re.Match[str] | None:
    """What asks for something in a file, None of what does not: `pkg.py:NAME` is of the module `pkg.py` too."""
    spot, named = _SPOT.fullmatch(symbol), _NAMED.fullmatch(symbol)
    is_file = named is not None and ("/" in named["path"] or os.path.isfile(named["path"]))
    return named if is_file and spot is None else spot


def _asked(symbol: str, root: Path) -> str | Spot | Named:
    """What a symbol asks for: a place or a name in a file of the project, or what has that name anywhere."""
    from unbounded_lint.files.source import path_below
    from unbounded_lint.findings.sheet import Named, Spot

    match = _in_file(symbol)
    if match is None:
        return symbol
    path = path_below(os.path.realpath(root), os.path.realpath(match["path"]))
    if match.re is _NAMED:
        return Named(path, match["name"].replace("::", "."), symbol)
    return Spot(path, int(match["line"]), int(match["column"] or 0), symbol)


def _may_be_symbol(text: str) -> bool:
    return ":" in text or all(part.isidentifier() or part == "<locals>" for part in text.split("."))
