"""What is known about timers, containers, framework wiring and keys: data and lookups, no analysis.

Ask `catalog()`; entries are described in `model`, `keys` and `names`, lookups in `load.Catalog`. The TOML files beside
this one are the source, `catalog.json` is made from them by `python -m unbounded_lint.catalog`.
"""

from __future__ import annotations

from unbounded_lint.catalog.build import CatalogError
from unbounded_lint.catalog.keys import Annotation, Domain, KeyCall
from unbounded_lint.catalog.load import Catalog, catalog, extend, receiver_word
from unbounded_lint.catalog.model import (
    ArgumentFunction,
    Callback,
    Condition,
    ContainerKind,
    Forwarder,
    Given,
    Hook,
    Method,
    Sleeper,
    Timer,
)

__all__ = [
    "Annotation",
    "ArgumentFunction",
    "Callback",
    "Catalog",
    "CatalogError",
    "Condition",
    "ContainerKind",
    "Domain",
    "Forwarder",
    "Given",
    "Hook",
    "KeyCall",
    "Method",
    "Sleeper",
    "Timer",
    "catalog",
    "extend",
    "receiver_word",
]
