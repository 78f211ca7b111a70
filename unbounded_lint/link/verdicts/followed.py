"""Inserts whose entry the same run takes out again, further on: behind a call, a wait or a `yield`. Only what ends the
run before leaves the entry."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.keys.around import Around, Lead
from unbounded_lint.link.keys.identity import Shape
from unbounded_lint.link.program.blocks import apart, frames_of, held_at, in_block, in_cleanup, loops_around, parts_of
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.program.truth import held
from unbounded_lint.link.runs.execution import Execution, RunQuery

_NEXT = 5
"""How many removals behind an insert are looked at."""

_STRAIGHT: frozenset[m.FrameKind] = frozenset({"try", "try-else", "with", "finally"})
"""The frames into which a run always comes."""


class Endings(NamedTuple):
    """The operations of functions that lead to removals, in order: by the function and the key, and those of clean-ups
    by the function."""

    by_key: Mapping[tuple[ScopeId, Shape], Sequence[int]]
    cleaning: Mapping[ScopeId, Sequence[int]]


class Followed(RunQuery):
    """Finds the runs."""

    def __init__(self, flow: Flow, execution: Execution) -> None:
        super().__init__(flow, execution)
        self._around = Around(flow, execution)

    def endings(self, removals: Iterable[Access]) -> Endings:
        """Where entries are removed, by the function that comes to that and the key; those of clean-ups by it alone."""
        by_key: dict[tuple[ScopeId, Shape], list[int]] = {}
        cleaning: dict[ScopeId, list[int]] = {}
        for removal in filter(_is_keyed, removals):
            for lead in self._around.leads(self._around.start(removal)):
                if not all(self._is_sure(place, removal) for place in lead.way[:-1]):
                    continue
                if lead.key is not None:
                    by_key.setdefault((lead.scope, lead.key), []).append(lead.op)
                if any(in_cleanup(self.program.facts(at), where) for at, where in lead.way):
                    cleaning.setdefault(lead.scope, []).append(lead.op)
        return Endings(
            {place: sorted(ops) for place, ops in by_key.items()}, {at: sorted(ops) for at, ops in cleaning.items()}
        )

    def run(self, insert: Access, endings: Endings) -> tuple[ScopeId, int, int] | None:
        """A function that always comes to the removal of an entry behind its insert, and the operations of both; where
        callers do, each of them must."""
        if insert.nested or insert.bulk or not _is_keyed(insert) or not (endings.by_key or endings.cleaning):
            return None
        return self._around.always(self._around.start(insert), lambda lead: self._followed(lead, endings))

    def _followed(self, lead: Lead, endings: Endings) -> tuple[ScopeId, int, int] | None:
        behind = (last for last in self._removing(lead, endings) if self._comes_to(lead.scope, lead.op, last))
        return next(((lead.scope, lead.op, last) for last in behind), None)

    def _removing(self, lead: Lead, endings: Endings) -> Iterator[int]:
        """The operations shortly behind an insert that remove its entry: by the key, or since a clean-up of what the
        insert gave back does."""
        scope, op = lead.place
        same = endings.by_key.get((scope, lead.key), ()) if lead.key is not None else ()
        first = bisect_right(same, op)
        yield from same[first : first + _NEXT]
        action = self.program.action(scope, op) if lead.lifts and scope in endings.cleaning else None
        given = {t for t in action.targets if isinstance(t, m.Name)} if isinstance(action, m.Assign) else set()
        cleaning = endings.cleaning[scope] if given else ()
        first = bisect_right(cleaning, op)
        for last in cleaning[first : first + _NEXT]:
            calls = w.calls(self.program.facts(scope).ops[last].action)
            if any(part in given for call in calls for part in w.walk(call)):
                yield last

    def _is_sure(self, place: Place, removal: Access) -> bool:
        """Whether a function that leads to a removal always comes to that, if there is an entry."""
        facts, asked = self.program.facts(place[0]), (removal.site.node, removal.key)
        if any(facts.frames[frame].kind not in {*_STRAIGHT, "if", "else"} for frame in frames_of(facts, place[1])):
            return False
        return all(any(part in asked for part in w.walk(test.expr)) for test in held_at(facts, place[1]))

    def _comes_to(self, scope: ScopeId, op: int, last: int) -> bool:
        """Whether a run always comes from one operation to another behind it, but for errors."""
        facts = self.program.facts(scope)
        if not 0 <= op < last or loops_around(facts, op) != loops_around(facts, last):
            return False
        known = {test for frame in frames_of(facts, op) for test in _tests(facts.frames[frame])}
        for frame in apart(facts, last, op):
            tests, straight = _tests(facts.frames[frame]), facts.frames[frame].kind in _STRAIGHT
            handled = any(in_block(facts, handler, op) for handler in parts_of(facts, frame, "except"))
            if not (tests and tests <= known) and (not straight or handled):
                return False
        leaving = self._leaving(scope)
        between = leaving[bisect_right(leaving, op) : bisect_left(leaving, last)]
        return not any(_takes_away(facts, at, op) for at in between)

    @kept
    def _leaving(self, scope: ScopeId) -> Sequence[int]:
        """The operations of a scope that leave a block, but for errors."""
        ops = enumerate(self.program.facts(scope).ops)
        return tuple(at for at, op in ops if isinstance(op.action, m.Return | m.Break | m.Continue))


def _is_keyed(access: Access) -> bool:
    return access.key is not None and access.handed is None


def _takes_away(facts: m.Scope, at: int, op: int) -> bool:
    """Whether an operation that leaves a block takes a run away that has come to another one before, with no error at
    hand."""
    if any(facts.frames[frame].kind == "except" for frame in apart(facts, at, op)):
        return False
    inner = loops_around(facts, at)[:1]
    return isinstance(facts.ops[at].action, m.Return) or not inner or in_block(facts, inner[0], op)


def _tests(frame: m.Frame) -> frozenset[tuple[m.Expr, bool]]:
    """What holds in a branch."""
    if frame.kind not in {"if", "else"} or frame.head is None:
        return frozenset()
    return frozenset((test.expr, test.truth) for test in held(frame.head, frame.kind == "if"))
