"""Whether a decorator of the project keeps the function it is given, or leaves it to users to call that."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tests.programs import linked

WRAPPER = (
    "    @functools.wraps(func)\n    def wrapper(first, *rest):\n        note(first)\n"
    "        return func(first, *rest)\n    return wrapper\n"
)
AFTER = "SEEN = {}\n%s\ndef visit(request):\n    SEEN[request.id] = 1\n"
LEFT_TO_USERS = {
    "wrapper": f"def deco(func):\n{WRAPPER}" + AFTER % "@deco",
    "wrapper that keeps its argument": "LAST = []\ndef deco(func):\n    def wrapper(first):\n"
    "        LAST.append(first)\n        return func(first)\n    return wrapper\n" + AFTER % "@deco",
    "made by a call": "def deco(name):\n    NAMES.append(name)\n    def inner(func):\n"
    + indent(WRAPPER, "    ") + "    return inner\n" + AFTER % "@deco('a')",
    "method": "class Box:\n    def deco(self, func):\n        def wrapper(first):\n            note(self)\n"
    "            return func(first)\n        return wrapper\nbox = Box()\n" + AFTER % "@box.deco",
}  # fmt: skip
KEPT = {
    "appended": "ALL = []\ndef deco(func):\n    ALL.append(func)\n    return func\n" + AFTER % "@deco",
    "handed on": "def deco(func):\n    bus.subscribe(func)\n    return func\n" + AFTER % "@deco",
    "made by a call": "def deco(name):\n    def inner(func):\n        bus.subscribe(name, func)\n        return func\n"
    "    return inner\n" + AFTER % "@deco('a')",
    "made by a call, by a lambda": "def deco(name):\n    return lambda func: bus.subscribe(name, func)\n"
    + AFTER % "@deco('a')",
    "marked": "def deco(func):\n    func.is_task = True\n    return func\n" + AFTER % "@deco",
    "marked by name": "def deco(name):\n    def inner(func):\n        setattr(func, name, 1)\n        return func\n"
    "    return inner\n" + AFTER % "@deco('a')",
    "method": "class Box:\n    def deco(self, func):\n        bus.subscribe(func)\n        return func\nbox = Box()\n"
    + AFTER % "@box.deco",
    "another package": AFTER % "@other.deco",
}  # fmt: skip


def runs(text: str, tmp_path: Path) -> set[tuple[str, str | None]]:
    project = linked(tmp_path, {"m.py": f"import functools, other\nfrom other import bus, note\nNAMES = []\n{text}"})
    assert not project.failures
    (container,) = (c for c in project.containers if c.holder.name == "SEEN")
    return {(context.kind, context.by) for insert in container.inserts for context in insert.contexts}


@pytest.mark.parametrize("text", LEFT_TO_USERS.values(), ids=LEFT_TO_USERS)
def test_a_wrapper_leaves_it_to_users_to_call(text: str, tmp_path: Path) -> None:
    assert runs(text, tmp_path) == {("api", None)}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_a_decorator_keeps_is_called_later(text: str, tmp_path: Path) -> None:
    (found,) = runs(text, tmp_path)
    assert found[0] == "run"


MADE = "SEEN = {}\ndef maker(name):\n    def inner(request):\n        SEEN[request.id] = name\n    return inner\n"
EXPORTED = {
    "public name": (MADE + "visit = maker('a')\n", {("api", None)}),
    "public name of a class": (MADE + "class Door:\n    visit = maker('a')\n", {("api", None)}),
    "operator of a class": (MADE + "class Door:\n    __call__ = maker('a')\n", {("api", None)}),
    "private name of a class": (MADE + "class Door:\n    _visit = maker('a')\n", set()),
    "private name": (MADE + "_visit = maker('a')\n", set()),
    "name of a function": (MADE + "def start():\n    visit = maker('a')\n", set()),
}


@pytest.mark.parametrize(("text", "expected"), EXPORTED.values(), ids=EXPORTED)
def test_users_call_what_a_public_name_stands_for(
    text: str, expected: set[tuple[str, str | None]], tmp_path: Path
) -> None:
    project = linked(tmp_path, {"m.py": text})
    found = [c for c in project.containers if c.holder.name == "SEEN"]
    live = {(c.kind, c.by) for each in found for insert in each.inserts for c in insert.contexts if c.kind != "dead"}
    assert live == expected
