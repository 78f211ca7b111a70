"""The verdict for one container: each row of the table, and what must not be taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

PUT = "X = {}\ndef put(request):\n    X[request.id] = request\n"
SWEEP = (
    "import threading, time\nX = {}\ndef put(request):\n    X[request.id] = time.monotonic()\n"
    "def sweep():\n    for k, t in list(X.items()):\n        if time.monotonic() - t > 60:\n            del X[k]\n"
)
LOOP = "def loop():\n    while True:\n        time.sleep(30)\n        sweep()\n"

LOADED = (
    "X = {}\ndef load(dotted):\n    first, *rest = dotted.split('.')\n    found = __import__(first)\n"
    "    for name in rest:\n        found = getattr(found, name)\n    return found\n"
    "def handle(request):\n    dotted = request.path\n"
)

SIZED = (
    "class Sized(dict):\n    def __init__(self, most=0):\n        self.most = most\n        super().__init__()\n"
    "    def __setitem__(self, key, value):\n        super().__setitem__(key, value)\n"
    "        if self.most > 0 and len(self) > self.most:\n            del self[next(iter(self))]\n"
    "def put(request):\n    X[request.id] = 1\n"
)
CACHE = (
    "class C:\n    def __init__(self, most=None):\n        self.most = most\n        self.x = {}\n"
    "    def put(self, request):\n        self.x[request.id] = 1\n"
    "        if TEST and len(self.x) > self.most:\n            self.x.popitem()\n"
)

VERDICTS: dict[str, tuple[str, str]] = {
    # nothing bounds it
    "only inserts": (PUT, "never"),
    "removal that nothing calls": (PUT + "def _drop(k):\n    X.pop(k, None)\n", "never"),
    "list": ("X = []\ndef put(request):\n    X.append(request)\n", "never"),
    "default dict that is read": (
        "from collections import defaultdict\nX = defaultdict(int)\ndef get(request):\n    return X[request.id]\n",
        "never",
    ),
    "entry moved": ("X = {}\ndef put(request):\n    X.pop(request.id, None)\n    X[request.id] = 1\n", "never"),
    "count brought down": (
        "X = {}\ndef put(request):\n    X[request.id] = X.get(request.id, 0) + 1\n"
        "def drop(request):\n    X[request.id] -= 1\n",
        "never",
    ),
    "one removal of inner entries": (
        "X = {}\ndef put(request):\n    X.setdefault(request.id, {})[request.path] = 1\n"
        "def drop(request):\n    X[request.id].pop(request.path)\n",
        "never",
    ),
    "text that gets longer": ("X = {}\ndef put(request):\n    X['a'] = X.get('a', '') + str(request.id)\n", "never"),
    "list that gets longer": (
        "X = {}\ndef put(request):\n    old = X.get('a', ())\n    X['a'] = [*old, request]\n",
        "never",
    ),
    "table that gets longer": (
        "import pandas as pd\nX = {}\ndef put(request):\n    if 'a' in X:\n"
        "        X['a'] = pd.concat([X['a'], request.rows])\n"
        "    else:\n        X['a'] = request.rows\n",
        "never",
    ),
    "text that gets longer by a template": (
        "X = {}\ndef put(request):\n    X['a'] = f'{X[\"a\"]}, {request.id}'\n",
        "never",
    ),
    "read, but not always": (
        "X = {}\ndef put(request):\n    try:\n        return X[request.id]\n    except KeyError:\n"
        "        X[request.id] = 1\n",
        "never",
    ),
    "read under another key": (
        "X = {}\ndef put(request):\n    k = 'a'\n    X[k]\n    k = request.id\n    X[k] = 1\n",
        "never",
    ),
    "read by a default dict": (
        "from collections import defaultdict\nX = defaultdict(int)\ndef put(request):\n"
        "    X[request.id] = X[request.id] + 1\n",
        "never",
    ),
    # emptied as something ends
    "emptied as one ends of those that insert": (
        "import bus\nX = {}\ndef put(request):\n    X[request.id] = 1\nbus.subscribe(put)\n"
        "async def connected(wire):\n    try:\n        put(await wire.read())\n    finally:\n        X.clear()\n"
        "bus.connected(connected)\n",
        "event-only",
    ),
    "emptied as a connection ends": (
        "import bus\nX = {}\ndef put(request):\n    X[request.id] = 1\nbus.subscribe(put)\n"
        "async def connected(wire):\n    try:\n        await wire.closed()\n    finally:\n        X.clear()\n"
        "bus.connected(connected)\n",
        "event-only",
    ),
    "emptied as each work ends": (
        "import bus\nX = {}\ndef put(part):\n    X[part.id] = 1\ndef work(request):\n    try:\n"
        "        for part in request.parts:\n            put(part)\n    finally:\n        X.clear()\n"
        "bus.subscribe(work)\n",
        "paired",
    ),
    # a limit that nobody asks for
    "map that is made without a limit": (SIZED + "X = Sized()\n", "never"),
    "map that is made with a limit": (SIZED + "X = Sized(100)\n", "bounded"),
    "map that is made with a limit by its name": (SIZED + "X = Sized(most=100)\nY = Sized()\n", "bounded"),
    "map whose limit is there by default": (SIZED.replace("most=0", "most=9") + "X = Sized()\n", "bounded"),
    "cache without a limit": (CACHE.replace("TEST", "self.most") + "X = C()\n", "never"),
    "cache whose limit is none": (CACHE.replace("TEST", "self.most is not None") + "X = C(None)\n", "never"),
    "cache with a limit": (CACHE.replace("TEST", "self.most") + "X = C(9)\n", "bounded"),
    "cache whose limit is set later": (
        CACHE.replace("TEST", "self.most") + "X = C()\ndef limit(request):\n    X.most = request.most\n"
        "import bus\nbus.subscribe(limit)\n",
        "bounded",
    ),
    # what reading a missing key does
    "map that stores what is missing": (
        "class Made(dict):\n    def __missing__(self, key):\n        self[key] = made = len(key)\n        return made\n"
        "X = Made()\ndef get(request):\n    return X[request.id]\n",
        "never",
    ),
    "map that stores what is missing by a method": (
        "class Made(dict):\n    def __missing__(self, key):\n        return self.setdefault(key, len(key))\n"
        "X = Made()\ndef get(request):\n    return X[request.id]\n",
        "never",
    ),
    "map that stores what is missing by its base": (
        "class Made(dict):\n    def __missing__(self, key):\n        super().__setitem__(key, len(key))\n"
        "        return len(key)\nX = Made()\ndef get(request):\n    return X[request.id]\n",
        "never",
    ),
    "map that stores what is missing, up to a number": (
        "class Made(dict):\n    def __missing__(self, key):\n        if len(self) > 99:\n            self.clear()\n"
        "        self[key] = made = len(key)\n        return made\n"
        "X = Made()\ndef get(request):\n    return X[request.id]\n",
        "bounded",
    ),
    "map that gives something for what is missing": (
        "class Made(dict):\n    def __missing__(self, key):\n        return len(key)\n"
        "X = Made()\ndef get(request):\n    return X[request.id]\n",
        "idle",
    ),
    # another value than the one that was looked up
    "looked up, then made": (
        "X = {}\ndef get(request):\n    k = request.id\n    found = X.get(k)\n    if found:\n        return found\n"
        "    found = make(request)\n    if found:\n        X[k] = found\n    return found\n",
        "never",
    ),
    "looked up, then made in a loop": (
        "X = {}\ndef get(request):\n    k = request.id\n    found = X.get(k)\n    for server in request.servers:\n"
        "        found = server.ask(k)\n        if found is not None:\n            X[k] = found\n",
        "never",
    ),
    "looked up, and another name made": (
        "X = {}\ndef get(request):\n    k = request.id\n    found = X.get(k)\n    other = make(found)\n"
        "    if other:\n        X[k] = other\n",
        "never",
    ),
    # what is there already, or comes once
    "looked up, and replaced where it was found": (
        "X = {}\ndef get(request):\n    k = request.id\n    found = X.get(k)\n    if found:\n"
        "        X[k] = found.next()\n",
        "closed",
    ),
    "looked up in either way": (
        "X = {}\ndef get(request):\n    k = request.id\n    if request.old:\n        found = X.get(k)\n    else:\n"
        "        found = None\n    if found is not None:\n        X[k] = found.next()\n",
        "closed",
    ),
    "number that gets larger": ("X = {}\ndef put(request):\n    X['a'] = X.get('a', 0) + request.id\n", "closed"),
    "text that is cut again": (
        "X = {}\ndef put(request):\n    X['a'] = X.get('a', '') + str(request.id)\n    X['a'] = X['a'][-9:]\n",
        "closed",
    ),
    "due timers popped by the loop that is run": (
        "import heapq, queue, time\nX = []\ndef put(request):\n    heapq.heappush(X, (request.at, request))\n"
        "def fire():\n    while X and X[0][0] < time.time():\n        heapq.heappop(X)\n"
        "incoming = queue.Queue()\nwhile True:\n    put(incoming.get())\n    fire()\n",
        "replaced",
    ),
    "read, then replaced": ("X = {}\ndef put(request):\n    X[request.id] = X[request.id] + 1\n", "closed"),
    "read, or else raised": (
        "X = {}\ndef put(request):\n    try:\n        v = X[request.id]\n    except KeyError:\n"
        "        raise ValueError from None\n"
        "    if callable(v):\n        X[request.id] = v()\n",
        "closed",
    ),
    "taken out and put back": ("X = {}\ndef put(request):\n    del X[request.id]\n    X[request.id] = 1\n", "closed"),
    "when the server starts": (
        "X = {}\nasync def app(scope, receive, send):\n    event = await receive()\n"
        "    if event['type'] == 'lifespan.startup':\n        X[event['id']] = 1\n",
        "closed",
    ),
    # the owner's call
    "owner's call": (PUT + "def drop(k):\n    X.pop(k, None)\n", "event-only"),
    "public clear": (PUT + "def clear():\n    X.clear()\n", "event-only"),
    "except alone": (
        "X = {}\ndef put(request):\n    X[request.id] = 1\n    try:\n        request.run()\n    except ValueError:\n"
        "        del X[request.id]\n",
        "event-only",
    ),
    # a sweep, and what runs it
    "sweep that nothing calls": (SWEEP, "unscheduled"),
    "private sweep that nothing calls": (SWEEP.replace("sweep", "_sweep"), "unscheduled"),
    "sweep on a thread that is not started": (SWEEP + LOOP + "T = threading.Thread(target=loop)\n", "unscheduled"),
    "sweep on a thread": (SWEEP + LOOP + "threading.Thread(target=loop, daemon=True).start()\n", "swept"),
    "sweep on every insert": (SWEEP.replace("    X[request", "    sweep()\n    X[request"), "amortised"),
    "stale keys picked first": (
        SWEEP.partition("def sweep")[0]
        + "def sweep():\n    old = [k for k, seen in X.items() if seen < 9]\n    for k in old:\n        X.pop(k)\n"
        + LOOP
        + "threading.Thread(target=loop).start()\n",
        "swept",
    ),
    "rebuilt by a comprehension": (
        SWEEP.partition("def sweep")[0]
        + "def sweep():\n    global X\n    X = {k: v for k, v in X.items() if v > 9}\n"
        + LOOP
        + "threading.Thread(target=loop).start()\n",
        "swept",
    ),
    "timer that sweeps something else": (
        SWEEP + "Y = {}\ndef loop():\n    while True:\n        time.sleep(30)\n        Y.clear()\n"
        "threading.Thread(target=loop).start()\n",
        "unscheduled",
    ),
    "timer for each entry": (
        "import threading\nX = {}\ndef put(request):\n    X[request.id] = 1\n"
        "    threading.Timer(60, X.pop, [request.id, None]).start()\n",
        "entry-timer",
    ),
    # paired removals
    "finally": (
        "X = {}\ndef put(request):\n    X[request.id] = 1\n    try:\n        request.run()\n    finally:\n"
        "        X.pop(request.id, None)\n",
        "paired",
    ),
    "finally in the caller": (
        "X = {}\ndef put(k):\n    X[k] = 1\ndef handle(r):\n    put(r.id)\n    try:\n        r.run()\n"
        "    finally:\n        X.pop(r.id, None)\n",
        "paired",
    ),
    "context manager": (
        "X = {}\nclass Use:\n    def __init__(self, request):\n        self.key = request.id\n"
        "    def __enter__(self):\n        X[self.key] = 1\n    def __exit__(self, *exc):\n        del X[self.key]\n",
        "paired",
    ),
    "done-callback": (
        "import asyncio\nX = set()\ndef spawn(work):\n    t = asyncio.create_task(work())\n    X.add(t)\n"
        "    t.add_done_callback(X.discard)\n",
        "paired",
    ),
    "weak reference": (
        "import weakref\nX = {}\ndef put(request):\n    X[id(request)] = 1\n"
        "    weakref.finalize(request, X.pop, id(request), None)\n",
        "paired",
    ),
    "finally of another function": (
        PUT + "def other(k):\n    try:\n        k.run()\n    finally:\n        X.pop(k.id, None)\n",
        "event-only",
    ),
    # caps
    "evicted when full": (
        "X = {}\ndef put(request):\n    if len(X) > 99:\n        X.pop(next(iter(X)))\n    X[request.id] = 1\n",
        "bounded",
    ),
    "cleared when full": (
        "X = {}\ndef put(request):\n    if len(X) > 99:\n        X.clear()\n    X[request.id] = 1\n",
        "bounded",
    ),
    "evicted in a loop": (
        "import collections\nX = collections.OrderedDict()\ndef put(request):\n    X[request.id] = 1\n"
        "    while len(X) > 99:\n        X.popitem(last=False)\n",
        "bounded",
    ),
    "entries cut when they hold too much together": (
        "X = {}\ndef put(request):\n    if sum(len(v) for v in X.values()) > 99:\n        for k, v in X.items():\n"
        "            X[k] = {p: e for p, e in v.items() if e.last > 9}\n"
        "    X.setdefault(request.id, {})[request.path] = request\n",
        "bounded",
    ),
    "tail cut off": ("X = []\ndef put(request):\n    X.append(request)\n    del X[:-99]\n", "bounded"),
    "bounded type": (
        "import collections\nX = collections.deque(maxlen=9)\ndef put(request):\n    X.append(request)\n",
        "bounded",
    ),
    "weak type": (
        "import weakref\nX = weakref.WeakValueDictionary()\ndef put(request):\n    X[request.id] = request\n",
        "bounded",
    ),
    "cap of another container": (
        "X = {}\nY = {}\ndef put(request):\n    if len(Y) > 99:\n        Y.clear()\n    X[request.id] = Y\n",
        "never",
    ),
    "refused when full": (
        "X = {}\ndef put(request):\n    if len(X) >= 99:\n        raise MemoryError\n    X[request.id] = 1\n",
        "closed",
    ),
    "size only logged": (
        "import logging\nX = {}\ndef put(request):\n    if len(X) > 99:\n        logging.warning('big')\n"
        "    X[request.id] = 1\n",
        "never",
    ),
    # closed
    "closed keys": ("X = {}\ndef put(request):\n    X['last'] = request\n", "closed"),
    "only at import": ("X = {}\ndef _put(k):\n    X[k] = 1\nfor n in compute():\n    _put(n)\n", "closed"),
    "filled once": (
        "import other\nX = {}\ndef get(k):\n    if not X:\n        for n in other.names():\n            X[n] = 1\n"
        "    return X[k]\n",
        "closed",
    ),
    "filled once behind a flag": (
        "import other\nX = {}\nDONE = False\ndef get(k):\n    global DONE\n    if not DONE:\n"
        "        for n in other.names():\n            X[n] = 1\n        DONE = True\n    return X[k]\n",
        "closed",
    ),
    "emptied before each fill": (
        "X = {}\ndef load(request):\n    X.clear()\n    for k in request.items:\n        X[k] = 1\n",
        "closed",
    ),
    "overwritten where present": (
        "X = {'a': 1}\ndef put(request):\n    k = request.id\n    if k in X:\n        X[k] = 2\n",
        "closed",
    ),
    "weak reference of a subclass": (
        "import weakref\nclass Key(weakref.ref):\n    def __new__(cls, thing, gone):\n"
        "        return weakref.ref.__new__(cls, thing, gone)\n"
        "X = {}\ndef drop(key):\n    X.pop(key, None)\ndef put(thing):\n    X[Key(thing, drop)] = 1\n",
        "paired",
    ),
    "weak reference whose constructor is told": (
        "import weakref\nclass Key(weakref.ref):\n    def __init__(self, thing, gone):\n"
        "        super().__init__(thing, gone)\n"
        "X = {}\ndef drop(key):\n    del X[key]\ndef put(thing):\n    X[Key(thing, drop)] = 1\n",
        "paired",
    ),
    "method of the map given to a weak reference": (
        "import weakref\nclass Key(weakref.KeyedRef):\n    pass\n"
        "X = {}\ndef put(thing):\n    X[Key(thing, X.pop, 1)] = 1\n",
        "paired",
    ),
    "stack with what is on top of it": (
        "X = []\ndef walk(node):\n    X.append([])\n    try:\n        node.walk()\n    finally:\n        X.pop()\n"
        "def note(request):\n    X[-1].append(request.id)\n",
        "paired",
    ),
    "map of sets that a `with` takes away": (
        "import contextlib\nX = {}\n@contextlib.contextmanager\ndef room(k):\n    X[k] = set()\n    try:\n"
        "        yield\n    finally:\n        del X[k]\ndef join(k, who):\n    X[k].add(who)\n",
        "paired",
    ),
    "made anew by a helper": (
        "class C:\n    def __init__(self):\n        self.reset()\n    def reset(self):\n        self.x = []\n"
        "    def load(self, request):\n        self.reset()\n        for part in request.parts:\n"
        "            self.x.append(part)\nX = C()\n",
        "closed",
    ),
    "made anew far above the function that fills it": (
        "class C:\n    def load(self, request):\n        self.x = []\n        self.parse(request)\n"
        "    def parse(self, part):\n        for one in part.parts:\n            self.parse(one)\n"
        "            self.fail(one)\n    def fail(self, one):\n        self.x.append(one)\nX = C()\n"
        "def handle(request):\n    X.load(request)\n",
        "closed",
    ),
    "made anew on one of two ways to the function that fills it": (
        "class C:\n    def load(self, request):\n        self.x = []\n        self.parse(request)\n"
        "    def check(self, request):\n        self.parse(request)\n    def parse(self, part):\n"
        "        self.fail(part)\n    def fail(self, one):\n        self.x.append(one)\nX = C()\n"
        "def handle(request):\n    X.load(request)\ndef handle_more(request):\n    X.check(request)\n",
        "never",
    ),
    "filled by functions that call each other alone": (
        "X = {}\nclass C:\n    def __call__(self, request):\n        X[request.id] = 1\n"
        "        self.more(request)\n    def more(self, request):\n        self.__call__(request.parent)\nc = C()\n",
        "never",
    ),
    "made anew by the function that fills it": (
        "class C:\n    def load(self, request):\n        self.x = {}\n        for part in request.parts:\n"
        "            self.x[part.id] = part\nX = C()\n",
        "closed",
    ),
    "made anew for each round over what is there": (
        "import glob, time\nfrom csv import DictReader\nX = None\ndef run(folder):\n    global X\n    while True:\n"
        "        X = {}\n        paths = glob.glob(folder)\n        paths = paths[:3]\n        for path in paths:\n"
        "            with open(path) as lines:\n                for row in DictReader(lines):\n"
        "                    X[row['id']] = row\n        time.sleep(5)\nif __name__ == '__main__':\n    run(input())\n",
        "closed",
    ),
    "made anew for each connection": (
        "import time\nX = None\ndef run(hub):\n    global X\n    while True:\n        X = {}\n"
        "        for line in hub.connect():\n            X[line.id] = line\n"
        "        time.sleep(5)\nif __name__ == '__main__':\n    run(input())\n",
        "never",
    ),
    "made anew for each run of a device": (
        "import time\nX = None\ndef run():\n    global X\n    while True:\n        X = {}\n"
        "        for line in open('/dev/ttyS0'):\n            X[line] = 1\n"
        "        time.sleep(5)\nif __name__ == '__main__':\n    run()\n",
        "never",
    ),
    "made where a day begins": (
        "X = None\nday = 0\ndef put(request):\n    global X, day\n    if request.day != day:\n        X = {}\n"
        "        day = request.day\n    X[request.id] = 1\n",
        "amortised",
    ),
    "made where there is none": (
        "X = None\ndef put(request):\n    global X\n    if X is None:\n        X = {}\n    X[request.id] = 1\n",
        "never",
    ),
    "made where it is missing": (
        "def put(request):\n    global X\n    try:\n        X\n    except NameError:\n        X = {}\n"
        "    X[request.id] = 1\n",
        "never",
    ),
    "made by who makes the object": (
        "class C:\n    def __init__(self):\n        self.x = {}\ndef load(request):\n    made = C()\n"
        "    made.x = {}\n    for part in request.parts:\n        made.x[part.id] = part\n    return made.x\nX = C()\n",
        "closed",
    ),
    "made anew for another object": (
        "class C:\n    def __init__(self, above):\n        self.above = above\n        self.x = []\n"
        "    def fork(self, request):\n        made = C(self)\n"
        "        self.x.append(made)\n        return made\nX = C(None)\n",
        "never",
    ),
    "filled by what made the object": (
        "class C:\n    def __init__(self):\n        self.x = []\n    def put(self, part):\n"
        "        self.x.append(part)\nlast = None\ndef load(request):\n    global last\n    made = C()\n"
        "    for part in request.parts:\n        made.put(part)\n    last = made\n",
        "closed",
    ),
    "filled in a loop behind the making": (
        "class C:\n    def serve(self, source):\n        self.x = []\n        while True:\n"
        "            self.x.append(source.recv())\nX = C()\n",
        "never",
    ),
    "made by the caller of what loops": (
        "class C:\n    def __init__(self):\n        self.x = []\n    def run(self, source):\n        while True:\n"
        "            self.x.append(source.recv())\ndef main(source):\n    made = C()\n    made.run(source)\n"
        "if __name__ == '__main__':\n    import sys\n    main(sys.argv)\n",
        "never",
    ),
    "made by the caller before it loops": (
        "class C:\n    def __init__(self):\n        self.x = []\n    def put(self, part):\n"
        "        self.x.append(part)\ndef main(source):\n    made = C()\n    while True:\n"
        "        made.put(source.recv())\nif __name__ == '__main__':\n    import sys\n    main(sys.argv)\n",
        "never",
    ),
    # what code in C calls for each thing that it was given
    "callback made by ctypes": (
        "import ctypes\nDONE = ctypes.CFUNCTYPE(None, ctypes.c_int)\nX = {}\n@DONE\ndef gone(k):\n    X.pop(k, None)\n"
        "def put(lib, k):\n    X[k] = 1\n    lib.close(k, gone)\n",
        "paired",
    ),
    "method of the map made a callback by ctypes": (
        "import ctypes\nX = {}\ngone = ctypes.CFUNCTYPE(None, ctypes.c_int)(X.pop)\n"
        "def put(lib, k):\n    X[k] = 1\n    lib.close(k, gone)\n",
        "paired",
    ),
    "callback made by cffi": (
        "import cffi\nffi = cffi.FFI()\nX = {}\n@ffi.def_extern()\ndef gone(k):\n    del X[k]\n"
        "def put(lib, k):\n    X[k] = 1\n",
        "paired",
    ),
    "function given to something unknown": (
        "X = {}\ndef gone(k):\n    X.pop(k, None)\ndef put(lib, k):\n    X[k] = 1\n    lib.close(k, gone)\n",
        "event-only",
    ),
    # a task or thread that waits, and then removes
    "task that waits": (
        "import asyncio\nX = {}\nasync def expire(k):\n    await asyncio.sleep(60)\n    X.pop(k, None)\n"
        "def put(request):\n    X[request.id] = asyncio.create_task(expire(request.id))\n",
        "entry-timer",
    ),
    "task that may be told not to wait": (
        "import asyncio\nX = {}\nasync def expire(k):\n    try:\n        await asyncio.sleep(60)\n"
        "    except asyncio.CancelledError:\n        return\n    X.pop(k, None)\n"
        "def put(request):\n    X[request.id] = asyncio.ensure_future(expire(request.id))\n",
        "entry-timer",
    ),
    "thread that waits": (
        "import threading, time\nX = {}\ndef expire(k):\n    time.sleep(60)\n    X.pop(k, None)\n"
        "def put(request):\n    X[request.id] = 1\n"
        "    threading.Thread(target=expire, args=(request.id,)).start()\n",
        "entry-timer",
    ),
    "timer of its own that waits and calls back": (
        "import asyncio\nX = {}\nclass Later:\n    def __init__(self, delay, call):\n"
        "        self.task = asyncio.create_task(self.run(delay, call))\n"
        "    async def run(self, delay, call):\n        await asyncio.sleep(delay)\n        call()\n"
        "class App:\n    def after(self, delay, call):\n        return Later(delay, call)\n"
        "class Desk:\n    def __init__(self, app):\n        self.app = app\n    def put(self, request):\n"
        "        X[request.id] = self.app.after(60, lambda: X.pop(request.id))\ndesk = Desk(App())\n",
        "entry-timer",
    ),
    "task that fetches after it has waited": (
        "import asyncio\nX = {}\nasync def expire(k):\n    await asyncio.sleep(60)\n    await k.tell()\n"
        "    X.pop(k, None)\ndef put(request):\n    X[request.id] = asyncio.create_task(expire(request.id))\n",
        "event-only",
    ),
    "waiting that the owner waits for": (
        "import asyncio\nX = {}\nasync def expire(k):\n    await asyncio.sleep(60)\n    X.pop(k, None)\n"
        "async def put(request):\n    X[request.id] = 1\n    await expire(request.id)\n",
        "event-only",
    ),
    "task that waits once": (
        PUT + "import asyncio\nasync def warm():\n    await asyncio.sleep(60)\n    X.clear()\n"
        "async def main():\n    asyncio.create_task(warm())\n    await asyncio.start_server(put)\n"
        "if __name__ == '__main__':\n    asyncio.run(main())\n",
        "unscheduled",
    ),
    # filled while modules are imported
    "taken by what imports the modules": (
        "import importlib\nX = []\ndef register(f):\n    X.append(f)\n    return f\n"
        "def load(path):\n    importlib.import_module(path)\n    made = list(X)\n    X.clear()\n    return made\n",
        "closed",
    ),
    "walked by what imports the modules": (
        "import importlib, pkgutil\nX = {}\nclass Plugin:\n    def __init__(self, name):\n        X[name] = self\n"
        "def load(paths):\n    for found in pkgutil.iter_modules(paths):\n        importlib.import_module(found.name)\n"
        "    return [plugin for plugin in X.values()]\n",
        "closed",
    ),
    "keys that the annotation closes": ("X: dict[bool, int] = {}\ndef f(m):\n    X[m.debug] = 1\n", "closed"),
    "elements that the annotation closes": (
        "from typing import Optional\nX: Optional[set[tuple[bool, type[int]]]] = set()\ndef f(m):\n    X.add(m.kind)\n",
        "closed",
    ),
    "many keys that the annotation closes": ("X: dict[bool, int] = {}\ndef f(m):\n    X.update(m.known)\n", "closed"),
    "values that the annotation closes": ("X: dict[str, bool] = {}\ndef f(m):\n    X[m.id] = True\n", "never"),
    "keys inside that the annotation closes": (
        "X: dict[str, dict[bool, int]] = {}\ndef f(request):\n    X[request.id] = {}\n",
        "never",
    ),
    "list of what the annotation closes": ("X: list[bool] = []\ndef f(request):\n    X.append(True)\n", "never"),
    "kept by the name that a function imports it by": (LOADED + "    X[dotted] = load(dotted)\n", "closed"),
    "kept by that name in another form": (LOADED + "    k = dotted.lower()\n    X[k] = load(dotted)\n", "closed"),
    "made by what a function imports": (LOADED + "    X[request.id] = load('a.B')()\n", "never"),
    "made by what is imported": (
        "import importlib\nX = {}\ndef f(request):\n    X[request.id] = importlib.import_module(request.kind).B()\n",
        "never",
    ),
    "found in a module": (
        "import math\nX = {}\ndef f(request):\n    k = request.id\n    v = getattr(math, k)\n    X[k] = v\n",
        "closed",
    ),
    "found in a module or not": (
        "import math\nX = {}\ndef f(request):\n    k = request.id\n    v = getattr(math, k, 0)\n    X[k] = v\n",
        "never",
    ),
    "found in an object": (
        "X = {}\ndef f(request):\n    k = request.id\n    v = getattr(request, k)\n    X[k] = v\n",
        "never",
    ),
    "taken by what imports nothing": (
        "X = []\ndef register(f):\n    X.append(f)\n    return f\n"
        "def load(path):\n    made = list(X)\n    X.clear()\n    return made\n",
        "event-only",
    ),
    # what a helper is given to remove
    "keys picked from it": (
        "X = {}\ndef put(request):\n    X[request.id] = request\n    gone = [k for k, v in X.items() if v.closed]\n"
        "    forget(keys=gone)\n"
        "def forget(keys=None):\n    if keys:\n        for key in keys:\n            del X[key]\n",
        "amortised",
    ),
    "those that a function finds in it": (
        "X = {}\ndef put(request):\n    X[request.id] = request\n    forget(X, closed(list(X)))\n"
        "def closed(keys):\n    return [key for key in keys if is_closed(key)]\n"
        "def forget(table, keys):\n    for key in keys:\n        del table[key]\n",
        "amortised",
    ),
    "keys that a request names": (
        "X = {}\ndef put(request):\n    X[request.id] = request\n    forget(request.gone)\n"
        "def forget(keys):\n    for key in keys:\n        X.pop(key, None)\n",
        "event-only",
    ),
    "keys that some callers pick": (
        "X = {}\ndef put(request):\n    X[request.id] = request\n    forget(request.gone)\n"
        "def tidy():\n    forget([k for k in X if k.closed])\n"
        "def forget(keys):\n    for key in keys:\n        X.pop(key, None)\n",
        "event-only",
    ),
    # what a script keeps
    "kept by a script that ends": (
        "if __name__ == '__main__':\n    import pty\n    X = []\n    def read(fd):\n        X.append(fd)\n"
        "        return fd\n    pty.spawn('sh', read)\n    print(X)\n",
        "closed",
    ),
    "kept by a script that serves": (
        "import bus\nif __name__ == '__main__':\n    X = []\n    def read(fd):\n        X.append(fd)\n"
        "    bus.on_message(read)\n    while True:\n        bus.wait(5)\n",
        "never",
    ),
    "kept by a script's own loop": (
        "if __name__ == '__main__':\n    X = set()\n    while True:\n        X.add(input())\n",
        "never",
    ),
    "never written": ("X = {'a': 1}\ndef get(k):\n    return X[k]\n", "idle"),
}


@pytest.mark.parametrize(("text", "expected"), VERDICTS.values(), ids=VERDICTS)
def test_verdict(text: str, expected: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": text}), "C.x" if "self.x" in text else "X")
    assert container.verdict.name == expected, container.verdict.reasons
    assert container.verdict.reasons


@pytest.mark.parametrize("name", ["X", "cache", "_registry", "MEMO", "handlers", "pool"])
def test_a_name_proves_nothing(name: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": PUT.replace("X", name)}), name)
    assert (container.verdict.name, container.verdict.confidence.value) == ("never", "medium")


@pytest.mark.parametrize(
    ("files", "confidence"),
    [
        ({"m.py": PUT, "n.py": "import bus, m\nbus.subscribe(m.put)\n"}, "high"),
        ({"m.py": PUT}, "medium"),
        ({"m.py": "X = {}\ndef put(thing):\n    X[thing] = 1\n"}, "medium"),
        ({"m.py": "X = {}\ndef put(kind):\n    X[kind] = 1\n"}, "low"),
    ],
    ids=["open and called", "open and public", "unknown", "named like something finite"],
)
def test_confidence(files: dict[str, str], confidence: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, files))
    assert (container.verdict.name, container.verdict.confidence.value) == ("never", confidence)


@pytest.mark.parametrize(
    ("call", "when"),
    [("sweep()", "test"), ("", "event")],
    ids=["called by a test alone", "public and called by nobody"],
)
def test_sweep_outside_the_program(call: str, when: str, tmp_path: Path) -> None:
    files = {"m.py": SWEEP, **({"test_m.py": f"from m import sweep\ndef test_sweep():\n    {call}\n"} if call else {})}
    container = named(linked(tmp_path, files))
    assert container.verdict.name == "unscheduled"
    assert [(r.extent, r.when) for r in container.removals] == [("sweep", when)]


_HEARD = "import socket\ndef hear(line, wide):\n{}\nif __name__ == '__main__':\n    hear(socket.socket(), True)\n"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("    if wide:\n        x = {}\n        while True:\n            x[line.recv(1)] = 1", "never"),
        ("    x = {}\n    while True:\n        x[line.recv(1)] = 1", "never"),
        (
            "    x = {}\n    while True:\n        if len(x) > 99:\n            x = {}\n        x[line.recv(1)] = 1",
            "bounded",
        ),
        (
            "    if wide:\n        x = {}\n        while True:\n            if len(x) > 99:\n                x = {}\n"
            "            x[line.recv(1)] = 1",
            "bounded",
        ),
    ],
    ids=["in a branch", "at once", "anew where it is full", "in a branch, and anew where it is full"],
)
def test_local_variable_that_is_made(body: str, verdict: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": _HEARD.format(body)}), "hear.x")
    assert container.verdict.name == verdict


_SEVERAL = (
    "import threading, time\n"
    "class {}:\n    def __init__(self):\n        self.x = []\n"
    "    def put(self, request):\n        self.x.append(request)\n"
    "A = {}()\n"
)
_OF_SOME = "def drop(peer, request):\n    peer.parent.x.remove(request)\n"


@pytest.mark.parametrize(
    ("rest", "verdict", "whens"),
    [
        ("", "never", []),
        (_OF_SOME, "event-only", ["event"]),
        (
            _OF_SOME + "def loop(peer):\n    while True:\n        time.sleep(1)\n        drop(peer, peer.next)\n"
            "threading.Thread(target=loop).start()\n",
            "event-only",
            ["event"],
        ),
        ("def look(peer):\n    return peer.parent.x.count(1)\n", "never", []),
        ("def drop(peer, request):\n    peer.parent.y.remove(request)\n", "never", []),
    ],
    ids=["none", "of one of them", "of one of them, on a timer", "no removal", "of another attribute"],
)
def test_removal_from_one_of_several_that_are_called_alike(
    rest: str, verdict: str, whens: list[str], tmp_path: Path
) -> None:
    text = _SEVERAL.format("C", "C") + _SEVERAL.format("D", "D").replace("A = ", "B = ") + rest
    container = named(linked(tmp_path, {"m.py": text}), "C.x")
    assert (container.verdict.name, [r.when for r in container.removals]) == (verdict, whens)


def test_sweeper_declared_in_the_settings(tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": SWEEP}, sweepers=["m:sweep"])).verdict.name == "swept"


def test_bounded_type_declared_in_the_settings(tmp_path: Path) -> None:
    files = {"m.py": "from acme import Lru\nX = Lru()\ndef put(request):\n    X[request.id] = 1\n"}
    assert named(linked(tmp_path, files, bounded_types=["acme.Lru"])).verdict.name == "bounded"


def test_sweep_and_insert_in_different_modules(tmp_path: Path) -> None:
    files = {
        "p/__init__.py": "",
        "p/state.py": "X = {}\n",
        "p/api.py": "from .state import X\ndef handle(request):\n    X[request.id] = 1\n",
        "p/sweep.py": "import time\nfrom . import state\ndef run():\n    while True:\n        time.sleep(9)\n"
        "        for k in [k for k, v in state.X.items() if v]:\n            state.X.pop(k)\n",
        "p/__main__.py": "import bus, threading\nfrom p import api, sweep\n"
        "if __name__ == '__main__':\n    threading.Thread(target=sweep.run).start()\n    bus.serve(api.handle)\n",
    }
    assert named(linked(tmp_path / "whole", files)).verdict.name == "swept"
    files["p/__main__.py"] = "import bus\nfrom p import api\nif __name__ == '__main__':\n    bus.serve(api.handle)\n"
    assert named(linked(tmp_path / "forgotten", files)).verdict.name == "unscheduled"


TICK = "import threading, time\ndef loop():\n    while True:\n        time.sleep(30)\n        X.pop('a', None)\n"
LOOKALIKES: dict[str, tuple[str, set[str]]] = {
    "a finally that removes another key": (
        "X = {}\ndef put(request):\n    X[request.id] = 1\n    try:\n        request.run()\n    finally:\n"
        "        X.pop('a', None)\n",
        {"never", "event-only"},
    ),
    "a finally for one of two inserts": (
        "X = {}\ndef put(request):\n    X[request.id] = 1\n    try:\n        request.run()\n    finally:\n"
        "        X.pop(request.id)\ndef other(request):\n    X[request.path] = 1\n",
        {"event-only"},
    ),
    "a test for entries that is no cap": (
        PUT + "def drop(k):\n    if len(X) > 0:\n        del X[k]\n",
        {"event-only"},
    ),
    "a drain that somebody calls is no cap": (
        PUT + "def drain():\n    while len(X) > 0:\n        X.popitem()\n",
        {"event-only", "unscheduled"},
    ),
    "a drain of a list that only users call": (
        "X = []\ndef put(request):\n    X.append(request)\ndef drain():\n    while X:\n        X.pop()\n",
        {"event-only", "unscheduled"},
    ),
    "a timer that removes one fixed key": (
        PUT + TICK + "threading.Thread(target=loop).start()\n",
        {"never", "event-only"},
    ),
    "a process that sweeps its own copy": (
        SWEEP + LOOP + "import multiprocessing\nmultiprocessing.Process(target=loop).start()\n",
        {"unscheduled"},
    ),
    "a stack on whose first entry things are put": (
        "X = [[]]\ndef walk(node):\n    X.append([])\n    try:\n        node.walk()\n    finally:\n        X.pop()\n"
        "def note(request):\n    X[0].append(request.id)\n",
        {"event-only"},
    ),
    "a class that only looks like a weak reference": (
        "class Key:\n    def __init__(self, thing, gone):\n        self.gone = gone\n"
        "X = {}\ndef drop(key):\n    del X[key]\ndef put(thing):\n    X[Key(thing, drop)] = 1\n",
        {"event-only"},
    ),
    "a number counted up under a key that is there": (
        "X = {'a': 0}\ndef put(request):\n    X['a'] += request.size\n",
        {"idle", "closed"},
    ),
}


@pytest.mark.parametrize(("text", "expected"), LOOKALIKES.values(), ids=LOOKALIKES)
def test_verdict_of_what_only_looks_bounded(text: str, expected: set[str], tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": text})).verdict.name in expected


@pytest.mark.parametrize("insert", ["X.update(**kw)", "X['a'].append(kw)", "X[kw['a'].b.c] = 1"])
def test_reason_is_one_sentence(insert: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": f"X = {{}}\ndef put(**kw):\n    {insert}\n"}))
    assert container.inserts
    reason = container.verdict.reasons[0]
    assert reason.startswith(("the key is of ", "the key is not ", "the key: `", "every call appends "))
