"""What leads to an operation, and what holds whichever way a run came there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.link.keys.around import LEADING, Around, Lead

HEAD = "X = {}\ndef put(key):\n    X[key] = 1\n"
ALWAYS = {
    "each caller": "def one(k):\n    put(k)\ndef two(k):\n    put(k)\n",
    "callers of a caller": "def step(k):\n    put(k)\ndef one(k):\n    step(k)\ndef two(k):\n    step(k)\n",
    "two calls of one caller": "def step(k):\n    put(k)\n    put(k)\ndef one(k):\n    step(k)\n",
    "what another name stands for": (
        "class Box:\n    def __init__(self):\n        self.store = put\nBOX = Box()\ndef one(k):\n    BOX.store(k)\n"
    ),
}
NOT_ALWAYS = {
    "what is an operator of a public class": (
        "class Box:\n    def __setitem__(self, k, v):\n        put(k)\n    def one(self, k):\n        self[k] = 1\n"
    ),
    "what is returned to whoever asks": "def give():\n    return put\ndef one(k):\n    put(k)\n",
    "one caller more": "def one(k):\n    put(k)\ndef other(k):\n    put(k)\n",
    "nobody": "",
    "what is handed over, too": "def one(k):\n    put(k)\ndef other(bus):\n    bus.subscribe(put)\n",
    "what calls itself": "def step(k):\n    put(k)\n    if k.next:\n        step(k.next)\ndef one(k):\n    step(k)\n",
    "what two functions call in turn": "def step(k):\n    put(k)\n    back(k)\ndef back(k):\n    step(k)\n",
    "more callers than are asked": "".join(f"def one{i}(k):\n    put(k)\n" for i in range(LEADING)),
}


def places(root: Path, program: str) -> tuple[Around, Lead, dict[str, Lead]]:
    """The query, the insert of a program, and what leads to that by the name of the function."""
    project = linked(root, {"m.py": HEAD + program})
    around = Around(project.flow, project.execution)
    (insert,) = (access for access in named(project).accesses if access.kind == "insert")
    start = around.start(insert)
    return around, start, {project.function(lead.scope): lead for lead in around.leads(start)}


def holds_in_callers(root: Path, program: str) -> bool:
    around, start, _ = places(root, program)
    return around.holds(lambda scope, _: around.program.facts(scope).name.startswith(("one", "two")), start.place)


@pytest.mark.parametrize("name", ALWAYS)
def test_what_holds_in_all_that_leads_to_an_operation_holds_there(name: str, tmp_path: Path) -> None:
    assert holds_in_callers(tmp_path, ALWAYS[name])


@pytest.mark.parametrize("name", NOT_ALWAYS)
def test_what_a_run_may_come_without_does_not_hold(name: str, tmp_path: Path) -> None:
    assert not holds_in_callers(tmp_path, NOT_ALWAYS[name])


def test_the_key_is_told_in_the_terms_of_each_caller(tmp_path: Path) -> None:
    program = "def one(request):\n    put(request.id)\ndef other(k):\n    put(*k)\n"
    _, start, found = places(tmp_path, program)
    assert start.key is not None and not start.lifts
    told = found["one()"].key
    assert told is not None and told.tag == "attribute" and told.parts[1] == "id"
    assert found["other()"].key is None
    assert found["one()"].lifts == 1 and found["one()"].way[0] == start.place


def test_what_is_found_is_that_of_the_nearest_caller(tmp_path: Path) -> None:
    around, start, _ = places(tmp_path, "def one(k):\n    put(k)\ndef top(k):\n    one(k)\n")
    assert around.always(start, lambda lead: around.program.facts(lead.scope).name if lead.lifts else "") == "one"
    assert around.always(start, lambda lead: "") is None
