"""When a removal runs: the row of the table in the design that it stands for."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.callees import given
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import argument_of
from unbounded_lint.link.program.bindings import ITEMS
from unbounded_lint.link.program.blocks import loops_around, span_of
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.runs.context import LIVE, STARTING, ContextKind, Sort
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.verdicts.causes import Causes
from unbounded_lint.link.verdicts.guarantees import Guarantees
from unbounded_lint.link.verdicts.removals import Extent, Moment

_NEVER: tuple[tuple[ContextKind, Moment], ...] = (
    ("tested", "test"),
    ("unstarted", "unstarted"),
    ("other-process", "other-process"),
    ("test", "test"),
    ("barred", "barred"),
)
"""Contexts in which nothing of the running program removes, the one that says most first."""

_STEPS = 3
"""Through how many calls the receiver of a removal is followed."""

_LATER: frozenset[ContextKind] = frozenset({"later"})
_TIMED: frozenset[ContextKind] = _LATER | {"timer"}


class Moments(RunQuery):
    """Classes removals by when they run."""

    def __init__(self, flow: Flow, execution: Execution, causes: Causes, guarantees: Guarantees) -> None:
        super().__init__(flow, execution)
        self.causes = causes
        self.guarantees = guarantees

    def of(self, access: Access, extent: Extent, contexts: frozenset[Sort], accesses: AccessList) -> Moment:
        """When a removal runs that takes out this much, in these contexts."""
        handed = self._when_handed(access)
        if handed is not None:
            unasked = handed in {"later", "guaranteed"} and self._is_unasked(access, accesses)
            return "event" if unasked else handed
        if self.causes.limits(access, accesses):
            return "capacity"
        if self.guarantees.is_guaranteed(access, accesses):
            return "guaranteed"
        kinds = {c.kind for c in contexts}
        timed = {c.kind for c in contexts if not c.failing} & _TIMED
        newest = extent == "evict" and access.how in {"pop", "popitem"} and access.key is None
        stacked = newest and bool(accesses.within(access.scope, "insert"))
        if timed:
            when = self._when_timed(access, extent, timed | (kinds - _TIMED), stacked, accesses)
            return "event" if when == "later" and self._is_unasked(access, accesses) else when
        live = kinds & LIVE
        if not live:
            return next((moment for kind, moment in _NEVER if kind in kinds), "dead")
        if extent == "all" and (live <= {"import"} or self.causes.set_up(access)):
            return "import"
        if extent != "single" and not stacked and self.causes.lead_to(access, accesses):
            return "insert"
        return "exit" if live == {"exit"} else "event"

    def _is_of_one(self, access: Access) -> bool:
        """Whether timers that are armed while the program starts remove a key that is the same each time."""
        if access.key is None or not self._is_fixed(access.key, access.scope, _STEPS):
            return False
        armed = [c.root[0] for c in self.execution.sources(access.scope, access.op, _TIMED)]
        return {c.kind for scope in armed for c in self.execution.contexts(scope)} - _TIMED <= STARTING

    def _is_fixed(self, expr: m.Expr, scope: ScopeId, steps: int) -> bool:
        """Whether an expression names what the same object keeps, wherever it is asked from."""
        match expr:
            case m.Const():
                return True
            case m.Attr(base=base):
                return self._is_fixed(base, scope, steps)
            case m.Call(args=args):
                made = self.resolver.classes(expr, scope)
                return bool(made) and all(self._is_fixed(argument.value, scope, steps) for argument in args)
            case m.Name(id=name) if scope.index and (owner := self.resolver.owner(name, scope)) and not owner.index:
                return True
            case m.Name(id=name):
                bound = self.program.only(scope, name)
                if bound is None or not steps:
                    return False
                if bound.kind == "value" and bound.expr is not None:
                    return self._is_fixed(bound.expr, scope, steps - 1)
                if bound.kind == "parameter" and bound.index == 0:
                    calls = [(s.call.func, s.scope) for s in self.flow.call_sites(scope) if s.call is not None]
                    return self.program.owner_class(scope) is not None and all(
                        isinstance(func, m.Attr) and self._is_fixed(func.base, at, steps - 1) for func, at in calls
                    )
        return False

    def _is_unasked(self, access: Access, accesses: AccessList) -> bool:
        """Whether the timers or ends of entries need not come to the removal of each."""
        armed = [(access.scope, access.op)]
        if access.handed is None:
            armed = [c.root for c in self.execution.sources(access.scope, access.op, _LATER)]
        reservations = self.guarantees.reservations
        return reservations.is_rebound(access) or (
            bool(armed) and all(reservations.is_unasked(*place, accesses) for place in armed)
        )

    def _when_timed(
        self, access: Access, extent: Extent, kinds: set[ContextKind], stacked: bool, accesses: AccessList
    ) -> Moment:
        """The same for one that a timer runs, alone or not; what is stacked, the next run takes off again."""
        if "timer" in kinds and not stacked:
            if extent != "single" or (self._keyed_by_sweep(access, accesses) and not self._is_of_one(access)):
                return "timer"
        if "timer" not in kinds and self._is_armed_once(access):
            return "once" if kinds & LIVE == {"later"} else "event"
        if "later" in kinds and extent == "single":
            return "later"
        return "timer" if extent != "single" and not stacked else "event"

    def _when_handed(self, access: Access) -> Moment | None:
        """A removing method handed to something as a callback."""
        call = access.handed
        if call is None:
            return None
        if self.guarantees.takes_callback(call, access.scope):
            return "guaranteed"
        for timer in self.execution.timers.of(call, access.scope)[:1]:
            if timer.process == "other":
                return "other-process"
            made = self.execution.graph.standing(access.scope, access.op, call)
            if not self.execution.timers.is_started(timer, made):
                return "unstarted"
            if timer.repeats(given(call, access.scope, self.resolver)) and access.kind == "clear":
                return "timer"
            return "later"
        return None

    def _is_armed_once(self, access: Access) -> bool:
        """Whether the one-shot timers that run a removal are armed only while the program starts, or as the object is
        made whose container that is, and not again."""
        armed = [c.root for c in self.execution.sources(access.scope, access.op, _LATER)]
        return bool(armed) and all(self.execution.runs_once(*root) or self._makes_owner(root, access) for root in armed)

    def _makes_owner(self, place: Place, access: Access) -> bool:
        """Whether an operation belongs to the constructor of the object from which a removal takes out."""
        scope, node = place[0], access.site.node
        cls = self.program.owner_class(scope) if self.program.facts(scope).name in name_lists().constructors else None
        return cls is not None and isinstance(node, m.Attr) and cls in self.resolver.owners(node.base, access.scope)

    def _keyed_by_sweep(self, access: Access, accesses: AccessList) -> bool:
        """Whether the single key that a timer removes may come from a loop, here or of a caller; not from one over what
        comes in, by which entries are inserted as well."""
        root = access.key
        while isinstance(root, m.Attr | m.Sub):
            root = root.base
        if isinstance(root, m.Name) and self._comes_in(root, access.scope, accesses, _STEPS):
            return False
        if not isinstance(access.key, m.Name):
            return not isinstance(access.key, m.Const)
        return self._comes_from_walk(access.key, access.scope, _STEPS)

    def _comes_from_walk(self, name: m.Name, scope: ScopeId, steps: int) -> bool:
        """Whether a name is an item of a loop, or a parameter that some caller gives one, or whoever the function is
        handed to."""
        if any(b.kind in ITEMS for b in self.program.bound(scope, name)):
            return True
        places, given = self._given(name, scope)
        if not given or not steps:
            return bool(places) and bool(self.flow.function_uses(scope))
        return any(isinstance(expr, m.Name) and self._comes_from_walk(expr, at, steps - 1) for expr, at in given)

    def _comes_in(self, name: m.Name, scope: ScopeId, accesses: AccessList, steps: int) -> bool:
        """Whether a name is an item of a loop that inserts entries under keys made of it, here or of each caller."""
        items = [b for b in self.program.bound(scope, name) if b.kind in ITEMS]
        if items:
            return all(self._is_inserted_by(name.id, b.op, scope, accesses) for b in items)
        given = self._given(name, scope)[1] if steps else []
        return bool(given) and all(
            isinstance(expr, m.Name) and self._comes_in(expr, at, accesses, steps - 1) for expr, at in given
        )

    def _given(self, name: m.Name, scope: ScopeId) -> tuple[list[int], list[tuple[m.Expr | None, ScopeId]]]:
        """The places of a name among the parameters, and what the callers give it."""
        places = [b.index for b in self.program.bound(scope, name) if b.kind == "parameter"]
        sites = self.flow.call_sites(scope) if places else ()
        facts = self.program.facts(scope)
        return places, [(argument_of(facts, place, s), s.scope) for place in places for s in sites]

    def _is_inserted_by(self, name: str, op: int, scope: ScopeId, accesses: AccessList) -> bool:
        """Whether the loop that gives an item its name at an operation inserts entries under keys made of it."""
        facts = self.program.facts(scope)
        inserted = [a.op for a in accesses.within(scope, "insert") if not a.nested and name in w.names(a.key)]
        loops = loops_around(facts, op)[:1] if 0 <= op < len(facts.ops) else ()
        return any(at in span_of(facts, loop) for loop in loops for at in inserted)

    def is_delayed(self, access: Access, contexts: frozenset[Sort]) -> bool:
        """Whether one-shot timers run a removal, for whichever entries, and nothing else does."""
        if access.handed is not None:
            return self._when_handed(access) == "later"
        return {context.kind for context in contexts} & LIVE == _LATER

    def is_walked(self, access: Access) -> bool:
        """Whether the key is an item of a loop, whatever that walks."""
        return any(b.kind in ITEMS for b in self.program.bound(access.scope, access.key))
