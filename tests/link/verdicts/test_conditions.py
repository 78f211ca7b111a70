"""Removals that only some runs come to: after a failure, once, under a condition, or with another key by then; each
beside the form that looks alike and removes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

GET = "import asyncio, queue, threading, time\nX = {}\ndef get(request):\n    X[request.id] = 1\n"
RUN = "asyncio.run(work())\n"
THREAD = "threading.Thread(target=work).start()\n"
PUT = "X = {}\ndef put(request):\n    X[request.id] = request\n"

LIST = "import asyncio\nX = []\ndef put(request):\n    X.append(request.id)\n"
QUEUE = "import asyncio, queue\nX = queue.Queue()\ndef put(request):\n    X.put(request.id)\n"
DRAIN = "def drop():\n    while X:\n        X.pop().cancel()\n"
SWAP = "def drop():\n    global X\n    old, X = X, []\n    print(old)\n"


def failing(failed: str, usual: str) -> str:
    """A loop that is the program, with what it does after a failure and in any other round."""
    return (
        f"async def work():\n    while True:\n        try:\n            await read()\n            {usual}\n"
        f"        except OSError:\n            {failed}\nif __name__ == '__main__':\n    {RUN}"
    )


ON_FAILURE: dict[str, tuple[str, str]] = {
    # program, verdict
    "handler of a retrying loop": (
        GET + "async def work():\n    while True:\n        try:\n            await read()\n"
        "        except ConnectionError:\n            X.clear()\n            await asyncio.sleep(1)\n" + RUN,
        "event-only",
    ),
    "helper called by the handler": (
        GET + "def drop():\n    X.clear()\nasync def work():\n    while True:\n        try:\n"
        "            await read()\n"
        "        except ConnectionError:\n            drop()\n        await asyncio.sleep(1)\n" + RUN,
        "event-only",
    ),
    "behind a try that goes on when it succeeds": (
        GET + "def work():\n    while True:\n        try:\n            read()\n            continue\n"
        "        except OSError as error:\n            print(error)\n        X.clear()\n        time.sleep(1)\n"
        + THREAD,
        "event-only",
    ),
    "so many attempts": (
        GET
        + "def work():\n    while True:\n        for attempt in range(3):\n            try:\n                read()\n"
        "            except OSError:\n                X.clear()\n        time.sleep(1)\n" + THREAD,
        "event-only",
    ),
    "cancelled": (
        GET + "async def work():\n    while True:\n        try:\n            await asyncio.sleep(9)\n"
        "            await read()\n"
        "        except asyncio.CancelledError:\n            X.clear()\n            raise\n" + RUN,
        "event-only",
    ),
    "insert path after a failure": (
        "X = {}\ndef put(request):\n    X[request.id] = 1\n    try:\n        request.run()\n    except OSError:\n"
        "        X.clear()\n",
        "event-only",
    ),
    "every round": (
        GET + "async def work():\n    while True:\n        try:\n            await read()\n        except OSError:\n"
        "            pass\n        X.clear()\n        await asyncio.sleep(1)\n" + RUN,
        "swept",
    ),
    "a time-out is the clock": (
        GET + "stop = threading.Event()\nbox = queue.Queue()\ndef work():\n    while True:\n        try:\n"
        "            box.get(timeout=60)\n        except queue.Empty:\n            X.clear()\n" + THREAD,
        "swept",
    ),
    "nothing but a wait can fail": (
        GET + "async def work(stop):\n    while True:\n        try:\n"
        "            await asyncio.wait_for(stop.wait(), 60)\n"
        "        except Exception:\n            X.clear()\nasyncio.run(work(asyncio.Event()))\n",
        "swept",
    ),
    "the entry that fails": (
        GET + "def work():\n    while True:\n        time.sleep(60)\n        for k in list(X):\n            try:\n"
        "                ping(k)\n            except OSError:\n                del X[k]\n" + THREAD,
        "swept",
    ),
    "loop inside a handler": (
        GET + "def work():\n    try:\n        read()\n    except OSError:\n        while True:\n"
        "            time.sleep(60)\n"
        "            X.clear()\n" + THREAD,
        "swept",
    ),
    "missing key on the insert path": (
        "import time\nX = {}\ndef get(request):\n    try:\n        return X[request.id]\n    except KeyError:\n"
        "        for k in [k for k, at in X.items() if at < time.time()]:\n            del X[k]\n"
        "    X[request.id] = time.time()\n",
        "amortised",
    ),
    "worked off after a failure": (LIST + DRAIN + failing("drop()", "pass"), "event-only"),
    "worked off in each round": (LIST + DRAIN + failing("pass", "drop()"), "replaced"),
    "worked off after a failure, and if users ask": (
        LIST + DRAIN + "def close():\n    drop()\n" + failing("drop()", "pass"),
        "event-only",
    ),
    "worked off after a failure, and by a loop": (
        LIST + DRAIN + failing("drop()", "pass") + "while True:\n    drop()\n",
        "replaced",
    ),
    "taken as a whole after a failure": (LIST + SWAP + failing("drop()", "pass"), "event-only"),
    "taken as a whole in each round": (LIST + SWAP + failing("pass", "drop()"), "replaced"),
    "queue that a failure empties": (QUEUE + failing("X.get_nowait()", "pass"), "event-only"),
    "queue that each round takes from": (QUEUE + failing("pass", "X.get_nowait()"), "bounded"),
}

FLAG = (
    "DONE = False\nX = {}\ndef put(request):\n    global DONE\n    if DONE:\n        return\n"
    "    X[request.id] = 1\n    DONE = True\n"
)
SERVE = "import bus\nbus.subscribe(put)\n"

ONE_BOOK = (
    "X = {}\nclass Book:\n    one = None\n    def __init__(self):\n        global X\n        Book.one = self\n"
    "        X = {}\n"
)

ONCE: dict[str, tuple[str, str]] = {
    "flag that stays": (FLAG + SERVE, "closed"),
    "flag that a handler takes down": (
        FLAG + "def done(event):\n    global DONE\n    DONE = False\n" + SERVE + "bus.subscribe(done)\n",
        "never",
    ),
    "flag of the class that a timer takes down": (
        "import threading, bus\nX = {}\nclass Desk:\n    busy = None\ndef put(request):\n"
        "    if Desk.busy is not None:\n"
        "        raise ValueError\n    X[request.id] = 1\n    Desk.busy = request\n"
        "    threading.Timer(9, free).start()\n"
        "def free():\n    Desk.busy = None\n" + SERVE,
        "never",
    ),
    "attribute of the object": (
        "import bus\nX = {}\nclass Desk:\n    def __init__(self):\n        self.busy = False\n"
        "    def put(self, request):\n"
        "        if self.busy:\n            return\n        self.busy = True\n        X[request.id] = 1\n"
        "    def done(self, event):\n        self.busy = False\nDESK = Desk()\nbus.subscribe(DESK.put)\n"
        "bus.subscribe(DESK.done)\n",
        "never",
    ),
    "flag that goes with the entries": (
        FLAG
        + "def reload(event):\n    global DONE\n    X.clear()\n    DONE = False\n"
        + SERVE
        + "bus.subscribe(reload)\n",
        "closed",
    ),
    "flag that only tests take down": (
        FLAG + SERVE + "def _reset():\n    global DONE\n    DONE = False\n",
        "closed",
    ),
    "made anew once": (
        "Y = None\nX = {}\nclass Book:\n    def __init__(self):\n        global X\n        X = {}\n"
        "def put(request):\n    global Y\n    if Y is None:\n        Y = Book()\n    X[request.id] = 1\n",
        "never",
    ),
    "made anew by the constructor that sets the flag": (
        ONE_BOOK + "def put(request):\n    if not Book.one:\n        Book()\n    X[request.id] = 1\n",
        "never",
    ),
    "made anew by a method further down": (
        ONE_BOOK + "    @classmethod\n    def open(cls):\n        return cls()\n"
        "def put(request):\n    if Book.one is None:\n        Book.open()\n    X[request.id] = 1\n",
        "never",
    ),
    "made anew by a function whose one result is kept": (
        "import functools\n" + ONE_BOOK + "@functools.cache\ndef book():\n    return Book()\n"
        "def put(request):\n    book()\n    X[request.id] = 1\n",
        "never",
    ),
    "made anew by a function whose results are kept": (
        "import functools\n" + ONE_BOOK + "@functools.cache\ndef book(day):\n    return Book()\n"
        "def put(request):\n    book(request.day)\n    X[request.id] = 1\n",
        "amortised",
    ),
    "made anew where an attribute is missing": (
        ONE_BOOK + "class Desk:\n    def put(self, request):\n        if not hasattr(self, 'book'):\n"
        "            self.book = Book()\n        X[request.id] = 1\nDESK = Desk()\n",
        "never",
    ),
    "made anew by a constructor that sets another flag": (
        ONE_BOOK + "def put(request):\n    if not request.book:\n        Book()\n    X[request.id] = 1\n",
        "amortised",
    ),
    "emptied by a start that sets the flag, and ends again": (
        "import bus\nX = {}\nclass Desk:\n    def __init__(self):\n        self.open = False\n"
        "    def start(self):\n        self.open = True\n        X.clear()\n"
        "    def put(self, request):\n        if not self.open:\n            self.start()\n        X[request.id] = 1\n"
        "    def end(self, event):\n        self.open = False\nDESK = Desk()\nbus.subscribe(DESK.put)\n"
        "bus.subscribe(DESK.end)\n",
        "amortised",
    ),
    "emptied once": (
        "READY = False\nX = {}\ndef put(request):\n    global READY\n    if not READY:\n        X.clear()\n"
        "        READY = True\n    X[request.id] = 1\n",
        "never",
    ),
    "emptied each time": (
        "X = {}\nY = None\ndef put(request):\n    if Y is None:\n        fresh()\n    X[request.id] = 1\n"
        "def fresh():\n    X.clear()\n",
        "amortised",
    ),
}

SWEEP = (
    "import threading, time\nX = {}\ndef put(request):\n    X[request.id] = time.time()\nstop = threading.Event()\n"
    "def loop():\n    while True:\n        time.sleep(60)\n        GUARD\n"
    "            for k in [k for k, at in X.items() if at < time.time() - 60]:\n                del X[k]\n"
    "threading.Thread(target=loop).start()\n"
)
LINES = (
    "import asyncio, collections\nX = MADE\ndef tidy():\n    for k, line in list(X.items()):\n        if not line:\n"
    "            del X[k]\nasync def put(request):\n    tidy()\n    STORE\n"
)

BARRED: dict[str, tuple[str, str]] = {
    "method not called": (SWEEP.replace("GUARD", "if not stop.is_set:"), "unscheduled"),
    "left when it is true": (
        SWEEP.replace("GUARD", "if stop.is_set:\n            continue\n        if True:"),
        "unscheduled",
    ),
    "method of the project": (
        "class Gate:\n    def shut(self):\n        return False\nGATE = Gate()\n"
        + SWEEP.replace("GUARD", "if not GATE.shut:"),
        "unscheduled",
    ),
    "in a conjunction": (SWEEP.replace("GUARD", "if X and not stop.is_set:"), "unscheduled"),
    "called": (SWEEP.replace("GUARD", "if not stop.is_set():"), "swept"),
    "asked to be true": (SWEEP.replace("GUARD", "if stop.is_set:"), "swept"),
    "in an alternative": (SWEEP.replace("GUARD", "if X or not stop.is_set:"), "swept"),
    "property of the project": (
        "class Gate:\n    @property\n    def shut(self):\n        return False\nGATE = Gate()\n"
        + SWEEP.replace("GUARD", "if not GATE.shut:"),
        "swept",
    ),
    "attribute over a method": (
        "class Gate:\n    def shut(self):\n        return False\n    def close(self):\n"
        "        self.shut = None\nGATE = Gate()\n" + SWEEP.replace("GUARD", "if not GATE.shut:"),
        "swept",
    ),
    "queue without a length": (
        LINES.replace("MADE", "{}").replace("STORE", "X.setdefault(request.id, asyncio.Queue()).put_nowait(1)"),
        "unscheduled",
    ),
    "queue made by the map": (
        LINES.replace("MADE", "collections.defaultdict(asyncio.Queue)").replace("STORE", "X[request.id].put_nowait(1)"),
        "unscheduled",
    ),
    "object of the project": (
        "class Line:\n    pass\n" + LINES.replace("MADE", "{}").replace("STORE", "X[request.id] = Line()"),
        "unscheduled",
    ),
    "object with a length": (
        "class Line:\n    def __len__(self):\n        return 0\n"
        + LINES.replace("MADE", "{}").replace("STORE", "X[request.id] = Line()"),
        "amortised",
    ),
    "list": (
        LINES.replace("MADE", "collections.defaultdict(list)").replace("STORE", "X[request.id].append(1)"),
        "amortised",
    ),
    "none beside the object": (
        LINES.replace("MADE", "{}").replace("STORE", "X[request.id] = asyncio.Queue()")
        + "def rest(request):\n    X[request.id] = None\n",
        "amortised",
    ),
    "timer armed again in vain": (
        "import threading\nX = {}\nclass Desk:\n    def __init__(self):\n        self.arm()\n    def arm(self):\n"
        "        self.timer = threading.Timer(9, self.drop)\n        self.timer.start()\n    def drop(self):\n"
        "        X.clear()\n"
        "    def put(self, request):\n        if not self.timer.is_alive:\n            self.arm()\n"
        "        X[request.id] = 1\n"
        "DESK = Desk()\n",
        "unscheduled",
    ),
}

TRY = (
    "X = {}\ndef put(request):\n    FIRST\n    X[request.id] = 1\n    try:\n        request.run()\n"
    "        LAST\n    finally:\n        if TEST:\n            del X[request.id]\n"
)


def clean_up(first: str, last: str, test: str) -> str:
    """A `finally` with a condition."""
    return TRY.replace("FIRST", first).replace("LAST", last).replace("TEST", test)


LEFT_OUT: dict[str, tuple[str, str]] = {
    "failed": (clean_up("failed = True", "failed = False", "failed"), "event-only"),
    "not done": (clean_up("done = False", "done = True", "not done"), "event-only"),
    "result of nothing": (clean_up("result = None", "result = 1", "result is None"), "event-only"),
    "state as text": (clean_up("state = 'new'", "state = 'done'", "state != 'done'"), "event-only"),
    "set in the handler alone": (
        "X = {}\ndef put(request):\n    failed = False\n    X[request.id] = 1\n    try:\n        request.run()\n"
        "    except OSError:\n        failed = True\n        raise\n    finally:\n        if failed:\n"
        "            del X[request.id]\n",
        "event-only",
    ),
    "exit of a failed block": (
        "X = {}\nclass Use:\n    def __init__(self, request):\n        self.key = request.id\n"
        "    def __enter__(self):\n"
        "        X[self.key] = 1\n    def __exit__(self, kind, error, trace):\n        if kind is not None:\n"
        "            del X[self.key]\n",
        "event-only",
    ),
    "callback of a failed task": (
        "import asyncio\nX = {}\ndef put(request):\n    task = asyncio.create_task(request.run())\n"
        "    X[request.id] = task\n"
        "    def over(task):\n        if task.exception():\n            X.pop(request.id, None)\n"
        "    task.add_done_callback(over)\n",
        "event-only",
    ),
    "flag of the object set elsewhere": (
        "X = {}\nclass Line:\n    def __init__(self):\n        self.ended = False\n    def end(self):\n"
        "        self.ended = True\n"
        "def put(request):\n    line = Line()\n    X[request.id] = line\n    try:\n        request.run(line)\n"
        "    finally:\n"
        "        if not line.ended:\n            del X[request.id]\n",
        "event-only",
    ),
    "helper of the clean-up": (
        "X = {}\ndef _drop(k):\n    X.pop(k)\ndef put(request):\n    ok = False\n    X[request.id] = 1\n    try:\n"
        "        request.run()\n        ok = True\n    finally:\n        if not ok:\n            _drop(request.id)\n",
        "event-only",
    ),
    "is there": (clean_up("pass", "pass", "request.id in X"), "paired"),
    "was entered": (
        "X = {}\ndef put(request):\n    entered = False\n    try:\n        X[request.id] = 1\n"
        "        entered = True\n"
        "        request.run()\n    finally:\n        if entered:\n            del X[request.id]\n",
        "paired",
    ),
    "was taken out already": (
        clean_up("done = False", "X.pop(request.id)\n        done = True", "not done"),
        "paired",
    ),
    "was taken out by a helper": (
        "def _drop(k):\n    X.pop(k)\n"
        + clean_up("done = False", "_drop(request.id)\n        done = True", "not done"),
        "paired",
    ),
    "unknown": (clean_up("pass", "pass", "request.over"), "paired"),
    "closed by itself": (
        "X = {}\nclass Line:\n    def __init__(self, k):\n        self.k = k\n        self.closed = False\n"
        "        X[k] = self\n"
        "    def close(self):\n        if not self.closed:\n            self.closed = True\n"
        "            X.pop(self.k, None)\n"
        "def put(request):\n    line = Line(request.id)\n    try:\n        request.run()\n    finally:\n"
        "        line.close()\n",
        "paired",
    ),
    "exit of any block": (
        "X = {}\nclass Use:\n    def __init__(self, request):\n        self.key = request.id\n"
        "    def __enter__(self):\n"
        "        X[self.key] = 1\n    def __exit__(self, kind, error, trace):\n        if kind is not None:\n"
        "            print(error)\n"
        "        del X[self.key]\n",
        "paired",
    ),
}

ARM = "asyncio.get_running_loop().call_later(ttl, X.pop, request.id, None)\n"

ASKED: dict[str, tuple[str, str]] = {
    "time to live that is left away": (
        "import asyncio, bus\nX = {}\ndef put(request, ttl=None):\n    X[request.id] = 1\n    if ttl:\n        "
        + ARM
        + "def handle(request):\n    put(request)\nbus.subscribe(handle)\n",
        "event-only",
    ),
    "thread's timer, zero": (
        "import threading, bus\nX = {}\ndef put(request, ttl=0):\n    X[request.id] = 1\n"
        "    if ttl > 0 and ttl != 0:\n"
        "        threading.Timer(ttl, X.pop, [request.id]).start()\ndef handle(request):\n    put(request)\n"
        "bus.subscribe(handle)\n",
        "event-only",
    ),
    "setting that nobody changes": (
        "import asyncio\nX = {}\nttl = None\ndef configure(value):\n    global ttl\n    ttl = value\n"
        "async def put(request):\n    X[request.id] = 1\n    if ttl is not None:\n        " + ARM,
        "event-only",
    ),
    "setting of the object": (
        "import asyncio\nX = {}\nclass Box:\n    def __init__(self, ttl=None):\n        self.ttl = ttl\n"
        "    async def put(self, request):\n        X[request.id] = 1\n        if self.ttl is None:\n"
        "            return\n"
        "        asyncio.get_running_loop().call_later(self.ttl, X.pop, request.id, None)\nBOX = Box()\n",
        "event-only",
    ),
    "lambda": (
        "import asyncio\nX = {}\nasync def put(request, ttl=None):\n    X[request.id] = 1\n    if ttl:\n"
        "        asyncio.get_running_loop().call_later(ttl, lambda: X.pop(request.id))\n",
        "event-only",
    ),
    "given by every call": (
        "import asyncio, bus\nX = {}\ndef put(request, ttl=None):\n    X[request.id] = 1\n    if ttl:\n        "
        + ARM
        + "def handle(request):\n    put(request, ttl=60)\nbus.subscribe(handle)\n",
        "entry-timer",
    ),
    "setting that is on": (
        "import asyncio\nX = {}\nttl = 60\nasync def put(request):\n    X[request.id] = 1\n    if ttl:\n        " + ARM,
        "entry-timer",
    ),
    "loop that the start sets": (
        "import asyncio, bus\nX = {}\nloop = None\ndef start(event):\n    global loop\n"
        "    loop = asyncio.get_event_loop()\n"
        "def put(request):\n    X[request.id] = 1\n    if loop is not None:\n"
        "        loop.call_later(9, X.pop, request.id, None)\n"
        "bus.subscribe(start)\n",
        "entry-timer",
    ),
    "entry and timer under one condition": (
        "import asyncio\nX = {}\nasync def put(request, ttl=None):\n    if ttl:\n        X[request.id] = 1\n        "
        + ARM,
        "entry-timer",
    ),
}

LATE = (
    "import asyncio, functools\nX = {}\nasync def serve(box):\n    async for letter in box:\n"
    "        key = letter.id\n        X[key] = letter\n        job = asyncio.create_task(letter.run())\n"
    "        job.add_done_callback(CALLBACK)\n"
)

REBOUND: dict[str, tuple[str, str]] = {
    "lambda in a loop": (LATE.replace("CALLBACK", "lambda done: X.pop(key, None)"), "event-only"),
    "part of the item": (LATE.replace("CALLBACK", "lambda done: X.pop(letter.id, None)"), "event-only"),
    "inner function": (
        LATE.replace(
            "        job.add_done_callback(CALLBACK)",
            "        def over(done):\n            X.pop(key, None)\n        job.add_done_callback(over)",
        ),
        "event-only",
    ),
    "timer in an endless loop": (
        "import threading\nX = {}\ndef serve(box):\n    while True:\n        letter = box.get()\n"
        "        X[letter.id] = letter\n"
        "        threading.Timer(60, lambda: X.pop(letter.id)).start()\n",
        "event-only",
    ),
    "bound by a default": (LATE.replace("CALLBACK", "lambda done, key=key: X.pop(key, None)"), "paired"),
    "bound by a partial": (
        LATE.replace("CALLBACK", "functools.partial(drop, key)") + "def drop(key, done):\n    X.pop(key, None)\n",
        "paired",
    ),
    "function of its own": (
        "import asyncio\nX = {}\nasync def serve(box):\n    async for letter in box:\n        start(letter)\n"
        "def start(letter):\n    X[letter.id] = letter\n    job = asyncio.create_task(letter.run())\n"
        "    job.add_done_callback(lambda done: X.pop(letter.id, None))\n",
        "paired",
    ),
    "only a turn is given in the round": (
        LATE.replace("CALLBACK", "lambda done: X.pop(key, None)") + "        await asyncio.sleep(0)\n",
        "event-only",
    ),
    "waited for in the other branch": (
        "import asyncio\nX = {}\nasync def serve(box):\n    async for letter in box:\n        if letter.urgent:\n"
        "            X[letter.id] = letter\n            job = asyncio.create_task(letter.run())\n"
        "            job.add_done_callback(lambda done: X.pop(letter.id, None))\n"
        "        else:\n            await letter.run()\n",
        "event-only",
    ),
    "waited for behind the branch": (
        "import asyncio\nX = {}\nasync def serve(box):\n    async for letter in box:\n        if letter.urgent:\n"
        "            X[letter.id] = letter\n            job = asyncio.create_task(letter.run())\n"
        "            job.add_done_callback(lambda done: X.pop(letter.id, None))\n"
        "        await job\n",
        "paired",
    ),
    "waited for in the round": (
        LATE.replace("CALLBACK", "lambda done: X.pop(key, None)") + "        await job\n",
        "paired",
    ),
}

ROOM = (
    "import asyncio, bus\nX = {}\nclass Room:\n    def __init__(self, name):\n        self.name = name\n"
    "        X[name] = self\n"
    "    def close(self):\n        X.pop(self.name, None)\ndef open(request):\n    Room(request.id)\n"
    "bus.subscribe(open)\n"
)

SINGLE: dict[str, tuple[str, str]] = {
    "the one room of a timer": (
        ROOM + "class Link:\n    def __init__(self):\n        self.main = Room('main')\n    async def run(self):\n"
        "        while True:\n"
        "            await asyncio.sleep(60)\n            self.main.close()\n            self.main = Room('main')\n"
        "asyncio.run(Link().run())\n",
        "event-only",
    ),
    "the one room of the module": (
        ROOM + "HALL = Room('hall')\nasync def run():\n    while True:\n        await asyncio.sleep(60)\n"
        "        HALL.close()\n"
        "asyncio.run(run())\n",
        "event-only",
    ),
    "each room": (
        ROOM + "async def run():\n    while True:\n        await asyncio.sleep(60)\n"
        "        for room in list(X.values()):\n"
        "            room.close()\nasyncio.run(run())\n",
        "swept",
    ),
    "each room watches itself": (
        "import asyncio, bus\nX = {}\nclass Room:\n    def __init__(self, name):\n        self.name = name\n"
        "        X[name] = self\n"
        "    async def watch(self):\n        while True:\n            await asyncio.sleep(60)\n"
        "            X.pop(self.name, None)\n"
        "def open(request):\n    asyncio.create_task(Room(request.id).watch())\nbus.subscribe(open)\n",
        "swept",
    ),
}

BESIDE = "import time\nX = {}\ndef put(request):\n    X[request.id] = time.time()\ndef drop(k):\n    X.pop(k, None)\n"

UNSCHEDULED: dict[str, tuple[str, str]] = {
    "by age, beside an owner": (
        BESIDE + "def sweep(limit):\n    for k in [k for k, at in X.items() if at < time.time() - limit]:\n"
        "        del X[k]\n",
        "unscheduled",
    ),
    "by state, beside an owner": (
        BESIDE + "def tidy():\n    for k, job in list(X.items()):\n        if job.done():\n            del X[k]\n",
        "unscheduled",
    ),
    "told which": (
        BESIDE + "def drop_all(owner):\n    for k, job in list(X.items()):\n        if job.owner == owner:\n"
        "            del X[k]\n",
        "event-only",
    ),
    "all of them": (
        BESIDE + "def close_all():\n    for k in list(X):\n        X.pop(k).close()\n",
        "event-only",
    ),
}

FADING = (
    "import time\nclass Fading(dict):\n    def __init__(self):\n        self.X = {}\n    def _fade(self):\n"
    "        for k in [k for k, at in self.X.items() if at < time.time() - 60]:\n            del self[k]\n"
    "    def __setitem__(self, k, value):\n        self.X[k] = time.time()\n        super().__setitem__(k, value)\n"
    "    def __delitem__(self, k):\n        self.X.pop(k, None)\n        super().__delitem__(k)\n"
    "VISITS = Fading()\ndef visit(request):\n    VISITS[request.id] = 1\n"
)
"""A map that keeps its dates beside it and can drop what is old."""

OPERATORS: dict[str, tuple[str, str]] = {
    "when it is written to": (FADING.replace("k, value):\n", "k, value):\n        self._fade()\n", 1), "amortised"),
    "when it is read": (
        FADING.replace(
            "VISITS = ", "    def __getitem__(self, k):\n        self._fade()\n        return self.get(k)\nVISITS = "
        ),
        "amortised",
    ),
    "when it is asked for a key": (
        FADING.replace(
            "VISITS = ", "    def __contains__(self, k):\n        self._fade()\n        return True\nVISITS = "
        ),
        "amortised",
    ),
    "by a round": (
        FADING + "import threading\ndef loop():\n    while True:\n        time.sleep(9)\n        VISITS._fade()\n"
        "threading.Thread(target=loop).start()\n",
        "swept",
    ),
    "one at a time": (
        FADING.replace("            del self[k]\n", "            pass\n") + "def leave(request):\n"
        "    del VISITS[request.id]\n",
        "event-only",
    ),
}


@pytest.mark.parametrize(("text", "expected"), OPERATORS.values(), ids=OPERATORS)
def test_operators_run_the_methods_of_a_container(text: str, expected: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": text}), "Fading.X")
    assert container.verdict.name == expected, [(r.extent, r.when) for r in container.removals]


def test_a_key_is_followed_through_an_operator(tmp_path: Path) -> None:
    text = FADING.replace("VISITS[request.id]", "VISITS['all']")
    assert named(linked(tmp_path, {"m.py": text}), "Fading.X").verdict.name == "closed"


LAST = "import time\nX = {}\nLAST = time.time()\n"
VISIT = "def put(request):\n    X[request.id] = time.time()\n    sweep()\n"


def interval(test: str, *, first: str = "", noted: str = "now") -> str:
    """A sweep on the insert path that goes on where a test with the clock does not hold."""
    return (
        f"{LAST}{VISIT}def sweep():\n    global LAST\n    now = time.time()\n{first}    if {test}:\n        return\n"
        f"    for k, at in list(X.items()):\n        if now - at > 600:\n            del X[k]\n    LAST = {noted}\n"
    )


DESK = (
    "import datetime\nclass Desk:\n    def __init__(self):\n        self.X = {{}}\n"
    "        self.last = datetime.datetime.now()\n    def put(self, request):\n        self.X[request.id] = 1\n"
    "        if {test}:\n            self.clean()\n"
    "    def clean(self):\n        for k in [k for k, v in self.X.items() if v.old]:\n            del self.X[k]\n"
    "        self.last = datetime.datetime.now()\n{more}DESK = Desk()\n"
)
SPAN = "(datetime.datetime.now() - self.last).total_seconds()"

SHUT: dict[str, tuple[str, str]] = {
    "interval that has passed": (interval("now - LAST < 60"), "amortised"),
    "interval turned round": (interval("now - LAST > 60"), "unscheduled"),
    "interval turned round, by a date": (interval("LAST + 60 < now"), "unscheduled"),
    "interval turned round, by a name": (interval("gone >= 60", first="    gone = now - LAST\n"), "unscheduled"),
    "interval turned round, beside another test": (interval("not X or now - LAST > 60"), "unscheduled"),
    "either of two tests lets through": (interval("now - LAST > 60 and calm()"), "amortised"),
    "noted whatever the test says": (
        interval("now - before > 60", first="    before, LAST = LAST, now\n"),
        "amortised",
    ),
    "noted in front of the test as well": (
        interval("now - LAST > 60", first="    if not X:\n        LAST = now\n"),
        "amortised",
    ),
    "noted by another function": (
        interval("now - LAST > 60") + "def wake():\n    global LAST\n    LAST = 0\n",
        "amortised",
    ),
    "next time that lies ahead": (interval("now < LAST", noted="now + 60"), "amortised"),
    "next time that has passed": (interval("now > LAST", noted="now + 60"), "unscheduled"),
    "no clock in the test": (interval("LAST - START > 60"), "amortised"),
}

SHUT_OFF_CALLS: dict[str, tuple[str, str]] = {
    "interval in the caller": (DESK.format(test=f"{SPAN} > 60", more=""), "amortised"),
    "interval in the caller, turned round": (DESK.format(test=f"{SPAN} < 60", more=""), "unscheduled"),
    "another caller beside it": (
        DESK.format(test=f"{SPAN} < 60", more="    def get(self, request):\n        self.clean()\n"),
        "amortised",
    ),
}


@pytest.mark.parametrize(("text", "expected"), SHUT_OFF_CALLS.values(), ids=SHUT_OFF_CALLS)
def test_verdict_of_a_sweep_that_is_called_at_intervals(text: str, expected: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": text}), "Desk.X")
    assert container.verdict.name == expected, [(r.extent, r.when) for r in container.removals]


MIRRORED = (
    "import threading\nclass Desk:\n    def __init__(self, keep):\n        self.X = {}\n        self.first = {first}\n"
    "        self.second = self.first\n    def put(self, request):\n        self.X[request.id] = 1\n"
    "        if self.second:\n            threading.Timer(9, self.X.pop, (request.id,)).start()\n"
    "DESK = Desk(False)\ndef handle(request):\n    DESK.put(request)\n"
)


@pytest.mark.parametrize(("first", "expected"), [("self.second", "entry-timer"), ("keep", "event-only")])
def test_settings_are_followed_through_attributes_to_an_end(first: str, expected: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": MIRRORED.replace("{first}", first)}), "Desk.X")
    assert container.verdict.name == expected, [(r.extent, r.when) for r in container.removals]


TABLES = {**ON_FAILURE, **ONCE, **BARRED, **LEFT_OUT, **ASKED, **REBOUND, **SINGLE, **UNSCHEDULED, **SHUT}


def test_no_two_programs_share_a_name() -> None:
    tables = (ON_FAILURE, ONCE, BARRED, LEFT_OUT, ASKED, REBOUND, SINGLE, UNSCHEDULED, SHUT)
    assert sum(map(len, tables)) == len(TABLES)


@pytest.mark.parametrize(("text", "expected"), TABLES.values(), ids=TABLES)
def test_verdict_of_a_removal_that_some_runs_come_to(text: str, expected: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": text}))
    assert container.verdict.name == expected, [(r.extent, r.when) for r in container.removals]


def test_a_removal_says_whether_only_a_failure_leads_to_it(tmp_path: Path) -> None:
    text = (
        PUT + "def handle(request):\n    try:\n        request.run()\n    except OSError:\n        X.pop(request.id)\n"
    )
    text += "def drop(request):\n    X.pop(request.id)\n"
    removals = named(linked(tmp_path, {"m.py": text})).removals
    assert [(r.when, r.fails) for r in removals] == [("event", True), ("event", False)]


PEER = (
    "import bus\nX = {{}}\nasync def serve(socket):\n    X[socket.id] = socket\n    await listen(socket)\n"
    "bus.subscribe(serve)\nasync def listen(socket):\n{loop}"
)
LISTENING: dict[str, tuple[str, bool]] = {
    "the peer goes while it is listened to": (
        "    while True:\n        try:\n            print(await socket.receive())\n"
        "        except socket.Disconnect:\n            X.pop(socket.id)\n            break\n",
        False,
    ),
    "around the loop": (
        "    try:\n        while socket.open:\n            print(await socket.receive())\n"
        "    except socket.Disconnect:\n        X.pop(socket.id)\n",
        False,
    ),
    "the peer may end it": (
        "    while True:\n        try:\n            if not await socket.receive():\n                return\n"
        "        except socket.Disconnect:\n            X.pop(socket.id)\n            break\n",
        True,
    ),
    "the loop goes on": (
        "    while True:\n        try:\n            print(await socket.receive())\n"
        "        except socket.Disconnect:\n            X.pop(socket.id)\n",
        True,
    ),
    "somebody cancels it": (
        "    while True:\n        try:\n            print(await socket.receive())\n"
        "        except asyncio.CancelledError:\n            X.pop(socket.id)\n            raise\nimport asyncio\n",
        True,
    ),
}


@pytest.mark.parametrize(("loop", "fails"), LISTENING.values(), ids=LISTENING)
def test_the_error_that_ends_a_loop_without_another_end_is_no_failure(loop: str, fails: bool, tmp_path: Path) -> None:
    removals = named(linked(tmp_path, {"m.py": PEER.format(loop=loop)})).removals
    assert [removal.fails for removal in removals] == [fails]
