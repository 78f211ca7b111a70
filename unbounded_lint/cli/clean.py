"""`unbounded-lint clean`: remove what is kept of a project between runs."""

from __future__ import annotations

from unbounded_lint.cli.options import Parser, add_settings_options, given_paths, settings_for
from unbounded_lint.cli.terminal import EXIT_CLEAN, say


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    parser = Parser("clean", "[OPTIONS] [PATH]", "Remove what is kept of a project between runs.")
    parser.add_argument("path", nargs="?", metavar="PATH", help="a path in the project (default: .)")
    add_settings_options(parser)
    options = parser.parse_intermixed_args(arguments)
    from unbounded_lint.disk.cache import clean
    from unbounded_lint.files.discovery import find_root
    from unbounded_lint.findings.wording import plural

    root = find_root(given_paths([options.path] if options.path else []))
    removed = clean(root.resolve(), settings_for(options, root).cache_dir)
    say(f"Removed {plural(removed, 'stored file')}.")
    return EXIT_CLEAN
