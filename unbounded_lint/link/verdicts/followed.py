"""Inserts whose entry the same run takes out again, further on: behind a call, a wait or a `yield`. Only what ends the
run before leaves the entry."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.keys.around import AroundQuery, Lead
from unbounded_lint.link.keys.identity import Shape
from unbounded_lint.link.program.blocks import STRAIGHT, comes_to, frames_of, held_at, in_cleanup, layout
from unbounded_lint.link.program.kept import grouped
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.callgraph import exclude

_NEXT = 5
"""How many removals behind an insert are looked at."""


class _Endings(NamedTuple):
    """The operations of functions that lead to removals, in order: by the function and the key, and those of clean-ups
    by the function."""

    by_key: Mapping[tuple[ScopeId, Shape], Sequence[int]]
    cleaning: Mapping[ScopeId, Sequence[int]]


class Followed(AroundQuery):
    """Finds the runs."""

    def run(self, inserts: Iterable[Access], removals: Iterable[Access]) -> tuple[ScopeId, int, int] | None:
        """A function that always comes to the removal of an entry behind its insert, and the operations of both; None
        unless each insert has one, or its callers do."""
        endings = self._endings(removals)
        if not (endings.by_key or endings.cleaning):
            return None
        found = [self._behind(insert, endings) for insert in inserts]
        return found[0] if found and None not in found else None

    def sure(self, removal: Access) -> Iterator[ScopeId]:
        """The functions that always come to a removal, if there is an entry, but for errors."""
        for lead in self.around.leads(self.around.start(removal)) if _is_keyed(removal) else ():
            if all(self.is_sure(place, removal) for place in lead.way) and not self._returns_before(*lead.place):
                yield lead.scope

    def _returns_before(self, scope: ScopeId, op: int) -> bool:
        facts = self.program.facts(scope)
        before = layout(facts).jumps[: bisect_left(layout(facts).jumps, op)]
        return any(isinstance(facts.ops[at].action, m.Return) for at in before)

    def passed(self, inserts: Iterable[Access], removals: Iterable[Access]) -> Iterator[tuple[ScopeId, int, int]]:
        """The functions that may come to the removal of an entry behind its insert, and the operations of both."""
        keyed = tuple(filter(_is_keyed, removals))
        endings = self._endings(keyed)
        beside = grouped((self._written(each), each.op) for each in sorted(keyed, key=lambda each: each.op))
        for insert in filter(_is_single, inserts):
            written = self._written(insert)
            same = beside.get(written, ()) if written[1] is not None else ()
            first = bisect_right(same, insert.op)
            behind = [(*insert.place, last) for last in same[first : first + _NEXT]]
            for lead in self.around.leads(self.around.start(insert)) if endings.by_key or endings.cleaning else ():
                behind += ((*lead.place, last) for last in self._removing(lead, endings))
            yield from (run for run in behind if not exclude(self.program.facts(run[0]), *run[1:]))

    def _written(self, access: Access) -> tuple[ScopeId, Shape | None]:
        """The function and the key of an access, one included that is the same in each run as far as can be told."""
        assert access.key is not None
        return access.scope, self.around.shapes.written(access.key, *access.place)

    def _endings(self, removals: Iterable[Access]) -> _Endings:
        """Where entries are removed, by the function that comes to that and the key; those of clean-ups by it alone."""
        by_key: dict[tuple[ScopeId, Shape], list[int]] = {}
        cleaning: dict[ScopeId, list[int]] = {}
        for removal in filter(_is_keyed, removals):
            for lead in self.around.leads(self.around.start(removal)):
                if not all(self.is_sure(place, removal) for place in lead.way[:-1]):
                    continue
                if lead.key is not None:
                    by_key.setdefault((lead.scope, lead.key), []).append(lead.op)
                if any(in_cleanup(self.program.facts(at), where) for at, where in lead.way):
                    cleaning.setdefault(lead.scope, []).append(lead.op)
        return _Endings(
            {place: sorted(ops) for place, ops in by_key.items()}, {at: sorted(ops) for at, ops in cleaning.items()}
        )

    def _behind(self, insert: Access, endings: _Endings) -> tuple[ScopeId, int, int] | None:
        def removed(lead: Lead) -> tuple[ScopeId, int, int] | None:
            facts = self.program.facts(lead.scope)
            behind = (last for last in self._removing(lead, endings) if comes_to(facts, lead.op, last))
            return next(((*lead.place, last) for last in behind), None)

        return self.around.always(self.around.start(insert), removed) if _is_single(insert) else None

    def _removing(self, lead: Lead, endings: _Endings) -> Iterator[int]:
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

    def is_sure(self, place: Place, removal: Access) -> bool:
        """Whether a function that leads to a removal comes to that by no choice, if there is an entry."""
        facts = self.program.facts(place[0])
        if any(facts.frames[frame].kind not in {*STRAIGHT, "if", "else"} for frame in frames_of(facts, place[1])):
            return False
        return all(asks_for(test.expr, removal) for test in held_at(facts, place[1]))


def asks_for(test: m.Expr, removal: Access) -> bool:
    """Whether a test is about whether there is an entry to be removed, and not about what its key is like."""
    parts = tuple(w.walk(test))
    if removal.site.node in parts:
        return True
    return removal.key in parts and not any(isinstance(part, m.Attr) and part.base == removal.key for part in parts)


def _is_keyed(access: Access) -> bool:
    return access.key is not None and access.handed is None


def _is_single(insert: Access) -> bool:
    return _is_keyed(insert) and not insert.bulk
