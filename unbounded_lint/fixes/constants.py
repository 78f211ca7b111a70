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
    head = _head(file)
    if not head:
        raise Refused(f"`{file.path}` has no imports or constants that another one could stand by")
    apart = isinstance(head[-1].small, cst.Expr) or _imports(file, head[-1])
    return file.after(head[-1], ["", *lines] if apart else lines)


def behind_imports(file: Syntax, lines: Sequence[str]) -> Change:
    """The same, right behind the imports, where there are some."""
    imports = [statement for statement in _head(file) if _imports(file, statement)]
    return file.after(imports[-1], ["", *lines]) if imports else of_module(file, lines)


def _head(file: Syntax) -> Sequence[Statement]:
    """The statements that come before the functions and classes of a module: as far as each stands on one line, and on
    to the last that imports something, below which no import is to follow."""
    head: list[Statement] = []
    between: list[Statement] = []
    for statement in file.top:
        if isinstance(statement.node, cst.FunctionDef | cst.ClassDef):
            break
        between.append(statement)
        in_line = isinstance(statement.node, cst.SimpleStatementLine) and len(between) == 1
        if in_line or _imports(file, statement):
            head += between
            between = []
    return head


def _imports(file: Syntax, statement: Statement) -> bool:
    """Whether a statement imports something, or holds one that does, as where a module may be missing."""
    if isinstance(statement.node, cst.SimpleStatementLine):
        return isinstance(statement.small, cst.Import | cst.ImportFrom)
    return any(
        isinstance(inner.small, cst.Import | cst.ImportFrom) and statement in inner.around for inner in file.statements
    )


def _with_text(file: Syntax, statement: Statement) -> Statement:
    """A statement, or the text about it that stands right behind it."""
    behind = file.behind(statement)
    if behind and isinstance(small := behind[0].small, cst.Expr) and isinstance(small.value, cst.SimpleString):
        return behind[0]
    return statement
