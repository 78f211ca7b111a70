"""Pools: what is made only where nothing was given back grows to the most that was ever in use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked

HEAD = "import collections\nclass Conn:\n    pass\nALL = []\nFREE = collections.deque()\n"
NEW = "        conn = Conn()\n        ALL.append(conn)\n"
GIVE = "def give(conn):\n    FREE.append(conn)\n"
TAKES = {
    "caught": "    try:\n        conn = FREE.pop()\n    except IndexError:\n" + NEW,
    "tested": "    if FREE:\n        conn = FREE.popleft()\n    else:\n" + NEW,
    "returned at once": "    if FREE:\n        return FREE.pop()\n    conn = Conn()\n    ALL.append(conn)\n",
    "tested for want": "    if not FREE:\n" + NEW + "    else:\n        conn = FREE.pop()\n",
    "measured": "    if len(FREE) > 0:\n        return FREE.pop()\n    conn = Conn()\n    ALL.append(conn)\n",
}


def verdicts(tmp_path: Path, text: str) -> dict[str, str]:
    return {c.name: c.verdict.name for c in linked(tmp_path, {"m.py": HEAD + text}).containers}


@pytest.mark.parametrize("take", TAKES.values(), ids=TAKES)
def test_a_pool_is_bounded_by_its_peak(take: str, tmp_path: Path) -> None:
    found = verdicts(tmp_path, f"def take():\n{take}    return conn\n{GIVE}")
    assert found == {"ALL": "closed", "FREE": "closed"}


LEAKS = {
    "made whether or not one is free": (
        "def take():\n    conn = FREE.pop()\n    ALL.append(conn)\n    return conn\n" + GIVE,
        {"ALL": "never", "FREE": "event-only"},
    ),
    "another object is kept where none is free": (
        "def work():\n    try:\n        conn = FREE.pop()\n    except IndexError:\n        note = Conn()\n"
        "        ALL.append(note)\n        return\n    conn.run()\n" + GIVE,
        {"ALL": "never", "FREE": "event-only"},
    ),
    "what gives back makes new ones": (
        f"def take():\n{TAKES['caught']}    return conn\ndef give():\n    conn = Conn()\n    FREE.append(conn)\n",
        {"ALL": "closed", "FREE": "event-only"},
    ),
    "made where one is free": (
        "def take():\n    conn = Conn()\n    if FREE:\n        ALL.append(conn)\n        conn = FREE.pop()\n"
        "    return conn\n" + GIVE,
        {"ALL": "never", "FREE": "event-only"},
    ),
}


@pytest.mark.parametrize(("text", "expected"), LEAKS.values(), ids=LEAKS)
def test_what_only_looks_like_a_pool_grows(text: str, expected: dict[str, str], tmp_path: Path) -> None:
    assert verdicts(tmp_path, text) == expected
