"""Where the objects are that have a container: near the names of the project's modules, or else anywhere.

The first costs little. The second looks through all objects once, as a full garbage collection does, so its cost is
told to whoever decides when to search again. What is found is only weakly referred to; what cannot be, such as a
`SimpleNamespace`, is got anew each time by the way from a module that it was found on.
"""

from __future__ import annotations

import gc
import sys
from _weakref import ref
from itertools import islice

from .names import FUNCTION, attribute, is_class, is_slot, namespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType
    from typing import Any, TypeAlias

    Step: TypeAlias = tuple[str, Any]
    """How one comes from an object to a part of it: by a name, a key or an index."""

    Reference: TypeAlias = "ref[Any] | Way"

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


class Way:
    """How an object is got at from a module: by names, keys and indexes alone, so that nothing is kept alive. Called as
    a weak reference is; it gives None where something else stands there by now."""

    __slots__ = ("_kind", "_module", "_steps")

    def __init__(self, module: str, steps: tuple[Step, ...], thing: Any) -> None:
        self._module = module
        self._steps = steps
        self._kind = id(type(thing))

    def __call__(self) -> Any:
        """The object that stands there."""
        thing = sys.modules.get(self._module)
        for how, key in self._steps:
            thing = _at(thing, how, key)
        return thing if id(type(thing)) == self._kind else None


def _at(thing: Any, how: str, key: Any) -> Any:
    kind = type(thing)
    if how == "name":
        return attribute(thing, key, None)
    if how == "key":
        return thing.get(key) if kind is dict else None
    return thing[key] if kind in {list, tuple} and key < len(thing) else None


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
            self._take_named(space, module, ())
        for thing, module, steps in walk(spaces, is_own):
            self._take(thing, module, steps)
            if self.names:
                self._take_named(attributes(thing, is_own), module, steps)

    def _take_named(self, names: Any, module: str, steps: tuple[Step, ...]) -> None:
        for name, found in self.names.items():
            thing = names.get(name)
            if thing is not None:
                _add(found, thing, module, (*steps, ("name", name)))

    def anywhere(self) -> None:
        """Search among all objects."""
        classes = {each for cls in self.classes for each in _with_derived(cls)}
        if classes or self.codes:
            for thing in gc.get_referrers(*classes, *self.codes):
                self._take(thing)

    def _take(self, thing: Any, module: str = "", steps: tuple[Step, ...] = ()) -> None:
        kind = type(thing)
        if kind is FUNCTION:
            _add(self.codes.get(thing.__code__), thing)
            return
        for owner, code, _ in FRAME_OWNERS:
            if kind is owner:
                _add(self.codes.get(getattr(thing, code)), thing)
                return
        for base in type.__getattribute__(kind, "__mro__"):
            _add(self.classes.get(base), thing, module, steps)


def _add(found: list[Reference] | None, thing: Any, module: str = "", steps: tuple[Step, ...] = ()) -> None:
    if found is None:
        return
    found[:] = [each for each in found if each() is not None]
    if len(found) < MOST and not any(each() is thing for each in found):
        try:
            found.append(ref(thing))
        except TypeError:
            if steps and all(type(key) in _PLAIN_KEYS for _, key in steps):
                found.append(Way(module, steps, thing))


_PLAIN_KEYS = (str, int)
"""Keys that keep nothing alive."""


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


def walk(
    spaces: dict[str, dict[str, Any]], is_own: Callable[[type], bool]
) -> Iterator[tuple[Any, str, tuple[Step, ...]]]:
    """The objects near the names of modules, the nearest first, each with its module and the steps from there."""
    level: list[tuple[Any, str, tuple[Step, ...]]] = [
        (value, module, (("name", name),))
        for module, space in spaces.items()
        for name, value in list(space.items())
        if type(value).__flags__ & _COLLECTED
    ]
    seen: set[int] = set()
    left = LOOKED_AT
    for _ in range(NEAR):
        below: list[tuple[Any, str, tuple[Step, ...]]] = []
        for thing, module, steps in level:
            if left and id(thing) not in seen:
                seen.add(id(thing))
                left -= 1
                yield thing, module, steps
                below += [(part, module, (*steps, step)) for step, part in _parts(thing, is_own)]
        level = below


_COLLECTED = 1 << 14
"""The flag of types whose objects can refer to others."""


def _parts(thing: Any, is_own: Callable[[type], bool]) -> Iterable[tuple[Step, Any]]:
    kind = type(thing)
    how: str = "name"
    parts: Iterable[tuple[Any, Any]] = ()
    if kind is dict:
        how, parts = "key", list(islice(thing.items(), WIDE))
    elif kind in {list, tuple}:
        how, parts = "index", enumerate(thing[:WIDE])
    elif kind is not FUNCTION and kind.__name__ != "module" and (not is_class(thing) or is_own(thing)):
        parts = islice(list(attributes(thing, is_own).items()), WIDE)
    return [((how, key), value) for key, value in parts if type(value).__flags__ & _COLLECTED]


def attributes(thing: Any, is_own: Callable[[type], bool]) -> Any:
    """The attributes that an object has itself; those in slots too, where its class is written in the project."""
    names = namespace(thing)
    kind = type(thing)
    if is_class(thing) or not is_own(kind):
        return names
    written = [space for cls in kind.__mro__ if "__slots__" in (space := namespace(cls))]
    slots = [name for space in written for name, slot in list(space.items()) if is_slot(slot)]
    found = {name: attribute(thing, name, None) for name in slots if name not in names}
    return {**names, **found} if found else names
