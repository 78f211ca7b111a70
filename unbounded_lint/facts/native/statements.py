"""Simple statements of Python's own tree as operations of the scope that is being read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from unbounded_lint.facts.annotations import unquoted
from unbounded_lint.facts.model import (
    Action,
    Assign,
    Attr,
    AugAssign,
    Break,
    Continue,
    Delete,
    Eval,
    Expr,
    Import,
    ImportedName,
    Name,
    Raise,
    Return,
)
from unbounded_lint.facts.native.expressions import BINARY, Expressions
from unbounded_lint.facts.native.fragments import read_quoted


class Statements(Expressions):
    """Reads statements into the scope at hand."""

    def small(self, node: Any) -> None:
        """One simple statement."""
        action = _SMALL[node.__class__](self, node)
        if action is not None:
            self.body.emit(action, self.places.span(node))

    def annotation(self, node: Any) -> Expr:
        value = self.expr(node)
        if isinstance(value, Name | Attr):
            return value
        place = self.places.span(node)
        return unquoted(value, lambda text: read_quoted(text, place))

    def type_parameters(self, node: Any) -> None:
        """Reads what stands in `[T: bound = default]`; what it binds plays no part in the facts."""
        for parameter in getattr(node, "type_params", ()):
            self.maybe(getattr(parameter, "bound", None))
            self.maybe(getattr(parameter, "default_value", None))

    def declared(self, names: Sequence[str]) -> Iterator[str]:
        return (self.mangled(name) for name in names)


def _expression(self: Statements, node: ast.Expr) -> Action:
    return Eval(self.expr(node.value), "statement")


def _assign(self: Statements, node: ast.Assign) -> Action:
    targets = self.all(node.targets, 0)
    return Assign(targets, self.expr(node.value), None)


def _annotated(self: Statements, node: ast.AnnAssign) -> Action:
    target = self.expr(node.target)
    annotation = self.annotation(node.annotation)
    return Assign((target,), self.maybe(node.value), annotation)


def _augmented(self: Statements, node: ast.AugAssign) -> Action:
    target = self.expr(node.target)
    return AugAssign(target, BINARY[node.op.__class__], self.expr(node.value))


def _delete(self: Statements, node: ast.Delete) -> Action:
    return Delete(self.all(_flattened(node.targets), 0))


def _flattened(targets: Iterable[Any]) -> Iterator[Any]:
    for target in targets:
        if isinstance(target, ast.Tuple | ast.List):
            yield from _flattened(target.elts)
        else:
            yield target


def _return(self: Statements, node: ast.Return) -> Action:
    return Return(self.maybe(node.value))


def _raise(self: Statements, node: ast.Raise) -> Action:
    value = self.maybe(node.exc)
    self.maybe(node.cause)
    return Raise(value)


def _assert(self: Statements, node: ast.Assert) -> Action:
    value = self.expr(node.test)
    self.maybe(node.msg)
    return Eval(value, "assert")


def _pass(_self: Statements, _node: ast.Pass) -> None:
    return None


def _break(_self: Statements, _node: ast.Break) -> Action:
    return Break()


def _continue(_self: Statements, _node: ast.Continue) -> Action:
    return Continue()


def _global(self: Statements, node: ast.Global) -> None:
    self.body.globals.extend(self.declared(node.names))


def _nonlocal(self: Statements, node: ast.Nonlocal) -> None:
    self.body.nonlocals.extend(self.declared(node.names))


def _type_alias(self: Statements, node: Any) -> Action:
    target = self.expr(node.name)
    self.type_parameters(node)
    return Assign((target,), self.expr(node.value), None)


def _modules(self: Statements, node: ast.Import) -> Action:
    return Import(
        tuple(
            ImportedName(alias.name, 0, None, self.mangled(alias.asname or alias.name.partition(".")[0]))
            for alias in node.names
        )
    )


def _from_module(self: Statements, node: ast.ImportFrom) -> Action:
    module = node.module or ""
    return Import(
        tuple(
            ImportedName(module, node.level, self.mangled(alias.name), self.mangled(alias.asname or alias.name))
            for alias in node.names
        )
    )


_SMALL: dict[type, Callable[[Statements, Any], Action | None]] = {
    ast.AnnAssign: _annotated,
    ast.Assert: _assert,
    ast.Assign: _assign,
    ast.AugAssign: _augmented,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.Global: _global,
    ast.Import: _modules,
    ast.ImportFrom: _from_module,
    ast.Nonlocal: _nonlocal,
    ast.Pass: _pass,
    ast.Raise: _raise,
    ast.Return: _return,
}
if hasattr(ast, "TypeAlias"):
    _SMALL[ast.TypeAlias] = _type_alias
