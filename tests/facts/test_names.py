"""Private names, as Python binds them and as they are written."""

from __future__ import annotations

import pytest

from unbounded_lint.facts.names import Names, private_in, unmangled


@pytest.mark.parametrize("cls", ["Store", "_Store", "__Store", "S", "My_Store"])
@pytest.mark.parametrize("name", ["__runs", "__a_b", "___x"])
def test_a_private_name_is_found_again_as_it_is_written(cls: str, name: str) -> None:
    names = Names()
    names.private = private_in(cls)
    assert names.mangled(name) == f"{private_in(cls)}{name}" != name
    assert unmangled(names.mangled(name)) == name


@pytest.mark.parametrize("name", ["runs", "_runs", "__runs", "__init__", "__a__b", "_", "_a_b", "a__b", "_a__"])
def test_any_other_name_is_written_as_it_is_bound(name: str) -> None:
    assert unmangled(name) == name
