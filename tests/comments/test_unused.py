"""Suppressions that silence nothing, and those of which that cannot be said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.programs import request_for, write
from unbounded_lint.run import runner

ADD = "\ndef add(request):\n    X[request.id] = request\n"


def unused(root: Path, files: dict[str, str], *paths: Path, **settings: Any) -> list[tuple[str, int, int, str]]:
    """What UBM902 says of a program, with the place."""
    found = runner.check(request_for(write(root, files), *paths, **settings)).findings
    return [(f.place.path, f.place.line, f.place.column, f.message) for f in found if f.code == "UBM902"]


def messages(root: Path, program: str, **settings: Any) -> list[str]:
    return [message for *_, message in unused(root, {"m.py": program}, **settings)]


UNUSED = {
    "ours": ("X = {}  # ubm: ignore[UBM102]", "this `# ubm: ignore` silences no `UBM102`"),
    "noqa": ("X = {}  # noqa: UBM102", "this `# noqa` silences no `UBM102`"),
    "one of two": ("X = {}  # ubm: ignore[UBM101, UBM102]", "this `# ubm: ignore` silences no `UBM102`"),
    "two of three": ("X = {}  # noqa: UBM201,UBM101,UBM102", "this `# noqa` silences no `UBM201` or `UBM102`"),
    "beside foreign codes": ("X = {}  # noqa: E501,UBM102", "this `# noqa` silences no `UBM102`"),
    "prefix": ("X = {}  # ubm: ignore[UBM2]", "this `# ubm: ignore` silences no `UBM2`"),
    "other line": ("X = {}\nY = {}  # noqa: UBM101", "this `# noqa` silences no `UBM101`"),
    "on its own line, before another": (
        "# ubm: ignore[UBM101]\nY = {}\nX = {}",
        "this `# ubm: ignore` silences no `UBM101`",
    ),
    "unknown code in a noqa": ("X = {}  # noqa: UBM109", "this `# noqa` silences no `UBM109`"),
    "whole file": ("# flake8: noqa: UBM102\nX = {}", "this `# flake8: noqa` silences no `UBM102`"),
    "named twice": ("X = {}  # noqa: UBM102,UBM102", "this `# noqa` silences no `UBM102`"),
}


@pytest.mark.parametrize("name", UNUSED)
def test_what_silences_nothing_is_reported(name: str, tmp_path: Path) -> None:
    program, message = UNUSED[name]
    assert messages(tmp_path, program + "\n" + ADD) == [message]


USED = {
    "ours": "X = {}  # ubm: ignore[UBM101]",
    "noqa": "X = {}  # noqa: UBM101",
    "prefix": "X = {}  # ubm: ignore[UBM1]",
    "two that silence the same": "X = {}  # ubm: ignore[UBM101] # noqa: UBM101",
    "whole file": "# flake8: noqa: UBM101\nX = {}",
    "blanket": "Y = {}  # noqa\nX = {}",
    "blanket of ours": "Y = {}  # ubm: ignore\nX = {}",
    "foreign codes": "Y = {}  # noqa: E501, F401\nX = {}",
    "in a string": "Y = '''\n# noqa: UBM101\n'''\nX = {}",
    "unknown code of ours, which UBM903 tells": "Y = {}  # ubm: ignore[UBM109]\nX = {}",
    "the rule itself": "Y = {}  # ubm: ignore[UBM902]\nX = {}",
    "prefix of the rule itself": "Y = {}  # ubm: ignore[UBM9, UBM]\nX = {}",
    "a fault of another comment": "X = {}  # ubm: ignor # noqa: UBM903",
}


@pytest.mark.parametrize("name", USED)
def test_what_silences_something_or_names_no_code_of_ours_is_not(name: str, tmp_path: Path) -> None:
    assert messages(tmp_path, USED[name] + "\n" + ADD) == []


def test_it_stands_where_the_comment_does(tmp_path: Path) -> None:
    program = "X = {  # noqa: UBM102\n    # ubm: ignore[UBM201]\n}\n" + ADD
    assert [place[:3] for place in unused(tmp_path, {"m.py": program})] == [("m.py", 1, 8), ("m.py", 2, 5)]


def test_the_advice_says_what_to_take_away(tmp_path: Path) -> None:
    program = "X = {}  # noqa: UBM101,UBM102\nY = {}  # noqa: UBM201\nZ = {}  # noqa: E501,UBM201\n" + ADD
    found = runner.check(request_for(write(tmp_path, {"m.py": program}))).findings
    assert [f.advice for f in found] == ["take `UBM102` away", "take the comment away", "take `UBM201` away"]


LOW = "X = []  # ubm: ignore[UBM101]\n\ndef add(thing):\n    X.append(thing)\n"


@pytest.mark.parametrize("confidence", ["low", "medium", "high"])
def test_what_silences_a_finding_of_little_confidence_is_of_use(confidence: str, tmp_path: Path) -> None:
    """Whatever the confidence that this run asks for."""
    bare = LOW.replace("  # ubm: ignore[UBM101]", "")
    (finding,) = runner.check(request_for(write(tmp_path / "no", {"m.py": bare}), min_confidence="low")).findings
    assert finding.confidence.value != "high"
    assert messages(tmp_path / "yes", LOW, min_confidence=confidence) == []


COMPANIONS = """
class Visit:
    def __init__(self, thing):
        X[thing] = 1
        Y[thing] = 1


def end(thing):
    X.pop(thing, None)
"""


def test_what_a_more_specific_rule_speaks_for_is_not_silenced_by_the_other_code(tmp_path: Path) -> None:
    program = "X = {}  # ubm: ignore[UBM102]\nY = {}  # ubm: ignore[UBM101]\n" + COMPANIONS
    found = runner.check(request_for(write(tmp_path, {"m.py": program}))).findings
    assert [(f.place.line, f.code) for f in found] == [(2, "UBM105"), (2, "UBM902")]


OFF: dict[str, dict[str, Any]] = {
    "ignored": {"ignore": ["UBM102"]},
    "not selected": {"select": ["UBM101", "UBM9"]},
    "ignored in the file": {"per_file_ignores": {"m.py": ["UBM102"]}},
    "the rule itself is ignored": {"ignore": ["UBM902"]},
    "the rule itself is not selected": {"select": ["UBM1"]},
    "the rule itself is ignored in the file": {"per_file_ignores": {"m.py": ["UBM902"]}},
}


@pytest.mark.parametrize("name", OFF)
def test_rules_that_are_off_are_not_judged(name: str, tmp_path: Path) -> None:
    program = "X = {}  # ubm: ignore[UBM102]\n"
    assert len(messages(tmp_path, program)) == 1
    assert messages(tmp_path, program, **OFF[name]) == []


def test_a_prefix_of_rules_that_are_off_in_part_is_not_judged(tmp_path: Path) -> None:
    program = "X = {}  # ubm: ignore[UBM2]\n"
    assert messages(tmp_path, program, ignore=["UBM209"]) == []
    assert len(messages(tmp_path, program, ignore=["UBM301"])) == 1


def test_files_that_cannot_be_analysed_are_not_judged(tmp_path: Path) -> None:
    files = {"m.py": "X = {}  # noqa: UBM101\nY = (\n", "n.py": "X = 1  # noqa: UBM101\n"}
    assert [path for path, *_ in unused(tmp_path, files)] == ["n.py"]


def test_only_files_that_are_asked_about_are_judged(tmp_path: Path) -> None:
    files = {"m.py": "X = 1  # noqa: UBM101\n", "n.py": "X = 1  # noqa: UBM101\n"}
    assert [path for path, *_ in unused(tmp_path, files, tmp_path / "n.py")] == ["n.py"]


def test_under_flake8_only_our_own_comments_are_judged(tmp_path: Path) -> None:
    files = {"m.py": "X = {}  # noqa: UBM102\nY = {}  # ubm: ignore[UBM102]\n"}
    request = msgspec.structs.replace(request_for(write(tmp_path, files)), apply_noqa=False)
    assert [f.place.line for f in runner.check(request).findings] == [2]


def test_a_finding_about_a_comment_can_be_suppressed(tmp_path: Path) -> None:
    assert messages(tmp_path, "X = {}  # ubm: ignore[UBM102, UBM902] for a while\n") == []
    assert messages(tmp_path, "X = {}  # noqa: UBM102, UBM902\n") == []
