"""What a name of the source stands for in a running program: classes and functions by their qualified names."""

from __future__ import annotations

from .objects import attribute, instance_dict, is_class, namespace
from .sizes import MEMO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any

CODE = type(compile("0", "", "eval"))
FUNCTION = type(lambda: None)
_WRAPPERS = ("__wrapped__", "__func__", "fget", "func")
"""Where decorators keep the function that they are about."""


def owner(space: dict[str, Any], path: list[str]) -> Any:
    """The class or function with a qualified name in a module, the code of a function inside another; None if there is
    none yet."""
    found: Any = None
    for part in path:
        if part == "<locals>":
            found = code_of(found)
        else:
            names = space if found is None else namespace(found)
            found = _inside(found, part) if type(found) is CODE else names.get(part)
            if not is_class(found) and type(found) is not CODE:
                found = function(found) or found
        if found is None:
            return None
    return found


def function(thing: Any) -> Any:
    """The function inside what decorators made of it, None where none is found."""
    for _ in range(8):
        if type(thing) is FUNCTION:
            wrapped = instance_dict(thing).get("__wrapped__")
            if wrapped is None:
                return thing
            thing = wrapped
            continue
        inner = (_plain_attribute(thing, name) for name in _WRAPPERS)
        thing = next((each for each in inner if each is not None), None)
        if thing is None:
            return None
    return None


def _plain_attribute(thing: Any, name: str) -> Any:
    """An attribute that an object or its builtin type has, without running code of the program."""
    found = attribute(thing, name, None)
    if found is None and type(thing).__module__ in {"builtins", "functools"}:
        found = getattr(thing, name, None)
    return found


def memo(thing: Any) -> Any:
    """The memo of `functools` inside what decorators made of a function, None where none is found."""
    for _ in range(8):
        if thing is None or type(thing) is MEMO:
            return thing
        inner = (_plain_attribute(thing, name) for name in _WRAPPERS)
        thing = next((each for each in inner if each is not None), None)
    return None


def _inside(code: CodeType, name: str) -> CodeType | None:
    return next((each for each in code.co_consts if type(each) is CODE and each.co_name == name), None)


def code_of(thing: Any) -> CodeType | None:
    """The code of a function, or the code itself."""
    if type(thing) is FUNCTION:
        return thing.__code__
    return thing if type(thing) is CODE else None


def capturing(code: CodeType, name: str) -> Iterator[CodeType]:
    """The functions inside one that capture a variable of its."""
    for each in code.co_consts:
        if type(each) is CODE and name in each.co_freevars:
            yield each
            yield from capturing(each, name)
