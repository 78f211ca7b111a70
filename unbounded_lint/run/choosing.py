"""What is chosen among the rules on top of the settings file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from unbounded_lint.rules.titles import codes_for
from unbounded_lint.settings.config import Settings


class Choice(NamedTuple):
    """Codes, prefixes and names of rules. As with ruff, `select` starts afresh, without what the file says of rules;
    the others add to that."""

    select: Sequence[str] | None = None
    extend_select: Sequence[str] = ()
    ignore: Sequence[str] = ()


def with_choice(settings: Settings, choice: Choice) -> Settings:
    """The settings with a choice of rules applied, and names of rules replaced by their codes everywhere.

    Raises `UserError` that names the key, and what is no code, prefix or name of a rule, with the nearest one.
    """
    if choice.select is not None:
        settings = msgspec.structs.replace(settings, select=tuple(choice.select), extend_select=(), ignore=())
    return msgspec.structs.replace(
        settings,
        select=None if settings.select is None else codes_for("select", settings.select),
        extend_select=codes_for("extend-select", (*settings.extend_select, *choice.extend_select)),
        ignore=codes_for("ignore", (*settings.ignore, *choice.ignore)),
        per_file_ignores={
            pattern: codes_for(f'per-file-ignores."{pattern}"', codes)
            for pattern, codes in settings.per_file_ignores.items()
        },
    )
