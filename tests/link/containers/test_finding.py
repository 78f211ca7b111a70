"""Which objects count as long-lived containers, by the forms in which programs define them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked
from unbounded_lint.link.containers.lifetimes import Life

Lifetimes = dict[str, str]

OWNED = "part of outside"
"""Lives as long as an object that only the project's users make."""

OPEN = "part of closable"
"""Lives as long as an object that somebody keeps open."""

FORMS: dict[str, tuple[str, Lifetimes]] = {
    "displays": ("A = {}\nB = []\nC = {1}\n", {"A": "module", "B": "module", "C": "module"}),
    "constructors": (
        "import collections\nfrom collections import defaultdict as dd, deque\n"
        "A = dict()\nB = dd(list)\nC = deque()\nD = collections.Counter()\n",
        {"A": "module", "B": "module", "C": "module", "D": "module"},
    ),
    "no containers": ("A = ()\nB = 3\nC = 'x'\nD = frozenset({1})\n", {}),
    "annotated and final": (
        "from typing import Final\nA: Final[dict[str, int]] = {}\nB: 'dict[str, int]' = {}\nC: dict[str, int]\n",
        {"A": "module", "B": "module"},
    ),
    "comprehension and choice": ("A = {k: 1 for k in 'ab'}\nB = None or {}\n", {"A": "module", "B": "module"}),
    "tuple of targets": (
        "A, B = {}, []\nC = D = set()\n",
        {"A": "module", "B": "module", "C": "module", "D": "module"},
    ),
    "try and except": ("try:\n    import x\n    A = {}\nexcept ImportError:\n    A = {}\n", {"A": "module"}),
    "a name bound at the very end": (
        "A = {}\ntry:\n    import x\nexcept ImportError as error:\n    pass\n",
        {"A": "module"},
    ),
    "type checking only": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    A = {}\n", {}),
    "dunder names": ("__all__ = ['f']\n__path__ = []\n", {}),
    "global in a function": ("A = None\ndef f():\n    global A\n    A = {}\n", {"A": "module"}),
    "locals": ("def f():\n    a = {}\n    return a\n", {}),
    "attribute given by a local name": (
        "class C:\n    def __init__(self, x):\n        a, c = {}, ()\n        self.a = a\n        b = dict()\n"
        "        self.b = b\n        self.c = c\n        self.d = x\n",
        {"C.a": OWNED, "C.b": OWNED},
    ),
    "attribute given by a name that lasts": (
        "import time\nclass C:\n    pass\ndef main():\n    seen = {}\n    c = C()\n    c.seen = seen\n"
        "    while True:\n        time.sleep(1)\n        seen[time.time()] = 1\nmain()\n",
        {"main.seen": "frame"},
    ),
    "default of a look-up": (
        "import os\nA = os.environ.get('a', {})\nB = os.environ.get('b', '')\n"
        "class C:\n    def __init__(self, **options):\n        self.a = options.get('a', {})\n"
        "        self.b = options.pop('b', [])\n        self.c = options.get('c')\n",
        {"A": "module", "C.a": OWNED, "C.b": OWNED},
    ),
    "field that methods assign to": (
        "import dataclasses\n@dataclasses.dataclass\nclass C:\n"
        "    a: list = dataclasses.field(default_factory=list)\n    b: int = 1\n"
        "    def take(self, parts):\n        self.a = parts.all\n        self.b = parts.b\n"
        "    def add(self, part):\n        self.a.append(part)\n",
        {"C.a": OWNED},
    ),
    "factory function": ("def make():\n    return {}\nA = make()\n", {"A": "module"}),
    "subclass of dict": ("class Registry(dict):\n    pass\nA = Registry()\n", {"A": "module"}),
    "class attribute": ("class C:\n    a = {}\n", {"C.a": "class"}),
    "mangled class attribute": (
        "class C:\n    __a = {}\n    def f(self, k):\n        self.__a[k] = 1\n",
        {"C.__a": "class"},
    ),
    "nested class": ("class C:\n    class D:\n        a = {}\n", {"C.D.a": "class"}),
    "bound on the class by a method": (
        "class C:\n    a = None\n    @classmethod\n    def f(cls):\n        cls.a = {}\n",
        {"C.a": "class"},
    ),
    "bound on each derived class": (
        "class _C:\n    def __init_subclass__(cls):\n        cls.a = {}\nclass D(_C):\n    pass\n",
        {"_C.a": "class"},
    ),
    "bound by the body and by a method": (
        "class C:\n    a = {}\n    @classmethod\n    def f(cls):\n        cls.a = {}\n",
        {"C.a": "class"},
    ),
    "class in a function": ("def f():\n    class C:\n        a = {}\n    return C\n", {}),
    "default of instances": ("class C:\n    a = {}\n    def __init__(self):\n        self.a = {}\n", {"C.a": OWNED}),
    "dataclass field": (
        "from dataclasses import dataclass, field\n@dataclass\nclass C:\n    a: dict = field(default_factory=dict)\n",
        {"C.a": OWNED},
    ),
    "field by a function of the project": (
        "import attr\ndef column(factory):\n    return attr.ib(factory=factory, repr=False)\n"
        "@attr.s\nclass C:\n    a: list = column(factory=lambda: [])\n",
        {"C.a": OWNED},
    ),
    "made by a function of the project": (
        "import attr\ndef column():\n    return {}\nclass C:\n    a = column()\n",
        {"C.a": "class"},
    ),
    "field of a singleton": (
        "from dataclasses import dataclass, field\n"
        "@dataclass\nclass C:\n    a: dict = field(default_factory=dict)\nc = C()\n",
        {"C.a": "part of module"},
    ),
    "instances made per call": (
        "class C:\n    def __init__(self):\n        self.a = {}\ndef f():\n    return C()\n",
        {},
    ),
    "made by users alone": ("class C:\n    def __init__(self):\n        self.a = {}\n", {"C.a": OWNED}),
    "made by users, and open until it is closed": (
        "class C:\n    def __init__(self):\n        self.a = {}\n    def close(self):\n        pass\n",
        {"C.a": OPEN},
    ),
    "made per call too, and open until it is closed": (
        "class C:\n    def __init__(self):\n        self.a = {}\n    async def aclose(self):\n        pass\n"
        "def open_one():\n    return C()\n",
        {"C.a": OPEN},
    ),
    "private, with a public form that a base closes": (
        "class B:\n    def stop(self):\n        pass\nclass _C(B):\n    def __init__(self):\n        self.a = {}\n"
        "class D(_C):\n    pass\ndef main():\n    D().run()\n",
        {"_C.a": OPEN},
    ),
    "part of what is open until it is closed": (
        "class P:\n    def __init__(self):\n        self.a = {}\n"
        "class C:\n    def __init__(self):\n        self.p = P()\n    def disconnect(self):\n        pass\n"
        "def f():\n    C().p\n",
        {"P.a": OPEN},
    ),
    "private, and closed": (
        "class _C:\n    def __init__(self):\n        self.a = {}\n    def close(self):\n        pass\n"
        "def f():\n    _C().close()\n",
        {},
    ),
    "made per call, with nothing to close": (
        "class C:\n    def __init__(self):\n        self.a = {}\ndef f():\n    return C()\n",
        {},
    ),
    "made by users and by a subclass for them": (
        "class C:\n    def __init__(self):\n        self.a = {}\n"
        "class D(C):\n    @classmethod\n    def make(cls):\n        return cls()\n",
        {"C.a": OWNED},
    ),
    "made by users in place of another": (
        "from unittest import mock\nclass C(mock.MagicMock):\n    def __init__(self):\n        self.a = {}\n",
        {},
    ),
    "part of a class that makes it, and closed": (
        "class H:\n    class C:\n        def __init__(self):\n            self.a = {}\n        def close(self):\n"
        "            pass\n    def f(self):\n        self.C().close()\n",
        {},
    ),
    "part of a class that leaves it to users, and open until it is closed": (
        "class H:\n    class C:\n        def __init__(self):\n            self.a = {}\n        def close(self):\n"
        "            pass\n",
        {"H.C.a": OPEN},
    ),
    "private and never made": ("class _C:\n    def __init__(self):\n        self.a = {}\n", {}),
}

STORE = "class Store:\n    def __init__(self):\n        self.items = {}\n"
SINGLETONS = {
    "module instance": "store = Store()\n",
    "lazy global": (
        "_store = None\ndef get():\n    global _store\n    if _store is None:\n        _store = Store()\n"
        "    return _store\n"
    ),
    "cached getter": "import functools\n@functools.lru_cache\ndef get():\n    return Store()\n",
    "getter cached without limit": "from functools import cache\n@cache\ndef get():\n    return Store()\n",
    "class attribute": "class Holder:\n    store = Store()\n",
    "attribute of a singleton": "class App:\n    def __init__(self):\n        self.store = Store()\napp = App()\n",
    "subclass instance": "class Other(Store):\n    pass\nother = Other()\n",
}
NO_SINGLETONS = {
    "items of a list that an event makes": (
        "class Reply:\n    def __init__(self, names):\n        self.all = [Store() for name in names]\n"
        "def handle(request):\n    return Reply(request.names).all\n"
    ),
    "given by a generator": (
        "class Shop:\n    def __init__(self, names):\n        self.all = tuple(Store() for name in names)\n"
        "shop = Shop('ab')\n"
    ),
    "made by a metaclass that keeps none": (
        "class Checked(type):\n    def __call__(cls, *args):\n        made = super().__call__(*args)\n"
        "        made.store.items.clear()\n        return made\n"
        "class Own(metaclass=Checked):\n    def __init__(self):\n        self.store = Store()\n"
        "def handle(request):\n    return Own().store.items\n"
    ),
    "made per call": "def handle(request):\n    return Store().items\n",
    "made by a class method for the project": (
        "class Own(Store):\n    @classmethod\n    def read(cls, path):\n        own = cls()\n        own.path = path\n"
        "        return own\ndef handle(request):\n    return Own.read(request).items\n"
    ),
    "given to what the project makes and closes itself": (
        "class Reply:\n    def __init__(self, store):\n        self.store = store\n    def close(self):\n        pass\n"
        "def handle(request):\n    store = Store()\n    Reply(store).close()\n"
    ),
    "made for a field of a record that is made per call": (
        "from dataclasses import dataclass, field\n@dataclass\nclass Own:\n"
        "    store: Store = field(default_factory=Store)\ndef handle(request):\n    return Own().store.items\n"
    ),
    "local of a function that a request waits for": (
        "import time, sys\nfrom flask import Flask\napp = Flask('a')\ndef settle(job):\n    own = Store()\n"
        "    while not job.done:\n        time.sleep(1)\n        own.items[job.step()] = job\n"
        "@app.post('/jobs')\ndef start():\n    settle(app.job)\n    return 'done'\n"
        "if __name__ == '__main__':\n    settle(sys.argv)\n"
    ),
    "cached by an argument": "from functools import cache\n@cache\ndef get(name):\n    return Store()\n",
    "bound anew by each event": (
        "class App:\n    def handle(self, request):\n        self.store = Store()\n"
        "        return self.store.items\napp = App()\nwhile True:\n    app.handle(input())\n"
    ),
    "tested on the way to what is kept": (
        "class Reply:\n    def __init__(self):\n        self.is_head = False\nGONE = Reply()\n"
        "def handle(request):\n    store = Store()\n    reply = Reply()\n"
        "    reply.is_head = store and store.items == {}\n    return reply\n"
    ),
    "kept by its own constructor on itself": (
        "class Own(Store):\n    def __init__(self):\n        super().__init__()\n        self.me = self\n"
        "def handle(request):\n    return Own().items\n"
    ),
    "shown by its own constructor": (
        "class Own(Store):\n    def __init__(self):\n        super().__init__()\n        print(self)\n"
        "def handle(request):\n    return Own().items\n"
    ),
    "its name is handed to a registrar": (
        "import farlib\ndef install():\n    store = Store()\n    farlib.register_handler('a', store.name)\n"
    ),
    "local of a function that a handler calls": (
        "import asyncio\nasync def on_connect(reader, writer):\n    own = Store()\n    while True:\n"
        "        own.items[await reader.readline()] = writer\n"
        "async def main():\n    await asyncio.start_server(on_connect, '', 1)\n    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    ),
}


LASTING = {
    "made where an error tells that there is none": (
        "class App:\n    def __init__(self):\n        self.store = None\n    def handle(self, request):\n        try:\n"
        "            self.store.items[request] = 1\n        except AttributeError:\n"
        "            self.store = Store()\napp = App()\nwhile True:\n    app.handle(input())\n",
        "part of module",
    ),
    "kept where nothing else is": (
        "class Reply:\n    def __init__(self):\n        self.store = None\nGONE = Reply()\n"
        "def handle(request):\n    GONE.store = request and Store() or None\n",
        "part of module",
    ),
    "one of two lasts": (
        "store = Store()\ndef handle(request):\n    own = Store()\n    return own.items\n",
        "part of module",
    ),
    "on the state of an application": (
        "from fastapi import FastAPI\ndef create(app):\n    app.state.store = Store()\ncreate(FastAPI())\n",
        "part of application",
    ),
    "under a key of an application that is served": (
        "from aiohttp import web\ndef make():\n    app = web.Application()\n    app['store'] = Store()\n"
        "    return app\n"
        "web.run_app(make())\n",
        "part of application",
    ),
    "local of a coroutine that serves": (
        "import asyncio\nasync def main():\n    store = Store()\n"
        "    server = await asyncio.start_server(store.take, '', 1)\n    await server.serve_forever()\n"
        "asyncio.run(main())\n",
        "part of frame",
    ),
    "local of a function that calls what serves": (
        "import time\ndef work(store):\n    while True:\n        time.sleep(1)\n        store.items[time.time()] = 1\n"
        "def main():\n    store = Store()\n    work(store)\nif __name__ == '__main__':\n    main()\n",
        "part of frame",
    ),
    "captured by a handler of a factory": (
        "from flask import Flask, request\ndef create_app():\n    app = Flask('a')\n    store = Store()\n"
        "    @app.post('/')\n    def put():\n        store.items[request.form['k']] = 1\n    return app\n",
        "part of closure",
    ),
    "handed to a reactor": (
        "from twisted.internet import reactor\nreactor.listenTCP(1, Store())\nreactor.run()\n",
        "part of module",
    ),
    "bound by a set-up method": (
        "class App:\n    def init_app(self, address):\n        self.store = Store()\napp = App()\n",
        "part of module",
    ),
    "kept by its own constructor on the class": (
        "class Own(Store):\n    the = None\n    def __init__(self):\n        super().__init__()\n"
        "        Own.the = self\ndef handle(request):\n    Own()\n",
        "part of class",
    ),
    "kept by its own constructor on whatever class it has": (
        "class Own(Store):\n    the = None\n    def __init__(self):\n        super().__init__()\n"
        "        type(self).the = self\ndef handle(request):\n    Own()\n",
        "part of class",
    ),
    "kept by its own constructor in a variable of the module": (
        "the = None\nclass Own:\n    def __init__(self):\n        global the\n        self.store = Store()\n"
        "        the = self\ndef handle(request):\n    Own()\n",
        "part of module",
    ),
    "put into a list that lasts as the program starts": (
        "ALL = []\ndef main():\n    ALL.append(Store())\nif __name__ == '__main__':\n    main()\n",
        "part of element",
    ),
    "handed to a registrar by one of its methods": (
        "import farlib\nclass Own(Store):\n    def take(self, k):\n        self.items[k] = 1\n"
        "def install():\n    own = Own()\n    farlib.register_handler('a', own.take)\n",
        "part of registered",
    ),
    "handed to a registrar in a list": (
        "import farlib\ndef install():\n    farlib.add_plugin([Store()])\n",
        "part of registered",
    ),
    "handed to a registrar with a function": (
        "import farlib, functools\ndef take(store, k):\n    store.items[k] = 1\n"
        "def install():\n    farlib.register_handler('a', functools.partial(take, Store()))\n",
        "part of registered",
    ),
    "captured by a function that a registrar gets": (
        "import farlib\ndef install():\n    store = Store()\n"
        "    farlib.register_handler('a', lambda k: store.items.update(k))\n",
        "part of closure",
    ),
    "made by __new__ and kept on its class": (
        "class Own:\n    _the = None\n    def __new__(cls):\n        if cls._the is None:\n"
        "            cls._the = super().__new__(cls)\n            cls._the.store = Store()\n        return cls._the\n",
        "part of class",
    ),
    "given by a metaclass to its classes": (
        "class Meta(type):\n    def __init__(cls, name, bases, body):\n        cls.store = Store()\n"
        "class C(metaclass=Meta):\n    pass\n",
        "part of module",
    ),
    "item of a list that lasts": ("ALL = [Store() for _ in range(3)]\n", "part of module"),
    "items of a list that what lasts is made with": (
        "class Shop:\n    def __init__(self, names):\n        self.all = [Store() for name in names]\n"
        "shop = Shop('ab')\n",
        "part of element",
    ),
    "values of a dict that what lasts is made with": (
        "class Shop:\n    def __init__(self, names):\n        self.all = {name: Store() for name in names}\n"
        "shop = Shop('ab')\n",
        "part of element",
    ),
    "items written out, and handed to what lasts": (
        "class Shop:\n    def __init__(self, parts):\n        self.parts = parts\n"
        "def make():\n    return Shop([Store(), None])\nshop = make()\n",
        "part of element",
    ),
    "kept by the metaclass of its class": (
        "class Single(type):\n    _all = {}\n    def __call__(cls, *args):\n        if cls not in cls._all:\n"
        "            cls._all[cls] = super().__call__(*args)\n        return cls._all[cls]\n"
        "class Own(metaclass=Single):\n    def __init__(self):\n        self.store = Store()\n"
        "def handle(request):\n    return Own()\n",
        "part of element",
    ),
    "kept on its class by the metaclass of that": (
        "class Single(type):\n    _the = None\n    def __call__(cls, *args):\n        if cls._the is None:\n"
        "            cls._the = super().__call__(*args)\n        return cls._the\n"
        "class Own(metaclass=Single):\n    def __init__(self):\n        self.store = Store()\n"
        "def handle(request):\n    return Own()\n",
        "part of module",
    ),
    "made by a class method for its users": (
        "class Own:\n    def __init__(self):\n        self.store = Store()\n"
        "    @classmethod\n    def read(cls, path):\n        return Own()\n    def copy(self):\n        return Own()\n",
        OWNED,
    ),
    "made by a class method that the project calls, and kept": (
        "class Own(Store):\n    @classmethod\n    def read(cls, path):\n        return cls()\nown = Own.read('a')\n",
        "part of module",
    ),
    "made by a method that the project calls on what its users have": (
        "class Own(Store):\n    def copy(self):\n        return Own()\n"
        "def handle(own: Own):\n    return own.copy().items\n",
        OWNED,
    ),
    "given to what the project makes and keeps": (
        "class Reply:\n    def __init__(self, store):\n        self.store = store\n    def close(self):\n        pass\n"
        "def make():\n    store = Store()\n    return Reply(store)\nreply = make()\n",
        "part of module",
    ),
    "made by what its users close": (
        "class Reply:\n    def __init__(self):\n        self.store = Store()\n    def close(self):\n        pass\n"
        "def handle(request):\n    Reply().close()\n",
        OPEN,
    ),
    "given by an alternate constructor to what its users close": (
        "def made():\n    return Store()\nclass Reply:\n    def __init__(self, store):\n        self.store = store\n"
        "    @classmethod\n    def open(cls):\n        return cls(made())\n    def close(self):\n        pass\n",
        OPEN,
    ),
    "set on what its users close": (
        "class Reply:\n    def __init__(self, store=None):\n        self.store = store\n    def close(self):\n"
        "        pass\ndef fill(reply: Reply):\n    reply.store = Store()\ndef handle(request):\n    fill(Reply())\n",
        OPEN,
    ),
    "made for a field of a record that lasts": (
        "from dataclasses import dataclass, field\n@dataclass\nclass Own:\n"
        "    store: Store = field(default_factory=Store)\nown = Own()\n",
        "part of module",
    ),
    "made for a field of a record that its users make": (
        "from dataclasses import dataclass, field\n@dataclass\nclass Own:\n"
        "    store: Store = field(default_factory=Store)\n",
        OWNED,
    ),
    "installed by its users into their application": (
        "class Shop:\n    def __init__(self):\n        self.store = Store()\n    def init_app(self, app):\n"
        "        app.extensions['shop'] = self\n    def close(self):\n        pass\n",
        "part of registered",
    ),
    "local of a function that a thread of a request waits for": (
        "import time, sys, threading\nfrom flask import Flask\napp = Flask('a')\n"
        "def settle(job):\n    own = Store()\n    while not job.closed:\n        time.sleep(1)\n"
        "        own.items[job.step()] = job\n"
        "@app.post('/jobs')\ndef start():\n"
        "    threading.Thread(target=settle, args=(app,)).start()\n    return 'done'\n"
        "if __name__ == '__main__':\n    settle(sys.argv)\n",
        "part of frame",
    ),
    "made by derived classes of a private one, for their users": (
        "class _Own:\n    def __init__(self):\n        self.store = Store()\nclass Own(_Own):\n    pass\n",
        OWNED,
    ),
    "entry of what its users alone may let last": (
        "class Shop:\n    def __init__(self):\n        self.all = {}\n"
        "    def add(self, name):\n        self.all[name] = Store()\n",
        OWNED,
    ),
    "entry of a container that lasts": (
        "ALL = {}\ndef handle(request):\n    ALL[request.id] = Store()\n",
        "part of element",
    ),
}


def shown(life: Life) -> str:
    return f"part of {life.kind}" if life.distance else life.kind


def lifetimes(tmp_path: Path, text: str) -> Lifetimes:
    project = linked(tmp_path, {"m.py": text})
    found = {container.name: shown(container.holder.life) for container in project.containers}
    assert not project.failures
    assert len(found) == len(project.containers), "each container once"
    return found


@pytest.mark.parametrize(("text", "expected"), FORMS.values(), ids=FORMS)
def test_form(text: str, expected: Lifetimes, tmp_path: Path) -> None:
    assert lifetimes(tmp_path, text) == expected


@pytest.mark.parametrize("text", SINGLETONS.values(), ids=SINGLETONS)
def test_attributes_of_singletons_are_long_lived(text: str, tmp_path: Path) -> None:
    assert list(lifetimes(tmp_path, STORE + text)) == ["Store.items"]


@pytest.mark.parametrize(("text", "expected"), LASTING.values(), ids=LASTING)
def test_whatever_holds_an_object_makes_its_attributes_last(text: str, expected: str, tmp_path: Path) -> None:
    assert lifetimes(tmp_path, STORE + text).get("Store.items") == expected


def test_what_each_event_puts_into_a_list_is_taken_for_passing(tmp_path: Path) -> None:
    text = "ALL = []\ndef handle(request):\n    ALL.append(Store())\n"
    assert lifetimes(tmp_path, STORE + text) == {"ALL": "module"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import fastapi\napp = fastapi.FastAPI()\napp.state.jobs = []\n", {"state.jobs": "application"}),
        ("import aiohttp.web\napp = aiohttp.web.Application()\napp['jobs'] = {}\n", {"app.jobs": "application"}),
        ("def add(key, seen={}):\n    seen[key] = 1\n", {"add.seen": "part of module"}),
        (
            "def add(key, seen={}):\n    seen[key] = 1\nif __name__ == '__main__':\n    add(1)\n",
            {"add.seen": "part of module"},
        ),
        ("def add(key, seen={}):\n    seen[key] = 1\nif __name__ == '__main__':\n    add(1, seen={})\n", {}),
        (
            "def add(key, seen={}):\n    seen[key] = 1\nif __name__ == '__main__':\n    add(*open('a'))\n",
            {"add.seen": "part of module"},
        ),
        (
            "def add(key, seen={}):\n    seen[key] = 1\nif __name__ == '__main__':\n    add(1, {})\n    run(add)\n",
            {"add.seen": "part of module"},
        ),
        ("def add(key, seen={}):\n    seen[key] = 1\ndef other():\n    add(1, {})\n", {"add.seen": "part of module"}),
        ("def _add(key, seen={}):\n    seen[key] = 1\ndef other():\n    _add(1, {})\n", {}),
        (
            "import asyncio\nasync def main():\n    seen = {}\n    async def take(reader, writer):\n"
            "        seen[await reader.read()] = 1\n    server = await asyncio.start_server(take, '', 1)\n"
            "    await server.serve_forever()\nasyncio.run(main())\n",
            {"main.seen": "frame"},
        ),
        (
            "def memo(f):\n    kept = {}\n    def wrapped(key):\n        kept[key] = f(key)\n        return kept[key]\n"
            "    return wrapped\n@memo\ndef square(key):\n    return key * key\n",
            {"memo.kept": "closure"},
        ),
    ],
)
def test_containers_that_no_module_or_class_names(text: str, expected: Lifetimes, tmp_path: Path) -> None:
    assert lifetimes(tmp_path, text) == expected


WORK = "import sys, select, heapq, queue, time\nfrom collections import deque\n"
RUN = "\nif __name__ == '__main__':\n    work(sys.argv[1:])\n"
FRAMES: dict[str, tuple[str, bool]] = {
    "a list of what is left to do": (
        "def work(todo):\n    X = {}\n    while todo:\n        one = todo.pop()\n"
        "        X[one] = one.get('name')\n        todo.extend(one.parts)\n",
        False,
    ),
    "a queue by rank": (
        "def work(todo):\n    X = {}\n    while todo:\n        rank, one = heapq.heappop(todo)\n"
        "        X[one] = one.get('name')\n        heapq.heappush(todo, (rank + 1, one.next))\n",
        False,
    ),
    "an attribute of what is left to do": (
        "def work(job):\n    X = {}\n    while job.parts:\n        X[job.read()] = job.parts.popleft()\n",
        False,
    ),
    "what was drawn is put back": (
        "def work(todo):\n    X = {}\n    while todo:\n        one = todo.popleft()\n        X[one.recv()] = one\n"
        "        todo.append(one)\n",
        True,
    ),
    "what was drawn is put back by its rank": (
        "def work(todo):\n    X = {}\n    while todo:\n        one = heapq.heappop(todo)\n"
        "        X[one.recv()] = one\n        heapq.heappush(todo, (1, one))\n",
        True,
    ),
    "connections that close": (
        "def work(open):\n    X = {}\n    while open:\n        ready, _, _ = select.select(open, [], [])\n"
        "        for one in ready:\n            X[one.recv()] = one\n            open.remove(one)\n",
        True,
    ),
    "entries by name": (
        "def work(open):\n    X = {}\n    while open:\n        name = open.poll()\n        X[name] = open.pop(name)\n",
        True,
    ),
    "a look-up in a table of its own": (
        "names = dict(a=1)\ndef work(lines):\n    X = []\n    busy = True\n    while busy:\n"
        "        X.append(names.get(lines[0]))\n        busy = lines.next()\n",
        False,
    ),
    "a look-up in a table of its object": (
        "class C:\n    def __init__(self):\n        self.names = {}\n    def go(self, lines):\n        X = []\n"
        "        busy = True\n        while busy:\n            X.append(self.names.get(lines[0]))\n"
        "            busy = lines.next()\ndef work(lines):\n    C().go(lines)\n",
        False,
    ),
    "what is left in a queue": (
        "def work(queue):\n    X = []\n    while not queue.empty():\n        X.append(queue.get())\n",
        False,
    ),
    "what is left in a queue, by its size": (
        "def work(queue):\n    X = []\n    while queue.qsize():\n        X.append(queue.get())\n",
        False,
    ),
    "what is taken out of a queue is put back": (
        "def work(queue):\n    X = []\n    while not queue.empty():\n        one = queue.get()\n"
        "        X.append(one.recv())\n        queue.put(one)\n",
        True,
    ),
    "what is not ready goes back into a queue of its own": (
        "def work(parts):\n    X = {}\n    left = queue.Queue()\n    for part in parts:\n        left.put(part)\n"
        "    while not left.empty():\n        one = left.get()\n        if not X.get(one.after):\n"
        "            left.put(one)\n            continue\n        X[one] = one.get('name')\n",
        False,
    ),
    "what is not ready goes back into a queue that others fill": (
        "left = queue.Queue()\ndef work(parts):\n    X = {}\n"
        "    while not left.empty():\n        one = left.get()\n"
        "        if not X.get(one.after):\n            left.put(one)\n            continue\n"
        "        X[one] = one.recv()\n",
        True,
    ),
    "what is not ready goes back into a queue that is handed on": (
        "def work(parts):\n    X = {}\n    left = queue.Queue()\n    parts.serve(left)\n    while not left.empty():\n"
        "        one = left.get()\n        if not X.get(one.after):\n            left.put(one)\n            continue\n"
        "        X[one] = one.recv()\n",
        True,
    ),
    "what is due again goes back into a queue of its own": (
        "def work(parts):\n    X = {}\n    left = deque()\n    left.extend(parts)\n    while left:\n"
        "        one = left.popleft()\n        time.sleep(one.wait)\n        X[one.run()] = one\n"
        "        if one.again:\n"
        "            left.append(one)\n",
        True,
    ),
    "what is asked in each round counts what is left": (
        "def left(todo):\n    done = todo.recv()\n    return done.pending > 0\ndef work(todo):\n    X = {}\n"
        "    while left(todo):\n        X[todo.recv()] = 1\n",
        False,
    ),
    "what is asked in each round looks whether all is done": (
        "def done(todo):\n    return all(one.ended for one in todo)\ndef work(todo):\n    X = {}\n"
        "    while not done(todo):\n        X[todo[0].recv()] = 1\n",
        False,
    ),
    "what is asked in each round tells whether to go on": (
        "def alive(todo):\n    return not todo.closed\ndef work(todo):\n    X = {}\n"
        "    while alive(todo):\n        X[todo.recv()] = 1\n",
        True,
    ),
    "what another queue gives": (
        "def work(queue):\n    X = []\n    while not queue.empty():\n        X.append(queue.other.get())\n",
        True,
    ),
    "what a queue gives": (
        "def work(lines):\n    X = []\n    busy = True\n    while busy:\n        X.append(lines.get(True))\n"
        "        busy = lines.busy\n",
        True,
    ),
}


@pytest.mark.parametrize(("text", "lasts"), FRAMES.values(), ids=FRAMES)
def test_a_local_variable_lasts_in_a_function_that_does_not_come_back(text: str, lasts: bool, tmp_path: Path) -> None:
    found = lifetimes(tmp_path, WORK + text + RUN)
    assert [life for name, life in found.items() if name.endswith(".X")] == ["frame"] * lasts


STORED = {
    "in a table of its own": (
        "class Table:\n    def __init__(self):\n        self.by_name = {}\n"
        "def main():\n    store, table = Store(), Table()\n"
        "    table.by_name['put'] = lambda key: store.items.update(key)\n    table.by_name['put'](input())\n",
        [],
    ),
    "in a table that lasts": (
        "BY_NAME = {}\ndef main():\n    store = Store()\n    BY_NAME['put'] = lambda key: store.items.update(key)\n",
        ["part of closure"],
    ),
    "with another package": (
        "import hub\ndef main():\n    store = Store()\n    hub.on('put', lambda key: store.items.update(key))\n",
        ["part of closure"],
    ),
}


@pytest.mark.parametrize(("text", "lives"), STORED.values(), ids=STORED)
def test_what_a_function_captures_lasts_as_what_stores_that_does(text: str, lives: list[str], tmp_path: Path) -> None:
    found = lifetimes(tmp_path, STORE + text + "if __name__ == '__main__':\n    main()\n")
    assert [life for name, life in found.items() if name.endswith(".items")] == lives


ENDLESS = (
    "import asyncio\nclass Feed:\n    async def turn(self):\n        while True:\n            await self.queue.get()\n"
)
STEPS = "class Step:\n    async def take(self):\n        {}\n"
WAITING: dict[str, tuple[str, bool]] = {
    "awaits a coroutine that goes on": (
        ENDLESS + "async def work(feed: Feed):\n    kept = Kept()\n    await feed.turn()\n",
        True,
    ),
    "awaits several": (
        ENDLESS
        + "async def work(feed: Feed):\n    kept = Kept()\n    await asyncio.gather(feed.turn(), feed.turn())\n",
        True,
    ),
    "runs one to its end": (
        ENDLESS + "def main(feed: Feed):\n    kept = Kept()\n    asyncio.run(feed.turn())\n",
        True,
    ),
    "hands one to what runs it to its end": (
        "import anyio\n" + ENDLESS + "def main(feed: Feed):\n    kept = Kept()\n    anyio.run(feed.turn)\n",
        True,
    ),
    "makes a task of one": (
        ENDLESS + "async def work(feed: Feed, more):\n    kept = Kept()\n    asyncio.create_task(feed.turn())\n",
        False,
    ),
    "waits for its task": (
        ENDLESS + "async def work(feed: Feed, more):\n    kept = Kept()\n    await asyncio.create_task(feed.turn())\n",
        True,
    ),
    "gives one to what makes a task of it": (
        ENDLESS + "async def work(feed: Feed, tasks):\n    kept = Kept()\n    tasks.create(feed.turn(), 'feed')\n",
        False,
    ),
    "gives one to a method of its own that makes a task of it": (
        ENDLESS
        + "class Base:\n    def __init__(self, tasks):\n        self.tasks = tasks\n    def create(self, one):\n"
        "        return self.tasks.create(one)\nclass Hub(Base):\n    async def start(self, feed: Feed):\n"
        "        self.create(feed.turn())\nasync def work(feed: Feed, tasks):\n    kept = Kept()\n"
        "    await Hub(tasks).start(feed)\n",
        False,
    ),
    "calls what goes on whichever class it is of": (
        ENDLESS
        + STEPS.format("raise NotImplementedError")
        + "class One(Step):\n    async def take(self):\n        await Feed().turn()\n"
        "async def work(step: Step):\n    kept = Kept()\n    await step.take()\n",
        True,
    ),
    "calls what goes on in one class of several": (
        ENDLESS
        + STEPS.format("return 1")
        + "class One(Step):\n    async def take(self):\n        await Feed().turn()\n"
        "class Two(Step):\n    async def take(self):\n        return 2\n"
        "async def work(step: Step):\n    kept = Kept()\n    await step.take()\n",
        False,
    ),
    "waits for the task that it begins": (
        "import asyncio\n"
        + ENDLESS
        + "async def work(feed: Feed, tasks):\n    kept = Kept()\n    task = asyncio.create_task(feed.turn())\n"
        "    await task\n",
        True,
    ),
    "waits for the task that it begins together with another": (
        "import asyncio\n"
        + ENDLESS
        + "async def work(feed: Feed, other):\n    kept = Kept()\n    task = asyncio.create_task(feed.turn())\n"
        "    await asyncio.gather(task, other)\n",
        True,
    ),
    "waits for some other task than the one that it begins": (
        "import asyncio\n"
        + ENDLESS
        + "async def work(feed: Feed, other):\n    kept = Kept()\n    task = asyncio.create_task(feed.turn())\n"
        "    await other\n    task.cancel()\n",
        False,
    ),
    "waits for some seconds for the task that it begins": (
        "import asyncio\n"
        + ENDLESS
        + "async def work(feed: Feed, other):\n    kept = Kept()\n    task = asyncio.create_task(feed.turn())\n"
        "    await asyncio.wait_for(task, 5)\n",
        False,
    ),
    "waits for the end of a server": (
        "async def work(server):\n    kept = Kept()\n    await server.wait_closed()\n",
        True,
    ),
    "waits for the end of what it has closed": (
        "async def work(server, writer):\n    kept = Kept()\n    writer.close()\n    await writer.wait_closed()\n",
        False,
    ),
    "closes another one before it waits": (
        "async def work(server, writer):\n    kept = Kept()\n    writer.close()\n    await server.wait_closed()\n",
        True,
    ),
    "waits for the end of a server for some seconds": (
        "import asyncio\nasync def work(server):\n    kept = Kept()\n"
        "    await asyncio.wait_for(server.wait_closed(), timeout=2)\n",
        False,
    ),
    "waits within a limit": (
        "import asyncio\nasync def work(server):\n    kept = Kept()\n    async with asyncio.timeout(2):\n"
        "        await server.wait_closed()\n",
        False,
    ),
    "waits for an answer of some class": (
        "class End:\n    pass\nasync def work(queue):\n    kept = Kept()\n    got = await queue.get()\n"
        "    while not isinstance(got, End):\n        got = await queue.get()\n",
        False,
    ),
    "asks of which class something else is": (
        "class End:\n    pass\nasync def work(queue, mode):\n    kept = Kept()\n"
        "    while not isinstance(mode, End):\n        got = await queue.get()\n",
        True,
    ),
}
KEPT = "class Kept:\n    def __init__(self):\n        self.X = {}\n    def add(self, key):\n        self.X[key] = 1\n"
START = "\nif __name__ == '__main__':\n    import asyncio\n    asyncio.run(work(1, 2))\n"
MAIN = "\nif __name__ == '__main__':\n    main(1)\n"


@pytest.mark.parametrize(("text", "lasts"), WAITING.values(), ids=WAITING)
def test_a_function_serves_only_where_it_has_to_wait(text: str, lasts: bool, tmp_path: Path) -> None:
    found = lifetimes(tmp_path, KEPT + text + (MAIN if "def main" in text else START))
    assert [life for name, life in found.items() if name.endswith(".X")] == ["part of frame"] * lasts


@pytest.mark.parametrize(
    ("taken", "lasts"),
    [
        ("source.get()", True),
        ("source.get(True, 60)", True),
        ("source.get(timeout=60)", True),
        ("source.get(True, todo)", True),
        ("source.get(todo)", False),
        ("source.get(todo, 0)", False),
        ("source.get('next', None)", False),
    ],
)
def test_a_loop_that_looks_keys_up_waits_for_nothing(taken: str, lasts: bool, tmp_path: Path) -> None:
    text = (
        f"def main(source, todo):\n    seen = {{}}\n    while todo:\n        todo = {taken}\n        seen[todo] = 1\n"
    )
    assert ("main.seen" in lifetimes(tmp_path, f"{text}main(open_source(), 1)\n")) == lasts


META = "class Meta(type):\n    def __{}__({}):\n        {}\n"
GIVEN = META.format("init", "cls, name, bases, body", "cls.made = {}")
NEW = (
    META.format("new", "mcs, name, bases, body", "c = super().__new__(mcs, name, bases, body)")
    + "        c.made = {}\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GIVEN + "class C(metaclass=Meta):\n    pass\n", {"Meta.made": "part of module"}),
        (NEW + "class C(metaclass=Meta):\n    pass\n", {"Meta.made": "part of module"}),
        (GIVEN + "class C(metaclass=Meta):\n    pass\nclass D(C):\n    pass\n", {"Meta.made": "part of module"}),
        (GIVEN + "class _Sub(Meta):\n    pass\nclass C(metaclass=_Sub):\n    pass\n", {"Meta.made": "part of module"}),
        (GIVEN + "def make():\n    class C(metaclass=Meta):\n        pass\n    return C\n", {"Meta.made": OWNED}),
        (
            "class _C:\n    def __new__(cls):\n        c = object.__new__(cls)\n        c.made = {}\n",
            {},
        ),
        (
            "class _C:\n    def __new__(cls):\n        c = object.__new__(cls)\n        c.made = {}\nONE = _C()\n",
            {"_C.made": "part of module"},
        ),
    ],
)
def test_what_is_given_to_objects_as_they_are_made(text: str, expected: Lifetimes, tmp_path: Path) -> None:
    assert lifetimes(tmp_path, text) == expected


GET = (
    "    _the = None\n    @classmethod\n    def get(cls):\n        if cls._the is None:\n            cls._the = {}\n"
    "        return cls._the\n"
)


@pytest.mark.parametrize("made", ["cls()", "Store()"])
def test_instance_kept_on_its_class(made: str, tmp_path: Path) -> None:
    assert lifetimes(tmp_path, STORE + GET.format(made)) == {"Store.items": "part of class"}


def test_instance_kept_on_a_subclass(tmp_path: Path) -> None:
    text = "class Other(Store):\n" + GET.format("cls()")
    assert lifetimes(tmp_path, STORE + text) == {"Store.items": "part of class"}


@pytest.mark.parametrize("text", NO_SINGLETONS.values(), ids=NO_SINGLETONS)
def test_attributes_of_other_objects_are_not(text: str, tmp_path: Path) -> None:
    assert lifetimes(tmp_path, STORE + text) == {}


def handled(body: str, before: str = "ALL = {}\n") -> str:
    return (
        f"{STORE}import aiohttp.web, threading\n{before}async def handle(request):\n    own = Store()\n{body}"
        "app = aiohttp.web.Application()\napp.router.add_get('/', handle)\n"
    )


FINALLY = "    try:\n        await request.read(own)\n    finally:\n        "
HUB = (
    "class Hub:\n    def __init__(self):\n        self.all = {}\n        self.now = None\n"
    "    def end(self, key):\n        del self.all[key]\nhub = Hub()\n"
)
BEGIN = HUB + (
    "class Session:\n    def __init__(self, key, store):\n        self.key = key\n        hub.all[key] = store\n"
    "    def __enter__(self):\n        return self\n    def __exit__(self, *error):\n        hub.end(self.key)\n"
)
ENDING = {
    "deleted from a map": handled(f"    ALL[request.id] = own\n{FINALLY}del ALL[request.id]\n"),
    "taken from a map": handled(f"    ALL[request.id] = own\n{FINALLY}ALL.pop(request.id, None)\n"),
    "taken from a map by a method": handled(f"    hub.all[request.id] = own\n{FINALLY}hub.end(request.id)\n", HUB),
    "taken from a map at the end of a `with`": handled(
        "    with Session(request.id, own):\n        await request.read()\n", BEGIN
    ),
    "an attribute that is deleted": handled(f"    hub.now = own\n{FINALLY}del hub.now\n", HUB),
    "an attribute that is set to None": handled(f"    hub.now = own\n{FINALLY}hub.now = None\n", HUB),
    "a name of a module": handled(f"    global now\n    now = own\n{FINALLY}now = None\n", "now = None\n"),
    "an attribute of a thread": handled(
        f"    local.now = own\n{FINALLY}del local.now\n", "local = threading.local()\n"
    ),
}
LASTING_ON = {
    "deleted from a map by an event": handled(
        "    ALL[request.id] = own\n    await request.read()\n    if request.ends:\n        del ALL[request.id]\n"
    ),
    "deleted after a failure": handled(
        "    ALL[request.id] = own\n    try:\n        await request.read(own)\n    except OSError:\n"
        "        del ALL[request.id]\n"
    ),
    "another map is emptied": handled(
        f"    ALL[request.id] = own\n{FINALLY}del REST[request.id]\n", "ALL = {}\nREST = {}\n"
    ),
    "a local name for it is set to None": handled(f"    hub.now = own\n{FINALLY}own = None\n", HUB),
    "when the program ends": (
        f"{STORE}{HUB}def main():\n    hub.now = Store()\n    try:\n        while True:\n            input()\n"
        "    finally:\n        hub.now = None\nif __name__ == '__main__':\n    main()\n"
    ),
    "when users are done": (
        f"{STORE}{HUB}def begin():\n    hub.now = Store()\ndef end():\n    hub.now = None\nbegin()\n"
    ),
    "at the end of the `with` of its owner": (
        STORE + "class Client:\n    def begin(self):\n        self.store = Store()\n"
        "    def __exit__(self, *error):\n        self.store = None\nclient = Client()\nclient.begin()\n"
    ),
    "with the life of its owner": (
        STORE + "class Client:\n    def begin(self):\n        self.store = Store()\n"
        "    def __del__(self):\n        try:\n            self.begin()\n        finally:\n"
        "            del self.store\nclient = Client()\nclient.begin()\n"
    ),
    "with its owner": handled(
        f"    desk = Desk()\n    desks.append(desk)\n{FINALLY}desk.close()\n",
        "desks = []\nclass Desk:\n    def __init__(self):\n        self.store = Store()\n"
        "    def close(self):\n        try:\n            print(self)\n        finally:\n"
        "            self.store = None\ndesk = Desk()\n",
    ),
    "held by another name too": handled(
        f"    ALL[request.id] = REST[request.id] = own\n{FINALLY}del ALL[request.id]\n", "ALL = {}\nREST = {}\n"
    ),
}


@pytest.mark.parametrize("text", ENDING.values(), ids=ENDING)
def test_what_is_let_go_as_each_work_ends_does_not_last(text: str, tmp_path: Path) -> None:
    assert "Store.items" not in lifetimes(tmp_path, text)


@pytest.mark.parametrize("text", LASTING_ON.values(), ids=LASTING_ON)
def test_what_not_every_work_lets_go_lasts(text: str, tmp_path: Path) -> None:
    assert "Store.items" in lifetimes(tmp_path, text)


@pytest.mark.parametrize("text", ENDING.values(), ids=ENDING)
def test_it_lasts_where_nothing_lets_it_go(text: str, tmp_path: Path) -> None:
    kept = text.replace("    finally:\n", "    finally:\n        print()\n    if request.never:\n").replace(
        "__exit__", "leave"
    )
    assert "Store.items" in lifetimes(tmp_path, kept)


def test_singleton_made_in_another_module(tmp_path: Path) -> None:
    files = {"pkg/__init__.py": "", "pkg/store.py": STORE, "pkg/app.py": "from . import store as s\nthe = s.Store()\n"}
    project = linked(tmp_path, files)
    assert [(c.symbol, shown(c.holder.life), c.place.path) for c in project.containers] == [
        ("pkg.store:Store.items", "part of module", "pkg/store.py")
    ]


def test_tests_define_no_containers(tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": "A = {}\n", "tests/test_m.py": "B = {}\ndef test_b():\n    B[1] = 2\n"})
    assert [c.symbol for c in project.containers] == ["m:A"]


@pytest.mark.parametrize(
    ("maker", "bounded"),
    [
        ("collections.deque()", False),
        ("collections.deque(maxlen=5)", True),
        ("collections.deque([], 5)", True),
        ("collections.deque(maxlen=None)", False),
        ("weakref.WeakValueDictionary()", True),
        ("weakref.WeakKeyDictionary()", True),
        ("cachetools.TTLCache(10, 60)", True),
        ("collections.OrderedDict()", False),
        ("queue.Queue()", False),
        ("queue.Queue(10)", True),
    ],
)
def test_what_bounds_itself(maker: str, bounded: bool, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": f"import cachetools, collections, queue, weakref\nX = {maker}\n"})
    (container,) = project.containers
    assert container.holder.made.bounded is bounded
