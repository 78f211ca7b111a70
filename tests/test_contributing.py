"""CONTRIBUTING.md names every file of the link layer in its room, and nothing that is not there."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from itertools import pairwise

import pytest

from tests.processes import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LINK = ROOT / "unbounded_lint" / "link"
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTION = TEXT.partition("### The rooms of `link/`\n")[2].partition("\n## ")[0]

_ROOM = re.compile(r"^- \*\*`(\w+)/`\*\*: .*\n((?:  .*\n)+)", re.MULTILINE)
_NAME = re.compile(r"`(\w+)`(?!\()")
_PATH = re.compile(r"`(\w+)/(\w+)`")


def named() -> Mapping[str, list[str]]:
    """Room -> the files that its paragraph names."""
    return {room: sorted(_NAME.findall(body)) for room, body in _ROOM.findall(SECTION)}


def layers() -> list[str]:
    """The rooms as the import contract has them, from the lowest on; what imports all of them is last."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (rooms,) = (contract for contract in contracts if contract["name"] == "Rooms of the link layer")
    return list(reversed(rooms["layers"]))


def test_every_file_is_named_in_its_room_and_every_name_exists() -> None:
    written = {
        room.name: sorted(file.stem for file in room.glob("*.py") if file.stem != "__init__")
        for room in LINK.iterdir()
        if room.is_dir() and list(room.glob("*.py"))
    }
    assert named() == written


def test_files_outside_the_rooms_are_named() -> None:
    outside = {file.name for file in LINK.glob("*.py")} - {"__init__.py"}
    assert {name for name in outside if f"- **`{name}`**" in SECTION} == outside


def test_the_picture_has_the_rooms_in_the_order_of_the_contract() -> None:
    arrows = re.findall(r"(\w+)(?:\[.*?\])? --> (\w+)", SECTION.partition("```mermaid")[2].partition("```")[0])
    rooms = layers()
    between = [(one, other) for one, other in arrows if one in rooms and other in rooms]
    assert between == list(pairwise(rooms))
    assert [arrow[0] for arrow in arrows[:2]] == ["bytes", "facts"] and arrows[-1] == ("project", "rules")


@pytest.mark.parametrize(("room", "file"), sorted(set(_PATH.findall(SECTION))))
def test_what_the_walks_name_exists(room: str, file: str) -> None:
    base = ROOT / "unbounded_lint" if room == "rules" else LINK
    assert (base / room / f"{file}.py").is_file()


def test_the_walks_name_something() -> None:
    assert len(set(_PATH.findall(SECTION))) > 10
