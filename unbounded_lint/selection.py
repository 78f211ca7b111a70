"""Which rules are chosen, by their codes, by prefixes of these, or by their names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from unbounded_lint.config import Settings
from unbounded_lint.errors import UserError
from unbounded_lint.rules.titles import titles


class Choice(NamedTuple):
    """What is asked for on top of the settings file: as with ruff, `select` starts afresh, without what the file says
    of rules, the others add to it."""

    select: Sequence[str] | None = None
    extend_select: Sequence[str] = ()
    ignore: Sequence[str] = ()


def with_choice(settings: Settings, choice: Choice) -> Settings:
    """The settings with a choice of rules applied, and names of rules replaced by their codes everywhere.

    Raises `UserError` that names the key, and what is no code, prefix or name of a rule, with the nearest one.
    """
    afresh = choice.select is not None
    return msgspec.structs.replace(
        settings,
        select=None
        if choice.select is None and settings.select is None
        else _codes("select", _selected(settings, choice)),
        extend_select=_codes("extend-select", (*(() if afresh else settings.extend_select), *choice.extend_select)),
        ignore=_codes("ignore", (*(() if afresh else settings.ignore), *choice.ignore)),
        per_file_ignores={
            pattern: _codes(f'per-file-ignores."{pattern}"', codes)
            for pattern, codes in settings.per_file_ignores.items()
        },
    )


def code_of(word: str) -> str:
    """The code of the rule with a name; any other word as it is."""
    return _by_name().get(word.lower(), word)


def is_known(word: str) -> bool:
    """Whether a word is a rule's code, a prefix of one, or a rule's name."""
    code = code_of(word)
    return bool(code) and any(title.code.startswith(code) for title in titles())


def nearest(word: str) -> str:
    """The code, prefix or name that is most like a word, "" where none is."""
    if is_known(word.upper()):
        return word.upper()
    codes = [title.code for title in titles()]
    close = difflib.get_close_matches(word.upper(), codes, n=1) or difflib.get_close_matches(
        word.lower().replace("_", "-"), list(_by_name()), n=1
    )
    return close[0] if close else ""


@cache
def _by_name() -> Mapping[str, str]:
    return MappingProxyType({title.name: title.code for title in titles()})


def _selected(settings: Settings, choice: Choice) -> Sequence[str]:
    return choice.select if choice.select is not None else settings.select or ()


def _codes(key: str, words: Iterable[str]) -> tuple[str, ...]:
    codes = []
    for word in words:
        if not is_known(word):
            near = nearest(word)
            hint = f"did you mean `{near}`?" if near else "`unbounded-lint rule` lists the rules."
            raise UserError(f"`{key}` names the unknown rule `{word}`; {hint}")
        codes.append(code_of(word))
    return tuple(codes)
