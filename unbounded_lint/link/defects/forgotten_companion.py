"""Containers that get the same keys side by side, and the removals from one that forget the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import REMOVING, Access
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.defects.question import Linked, Question
from unbounded_lint.link.entries.values import Entries
from unbounded_lint.link.keys.around import Around, Lead
from unbounded_lint.link.keys.identity import Shape
from unbounded_lint.link.program.blocks import (
    apart,
    comes_to,
    has_finally,
    held_at,
    inside,
    layout,
    parts_of,
    runs_before,
)
from unbounded_lint.link.program.kept import grouped, kept
from unbounded_lint.link.program.module import Place, ScopeId, Site
from unbounded_lint.link.program.truth import Asked
from unbounded_lint.link.runs.callgraph import exclude
from unbounded_lint.link.verdicts.container import Container
from unbounded_lint.link.verdicts.inserts import GROWING
from unbounded_lint.link.verdicts.removals import IDLE, Moment, Removal

CLIMB = 2
"""How many callers up a key is compared."""

BESIDE = 30
"""How many containers that get one key are compared."""

_BY_ITSELF: frozenset[Moment] = frozenset({"timer", "insert", "later"})
"""When removals run that need no owner."""

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
    shared: Place
    walked: bool
    removals: tuple[Removal, ...]
    direct: bool


class _Led(NamedTuple):
    """An access, and what leads to it."""

    access: Access
    lead: Lead


class ForgottenCompanions(Question):
    """Answers what forgot a container. Memoised by the containers of one project."""

    def __init__(self, linked: Linked) -> None:
        super().__init__(linked)
        self.around = Around(linked.flow, linked.execution)

    def of(self, container: Container) -> Forgotten | None:
        """What forgot a container, if anything did."""
        name = container.verdict.name
        if name in {"never", "event-only"}:
            found = list(self._beside(container))
        elif name in {"swept", "amortised", "entry-timer"}:
            found = list(self._walked_with(container))
        else:
            return None
        return min(found, key=lambda f: (not f.direct, _RUNS.index(f.removals[0].when), f.other.symbol), default=None)

    # --- what leads to the accesses of containers ---

    @kept
    def _inserts(self, container: Container) -> tuple[_Led, ...]:
        """The inserts of whole entries that make a container grow, each with what leads to it and tells its key."""
        accesses = (insert.access for insert in container.inserts if not insert.access.nested)
        found = (_Led(a, lead) for a in accesses for lead in self.around.leads(self.around.start(a), CLIMB))
        return tuple(led for led in found if led.lead.key is not None)

    @kept
    def _removals(self, container: Container) -> tuple[tuple[Removal, Lead], ...]:
        """The removals from a container, with the key of each."""
        return tuple((removal, self.around.start(removal.access)) for removal in container.removals)

    @kept
    def _removal_ops(self, container: Container) -> Mapping[ScopeId, Sequence[int]]:
        """Where entries of a container are removed: in which operations of which functions, callers included."""
        places = (a.place for a in container.accesses if a.kind in REMOVING and not a.nested)
        return grouped(lead.place for place in places for lead in self.around.leads(Lead(None, (place,)), CLIMB))

    # --- the two forms ---

    def _beside(self, container: Container) -> Iterator[Forgotten]:
        """Others that get the same key in one function, and lose it while this one keeps it."""
        for other in self._with_same_key(container):
            pairs = self._pairs(container, other) if self._is_companion(container, other) else ()
            nearest = min(pairs, key=_distance, default=None)
            if nearest is None:
                continue
            here, there = nearest
            direct = not here.lead.lifts and not there.lead.lifts
            # from afar, a cap ends nothing that an insert in some callee began, and neither does its own bookkeeping
            removals = tuple(
                r
                for r in self._that_forget(container, other)
                if direct or (r.when != "capacity" and r.access.scope != there.access.scope)
            )
            if removals:
                shared = here if not here.lead.lifts else there
                yield Forgotten(other, shared.lead.place, False, removals, direct)

    def _with_same_key(self, container: Container) -> Iterator[Container]:
        """The others that get a key which this one gets too, up to a number, in their order."""
        shapes = dict.fromkeys(led.lead.key for led in self._inserts(container))
        found = {at for shape in shapes for at in self._by_shape.get(shape, ())[:BESIDE]}
        yield from (self._removed_from[at] for at in sorted(found)[:BESIDE])

    @cached_property
    def _by_shape(self) -> Mapping[Shape | None, Sequence[int]]:
        """Key -> the containers that get it, as positions among those that something is removed from."""
        found: dict[Shape | None, dict[int, None]] = {}
        for at, container in enumerate(self._removed_from):
            for led in self._inserts(container):
                found.setdefault(led.lead.key, {})[at] = None
        return {shape: tuple(places) for shape, places in found.items()}

    @cached_property
    def _removed_from(self) -> tuple[Container, ...]:
        return tuple(c for c in self.linked.containers if c.inserts and any(_counts(r, c) for r in c.removals))

    def _pairs(self, container: Container, other: Container) -> Iterator[tuple[_Led, _Led]]:
        """The inserts of the same key into both that one run of a function makes, as two entries for one thing."""
        single = {container.holder.made.kind.family, other.holder.made.kind.family} <= GROWING
        wanted = grouped((here.lead.key, here) for here in self._inserts(container))
        for there in self._inserts(other):
            for here in wanted.get(there.lead.key, ()):
                if self._are_together(here, there, single):
                    yield here, there

    def _are_together(self, here: _Led, there: _Led, single: bool) -> bool:
        one, two = here.lead, there.lead
        lifted = one.lifts > 0 or two.lifts > 0
        if one.scope != two.scope:
            return not lifted
        facts = self.program.facts(one.scope)
        if exclude(facts, one.op, two.op):
            return False
        if lifted:
            return single and one.op != two.op and not _parted_by_work(facts, one.op, two.op)
        return here.access.site.node is not there.access.site.node

    def _walked_with(self, container: Container) -> Iterator[Forgotten]:
        """Others whose keys this one's only sweep walks, or must still have: an entry whose key they lost stays."""
        bounding = [r for r in container.removals if r.when not in {"event", *IDLE}]
        if any(r.when not in _BY_ITSELF or r.extent != "single" or r.access.handed for r in bounding):
            return
        for other in self._removed_from:
            if not all(self._hangs_on(r.access, other) or self._walks(r.access.site, other, CLIMB) for r in bounding):
                continue
            removals = self._that_forget(container, other) if self._is_companion(container, other) else ()
            if removals:
                first = bounding[0].access
                yield Forgotten(other, first.place, True, removals, True)

    def _hangs_on(self, access: Access, other: Container) -> bool:
        """Whether an operation runs only where another container has the key."""
        nodes = {id(a.site.node) for a in other.accesses.within(access.scope) if not a.nested and a.key == access.key}
        return any(
            _says_present(part) and any(id(node) in nodes for node in w.walk(part.expr))
            for part in (held_at(self.program.facts(access.scope), access.op) if nodes else ())
        )

    def _walks(self, site: Site, other: Container, depth: int) -> bool:
        """Whether an operation runs for the keys of a walk over another container, in every caller that a timer
        runs."""
        if self.linked.removals.extents.is_walked_around(site, other.accesses):
            return True
        calls = self.flow.call_sites(site.scope) if depth else ()
        timed = [s for s in calls if "timer" in self.execution.kinds(s.scope, s.op)]
        return bool(timed) and all(self._walks(Site(s.scope, s.op, site.node, ()), other, depth - 1) for s in timed)

    # --- who goes with whom ---

    def _is_companion(self, container: Container, other: Container) -> bool:
        """Whether the entries of a container are meant to go with those of another: they do not come from there, and
        no removal takes them alone, on purpose."""
        if self._is_same(container, other) or self._succeeds(container, other) or self._precedes(container, other):
            return False
        lasting = [lead for removal, lead in self._removals(container) if _is_lasting(removal)]
        return all(self._is_accompanied(lead, other) for lead in lasting)

    def _is_same(self, container: Container, other: Container) -> bool:
        """Whether both are one object: an attribute that a class inherits."""
        one, two = container.holder.handle, other.holder.handle
        if isinstance(one, Attribute) and isinstance(two, Attribute) and one.name == two.name:
            return self.resolver.related(one.cls, two.cls)
        return one == two

    def _succeeds(self, container: Container, other: Container) -> bool:
        """Whether some code takes a key out of `other` to put it into `container`: the next station of the entry."""
        return any(self._moves(lead, container) for _, lead in self._removals(other))

    def _precedes(self, container: Container, other: Container) -> bool:
        """Whether whatever is put into `other` is taken out of `container` with that, which is the station before: no
        entry of the one is beside an entry of the other."""
        taken = grouped(((lead.scope, lead.key), lead.op) for _, lead in self._removals(container))
        added = [insert.access for insert in other.inserts if not insert.access.nested]

        def goes_on(access: Access) -> bool:
            lead = self.around.start(access)
            facts, ops = self.program.facts(lead.scope), taken.get((lead.scope, lead.key), ())
            return lead.key is not None and any(
                runs_before(facts, op, lead.op) or comes_to(facts, lead.op, op) for op in ops
            )

        return bool(added) and all(map(goes_on, added))

    def _that_forget(self, container: Container, other: Container) -> tuple[Removal, ...]:
        """The removals from `other` that run and leave the entry of `container`."""
        found = [
            r
            for r, lead in self._removals(other)
            if _counts(r, other)
            and (not self._is_accompanied(lead, container) or self._spares(r.access, other, container))
        ]
        return tuple(sorted(found, key=lambda r: (_RUNS.index(r.when), r.access.scope, r.access.op)))

    def _spares(self, access: Access, other: Container, container: Container) -> bool:
        """Whether the entry beside one that is removed only goes where a field of that one has a certain value, which
        was not asked when both came."""
        facts = self.program.facts(access.scope)
        ops = self._removal_ops(container).get(access.scope, ())
        if not ops or any(self._asked(i.access) - self._asked_beside(i.access, other) for i in container.inserts):
            return False
        here, entries = set(held_at(facts, access.op)), Entries(self.flow, other.accesses)
        return all(
            any(
                part not in here and isinstance(part.expr, m.Compare) and part.expr.ops in {("==",), ("!=",)}
                and entries.part(part.expr.left, access.scope)
                for part in held_at(facts, at)
            )
            for at in ops
        )  # fmt: skip

    def _asked(self, access: Access) -> set[Asked]:
        return set(held_at(self.program.facts(access.scope), access.op))

    def _asked_beside(self, access: Access, other: Container) -> set[Asked]:
        return {part for a in other.accesses.within(access.scope, "insert") for part in self._asked(a)}

    def _is_accompanied(self, removal: Lead, other: Container) -> bool:
        """Whether the entry of another container goes, or comes, wherever an operation removes."""

        def goes(lead: Lead) -> bool:
            facts = self.program.facts(lead.scope)
            gone = self._removal_ops(other).get(lead.scope, ())
            return any(not exclude(facts, lead.op, at) for at in gone) or self._moves(lead, other)

        return bool(self.around.always(removal, goes))

    def _moves(self, removal: Lead, other: Container) -> bool:
        """Whether the key goes from one container into the other: what waits becomes what is done."""
        if removal.key is None or self.linked.holdings.of(other) == "locks":
            return False  # one that somebody waits for must not simply go
        facts, here = self.program.facts(removal.scope), (removal.scope, removal.key)
        same = (lead.op for _, lead in self._inserts(other) if (lead.scope, lead.key) == here)
        inserts = [insert for insert in same if not exclude(facts, removal.op, insert)]
        if not removal.lifts:
            return bool(inserts) and not any(_is_cleanup_after(facts, removal.op, insert) for insert in inserts)
        return any(insert > removal.op for insert in inserts)


def _says_present(asked: Asked) -> bool:
    """Whether a test says that a look-up found something."""
    match asked.expr:
        case m.Compare(ops=("is" | "==" | "not in",)):
            return not asked.truth
        case m.Compare(ops=("is not" | "!=" | "in",)) | m.Call() | m.Sub():
            return asked.truth
    return False


def _distance(pair: tuple[_Led, _Led]) -> tuple[int, bool, ScopeId, int]:
    here, there = (led.lead for led in pair)
    return (here.lifts + there.lifts, here.lifts > 0, here.scope, here.op)


def _is_lasting(removal: Removal) -> bool:
    """Whether code that runs again and again reaches a removal, and not an exit or an import alone."""
    idle = {"test", "dead", "import", "exit", "unstarted"}
    return removal.when in _RUNS and any(context.kind not in idle for context in removal.contexts)


def _counts(removal: Removal, container: Container) -> bool:
    """Whether a removal takes out entries whose end it knows: one that works off a queue only moves on, and what is
    loaded anew from elsewhere need not lack a key."""
    access = removal.access
    if not _is_lasting(removal) or access.guess or (access.kind == "replace" and not _drops(access.value)):
        return False
    at_cap = removal.when == "capacity" and container.holder.made.kind.family in GROWING
    return removal.extent != "evict" or at_cap


def _drops(value: m.Expr | None) -> bool:
    """Whether the value that replaces a container is an empty one, or a part of the old one."""
    match value:
        case m.Display(items=content) | m.DictDisplay(items=content) | m.Call(args=content):
            return not content
        case m.Comp(clauses=clauses):
            return any(clause.conditions for clause in clauses)
    return False


def _parted_by_work(facts: m.Scope, one: int, other: int) -> bool:
    """Whether one of two operations stands in a `try` with a `finally` that the other is outside of: what is entered
    there belongs to the work, not to its start."""
    between = (*apart(facts, one, other), *apart(facts, other, one))
    return any(facts.frames[i].kind == "try" and has_finally(facts, i) for i in between)


def _is_cleanup_after(facts: m.Scope, cleanup: int, insert: int) -> bool:
    """Whether an operation stands in the `finally` of a `try` that begins behind an insert: what is stored inside it
    is what the work gave."""
    index = layout(facts).cleanup[facts.ops[cleanup].frame]
    return index > 0 and not any(inside(facts, insert, body) for body in parts_of(facts, index, "try"))
