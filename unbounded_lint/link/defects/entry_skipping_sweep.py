"""Sweeps that pass over entries in which some field was never set, while inserts leave that field unset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.defects.conditions import Condition, Conditions
from unbounded_lint.link.defects.field_writes import FieldWrites, Write
from unbounded_lint.link.defects.needed_fields import Fields, Needed
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.defects.unset_fields import Unset, UnsetFields
from unbounded_lint.link.entries.values import Entries, Path
from unbounded_lint.link.program.blocks import frames_of, in_cleanup
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.context import LIVE, Context, ContextKind
from unbounded_lint.link.verdicts.cleanups import Cleanup
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.inserts import Insert
from unbounded_lint.link.verdicts.removals import Removal

_OUTSIDERS: frozenset[ContextKind] = frozenset({"api", "tested"})
_OWN: frozenset[ContextKind] = frozenset({"timer", "later", "startup", "import"})
"""What the program does by itself: timers, and workers that it starts."""


@dataclass(frozen=True)
class Skip:
    """A sweep that passes over some entries for ever.

    removal   the removal of the sweep
    path      the field that must be set for it, () for the value itself
    guards    the conditions that ask for it: scope and operation each
    insert    an insert that can leave it unset
    unset     where that is decided
    setters   where it is set later, by events alone
    """

    removal: Removal
    path: Path
    guards: tuple[Place, ...]
    insert: Insert
    unset: Unset
    setters: tuple[Place, ...]
    confidence: Confidence


@dataclass(frozen=True)
class _Barred:
    """One way to a removal, the fields that it needs (with the conditions that ask for each), and those it compares."""

    removal: Removal
    needs: tuple[Needed, ...]
    asking: tuple[tuple[Path, Condition], ...]
    compared: frozenset[Path]


class EntrySkippingSweeps(Question):
    """Finds the entries that no sweep of a container takes."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.unset_fields = UnsetFields(linked.flow)
        self.writes = FieldWrites(linked.flow)

    def of(self, container: Container) -> Skip | None:
        """The strongest case of entries that every sweep of the container passes over."""
        removals = container.removals
        if container.verdict.name not in {"swept", "amortised"} or {r.when for r in removals} & {"capacity", "later"}:
            return None
        barred = self._barred(container)
        if not barred:
            return None
        paired = [r for r in removals if r.when == "guaranteed"]
        cleanup = self.linked.removals.cleanups.of(paired, container.accesses)
        skips = (self._skipped(insert, barred, cleanup, container) for insert in self._stored(container))
        return max((skip for skip in skips if skip is not None), key=lambda s: s.confidence.rank, default=None)

    @staticmethod
    def _stored(container: Container) -> tuple[Insert, ...]:
        accesses = ((insert, insert.access) for insert in container.inserts)
        return tuple(insert for insert, a in accesses if not (a.nested or a.value is None or a.bulk))

    @kept
    def _entries(self, container: Container) -> Entries:
        is_map = container.holder.made.kind.family in {"map", "cache"}
        return Entries(self.flow, container.accesses, is_map=is_map)

    @kept
    def _classes(self, container: Container) -> tuple[ScopeId, ...]:
        """The classes whose instances a container holds, as far as known."""
        values = [(insert.access.value, insert.access.scope) for insert in self._stored(container)]
        return tuple(sorted({c for v, scope in values if v is not None for c in self.resolver.classes(v, scope)}))

    # --- the sweeps ---

    def _barred(self, container: Container) -> list[_Barred]:
        """Every way in which a timer or an insert takes entries, with what it needs; none if some way needs nothing."""
        entries = self._entries(container)
        conditions = Conditions(self.linked, entries)
        fields = Fields(entries, self._classes(container))
        found = []
        for removal in container.removals:
            if removal.when not in {"timer", "insert"}:
                continue
            ways = conditions.ways(removal)
            if ways is None:
                return []
            for way in ways:
                needs = fields.needs(way)
                if needs is None:
                    continue
                if not needs:
                    return []
                asking = tuple((n.path, c) for c in way for n in sorted(fields.needs((c,)) or ()) if not n.truthy)
                found.append(_Barred(removal, tuple(sorted(needs)), asking, fields.compared(way)))
        return found

    # --- one insert ---

    def _skipped(self, insert: Insert, barred: list[_Barred], cleanup: Cleanup, container: Container) -> Skip | None:
        if self.linked.removals.cleanups.cover(cleanup, insert.access, container.accesses):
            return None
        unset_at: dict[Path, Unset] = {}
        for bar in barred:
            if not any(needed.path in unset_at for needed in bar.needs):
                chosen = self._left_unset(insert, bar)
                if chosen is None:
                    return None
                unset_at.update([chosen])
        judged = [self._judge(insert, path, unset, container) for path, unset in unset_at.items()]
        if any(level is None for level, _ in judged) or (len(judged) > 1 and any(setters for _, setters in judged)):
            return None
        path, unset = next(iter(unset_at.items()))
        level, setters = judged[0]
        timed = any(path in bar.compared for bar in barred)
        if level is None or (not timed and (setters or not unset.certain)):
            return None
        if any(r.when == "event" and self._share_a_run(r.access, insert.access) for r in container.removals):
            level = Confidence.LOW
        bar = next(b for b in barred if any(n.path == path for n in b.needs))
        return Skip(bar.removal, path, tuple(dict.fromkeys(self._guards(bar, path))), insert, unset, setters, level)

    def _left_unset(self, insert: Insert, bar: _Barred) -> tuple[Path, Unset] | None:
        """A field that bars an entry and that an insert can leave unset."""
        access = insert.access
        assert access.value is not None
        for needed in bar.needs:
            if not needed.truthy or needed.path in bar.compared:
                unset = self.unset_fields.of(access.value, access.scope, access.op, needed)
                if unset is not None:
                    return needed.path, unset
        return None

    def _share_a_run(self, one: Access | Write, insert: Access) -> bool:
        return self.graph.share_a_run((one.scope, one.op), (insert.scope, insert.op))

    def _guards(self, bar: _Barred, path: Path) -> Iterator[Place]:
        """Where the conditions stand that ask for the field."""
        for asked, condition in bar.asking:
            ops = self.program.facts(condition.scope).ops if asked == path else ()
            at = (i for i, op in enumerate(ops) if any(node is condition.expr for node in w.nodes(op.action)))
            yield from ((condition.scope, index) for index in islice(at, 1))

    # --- what sets the field later ---

    def _judge(
        self, insert: Insert, path: Path, unset: Unset, container: Container
    ) -> tuple[Confidence | None, tuple[Place, ...]]:
        """How sure it is that the field can stay unset (None: it is set in time), and the events that set it."""
        found = dict.fromkeys(self._writes(insert, path, container))
        writes = [write for write in found if self.execution.kinds(write.scope, write.op) & (LIVE | {"tested"})]
        setters = tuple((each.scope, each.op) for each in writes if not _is_nothing(each.value))
        level = Confidence.HIGH if unset.certain else Confidence.LOW
        if not setters:
            return level, ()
        if len(setters) < len(writes) or any(self._is_sure(each, insert.access) for each in writes):
            return None, setters
        asked_for = all(map(self._is_asked_for, (c for place in setters for c in self.execution.sources(*place))))
        return (Confidence.MEDIUM if asked_for and unset.certain else Confidence.LOW), setters

    def _is_asked_for(self, context: Context) -> bool:
        """Whether someone outside the program has to ask, by a request or a command; an event of the program itself
        will most likely come."""
        if context.kind == "run":
            return context.by in {"hook", "decorated"} or self.execution.is_asked_for(context)
        return context.kind not in _OUTSIDERS

    def _is_sure(self, write: Write, insert: Access) -> bool:
        """Whether a field is set whatever happens to the entry's owner, or by the run that made the entry."""
        facts = self.program.facts(write.scope)
        handles = any(facts.frames[f].kind == "except" for f in frames_of(facts, write.op))
        if handles or in_cleanup(facts, write.op) or self.linked.removals.guarantees.is_callback(write.scope):
            return True
        contexts = self.execution.at(write.scope, write.op)
        if any(c.cleanup or c.kind in _OWN for c in contexts):
            return True
        if "main" in {c.kind for c in contexts} - self.execution.kinds(insert.scope, insert.op):
            return True
        return self._share_a_run(write, insert)

    def _writes(self, insert: Insert, path: Path, container: Container) -> Iterator[Write]:
        if path and not path[-1][1:-1].isdigit():
            yield from self.writes.of(path[-1], self._entries(container), self._classes(container))
            return
        # Another insert, perhaps under the same key, stores a value in which the field is set.
        for access in container.accesses:
            if access.kind == "insert" and not access.nested and access is not insert.access:
                if access.value is not None:
                    if self.unset_fields.of(access.value, access.scope, access.op, Needed(path, False)) is None:
                        yield Write(access.scope, access.op, access.value)


def _is_nothing(value: m.Expr | None) -> bool:
    return isinstance(value, m.Const) and value.value in {"None", "False"}
