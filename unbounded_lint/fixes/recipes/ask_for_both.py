"""UBM206: a sweeper stops only when everything that it sweeps is empty."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted
from unbounded_lint.link.verdicts.container import Container


def repair(bench: Bench) -> Repair:
    """Ask for the container too where the sweeper stops."""
    stop = bench.project.defects.early_sweeper_stops.of(bench.container)
    if stop is None or len(stop.asked) != 1:
        raise Refused("where its sweeper stops asks for several containers")
    others = [c for c in bench.project.containers if c.symbol == stop.asked[0]]
    if len(others) != 1:
        raise Refused("where its sweeper stops asks for something of the same name")
    file, statement = bench.statement(stop.scope, stop.op)
    for holder in (statement, *statement.around):
        if isinstance(holder.node, cst.FunctionDef):
            break
        for test in _tests(holder):
            text = _widened(bench, file, test, others[0])
            if text:
                bench.demand_fit([_line(file, holder, test, text)])
                return Repair(
                    f"Let the sweeper stop in `{bench.project.function(stop.scope)}` only when "
                    f"`{bench.container.name}` is empty too",
                    "the sweeper is at work, or is started, whenever something is inserted",
                    (file.replace(test, text),),
                )
    raise Refused("where its sweeper stops is not written as a plain test of the other container")


def _tests(statement: Statement) -> Iterator[cst.BaseExpression]:
    if isinstance(statement.node, cst.If | cst.While):
        yield statement.node.test


def _line(file: Syntax, statement: Statement, test: cst.BaseExpression, text: str) -> str:
    line = file.text[file.line_start(statement.start) : file.line_end(file.span(test)[1])]
    return line.replace(file.source(test), text, 1)


def _widened(bench: Bench, file: Syntax, test: cst.BaseExpression, other: Container) -> str:
    """The test with the container in it too, "" for another one."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner) if _last(dotted(inner)) == other.holder.name:
            return f"{file.source(test)} and not {bench.name_beside(dotted(inner), other)}"
        case cst.Name() | cst.Attribute() if _last(dotted(test)) == other.holder.name:
            return f"{file.source(test)} or {bench.name_beside(dotted(test), other)}"
    return ""


def _last(name: str) -> str:
    return name.rpartition(".")[2]
