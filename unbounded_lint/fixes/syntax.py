"""A file taken apart: its statements with their places, and the expressions in them as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from unbounded_lint.facts import model as m
from unbounded_lint.facts.cst.parse import SourceError, parse
from unbounded_lint.facts.names import unmangled
from unbounded_lint.facts.stack import run_with_big_stack
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.text import Change, Text

LARGEST = 500_000
"""Characters of a file that is repaired; a larger one is not what somebody maintains by hand."""

_WORD = re.compile(r"\w+")
_LONG_TEXT = re.compile(r"\"{3}|'{3}|\\\n")
_OPENED = re.compile(r"(?<=[(\[{]) ")
_CLOSED = re.compile(r" (?=[)\]}])")

Node: TypeAlias = "cst.SimpleStatementLine | cst.BaseCompoundStatement"


@dataclass(frozen=True, eq=False)
class Statement:
    """A statement, with the offsets at which its first decorator or word begins and its last character ends.

    parent is the statement whose block holds it; block tells which block of that; alone says that it stands on lines
    of its own.
    """

    node: Node
    start: int
    end: int
    parent: Statement | None
    block: int
    index: int
    alone: bool

    @property
    def small(self) -> cst.BaseSmallStatement | None:
        """What a statement on one line does, if it is one alone."""
        lone = isinstance(self.node, cst.SimpleStatementLine) and len(self.node.body) == 1
        return self.node.body[0] if lone and isinstance(self.node, cst.SimpleStatementLine) else None

    @property
    def around(self) -> Iterator[Statement]:
        """The statements that hold it, the nearest first."""
        above = self.parent
        while above is not None:
            yield above
            above = above.parent

    @property
    def function(self) -> Statement | None:
        """The function that holds it."""
        return next((s for s in self.around if isinstance(s.node, cst.FunctionDef)), None)


class Syntax(Text):
    """A file with its syntax tree. Raises `Refused` for one that has none, or is too large."""

    def __init__(self, path: str, data: bytes) -> None:
        super().__init__(path, data)
        if len(self.text) > LARGEST:
            raise Refused(f"`{path}` is too large to be repaired")
        try:
            self.tree = parse(self.text)
        except SourceError as error:
            raise Refused(f"`{path}` cannot be parsed") from error
        self._ranges: Mapping[cst.CSTNode, CodeRange] = run_with_big_stack(self._located)

    def _located(self) -> Mapping[cst.CSTNode, CodeRange]:
        return MetadataWrapper(self.tree, unsafe_skip_copy=True).resolve(PositionProvider)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """The offsets at which an expression or statement begins and ends, without parentheses around it."""
        found = self._ranges[node]
        return (
            self.offset(found.start.line, found.start.column + 1),
            self.offset(found.end.line, found.end.column + 1),
        )

    def whole(self, node: cst.CSTNode) -> tuple[int, int]:
        """The same, with its parentheses."""
        start, end = self.span(node)
        for parenthesis in getattr(node, "lpar", ()):
            start = min(start, self.span(parenthesis)[0]) if parenthesis in self._ranges else start
        for parenthesis in getattr(node, "rpar", ()):
            end = max(end, self.span(parenthesis)[1]) if parenthesis in self._ranges else end
        return start, end

    def source(self, node: cst.CSTNode) -> str:
        """An expression as it is written."""
        start, end = self.whole(node)
        return self.text[start:end]

    def lifted(self, node: cst.CSTNode, statement: Statement) -> str:
        """An expression as it is written where a statement begins with it: on one line, unless commas or comments keep
        it on several. Raises `Refused` for one with a text over several lines."""
        start, lines = self.whole(node)[0], self.source(node).splitlines()
        text = "\n".join(lines)
        if len(lines) < 2:
            return text
        if _LONG_TEXT.search(text):
            raise Refused("a text over several lines would have to be indented")
        if ",\n" not in text and "#" not in text:
            return _OPENED.sub("", _CLOSED.sub("", re.sub(r"\s*\n\s*", " ", text)))
        old, new = self.indent(start), self.indent(statement.start)
        return "\n".join(f"{new}{line.removeprefix(old)}" if n else line for n, line in enumerate(lines))

    def flat(self, node: cst.CSTNode) -> str:
        """The same on one line, for names, attributes and subscripts."""
        return "".join(line.strip() for line in self.source(node).splitlines())

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the file: a name that is none of them is free."""
        return frozenset(_WORD.findall(self.text))

    # --- statements ---

    @cached_property
    def statements(self) -> Sequence[Statement]:
        """Every statement, each behind the one that holds it, in the order of the file."""
        return tuple(self._of_block(self.tree.body, None, 0, alone=True))

    @property
    def top(self) -> Sequence[Statement]:
        """Those at module level."""
        return tuple(s for s in self.statements if s.parent is None)

    def _of_block(
        self, body: Sequence[cst.CSTNode], parent: Statement | None, block: int, *, alone: bool
    ) -> Iterator[Statement]:
        for index, node in enumerate(body):
            if not isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
                continue
            start, end = self.span(node)
            decorators = getattr(node, "decorators", ())
            if decorators:
                start = self.span(decorators[0])[0]
            one_line = not isinstance(node, cst.SimpleStatementLine) or len(node.body) == 1
            statement = Statement(node, start, end, parent, block, index, alone and one_line)
            yield statement
            for number, suite in enumerate(_suites(node)):
                if isinstance(suite, cst.If):  # an `elif`, which nothing can be put in front of
                    yield from self._of_block((suite,), statement, number, alone=False)
                elif isinstance(suite, cst.IndentedBlock):
                    yield from self._of_block(suite.body, statement, number, alone=True)

    def statement_at(self, span: m.Span) -> Statement:
        """The statement that an operation with this span is, or stands in. Raises `Refused` where there is none that
        stands on lines of its own."""
        return self.statement_around(self.offset(span.line, span.column))

    def statement_around(self, offset: int) -> Statement:
        """The same, for the offset of some character."""
        found = None
        for statement in self.statements:
            if statement.start <= offset < max(statement.end, statement.start + 1):
                found = statement
        if found is None or not found.alone:
            raise Refused(f"the statement in line {self.place(offset)[0]} of `{self.path}` shares its line with others")
        return found

    def block_of(self, statement: Statement, block: int = 0) -> Sequence[Statement]:
        """The statements directly in a block of a compound one."""
        return tuple(s for s in self.statements if s.parent is statement and s.block == block)

    def behind(self, statement: Statement) -> Sequence[Statement]:
        """The statements that follow one in its block."""
        return tuple(
            s
            for s in self.statements
            if s.parent is statement.parent and s.block == statement.block and s.index > statement.index
        )

    def expressions(self, statement: Statement) -> Iterator[cst.BaseExpression]:
        """Every expression of a statement, of a compound one those in front of its blocks, outermost first."""
        suites = frozenset(map(id, _suites(statement.node)))
        pending: list[cst.CSTNode] = [statement.node]
        while pending:
            node = pending.pop()
            if isinstance(node, cst.BaseExpression):
                yield node
            inner = [c for c in node.children if id(c) not in suites and not isinstance(c, cst.BaseSuite)]
            pending += reversed([c for c in inner if not isinstance(c, cst.Else | cst.ExceptHandler | cst.Finally)])

    def is_free(self, name: str, statement: Statement) -> bool:
        """Whether neither the function that holds a statement nor one around it mentions a name, and no other part of
        the file declares it for the module."""
        if name not in self.words:
            return True
        holders = [s.node for s in statement.around if isinstance(s.node, cst.FunctionDef)]
        inside = holders[-1] if holders else self.tree
        return not any(node.value == name for node in names_in(inside))

    # --- changes ---

    def replace(self, node: cst.CSTNode, text: str) -> Change:
        """Put a text in the place of an expression."""
        return Change(self.path, *self.whole(node), text)

    def before(self, statement: Statement, lines: Sequence[str]) -> Change:
        """Put lines in front of a statement, indented as it is."""
        start = self.line_start(statement.start)
        return Change(self.path, start, start, self._indented(lines, self.indent(statement.start)))

    def after(self, statement: Statement, lines: Sequence[str], *, indent: str | None = None) -> Change:
        """Put lines behind a statement, indented as it is."""
        at = self.next_line(max(statement.end - 1, statement.start))
        text = self._indented(lines, self.indent(statement.start) if indent is None else indent)
        if at == len(self.text) and not self.text.endswith(("\n", "\r")):
            return Change(self.path, at, at, "\n" + text.removesuffix("\n"))
        return Change(self.path, at, at, text)

    @staticmethod
    def _indented(lines: Sequence[str], indent: str) -> str:
        return "".join(f"{indent}{line}\n" if line else "\n" for line in lines)

    @property
    def unit(self) -> str:
        """One step of indentation."""
        return self.tree.default_indent


def _suites(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The blocks of a compound statement, in the order of the file."""
    if isinstance(node, cst.Match):
        yield from (case.body for case in node.cases)
        return
    body = getattr(node, "body", None)
    if isinstance(body, cst.BaseSuite):
        yield body
    for handler in getattr(node, "handlers", ()):
        yield handler.body
    for name in ("orelse", "finalbody"):
        part = getattr(node, name, None)
        if part is not None:
            yield part if isinstance(part, cst.If) else part.body


def names_in(tree: cst.CSTNode) -> Iterator[cst.Name]:
    """The names in a part of a file, those of attributes and of keywords left out."""
    pending: list[cst.CSTNode] = [tree]
    while pending:
        node = pending.pop()
        match node:
            case cst.Name():
                yield node
            case cst.Attribute() | cst.Arg():
                pending.append(node.value)
            case _:
                pending += node.children


def dotted(node: cst.CSTNode) -> str:
    """A name, or a chain of attributes and of calls without arguments, as one text, "" for anything else."""
    match node:
        case cst.Name(value=value):
            return str(value)
        case cst.Attribute(value=value, attr=attr):
            base = dotted(value)
            return f"{base}.{attr.value}" if base else ""
        case cst.Call(func=func, args=[]):
            return f"{called}()" if (called := dotted(func)) else ""
    return ""


def last_name(node: cst.CSTNode) -> str:
    """The last name of such a chain, "" for anything else."""
    return dotted(node).rpartition(".")[2]


def targets(statement: Statement) -> Iterator[cst.BaseExpression]:
    """What a statement on one line, or the head of a larger one, gives a value; of several in a row each by itself."""
    pending: list[cst.BaseExpression] = []
    match statement.small or statement.node:
        case cst.Assign(targets=found):
            pending += [each.target for each in found]
        case cst.AnnAssign(target=target) | cst.AugAssign(target=target) | cst.For(target=target):
            pending.append(target)
        case cst.With(items=items):
            pending += [item.asname.name for item in items if item.asname is not None]
    for each in pending:
        if isinstance(each, cst.Tuple | cst.List):
            pending += [element.value for element in each.elements]
        else:
            yield each


def written(expr: m.Expr) -> str:
    """The same for an expression of the facts; a private name as it is written."""
    match expr:
        case m.Name(id=name):
            return name
        case m.Attr(base=base, name=name):
            inner = written(base)
            return f"{inner}.{unmangled(name)}" if inner else ""
        case m.Call(func=func, args=()):
            return f"{called}()" if (called := written(func)) else ""
    return ""
