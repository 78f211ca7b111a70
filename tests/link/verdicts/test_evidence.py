"""What the evidence says of the insert that it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

LOADED = (
    "    def __init__(self):\n        self.load()\n"
    "    def load(self):\n        for row in rows():\n            X[row.id] = row\n"
)
PHASES = {
    "loaded, then added to": (f"class Store:\n{LOADED}    def put(self, row):\n        X[row.id] = row\n", "work"),
    "added to, then loaded": (f"class Store:\n    def put(self, row):\n        X[row.id] = row\n{LOADED}", "work"),
    "loaded alone": (f"class Store:\n{LOADED}", "constructor"),
    "the object itself": ("class Peer:\n    def __init__(self, request):\n        X[request.id] = self\n", "itself"),
}


@pytest.mark.parametrize("name", PHASES)
def test_the_insert_that_goes_on_tells_more_than_that_of_a_constructor(name: str, tmp_path: Path) -> None:
    program, phase = PHASES[name]
    evidence = named(linked(tmp_path, {"m.py": f"from other import rows\nX = {{}}\n{program}"})).evidence
    assert evidence is not None
    assert evidence.phase == phase


STORED = "import weakref\nX = []\ndef put(request):\n    X.append(%s)\n"
REFERENCE = STORED % "weakref.ref(request)"
VALUES = {
    "called": (STORED % "request.then" + "def tell():\n    for then in X:\n        then()\n", "callables"),
    "called for what it refers to": (
        f"{REFERENCE}def tell():\n    for ref in X:\n        if ref() is not None:\n            ref().off = True\n",
        "data",
    ),
    "a name for what it refers to": (
        f"{REFERENCE}def tell():\n    for ref in X:\n        view = ref()\n        if view:\n"
        "            view.close()\n",
        "data",
    ),
    "what it refers to is called": (
        f"{REFERENCE}def tell():\n    for ref in X:\n        then = ref()\n        if then:\n            then()\n",
        "callables",
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_reference_is_called_for_what_it_refers_to(name: str, tmp_path: Path) -> None:
    program, value = VALUES[name]
    evidence = named(linked(tmp_path, {"m.py": program})).evidence
    assert evidence is not None
    assert evidence.value == value


KEPT = "X = {}\ndef put(request):\n    X[request.id] = request\n"
SERVED = (
    "from flask import Flask, request\napp = Flask(__name__)\nX = {}\n"
    "@app.post('/a')\ndef put():\n    X[request.path] = 1\n"
)
REMOVERS = {
    "only users ask": (KEPT + "def drop(key):\n    X.pop(key, None)\n", ("public",), ""),
    "a request asks": (SERVED + "@app.post('/b')\ndef drop():\n    X.pop(request.path, None)\n", ("request",), ""),
    "both ask": (
        SERVED + "@app.post('/b')\ndef drop():\n    X.pop(request.path, None)\ndef empty():\n    X.clear()\n",
        ("request", "public"),
        "",
    ),
    "a return leads past it": (
        "X = {}\ndef work(request):\n    X[request.id] = request\n    if request.done:\n        return\n"
        "    del X[request.id]\n",
        ("public",),
        "return",
    ),
    "nothing removes": (KEPT, (), ""),
}


@pytest.mark.parametrize("name", REMOVERS)
def test_what_runs_the_removals_of_events_and_what_leads_past_them(name: str, tmp_path: Path) -> None:
    program, removers, exit_ = REMOVERS[name]
    evidence = named(linked(tmp_path, {"m.py": program})).evidence
    assert evidence is not None
    assert (evidence.removers, evidence.exit) == (removers, exit_)
