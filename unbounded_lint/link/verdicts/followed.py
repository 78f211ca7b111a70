"""Inserts whose entry the same run takes out again, further on: behind a call, a wait or a `yield`. Only what ends the
run before leaves the entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.keys.identity import KeyShapes, Shape
from unbounded_lint.link.program.blocks import apart, frames_of, held_at, in_block, in_cleanup, loops_around, parts_of
from unbounded_lint.link.program.kept import listed
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.program.truth import held

_LIFTS = 2
"""How many calls may lie between the run and what it does to a container."""

_STRAIGHT: frozenset[m.FrameKind] = frozenset({"try", "try-else", "with", "finally"})
"""The frames into which a run always comes."""


class _Led(NamedTuple):
    """The operations that lead to an access, the outermost last, and its key as that one's function knows it."""

    key: Shape | None
    way: tuple[Place, ...]


class Followed(Query):
    """Finds the runs."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow)
        self._shapes = KeyShapes(flow)

    def run(self, insert: Access, removals: tuple[Access, ...]) -> tuple[ScopeId, int, int] | None:
        """A function that always comes to the removal of an entry behind its insert, and the operations of both; where
        callers do, each of them must."""
        if insert.nested or insert.bulk:
            return None
        ending: dict[ScopeId, list[_Led]] = {}
        for removal in removals:
            for led in self._led(removal):
                if all(self._is_sure(place, removal) for place in led.way[:-1]):
                    ending.setdefault(led.way[-1][0], []).append(led)
        leads = {led.way: led for led in self._led(insert)} if ending else {}
        return self._followed(((insert.scope, insert.op),), leads, ending) if leads else None

    def _followed(
        self, way: tuple[Place, ...], leads: Mapping[tuple[Place, ...], _Led], ending: Mapping[ScopeId, list[_Led]]
    ) -> tuple[ScopeId, int, int] | None:
        (scope, op), one = way[-1], leads.get(way)
        for other in ending.get(scope, ()) if one is not None else ():
            if one is not None and self._is_of_same(one, other) and self._comes_to(scope, op, other.way[-1][1]):
                return scope, op, other.way[-1][1]
        if one is None or not self.flow.is_only_called(scope):
            return None
        found = [self._followed((*way, (s.scope, s.op)), leads, ending) for s in self.flow.call_sites(scope)]
        return found[0] if found and None not in found else None

    @listed
    def _led(self, access: Access) -> Iterator[_Led]:
        if access.key is not None and access.handed is None:
            key = self._shapes.of(access.key, access.scope, access.op)
            yield from (_Led(*each) for each in self._shapes.climbed(key, (access.scope, access.op), _LIFTS))

    def _is_sure(self, place: Place, removal: Access) -> bool:
        """Whether a function that leads to a removal always comes to that, if there is an entry."""
        facts, asked = self.program.facts(place[0]), (removal.site.node, removal.key)
        if any(facts.frames[frame].kind not in {*_STRAIGHT, "if", "else"} for frame in frames_of(facts, place[1])):
            return False
        return all(any(part in asked for part in w.walk(test.expr)) for test in held_at(facts, place[1]))

    def _is_of_same(self, one: _Led, other: _Led) -> bool:
        """Whether both are about one entry: by the key, or since a clean-up of what the insert gave back removes."""
        if one.key is not None and one.key == other.key:
            return True
        if len(one.way) == 1 or not any(in_cleanup(self.program.facts(scope), op) for scope, op in other.way):
            return False
        scope, op = one.way[-1]
        action = self.program.action(scope, op)
        given = {t for t in action.targets if isinstance(t, m.Name)} if isinstance(action, m.Assign) else set()
        calls = w.calls(self.program.facts(scope).ops[other.way[-1][1]].action)
        return any(part in given for call in calls for part in w.walk(call))

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
        return not any(self._leaves(facts, at, op) for at in range(op + 1, last))

    @staticmethod
    def _leaves(facts: m.Scope, at: int, op: int) -> bool:
        """Whether an operation takes a run away that has come to another one before, with no error at hand."""
        action = facts.ops[at].action
        if not isinstance(action, m.Return | m.Break | m.Continue):
            return False
        if any(facts.frames[frame].kind == "except" for frame in apart(facts, at, op)):
            return False
        inner = loops_around(facts, at)[:1]
        return isinstance(action, m.Return) or not inner or in_block(facts, inner[0], op)


def _tests(frame: m.Frame) -> frozenset[tuple[m.Expr, bool]]:
    """What holds in a branch."""
    if frame.kind not in {"if", "else"} or frame.head is None:
        return frozenset()
    return frozenset((test.expr, test.truth) for test in held(frame.head, frame.kind == "if"))
