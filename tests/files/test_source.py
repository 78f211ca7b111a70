"""Bytes become text as Python itself would read them, or one sentence says why not."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unbounded_lint.files.source import DecodeError, decode


def python_accepts(data: bytes) -> bool:
    """Whether the interpreter can read the bytes as a program."""
    try:
        compile(data, "sample.py", "exec")
    except (SyntaxError, ValueError, LookupError):
        return False
    return True


READABLE = {
    "empty": (b"", ""),
    "ascii": (b"x = 1\n", "x = 1\n"),
    "utf-8": ("x = 'žluť'\n".encode(), "x = 'žluť'\n"),
    "byte order mark": (codecs.BOM_UTF8 + b"x = 1\n", "x = 1\n"),
    "mark and cookie": (codecs.BOM_UTF8 + b"# coding: utf-8\nx = 1\n", "# coding: utf-8\nx = 1\n"),
    "latin-1": ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'é'\n"),
    "cookie on line two": (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", None),
    "cookie after blank line": (b"\n# coding: cp1252\nx = '\x80'\n", None),
    "cookie of emacs": ("# -*- coding: utf-8-unix -*-\nx = 'é'\n".encode(), "# -*- coding: utf-8-unix -*-\nx = 'é'\n"),
    "cookie with underscores": ("# coding: Latin_1-dos\nx = 'é'\n".encode("latin-1"), None),
    "cookie too late": (b"x = 1\ny = 2\n# coding: nonsense\n", "x = 1\ny = 2\n# coding: nonsense\n"),
    "cookie behind code": (b"x = 1\n# coding: nonsense\n", "x = 1\n# coding: nonsense\n"),
    "no cookie in code": (b"coding = 'nonsense'  # not at the start\n", "coding = 'nonsense'  # not at the start\n"),
    "shift jis": ("# coding: shift_jis\nx = '表'\n".encode("shift_jis"), "# coding: shift_jis\nx = '表'\n"),
    "line ends": (b"x = 1\r\ny = 2\r\n", "x = 1\r\ny = 2\r\n"),
}


@pytest.mark.parametrize("name", READABLE)
def test_reads_what_python_reads(name: str) -> None:
    data, text = READABLE[name]
    assert python_accepts(data)
    decoded = decode(data)
    assert text is None or decoded == text
    assert "�" not in decoded


def test_the_declared_encoding_is_used() -> None:
    assert "'€'" in decode(b"#!/usr/bin/python\n# coding: cp1252\nx = '\x80'\n")


UNREADABLE = {
    "nul": (b"x = 1\0\n", "NUL"),
    "utf-16": ("x = 1\n".encode("utf-16"), "NUL"),
    "not utf-8": (b"x = 1\ny = '\xe9'\n", "line 2"),
    "truncated": ("x = 'é'".encode()[:-2], "utf-8"),
    "unknown codec": (b"# coding: klingon\n", "klingon"),
    "rot13": (b"# coding: rot13\nk = 1\n", "rot13"),
    "hex": (b"# coding: hex\n", "hex"),
    "zlib": (b"# coding: zlib\n", "zlib"),
    "failing codec": (b"# coding: undefined\n", "undefined"),
    "wrong bytes for the codec": (b"# coding: ascii\nx = '\xe9'\n", "line 2"),
    "mark against cookie": (codecs.BOM_UTF8 + b"# coding: latin-1\n", "byte order mark"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_refuses_what_python_refuses(name: str) -> None:
    data, words = UNREADABLE[name]
    assert not python_accepts(data)
    with pytest.raises(DecodeError, match=words) as caught:
        decode(data)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message


@pytest.mark.parametrize("codec", ["punycode", "idna", "Punycode"])
def test_codecs_of_host_names_are_refused_at_once(codec: str) -> None:
    with pytest.raises(DecodeError, match=codec):
        decode(f"# coding: {codec}\n".encode() + b"a-" * 200_000)


def test_nul_that_only_the_codec_brings_up() -> None:
    with pytest.raises(DecodeError, match="NUL"):
        decode(b"# coding: utf-7\nx = '+AAA-'\n")


@given(st.binary(max_size=200), st.sampled_from([b"", codecs.BOM_UTF8, b"# coding: utf-7\n", b"# coding: euc_jp\n"]))
def test_any_bytes_give_text_or_a_decode_error(data: bytes, start: bytes) -> None:
    try:
        text = decode(start + data)
    except DecodeError:
        return
    assert "\0" not in text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_utf_8_comes_through_unchanged(text: str) -> None:
    assert decode(b"pass\npass\n" + text.encode()) == "pass\npass\n" + text
