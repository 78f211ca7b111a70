"""A scope while it is being read: its operations, its frames, and what it declares."""

from __future__ import annotations

from typing import Any

from unbounded_lint.facts.model import (
    SCHEMA,
    Action,
    Arg,
    Const,
    Eval,
    Expr,
    Frame,
    FrameKind,
    ModuleFacts,
    Op,
    Parameter,
    Scope,
    ScopeKind,
    Span,
)
from unbounded_lint.facts.names import Names

# What many scopes have in common is one object.
_NO_BLOCKS = (Frame("body", -1, 0, None, None, False, False, 0),)
_NOTE = Eval(Const("str", ""), "statement")
"""A text that stands alone, such as a docstring, and shows no code: what it says is nothing to the program, and often
long."""
_OF_CODE = ("::", ">>>", "In [", "```", "~~~")
"""What stands before code in a text."""


def _is_note(action: Action) -> bool:
    if not isinstance(action, Eval) or action.role != "statement":
        return False
    text = action.value
    return isinstance(text, Const) and text.kind == "str" and not any(mark in text.value for mark in _OF_CODE)


class Body:
    """The growing lists of one scope; `scope()` freezes them."""

    __slots__ = ("frame", "frames", "globals", "index", "is_generator", "kind", "name", "nonlocals", "ops", "parent",
                 "qualname", "statements")  # fmt: skip

    def __init__(self, kind: ScopeKind, name: str, qualname: str, parent: int, index: int) -> None:
        self.kind = kind
        self.name = name
        self.qualname = qualname
        self.parent = parent
        self.index = index
        self.ops: list[Op] = []
        self.frames = list(_NO_BLOCKS)
        self.frame = 0
        self.statements = 0
        self.globals: list[str] = []
        self.nonlocals: list[str] = []
        self.is_generator = False

    def next_statement(self) -> int:
        self.statements += 1
        return self.statements

    def emit(self, action: Action, span: Span) -> None:
        self.ops.append(Op(_NOTE if _is_note(action) else action, self.frame, span))

    def enter(
        self,
        kind: FrameKind,
        statement: int,
        head: Expr | None = None,
        target: Expr | None = None,
        *,
        closed: bool = False,
        is_async: bool = False,
    ) -> None:
        """Begins a frame inside the present one; the caller puts `frame` back to leave it."""
        self.frames.append(Frame(kind, self.frame, statement, head, target, closed, is_async, len(self.ops)))
        self.frame = len(self.frames) - 1

    def inner_qualname(self, name: str, bound: str) -> str:
        """The qualified name of a definition called `name` in this scope, where it is bound as `bound`."""
        if self.kind == "module" or bound in self.globals:
            return name
        return f"{self.qualname}.{name}" if self.kind == "class" else f"{self.qualname}.<locals>.{name}"

    def scope(
        self,
        span: Span,
        name_span: Span,
        *,
        parameters: tuple[Parameter, ...] = (),
        decorators: tuple[Expr, ...] = (),
        bases: tuple[Arg, ...] = (),
        returns: Expr | None = None,
        is_async: bool = False,
    ) -> Scope:
        return Scope(
            self.kind,
            self.name,
            self.qualname,
            self.parent,
            parameters,
            decorators,
            bases,
            returns,
            is_async,
            self.is_generator,
            tuple(self.globals),
            tuple(self.nonlocals),
            tuple(self.frames) if len(self.frames) > 1 else _NO_BLOCKS,
            tuple(self.ops),
            span,
            name_span,
        )


class Scopes(Names):
    """The scopes begun so far, in order, with None for those still being read; `body` is the one at hand."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)  # a reader may have a base that takes something
        self.scopes: list[Scope | None] = []
        self.body = self.new_body("module", "<module>", "")

    def new_body(self, kind: ScopeKind, name: str, qualname: str) -> Body:
        """A body whose scope has the next index, so that it stands behind its parent."""
        parent = self.body.index if self.scopes else -1
        self.scopes.append(None)
        return Body(kind, name, qualname, parent, len(self.scopes) - 1)

    def saw_yield(self) -> None:
        """What is being read is a generator."""
        self.body.is_generator = True

    def finished(self, whole: Span) -> ModuleFacts:
        """The facts of a file that has been read to its end."""
        self.scopes[0] = self.body.scope(whole, Span(1, 1, 1, 1))
        return ModuleFacts(SCHEMA, tuple(scope for scope in self.scopes if scope is not None))
