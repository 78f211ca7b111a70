"""How the owner of an entry may end so that the entry stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named, reports, write

HEAD = "import asyncio, threading\nX = {}\n"
RUN = HEAD + "async def run(request):\n    X[request.id] = 1\n"
DONE = "    X.pop(request.id)\n"

WAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "behind a wait": (RUN + "    await request.work()\n" + DONE, ("cancelled",)),
    "behind a wait that raises when the time is up": (
        RUN + "    await asyncio.wait_for(request.work(), 9)\n" + DONE,
        ("late", "cancelled"),
    ),
    "behind a wait whose answer is looked at": (
        RUN + "    done, late = await asyncio.wait([request.work()], timeout=9)\n    if done:\n    " + DONE,
        ("late", "cancelled"),
    ),
    "behind a wait that only ends": (
        RUN + "    await asyncio.wait([request.work()], timeout=9)\n" + DONE,
        ("cancelled",),
    ),
    "behind a wait that only ends, with a test before the insert": (
        HEAD + "async def run(request):\n    if not request.id:\n        return\n    X[request.id] = 1\n"
        "    await asyncio.wait([request.work()], timeout=9)\n" + DONE,
        ("cancelled",),
    ),
    "behind a pause": (RUN + "    await asyncio.sleep(9)\n" + DONE, ("cancelled",)),
    "behind a wait without a limit": (
        RUN + "    await asyncio.wait_for(request.work(), None)\n" + DONE,
        ("cancelled",),
    ),
    "behind a wait of a thread": (
        HEAD + "def run(request):\n    X[request.id] = 1\n    if request.done.wait(timeout=9):\n    " + DONE,
        ("late",),
    ),
    "when the time is up as well": (
        RUN
        + "    try:\n        await asyncio.wait_for(request.work(), 9)\n    except asyncio.TimeoutError:\n    "
        + DONE
        + "def answer(request):\n"
        + DONE,
        ("cancelled",),
    ),
    "only when it fails": (
        HEAD
        + "def run(request):\n    X[request.id] = 1\n    try:\n        request.work()\n    except OSError:\n    "
        + DONE,
        ("well",),
    ),
    "only when a helper fails": (
        HEAD + "def drop():\n    X.clear()\ndef run(request):\n    X[request.id] = 1\n    try:\n"
        "        request.work()\n    except OSError:\n        drop()\n",
        ("well",),
    ),
    "no wait in between": (HEAD + "def run(request):\n    X[request.id] = 1\n    request.work()\n" + DONE, ()),
    "in another function": (RUN + "    await request.work()\ndef end(request):\n" + DONE, ()),
    "before the insert": (
        HEAD + "async def run(request):\n    X.pop(request.old)\n    await request.work()\n    X[request.id] = 1\n",
        (),
    ),
}


@pytest.mark.parametrize(("text", "expected"), WAYS.values(), ids=WAYS)
def test_ways_past_a_removal(text: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": text})
    container = named(project)
    assert container.verdict.name == "event-only"
    assert project.defects.event_only_removals.ways(container) == expected


MESSAGES = {
    "only when it fails": (
        "shrinks only when something fails, in `run()`: while all goes well, its entries stay for ever"
    ),
    "behind a wait that raises when the time is up": (
        "shrinks only when `run()` gets that far: an entry whose owner times out or is cancelled stays for ever"
    ),
    "no wait in between": "shrinks only when `run()` is asked to: an entry whose owner fails stays for ever",
}


@pytest.mark.parametrize(("name", "message"), MESSAGES.items(), ids=MESSAGES)
def test_the_message_names_the_way(name: str, message: str, tmp_path: Path) -> None:
    (found,) = [
        text for report, text in reports(write(tmp_path, {"m.py": WAYS[name][0]})).items() if report.code == "UBM102"
    ]
    assert message in found
