"""The inserts that make a container grow after import, and where their keys come from: not those that fill it once,
after it was emptied, or only while it has room."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import APPENDING, Access, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.containers.making import Making
from unbounded_lint.link.dataflow.handles import Registered
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class
from unbounded_lint.link.keys.around import AroundQuery
from unbounded_lint.link.keys.domains import Keys
from unbounded_lint.link.keys.installed import Installed
from unbounded_lint.link.keys.origins import Domain
from unbounded_lint.link.program.blocks import (
    held_at,
    in_block,
    in_main_guard,
    loops_above,
    loops_around,
    runs_before,
)
from unbounded_lint.link.program.kept import grouped, kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import NONE, flag_of, is_so
from unbounded_lint.link.runs.context import ContextKind, Sort
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.runs.serving import Serving
from unbounded_lint.link.verdicts.classing import Removals
from unbounded_lint.link.verdicts.inner import OF_USERS, Elements, Inner
from unbounded_lint.link.verdicts.longer import LONGER, Longer
from unbounded_lint.link.verdicts.pools import Pools

GROWING = frozenset({"map", "set", "cache"})
"""Families in which a key that is already there adds nothing."""

PARTS = 8
"""How many functions above an insert are asked whether what they are part of empties the container first."""

_PERHAPS = (m.BoolOp, m.IfExp, m.Comp, m.Lambda)
"""Expressions whose parts may not be evaluated."""

_AT_IMPORT: frozenset[ContextKind] = frozenset({"import", "test"})

_Resets: TypeAlias = Mapping[ScopeId, Collection[int]]
"""Scope -> its operations after which a container is empty."""


@dataclass(frozen=True, slots=True)
class Insert:
    """One insert that runs after import, with the domain of its key and how it comes to run."""

    access: Access
    domain: Domain
    contexts: frozenset[Sort]

    @property
    def kinds(self) -> frozenset[ContextKind]:
        """The kinds of the contexts."""
        return frozenset(c.kind for c in self.contexts)


class Inserts(AroundQuery):
    """Finds the inserts of one container."""

    def __init__(
        self, flow: Flow, execution: Execution, serving: Serving, keys: Keys, removals: Removals, making: Making
    ) -> None:
        super().__init__(flow, execution)
        self.serving = serving
        self.keys = keys
        self.removals = removals
        self._installed = Installed(flow)
        self._pools = Pools(flow.program)
        self._longer = Longer(flow)
        self._inner = Inner(flow, execution, keys, making)

    def of(self, holder: Holder, accesses: AccessList) -> tuple[Insert, ...]:
        """The inserts that can make the container grow after import."""
        running = tuple(self._running(accesses))
        if not running:
            return ()
        found, resets, elements = [], self._resets(holder, accesses), Elements(self._inner, holder, accesses)
        passing, gives_back = self._ends_with_script(holder), self._pools.is_free_list(accesses)
        for access, contexts in running:
            by_users = {c.kind for c in contexts} <= OF_USERS
            if (by_users and self._is_loaded(accesses)) or (passing and not _keeps_running(contexts)):
                continue
            if self._is_once(access, accesses) or self._after_reset(holder, access, resets):
                continue
            longer = self._longer.prolongs(access, accesses)
            if self._is_refused_when_full(access, accesses) or (not longer and self._is_present(access, accesses)):
                continue
            if self._is_definition(access) or self._pools.keeps(access, gives_back=gives_back):
                continue
            if access.nested and (elements.are_bounded or self._gives_back_inside(accesses.inside(access.outer))):
                continue
            domain = LONGER if longer else self._domain(access, elements)
            if isinstance(holder.handle, Registered) and (
                domain.kind != "open" or self.execution.runs_here_alone(*access.place, OF_USERS)
            ):
                continue
            if domain.kind != "closed" and not self.removals.rewrites_entries(access, accesses):
                found.append(Insert(access, domain, contexts))
        return tuple(found)

    def _running(self, accesses: AccessList) -> Iterator[tuple[Access, frozenset[Sort]]]:
        """The inserts that may run again and again, and how each comes to run."""
        for access in accesses:
            if access.kind == "insert" and not self.execution.barriers.leave_out(access.site):
                contexts = self.execution.at(access.scope, access.op)
                if any(c.recurs or c.kind in {"api", "tested"} for c in contexts):
                    yield access, contexts

    @kept
    def _is_loaded(self, accesses: AccessList) -> bool:
        """Whether a function imports modules by their names and then takes what they registered: what inserts without
        being called from here is what those modules call while they are imported."""
        taken = (a for a in accesses if a.scope.index and not a.nested and a.kind in {"iterate", "read", "clear"})
        last: dict[ScopeId, int] = {}
        for access in taken:
            last[access.scope] = max(access.op, last.get(access.scope, 0))
        return any(self._first_import(scope) < end for scope, end in last.items())

    @kept
    def _first_import(self, scope: ScopeId) -> float:
        """The first operation of a scope that imports a module by its name; infinity where none does."""
        return next(
            (
                index
                for index, op in enumerate(self.program.facts(scope).ops)
                for call in w.calls(op.action)
                if not name_lists().importers.isdisjoint(self.resolver.names(call.func, scope))
            ),
            inf,
        )

    def _ends_with_script(self, holder: Holder) -> bool:
        """Whether a container is made in a `__main__` or under a test for it, by a script that comes to an end."""
        is_script = self.program.of(holder.scope).is_script
        at_main = is_script or in_main_guard(self.program.facts(holder.scope), holder.op)
        return not holder.scope.index and at_main and not self.serving.serves(holder.scope)

    def _domain(self, access: Access, elements: Elements) -> Domain:
        holder, accesses = elements.holder, elements.accesses
        # the entry around a nested insert is there already, or another access inserts it: its inner key alone counts
        appends = access.how in APPENDING or access.key is None
        if access.nested and appends:
            return self._inner.domain(access, elements)
        repeats = access.nested or holder.made.kind.family in GROWING or self._is_absent(access, accesses)
        if not repeats:
            return Domain("open", "every call adds an entry", source="appended")
        declared = None if access.nested else self._declared(holder)
        if declared is not None:
            return declared
        if access.key is None:
            return Domain("unknown", "not written at the insert")
        if access.bulk:
            return self.keys.items(access.key, access.scope)
        told = self.keys.domain(access.key, access.scope, access.op)
        if access.nested and told.kind == "open" and elements.lose(access):
            return replace(told, kind="unknown", why=f"{told.why}, and is taken out again")
        return told

    @kept
    def _gives_back_inside(self, inside: AccessList) -> bool:
        """Whether what is put into containers inside entries is taken out of them whatever happens."""
        removals = (access for access in inside if access.kind == "remove")
        return any(self.removals.guarantees.is_guaranteed(removal, inside) for removal in removals)

    @kept
    def _declared(self, holder: Holder) -> Domain | None:
        """What the annotations of a container say of its keys, where they close them."""
        found = (self.keys.declared(place) for place in dict.fromkeys(((holder.scope, holder.op), *holder.definitions)))
        return next((domain for domain in found if domain is not None), None)

    def _is_definition(self, access: Access) -> bool:
        """Whether what is stored was imported, or looked up in a module: then its keys are names in the code that is
        installed."""
        key = None if access.nested or access.bulk else access.key
        if key is not None and self._installed.names_file(key, access.scope, access.op):
            return True
        if access.value is None or access.nested:
            return False
        return self._installed.is_imported(access.value, access.key, access.scope, access.op)

    def _is_absent(self, access: Access, accesses: AccessList) -> bool:
        """Whether an append only happens for an element that is not there yet."""
        return any(("not in" in test.ops) == truth for test, truth in self._searches(access, accesses))

    def _is_present(self, access: Access, accesses: AccessList) -> bool:
        """Whether the key is known to be in the container already: then its value is only replaced."""
        searches = self._searches(access, accesses)
        if any(test.left == access.key and ("in" in test.ops) == truth for test, truth in searches):
            return True
        if any(self._longer.is_entry(flag, access, accesses, if_none=bare) for flag, bare in self._given(access)):
            return True
        return access.how == "[]" and any(
            self._was_read(access, other) for other in accesses.entered_by_key.get((access.scope, access.key), ())
        )

    def _given(self, access: Access) -> Iterator[tuple[m.Expr, bool]]:
        """What is known not to be None where an access with a key is, and whether it is known to be true at that."""
        for asked in held_at(self.program.facts(access.scope), access.op) if access.key is not None else ():
            flag = flag_of(asked.expr)
            if flag is not None and not is_so(asked, NONE):
                yield flag, flag is asked.expr

    def _was_read(self, access: Access, other: Access) -> bool:
        """Whether another access, by the same key, came to its entry before, which raises where there is none, and the
        key is still the same."""
        same = other.nested == access.nested and other.outer == access.outer
        if not same or any(isinstance(p, _PERHAPS) for p in other.site.parents):
            return False
        facts, key = self.program.facts(access.scope), access.key
        if other.op != access.op and not runs_before(facts, other.op, access.op):
            return False
        return not any(
            other.op < binding.op <= access.op and binding.scope == access.scope.index
            for name in w.names(key)
            for binding in self.program.bound(access.scope, name)
        )

    def _searches(self, access: Access, accesses: AccessList) -> Iterator[tuple[m.Compare, bool]]:
        """The tests of what is in the container that lead to an access, each with its truth."""
        tested = accesses.nodes(access.scope, "contains")
        for test, truth in held_at(self.program.facts(access.scope), access.op) if tested else ():
            if isinstance(test, m.Compare) and any(id(item) in tested for item in test.items):
                yield test, truth

    # --- those that leave it small ---

    def _is_once(self, access: Access, accesses: AccessList) -> bool:
        """Whether a condition lets an insert run only while the container is empty, or while a flag is not yet set."""

        def once(scope: ScopeId, op: int) -> bool:
            return self.execution.kinds(scope, op) <= _AT_IMPORT or self.removals.flags.runs_once(scope, op, accesses)

        return self.around.holds(once, access.place)

    def _after_reset(self, holder: Holder, access: Access, resets: _Resets) -> bool:
        """Whether the same run empties the container first, or makes it anew, on every path to the insert: in the
        function itself, or in each of those of which it only runs as a part; in the same round of an endless loop."""
        scope = access.scope
        own = (op for op in resets.get(scope, ()) if not self._is_of_another(op, access))
        if self._resets_before(scope, access.op, own):
            return True
        return not self._is_in_endless(scope, access.op) and self._is_led_by_reset(holder, scope, resets)

    def _is_led_by_reset(self, holder: Holder, function: ScopeId, resets: _Resets) -> bool:
        """Whether a function runs only as a part of such as have emptied the container before, however far above."""
        above, resetting = [function], False
        for scope in above:
            calls = [site.place for site in self.execution.only_calls(scope) if site.scope != scope]
            if not calls or self.execution.is_begun(scope):
                return False
            if holder.life.is_left_to_users and not self.program.facts(scope).name.startswith("_"):
                return False
            for at, op in calls:
                if self._resets_before(at, op, resets.get(at, ())):
                    resetting = True
                    continue
                if len(above) == PARTS or self._is_in_endless(at, op):
                    return False
                if at not in above:
                    above.append(at)
        return resetting

    def _is_in_endless(self, scope: ScopeId, op: int) -> bool:
        return any(self._goes_on(scope, loop) for loop in loops_around(self.program.facts(scope), op))

    def _resets(self, holder: Holder, accesses: AccessList) -> _Resets:
        """Where a container is emptied, replaced or made, and where what does that and no more is called."""
        emptied = (a for a in accesses if a.kind in {"clear", "replace"} and not a.nested and a.handed is None)
        made = holder.definitions if holder.origin is None else ()
        found = {*made, *(a.place for a in emptied)}
        always = [
            scope
            for scope, op in found
            if scope.index and not self.program.facts(scope).ops[op].frame and not self._is_made_by_class(scope)
        ]
        return grouped(found.union(site.place for scope in always for site in self.flow.call_sites(scope)))

    def _is_made_by_class(self, scope: ScopeId) -> bool:
        """Whether it is a metaclass that decides when a constructor runs: a call of the class may give back what is
        there already."""
        cls = self.program.owner_class(scope)
        if cls is None or self.program.facts(scope).name not in name_lists().constructors:
            return False
        return any(self.resolver.methods(meta, "__call__") for meta in self.resolver.metaclasses(cls))

    def _is_of_another(self, reset: int, access: Access) -> bool:
        """Whether an operation makes the attribute of another object than the one of an access in the same function, or
        that object: a child's, where it is put into that of its parent."""
        action, used = self.program.action(access.scope, reset), access.site.node
        if not isinstance(action, m.Assign) or not isinstance(used, m.Attr):
            return False
        makes = isinstance(action.value, m.Call) and any(
            isinstance(value, Class) for value in self.resolver.values(action.value.func, access.scope)
        )
        named = [target if makes else getattr(target, "base", None) for target in action.targets]
        others = [expr for expr in named if isinstance(expr, m.Name)]
        return isinstance(used.base, m.Name) and bool(others) and used.base not in others

    def _resets_before(self, scope: ScopeId, op: int, resets: Iterable[int]) -> bool:
        """Whether one of some operations of a scope runs on every path to another, since an endless loop began."""
        facts = self.program.facts(scope)
        if not scope.index or op < 0:
            return False
        endless = next((f for f in loops_around(facts, op) if self._goes_on(scope, f)), 0)
        return any(runs_before(facts, other, op) and in_block(facts, endless, other) for other in resets if other >= 0)

    def _goes_on(self, scope: ScopeId, loop: int) -> bool:
        """Whether a loop may be where the program spends its life. One inside an endless one ends in each turn of that,
        unless something may have been opened that goes on giving."""
        loops, facts = self.execution.loops, self.program.facts(scope)
        if loops.goes_on(scope, loop):
            return True
        frame = facts.frames[loop]
        finite = frame.kind == "while" or loops.is_finite(scope, frame)
        if finite or not self.execution.runs_once(scope, 0):
            return False
        in_turns = any(loops.goes_on(scope, outer) for outer in loops_above(facts, loop))
        return not in_turns or isinstance(frame.head, m.Name | m.Call)

    def _is_refused_when_full(self, access: Access, accesses: AccessList) -> bool:
        """`if len(X) >= N: return` (or raise) before the insert, or the insert under `if len(X) < N`."""
        sizes = accesses.nodes(access.scope, "size")
        for test, truth in held_at(self.program.facts(access.scope), access.op) if sizes else ():
            if not isinstance(test, m.Compare) or len(test.ops) != 1:
                continue
            left, right = (any(id(n) in sizes for n in w.walk(side)) for side in (test.left, test.items[0]))
            room, full = ({"<", "<="}, {">", ">=", "=="}) if left else ({">", ">="}, {"<", "<=", "=="})
            if (left or right) and test.ops[0] in (room if truth else full):
                return True
        return False


def _keeps_running(contexts: Iterable[Sort]) -> bool:
    """Whether code runs again and again in what a script does."""
    return any(c.kind == "timer" or (c.kind == "main" and c.looped) for c in contexts)
