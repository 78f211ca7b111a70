"""Walks from the names of modules to the objects near them, and the ways back to these."""

from __future__ import annotations

import sys
from itertools import islice

from .names import FUNCTION
from .objects import attribute, attributes, is_class, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeAlias

    Step: TypeAlias = tuple[str, Any]
    """How one comes from an object to a part of it: by a name, a key or an index."""

NEAR = 4
"""How many steps from a module an object is near."""

LOOKED_AT = 4000
"""How many objects are looked at near the modules."""

WIDE = 100
"""How many entries of a container on the way are looked at."""

_PLAIN_KEYS = (str, int)
"""Keys that keep nothing alive."""

_COLLECTED = 1 << 14
"""The flag of types whose objects can refer to others."""


class Trail:
    """How the walk came to an object: from one that refers to it, or by the name that a module has for it."""

    __slots__ = ("before", "module", "name", "thing")

    def __init__(self, thing: Any, before: Trail | None, module: str = "", name: str = "") -> None:
        self.thing = thing
        self.before = before
        self.module = module
        self.name = name

    def way(self) -> Way | None:
        """The way there, None where there is none by names, keys and indexes that keep nothing alive."""
        steps: list[Step] = []
        here = self
        while here.before is not None:
            step = _step(here.before.thing, here.thing)
            if step is None or type(step[1]) not in _PLAIN_KEYS:
                return None
            steps.insert(0, step)
            here = here.before
        return Way(here.module, (("name", here.name), *steps), self.thing)


def _step(thing: Any, part: Any) -> Step | None:
    kind = type(thing)
    how: str = "name"
    parts: Iterable[tuple[Any, Any]]
    if kind is dict:
        how, parts = "key", list(islice(thing.items(), WIDE))
    elif kind in {list, tuple}:
        how, parts = "index", enumerate(thing[:WIDE])
    else:
        parts = attributes(thing, WIDE)
    return next(((how, key) for key, value in parts if value is part), None)


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


def walk(spaces: dict[str, dict[str, Any]], is_own: Callable[[type], bool]) -> Iterator[Trail]:
    """The trails to the objects near the names of modules, the nearest first."""
    level = [
        Trail(value, None, module, name)
        for module, space in spaces.items()
        for name, value in list(space.items())
        if type(value).__flags__ & _COLLECTED
    ]
    seen: set[int] = set()
    left = LOOKED_AT
    for _ in range(NEAR):
        below: list[Trail] = []
        for trail in level:
            if left and id(trail.thing) not in seen:
                seen.add(id(trail.thing))
                left -= 1
                yield trail
                below += [Trail(part, trail) for part in _parts(trail.thing, is_own)]
        level = below


def _parts(thing: Any, is_own: Callable[[type], bool]) -> list[Any]:
    kind = type(thing)
    parts: list[Any] = []
    if kind is dict:
        parts = list(islice(thing.values(), WIDE))
    elif kind in {list, tuple}:
        parts = list(thing[:WIDE])
    elif kind is not FUNCTION and kind.__name__ != "module" and (not is_class(thing) or is_own(thing)):
        parts = values(thing, WIDE)
    return [part for part in parts if type(part).__flags__ & _COLLECTED]
