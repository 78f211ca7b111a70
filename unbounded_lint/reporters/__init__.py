"""Reporters by name: one module per format, each turning findings into lines."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from unbounded_lint.reporters import concise, full, github, gitlab, json, json_lines, junit, sarif
from unbounded_lint.reporters.base import Reporter, Totals, View

REPORTERS: Mapping[str, Reporter] = MappingProxyType(
    {
        "full": full.render,
        "concise": concise.render,
        "json": json.render,
        "json-lines": json_lines.render,
        "sarif": sarif.render,
        "github": github.render,
        "gitlab": gitlab.render,
        "junit": junit.render,
    }
)

__all__ = ["REPORTERS", "Reporter", "Totals", "View"]
