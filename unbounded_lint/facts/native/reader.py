"""A file read from Python's own tree, filling the facts exactly as the reader on top of libcst does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from unbounded_lint.facts.model import (
    Define,
    Display,
    Eval,
    EvalRole,
    Expr,
    FrameKind,
    FString,
    Lambda,
    ModuleFacts,
    Name,
    Parameter,
    ParameterKind,
    Return,
    ScopeKind,
    Span,
)
from unbounded_lint.facts.names import private_in
from unbounded_lint.facts.native.expressions import Unreadable
from unbounded_lint.facts.native.fragments import read_fstring
from unbounded_lint.facts.native.patterns import pattern
from unbounded_lint.facts.native.places import Places
from unbounded_lint.facts.native.statements import Statements
from unbounded_lint.facts.native.tree import CANNOT_PARSE, parsed, without_warnings
from unbounded_lint.facts.scopes import Body

MAX_CHARACTERS = 500_000
"""Above this a file is read in pieces by the other reader: the whole tree may take 300 MB."""


def read(text: str) -> ModuleFacts | None:
    """The facts of a text; None where the other reader has to judge: for what the running Python cannot parse, and for
    what is too large or nested too deeply."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        with without_warnings():
            return _Reader(Places(text)).module(parsed(text))
    except (*CANNOT_PARSE, KeyError, IndexError, Unreadable):
        return None


class _Reader(Statements):
    def module(self, tree: Any) -> ModuleFacts:
        self.block(tree.body)
        return self.finished(self.places.whole())

    # --- blocks ---

    def block(self, nodes: Sequence[Any]) -> None:
        for node in nodes:
            handler = _COMPOUND.get(node.__class__)
            if handler is not None:
                handler(self, node)
            else:
                self.small(node)

    def head(self, node: Any, value: Any, role: EvalRole) -> Expr:
        """The expression behind a keyword, as an operation of its own that begins where the statement does."""
        result: Expr = self.expr(value)
        self.body.emit(Eval(result, role), self.up_to_colon(node, value))
        return result

    def up_to_colon(self, node: Any, last: Any) -> Span:
        """From the beginning of a statement to the colon behind the last part of its head."""
        places = self.places
        end = places.end(last)
        return places.between(places.start(node), places.head_end(end))

    def part(
        self,
        nodes: Sequence[Any],
        kind: FrameKind,
        statement: int,
        head: Expr | None = None,
        target: Expr | None = None,
    ) -> None:
        """A block in a frame of its own, if there is one."""
        if nodes:
            outer = self.body.frame
            self.body.enter(kind, statement, head, target)
            self.block(nodes)
            self.body.frame = outer

    # --- compound statements ---

    def if_(self, node: ast.If) -> None:
        body = self.body
        outer = body.frame
        while True:
            test = self.head(node, node.test, "if")
            inner = body.frame
            statement = body.next_statement()
            body.enter("if", statement, test)
            self.block(node.body)
            body.frame = inner
            if not node.orelse:
                break
            body.enter("else", statement, test)
            if len(node.orelse) > 1 or not isinstance(node.orelse[0], ast.If):
                self.block(node.orelse)
                break
            node = node.orelse[0]
        body.frame = outer

    def while_(self, node: ast.While) -> None:
        test = self.head(node, node.test, "while")
        statement = self.body.next_statement()
        self.part(node.body, "while", statement, test)
        self.part(node.orelse, "while-else", statement, test)

    def for_(self, node: Any) -> None:
        body = self.body
        outer = body.frame
        target = self.expr(node.target)
        iterable = self.head(node, node.iter, "for")
        statement = body.next_statement()
        body.enter("for", statement, iterable, target, is_async=isinstance(node, ast.AsyncFor))
        self.block(node.body)
        body.frame = outer
        self.part(node.orelse, "for-else", statement, iterable)

    def try_(self, node: Any) -> None:
        statement = self.body.next_statement()
        self.part(node.body, "try", statement)
        for handler in node.handlers:
            caught = self.maybe(handler.type)
            target = None if handler.name is None else self.name(handler.name)
            self.part(handler.body, "except", statement, caught, target)
        self.part(node.orelse, "try-else", statement)
        self.part(node.finalbody, "finally", statement)

    def with_(self, node: Any) -> None:
        body = self.body
        outer = body.frame
        items = [(self.expr(item.context_expr), self.maybe(item.optional_vars)) for item in node.items]
        span = self.up_to_colon(node, node.items[-1].optional_vars or node.items[-1].context_expr)
        statement = body.next_statement()
        for value, target in items:
            body.emit(Eval(value, "with"), span)
            body.enter("with", statement, value, target, is_async=isinstance(node, ast.AsyncWith))
        self.block(node.body)
        body.frame = outer

    def match(self, node: ast.Match) -> None:
        body = self.body
        outer = body.frame
        subject = self.head(node, node.subject, "match")
        statement = body.next_statement()
        for case in node.cases:
            bound: list[Expr] = []
            closed = pattern(self, case.pattern, bound)
            if case.guard is not None:
                self.guard(case, case.guard)
            names = tuple({name.id: name for name in bound if isinstance(name, Name)}.values())
            body.enter("case", statement, subject, Display("tuple", names), closed=closed)
            self.block(case.body)
            body.frame = outer

    def guard(self, case: ast.match_case, guard: ast.expr) -> None:
        places = self.places
        start = places.text.rindex("case", 0, places.start(case.pattern))
        value = self.expr(guard)
        self.body.emit(Eval(value, "case"), places.between(start, places.head_end(places.end(guard))))

    # --- definitions ---

    def decorators(self, nodes: Sequence[ast.expr]) -> tuple[Expr, ...]:
        return tuple([self.decorator(node) for node in nodes])

    def decorator(self, node: ast.expr) -> Expr:
        places = self.places
        start, end = places.start(node), places.end(node)
        at = places.text.rindex("@", 0, start)
        value = self.expr(node)
        if at + 1 < start:
            end = places.closed(at + 1, start, end)
        self.body.emit(Eval(value, "decorator"), places.between(at, end))
        return value

    def function(self, node: Any) -> None:
        decorators = self.decorators(node.decorator_list)
        self.type_parameters(node)
        parameters = self.parameters(node.args)
        returns = None if node.returns is None else self.annotation(node.returns)
        places = self.places
        inner = self.define(node, "function", node.returns or _last(node.args))
        outer, self.body = self.body, inner
        self.block(node.body)
        self.body = outer
        self.scopes[inner.index] = inner.scope(
            places.span(node),
            places.between(*places.name(node)),
            parameters=parameters,
            decorators=decorators,
            returns=returns,
            is_async=isinstance(node, ast.AsyncFunctionDef),
        )

    def class_(self, node: ast.ClassDef) -> None:
        decorators = self.decorators(node.decorator_list)
        self.type_parameters(node)
        bases = self.arguments(node.bases, node.keywords, 0)
        places = self.places
        last = max((*node.bases, *node.keywords), key=_end, default=None)
        inner = self.define(node, "class", last)
        outer, self.body = self.body, inner
        private, self.private = self.private, private_in(node.name)
        self.block(node.body)
        self.private = private
        self.body = outer
        self.scopes[inner.index] = inner.scope(
            places.span(node), places.between(*places.name(node)), decorators=decorators, bases=bases
        )

    def define(self, node: Any, kind: ScopeKind, last: Any) -> Body:
        """The body of a definition whose head has been read, with its `Define` in the present scope; `last` is the
        last part of the head, None for one without."""
        bound = self.mangled(node.name)
        inner = self.new_body(kind, bound, self.body.inner_qualname(node.name, bound))
        if last is None:
            last = node.type_params[-1] if getattr(node, "type_params", ()) else None
        places = self.places
        end = places.name(node)[1] if last is None else places.end(last)
        self.body.emit(Define(inner.index), places.between(places.start(node), places.head_end(end)))
        return inner

    def lambda_(self, node: ast.Lambda, depth: int) -> Expr:
        parameters = self.parameters(node.args, depth)
        inner = self.new_body("lambda", "<lambda>", self.body.inner_qualname("<lambda>", "<lambda>"))
        outer, self.body = self.body, inner
        places = self.places
        start, end = places.start(node), places.end(node)
        last = _last(node.args)
        begins = places.after(places.colon(start + len("lambda") if last is None else places.end(last)) + 1)
        inner.emit(Return(self.expr(node.body, depth)), places.between(begins, end))
        self.body = outer
        self.scopes[inner.index] = inner.scope(
            places.span(node), places.between(start, start + len("lambda")), parameters=parameters
        )
        return Lambda(inner.index)

    def fstring(self, node: Any, depth: int) -> FString:
        return read_fstring(self, node, depth)

    def parameters(self, node: ast.arguments, depth: int = 0) -> tuple[Parameter, ...]:
        positional = [*node.posonlyargs, *node.args]
        defaults = [*[None] * (len(positional) - len(node.defaults)), *node.defaults]
        kinds: list[ParameterKind] = ["positional-only"] * len(node.posonlyargs)
        kinds += ["normal"] * len(node.args)
        found = [self.parameter(*given, depth) for given in zip(positional, kinds, defaults, strict=True)]
        if node.vararg is not None:
            found.append(self.parameter(node.vararg, "star", None, depth))
        for parameter, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            found.append(self.parameter(parameter, "keyword-only", default, depth))
        if node.kwarg is not None:
            found.append(self.parameter(node.kwarg, "double-star", None, depth))
        return tuple(found)

    def parameter(self, node: ast.arg, kind: ParameterKind, default: Any, depth: int) -> Parameter:
        annotation = None if node.annotation is None else self.annotation(node.annotation)
        return Parameter(self.mangled(node.arg), kind, annotation, self.maybe(default, depth))


def _end(node: Any) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


def _last(node: ast.arguments) -> Any:
    """The last part of some parameters, None without any."""
    ends: list[Any] = [node.kwarg, node.vararg]
    for nodes in (node.posonlyargs, node.args, node.kwonlyargs, node.defaults, node.kw_defaults):
        ends += nodes[-1:]
    return max((one for one in ends if one is not None), key=_end, default=None)


_COMPOUND: dict[type, Callable[[_Reader, Any], None]] = {
    ast.AsyncFor: _Reader.for_,
    ast.AsyncFunctionDef: _Reader.function,
    ast.AsyncWith: _Reader.with_,
    ast.ClassDef: _Reader.class_,
    ast.For: _Reader.for_,
    ast.FunctionDef: _Reader.function,
    ast.If: _Reader.if_,
    ast.Match: _Reader.match,
    ast.Try: _Reader.try_,
    ast.While: _Reader.while_,
    ast.With: _Reader.with_,
}
if hasattr(ast, "TryStar"):
    _COMPOUND[ast.TryStar] = _Reader.try_
