"""Names as Python binds them; what the name of a directory says."""

from __future__ import annotations

_ASIDE = frozenset({"demo", "demos", "doc", "docs", "example", "examples", "sample", "samples", "tutorials"})


def is_aside(path: str) -> bool:
    """Whether a file shows how a project is used."""
    return not _ASIDE.isdisjoint(path.split("/")[:-1])


def spellings(owner: str, name: str) -> tuple[str, ...]:
    """A name of a scope, and that as which a class around it binds it where it is private."""
    if not name.startswith("__") or name.endswith("__"):
        return (name,)
    return (name, *(f"_{part.lstrip('_')}{name}" for part in reversed(owner.split(".")) if part.strip("_")))
