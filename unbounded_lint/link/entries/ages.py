"""Age tests: comparisons of a date or deadline in an entry with the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import AccessList
from unbounded_lint.link.dataflow.clocks import summands, tells_time
from unbounded_lint.link.entries.sources import HOPS, Source
from unbounded_lint.link.entries.values import Entries, Entry
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.execution import RunQuery

_ORDER = frozenset({"<", "<=", ">", ">="})
_DEPTH = 8
_TERMS = 60


@dataclass(frozen=True, slots=True)
class AgeTest:
    """One comparison of an entry's date with the clock.

    scope, op, node   where it stands
    entries           the entries (or their parts) that are compared
    lasting           an age is compared with a limit (a deadline is compared with the clock alone)
    """

    scope: ScopeId
    op: int
    node: m.Compare
    entries: tuple[Entry, ...]
    lasting: bool


class _Term(NamedTuple):
    """A summand of one side of a comparison: "clock", "entry" or "other"."""

    kind: Literal["clock", "entry", "other"]
    sign: int
    entry: Entry | None = None


class AgeTests(RunQuery):
    """Finds the age tests of the entries of containers."""

    def of(self, accesses: AccessList) -> tuple[AgeTest, ...]:
        """The age tests of the entries of one container, tests of the project left out."""
        entries = Entries(self.flow, accesses)
        tests = (
            self._test(scope, op, node, entries)
            for scope in self.scopes(entries)
            if self._clocked(scope)
            for op in sorted({*entries.ops(scope), *(at for at, _ in self.flow.answered(scope))})
            for node in self._clocked(scope).get(op, ())
        )
        return tuple(test for test in tests if test is not None)

    def scopes(self, entries: Entries) -> tuple[ScopeId, ...]:
        """Where running code can get at the entries."""
        return tuple(s for s in entries.scopes() if self.execution.roots.is_live(s))

    @kept
    def _clocked(self, scope: ScopeId) -> Mapping[int, Sequence[m.Compare]]:
        """Operation of a scope -> its comparisons that a clock has a part in (or may have), whatever they compare with
        it."""
        found: dict[int, list[m.Compare]] = {}
        for op, each in enumerate(self.program.facts(scope).ops):
            for node in w.nodes(each.action):
                if isinstance(node, m.Compare) and len(node.ops) == 1 and node.ops[0] in _ORDER:
                    reader = _Terms(Entries(self.flow, AccessList()))
                    if any(t.kind == "clock" for t in reader.of_sides(node, scope)) or reader.left < 0:
                        found.setdefault(op, []).append(node)
        return found

    @staticmethod
    def _test(scope: ScopeId, op: int, node: m.Compare, entries: Entries) -> AgeTest | None:
        terms = _Terms(entries).of_sides(node, scope)
        clocks = {t.sign for t in terms if t.kind == "clock"}
        dates = {t.sign for t in terms if t.kind == "entry"}
        if len(clocks) != 1 or len(dates) != 1 or clocks == dates:
            return None
        lasting = any(t.kind == "other" for t in terms)
        found = tuple(dict.fromkeys(t.entry for t in terms if t.entry is not None))
        return AgeTest(scope, op, node, found, lasting)


class _Terms:
    """Takes the sides of a comparison apart into clock, entries and the rest."""

    def __init__(self, entries: Entries) -> None:
        self.entries = entries
        self.resolver = entries.resolver
        self.left = _TERMS

    def of_sides(self, node: m.Compare, scope: ScopeId) -> list[_Term]:
        """The summands of a comparison, as of their difference."""
        sides = ((node.left, 1), (node.items[0], -1))
        return [term for side, sign in sides for term in self._of(Source(side, scope, HOPS), sign, _DEPTH)]

    def _of(self, source: Source, sign: int, depth: int) -> Iterator[_Term]:
        self.left -= 1
        if not depth or self.left < 0:
            return
        found = self.entries.of(source.expr, source.scope)
        if found:
            yield from (_Term("entry", sign, entry) for entry in found)
        elif tells_time(source.expr, source.scope, self.resolver):
            yield _Term("clock", sign)
        else:
            parts = self._parts(source, sign)
            for part, part_sign in parts:
                yield from self._of(part, part_sign, depth - 1)
            if not parts:
                yield _Term("other", sign)

    def _parts(self, source: Source, sign: int) -> list[tuple[Source, int]]:
        """What a source is made of or comes from, each with its sign."""
        parts = [(source._replace(expr=part), each) for part, each in summands(source.expr, sign)]
        return parts or [(each, sign) for each in self.entries.sources.of(*source)]
