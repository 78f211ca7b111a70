"""Symbols and qualified names as people write them."""

from __future__ import annotations


def plain(qualname: str) -> str:
    """A qualified name as people write it: private names without the class that mangles them, and no "<locals>"."""
    parts = [part for part in qualname.split(".") if part != "<locals>"]
    return ".".join(_unmangled(part, parts[:at]) for at, part in enumerate(parts))


def plain_symbol(symbol: str) -> str:
    """A symbol with its name as people write it."""
    dotted, colon, name = symbol.rpartition(":")
    return f"{dotted}{colon}{plain(name)}"


def _unmangled(name: str, around: list[str]) -> str:
    prefixes = (f"_{cls.lstrip('_')}" for cls in reversed(around))
    return next((name[len(prefix) :] for prefix in prefixes if name.startswith(f"{prefix}__")), name)
