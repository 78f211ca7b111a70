"""The inserts that make a container grow after import, and where their keys come from: not those that fill it once,
after it was emptied, or only while it has room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.containers.reading import Construction
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.keys.domains import Keys
from unbounded_lint.link.keys.installed import Installed
from unbounded_lint.link.keys.origins import Domain
from unbounded_lint.link.program.blocks import guards, in_block, loops_around, runs_before
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.program.truth import held, straight
from unbounded_lint.link.runs.context import Context, ContextKind
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.classing import Removals
from unbounded_lint.link.verdicts.longer import LONGER, Longer

GROWING = frozenset({"map", "set", "cache"})
"""Families in which a key that is already there adds nothing."""

HOPS = 3
"""How many callers above an insert are asked for the condition that lets it run once."""

_PERHAPS = (m.BoolOp, m.IfExp, m.Comp, m.Lambda)
"""Expressions whose parts may not be evaluated."""

_AT_IMPORT: frozenset[ContextKind] = frozenset({"import", "test"})
_RUNNING: frozenset[ContextKind] = frozenset({"run", "api", "tested", "timer", "later"})
_LOOPING: frozenset[ContextKind] = frozenset({"main", "startup"})
"""What runs once, and is of account where it loops."""


@dataclass(frozen=True, slots=True)
class Insert:
    """One insert that runs after import, with the domain of its key and how it comes to run."""

    access: Access
    domain: Domain
    contexts: frozenset[Context]

    @property
    def kinds(self) -> frozenset[ContextKind]:
        """The kinds of the contexts."""
        return frozenset(c.kind for c in self.contexts)


class Inserts:
    """Finds the inserts of one container."""

    def __init__(self, flow: Flow, execution: Execution, keys: Keys, removals: Removals) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self.keys = keys
        self.removals = removals
        self._installed = Installed(flow)
        self._longer = Longer(flow)
        self._construction = Construction(flow)

    def of(self, holder: Holder, accesses: AccessList) -> tuple[Insert, ...]:
        """The inserts that can make the container grow after import."""
        found = []
        for access in accesses:
            if access.kind != "insert" or self.program.is_test(access.scope):
                continue
            contexts = self.execution.at(access.scope, access.op)
            if not any(c.kind in _RUNNING or (c.looped and c.kind in _LOOPING) for c in contexts):
                continue
            if self._is_once(access.scope, access.op, accesses, HOPS) or self._after_reset(access, accesses):
                continue
            longer = self._longer.prolongs(access, accesses)
            if self._is_refused_when_full(access, accesses) or (not longer and self._is_present(access, accesses)):
                continue
            if self._construction.fills(holder, access) or self._is_definition(access):
                continue
            domain = LONGER if longer else self._domain(holder, access, accesses)
            if domain.kind != "closed" and not self.removals.rewrites_entries(access, accesses):
                found.append(Insert(access, domain, contexts))
        return tuple(found)

    def _domain(self, holder: Holder, access: Access, accesses: AccessList) -> Domain:
        # the entry around a nested insert is there already, or another access inserts it: its inner key alone counts
        appends = access.how in {"append", "extend", "appendleft", "insert", "put"} or access.key is None
        if access.nested and appends:
            return Domain("unknown", "of no account, since entries are appended to", source="appended")
        repeats = access.nested or holder.made.kind.family in GROWING or self._is_absent(access, accesses)
        if not repeats:
            return Domain("open", "of no account, since every call adds an entry", source="appended")
        if access.key is None:
            return Domain("unknown", "not written at the insert")
        if access.bulk:
            return self.keys.items(access.key, access.scope)
        return self.keys.domain(access.key, access.scope, access.op)

    def _is_definition(self, access: Access) -> bool:
        """Whether what is stored was imported, or looked up in a module: then its keys are names in the code that is
        installed."""
        key = None if access.nested or access.bulk else access.key
        if key is not None and self._installed.names_file(key, access.scope, access.op):
            return True
        if access.value is None or access.nested:
            return False
        return self._installed.is_imported(access.value, access.scope)

    def _is_absent(self, access: Access, accesses: AccessList) -> bool:
        """Whether an append only happens for an element that is not there yet."""
        return any(("not in" in test.ops) == truth for test, truth in self._searches(access, accesses))

    def _is_present(self, access: Access, accesses: AccessList) -> bool:
        """Whether the key is known to be in the container already: then its value is only replaced."""
        searches = self._searches(access, accesses)
        if any(test.left == access.key and ("in" in test.ops) == truth for test, truth in searches):
            return True
        return access.how == "[]" and any(self._was_read(access, a) for a in accesses.within(access.scope))

    def _was_read(self, access: Access, other: Access) -> bool:
        """Whether another access read or removed the entry of the same key before, which raises where there is
        none, and the key is still the same."""
        how = {"read": "[]", "remove": "del"}.get(other.kind)
        same = other.how == how and not other.implicit and other.nested == access.nested and other.key == access.key
        if not same or other.outer != access.outer or any(isinstance(p, _PERHAPS) for p in other.site.parents):
            return False
        facts, key = self.program.facts(access.scope), access.key
        if other.op != access.op and not runs_before(facts, other.op, access.op):
            return False
        names = {part.id for part in w.walk(key) if isinstance(part, m.Name)} if key is not None else set()
        return not any(
            other.op < binding.op <= access.op and binding.scope == access.scope.index
            for name in names
            for binding in self.program.bound(access.scope, name)
        )

    def _searches(self, access: Access, accesses: AccessList) -> Iterator[tuple[m.Compare, bool]]:
        """The tests of what is in the container that lead to an access, each with its truth."""
        tested = accesses.nodes(access.scope, "contains")
        for condition in guards(self.program.facts(access.scope), access.op) if tested else ():
            for test, truth in held(*condition):
                if isinstance(test, m.Compare) and any(id(item) in tested for item in test.items):
                    yield test, truth

    # --- those that leave it small ---

    def _is_once(self, scope: ScopeId, op: int, accesses: AccessList, depth: int) -> bool:
        """Whether a condition lets the operation run only while the container is empty, or while a flag is not yet
        set."""
        nodes = accesses.nodes(scope, "tested", "size")
        # the trace of a container that stands in an `and` or `or` keeps the chain as a whole
        tests = (t for test in guards(self.program.facts(scope), op) for t in (straight(*test), *held(*test)))
        if any(self._is_unfilled(*test, nodes, scope) for test in tests):
            return True
        sites = self.flow.live_calls(scope) if depth and scope.index else ()
        if not sites or any(c.kind in {"api", "run"} and c.root[0] == scope for c in self.execution.contexts(scope)):
            return False
        return all(
            self.execution.kinds(s.scope, s.op) <= _AT_IMPORT or self._is_once(s.scope, s.op, accesses, depth - 1)
            for s in sites
        )

    def _is_unfilled(self, test: m.Expr, truth: bool, nodes: frozenset[int], scope: ScopeId) -> bool:
        """Whether a test says that the container is empty, or that a flag is unset which the same function sets."""
        match test:
            case m.Compare(left=m.Call(args=(argument,)), ops=("==" | "<" | "<=",), items=(m.Const(value="0" | "1"),)):
                return truth and id(argument.value) in nodes
            case m.Compare(ops=("==",), items=(m.Const(value="lifespan.startup"),)):
                return truth  # what an ASGI server sends once
            case m.Compare(left=left, ops=("is",), items=(m.Const(kind="none"),)):
                return truth and (id(left) in nodes or self._is_set_here(left, scope))
        return not truth and (id(test) in nodes or self._is_set_here(test, scope))

    def _is_set_here(self, flag: m.Expr, scope: ScopeId) -> bool:
        """Whether a function sets an attribute, or other functions a variable that is not its own; where none does,
        whether it fills the container that it asks for instead."""
        if isinstance(flag, m.Attr):
            return isinstance(flag.base, m.Name) and any(_sets(op.action, flag) for op in self.program.facts(scope).ops)
        owner = self.resolver.owner(flag.id, scope) if isinstance(flag, m.Name) else None
        if owner is None or owner == scope or not isinstance(flag, m.Name):
            return False
        module = self.program.of(owner)
        later = [b for b in module.bindings(owner.index)[flag.id] if b.op >= 0 and b.scope != owner.index]
        if later:
            return any(_sets(module.scope(b.scope).ops[b.op].action, flag) for b in later)
        return any(
            (isinstance(site.parent, m.Attr) and site.parent.name in name_lists().fills)
            or (isinstance(site.parent, m.Sub) and isinstance(self.program.op(site).action, m.Assign))
            for site in self.program.of(scope).sites_in(scope.index, flag.id)
        )

    def _after_reset(self, access: Access, accesses: AccessList) -> bool:
        """Whether the same run empties or replaces the container first, on every path to the insert: in the function
        itself, or in each of those of which it only runs as a part, there in the same round of an endless loop."""
        scope = access.scope
        if self._resets_before(scope, access.op, 0, accesses):
            return True
        sites = self.flow.live_calls(scope) if scope.index and self.flow.is_only_called(scope) else ()
        return bool(sites) and all(self._resets_in_round(s.scope, s.op, accesses) for s in sites)

    def _resets_in_round(self, scope: ScopeId, op: int, accesses: AccessList) -> bool:
        facts = self.program.facts(scope)
        if not scope.index or op < 0:
            return False
        endless = (f for f in loops_around(facts, op) if facts.frames[f].kind == "while")
        return self._resets_before(scope, op, next(endless, 0), accesses)

    def _resets_before(self, scope: ScopeId, op: int, within: int, accesses: AccessList) -> bool:
        """Whether a scope empties or replaces the container inside a frame, on every path to an operation."""
        facts = self.program.facts(scope)
        return any(
            not other.nested
            and other.handed is None
            and other.op < op
            and in_block(facts, facts.ops[other.op].frame, op)
            and in_block(facts, within, other.op)
            for other in accesses.within(scope, "clear", "replace")
        )

    def _is_refused_when_full(self, access: Access, accesses: AccessList) -> bool:
        """`if len(X) >= N: return` (or raise) before the insert, or the insert under `if len(X) < N`."""
        sizes = accesses.nodes(access.scope, "size")
        conditions = guards(self.program.facts(access.scope), access.op) if sizes else ()
        for test, truth in (part for condition in conditions for part in held(*condition)):
            if not isinstance(test, m.Compare) or len(test.ops) != 1:
                continue
            left, right = (any(id(n) in sizes for n in w.walk(side)) for side in (test.left, test.items[0]))
            room, full = ({"<", "<="}, {">", ">=", "=="}) if left else ({">", ">="}, {"<", "<=", "=="})
            if (left or right) and test.ops[0] in (room if truth else full):
                return True
        return False


def _sets(action: m.Action, flag: m.Expr) -> bool:
    """Whether an operation gives a flag a value that stops the next fill."""
    if not isinstance(action, m.Assign) or flag not in action.targets:
        return False
    return not (isinstance(action.value, m.Const) and action.value.value in {"None", "False"})
