"""What objects have, told without running code of the program and without leaving a trace in them.

CPython 3.11 and 3.12 keep the attributes of an object beside it, and read them fast, until somebody asks for its
`__dict__`: from then on each reading takes more than twice as long. So there that is asked for only where nothing else
tells. (CPython, Objects/object_layout.md.)
"""

from __future__ import annotations

from gc import get_referents
from itertools import islice
from sys import hexversion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_BESIDE = 0x030B0000 <= hexversion < 0x030D0000
_MANAGED = 1 << 4
"""The flag of types whose objects have their attributes beside them."""

_NOTHING = object()

_place_of_dict: Callable[[type], int] = type.__dict__["__dictoffset__"].__get__
"""Where objects of a class have their attributes, 0 where they have none. A metaclass is not asked."""


def instance_dict(thing: Any) -> dict[str, Any]:
    """The attributes that an object has itself, empty where it has none; lazy modules and proxies are not woken."""
    if not _place_of_dict(type(thing)):
        return {}
    try:
        found = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def namespace(thing: Any) -> Any:
    """The attributes that a class has itself, or an object."""
    return type.__getattribute__(thing, "__dict__") if is_class(thing) else instance_dict(thing)


def is_class(thing: Any) -> bool:
    """Whether something is a class, whatever it says of itself."""
    return issubclass(type(thing), type)


def is_slot(thing: Any) -> bool:
    """Whether an attribute of a class is where its objects have a slot."""
    return type(thing).__name__ == "member_descriptor"


def attribute(thing: Any, name: str, missing: Any) -> Any:
    """An attribute that an object has itself, in its `__dict__` or a slot."""
    kind = type(thing)
    if is_class(thing) or not _has_beside(kind):
        own = namespace(thing)
        if name in own:
            return own[name]
    shared = _of_class(kind, name)
    if is_slot(shared):
        try:
            return shared.__get__(thing)
        except AttributeError:
            return missing
    return _beside(thing, name, shared, missing) if _has_beside(kind) else missing


def _has_beside(kind: type) -> bool:
    return _BESIDE and bool(kind.__flags__ & _MANAGED)


def _of_class(kind: type, name: str) -> Any:
    for cls in type.__getattribute__(kind, "__mro__"):
        space = namespace(cls)
        if name in space:
            return space[name]
    return _NOTHING


def _beside(thing: Any, name: str, shared: Any, missing: Any) -> Any:
    if _of_class(type(shared), "__get__") is not _NOTHING:  # reading by name would run it
        return instance_dict(thing).get(name, missing)
    try:
        found = object.__getattribute__(thing, name)
    except AttributeError:
        return missing
    return missing if found is shared else found


def values(thing: Any, most: int) -> list[Any]:
    """What the attributes and the slots of an object stand for, or of a class; `most` of them."""
    kind = type(thing)
    if is_class(thing) or not kind.__flags__ & _BY_STATEMENT:
        return list(islice(list(namespace(thing).values()), most))
    if not _has_beside(kind) or _derives_from_builtin(kind):
        return [value for _, value in attributes(thing, most)]
    found = [each for each in get_referents(thing) if each is not kind]
    if found and type(found[-1]) is dict:  # its `__dict__`, if it was asked for that before, or the last that it has
        found += islice(list(found[-1].values()), most)
    return found[:most]


def attributes(thing: Any, most: int) -> list[tuple[str, Any]]:
    """The attributes that an object or a class has itself, up to so many, and those that are in slots."""
    names = dict(islice(list(namespace(thing).items()), most))
    if not is_class(thing):
        spaces = [
            space for cls in type.__getattribute__(type(thing), "__mro__") if "__slots__" in (space := namespace(cls))
        ]
        slots = [name for space in spaces for name, slot in list(space.items()) if is_slot(slot)]
        names.update({name: attribute(thing, name, None) for name in slots if name not in names})
    return list(names.items())


def _derives_from_builtin(kind: type) -> bool:
    bases = type.__getattribute__(kind, "__mro__")
    return any(base is not object and not base.__flags__ & _BY_STATEMENT for base in bases)


_BY_STATEMENT = 1 << 9
"""The flag of types that a `class` statement makes."""
