"""Questions about the frames around an operation: guards, loops, clean-up, early exits."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.program.kept import grouped
from unbounded_lint.link.program.truth import Asked, held

LOOPS: frozenset[m.FrameKind] = frozenset({"for", "while"})
BRANCHES: frozenset[m.FrameKind] = frozenset({"if", "else", "case"})
GUARDS = 30
"""How many frames around an operation are asked for a condition, and how many branches before it: the nearest ones."""


class Layout:
    """The frames of a scope as a tree, read once.

    Frames are numbered as they begin, and operations as they are written: what a frame holds, frames and operations, is
    one range of each, so that "inside" and "behind" are comparisons.
    """

    def __init__(self, scope: m.Scope) -> None:
        self._scope = scope
        frames = scope.frames
        self.last_frame = list(range(len(frames)))
        self.end = [0] * len(frames)
        for index, op in enumerate(scope.ops, 1):
            self.end[op.frame] = index
        for index in range(len(frames) - 1, 0, -1):
            parent = frames[index].parent
            self.last_frame[parent] = max(self.last_frame[parent], self.last_frame[index])
            self.end[parent] = max(self.end[parent], self.end[index])

    def is_within(self, frame: int, outer: int) -> bool:
        """Whether a frame is another one, or stands inside it."""
        return outer <= frame <= self.last_frame[outer]

    @cached_property
    def children(self) -> Sequence[Sequence[int]]:
        """Frame -> the frames directly inside it."""
        found: list[list[int]] = [[] for _ in self._scope.frames]
        for index, frame in enumerate(self._scope.frames[1:], 1):
            found[frame.parent].append(index)
        return found

    @cached_property
    def by_kind(self) -> Mapping[m.FrameKind, Sequence[int]]:
        """Kind -> the frames of that kind."""
        return grouped((frame.kind, index) for index, frame in enumerate(self._scope.frames))

    @cached_property
    def by_statement(self) -> Mapping[int, Sequence[int]]:
        """Statement -> its frames."""
        return grouped((frame.statement, index) for index, frame in enumerate(self._scope.frames))

    @cached_property
    def by_head(self) -> Mapping[int, Sequence[int]]:
        """The id of an expression -> the frames whose head it is."""
        frames = enumerate(self._scope.frames)
        return grouped((id(frame.head), index) for index, frame in frames if frame.head is not None)

    @cached_property
    def bound(self) -> frozenset[int]:
        """The ids of the expressions that a `for` or a `with` gives a value."""
        return frozenset(id(frame.target) for frame in self._scope.frames if frame.kind in {"for", "with"})

    @cached_property
    def loop(self) -> Sequence[int]:
        """Frame -> the innermost loop that it is or stands in, 0 for none."""
        return self._nearest(lambda frame: frame.kind in LOOPS)

    @cached_property
    def cleanup(self) -> Sequence[int]:
        """Frame -> the innermost `finally` that it is or stands in, 0 for none."""
        return self._nearest(lambda frame: frame.kind == "finally")

    def _nearest(self, wanted: Callable[[m.Frame], bool]) -> list[int]:
        found = [0]
        for index, frame in enumerate(self._scope.frames[1:], 1):
            found.append(index if wanted(frame) else found[frame.parent])
        return found

    @cached_property
    def asserts(self) -> Sequence[int]:
        """The first operations that assert something."""
        found = (
            i for i, op in enumerate(self._scope.ops) if isinstance(op.action, m.Eval) and op.action.role == "assert"
        )
        return tuple(islice(found, GUARDS))

    @cached_property
    def leaves(self) -> Sequence[bool]:
        """Frame -> whether it ends by leaving."""
        frames, ops = self._scope.frames, self._scope.ops
        last = [-1] * len(frames)
        for index, op in enumerate(ops):
            last[op.frame] = index
        found = [at >= 0 and isinstance(ops[at].action, _LEAVING) for at in last]
        for index in range(len(frames) - 1, -1, -1):
            if not found[index]:
                found[index] = self._leaves_by_parts(index, last[index], found)
        return found

    def _leaves_by_parts(self, frame: int, last: int, found: Sequence[bool]) -> bool:
        """Whether the last statement of a frame is an `if` or `with` that leaves whichever way it goes."""
        frames = self._scope.frames
        behind = [i for i in self.children[frame][-2:] if frames[i].op > last]
        parts = [i for i in behind if frames[i].statement == frames[behind[-1]].statement]
        kinds = {frames[i].kind for i in parts}
        sure = kinds in ({"with"}, {"if", "else"}) or (kinds == {"if"} and is_true(frames[parts[0]].head))
        return sure and all(found[i] for i in parts)

    @cached_property
    def jumps(self) -> Sequence[int]:
        """The operations that leave a block, but for errors."""
        ops = enumerate(self._scope.ops)
        return tuple(at for at, op in ops if isinstance(op.action, m.Return | m.Break | m.Continue))

    @cached_property
    def left(self) -> Mapping[int, tuple[Sequence[int], Sequence[int]]]:
        """Frame -> the branches directly inside it that leave, and where each ends."""
        found: dict[int, tuple[list[int], list[int]]] = {}
        for index, frame in enumerate(self._scope.frames):
            if frame.kind in {"if", "else"} and frame.head is not None and self.leaves[index]:
                branches, ends = found.setdefault(frame.parent, ([], []))
                branches.append(index)
                ends.append(self.end[index])
        return found

    @cached_property
    def failed(self) -> Mapping[int, Sequence[tuple[int, Sequence[int]]]]:
        """Block -> the handlers directly inside it that alone go on, since the body of their `try` leaves, and where
        each `try` ends."""
        frames, found = self._scope.frames, dict[int, list[tuple[int, Sequence[int]]]]()
        for index in self.by_kind.get("try", ()):
            parts = self.by_statement[frames[index].statement]
            handlers = [i for i in parts if frames[i].kind == "except" and not self.leaves[i]]
            if self.leaves[index] or any(frames[i].kind == "try-else" and self.leaves[i] for i in parts):
                found.setdefault(frames[index].parent, []).append((max(self.end[i] for i in parts), handlers))
        return found

    @cached_property
    def cleaned(self) -> frozenset[int]:
        """The statements that have a `finally`."""
        return frozenset(self._scope.frames[index].statement for index in self.by_kind.get("finally", ()))

    @cached_property
    def passed(self) -> Mapping[int, Sequence[int]]:
        """The last operation of each `try` that always goes on -> the blocks in which it stands."""
        scope, found = self._scope, dict[int, list[int]]()
        for index in self.by_kind.get("try", ()):
            parts = self.by_statement[scope.frames[index].statement]
            handlers = [i for i in parts if scope.frames[i].kind == "except"]
            if any(_catches_all(scope.frames[i].head, scope.is_async) for i in handlers):
                if not any(_jumps(scope, i, jump) for i in (index, *handlers) for jump in ops_in(scope, i)):
                    last = max(self.end[i] for i in parts) - 1
                    found.setdefault(last, []).append(scope.frames[index].parent)
        return found


STRAIGHT: frozenset[m.FrameKind] = frozenset({"try", "try-else", "with", "finally"})
"""The frames into which a run that goes well always comes."""
_THROUGH: frozenset[m.FrameKind] = frozenset({"try", "try-else", "with"})
"""The frames through whose end a run that goes well always comes."""
_LEAVING = (m.Return, m.Raise, m.Continue, m.Break)


def layout(scope: m.Scope) -> Layout:
    """The layout of a scope, made when it is first asked for."""
    known = vars(scope).get("layout")
    if not isinstance(known, Layout):
        known = vars(scope)["layout"] = Layout(scope)
    return known


def frames_of(scope: m.Scope, op: int) -> tuple[int, ...]:
    """The indexes of the frames around an operation, innermost first, the root left out."""
    return tuple(_outwards(scope, scope.ops[op].frame))


def inside(scope: m.Scope, op: int, frame: int) -> bool:
    """Whether an operation stands inside a frame."""
    return frame > 0 and layout(scope).is_within(scope.ops[op].frame, frame)


def in_block(scope: m.Scope, frame: int, op: int) -> bool:
    """Whether a frame is the one of an operation, or around it: what stands there has run or will run with it."""
    return not frame or layout(scope).is_within(scope.ops[op].frame, frame)


def apart(scope: m.Scope, op: int, other: int) -> Iterator[int]:
    """The frames around one operation that are not around another, innermost first."""
    for frame in _outwards(scope, scope.ops[op].frame):
        if in_block(scope, frame, other):
            return
        yield frame


def runs_before(scope: m.Scope, op: int, later: int) -> bool:
    """Whether an operation has always gone well when a later one of the same scope runs."""
    frame, end = scope.ops[op].frame, scope.ops[later].frame
    while op < later and not in_block(scope, frame, later):
        where = layout(scope)
        handlers = parts_of(scope, frame, "except", "finally")
        left = all(where.leaves[i] or scope.frames[i].kind == "finally" for i in handlers)
        if scope.frames[frame].kind not in _THROUGH or not left or any(where.is_within(end, i) for i in handlers):
            return False
        frame = scope.frames[frame].parent
    return op < later


def comes_to(scope: m.Scope, op: int, later: int) -> bool:
    """Whether a run always comes from one operation to a later one of the same scope, but for errors."""
    if not 0 <= op < later or loops_around(scope, op) != loops_around(scope, later):
        return False
    return not any(passing_by(scope, op, later)) and all(
        any(scope.frames[frame].kind == "except" for frame in apart(scope, at, op))  # with an error at hand
        for at in taken_away(scope, op, later)
    )


def passing_by(scope: m.Scope, op: int, later: int) -> Iterator[int]:
    """The frames around a later operation that a run need not come into which has come to an earlier one, innermost
    first."""
    known = {test for frame in frames_of(scope, op) for test in _branch(scope, frame)}
    for frame in apart(scope, later, op):
        tests, straight = _branch(scope, frame), scope.frames[frame].kind in STRAIGHT
        handled = any(in_block(scope, handler, op) for handler in parts_of(scope, frame, "except"))
        if not (tests and tests <= known) and (not straight or handled):
            yield frame


def taken_away(scope: m.Scope, op: int, later: int) -> Iterator[int]:
    """The operations behind one that take a run away before it comes to a later one: return, break and continue."""
    jumps = layout(scope).jumps
    between = jumps[bisect_right(jumps, op) : bisect_left(jumps, later)]
    return (at for at in between if _takes_away(scope, at, op))


def comes_to_one(scope: m.Scope, op: int, others: Collection[int]) -> bool:
    """Whether a run that comes to an operation always comes to one of some others too, before or behind it, but for
    errors: to one that stands beside it or first in a `try` there, or to one in each branch of a statement there."""
    always, queue = set[int](), [scope.ops[other].frame for other in others]
    for frame in queue:
        parts = layout(scope).by_statement[scope.frames[frame].statement] if frame else ()
        kinds = {scope.frames[part].kind for part in parts}
        always.add(frame)
        first = scope.frames[frame].kind == "try" and scope.frames[frame].op in others
        if first or kinds == {"with"} or (kinds == {"if", "else"} and always.issuperset(parts)):
            queue.append(scope.frames[frame].parent)
    if any(other <= op and in_block(scope, scope.ops[other].frame, op) for other in others):
        return True
    jumps, last = layout(scope).jumps, max(others, default=op)
    between = jumps[bisect_right(jumps, op) : bisect_left(jumps, last)]
    gone = (at for at in between if _takes_away(scope, at, op))
    late = all(any(op < one < at and in_block(scope, scope.ops[one].frame, at) for one in others) for at in gone)
    return late and any(in_block(scope, frame, op) for frame in always)


def _branch(scope: m.Scope, frame: int) -> frozenset[Asked]:
    """What holds in a branch."""
    kind, head = scope.frames[frame].kind, scope.frames[frame].head
    return frozenset(held(head, kind == "if")) if kind in {"if", "else"} and head is not None else frozenset()


def _takes_away(scope: m.Scope, jump: int, op: int) -> bool:
    """Whether an operation that leaves a block takes a run away that has come to another one before."""
    inner = loops_around(scope, jump)[:1]
    return isinstance(scope.ops[jump].action, m.Return) or not inner or in_block(scope, inner[0], op)


def in_twin(scope: m.Scope, frame: int, op: int) -> bool:
    """Whether an operation stands in another frame of the same statement."""
    where = layout(scope)
    parts = where.by_statement[scope.frames[frame].statement]
    at = bisect_right(parts, scope.ops[op].frame) - 1
    return at >= 0 and parts[at] != frame and where.is_within(scope.ops[op].frame, parts[at])


def parts_of(scope: m.Scope, frame: int, *kinds: str) -> tuple[int, ...]:
    """The frames of some kinds that belong to the statement of a frame: the handlers of a `try`."""
    parts = layout(scope).by_statement[scope.frames[frame].statement]
    return tuple(index for index in parts if scope.frames[index].kind in kinds)


def evaluated_at(scope: m.Scope, expr: m.Expr, op: int) -> int:
    """The operation that evaluates a test or a head for an operation behind it; that operation itself, if none."""
    for index in range(min(op, len(scope.ops) - 1), -1, -1):
        action = scope.ops[index].action
        if isinstance(action, m.Eval) and any(part is expr for part in w.walk(action.value)):
            return index
    return op


def has_finally(scope: m.Scope, frame: int) -> bool:
    """Whether a frame is a part of a `try` with a `finally`."""
    return scope.frames[frame].statement in layout(scope).cleaned


def loops_around(scope: m.Scope, op: int) -> tuple[int, ...]:
    """The loop bodies around an operation, innermost first."""
    nearest = layout(scope).loop[scope.ops[op].frame]
    return (nearest, *loops_above(scope, nearest)) if nearest else ()


def loops_above(scope: m.Scope, loop: int) -> tuple[int, ...]:
    """The loop bodies around that of another loop, innermost first."""
    nearest = layout(scope).loop
    found = []
    at = nearest[scope.frames[loop].parent]
    while at:
        found.append(at)
        at = nearest[scope.frames[at].parent]
    return tuple(found)


def in_cleanup(scope: m.Scope, op: int) -> bool:
    """Whether an operation stands in a `finally`."""
    frame = scope.ops[op].frame
    return frame > 0 and layout(scope).cleanup[frame] > 0


def after_any_end(scope: m.Scope, op: int) -> bool:
    """Whether an operation is the first behind a `try` that always goes on to it: whatever is raised there is caught,
    and neither the body nor a handler leaves."""
    passed = layout(scope).passed
    for at in range(op - 1, max(op - 1 - GUARDS, -1), -1):
        if any(in_block(scope, block, op) for block in passed.get(at, ())):
            return True
        if not _only_asks(scope.ops[at].action):
            return False
    return False


def handlers_before(scope: m.Scope, block: int, op: int) -> tuple[int, ...]:
    """The handlers inside a block by one of which alone an operation behind them is reached: without an exception, the
    block is left before it."""
    return tuple(i for end, handlers in layout(scope).failed.get(block, ()) if end <= op for i in handlers)


def types_caught(head: m.Expr | None) -> tuple[m.Expr | None, ...]:
    """The exception types that the head of an `except` names; None alone for one that catches whatever comes."""
    return head.items if isinstance(head, m.Display) else (head,)


def _only_asks(action: m.Action) -> bool:
    return isinstance(action, m.Eval) and action.role in {"if", "with"}


def _catches_all(caught: m.Expr | None, is_async: bool) -> bool:
    """Whether an `except` catches whatever ends the work of a `try`: a task is cancelled by a BaseException."""
    names = {"BaseException"} if is_async else {"BaseException", "Exception"}
    return any(part is None or (isinstance(part, m.Name) and part.id in names) for part in types_caught(caught))


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
            return not inner or not layout(scope).is_within(inner[0], frame)
    return False


def loops_over(scope: m.Scope, iterable: m.Expr) -> Iterator[int]:
    """The `for` loops whose iterable is this very expression."""
    frames = layout(scope).by_head.get(id(iterable), ()) if len(scope.frames) > 1 else ()
    return (index for index in frames if scope.frames[index].kind == "for")


def ops_in(scope: m.Scope, frame: int) -> Iterator[tuple[int, m.Op]]:
    """The operations inside a frame, nested frames included."""
    for index in span_of(scope, frame):
        yield index, scope.ops[index]


def span_of(scope: m.Scope, frame: int) -> range:
    """The indexes of the operations inside a frame, nested frames included."""
    return range(scope.frames[frame].op, layout(scope).end[frame])


def leaves(scope: m.Scope, frame: int) -> bool:
    """Whether a branch ends by leaving: its last statement is return, raise, continue or break, or an `if` or `with`
    that ends so whichever way it goes."""
    return layout(scope).leaves[frame]


def is_true(expr: m.Expr | None) -> bool:
    """Whether a condition is written as always true."""
    return isinstance(expr, m.Const) and expr.value in {"True", "1"}


def sure_frame(scope: m.Scope, op: int) -> int:
    """The innermost frame around an operation that is not merely an `if` whose test is always true."""
    frame = scope.ops[op].frame
    while scope.frames[frame].kind == "if" and is_true(scope.frames[frame].head):
        frame = scope.frames[frame].parent
    return frame


def guards(scope: m.Scope, op: int) -> Iterator[tuple[m.Expr, bool]]:
    """The conditions known to hold at an operation, with the truth they have: those of the branches around it, and
    those of earlier branches in the same blocks that leave."""
    at = scope.ops[op].frame
    around = list(islice(_outwards(scope, at), GUARDS))
    for index in around:
        frame = scope.frames[index]
        if frame.head is None:
            continue
        if frame.kind in {"if", "while"}:
            yield frame.head, True
        elif frame.kind in {"else", "while-else"}:
            yield frame.head, False
    left = list(islice(_left_before(scope, (*around, 0) if len(around) < GUARDS else around, op), GUARDS))
    for index in reversed(left):
        frame = scope.frames[index]
        if frame.head is not None:
            yield frame.head, frame.kind == "else"


def held_at(scope: m.Scope, op: int) -> Iterator[Asked]:
    """The tests known to hold at an operation: its guards, taken apart."""
    return (part for condition in guards(scope, op) for part in held(*condition))


def asserted(scope: m.Scope, op: int) -> Iterator[tuple[m.Expr, bool]]:
    """The conditions that were asserted before an operation, as `guards` gives them."""
    for at in layout(scope).asserts:
        action = scope.ops[at].action
        if isinstance(action, m.Eval) and runs_before(scope, at, op):
            yield action.value, True


def raised(scope: m.Scope, frame: int) -> bool:
    """Whether a branch ends by raising an error."""
    last = layout(scope).end[frame] - 1
    return last >= 0 and scope.ops[last].frame == frame and isinstance(scope.ops[last].action, m.Raise)


def raised_before(scope: m.Scope, op: int) -> Iterator[tuple[m.Expr, bool]]:
    """The conditions that hold at an operation since an error is raised where they do not, as `guards` gives them; at
    the end of the scope, where the operation is the one behind its last."""
    around = frames_of(scope, op) if op < len(scope.ops) else ()
    twins = (twin for frame in around[:GUARDS] for twin in _twins(scope, frame))
    for index in (*twins, *islice(_left_before(scope, (*around, 0), op), GUARDS)):
        head = scope.frames[index].head
        if head is not None and raised(scope, index):
            yield head, scope.frames[index].kind == "else"


def _twins(scope: m.Scope, frame: int) -> Iterator[int]:
    """The branch that is taken where another one is not."""
    if scope.frames[frame].kind in {"if", "else"}:
        yield from (part for part in parts_of(scope, frame, "if", "else") if part != frame)


def _outwards(scope: m.Scope, frame: int) -> Iterator[int]:
    """A frame and those around it, the root left out."""
    while frame > 0:
        yield frame
        frame = scope.frames[frame].parent


def _left_before(scope: m.Scope, blocks: Iterable[int], op: int) -> Iterator[int]:
    """The branches of some blocks around an operation that leave before it, the nearest first."""
    left = layout(scope).left if len(scope.frames) > 1 else {}
    for block in blocks:
        branches, ends = left.get(block, ((), ()))
        for index in range(bisect_right(ends, op) - 1, -1, -1):
            yield branches[index]


def is_main_guard(expr: m.Expr | None) -> bool:
    """`__name__ == "__main__"`, either way round."""
    if not isinstance(expr, m.Compare) or expr.ops != ("==",):
        return False
    sides = {expr.left, *expr.items}
    return m.Name("__name__") in sides


def in_main_guard(scope: m.Scope, op: int) -> bool:
    """Whether a module-level operation only runs as a script."""
    return any(is_main_guard(head) and truth for head, truth in guards(scope, op))
