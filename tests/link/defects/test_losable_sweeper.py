"""Whether a started sweeper is lost: swallowed errors, dropped tasks, event loops that end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.findings.finding import Confidence

HEAD = """
import asyncio, contextlib, threading, time

X = {}
_task = None

def put(request):
    X[request.id] = time.monotonic()

def sweep():
    for key, at in list(X.items()):
        if at < time.monotonic() - 60:
            del X[key]

async def loop():
    while True:
        await asyncio.sleep(60)
        sweep()

"""
TRY = "def start():\n    global _task\n    try:\n        _task = {make}\n    except {error}:\n        {handler}\n"
RUNNING = "asyncio.get_running_loop().create_task(loop())"

CASES: dict[str, tuple[str, str | None]] = {
    # swallowed
    "create_task at import": (
        TRY.format(make="asyncio.create_task(loop())", error="RuntimeError", handler="pass") + "start()\n",
        "swallowed",
    ),
    "running loop at import": (
        TRY.format(make=RUNNING, error="Exception", handler="print('no loop')") + "start()\n",
        "swallowed",
    ),
    "several errors": (
        TRY.format(make=RUNNING, error="(OSError, RuntimeError)", handler="pass") + "start()\n",
        "swallowed",
    ),
    "loop kept in a name": (
        TRY.format(make="None", error="RuntimeError", handler="pass").replace(
            "_task = None", "now = asyncio.get_running_loop()\n        _task = now.create_task(loop())"
        )
        + "start()\n",
        "swallowed",
    ),
    "suppressed": (
        "def start():\n    global _task\n    with contextlib.suppress(RuntimeError):\n"
        f"        _task = {RUNNING}\nstart()\n",
        "swallowed",
    ),
    "swallowed by the caller": (
        "def start():\n    global _task\n    _task = asyncio.create_task(loop())\n"
        "try:\n    start()\nexcept RuntimeError:\n    pass\n",
        "swallowed",
    ),
    "in a script before its loop": (
        TRY.format(make=RUNNING, error="RuntimeError", handler="pass")
        + "def main():\n    start()\n    serve(put)\nif __name__ == '__main__':\n    main()\n",
        "swallowed",
    ),
    "another error": (TRY.format(make=RUNNING, error="ValueError", handler="pass") + "start()\n", None),
    "raised again": (TRY.format(make=RUNNING, error="RuntimeError", handler="raise") + "start()\n", None),
    "in a coroutine": (
        TRY.format(make=RUNNING, error="RuntimeError", handler="pass")
        + "async def main():\n    start()\n    await serve(put)\nasyncio.run(main())\n",
        None,
    ),
    "tried again later": (
        TRY.format(make=RUNNING, error="RuntimeError", handler="pass") + "start()\ndef handle(r):\n    start()\n",
        None,
    ),
    "a thread instead": (
        TRY.format(make=RUNNING, error="RuntimeError", handler="threading.Thread(target=forever).start()")
        + "def forever():\n    while True:\n        time.sleep(5)\n        sweep()\nstart()\n",
        None,
    ),
    "a loop that is set but does not run yet": (
        TRY.format(make="asyncio.get_event_loop().create_task(loop())", error="RuntimeError", handler="pass")
        + "start()\n",
        None,
    ),
    "nobody calls it here": (TRY.format(make=RUNNING, error="RuntimeError", handler="pass"), None),
    # the loop ends
    "short run": (
        "async def start():\n    global _task\n    _task = asyncio.create_task(loop())\nasyncio.run(start())\n",
        "short",
    ),
    "short run of a helper": (
        "def make():\n    global _task\n    _task = asyncio.create_task(loop())\n"
        "async def start():\n    make()\n    print('begun')\ndef begin():\n    asyncio.run(start())\n",
        "short",
    ),
    "run that serves": (
        "async def main():\n    task = asyncio.create_task(loop())\n    await serve(put)\n    task.cancel()\n"
        "asyncio.run(main())\n",
        None,
    ),
    "run that waits for it": (
        "async def main():\n    task = asyncio.create_task(loop())\n    await task\nasyncio.run(main())\n",
        None,
    ),
    "run of the sweeper itself": ("asyncio.run(loop())\n", None),
    "run in a group": (
        "async def main():\n    async with asyncio.TaskGroup() as tg:\n        tg.create_task(loop())\n"
        "asyncio.run(main())\n",
        None,
    ),
    "run that serves in a block": (
        "async def main():\n    task = asyncio.create_task(loop())\n    async with serve(put):\n        print(task)\n"
        "asyncio.run(main())\n",
        None,
    ),
    # the task
    "task kept": ("async def begin(app):\n    app.task = asyncio.create_task(loop())\n", None),
    "task returned": ("async def begin(app):\n    return asyncio.create_task(loop())\n", None),
    "task awaited": ("async def begin(app):\n    await asyncio.create_task(loop())\n", None),
    "one dropped and one kept": (
        "async def begin(app):\n    asyncio.create_task(loop())\nasync def other(app):\n"
        "    app.task = asyncio.create_task(loop())\n",
        None,
    ),
    "dropped": ("async def begin(app):\n    asyncio.create_task(loop())\n", "dropped"),
    "dropped future": ("async def begin(app):\n    asyncio.ensure_future(loop())\n", "dropped"),
    "dropped on a loop": ("async def begin(app):\n    asyncio.get_running_loop().create_task(loop())\n", "dropped"),
}


@pytest.mark.parametrize(("text", "kind"), CASES.values(), ids=CASES)
def test_loss(text: str, kind: str | None, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": HEAD + text, "w.py": "import m\ndef handle(request):\n    m.put(request)\n"})
    found = named(project)
    assert found.verdict.name == "swept"
    loss = project.defects.losable_sweepers.of(found)
    assert (loss.kind if loss else None) == kind


WAITS: dict[str, tuple[str, Confidence]] = {
    "sleeps": ("        await asyncio.sleep(60)\n", Confidence.LOW),
    "waits with a limit": (
        "        await asyncio.wait_for(mine.wait(), 60)\n",
        Confidence.LOW,
    ),
    "waits for its own event": ("        await mine.wait()\n        await asyncio.sleep(60)\n", Confidence.MEDIUM),
    "waits for an event that it sets": (
        "        mine.set()\n        await mine.wait()\n        await asyncio.sleep(60)\n",
        Confidence.LOW,
    ),
    "waits for an event that others hold": (
        "        known.append(mine)\n        await mine.wait()\n        await asyncio.sleep(60)\n",
        Confidence.LOW,
    ),
}


@pytest.mark.parametrize(("body", "level"), WAITS.values(), ids=WAITS)
def test_what_holds_a_dropped_task(body: str, level: Confidence, tmp_path: Path) -> None:
    text = (
        "known = []\nasync def wait():\n    mine = asyncio.Event()\n    while True:\n"
        + body
        + "        sweep()\nasync def begin(app):\n    asyncio.create_task(wait())\n"
    )
    project = linked(tmp_path, {"m.py": HEAD.partition("async def loop")[0] + text})
    loss = project.defects.losable_sweepers.of(named(project))
    assert loss is not None
    assert (loss.kind, loss.confidence) == ("dropped", level)
