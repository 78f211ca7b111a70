"""`unbounded-lint config`: print the settings in force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from unbounded_lint.cli.options import Parser, add_settings_options, given_paths, settings_for
from unbounded_lint.cli.outputs import add_format_option
from unbounded_lint.cli.terminal import emit

if TYPE_CHECKING:
    from unbounded_lint.settings.config import Settings


def run(arguments: list[str]) -> int:
    """Run the command with these arguments, give its exit code."""
    parser = Parser("config", "[OPTIONS] [PATH]", "Print the settings in force for a project.")
    parser.add_argument("path", nargs="?", metavar="PATH", help="a path in the project (default: .)")
    add_settings_options(parser)
    add_format_option(parser, ("text", "json"), "how the settings are printed (default: text, which is TOML)")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--schema", action="store_true", help="print the JSON schema of the settings, and stop")
    instead.add_argument("--docs", action="store_true", help="print what each setting means, as Markdown, and stop")
    options = parser.parse_intermixed_args(arguments)
    if options.docs:
        from unbounded_lint.settings.words import reference

        return emit(reference())
    if options.schema:
        import json

        from unbounded_lint.settings.config import json_schema

        return emit([json.dumps(json_schema(), indent=2)])
    from unbounded_lint.files.discovery import find_root

    as_json, options.output_format = options.output_format == "json", None
    settings = settings_for(options, find_root(given_paths([options.path] if options.path else [])))
    return emit(_settings_json(settings) if as_json else settings_lines(settings))


def _settings_json(settings: Settings) -> Iterator[str]:
    import json

    import msgspec

    yield json.dumps(msgspec.to_builtins(settings), indent=2)


def settings_lines(settings: Settings) -> Iterator[str]:
    """The settings as TOML, one a line."""
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
