"""From the TOML sources to the compact form that is loaded at run time.

The sources are for people: they share shapes (`like = "map"`), write methods as "name:key" and alternatives in braces
("{PyQt5,PyQt6}.QtCore.QTimer"). All that is written out here, once, when the catalogue is built; the compact form holds
plain entries in source order, one a line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from unbounded_lint.catalog import keys, model
from unbounded_lint.catalog.entry import Entry

SOURCES = ("timers.toml", "wiring.toml", "containers.toml", "keys.toml", "names.toml", "confidence.toml")
COMPACT = "catalog.json"

_BRACES = re.compile(r"\{([^{}]*)\}")
_LISTS = ("names", "bases", "owners")
_SECTIONS: Mapping[str, tuple[str, type[Entry]]] = {
    "timer": ("timers", model.Timer),
    "sleeper": ("sleepers", model.Sleeper),
    "hook": ("hooks", model.Hook),
    "pair": ("pairs", model.Pair),
    "forwarder": ("forwarders", model.Forwarder),
    "container": ("containers", model.ContainerKind),
    "function": ("functions", model.ArgumentFunction),
    "registry": ("registries", model.Registry),
    "call": ("key_calls", keys.KeyCall),
    "attribute": ("attributes", keys.Finite),
    "finder": ("finders", keys.Finite),
    "annotation": ("annotations", keys.Annotation),
    "words": ("words", keys.Words),
}
_Entry = TypeVar("_Entry", bound=Entry)


class CatalogError(ValueError):
    """A broken entry, named."""


def build(directory: Path | None = None) -> model.Data:
    """Read the TOML sources of `directory` (default: the package's own) into checked data.

    Raises CatalogError for a missing or unreadable source, an unknown section or a broken entry, which it names.
    """
    folder = directory or Path(__file__).parent
    return assemble(_read(folder / name) for name in SOURCES)


def assemble(sources: Iterable[Mapping[str, Any]]) -> model.Data:
    """Turn parsed sources into checked data. Raises CatalogError, naming the broken entry."""
    parts: dict[str, Any] = {field: [] for field, _ in _SECTIONS.values()}
    parsed = tuple(sources)
    aliases = {name: target for source in parsed for name, target in source.get("aliases", {}).items()}
    parts |= {"schema": model.SCHEMA, "aliases": aliases, "open_roots": {}, "apps": []}
    for source in parsed:
        shapes = source.get("shape", {})
        for section, content in source.items():
            if section in _SECTIONS:
                field, kind = _SECTIONS[section]
                parts[field].extend(_entry(section, raw, kind, shapes, aliases) for raw in content)
            elif section in ("loops", "apps", "confidence"):
                parts[section] = content
            elif section == "open_roots":
                parts[section] = {word: source for source, words in content.items() for word in words}
            elif section == "names":
                parts[section] = {name: [*_written_out(items)] for name, items in content.items()}
            elif section not in ("shape", "aliases"):
                raise CatalogError(f"unknown section [{section}]")
    return _convert(parts, model.Data, "the catalogue")


def encode(data: model.Data) -> bytes:
    """The compact form: JSON without defaults, one entry a line."""
    lines = []
    for field in data.__struct_fields__:
        value = getattr(data, field)
        if isinstance(value, tuple) and value and isinstance(value[0], Entry):
            body = b"[\n" + b",\n".join(msgspec.json.encode(entry) for entry in value) + b"\n]"
        else:
            body = msgspec.json.encode(value, order="deterministic")
        lines.append(msgspec.json.encode(field) + b":" + body)
    return b"{" + b",\n".join(lines) + b"}\n"


def _read(path: Path) -> Mapping[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogError(f"{path.name}: {error}") from error


def _entry(
    section: str, raw: Mapping[str, Any], kind: type[_Entry], shapes: Mapping[str, Any], aliases: Mapping[str, str]
) -> _Entry:
    label = raw.get("api") or raw.get("id") or raw.get("role") or ", ".join(raw.get("names", ()))
    place = f"[[{section}]] {label or '(without a name)'}"
    entry = dict(raw)
    if section == "container":
        entry = _shaped(entry, shapes, place)
    for field in _LISTS:
        if field in entry:
            names = (model.canonical(aliases, name) for name in _written_out(entry[field]))
            entry[field] = list(dict.fromkeys(names))
    return _convert(entry, kind, place)


def _shaped(entry: dict[str, Any], shapes: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Merge the shape named by `like`; "more" lists stand behind those of the shape."""
    shape_name = entry.pop("like", None)
    if shape_name is not None:
        if shape_name not in shapes:
            raise CatalogError(f"{place}: no shape named {shape_name!r}")
        entry = {**shapes[shape_name], **entry}
    for field in ("inserts", "removes", "clears"):
        entry[field] = [*entry.get(field, ()), *entry.pop(f"more_{field}", ())]
    for field in ("inserts", "removes"):
        entry[field] = [_method(text) for text in entry[field]]
    return entry


def _method(text: str) -> dict[str, Any]:
    """ "pop:0" has its key at position 0, "update:*" takes many keys, "popitem" names none."""
    name, _, key = text.partition(":")
    if key == "*":
        return {"name": name, "key": 0, "bulk": True}
    return {"name": name, "key": int(key)} if key else {"name": name}


def _written_out(texts: Iterable[str]) -> Iterator[str]:
    return (name for text in texts for name in _alternatives(text))


def _alternatives(text: str) -> Iterator[str]:
    """Write out braces: "{a,b}.c" gives "a.c" and "b.c"."""
    found = _BRACES.search(text)
    if found is None:
        yield text
        return
    for choice in found.group(1).split(","):
        yield from _alternatives(text[: found.start()] + choice.strip() + text[found.end() :])


def _convert(raw: Mapping[str, Any], kind: type[_Entry], place: str) -> _Entry:
    try:
        return msgspec.convert(raw, kind, strict=True, from_attributes=True)
    except msgspec.ValidationError as error:
        raise CatalogError(f"{place}: {error}") from error
