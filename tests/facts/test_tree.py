"""Whether Python's own parser takes a file, without a tree of it."""

from __future__ import annotations

import pytest

from unbounded_lint.facts.collect import collect
from unbounded_lint.facts.native import tree
from unbounded_lint.facts.native.tree import CANNOT_PARSE, demand_parsable, parsed, without_warnings

GOOD = {
    "nothing": b"",
    "a program": b"import os\n\n\ndef f(x):\n    return x\n",
    "another encoding": b"# coding: latin-1\nx = '\xe9'\n",
    "a byte order mark": b"\xef\xbb\xbfx = 1\n",
    "an odd escape": b"x = '\\d'\n",
}
BAD = {
    "no syntax": b"def f(:\n",
    "a null byte": b"x = 1\0\n",
    "bytes that are no text": b"x = '\xff'\n",
    "an unknown encoding": b"# coding: nothing\nx = 1\n",
    "brackets in brackets": b"(" * 2000 + b")" * 2000,
}


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD)
def test_what_gives_a_tree_is_parsable(source: bytes) -> None:
    with without_warnings():
        assert parsed(source) is not None
        demand_parsable(source)


@pytest.mark.parametrize("source", BAD.values(), ids=BAD)
def test_what_gives_no_tree_is_not(source: bytes) -> None:
    for look in (parsed, demand_parsable):
        with pytest.raises(CANNOT_PARSE), without_warnings():
            look(source)


def test_what_python_would_not_run_is_left_to_the_other_parser() -> None:
    source = b"nonlocal x\n"
    assert parsed(source) is not None
    with pytest.raises(SyntaxError):
        demand_parsable(source)


def test_a_file_has_its_facts_where_pythons_parser_fails_on_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = collect("x = {}\n")

    def fail(*_given: object, **_named: object) -> None:
        raise SystemError("AST constructor recursion depth mismatch")

    monkeypatch.setattr(tree, "compile", fail, raising=False)
    assert collect("x = {}\n") == expected
