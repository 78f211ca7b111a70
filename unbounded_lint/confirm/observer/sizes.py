"""How large a container is, told without running code of the program where that can be had.

For what derives from a builtin container the builtin's own method is asked, never an override: the answer is what is
kept, and no lock of the program is taken.
"""

from __future__ import annotations

from _collections import deque  # type: ignore[import-not-found]
from _functools import _lru_cache_wrapper  # type: ignore[import-not-found]
from _io import BytesIO, StringIO
from itertools import islice
from sys import getsizeof

from .objects import attribute, values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LOOKED_INSIDE = 512
"""Up to how many entries a container may have to be looked into for containers inside it."""

WEIGHED = 8
"""How many of the oldest and of the newest entries are weighed."""

MEMO: type = _lru_cache_wrapper
"""What `functools.cache` and `lru_cache` make of a function."""

_LENGTHS: tuple[tuple[type, Callable[[Any], int]], ...] = (
    (dict, dict.__len__),
    (list, list.__len__),
    (set, set.__len__),
    (deque, deque.__len__),
    (bytearray, bytearray.__len__),
    (tuple, tuple.__len__),
    (frozenset, frozenset.__len__),
    (BytesIO, getsizeof),
    (StringIO, getsizeof),
    (MEMO, lambda wrapper: int(wrapper.cache_info().currsize)),
)

_WRAPPED = ("queue", "_queue", "data")
"""Where the queues, the weak maps and the user's own maps of the standard library have what they hold."""

_LETTERS = (str, bytes, type(None), int, float, bool)


def length(box: Any) -> int | None:
    """The number of entries, None where `box` is nothing that has any."""
    known = _builtin_length(box)
    if known is not None:
        return known
    for name in _WRAPPED:
        known = _builtin_length(attribute(box, name, None))
        if known is not None:
            return known
    if issubclass(type(box), (type, *_LETTERS)):
        return None
    for name in ("__len__", "qsize"):
        method = getattr(type(box), name, None)
        if method is not None:
            return int(method(box))
    return None


def _builtin_length(box: Any) -> int | None:
    kind = type(box)
    for base, measure in _LENGTHS:
        if issubclass(kind, base):
            return measure(box)
    return None


def inside(box: Any, entries: int) -> int:
    """How many entries the containers inside a container have together, 0 where there are too many to look at."""
    if not 0 < entries <= LOOKED_INSIDE:
        return 0
    total = 0
    for value in _values(box, LOOKED_INSIDE):
        kind = type(value)
        if kind not in _LETTERS and not issubclass(kind, (tuple, frozenset, MEMO)):
            total += _builtin_length(value) or 0
    return total


def weight(box: Any, entries: int) -> int:
    """About how many bytes a container has: itself, and its entries by some of the oldest and the newest."""
    own = getsizeof(box)
    some = _sample(box)
    if not some:
        return own
    return own + sum(_weight_of(each) for each in some) * entries * _parts(box) // len(some)


def _parts(box: Any) -> int:
    return 2 if issubclass(type(_plain(box)), dict) else 1


def _weight_of(value: Any) -> int:
    return getsizeof(value) + sum(map(getsizeof, values(value, WEIGHED)))


def _plain(box: Any) -> Any:
    """What of a container can be walked through: itself, or the builtin that it wraps."""
    if _builtin_length(box) is not None:
        return box
    wrapped = (attribute(box, name, None) for name in _WRAPPED)
    return next((each for each in wrapped if _builtin_length(each) is not None), None)


def _values(box: Any, most: int) -> list[Any]:
    plain = _plain(box)
    kind = type(plain)
    if issubclass(kind, dict):
        return list(islice(dict.values(plain), most))
    if issubclass(kind, (list, tuple)):
        return list(plain[:most]) if kind in {list, tuple} else list(islice(list.__iter__(plain), most))
    if issubclass(kind, (set, deque)):
        return list(islice(iter(plain), most))
    return []


def _sample(box: Any) -> list[Any]:
    plain = _plain(box)
    kind = type(plain)
    if issubclass(kind, dict):
        keys, values = dict.keys(plain), dict.values(plain)
        walks = (keys, values, reversed(keys), reversed(values))
        return [each for walk in walks for each in list(islice(walk, WEIGHED))]
    if kind is list or kind is tuple:
        return [*plain[:WEIGHED], *plain[-WEIGHED:]]
    if issubclass(kind, (list, set, deque)):
        return list(islice(iter(plain), 2 * WEIGHED))
    return []
