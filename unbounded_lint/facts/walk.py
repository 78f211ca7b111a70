"""Walks over expressions and operations of the fact model."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.facts import model as m


def _present(*parts: m.Expr | None) -> tuple[m.Expr, ...]:
    return tuple(part for part in parts if part is not None)


def children(expr: m.Expr) -> tuple[m.Expr, ...]:
    """The direct parts of an expression, in source order; a lambda's body is its own scope and no part of it."""
    match expr:
        case m.Name() | m.Const() | m.Lambda():
            return ()
        case m.Attr(base=base):
            return (base,)
        case m.Call(func=func, args=args):
            return (func, *(arg.value for arg in args))
        case m.Sub(base=base, index=index):
            return (base, index)
        case m.Display(items=items) | m.BoolOp(items=items) | m.Binary(items=items):
            return items
        case m.DictDisplay(items=entries):
            return tuple(part for entry in entries for part in _present(entry.key, entry.value))
        case m.Compare(left=left, items=items):
            return (left, *items)
        case m.IfExp(test=test, body=body, orelse=orelse):
            return (body, test, orelse)
        case m.Unary(operand=inner) | m.Await(value=inner) | m.Walrus(value=inner) | m.Star(value=inner):
            return (inner,)
        case m.FString(parts=parts) | m.Other(parts=parts):
            return parts
        case m.Yield(value=value):
            return _present(value)
        case m.Slice(lower=lower, upper=upper, step=step):
            return _present(lower, upper, step)
        case m.Comp(element=element, value=value, clauses=clauses):
            head = tuple(part for clause in clauses for part in (clause.iterable, clause.target, *clause.conditions))
            return (*head, *_present(element, value))
    return ()


def walk(expr: m.Expr) -> Iterator[m.Expr]:
    """The expression and all its parts, outermost first."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def walk_with_parents(expr: m.Expr) -> Iterator[tuple[m.Expr, tuple[m.Expr, ...]]]:
    """Every part with the expressions around it, outermost first."""
    stack: list[tuple[m.Expr, tuple[m.Expr, ...]]] = [(expr, ())]
    while stack:
        node, parents = stack.pop()
        yield node, parents
        below = (*parents, node)
        stack.extend((child, below) for child in reversed(children(node)))


def expressions(action: m.Action) -> tuple[m.Expr, ...]:
    """The expressions an operation holds at its top level."""
    match action:
        case m.Assign(targets=targets, value=value):
            return (*_present(value), *targets)
        case m.AugAssign(target=target, value=value):
            return (target, value)
        case m.Delete(targets=targets):
            return targets
        case m.Eval(value=value):
            return (value,)
        case m.Return(value=value) | m.Raise(value=value):
            return _present(value)
    return ()


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
