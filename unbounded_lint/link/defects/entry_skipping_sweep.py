"""Sweeps that pass over entries in which some field was never set, while inserts leave that field unset."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.finding import Confidence
from unbounded_lint.link.containers.accesses import Access
from unbounded_lint.link.dataflow.sites import stored
from unbounded_lint.link.defects.conditions import Condition, Conditions
from unbounded_lint.link.defects.needed_fields import Fields, Needed
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.defects.unset_fields import Unset, UnsetFields
from unbounded_lint.link.entries.views import Path, Views
from unbounded_lint.link.program.blocks import frames_of, in_cleanup
from unbounded_lint.link.program.program import ScopeId, Site
from unbounded_lint.link.runs.context import LIVE, ContextKind
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
    guards: tuple[tuple[ScopeId, int], ...]
    insert: Insert
    unset: Unset
    setters: tuple[tuple[ScopeId, int], ...]
    confidence: Confidence


@dataclass(frozen=True)
class _Barred:
    """One way to a removal, the fields that it needs (with the conditions that ask for each), and those it compares."""

    removal: Removal
    needs: tuple[Needed, ...]
    asking: tuple[tuple[Path, Condition], ...]
    compared: frozenset[Path]


@dataclass(frozen=True)
class _Owned:
    """A container, and the classes whose instances it holds, as far as known."""

    container: Container
    classes: tuple[ScopeId, ...]


@dataclass(frozen=True)
class _Write:
    """A field is set (or unset) after the insert."""

    scope: ScopeId
    op: int
    sets: bool


class EntrySkippingSweeps(Question):
    """Finds the entries that no sweep of a container takes."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.unset_fields = UnsetFields(linked.flow)

    def of(self, container: Container) -> Skip | None:
        """The strongest case of entries that every sweep of the container passes over."""
        removals = container.removals
        if container.verdict.name not in {"swept", "amortised"} or {r.when for r in removals} & {"capacity", "later"}:
            return None
        stored = [i for i in container.inserts if not (i.access.nested or i.access.value is None or i.access.bulk)]
        owned = _Owned(container, tuple(sorted({c for i in stored for c in self._classes(i.access)})))
        views = Views(self.flow, container.accesses, container.holder.made.kind.family in {"map", "cache"})
        conditions = Conditions(self.linked, views)
        barred = self._barred(conditions, Fields(self.flow, views, owned.classes), removals)
        found = [s for i in stored if (s := self._skipped(i, barred, owned)) is not None] if barred else []
        return max(found, key=lambda s: s.confidence.rank, default=None)

    def _classes(self, access: Access) -> tuple[ScopeId, ...]:
        assert access.value is not None
        return self.resolver.classes(access.value, access.scope)

    # --- the sweeps ---

    @staticmethod
    def _barred(conditions: Conditions, fields: Fields, removals: tuple[Removal, ...]) -> list[_Barred]:
        """Every way in which a timer or an insert takes entries, with what it needs; none if some way needs nothing."""
        found = []
        for removal in removals:
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

    def _skipped(self, insert: Insert, barred: list[_Barred], owned: _Owned) -> Skip | None:
        removals = owned.container.removals
        if self.linked.removals.guarantees.covers([r for r in removals if r.when == "guaranteed"], insert.access):
            return None
        paths: dict[Path, Unset] = {}
        for bar in barred:
            known = next((n for n in bar.needs if n.path in paths), None)
            if known is None:
                chosen = self._left_unset(insert, bar)
                if chosen is None:
                    return None
                paths[chosen[0].path] = chosen[1]
        judged = [(path, unset, self._judge(insert, path, unset, owned)) for path, unset in paths.items()]
        if any(level is None for _, _, (level, _) in judged) or (
            len(judged) > 1 and any(setters for _, _, (_, setters) in judged)
        ):
            return None
        path, unset, (level, setters) = judged[0]
        timed = any(path in bar.compared for bar in barred)
        if level is None or (not timed and (setters or not unset.certain)):
            return None
        if any(r.when == "event" and self._same_run(r.access, insert.access) for r in removals):
            level = Confidence.LOW
        bar = next(b for b in barred if any(n.path == path for n in b.needs))
        return Skip(bar.removal, path, tuple(dict.fromkeys(self._guards(bar, path))), insert, unset, setters, level)

    def _left_unset(self, insert: Insert, bar: _Barred) -> tuple[Needed, Unset] | None:
        value = insert.access.value
        assert value is not None
        for needed in bar.needs:
            if needed.truthy and needed.path not in bar.compared:
                continue
            unset = self.unset_fields.of(value, insert.access.scope, insert.access.op, needed)
            if unset is not None:
                return needed, unset
        return None

    def _same_run(self, removal: Access, insert: Access) -> bool:
        return self.graph.share_a_run((removal.scope, removal.op), (insert.scope, insert.op))

    def _guards(self, bar: _Barred, path: Path) -> Iterator[tuple[ScopeId, int]]:
        """Where the conditions stand that ask for the field."""
        for asked, condition in bar.asking:
            place = self._place(condition) if asked == path else None
            if place is not None:
                yield place

    def _place(self, condition: Condition) -> tuple[ScopeId, int] | None:
        scope = condition.view.scope
        for index, op in enumerate(self.program.facts(scope).ops):
            if any(node is condition.expr for node in w.nodes(op.action)):
                return scope, index
        return None

    # --- what sets the field later ---

    def _judge(
        self, insert: Insert, path: Path, unset: Unset, owned: _Owned
    ) -> tuple[Confidence | None, tuple[tuple[ScopeId, int], ...]]:
        """How sure it is that the field can stay unset (None: it is set in time), and the events that set it."""
        writes = [
            each
            for each in dict.fromkeys(self._writes(insert, path, owned))
            if self.execution.kinds(each.scope, each.op) & (LIVE | {"tested"})
        ]
        setters = tuple((each.scope, each.op) for each in writes if each.sets)
        level = Confidence.HIGH if unset.certain else Confidence.LOW
        if not setters:
            return level, ()
        if len(setters) < len(writes) or any(self._is_sure(each, insert.access) for each in writes):
            return None, setters
        asked_for = all(self._is_asked_for(*place) for place in setters)
        return (Confidence.MEDIUM if asked_for and unset.certain else Confidence.LOW), setters

    def _is_asked_for(self, scope: ScopeId, op: int) -> bool:
        """Whether someone outside the program has to ask for an operation, by a request or a command; an event of the
        program itself will most likely come."""
        for context in self.execution.sources(scope, op):
            if context.kind in _OUTSIDERS:
                return False
            root, at = context.root
            calls = self.program.calls_at(root, at)
            wired = bool(self.program.facts(root).decorators)
            wired = wired or any(self.execution.timers.hooks_of(call, root) for call in calls)
            if context.kind == "run" and not wired:
                return False
        return True

    def _is_sure(self, write: _Write, insert: Access) -> bool:
        """Whether a field is set whatever happens to the entry's owner, or by the run that made the entry."""
        facts = self.program.facts(write.scope)
        if in_cleanup(facts, write.op) or self.linked.removals.guarantees.is_callback(write.scope):
            return True
        if any(facts.frames[f].kind == "except" for f in frames_of(facts, write.op)):
            return True
        contexts = self.execution.at(write.scope, write.op)
        if any(c.cleanup or c.kind in _OWN for c in contexts):
            return True
        if "main" in {c.kind for c in contexts} - self.execution.kinds(insert.scope, insert.op):
            return True
        return self.graph.share_a_run((write.scope, write.op), (insert.scope, insert.op))

    def _writes(self, insert: Insert, path: Path, owned: _Owned) -> Iterator[_Write]:
        if not path or path[-1].strip("[]").isdigit():
            yield from self._stored_anew(insert, path, owned.container)
        elif path[-1].startswith("."):
            yield from self._attribute_writes(path[-1][1:], insert.access, owned.classes)
            yield from self._replaced(path[-1][1:], insert.access)
        else:
            yield from self._item_writes(path[-1][1:-1], insert.access, owned.container)

    def _stored_anew(self, insert: Insert, path: Path, container: Container) -> Iterator[_Write]:
        """Another insert stores a value in which the field is set: perhaps under the same key."""
        needed = Needed(path, False)
        for access in container.accesses:
            if access.kind != "insert" or access.nested or access.value is None or access is insert.access:
                continue
            if not self.program.is_test(access.scope):
                if self.unset_fields.of(access.value, access.scope, access.op, needed) is None:
                    yield _Write(access.scope, access.op, True)

    def _attribute_writes(self, name: str, insert: Access, classes: tuple[ScopeId, ...]) -> Iterator[_Write]:
        for site in self.program.sites(name):
            if not isinstance(site.node, m.Attr) or self.program.is_test(site.scope):
                continue
            written = stored(self.program.op(site).action, site)
            if written is None or self._is_of_making(site, site.node.base, insert):
                continue
            owners = self.resolver.classes(site.node.base, site.scope)
            if owners and classes and not any(self.resolver.related(o, c) for o in owners for c in classes):
                continue
            yield _Write(site.scope, site.op, not _is_nothing(written))

    def _is_of_making(self, site: Site, base: m.Expr, insert: Access) -> bool:
        """Whether a write belongs to the making of the entry, which the insert was judged by."""
        facts = self.program.facts(site.scope)
        if (
            facts.name in name_lists().constructors | {"__setstate__"}
            and facts.parameters
            and base == m.Name(facts.parameters[0].name)
        ):
            return True
        return site.scope == insert.scope and isinstance(base, m.Name) and base == insert.value

    def _replaced(self, name: str, insert: Access) -> Iterator[_Write]:
        """`replace(record, name=...)`."""
        for module in self.program.mentioning(name):
            if module.file.is_test:
                continue
            for index, facts in enumerate(module.facts.scopes):
                scope = ScopeId(module.path, index)
                for at, op in enumerate(facts.ops):
                    for call in w.calls(op.action):
                        if w.last_name(call.func) in name_lists().replacers and scope != insert.scope:
                            for argument in call.args:
                                if argument.keyword == name and not self._may_be_none(argument.value, scope, at):
                                    yield _Write(scope, at, True)

    def _may_be_none(self, value: m.Expr, scope: ScopeId, op: int) -> bool:
        return self.unset_fields.of(value, scope, op, Needed((), False)) is not None

    def _item_writes(self, key: str, insert: Access, container: Container) -> Iterator[_Write]:
        for path in sorted({a.scope.path for a in container.accesses}):
            module = self.program.module(path)
            if module is None or module.file.is_test:
                continue
            for index, facts in enumerate(module.facts.scopes):
                scope = ScopeId(path, index)
                for at, op in enumerate(facts.ops):
                    own = scope == insert.scope
                    yield from (_Write(scope, at, sets) for sets in _item_sets(op.action, key, insert, own))


def _item_sets(action: m.Action, key: str, insert: Access, own: bool) -> Iterator[bool]:
    """For each store under a constant key: whether what is stored is something."""
    if isinstance(action, m.Assign) and action.value is not None:
        for target in action.targets:
            if isinstance(target, m.Sub) and isinstance(target.index, m.Const) and target.index.value == key:
                if not (own and isinstance(target.base, m.Name) and target.base == insert.value):
                    yield not _is_nothing(action.value)
    for call in w.calls(action):
        if isinstance(call.func, m.Attr) and call.func.name in {"update", "setdefault"}:
            entries = [e for a in call.args if isinstance(a.value, m.DictDisplay) for e in a.value.items]
            named = any(a.keyword == key for a in call.args)
            first = call.args[0].value if call.args else None
            sets = call.func.name == "setdefault" and isinstance(first, m.Const) and first.value == key
            if named or sets or any(isinstance(e.key, m.Const) and e.key.value == key for e in entries):
                yield True


def _is_nothing(value: m.Expr) -> bool:
    return isinstance(value, m.Const) and value.value in {"None", "False"}
