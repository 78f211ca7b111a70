"""Entries that are put in only for somebody who waits, and are gone when that ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

WAIT = (
    "import bus, threading\nclass C:\n    def __init__(self):\n        self.x = {}\n        self.who = {}\n"
    "    def ask(self, key):\n        event = threading.Event()\n        self.who[key] = event\n        try:\n"
    "            bus.send(key)\n            event.wait(9)\n            return self.x.pop(key)\n"
    "        finally:\n            self.who.pop(key, None)\n            self.x.pop(key, None)\n"
)
GOT = (
    "    def got(self, message):\n        event = self.who.get(message.id)\n        if event is not None:\n"
    "            self.x[message.id] = message\n            event.set()\n"
)
MADE = "X = C()\nbus.subscribe(X.got)\n"

PROGRAMS: dict[str, tuple[str, str]] = {
    "looked up first": (WAIT + GOT + MADE, "paired"),
    "nobody is asked": (
        WAIT + "    def got(self, message):\n        self.x[message.id] = message\n" + MADE,
        "event-only",
    ),
    "refused where nobody waits": (
        WAIT + "    def got(self, message):\n        if message.id not in self.who:\n            return\n"
        "        self.x[message.id] = message\n" + MADE,
        "paired",
    ),
    "put in where nobody waits": (
        WAIT + "    def got(self, message):\n        if message.id in self.who:\n            return\n"
        "        self.x[message.id] = message\n" + MADE,
        "event-only",
    ),
    "taken from who waits": (
        WAIT + "    def got(self, message):\n        event = self.who.pop(message.id, None)\n"
        "        if event is None:\n            return\n        self.x[message.id] = message\n" + MADE,
        "paired",
    ),
    "another key": (WAIT + GOT.replace("get(message.id)", "get(message.reply_to)") + MADE, "event-only"),
    "not at every end": (
        WAIT.replace("finally:", "except OSError:") + GOT + MADE,
        "event-only",
    ),
    "waits on for ever": (WAIT.replace("            self.who.pop(key, None)\n", "") + GOT + MADE, "event-only"),
    "waits under another key": (
        WAIT.replace("self.who[key] = event", "self.who[key.id] = event") + GOT + MADE,
        "event-only",
    ),
    "others wait as well": (
        WAIT + "    def watch(self, request):\n        self.who[request.id] = request\n" + GOT + MADE,
        "event-only",
    ),
    "others wait by the way": (
        WAIT + "    def watch(self, request):\n        self.who.setdefault(request.id, request)\n" + GOT + MADE,
        "event-only",
    ),
    "task that waits": (
        "import asyncio, bus\nX = {}\nwho = {}\nasync def ask(key):\n    event = asyncio.Event()\n"
        "    who[key] = event\n    try:\n        await event.wait()\n        return X[key]\n    finally:\n"
        "        X.pop(key, None)\n        del who[key]\ndef got(message):\n    event = who.get(message.id)\n"
        "    if event:\n        X[message.id] = message\n        event.set()\nbus.subscribe(got)\n",
        "paired",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_verdict_on_entries_for_who_waits(text: str, expected: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": text}), "C.x" if "self.x" in text else "X")
    assert container.verdict.name == expected, [(r.access.how, r.extent, r.when) for r in container.removals]
