"""Where repairs of sweeps and of what runs them refuse: the program, and the reason for each finding of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.programs import request_for, write
from unbounded_lint.fixes.driver import plan

FLASK = """\
import store
from flask import Flask, request

app = Flask(__name__)


@app.post("/notes")
def note():
    store.note(request.form["key"], request.form["value"])
    return "noted"


@app.post("/replies")
def reply():
    store.reply(request.form["key"])
    return "noted"
"""


class Refusal(NamedTuple):
    """A program that is not repaired in the way of a rule, and why."""

    code: str
    store: str
    reason: str
    app: str = FLASK


def two_maps(start: str, begin: str = "    _begin()\n") -> str:
    """A timer that sweeps two maps and stops as the first is empty, and how an insert into that one starts it."""
    return (
        "import threading\nimport time\n\n_notes = {}\n_replies = {}\n_timer = None\n\n\n"
        f"def note(key, value):\n    _notes[key] = time.time()\n{start}\n\n"
        "def reply(key):\n    _replies[key] = time.time()\n\n\n"
        "def _tick():\n    global _timer\n    _timer = None\n    limit = time.time() - 60\n"
        "    for table in (_notes, _replies):\n"
        "        for key in [k for k, at in table.items() if at < limit]:\n            table.pop(key, None)\n"
        f"    if _notes:\n{begin.replace('    ', '        ')}\n\n"
        "def _begin():\n    global _timer\n    if _timer is None:\n        _timer = threading.Timer(60, _tick)\n"
        "        _timer.start()\n"
    )


def never_run(loop: str) -> str:
    """A sweep that a loop runs, and nothing the loop."""
    return (
        "import asyncio\nimport time\n\n_notes = {}\n\n\ndef note(key, value):\n    _notes[key] = time.time()\n\n\n"
        "def sweep():\n    for key, at in list(_notes.items()):\n        if at < time.time() - 60:\n"
        f"            _notes.pop(key, None)\n\n\n{loop}"
    )


def optional_end(
    entry: str = "Note(value)",
    cls: str = "class Note:\n    def __init__(self, value):\n        self.value = value\n"
    "        self.ends_at = None if value else time.time() + 60\n",
    imports: str = "",
    rest: str = "",
    part: str = "note.ends_at",
) -> str:
    """A sweep that takes what has an end alone, and how entries are made."""
    return (
        f"import threading\nimport time\n{imports}\n_notes = {{}}\n\n\n{cls}\n\ndef note(key, value):\n"
        f"    _notes[key] = {entry}\n\n\ndef reply(key):\n    _notes.pop(key, None)\n{rest}\n\n"
        "def sweep():\n    for key, note in list(_notes.items()):\n"
        f"        if {part} is not None and {part} < time.time():\n            _notes.pop(key, None)\n\n\n"
        "def loop():\n    while True:\n        time.sleep(60)\n        try:\n            sweep()\n"
        "        except Exception:\n            print('failed')\n\n\n"
        "threading.Thread(target=loop, daemon=True).start()\n"
    )  # fmt: skip


def swallowed(wait: str = "asyncio.sleep(60)", drop: str = "_notes.pop(key, None)", rest: str = "") -> str:
    """A sweeper whose start fails at import."""
    return (
        "import asyncio\nimport time\n\n_notes = {}\n_task = None\n\n\ndef note(key, value):\n"
        "    _notes[key] = time.time()\n\n\ndef reply(key):\n    _notes.pop(key, None)\n\n\n"
        f"async def expire():\n    while True:\n        await {wait}\n"
        "        for key, at in list(_notes.items()):\n            if at < time.time() - 60:\n"
        f"                {drop}\n\n\n"
        "def start():\n    global _task\n    try:\n        _task = asyncio.create_task(expire())\n"
        f"    except RuntimeError:\n        pass\n\n\n{rest}start()\n"
    )


OWN_TIMERS = (
    "import threading\n\n_notes = {}\n\n\ndef note(key, value):\n"
    "    _notes[key] = threading.Timer(int(value), _expire, (key,))\n    _notes[key].start()\n\n\n"
    "def reply(key):\n    _notes.pop(key, None)\n\n\ndef _expire(key):\n    _notes.pop(key, None)\n"
)
"""Entries that their own timers take out."""


def busy(work: str = "_notes[key].value = key") -> str:
    """Entries that are worked on, and go by the time of their making."""
    return (
        "import threading\nimport time\n\n_notes = {}\n\n\nclass Note:\n    def __init__(self, value):\n"
        "        self.value = value\n        self.at = time.time()\n\n\n"
        f"def note(key, value):\n    _notes[key] = Note(value)\n\n\ndef reply(key):\n    {work}\n\n\n"
        "def sweep():\n    for key, note in list(_notes.items()):\n"
        "        if note.at < time.time() - 60:\n            _notes.pop(key, None)\n\n\n"
        "def loop():\n    while True:\n        time.sleep(60)\n        try:\n            sweep()\n"
        "        except Exception:\n            print('failed')\n\n\n"
        "threading.Thread(target=loop, daemon=True).start()\n"
    )


FROZEN = "@dataclass(frozen=True)\nclass Note:\n    value: str\n    ends_at: float | None = None\n"

REFUSALS: Mapping[str, Refusal] = {
    "a start would start a second one": Refusal(
        "UBM206",
        two_maps("    _begin()\n").replace("    if _timer is None:\n        _timer", "    _timer").replace(
            "        _timer.start", "    _timer.start"
        ),
        "`_begin()` may start a second sweeper when it is called again",
    ),
    "the start stands on its own": Refusal(
        "UBM206",
        two_maps("    global _timer\n    if _timer is None or value:\n        _timer = threading.Timer(60, _tick)\n"
                 "        _timer.start()\n"),
        "the sweeper is started by no function of its own",
    ),
    "the start needs what the function is given": Refusal(
        "UBM206",
        two_maps("    global _timer\n    if _timer is None:\n        _timer = threading.Timer(int(value), _tick)\n"
                 "        _timer.start()\n"),
        "what starts the sweeper needs names of the function that it stands in",
    ),
    "an entry is nothing but its end": Refusal(
        "UBM202",
        optional_end("None if value else time.time() + 60", "", part="note"),
        "its entries are nothing but what they lack, without a place for the time of their making",
    ),
    "someone counts on an entry": Refusal(
        "UBM202",
        optional_end(rest="\n\ndef shown(key):\n    return _notes[key].value\n"),
        "`shown()` counts on an entry of `_notes` to be there",
    ),
    "an entry cannot be changed": Refusal(
        "UBM202",
        optional_end("Note(value)", FROZEN, "from dataclasses import dataclass\n"),
        "objects of `Note` cannot be changed",
    ),
    "an entry is told whole": Refusal(
        "UBM202",
        optional_end(rest="\n\ndef told(key):\n    return vars(_notes.get(key))\n"),
        "its entries may be told whole, as `vars` in `store.py` does",
    ),
    "an entry has no place for a time": Refusal(
        "UBM202",
        optional_end("(value, None if value else time.time() + 60)", "", part="note[1]"),
        "what its entries lack has no name",
    ),
    "a sweep asks two clocks": Refusal(
        "UBM202",
        optional_end(rest="\n\nBEGUN = time.monotonic()\n"),
        "the clock that its sweep goes by cannot be told",
    ),
    "others derive from the class": Refusal(
        "UBM202",
        optional_end(rest="\n\nclass Long(Note):\n    pass\n"),
        "other classes derive from `Note`, whose objects have no time at which they were made",
    ),
    "a sweeper waits for more than time": Refusal(
        "UBM205",
        swallowed("asyncio.sleep(60)\n        await asyncio.Event().wait()"),
        "its sweeper waits for more than time",
    ),
    "a sweep needs what is not known": Refusal(
        "UBM205",
        swallowed(drop="notify(_notes.pop(key, None))", rest="def notify(at):\n    print(at)\n\n\n"),
        "its sweep calls `notify()`, which may need the event loop",
    ),
    "a sweep counts on a key": Refusal(
        "UBM205",
        swallowed(drop="del _notes[key]"),
        "its sweep counts on keys to be there, which another thread may take",
    ),
    "a task is cancelled": Refusal(
        "UBM205",
        swallowed(rest="def stop():\n    if _task is not None:\n        _task.cancel()\n\n\n"),
        "`_task.cancel` is asked for, which a thread need not have",
    ),
    "a timer of an entry is cancelled": Refusal(
        "UBM210",
        OWN_TIMERS.replace("    _notes.pop(key, None)", "    _notes.pop(key).cancel()"),
        "`reply()` needs what it cancels",
    ),
    "a timer counts on its entry": Refusal(
        "UBM210",
        OWN_TIMERS.replace("_expire(key):\n    _notes.pop(key, None)", "_expire(key):\n    del _notes[key]"),
        "`_expire()` counts on an entry of `_notes` to be there",
    ),
    "an entry has no name where it is used": Refusal(
        "UBM209", busy("_notes[key.lower()].value = key"), "the entry that `reply()` works on has no name"
    ),
    "a sweep compares the date by a name": Refusal(
        "UBM209",
        busy().replace("        if note.at <", "        at = note.at\n        if at <"),
        "what its sweep compares is not written out where it does",
    ),
    "an entry that is worked on is told whole": Refusal(
        "UBM209",
        busy("_notes[key].value = str(vars(_notes[key]))"),
        "its entries may be told whole, as `vars` in `store.py` does",
    ),
    "a sweep takes the lock that is held at the insert": Refusal(
        "UBM201",
        "import threading\nimport time\n\n_notes = {}\n_lock = threading.Lock()\n\n\ndef note(key, value):\n"
        "    with _lock:\n        _notes[key] = time.time()\n        return key\n\n\ndef sweep():\n"
        "    _lock.acquire()\n    for key, at in list(_notes.items()):\n        if at < time.time() - 60:\n"
        "            _notes.pop(key, None)\n    _lock.release()\n",
        "`sweep()` takes a lock that is held where an entry is added",
    ),
    "no event loop for a loop that nothing runs": Refusal(
        "UBM201",
        never_run("async def loop():\n    while True:\n        await asyncio.sleep(60)\n        sweep()\n"),
        "no event loop is known that the loop with its sweep could run on",
        f"{FLASK}\n\ndef main():\n    app.run()\n\n\nif __name__ == '__main__':\n    main()\n",
    ),
    "no start for a loop that nothing runs": Refusal(
        "UBM201",
        never_run("def loop():\n    while True:\n        time.sleep(60)\n        sweep()\n"),
        "no place is known where a thread could be started with the program",
    ),
    "two loops that nothing runs": Refusal(
        "UBM201",
        never_run(
            "def loop():\n    while True:\n        time.sleep(60)\n        sweep()\n\n\n"
            "def other():\n    while True:\n        time.sleep(9)\n        for key in [*_notes]:\n"
            "            if key.isdigit():\n                _notes.pop(key, None)\n"
        ),
        "several loops that nothing runs would run its sweep",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_not_certain_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    refusal = REFUSALS[name]
    files = {"app.py": refusal.app, "store.py": refusal.store}
    made = plan(request_for(write(tmp_path, files)))
    assert [one.reason for one in made.refused if one.finding.code == refusal.code] == [refusal.reason]
    assert refusal.code in {finding.code for finding in made.remaining}


SWEPT = (
    "import time\n\n_notes = {}\n\n\ndef note(key):\n    _notes[key] = time.time()\n\n\n"
    "def is_noted(key):\n    return key in _notes\n"
)
SCRIPT = (
    "import json\nimport sys\n\nimport store\n\n\ndef main():\n    for line in sys.stdin:\n"
    "        store.note(json.loads(line)['key'])\n\n\nif __name__ == '__main__':\n    main()\n"
)
OWNED = (
    "import time\n\n\nclass Store:\n    def __init__(self):\n        self._notes = {}\n\n    def note(self, key):\n"
    "        self._notes[key] = time.time()\n\n\nnotes = Store()\n\n\ndef note(key):\n    notes.note(key)\n"
)
ON_INSERT: Mapping[str, Mapping[str, str]] = {
    "two scripts": {"store.py": SWEPT, "one.py": SCRIPT, "two.py": SCRIPT},
    "a script that is called in a loop": {
        "store.py": SWEPT,
        "one.py": SCRIPT.replace("    main()\n", "    while True:\n        main()\n"),
    },
    "a script that writes the module by no name": {
        "store.py": SWEPT,
        "one.py": SCRIPT.replace("import store", "from store import note").replace("store.note", "note"),
    },
    "an attribute": {"store.py": OWNED, "one.py": SCRIPT},
    "a list in a thread": {
        "store.py": SWEPT.replace("{}", "[]")
        .replace("_notes[key] = time.time()", "_notes.append((time.time(), key))")
        .replace("key in _notes", "len(_notes)"),
        "one.py": SCRIPT,
    },
}
"""Programs in which it is not sure where a sweep could be started."""


@pytest.mark.parametrize("name", ON_INSERT)
def test_inserts_sweep_where_no_start_is_sure(name: str, tmp_path: Path) -> None:
    (done,) = plan(request_for(write(tmp_path, ON_INSERT[name]))).done
    assert done.repair.message.startswith("Let inserts into `")
    assert done.repair.assumes.endswith("no place is known where a timer could start with the program")


def test_a_script_starts_a_sweep_else(tmp_path: Path) -> None:
    (done,) = plan(request_for(write(tmp_path, {"store.py": SWEPT, "one.py": SCRIPT}))).done
    assert done.repair.message.startswith("Start a daemon thread in `main()`")
