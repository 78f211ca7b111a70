"""What messages say, read as a stranger reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import request_for, write
from unbounded_lint.findings.finding import Finding
from unbounded_lint.run.runner import check

FIXTURES = Path(__file__).parents[2] / "fixtures"
HEAD = "from flask import Flask, request\n\napp = Flask(__name__)\nX = {}\n\n\n"


def found(root: Path, text: str, code: str) -> Finding:
    """The one finding with a code about `X` in a program of one file."""
    (one,) = [
        each
        for each in check(request_for(write(root, {"web.py": text}), min_confidence="low")).findings
        if each.code == code and each.symbol.endswith("X")
    ]
    return one


def only(root: Path, files: dict[str, str]) -> Finding:
    """The one finding of UBM102 in a program."""
    every = check(request_for(write(root, files), min_confidence="low")).findings
    (one,) = [each for each in every if each.code == "UBM102"]
    return one


ONE_FUNCTION = """\
@app.post("/x")
def both():
    if request.form["new"]:
        X[request.form["id"]] = 1
    else:
        X.pop(request.form["id"])
    return ""
"""
ONE_CALL = """\
@app.post("/x")
def both():
    X[request.form["id"]] = 1
    if request.form["done"]:
        del X[request.form["id"]]
    return ""
"""
TWO_FUNCTIONS = """\
@app.post("/x")
def put():
    X[request.form["id"]] = 1
    return ""


@app.post("/y")
def take():
    X.pop(request.form["id"], None)
    return ""
"""
THREE_FUNCTIONS = (
    TWO_FUNCTIONS
    + """\


@app.post("/z")
def drop():
    X.pop(request.form["id"], None)
    return ""
"""
)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            ONE_FUNCTION,
            "`X` grows in `both()`, and only some calls of `both()` take an entry out: one for which no such call "
            "comes stays",
        ),
        (
            ONE_CALL,
            "`X` grows in `both()`, and `both()` removes it only if the condition in line 10 lets it: otherwise the "
            "entry stays",
        ),
        (
            TWO_FUNCTIONS,
            "`X` grows in `put()`, and shrinks only when `take()` is called for it: an entry nobody asks for stays",
        ),
        (
            THREE_FUNCTIONS,
            "`X` grows in `put()`, and shrinks only when `take()` and `drop()` are called for it: an entry nobody asks "
            "for stays",
        ),
    ],
)
def test_what_only_events_remove_is_told_by_who_would(tmp_path: Path, body: str, message: str) -> None:
    one = found(tmp_path, HEAD + body, "UBM102")
    assert one.message == message
    assert all(place.text.endswith(" removes here, only when it is called") for place in one.related[-1:])


SHOT = """\
import threading


@app.post("/x")
def put():
    keep(request.form["id"])
    keep(request.form["id"], 60)
    return ""


def keep(key, ttl=None):
    X[key] = 1
    if ttl is not None:
        {arming}
"""
FORGET = """\


def forget(key):
    X.pop(key, None)
"""


ONE_SHOT = {
    "a method handed over": SHOT.format(arming="threading.Timer(ttl, X.pop, (key, None)).start()"),
    "a function handed over": SHOT.format(arming="threading.Timer(ttl, forget, (key,)).start()") + FORGET,
}


@pytest.mark.parametrize("text", ONE_SHOT.values(), ids=ONE_SHOT)
def test_a_one_shot_timer_under_a_condition_is_told_as_one(tmp_path: Path, text: str) -> None:
    one = found(tmp_path, HEAD + text, "UBM102")
    assert one.message == (
        "`X` grows in `keep()`, and only a one-shot timer, which need not run for each entry, takes one out: the "
        "others stay"
    )
    removals = [place.text for place in one.related if place.role == "removal"]
    assert removals and all("by a one-shot timer that need not run" in text for text in removals)


def test_a_one_shot_timer_beside_another_call_is_not_told_alone(tmp_path: Path) -> None:
    text = (
        ONE_SHOT["a function handed over"]
        + '\n\n@app.post("/y")\ndef take():\n    X.pop(request.form["id"])\n    return ""\n'
    )
    one = found(tmp_path, HEAD + text, "UBM102")
    assert "one-shot" not in one.message
    assert {place.text.partition(", ")[2] for place in one.related if place.role == "removal"} == {
        "only when it is called",
        "by a one-shot timer that need not run for each entry",
    }


BETWEEN = {
    "returns": (
        "def run(item):\n    X[item.id] = 1\n    if item.late:\n        return\n    X.pop(item.id)\n",
        "`run()` removes it unless `run()` returns in line 5 before that: then the entry stays",
        "5: `run()` returns here, and the entry stays",
    ),
    "returns with an error at hand": (
        "def run(item):\n    X[item.id] = 1\n    try:\n        item.work()\n    except Exception:\n        return\n"
        "    X.pop(item.id)\n",
        "`run()` removes it unless `run()` returns in line 7 before that: then the entry stays",
        "7: `run()` returns here, and the entry stays",
    ),
    "goes on": (
        "def run(items):\n    for item in items:\n        X[item.id] = 1\n        if item.late:\n            continue\n"
        "        X.pop(item.id)\n",
        "`run()` removes it unless `run()` goes on to the next round of a loop in line 6 before that: then the entry "
        "stays",
        "6: `run()` goes on to the next round here, and the entry stays",
    ),
    "leaves the loop": (
        "def run(items):\n    for item in items:\n        X[item.id] = 1\n        if item.late:\n            break\n"
        "        X.pop(item.id)\n",
        "`run()` removes it unless `run()` leaves a loop in line 6 before that: then the entry stays",
        "6: `run()` leaves a loop here, and the entry stays",
    ),
    "raises": (
        "def run(item):\n    X[item.id] = 1\n    if item.late:\n        raise ValueError(item)\n    X.pop(item.id)\n",
        "`run()` removes it unless `run()` raises an error in line 5 before that: then the entry stays",
        "5: `run()` raises an error here, and the entry stays",
    ),
    "calls": (
        "import requests\ndef run(item):\n    X[item.id] = 1\n    requests.get(item.url)\n    X.pop(item.id)\n",
        "`run()` removes it unless `requests.get()` raises in line 5: then the entry stays",
        "5: where `requests.get()` raises here, the entry stays",
    ),
    "calls what calls": (
        "import requests\ndef run(item):\n    X[item.id] = 1\n    read(item)\n    X.pop(item.id)\n"
        "def read(item):\n    requests.get(item.url)\n",
        "`run()` removes it unless `read()` raises in line 5: then the entry stays",
        "5: where `read()` raises here, the entry stays",
    ),
    "waits": (
        "async def run(item):\n    X[item.id] = 1\n    await item.work()\n    X.pop(item.id)\n",
        "`run()` removes it unless `item.work()` raises or is cancelled in line 4: then the entry stays",
        "4: where `item.work()` raises or is cancelled here, the entry stays",
    ),
    "hands over": (
        "from contextlib import contextmanager\n@contextmanager\ndef run(item):\n    X[item.id] = 1\n    yield\n"
        "    X.pop(item.id)\n",
        "`run()` removes it unless what `run()` hands over to in line 6 raises or does not come back: then the entry "
        "stays",
        "6: where what `run()` hands over to here raises or does not come back, the entry stays",
    ),
    "decides": (
        "def run(item):\n    X[item.id] = 1\n    if item.over:\n        X.pop(item.id)\n",
        "`run()` removes it only if the condition in line 4 lets it: otherwise the entry stays",
        "4: this decides whether `run()` removes the entry",
    ),
    "cleans up under a condition": (
        "async def run(item):\n    X[item.id] = 1\n    done = False\n    try:\n        await item.work()\n"
        "        done = True\n    finally:\n        if not done:\n            X.pop(item.id)\n",
        "`run()` removes it only if the condition in line 9 lets it: otherwise the entry stays",
        "9: this decides whether `run()` removes the entry",
    ),
    "asks whether there is an entry": (
        "import requests\ndef run(item):\n    X[item.id] = 1\n    requests.get(item.url)\n    if item.id in X:\n"
        "        del X[item.id]\n",
        "`run()` removes it unless `requests.get()` raises in line 5: then the entry stays",
        "5: where `requests.get()` raises here, the entry stays",
    ),
    "asks whether there is an entry in a clean-up": (
        "async def run(item):\n    mine = object()\n    X[item.id] = mine\n    done = False\n    try:\n"
        "        await item.work()\n        done = True\n    finally:\n        if not done:\n"
        "            if item.id in X:\n                del X[item.id]\n",
        "`run()` removes it only if the condition in line 10 lets it: otherwise the entry stays",
        "10: this decides whether `run()` removes the entry",
    ),
    "removes what may be another entry": (
        "import requests\ndef run(item, last):\n    X[item.id] = 1\n    requests.get(item.url)\n    X.pop(last)\n",
        "`run()` removes it unless `requests.get()` raises in line 5: then the entry stays",
        "5: where `requests.get()` raises here, the entry stays",
    ),
    "returns when it has removed": (
        "def run(item):\n    X[item.id] = 1\n    if item.late:\n        X.pop(item.id)\n        return\n"
        "    if item.lost:\n        return\n    X.pop(item.id)\n",
        "`run()` removes it unless `run()` returns in line 8 before that: then the entry stays",
        "8: `run()` returns here, and the entry stays",
    ),
    "raises what it handles": (
        "import requests\ndef run(item):\n    X[item.id] = 1\n    try:\n        requests.get(item.url)\n"
        "    except OSError:\n        X.pop(item.id)\n        raise\n    requests.post(item.url)\n    X.pop(item.id)\n",
        "`run()` removes it unless `requests.post()` raises in line 10: then the entry stays",
        "10: where `requests.post()` raises here, the entry stays",
    ),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_where_insert_and_removal_meet_the_way_out_between_them_is_named(tmp_path: Path, name: str) -> None:
    body, told, place = BETWEEN[name]
    one = only(tmp_path, {"m.py": f"X = {{}}\n{body}"})
    assert one.message == f"`X` grows in `run()`, and {told}"
    assert [f"{each.line}: {each.text}" for each in one.related if each.role == "exit"] == [place]


def test_a_way_out_in_another_file_is_told_with_that(tmp_path: Path) -> None:
    files = {
        "kept.py": "X = {}\ndef begin(key):\n    X[key] = 1\ndef end(key):\n    X.pop(key)\n",
        "work.py": (
            "from kept import begin, end\ndef run(item):\n    begin(item.id)\n    if item.late:\n        return\n"
            "    end(item.id)\n"
        ),
    }
    assert only(tmp_path, files).message == (
        "`X` grows in `begin()`, and `end()` removes it unless `run()` returns in line 5 of `work.py` before that: "
        "then the entry stays"
    )


PRIVATE = """\
import requests

class _Store:
    def __init__(self):
        self.__data = {}
        self.__known = ("a", "b")
        self.__tasks = set()

    def put(self, item):
        self.__data[item.id] = 1
        self.__send(item)
        self.__data.pop(item.id)
        if item.kind in self.__known:
            self.__data[item.kind] = 1

    def __send(self, item):
        requests.get(item.url)

STORE = _Store()
"""


def test_private_names_are_shown_as_they_are_written(tmp_path: Path) -> None:
    one = only(tmp_path, {"m.py": PRIVATE})
    assert one.message == (
        "`_Store.__data` grows in `_Store.put()`, and `_Store.put()` removes it unless `self.__send()` raises in line "
        "11: then the entry stays"
    )
    assert one.symbol == "m:_Store._Store__data"  # what a baseline, a fingerprint and JSON know it by
    assert not any("_Store__" in text for text in (one.advice, *one.reasons, *(each.text for each in one.related)))


CLEANED = {
    "one entry": (
        "X.pop(key)",
        "`end()` takes out in a clean-up what others add, not what `other()` does: that entry stays",
    ),
    "all of them": ("X.clear()", "`end()` empties it in a clean-up, which need not follow what `other()` adds"),
}


@pytest.mark.parametrize("name", CLEANED)
def test_a_clean_up_that_does_not_follow_every_insert_is_not_said_to_always_run(tmp_path: Path, name: str) -> None:
    ends, told = CLEANED[name]
    program = (
        "from flask import Flask, request\napp = Flask(__name__)\nX = {}\n"
        f"def begin(key):\n    X[key] = 1\ndef end(key):\n    {ends}\n"
        "@app.post('/a')\ndef work():\n    begin(request.form['id'])\n    try:\n        print(1)\n    finally:\n"
        "        end(request.form['id'])\n    return ''\n"
        "@app.post('/b')\ndef other():\n    begin(request.form['id'])\n    return ''\n"
    )
    one = only(tmp_path, {"m.py": program})
    assert one.message == f"`X` grows in `begin()`, and {told}"
    texts = {each.role: f"{each.line}: {each.text}" for each in one.related}
    assert texts["exit"] == "18: `other()` adds an entry here that no clean-up takes out"
    assert texts["removal"] == "7: `end()` removes here, in a clean-up, which does not follow every insert"


APPENDED = """\
@app.post("/x")
def put():
    X.append(request.form["id"])
    return ""
"""
UNDER_A_KEY = """\
@app.post("/x")
def put():
    X.setdefault(request.form["id"], []).append(request.form["text"])
    return ""
"""


def test_what_is_appended_is_told_without_a_key(tmp_path: Path) -> None:
    one = found(tmp_path, HEAD.replace("X = {}", "X = []") + APPENDED, "UBM101")
    (insert,) = [place for place in one.related if place.role == "insert"]
    assert insert.text == "`put()` inserts here; every call adds an entry"
    assert one.reasons[0] == "every call adds an entry"


def test_an_insert_under_a_key_tells_of_the_key(tmp_path: Path) -> None:
    one = found(tmp_path, HEAD + UNDER_A_KEY, "UBM101")
    inserts = [place.text for place in one.related if place.role == "insert"]
    assert inserts == ["`put()` inserts here; the key: `request.form` comes from a request"]


CLOSED_TOO = """\
@app.post("/x")
def put():
    X[request.form["id"]] = 1
    return ""


@app.post("/total")
def count():
    X["total"] = len(X)
    return ""
"""


def test_an_insert_under_a_fixed_key_is_no_place_where_it_grows(tmp_path: Path) -> None:
    one = found(tmp_path, HEAD + CLOSED_TOO, "UBM101")
    assert one.message.startswith("`X` grows in `put()` and ")
    assert [place.line for place in one.related if place.role == "insert"] == [9]


def of_fixture(directory: Path) -> list[Finding]:
    """The findings in the program of a fixture."""
    return list(check(request_for(directory, min_confidence="low")).findings)


@pytest.mark.parametrize("directory", sorted((FIXTURES / "forgotten-companion").iterdir()), ids=lambda path: path.name)
def test_no_message_has_a_path_in_it(directory: Path) -> None:
    for one in of_fixture(directory):
        assert ".py" not in one.message
        assert one.related or not one.symbol


@pytest.mark.parametrize(
    ("fixture", "code"),
    [
        ("entry-guarded-sweeper-start/early-return", "UBM203"),
        ("insert-without-sweeper-start/bulk-restore", "UBM204"),
    ],
)
def test_places_that_lead_to_the_start_of_a_sweeper_come_before_it(fixture: str, code: str) -> None:
    (one,) = [each for each in of_fixture(FIXTURES / fixture) if each.code == code]
    roles = [place.role for place in one.related]
    assert roles[0] == "event" and roles.index("insert") < roles.index("timer") < roles.index("sweep") == len(roles) - 1
    timers = [place.text for place in one.related if place.role == "timer"]
    assert timers[0].endswith(" starts the sweeper here"), "what a rule says of a place comes first"
    assert len({(place.path, place.line, place.column, place.role) for place in one.related}) == len(one.related)


def test_a_removal_that_is_at_fault_is_told_of_once() -> None:
    (one,) = of_fixture(FIXTURES / "removal-while-iterating" / "delete-in-loop")
    assert len({(place.path, place.line, place.column) for place in one.related}) == len(one.related)
    assert one.related[-1].text == "removes from it meanwhile"
