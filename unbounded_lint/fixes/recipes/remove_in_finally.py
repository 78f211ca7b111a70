"""UBM102: what one function inserts and removes again is removed in a `finally`."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.blocks import assigned, mentioned, wrapped
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted
from unbounded_lint.fixes.text import Change


def repair(bench: Bench) -> Repair:
    """Put what stands between the insert and the removal into a `try`."""
    way = bench.container.way
    bench.concerns(way is not None and way.left in {"error", "unasked"} and way.scope is not None)
    assert way is not None and way.scope is not None
    file, insert = bench.statement(way.scope, way.insert)
    removal = bench.statement(way.scope, way.removal)[1]
    block = [insert, *file.behind(insert)]
    if removal not in block or not isinstance(insert.small, cst.Assign | cst.Expr | cst.AugAssign):
        raise Refused("the entry is not inserted and removed in one block")
    middle = block[1 : block.index(removal)]
    if not middle:
        raise Refused("nothing stands between the insert and the removal")
    text = _removal(file, removal)
    if assigned(middle) & mentioned([removal]):
        raise Refused("the key of the removal is only known behind what may fail")
    end = file.next_line(max(removal.end - 1, removal.start))
    gap = file.text[file.next_line(max(middle[-1].end - 1, middle[-1].start)) : file.line_start(removal.start)]
    comments = [line.strip() for line in gap.splitlines() if line.strip()]
    behind = file.text[removal.end : end].rstrip()
    lines = [f"{file.unit}{line}" for line in (*comments, f"{text}{behind}")]
    start = _tried(file, middle, ["finally:", *lines])
    return Repair(
        f"Remove the entry of `{bench.container.name}` in a `finally`",
        "an entry whose work failed is of no use to anyone",
        (start._replace(end=end, text=start.text if start.text.endswith("\n") else f"{start.text}\n"),),
    )


def _tried(file: Syntax, middle: Sequence[Statement], tail: Sequence[str]) -> Change:
    """What may fail with a clean-up behind it: in a `try` of its own, or in the one that it is."""
    match middle:
        case [Statement(node=cst.Try(finalbody=None)) as only]:
            place = file.next_line(max(only.end - 1, only.start))
            indent = file.indent(only.start)
            return Change(file.path, place, place, "\n".join(f"{indent}{line}" for line in tail))
    return wrapped(file, middle, ["try:"], tail)


def _removal(file: Syntax, removal: Statement) -> str:
    """The statement that removes, which must not fail in its turn."""
    match removal.small:
        case cst.Del(target=cst.Subscript(value=base, slice=[cst.SubscriptElement(slice=cst.Index(value=index))])):
            if dotted(base):
                return f"{dotted(base)}.pop({file.source(index)}, None)"
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="pop")), args=[_, _]) as call):
            return file.source(call)
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value="pop")), args=[key])):
            if dotted(base):
                return f"{dotted(base)}.pop({file.source(key.value)}, None)"
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=cst.Name(value="discard"))) as call):
            return file.source(call)
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value="remove")), args=[key])):
            if dotted(base):
                return f"{dotted(base)}.discard({file.source(key.value)})"
    raise Refused("the removal is part of a larger statement")
