"""What is done with an entry that is too old when it is asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.programs import linked, named

HEAD = "import time\nX = {}\ndef put(request):\n    X[request.id] = make(request)\n"
GET = "def get(request):\n    hit = X.get(request.id)\n"

TOUCHES: dict[str, tuple[str, bool]] = {
    # body -> whether the entry is removed
    "removed": ("    if time.time() - hit.at > 60:\n        del X[request.id]\n", True),
    "ignored": ("    if time.time() - hit.at > 60:\n        return None\n    return hit\n", False),
    "returned while fresh": ("    if time.time() - hit.at < 60:\n        return hit\n    return None\n", False),
    "predicate": ("    return time.time() - hit.at < 60\n", False),
    "either or": ("    return hit if time.time() - hit.at < 60 else None\n", False),
    "forgotten": ("    if time.time() - hit.at > 60:\n        hit = None\n    return hit\n", False),
    "replaced": (
        "    if time.time() - hit.at > 60:\n        X[request.id] = hit = make(request)\n    return hit\n",
        False,
    ),
    "age told by a function": (
        "    if age(request.id) > 60:\n        return None\n    return hit\n"
        "def age(key):\n    return time.time() - X[key].at\n",
        False,
    ),
    "by a flag": ("    fresh = time.time() - hit.at < 60\n    if not fresh:\n        raise KeyError\n", False),
}


@pytest.mark.parametrize("name", TOUCHES)
def test_touches_drop_what_is_too_old(name: str, tmp_path: Path) -> None:
    body, removes = TOUCHES[name]
    project = linked(tmp_path, {"m.py": HEAD + GET + body})
    (touch,) = project.defects.touch_only_expiry.touches(named(project))
    assert (touch.removes is not None) == removes


@pytest.mark.parametrize(
    "end",
    [
        "    if time.time() - hit.at > 60:\n        print('slow')\n",
        "    print(time.time() - hit.at > 60)\n",
        "    took = time.time() - X.pop(request.id)\n    if took > 60:\n        return None\n",
    ],
)
def test_a_measured_duration_is_no_expiry(end: str, tmp_path: Path) -> None:
    project = linked(tmp_path, {"m.py": HEAD + GET + end})
    assert not project.defects.touch_only_expiry.touches(named(project))


def test_dates_kept_beside_the_entries(tmp_path: Path) -> None:
    text = (
        "import time\nX = {}\nDATES = {}\nY = {}\ndef get(request):\n    key = request.id\n"
        "    if key in X and time.time() - DATES[key] < 60:\n        return X[key]\n"
        "    X[key] = request.body\n    DATES[key] = time.time()\n    Y[request.other] = 1\n    return X[key]\n"
    )
    project = linked(tmp_path, {"m.py": text})
    dates = named(project, "DATES")
    touch = project.defects.touch_only_expiry.of(named(project))
    assert touch is not None and touch.dates is dates
    assert replace(touch, dates=None) == project.defects.touch_only_expiry.touches(dates)[0]
    assert project.defects.touch_only_expiry.of(named(project, "Y")) is None


def test_dates_asked_by_a_function_of_their_own(tmp_path: Path) -> None:
    text = (
        "import time\nX = {}\nDATES = {}\ndef put(key, value):\n    X[key] = value\n    DATES[key] = time.time()\n"
        "def is_fresh(name):\n    return name in DATES and time.time() - DATES[name] < 60\n"
        "def get(key):\n    return X.get(key) if is_fresh(key) else None\n"
    )
    project = linked(tmp_path, {"m.py": text})
    dates = named(project, "DATES")
    touch = project.defects.touch_only_expiry.of(named(project))
    assert touch is not None and touch.dates is dates
    assert replace(touch, dates=None) == project.defects.touch_only_expiry.touches(dates)[0]
