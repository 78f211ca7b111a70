"""The rules, one file each and a page beside it, named by what they flag.

Importing them loads neither libcst nor the link layer, and reads no page.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from unbounded_lint.rules.base import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code: each module beside this one that has a `RULE`."""
    modules = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found = [module.RULE for module in modules if hasattr(module, "RULE")]
    return tuple(sorted(found, key=lambda rule: rule.code))
