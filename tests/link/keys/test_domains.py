"""The domain of a key: closed, open or unknown, by where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.link.containers.lifetimes import Lifetimes
from unbounded_lint.link.keys.domains import Keys
from unbounded_lint.link.keys.origins import Domain, join

OBJECT = "class C:\n    def __init__(self):\n        self.n = 0\n    def f(self):\n"
VIEW = "class View:\n    def draw(self):\n        pass\n    def __init__(self, data):\n"
HANDLE = "def handle(request):\n    View(request.data)\n"
MAKER = (
    "class Job:\n    def __init__(self, name, **how):\n        self.name = name\n"
    "        for k, v in how.items():\n            setattr(self, k, v)\n"
)
RECORD = (
    "import dataclasses, uuid, itertools, pydantic\nCOUNT = itertools.count()\n"
    "@dataclasses.dataclass\nclass C:\n    k: str = "
)
BUDGET = (
    "class Budget:\n    FULL = 'full'\n    BROKEN = 'broken'\n    def write(self, request):\n"
    "        if request.size > 9:\n            return None, self.FULL\n"
    "        try:\n            return request.size, None\n"
    "        except OSError:\n            return None, self.BROKEN\nbudget = Budget()\n"
)
CHART = (
    "class Chart:\n    def __init__(self):\n        self.traces = None\n        self.rows = []\n        self.n = 0\n"
    "    def load(self, request):\n        self.traces = [part for part in request.parts if part]\n"
    "        self.rows.append(request.body)\n    def draw(self, request):\n"
)
CLOSED = {
    "word that is handed over": (
        "import asyncio, threading\ndef put(k):\n    X[k] = 1\nasync def f(request):\n"
        "    await asyncio.to_thread(put, 'a')\n    threading.Thread(target=put, args=('b',)).start()\n"
    ),
    "position in what is made anew": CHART
    + "        for i, trace in enumerate(self.traces):\n            X[i] = trace\n",
    "position in a sorted copy": (
        "def f(request):\n    for i, part in enumerate(sorted(request.parts), 1):\n        X[i] = part\n"
    ),
    "position, counted by a comprehension as well": (
        CHART
        + "        for i, t in enumerate(self.traces):\n            X[i] = {k: i for i, k in enumerate(request.all)}\n"
    ),
    "target of the loop, a name that another loop used": (
        "def f(request):\n    for k in request.ids:\n        print(k)\n    for k in ('a', 'b'):\n        X[k] = 1\n"
    ),
    "text at a place of what is returned": BUDGET + "def f(request):\n    size, warning = budget.write(request)\n"
    "    X[warning or 'unknown'] = size\n",
    "text at a place of what is returned by a coroutine": (
        "async def put(request):\n    return request.id, 'done'\n"
        "async def f(request):\n    number, state = await put(request)\n    X[state] = number\n"
    ),
    "argument given back at a place": (
        "def pair(k, n):\n    return n, k.strip()\ndef f(request):\n    n, k = pair('a', request.id)\n    X[k] = n\n"
    ),
    "number of a signal": ("import signal\ndef f(sig, frame):\n    X[sig] = 1\nsignal.signal(signal.SIGINT, f)\n"),
    "number of a signal, in a method": (
        "import signal\nclass C:\n    def start(self):\n        signal.signal(signal.SIGINT, self.stop)\n"
        "        signal.signal(signal.SIGTERM, self.stop)\n    def stop(self, sig, frame):\n        X[sig] = 1\n"
        "C().start()\n"
    ),
    "annotated device": "import torch\ndef f(k: torch.device):\n    X[k] = 1\n",
    "class, in a metaclass": "class Meta(type):\n    def __call__(cls):\n        X[cls] = super().__call__()\n",
    "attribute of the one object": (
        "class Client:\n    def __init__(self, host):\n        self.host = host\n"
        "    def call(self):\n        X[self.host] = 1\nclient = Client(input())\n"
    ),
    "lambda": "def f():\n    X[lambda: 1] = 1\n",
    "function inside that captures functions": (
        "def deco(fn):\n    def run():\n        return fn()\n    X[run] = 1\n    return run\n"
        "@deco\ndef g():\n    pass\n"
    ),
    "method of a class": (
        "class C:\n    @classmethod\n    def make(cls):\n        pass\ndef f(request):\n    X[C.make] = 1\n"
    ),
    "method of an object that is made once": (
        VIEW + "        X[self.draw] = 1\nif __name__ == '__main__':\n    View(open('a'))\n"
    ),
    "callable by a name that comes and goes": (
        "from typing import Callable\ndef _put(k: Callable[[], None]):\n    X[k] = 1\n"
        "def f(layer):\n    _put(layer.process_request)\n"
    ),
    "sorted by a method": (
        "NAMES = ['a', 'b']\n" + VIEW + "        for k in sorted(NAMES, key=self.rank):\n            X[k] = 1\n"
        "    def rank(self, k):\n        return k\n" + HANDLE
    ),
    "least by a method": (
        VIEW + "        X[min('a', 'b', key=self.rank)] = 1\n    def rank(self, k):\n        return k\n" + HANDLE
    ),
    "picked by a method": (
        "NAMES = ['a', 'b']\n" + VIEW + "        for k in filter(self.fits, NAMES):\n            X[k] = 1\n"
        "    def fits(self, k):\n        return k\n" + HANDLE
    ),
    "callable from users": "from typing import Callable\ndef f(g: Callable[[], None]):\n    X[g] = 1\n",
    "result that is callable": (
        "from typing import Callable\ndef find(name) -> Callable[[], None]:\n    return load(name)\n"
        "def f(k):\n    X[find('a')] = 1\n"
    ),
    "words that gather": (
        "def put(*parts):\n    X['|'.join(parts)] = 1\ndef f(request):\n    put('a')\n    put('a', 'b')\n"
    ),
    "words that gather and are passed on": (
        "def put(*parts):\n    X[parts] = 1\ndef both(*parts):\n    put('a', *parts)\ndef f(request):\n    both('b')\n"
    ),
    "named words that gather": (
        "def put(name, **how):\n    X[frozenset(how.items())] = 1\ndef f(request):\n    put(request.id, size='a')\n"
    ),
    "asked of another package by the same name": (
        "import re\nclass Lexer:\n    def match(self, text):\n        X[text] = re.compile(text)\n"
        "        self.apply(X[text])\n    def apply(self, found):\n        found.match(self.text)\n"
        "    def read(self, request):\n        self.text = request.body\n        self.match('a')\n"
    ),
    "words put into a map of the function": (
        "def f(request):\n    found = dict(a=1, b=2)\n    for k in found:\n"
        "        found[k] = request.id\n        X[k] = 1\n"
    ),
    "words put into a list of the function": (
        "def f(request):\n    found = []\n    if request.id:\n        found.append('a')\n"
        "    for k in sorted(found):\n        X[k] = 1\n"
    ),
    "words put into a list and looped over": (
        "def f(request):\n    found = ['b']\n    found.append('a')\n    for k in found:\n        X[k] = 1\n"
    ),
    "switch": "def f(debug=False):\n    X[debug] = 1\n",
    "switch that is kept": (
        "class C:\n    def __init__(self, debug=False):\n        self.debug = debug\n    def f(self):\n"
        "        X[self.debug] = 1\ndef g(**how):\n    C(**how).f()\n"
    ),
    "switch with the members of an enum": (
        "import enum\nclass E(enum.Enum):\n    A = 1\ndef f(mode=E.A):\n    X[mode] = 1\n"
    ),
    "name of a field": (
        "import dataclasses\ndef f(request):\n    for field in dataclasses.fields(request):\n"
        "        X[field.name] = 1\n"
    ),
    "equal to the names of fields": (
        "import dataclasses\ndef f(*kinds, **given):\n    k = frozenset(given)\n    for kind in kinds:\n"
        "        names = frozenset(p.name for p in dataclasses.fields(kind))\n        if names == k:\n"
        "            X[k] = kind\n"
    ),
    "made by a metaclass of its own": (
        "class Meta(type):\n    def __call__(cls, **how):\n        X[frozenset(how.items())] = 1\n"
        "class Other(Meta):\n    def __call__(cls, **how):\n        return type.__call__(cls)\n"
        "class A(metaclass=Meta):\n    pass\nclass B(A, metaclass=Other):\n    pass\n"
        "def f(request):\n    A(size=1)\n    B(size=request.id)\n"
    ),
    "target of a loop without a body at the end of a module": (
        "def f():\n    X[last] = 1\nfor last in range(3):\n    pass\n"
    ),
    "attribute that a constructor sets by a keyword": (
        MAKER + "def f(request):\n    job = Job(request.id, size='a', number=request.id)\n    X[job.size] = 1\n"
    ),
    "whole number between two": (
        "def f(request, n: int):\n    if n < 0 or n >= 64:\n        raise ValueError\n    X[n] = 1\n"
    ),
    "number read from a message between two": (
        "def f(request):\n    n = int(request.args['n'])\n    if 0 <= n <= 64:\n        X[n] = 1\n"
    ),
    "text of a whole number between two": (
        "def f(request):\n    k = request.path\n    n = int(k.strip('uint') or 8)\n    if n < 8 or n > 64:\n"
        "        raise ValueError\n    X[k] = 1\n"
    ),
    "put under a word": (
        "def made(request):\n    found = {}\n    found['kind'] = 'a'\n    found['id'] = request.id\n    return found\n"
        "def f(request):\n    found = made(request)\n    X[found['kind']] = 1\n"
    ),
    "named in a map": "def f(request):\n    found = dict(kind='a', id=request.id)\n    X[found['kind']] = 1\n",
    "spread over a place": "def put(k, n):\n    X[k] = n\ndef f(request):\n    put(*('a', request.id))\n",
    "spread over a later place": "def put(n, k):\n    X[k] = n\ndef f(request):\n    put(request, *['a'])\n",
    "under a word of a map that is written out": (
        "def f(request):\n    found = {'kind': 'a', 'id': request.id}\n    X[found['kind']] = 1\n"
    ),
    "got by a word from a map that a function writes out": (
        "def made(request):\n    if request.id:\n        return {'kind': 'a', 'id': request.id}\n"
        "    return {'kind': 'b', 'id': 1}\ndef put(found):\n    X[found.get('kind', 'none')] = 1\n"
        "def f(request):\n    put(made(request))\n"
    ),
    "literal": "def f():\n    X['a'] = 1\n",
    "tuple of literals": "def f():\n    X['a', 1] = 1\n",
    "f-string of literals": "def f():\n    X[f'{1}-a'] = 1\n",
    "truth value": "def f(r):\n    X[r.id == 3] = 1\n",
    "remainder": "def f(r):\n    X[r.id % 8] = 1\n",
    "loop over literals": "def f():\n    for k in ('a', 'b'):\n        X[k] = 1\n",
    "loop over a constant": "NAMES = ['a', 'b']\ndef f():\n    for k in NAMES:\n        X[k] = 1\n",
    "items of a constant": "NAMES = {'a': 1}\ndef f():\n    for k, v in NAMES.items():\n        X[k] = v\n",
    "loop over range": "def f():\n    for k in range(10):\n        X[k] = 1\n",
    "member of a constant": "NAMES = {'a', 'b'}\ndef f(r):\n    k = r.id\n    if k in NAMES:\n        X[k] = 1\n",
    "refused unless a member": (
        "NAMES = {'a', 'b'}\ndef f(k):\n    if k not in NAMES:\n        raise KeyError(k)\n    X[k] = 1\n"
    ),
    "equal to a literal": "def f(r):\n    k = r.id\n    if k == 'a':\n        X[k] = 1\n",
    "matched against literals": "def f(k):\n    match k:\n        case 'a' | 'b':\n            X[k] = 1\n",
    "class of an object": "def f(request):\n    X[type(request)] = 1\n",
    "dunder class": "def f(request):\n    X[request.__class__.__name__] = 1\n",
    "class of the program": "class C:\n    pass\ndef f():\n    X[C] = 1\n",
    "class method": "class C:\n    @classmethod\n    def f(cls):\n        X[cls] = 1\n",
    "class that a metaclass makes": (
        "class M(type):\n    def f(cls):\n        X[cls] = 1\nclass C(metaclass=M):\n    pass\n"
    ),
    "function of the program": "def f():\n    X[f] = 1\n",
    "enum member": "import enum\nclass E(enum.Enum):\n    A = 1\ndef f():\n    X[E.A] = 1\n",
    "loop over an enum": "import enum\nclass E(enum.Enum):\n    A = 1\ndef f():\n    for k in E:\n        X[k] = 1\n",
    "enum by value": "from enum import Enum\nclass E(Enum):\n    A = 1\ndef f(request):\n    X[E(request.id)] = 1\n",
    "enum by name": "from enum import Enum\nclass E(Enum):\n    A = 1\ndef f(k):\n    E[k]\n    X[k] = 1\n",
    "taken by an enum": "from enum import Enum\nclass E(Enum):\n    A = 1\ndef f(k):\n    e = E(k)\n    X[k] = e\n",
    "time zone": "import zoneinfo as z\ndef f(r):\n    k = r.get()\n    v = z.ZoneInfo(k.decode())\n    X[k] = v\n",
    "time zone in one statement": "import pytz\ndef f(k):\n    X[k] = pytz.timezone(k)\n",
    "codec, otherwise raised": (
        "import codecs\ndef f(k):\n    try:\n        c = codecs.lookup(k)\n    except LookupError:\n"
        "        raise ValueError from None\n    X[k] = c\n"
    ),
    "plugin": "import importlib as i\ndef f(k):\n    p = i.import_module(f'plugins.{k}')\n    X[k.lower()] = p\n",
    "environment": "import os\ndef f(k):\n    X[k] = 1\n    return os.environ[k]\n",
    "environment, if there": "import os\ndef f(k):\n    X[k] = 1\n    return os.getenv(k, '')\n",
    "asserted": "NAMES = {'a', 'b'}\ndef f(k):\n    assert k in NAMES, k\n    X[k] = 1\n",
    "item of a constant": "NAMES = {'a': 1}\ndef f(k):\n    v = NAMES[k]\n    X[k] = v\n",
    "got from a constant": (
        "NAMES = {'a': 1}\ndef f(k):\n    v = NAMES.get(k)\n    if v is None:\n        raise KeyError\n    X[k] = v\n"
    ),
    "got from a constant at once": "NAMES = {'a': 1}\ndef f(k):\n    if v := NAMES.get(k):\n        X[k] = v\n",
    "error number": "def f():\n    try:\n        g()\n    except OSError as e:\n        X[e.errno] = 1\n",
    "status code": "def f(reply):\n    X[reply.status_code] = 1\n",
    "module of a caller": "import sys\ndef f():\n    X[sys._getframe(1).f_globals['__name__']] = 1\n",
    "place of a caller": "import inspect\ndef f():\n    X[inspect.currentframe().f_back.f_code.co_filename] = 1\n",
    "file of a caller": "import inspect\ndef f():\n    X[inspect.stack()[1].filename] = 1\n",
    "name of a class": (
        "from typing import Iterable\nclass C:\n    name: str\ndef f(cs: Iterable[type[C]]):\n    for c in cs:\n"
        "        X[c.name] = c\n"
    ),
    "identity of a function": "from typing import Callable\ndef f(g: Callable[[], None]):\n    X[id(g)] = 1\n",
    "identity of a class": "def f(o):\n    X[id(type(o))] = 1\n",
    "annotated enum": "from enum import Enum\nclass E(Enum):\n    A = 1\ndef f(k: E):\n    X[k] = 1\n",
    "annotated literal": "from typing import Literal\ndef f(k: Literal['a', 'b']):\n    X[k] = 1\n",
    "annotated type": "def f(k: type[int]):\n    X[k] = 1\n",
    "annotated bool": "def f(k: bool):\n    X[k] = 1\n",
    "annotated optional": "from typing import Literal\ndef f(k: Literal['a'] | None):\n    X[k] = 1\n",
    "name at import": "NAME = compute()\ndef f():\n    X[NAME] = 1\n",
    "converted literal": "def f():\n    X[str('a').lower()] = 1\n",
    "choice of literals": "def f(r):\n    X['a' if r.id else 'b'] = 1\n",
    "parameter, closed callers": "def _put(k):\n    X[k] = 1\ndef f():\n    _put('a')\n    _put(k='b')\n",
    "default": "def _put(k='a'):\n    X[k] = 1\ndef f():\n    _put()\n",
    "through two functions": "def _a(k):\n    _b(k)\ndef _b(k):\n    X[k] = 1\ndef f():\n    _a('a')\n",
    "returned literal": "def name():\n    return 'a'\ndef f():\n    X[name()] = 1\n",
    "argument given back": "def norm(k):\n    return k.strip()\ndef f():\n    X[norm('a')] = 1\n",
    "called at import only": "def put(k):\n    X[k] = 1\nfor k in compute():\n    put(k)\n",
    "round counter": "N = 0\ndef f():\n    global N\n    N = (N + 1) % 8\n    X[N] = 1\n",
    "round counter in an attribute": OBJECT + "        self.n = (self.n + 1) % 8\n        X[self.n] = 1\n",
    "capped counter in an attribute": OBJECT + "        self.n = min(self.n + 1, 8)\n        X[self.n] = 1\n",
    "masked": "def f(r):\n    X[r.id & 7] = 1\n",
    "least": "def f(r):\n    X[min(len(r), r.id, 7)] = 1\n",
    "flags": "N = 0\ndef f():\n    global N\n    N |= 4\n    X[N] = 1\n",
    "first of a constant": "NAMES = ['a', 'b']\ndef f():\n    X[next(iter(NAMES))] = 1\n",
    "attribute set to literals": "class C:\n    kind = 'a'\n    def f(self):\n        X[self.kind] = 1\n",
}
OPEN = {
    **{
        f"handed over to {how}": (
            f"import asyncio, functools, threading\ndef put(k):\n    X[k] = 1\ndef f(request, loop):\n    {how}\n"
        )
        for how in (
            "asyncio.to_thread(put, request.id)",
            "loop.call_later(9, put, request.id)",
            "loop.run_in_executor(None, functools.partial(put, request.id))",
            "threading.Thread(target=put, args=(request.id,)).start()",
            "threading.Timer(9, put, [request.id]).start()",
        )
    },
    "target of one loop in another by the same name": (
        "def f(request):\n    for k in ('a', 'b'):\n        for k in request.ids:\n            X[k] = 1\n"
    ),
    "target of a loop, rebound in it": (
        "def f(request):\n    for k in ('a', 'b'):\n        k = request.id\n        X[k] = 1\n"
    ),
    "target of a loop, used behind it": (
        "def f(request):\n    for k in ('a', 'b'):\n        print(k)\n    for k in request.ids:\n        print(k)\n"
        "    X[k] = 1\n"
    ),
    "size at a place of what is returned": BUDGET + "def f(request):\n    size, warning = budget.write(request)\n"
    "    X[size] = warning\n",
    "argument given back at another place": (
        "def pair(k, n):\n    return n, k.strip()\ndef f(request):\n    n, k = pair('a', request.id)\n    X[n] = k\n"
    ),
    "whole number above one": "def f(request):\n    n = int(request.path)\n    if n > 0:\n        X[n] = 1\n",
    "number of any kind between two": (
        "def f(request):\n    n = float(request.args['n'])\n    if 0 <= n <= 64:\n        X[n] = 1\n"
    ),
    "text with a number between two in it": (
        "def f(request):\n    k = request.path\n    n = int(k.split('/')[1])\n    if 0 <= n <= 64:\n        X[k] = 1\n"
    ),
    "number between one or the other": (
        "def f(request):\n    n = int(request.path)\n    if n > 0 or n < 64:\n        X[n] = 1\n"
    ),
    "put under a word of a map that is written out": (
        "def f(request):\n    found = {'kind': 'a', 'id': request.id}\n    found['kind'] = request.id\n"
        "    X[found['kind']] = 1\n"
    ),
    "put under a word, and given back": (
        "def made(request):\n    found = {}\n    found['kind'] = 'a'\n    found['id'] = request.id\n    return found\n"
        "def f(request):\n    found = made(request)\n    X[found['id']] = 1\n"
    ),
    "named in a map": "def f(request):\n    found = dict(kind='a', id=request.id)\n    X[found['id']] = 1\n",
    "spread over the places": "def put(k, n):\n    X[k] = n\ndef f(request):\n    put(*request.parts)\n",
    "made of parts, and spread over the places": (
        "def put(k, n):\n    X[k] = n\n"
        "def f(request):\n    parts = [int(part) for part in request.parts]\n    put(*parts)\n"
    ),
    "spread over a place": "def put(n, k):\n    X[k] = n\ndef f(request):\n    put(*('a', request.id))\n",
    "still to come under a word, and put there": (
        "def f(request):\n    found = {'kind': 'a', 'id': None}\n    found['id'] = request.id\n    X[found['id']] = 1\n"
    ),
    "under another word of a map that is written out": (
        "def f(request):\n    found = {'kind': 'a', 'id': request.id}\n    X[found['id']] = 1\n"
    ),
    "one of two maps that are written out": (
        "def put(found):\n    X[found['kind']] = 1\ndef f(request):\n    put({'kind': 'a'})\n"
        "    put({'kind': request.id})\n"
    ),
    "attribute that a constructor sets by a keyword": (
        "import itertools\nLAST = itertools.count()\n"
        + MAKER
        + "def f(request):\n    job = Job(request.id, size='a', number=next(LAST))\n    X[job.number] = 1\n"
    ),
    "texts that gather": "def put(*parts):\n    X['|'.join(parts)] = 1\ndef f(request):\n    put('a', request.id)\n",
    "asked of an object of the project": (
        "class Lexer:\n    def match(self, text):\n        X[text] = 1\n    def read(self, request):\n"
        "        self.match('a')\ndef apply(found, request):\n    found.match(request.body)\n"
        "def f(request):\n    apply(Lexer(), request)\n"
    ),
    "ids put into a list of the function": (
        "def f(request):\n    found = ['b']\n    found.append(request.id)\n    for k in found:\n        X[k] = 1\n"
    ),
    "ids put into a map of the function": (
        "def f(request):\n    found = {}\n    found[request.id] = 'a'\n"
        "    for k, v in found.items():\n        X[k] = v\n"
    ),
    "switch that is none": "def f(debug=False):\n    X[debug] = 1\ndef g(request):\n    f(request.id)\n",
    "parameter of a route": "import flask\napp = flask.Flask('m')\n@app.get('/<k>')\ndef f(k):\n    X[k] = 1\n",
    "attribute of one object of many": (
        "class Call:\n    def __init__(self, request):\n        self.path = request.path\n"
        "    def go(self):\n        X[self.path] = 1\ndef handle(request):\n    Call(request).go()\n"
    ),
    "request": "def f(request):\n    X[request.id] = 1\n",
    "request through a local": "def f(request):\n    k = request.path\n    X[k] = 1\n",
    "part of a tuple": "def f(request):\n    X['a', request.path] = 1\n",
    "f-string": "def f(request):\n    X[f'a-{request.path}'] = 1\n",
    "identity": "def f(o):\n    X[id(o)] = 1\n",
    "uuid": "import uuid\ndef f():\n    X[uuid.uuid4()] = 1\n",
    "uuid as text": "import uuid\ndef f():\n    X[str(uuid.uuid4())] = 1\n",
    "time": "import time\ndef f():\n    X[time.time()] = 1\n",
    "counter": "N = 0\ndef f():\n    global N\n    N += 1\n    X[N] = 1\n",
    "counter by assignment": "N = 0\ndef f():\n    global N\n    N = N + 1\n    X[N] = 1\n",
    "counter of a closure": (
        "def make():\n    n = 0\n    def f():\n        nonlocal n\n        n += 1\n        X[n] = 1\n    return f\n"
    ),
    "counter in an endless loop": "def f():\n    n = 0\n    while True:\n        n += 1\n        X[n] = 1\n",
    "counter in an attribute": OBJECT + "        self.n += 1\n        X[self.n] = 1\n",
    "the same by assignment": OBJECT + "        self.n = 1 + self.n\n        X[self.n] = 1\n",
    "the same through a local": OBJECT + "        n = self.n\n        X[n] = 1\n        self.n = n + 1\n",
    "the same as text": OBJECT + "        self.n += 1\n        X[f'job-{self.n}'] = 1\n",
    "the same, given back": OBJECT
    + "        X[self.new()] = 1\n    def new(self):\n        self.n += 1\n        return self.n\n",
    "counting down": OBJECT + "        self.n -= 1\n        X[self.n] = 1\n",
    "counter of an inherited attribute": (
        "class A:\n    n = 0\nclass B(A):\n    def f(self):\n        self.n += 1\n        X[self.n] = 1\n"
    ),
    "counter in a class attribute": (
        "class C:\n    n = 0\n    @classmethod\n    def f(cls):\n        cls.n += 1\n        X[cls.n] = 1\n"
    ),
    "counter in another class": "class C:\n    n = 0\ndef f():\n    C.n += 1\n    X[C.n] = 1\n",
    "itertools in an attribute": (
        "import itertools\nclass C:\n    def __init__(self):\n        self.ids = itertools.count()\n"
        "    def f(self):\n        X[next(self.ids)] = 1\n"
    ),
    "the same, bound": "import itertools\nfresh = itertools.count(1).__next__\ndef f():\n    X[fresh()] = 1\n",
    "exception": "def f():\n    try:\n        g()\n    except ValueError as e:\n        X[e] = 1\n",
    "itself": "class C:\n    def __init__(self):\n        X[self] = 1\ndef f():\n    C()\n",
    "itself, made again by a derived class": (
        "class C:\n    def __init__(self):\n        X[str(self)] = 1\nclass D(C):\n    pass\ndef f():\n    D()\n"
    ),
    "itself, of a class that is handed on": (
        "import server\nclass C:\n    def __init__(self):\n        X[self] = 1\nserver.serve(C)\n"
    ),
    "itself, of a class that a framework makes": (
        "import asyncio\nclass C(asyncio.Protocol):\n    def connection_made(self, line):\n        X[self] = 1\n"
    ),
    "method of a new object": (VIEW + "        X[self.draw] = 1\n" + HANDLE),
    "method, whatever the annotation says": (
        "from typing import Callable\ndef _put(k: Callable[[], None]):\n    X[k] = 1\n"
        + VIEW
        + "        _put(self.draw)\n"
        + HANDLE
    ),
    "method in an attribute that is declared": (
        "from typing import Callable\nclass Job:\n    work: Callable[[], None]\n    def __init__(self, work):\n"
        "        self.work = work\n    def start(self):\n        X[self.work] = 1\n"
        + VIEW
        + "        Job(self.draw).start()\n"
        + HANDLE
    ),
    "made of what comes, one by one": "def f(request):\n    for k in map(str, request.ids):\n        X[k] = 1\n",
    "picked from what comes": "def f(request):\n    for k in filter(None, request.ids):\n        X[k] = 1\n",
    "identity of a method": VIEW + "        X[id(self.draw)] = 1\n" + HANDLE,
    "lambda that captures an object": VIEW + "        X[lambda: self.draw()] = 1\n" + HANDLE,
    "lambda that has it as a default": VIEW + "        X[lambda me=self: me.draw()] = 1\n" + HANDLE,
    "function inside that captures it": VIEW
    + "        def run():\n            self.draw()\n        X[run] = 1\n"
    + HANDLE,
    "partial": "import functools\n" + VIEW + "        X[functools.partial(draw, self)] = 1\n" + HANDLE,
    "function that gives a method": (
        "from typing import Callable\n" + VIEW + "        X[self.drawing()] = 1\n"
        "    def drawing(self) -> Callable[[], None]:\n        return self.draw\n" + HANDLE
    ),
    "new object": "class C:\n    pass\ndef f():\n    X[C()] = 1\n",
    "one open caller": "def _put(k):\n    X[k] = 1\ndef f(request):\n    _put('a')\n    _put(request.id)\n",
    "by keyword": "def _put(*, k):\n    X[k] = 1\ndef f(request):\n    _put(k=request.id)\n",
    "through two functions": "def _a(k):\n    _b(k)\ndef _b(k):\n    X[k] = 1\ndef f(request):\n    _a(request.id)\n",
    "argument given back": "def norm(k):\n    return k.strip()\ndef f(request):\n    X[norm(request.id)] = 1\n",
    "choice": "def f(request):\n    X['a' if request else request.id] = 1\n",
    "not in a constant": "NAMES = {1}\ndef f(request):\n    k = request.id\n    if k not in NAMES:\n        X[k] = 1\n",
    "values of a template": "def f(request):\n    X['%(a)s' % {'a': request.id}] = 1\n",
    "values of a map": "import json\ndef f(request):\n    X[json.dumps({'a': request.id})] = 1\n",
    "items of a request": "def f(request):\n    for k in request.args:\n        X[k] = 1\n",
    "place of an address": (
        "import fastapi\napp = fastapi.FastAPI()\n@app.get('/a/{name}')\ndef f(name: str):\n    X[name] = 1\n"
    ),
    "place of an address with a type": (
        "import flask\napp = flask.Flask(__name__)\n@app.get('/a/<int:n>')\ndef f(n):\n    put(n)\n"
        "def put(k):\n    X[k] = 1\n"
    ),
    "group of an address": (
        "from django.urls import re_path\ndef f(r, name):\n    X[name] = 1\n"
        "urlpatterns = [re_path(r'a/(?P<name>[a-z]+)', f)]\n"
    ),
    "flask": "from flask import request\ndef f():\n    X[request.path] = 1\n",
}
UNKNOWN = {
    "number of a signal, or whatever else it is called back with": (
        "import signal\ndef f(number, frame):\n    X[number] = 1\nsignal.signal(signal.SIGINT, f)\nprint(f)\n"
    ),
    "keys of a map in an attribute, which was empty at first": (
        "class C:\n    def __init__(self, known: dict = None):\n        self.known = {} if known is None else known\n"
        "    def learn(self, request):\n        self.known[request.id] = 1\n"
        "    def f(self):\n        for k in self.known.keys():\n            X[k] = 1\nc = C()\n"
    ),
    "position in what gets longer": CHART + "        for i, row in enumerate(self.rows):\n            X[i] = row\n",
    "position in what is read from outside": (
        "def f(request):\n    for i, line in enumerate(request.stream):\n        X[i] = line\n"
    ),
    "position from any number on": (
        CHART
        + "        for i, trace in enumerate(self.traces, self.n):\n            X[i] = trace\n            self.n += 1\n"
    ),
    "what is returned, not always as a pair": (
        "def pair(request):\n    if request:\n        return unknown()\n    return 1, 'a'\n"
        "def f(request):\n    n, k = pair(request)\n    X[k] = n\n"
    ),
    "under a key of the object itself": (
        "class Settings(dict):\n    def peers(self):\n        return list(self['peers'])\n"
        "def f(request):\n    for k in Settings(request).peers():\n        X[k] = 1\n"
    ),
    "put under a word that is not known": (
        "def f(request):\n    found = {}\n    found['kind'] = 'a'\n    found[request.word] = request.id\n"
        "    X[found['kind']] = 1\n"
    ),
    "put under words by a map": (
        "def f(request):\n    found = {}\n    found['kind'] = 'a'\n    found.update(request.args)\n"
        "    X[found['kind']] = 1\n"
    ),
    "spread over the names": "def put(k=1, n=2):\n    X[k] = n\ndef f(request):\n    put(**request.json)\n",
    "passed on with others": (
        "def put(k, n):\n    X[k] = n\ndef pass_on(*args):\n    put(*args)\n"
        "def f(request):\n    pass_on('a', request.id)\n"
    ),
    "spread into a map": "def f(request):\n    found = {**request.args}\n    X[found['kind']] = 1\n",
    "still to come under a word": (
        "def fill(found, request):\n    found['kind'] = request.id\n"
        "def f(request):\n    found = {'kind': None, 'id': request.id}\n    fill(found, request)\n"
        "    X[found['kind']] = 1\n"
    ),
    "spread over a word of a map that is written out": (
        "def f(request):\n    found = {'kind': 'a', **request.args, 'id': request.id}\n    X[found['kind']] = 1\n"
    ),
    "named texts that gather": (
        "def put(name, **how):\n    X[frozenset(how.items())] = 1\ndef f(request):\n    put('a', size=request.id)\n"
    ),
    "made by a metaclass": (
        "class Meta(type):\n    def __call__(cls, **how):\n        X[frozenset(how.items())] = 1\n"
        "class A(metaclass=Meta):\n    pass\ndef f(request):\n    A(size=request.id)\n"
    ),
    "spread texts that gather": "def put(*parts):\n    X[parts] = 1\ndef f(names):\n    put(*names.split())\n",
    "default that says nothing": "def f(mode=None):\n    X[mode] = 1\n",
    "words put into a list that something fills": (
        "import other\ndef f(request):\n    found = ['b']\n    other.fill(found)\n"
        "    for k in found:\n        X[k] = 1\n"
    ),
    "values of a map of the function": (
        "def f(thing):\n    found = {}\n    found['a'] = thing\n    for k in found.values():\n        X[k] = 1\n"
    ),
    "item of a map of the function": (
        "def f(thing):\n    found = {'a': 1}\n    found['b'] = thing\n    X[found['b']] = 1\n"
    ),
    "itself, of a class that only users make": "class C:\n    def __init__(self):\n        X[self] = 1\n",
    "its text": "class C:\n    def __init__(self):\n        X[f'{self!r}-a'] = 1\n",
    "its identity": "class C:\n    def start(self):\n        X[id(self)] = 1\n",
    "place of an address among a few": (
        "import flask\napp = flask.Flask(__name__)\n@app.get('/a/<any(b, c):k>')\ndef f(k):\n    X[k] = 1\n"
    ),
    "parameter that the address has no place for": (
        "import fastapi\napp = fastapi.FastAPI()\n@app.get('/a/{name}')\ndef f(name, size=9):\n    X[size] = 1\n"
    ),
    "counter that goes up and down": (
        OBJECT + "        self.n += 1\n        X[self.n] = 1\n    def g(self):\n        self.n -= 1\n"
    ),
    "counter that starts again": OBJECT
    + "        self.n += 1\n        X[self.n] = 1\n    def g(self):\n        self.n = 0\n",
    "counter that starts again in a loop": (
        "def f():\n    n = 0\n    while 1:\n        n += 1\n        X[n] = 1\n        if n == 9:\n            n = 0\n"
    ),
    "counter of one call": "def f(xs):\n    n = 0\n    for x in xs:\n        n += 1\n        X[n] = x\n",
    "looked up if one likes": (
        "from zoneinfo import ZoneInfo\ndef f(k, z):\n    z = ZoneInfo(k) if z is None else z\n    X[k] = z\n"
    ),
    "not found, and kept": (
        "import pytz\ndef f(k):\n    try:\n        z = pytz.timezone(k)\n    except KeyError:\n        z = None\n"
        "    X[k] = z\n"
    ),
    "looked up later": "from zoneinfo import ZoneInfo\ndef f(k):\n    X[k] = 1\n    return ZoneInfo(k)\n",
    "not found in a constant": (
        "NAMES = {'a': 1}\ndef f(k):\n    try:\n        return NAMES[k]\n    except KeyError:\n        X[k] = 1\n"
    ),
    "not got from a constant": "NAMES = {'a': 1}\ndef f(k):\n    if NAMES.get(k) is None:\n        X[k] = 1\n",
    "read of a defaultdict": (
        "from collections import defaultdict\nD = defaultdict(list)\ndef f(k):\n    v = D[k]\n    X[k] = v\n"
    ),
    "second argument": "import hashlib\ndef f(k):\n    d = hashlib.new('md5', k)\n    X[k] = d\n",
    "bound anew after the look-up": (
        "import pytz\ndef f(k, more):\n    pytz.timezone(k)\n    k = more(k)\n    X[k] = 1\n"
    ),
    "asserted of another": "NAMES = {'a', 'b'}\ndef f(k, o):\n    assert o in NAMES\n    X[k] = 1\n",
    "asserted under a condition": "NAMES = {'a'}\ndef f(k, o):\n    if o:\n        assert k in NAMES\n    X[k] = 1\n",
    "a part added": "def f(k, more):\n    k = k + more\n    X[k] = 1\n",
    "public parameter": "def f(thing):\n    X[thing] = 1\n",
    "result of something": "import other\ndef f():\n    X[other.compute()] = 1\n",
    "item of something": "import other\ndef f():\n    for k in other.compute():\n        X[k] = 1\n",
    "member of what grows": (
        "NAMES = []\ndef add(n):\n    NAMES.append(n)\ndef f(k):\n    if k in NAMES:\n        X[k] = 1\n"
    ),
    "items of what grows": (
        "NAMES = []\ndef add(n):\n    NAMES.append(n)\ndef f():\n    for k in NAMES:\n        X[k] = 1\n"
    ),
}
SOURCES = {
    "literal": ("def f():\n    X['a'] = 1\n", "constant"),
    "class and literal": ("def f(r):\n    X['a', type(r)] = 1\n", "class"),
    "function": ("def f():\n    X[f] = 1\n", "function"),
    "enum": ("import enum\nclass E(enum.Enum):\n    A = 1\ndef f():\n    X[E.A] = 1\n", "enum"),
    "annotated enum": ("import enum\nclass E(enum.Enum):\n    A = 1\ndef f(k: E):\n    X[k] = 1\n", "enum"),
    "items of a constant": ("NAMES = ['a']\ndef f():\n    for k in NAMES:\n        X[k] = 1\n", "names"),
    "member of a constant": ("NAMES = ['a']\ndef f(k):\n    if k in NAMES:\n        X[k] = 1\n", "names"),
    "request": ("def f(request):\n    X[request.id] = 1\n", "request"),
    "message": ("def f(message):\n    X[message.id] = 1\n", "message"),
    "counter": ("N = 0\ndef f():\n    global N\n    N += 1\n    X[N] = 1\n", "counter"),
    "field with a factory": (
        RECORD + "dataclasses.field(default_factory=uuid.uuid4)\ndef f(c: C):\n    X[c.k] = 1\n",
        "identity",
    ),
    "field with a lambda for its factory": (
        RECORD + "pydantic.Field(default_factory=lambda: str(uuid.uuid4()))\ndef f():\n    c = C()\n    X[c.k] = 1\n",
        "identity",
    ),
    "field with a counter for its factory": (
        RECORD + "dataclasses.field(default_factory=COUNT.__next__)\ndef f(c: C):\n    X[c.k] = 1\n",
        "counter",
    ),
    "field with a factory of one value": (
        RECORD + "dataclasses.field(default_factory=lambda: 'a')\ndef f(c: C):\n    X[c.k] = 1\n",
        "derived",
    ),
    "field with a factory, of few kinds": (
        RECORD.replace("k: str", "k: bool")
        + "dataclasses.field(default_factory=uuid.uuid4)\ndef f(c: C):\n    X[c.k] = 1\n",
        "constant",
    ),
    "uuid as text": ("import uuid\ndef f():\n    X[str(uuid.uuid4())] = 1\n", "identity"),
    "time": ("import time\ndef f():\n    X[time.time()] = 1\n", "time"),
    "address": ("from urllib.parse import urlsplit\ndef f(u):\n    X[urlsplit(u)] = 1\n", "url"),
    "file": ("import json\ndef f(p):\n    X[json.loads(p)] = 1\n", "data"),
    "path by annotation": ("from pathlib import Path\ndef f(k: Path):\n    X[k] = 1\n", "path"),
    "path by word": ("def f(o):\n    X[o.filename] = 1\n", "path"),
    "exception": ("def f():\n    try:\n        g()\n    except ValueError as e:\n        X[e] = 1\n", "exception"),
    "new object": ("class C:\n    pass\ndef f():\n    X[C()] = 1\n", "object"),
    "environment": ("import os\ndef f():\n    X[os.getenv('A')] = 1\n", "environment"),
    "configuration": ("def f(o):\n    X[o.settings.thing] = 1\n", "configuration"),
    "parameter": ("def f(thing):\n    X[thing] = 1\n", "outside"),
    "attribute of a parameter": ("def f(thing):\n    X[thing.part] = 1\n", "derived"),
    "result of something": ("import other\ndef f():\n    X[other.compute()] = 1\n", "unknown"),
    "request beside a literal": (
        "def _p(k):\n    X[k] = 1\ndef f(request):\n    _p('a')\n    _p(request.id)\n",
        "request",
    ),
}


def domain(tmp_path: Path, text: str) -> Domain:
    project = linked(tmp_path, {"m.py": "X = {}\n" + text})
    keys = Keys(project.flow, project.execution, Lifetimes(project.flow, project.execution))
    (access,) = (a for a in named(project).accesses if a.kind == "insert")
    assert access.key is not None
    return keys.domain(access.key, access.scope, access.op)


@pytest.mark.parametrize("text", CLOSED.values(), ids=CLOSED)
def test_closed(text: str, tmp_path: Path) -> None:
    found = domain(tmp_path, text)
    assert (found.kind, bool(found.why)) == ("closed", True), found


@pytest.mark.parametrize("text", OPEN.values(), ids=OPEN)
def test_open(text: str, tmp_path: Path) -> None:
    found = domain(tmp_path, text)
    assert found.kind == "open", found


@pytest.mark.parametrize("text", UNKNOWN.values(), ids=UNKNOWN)
def test_unknown(text: str, tmp_path: Path) -> None:
    found = domain(tmp_path, text)
    assert found.kind == "unknown", found


TABLE = "class T:\n    def __init__(self):\n        self.known = {}\n    def learn(self, k):\n"
TABLE += "        self.known[k] = 1\nt = T()\n"
FORGET = "def forget(k):\n    t.known.pop(k)\n"
LEARNT = {
    "member": "def f(request):\n    k = request.id\n    if k not in t.known:\n        raise KeyError\n    X[k] = 1\n",
    "item": "def f(request):\n    k = request.id\n    v = t.known[k]\n    X[k] = v\n",
    "got": "def f(request):\n    k = request.id\n    v = t.known.get(k)\n    if v is not None:\n        X[k] = v\n",
    "walked": "def f(request):\n    for k in t.known.keys():\n        X[k] = 1\n",
    "asserted": "def f(request):\n    k = request.id\n    assert k in t.known\n    X[k] = 1\n",
}


@pytest.mark.parametrize("text", LEARNT.values(), ids=LEARNT)
def test_a_key_of_a_table_that_loses_none_is_judged_there(text: str, tmp_path: Path) -> None:
    kept, lost = domain(tmp_path / "kept", TABLE + text), domain(tmp_path / "lost", TABLE + FORGET + text)
    assert (kept.kind, kept.weak, kept.source) == ("unknown", True, "derived")
    assert (lost.kind, lost.weak) != ("unknown", True)


@pytest.mark.parametrize(("text", "source"), SOURCES.values(), ids=SOURCES)
def test_source(text: str, source: str, tmp_path: Path) -> None:
    assert domain(tmp_path, text).source == source


def test_callers_in_another_module(tmp_path: Path) -> None:
    files = {"m.py": "X = {}\ndef put(k):\n    X[k] = 1\n", "n.py": "import m\ndef f(request):\n    m.put('a')\n"}
    project = linked(tmp_path / "closed", files)
    keys = Keys(project.flow, project.execution, Lifetimes(project.flow, project.execution))
    (access,) = (a for a in named(project).accesses if a.kind == "insert")
    assert access.key is not None
    assert keys.domain(access.key, access.scope, access.op).kind == "closed"


def test_counter_of_another_module(tmp_path: Path) -> None:
    files = {"m.py": "import n\nX = {}\ndef f():\n    n.LAST += 1\n    X[n.LAST] = 1\n", "n.py": "LAST = 0\n"}
    project = linked(tmp_path, files)
    keys = Keys(project.flow, project.execution, Lifetimes(project.flow, project.execution))
    (access,) = (a for a in named(project).accesses if a.kind == "insert")
    assert access.key is not None
    assert keys.domain(access.key, access.scope, access.op).source == "counter"


def test_callers_in_tests_do_not_count(tmp_path: Path) -> None:
    """What a test gives says nothing about what the program gives."""
    files = {"m.py": "X = {}\ndef put(k):\n    X[k] = 1\n", "test_m.py": "import m\ndef test_a():\n    m.put('a')\n"}
    project = linked(tmp_path, files)
    keys = Keys(project.flow, project.execution, Lifetimes(project.flow, project.execution))
    (access,) = (a for a in named(project).accesses if a.kind == "insert")
    assert access.key is not None
    assert keys.domain(access.key, access.scope, access.op).kind == "unknown"


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (("closed", "closed"), "closed"),
        (("closed", "unknown"), "unknown"),
        (("unknown", "open", "closed"), "open"),
        ((), "unknown"),
    ],
)
def test_join(kinds: tuple[str, ...], expected: str) -> None:
    assert join(Domain(kind, "because") for kind in kinds).kind == expected


def test_join_prefers_strong_evidence() -> None:
    assert join([Domain("open", "a name", weak=True), Domain("open", "data")]).why == "data"
