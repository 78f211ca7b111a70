"""The rules, one file each and a page beside it, named by what they flag.

Importing them loads neither libcst nor the link layer, and reads no page. What only lists or chooses rules has
`titles`, which loads none of them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unbounded_lint.rules.base import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code: each module beside this one that has a `RULE`."""
    import pkgutil
    from importlib import import_module

    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found = [module.RULE for module in modules if hasattr(module, "RULE")]
    return tuple(sorted(found, key=lambda rule: rule.code))
