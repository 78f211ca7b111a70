"""On which way an entry stays, where only events remove."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.verdicts.risks import Risk, Risks, Search

HEAD = "import asyncio\nX = {}\n"
WAYS = [
    (
        "success",
        "async def run(request):\n    X[request.id] = 1\n    try:\n        await request.work()\n"
        "    except Exception:\n        X.pop(request.id)\n",
    ),
    ("error", "async def run(request):\n    X[request.id] = 1\n    await request.work()\n    X.pop(request.id)\n"),
    (
        "condition",
        "async def run(request):\n    X[request.id] = 1\n    done = False\n    try:\n        await request.work()\n"
        "        done = True\n    finally:\n        if not done:\n            X.pop(request.id)\n",
    ),
    (
        "error",
        "import logging\ndef run(request):\n    X[request.id] = 1\n    logging.info('begun')\n    X.pop(request.id)\n",
    ),
    (
        "error",
        "from contextlib import contextmanager\n@contextmanager\ndef within(request):\n    X[request.id] = 1\n"
        "    yield\n    del X[request.id]\n",
    ),
    (
        "error",
        "async def run(request):\n    task = asyncio.create_task(request)\n    try:\n        X[task] = 1\n"
        "        await asyncio.wait([task])\n        for other in request.tasks:\n            try:\n"
        "                await other\n            except asyncio.CancelledError:\n                continue\n"
        "        X.pop(task)\n    except Exception as error:\n        print(error)\n",
    ),
    (
        "error",
        "def run(request, known):\n    if known is not None:\n        X[request.id] = 1\n    print(known)\n"
        "    if known is not None:\n        del X[request.id]\n",
    ),
    (
        "error",
        "def run(request):\n    begin(request.id)\n    print(request)\n    end(request.id)\n"
        "def begin(key):\n    X[key] = 1\ndef end(key):\n    X.pop(key)\n",
    ),
    (
        "error",
        "class Job:\n    def __init__(self, key):\n        self.key = key\n    def run(self):\n        try:\n"
        "            print(self)\n        finally:\n            X.pop(self.key)\n"
        "def make(key):\n    X[key] = Job(key)\n    return X[key]\n"
        "def run(request):\n    job = make(request.id)\n    job.run()\n",
    ),
    (
        "unasked",
        "def run(request):\n    X[request.id] = 1\n    print(request)\n    X.pop(request.last)\n",
    ),
    (
        "unasked",
        "def run(request):\n    X[request.id] = 1\n    if request.later:\n        return\n    X.pop(request.id)\n",
    ),
    (
        "unasked",
        "def run(request, over):\n    X[request.id] = 1\n    if over:\n        X.pop(request.id)\n",
    ),
    (
        "unasked",
        "def run(requests):\n    for request in requests:\n        X[request.id] = 1\n    X.pop(request.id)\n",
    ),
    (
        "unasked",
        "def run(request):\n    begin(request.id)\n    print(request)\n    end(request.id)\n"
        "def other(request):\n    begin(request.id)\n"
        "def begin(key):\n    X[key] = 1\ndef end(key):\n    X.pop(key)\n",
    ),
    (
        "error",
        "def run(request):\n    X[request.id] = 1\n    print(request)\n    end(request.id)\n"
        "def end(key):\n    if key in X:\n        X.pop(key)\n",
    ),
    (
        "unasked",
        "def run(request):\n    X[request.id] = 1\n    print(request)\n    end(request.id, request.done)\n"
        "def end(key, done):\n    if done:\n        X.pop(key)\n",
    ),
    (
        "error",
        "import threading\ndef put(sock):\n    X[sock] = 1\n    threading.Thread(target=serve, args=(sock,)).start()\n"
        "def serve(sock):\n    while sock.live:\n        sock.recv(9)\n    if sock in X:\n        X.pop(sock)\n",
    ),
    (
        "unasked",
        "import threading\ndef put(sock):\n    X[sock] = 1\n    threading.Thread(target=serve, args=(sock,)).start()\n"
        "def serve(sock):\n    sock.recv(9)\n    if sock.over:\n        X.pop(sock)\n",
    ),
    (
        "unasked",
        "import threading\ndef put(sock):\n    X[sock] = 1\n    threading.Thread(target=serve, args=(sock,)).start()\n"
        "def serve(sock):\n    sock.recv(9)\n    if not sock.over:\n        return\n    X.pop(sock)\n",
    ),
    (
        "unasked",
        "import threading\ndef put(sock):\n    X[sock] = 1\n    if sock.live:\n"
        "        threading.Thread(target=serve, args=(sock,)).start()\n"
        "def serve(sock):\n    sock.recv(9)\n    X.pop(sock)\n",
    ),
    (
        "unasked",
        "class Layer:\n    def receive(self, message):\n        X[(message.peer, message.token)] = message\n"
        "    def answer(self, message):\n        key = (message.peer, message.token)\n        if message.last:\n"
        "            X.pop(key)\nlayer = Layer()\n"
        "def serve(sock):\n    while True:\n        message = sock.recv(9)\n        layer.receive(message)\n"
        "        sock.sendall(message)\n        layer.answer(message)\n",
    ),
    (
        "unasked",
        "import socket, threading\ndef listen(sock):\n    while sock.live:\n        sock.settimeout(1)\n"
        "        take(sock.recv(9))\n        time.sleep(1)\n"
        "def take(message):\n    key = message.token\n    X[key] = 1\n    if message.last:\n        del X[key]\n"
        "import time\nthreading.Thread(target=listen).start()\n",
    ),
    (
        "condition",
        "import threading, time\ndef put(request):\n    X[request.id] = request\n"
        "def check():\n    while True:\n        time.sleep(1)\n        drop(last)\nlast = None\n"
        "def drop(key):\n    X.pop(key, None)\nthreading.Thread(target=check).start()\n",
    ),
    (
        "error",
        "async def add(request):\n    key = f'{request.user}:{request.id}'\n"
        "    async def work():\n        await request.work()\n        X.pop(key, None)\n"
        "    X[key] = asyncio.create_task(work())\n",
    ),
    (
        "unasked",
        "async def add(request, other):\n    key = f'{request.user}:{request.id}'\n    X[key] = request\n"
        "async def drop(request):\n    key = f'{request.user}:{request.id}'\n"
        "    async def work():\n        await request.work()\n        X.pop(key, None)\n"
        "    asyncio.create_task(work())\n",
    ),
    ("emptied", "def add(request):\n    X[request.id] = 1\ndef forget():\n    X.clear()\n"),
    ("unasked", "def add(request):\n    X[request.id] = 1\ndef drop(request):\n    X.pop(request.id)\n"),
]


@pytest.mark.parametrize(("left", "program"), WAYS)
def test_the_way_on_which_an_entry_stays(left: str, program: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": HEAD + program}))
    assert container.verdict.name == "event-only"
    assert container.way is not None and container.way.left == left
    assert container.evidence is not None and container.evidence.left == left


def test_an_error_is_told_with_the_run_that_it_ends(tmp_path: Path) -> None:
    program = HEAD + (
        "async def run(request):\n    begin(request)\n    await request.work()\n    end(request)\n"
        "def begin(request):\n    X[request.id] = 1\ndef end(request):\n    X.pop(request.id)\n"
    )
    project = linked(tmp_path, {"m.py": program})
    way = named(project).way
    assert way is not None and way.scope is not None
    assert (way.left, project.function(way.scope)) == ("error", "run()")


def test_what_is_never_removed_has_no_way(tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": HEAD + "def add(request):\n    X[request.id] = 1\n"}))
    assert (container.verdict.name, container.way) == ("never", None)


def test_however_many_pairs_of_inserts_and_removals_each_operation_is_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[tuple[ScopeId, int, Search]] = []
    look = Risks._of_op

    def counted(self: Risks, scope: ScopeId, op: int, search: Search) -> Iterator[Risk]:
        looked.append((scope, op, search))
        return look(self, scope, op, search)

    monkeypatch.setattr(Risks, "_of_op", counted)
    pairs = "".join(f"    X[request.a{i}] = 1\n    X.pop(request.b{i}, None)\n" for i in range(5))
    way = named(linked(tmp_path, {"m.py": f"{HEAD}def run(request):\n{pairs}"})).way
    assert way is not None and way.left == "unasked"
    assert looked and len(looked) == len(set(looked))


COUNTED = (
    "class Gate:\n    def __init__(self):\n        self.X = {}\n"
    "    def acquire(self, request):\n        self.X[request.id] = self.X.get(request.id, 0) + 1\n"
    "    def release(self, request):\n        self.X[request.id] -= 1\n        if not self.X[request.id]:\n"
    "            del self.X[request.id]\n"
    "class Command:\n    def __init__(self):\n        self._gate = Gate()\n"
    "    def prepare(self, request):\n        self._gate.acquire(request)\n        try:\n            request.read()\n"
    "        except Exception:\n            self._gate.release(request)\n            raise\n"
    "command = Command()\n"
)
ELSEWHERE = {
    "of any object": "def over(command, request):\n    command._gate.release(request)\n",
    "in a clean-up": (
        "def wrapped(command, request):\n    try:\n        request.work()\n    finally:\n"
        "        command._gate.release(request)\n"
    ),
}
ANOTHER = {
    "nothing": "",
    "what is public": "def over(command, request):\n    command.gate.release(request)\n",
    "another thing": "def over(command, request):\n    command._door.release(request)\n",
    "what another class has, too": (
        "class Door:\n    def release(self, request):\n        print(request)\n"
        "class Room:\n    def __init__(self):\n        self._gate = Door()\n"
        "def over(command, request):\n    command._gate.release(request)\n"
    ),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_every_class_keeps_in_a_private_attribute_is_that_of_an_unknown_object(name: str, tmp_path: Path) -> None:
    way = named(linked(tmp_path, {"m.py": COUNTED + ELSEWHERE[name]}), "Gate.X").way
    assert way is not None and way.left in {"error", "unasked"}


@pytest.mark.parametrize("name", ANOTHER)
def test_only_a_failure_removes_where_no_other_call_is_of_the_same(name: str, tmp_path: Path) -> None:
    way = named(linked(tmp_path, {"m.py": COUNTED + ANOTHER[name]}), "Gate.X").way
    assert way is not None and way.left == "success"
