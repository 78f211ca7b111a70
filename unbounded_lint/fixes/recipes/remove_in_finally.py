"""UBM102: what one function inserts and removes again is removed in a `finally`."""

from __future__ import annotations

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair
from unbounded_lint.fixes.blocks import assigned, mentioned, wrapped
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.syntax import Statement, Syntax, dotted


def repair(bench: Bench) -> Repair:
    """Put what stands between the insert and the removal into a `try`."""
    way = bench.container.way
    bench.concerns(way is not None and way.left == "error" and way.scope is not None)
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
    start = wrapped(file, [*middle], ["try:"], ["finally:", f"{file.unit}{text}"])
    end = file.next_line(max(removal.end - 1, removal.start))
    gap = file.text[start.end : file.line_start(removal.start)]
    if gap.strip():
        raise Refused("a comment stands between what may fail and the removal")
    return Repair(
        f"Remove the entry of `{bench.container.name}` in a `finally`",
        "an entry whose work failed is of no use to anyone",
        (start._replace(end=end, text=start.text if start.text.endswith("\n") else f"{start.text}\n"),),
    )


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
