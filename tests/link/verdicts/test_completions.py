"""Entries of what waits for an event, which the loop that polls for events takes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

ASK = "import asyncio\nX = {}\nasync def ask(request):\n    done = make()\n    X[request] = done\n    await done\n"
POLL = "def poll(port):\n    for event in port.events(9):\n        wake(X.pop(event.request))\n"
LOOP = "def loop(port):\n    while True:\n        poll(port)\n"

PAIRED = {
    "polled by a caller": ASK + POLL + LOOP,
    "polled in a loop of its own": (
        ASK + "def loop(port):\n    while True:\n        for event in port.events(9):\n"
        "            wake(X.pop(event.request))\n"
    ),
    "deleted by a part of the event": (
        ASK + "def poll(port):\n    for key, flags in port.select():\n        name = key.name\n        wake(X[name])\n"
        "        del X[name]\n" + LOOP
    ),
    "a thread waits": ASK.replace("    await done\n", "    done.wait()\n").replace("async ", "") + POLL + LOOP,
    "what is woken depends": ASK + POLL + "        if event.more:\n            wake(event)\n" + LOOP,
}

EVENT_ONLY = {
    "nobody polls again": ASK + POLL,
    "events that nobody asked for": ASK + POLL.replace("pop(event.request)", "pop(event.request, None)") + LOOP,
    "some events": ASK + POLL.replace("        wake", "        if event.last:\n            wake") + LOOP,
    "events that are passed over": ASK
    + POLL.replace("        wake", "        if event.odd:\n            continue\n        wake")
    + LOOP,
    "whoever asks does not wait": ASK.replace("    await done\n", "") + POLL + LOOP,
    "whoever asks waits at times": ASK.replace("    await done\n", "    if request.slow:\n        await done\n")
    + POLL
    + LOOP,
    "whoever asks waits for some time": ASK.replace("await done", "await asyncio.wait_for(done, 9)") + POLL + LOOP,
    "whoever asks waits for some time, by a with": (
        ASK.replace(
            "    done = make()\n    X[request] = done\n    await done\n",
            "    done = make()\n    async with asyncio.timeout(9):\n        X[request] = done\n        await done\n",
        )
        + POLL
        + LOOP
    ),
    "whoever calls waits for some time": (
        ASK + POLL + LOOP + "async def handle(request):\n    await asyncio.wait_for(ask(request.id), 9)\n"
    ),
    "another insert waits for nothing": ASK + POLL + LOOP + "def note(request):\n    X[request.id] = 1\n",
    "a message at a time": ASK + "def loop(port):\n    while True:\n        X.pop(port.receive().request)\n",
}


@pytest.mark.parametrize("text", PAIRED.values(), ids=PAIRED)
def test_each_event_takes_the_entry_of_what_waits(text: str, tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": text})).verdict.name == "paired"


@pytest.mark.parametrize("text", EVENT_ONLY.values(), ids=EVENT_ONLY)
def test_an_entry_may_stay_when_its_event_need_not_come(text: str, tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": text})).verdict.name == "event-only"
