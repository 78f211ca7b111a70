"""Which class an attribute belongs to that code asks of its own object."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked

KEEPS = (
    "class Keeps:\n    def __init__(self):\n        self.seen = {}\n"
    "    def _note(self, request):\n        self.seen[request.id] = 1\n"
)
ASKS = "class Asks:\n    def ask(self, request):\n        self._note(request)\n"
OWN = ASKS + "    def _note(self, request):\n        pass\n"
MIXED = {
    "before": KEEPS + ASKS + "class Both(Keeps, Asks):\n    pass\n",
    "behind": KEEPS + ASKS + "class Both(Asks, Keeps):\n    pass\n",
    "in a class derived further on": KEEPS + ASKS + "class Half(Asks):\n    pass\nclass Both(Half, Keeps):\n    pass\n",
    "before one that has its own": KEEPS + OWN + "class Both(Keeps, Asks):\n    pass\n",
    "the attribute itself": KEEPS.replace("_note", "note")
    + "class Asks:\n    def ask(self, request):\n        self.seen[request.id] = 1\n"
    "class Both(Asks, Keeps):\n    pass\n",
}
APART = {
    "behind one that has its own": KEEPS + OWN + "class Both(Asks, Keeps):\n    pass\n",
    "not mixed": KEEPS + ASKS + "class Both(Keeps):\n    pass\n",
}


def inserts(text: str, tmp_path: Path) -> set[str]:
    project = linked(tmp_path, {"m.py": f"{text}both = Both()\n"})
    assert not project.failures
    (container,) = (c for c in project.containers if c.holder.name == "seen")
    places = [insert.access.place for insert in container.inserts]
    ways = [way for place in places for way in project.execution.nearest(*place, "api")]
    return {project.program.facts(way.root[0]).name for way in ways}


@pytest.mark.parametrize("text", MIXED.values(), ids=MIXED)
def test_a_class_answers_what_one_asks_that_it_is_mixed_with(text: str, tmp_path: Path) -> None:
    assert "ask" in inserts(text, tmp_path)


@pytest.mark.parametrize("text", APART.values(), ids=APART)
def test_a_class_answers_no_other(text: str, tmp_path: Path) -> None:
    assert "ask" not in inserts(text, tmp_path)
