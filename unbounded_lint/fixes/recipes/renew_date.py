"""UBM209: a sweep goes by the time at which an entry was used last, and not by that of its making."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from unbounded_lint.fixes.bench import Bench, Repair, is_steady
from unbounded_lint.fixes.births import part_with_time
from unbounded_lint.fixes.blocks import every_node
from unbounded_lint.fixes.dates import births
from unbounded_lint.fixes.imports import imported_by_name
from unbounded_lint.fixes.refused import Refused
from unbounded_lint.fixes.style import quote
from unbounded_lint.fixes.syntax import Statement, Syntax
from unbounded_lint.fixes.text import Change
from unbounded_lint.link.program.module import Place

_NAMES = ("last_active_at", "last_used_at", "active_at")
_ADDS = frozenset({"append", "add", "extend", "appendleft"})


def repair(bench: Bench) -> Repair:
    """Keep a second date in each entry, write it wherever an entry is worked on, and let the sweep compare that one."""
    stale = bench.project.defects.birth_dated_expiry.of(bench.container)
    if stale is None:
        raise Refused("what its sweep compares cannot be found again")
    clocks = {date.clock for date in births(bench) if date.path.strip(".[]\"'") == stale.part}
    if len(clocks) != 1:
        raise Refused(f"what clock `{stale.part}` is read from cannot be told")
    made = part_with_time(bench, clock := clocks.pop(), _NAMES)
    changes = [
        *made.changes,
        *_compared(bench, (stale.test.scope, stale.test.op), stale.part, made.path),
        *(change for work in stale.works for change in _renewed(bench, work, clock, made.path)),
    ]
    where = ", ".join(dict.fromkeys(f"`{bench.project.function(scope)}`" for scope, _ in stale.works))
    return Repair(
        f"Let {where} write down when an entry of `{bench.container.name}` was used last, and its sweep go by that",
        "an entry may stay for as long as it is used",
        tuple(dict.fromkeys(changes)),
    )


def _compared(bench: Bench, place: Place, part: str, path: str) -> Iterator[Change]:
    """The new date in the place of the old one, in the statement that compares that."""
    file, statement = bench.statement(*place)
    found = [node for top in file.expressions(statement) for node in every_node(top) if _reads(node, part)]
    if not found:
        raise Refused("what its sweep compares is not written out where it does")
    for node in dict.fromkeys(found):
        assert isinstance(node, cst.Attribute | cst.Subscript)
        new = f"{file.source(node.value)}{_quoted(file, path)}"
        yield file.replace(node, new)


def _reads(node: cst.CSTNode, part: str) -> bool:
    """`x.part` or `x["part"]`."""
    match node:
        case cst.Attribute(attr=cst.Name(value=name)):
            return bool(name == part)
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString() as text))]):
            return text.evaluated_value == part
    return False


def _renewed(bench: Bench, place: Place, clock: str, path: str) -> Iterator[Change]:
    """The new date behind a statement that works on an entry."""
    file, statement = bench.statement(*place)
    entry = _entry(statement)
    if entry is None or not is_steady(entry):
        raise Refused(f"the entry that `{bench.project.function(place[0])}` works on has no name")
    told, needed = imported_by_name(file, clock)
    line = f"{file.flat(entry)}{_quoted(file, path)} = {told}()"
    yield from needed
    yield file.after(statement, [line])


def _entry(statement: Statement) -> cst.BaseExpression | None:
    """What holds the part that a statement changes."""
    match statement.small:
        case cst.AugAssign(target=target) | cst.Assign(targets=[cst.AssignTarget(target=target)]):
            part: cst.BaseExpression = target
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=base, attr=cst.Name(value=name)))) if name in _ADDS:
            part = base
        case _:
            return None
    return part.value if isinstance(part, cst.Attribute | cst.Subscript) else None


def _quoted(file: Syntax, path: str) -> str:
    """A path with the quotation marks of a file."""
    return path.replace('"', quote(file)).replace("'", quote(file))
