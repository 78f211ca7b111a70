"""Where the objects are that have a container: near the names of the project's modules, or else anywhere.

The first costs little. The second looks through all objects once, as a full garbage collection does, so its cost is
told to whoever decides when to search again. What is found is only weakly referred to.
"""

from __future__ import annotations

import gc
from _weakref import ref
from itertools import islice

from .names import FUNCTION, is_class, namespace
from .sizes import instance_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType
    from typing import Any

NEAR = 4
"""How many steps from a module an object is near."""

LOOKED_AT = 4000
"""How many objects are looked at near the modules."""

WIDE = 100
"""How many entries of a container on the way are looked at."""

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
        self.classes: dict[type, list[ref[Any]]] = {}
        self.codes: dict[CodeType, list[ref[Any]]] = {}
        self.names: dict[str, list[ref[Any]]] = {}

    def want(self, cls: type) -> list[ref[Any]]:
        """The objects of a class that were found so far; from now on there may be more."""
        return self.classes.setdefault(cls, [])

    def want_code(self, code: CodeType) -> list[ref[Any]]:
        """The functions, coroutines and generators of some code that were found so far."""
        return self.codes.setdefault(code, [])

    def want_named(self, name: str) -> list[ref[Any]]:
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

    def _near_or_far(self) -> Iterator[list[ref[Any]]]:
        yield from self.classes.values()
        yield from self.codes.values()

    def near(self, spaces: list[dict[str, Any]], is_own: Callable[[type], bool]) -> None:
        """Search near the names of modules."""
        if not self.classes and not self.names:
            return
        for space in spaces:
            self._take_named(space)
        for thing in walk(spaces, is_own):
            self._take(thing)
            self._take_named(namespace(thing))

    def _take_named(self, names: dict[str, Any]) -> None:
        for name, found in self.names.items():
            thing = names.get(name)
            if thing is not None:
                _add(found, thing)

    def anywhere(self) -> None:
        """Search among all objects."""
        classes = {each for cls in self.classes for each in _with_derived(cls)}
        if classes or self.codes:
            for thing in gc.get_referrers(*classes, *self.codes):
                self._take(thing)

    def _take(self, thing: Any) -> None:
        kind = type(thing)
        if kind is FUNCTION:
            _add(self.codes.get(thing.__code__), thing)
            return
        for owner, code, _ in FRAME_OWNERS:
            if kind is owner:
                _add(self.codes.get(getattr(thing, code)), thing)
                return
        for base in type.__getattribute__(kind, "__mro__"):
            _add(self.classes.get(base), thing)


def _add(found: list[ref[Any]] | None, thing: Any) -> None:
    if found is None:
        return
    found[:] = [each for each in found if each() is not None]
    if len(found) < MOST and not any(each() is thing for each in found):
        try:
            found.append(ref(thing))
        except TypeError:
            return


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


def walk(spaces: Iterable[dict[str, Any]], is_own: Callable[[type], bool]) -> Iterator[Any]:
    """The objects near the names of modules, the nearest first."""
    level: list[Any] = [value for space in spaces for value in list(space.values())]
    seen: set[int] = set()
    left = LOOKED_AT
    for _ in range(NEAR):
        below: list[Any] = []
        for thing in level:
            if left and id(thing) not in seen and type(thing).__flags__ & _COLLECTED:
                seen.add(id(thing))
                left -= 1
                yield thing
                below += _parts(thing, is_own)
        level = below


_COLLECTED = 1 << 14
"""The flag of types whose objects can refer to others."""


def _parts(thing: Any, is_own: Callable[[type], bool]) -> Iterable[Any]:
    kind = type(thing)
    if kind is dict:
        return list(islice(thing.values(), WIDE))
    if kind in {list, tuple}:
        return list(thing[:WIDE])
    if is_class(thing):
        return list(namespace(thing).values()) if is_own(thing) else ()
    if kind is FUNCTION or kind.__name__ == "module":
        return ()
    return list(islice(list(instance_dict(thing).values()), WIDE))
