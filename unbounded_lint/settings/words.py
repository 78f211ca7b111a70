"""Settings in words: what each may be, what is wrong with a value, and the reference in Markdown.

All of it is made from the types of `Settings`, so that no text about them can be behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from unbounded_lint.alike import nearest
from unbounded_lint.settings.config import TABLE, Settings

_LONGEST = 80


def wrong(key: str, value: object) -> str:
    """What is wrong with the value of a key, as the end of a sentence: what it may be, what it is, what is near."""
    kind = _kinds()[key]
    place, part, of_part = _culprit(kind, value)
    where = f" ({place})" if place else ""
    near = nearest(part, _words(of_part)) if isinstance(part, str) else ""
    hint = f"; did you mean `{near}`?" if near else ""
    return f"it must be {in_words(kind)}, not {_written(part)}{where}{hint}"


def in_words(kind: inspect.Type, many: bool = False) -> str:
    """What a value of a type is: "a list of strings"."""
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=extra) if extra and "examples" in extra:
            form = f'written as "{extra["examples"][0]}"'
            return f"{in_words(inner, many)} {form}"
        case inspect.Metadata(type=inner):
            return in_words(inner, many)
        case inspect.UnionType(types=types):
            return _or([word for each in types for word in _alternatives(each)])
        case inspect.LiteralType():
            return _or(_alternatives(kind))
        case inspect.VarTupleType(item_type=item):
            return f"{'lists' if many else 'a list'} of {in_words(item, many=True)}"
        case inspect.DictType(value_type=item):
            return f"a table of {in_words(item, many=True)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.FloatType(ge=least, le=most) if least is not None and most is not None:
            return f"a number from {least:g} to {most:g}"
        case inspect.StrType():
            return "strings" if many else "a string"
    raise TypeError(f"settings have no words for {kind}")


def _alternatives(kind: inspect.Type) -> list[str]:
    match kind:
        case inspect.NoneType():
            return []  # TOML has no null: it is how a key looks that is not set
        case inspect.LiteralType(values=values):
            return [f"`{value}`" for value in values]
    return [in_words(kind)]


def settings_table() -> Iterator[str]:
    """The reference of all settings as a table in Markdown, one line at a time."""
    yield "| key | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    kinds = _kinds()
    for field in msgspec.structs.fields(Settings):
        cells = (f"`{field.encode_name}`", in_words(kinds[field.encode_name]), _default(field), _meaning(field))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def reference() -> Iterator[str]:
    """The page about the settings, as Markdown, one line at a time."""
    yield "# Settings"
    yield ""
    yield f"In `pyproject.toml` below `[tool.{TABLE}]`, or at the top level of `{TABLE}.toml`, which wins."
    yield "An unknown key is an error. Options of the command line win over the file."
    yield ""
    yield from settings_table()


def _kinds() -> dict[str, inspect.Type]:
    """What each key may be."""
    described = inspect.type_info(Settings)
    assert isinstance(described, inspect.StructType)
    return {field.encode_name: field.type for field in described.fields}


def _meaning(field: msgspec.structs.FieldInfo) -> str:
    described: Any = field.type
    return str(described.__metadata__[0].description)


def _default(field: msgspec.structs.FieldInfo) -> str:
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    if value is None:
        return "not set"
    written = json.dumps(value, ensure_ascii=False)
    return (
        f"`{written}`" if len(written) <= _LONGEST else f"{len(value)} patterns, which `unbounded-lint config` prints"
    )


def _culprit(kind: inspect.Type, value: object) -> tuple[str, object, inspect.Type]:
    """The part of a value that is wrong: where it is ("" for the whole), itself, its type."""
    match kind:
        case inspect.Metadata(type=inner):
            return _culprit(inner, value)
        case inspect.UnionType(types=types) if isinstance(value, list):
            return next(
                (_culprit(each, value) for each in types if isinstance(each, inspect.VarTupleType)), ("", value, kind)
            )
        case inspect.VarTupleType(item_type=item) if isinstance(value, list):
            for number, part in enumerate(value, 1):
                if not isinstance(part, str) or _breaks(item, part):
                    return f"item {number}", part, item
        case inspect.DictType(value_type=item) if isinstance(value, dict):
            for name, inside in value.items():
                place, culprit, its_kind = _culprit(item, inside)
                if place or not isinstance(inside, list):
                    return ", ".join(filter(None, (f"of `{name}`", place))), culprit, its_kind
    return "", value, kind


def _breaks(kind: inspect.Type, text: str) -> bool:
    """Whether a text is not of the form that its type asks for."""
    import re

    match kind:
        case inspect.Metadata(type=inner):
            return _breaks(inner, text)
        case inspect.StrType(pattern=pattern) if pattern is not None:
            return re.search(pattern, text) is None
    return False


def _words(kind: inspect.Type) -> list[str]:
    """The words that a value may be, for the nearest of them."""
    match kind:
        case inspect.Metadata(type=inner):
            return _words(inner)
        case inspect.UnionType(types=types):
            return [word for each in types for word in _words(each)]
        case inspect.LiteralType(values=values):
            return [str(value) for value in values]
    return []


def _written(value: object) -> str:
    if isinstance(value, (dict, list)):
        return f"a {'table' if isinstance(value, dict) else 'list'}"
    shown = json.dumps(value, ensure_ascii=False) if isinstance(value, (str, bool, int, float)) else str(value)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
