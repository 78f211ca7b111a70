"""Maps with weak keys whose values hold their own key: by what the value holds it, and by what it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

HEAD = """import asyncio
import collections
import functools
import threading
import types
import weakref
from dataclasses import InitVar, dataclass

X = weakref.WeakKeyDictionary()


class Wrapper:
    def __init__(self, owner, at=0):
        self.owner = owner
        self.at = at

    @classmethod
    def of(cls, owner):
        return cls(owner)


class Derived(Wrapper):
    def __init__(self, owner):
        super().__init__(owner, 1)


class BySetter:
    def __init__(self, owner):
        self._attach(owner)

    def _attach(self, owner):
        self._pair = (owner, 0)


class Loose:
    def __init__(self, owner):
        self._owner = weakref.ref(owner)
        self.name = owner.name


class Behind:
    def __init__(self, owner):
        self.owner = owner

    @property
    def owner(self):
        return self._owner()

    @owner.setter
    def owner(self, value):
        self._owner = weakref.ref(value)


class Letting:
    def __init__(self, owner):
        self.owner = owner

    def close(self):
        self.owner = None


@dataclass
class Record:
    owner: object
    at: float = 0.0


@dataclass
class Counted:
    owner: InitVar[object]
    at: float = 0.0


class Conn:
    name = ""

    def __init__(self, request):
        self.request = request
        self.hook = Wrapper(self)
        self.link = Loose(self)

    def on_close(self):
        pass

    @property
    def title(self):
        return self.name

    @staticmethod
    def helper():
        pass

    def build(self):
        return Wrapper(self)


def make(owner):
    return Wrapper(owner)


def name_of(owner):
    return owner.name


async def fetch(owner):
    return [owner]


def parts(owner):
    yield owner


def put(key, value):
    X[key] = value


"""

KEEPS = {
    "the key itself": "X[c] = c",
    "a list": "X[c] = [c]",
    "a tuple": "X[c] = (1, c)",
    "a dict": "X[c] = {'owner': c}",
    "a key of a dict": "X[c] = {c: 1}",
    "deeper": "X[c] = {'owner': [(c,)]}",
    "a comprehension": "X[c] = [(c, n) for n in range(3)]",
    "an object": "X[c] = Wrapper(c)",
    "an object by keyword": "X[c] = Wrapper(at=1, owner=c)",
    "an object of a class that leaves it to its base": "X[c] = Derived(c)",
    "an object of a class that stores in a method": "X[c] = BySetter(c)",
    "an object around an object": "X[c] = Wrapper(Wrapper(c))",
    "a dataclass": "X[c] = Record(c)",
    "a class method": "X[c] = Wrapper.of(c)",
    "a function of the project": "X[c] = make(c)",
    "a method of the key": "X[c] = c.build()",
    "an attribute of the key": "X[c] = c.hook",
    "a bound method": "X[c] = c.on_close",
    "an awaited function": "X[c] = await fetch(c)",
    "a name": "made = Wrapper(c)\n    X[c] = made",
    "two names": "made = Wrapper(c)\n    same = made\n    X[c] = same",
    "one of an unpacked pair": "made, at = Wrapper(c), 0\n    X[c] = made",
    "another name of the key": "key = c\n    X[key] = [c]",
    "stored later": "made = []\n    X[c] = made\n    made.append(c)",
    "stored by key": "made = {}\n    made['owner'] = c\n    X[c] = made",
    "set later": "made = Wrapper(None)\n    made.owner = c\n    X[c] = made",
    "a choice": "X[c] = Wrapper(c) if c.name else None",
    "a fallback": "X[c] = None or Wrapper(c)",
    "a lambda": "X[c] = lambda: c.name",
    "a default of a lambda": "X[c] = lambda c=c: c",
    "a lambda in a lambda": "X[c] = lambda: lambda: c.name",
    "a nested function": "def later():\n        return c.name\n    X[c] = later",
    "a partial": "X[c] = functools.partial(print, c)",
    "a partial of a bound method": "X[c] = functools.partial(c.on_close)",
    "a partial by keyword": "X[c] = functools.partial(print, file=c)",
    "a method made by hand": "X[c] = types.MethodType(print, c)",
    "a namespace": "X[c] = types.SimpleNamespace(owner=c)",
    "a dict by keywords": "X[c] = dict(owner=c)",
    "a deque": "X[c] = collections.deque([c])",
    "setdefault": "X.setdefault(c, Wrapper(c))",
    "update": "X.update({c: Wrapper(c)})",
    "update with a comprehension": "X.update({d: Wrapper(d) for d in (c,)})",
    "a list in an entry": "X.setdefault(c, []).append(Wrapper(c))",
    "a helper": "put(c, Wrapper(c))",
    "a helper by keyword": "put(value=Wrapper(c), key=c)",
    "a helper with the key alone": "wrap(c)\n\ndef wrap(key):\n    X[key] = [key]",
    "a helper of a helper": "through(c, [c])\n\ndef through(one, other):\n    put(one, other)",
    "what holds the key": "held = Conn(c)\n    X[held.request] = held",
}

LETS_GO = {
    "a weak reference": "X[c] = weakref.ref(c)",
    "a weak proxy": "X[c] = weakref.proxy(c)",
    "a list of weak references": "X[c] = [weakref.ref(c)]",
    "a weak method": "X[c] = weakref.WeakMethod(c.on_close)",
    "a value made of the key": "X[c] = c.name",
    "a call on the key": "X[c] = len(c)",
    "a function of the key": "X[c] = name_of(c)",
    "a property": "X[c] = c.title",
    "a static method": "X[c] = c.helper",
    "an f-string": "X[c] = f'{c}'",
    "something else": "X[c] = Wrapper(request)",
    "an object with a weak reference": "X[c] = Loose(c)",
    "an attribute of the key that lets go": "X[c] = c.link",
    "an object with a property that lets go": "X[c] = Behind(c)",
    "an object that lets go": "X[c] = Letting(c)",
    "a field that is only for the constructor": "X[c] = Counted(c)",
    "a copy of the key": "X[c] = list(c)",
    "a comprehension over the key": "X[c] = [n for n in c]",
    "another variable of that name": "X[c] = [c for c in (1, 2)]",
    "bound anew in between": "made = [c]\n    c = other(made)\n    X[c] = made",
    "the name of another list by then": "made = [c]\n    made = []\n    X[c] = made",
    "a lambda with a parameter of that name": "X[c] = lambda c: c.name",
    "a lambda that uses something else": "X[c] = lambda: request.id",
    "a task": "X[c] = asyncio.create_task(fetch(c))",
    "a coroutine": "X[c] = fetch(c)",
    "a generator": "X[c] = parts(c)",
    "a generator expression": "X[c] = (c for _ in range(3))",
    "a thread": "X[c] = threading.Thread(target=print, args=(c,))",
    "a class that is not known": "X[c] = Unknown(c)",
    "a helper": "put(c, Loose(c))",
    "a helper for another": "put(c, Wrapper(request))",
    "removed in a finally": "X[c] = [c]\n    try:\n        serve()\n    finally:\n        X.pop(c, None)",
    "removed by another": "X[c] = [c]\n\ndef handle_end(request):\n    X.pop(Conn(request), None)",
}


def of(tmp_path: Path, body: str, head: str = HEAD) -> object:
    text = f"{head}async def handle(request):\n    c = Conn(request)\n    {body}\n"
    project = linked(tmp_path, {"m.py": text})
    return project.defects.self_keeping_weak_entries.of(named(project))


@pytest.mark.parametrize("body", KEEPS.values(), ids=KEEPS)
def test_a_value_that_holds_its_key(body: str, tmp_path: Path) -> None:
    assert of(tmp_path, body) is not None


@pytest.mark.parametrize("body", LETS_GO.values(), ids=LETS_GO)
def test_a_value_that_lets_its_key_go(body: str, tmp_path: Path) -> None:
    assert of(tmp_path, body) is None


@pytest.mark.parametrize("maker", ["weakref.WeakValueDictionary()", "{}", "Own()"])
def test_a_map_that_has_no_weak_keys_or_stores_by_itself(maker: str, tmp_path: Path) -> None:
    own = "class Own(weakref.WeakKeyDictionary):\n    def __setitem__(self, key, value):\n        pass\n\n\n"
    head = "import weakref\n" + own + HEAD.partition("\n\n")[2].replace("weakref.WeakKeyDictionary()", maker, 1)
    assert of(tmp_path, "X[c] = [c]", head) is None


def test_every_entry_that_keeps_itself_is_given(tmp_path: Path) -> None:
    body = (
        "def put(request):\n    a, b = request.a, request.b\n"
        "    X[a] = [a]\n    X[request.c] = 1\n    X[b] = lambda: print(b)\n"
    )
    project = linked(tmp_path, {"m.py": HEAD + body})
    container = named(project)
    every = list(project.defects.self_keeping_weak_entries.every(container))
    assert every[0] == project.defects.self_keeping_weak_entries.of(container)
    assert len(every) == 2
