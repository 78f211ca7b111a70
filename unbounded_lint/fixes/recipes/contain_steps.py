"""UBM207: an error of one step of a tick is written to the log, and the next steps and ticks go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.blocks import assigned, every_node, is_wait, mentioned, waits, wrapped
from unbounded_lint.fixes.logs import handler, logger
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, last_name
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.defects.fragile_sweeper_tick import Fragile


def repair(bench: Bench) -> Repair:
    """Put the steps of the tick into `try` statements that log."""
    return _repair(bench, lambda _file, group: group)


def repair_by_entry(bench: Bench) -> Repair:
    """The same, but where a step walks the container, what is done to each entry: one that fails every time would keep
    those behind it for good. Raises `NotConcerned` where no step does."""
    walks: list[Statement] = []

    def of_entry(file: Syntax, group: Sequence[Statement]) -> Sequence[Statement]:
        if len(group) > 1 or not _walks(group[0].node, bench.container.holder.name):
            return group
        walks.append(group[0])
        return file.block_of(group[0])

    made = _repair(bench, of_entry)
    bench.concerns(bool(walks))
    return made


def _walks(node: cst.CSTNode, name: str) -> bool:
    """Whether a statement is a plain loop over what has a name."""
    match node:
        case cst.For(iter=walked, orelse=None, asynchronous=None):
            return any(isinstance(each, cst.Name) and each.value == name for each in every_node(walked))
    return False


def _repair(bench: Bench, contained: Callable[[Syntax, Sequence[Statement]], Sequence[Statement]]) -> Repair:
    """Put of each step what is to be contained into a `try` that logs."""
    fragile = bench.project.defects.fragile_sweeper_ticks.of(bench.container)
    if fragile is None:
        raise Refused("what sweeps it cannot be found again")
    place = fragile.tick if fragile.ending == "timer" else fragile.start
    file, statement = bench.statement(*place)
    groups = _groups(file, statement, fragile)
    if not groups:
        raise Refused("no step of the sweeper can be told from the others")
    name, needed = logger(file)
    where = bench.project.function(place[0])
    changes = [_contained(file, contained(file, group), name, where) for group in groups]
    return Repair(
        f"Log an error of a step in `{where}` and go on",
        "a step that failed can be tried again at the next tick",
        (*needed, *changes),
    )


def _groups(file: Syntax, statement: Statement, fragile: Fragile) -> Sequence[Sequence[Statement]]:
    """The steps, each with those that need what it leaves behind."""
    match fragile.ending:
        case "loop":
            return _of_loop(file, statement)
        case "rearm":
            return _of_rearmed(file, statement)
    function = statement.function
    return [_body(file, function)] if function is not None else []


def _of_loop(file: Syntax, statement: Statement) -> Sequence[Sequence[Statement]]:
    loop = next((s for s in (statement, *statement.around) if isinstance(s.node, cst.While | cst.For)), None)
    if loop is None:
        raise Refused("the loop of the sweeper cannot be found again")
    body = file.block_of(loop)
    paused = any(map(waits, body)) or any(
        isinstance(node, cst.Call) and is_wait(node) for node in file.expressions(loop)
    )
    if not paused:
        raise Refused("the loop waits within a step, so that one that fails would be tried again without a pause")
    return _parted(body)


def _of_rearmed(file: Syntax, statement: Statement) -> Sequence[Sequence[Statement]]:
    """What comes before the statements that arm the next run."""
    function = statement.function
    if function is None:
        raise Refused("the next run is armed outside of functions")
    body = list(_body(file, function))
    at = next((i for i, s in enumerate(body) if s is statement or s in tuple(statement.around)), len(body))
    while at and isinstance(body[at - 1].small, cst.Assign) and assigned(body[at - 1 : at]) & mentioned(body[at:]):
        at -= 1
    if assigned([s for s in body[:at] if not _is_harmless(s)]) & mentioned(body[at:]):
        raise Refused("what arms the next run needs what the work before it gives")
    return _parted(body[:at])


def _body(file: Syntax, function: Statement) -> Sequence[Statement]:
    """The statements of a function, behind the text about it."""
    body = file.block_of(function)
    small = body[0].small if body else None
    is_text = isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)
    return body[1:] if is_text else body


def _parted(body: Sequence[Statement]) -> Sequence[Sequence[Statement]]:
    """Statements in groups between those that only wait: each by itself, where it needs nothing of the others."""
    groups: list[list[Statement]] = [[]]
    for statement in body:
        if _is_harmless(statement) and not groups[-1]:
            continue
        if waits(statement) or isinstance(statement.node, cst.Try):
            groups.append([])
        else:
            groups[-1].append(statement)
    found = [group for group in groups if group]
    for index, group in enumerate(found):
        rest = [s for other in found[index + 1 :] for s in other]
        if assigned(group) & mentioned(rest):
            raise Refused("a step needs what one before the wait gives")
    return [each for group in found for each in _alone(group)]


def _is_harmless(statement: Statement) -> bool:
    """Whether a statement cannot fail: it declares a name, or asks for the time."""
    match statement.small:
        case cst.Global() | cst.Nonlocal():
            return True
        case cst.Assign(value=value):
            return all(
                last_name(call.func) in {"time", "monotonic"} and not call.args
                for call in (value.left if isinstance(value, cst.BinaryOperation) else value,)
                if isinstance(call, cst.Call)
            ) and isinstance(value, cst.Call | cst.BinaryOperation | cst.Integer | cst.Float | cst.Name)
    return False


def _alone(group: list[Statement]) -> Iterator[list[Statement]]:
    if not assigned(group) and all(isinstance(s.small, cst.Expr) for s in group):
        yield from ([statement] for statement in group)
    else:
        yield group


def _contained(file: Syntax, group: Sequence[Statement], name: str, where: str) -> Change:
    tail = handler(file, name, f"{_step(group) or where} failed")
    return wrapped(file, group, ["try:"], tail)


def _step(group: Sequence[Statement]) -> str:
    """A step as a log names it, "" for one of several statements."""
    small = group[0].small if len(group) == 1 else None
    value = small.value if isinstance(small, cst.Expr) else None
    if isinstance(value, cst.Await):
        value = value.expression
    return f"{dotted(value.func)}()" if isinstance(value, cst.Call) and dotted(value.func) else ""
