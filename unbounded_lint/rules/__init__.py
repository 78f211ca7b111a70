"""The rules, one file each, named by what they flag; importing them loads neither libcst nor the link layer."""

from __future__ import annotations

from unbounded_lint.rules import (
    event_only_removal,
    internal_error,
    never_removed_entries,
    unparsable_file,
    unscheduled_sweep,
)
from unbounded_lint.rules.base import Rule


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    modules = (never_removed_entries, event_only_removal, unscheduled_sweep, internal_error, unparsable_file)
    return tuple(sorted((module.RULE for module in modules), key=lambda rule: rule.code))
