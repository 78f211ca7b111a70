"""One pass over the syntax tree of a file, filling the facts exactly as their model describes them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import libcst as cst

from unbounded_lint.facts.annotations import unquoted
from unbounded_lint.facts.expressions import ABSENT, Expressions, arguments, since
from unbounded_lint.facts.model import (
    SCHEMA,
    Action,
    Assign,
    AugAssign,
    Break,
    Continue,
    Define,
    Delete,
    Display,
    Eval,
    Expr,
    Import,
    ImportedName,
    Lambda,
    ModuleFacts,
    Name,
    Parameter,
    Raise,
    Return,
    Scope,
    Span,
)
from unbounded_lint.facts.parse import SourceError, parse_tokens, run_with_big_stack
from unbounded_lint.facts.patterns import pattern
from unbounded_lint.facts.scan import Tokens
from unbounded_lint.facts.scopes import Body

__all__ = ["SourceError", "collect"]

RECURSION_LIMIT = 40_000


def collect(text: str) -> ModuleFacts:
    """The facts of one file. Raises `SourceError`, and nothing else, for a text that cannot be read."""
    return run_with_big_stack(lambda: _collect(text))


def _collect(text: str) -> ModuleFacts:
    module, tokens = parse_tokens(text)
    try:
        with _recursion_limit(RECURSION_LIMIT if tokens.deep else 0):
            return _Collector(tokens).module(module)
    except (RecursionError, MemoryError):
        raise SourceError("nested too deeply", 1) from None
    except IndexError:
        # More tokens taken than there are: a bug here or in libcst, and positions must not be wrong in silence.
        raise SourceError("tokens and syntax tree disagree", 1) from None
    except KeyError as error:
        raise SourceError(f"syntax that is not known here ({error})", 1) from None


@contextmanager
def _recursion_limit(limit: int) -> Iterator[None]:
    previous = sys.getrecursionlimit()
    sys.setrecursionlimit(max(previous, limit))
    try:
        yield
    finally:
        sys.setrecursionlimit(previous)


class _Collector(Expressions):
    def __init__(self, tokens: Tokens) -> None:
        super().__init__(tokens)
        self.scopes: list[Scope | None] = []
        self.body = self.new_body("module", "<module>", "")

    def module(self, node: cst.Module) -> ModuleFacts:
        self.block(node)
        if self.at != len(self.tokens.spans):
            raise SourceError("tokens and syntax tree disagree", 1)
        self.scopes[0] = self.body.scope(self.tokens.whole(), Span(1, 1, 1, 1))
        return ModuleFacts(SCHEMA, tuple(scope for scope in self.scopes if scope is not None))

    def new_body(self, kind: str, name: str, qualname: str) -> Body:
        """A body whose scope has the next index, so that it stands behind its parent."""
        parent = self.body.index if self.scopes else -1
        self.scopes.append(None)
        return Body(kind, name, qualname, parent, len(self.scopes) - 1)

    def saw_yield(self) -> None:
        self.body.is_generator = True

    def emit(self, action: Action, first: int) -> None:
        """One operation that reaches from token `first` to the token last taken."""
        self.body.emit(action, self.place(first, self.at - 1))

    # --- blocks ---

    def block(self, node: Any) -> None:
        for statement in node.body:
            handler = _COMPOUND.get(statement.__class__)
            if handler is not None:
                handler(self, statement)
            elif statement.__class__ is cst.SimpleStatementLine:
                for small in statement.body:
                    self.small(small)
            else:
                self.small(statement)

    def small(self, node: Any) -> None:
        first = self.at
        action = _SMALL[node.__class__](self, node)
        if action is not None:
            self.emit(action, first)
        if node.semicolon is not ABSENT:
            self.at += 1

    def head(self, node: Any, role: str) -> Expr:
        """A keyword, the expression behind it as an operation of its own, and the colon."""
        first = self.at
        self.at += 1
        value: Expr = self.expr(node)
        self.emit(Eval(value, role), first)
        self.at += 1
        return value

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
        return unquoted(self.expr(node.annotation), self.place(first, self.at - 1))

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

    # --- imports ---

    def import_(self, node: Any) -> Action:
        self.at += 1 if node.__class__ is cst.Import else 2
        names = []
        for alias in node.names:
            module = self.dotted(alias.name)
            bound = self.as_name(alias) or module.partition(".")[0]
            names.append(ImportedName(module, 0, None, self.mangled(bound)))
        return Import(tuple(names))

    def import_from(self, node: Any) -> Action:
        self.at += 1 if node.__class__ is cst.ImportFrom else 2
        level = len(node.relative)
        self.at += level
        module = "" if node.module is None else self.dotted(node.module)
        self.at += 1
        if isinstance(node.names, cst.ImportStar):
            self.at += 1
            return Import((ImportedName(module, level, "*", "*"),))
        brackets = 1 if node.lpar is not None else 0
        self.at += brackets
        names = []
        for alias in node.names:
            attribute = self.mangled(self.dotted(alias.name))
            names.append(ImportedName(module, level, attribute, self.mangled(self.as_name(alias)) or attribute))
        self.at += brackets
        return Import(tuple(names))

    def as_name(self, alias: cst.ImportAlias) -> str:
        name = ""
        if alias.asname is not None:
            self.at += 2
            name = getattr(alias.asname.name, "value", "")
        if alias.comma is not ABSENT:
            self.at += 1
        return name

    def dotted(self, node: Any) -> str:
        names = []
        while node.__class__ is cst.Attribute:
            names.append(node.attr.value)
            node = node.value
        names.append(node.value)
        self.at += 2 * len(names) - 1
        return ".".join(reversed(names))

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

    def orelse(self, node: cst.Else | None, kind: str, statement: int, head: Expr | None) -> None:
        if node is not None:
            self.at += 2
            self.part(node.body, kind, statement, head)

    def part(self, block: Any, kind: str, statement: int, head: Expr | None = None, target: Expr | None = None) -> None:
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
        stripped = node.name.value.lstrip("_")
        self.private = "_" + stripped if stripped else ""
        self.block(node.body)
        self.private = private
        self.body = outer
        self.scopes[inner.index] = inner.scope(
            self.place(first, self.at - 1), self.place(name_at, name_at), decorators=decorators, bases=bases
        )

    def define(self, name: str, kind: str, first: int) -> Body:
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

    def parameter(self, node: cst.Param, kind: str, found: list[Parameter]) -> None:
        self.at += 1
        annotation = None if node.annotation is None else self.annotation(node.annotation)
        default = None
        if node.default is not None:
            self.at += 1
            default = self.expr(node.default)
        if node.comma is not ABSENT:
            self.at += 1
        found.append(Parameter(self.mangled(node.name.value), kind, annotation, default))

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
_SMALL: dict[type, Callable[[_Collector, Any], Action | None]] = {
    cst.AnnAssign: _Collector.annotated,
    cst.Assert: _Collector.assert_,
    cst.Assign: _Collector.assign,
    cst.AugAssign: _Collector.augmented,
    cst.Break: _Collector.break_,
    cst.Continue: _Collector.continue_,
    cst.Del: _Collector.delete,
    cst.Expr: _Collector.expression,
    cst.Global: _Collector.global_,
    cst.Import: _Collector.import_,
    cst.ImportFrom: _Collector.import_from,
    cst.Nonlocal: _Collector.nonlocal_,
    cst.Pass: _Collector.pass_,
    cst.Raise: _Collector.raise_,
    cst.Return: _Collector.return_,
    cst.TypeAlias: _Collector.type_alias,
    **since("LazyImport", _Collector.import_),
    **since("LazyImportFrom", _Collector.import_from),
}
_COMPOUND: dict[type, Callable[[_Collector, Any], None]] = {
    cst.ClassDef: _Collector.class_,
    cst.For: _Collector.for_,
    cst.FunctionDef: _Collector.function,
    cst.If: _Collector.if_,
    cst.Match: _Collector.match,
    cst.Try: _Collector.try_,
    cst.TryStar: _Collector.try_,
    cst.While: _Collector.while_,
    cst.With: _Collector.with_,
}
