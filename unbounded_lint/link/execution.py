"""When code runs: at import, at start-up, per request, on a timer, in tests, or never; found by walking from callee
to caller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from unbounded_lint.catalog.load import DECLARED, Catalog
from unbounded_lint.catalog.model import Hook, Timer
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.flow import Flow, Use, Variable
from unbounded_lint.link.frames import in_cleanup, in_main_guard, loops_around, ops_in
from unbounded_lint.link.given import argument_at, callee_names, dotted_text, given, is_unknown_receiver, receiver_of
from unbounded_lint.link.program import Program, ScopeId, Site
from unbounded_lint.link.values import Allocation, Class, External, Function, Instance

LIVE = frozenset({"import", "startup", "main", "run", "api", "timer", "later", "exit"})
RUNTIME = frozenset({"run", "api", "timer", "later"})
STEPS = 200
"""How many callers are followed before the rest counts as run time."""

_GATHERING = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "range", "dict"})
_VIEWS = frozenset({"items", "keys", "values", "split", "splitlines"})
_CLASS_CREATION = frozenset({"__init_subclass__", "__set_name__", "__prepare__", "__init__", "__new__"})
_TRANSPARENT = frozenset(
    [
        "staticmethod",
        "classmethod",
        "property",
        "cached_property",
        "abstractmethod",
        "wraps",
        "lru_cache",
        "cache",
        "contextmanager",
        "asynccontextmanager",
        "overload",
        "override",
        "final",
        "singledispatch",
        "total_ordering",
        "setter",
        "getter",
        "deleter",
        "coroutine",
        "dataclass",
        "reify",
        "deprecated",
    ]
)
_EXIT_METHODS = frozenset({"__exit__", "__aexit__"})


@dataclass(frozen=True, slots=True)
class Context:
    """One way in which code comes to run.

    kind     import, startup (once, before serving), main (a script's body), run (per request, event or callback), api
             (public and called by nobody here), tested (public and called by tests alone), timer, later (once, after
             a delay), exit, test, dead (private and called by nobody), other-process, unstarted (handed to a timer
             that nothing starts)
    looped   a loop stands on the way (meaningful for main and startup)
    cleanup  a `finally` or `__exit__` stands on the way
    root     where the way begins: scope and operation
    timer    the catalogue's entry, for timer, later, unstarted and other-process
    """

    kind: str
    looped: bool
    cleanup: bool
    root: tuple[ScopeId, int]
    timer: str = ""

    def behind(self, looped: bool, cleanup: bool) -> Context:
        """The same way of running, for something that stands behind a loop or a clean-up of its own."""
        if (self.looped or not looped) and (self.cleanup or not cleanup):
            return self
        return replace(self, looped=self.looped or looped, cleanup=self.cleanup or cleanup)


@dataclass(frozen=True, slots=True)
class _Step:
    scope: ScopeId
    looped: bool
    cleanup: bool


def _order(context: Context) -> tuple[str, bool, bool, str, tuple[ScopeId, int]]:
    return (context.kind, context.looped, context.cleanup, context.timer, context.root)


def takes_callback(timer: Timer, call: m.Call, node: m.Expr) -> bool:
    """Whether a part of a timer's call stands where its callback does; in doubt, yes."""
    callback = timer.callback
    if callback.how != "argument" or callback.position is None:
        return True
    place = argument_at(call, callback.position, callback.keywords)
    return place is None or any(part is node for part in w.walk(place))


def _is_test(item: Context | _Step, program: Program) -> bool:
    """Whether a way of running comes from a test: what only tests call, the project's users may call."""
    return item.kind == "test" if isinstance(item, Context) else program.is_test(item.scope)


def _keep(found: dict[object, Context], context: Context) -> None:
    """One context of each sort is enough: the first that is met."""
    found.setdefault((context.kind, context.looped, context.cleanup, context.timer), context)


class Execution:
    """Answers when scopes and operations run. Memoised; deterministic for the same program."""

    def __init__(
        self,
        flow: Flow,
        catalog: Catalog,
        entry_points: frozenset[str] = frozenset(),
        sweepers: frozenset[str] = frozenset(),
    ) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.full
        self.catalog = catalog
        self.entry_points = entry_points
        self.sweepers = sweepers
        self._memo: dict[ScopeId, frozenset[Context]] = {}
        self._users_of: dict[ScopeId, tuple[ScopeId | str, ...]] = {}
        self._roots: dict[ScopeId, frozenset[str]] = {}
        self._at: dict[tuple[ScopeId, int], frozenset[Context]] = {}
        self._edges: dict[tuple[ScopeId, int], tuple[Context | _Step, ...]] = {}
        self._callers_of: dict[ScopeId, tuple[Context | _Step, ...]] = {}
        self._timed: dict[tuple[ScopeId, int], bool] = {}

    # --- questions ---

    def contexts(self, scope: ScopeId) -> frozenset[Context]:
        """How a function, lambda or class body comes to run; a module's body runs at import."""
        if scope not in self._memo:
            self._memo[scope] = self._search(scope)
        return self._memo[scope]

    def at(self, scope: ScopeId, op: int) -> frozenset[Context]:
        """How one operation comes to run."""
        if (scope, op) not in self._at:
            found: dict[object, Context] = {}
            for item in self._edge(scope, op):
                inner = (item,) if isinstance(item, Context) else self.contexts(item.scope)
                flags = item if isinstance(item, _Step) else _Step(scope, False, False)
                for context in sorted(inner, key=_order):
                    _keep(found, context.behind(flags.looped, flags.cleanup))
            self._at[scope, op] = frozenset(found.values())
        return self._at[scope, op]

    def sources(self, scope: ScopeId, op: int) -> tuple[Context, ...]:
        """Every root from which an operation is reached, those of the same sort included."""
        found: list[Context] = []
        queue = list(self._edge(scope, op))
        seen: set[ScopeId] = set()
        while queue:
            item = queue.pop(0)
            if isinstance(item, Context):
                found.append(item)
            elif item.scope not in seen and len(seen) < STEPS:
                seen.add(item.scope)
                queue += self._direct(item.scope)
        return tuple(dict.fromkeys(found))

    def direct(self, scope: ScopeId) -> tuple[Context, ...]:
        """The roots from which a scope is run with no other scope in between."""
        return tuple(item for item in self._direct(scope) if isinstance(item, Context))

    def kinds(self, scope: ScopeId, op: int) -> frozenset[str]:
        """The kinds of the contexts of an operation."""
        return frozenset(c.kind for c in self.at(scope, op))

    def is_asked_for(self, context: Context) -> bool:
        """Whether a way of running is a request, of which there are many, rather than what may happen once."""
        if context.kind != "run":
            return context.kind == "main" and context.looped
        scope, op = context.root
        facts, outside = self.program.facts(scope), self.program.parent(scope) or scope
        wired = [(d if isinstance(d, m.Call) else m.Call(d, (), facts.span), outside) for d in facts.decorators]
        if 0 <= op < len(facts.ops):
            parts = (node for node in w.nodes(facts.ops[op].action))
            wired += [(node, scope) for node in parts if isinstance(node, m.Call)]
        return any(hook.role == "request" for call, at in wired for hook in self.hooks_of(call, at))

    def is_live(self, scope: ScopeId) -> bool:
        """Whether anything but tests can run a scope."""
        return scope.index == 0 or bool(self.roots(scope) & LIVE)

    def roots(self, scope: ScopeId) -> frozenset[str]:
        """The kinds of the places from which a scope can be reached at all, by a call or by being handed over.

        Unlike `contexts` this asks nothing about timers, so that whether a timer is started can be decided by it.
        """
        if scope not in self._roots:
            found, queue, seen = set(), [scope], {scope}
            while queue:
                for user in self._users(queue.pop(0)):
                    if isinstance(user, str):
                        found.add(user)
                    elif user not in seen and len(seen) < STEPS:
                        seen.add(user)
                        queue.append(user)
            self._roots[scope] = frozenset(found)
        return self._roots[scope]

    def _users(self, scope: ScopeId) -> tuple[ScopeId | str, ...]:
        """The scopes that use a scope, and the kinds of roots it has itself."""
        if scope not in self._users_of:
            self._users_of[scope] = tuple(dict.fromkeys(self._find_users(scope)))
        return self._users_of[scope]

    def _find_users(self, scope: ScopeId) -> Iterator[ScopeId | str]:
        if self.program.is_test(scope):
            yield "test"
            return
        parent = self.program.parent(scope)
        if parent is None:
            yield "import"
            return
        if self.program.facts(scope).kind == "class":
            yield parent
            return
        users = [site.scope for site in self.flow.call_sites(scope)]
        for use in self.flow.function_uses(scope):
            if use.kind in {"argument", "partial", "kept", "escaped"}:
                users.append(use.site.scope)
            if use.kind == "escaped":
                decorated = [
                    self._decorated(u.site) for u in self.flow.function_uses(use.site.scope) if u.kind == "decorates"
                ]
                users += [d for d in decorated if d is not None]
        yield from users
        found = bool(users)
        for context in self._by_decorators(scope, found):
            found = True
            yield context.kind
        if not found:
            for item in self._uncalled(scope):
                yield item.kind if isinstance(item, Context) else item.scope

    def is_forgotten(self, scope: ScopeId) -> bool:
        """Whether a scope could only be run by users of the project, in a project that has entry points of its own:
        nobody runs it."""
        return self.has_entry_points and self.roots(scope) & LIVE <= {"api"}

    @cached_property
    def has_entry_points(self) -> bool:
        """Whether the project has a script or an application of its own outside its tests: then a start that nobody
        calls is a fault."""
        for module in self.program.mentioning("__main__"):
            if not module.file.is_test and any(
                in_main_guard(module.scope(0), index) for index in range(len(module.scope(0).ops))
            ):
                return True
        return any(self._makes_app(name) for name in self.catalog.data.apps)

    def _makes_app(self, name: str) -> bool:
        """Whether the body of a module makes an object of a class that servers and runners are pointed at."""
        for site in self.program.sites(name.rpartition(".")[2]):
            call = site.parents[-1] if site.parents else None
            made = site.scope.index == 0 and isinstance(call, m.Call) and call.func is site.node
            if made and isinstance(self.program.op(site).action, m.Assign) and not self.program.is_test(site.scope):
                names = callee_names(site.node, site.scope, self.resolver)
                if name in {self.catalog.canonical(found) for found in names}:
                    return True
        return False

    # --- upward search ---

    def _search(self, start: ScopeId) -> frozenset[Context]:
        first = _Step(start, False, False)
        queue, seen = [first], {first}
        found: dict[object, Context] = {}
        while queue:
            step = queue.pop(0)
            for item in self._direct(step.scope):
                if isinstance(item, Context):
                    _keep(found, item.behind(step.looped, step.cleanup))
                    continue
                caller = _Step(item.scope, item.looped or step.looped, item.cleanup or step.cleanup)
                if caller not in seen:
                    if len(seen) > STEPS:
                        _keep(found, Context("run", True, caller.cleanup, (caller.scope, 0)))
                        return frozenset(found.values())
                    seen.add(caller)
                    queue.append(caller)
        return frozenset(found.values())

    def _edge(self, scope: ScopeId, op: int) -> tuple[Context | _Step, ...]:
        """The operation `op` of `scope` runs something: when does it itself run?"""
        if (scope, op) not in self._edges:
            self._edges[scope, op] = (self._find_edge(scope, op),)
        return self._edges[scope, op]

    def _find_edge(self, scope: ScopeId, op: int) -> Context | _Step:
        facts = self.program.facts(scope)
        if self.program.is_test(scope):
            return Context("test", False, False, (scope, op))
        looped = any(not self._is_finite(scope, facts.frames[f]) for f in loops_around(facts, op))
        cleanup = in_cleanup(facts, op) or facts.name in _EXIT_METHODS
        if self.timed_loop(scope, op) is not None and self.is_live(scope):
            kind = "timer" if scope.index == 0 else self._started_as(scope)
            return Context(kind, looped, cleanup, (scope, op), "loop")
        if scope.index == 0:
            script = in_main_guard(facts, op) or any(
                self._serves(facts.frames[f], scope) for f in loops_around(facts, op)
            )
            return Context("main" if script else "import", looped, cleanup, (scope, op))
        return _Step(scope, looped, cleanup)

    def _serves(self, loop: m.Frame, scope: ScopeId) -> bool:
        """Whether a loop in a module's body is what the program does: one without an end of its own, or over what
        comes in."""
        return loop.kind == "while" or (
            loop.head is not None
            and any(self.is_stream(node, scope) for node in w.walk(loop.head) if isinstance(node, m.Name | m.Attr))
        )

    def is_stream(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is something outside that gives new items for as long as somebody writes."""
        values = self.resolver.values(expr, scope)
        return any(isinstance(v, External) and v.name in self.catalog.data.loops.streams for v in values)

    def _started_as(self, scope: ScopeId) -> str:
        """Whether a function with a timed loop really runs as a timer here: timer, unstarted or other-process."""
        if self.is_forgotten(scope):
            return "unstarted"
        uses = [
            u for u in self.flow.function_uses(scope) if not self.program.is_test(u.site.scope) and u.kind != "rebound"
        ]
        kinds = {self._handed_as(use, scope) for use in uses}
        if not kinds or "timer" in kinds:
            return "timer"
        return "unstarted" if "unstarted" in kinds else "other-process"

    def _handed_as(self, use: Use, scope: ScopeId) -> str:
        if self._is_unawaited(use, scope):
            return "unstarted"
        if use.kind != "argument" or not isinstance(use.outer, m.Call):
            return "timer"
        timers = self.timers_of(use.outer, use.site.scope)
        if not timers:
            return "timer"
        if timers[0].process == "other":
            return "other-process"
        return "timer" if self.is_started(timers[0], use.outer, use.site) else "unstarted"

    def _is_unawaited(self, use: Use, scope: ScopeId) -> bool:
        """Whether a coroutine function is called and its coroutine thrown away: then nothing of it ever runs."""
        facts, action = self.program.facts(scope), self.program.op(use.site).action
        thrown = isinstance(action, m.Eval) and action.role == "statement" and action.value is use.outer
        return thrown and use.kind == "called" and facts.is_async and not facts.is_generator

    def _direct(self, scope: ScopeId) -> tuple[Context | _Step, ...]:
        """The ways in which a scope is run directly: by a caller (a step further up), or from a root."""
        if scope not in self._callers_of:
            self._callers_of[scope] = tuple(dict.fromkeys(self._callers(scope)))
        return self._callers_of[scope]

    def _callers(self, scope: ScopeId) -> Iterator[Context | _Step]:
        if self.program.is_test(scope):
            yield Context("test", False, False, (scope, 0))
            return
        facts, parent = self.program.facts(scope), self.program.parent(scope)
        if parent is None:
            yield Context("import", False, False, (scope, 0))
            return
        if facts.kind == "class":
            yield from self._edge(parent, self._definition(parent, scope))
            return
        symbol = f"{self.program.of(scope).name}:{facts.qualname}"
        if symbol in self.sweepers:
            yield Context("timer", True, False, (scope, 0), "declared in the settings")
        if symbol in self.entry_points:
            yield Context("run", True, False, (scope, 0))
        found = tested = False
        for context in self._declared.get(scope, ()):
            found = True
            yield context
        for item in self._called_by(scope):
            tested = tested or _is_test(item, self.program)
            found = found or not _is_test(item, self.program)
            yield item
        for item in self._by_decorators(scope, found):
            found = True
            yield item
        if not found:
            for item in self._uncalled(scope):
                public = tested and isinstance(item, Context) and item.kind in {"api", "run"}
                yield Context("tested", True, False, (scope, 0)) if public else item

    def _definition(self, parent: ScopeId, scope: ScopeId) -> int:
        for index, op in enumerate(self.program.facts(parent).ops):
            if isinstance(op.action, m.Define) and op.action.scope == scope.index:
                return index
        return 0

    def _called_by(self, scope: ScopeId) -> Iterator[Context | _Step]:
        for site in self.flow.call_sites(scope):
            yield from self._edge(site.scope, site.op)
        for use in self.flow.function_uses(scope):
            if use.kind in {"argument", "partial"}:
                yield from self._handed_over(use, scope)
            elif use.kind == "kept":
                yield Context(
                    "test" if self.program.is_test(use.site.scope) else "run",
                    True,
                    False,
                    (use.site.scope, use.site.op),
                )
            elif use.kind == "escaped":
                yield from self._returned(use, scope)

    def _returned(self, use: Use, scope: ScopeId) -> Iterator[Context | _Step]:
        maker = use.site.scope
        uses = self.flow.function_uses(maker)
        for outer in uses:
            if outer.kind == "decorates":
                decorated = self._decorated(outer.site)
                if decorated is not None:
                    yield _Step(decorated, False, False)
        if not any(outer.kind in {"called", "decorates"} for outer in uses):
            yield _Step(maker, False, False)

    def _decorated(self, site: Site) -> ScopeId | None:
        for op in self.program.facts(site.scope).ops[site.op + 1 :]:
            if isinstance(op.action, m.Define):
                return ScopeId(site.scope.path, op.action.scope)
        return None

    # --- callbacks ---

    def _handed_over(self, use: Use, scope: ScopeId) -> Iterator[Context | _Step]:
        call = use.outer
        if use.kind == "partial" or not isinstance(call, m.Call) or use.site.scope in self._declared_timers:
            return
        site = use.site
        here = (site.scope, site.op)
        if self.program.is_test(site.scope):
            yield Context("test", False, False, here)
            return
        timers = [t for t in self.timers_of(call, site.scope) if takes_callback(t, call, site.node)]
        for timer in timers[:1]:
            yield from self._by_timer(timer, call, site, scope)
        if timers:
            return
        names = callee_names(call.func, site.scope, self.resolver)
        forwarders = [f for name in names for f in self.catalog.forwarder_named(name)]
        if (
            not forwarders
            and isinstance(call.func, m.Attr)
            and is_unknown_receiver(call.func, site.scope, self.resolver)
        ):
            forwarders = list(self.catalog.forwarder_method(call.func.name, receiver_of(call.func)))
        if forwarders:
            if forwarders[0].when == "exit":
                yield Context("exit", False, True, here)
            elif forwarders[0].when != "lost":
                yield from self._edge(*here)
            return
        hooks = self.hooks_of(call, site.scope)
        if hooks:
            yield self._by_hook(hooks[0], here)
        elif self.is_live(site.scope):
            yield Context("run", True, False, here)

    def timers_of(self, call: m.Call, scope: ScopeId) -> tuple[Timer, ...]:
        """The catalogue's timers that a call can be."""
        names = callee_names(call.func, scope, self.resolver)
        found = tuple(t for name in names for t in self.catalog.timer_named(name)) or self._chained(call.func, scope)
        if found or not isinstance(call.func, m.Attr) or not is_unknown_receiver(call.func, scope, self.resolver):
            return found
        return self.catalog.timer_method(call.func.name, receiver_of(call.func))

    def _chained(self, func: m.Expr, scope: ScopeId) -> tuple[Timer, ...]:
        """`every(10).minutes.do(f)`: the timer that a chain of calls begins with."""
        last, at = (func.name, func.base) if isinstance(func, m.Attr) else ("", func)
        while isinstance(at, m.Attr | m.Call):
            if isinstance(at, m.Call):
                for name in callee_names(at.func, scope, self.resolver):
                    for timer in self.catalog.timer_named(name):
                        if timer.callback.how == "chain" and last in timer.callback.names:
                            return (timer,)
            at = at.func if isinstance(at, m.Call) else at.base
        return ()

    @cached_property
    def _declared(self) -> dict[ScopeId, tuple[Context, ...]]:
        """The functions handed to timers that the settings name and that are functions of the project itself."""
        found: dict[ScopeId, list[Context]] = {}
        for function, timer in self._declared_timers.items():
            for site in self.flow.call_sites(function):
                if self.program.is_test(site.scope):
                    continue
                argument = site.call and argument_at(site.call, timer.callback.position, timer.callback.keywords)
                values = self.resolver.values(argument, site.scope) if argument is not None else frozenset()
                for value in values:
                    if isinstance(value, Function):
                        context = Context("timer", True, False, (site.scope, site.op), timer.api)
                        found.setdefault(value.scope, []).append(context)
        return {scope: tuple(sorted(contexts, key=_order)) for scope, contexts in found.items()}

    @cached_property
    def _declared_timers(self) -> dict[ScopeId, Timer]:
        """The functions of the project that the settings name as timers."""
        found = {}
        for timer in self.catalog.data.timers:
            for name in timer.names if timer.note == DECLARED and timer.callback.how == "argument" else ():
                module, _, function = name.rpartition(".")
                source = self.program.named(module)
                for binding in source.bindings(0).get(function, ()) if source is not None else ():
                    if source is not None and binding.kind == "define":
                        found[ScopeId(source.path, binding.index)] = timer
        return found

    def hooks_of(self, call: m.Call, scope: ScopeId) -> tuple[Hook, ...]:
        """The catalogue's framework wiring that a call can be."""
        names = callee_names(call.func, scope, self.resolver)
        found = tuple(h for name in names for h in self.catalog.hook_named(name))
        if found or not isinstance(call.func, m.Attr) or not is_unknown_receiver(call.func, scope, self.resolver):
            return found
        return self.catalog.hook_method(call.func.name, receiver_of(call.func))

    @staticmethod
    def _by_hook(hook: Hook, here: tuple[ScopeId, int]) -> Context:
        kind = {
            "startup": "startup",
            "shutdown": "exit",
            "command": "main",
            "test": "test",
            "task": "other-process",
        }.get(hook.role, "run")
        return Context(kind, kind == "run", False, here)

    def _by_timer(self, timer: Timer, call: m.Call, site: Site, scope: ScopeId) -> Iterator[Context | _Step]:
        here = (site.scope, site.op)
        if timer.process == "other":
            yield Context("other-process", True, False, here, timer.api)
            return
        if timer.scope != "process":
            yield Context("run", True, False, here, timer.api)
            return
        arguments = given(call, site.scope, self.resolver)
        if not self.is_started(timer, call, site) or timer.inactive(arguments):
            yield Context("unstarted", True, False, here, timer.api)
        elif timer.kind == "spawn" or not self.is_live(site.scope):
            yield from self._edge(*here)
        elif self._recurs(timer, arguments, site, scope):
            forgotten = site.scope.index != 0 and self.is_forgotten(site.scope)
            yield Context("unstarted" if forgotten else "timer", True, False, here, timer.api)
        else:
            yield Context("later", False, False, here, timer.api)

    def _recurs(self, timer: Timer, arguments: object, site: Site, target: ScopeId) -> bool:
        if timer.kind == "recurring" and timer.recurs == "always":
            return timer.repeats(arguments)  # type: ignore[arg-type]
        if timer.recurs in {"while-true", "while-number", "while-again"}:
            return any(
                isinstance(op.action, m.Return) and op.action.value is not None for op in self.program.facts(target).ops
            )
        if timer.recurs == "until-false":
            return True
        return self._reaches(site.scope, target)

    def _reaches(self, scope: ScopeId, target: ScopeId) -> bool:
        """Whether `target` is the scope or calls it, directly or through others: then arming a timer there re-arms
        it."""
        queue, seen = [scope], {scope}
        while queue and len(seen) < 60:
            at = queue.pop(0)
            if at == target:
                return True
            for site in self.flow.call_sites(at):
                if site.scope not in seen:
                    seen.add(site.scope)
                    queue.append(site.scope)
        return target in seen

    def is_started(self, timer: Timer, call: m.Call, site: Site) -> bool:
        """Whether what the timer needs besides the call happens somewhere in the project."""
        activation = timer.activation
        if activation.how == "method":
            outer = Site(site.scope, site.op, call, site.parents[:-1])
            return self._gets_method(outer, frozenset(activation.methods))
        if activation.how == "receiver" and isinstance(call.func, m.Attr):
            return self._receiver_gets(call.func.base, frozenset(activation.methods))
        if activation.how == "driver":
            return self._is_driven(activation.names, activation.methods)
        return True

    def _gets_method(self, made: Site, methods: frozenset[str]) -> bool:
        for use in self.flow.site_uses(made):
            if use.kind == "member" and isinstance(use.outer, m.Attr) and use.outer.name in methods:
                if not self.program.is_test(use.site.scope):
                    return True
            elif use.kind in {"argument", "kept", "escaped"}:
                return True
        return False

    def _receiver_gets(self, receiver: m.Expr, methods: frozenset[str]) -> bool:
        tail = dotted_text(receiver).rpartition(".")[2]
        if not tail or tail.endswith("()"):
            return True
        return any(
            dotted_text(site.node.base).rpartition(".")[2] == tail
            for method in sorted(methods)
            for site in self.program.sites(method)
            if isinstance(site.node, m.Attr) and not self.program.is_test(site.scope)
        )

    def _is_driven(self, names: tuple[str, ...], methods: tuple[str, ...]) -> bool:
        tails = sorted({name.rpartition(".")[2] for name in names} | set(methods))
        return any(
            not self.program.is_test(site.scope)
            and any(isinstance(p, m.Call) and p.func is site.node for p in site.parents[-1:])
            for tail in tails
            for site in self.program.sites(tail)
        )

    # --- decorators and uncalled functions ---

    def _by_decorators(self, scope: ScopeId, called: bool) -> Iterator[Context]:
        facts = self.program.facts(scope)
        outside = self.program.parent(scope)
        assert outside is not None
        here = (scope, 0)
        for decorator in facts.decorators:
            call = decorator if isinstance(decorator, m.Call) else m.Call(decorator, (), facts.span)
            timers = self.timers_of(call, outside)
            if timers and timers[0].callback.how == "decorated":
                yield from self._decorated_timer(timers[0], scope, call, outside)
                continue
            hooks = [h for h in self.hooks_of(call, outside) if h.applies(given(call, outside, self.resolver))]
            if hooks:
                if hooks[0].role not in {"transparent"}:
                    yield self._by_hook(hooks[0], here)
            elif not called and not self._is_transparent(call.func, outside):
                yield Context("run", True, False, here)

    def _is_transparent(self, func: m.Expr, scope: ScopeId) -> bool:
        tail = func.name if isinstance(func, m.Attr) else func.id if isinstance(func, m.Name) else ""
        if tail in _TRANSPARENT:
            return True
        values = self.resolver.values(func, scope)
        return bool(values) and all(isinstance(v, Function) and not self._keeps(v.scope) for v in values)

    def _keeps(self, decorator: ScopeId) -> bool:
        """Whether a decorator of the project stores the function it is given, so that something calls it later."""
        parameters = self.program.facts(decorator).parameters
        inner = [
            ScopeId(decorator.path, i)
            for i, s in enumerate(self.program.of(decorator).facts.scopes)
            if s.parent == decorator.index and s.kind == "function"
        ]
        names = [(decorator, p.name) for p in parameters[:1]]
        names += [(i, p.name) for i in inner for p in self.program.facts(i).parameters[:1]]
        return any(
            u.kind in {"kept", "argument"} for scope, name in names for u in self.flow.uses(Variable(scope, name))
        )

    def _decorated_timer(self, timer: Timer, scope: ScopeId, call: m.Call, outside: ScopeId) -> Iterator[Context]:
        here = (scope, 0)
        if timer.process == "other":
            yield Context("other-process", True, False, here, timer.api)
            return
        if timer.scope != "process" or not timer.repeats(given(call, outside, self.resolver)):
            yield Context("run", True, False, here, timer.api)
            return
        yield Context(
            "timer" if self._decorated_starts(timer, scope, call) else "unstarted", True, False, here, timer.api
        )

    def _decorated_starts(self, timer: Timer, scope: ScopeId, call: m.Call) -> bool:
        activation = timer.activation
        uses = self.flow.function_uses(scope)
        if activation.how == "method":
            return any(
                use.kind == "member"
                and isinstance(use.outer, m.Attr)
                and use.outer.name in activation.methods
                and not self.program.is_test(use.site.scope)
                for use in uses
            )
        if activation.how == "called":
            hooked = any(
                h.role in {"startup", "request"}
                for d in self.program.facts(scope).decorators
                for h in self.hooks_of(
                    d if isinstance(d, m.Call) else m.Call(d, (), call.span), self.program.parent(scope) or scope
                )
            )
            return hooked or any(use.kind in {"called", "argument", "kept"} for use in uses)
        if activation.how == "receiver" and isinstance(call.func, m.Attr):
            return self._receiver_gets(call.func.base, frozenset(activation.methods))
        if activation.how == "driver":
            return self._is_driven(activation.names, activation.methods)
        return True

    def _uncalled(self, scope: ScopeId) -> Iterator[Context | _Step]:
        here = (scope, 0)
        owner = self.program.owner_class(scope)
        name = self._given_name(scope)
        if owner is not None:
            yield from self._uncalled_method(scope, owner)
            return
        if name == "__getattr__":
            yield Context("run", True, False, here)
        elif hooks := self.catalog.hook_function(name):
            yield self._by_hook(hooks[0], here)
        elif name == "<lambda>" and (parent := self.program.parent(scope)) is not None:
            yield _Step(parent, False, False)
        elif self._is_nested(scope):
            yield Context("dead", False, False, here)
        else:
            yield Context("dead" if name.startswith("_") else "api", True, False, here)

    def _given_name(self, scope: ScopeId) -> str:
        """The name others know a function by: a lambda that a module assigns to a variable is called by that."""
        facts = self.program.facts(scope)
        if facts.kind == "lambda" and not self._is_nested(scope):
            for use in self.flow.function_uses(scope):
                if use.kind == "rebound" and use.site.scope.index == 0 and isinstance(use.site.node, m.Name):
                    return use.site.node.id
        return facts.name

    def _is_nested(self, scope: ScopeId) -> bool:
        parent = self.program.parent(scope)
        return parent is not None and parent.index != 0

    def _uncalled_method(self, scope: ScopeId, owner: ScopeId) -> Iterator[Context | _Step]:
        facts = self.program.facts(scope)
        here = (scope, 0)
        outside = self.resolver.all_outside_bases(owner)
        name = facts.name
        if name in _CLASS_CREATION and (name not in {"__init__", "__new__"} or self._is_metaclass(owner)):
            yield Context("import", False, False, here)
            return
        for base in sorted(outside):
            for timer in self.catalog.timer_base(base):
                if timer.callback.how == "override" and name in timer.callback.names:
                    yield from self._overridden_timer(timer, owner, scope)
                    return
            if hook := next((h for h in self.catalog.hook_base(base) if name in h.callback.names), None):
                yield self._by_hook(hook, here)
                return
        if name.startswith("__") and name.endswith("__"):
            yield Context("run" if self._is_used(owner) else "api", True, False, here)
        elif outside - {"object", "abc.ABC", "typing.Generic", "typing.Protocol", "enum.Enum", "Exception"}:
            yield Context("api" if name.startswith("_") else "run", True, False, here)
        elif name.startswith("_"):
            yield Context("dead", False, False, here)
        else:
            yield Context("api", True, False, here)

    def _is_metaclass(self, cls: ScopeId) -> bool:
        return bool(self.resolver.all_outside_bases(cls) & {"type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"})

    def _is_used(self, cls: ScopeId) -> bool:
        return any(
            not self.program.is_test(use.site.scope) for use in self.flow.class_uses(cls) if use.kind != "rebound"
        )

    def _overridden_timer(self, timer: Timer, owner: ScopeId, scope: ScopeId) -> Iterator[Context | _Step]:
        here = (scope, 0)
        started = self._instance_gets(owner, frozenset(timer.activation.methods))
        if timer.process == "other":
            yield Context("other-process", True, False, here, timer.api)
        elif timer.activation.methods and not started:
            yield Context("unstarted", True, False, here, timer.api)
        elif timer.kind == "spawn":
            yield Context("run", False, False, here, timer.api)
        else:
            yield Context("timer", True, False, here, timer.api)

    def _instance_gets(self, cls: ScopeId, methods: frozenset[str]) -> bool:
        for method in sorted(methods):
            for site in self.program.sites(method):
                if isinstance(site.node, m.Attr) and not self.program.is_test(site.scope):
                    values = self.resolver.values(site.node.base, site.scope)
                    if any(isinstance(v, Instance | Class) and self.resolver.related(v.scope, cls) for v in values):
                        return True
        return False

    # --- loops ---

    def timed_loop(self, scope: ScopeId, op: int) -> int | None:
        """The innermost loop around an operation that sleeps or waits with a time limit, so that its body runs again
        and again."""
        facts = self.program.facts(scope)
        for frame in loops_around(facts, op):
            key = (scope, frame)
            if key not in self._timed:
                self._timed[key] = self._is_timed(scope, facts, frame)
            if self._timed[key]:
                return frame
        return None

    def _is_finite(self, scope: ScopeId, loop: m.Frame) -> bool:
        """Whether a loop goes once over what is there when it begins."""
        return loop.kind == "for" and not loop.is_async and loop.head is not None and self._is_held(loop.head, scope)

    def _is_held(self, iterable: m.Expr, scope: ScopeId) -> bool:
        """Whether all items of an iterable are in memory before the first is taken."""
        match iterable:
            case m.Display() | m.DictDisplay() | m.Const():
                return True
            case m.Comp(kind=kind):
                return kind != "generator"
            case m.Call(func=func, args=args):
                names = set(callee_names(func, scope, self.resolver))
                if names & {"enumerate", "zip"}:
                    return any(self._is_held(a.value, scope) for a in args if a.keyword is None and not a.star)
                return bool(names & _GATHERING) or (isinstance(func, m.Attr) and func.name in _VIEWS and not args)
            case m.Name() | m.Attr():
                values = self.resolver.values(iterable, scope)
                return bool(values) and all(isinstance(v, Allocation) for v in values)
        return False

    def _is_timed(self, scope: ScopeId, facts: m.Scope, frame: int) -> bool:
        loop = facts.frames[frame]
        head = loop.head
        if loop.kind == "for":
            if loop.is_async and isinstance(head, m.Call):
                tail = dotted_text(head.func).rpartition(".")[2].lower()
                return any(tick in tail for tick in self.catalog.data.loops.tickers)
            if not (
                isinstance(head, m.Call)
                and set(callee_names(head.func, scope, self.resolver)) & set(self.catalog.data.loops.endless)
            ):
                return False
        elif isinstance(head, m.Compare) and not set(head.ops) & {"is", "is not", "in", "not in", "!="}:
            return False
        tops = [head] if head is not None else []
        tops += [top for _, op in ops_in(facts, frame) for top in w.expressions(op.action)]
        return any(self._sleeps(node, scope, 2) for top in tops for node in w.walk(top) if isinstance(node, m.Call))

    def sleeps(self, call: m.Call, scope: ScopeId) -> bool:
        """Whether a call lets time pass, or waits with a limit."""
        return self._sleeps(call, scope, 2)

    def _sleeps(self, call: m.Call, scope: ScopeId, depth: int) -> bool:
        names = callee_names(call.func, scope, self.resolver)
        sleepers = tuple(s for name in names for s in self.catalog.sleeper_named(name))
        if not sleepers and isinstance(call.func, m.Attr) and is_unknown_receiver(call.func, scope, self.resolver):
            sleepers = self.catalog.sleeper_method(call.func.name, receiver_of(call.func))
        if sleepers:
            arguments = given(call, scope, self.resolver)
            if any(s.sleeps(arguments) for s in sleepers):
                return True
        if not depth:
            return False
        for value in self.resolver.values(call.func, scope):
            if isinstance(value, Function) and self._body_sleeps(value.scope, depth - 1):
                return True
        return False

    def _body_sleeps(self, function: ScopeId, depth: int) -> bool:
        facts = self.program.facts(function)
        if len(facts.ops) > 15:
            return False
        return any(
            self._sleeps(node, function, depth)
            for op in facts.ops
            for node in w.nodes(op.action)
            if isinstance(node, m.Call)
        )
