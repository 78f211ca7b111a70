"""Where a recipe cannot be sure of names, scope or style it refuses, and says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.fixes.driver import plan

APP = """\
import store
from flask import Flask, request

app = Flask(__name__)


@app.post("/notes")
async def note():
    store.note(request.form["key"], request.form["value"])
    return "noted"
"""
HEAD = "import asyncio\nimport threading\nimport time\nfrom weakref import WeakValueDictionary\n\n"
WEAK = (
    f"{HEAD.replace('import asyncio', 'from dataclasses import dataclass')}_notes = weakref.WeakKeyDictionary()\n\n\n"
)
WEAK = WEAK.replace("from weakref import WeakValueDictionary", "import weakref")
NOTE = f"{WEAK}class Note:\n    def __init__(self, about):\n        self.about = about\n"
SLOTS = "\n    __slots__ = ('about', '_about')\n"

PROGRAMS = {
    "another use counts on the entry": (
        "_notes = {}\n\n\ndef note(key, value):\n    _notes[key] = value\n\n\ndef read(key):\n    return _notes[key]\n",
        "`read()` counts on an entry of `_notes` to be there",
    ),
    "a memo is relied on elsewhere": (
        "_notes = {}\n\n\ndef note(key, value):\n    if key not in _notes:\n        _notes[key] = work(key)\n\n\n"
        "def work(key):\n    return key.upper()\n\n\ndef read(key):\n    return _notes[key]\n",
        "`read()` counts on an entry of `_notes` to be there",
    ),
    "the entry is only there on one way": (
        "_notes = {}\n\n\ndef note(key, value):\n    if value:\n        _notes[key] = value\n    return _notes[key]\n",
        "`note()` counts on an entry of `_notes` to be there",
    ),
    "some of it is shown": (
        "_notes = []\n\n\ndef note(key, value):\n    _notes.append(str(value))\n\n\n"
        "def show():\n    return _notes[0]\n",
        "`show()` counts on an entry of `_notes` to be there",
    ),
    "all of it is walked": (
        "_notes = []\n\n\ndef note(key, value):\n    _notes.append(str(value))\n\n\n"
        "def show():\n    for each in _notes:\n        print(each)\n",
        "`show()` walks `_notes`, and may need every entry",
    ),
    "listeners are kept under a key": (
        "from collections import defaultdict\n\n_notes = defaultdict(list)\n\n\n"
        "def note(key, value):\n    _notes[key].append(value)\n",
        "what is under a key of `_notes` may be needed later",
    ),
    "functions are registered": (
        "_notes = []\n\n\ndef note(key, value):\n    _notes.append(value)\n    return value(key)\n",
        "`_notes` may keep functions that were handed in once",
    ),
    "a decorator registers": (
        "_notes = []\n\n\ndef exempt(function):\n    _notes.append(function)\n    return function\n\n\n"
        "def note(key, value):\n    exempt(value)\n    return key in _notes\n",
        "`exempt()` gives back what it puts into `_notes`, as decorators do that register something",
    ),
    "a decorator with arguments registers": (
        "_notes = []\n\n\ndef route(path):\n    def kept(function):\n        _notes.append((path, function))\n"
        "        return function\n\n    return kept\n\n\n"
        "def note(key, value):\n    route(key)(value)\n    return len(_notes)\n",
        "`route.kept()` gives back what it puts into `_notes`, as decorators do that register something",
    ),
    "users alone fill it": (
        "_notes = {}\n\n\ndef register(key, value):\n    _notes[key] = value\n\n\n"
        "def note(key, value):\n    return _notes.get(key)\n",
        "only users call `register()`, who may need all that they put into `_notes`",
    ),
    "it is filled as the program starts": (
        "_notes = {}\n\n\ndef note(key, value):\n    _notes[key] = value\n\n\nnote('first', 'of all')\n",
        "`_notes` is filled as the program starts, and what is put in then would go first",
    ),
    "it has entries from the start": (
        "_notes = {'first': 'of all'}\n\n\ndef note(key, value):\n    _notes[key] = value\n",
        "`_notes` has entries from the start, which would go first",
    ),
    "it is a part of a map": (
        "class Notes(dict):\n    def __init__(self):\n        super().__init__()\n        self.names = {}\n\n"
        "    def __setitem__(self, key, value):\n        self.names[key.lower()] = key\n"
        "        super().__setitem__(key, value)\n\n\n_all = Notes()\n\n\n"
        "def note(key, value):\n    _all[key] = value\n",
        "`Notes.names` is a part of a map, which may need every entry",
        "`Notes` may do more than to store what it is given",
    ),
    "it is filled with another that must keep its entries": (
        "_notes = {}\n_makers = {}\n\n\ndef note(key, value):\n    _notes[key] = value\n    _makers[key] = str(value)\n"
        "\n\ndef made(key):\n    return _makers[key] + _notes.get(key, '')\n",
        "`note()` puts the same key into `_makers`, of which each entry may be needed",
        "`made()` counts on an entry of `_makers` to be there",
    ),
    "a line is shared": (
        "_notes = {}\n\n\ndef note(key, value):\n    print(key); _notes[key] = value\n",
        "the statement in line 5 of `store.py` shares its line with others",
    ),
    "a block stands on one line": (
        "_notes = {}\n\n\ndef note(key, value):\n    if key: _notes[key] = value\n",
        "a use of `_notes` in line 5 of `store.py` is not one that can be changed",
    ),
    "the insert is an expression": (
        "_notes = {}\n\n\ndef note(key, value):\n    if _notes.setdefault(key, value):\n        print(key)\n",
        "an entry is added by an expression that nothing can be put behind",
    ),
    "another name may mean something else": (
        "_notes = {}\n\n\ndef note(key, value):\n    notes = _notes\n    notes[key] = value\n",
        "`notes`, which an entry is added to, need not be `_notes`",
    ),
    "it is made twice": (
        "import sys\n\n_notes = {}\nif sys.argv:\n    _notes = dict()\n\n\n"
        "def note(key, value):\n    _notes[key] = value\n",
        "`_notes` is made in more than one place",
    ),
    "a line would be too long": (
        "_notes_of_the_users_by_their_names_and_by_the_addresses_where_they_all_live = {}\n\n\ndef note(key, value):\n"
        "    _notes_of_the_users_by_their_names_and_by_the_addresses_where_they_all_live[key] = value\n",
        "a line of the repair would be longer than 92 characters",
    ),
    "a lock is held by nobody": (
        f"{HEAD}_locks = {{}}\n\n\ndef note(key, value):\n    if key not in _locks:\n"
        "        _locks[key] = threading.Lock()\n        print(key)\n    with _locks[key]:\n        print(value)\n",
        "a new lock is stored without a name that holds it",
    ),
    "a lock is asked for that may have gone": (
        f"{HEAD}_locks = {{}}\n\n\ndef note(key, value):\n    with _locks.setdefault(key, threading.Lock()):\n"
        "        print(value)\n\n\ndef held(key):\n    return _locks[key].locked()\n",
        "`held()` counts on a lock to be there, which may have gone by then",
    ),
    "a guard of locks has no free name": (
        f"{HEAD}_locks = {{}}\n\n\ndef note(key, value):\n    _locks_guard = value\n"
        "    with _locks.setdefault(key, threading.Lock()):\n        print(value, _locks_guard)\n",
        "the name `_locks_guard` is taken",
    ),
    "a lock that threads share has no free name": (
        f"{HEAD}_locks = {{}}\n\n\ndef note(key, lock):\n"
        "    with _locks.setdefault(key, threading.Lock()):\n        print(lock)\n",
        "the name `lock` is taken where a lock is made",
    ),
    "work may take longer than the age of its entry": (
        f"{HEAD}_notes = {{}}\n\n\ndef note(key, value):\n    _notes[key] = time.time()\n"
        '    print("""a\n    b""", value)\n    del _notes[key]\n',
        "`note()` counts on an entry of `_notes` to be there",
    ),
    "a value is a key": (
        f"{WEAK}def note(key, value):\n    _notes[key] = [key]\n",
        "its values are made of the key itself",
    ),
    "a key is a default": (
        f"{WEAK}def note(key, value):\n    _notes[key] = lambda it=key: print(it)\n",
        "its values have the key as a default",
    ),
    "a key is given another value": (
        f"{WEAK}def note(key, value):\n    key = key.owner\n    key = key.it\n    _notes[key] = lambda: print(key)\n",
        "`key` may mean something else by then",
    ),
    "a name for a weak reference is taken": (
        f"{WEAK}def note(key, value):\n    key_ref = value\n    _notes[key] = lambda: print(key, key_ref)\n",
        "the name `key_ref` is taken",
    ),
    "a key is kept in a field": (
        f"{WEAK}@dataclass\nclass Note:\n    key: object\n\n\ndef note(key, value):\n    _notes[key] = Note(key)\n",
        "its values are made of the key itself",
    ),
    "a key is kept in an attribute that changes": (
        f"{NOTE}\n    def move(self, other):\n        self.about = other\n\n\n"
        "def note(key, value):\n    _notes[key] = Note(key)\n",
        "`Note.about` is written in several places",
    ),
    "such objects are made of other things too": (
        f"{NOTE}\n\ndef note(key, value):\n    _notes[key] = Note(key)\n\n\ndef told(text):\n    return Note(text)\n",
        "`Note.__init__` is called in several places, not all of which need hold a key",
    ),
    "such objects may be made of nothing": (
        f"{NOTE.replace('about)', 'about=None)', 1)}\n\ndef note(key, value):\n    _notes[key] = Note(key)\n",
        "`Note.__init__` may be given nothing that can be referred to weakly",
    ),
    "such objects have slots": (
        f"{NOTE.replace('class Note:', 'class Note:' + SLOTS)}\n\ndef note(key, value):\n    _notes[key] = Note(key)\n",
        "`Note` is no plain class that could have a property",
    ),
    "several tasks have one key": (
        f"{HEAD}_tasks = {{}}\n\n\ndef note(key, value):\n    _tasks[key] = asyncio.create_task(asyncio.sleep(1))\n",
        "another task may have the same key by the time that one is done",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_not_certain_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    program, *reasons = PROGRAMS[name]
    made = plan(request_for(write(tmp_path, {"app.py": APP, "store.py": program})))
    assert not made.files
    assert [one.reason for one in made.refused] == reasons
    assert made.remaining


def test_an_import_of_another_meaning_is_not_relied_on(tmp_path: Path) -> None:
    program = (
        "import threading\n\nWeakValueDictionary = weakref = None\n_locks = {}\n\n\ndef note(key, value):\n"
        "    with _locks.setdefault(key, threading.Lock()):\n        print(value)\n"
    )
    made = plan(request_for(write(tmp_path, {"app.py": APP, "store.py": program})))
    assert [one.reason for one in made.refused] == ["`weakref` is not the module of that name in `store.py`"]


def test_a_list_of_another_meaning_is_not_called(tmp_path: Path) -> None:
    program = (
        "import threading\nimport time\n\n_notes = {}\n\n\ndef list(text):\n    return text.split()\n\n\n"
        "def note(key, value):\n    _notes[key] = time.time()\n\n\ndef sweep():\n    for key in _notes:\n"
        "        if _notes[key] < time.time() - 60:\n            del _notes[key]\n\n\ndef loop():\n    while True:\n"
        "        time.sleep(60)\n        try:\n            sweep()\n        except Exception:\n"
        "            print('failed')\n\n\nthreading.Thread(target=loop, daemon=True).start()\n"
    )
    made = plan(request_for(write(tmp_path, {"app.py": APP, "store.py": program})))
    assert [one.reason for one in made.refused] == ["`list` has another meaning in `store.py`"]


def test_the_line_length_of_the_project_counts(tmp_path: Path) -> None:
    program, *_ = PROGRAMS["a line would be too long"]
    settings = "[tool.ruff]\nline-length = 160\n"
    made = plan(request_for(write(tmp_path, {"app.py": APP, "store.py": program, "pyproject.toml": settings})))
    assert made.done and not made.refused


def test_a_text_over_several_lines_is_not_indented(tmp_path: Path) -> None:
    program = (
        "import urllib.request\n\n_notes = {}\n\n\ndef note(key, value):\n    _notes[key] = value\n"
        '    urllib.request.urlopen(value, """one\n    two""".encode())\n    del _notes[key]\n'
    )
    made = plan(request_for(write(tmp_path, {"app.py": APP, "store.py": program})))
    assert not made.files
    assert "a text over several lines would have to be indented" in {one.reason for one in made.refused}


def test_a_key_that_tests_may_look_for_is_not_dropped(tmp_path: Path) -> None:
    program = (
        "_notes = {}\n\n\ndef note(key, value):\n    _notes.setdefault(key, []).append(value)\n\n\n"
        "def forget(key, value):\n    if key in _notes:\n        _notes[key].remove(value)\n"
    )
    app = APP.replace(
        '    return "noted"', '    store.forget(request.form["key"], request.form["value"])\n    return "noted"'
    )
    test = "import store\n\n\ndef test_it_is_forgotten():\n    {}\n    store.forget(1, 2)\n    assert {} == []\n"
    for number, (shown, done) in enumerate((("store.noted(1)", ["UBM104"]), ("store._notes[1]", []))):
        files = {"app.py": app, "store.py": program, "tests/test_store.py": test.format("store.note(1, 2)", shown)}
        made = plan(request_for(write(tmp_path / str(number), files)))
        assert [one.finding.code for one in made.done] == done
