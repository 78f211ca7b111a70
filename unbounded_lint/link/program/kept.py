"""How answers are kept: a question that was asked of an object once is answered from memory."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

_Self = TypeVar("_Self")
_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")
_Key = TypeVar("_Key", bound=Hashable)


def kept(method: Callable[Concatenate[_Self, _Asked], _Answer]) -> Callable[Concatenate[_Self, _Asked], _Answer]:
    """Makes a method keep its answers on its object, by the arguments, which must be hashable.

    A method that asks itself the same thing on the way recurs without end, as it does alone.
    """
    place = f"kept answers of {method.__name__}"

    @wraps(method)
    def ask(self: _Self, /, *args: _Asked.args, **kwargs: _Asked.kwargs) -> _Answer:
        # One argument stands for itself: hundreds of thousands of tuples of one would be kept.
        asked: object = (args, *kwargs.items()) if kwargs else args[0] if len(args) == 1 else args
        try:
            known: _Answer = self.__dict__[place][asked]
        except KeyError:
            pass
        else:
            return known
        answer = method(self, *args, **kwargs)
        vars(self).setdefault(place, {})[asked] = answer
        return answer

    return ask


def listed(
    method: Callable[Concatenate[_Self, _Asked], Iterable[_Answer]],
) -> Callable[Concatenate[_Self, _Asked], tuple[_Answer, ...]]:
    """As `kept`, for a method that yields its answers one by one: they are given as a tuple."""

    @kept
    @wraps(method)
    def ask(self: _Self, /, *args: _Asked.args, **kwargs: _Asked.kwargs) -> tuple[_Answer, ...]:
        return tuple(method(self, *args, **kwargs))

    return ask


def grouped(pairs: Iterable[tuple[_Key, _Answer]]) -> Mapping[_Key, tuple[_Answer, ...]]:
    """What belongs to each key, for answers that are looked up by it; keys and what they have in the order given."""
    found: dict[_Key, list[_Answer]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}
