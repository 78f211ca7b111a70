"""Walks over expressions and operations of the fact model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from unbounded_lint.facts import model as m


def _present(*parts: m.Expr | None) -> tuple[m.Expr, ...]:
    return tuple([part for part in parts if part is not None])


def _items(expr: Any) -> tuple[m.Expr, ...]:
    items: tuple[m.Expr, ...] = expr.items
    return items


def _parts(expr: Any) -> tuple[m.Expr, ...]:
    parts: tuple[m.Expr, ...] = expr.parts
    return parts


def _value(expr: Any) -> tuple[m.Expr, ...]:
    return (expr.value,)


def _of_comprehension(expr: m.Comp) -> tuple[m.Expr, ...]:
    clauses = tuple(part for each in expr.clauses for part in (each.iterable, each.target, *each.conditions))
    return (*clauses, *_present(expr.element, expr.value))


# By class, as millions of expressions are asked; what is not here has no parts.
_CHILDREN: Mapping[type, Callable[[Any], tuple[m.Expr, ...]]] = {
    m.Attr: lambda expr: (expr.base,),
    m.Await: _value,
    m.Binary: _items,
    m.BoolOp: _items,
    m.Call: lambda expr: (expr.func, *[arg.value for arg in expr.args]),
    m.Compare: lambda expr: (expr.left, *expr.items),
    m.Comp: _of_comprehension,
    m.DictDisplay: lambda expr: tuple(part for item in expr.items for part in _present(item.key, item.value)),
    m.Display: _items,
    m.FString: _parts,
    m.IfExp: lambda expr: (expr.body, expr.test, expr.orelse),
    m.Other: _parts,
    m.Slice: lambda expr: _present(expr.lower, expr.upper, expr.step),
    m.Star: _value,
    m.Sub: lambda expr: (expr.base, expr.index),
    m.Unary: lambda expr: (expr.operand,),
    m.Walrus: _value,
    m.Yield: lambda expr: _present(expr.value),
}


# The same of operations.
_TOPS: Mapping[type, Callable[[Any], tuple[m.Expr, ...]]] = {
    m.Assign: lambda action: (*_present(action.value), *action.targets),
    m.AugAssign: lambda action: (action.target, action.value),
    m.Delete: lambda action: action.targets,
    m.Eval: _value,
    m.Raise: lambda action: _present(action.value),
    m.Return: lambda action: _present(action.value),
}


def children(expr: m.Expr) -> tuple[m.Expr, ...]:
    """The direct parts of an expression, in source order; a lambda's body is its own scope and no part of it."""
    find = _CHILDREN.get(expr.__class__)
    return find(expr) if find is not None else ()


def walk(expr: m.Expr) -> Iterator[m.Expr]:
    """The expression and all its parts, outermost first."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        find = _CHILDREN.get(node.__class__)
        if find is not None:
            stack += find(node)[::-1]


def walk_with_parents(expr: m.Expr) -> Iterator[tuple[m.Expr, tuple[m.Expr, ...]]]:
    """Every part with the expressions around it, outermost first."""
    stack: list[tuple[m.Expr, tuple[m.Expr, ...]]] = [(expr, ())]
    while stack:
        node, parents = stack.pop()
        yield node, parents
        find = _CHILDREN.get(node.__class__)
        if find is not None:
            below = (*parents, node)
            stack += [(child, below) for child in find(node)[::-1]]


def expressions(action: m.Action) -> tuple[m.Expr, ...]:
    """The expressions an operation holds at its top level."""
    find = _TOPS.get(action.__class__)
    return find(action) if find is not None else ()


def calls(action: m.Action) -> Iterator[m.Call]:
    """Every call in an operation."""
    return (node for node in nodes(action) if isinstance(node, m.Call))


def last_name(expr: m.Expr) -> str:
    """The name, or the last name of a chain of attributes; "" for anything else."""
    return expr.id if isinstance(expr, m.Name) else expr.name if isinstance(expr, m.Attr) else ""


def dotted(expr: m.Expr) -> str:
    """A name or attribute chain as written ("self.loop"), calls as "f()"; "" for anything else."""
    match expr:
        case m.Name(id=name):
            return name
        case m.Attr(base=base, name=name):
            below = dotted(base)
            return f"{below}.{name}" if below else name
        case m.Call(func=func):
            below = dotted(func)
            return f"{below}()" if below else ""
        case m.Await(value=inner):
            return dotted(inner)
    return ""


def names(expr: m.Expr | None) -> set[str]:
    """The names in an expression."""
    return {node.id for node in walk(expr) if isinstance(node, m.Name)} if expr is not None else set()


def nodes(action: m.Action) -> Iterator[m.Expr]:
    """Every expression in an operation, parts included."""
    for top in expressions(action):
        yield from walk(top)
