"""Settings: their form, where they come from, and what is wrong with them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from unbounded_lint.alike import nearest
from unbounded_lint.disk.reading import SETTINGS_LIMIT, read_regular
from unbounded_lint.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = "unbounded-lint"
"""The name of our table below `[tool]` in `pyproject.toml`."""

OWN_FILE = "unbounded-lint.toml"
"""The settings file that wins over `pyproject.toml`; its keys stand at the top level."""

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".hypothesis",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".unbounded_lint_cache",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
"""Directories that hold no source of the project; ruff's list and a few caches."""

# A dot does for the colon of a symbol, and a colon for the last dot of a dotted name: nobody knows which is asked for.
_Symbol: TypeAlias = Annotated[str, Meta(pattern=r"^[^\s:]+[:.][^\s:]+$", examples=["pkg.mod:name"])]
_Timer: TypeAlias = Annotated[
    str, Meta(pattern=r"^[^\s:]+(?::[^\s:0-9][^\s:]*)?:[0-9]{1,3}$", examples=["pkg.mod.name:0"])
]
_Dotted: TypeAlias = Annotated[str, Meta(pattern=r"^[^\s:]+(?::[^\s:]+)?$", examples=["pkg.mod.Name"])]
_Prefixes: TypeAlias = tuple[str, ...]

_KEY_PARTS = 100
_KEY_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
# The time that tomllib takes for a dotted key is quadratic in its parts.
_LONG_KEY = re.compile(rf"^[ \t]*{_KEY_PART}(?:[ \t]*\.[ \t]*{_KEY_PART}){{{_KEY_PARTS}}}", re.MULTILINE)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What a project may set in `[tool.unbounded-lint]` or `unbounded-lint.toml`."""

    src: Annotated[
        tuple[str, ...],
        Meta(description="Directories, relative to the root, that modules outside any package are imported from."),
    ] = (".", "src")
    exclude: Annotated[
        tuple[str, ...],
        Meta(
            description="Files and directories to leave out: a bare name matches any part of a path, a pattern with a"
            " slash the path relative to the root. Replaces the default list."
        ),
    ] = DEFAULT_EXCLUDE
    extend_exclude: Annotated[
        tuple[str, ...], Meta(description="More patterns to leave out, on top of `exclude`.")
    ] = ()
    select: Annotated[
        _Prefixes | None,
        Meta(
            description="Rules to report, by code, prefix of codes or name; without it, those that are on by default."
        ),
    ] = None
    extend_select: Annotated[
        _Prefixes, Meta(description="Rules to report on top of `select` or the default ones.")
    ] = ()
    ignore: Annotated[_Prefixes, Meta(description="Rules never to report.")] = ()
    per_file_ignores: Annotated[
        dict[str, _Prefixes],
        Meta(description="Path patterns, each with the rules that are not reported in matching files."),
    ] = {}
    min_confidence: Annotated[
        Literal["low", "medium", "high"] | Annotated[float, Meta(ge=0, le=1)],
        Meta(
            description="The least confidence a finding needs to be reported: a level, or the least probability that it"
            " is right, from 0 to 1."
        ),
    ] = "medium"
    scope: Annotated[
        Literal["process", "instance"],
        Meta(
            description="What a container must outlive to be of account: `process` asks how long the objects last that"
            " have it, `instance` takes each object for one that lasts, such as a client that users keep."
        ),
    ] = "process"
    strict: Annotated[
        bool, Meta(description="Report also containers that are bounded only by the rate of their inserts.")
    ] = False
    entry_points: Annotated[
        tuple[_Symbol, ...],
        Meta(description='Functions that something outside the project calls, written "pkg.mod:name".'),
    ] = ()
    sweepers: Annotated[
        tuple[_Symbol, ...],
        Meta(description='Functions that something outside the project runs on a timer, written "pkg.mod:name".'),
    ] = ()
    other_process: Annotated[
        tuple[_Symbol, ...],
        Meta(
            description="Functions that another process runs, so that they change a copy of each container and not the"
            ' one of this process, written "pkg.mod:name".'
        ),
    ] = ()
    bounded_types: Annotated[
        tuple[_Dotted, ...], Meta(description="Dotted names of container types that bound themselves.")
    ] = ()
    timers: Annotated[
        tuple[_Timer, ...],
        Meta(
            description="Callables that run a callback again and again, written as the dotted name, a colon and the"
            ' position of the callback, counted from 0: "pkg.sched.every:1".'
        ),
    ] = ()
    spawners: Annotated[
        tuple[_Timer, ...],
        Meta(
            description="Callables that run the function they are given once, in a thread or task of its own, written"
            ' as the dotted name, a colon and the position of that function: "pkg.util.spawn:0".'
        ),
    ] = ()
    test_paths: Annotated[
        tuple[str, ...], Meta(description="Patterns, as in .gitignore, of more files that only tests run.")
    ] = ()
    baseline: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(
            description="A file of accepted findings, relative to the root, which are not reported again;"
            " `--write-baseline` writes it.",
        ),
    ] = None
    cache_dir: Annotated[
        str | None,
        Meta(
            description="A directory below the root to keep facts in between runs; without it, one below"
            " UNBOUNDED_LINT_CACHE_DIR or where the platform keeps caches."
        ),
    ] = None
    output_format: Annotated[
        Literal["full", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit"] | None,
        Meta(description="How findings are written; without it, full on a terminal and concise elsewhere."),
    ] = None


def load_settings(root: Path, *, config: Path | None, isolated: bool, overrides: Mapping[str, object]) -> Settings:
    """Read the settings of the project at `root`.

    `config` names a file to read in place of the project's own; `isolated` reads none at all; `overrides` (kebab-case
    keys, TOML values) win over any file. Raises `UserError` that names the file, and the key or the line.
    """
    values: dict[str, object] = {}
    file = settings_file(root, config=config, isolated=isolated)
    if file is not None:
        values.update(_values(file))
    values.update(_checked(overrides, "the command line"))
    return Settings(**values)  # type: ignore[arg-type]


def settings_file(root: Path, *, config: Path | None, isolated: bool) -> Path | None:
    """The file that `load_settings` reads, None where it reads none."""
    if config is not None or isolated:
        return config
    return next((file for file in (root / OWN_FILE, root / "pyproject.toml") if file.exists()), None)


def line_in(text: str, key: str, value: str) -> int:
    """The line of a settings file's text where a key has a value, as far as that can be seen: that of the value, or
    that of the key; 0 where the text has no such key."""
    name = rf"""(?:[\w."'-]*\.)?["']?{re.escape(key)}["']?[ \t]*"""
    found = re.search(rf"^[ \t]*(?:{name}=|\[[ \t]*{name}\])", text, re.MULTILINE)
    if found is None:
        return 0
    quoted = re.compile(f"""["']{re.escape(value)}["']""").search(text, found.end())
    return text.count("\n", 0, quoted.start() if quoted else found.end()) + 1


def parse_override(text: str) -> tuple[str, object]:
    """Split `key=value`, the value written in TOML; a bare word stands for a string.

    Gives the key in kebab-case and the value. Raises `UserError` when either cannot be read.
    """
    key, equals, written = text.partition("=")
    key = key.strip()
    written = written.strip()
    if not equals or not re.fullmatch(r"[A-Za-z0-9_-]+", key):
        raise UserError(f"`{text}` is neither an existing file nor of the form KEY=VALUE.")
    if re.fullmatch(r"[A-Za-z_./~][\w./:*~-]*", written) and written not in ("true", "false", "inf", "nan"):
        return key, written
    try:
        parsed = tomllib.loads(f"value = {written}")
    except (ValueError, RecursionError) as error:
        raise UserError(f"The value of `{text}` is not valid TOML: {_reason(error)}.") from None
    if len(parsed) != 1:
        raise UserError(f"The value of `{text}` is more than one TOML value.")
    return key, parsed["value"]


def json_schema() -> dict[str, Any]:
    """The JSON schema of the settings, with a description and the default of every key."""
    whole = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(Settings)))
    schema: dict[str, Any] = whole["$defs"]["Settings"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "unbounded-lint settings",
    }


def _values(file: Path) -> dict[str, object]:
    if not os.path.exists(file):
        raise UserError(f"{file}: there is no such settings file.")
    if file.name == "pyproject.toml":
        return _checked(_table(_read(file), file), f"{file} [tool.{TABLE}]")
    return _checked(_read(file), str(file))


def _read(path: Path) -> dict[str, object]:
    """Raises `UserError`, with file and line, for what is no TOML."""
    try:
        data = read_regular(path, SETTINGS_LIMIT)
    except OSError as error:
        raise UserError(f"{path}: the settings cannot be read: {error.strerror}.") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}: not valid TOML: the file is not encoded in utf-8.") from None
    long_key = _LONG_KEY.search(text)
    if long_key:
        line = text.count("\n", 0, long_key.start()) + 1
        raise UserError(f"{path}:{line}: not valid TOML: a key of more than {_KEY_PARTS} parts.")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}{_line_suffix(text, error)}: not valid TOML: {_reason(error)}.") from None


def _line_suffix(text: str, error: Exception) -> str:
    found = re.search(r"at line (\d+)", str(error))
    if found:
        return f":{found.group(1)}"
    return f":{len(text.splitlines())}" if "end of document" in str(error) else ""


def _reason(error: Exception) -> str:
    """What is wrong, as one clause; what the parser did not expect to fail is a number that Python does not convert."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a number or date is out of range"


def _table(values: Mapping[str, object], path: Path) -> Mapping[str, object]:
    tool = values.get("tool", {})
    table = tool.get(TABLE, {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UserError(f"{path}: `tool.{TABLE}` must be a table.")
    return table


def _checked(values: Mapping[str, object], origin: str) -> dict[str, object]:
    """Typed values by field name; raises `UserError` naming the origin and the key."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(Settings)}
    typed: dict[str, object] = {}
    for key, value in values.items():
        if key not in fields:
            raise UserError(f"{origin}: unknown key `{key}`{_hint(key, fields)}")
        field = fields[key]
        try:
            typed[field.name] = msgspec.convert(value, field.type)
        except msgspec.ValidationError:
            # Only what is wrong pays for the words.
            from unbounded_lint.settings.words import wrong

            raise UserError(f"{origin}: `{key}` has a wrong value: {wrong(key, value)}") from None
    return typed


def _hint(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word."""
    near = nearest(word, known)
    return f"; did you mean `{near}`?" if near else f"; known are {', '.join(known)}."
