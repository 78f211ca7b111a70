"""Where a repair puts the constants and functions that it adds to a module."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from unbounded_lint.fixes.bench import Bench
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax
from unbounded_lint.fixes.text import Change


def defined(bench: Bench, line: str) -> Change:
    """A constant of the module that defines the container: behind it, or in front of the first function or class."""
    file, statement = bench.home, bench.definition
    if statement.parent is None:
        return file.after(_with_text(file, statement), [line])
    return of_module(file, [line])


def of_module(file: Syntax, lines: Sequence[str]) -> Change:
    """Constants of a module: behind the last of the statements that come before its functions and classes."""
    head = []
    for statement in file.top:
        if not isinstance(statement.node, cst.SimpleStatementLine):
            break
        head.append(statement)
    if not head:
        raise Refused(f"`{file.path}` has no imports or constants that another one could stand by")
    imports = isinstance(head[-1].small, cst.Import | cst.ImportFrom | cst.Expr)
    return file.after(head[-1], ["", *lines] if imports else lines)


def behind_imports(file: Syntax, lines: Sequence[str]) -> Change:
    """The same, right behind the imports, where there are some."""
    head = []
    for statement in file.top:
        if not isinstance(statement.node, cst.SimpleStatementLine):
            break
        if isinstance(statement.small, cst.Import | cst.ImportFrom):
            head.append(statement)
    return file.after(head[-1], ["", *lines]) if head else of_module(file, lines)


def _with_text(file: Syntax, statement: Statement) -> Statement:
    """A statement, or the text about it that stands right behind it."""
    behind = file.behind(statement)
    if behind and isinstance(small := behind[0].small, cst.Expr) and isinstance(small.value, cst.SimpleString):
        return behind[0]
    return statement
