"""Inserts before which a key that is there already raises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named

HEAD = "X = {}\n"
REFUSED: dict[str, str] = {
    "a test that raises": "def add(name, v):\n    if name in X:\n        raise ValueError(name)\n    X[name] = v\n",
    "the other way round": (
        "def add(name, v):\n    if name not in X:\n        X[name] = v\n    else:\n        raise ValueError\n"
    ),
    "in an else": "def add(name, v):\n    if name in X:\n        raise ValueError\n    else:\n        X[name] = v\n",
    "looked up": "def add(name, v):\n    if X.get(name) is not None:\n        raise ValueError\n    X[name] = v\n",
    "looked up before": (
        "def add(name, v):\n    known = X.get(name)\n    if known:\n        raise ValueError\n    X[name] = v\n"
    ),
    "among the keys": "def add(name, v):\n    if name in X.keys():\n        raise ValueError\n    X[name] = v\n",
    "unless the caller asks": (
        "def add(name, v, force=False):\n    if name in X and not force:\n        raise ValueError\n    X[name] = v\n"
    ),
    "one reason of several": (
        "def add(name, v):\n    if not name or name in X:\n        raise ValueError\n    X[name] = v\n"
    ),
    "asserted": "def add(name, v):\n    assert name not in X, name\n    X[name] = v\n",
    "found by a try": (
        "def add(name, v):\n    try:\n        X[name]\n    except KeyError:\n        X[name] = v\n    else:\n"
        "        raise ValueError\n"
    ),
    "behind a try": (
        "def add(name, v):\n    try:\n        X[name]\n        raise ValueError\n    except KeyError:\n        pass\n"
        "    X[name] = v\n"
    ),
    "a helper that raises": (
        "def check(key):\n    if key in X:\n        raise ValueError\n"
        "def add(name, v):\n    check(name)\n    X[name] = v\n"
    ),
    "a helper that tells": (
        "def has(key):\n    return key in X\ndef add(name, v):\n    if has(name):\n        raise ValueError\n"
        "    X[name] = v\n"
    ),
    "a helper that looks up": (
        "def find(key):\n    return X.get(key)\ndef add(name, v):\n    if find(name) is not None:\n"
        "        raise ValueError\n"
        "    X[name] = v\n"
    ),
    "the caller of a helper": (
        "def _put(key, v):\n    X[key] = v\ndef add(name, v):\n    if name in X:\n        raise ValueError\n"
        "    _put(name, v)\n"
    ),
    "an attribute": (
        "class Part:\n    def __init__(self, name):\n        self.name = name\n        if self.name in X:\n"
        "            raise ValueError\n        X[self.name] = self\n"
    ),
    "by a caller three calls above": (
        "def _put(key, v):\n    X[key] = v\ndef _keep(key, v):\n    _put(key, v)\n"
        "def _take(key, v):\n    _keep(key, v)\n"
        "def add(name, v):\n    if name in X:\n        raise ValueError\n    _take(name, v)\n"
    ),
    "by a caller that knows the parts of the key": (
        "def _put(kind, name, v):\n    X[(kind, name)] = v\ndef add(kind, name, v):\n    if (kind, name) in X:\n"
        "        raise ValueError\n    _put(kind, name, v)\n"
    ),
}
PASSED: dict[str, str] = {
    "one that returns": "def add(name, v):\n    if name in X:\n        return\n    X[name] = v\n",
    "another key": "def add(name, other, v):\n    if other in X:\n        raise ValueError\n    X[name] = v\n",
    "a key that is missing raises": (
        "def add(name, other, v):\n    if name not in X:\n        raise ValueError\n    X[other] = v\n"
    ),
    "another container": "Y = {}\ndef add(name, v):\n    if name in Y:\n        raise ValueError\n    X[name] = v\n",
    "an entry that is in the way": (
        "def add(name, v):\n    if name in X and X[name].busy:\n        raise ValueError\n    X[name] = v\n"
    ),
    "what calls itself with other keys": (
        "def _put(item):\n    X[item.name] = item\n    for child in item.children:\n        _put(child)\n"
        "def add(item):\n    if item.name in X:\n        raise ValueError\n    _put(item)\n"
    ),
    "what is handed over, too": (
        "def _put(key, v):\n    X[key] = v\ndef add(name, v):\n    if name in X:\n        raise ValueError\n"
        "    _put(name, v)\ndef watch(bus):\n    bus.subscribe(_put)\n"
    ),
    "only in one branch": (
        "def add(name, v):\n    if v:\n        if name in X:\n            raise ValueError\n    X[name] = v\n"
    ),
    "behind the insert": "def add(name, v):\n    X[name] = v\n    if name in X:\n        raise ValueError\n",
    "a helper that is asked for another": (
        "def check(key):\n    if key in X:\n        raise ValueError\ndef add(name, other, v):\n    check(other)\n"
        "    X[name] = v\n"
    ),
    "a helper that may not come to it": (
        "def check(key, v):\n    if v:\n        return\n    if key in X:\n        raise ValueError\n"
        "def add(name, v):\n    check(name, v)\n    X[name] = v\n"
    ),
    "one caller of two": (
        "def _put(key, v):\n    X[key] = v\ndef add(name, v):\n    if name in X:\n        raise ValueError\n"
        "    _put(name, v)\ndef set(name, v):\n    _put(name, v)\n"
    ),
    "helpers that ask each other": (
        "def one(key):\n    return key in X or two(key)\ndef two(key):\n    return one(key) or X.get(key)\n"
        "def add(name, v):\n    if two(name):\n        return\n    X[name] = v\n"
    ),
}


def guards(root: Path, program: str) -> tuple[str, ...]:
    evidence = named(linked(root, {"m.py": HEAD + program})).evidence
    assert evidence is not None
    return evidence.guards


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_that_is_there_already_is_refused(name: str, tmp_path: Path) -> None:
    assert "a refusal" in guards(tmp_path, REFUSED[name])


@pytest.mark.parametrize("name", PASSED)
def test_a_key_that_is_there_already_is_no_error(name: str, tmp_path: Path) -> None:
    assert "a refusal" not in guards(tmp_path, PASSED[name])
