"""Parsing behind guards: libcst where the stack is large, every failure one clause and one line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import TypeVar

import libcst

from unbounded_lint.facts.process import WhileNeeded
from unbounded_lint.facts.scan import LINE_END, SourceError, scan
from unbounded_lint.facts.stack import run_with_big_stack

__all__ = ["UNCHECKED_NODES", "SourceError", "guarded", "parse"]

MAX_CHARACTERS_TO_PLACE = 200_000

_Result = TypeVar("_Result")
_ERROR_PLACE = re.compile(r"error at (\d+):(\d+)")
_TOKENIZER_ERROR = "tokenizer error: "


def parse(text: str) -> libcst.Module:
    """The syntax tree of `text`. Raises `SourceError` for text that is no Python, or that libcst could not survive."""
    text = text.removeprefix("\ufeff")
    scan(text)
    return run_with_big_stack(lambda: guarded(libcst.parse_module, text))


def _accept(_node: libcst.CSTNode) -> None:
    """Any node."""


def _stop_checking() -> Callable[[], None]:
    checked = libcst.CSTNode.__post_init__

    def undo() -> None:
        libcst.CSTNode.__post_init__ = checked  # type: ignore[method-assign]

    libcst.CSTNode.__post_init__ = _accept  # type: ignore[assignment, method-assign]
    return undo


UNCHECKED_NODES = WhileNeeded(_stop_checking)
"""Spares the nodes of a parse the check that libcst makes of every node, a fifth of its time.

The check is for trees put together by hand; its own source says that a parse does not need it.
"""


def guarded(parser: Callable[[str], _Result], text: str) -> _Result:
    """What a libcst parser gives for `text`; whatever it raises becomes a `SourceError`."""
    try:
        return parser(text)
    except libcst.ParserSyntaxError as error:
        raise _syntax_error(error, parser, text) from None
    except SyntaxError as error:
        raise SourceError(error.msg or "invalid syntax", error.lineno or 1) from None
    except RecursionError:
        raise SourceError("nested too deeply", 1) from None
    except MemoryError:
        raise SourceError("too large for the memory at hand", 1) from None
    except UnicodeError:
        raise SourceError("characters that UTF-8 cannot hold", 1) from None
    except Exception as error:
        raise SourceError(f"the parser failed with {type(error).__name__}", 1) from None
    except BaseException as error:
        # A panic of the native parser is no Exception, and the library offers no class to name it by.
        if type(error).__name__ == "PanicException":
            raise SourceError("the parser failed", 1) from None
        raise


def _syntax_error(error: libcst.ParserSyntaxError, parser: Callable[[str], object], text: str) -> SourceError:
    place = _ERROR_PLACE.search(error.message)
    if place:
        # The place is where the token behind the offending one begins, which may be lines below.
        return SourceError("invalid syntax", scan(text).line_before(int(place[1]), int(place[2])))
    _, colon, clause = error.message.partition(_TOKENIZER_ERROR)
    return SourceError(clause if colon else "invalid syntax", _first_bad_line(error.message, parser, text))


def _first_bad_line(message: str, parser: Callable[[str], object], text: str) -> int:
    """The line of an error that the tokenizer of libcst reports without its place: the shortest beginning of the text
    that has the same error ends with it."""
    ends = [match.end() for match in LINE_END.finditer(text)] or [len(text)]
    if len(text) > MAX_CHARACTERS_TO_PLACE:
        return 1
    return bisect_left(range(len(ends)), True, key=lambda index: _fails(message, parser, text[: ends[index]])) + 1


def _fails(message: str, parser: Callable[[str], object], text: str) -> bool:
    try:
        parser(text)
    except libcst.ParserSyntaxError as error:
        return error.message == message
    except Exception:
        return False
    return False
