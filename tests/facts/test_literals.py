"""String literals are evaluated as Python does, without its warnings."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unbounded_lint.facts.literals import string_value

PIECES = [
    *("a", " ", "é", "\\\\", "\\'", '\\"', "\\\n", "\\n", "\\a\\b\\f\\r\\t\\v"),
    *("\\0", "\\7", "\\101", "\\x41", "\\u00e9", "\\U0001F600", "\\N{BULLET}"),
]


@given(st.sampled_from(["", "r", "R", "u"]), st.lists(st.sampled_from(PIECES)).map("".join))
@example("", "\\400")
def test_same_value_as_python(prefix: str, body: str) -> None:
    for quote in ("'''", '"""'):
        source = prefix + quote + body + quote
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = ast.literal_eval(source)
        assert string_value(source) == expected


@pytest.mark.parametrize("source", ["b'a'", "B'a'", "rb'a'", 'bR"a"'])
def test_bytes_have_no_text(source: str) -> None:
    assert string_value(source) is None


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("'\\d\\8'", "\\d\\8"),
        ("'\\ud800\\udc00'", "\ufffd\ufffd"),
        ("'\\N{no such name}'", "\\N{no such name}"),
        ("'\\UFFFFFFFF'", "\\UFFFFFFFF"),
        ("'\\x4'", "\\x4"),
        ("'''a\r\nb\rc\\\r\nd'''", "a\nb\ncd"),
        ("''", ""),
    ],
)
def test_odd_escapes_neither_fail_nor_warn(source: str, value: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert string_value(source) == value
