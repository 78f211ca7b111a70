"""Names of colours, as codes."""

from functools import cache


@cache
def code(name: str) -> str:
    return f"#{sum(name.encode()) % 0xFFFFFF:06x}"
