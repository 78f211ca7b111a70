"""Source files: what one is, and how its bytes become text."""

from __future__ import annotations

import codecs
import os
import re

import msgspec

_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK_OR_COMMENT = re.compile(rb"[ \t\f]*(?:#|$)")
_HEAD = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)?([^\r\n]*)")

# Text codecs for host names: no source is written in them, and their decoders take quadratic time.
_REFUSED = frozenset({"idna", "punycode", "undefined"})


class SourceFile(msgspec.Struct, frozen=True):
    """One Python file of the project.

    path is posix and relative to the root; module is the dotted name it is imported by; is_package says that it is an
    `__init__.py`; is_test that only tests run it.
    """

    path: str
    module: str
    is_package: bool
    is_test: bool


def path_below(root: str | os.PathLike[str], path: str | os.PathLike[str]) -> str:
    """The path of a file as a project with this root has it; links in either are not followed."""
    return os.path.relpath(path, root).replace(os.sep, "/")


class DecodeError(Exception):
    """The bytes are no Python text; the message is one sentence."""


def decode(data: bytes) -> str:
    """Turn the bytes of a source file into text, as Python itself would.

    Takes a byte order mark or a PEP 263 cookie into account, utf-8 without either. Gives the text without the mark, its
    line ends as they stand. Raises `DecodeError` where the text holds a NUL, the codec is unknown or not a text codec,
    the mark and the cookie disagree, or the bytes are not valid in the encoding.
    """
    if b"\0" in data:
        raise DecodeError("The file holds NUL bytes, so it is no Python source.")
    marked = data.startswith(codecs.BOM_UTF8)
    if marked:
        data = data[len(codecs.BOM_UTF8) :]
    cookie = _cookie(data)
    encoding = "utf-8" if cookie is None else _usual_name(cookie)
    if marked and encoding != "utf-8":
        raise DecodeError(f"The file begins with a utf-8 byte order mark but declares the encoding `{cookie}`.")
    text = _decode_as(data, encoding)
    if "\0" in text:
        raise DecodeError(f"The file holds NUL characters once decoded as {encoding}, so it is no Python source.")
    return text


def encoding_of(data: bytes) -> str:
    """The name of the encoding that `decode` takes the bytes of a source file to be in."""
    cookie = _cookie(data.removeprefix(codecs.BOM_UTF8))
    return "utf-8" if cookie is None else _usual_name(cookie)


def encode(text: str) -> bytes:
    """The bytes that the text of a source file is saved as: those that `decode` makes it of, wherever there are any."""
    data = text.encode("utf-8", "surrogatepass")
    cookie = None if data.startswith(codecs.BOM_UTF8) else _cookie(data)
    if cookie is None or cookie.lower() in _REFUSED:
        return data
    try:
        declared = text.encode(_usual_name(cookie))
        return declared if decode(declared) == text else data
    except (DecodeError, LookupError, ValueError, ArithmeticError, RuntimeError):
        return data


def _cookie(data: bytes) -> str | None:
    """The encoding that a comment in the first two lines declares (PEP 263)."""
    head = _HEAD.match(data)
    assert head is not None
    first, second = head.groups()
    found = _COOKIE.match(first)
    if found is None and _BLANK_OR_COMMENT.match(first):
        found = _COOKIE.match(second)
    return found.group(1).decode("ascii") if found else None


def _usual_name(encoding: str) -> str:
    """Python's own short cuts: `utf-8-unix` and the like are written by editors and known to no codec registry."""
    name = encoding[:12].lower().replace("_", "-")
    if name in ("utf-8", "utf8") or name.startswith("utf-8-"):
        return "utf-8"
    if name.startswith(("latin-1-", "iso-8859-1-", "iso-latin-1-")) or name in ("latin-1", "iso-8859-1", "iso-latin-1"):
        return "iso-8859-1"
    return encoding


def _decode_as(data: bytes, encoding: str) -> str:
    if encoding.lower() in _REFUSED:
        raise DecodeError(f"The file declares the encoding `{encoding}`, which is not for source text.")
    try:
        return data.decode(encoding)
    except LookupError:
        raise DecodeError(f"The file declares `{encoding}`, which is no encoding of text that Python knows.") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DecodeError(f"The file is not valid {encoding}: line {line} holds bytes that do not decode.") from None
    except (ValueError, ArithmeticError, RuntimeError) as error:
        # A codec may fail in its own way on hostile bytes; none of them may end the run.
        raise DecodeError(f"The file is not valid {encoding}: {error}.") from None
