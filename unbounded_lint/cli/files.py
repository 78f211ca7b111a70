"""`unbounded-lint files`: list the files that would be analysed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unbounded_lint.cli.options import (
    Parser,
    add_file_options,
    add_settings_options,
    project_for,
    reported,
    shown_path,
)
from unbounded_lint.cli.outputs import add_format_option
from unbounded_lint.cli.terminal import emit

if TYPE_CHECKING:
    from unbounded_lint.files.discovery import ProjectFiles


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    parser = Parser("files", "[OPTIONS] [PATH ...]", "List the files that would be analysed, one a line.")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or directories (default: the current one)")
    add_file_options(parser)
    add_settings_options(parser)
    add_format_option(parser, ("text", "json"), "how the list is printed (default: text)")
    options = parser.parse_intermixed_args(arguments)
    as_json, options.output_format = options.output_format == "json", None
    project, _ = project_for(options)
    if not as_json:
        return emit(file_lines(project, options.paths))
    import json

    shown = shown_path(project.root, options.paths)
    known = {file.path: file for file in project.files}
    rows = [
        {"path": shown(path), "module": known[path].module, "test": known[path].is_test}
        for path in reported(project)
        if path in known
    ]
    return emit([json.dumps(rows, indent=2)])


def file_lines(project: ProjectFiles, given: Sequence[str]) -> Iterator[str]:
    """The files that are reported on, one a line."""
    from unbounded_lint.reporters.base import printable

    shown = shown_path(project.root, given)
    for path in reported(project):
        yield printable(shown(path))
