"""Which expressions tell the time."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.values import ExternalResult
from unbounded_lint.link.program.module import ScopeId


def tells_time(expr: m.Expr, scope: ScopeId, resolver: Resolver) -> bool:
    """Whether an expression is what a clock gave, through names, parameters and functions of the project."""
    return any(isinstance(v, ExternalResult) and v.name in name_lists().clocks for v in resolver.values(expr, scope))
