"""What stands behind a switch that every caller leaves off never runs; behind one that somebody may turn on it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import linked, named, reports

MAIN = "\nif __name__ == '__main__':\n    while True:\n        main(input())\n"
PUT = "X = {}\ndef put(k, on=False):\n    if on:\n        X[k] = 1\n"
NONE = "X = {}\ndef put(k, span=None):\n    if span is not None:\n        X[k] = span\n"
DOWN = PUT + "def middle(k, on=False):\n    put(k, on)\n"
INNER = "X = {}\ndef put(keys, on=False):\n    def one(k):\n        if on:\n            X[k] = 1\n    one(keys)\n"
BOTH = "X = {}\ndef put(k, on=False, sure=True):\n    if sure and on:\n        X[k] = 1\n"
EITHER = "X = {}\ndef put(k, on=False, sure=True):\n    if sure or on:\n        X[k] = 1\n"
LEFT = "X = {}\ndef put(k, on=False):\n    if not on:\n        return\n    X[k] = 1\n"
MODE = "X = {}\ndef put(k, mode='r'):\n    if mode == 'w':\n        X[k] = 1\n"
PLACE = "X = {}\ndef put(k, on=False):\n    return X.setdefault(k, 1) if on else None\n"
KEPT = "X = {}\nclass Kept:\n    def put(self, k, on=False):\n        if on:\n            X[k] = 1\nkept = Kept()\n"

OFF = {
    "left at its default": PUT + "def main(k):\n    put(k)\n",
    "turned off by place": PUT + "def main(k):\n    put(k, False)\n",
    "turned off by name": PUT + "def main(k):\n    put(k, on=None)\n",
    "none": NONE + "def main(k):\n    put(k, None)\n",
    "handed down": DOWN + "def main(k):\n    middle(k)\n",
    "handed round": PUT.replace("if on", "if k:\n        put(k[1:], on)\n    if on") + "def main(k):\n    put(k)\n",
    "of a function around": INNER + "def main(k):\n    put(k)\n",
    "one of two that must be on": BOTH + "def main(k):\n    put(k)\n",
    "left unless it is on": LEFT + "def main(k):\n    put(k)\n",
    "another mode": MODE + "def main(k):\n    put(k, 'a')\n",
    "in a choice": PLACE + "def main(k):\n    put(k)\n",
    "of a method": KEPT + "def main(k):\n    kept.put(k)\n",
}
ON = {
    "turned on": PUT + "def main(k):\n    put(k, True)\n",
    "turned on once": PUT + "def main(k):\n    put(k)\n    put(k, on=True)\n",
    "set by what is not known": PUT + "def main(k):\n    put(k, len(k) > 3)\n",
    "not none": NONE + "def main(k):\n    put(k, object())\n",
    "handed down": DOWN + "def main(k):\n    middle(k, True)\n",
    "spread": PUT + "def main(k):\n    put(*k.split())\n",
    "by keywords": PUT + "def main(k):\n    put(k, **read(k))\n",
    "given another value inside": PUT.replace("    if", "    on = on or k\n    if") + "def main(k):\n    put(k)\n",
    "given another value by a function inside": (
        "X = {}\ndef put(k, on=False):\n    def turn():\n        nonlocal on\n        on = True\n    turn()\n"
        "    if on:\n        X[k] = 1\ndef main(k):\n    put(k)\n"
    ),
    "handed on": PUT + "import lib\ndef main(k):\n    put(k)\n    lib.call(put)\n",
    "decorated": "import lib\n" + PUT.replace("def put", "@lib.wrapped\ndef put") + "def main(k):\n    put(k)\n",
    "one of two that may be on": EITHER + "def main(k):\n    put(k)\n",
    "left if it is on": LEFT.replace("not on", "on") + "def main(k):\n    put(k)\n",
    "that mode": MODE + "def main(k):\n    put(k, 'a')\n    put(k, mode='w')\n",
    "a text that reads as nothing": PUT + "def main(k):\n    put(k, '0')\n",
    "otherwise, in a choice": PLACE.replace("if on else None", "if not on else None") + "def main(k):\n    put(k)\n",
    "in the test of a choice": (
        "X = {}\ndef put(k, on=False):\n    return 1 if X.setdefault(k, on) else None\ndef main(k):\n    put(k)\n"
    ),
    "of a method that a framework calls": (
        "import socketserver\n"
        + KEPT.replace("class Kept", "class Kept(socketserver.BaseRequestHandler)")
        + "def main(k):\n    kept.put(k)\n"
    ),
}


@pytest.mark.parametrize("text", OFF.values(), ids=OFF)
def test_nothing_is_put_in_behind_a_switch_that_is_off(text: str, tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": text + MAIN})).inserts == ()


@pytest.mark.parametrize("text", ON.values(), ids=ON)
def test_something_is_put_in_behind_one_that_may_be_on(text: str, tmp_path: Path) -> None:
    assert named(linked(tmp_path, {"m.py": text + MAIN})).inserts


LIBRARY = {"lib/__init__.py": "", "lib/m.py": PUT + "def use(k):\n    put(k)\n"}
OWN = {
    "private": LIBRARY["lib/m.py"].replace("put", "_put"),
    "of a class that is made here alone": KEPT + "def use(k):\n    kept.put(k)\n",
}


def test_users_of_a_library_may_turn_it_on(tmp_path: Path) -> None:
    assert named(linked(tmp_path, LIBRARY)).inserts


@pytest.mark.parametrize("text", OWN.values(), ids=OWN)
def test_but_not_in_what_is_its_own(text: str, tmp_path: Path) -> None:
    assert named(linked(tmp_path, LIBRARY | {"lib/m.py": text})).inserts == ()


def test_a_class_that_a_package_shows_is_not_its_own(tmp_path: Path) -> None:
    files = {"lib/__init__.py": "from lib.m import Kept\n", "lib/m.py": OWN["of a class that is made here alone"]}
    assert named(linked(tmp_path, files)).inserts


TAKE = "X = {}\ndef take(k, pop=False):\n    return X.pop(k) if pop else X[k]\n"
USED = "from http.server import *\nclass H(BaseHTTPRequestHandler):\n    def do_GET(self):\n"
USED += "        X[self.path] = 1\n        take(self.path{})\n"
USED += "if __name__ == '__main__':\n    HTTPServer(('', 1), H).serve_forever()\n"


@pytest.mark.parametrize(("given", "code"), [("", "UBM101"), (", False", "UBM101"), (", True", "UBM102")])
def test_a_removal_that_nobody_asks_for_is_none(given: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(TAKE + USED.format(given), encoding="utf-8")
    assert {report.code for report in reports(tmp_path, min_confidence="low")} == {code}
