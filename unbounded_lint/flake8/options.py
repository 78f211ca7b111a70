"""The options `--ubm-*` of flake8, on its command line and in its files, and what else of its options is of account.

flake8 loads this in each of its runs and in each of its workers: nothing heavy is imported at the top.
"""

from __future__ import annotations

import argparse
import ast
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from unbounded_lint.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    from unbounded_lint.settings.config import Settings

PREFIX = "UBM"

_SCOPES = ("process", "instance")
_STDIN = "-"


class Manager(Protocol):
    """As much of flake8's manager of options as is used."""

    parser: argparse.ArgumentParser

    def add_option(self, *names: str, **how: Any) -> None:
        """Take the names of an option and how it is to be read."""


class Asked(NamedTuple):
    """What the options of one run ask for; as with the options of our own command, they win over the settings file."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_confidence: str | float | None = None
    scope: str | None = None
    config: str | None = None


class Given(NamedTuple):
    """What flake8 is asked to check, as it needs to be told to list the files."""

    paths: tuple[str, ...] = ()
    stdin_display_name: str = "stdin"
    filename_patterns: tuple[str, ...] = ("*.py",)
    exclude: tuple[str, ...] = ()

    def is_standard_input(self, filename: str) -> bool:
        """Whether a file is what comes from standard input, under the name that it is given."""
        return _STDIN in self.paths and filename == self.stdin_display_name


def add_options(manager: Manager) -> None:
    """Add our options to those of flake8."""
    for name, text in (
        ("--ubm-select", "Report these rules of unbounded-lint only: codes, prefixes of codes or names."),
        ("--ubm-extend-select", "Report these rules of unbounded-lint too, such as opt-in ones."),
        ("--ubm-ignore", "Do not report these rules of unbounded-lint."),
    ):
        manager.add_option(name, metavar="rules", parse_from_config=True, comma_separated_list=True, help=text)
    manager.add_option(
        "--ubm-min-confidence",
        metavar="level",
        parse_from_config=True,
        help="Report only what is at least this sure: low, medium, high or a number from 0 to 1. (Default: medium)",
    )
    manager.add_option(
        "--ubm-scope",
        metavar="scope",
        parse_from_config=True,
        help="What lasts: process, or instance, which is each object that has a container. (Default: process)",
    )
    manager.add_option(
        "--ubm-config",
        metavar="file",
        parse_from_config=True,
        normalize_paths=True,
        help="Read the settings of unbounded-lint from this file in place of the project's own.",
    )


def asked_by(options: argparse.Namespace) -> Asked:
    """What options ask for; raises UserError where a value is none that the option takes."""
    level, scope, config = options.ubm_min_confidence, options.ubm_scope, options.ubm_config
    if scope is not None and scope not in _SCOPES:
        raise UserError(f"--ubm-scope must be process or instance, not {scope!r}")
    if config is not None and not os.path.exists(config):
        raise UserError(f"--ubm-config: there is no such settings file: {config}")
    selected = (*(options.select or ()), *(options.extend_select or ()))
    return Asked(
        select=None if options.ubm_select is None else _codes("--ubm-select", options.ubm_select),
        extend_select=(*_codes("--ubm-extend-select", options.ubm_extend_select), *_turned_on(selected)),
        ignore=_codes("--ubm-ignore", options.ubm_ignore),
        min_confidence=None if level is None else _confidence(level),
        scope=scope,
        config=config,
    )


def _codes(option: str, words: Sequence[str] | None) -> tuple[str, ...]:
    if not words:
        return ()
    from unbounded_lint.rules.titles import codes_for

    return codes_for(option, words)


def _confidence(text: str) -> str | float:
    from unbounded_lint.settings.arguments import confidence

    try:
        return confidence(text)
    except argparse.ArgumentTypeError as error:
        raise UserError(f"--ubm-min-confidence {error}") from None


def _turned_on(selected: Sequence[str]) -> tuple[str, ...]:
    """The opt-in rules that flake8's own `select` and `extend-select` turn on.

    flake8's list of what is ignored by default has none of them: it would hide what the settings of a project turn on
    too, and an `ignore` of its own replaces that list.

    The bare prefix is not enough: in `select = E,F,UBM` it is how flake8 is told to keep a plugin at all.
    """
    prefixes = tuple(each for each in selected if each.startswith(PREFIX) and each != PREFIX)
    if not prefixes:
        return ()
    from unbounded_lint.rules.titles import titles

    return tuple(title.code for title in titles() if not title.default and title.code.startswith(prefixes))


def settings_for(root: Path, asked: Asked) -> Settings:
    """The settings of the project at a root, with what the options ask for; raises UserError."""
    from pathlib import Path

    from unbounded_lint.run.choosing import Choice, with_choice
    from unbounded_lint.settings.config import load_settings

    wanted = {"min-confidence": asked.min_confidence, "scope": asked.scope}
    overrides: dict[str, object] = {key: value for key, value in wanted.items() if value is not None}
    file = None if asked.config is None else Path(asked.config)
    settings = load_settings(root, config=file, isolated=False, overrides=overrides)
    return with_choice(settings, Choice(asked.select, asked.extend_select, asked.ignore))


# --- which files there are -------------------------------------------------------------------------------------------


def given_by(options: argparse.Namespace) -> Given:
    """What options ask flake8 to check."""
    return Given(
        tuple(options.filenames or ()),
        options.stdin_display_name,
        tuple(options.filename),
        (*options.exclude, *options.extend_exclude),
    )


def is_silent(tree: ast.AST) -> bool:
    """Whether a file says so little that nothing is ever found in it, such as one that only imports; its comments are
    not looked at."""
    body = getattr(tree, "body", ())
    return all(isinstance(each, (ast.Import, ast.ImportFrom, ast.Pass)) or _is_text(each) for each in body)


def _is_text(statement: ast.AST) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def spokesman(given: Given, root: str) -> str | None:
    """The file of a project, by its absolute path, that tells for all of them what is wrong with it: the first one of
    those that flake8 checks and hands to plugins. The same in each worker; None where there is none.
    """
    from flake8.discover_files import expand_paths

    from unbounded_lint.files.discovery import find_root

    files: Iterator[str] = expand_paths(
        paths=given.paths,
        stdin_display_name=given.stdin_display_name,
        filename_patterns=given.filename_patterns,
        exclude=given.exclude,
    )
    for path in sorted({os.path.realpath(file) for file in files if file != _STDIN}):
        if _is_handed_out(path) and os.path.realpath(find_root([_as_path(path)])) == root:
            return path
    return None


def _as_path(path: str) -> Path:
    from pathlib import Path

    return Path(path)


def _is_handed_out(path: str) -> bool:
    """Whether flake8 gives a file to plugins and shows what they say of its first line, and we do not pass over it."""
    try:
        with open(path, "rb") as file:
            text = file.read()
        return b"noqa" not in text and not is_silent(ast.parse(text))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
