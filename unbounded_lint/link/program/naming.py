"""Qualified names as people write them, and as Python binds them; what the name of a directory says."""

from __future__ import annotations

_ASIDE = frozenset({"demo", "demos", "doc", "docs", "example", "examples", "sample", "samples", "tutorials"})


def is_aside(path: str) -> bool:
    """Whether a file shows how a project is used."""
    return not _ASIDE.isdisjoint(path.split("/")[:-1])


def plain(qualname: str) -> str:
    """A qualified name as people write it: private names without the class that mangles them, and no "<locals>"."""
    parts = [part for part in qualname.split(".") if part != "<locals>"]
    return ".".join(_unmangled(part, parts[:at]) for at, part in enumerate(parts))


def _unmangled(name: str, around: list[str]) -> str:
    prefixes = (f"_{cls.lstrip('_')}" for cls in reversed(around))
    return next((name[len(prefix) :] for prefix in prefixes if name.startswith(f"{prefix}__")), name)


def spellings(owner: str, name: str) -> tuple[str, ...]:
    """A name of a scope, and that as which a class around it binds it where it is private."""
    if not name.startswith("__") or name.endswith("__"):
        return (name,)
    return (name, *(f"_{part.lstrip('_')}{name}" for part in reversed(owner.split(".")) if part.strip("_")))
