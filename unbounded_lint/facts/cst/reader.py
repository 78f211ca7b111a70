"""One pass over the libcst tree of a file, filling the facts exactly as their model describes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any

import libcst as cst

from unbounded_lint.facts.cst.cursor import ABSENT
from unbounded_lint.facts.cst.expressions import arguments
from unbounded_lint.facts.cst.parse import UNCHECKED_NODES
from unbounded_lint.facts.cst.patterns import pattern
from unbounded_lint.facts.cst.pieces import PIECE, Pieces
from unbounded_lint.facts.cst.statements import Statements
from unbounded_lint.facts.model import (
    Define,
    Display,
    Eval,
    EvalRole,
    Expr,
    FrameKind,
    Lambda,
    ModuleFacts,
    Name,
    Parameter,
    ParameterKind,
    Return,
    ScopeKind,
)
from unbounded_lint.facts.names import private_in
from unbounded_lint.facts.process import WhileNeeded
from unbounded_lint.facts.scan import SourceError, Tokens, scan
from unbounded_lint.facts.scopes import Body

RECURSION_LIMIT = 40_000


def read(text: str, piece: int = PIECE) -> ModuleFacts:
    """The facts of a text, its tree made in pieces of about `piece` tokens, which do not show in the facts.

    Raises `SourceError`, and nothing else, for a text that cannot be read.
    """
    tokens = scan(text)
    try:
        with UNCHECKED_NODES, _DEEP_CALLS if tokens.deep else nullcontext():
            return _Reader(tokens, Pieces(tokens, piece)).module()
    except (RecursionError, MemoryError):
        raise SourceError("nested too deeply", 1) from None
    except IndexError:
        # More tokens taken than there are: a bug here or in libcst, and positions must not be wrong in silence.
        raise SourceError("tokens and syntax tree disagree", 1) from None
    except KeyError as error:
        raise SourceError(f"syntax that is not known here ({error})", 1) from None


def _allow_deep_calls() -> Callable[[], None]:
    previous = sys.getrecursionlimit()
    raised = max(previous, RECURSION_LIMIT)

    def undo() -> None:
        if sys.getrecursionlimit() == raised:
            sys.setrecursionlimit(previous)

    sys.setrecursionlimit(raised)
    return undo


_DEEP_CALLS = WhileNeeded(_allow_deep_calls)


class _Reader(Statements):
    def __init__(self, tokens: Tokens, pieces: Pieces) -> None:
        super().__init__(tokens)
        self.pieces = pieces
        self.holes = pieces.holes

    def module(self) -> ModuleFacts:
        self.statements(self.pieces.module())
        if self.at != len(self.tokens):
            raise SourceError("tokens and syntax tree disagree", 1)
        return self.finished(self.tokens.whole())

    # --- blocks ---

    def block(self, node: Any) -> None:
        self.statements(self.whole(node.body))

    def statements(self, nodes: Iterable[Any]) -> None:
        for statement in nodes:
            handler = _COMPOUND.get(statement.__class__)
            if handler is not None:
                handler(self, statement)
            elif statement.__class__ is cst.SimpleStatementLine:
                for small in statement.body:
                    self.small(small)
            else:
                self.small(statement)

    def head(self, node: Any, role: EvalRole) -> Expr:
        """A keyword, the expression behind it as an operation of its own, and the colon."""
        first = self.at
        self.at += 1
        value: Expr = self.expr(node)
        self.emit(Eval(value, role), first)
        self.at += 1
        return value

    # --- compound statements ---

    def if_(self, node: cst.If) -> None:
        body = self.body
        outer = body.frame
        branch: Any = node
        while True:
            test = self.head(branch.test, "if")
            inner = body.frame
            statement = body.next_statement()
            body.enter("if", statement, test)
            self.block(branch.body)
            body.frame = inner
            branch = branch.orelse
            if branch is None:
                break
            body.enter("else", statement, test)
            if branch.__class__ is cst.Else:
                self.at += 2
                self.block(branch.body)
                break
        body.frame = outer

    def while_(self, node: cst.While) -> None:
        body = self.body
        outer = body.frame
        test = self.head(node.test, "while")
        statement = body.next_statement()
        body.enter("while", statement, test)
        self.block(node.body)
        body.frame = outer
        self.orelse(node.orelse, "while-else", statement, test)

    def for_(self, node: cst.For) -> None:
        body = self.body
        outer = body.frame
        first = self.at
        is_async = node.asynchronous is not None
        self.at += 2 if is_async else 1
        target = self.expr(node.target)
        self.at += 1
        iterable = self.expr(node.iter)
        self.emit(Eval(iterable, "for"), first)
        self.at += 1
        statement = body.next_statement()
        body.enter("for", statement, iterable, target, is_async=is_async)
        self.block(node.body)
        body.frame = outer
        self.orelse(node.orelse, "for-else", statement, iterable)

    def orelse(self, node: cst.Else | None, kind: FrameKind, statement: int, head: Expr | None) -> None:
        if node is not None:
            self.at += 2
            self.part(node.body, kind, statement, head)

    def part(
        self, block: Any, kind: FrameKind, statement: int, head: Expr | None = None, target: Expr | None = None
    ) -> None:
        """A block in a frame of its own, its introduction already passed."""
        outer = self.body.frame
        self.body.enter(kind, statement, head, target)
        self.block(block)
        self.body.frame = outer

    def try_(self, node: Any) -> None:
        statement = self.body.next_statement()
        self.at += 2
        self.part(node.body, "try", statement)
        for handler in node.handlers:
            self.at += 2 if handler.__class__ is cst.ExceptStarHandler else 1
            caught = None if handler.type is None else self.expr(handler.type)
            target = None
            if handler.name is not None:
                self.at += 1
                target = self.expr(handler.name.name)
            self.at += 1
            self.part(handler.body, "except", statement, caught, target)
        self.orelse(node.orelse, "try-else", statement, None)
        if node.finalbody is not None:
            self.at += 2
            self.part(node.finalbody.body, "finally", statement)

    def with_(self, node: cst.With) -> None:
        body = self.body
        outer = body.frame
        first = self.at
        is_async = node.asynchronous is not None
        brackets = 0 if node.lpar is ABSENT else 1
        self.at += brackets + (2 if is_async else 1)
        items = [self.with_item(item) for item in node.items]
        self.at += brackets
        span = self.place(first, self.at - 1)
        self.at += 1
        statement = body.next_statement()
        for value, target in items:
            body.emit(Eval(value, "with"), span)
            body.enter("with", statement, value, target, is_async=is_async)
        self.block(node.body)
        body.frame = outer

    def with_item(self, item: cst.WithItem) -> tuple[Expr, Expr | None]:
        value = self.expr(item.item)
        target = None
        if item.asname is not None:
            self.at += 1
            target = self.expr(item.asname.name)
        if item.comma is not ABSENT:
            self.at += 1
        return value, target

    def match(self, node: cst.Match) -> None:
        body = self.body
        outer = body.frame
        subject = self.head(node.subject, "match")
        statement = body.next_statement()
        for case in node.cases:
            first = self.at
            self.at += 1
            bound: list[Expr] = []
            closed = pattern(self, case.pattern, bound)
            if case.guard is not None:
                self.at += 1
                self.emit(Eval(self.expr(case.guard), "case"), first)
            self.at += 1
            names = tuple({name.id: name for name in bound if isinstance(name, Name)}.values())
            body.enter("case", statement, subject, Display("tuple", names), closed=closed)
            self.block(case.body)
            body.frame = outer

    # --- definitions ---

    def decorators(self, nodes: Sequence[cst.Decorator]) -> tuple[Expr, ...]:
        values = []
        for node in nodes:
            first = self.at
            self.at += 1
            value = self.expr(node.decorator)
            self.emit(Eval(value, "decorator"), first)
            values.append(value)
        return tuple(values)

    def function(self, node: cst.FunctionDef) -> None:
        decorators = self.decorators(node.decorators)
        first = self.at
        is_async = node.asynchronous is not None
        self.at += 3 if is_async else 2
        name_at = self.at - 1
        self.type_parameters(node.type_parameters)
        self.at += 1
        parameters = self.parameters(node.params)
        self.at += 1
        returns = None if node.returns is None else self.annotation(node.returns)
        inner = self.define(node.name.value, "function", first)
        outer, self.body = self.body, inner
        self.block(node.body)
        self.body = outer
        self.scopes[inner.index] = inner.scope(
            self.place(first, self.at - 1),
            self.place(name_at, name_at),
            parameters=parameters,
            decorators=decorators,
            returns=returns,
            is_async=is_async,
        )

    def class_(self, node: cst.ClassDef) -> None:
        decorators = self.decorators(node.decorators)
        first = self.at
        self.at += 2
        name_at = self.at - 1
        self.type_parameters(node.type_parameters)
        brackets = 0 if node.lpar is ABSENT else 1
        self.at += brackets
        bases = arguments(self, node.bases) + arguments(self, node.keywords)
        self.at += brackets
        inner = self.define(node.name.value, "class", first)
        outer, self.body = self.body, inner
        private = self.private
        self.private = private_in(node.name.value)
        self.block(node.body)
        self.private = private
        self.body = outer
        self.scopes[inner.index] = inner.scope(
            self.place(first, self.at - 1), self.place(name_at, name_at), decorators=decorators, bases=bases
        )

    def define(self, name: str, kind: ScopeKind, first: int) -> Body:
        """The body of a definition whose head has been read, with its `Define` in the present scope."""
        bound = self.mangled(name)
        inner = self.new_body(kind, bound, self.body.inner_qualname(name, bound))
        self.emit(Define(inner.index), first)
        self.at += 1
        return inner

    def lambda_(self, node: cst.Lambda) -> Expr:
        self.at += len(node.lpar)
        first = self.at
        self.at += 1
        parameters = self.parameters(node.params)
        self.at += 1
        inner = self.new_body("lambda", "<lambda>", self.body.inner_qualname("<lambda>", "<lambda>"))
        outer, self.body = self.body, inner
        body_at = self.at
        self.emit(Return(self.expr(node.body)), body_at)
        self.body = outer
        self.scopes[inner.index] = inner.scope(
            self.place(first, self.at - 1), self.place(first, first), parameters=parameters
        )
        self.at += len(node.rpar)
        return Lambda(inner.index)

    def parameters(self, node: cst.Parameters) -> tuple[Parameter, ...]:
        found: list[Parameter] = []
        for parameter in node.posonly_params:
            self.parameter(parameter, "positional-only", found)
        if isinstance(node.posonly_ind, cst.ParamSlash):
            self.at += 1 if node.posonly_ind.comma is ABSENT else 2
        for parameter in node.params:
            self.parameter(parameter, "normal", found)
        if isinstance(node.star_arg, cst.Param):
            self.at += 1
            self.parameter(node.star_arg, "star", found)
        elif isinstance(node.star_arg, cst.ParamStar):
            self.at += 2
        for parameter in node.kwonly_params:
            self.parameter(parameter, "keyword-only", found)
        if node.star_kwarg is not None:
            self.at += 1
            self.parameter(node.star_kwarg, "double-star", found)
        return tuple(found)

    def parameter(self, node: cst.Param, kind: ParameterKind, found: list[Parameter]) -> None:
        self.at += 1
        annotation = None if node.annotation is None else self.annotation(node.annotation)
        default = None
        if node.default is not None:
            self.at += 1
            default = self.expr(node.default)
        if node.comma is not ABSENT:
            self.at += 1
        found.append(Parameter(self.mangled(node.name.value), kind, annotation, default))


_COMPOUND: dict[type, Callable[[_Reader, Any], None]] = {
    cst.ClassDef: _Reader.class_,
    cst.For: _Reader.for_,
    cst.FunctionDef: _Reader.function,
    cst.If: _Reader.if_,
    cst.Match: _Reader.match,
    cst.Try: _Reader.try_,
    cst.TryStar: _Reader.try_,
    cst.While: _Reader.while_,
    cst.With: _Reader.with_,
}
