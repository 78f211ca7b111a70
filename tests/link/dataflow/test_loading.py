"""Modules that a program imports by names which it puts together, and what it looks up in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked
from unbounded_lint.link.containers.lifetimes import Life

PART = "class Part:\n    def __init__(self):\n        self.items = {}\ndef load():\n    return Part()\n"
FILES = {"parts/__init__.py": "", "parts/_own.py": PART, "parts/deep/part.py": PART, "other/door.py": PART}
IMPORTS = "import importlib, parts\nfrom importlib import import_module\nNAMES = {}\n"
LOADED = {
    "f-string": "the = import_module(f'parts.{name()}').load()",
    "joined": "the = importlib.import_module('parts.' + name()).load()",
    "formatted": "the = import_module('parts.%s' % name()).load()",
    "filled in": "the = import_module('parts.{}'.format(name())).load()",
    "a part of the name": "the = import_module(f'parts.d{name()}r').load()",
    "below the package's own name": "the = import_module(f'{parts.__name__}.{name()}').load()",
    "relative": "the = import_module('.' + name(), 'parts').load()",
    "relative to what is imported": "the = import_module(f'.{name()}', package=parts.__name__).load()",
    "by a local": "def f():\n    path = f'parts.{name()}'\n    return import_module(path)\nthe = f().load()",
    "of a table": "ALL = {'a': 'parts.door', 'b': 'parts.wall'}\nthe = import_module(ALL[name()]).load()",
    "of a loop": "for path in ('parts.door', 'parts.wall'):\n    the = import_module(path).load()",
    "function looked up": "the = getattr(import_module(f'parts.{name()}'), 'lo' + name())()",
    "class looked up": "the = getattr(import_module(f'parts.{name()}'), name())()",
    "class with such an end": "the = getattr(import_module(f'parts.{name()}'), f'{name()}art')()",
    "class looked up in what is imported": "from parts import door\nthe = getattr(door, name().title())()",
}
OTHERS = {
    "another package": "the = import_module(f'other.{name()}').load()",
    "a name with another end": "the = import_module(f'parts.{name()}s').load()",
    "a deeper module": "the = import_module(f'parts.deep.{name()}').load()",
    "any module": "the = import_module(name()).load()",
    "a class with another end": "the = getattr(import_module(f'parts.{name()}'), f'{name()}Hook')()",
    "a name of the object": "the = getattr(object(), name())()",
}


OBJECT = (
    "class Door:\n    def __init__(self):\n        self.seen = {}\n"
    "    def on_knock(self, guest):\n        self.seen[guest] = 1\n    def _off(self, guest):\n        pass\n"
)
SERVING = "door = Door()\ndef main():\n    while True:\n        line = input()\n        "
ASKED = {
    "how it begins": SERVING + "getattr(door, 'on_' + line)(line)\n",
    "how it begins, in an f-string": SERVING + "getattr(door, f'on_{line}', None)(line)\n",
    "how it ends": SERVING + "getattr(door, f'{line}_knock')(line)\n",
    "all of it": SERVING + "getattr(door, 'on_knock')(line)\n",
    "by a local": SERVING + "found = getattr(door, f'on_{line}', None)\n        if found:\n            found(line)\n",
    "what is passed for a parameter": "def ask(door: Door, name, line):\n    getattr(door, name)(line)\n"
    + SERVING + "ask(door, 'on_knock', line)\n",
    "what is passed around a function": "def asking(door: Door, name):\n    def ask(line):\n"
    "        getattr(door, name)(line)\n    return ask\n" + SERVING + "asking(door, name='on_knock')(line)\n",
}  # fmt: skip
UNASKED = {
    "another beginning": SERVING + "getattr(door, '_o' + line)(line)\n",
    "nothing": SERVING + "getattr(door, line)(line)\n",
    "no letter": SERVING + "getattr(door, f'{line}_{line}')(line)\n",
    "another object": "class Wall:\n    pass\n" + SERVING + "getattr(Wall(), f'on_{line}')(line)\n",
    "another text for a parameter": "def ask(door: Door, name, line):\n    getattr(door, name)(line)\n"
    + SERVING + "ask(door, '_off', line)\n",
}  # fmt: skip


@pytest.mark.parametrize("text", ASKED.values(), ids=ASKED)
def test_a_method_runs_where_it_is_looked_up_by_a_part_of_its_name(text: str, tmp_path: Path) -> None:
    assert runs(text, tmp_path) == {"main"}


@pytest.mark.parametrize("text", UNASKED.values(), ids=UNASKED)
def test_a_method_that_nothing_looks_up_is_left_to_users(text: str, tmp_path: Path) -> None:
    assert runs(text, tmp_path) == {"api"}


def runs(text: str, tmp_path: Path) -> set[str]:
    project = linked(tmp_path, {"app.py": f"{OBJECT}{text}if __name__ == '__main__':\n    main()\n"})
    (container,) = (c for c in project.containers if c.holder.name == "seen")
    return {context.kind for insert in container.inserts for context in insert.contexts}


def lives(text: str, tmp_path: Path) -> dict[str, Life]:
    files = {**FILES, "parts/door.py": PART, "app.py": f"{IMPORTS}{text}\n"}
    project = linked(tmp_path, files)
    assert not project.failures
    return {container.symbol: container.holder.life for container in project.containers}


@pytest.mark.parametrize("text", LOADED.values(), ids=LOADED)
def test_what_a_loaded_module_makes_lasts_as_what_keeps_it(text: str, tmp_path: Path) -> None:
    assert lives(text, tmp_path)["parts.door:Part.items"] == Life("module", 1)


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_a_name_that_means_something_else_loads_nothing(text: str, tmp_path: Path) -> None:
    assert "parts.door:Part.items" not in lives(text, tmp_path)


def test_private_definitions_are_not_looked_up(tmp_path: Path) -> None:
    door = "class _Part:\n    def __init__(self):\n        self.items = {}\n"
    project = linked(tmp_path, {"door.py": door, "app.py": "import door\nthe = getattr(door, name())()\n"})
    assert not project.containers


def test_an_override_in_a_derived_class_gives_the_keys(tmp_path: Path) -> None:
    text = (
        "SEEN = {}\nclass Source:\n    def names(self):\n        return {}\n    def note(self):\n"
        "        for name in self.names():\n            SEEN[name] = 1\n"
        "class Wire(Source):\n    def names(self):\n        return {request.id: 1}\n"
    )
    (container,) = linked(tmp_path, {"m.py": f"from flask import request\n{text}"}).containers
    assert [insert.domain.kind for insert in container.inserts] == ["open"]
