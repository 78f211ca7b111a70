"""Where the objects are that have a container: near the names of the project's modules, or else anywhere.

The first costs little. The second looks through all objects once, as a full garbage collection does, so its cost is
told to whoever decides when to search again. What is found is only weakly referred to; what cannot be, such as a
`SimpleNamespace`, is got anew each time by the way from a module that it was found on.
"""

from __future__ import annotations

import gc
from _weakref import ref

from .names import FUNCTION
from .objects import attribute
from .ways import Trail, Way, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType
    from typing import Any, TypeAlias

    Reference: TypeAlias = "ref[Any] | Way"

MOST = 64
"""How many objects of one class are watched."""


async def _coroutine() -> None: ...


def _frame_owners() -> tuple[tuple[type, str, str], ...]:
    running = _coroutine()
    running.close()
    generator = (each for each in "")
    return ((type(running), "cr_code", "cr_frame"), (type(generator), "gi_code", "gi_frame"))


FRAME_OWNERS = _frame_owners()
"""What keeps the frame of a function that waits: its type, and where it has the code and the frame."""


class Wanted:
    """What is searched for: objects of classes, and what runs or captures the variables of some code."""

    def __init__(self) -> None:
        self.classes: dict[type, list[Reference]] = {}
        self.codes: dict[CodeType, list[Reference]] = {}
        self.names: dict[str, list[Reference]] = {}

    def want(self, cls: type) -> list[Reference]:
        """The objects of a class that were found so far; from now on there may be more."""
        return self.classes.setdefault(cls, [])

    def want_code(self, code: CodeType) -> list[Reference]:
        """The functions, coroutines and generators of some code that were found so far."""
        return self.codes.setdefault(code, [])

    def want_named(self, name: str) -> list[Reference]:
        """The objects that a module or an object has under a name, as far as they were found."""
        return self.names.setdefault(name, [])

    @property
    def count(self) -> int:
        """How many things are searched for."""
        return len(self.classes) + len(self.codes) + len(self.names)

    @property
    def lacks(self) -> bool:
        """Whether something was found nowhere so far."""
        return not all(any(each() is not None for each in found) for found in self._near_or_far())

    def _near_or_far(self) -> Iterator[list[Reference]]:
        yield from self.classes.values()
        yield from self.codes.values()

    def near(self, spaces: dict[str, dict[str, Any]], is_own: Callable[[type], bool]) -> None:
        """Search near the names of modules: name of the module -> its namespace."""
        if not self.classes and not self.names:
            return
        for module, space in spaces.items():
            for name, found in self.names.items():
                if space.get(name) is not None:
                    _add(found, space[name], Trail(space[name], None, module, name))
        for trail in walk(spaces, is_own):
            self._take(trail.thing, trail)
            for name, found in self.names.items():
                thing = attribute(trail.thing, name, None)
                if thing is not None:
                    _add(found, thing, Trail(thing, trail))

    def anywhere(self) -> None:
        """Search among all objects."""
        classes = {each for cls in self.classes for each in _with_derived(cls)}
        if classes or self.codes:
            for thing in gc.get_referrers(*classes, *self.codes):
                self._take(thing)

    def _take(self, thing: Any, trail: Trail | None = None) -> None:
        kind = type(thing)
        if kind is FUNCTION:
            _add(self.codes.get(thing.__code__), thing)
            return
        for owner, code, _ in FRAME_OWNERS:
            if kind is owner:
                _add(self.codes.get(getattr(thing, code)), thing)
                return
        for base in type.__getattribute__(kind, "__mro__"):
            _add(self.classes.get(base), thing, trail)


def _add(found: list[Reference] | None, thing: Any, trail: Trail | None = None) -> None:
    if found is None:
        return
    found[:] = [each for each in found if each() is not None]
    if len(found) < MOST and not any(each() is thing for each in found):
        try:
            found.append(ref(thing))
        except TypeError:
            way = trail.way() if trail is not None else None
            if way is not None:
                found.append(way)


def _with_derived(cls: type) -> set[type]:
    found = {cls}
    pending = [cls]
    while pending:
        derived: type
        for derived in type.__subclasses__(pending.pop()):
            if derived not in found:
                found.add(derived)
                pending.append(derived)
    return found
