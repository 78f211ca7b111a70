"""What is appended to the lists inside entries, under keys of which there are few."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

TABLE = "X = {'a': [], 'b': []}\n"
PUT = "def put(request):\n    X['a'].append(request.path)\n"
LISTEN = "def listen(event, function):\n    X.setdefault(event, []).append(function)\n"
TELL = "def tell(event):\n    for function in X.get(event, ()):\n        function()\n"
VIEW = (
    "class View:\n    def __init__(self, data):\n        listen('changed', self.draw)\n"
    "    def draw(self):\n        pass\n"
)
HANDLE = "def handle(request):\n    View(request.data)\n"

GROWING = {
    "parts of a request": TABLE + PUT,
    "in an entry that is made where there is none": (
        "X = {}\ndef put(request):\n    if 'a' not in X:\n        X['a'] = []\n    X['a'].append(request.path)\n"
    ),
    "in an entry that is made where none is found": (
        "X = {}\ndef put(request):\n    try:\n        X['a'].append(request.path)\n    except KeyError:\n"
        "        X['a'] = [request.path]\n"
    ),
    "in an entry that is made when it is read": ("from collections import defaultdict\nX = defaultdict(list)\n" + PUT),
    "methods of new objects": "X = {}\n" + LISTEN + TELL + VIEW + HANDLE,
    "lambdas about new objects": "X = {}\n"
    + LISTEN
    + TELL
    + VIEW.replace("self.draw)", "lambda: self.draw())")
    + HANDLE,
    "new objects, by a handler": (
        "import socketserver\n" + TABLE + "class Note:\n    pass\n"
        "class Server(socketserver.BaseRequestHandler):\n    def handle(self):\n        X['a'].append(Note())\n"
    ),
    "new objects of what was asked": (
        TABLE + "class Note:\n    def __init__(self, text):\n        self.text = text\n"
        "def put(request):\n    X['a'].append(Note(request.text))\n"
    ),
}

NOT_KNOWN = {
    "taken out again": TABLE + PUT + "def take():\n    return X['a'].pop()\n",
    "rebuilt": TABLE + PUT + "def prune(now):\n    X['a'][:] = [at for at in X['a'] if at > now]\n",
    "replaced": TABLE + PUT + "def prune(now):\n    X['a'] = [at for at in X['a'] if at > now]\n",
    "no container that is known": (
        "X = {}\ndef put(request):\n    X.setdefault('a', request.log).append(request.path)\n"
    ),
    "what users register": "X = {}\n" + LISTEN + TELL,
    "what users register, in an object": (
        "X = {}\nclass Hook:\n    def __init__(self, function):\n        self.function = function\n"
        "def on(event):\n    def enter(function):\n        X.setdefault(event, []).append(Hook(function))\n"
        "        return function\n    return enter\n"
    ),
    "methods of objects that users make": "X = {}\n" + LISTEN + TELL + VIEW,
    "methods of objects that a factory makes": "X = {}\n" + LISTEN + TELL + VIEW + "def app():\n    return View({})\n",
    "methods of one object": (
        "X = {}\n"
        + LISTEN
        + TELL
        + VIEW
        + "    def again(self):\n        listen('moved', self.draw)\nWALL = View({})\n"
    ),
}

WITHIN_A_LIMIT = {
    "no more than so many": "from collections import deque\nX = {'a': deque(maxlen=9)}\n" + PUT,
    "no more than so many, made when read": (
        "from collections import defaultdict, deque\nX = defaultdict(lambda: deque(maxlen=9))\n" + PUT
    ),
    "held weakly": (
        "from collections import defaultdict\nfrom weakref import WeakSet\nX = defaultdict(WeakSet)\n"
        "def put(request):\n    X['a'].add(request)\n"
    ),
}


def levels(text: str, tmp_path: Path) -> set[str]:
    """The domains of what is appended inside entries."""
    container = named(linked(tmp_path, {"m.py": text}))
    return {insert.domain.kind for insert in container.inserts if insert.access.nested}


@pytest.mark.parametrize("text", GROWING.values(), ids=GROWING)
def test_elements_that_are_ever_new_and_stay(text: str, tmp_path: Path) -> None:
    assert levels(text, tmp_path) == {"open"}


@pytest.mark.parametrize("text", NOT_KNOWN.values(), ids=NOT_KNOWN)
def test_elements_that_may_be_few_or_go(text: str, tmp_path: Path) -> None:
    assert levels(text, tmp_path) == {"unknown"}


@pytest.mark.parametrize("text", WITHIN_A_LIMIT.values(), ids=WITHIN_A_LIMIT)
def test_elements_of_what_has_a_limit(text: str, tmp_path: Path) -> None:
    assert not levels(text, tmp_path)
