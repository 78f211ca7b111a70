"""What empties a container by the method that makes it, by a test of its size elsewhere, or from the front."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

MADE = (
    "class C:\n    def __init__(self):\n        self.reset()\n    def reset(self):\n        self.x = {}\n"
    "    def put(self, request):\n        self.x[request.id] = 1\n"
)
BOOK = (
    "class C:\n    def __init__(self):\n        self.x = {}\n    def __len__(self):\n        return len(self.x)\n"
    "    def size(self):\n        return len(self.x)\n    @property\n    def count(self):\n        return len(self.x)\n"
    "    def put(self, request):\n        self.x[request.id] = 1\n"
)
LAST = "class C:\n    def __init__(self):\n        self.x = {}\n        self.last = None\n    def put(self, key):\n"
QUEUE = "import bus\nX = []\ndef put(request):\n    X.append(request)\nbus.subscribe(put)\n"

PROGRAMS: dict[str, tuple[str, str]] = {
    # what makes it empties it as well
    "made by the constructor alone": (MADE + "X = C()\n", "never"),
    "made and emptied by an owner": (MADE + "X = C()\ndef forget(event):\n    X.reset()\n", "event-only"),
    "made, and emptied when it is full": (
        MADE + "    def trim(self, event):\n        if len(self.x) > 99:\n            self.reset()\nX = C()\n",
        "bounded",
    ),
    "made, and emptied by a timer": (
        MADE + "    def run(self):\n        while True:\n            time.sleep(9)\n            self.reset()\n"
        "import time, threading\nX = C()\nthreading.Thread(target=X.run).start()\n",
        "swept",
    ),
    "made for each object by what starts it": (
        "class C:\n    def start(self):\n        self.x = {}\n    def put(self, request):\n"
        "        self.x[request.id] = 1\nX = C()\nX.start()\n",
        "never",
    ),
    "made for each block of a `with`": (
        "class C:\n    def __init__(self):\n        self.x = None\n    def __enter__(self):\n        self.x = {}\n"
        "        return self\n    def __exit__(self, *error):\n        pass\n"
        "    def put(self, request):\n        self.x[request.id] = 1\nX = C()\n",
        "event-only",
    ),
    "made for each block of a `with` by a method of a derived class": (
        "class B:\n    def __enter__(self):\n        self.begin()\n        return self\n    def begin(self):\n"
        "        pass\n    def __exit__(self, *error):\n        pass\n"
        "class C(B):\n    def begin(self):\n        self.x = {}\n    def put(self, request):\n"
        "        self.x[request.id] = 1\nX = C()\n",
        "event-only",
    ),
    "made as the object is, which a `with` enters": (
        "class C:\n    def __init__(self):\n        self.x = {}\n    def __enter__(self):\n        return self\n"
        "    def __exit__(self, *error):\n        pass\n    def put(self, request):\n"
        "        self.x[request.id] = 1\nX = C()\n",
        "never",
    ),
    "made, and emptied by a handler when something went wrong": (
        MADE + "    def handle(self, message):\n        if message.number != self.next:\n            self.reset()\n"
        "        self.put(message)\nX = C()\n",
        "event-only",
    ),
    "made by what a constructor calls through another": (
        "import threading, time\nclass C:\n    def __init__(self):\n        self.load()\n    def load(self):\n"
        "        self.reset()\n    def reset(self):\n        self.x = {}\n    def put(self, request):\n"
        "        self.x[request.id] = 1\nX = C()\ndef run():\n    while True:\n        time.sleep(9)\n"
        "        print(C())\nthreading.Thread(target=run).start()\n",
        "never",
    ),
    "made, and emptied through another": (
        "import threading, time\nclass C:\n    def __init__(self):\n        self.load()\n    def load(self):\n"
        "        self.reset()\n    def reset(self):\n        self.x = {}\n    def put(self, request):\n"
        "        self.x[request.id] = 1\nX = C()\ndef run():\n    while True:\n        time.sleep(9)\n"
        "        X.load()\nthreading.Thread(target=run).start()\n",
        "swept",
    ),
    "made by a constructor that another one calls": (
        "class C:\n    def __init__(self):\n        self.x = []\n    def put(self, request):\n"
        "        self.x.append(request)\nclass D:\n    def __init__(self):\n        self.c = C()\n"
        "def other(event):\n    C().put(event)\nX = D()\ndef put(request):\n    X.c.put(request)\n",
        "never",
    ),
    "made by what a relative's constructor calls": (
        "class B:\n    def __init__(self):\n        self.reset()\n    def reset(self):\n        pass\n"
        "class C(B):\n    def reset(self):\n        self.x = {}\n    def put(self, request):\n"
        "        self.x[request.id] = 1\nX = C()\ndef forget(event):\n    X.reset()\n",
        "event-only",
    ),
    # its size is told by a function
    "length of the object": (
        BOOK + "    def trim(self, event):\n        if len(self) > 99:\n            self.x.clear()\nX = C()\n",
        "bounded",
    ),
    "length of the object, asked by another": (
        BOOK + "    def drop(self):\n        self.x = {}\nX = C()\n"
        "def trim(event):\n    n = len(X)\n    if n > 99 and n > event.least:\n        X.drop()\n",
        "bounded",
    ),
    "method that tells the size": (
        BOOK + "    def trim(self, event):\n        while self.size() > 99:\n            self.x.popitem()\nX = C()\n",
        "bounded",
    ),
    "property that tells the size": (
        BOOK + "    def trim(self, event):\n        if self.count > 99:\n            self.drop()\n"
        "    def drop(self):\n        self.x.clear()\nX = C()\n",
        "bounded",
    ),
    "two calls below the test": (
        BOOK + "    def trim(self, event):\n        if self.count > 99:\n            self.renew()\n"
        "    def renew(self):\n        self.drop()\n    def drop(self):\n        self.x.clear()\nX = C()\n",
        "bounded",
    ),
    "whether there is anything": (
        BOOK + "    def trim(self, event):\n        if len(self) > 0:\n            self.x.clear()\nX = C()\n",
        "event-only",
    ),
    "length of another part": (
        BOOK.replace("return len(self.x)", "return len(self.others)")
        + "    def trim(self, event):\n        if len(self) > 99:\n            self.x.clear()\nX = C()\n",
        "event-only",
    ),
    # the one before
    "the one before is taken out": (
        LAST + "        if key != self.last:\n            self.x.pop(self.last, None)\n            self.last = key\n"
        "        self.x[key] = 1\nX = C()\n",
        "bounded",
    ),
    "the one before is taken out if there is one": (
        LAST + "        if self.last is not None and self.last != key:\n            del self.x[self.last]\n"
        "        self.last = key\n        self.x[key] = 1\nX = C()\n",
        "bounded",
    ),
    "the one before is taken out each time": (
        LAST + "        self.x.pop(self.last, None)\n        self.last = key\n        self.x[key] = 1\nX = C()\n",
        "bounded",
    ),
    "the one before is not always taken out": (
        LAST + "        if key.new:\n            self.x.pop(self.last, None)\n        self.last = key\n"
        "        self.x[key] = 1\nX = C()\n",
        "event-only",
    ),
    "the one before is not always kept": (
        LAST + "        self.x.pop(self.last, None)\n        if key.new:\n            self.last = key\n"
        "        self.x[key] = 1\nX = C()\n",
        "event-only",
    ),
    "the one before is forgotten": (
        LAST + "        self.x.pop(self.last, None)\n        self.last = key\n        self.x[key] = 1\n"
        "    def forget(self, event):\n        self.last = None\nX = C()\n",
        "event-only",
    ),
    "others are put in beside it": (
        LAST + "        self.x.pop(self.last, None)\n        self.last = key\n        self.x[key] = 1\n"
        "    def also(self, request):\n        self.x[request.id] = 1\nX = C()\n",
        "event-only",
    ),
    # it begins anew with a first entry
    "begun anew by an owner": (
        "X = {}\ndef put(request):\n    X[request.id] = 1\n"
        "def renew(event):\n    global X\n    X = {}\n    X[event.id] = 1\n",
        "event-only",
    ),
    "cleared and begun anew by an owner": (
        "X = []\ndef put(request):\n    X.append(request)\ndef renew(event):\n    X.clear()\n    X.append(event)\n",
        "event-only",
    ),
    "begun anew on the way of each insert": (
        "X = []\ndef put(request):\n    if request.first:\n        renew(request)\n    X.append(request)\n"
        "def renew(event):\n    X.clear()\n    X.append(event)\n",
        "amortised",
    ),
    "begun anew each time": (
        "X = []\ndef put(request):\n    X.clear()\n    X.append(request)\n",
        "closed",
    ),
    "begun anew, or not": (
        "X = []\ndef put(request):\n    if request.first:\n        X.clear()\n    X.append(request)\n",
        "amortised",
    ),
    # the first of a list
    "first of a list by a timer": (
        QUEUE + "import threading, time\ndef run():\n    while True:\n        time.sleep(1)\n        if X:\n"
        "            print(X.pop(0))\nthreading.Thread(target=run).start()\n",
        "swept",
    ),
    "first of a list, deleted on the way to an insert": (
        "import bus\nX = []\ndef put(request):\n    X.append(request)\n    if X[0].at < request.at:\n        del X[0]\n"
        "bus.subscribe(put)\n",
        "amortised",
    ),
    "list worked off from the front": (
        QUEUE + "def drain(event):\n    while X:\n        print(X.pop(0))\nbus.subscribe(drain)\n",
        "replaced",
    ),
    "first of a list at an event": (QUEUE + "def ready(event):\n    X.pop(0)\nbus.subscribe(ready)\n", "event-only"),
    "some place of a list by a timer": (
        QUEUE + "import threading, time\nclass Run:\n    def __init__(self, place):\n        self.place = place\n"
        "    def run(self):\n        while True:\n            time.sleep(1)\n            self.take(self.place)\n"
        "    def take(self, place):\n        X.pop(place)\nthreading.Thread(target=Run(3).run).start()\n",
        "event-only",
    ),
    "key zero of a map": (
        "import bus, threading, time\nX = {}\ndef put(request):\n    X[request.id] = 1\nbus.subscribe(put)\n"
        "def run():\n    while True:\n        time.sleep(1)\n        X.pop(0, None)\n"
        "threading.Thread(target=run).start()\n",
        "event-only",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_verdict_on_what_is_emptied(text: str, expected: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": text}), "C.x" if "self.x" in text else "X")
    assert container.verdict.name == expected, [(r.access.how, r.extent, r.when) for r in container.removals]


REAPER = (
    "import time\nfrom threading import Thread\nX = {}\ndef put(request):\n    X[request.id] = time.time()\n"
    "class Reaper(Thread):\n    def run(self):\n        while True:\n            time.sleep(9)\n"
    "            for k in [k for k, at in X.items() if at < time.time() - 60]:\n                del X[k]\n"
)
STARTS: dict[str, tuple[str, str]] = {
    "thread that users make and start": (REAPER, "swept"),
    "private thread": (REAPER.replace("Reaper", "_Reaper"), "unscheduled"),
    "thread that is made and not started": (REAPER + "reaper = Reaper()\n", "unscheduled"),
    "thread of a program that does not make it": (
        REAPER + "def main():\n    while True:\n        put(input())\nif __name__ == '__main__':\n    main()\n",
        "unscheduled",
    ),
    "thread whose subclass is made and not started": (
        REAPER + "class Fast(Reaper):\n    pass\nreaper = Fast()\n",
        "unscheduled",
    ),
}


@pytest.mark.parametrize(("text", "expected"), STARTS.values(), ids=STARTS)
def test_verdict_on_a_sweep_by_a_thread_of_its_own_class(text: str, expected: str, tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": text})).verdict.name == expected


PARTS = (
    "import threading, time\nX = {}\nclass Part:\n    def __init__(self):\n        self.open = True\n"
    "    def begin(self):\n        pass\nclass Quiet(Part):\n    def begin(self):\n        print(self)\n"
    "class Busy(Part):\n    def put(self, request):\n        X[request.id] = time.time()\n"
    "    def begin(self):\n        threading.Thread(target=self.run).start()\n"
    "    def run(self):\n        while self.open:\n            time.sleep(9)\n"
    "            for k in [k for k, at in X.items() if at < time.time() - 60]:\n                del X[k]\n"
)
CALLS: dict[str, tuple[str, str]] = {
    "called on what a base declares": ("def main(part):\n    part.begin()\n", "swept"),
    "called by nobody": ("def main(part):\n    print(part)\n", "unscheduled"),
    "called on what a stranger declares too": (
        "class Other:\n    def begin(self):\n        print(self)\ndef main(part):\n    part.begin()\n",
        "swept",
    ),
    "called on a stranger alone": (
        "class Other:\n    def begin(self):\n        print(self)\ndef main(part):\n    Other().begin()\n",
        "unscheduled",
    ),
}


@pytest.mark.parametrize(("text", "expected"), CALLS.values(), ids=CALLS)
def test_verdict_on_a_sweep_that_one_of_several_overrides_starts(text: str, expected: str, tmp_path: Path) -> None:
    started = PARTS + text + "if __name__ == '__main__':\n    main({'quiet': Quiet, 'busy': Busy}[input()]())\n"
    assert named(linked(tmp_path, {"m.py": started})).verdict.name == expected
