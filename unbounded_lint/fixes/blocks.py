"""Statements put into a block of their own, and what stands in the way of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, names_in, targets
from unbounded_lint.fixes.text import Change


def wrapped(file: Syntax, body: Sequence[Statement], head: Sequence[str], tail: Sequence[str]) -> Change:
    """Neighbouring statements, indented by one step, between the lines of a head and those of a tail. Raises `Refused`
    where a text over several lines would change."""
    first, last = body[0], body[-1]
    if any(_is_long_text(file, node) for statement in body for node in every_node(statement.node)):
        raise Refused("a text over several lines would have to be indented")
    indent = file.indent(first.start)
    start, end = file.line_start(first.start), file.next_line(max(last.end - 1, last.start))
    lines = file.text[start:end].splitlines()
    moved = [f"{file.unit}{line}" if line.strip() else line for line in lines]
    ended = file.text[start:end].endswith(("\n", "\r"))
    new = [*(f"{indent}{line}" for line in head), *moved, *(f"{indent}{line}" if line else "" for line in tail)]
    return Change(file.path, start, end, "\n".join(new) + ("\n" if ended else ""))


def binds(statement: Statement, name: str) -> bool:
    """Whether a statement on one line, or the head of a larger one, gives a name a value."""
    return any(isinstance(each, cst.Name) and each.value == name for each in targets(statement))


def assigned(statements: Sequence[Statement]) -> frozenset[str]:
    """The names that statements bind, or bind something in."""
    found = set()
    for statement in statements:
        for node in every_node(statement.node):
            match node:
                case cst.AssignTarget(target=target) | cst.For(target=target) | cst.AnnAssign(target=target):
                    found |= {name.value for name in names_in(target)}
                case cst.AsName(name=name) | cst.NamedExpr(target=name):
                    found |= {each.value for each in names_in(name)}
                case cst.AugAssign(target=cst.Name(value=value)):
                    found.add(value)
                case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                    found.add(name.value)
    return frozenset(found)


def mentioned(statements: Sequence[Statement]) -> frozenset[str]:
    """The names that statements mention."""
    return frozenset(name.value for statement in statements for name in names_in(statement.node))


def waits(statement: Statement) -> bool:
    """Whether a simple statement only lets time pass."""
    small = statement.small
    if not isinstance(small, cst.Expr):
        return False
    value = small.value.expression if isinstance(small.value, cst.Await) else small.value
    return isinstance(value, cst.Call) and is_wait(value)


def is_wait(call: cst.Call) -> bool:
    """Whether a call lets time pass, by what it is named."""
    match call.func:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name in {"sleep", "wait"}
    return False


def every_node(tree: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A part of a file and all that it is made of."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending += node.children


def _is_long_text(file: Syntax, node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.SimpleString | cst.FormattedString):
        return False
    start, end = file.span(node)
    return "\n" in file.text[start:end] or "\r" in file.text[start:end]
