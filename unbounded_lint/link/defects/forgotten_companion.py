"""Containers that get the same keys side by side, and the removals from one that forget the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice

from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import REMOVING, Access
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.keys.identity import KeyShapes, Shape
from unbounded_lint.link.program.blocks import (
    apart,
    frames_of,
    has_finally,
    in_cleanup,
    in_twin,
    inside,
    layout,
    leaves,
)
from unbounded_lint.link.program.program import ITEMS, ScopeId, Site
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.inserts import GROWING
from unbounded_lint.link.verdicts.removals import IDLE, Moment, Removal

CLIMB = 2
"""How many callers up a key is compared."""

BESIDE = 30
"""How many containers that get one key are compared."""

LEADING = 100
"""How many calls that lead to one access are looked at."""

_RUNS: tuple[Moment, ...] = ("timer", "guaranteed", "later", "capacity", "insert", "event")
"""When a removal must run to count, the surest first."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Why a container keeps entries that another one let go.

    other     the container that gets the same keys
    shared    where both get the same key; for a walked one, where its entry goes with the other's
    walked    whether this container's only sweep walks the keys of the other
    removals  the removals from the other that leave the entry here, the surest first
    direct    both keys are written in one function
    """

    other: Container
    shared: tuple[ScopeId, int]
    walked: bool
    removals: tuple[Removal, ...]
    direct: bool


@dataclass(frozen=True, slots=True)
class _Keyed:
    """An access in the terms of the function it stands in, or of one that calls it.

    origin   the function it stands in
    single   the container holds a key at most once
    """

    scope: ScopeId
    op: int
    shape: Shape | None
    lifts: int
    node: m.Expr
    origin: ScopeId
    single: bool


class ForgottenCompanions(Question):
    """Answers what forgot a container. Memoised by the containers of one project."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.shapes = KeyShapes(linked.flow)
        self._inserts_of: dict[str, tuple[_Keyed, ...]] = {}
        self._leading: dict[tuple[ScopeId, int, int, Shape, bool], tuple[_Keyed, ...]] = {}
        self._shapes_of: dict[tuple[ScopeId, int, int], Shape | None] = {}
        self._removals_of: dict[str, Mapping[ScopeId, tuple[int, ...]]] = {}

    def of(self, container: Container) -> Forgotten | None:
        """What forgot a container, if anything did."""
        name = container.verdict.name
        if name in {"never", "event-only"}:
            found = list(self._beside(container))
        elif name in {"swept", "amortised"}:
            found = list(self._walked_with(container))
        else:
            return None
        return min(found, key=_rank, default=None)

    # --- the two forms ---

    def _beside(self, container: Container) -> Iterator[Forgotten]:
        """Others that get the same key in one function, and lose it while this one keeps it."""
        for other in self._with_same_key(container):
            if self._is_same(container, other) or self._succeeds(container, other):
                continue
            pair = min(self._pairs(container, other), key=_nearness, default=None)
            if pair is None or self._has_own_life(container, other):
                continue
            here, there = pair
            direct = not here.lifts and not there.lifts
            removals = tuple(r for r in self._that_forget(container, other) if direct or _ends(r, there))
            if removals:
                shared = here if not here.lifts else there
                yield Forgotten(other, (shared.scope, shared.op), False, removals, direct)

    def _with_same_key(self, container: Container) -> Iterator[Container]:
        """The others that get a key which this one gets too, up to a number, in their order."""
        shapes = dict.fromkeys(keyed.shape for keyed in self._inserts(container))
        found = {at for shape in shapes for at in self._by_shape.get(shape, ())[:BESIDE]}
        yield from (self._removed_from[at] for at in sorted(found)[:BESIDE])

    @cached_property
    def _by_shape(self) -> Mapping[Shape | None, Sequence[int]]:
        """Key -> the containers that get it, as positions among those that something is removed from."""
        found: dict[Shape | None, dict[int, None]] = {}
        for at, container in enumerate(self._removed_from):
            for keyed in self._inserts(container):
                found.setdefault(keyed.shape, {})[at] = None
        return {shape: tuple(places) for shape, places in found.items()}

    def _pairs(self, container: Container, other: Container) -> Iterator[tuple[_Keyed, _Keyed]]:
        """The inserts of the same key into both."""
        wanted: dict[Shape | None, list[_Keyed]] = {}
        for here in self._inserts(container):
            wanted.setdefault(here.shape, []).append(here)
        for there in self._inserts(other):
            for here in wanted.get(there.shape, ()):
                if self._are_together(here, there):
                    yield here, there

    def _walked_with(self, container: Container) -> Iterator[Forgotten]:
        """Others whose keys this one's only sweep walks: an entry whose key they lost is never met again."""
        bounding = [r for r in container.removals if r.when in {"timer", "insert"}]
        if any(r.when not in {"timer", "insert", *IDLE, "event"} for r in container.removals):
            return
        if any(r.extent != "single" or r.access.handed is not None for r in bounding):
            return
        for other in self._removed_from:
            if self._is_same(container, other) or self._succeeds(container, other):
                continue
            if not all(self._walks(r.access.scope, r.access.op, r.access, other, CLIMB) for r in bounding):
                continue
            removals = self._that_forget(container, other)
            if removals and not self._has_own_life(container, other):
                first = bounding[0].access
                yield Forgotten(other, (first.scope, first.op), True, removals, True)

    @cached_property
    def _removed_from(self) -> tuple[Container, ...]:
        return tuple(c for c in self.linked.containers if c.inserts and any(_counts(r, c) for r in c.removals))

    def _are_together(self, here: _Keyed, there: _Keyed) -> bool:
        """Whether one run of a function makes both inserts, as two entries for one thing."""
        facts = self.program.facts(here.scope)
        if here.scope != there.scope:
            return not here.lifts and not there.lifts
        if here.op == there.op and (here.lifts or there.lifts):
            return False
        if _excludes(facts, here.op, there.op):
            return False
        if here.lifts or there.lifts:
            return here.single and there.single and not _parted_by_work(facts, here.op, there.op)
        return here.node is not there.node or self._is_looped_over(here)

    def _is_looped_over(self, keyed: _Keyed) -> bool:
        """`for table in (A, B): table[key] = ...`: one operation on both, and not on the one or the other."""
        if not isinstance(keyed.node, m.Name):
            return False
        bindings = self.program.of(keyed.scope).bindings(keyed.scope.index).get(keyed.node.id, ())
        return bool(bindings) and all(b.kind in ITEMS for b in bindings)

    def _is_same(self, container: Container, other: Container) -> bool:
        """Whether both are one object: an attribute that a class inherits."""
        one, two = container.holder.handle, other.holder.handle
        if isinstance(one, Attribute) and isinstance(two, Attribute) and one.name == two.name:
            return self.flow.resolver.related(one.cls, two.cls)
        return one == two

    def _walks(self, scope: ScopeId, op: int, access: Access, other: Container, depth: int) -> bool:
        """Whether an operation runs for the keys of a walk over another container, in every caller."""
        at = Access("remove", Site(scope, op, access.site.node, access.site.parents), key=access.key)
        if self.linked.removals.extents.sweeping_loop(at, other.accesses) is not None:
            return True
        sites = [s for s in self.flow.live_calls(scope) if s.op >= 0]
        walking = [s for s in sites if "timer" in self.execution.kinds(s.scope, s.op)]
        return (
            depth > 0 and bool(walking) and all(self._walks(s.scope, s.op, access, other, depth - 1) for s in walking)
        )

    # --- who goes with whom ---

    def _that_forget(self, container: Container, other: Container) -> tuple[Removal, ...]:
        """The removals from `other` that run and leave the entry of `container`."""
        found = [
            r for r in other.removals if _counts(r, other) and not self._goes_with(r, container) and self._is_lasting(r)
        ]
        return tuple(sorted(found, key=lambda r: (_RUNS.index(r.when), r.access.scope, r.access.op)))

    def _is_lasting(self, removal: Removal) -> bool:
        """Whether code that runs again and again reaches a removal, and not an exit or an import alone."""
        return bool({c.kind for c in removal.contexts} - {"test", "dead", "import", "exit", "unstarted"})

    def _has_own_life(self, container: Container, other: Container) -> bool:
        """Whether some removal takes entries from `container` without `other`: then it is kept apart on purpose."""
        return any(not self._goes_with(r, other) for r in container.removals if r.when in _RUNS and self._is_lasting(r))

    def _goes_with(self, removal: Removal, container: Container) -> bool:
        """Whether the entry of another container goes, or comes, wherever a removal runs."""
        access = removal.access
        shape = self._shape(access)
        return self._is_accompanied(access.scope, access.op, shape, container, CLIMB)

    def _is_accompanied(self, scope: ScopeId, op: int, shape: Shape | None, other: Container, depth: int) -> bool:
        facts = self.program.facts(scope)
        beside = self._removal_ops(other).get(scope, ())
        if any(not _excludes(facts, op, at) for at in beside):
            return True
        if shape is not None and self._moves(scope, op, shape, other, depth):
            return True
        sites = [s for s in self.flow.live_calls(scope) if s.op >= 0]
        if not depth or not sites or any(c.root[0] == scope for c in self.execution.contexts(scope)):
            return False
        return all(
            self._is_accompanied(
                s.scope, s.op, self.shapes.lifted(shape, scope, s) if shape else None, other, depth - 1
            )
            for s in sites
        )

    def _succeeds(self, container: Container, other: Container) -> bool:
        """Whether some code takes a key out of `other` to put it into `container`: the next station of the entry."""
        return any(
            (shape := self._shape(r.access)) is not None
            and self._moves(r.access.scope, r.access.op, shape, container, CLIMB)
            for r in other.removals
        )

    def _moves(self, scope: ScopeId, op: int, shape: Shape, other: Container, depth: int) -> bool:
        """Whether the key goes from one container into the other: what waits becomes what is done."""
        if self.linked.holdings.of(other) == "locks":
            return False  # one that somebody waits for must not simply go
        facts = self.program.facts(scope)
        inserts = [
            keyed.op
            for keyed in self._inserts(other)
            if keyed.scope == scope and keyed.shape == shape and not _excludes(facts, op, keyed.op)
        ]
        if depth == CLIMB:
            return bool(inserts) and not any(_is_cleanup_after(facts, op, insert) for insert in inserts)
        return any(insert > op for insert in inserts)

    def _removal_ops(self, container: Container) -> Mapping[ScopeId, tuple[int, ...]]:
        """Where entries of a container are removed: in which operations of which functions, callers included."""
        if container.symbol not in self._removals_of:
            found: dict[ScopeId, list[int]] = {}
            for access in (a for a in container.accesses if a.kind in REMOVING and not a.nested):
                for keyed in islice(self._lifted(_keyed(access, None, False)), LEADING):
                    found.setdefault(keyed.scope, []).append(keyed.op)
            self._removals_of[container.symbol] = {scope: tuple(ops) for scope, ops in found.items()}
        return self._removals_of[container.symbol]

    # --- keys ---

    def _shape(self, access: Access) -> Shape | None:
        if access.key is None or access.bulk or access.handed is not None:
            return None
        key = (access.scope, access.op, id(access.key))
        if key not in self._shapes_of:
            self._shapes_of[key] = self.shapes.of(access.key, access.scope, access.op)
        return self._shapes_of[key]

    def _inserts(self, container: Container) -> tuple[_Keyed, ...]:
        """The inserts that make a container grow, each in the terms of its function and of the callers."""
        if container.symbol not in self._inserts_of:
            single = container.holder.made.kind.family in GROWING
            self._inserts_of[container.symbol] = tuple(
                keyed
                for insert in container.inserts
                if not insert.access.nested and (shape := self._shape(insert.access)) is not None
                for keyed in self._led_to(insert.access, shape, single)
            )
        return self._inserts_of[container.symbol]

    def _led_to(self, access: Access, shape: Shape, single: bool) -> tuple[_Keyed, ...]:
        """An insert and the calls that lead to it, up to a number: the same for every container that a helper is
        handed."""
        key = (access.scope, access.op, id(access.site.node), shape, single)
        if key not in self._leading:
            lifted = islice(self._lifted(_keyed(access, shape, single)), LEADING)
            self._leading[key] = tuple(keyed for keyed in lifted if keyed.shape is not None)
        return self._leading[key]

    def _lifted(self, keyed: _Keyed) -> Iterator[_Keyed]:
        """An access, and the calls that lead to it."""
        yield keyed
        if keyed.lifts >= CLIMB:
            return
        for site in self.flow.live_calls(keyed.scope):
            if site.op < 0:
                continue
            shape = self.shapes.lifted(keyed.shape, keyed.scope, site) if keyed.shape is not None else None
            if shape is not None or keyed.shape is None:
                up = replace(keyed, scope=site.scope, op=site.op, shape=shape, lifts=keyed.lifts + 1)
                yield from self._lifted(up)


def _keyed(access: Access, shape: Shape | None, single: bool) -> _Keyed:
    return _Keyed(access.scope, access.op, shape, 0, access.site.node, access.scope, single)


def _ends(removal: Removal, insert: _Keyed) -> bool:
    """Whether a removal ends what an insert in some callee began: a cap does not, and no bookkeeping of the callee."""
    return removal.when != "capacity" and removal.access.scope != insert.origin


def _rank(found: Forgotten) -> tuple[bool, int, str]:
    return (not found.direct, _RUNS.index(found.removals[0].when), found.other.symbol)


def _nearness(pair: tuple[_Keyed, _Keyed]) -> tuple[int, bool, ScopeId, int]:
    here, there = pair
    return (here.lifts + there.lifts, here.lifts > 0, here.scope, here.op)


def _counts(removal: Removal, container: Container) -> bool:
    """Whether a removal takes out entries whose end it knows: one that works off a queue only moves on."""
    if removal.when not in _RUNS or removal.access.guess:
        return False
    if removal.access.kind == "replace" and not _drops(removal.access):
        return False
    if removal.extent == "evict":
        return removal.when == "capacity" and container.holder.made.kind.family in GROWING
    return True


def _drops(access: Access) -> bool:
    """Whether the value that replaces a container is an empty one, or a part of the old one: what is loaded anew from
    elsewhere need not lack a key."""
    match access.value:
        case m.Display(items=content) | m.DictDisplay(items=content) | m.Call(args=content):
            return not content
        case m.Comp(clauses=clauses):
            return any(clause.conditions for clause in clauses)
    return False


def _excludes(facts: m.Scope, one: int, other: int) -> bool:
    """Whether no single run of a function reaches both operations: they stand in two branches of one condition, or the
    earlier one's branch leaves."""
    first, second = sorted((one, other))
    for index in apart(facts, first, second):
        frame = facts.frames[index]
        if frame.kind in {"if", "else", "case", "except"}:
            if in_twin(facts, index, second):
                return frame.kind != "except"
            if leaves(facts, index):
                return True
    return False


def _parted_by_work(facts: m.Scope, one: int, other: int) -> bool:
    """Whether one of two operations stands in a `try` with a `finally` that the other is outside of: what is entered
    there belongs to the work, not to its start."""
    between = chain(apart(facts, one, other), apart(facts, other, one))
    return any(facts.frames[i].kind == "try" and has_finally(facts, i) for i in between)


def _is_cleanup_after(facts: m.Scope, cleanup: int, insert: int) -> bool:
    """Whether an operation stands in the `finally` of a `try` that begins behind an insert: what is stored inside it
    is what the work gave."""
    if not in_cleanup(facts, cleanup):
        return False
    index = next(f for f in frames_of(facts, cleanup) if facts.frames[f].kind == "finally")
    bodies = [i for i in layout(facts).by_statement[facts.frames[index].statement] if facts.frames[i].kind == "try"]
    return not any(inside(facts, insert, i) for i in bodies)
