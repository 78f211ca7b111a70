"""Which attributes and variables are left out before anything is asked about their lives, as nothing inserts into them:
every one of which a rule could have anything to say must stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.comments.said import Comments
from unbounded_lint.files.contents import Contents
from unbounded_lint.files.sources import Sources
from unbounded_lint.run import analysis

MADE = "class Keeps:\n    def __init__(self):\n        self.seen = {}\nkeeps = Keeps()\n"
PUT = "    def put(self, k):\n        self.seen[k] = 1\n"
OTHER = "class Other:\n    def __init__(self):\n        self.seen = {}\n" + PUT
PROTOCOL = (
    "from typing import Protocol\nclass Puts(Protocol):\n    def load(self): ...\n"
    "    def put(self, k):\n        self.seen[k] = 1\n" + MADE.replace("keeps =", "    def load(self): ...\nkeeps =")
)
LOSING = "    def empty(self):\n        for k in self.seen:\n            self.seen.pop(k)\n"

GROWING = {
    "handed to what cannot be seen, and losing entries while they are looked at": MADE.replace(
        "keeps =", "    def put(self):\n        fill(self.seen)\n" + LOSING + "keeps ="
    ),
    "by a method of its own": MADE.replace("keeps =", "    def put(self, k):\n        self.seen[k] = 1\nkeeps ="),
    "by a method of a base": "class Base:\n    def put(self, k):\n        self.seen[k] = 1\n"
    + MADE.replace("Keeps:", "Keeps(Base):"),
    "by a method of a derived class": MADE
    + "class Puts(Keeps):\n    def put(self, k):\n        self.seen[k] = 1\nputs = Puts()\n",
    "by a method of what it is mixed with": "class Puts:\n    def put(self, k):\n        self.seen[k] = 1\n"
    + MADE
    + "class Both(Puts, Keeps):\n    pass\nboth = Both()\n",
    "from outside": MADE + "def put(k):\n    keeps.seen[k] = 1\n",
    "by what is not known": MADE + "def put(other, k):\n    other.seen[k] = 1\n",
    "by a function in a method": MADE.replace(
        "keeps =",
        "    def put(self):\n        def inner(k):\n            self.seen[k] = 1\n        return inner\nkeeps =",
    ),
    "through another name": MADE.replace(
        "keeps =", "    def put(self, k):\n        seen = self.seen\n        seen[k] = 1\nkeeps ="
    ),
    "as a local variable": "import time\ndef main():\n    seen = {}\n    while True:\n        time.sleep(1)\n"
    "        seen[time.time()] = 1\nmain()\n",
    "as a captured variable": "def make():\n    seen = {}\n    def put(k):\n        seen[k] = 1\n    return put\n"
    "put = make()\n",
    "as a default": "def put(k, seen={}):\n    seen[k] = 1\n",
}
STAYING = {
    "inserted into by a method of a protocol alone": PROTOCOL,
    "handed to what cannot be seen": MADE.replace("keeps =", "    def put(self):\n        fill(self.seen)\nkeeps ="),
    "read alone": MADE + "def get(k):\n    return keeps.seen[k]\n",
    "another class that inserts into its own": MADE + OTHER,
    "a local variable of that name": MADE + "def put(k):\n    seen = {}\n    seen[k] = 1\n    return len(seen)\n",
    "a local variable, and another that grows": "import time\nclass Keeps:\n"
    + PUT
    + "def main():\n    seen = {}\n    while True:\n        time.sleep(1)\n        print(1 in seen)\nmain()\n",
    "a default, and another variable that grows": "def get(k, seen={}):\n    return k in seen\n"
    "def put(k):\n    seen = {}\n    seen[k] = 1\n",
}


def names(tmp_path: Path, text: str) -> set[str]:
    """The containers that are looked at unless all are wanted."""
    request = request_for(write(tmp_path, {"m.py": text}))
    sources = Sources(request.project.root, request.project.files, Contents(request.project.root, None), None)
    project = analysis.link(request, Comments(sources))
    found = {container.name for container in project.containers}
    assert not project.failures
    return found - {"Other.seen"}


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING)
def test_what_something_may_insert_into_is_looked_at(text: str, tmp_path: Path) -> None:
    assert [name for name in names(tmp_path, text) if name.endswith("seen")]


@pytest.mark.parametrize("text", STAYING.values(), ids=STAYING)
def test_what_nothing_inserts_into_is_left_out(text: str, tmp_path: Path) -> None:
    assert not names(tmp_path, text)
