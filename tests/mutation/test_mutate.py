"""The mutation engine itself: what it breaks, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import cleandoc
from pathlib import Path

import pytest

from tests.mutation.mutate import Mutant, mutants
from tests.mutation.programs import Whole, programs
from tests.mutation.run import of_program
from tests.mutation.text import Edit, edited, piece, try_around, without_finally
from tests.programs import linked
from unbounded_lint.facts.model import Span

SWEPT = """
import threading
import time

_seen = {}
_names = {}

def note(request):
    _seen[request.id] = time.monotonic()
    _names[request.id] = request.name

def _sweep():
    for key, at in list(_seen.items()):
        if time.monotonic() - at > 60:
            del _seen[key]
            _names.pop(key, None)

def _loop():
    while True:
        time.sleep(60)
        _sweep()

threading.Thread(target=_loop, daemon=True).start()
"""

PAIRED = """
_running = {}

def run(request):
    _running[request.id] = request
    try:
        return request.work()
    finally:
        del _running[request.id]
"""


def mutants_of(root: Path, *texts: str) -> dict[str, Mutant]:
    """The mutants of one-file programs by their labels."""
    files = {f"m{number}.py": cleandoc(text) + "\n" for number, text in enumerate(texts)}
    return {mutant.label: mutant for mutant in mutants(linked(root, files), files)}


def lines_gone(before: str, files: Mapping[str, str]) -> list[str]:
    after = [line.strip() for text in files.values() for line in text.splitlines()]
    return [line.strip() for line in cleandoc(before).splitlines() if line.strip() not in after]


def test_sweeps_calls_timers_and_starts_are_taken_away_one_at_a_time(tmp_path: Path) -> None:
    found = mutants_of(tmp_path, SWEPT)
    assert {label: lines_gone(SWEPT, mutant.files) for label, mutant in found.items() if "_seen" in label} == {
        "_seen: companion: removal in _sweep()": ["del _seen[key]"],
        "_seen: call: all that runs _sweep()": ["_sweep()"],
        "_seen: timer: all that runs _loop()": ["threading.Thread(target=_loop, daemon=True).start()"],
        "_seen: start: start of threading.Thread": ["threading.Thread(target=_loop, daemon=True).start()"],
    }
    assert (
        "threading.Thread(target=_loop, daemon=True)\n"
        in found["_seen: start: start of threading.Thread"].files["m0.py"]
    )
    assert "None.start()" in found["_seen: timer: all that runs _loop()"].files["m0.py"]
    assert lines_gone(SWEPT, found["_names: companion: removal in _sweep()"].files) == ["_names.pop(key, None)"]


def test_a_finally_is_made_plain_and_deleted(tmp_path: Path) -> None:
    found = mutants_of(tmp_path, PAIRED)
    assert set(found) == {
        "_running: sweep: removal in run()",
        "_running: finally: plain in run()",
        "_running: finally: deleted in run()",
    }
    plain = found["_running: finally: plain in run()"].files["m0.py"]
    assert plain.splitlines()[-2:] == ["    return request.work()", "    del _running[request.id]"]
    assert "del" not in found["_running: finally: deleted in run()"].files["m0.py"]


def test_nothing_is_broken_where_another_removal_is_left(tmp_path: Path) -> None:
    capped = SWEPT.replace(
        "def note(request):\n", "def note(request):\n    if len(_seen) > 99:\n        _seen.clear()\n"
    )
    assert not [label for label in mutants_of(tmp_path, capped) if label.startswith("_seen")]


def test_a_leak_has_nothing_to_break(tmp_path: Path) -> None:
    assert not mutants_of(tmp_path, "_seen = {}\n\ndef note(request):\n    _seen[request.id] = 1\n")


def test_one_of_several_starts_is_taken_away(tmp_path: Path) -> None:
    on_demand = (
        SWEPT.replace("threading.Thread(target=_loop, daemon=True).start()", "")
        .replace(
            "def _sweep():",
            "def load(rows):\n    for row in rows:\n        _seen[row.id] = time.monotonic()\n    _start()\n\n"
            "def _start():\n    threading.Thread(target=_loop, daemon=True).start()\n\ndef _sweep():",
        )
        .replace("    _names[request.id] = request.name", "    _start()")
    )
    found = mutants_of(tmp_path, on_demand)
    assert {label for label in found if "one start" in label} == {
        "_seen: one start: _start() in note()",
        "_seen: one start: _start() in load()",
    }
    everything = found["_seen: timer: all that runs _start()"].files["m0.py"]
    assert everything.count("_start()") == 1


def test_a_mutant_is_asked_about_with_the_program_s_own_settings() -> None:
    found = of_program(Whole("p", {"m.py": cleandoc(PAIRED)}))
    assert {answer.label.partition(": ")[2]: answer.codes for answer in found} == {
        "_running: sweep: removal in run()": ("UBM101",),
        "_running: finally: plain in run()": ("UBM102",),
        "_running: finally: deleted in run()": ("UBM101",),
    }
    assert all(answer.caught for answer in found)
    ignoring = {"m.py": cleandoc(PAIRED), "pyproject.toml": '[tool.unbounded-lint]\nignore = ["UBM1"]\n'}
    assert not any(answer.codes or answer.caught for answer in of_program(Whole("p", ignoring)))


def test_the_reference_and_examples_are_among_the_programs() -> None:
    by_name = {program.name: program for program in programs()}
    assert "unbounded_lint/reference/runs.py" in by_name["gateway/9_fixed"].files
    assert "UBM101 example 3" in by_name


def test_edits_replace_spans_and_an_outer_one_wins() -> None:
    files = {"m.py": "a = f(g(1))\nb = 2\n"}
    outer, inner, other = (
        Edit("m.py", Span(1, 5, 1, 12), "None"),
        Edit("m.py", Span(1, 7, 1, 11), "0"),
        Edit("m.py", Span(2, 1, 2, 6), "pass"),
    )
    assert edited(files, [inner, other, outer]) == {"m.py": "a = None\npass\n"}
    assert piece(files["m.py"], inner.span) == "g(1)"


HANDLED = "try:\n    f()\nexcept {caught}:\n    {then}\nfinally:\n    g()\n"


@pytest.mark.parametrize(
    ("caught", "then", "counts"),
    [
        ("KeyError", "h()", True),
        ("Exception", "h()", False),
        ("Exception", "raise", True),
        ("Exception", "raise E", True),
    ],
)
def test_a_finally_behind_a_handler_of_everything_is_plain_already(caught: str, then: str, counts: bool) -> None:
    text = HANDLED.format(caught=caught, then=then)
    assert (try_around(text, 6) == 1) is counts
    assert try_around(text, 2) is None


def test_handlers_stay_when_a_finally_goes() -> None:
    text = HANDLED.format(caught="KeyError", then="h()")
    assert without_finally(text, 1, keep=True) == "try:\n    f()\nexcept KeyError:\n    h()\ng()\n"
    assert without_finally(text, 1, keep=False) == "try:\n    f()\nexcept KeyError:\n    h()\n"
    assert without_finally("try: f()\nfinally: g()\n", 1, keep=True) == "f()\ng()\n"
