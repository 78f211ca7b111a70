"""The observer reads what objects have, and leaves no trace in them."""

import gc
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from unbounded_lint.confirm.observer.objects import attribute, attributes, values
from unbounded_lint.confirm.observer.search import Wanted
from unbounded_lint.confirm.observer.sizes import length, weight
from unbounded_lint.confirm.observer.ways import Trail, walk

NOTHING = object()


class Plain:
    shared: ClassVar[dict[str, int]] = {}
    shadowed: dict[str, int] | None = None

    def __init__(self) -> None:
        self.entries = {"a": 1}
        self.order = ["a"]
        self.shadowed = {}

    @property
    def asked(self) -> dict[str, int]:
        raise AssertionError("code of the program was run")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError("code of the program was run")


class Slotted:
    __slots__ = ("entries", "unset")

    def __init__(self) -> None:
        self.entries = {"a": 1}


class Both(Slotted):
    def __init__(self) -> None:
        super().__init__()
        self.order = ["a"]


class Derived(dict[str, int]):
    def __init__(self) -> None:
        super().__init__(b=2)
        self.order = ["a"]


@pytest.mark.parametrize("make", [Plain, Slotted, Both, Derived, lambda: SimpleNamespace(order=["a"])])
def test_attributes_are_what_an_object_has_itself(make: Callable[[], Any]) -> None:
    made = make()
    for name in ("entries", "order", "shadowed", "shared", "asked", "unset", "_missing"):
        own = getattr(made, "__dict__", {}).get(name, NOTHING)
        if name == "entries" and isinstance(made, Slotted):
            own = made.entries
        assert attribute(make(), name, NOTHING) == own, name


@pytest.mark.parametrize("make", [Plain, Slotted, Both, Derived, lambda: SimpleNamespace(order=["a"])])
def test_values_are_those_of_the_attributes(make: Callable[[], Any]) -> None:
    made = make()
    by_name = [value for _, value in attributes(made, 10) if value is not None]
    other = make()
    before = [value for value in values(other, 10) if value is not None]
    assert sorted(map(repr, before)) == sorted(map(repr, by_name))
    vars(other) if hasattr(other, "__dict__") else None
    assert all(repr(value) in map(repr, values(other, 10)) for value in before)


@pytest.mark.skipif(not (3, 11) <= sys.version_info < (3, 13), reason="attributes are kept beside objects there alone")
def test_no_object_gets_a_dictionary_by_being_looked_at() -> None:
    class Registry(Plain):
        pass

    made = Registry()
    before = gc.get_referents(made)
    wanted = Wanted()
    found = wanted.want(Registry)
    wanted.near({"app": {"made": made, "more": [made]}}, lambda kind: True)
    assert [each() for each in found] == [made]
    assert attribute(made, "entries", None) == {"a": 1} == attribute(made, "entries", None)
    length(made), weight({"key": made}, 1)
    assert [id(each) for each in gc.get_referents(made)] == [id(each) for each in before]
    vars(made)
    assert [id(each) for each in gc.get_referents(made)] != [id(each) for each in before], "the test can tell"


def test_the_way_to_what_has_no_weak_reference_is_by_names() -> None:
    inner = Slotted()
    holder = Plain()
    holder.order = [inner]  # type: ignore[list-item]
    trails = {id(trail.thing): trail for trail in walk({"app": {"holder": holder}}, lambda kind: True)}
    trail = trails[id(inner)]
    assert isinstance(trail, Trail)
    sys.modules["app_of_this_test"] = module = type(sys)("app_of_this_test")
    module.holder = holder  # type: ignore[attr-defined]
    try:
        trails = {id(t.thing): t for t in walk({module.__name__: vars(module)}, lambda kind: True)}
        way = trails[id(inner)].way()
        assert way is not None and way() is inner
        holder.order.clear()
        assert way() is None
    finally:
        del sys.modules[module.__name__]
