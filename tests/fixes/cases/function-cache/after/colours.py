"""Names of colours, as codes."""

from functools import lru_cache


@lru_cache(maxsize=1024)
def code(name: str) -> str:
    return f"#{sum(name.encode()) % 0xFFFFFF:06x}"
