"""Age tests of entries: which comparisons are ones, and what they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named
from unbounded_lint.link.entries.ages import AgeTest, AgeTests

HEAD = "import datetime\nimport time\nX = {}\ndef put(request):\n    X[request.id] = make(request)\n"
GET = "def get(request):\n    hit = X.get(request.id)\n"

TESTS: dict[str, tuple[str, tuple[str, ...], bool]] = {
    # body -> path of the date, whether an age is compared with a limit
    "age in a tuple": ("    return time.time() - hit[0] > 60\n", ("[0]",), True),
    "age turned round": ("    return 60 < time.time() - hit[0]\n", ("[0]",), True),
    "still fresh": ("    return time.time() - hit['at'] < 60\n", ("[at]",), True),
    "deadline of an attribute": ("    return hit.until <= time.time()\n", (".until",), False),
    "deadline ahead": ("    return time.time() < hit.until\n", (".until",), False),
    "sum": ("    return hit.at + 60 < time.monotonic()\n", (".at",), True),
    "cut-off": ("    oldest = time.time() - 60\n    return hit.at < oldest\n", (".at",), True),
    "value itself": ("    return time.time() - hit > 60\n", (), True),
    "unpacked": ("    at, _ = hit\n    return time.time() - at >= 60\n", ("[0]",), True),
    "named age": ("    age = time.time() - hit.at\n    return age > 60\n", (".at",), True),
    "get in an entry": ("    return hit.get('at', 0) < time.time()\n", ("[at]",), False),
    "seconds of a difference": (
        "    return (datetime.datetime.now() - hit.at).total_seconds() > 9\n",
        (".at",),
        True,
    ),
    "element of a list": ("    return [at for at in hit if time.time() - at < 60]\n", ("*",), True),
    "date kept as text": (
        "    return datetime.datetime.fromisoformat(hit['ends']) < datetime.datetime.now()\n",
        ("[ends]",),
        False,
    ),
    "date in a form of its own": (
        "    at = datetime.datetime.strptime(hit.at, '%Y-%m-%d')\n    return datetime.datetime.now() - at > LIMIT\n",
        (".at",),
        True,
    ),
    "seconds made a date": (
        "    return datetime.datetime.fromtimestamp(hit[0]) < datetime.datetime.now()\n",
        ("[0]",),
        False,
    ),
    "clock made a text": ("    return hit.ends < datetime.datetime.now().isoformat()\n", (".ends",), False),
    "date of another package": (
        "    from dateutil import parser\n    return parser.parse(hit.ends) < datetime.datetime.now()\n",
        (".ends",),
        False,
    ),
    "function of the project": (
        "    return is_old(hit)\ndef is_old(entry):\n    return time.time() - entry.at > 60\n",
        (".at",),
        True,
    ),
    "clock handed over": (
        "    return is_old(hit, time.time())\ndef is_old(entry, now):\n    return now - entry.at > 60\n",
        (".at",),
        True,
    ),
}

QUIET = {
    "two dates of the entry": "    return hit.until - hit.at > 60\n",
    "clock without an entry": "    return time.time() - request.at > 60\n",
    "entry without a clock": "    return hit.at > 60\n",
    "equality": "    return hit.at == time.time()\n",
    "a name like a clock": "    return now() - hit.at > 60\ndef now():\n    return 0\n",
}


def only(tmp_path: Path, text: str) -> AgeTest:
    project = linked(tmp_path, {"m.py": text})
    found = AgeTests(project.flow, project.execution).of(named(project).accesses)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("name", TESTS)
def test_age_tests_are_read(name: str, tmp_path: Path) -> None:
    body, path, lasting = TESTS[name]
    test = only(tmp_path, HEAD + GET + body)
    assert (test.entries[0].path, test.lasting) == (path, lasting)
    assert not test.entries[0].walked


@pytest.mark.parametrize("name", QUIET)
def test_other_comparisons_are_none(name: str, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": HEAD + GET + QUIET[name]})
    assert not AgeTests(project.flow, project.execution).of(named(project).accesses)


@pytest.mark.parametrize(
    "loop",
    [
        "for k, hit in list(X.items()):\n        if time.time() - hit.at > 60:\n            del X[k]\n",
        "for k in list(X):\n        if time.time() - X[k].at > 60:\n            del X[k]\n",
        "old = [k for k, hit in X.items() if time.time() - hit.at > 60]\n    for k in old:\n        del X[k]\n",
        "for hit in X.values():\n        if time.time() - hit.at > 60:\n            hit.close()\n",
        "for k in list(X):\n        drop(k)\ndef drop(k):\n    if time.time() - X[k].at > 60:\n        del X[k]\n",
    ],
)
def test_a_walk_asks_for_no_key(loop: str, tmp_path: Path) -> None:
    test = only(tmp_path, HEAD + "def sweep():\n    " + loop)
    assert test.entries[0].walked
    project = linked(tmp_path, {})
    assert not project.defects.touch_only_expiry.touches(named(project))
