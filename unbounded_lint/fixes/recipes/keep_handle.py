"""UBM205: the task of a sweeper is kept for as long as the program runs."""

from __future__ import annotations

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.constants import of_module
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import function
from unbounded_lint.fixes.syntax import Statement, Syntax


def repair(bench: Bench) -> Repair:
    """Keep the task in an attribute of the object that starts it, or in a variable of the module."""
    loss = bench.project.defects.losable_sweepers.of(bench.container)
    if loss is None or loss.kind != "dropped":
        raise Refused("where the application has an event loop that lasts cannot be told")
    file, statement = bench.statement(loss.scope, loss.op)
    small = statement.small
    if not isinstance(small, cst.Expr) or not isinstance(small.value, cst.Call):
        raise Refused("its task is made within a larger expression")
    receiver = _receiver(bench, statement) if bench.project.program.owner_class(loss.scope) is not None else ""
    name = function(file, "kept", bench.facts(loss.sweeper).name).replace("_kept_", "_") + "_task"
    if name in file.words:
        raise Refused(f"the name `{name}` is taken")
    start = file.span(small)[0]
    kept = f"{receiver}.{name}" if receiver else name
    line = file.text[file.line_start(start) : file.line_end(start)]
    bench.demand_fit([f"{kept} = {line}"])
    changes = [file.replace(small.value, f"{kept} = {file.source(small.value)}")]
    if not receiver:
        first = _first(file, statement)
        changes += [file.before(first, [f"global {name}"]), of_module(file, [f"{name} = None"])]
    return Repair(
        f"Keep the task of `{bench.project.function(loss.sweeper)}` in `{kept}`",
        "it is started once",
        tuple(changes),
    )


def _receiver(bench: Bench, statement: Statement) -> str:
    function = statement.function
    if function is None or not isinstance(function.node, cst.FunctionDef) or not function.node.params.params:
        raise Refused("the object that starts its task has no name there")
    first = function.node.params.params[0].name.value
    if first != "self":
        raise Refused("the object that starts its task has no name there")
    return str(first)


def _first(file: Syntax, statement: Statement) -> Statement:
    """The first statement of the function around one, behind the text about it."""
    function = statement.function
    if function is None:
        raise Refused("its task is made outside of functions")
    body = file.block_of(function)
    is_text = isinstance(small := body[0].small, cst.Expr) and isinstance(small.value, cst.SimpleString)
    return body[1] if is_text and len(body) > 1 else body[0]
