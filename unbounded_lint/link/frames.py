"""Questions about the frames around an operation: guards, loops, clean-up, early exits."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.facts import model as m

LOOPS = frozenset({"for", "while"})


def frames_of(scope: m.Scope, op: int) -> tuple[int, ...]:
    """The indexes of the frames around an operation, innermost first, the root left out."""
    found = []
    at = scope.ops[op].frame
    while at > 0:
        found.append(at)
        at = scope.frames[at].parent
    return tuple(found)


def inside(scope: m.Scope, op: int, frame: int) -> bool:
    """Whether an operation stands inside a frame."""
    return frame in frames_of(scope, op)


def loops_around(scope: m.Scope, op: int) -> tuple[int, ...]:
    """The loop bodies around an operation, innermost first."""
    return tuple(f for f in frames_of(scope, op) if scope.frames[f].kind in LOOPS)


def in_cleanup(scope: m.Scope, op: int) -> bool:
    """Whether an operation stands in a `finally`."""
    return any(scope.frames[f].kind == "finally" for f in frames_of(scope, op))


def ops_in(scope: m.Scope, frame: int) -> Iterator[tuple[int, m.Op]]:
    """The operations inside a frame, nested frames included."""
    below = {frame}
    for index, candidate in enumerate(scope.frames):
        if candidate.parent in below:
            below.add(index)
    for index, op in enumerate(scope.ops):
        if op.frame in below:
            yield index, op


def leaves(scope: m.Scope, frame: int) -> bool:
    """Whether a branch ends by leaving: its last statement is return, raise, continue or break, or an `if` or `with`
    that ends so whichever way it goes."""
    last = max((index for index, op in enumerate(scope.ops) if op.frame == frame), default=-1)
    if last >= 0 and isinstance(scope.ops[last].action, m.Return | m.Raise | m.Continue | m.Break):
        return True
    parts = [i for i, part in enumerate(scope.frames) if part.parent == frame and part.op > last]
    parts = [i for i in parts if scope.frames[i].statement == scope.frames[parts[-1]].statement]
    kinds = {scope.frames[i].kind for i in parts}
    sure = kinds in ({"with"}, {"if", "else"}) or (kinds == {"if"} and is_true(scope.frames[parts[0]].head))
    return sure and all(leaves(scope, i) for i in parts)


def is_true(expr: m.Expr | None) -> bool:
    """Whether a condition is written as always true."""
    return isinstance(expr, m.Const) and expr.value in {"True", "1"}


def guards(scope: m.Scope, op: int) -> Iterator[tuple[m.Expr, bool]]:
    """The conditions known to hold at an operation, with the truth they have: those of the branches around it, and
    those of earlier branches in the same blocks that leave."""
    around = frames_of(scope, op)
    for index in around:
        frame = scope.frames[index]
        if frame.head is None:
            continue
        if frame.kind in {"if", "while"}:
            yield frame.head, True
        elif frame.kind in {"else", "while-else"}:
            yield frame.head, False
    blocks = {scope.ops[op].frame, *(scope.frames[f].parent for f in around)}
    for index, frame in enumerate(scope.frames):
        if frame.kind in {"if", "else"} and frame.parent in blocks and index not in around and frame.op <= op:
            if frame.head is not None and _before(scope, index, op) and leaves(scope, index):
                yield frame.head, frame.kind == "else"


def _before(scope: m.Scope, frame: int, op: int) -> bool:
    return all(index < op for index, _ in ops_in(scope, frame))


def is_main_guard(expr: m.Expr | None) -> bool:
    """`__name__ == "__main__"`, either way round."""
    if not isinstance(expr, m.Compare) or expr.ops != ("==",):
        return False
    sides = {expr.left, *expr.items}
    return m.Name("__name__") in sides


def in_main_guard(scope: m.Scope, op: int) -> bool:
    """Whether a module-level operation only runs as a script."""
    return any(is_main_guard(head) and truth for head, truth in guards(scope, op))
