"""The recipes: one file each, with a function that takes a `Bench` and gives a `Repair`.

A recipe raises `NotConcerned` where it is for other findings of its rule, `Refused` where it cannot be sure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.recipes import (
    iterate_over_a_copy,
    limit_function_cache,
    limit_size,
    weak_locks,
    done_callback,
)

Recipe: TypeAlias = Callable[[Bench], Repair]

_OF_ENTRIES = (weak_locks.repair, done_callback.repair, limit_size.repair)

RECIPES: Mapping[str, Sequence[Recipe]] = MappingProxyType(
    {
        "UBM101": _OF_ENTRIES,
        "UBM102": _OF_ENTRIES,
        "UBM208": (iterate_over_a_copy.repair,),
        "UBM301": (limit_function_cache.repair,),
    }
)
"""The recipes for each rule, the one that fits best first."""


def recipes_for(code: str) -> Sequence[Recipe]:
    """The recipes for findings of a rule, none where there is no way to repair them by itself."""
    return RECIPES.get(code, ())
