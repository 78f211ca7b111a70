"""Removals, classed by how much they take out and by when they run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.callees import callee_names, dotted_text, given
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Allocation, CallSite, argument_of
from unbounded_lint.link.program.blocks import (
    after_any_end,
    frames_of,
    in_block,
    in_cleanup,
    inside,
    layout,
    loops_around,
    ops_in,
    span_of,
)
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.context import LIVE, Context
from unbounded_lint.link.runs.execution import Execution

REMOVING = frozenset({"remove", "clear", "replace", "trim"})

_GUARANTEED_CALLS = frozenset({"weakref.ref", "weakref.finalize", "weakref.WeakMethod", "weakref.proxy"})
_GUARANTEED_METHODS = frozenset(
    {
        "add_done_callback",
        "addBoth",
        "rawlink",
        "link",
        "callback",
        "push_async_callback",
        "add_finalizer",
        "addCleanup",
        "call_on_close",
    }
)
_STARTING = frozenset({"import", "startup", "main", "test"})
_EXITS = frozenset({"__exit__", "__aexit__"})
_PUSHES = frozenset({"heappush", "insort", "insort_left", "insort_right"})
_EVICTING = frozenset({"popitem", "popleft", "heapq.heappop", "heapq.heappushpop"})


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal.

    extent   sweep (a loop over the container, or over what was picked from it), all (cleared or replaced), evict
             (whatever is oldest or next), single (one key)
    when     timer, later (a one-shot timer of the entry), guaranteed (finally, exit of a with, done-callback, weak
             reference), capacity, insert (in the path of an insert), event (an owner's call), test, dead (nothing
             calls it), unstarted (a timer that is never started), once (a one-shot timer that is armed while the
             program starts), other-process
    """

    access: Access
    extent: str
    when: str
    contexts: frozenset[Context]


def sweeping_timers(removals: Iterable[Removal], execution: Execution) -> tuple[Context, ...]:
    """The timers that run some of the removals, in their order."""
    found = [
        context
        for removal in removals
        if removal.when == "timer" and removal.access.handed is None
        for context in execution.sources(removal.access.scope, removal.access.op)
        if context.kind == "timer"
    ]
    return tuple(dict.fromkeys(found))


class Sweeps:
    """Classes the removals of one container."""

    def __init__(self, flow: Flow, execution: Execution, catalog: Catalog) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.execution = execution
        self.catalog = catalog
        self._filled: dict[tuple[str, ScopeId], tuple[int, ...]] = {}
        self._callbacks: dict[tuple[ScopeId, int], bool] = {}

    def of(self, accesses: AccessList, definitions: tuple[tuple[ScopeId, int], ...] = ()) -> tuple[Removal, ...]:
        """All removals of whole entries among the accesses of one container, which is made at these operations."""
        removing = [a for a in accesses if a.kind in REMOVING and not a.nested and not self._is_put_back(a, accesses)]
        prunes = [a for a in accesses if self.rewrites_entries(a, accesses) and self._guarded_by_total(a, accesses)]
        return (
            *(self._class(access, accesses, frozenset(definitions)) for access in removing),
            *(Removal(a, "sweep", "capacity", self.execution.at(a.scope, a.op)) for a in prunes),
        )

    def rewrites_entries(self, access: Access, accesses: AccessList) -> bool:
        """`for k, v in X.items(): X[k] = ...`: a store under the container's own keys."""
        if access.kind != "insert" or access.nested or not isinstance(access.key, m.Name):
            return False
        bindings = self.program.of(access.scope).bindings(access.scope.index).get(access.key.id, ())
        nodes = accesses.nodes(access.scope)
        return bool(bindings) and all(
            b.kind in {"item", "item-part"} and b.expr is not None and any(id(n) in nodes for n in w.walk(b.expr))
            for b in bindings
        )

    def _guarded_by_total(self, access: Access, accesses: AccessList) -> bool:
        """Whether a test of how much the entries hold together (`sum(len(v) for v in X.values()) > N`) leads to an
        entry being cut."""
        facts = self.program.facts(access.scope)
        nodes = accesses.nodes(access.scope)
        for index in frames_of(facts, access.op):
            frame = facts.frames[index]
            if frame.kind in {"if", "while"} and frame.head is not None:
                parts = [n for e in self._expansions(frame.head, access.scope) for n in w.walk(e)]
                if any(id(n) in nodes for n in parts) and any(
                    isinstance(n, m.Call) and n.func == m.Name("len") for n in parts
                ):
                    return True
        return False

    def _is_put_back(self, access: Access, accesses: AccessList) -> bool:
        """`del X[k]` (or a pop) followed by `X[k] = ...` in the same function: the entry is moved, not removed."""
        if access.kind != "remove" or access.key is None or access.handed is not None:
            return False
        facts = self.program.facts(access.scope)
        return any(
            other.op >= access.op and _surely_follows(facts, access.op, facts.ops[other.op].frame)
            for other in accesses.inserts_by_key.get((access.scope, access.key), ())
        )

    def _class(self, access: Access, accesses: AccessList, definitions: frozenset[tuple[ScopeId, int]]) -> Removal:
        extent = self._extent(access, accesses)
        contexts = self._contexts(access, definitions)
        return Removal(access, extent, self._when(access, extent, contexts, accesses), contexts)

    def _contexts(self, access: Access, definitions: frozenset[tuple[ScopeId, int]]) -> frozenset[Context]:
        """When a removal runs; where a helper is handed the container, when it is handed this very one."""
        scope = access.scope
        every = self.execution.at(scope, access.op)
        position = self._parameter(access.site.node, scope)
        if position is None or any(use.kind != "called" for use in self.flow.function_uses(scope)):
            return every
        sites = self.flow.call_sites(scope)
        passing = [site for site in sites if self._passes(site, scope, position, definitions)]
        if not definitions or not passing or len(passing) == len(sites):
            return every
        looped = any(context.looped for context in every)
        found = {c for site in passing for c in self.execution.at(site.scope, site.op)}
        return frozenset(c if c.looped or not looped else c.behind(True, False) for c in found)

    def _parameter(self, node: m.Expr, scope: ScopeId) -> int | None:
        """The position of the parameter that a name is, None for anything else."""
        bindings = self.program.of(scope).bindings(scope.index).get(node.id, ()) if isinstance(node, m.Name) else ()
        return bindings[0].index if len(bindings) == 1 and bindings[0].kind == "parameter" else None

    def _passes(
        self, site: CallSite, scope: ScopeId, position: int, definitions: frozenset[tuple[ScopeId, int]]
    ) -> bool:
        """Whether a call hands over the container made at one of these operations; in doubt, yes."""
        argument = argument_of(self.program.facts(scope), position, site)
        values = self.resolver.values(argument, site.scope) if argument is not None else ()
        made = {(v.scope, v.op) for v in values if isinstance(v, Allocation)}
        return not made or bool(made & definitions)

    # --- how much ---

    def _extent(self, access: Access, accesses: AccessList) -> str:
        if access.kind in {"clear", "replace"}:
            return "all"
        if access.kind == "trim" or access.how in _EVICTING or (access.how == "pop" and access.key is None):
            return "evict"
        if access.handed is None and self.sweeping_loop(access, accesses) is not None:
            return "sweep"
        if access.how in {"-=", "&=", "difference_update", "intersection_update"}:
            return "sweep"
        if access.key is not None and self._is_oldest(access):
            return "evict"
        if self._follows_order(access, accesses) and self.in_insert_path(access, accesses):
            return "sweep"
        return "single"

    def _follows_order(self, access: Access, accesses: AccessList) -> bool:
        """Whether a loop takes out the keys that it finds in another container (a queue by age, buckets by time), to
        which every insert adds as well."""
        facts = self.program.facts(access.scope)
        sources = [n for expr in self._expansions(access.key, access.scope) for n in w.walk(expr)]
        for index in loops_around(facts, access.op):
            frame = facts.frames[index]
            if frame.head is not None and access.handed is None:
                walked = [n for e in self._expansions(frame.head, access.scope) for n in w.walk(e)]
                others = [n for n in walked if isinstance(n, m.Attr | m.Name) and n in sources]
                if any(self._is_added_beside(other, access, accesses) for other in others):
                    return True
        return False

    def _is_added_beside(self, other: m.Expr, access: Access, accesses: AccessList) -> bool:
        """Whether each function that inserts adds to another attribute of the same object, or global, too."""
        inserting = [scope for scope in accesses.inserting if not self.program.is_test(scope)]
        if not inserting or other in accesses.written:
            return False
        return all(self._is_same_place(other, access.scope, scope) and self._adds(scope, other) for scope in inserting)

    def _is_same_place(self, expr: m.Expr, one: ScopeId, other: ScopeId) -> bool:
        if isinstance(expr, m.Name):
            owner = self.resolver.owner(expr.id, one)
            return owner is not None and owner.index == 0 and owner == self.resolver.owner(expr.id, other)
        if not (isinstance(expr, m.Attr) and isinstance(expr.base, m.Name)):
            return False
        cls = self.program.owner_class(one)
        receiver = self.program.facts(one).parameters[:1]
        return (
            bool(receiver) and receiver[0].name == expr.base.id and cls == self.program.owner_class(other) is not None
        )

    def _adds(self, scope: ScopeId, other: m.Expr) -> bool:
        for op in self.program.facts(scope).ops:
            targets = op.action.targets if isinstance(op.action, m.Assign) else ()
            if any(isinstance(target, m.Sub) and target.base == other for target in targets):
                return True
            for node in w.nodes(op.action):
                if isinstance(node, m.Call) and any(a.value == other for a in node.args):
                    if dotted_text(node.func).rpartition(".")[2] in _PUSHES:
                        return True
                if isinstance(node, m.Call) and isinstance(node.func, m.Attr):
                    if self.catalog.inserting(node.func.name) and other in w.walk(node.func.base):
                        return True
        return False

    def _is_oldest(self, access: Access) -> bool:
        """`X.pop(next(iter(X)))`, `min(X, key=...)`, or a name bound to such."""
        return any(
            isinstance(node, m.Call) and dotted_text(node.func) in {"next", "min", "max", "order.pop", "random.choice"}
            for expr in self._expansions(access.key, access.scope)
            for node in w.walk(expr)
        )

    def _expansions(self, key: m.Expr | None, scope: ScopeId, depth: int = 3) -> tuple[m.Expr, ...]:
        """The expression, and what the local names in it are bound to."""
        if key is None or not depth:
            return ()
        found = [key]
        bindings = self.program.of(scope).bindings(scope.index)
        for node in w.walk(key):
            if isinstance(node, m.Name):
                for binding in bindings.get(node.id, ()):
                    if binding.expr is not None and binding.kind != "parameter" and binding.scope == scope.index:
                        found.extend(self._expansions(binding.expr, scope, depth - 1))
        return tuple(found)

    def sweeping_loop(self, access: Access, accesses: AccessList) -> int | None:
        """The loop that walks the container, or what was picked from it, around a removal."""
        facts = self.program.facts(access.scope)
        nodes = accesses.own_nodes(access.scope)
        for index in loops_around(facts, access.op):
            frame = facts.frames[index]
            if frame.head is None:
                continue
            if any(id(n) in nodes for e in self._expansions(frame.head, access.scope) for n in _walked(e)):
                return index
            if self._filled_from(frame.head, access, accesses, nodes):
                return index
        if self._in_sweeping_comprehension(access, nodes):
            return 0
        return None

    def _in_sweeping_comprehension(self, access: Access, nodes: frozenset[int]) -> bool:
        for parent in access.site.parents:
            if isinstance(parent, m.Comp):
                heads = [c.iterable for c in parent.clauses]
                if any(id(n) in nodes for h in heads for e in self._expansions(h, access.scope) for n in w.walk(e)):
                    return True
        return False

    def _filled_from(self, head: m.Expr, access: Access, accesses: AccessList, nodes: frozenset[int]) -> bool:
        """Whether the loop walks a local list that another loop over the container fills."""
        scope = access.scope
        facts = self.program.facts(scope)
        names = {n.id for e in self._expansions(head, scope) for n in w.walk(e) if isinstance(n, m.Name)}
        filled = [at for name in names for at in self._fillings(name, scope)]
        if not filled:
            return False
        loops = accesses.frames("walks", scope, lambda: self._walks(scope, nodes))
        return any(at in span_of(facts, index) for index in loops for at in filled)

    def _walks(self, scope: ScopeId, nodes: frozenset[int]) -> Iterator[int]:
        """The `for` loops of a scope over the container, whose expressions are given, or what was picked from it."""
        facts = self.program.facts(scope)
        for index in layout(facts).by_kind.get("for", ()):
            head = facts.frames[index].head
            if any(id(n) in nodes for e in self._expansions(head, scope) for n in w.walk(e)):
                yield index

    def _fillings(self, name: str, scope: ScopeId) -> tuple[int, ...]:
        """The operations of a scope that add to what a name stands for."""
        if (name, scope) not in self._filled:
            self._filled[name, scope] = tuple(
                site.op
                for site in self.program.of(scope).sites_in(scope.index, name)
                if isinstance(site.node, m.Name)
                and len(site.parents) > 1
                and isinstance(site.parents[-1], m.Attr)
                and site.parents[-1].name in {"append", "add", "extend"}
                and isinstance(site.parents[-2], m.Call)
                and site.parents[-2].func is site.parents[-1]
            )
        return self._filled[name, scope]

    # --- when ---

    def _when(self, access: Access, extent: str, contexts: frozenset[Context], accesses: AccessList) -> str:
        if access.handed is not None:
            handed = self._when_handed(access)
            if handed is not None:
                return handed
        kinds = {c.kind for c in contexts}
        live = kinds & LIVE
        if self._is_capacity(access, accesses):
            return "capacity"
        if self._is_guaranteed(access, accesses):
            return "guaranteed"
        stacked = extent == "evict" and bool(accesses.within(access.scope, "insert"))
        if "timer" in kinds and not stacked and (extent != "single" or self._keyed_by_sweep(access)):
            return "timer"
        if "later" in kinds and extent == "single":
            return "later"
        if "timer" in kinds or "later" in kinds:
            if "timer" not in kinds and self._is_armed_once(access):
                return "once" if live == {"later"} else "event"
            return "timer" if extent != "single" and not stacked else "event"
        if not live:
            if "tested" in kinds:
                return "test"
            for kind in ("unstarted", "other-process", "test", "dead"):
                if kind in kinds:
                    return kind
            return "dead"
        if live <= {"import"} and extent == "all":
            return "import"
        if extent != "single" and not stacked and self.in_insert_path(access, accesses):
            return "insert"
        if live == {"exit"}:
            return "exit"
        return "event"

    def _is_armed_once(self, access: Access) -> bool:
        """Whether the one-shot timers that run a removal are armed only while the program starts, and not again."""
        armed = [c.root for c in self.execution.sources(access.scope, access.op) if c.kind == "later"]
        contexts = [context for root in armed for context in self.execution.at(*root)]
        return bool(contexts) and all(c.kind in _STARTING and not (c.kind == "main" and c.looped) for c in contexts)

    def _keyed_by_sweep(self, access: Access) -> bool:
        """Whether the single key that a timer removes comes from a loop over something: a parameter bound by a
        sweeping caller."""
        if not isinstance(access.key, m.Name):
            return not isinstance(access.key, m.Const)
        scope = access.scope
        bindings = self.program.of(scope).bindings(scope.index).get(access.key.id, ())
        return any(b.kind in {"item", "item-part"} for b in bindings) or any(b.kind == "parameter" for b in bindings)

    def _when_handed(self, access: Access) -> str | None:
        """A removing method handed to something as a callback."""
        call = access.handed
        assert call is not None
        names = callee_names(call.func, access.scope, self.resolver)
        if set(names) & _GUARANTEED_CALLS or (isinstance(call.func, m.Attr) and call.func.name in _GUARANTEED_METHODS):
            return "guaranteed"
        for timer in self.execution.timers.of(call, access.scope)[:1]:
            if timer.process == "other":
                return "other-process"
            if not self.execution.timers.is_started(timer, call, access.site):
                return "unstarted"
            if timer.repeats(given(call, access.scope, self.resolver)) and access.kind == "clear":
                return "timer"
            return "later"
        return None

    def _is_guaranteed(self, access: Access, accesses: AccessList) -> bool:
        """Whether the removal runs whatever happens, for the entry that some insert made."""
        if self.is_callback(access.scope, 2):
            return True
        return any(
            self.program.facts(scope).name in _EXITS or any(self._leads_to(scope, a) for a in accesses.inserting)
            for scope in self._cleaners(access)
        )

    def _cleans_up(self, access: Access) -> bool:
        """Whether a removal stands in a `finally`, or behind a `try` that lets nothing past it."""
        facts = self.program.facts(access.scope)
        return in_cleanup(facts, access.op) or after_any_end(facts, access.op)

    def covers(self, removals: Iterable[Removal], insert: Access) -> bool:
        """Whether guaranteed removals take the entries that an insert makes, whoever calls it."""
        cleaners: set[ScopeId] = set()
        for removal in removals:
            access = removal.access
            if access.handed is not None or self.is_callback(access.scope, 2) or removal.extent == "all":
                return True
            other = isinstance(access.key, m.Const) and access.key != insert.key
            for scope in self._cleaners(access):
                if self.program.facts(scope).name in _EXITS:
                    return True
                if not (other and scope == access.scope):
                    cleaners.add(scope)
        return bool(cleaners) and self._is_cleaned(insert.scope, frozenset(cleaners), 4)

    def _cleaners(self, access: Access) -> Iterator[ScopeId]:
        """The functions in whose clean-up a removal runs."""
        if self.program.facts(access.scope).name in _EXITS or self._cleans_up(access):
            yield access.scope
        for site in self.flow.call_sites(access.scope):
            caller = self.program.facts(site.scope)
            if site.op >= 0 and (caller.name in _EXITS or in_cleanup(caller, site.op)):
                yield site.scope

    def _is_cleaned(self, scope: ScopeId, cleaners: frozenset[ScopeId], depth: int) -> bool:
        """Whether a function cleans up itself, or all its callers do."""
        if scope in cleaners or self.program.parent(scope) in cleaners:
            return True
        if any(self.program.parent(cleaner) == scope for cleaner in cleaners):
            return True
        sites = [s for s in self.flow.call_sites(scope) if not self.program.is_test(s.scope) and s.scope != scope]
        return (
            depth > 0
            and bool(sites)
            and all(s.scope.index and self._is_cleaned(s.scope, cleaners, depth - 1) for s in sites)
        )

    def _leads_to(self, scope: ScopeId, inserting: ScopeId) -> bool:
        """Whether the function with the `finally` is also the one that inserts, or that calls the insert."""
        if scope == inserting or self.program.parent(inserting) == scope or self.program.parent(scope) == inserting:
            return True
        seen = {inserting}
        queue = [inserting]
        while queue and len(seen) < 30:
            at = queue.pop(0)
            for site in self.flow.call_sites(at):
                if site.scope == scope:
                    return True
                if site.scope not in seen and len(seen) < 30 and site.scope.index:
                    seen.add(site.scope)
                    queue.append(site.scope)
        return False

    def is_callback(self, scope: ScopeId, depth: int) -> bool:
        """Whether a function is handed over to run when a task, a deferred or an object ends."""
        key = (scope, depth)
        if key not in self._callbacks:
            self._callbacks[key] = False
            self._callbacks[key] = self._find_callback(scope, depth)
        return self._callbacks[key]

    def _find_callback(self, scope: ScopeId, depth: int) -> bool:
        if scope.index == 0:
            return False
        for use in self.flow.function_uses(scope):
            call = use.outer
            if (
                use.kind in {"argument", "partial"}
                and isinstance(call, m.Call)
                and not self.program.is_test(use.site.scope)
            ):
                names = callee_names(call.func, use.site.scope, self.resolver)
                if set(names) & _GUARANTEED_CALLS:
                    return True
                if isinstance(call.func, m.Attr) and call.func.name in _GUARANTEED_METHODS:
                    return True
        if depth:
            sites = [s for s in self.flow.call_sites(scope) if s.scope != scope and not self.program.is_test(s.scope)]
            return bool(sites) and any(self.is_callback(s.scope, depth - 1) for s in sites if s.scope.index)
        return False

    # --- capacity ---

    def _is_capacity(self, access: Access, accesses: AccessList) -> bool:
        """Whether a test of the container's size (or of an order list kept beside it) leads to the removal."""
        if access.kind == "trim" and not access.nested:
            return True
        if access.kind == "replace" and access.value is not None and _is_slice_of(access):
            return True
        if self._guarded_by_size(access.scope, access.op, accesses, access.key):
            return True
        for site in self.flow.call_sites(access.scope):
            if site.op >= 0 and self._guarded_by_size(site.scope, site.op, accesses, None):
                return True
        return False

    def _guarded_by_size(self, scope: ScopeId, op: int, accesses: AccessList, key: m.Expr | None) -> bool:
        facts = self.program.facts(scope)
        sizes = accesses.sizes
        for index in frames_of(facts, op):
            frame = facts.frames[index]
            if frame.head is None or frame.kind not in {"if", "while", "for", "else"}:
                continue
            limited = _is_limit(frame.head)
            for expr in self._expansions(frame.head, scope):
                for node in w.walk(expr):
                    if (limited and id(node) in sizes) or self._is_sibling_size(node, key, scope):
                        return True
        return self._after_early_return(scope, op, accesses)

    def _after_early_return(self, scope: ScopeId, op: int, accesses: AccessList) -> bool:
        """`if len(X) <= N: return` before the removal."""
        facts = self.program.facts(scope)
        early = accesses.frames("early", scope, lambda: self._early_returns(scope, accesses))
        return any(facts.frames[index].op <= op and not inside(facts, op, index) for index in early)

    def _early_returns(self, scope: ScopeId, accesses: AccessList) -> Iterator[int]:
        """The branches of a scope that test the size of the container and leave."""
        facts, sizes = self.program.facts(scope), accesses.nodes(scope, "size")
        for index in layout(facts).by_kind.get("if", ()) if sizes else ():
            head = facts.frames[index].head
            if head is None or not _is_limit(head):
                continue
            if any(isinstance(o.action, m.Return | m.Continue | m.Break) for _, o in ops_in(facts, index)):
                if any(id(n) in sizes for e in self._expansions(head, scope) for n in w.walk(e)):
                    yield index

    def _is_sibling_size(self, node: m.Expr, key: m.Expr | None, scope: ScopeId) -> bool:
        """`len(order)` where the key that is removed is taken from `order`."""
        if key is None or not (isinstance(node, m.Call) and node.func == m.Name("len") and node.args):
            return False
        other = node.args[0].value
        return any(part == other for expr in self._expansions(key, scope) for part in w.walk(expr))

    def in_insert_path(self, access: Access, accesses: AccessList) -> bool:
        """Whether the removal runs in a function that inserts, or that an inserting function calls."""
        inserting = accesses.inserting
        if access.scope in inserting:
            return True
        queue, seen = [access.scope], {access.scope}
        for _ in range(3):
            callers = [s.scope for at in queue for s in self.flow.call_sites(at) if s.scope not in seen]
            if any(caller in inserting for caller in callers):
                return True
            seen.update(callers)
            queue = callers
        return self._caller_inserts(access, inserting)

    def _caller_inserts(self, access: Access, inserting: Mapping[ScopeId, None]) -> bool:
        """Whether one function calls both the sweep and, straight, the insert."""
        callers = {s.scope for s in self.flow.call_sites(access.scope) if s.scope.index}
        return any(s.scope in callers for scope in inserting for s in self.flow.call_sites(scope))


def _surely_follows(facts: m.Scope, op: int, frame: int) -> bool:
    """Whether a frame is a block around an operation, or the body of a `try` or `with` directly in one."""
    if facts.frames[frame].kind in {"try", "with"} and not in_block(facts, frame, op):
        frame = facts.frames[frame].parent
    return in_block(facts, frame, op)


def _walked(head: m.Expr) -> Iterator[m.Expr]:
    """The parts of what a loop walks, but for the items of a list written out: `for table in (A, B)` walks neither."""
    if not isinstance(head, m.Display):
        yield from w.walk(head)
        return
    for item in head.items:
        if isinstance(item, m.Display):
            yield from _walked(item)
        elif not isinstance(item, m.Name | m.Attr):
            yield from w.walk(item)


def _is_limit(head: m.Expr) -> bool:
    """Whether a condition compares with something other than nothing: `len(X) > 0` is no limit."""
    compares = [node for node in w.walk(head) if isinstance(node, m.Compare)]
    zero = m.Const("int", "0")
    return not isinstance(head, m.Unary | m.Name | m.Attr) and (
        not compares or any(zero not in (compare.left, *compare.items) for compare in compares)
    )


def _is_slice_of(access: Access) -> bool:
    """`X = X[-N:]`."""
    value = access.value
    return isinstance(value, m.Sub) and isinstance(value.index, m.Slice) and value.base == access.site.node
