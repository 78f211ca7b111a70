"""Symbols as people write them."""

from __future__ import annotations

import pytest

from unbounded_lint.findings.symbols import plain, plain_symbol
from unbounded_lint.findings.wording import readable

PLAIN = {
    "Store._Store__data": "Store.__data",
    "_Store._Store__data": "_Store.__data",
    "store._store__data": "store.__data",
    "Outer.Inner._Inner__data": "Outer.Inner.__data",
    "Outer.Inner._Outer__data": "Outer.Inner.__data",
    "make.<locals>.Store._Store__data": "make.Store.__data",
    "Store._Other__data": "Store._Other__data",
    "_cache__by_id": "_cache__by_id",
    "Store.__dict__": "Store.__dict__",
}
TEXTS = {
    "where `self._Store__send()` raises": "where `self.__send()` raises",
    "`lambda _: self._Store__tasks.pop(key)`": "`lambda _: self.__tasks.pop(key)`",
    "`_cache__by_id` and `_by__id` and `Store.__data`": "`_cache__by_id` and `_by__id` and `Store.__data`",
    "`my_Store__data`": "`my_Store__data`",
}


@pytest.mark.parametrize("name", PLAIN)
def test_private_names_are_written_without_the_class_around_them(name: str) -> None:
    assert plain(name) == PLAIN[name]
    assert plain_symbol(f"app._Store:{name}") == f"app._Store:{PLAIN[name]}"


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_has_private_names_as_they_are_written(text: str) -> None:
    assert readable(text) == TEXTS[text]
