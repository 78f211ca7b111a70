"""UBM203, UBM204: every insert starts the sweeper, whatever the entry is."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.starts import (
    after_insert,
    called,
    demand_once,
    is_in_reach,
    out_of_locks,
    outermost,
    start_call,
)
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted, names_in
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.defects.sweeper_starts import Unstarted


def repair(bench: Bench) -> Repair:
    """Call what starts the sweeper behind each insert that lacks it."""
    found = bench.project.defects.sweeper_starts.of(bench.container)
    if not found:
        raise Refused("what starts its sweeper cannot be found again")
    changes = [change for each in found for change in _started(bench, each)]
    where = bench.project.function(found[0].access.scope)
    return Repair(
        f"Start the sweeper in `{where}` whatever the entry is",
        "the sweeper can deal with every entry",
        tuple(dict.fromkeys(changes)),
    )


def _started(bench: Bench, each: Unstarted) -> Iterator[Change]:
    file, statement = bench.statement(*each.start)
    call = start_call(bench, file, statement, each.start[0])
    if call is None:
        yield from _without_guard(bench, each)
        return
    text = file.source(call)
    demand_once(bench, call, each.start[0])
    place = bench.file(each.access.scope.path)
    insert = outermost(bench, each.access)
    if place is not file or not is_in_reach(bench, file, text, each.start[0], each.access.scope):
        raise Refused(f"`{text}` cannot be called where `{bench.project.function(each.access.scope)}` inserts")
    begins = called(bench, call, each.start[0])
    if begins is not None and place is file:
        insert = out_of_locks(bench, each.access, insert, begins)
    if each.kind == "guarded" and each.start[0] == each.access.scope:
        yield from _unconditional(file, statement, call, insert, text)
        return
    guarded = _guarded_start(file, insert, text)
    if guarded is not None:
        yield Change(file.path, guarded.start, guarded.end, text)
    else:
        yield after_insert(place, insert, text)


def _guarded_start(file: Syntax, insert: Statement, text: str) -> Statement | None:
    """The `if` behind an insert that does nothing but start the sweeper."""
    for statement in file.behind(insert):
        body = file.block_of(statement)
        if isinstance(statement.node, cst.If) and statement.node.orelse is None and len(body) == 1:
            if file.text[body[0].start : body[0].end] == text and "#" not in file.text[statement.start : body[0].start]:
                return statement
    return None


def _unconditional(
    file: Syntax, statement: Statement, call: cst.Call, insert: Statement, text: str
) -> Iterator[Change]:
    """The start without its condition, which stands in the same function."""
    small = statement.small
    above = statement.parent
    if isinstance(small, cst.Expr) and isinstance(small.value, cst.BooleanOperation) and small.value.right is call:
        yield file.replace(small.value, text)
        return
    if not isinstance(small, cst.Expr) or small.value is not call:
        raise Refused("the sweeper is started within a larger expression")
    lone = above is not None and isinstance(above.node, cst.If) and above.node.orelse is None
    if lone and above is not None and len(file.block_of(above)) == 1 and above.alone:
        if "#" in file.text[above.start : statement.start]:
            raise Refused("a comment stands at the condition that would go")
        yield Change(file.path, above.start, statement.end, text)
        return
    start, end = file.line_start(statement.start), file.next_line(max(statement.end - 1, statement.start))
    siblings = [s for s in file.statements if s.parent is statement.parent and s.block == statement.block]
    yield file.after(insert, [text])
    if len(siblings) > 1:
        yield Change(file.path, start, end, "")


def _without_guard(bench: Bench, each: Unstarted) -> Iterator[Change]:
    """A helper that starts the sweeper no more asks for the entry that it is given: `if ...: return` goes."""
    scope = each.start[0]
    file, statement = bench.statement(*each.start)
    calls = [n for n in file.expressions(statement) if isinstance(n, cst.Call) and n.args and dotted(n.func)]
    helpers = {target for call in calls if (target := called(bench, call, scope)) is not None}
    if each.kind != "guarded" or len(helpers) != 1:
        raise Refused("the sweeper is started by no function of its own")
    helper = helpers.pop()
    file, function = bench.file(helper.path), bench.defined(helper)
    parameters = {parameter.name for parameter in bench.facts(helper).parameters} - {"self"}
    found = [s for s in file.block_of(function) if _leaves(file, s, parameters)]
    if len(found) != 1 or "#" in file.text[found[0].start : file.line_end(found[0].end)]:
        raise Refused("the condition on which the sweeper starts is not one that ends its helper")
    yield Change(file.path, file.line_start(found[0].start), file.next_line(found[0].end - 1), "")


def _leaves(file: Syntax, statement: Statement, parameters: set[str]) -> bool:
    """`if` about a parameter, which only ends the function."""
    body = file.block_of(statement)
    if not isinstance(statement.node, cst.If) or statement.node.orelse is not None or len(body) != 1:
        return False
    small = body[0].small
    names = {name.value for name in names_in(statement.node.test)}
    return isinstance(small, cst.Return) and small.value is None and bool(names & parameters)
