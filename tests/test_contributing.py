"""CONTRIBUTING.md names every file of the link layer and of the rooms around it, and nothing that is not there."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.processes import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGE = ROOT / "unbounded_lint"
LINK = PACKAGE / "link"
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
AROUND = TEXT.partition("### The rooms of the package\n")[2].partition("\n### ")[0]
SECTION = TEXT.partition("### The rooms of `link/`\n")[2].partition("\n## ")[0]

_ROOM = re.compile(r"^- \*\*`(\w+)/`\*\*: .*\n((?:  .*\n)+)", re.MULTILINE)
_NAME = re.compile(r"`(\w+)`(?!\()")
_PATH = re.compile(r"`(\w+)/(\w+)`")


def named(section: str) -> Mapping[str, list[str]]:
    """Room -> the files that its paragraph names."""
    return {room: sorted(_NAME.findall(body)) for room, body in _ROOM.findall(section)}


def files_of(rooms: Iterable[Path]) -> Mapping[str, list[str]]:
    """Room -> the files it has."""
    return {room.name: sorted(file.stem for file in room.glob("*.py") if file.stem != "__init__") for room in rooms}


def layers(contract: str) -> list[str]:
    """The rooms as an import contract has them, from the lowest on."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (rooms,) = (each for each in contracts if each["name"] == contract)
    return list(reversed(rooms["layers"]))


def test_every_file_is_named_in_its_room_and_every_name_exists() -> None:
    assert named(SECTION) == files_of(room for room in LINK.iterdir() if list(room.glob("*.py")))


def test_every_file_around_the_core_is_named_in_its_room_and_every_name_exists() -> None:
    found = named(AROUND)
    assert found == files_of(PACKAGE / room for room in found) and len(found) > 6


def test_the_table_has_the_rooms_of_the_package_in_the_order_of_the_contract() -> None:
    rows = re.findall(r"^\| (`.*?) \|", AROUND, re.MULTILINE)
    written = [{name.removesuffix(".py").rstrip("/") for name in re.findall(r"`(.*?)`", row)} for row in rows]
    assert written == [set(row.split(" | ")) for row in reversed(layers("Rooms, each above those that it may import"))]


def test_files_outside_the_rooms_are_named() -> None:
    outside = {file.name for file in LINK.glob("*.py")} - {"__init__.py"}
    assert {name for name in outside if f"- **`{name}`**" in SECTION} == outside


def test_the_picture_has_the_rooms_in_the_order_of_the_contract() -> None:
    arrows = re.findall(r"(\w+)(?:\[.*?\])? --> (\w+)", SECTION.partition("```mermaid")[2].partition("```")[0])
    rooms = layers("Rooms of the link layer")
    between = [(one, other) for one, other in arrows if one in rooms and other in rooms]
    assert between == list(pairwise(rooms))
    assert [arrow[0] for arrow in arrows[:2]] == ["bytes", "facts"] and arrows[-1] == ("project", "rules")


@pytest.mark.parametrize(("room", "file"), sorted(set(_PATH.findall(SECTION))))
def test_what_the_walks_name_exists(room: str, file: str) -> None:
    base = PACKAGE if room == "rules" else LINK
    assert (base / room / f"{file}.py").is_file()


def test_the_walks_name_something() -> None:
    assert len(set(_PATH.findall(SECTION))) > 10
