"""Calls as the catalogue wants to be asked about them: dotted callees, receiver words and argument texts."""

from __future__ import annotations

from typing import TypeVar

from unbounded_lint.catalog.load import Apis, receiver_word
from unbounded_lint.catalog.model import Api, Given
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.values import External, ExternalResult, ordered, positional
from unbounded_lint.link.program.module import ScopeId

T = TypeVar("T", bound=Api)


def catalogued(func: m.Expr, scope: ScopeId, resolver: Resolver, known: Apis[T]) -> tuple[T, ...]:
    """What the catalogue knows a callee as: by its dotted names, otherwise by those of a method and its receiver, where
    the project does not tell what that is."""
    if isinstance(func, m.Attr) and not known.may_know(func.name):
        return ()
    found = tuple(item for name in resolver.names(func, scope) for item in known.named(name))
    if found or not isinstance(func, m.Attr):
        return found
    if not all(isinstance(v, External | ExternalResult) for v in resolver.values(func.base, scope)):
        kept = (v.name for v in ordered(resolver.values(func, scope)) if isinstance(v, External) and v.of_instance)
        parted = (name.rpartition(".") for name in kept)  # an attribute of the project that keeps such a method
        return tuple(item for base, _, method in parted for item in known.method(method, receiver_word(base)))
    return known.method(func.name, receiver_word(w.dotted(func.base)))


def argument_text(expr: m.Expr, scope: ScopeId, resolver: Resolver) -> str:
    """One argument as the catalogue's model describes it."""
    match expr:
        case m.Const(value=value):
            return value
        case m.Unary(op="-", operand=m.Const(value=value)):
            return f"-{value}"
        case m.Name() | m.Attr():
            names = resolver.names(expr, scope)
            return names[0] if names else ""
        case m.DictDisplay(items=()):
            return "{}"
        case m.Display(kind="list", items=()):
            return "[]"
        case m.Call(func=func, args=args):
            names = resolver.names(func, scope)
            texts = [argument_text(a.value, scope, resolver) for a in args if isinstance(a.value, m.Const)]
            return f"{names[0]}({', '.join(texts)})" if names else ""
    return ""


def given(call: m.Call, scope: ScopeId, resolver: Resolver) -> Given:
    """The arguments of a call by position and keyword; none behind a star."""
    found: dict[int | str, str] = {}
    position = 0
    for argument in call.args:
        if argument.keyword is not None:
            found[argument.keyword] = argument_text(argument.value, scope, resolver)
        elif argument.star:
            position += 1000
        else:
            found[position] = argument_text(argument.value, scope, resolver)
            position += 1
    return found


def argument_at(call: m.Call, position: int | None, keywords: tuple[str, ...] = ()) -> m.Expr | None:
    """The argument under one of the keywords, or at the position."""
    for argument in call.args:
        if argument.keyword is not None and argument.keyword in keywords:
            return argument.value
    plain = positional(call)
    return plain[position] if position is not None and 0 <= position < len(plain) else None
