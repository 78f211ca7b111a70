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


def after_any_end(scope: m.Scope, op: int) -> bool:
    """Whether an operation is the first behind a `try` that always goes on to it: whatever is raised there is caught,
    and neither the body nor a handler leaves."""
    for index, body in enumerate(scope.frames):
        if body.kind != "try" or not _before(scope, index, op):
            continue
        parts = [i for i, f in enumerate(scope.frames) if f.statement == body.statement and f.parent == body.parent]
        handlers = [i for i in parts if scope.frames[i].kind == "except"]
        last = max((i for part in parts for i, _ in ops_in(scope, part)), default=op)
        between = [each.action for each in scope.ops[last + 1 : op]]
        if last >= op or body.parent not in {0, *frames_of(scope, op)} or not all(map(_only_asks, between)):
            continue
        if any(_catches_all(scope.frames[i].head, scope.is_async) for i in handlers):
            if not any(_jumps(scope, i, jump) for i in (index, *handlers) for jump in ops_in(scope, i)):
                return True
    return False


def _only_asks(action: m.Action) -> bool:
    return isinstance(action, m.Eval) and action.role in {"if", "with"}


def _catches_all(caught: m.Expr | None, is_async: bool) -> bool:
    """Whether an `except` catches whatever ends the work of a `try`: a task is cancelled by a BaseException."""
    names = {"BaseException"} if is_async else {"BaseException", "Exception"}
    parts = caught.items if isinstance(caught, m.Display) else (caught,)
    return any(part is None or (isinstance(part, m.Name) and part.id in names) for part in parts)


def _jumps(scope: m.Scope, frame: int, item: tuple[int, m.Op]) -> bool:
    """Whether an operation inside a frame leaves it on purpose; a `raise` in the body of a `try` is caught."""
    index, op = item
    match op.action:
        case m.Return():
            return True
        case m.Raise():
            return scope.frames[frame].kind == "except"
        case m.Break() | m.Continue():
            inner = loops_around(scope, index)[:1]
            return not inner or frame not in _up(scope, inner[0])
    return False


def _up(scope: m.Scope, frame: int) -> set[int]:
    found = set()
    while frame > 0:
        found.add(frame)
        frame = scope.frames[frame].parent
    return found


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
