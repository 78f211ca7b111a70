"""UBM101, UBM102: a memo drops its oldest result, and a list its first elements, once there are too many."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair, Use
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import constant
from unbounded_lint.fixes.syntax import Statement, Syntax
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.containers.accesses import Access

SIZE = 1024


def repair(bench: Bench) -> Repair:
    """Cut it behind each insert, to a size that is a constant of its module."""
    container = bench.container
    family = container.holder.made.kind.family
    memo = family == "map" and bench.project.holdings.of(container) == "results"
    bench.concerns(memo or family == "list")
    limit = constant(bench.home, container.holder.name, "MAX_SIZE")
    changes = [defined(bench, f"{limit} = {SIZE}")]
    for access, use in bench.uses(["insert"]):
        if not access.nested:
            bench.at_home(access.scope)
            changes += _cut(bench, access, use, limit, memo=memo)
    return Repair(
        f"Let `{container.name}` keep the last {SIZE} {'results' if memo else 'elements'}",
        "a result that was dropped is computed again when it is asked for"
        if memo
        else "nobody needs older elements, or counts on their places in it",
        tuple(dict.fromkeys(changes)),
    )


def defined(bench: Bench, line: str) -> Change:
    """A constant of the module that defines the container: behind it, or in front of the first function or class."""
    file, statement = bench.home, bench.definition
    if statement.parent is None:
        return file.after(_with_text(file, statement), [line])
    return of_module(file, line)


def of_module(file: Syntax, line: str) -> Change:
    """A constant of a module: behind the last of the statements that come before its functions and classes."""
    head = []
    for statement in file.top:
        if not isinstance(statement.node, cst.SimpleStatementLine):
            break
        head.append(statement)
    if not head:
        raise Refused(f"`{file.path}` has no imports or constants that another one could stand by")
    imports = isinstance(head[-1].small, cst.Import | cst.ImportFrom | cst.Expr)
    return file.after(head[-1], ["", line] if imports else [line])


def _with_text(file: Syntax, statement: Statement) -> Statement:
    """A statement, or the text about it that stands right behind it."""
    behind = file.behind(statement)
    if behind and isinstance(small := behind[0].small, cst.Expr) and isinstance(small.value, cst.SimpleString):
        return behind[0]
    return statement


def _cut(bench: Bench, access: Access, use: Use, limit: str, *, memo: bool) -> Iterator[Change]:
    file, statement = use.file, use.statement
    indent = file.indent(statement.start)
    if memo:
        lines = [f"if len({use.name}) > {limit}:", f"{file.unit}{use.name}.pop(next(iter({use.name})), None)"]
    else:
        lines = [f"del {use.name}[:-{limit}]"]
    bench.demand_fit(lines, indent)
    match statement.small:
        case cst.Assign() | cst.AugAssign() | cst.AnnAssign() | cst.Expr():
            yield file.after(statement, lines)
        case _:
            raise Refused("an entry is added by an expression that nothing can be put behind")
