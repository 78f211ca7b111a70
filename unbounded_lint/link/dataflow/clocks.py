"""Which expressions tell the time, and what times are added up of."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.values import ExternalResult
from unbounded_lint.link.program.module import ScopeId

_NUMBERS = frozenset({"float", "int", "abs", "round", "max", "min"})


def tells_time(expr: m.Expr, scope: ScopeId, resolver: Resolver) -> bool:
    """Whether an expression is what a clock gave, through names, parameters and functions of the project."""
    return any(isinstance(v, ExternalResult) and v.name in name_lists().clocks for v in resolver.values(expr, scope))


def summands(expr: m.Expr, sign: int) -> tuple[tuple[m.Expr, int], ...]:
    """What a time or a span with a sign is made of, each part with its own; nothing for what is made of no others."""
    match expr:
        case m.Binary(op="-", items=(first, *rest)):
            return ((first, sign), *((item, -sign) for item in rest))
        case m.Unary(op="-", operand=operand):
            return ((operand, -sign),)
        case m.Binary(items=items):
            return tuple((item, sign) for item in items)
        case m.Call(func=m.Attr(base=base, name=name)) if name in name_lists().date_methods:
            return ((base, sign),)
        case m.Call(func=m.Name(id=name), args=args) if name in _NUMBERS:
            return tuple((argument.value, sign) for argument in args)
        case m.Call(func=func, args=(first, *_)) if w.last_name(func) in name_lists().date_readers:
            return ((first.value, sign),)
    return ()
