"""The verdict for one container: what bounds it, or why nothing does."""

from __future__ import annotations

from dataclasses import dataclass

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.finding import Confidence
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.containers.construction import Construction
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.entries.prunings import Inner
from unbounded_lint.link.keys.domains import Keys
from unbounded_lint.link.keys.files import Installed
from unbounded_lint.link.keys.origins import Domain
from unbounded_lint.link.program.blocks import LOOPS, guards, in_block, layout, loops_around, loops_over
from unbounded_lint.link.program.program import ScopeId, Site
from unbounded_lint.link.runs.context import Context
from unbounded_lint.link.runs.execution import Execution
from unbounded_lint.link.verdicts.removals import Removal, Sweeps

GROWING = frozenset({"map", "set", "cache"})
"""Families in which a key that is already there adds nothing."""

_PLAIN_DATA = frozenset(m.Name(name) for name in ("str", "int", "float", "bytes"))


@dataclass(frozen=True, slots=True)
class Insert:
    """One insert that runs after import, with the domain of its key and how it comes to run."""

    access: Access
    domain: Domain
    contexts: frozenset[Context]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of the contexts."""
        return frozenset(c.kind for c in self.contexts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds for a container.

    name     bounded, weak, paired, swept, entry-timer, amortised, replaced, closed, idle (nothing inserts at run
             time), unscheduled (a sweep that nothing runs), event-only, never
    """

    name: str
    confidence: Confidence
    reasons: tuple[str, ...]


def _names(site: Site, holder: Holder) -> bool:
    """Whether an access names the container itself: a table handed on to other code is rarely what that code fills."""
    return any(holder.name in (getattr(part, "id", ""), getattr(part, "name", "")) for part in w.walk(site.node))


def _sets(action: m.Action, flag: m.Expr) -> bool:
    """Whether an operation gives a flag a value that stops the next fill."""
    if not isinstance(action, m.Assign) or flag not in action.targets:
        return False
    return not (isinstance(action.value, m.Const) and action.value.value in {"None", "False"})


def _is_uncalled_sweep(removal: Removal) -> bool:
    return removal.extent == "sweep" and {c.kind for c in removal.contexts} <= {"api", "test", "dead"}


def _is_idle(action: m.Action) -> bool:
    """Whether an operation only gives a name or a constant back, or is a docstring."""
    match action:
        case m.Return(value=value):
            return value is None or isinstance(value, m.Name | m.Const)
        case m.Eval(value=value):
            return isinstance(value, m.Const)
    return False


class Bounds:
    """Decides verdicts."""

    def __init__(self, flow: Flow, execution: Execution, keys: Keys, sweeps: Sweeps) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self.keys = keys
        self.sweeps = sweeps
        self._inner = Inner(flow, execution)
        self._installed = Installed(flow)
        self._construction = Construction(flow)
        self._called: dict[tuple[str, ScopeId], bool] = {}

    # --- inserts ---

    def inserts(self, holder: Holder, accesses: AccessList) -> tuple[Insert, ...]:
        """The inserts that can make the container grow after import."""
        found = []
        for access in accesses:
            if access.kind != "insert" or self.program.is_test(access.scope):
                continue
            contexts = self.execution.at(access.scope, access.op)
            if not self._is_runtime(contexts) or self._is_once(access.scope, access.op, accesses, 3):
                continue
            if self._after_reset(access, accesses) or self._is_refused_when_full(access, accesses):
                continue
            if self._construction.fills(holder, access):
                continue
            domain = self._domain(holder, access, accesses)
            if self._is_definition(access) or self._is_present(access, accesses):
                continue
            if self.sweeps.rewrites_entries(access, accesses):
                continue
            if domain.kind != "closed":
                found.append(Insert(access, domain, contexts))
        return tuple(found)

    @staticmethod
    def _is_runtime(contexts: frozenset[Context]) -> bool:
        for context in contexts:
            if context.kind in {"run", "api", "tested", "timer", "later"}:
                return True
            if context.kind in {"main", "startup"} and context.looped:
                return True
        return False

    def _domain(self, holder: Holder, access: Access, accesses: AccessList) -> Domain:
        family = holder.made.kind.family
        if access.nested:
            # the entry itself is there already, or another access inserts it: only the inner key can add anything
            if access.how in {"append", "extend", "appendleft", "insert", "put"} or access.key is None:
                return Domain("unknown", "of no account, since entries are appended to")
            return self._element(access)
        if family not in GROWING and not self._is_absent(access, accesses):
            return Domain("open", "of no account, since every call adds an entry")
        if access.key is None:
            return Domain("unknown", "not written at the insert")
        return self._element(access)

    def _is_definition(self, access: Access) -> bool:
        """Whether what is stored was imported, or looked up in a module: then its keys are names in the code that is
        installed."""
        key = None if access.nested or access.bulk else access.key
        if key is not None and self._installed.names_file(key, access.scope, access.op):
            return True
        if access.value is None or access.nested or access.kind != "insert":
            return False
        return self.keys.is_imported(access.value, access.scope)

    def _element(self, access: Access) -> Domain:
        assert access.key is not None
        if access.bulk:
            return self.keys.items(access.key, access.scope)
        return self.keys.domain(access.key, access.scope, access.op)

    def _is_absent(self, access: Access, accesses: AccessList) -> bool:
        """Whether an append only happens for an element that is not there yet."""
        facts = self.program.facts(access.scope)
        tested = accesses.nodes(access.scope, "contains")
        for condition, truth in guards(facts, access.op) if tested else ():
            for node in w.walk(condition):
                if isinstance(node, m.Compare) and any(id(i) in tested for i in node.items):
                    if ("not in" in node.ops) == truth:
                        return True
        return False

    def _is_present(self, access: Access, accesses: AccessList) -> bool:
        """Whether the key is known to be in the container already: then its value is only replaced."""
        facts = self.program.facts(access.scope)
        tested = accesses.nodes(access.scope, "contains")
        for condition, truth in guards(facts, access.op) if tested else ():
            parts = (
                condition.items
                if isinstance(condition, m.BoolOp) and (condition.op == "and") == truth
                else (condition,)
            )
            for part in parts:
                if isinstance(part, m.Compare) and part.left == access.key and any(id(i) in tested for i in part.items):
                    if ("in" in part.ops) == truth:
                        return True
        return False

    # --- fills that happen once ---

    def _is_once(self, scope: ScopeId, op: int, accesses: AccessList, depth: int) -> bool:
        """Whether a condition lets the operation run only while the container is empty, or while a flag is not yet
        set."""
        facts = self.program.facts(scope)
        nodes = accesses.nodes(scope, "tested", "size")
        for condition, truth in guards(facts, op):
            if self._means_empty(condition, truth, nodes) or self._means_unset(condition, truth, scope):
                return True
        if not depth or scope.index == 0:
            return False
        sites = self.flow.live_calls(scope)
        if not sites or any(c.kind in {"api", "run"} and c.root[0] == scope for c in self.execution.contexts(scope)):
            return False
        return all(
            self.execution.kinds(s.scope, s.op) <= {"import", "test"}
            or self._is_once(s.scope, s.op, accesses, depth - 1)
            for s in sites
        )

    def _means_empty(self, condition: m.Expr, truth: bool, nodes: frozenset[int]) -> bool:
        match condition:
            case m.Unary(op="not", operand=inner):
                return (truth and id(inner) in nodes) or self._means_empty(inner, not truth, nodes)
            case m.BoolOp(op="and", items=items) if truth:
                return any(self._means_empty(i, truth, nodes) for i in items)
            case m.BoolOp(op="or", items=items) if not truth:
                return any(self._means_empty(i, truth, nodes) for i in items)
            case m.Compare(left=m.Call(args=(argument,)), ops=("==" | "<" | "<=",), items=(m.Const(value="0" | "1"),)):
                return truth and id(argument.value) in nodes
            case m.Compare(left=left, ops=("is",), items=(m.Const(kind="none"),)):
                return truth and id(left) in nodes
        return id(condition) in nodes and not truth

    def _means_unset(self, condition: m.Expr, truth: bool, scope: ScopeId) -> bool:
        """A flag of the module or of the receiver that the same function sets to a constant."""
        match condition:
            case m.Unary(op="not", operand=inner):
                return self._means_unset(inner, not truth, scope)
            case m.BoolOp(op="and", items=items) if truth:
                return any(self._means_unset(i, truth, scope) for i in items)
            case m.Compare(left=left, ops=("is",), items=(m.Const(kind="none"),)) if truth:
                return self._is_set_here(left, scope)
            case m.Name() | m.Attr() if not truth:
                return self._is_set_here(condition, scope)
        return False

    def _is_set_here(self, flag: m.Expr, scope: ScopeId) -> bool:
        if isinstance(flag, m.Attr):
            return isinstance(flag.base, m.Name) and any(_sets(op.action, flag) for op in self.program.facts(scope).ops)
        if not isinstance(flag, m.Name):
            return False
        owner = self.resolver.owner(flag.id, scope)
        if owner is None or owner == scope:
            return False
        module = self.program.of(owner)
        if any(b.op >= 0 and b.scope != owner.index for b in module.bindings(owner.index)[flag.id]):
            return any(
                _sets(module.scope(b.scope).ops[b.op].action, flag)
                for b in module.bindings(owner.index)[flag.id]
                if b.op >= 0 and b.scope != owner.index
            )
        return self._is_filled_here(flag, scope)

    def _is_filled_here(self, flag: m.Name, scope: ScopeId) -> bool:
        """Whether the function that tests another container for emptiness also fills it."""
        for site in self.program.of(scope).sites(flag.id):
            parent = site.parents[-1] if site.parents else None
            if (
                site.scope == scope
                and isinstance(parent, m.Attr)
                and parent.name in {"append", "extend", "add", "update", "insert"}
            ):
                return True
            if site.scope == scope and isinstance(parent, m.Sub) and isinstance(self.program.op(site).action, m.Assign):
                return True
        return False

    def _after_reset(self, access: Access, accesses: AccessList) -> bool:
        """Whether the same run of the function empties or replaces the container first, on every path to the insert."""
        facts = self.program.facts(access.scope)
        for other in accesses.within(access.scope, "clear", "replace"):
            if other.op < access.op and not other.nested and other.handed is None:
                if in_block(facts, facts.ops[other.op].frame, access.op):
                    return True
        return self._callers_reset(access.scope, accesses)

    def _callers_reset(self, scope: ScopeId, accesses: AccessList) -> bool:
        """Whether a function only runs as a part of others of its class or module, each of which empties or replaces
        the container before, outside any endless loop."""
        sites = self.flow.live_calls(scope)
        if not sites or not scope.index or not self.flow.is_only_called(scope):
            return False
        return all(self._resets_before(site.scope, site.op, accesses) for site in sites)

    def _resets_before(self, scope: ScopeId, op: int, accesses: AccessList) -> bool:
        facts = self.program.facts(scope)
        if not scope.index or not 0 <= op < len(facts.ops):
            return False
        endless = next((f for f in loops_around(facts, op) if facts.frames[f].kind == "while"), 0)
        return any(
            not other.nested
            and other.handed is None
            and other.op < op
            and in_block(facts, facts.ops[other.op].frame, op)
            and in_block(facts, endless, other.op)
            for other in accesses.within(scope, "clear", "replace")
        )

    def _is_refused_when_full(self, access: Access, accesses: AccessList) -> bool:
        """`if len(X) >= N: return` (or raise) before the insert, or the insert under `if len(X) < N`."""
        facts = self.program.facts(access.scope)
        sizes = accesses.nodes(access.scope, "size")
        for condition, truth in guards(facts, access.op) if sizes else ():
            for node in w.walk(condition):
                if isinstance(node, m.Compare) and len(node.ops) == 1 and any(id(n) in sizes for n in w.walk(node)):
                    on_left = any(id(n) in sizes for n in w.walk(node.left))
                    upper = node.ops[0] in ({"<", "<="} if on_left else {">", ">="})
                    lower = node.ops[0] in ({">", ">=", "=="} if on_left else {"<", "<=", "=="})
                    if (upper and truth) or (lower and not truth):
                        return True
        return False

    # --- the verdict ---

    def verdict(
        self,
        holder: Holder,
        accesses: AccessList,
        inserts: tuple[Insert, ...],
        removals: tuple[Removal, ...],
        growth: tuple[Confidence, tuple[str, ...]],
    ) -> Verdict:
        """The first row of the table in the design that fits; `growth` is what `confidence` says."""
        if holder.made.bounded:
            return Verdict("bounded", Confidence.HIGH, (f"`{holder.made.text}` cannot grow without limit",))
        if not inserts:
            return self._quiet(accesses)
        if holder.made.kind.family == "queue" and any(r.when in {"event", "timer", "insert"} for r in removals):
            return Verdict("bounded", Confidence.MEDIUM, ("a consumer takes from it",))
        bound = self._bound_by_removal(inserts, removals)
        if bound is not None:
            return bound
        whens = {r.when for r in removals}
        stale = [
            r
            for r in removals
            if r.extent in {"sweep", "all"} and r.when in {"dead", "test", "unstarted", "once", "other-process"}
        ]
        if "guaranteed" in whens or "event" in whens or "exit" in whens or "import" in whens:
            name = "event-only" if whens & {"event", "guaranteed"} else "never"
        elif any(r.extent == "sweep" or r.when in {"unstarted", "once", "other-process"} for r in stale):
            name = "unscheduled"
        else:
            name = "never"
        events = [r for r in removals if r.when == "event"]
        if events and all(map(_is_uncalled_sweep, events)):
            name = "unscheduled"
        if any(r.when in {"unstarted", "once", "other-process"} or r.extent == "sweep" for r in stale):
            name = "unscheduled"
        return Verdict(name, *growth)

    @staticmethod
    def _quiet(accesses: AccessList) -> Verdict:
        if any(a.kind == "insert" for a in accesses):
            return Verdict(
                "closed", Confidence.HIGH, ("every insert has a closed key, runs only at import, or fills it once",)
            )
        return Verdict("idle", Confidence.HIGH, ("nothing inserts into it",))

    def _bound_by_removal(self, inserts: tuple[Insert, ...], removals: tuple[Removal, ...]) -> Verdict | None:
        whens = {r.when for r in removals}
        if "capacity" in whens:
            return Verdict("bounded", Confidence.HIGH, ("its size is capped",))
        paired = [r for r in removals if r.when == "guaranteed"]
        if paired and all(self.sweeps.covers(paired, i.access) for i in inserts):
            return Verdict(
                "paired",
                Confidence.HIGH,
                ("each entry is removed in a `finally`, at the end of a `with`, or by a callback",),
            )
        if "timer" in whens:
            return Verdict("swept", Confidence.HIGH, ("a timer sweeps it",))
        if "later" in whens:
            return Verdict("entry-timer", Confidence.HIGH, ("a one-shot timer removes each entry",))
        if any(r.when == "insert" and r.extent in {"sweep", "all", "evict"} for r in removals):
            return Verdict("amortised", Confidence.HIGH, ("the insert path sweeps it",))
        if any(self._replaced_each_cycle(r) for r in removals):
            return Verdict("replaced", Confidence.MEDIUM, ("it is emptied by the code that reads it, each cycle",))
        return None

    def _replaced_each_cycle(self, removal: Removal) -> bool:
        swapped = removal.when == "event" and removal.extent == "all" and removal.access.how == "swap"
        return swapped and not self.execution.roots.is_forgotten(removal.access.scope)

    def confidence(
        self, holder: Holder, accesses: AccessList, inserts: tuple[Insert, ...]
    ) -> tuple[Confidence, tuple[str, ...]]:
        """The best that any insert supports, and why; low for a container that nothing makes grow."""
        best, why = Confidence.LOW, ""
        listeners = self._inner.holds_callables(accesses)
        called = listeners or self._holds_callables(accesses)
        for insert in inserts:
            level = self._insert_confidence(insert)
            if self._is_registration(insert, called, accesses) or (
                holder.made.filled and not _names(insert.access.site, holder)
            ):
                level = Confidence.LOW
            if listeners and (insert.domain.weak or insert.domain.kind == "unknown"):
                level = Confidence.LOW  # the names of events, most likely
            if level.rank > best.rank or not why:
                best, why = level, insert.domain.why
        if not inserts:
            return best, ()
        reasons = [f"the key is {why}" if not why.startswith("`") else f"the key: {why}"]
        escapes = [a for a in accesses if a.kind == "escape" and not self.program.is_test(a.scope)]
        if holder.made.kind.family == "queue" and any(a.kind == "escape" or a.how == "kept" for a in accesses):
            best = Confidence.LOW  # whoever it is handed to takes out of it, most likely
        if escapes and best is Confidence.HIGH:
            best = Confidence.MEDIUM
            reasons.append(
                f"it is handed to `{escapes[0].how or 'code that cannot be seen'}`, which may remove entries"
            )
        if any(i.access.guess for i in inserts) and best is Confidence.HIGH:
            best = Confidence.MEDIUM
            reasons.append("a receiver was matched by the attribute's name alone")
        return best, tuple(reasons)

    def _is_registration(self, insert: Insert, holds_callables: bool, accesses: AccessList) -> bool:
        """Whether a public function that nobody here calls stores something under a name, or to be called later: the
        form of a registration, which users make when their program starts."""
        if not insert.kinds <= {"api", "tested", "test"} or insert.access.nested:
            return False
        key = insert.access.key
        below = [a.value for a in accesses.nested_inserts(insert.access.scope)]
        parameters = {p.name for p in self.program.facts(insert.access.scope).parameters}
        if isinstance(key, m.Name) and key.id in parameters and key.id.split("_")[-1] == "name":
            return insert.domain.kind == "unknown"
        stored = (insert.access.value, *below)
        if holds_callables and any(isinstance(v, m.Name) and v.id in parameters for v in stored):
            return True
        return self._only_keeps(insert.access)

    def _only_keeps(self, access: Access) -> bool:
        """Whether a function does nothing but keep what it is given: no text or number, which would be data."""
        facts = self.program.facts(access.scope)
        if access.value is None or not LOOPS.isdisjoint(layout(facts).by_kind):
            return False
        others = (index for index, op in enumerate(facts.ops) if index != access.op and not _is_idle(op.action))
        if next(others, None) is not None:
            return False
        given = {p.name: p.annotation for p in facts.parameters}
        parts = [part for part in (access.key, access.value) if part is not None]
        names = [part.items[0] if isinstance(part, m.BoolOp) else part for part in parts]
        return all(
            isinstance(name, m.Name) and name.id in given and given[name.id] not in _PLAIN_DATA for name in names
        )

    def _holds_callables(self, accesses: AccessList) -> bool:
        """Whether some code calls what it takes out of the container."""
        return any(
            self._is_called(a) for a in accesses if a.kind in {"iterate", "read"} and not self.program.is_test(a.scope)
        )

    def _is_called(self, access: Access) -> bool:
        site = access.site
        facts = self.program.facts(access.scope)
        for frame in loops_over(facts, site.top):
            if isinstance(frame.target, m.Name):
                return self._calls(frame.target.id, access.scope)
        for parent in site.parents[::-1]:
            if (
                isinstance(parent, m.Call)
                and isinstance(parent.func, m.Sub | m.Call)
                and site.node in set(w.walk(parent.func))
            ):
                return True
        return False

    def _calls(self, name: str, scope: ScopeId) -> bool:
        """Whether a scope calls what a name stands for."""
        if (name, scope) not in self._called:
            self._called[name, scope] = any(
                other.parents and isinstance(call := other.parents[-1], m.Call) and call.func is other.node
                for other in self.program.of(scope).sites_in(scope.index, name)
            )
        return self._called[name, scope]

    @staticmethod
    def _insert_confidence(insert: Insert) -> Confidence:
        called = "run" in insert.kinds or "timer" in insert.kinds or "later" in insert.kinds
        if insert.access.nested:
            return Confidence.MEDIUM if insert.domain.kind == "open" and not insert.domain.weak else Confidence.LOW
        if insert.domain.kind == "open":
            return Confidence.HIGH if called and not insert.domain.weak else Confidence.MEDIUM
        if insert.domain.weak or insert.access.implicit:
            return Confidence.LOW
        return Confidence.MEDIUM
