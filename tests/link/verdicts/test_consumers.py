"""Entries of work that is queued, taken out by whoever takes the work out of the queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

HEAD = "import logging\nimport queue\nimport threading\nX = set()\nJOBS = queue.Queue()\n"
PUT = "def put(request):\n    X.add(request.id)\n    JOBS.put(request)\n"
START = "threading.Thread(target=work, daemon=True).start()\n"
FINALLY = (
    "def work():\n    while True:\n        job = JOBS.get()\n        try:\n            open(job.path).read()\n"
    "        finally:\n            X.discard(job.id)\n"
)
BEHIND = (
    "def work():\n    while True:\n        job = JOBS.get()\n        try:\n            open(job.path).read()\n"
    "        except Exception:\n            logging.exception('no')\n        X.discard(job.id)\n"
)
CALLED = (
    "class Worker(threading.Thread):\n    def __init__(self, done):\n        super().__init__()\n"
    "        self.done = done\n        self.jobs = queue.Queue()\n"
    "    def add(self, job, urgent=False):\n        self.jobs.put((job, urgent))\n"
    "    def run(self):\n        while True:\n            job, urgent = self.jobs.get()\n            try:\n"
    "                if job is None:\n                    return\n                try:\n"
    "                    open(job.path).read()\n                except Exception:\n"
    "                    logging.exception('no')\n                self.done(job.id)\n"
    "            finally:\n                self.jobs.task_done()\n"
    "class Desk:\n    def __init__(self):\n        self.X = set()\n        self.worker = Worker(self.finished)\n"
    "        self.worker.start()\n"
    "    def put(self, request):\n        self.X.add(request.id)\n        self.worker.add(request)\n"
    "    def finished(self, key):\n        self.X.discard(key)\n"
    "DESK = Desk()\n"
)
ASYNC = (
    "import asyncio\nX = {}\nJOBS = asyncio.Queue()\nasync def put(request):\n    X[request.id] = request\n"
    "    await JOBS.put(request.id)\nasync def work():\n    while True:\n        key = await JOBS.get()\n"
    "        try:\n            await key.work()\n        finally:\n            X.pop(key, None)\n"
    "async def main():\n    asyncio.create_task(work())\n    await serve(put)\nasyncio.run(main())\n"
)

TRY = "        try:\n"

PROGRAMS: dict[str, tuple[str, str]] = {
    "in a finally": (HEAD + PUT + FINALLY + START, "paired"),
    "behind what catches all": (HEAD + PUT + BEHIND + START, "paired"),
    "by a callback that the consumer has": (HEAD + CALLED, "paired"),
    "by a task": (ASYNC, "paired"),
    "the consumer ends when it is told to": (
        HEAD + PUT + FINALLY.replace(TRY, f"        if job is None:\n            break\n{TRY}") + START,
        "paired",
    ),
    "taken back where it cannot be queued": (
        HEAD + PUT.replace("    JOBS.put(request)", "    try:\n        JOBS.put(request)\n    except Exception:\n"
        "        X.discard(request.id)\n        raise") + FINALLY + START,
        "paired",
    ),
    "queued behind what may fail, too": (
        HEAD + PUT.replace("    JOBS.put(request)", "    try:\n        open(request.path).read()\n"
        "        JOBS.put(request)\n    except Exception:\n        logging.exception('no')") + FINALLY + START,
        "event-only",
    ),
    "behind what may fail": (
        HEAD + PUT + "def work():\n    while True:\n        job = JOBS.get()\n        open(job.path).read()\n"
        "        X.discard(job.id)\n" + START,
        "event-only",
    ),
    "inside what catches all": (
        HEAD + PUT + BEHIND.replace("        X.discard(job.id)\n", "").replace(
            ".read()\n", ".read()\n            X.discard(job.id)\n"
        ) + START,
        "event-only",
    ),
    "some work is left out": (
        HEAD + PUT + FINALLY.replace(TRY, f"        if job.old:\n            continue\n{TRY}") + START,
        "event-only",
    ),
    "of some work": (
        HEAD + PUT + FINALLY.replace("            X.", "            if job.known:\n                X.") + START,
        "event-only",
    ),
    "what fails goes on to the next": (
        HEAD + PUT + BEHIND.replace("logging.exception('no')", "continue") + START,
        "event-only",
    ),
    "by what is no part of the work": (
        HEAD + "last = None\n" + PUT + FINALLY.replace("job.id", "last") + START,
        "event-only",
    ),
    "not every entry is queued": (
        HEAD + PUT.replace("    JOBS", "    if request.urgent:\n        JOBS") + FINALLY + START,
        "event-only",
    ),
    "another returns before it is queued": (
        HEAD + PUT.replace("    JOBS", "    if request.old:\n        return\n    JOBS") + FINALLY + START,
        "event-only",
    ),
    "something else is queued": (
        HEAD + PUT.replace("JOBS.put(request)", "JOBS.put(other)") + FINALLY + START,
        "event-only",
    ),
    "put into another queue": (
        HEAD + "OTHERS = queue.Queue()\n" + PUT.replace("JOBS", "OTHERS") + FINALLY + START,
        "event-only",
    ),
    "put in by others as well": (
        HEAD + PUT + "def keep(request):\n    X.add(request.id)\n" + FINALLY + START,
        "event-only",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_verdict_on_entries_of_queued_work(text: str, expected: str, tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": text}), "Desk.X" if "Desk" in text else "X")
    assert container.verdict.name == expected, [(r.access.how, r.extent, r.when) for r in container.removals]


def test_no_consumer_at_work_takes_nothing_out(tmp_path: Path) -> None:
    container = named(linked(tmp_path, {"m.py": HEAD + PUT + FINALLY.replace("work", "_work")}))
    assert container.verdict.name != "paired"
