"""One program with a container of every kind, in every place where one can be: found, measured and judged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.confirm.children import Confirmed, confirmed
from tests.processes import environment
from tests.programs import write

STORE = """\
import asyncio
import collections
import functools
import io
import queue
import threading
import weakref

GROWS = {}
SWEPT = {}
CAPPED = {}
CLOSED = {}
EMPTY = {}
SHRINKS = dict.fromkeys(range(100_000))
NESTED = collections.defaultdict(list)
ORDERED = collections.OrderedDict()
LISTED = []
SEEN = set()
RING = collections.deque(maxlen=20)
QUEUE = queue.Queue()
WAITING = asyncio.Queue()
WEAK = weakref.WeakValueDictionary()
BUFFER = io.BytesIO()
LATER = None


class Own(dict):
    def __len__(self):
        raise AssertionError("nobody asks")


OWN = Own()


class Registry:
    shared = []

    def __init__(self):
        self.items = {}
        self.__hidden = []

    def add(self, number):
        self.items[number] = number
        self.__hidden.append(number)
        self.shared.append(number)


class Slotted:
    __slots__ = ("items", "__weakref__")

    def __init__(self):
        self.items = set()

    def add(self, number):
        self.items.add(number)


class Base:
    def __init__(self):
        self.kept = []

    def add(self, number):
        self.kept.append(number)


class Derived(Base):
    pass


class Lazy:
    _instance = None

    def __init__(self):
        self.found = {}

    @classmethod
    def get(cls):
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    def add(self, number):
        self.found[number] = number


class Outer:
    class Inner:
        table = {}


class Local:
    def __init__(self):
        self.entries = {}

    def add(self, number):
        self.entries[number] = number


class State:
    pass


class App:
    def __init__(self):
        self.state = State()


registry = Registry()
slotted = Slotted()
parts = {"derived": Derived()}


@functools.lru_cache(maxsize=None)
def remembered(user_id: str):
    return user_id


@functools.lru_cache(maxsize=16)
def recent(user_id: str):
    return user_id


def defaulted(number, memo={}):
    memo[number] = number


def make():
    captured = {}

    def add(number):
        captured[number] = number

    return add


add_captured = make()


def handle(number):
    global LATER
    GROWS[number] = number
    SWEPT[number] = number
    CAPPED[number] = number
    if len(CAPPED) > 5:
        CAPPED.pop(next(iter(CAPPED)))
    CLOSED["kind" if number % 2 else "other"] = number
    if number < 0:
        EMPTY[number] = number
    for _ in range(20):
        SHRINKS.popitem()
    NESTED["all"].append(number)
    ORDERED[number] = number
    LISTED.append(number)
    SEEN.add(number)
    RING.append(number)
    QUEUE.put(number)
    WAITING.put_nowait(number)
    WEAK[number] = registry
    BUFFER.write(b"x" * 1000)
    OWN[number] = number
    registry.add(number)
    slotted.add(number)
    parts["derived"].add(number)
    Lazy.get().add(number)
    Outer.Inner.table[number] = number
    defaulted(number)
    add_captured(number)
    if LATER is None:
        LATER = {}
    LATER[number] = number
    if number % 3 == 0:
        SWEPT.clear()
"""

MAIN = """\
import store
from pace import Course, step


def serve():
    own = store.Local()
    kept = {}
    course, number = Course(), 0
    while True:
        step()
        number += 1
        store.handle(number)
        store.remembered(str(number))
        store.recent(str(number))
        own.add(number)
        kept[number] = number
        if course.is_over(number):
            raise SystemExit


serve()
"""

GROWING = [
    "GROWS", "NESTED", "ORDERED", "LISTED", "SEEN", "QUEUE", "WAITING", "WEAK", "BUFFER", "OWN", "Registry.items",
    "Registry._Registry__hidden", "Registry.shared", "Slotted.items", "Base.kept", "Lazy.found", "Outer.Inner.table",
    "Local.entries", "remembered", "defaulted.memo", "make.captured", "LATER",
]  # fmt: skip
OTHERS = {
    "SWEPT": "levels off",
    "CAPPED": "levels off",
    "CLOSED": "levels off",
    "RING": "levels off",
    "recent": "levels off",
    "EMPTY": "never filled",
    "SHRINKS": "shrinks",
}
EXPECTED = {
    **dict.fromkeys((f"store:{name}" for name in GROWING), "grows"),
    **{f"store:{name}": verdict for name, verdict in OTHERS.items()},
    "main:serve.kept": "grows",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Confirmed:
    root = tmp_path_factory.mktemp("every")
    return confirmed(root, {"store.py": STORE, "main.py": MAIN}, list(EXPECTED))


@pytest.mark.parametrize("symbol", EXPECTED)
def test_it_is_found_and_judged(symbol: str, run: Confirmed) -> None:
    assert run.report, run.done.stderr
    assert run[symbol]["verdict"] == EXPECTED[symbol], run[symbol]


FRAMEWORK = """\
class State:
    pass


class App(dict):
    def __init__(self):
        self.state = State()

    def post(self, function):
        return function
"""
WEB = """\
from framework import App

app = App()
app.state.jobs = {}
app["seen"] = set()


@app.post
def handle(number):
    app.state.jobs[number] = number
    app["seen"].add(number)
"""


def test_what_hangs_on_an_object_of_another_package_is_found(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", {"framework.py": FRAMEWORK})
    main = "import web\nfrom pace import steps\nfor number in steps():\n    web.handle(number)\n"
    searched = os.pathsep.join((environment()["PYTHONPATH"], str(tmp_path / "elsewhere")))
    symbols = ["web:state.jobs", "web:app.seen"]
    files = {"web.py": WEB, "main.py": main}
    found = confirmed(tmp_path / "project", files, symbols, env={"PYTHONPATH": searched})
    assert found.report, found.done.stderr
    assert found.verdicts() == dict.fromkeys(symbols, "grows")


def test_what_is_set_on_an_object_of_an_own_class_is_found(tmp_path: Path) -> None:
    web = "class App: ...\n\n\napp = App()\napp.jobs = {}\n\n\ndef handle(number):\n    app.jobs[number] = number\n"
    main = "import web\nfrom pace import steps\nfor number in steps():\n    web.handle(number)\n"
    found = confirmed(tmp_path, {"web.py": web, "main.py": main}, ["web:app.jobs"])
    assert found.report, found.done.stderr
    assert found.verdicts() == {"web:App.jobs": "grows"}


WITHOUT_WEAK_REFERENCES = {
    "a namespace": (
        "from types import SimpleNamespace\n\napp = SimpleNamespace()\n\n\ndef start():\n    app.sessions = {}\n",
        "app",
        "app.sessions",
    ),
    "a namespace in an object": (
        "from types import SimpleNamespace\n\n\nclass App:\n    def __init__(self):\n"
        "        self.state = SimpleNamespace()\n\n\napp = App()\n\n\ndef start():\n    app.state.sessions = {}\n",
        "app.state",
        "state.sessions",
    ),
    "a namespace in a slot": (
        "from types import SimpleNamespace\n\n\nclass App:\n    __slots__ = ('state',)\n\n    def __init__(self):\n"
        "        self.state = SimpleNamespace()\n\n\napps = {'one': [App()]}\n\n\ndef start():\n"
        "    apps['one'][0].state.sessions = {}\n",
        "apps['one'][0].state",
        "state.sessions",
    ),
    "objects with slots alone": (
        "class State:\n    __slots__ = ('sessions',)\n\n    def open(self):\n        self.sessions = {}\n\n\n"
        "class App:\n    __slots__ = ('state',)\n\n    def __init__(self):\n        self.state = State()\n\n\n"
        "app = App()\n\n\ndef start():\n    app.state.open()\n",
        "app.state",
        "State.sessions",
    ),
}
"""Where a map is put at start-up: the program, how it writes the object, and the symbol."""


@pytest.mark.parametrize("name", WITHOUT_WEAK_REFERENCES)
def test_what_an_object_has_is_found_that_cannot_be_referred_to_weakly(name: str, tmp_path: Path) -> None:
    program, written, symbol = WITHOUT_WEAK_REFERENCES[name]
    store = f"{program}\n\ndef handle(number):\n    {written}.sessions[number] = number\n"
    main = (
        "import store\nfrom pace import steps\nfor number in steps():\n"
        "    if number == 3:\n        store.start()\n    if number >= 3:\n        store.handle(number)\n"
    )
    found = confirmed(tmp_path, {"store.py": store, "main.py": main}, [f"store:{symbol}"])
    assert found.report, found.done.stderr
    assert found.verdicts() == {f"store:{symbol}": "grows"}


META = """\
class Kind(type):
    def __init__(cls, *given):
        super().__init__(*given)
        cls.made = {}

    def remember(cls, number):
        cls.made[number] = number


class Thing(metaclass=Kind):
    pass
"""


def test_what_a_metaclass_gives_to_its_classes_is_found(tmp_path: Path) -> None:
    main = "import meta\nfrom pace import steps\nfor number in steps():\n    meta.Thing.remember(number)\n"
    found = confirmed(tmp_path, {"meta.py": META, "main.py": main}, ["Kind.made"])
    assert found.report, found.done.stderr
    assert found.verdicts() == {"meta:Kind.made": "grows"}


def test_a_module_that_is_loaded_twice_is_looked_at_as_both(tmp_path: Path) -> None:
    text = (
        "import sys\nRUNS = {}\n\n\ndef handle(number):\n    RUNS[number] = number\n\n\n"
        "if __name__ == '__main__':\n    import main\n    from pace import steps\n    for number in steps():\n"
        "        handle(number)\n        main.handle(number)\n"
    )
    found = confirmed(tmp_path, {"main.py": text}, ["RUNS"])
    (process,) = found["main:RUNS"]["processes"]
    assert process["verdict"] == "grows"
    assert process["series"][-1][4] == 2 and process["left"]["entries"] % 2 == 0


def test_a_link_to_the_project_leads_to_it(tmp_path: Path) -> None:
    write(tmp_path / "real", {"store.py": "RUNS = {}\n\n\ndef handle(number):\n    RUNS[number] = number\n"})
    (tmp_path / "linked").symlink_to(tmp_path / "real", target_is_directory=True)
    main = "import store\nfrom pace import steps\nfor number in steps():\n    store.handle(number)\n"
    searched = os.pathsep.join((environment()["PYTHONPATH"], str(tmp_path / "linked")))
    asked = ["--project", str(tmp_path / "real"), "RUNS"]
    found = confirmed(tmp_path / "program", {"main.py": main}, asked, env={"PYTHONPATH": searched})
    assert found.report, found.done.stderr
    assert found.verdicts() == {"store:RUNS": "grows"}
