"""Entries that are taken out by the work that is begun for each of them, as it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

PEER = (
    "import threading\nX = set()\nclass Peer:\n    def __init__(self, sock):\n        self.sock = sock\n"
    "    def read(self):\n        try:\n            while self.sock.recv(9):\n                pass\n"
    "        finally:\n            X.discard(self)\n"
)
PUT = "def put(sock):\n    peer = Peer(sock)\n    X.add(peer)\n    threading.Thread(target=peer.read).start()\n"
HANDLER = (
    "import threading\nX = {}\nclass Handler(threading.Thread):\n    def __init__(self, sock):\n"
    "        super().__init__()\n        self.sock = sock\n    def run(self):\n        try:\n"
    "            self.sock.recv(9)\n        finally:\n            self.close()\n"
    "    def close(self):\n        X.pop(self.sock, None)\n"
)
TASK = (
    "import asyncio\nX = {}\nclass Peer:\n    def __init__(self, name):\n        self.name = name\n"
    "    async def read(self, lines):\n        try:\n            await lines.read()\n        finally:\n"
    "            X.pop(self.name, None)\n"
)

PROGRAMS: dict[str, tuple[str, str]] = {
    "thread over a method": (
        PEER + PUT,
        "paired",
    ),
    "thread that is made and started": (
        PEER + "def put(sock):\n    peer = Peer(sock)\n    X.add(peer)\n    work = threading.Thread(target=peer.read)\n"
        "    work.daemon = True\n    work.start()\n",
        "paired",
    ),
    "thread that is not started": (
        PEER + "def put(sock):\n    peer = Peer(sock)\n    X.add(peer)\n    work = threading.Thread(target=peer.read)\n"
        "    work.daemon = True\n",
        "never",
    ),
    "thread begun by the constructor": (
        PEER.replace("self.sock = sock\n", "self.sock = sock\n        threading.Thread(target=self.read).start()\n")
        + "def put(sock):\n    X.add(Peer(sock))\n",
        "paired",
    ),
    "thread begun by the constructor if it is told to": (
        PEER.replace("self.sock = sock\n", "if sock:\n            threading.Thread(target=self.read).start()\n")
        + "def put(sock):\n    X.add(Peer(sock))\n",
        "event-only",
    ),
    "thread begun for some": (
        PEER + "def put(sock):\n    peer = Peer(sock)\n    X.add(peer)\n    if sock.live:\n"
        "        threading.Thread(target=peer.read).start()\n",
        "event-only",
    ),
    "thread begun in each branch": (
        PEER + "def put(sock):\n    peer = Peer(sock)\n    X.add(peer)\n    if sock.live:\n"
        "        threading.Thread(target=peer.read, daemon=True).start()\n    else:\n"
        "        threading.Thread(target=peer.read).start()\n",
        "paired",
    ),
    "thread begun in each branch but one": (
        PEER + "def put(sock):\n    peer = Peer(sock)\n    X.add(peer)\n    if sock.live:\n"
        "        threading.Thread(target=peer.read, daemon=True).start()\n    elif sock.known:\n        return\n"
        "    else:\n"
        "        threading.Thread(target=peer.read).start()\n",
        "event-only",
    ),
    "thread begun unless it returns before": (
        PEER + "def put(sock):\n    peer = Peer(sock)\n    X.add(peer)\n    if not sock.live:\n        return\n"
        "    threading.Thread(target=peer.read).start()\n",
        "event-only",
    ),
    "put in for some, begun for each": (
        PEER + "def put(sock):\n    peer = Peer(sock)\n    if sock.live:\n        X.add(peer)\n"
        "    threading.Thread(target=peer.read).start()\n",
        "paired",
    ),
    "put in by others as well": (
        PEER + PUT + "def keep(peer):\n    X.add(peer)\n",
        "event-only",
    ),
    "class of its own": (
        HANDLER + "def put(sock):\n    handler = Handler(sock)\n    X[sock] = handler\n    handler.start()\n",
        "paired",
    ),
    "class of its own that nobody starts": (
        HANDLER + "def put(sock):\n    handler = Handler(sock)\n    X[sock] = handler\n",
        "never",
    ),
    "removal behind the work, not at its end": (
        HANDLER.replace("try:\n            self.sock.recv(9)\n        finally:\n    ", "self.sock.recv(9)\n")
        + "def put(sock):\n    handler = Handler(sock)\n    X[sock] = handler\n    handler.start()\n",
        "event-only",
    ),
    "function that is given the key": (
        "import threading\nX = {}\ndef serve(sock):\n    try:\n        sock.recv(9)\n    finally:\n"
        "        X.pop(sock, None)\ndef put(sock):\n    X[sock] = 1\n"
        "    threading.Thread(target=serve, args=(sock,)).start()\n",
        "paired",
    ),
    "function that takes out what was last": (
        "import threading\nX = {}\nlast = None\ndef serve(sock):\n    try:\n        sock.recv(9)\n    finally:\n"
        "        X.pop(last, None)\ndef put(sock):\n    X[sock] = 1\n"
        "    threading.Thread(target=serve, args=(sock,)).start()\n",
        "event-only",
    ),
    "task over a method": (
        TASK + "async def put(name, lines):\n    peer = Peer(name)\n    X[name] = peer\n"
        "    asyncio.create_task(peer.read(lines))\n",
        "paired",
    ),
    "task begun in a context": (
        "import contextvars\n" + TASK + "async def put(name, lines):\n    peer = Peer(name)\n    X[name] = peer\n"
        "    contextvars.copy_context().run(asyncio.create_task, peer.read(lines))\n",
        "paired",
    ),
    "task begun in the loop of another thread": (
        TASK + "def put(name, lines, loop):\n    peer = Peer(name)\n    X[name] = peer\n"
        "    loop.call_soon_threadsafe(asyncio.create_task, peer.read(lines))\n",
        "paired",
    ),
    "coroutine handed to what begins no task": (
        TASK + "def put(name, lines, loop):\n    peer = Peer(name)\n    X[name] = peer\n"
        "    loop.call_soon_threadsafe(print, peer.read(lines))\n",
        "event-only",
    ),
    "task that ends by a callback that it was given": (
        "import asyncio\nclass Cycle:\n    def __init__(self, stream, done):\n        self.stream = stream\n"
        "        self.done = done\n    async def run(self):\n        try:\n            await self.stream.read()\n"
        "        finally:\n            self.done(self.stream.id)\n"
        "X = {}\ndef done(key):\n    X.pop(key, None)\n"
        "async def put(event):\n    cycle = Cycle(event.stream, done)\n    X[event.key] = cycle\n"
        "    asyncio.create_task(cycle.run())\n",
        "paired",
    ),
    "task that only waits": (
        TASK.replace("await lines.read()", "await asyncio.sleep(9)")
        + "async def put(name, lines):\n    X[name] = asyncio.create_task(Peer(name).read(lines))\n",
        "entry-timer",
    ),
    "coroutine that is thrown away": (
        TASK + "async def put(name, lines):\n    peer = Peer(name)\n    X[name] = peer\n    peer.read(lines)\n",
        "event-only",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_verdict_on_entries_with_work_of_their_own(text: str, expected: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": text}))
    assert container.verdict.name == expected, [(r.access.how, r.extent, r.when) for r in container.removals]
