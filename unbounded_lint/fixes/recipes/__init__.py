"""The recipes: one file each, with a function that takes a `Bench` and gives a `Repair`.

A recipe raises `NotConcerned` where it is for other findings of its rule, `Refused` where it cannot be sure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.recipes import (
    age_without_deadline,
    ask_for_both,
    contain_steps,
    done_callback,
    drop_empty_keys,
    iterate_over_a_copy,
    keep_handle,
    limit_function_cache,
    limit_size,
    net_under_timers,
    refer_weakly,
    remove_from_companion,
    remove_in_finally,
    renew_date,
    start_at_insert,
    start_loop,
    start_timer,
    sweep_from_start,
    sweep_in_thread,
    sweep_on_insert,
    sweep_on_timer,
    weak_locks,
)

Recipe: TypeAlias = Callable[[Bench], Repair]

_BY_AGE = (sweep_on_timer.repair, sweep_from_start.repair, sweep_on_insert.repair)

RECIPES: Mapping[str, Sequence[Recipe]] = MappingProxyType(
    {
        "UBM101": (weak_locks.repair, done_callback.repair, *_BY_AGE, limit_size.repair),
        "UBM102": (weak_locks.repair, done_callback.repair, remove_in_finally.repair, *_BY_AGE, limit_size.repair_memo),
        "UBM103": (*_BY_AGE, limit_size.repair),
        "UBM104": (drop_empty_keys.repair, limit_size.repair),
        "UBM105": (weak_locks.repair, remove_from_companion.repair, limit_size.repair),
        "UBM106": (refer_weakly.repair,),
        "UBM201": (
            start_timer.repair,
            start_loop.repair,
            sweep_on_timer.repair_written,
            sweep_from_start.repair_written,
            sweep_on_insert.repair_written,
        ),
        "UBM202": (age_without_deadline.repair,),
        "UBM203": (start_at_insert.repair,),
        "UBM204": (start_at_insert.repair,),
        "UBM205": (keep_handle.repair, sweep_in_thread.repair),
        "UBM206": (ask_for_both.repair,),
        "UBM207": (contain_steps.repair_by_entry, contain_steps.repair),
        "UBM208": (iterate_over_a_copy.repair,),
        "UBM209": (renew_date.repair,),
        "UBM210": (
            net_under_timers.repair_on_timer,
            net_under_timers.repair_on_insert,
            net_under_timers.repair_by_size,
        ),
        "UBM301": (limit_function_cache.repair,),
    }
)
"""The recipes for each rule, the one that fits best first."""


def recipes_for(code: str) -> Sequence[Recipe]:
    """The recipes for findings of a rule, none where there is no way to repair them by itself."""
    return RECIPES.get(code, ())
