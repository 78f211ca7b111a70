"""Simple statements as operations of the scope that is being read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import libcst as cst

from unbounded_lint.facts.annotations import unquoted
from unbounded_lint.facts.cst.cursor import ABSENT
from unbounded_lint.facts.cst.expressions import Expressions
from unbounded_lint.facts.cst.imports import IMPORTS
from unbounded_lint.facts.cst.quoted import quoted
from unbounded_lint.facts.model import (
    Action,
    Assign,
    Attr,
    AugAssign,
    Break,
    Continue,
    Delete,
    Display,
    Eval,
    Expr,
    Name,
    Raise,
    Return,
)
from unbounded_lint.facts.scopes import Scopes


class Statements(Scopes, Expressions):
    """Reads statements into the scope at hand."""

    def emit(self, action: Action, first: int) -> None:
        """One operation that reaches from token `first` to the token last taken."""
        self.body.emit(action, self.place(first, self.at - 1))

    def small(self, node: Any) -> None:
        """One simple statement, its semicolon included."""
        first = self.at
        action = _SMALL[node.__class__](self, node)
        if action is not None:
            self.emit(action, first)
        if node.semicolon is not ABSENT:
            self.at += 1

    # --- simple statements ---

    def expression(self, node: cst.Expr) -> Action:
        return Eval(self.expr(node.value), "statement")

    def assign(self, node: cst.Assign) -> Action:
        targets = []
        for target in node.targets:
            targets.append(self.expr(target.target))
            self.at += 1
        return Assign(tuple(targets), self.expr(node.value), None)

    def annotated(self, node: cst.AnnAssign) -> Action:
        target = self.expr(node.target)
        annotation = self.annotation(node.annotation)
        value = None
        if node.value is not None:
            self.at += 1
            value = self.expr(node.value)
        return Assign((target,), value, annotation)

    def annotation(self, node: cst.Annotation) -> Expr:
        """The annotation behind its colon or arrow."""
        self.at += 1
        first = self.at
        value: Expr = self.expr(node.annotation)
        if isinstance(value, Name | Attr):
            return value
        # without the brackets around it, which the other reader does not see
        place = self.place(first + len(node.annotation.lpar), self.at - 1 - len(node.annotation.rpar))
        return unquoted(value, lambda text: quoted(text, place))

    def augmented(self, node: cst.AugAssign) -> Action:
        target = self.expr(node.target)
        self.at += 1
        return AugAssign(target, _AUGMENTED[node.operator.__class__], self.expr(node.value))

    def delete(self, node: cst.Del) -> Action:
        self.at += 1
        return Delete(tuple(_flattened(self.expr(node.target))))

    def return_(self, node: cst.Return) -> Action:
        self.at += 1
        return Return(None if node.value is None else self.expr(node.value))

    def raise_(self, node: cst.Raise) -> Action:
        self.at += 1
        value = None if node.exc is None else self.expr(node.exc)
        if node.cause is not None:
            self.at += 1
            self.expr(node.cause.item)
        return Raise(value)

    def assert_(self, node: cst.Assert) -> Action:
        self.at += 1
        value = self.expr(node.test)
        if node.msg is not None:
            self.at += 1
            self.expr(node.msg)
        return Eval(value, "assert")

    def pass_(self, node: cst.Pass) -> None:
        self.at += 1

    def break_(self, node: cst.Break) -> Action:
        self.at += 1
        return Break()

    def continue_(self, node: cst.Continue) -> Action:
        self.at += 1
        return Continue()

    def global_(self, node: cst.Global) -> None:
        self.body.globals.extend(self.declared(node.names))

    def nonlocal_(self, node: cst.Nonlocal) -> None:
        self.body.nonlocals.extend(self.declared(node.names))

    def declared(self, items: Sequence[cst.NameItem]) -> Iterator[str]:
        self.at += 2 * len(items)
        return (self.mangled(item.name.value) for item in items)

    def type_alias(self, node: cst.TypeAlias) -> Action:
        self.at += 1
        target = self.expr(node.name)
        self.type_parameters(node.type_parameters)
        self.at += 1
        return Assign((target,), self.expr(node.value), None)

    def type_parameters(self, node: cst.TypeParameters | None) -> None:
        """Passes `[T: bound = default, *Ts, **P]`; what it binds plays no part in the facts."""
        if node is None:
            return
        self.at += 1
        for item in node.params:
            parameter = item.param
            if isinstance(parameter, cst.TypeVar):
                self.at += 1
                if parameter.bound is not None:
                    self.at += 1
                    self.expr(parameter.bound)
            else:
                self.at += 2
            if item.default is not None:
                self.at += 2 if item.star else 1
                self.expr(item.default)
            if item.comma is not ABSENT:
                self.at += 1
        self.at += 1


def _flattened(target: Expr) -> Iterator[Expr]:
    if isinstance(target, Display):
        for item in target.items:
            yield from _flattened(item)
    else:
        yield target


_AUGMENTED = {
    cst.AddAssign: "+",
    cst.BitAndAssign: "&",
    cst.BitOrAssign: "|",
    cst.BitXorAssign: "^",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.LeftShiftAssign: "<<",
    cst.MatrixMultiplyAssign: "@",
    cst.ModuloAssign: "%",
    cst.MultiplyAssign: "*",
    cst.PowerAssign: "**",
    cst.RightShiftAssign: ">>",
    cst.SubtractAssign: "-",
}
_SMALL: dict[type, Callable[[Statements, Any], Action | None]] = {
    cst.AnnAssign: Statements.annotated,
    cst.Assert: Statements.assert_,
    cst.Assign: Statements.assign,
    cst.AugAssign: Statements.augmented,
    cst.Break: Statements.break_,
    cst.Continue: Statements.continue_,
    cst.Del: Statements.delete,
    cst.Expr: Statements.expression,
    cst.Global: Statements.global_,
    cst.Nonlocal: Statements.nonlocal_,
    cst.Pass: Statements.pass_,
    cst.Raise: Statements.raise_,
    cst.Return: Statements.return_,
    cst.TypeAlias: Statements.type_alias,
    **IMPORTS,
}
