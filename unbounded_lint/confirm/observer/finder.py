"""Finds the containers of the plan in the running program, each time anew: names may be bound again at any time."""

from __future__ import annotations

import sys

from .modules import Modules
from .names import capturing, code_of, function, memo, owner
from .objects import attribute, is_class, is_slot, namespace
from .search import FRAME_OWNERS, Wanted
from .sizes import length

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType, FrameType
    from typing import Any

_NOTHING = object()


class Finder:
    """Gives what a target of the plan stands for at the moment, or why there is nothing: `no module`, `no owner`,
    `no name`, `no object`, `not running`, `local class`, or `no container: ...`."""

    def __init__(self, root: str, files: Iterable[str]) -> None:
        self.modules = Modules(root, files)
        self.wanted = Wanted()

    def find(self, target: dict[str, Any]) -> tuple[list[Any], str]:
        """The containers that a target stands for, each once, and why there are none."""
        spaces = self.modules.of(target["file"], target["module"])
        if not spaces:
            return [], "no module"
        kind = target["kind"]
        if kind == "variable":
            return _boxes([space.get(target["name"], _NOTHING) for space in spaces], "no name")
        if kind == "memo":
            return _boxes(self._memos(spaces, target), "no name")
        if kind == "hung":
            return _boxes(self._hung(target), "no object")
        owners = [found for space in spaces if (found := owner(space, target["owner"])) is not None]
        if not owners:
            return [], "no owner"
        if kind == "local":
            return _boxes([each for found in owners for each in self._locals(found, target["name"])], "not running")
        classes = [found for found in owners if is_class(found)]
        if not classes:
            return [], "local class"
        return _boxes([each for cls in classes for each in self._attributes(cls, target["name"])], "no object")

    # --- classes and their objects ---

    def _attributes(self, cls: type, name: str) -> Iterator[Any]:
        own = namespace(cls).get(name, _NOTHING)
        yield _NOTHING if is_slot(own) else own
        for reference in self.wanted.want(cls):
            thing = reference()
            if thing is not None:
                yield attribute(thing, name, _NOTHING)

    # --- variables of functions ---

    def _locals(self, found: Any, name: str) -> Iterator[Any]:
        plain = function(found)
        if plain is not None:
            yield default(plain, name)
        code = code_of(plain if plain is not None else found)
        if code is None:
            return
        for frame in self._frames(code):
            yield frame.f_locals.get(name, _NOTHING)
        for inner in capturing(code, name):
            for reference in self.wanted.want_code(inner):
                yield cell(reference(), name)

    def _frames(self, code: CodeType) -> Iterator[Any]:
        for newest in list(sys._current_frames().values()):
            frame: FrameType | None = newest
            while frame is not None:
                if frame.f_code is code:
                    yield frame
                frame = frame.f_back
        for reference in self.wanted.want_code(code):
            waiting = reference()
            held = next((name for kind, _, name in FRAME_OWNERS if type(waiting) is kind), None)
            kept = getattr(waiting, held) if held is not None else None
            if kept is not None:
                yield kept

    # --- others ---

    def _memos(self, spaces: Iterable[dict[str, Any]], target: dict[str, Any]) -> Iterator[Any]:
        for space in spaces:
            names = namespace(owner(space, target["owner"])) if target["owner"] else space
            found = memo(names.get(target["name"]))
            yield _NOTHING if found is None else found

    def _hung(self, target: dict[str, Any]) -> Iterator[Any]:
        for reference in self.wanted.want_named(target["below"]):
            thing = reference()
            yield _item(thing, target["name"]) if target["is_key"] else _inside(thing, target["name"])


def code_at(finder: Finder, site: dict[str, Any]) -> Iterator[CodeType]:
    """The loaded code of the function that a site stands in."""
    for space in finder.modules.of(site["file"], site["module"]):
        code = code_of(owner(space, site["owner"]))
        if code is not None and any(line == site["line"] for _, _, line in code.co_lines()):
            yield code


def _boxes(values: Iterable[Any], missing: str) -> tuple[list[Any], str]:
    """The containers among what was found."""
    boxes: dict[int, Any] = {}
    other = missing
    for value in values:
        if value is _NOTHING:
            continue
        if length(value) is None:
            other = f"no container: {type(value).__name__}" if not boxes else other
        else:
            boxes[id(value)] = value
    return list(boxes.values()), "" if boxes else other


def default(plain: Any, name: str) -> Any:
    """The default of a parameter."""
    code = plain.__code__
    names = code.co_varnames[: code.co_argcount]
    values = plain.__defaults__ or ()
    if name in names[len(names) - len(values) :]:
        return values[names.index(name) - len(names)]
    return (plain.__kwdefaults__ or {}).get(name, _NOTHING)


def cell(plain: Any, name: str) -> Any:
    """What a function has captured under a name."""
    if plain is None or not getattr(plain, "__closure__", None) or name not in plain.__code__.co_freevars:
        return _NOTHING
    try:
        return plain.__closure__[plain.__code__.co_freevars.index(name)].cell_contents
    except ValueError:
        return _NOTHING


def _item(thing: Any, name: str) -> Any:
    try:
        return thing[name]
    except Exception:
        return _NOTHING


def _inside(thing: Any, name: str) -> Any:
    """An attribute of an object of another package, which may keep it in a way of its own."""
    try:
        return getattr(thing, name)
    except Exception:
        return _NOTHING
