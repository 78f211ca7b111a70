"""How functions come to run from outside the project: by a decorator, or by a name, an owner or a base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec.structs import replace

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.catalog.model import Hook, Timer
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import given
from unbounded_lint.link.dataflow.handles import Attribute, Foreign, Use, Variable
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import Function
from unbounded_lint.link.program.blocks import in_main_guard
from unbounded_lint.link.program.module import ScopeId, is_script, stored
from unbounded_lint.link.program.naming import is_aside
from unbounded_lint.link.runs.context import Context, ContextKind, Step, by_hook
from unbounded_lint.link.runs.timers import Timers

_CLASS_CREATION = frozenset({"__init_subclass__", "__set_name__", "__prepare__"})
PLAIN_BASES = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol", "enum.Enum", "Exception"})


class Outside(Query):
    """Decides what outside the project may call a function."""

    def __init__(self, flow: Flow, timers: Timers) -> None:
        super().__init__(flow)
        self.timers = timers

    # --- by a decorator ---

    def decorated(self, scope: ScopeId) -> Iterator[tuple[m.Call, Timer | None, Context]]:
        """The decorators of a function that the catalogue knows to run it: each as a call, its timer, and when."""
        outside, here = self.program.parent(scope) or scope, (scope, 0)
        for call in self.timers.decorations(scope):
            timers = self.timers.of(call, outside)
            if timers and timers[0].callback.how == "decorated":
                yield call, timers[0], self._by_timer(timers[0], scope, call, outside)
            elif hooks := self._wired(call, outside):
                if hooks[0].role != "transparent":
                    yield call, None, by_hook(hooks[0], here)

    def _by_timer(self, timer: Timer, scope: ScopeId, call: m.Call, outside: ScopeId) -> Context:
        here = (scope, 0)
        if timer.process == "other":
            return Context("other-process", True, False, timer.api, root=here)
        if timer.scope != "process" or not timer.repeats(given(call, outside, self.resolver)):
            return Context("run", True, False, timer.api, root=here, by="hook")
        started = self.timers.decorated_starts(timer, scope, call)
        return Context("timer" if started else "unstarted", True, False, timer.api, root=here)

    def _wired(self, call: m.Call, outside: ScopeId) -> list[Hook]:
        arguments = given(call, outside, self.resolver)
        return [hook for hook in self.timers.hooks_of(call, outside) if hook.applies(arguments)]

    def _is_kept(self, scope: ScopeId) -> bool:
        """Whether a decorator that the catalogue does not know may keep a function, and call it later."""
        outside, written = self.program.parent(scope) or scope, self.program.facts(scope).decorators
        return any(
            not self._wired(call, outside)
            and not self._is_transparent(call.func, outside, made=any(call is decorator for decorator in written))
            for call in self.timers.decorations(scope)
        )

    def _is_transparent(self, func: m.Expr, scope: ScopeId, *, made: bool) -> bool:
        """Whether a decorator, or one `made` by a call, leaves it to its users to call what it is given."""
        if w.last_name(func) in name_lists().transparent:
            return True
        values = self.resolver.values(func, scope)
        return bool(values) and all(isinstance(v, Function) and not self._keeps(v, made) for v in values)

    def _keeps(self, decorator: Function, made: bool) -> bool:
        """Whether a decorator of the project stores the function it is given, so that something calls it later."""
        scope = decorator.scope
        taken = [(scope, parameter) for parameter in self._first(scope, decorator.receiver is not None)]
        if made:  # by what it returns, which is a function inside it
            if not all(self.resolver.functions(value, scope) for value in self.program.returned(scope)):
                return True  # as far as that is seen
            scopes = enumerate(self.program.of(scope).facts.scopes)
            inner = [i for i, facts in scopes if facts.parent == scope.index and facts.kind in {"function", "lambda"}]
            inside = (ScopeId(scope.path, index) for index in inner)
            taken = [(each, parameter) for each in inside for parameter in self._first(each, False)]
        return any(self._is_stored(*held) or any(map(self._stores, self.flow.uses(Variable(*held)))) for held in taken)

    def _stores(self, use: Use) -> bool:
        return self._is_marked(use) or (use.kind in {"kept", "argument"} and not self._is_copied_from(use))

    def _is_stored(self, scope: ScopeId, name: str) -> bool:
        """Whether what a name of a function stands for becomes an attribute of some object, and somebody reads that."""
        sites = (site for site in self.program.of(scope).sites_in(scope.index, name) if isinstance(site.node, m.Name))
        handles = {handle for site in sites for handle in self.flow.destinations(site)}
        kept = {handle.name for handle in handles if isinstance(handle, Attribute | Foreign)}
        found = (site for each in kept for site in self.program.sites(each) if isinstance(site.node, m.Attr))
        return any(role_of(self.program, site) == "read" for site in found)

    def _is_marked(self, use: Use) -> bool:
        """Whether an attribute of a function is set, by which others find it."""
        marks = isinstance(use.site.parent, m.Attr) and use.site.parent.base is use.site.node
        return marks and stored(self.program.op(use.site).action, use.site.outer) is not None

    def _first(self, scope: ScopeId, bound: bool) -> list[str]:
        """The parameter that gets what a function is called with, behind its receiver where it is bound."""
        return [parameter.name for parameter in self.program.facts(scope).parameters[bound : bound + 1]]

    def _is_copied_from(self, use: Use) -> bool:
        """Whether a function is only handed to what never calls it here, as `functools.wraps` copies its name."""
        if use.kind != "argument" or not isinstance(use.outer, m.Call):
            return False
        return any(forwarder.when == "lost" for forwarder in self.timers.forwarders_of(use.outer, use.site.scope))

    # --- whether anybody here would ---

    @cached_property
    def has_entry_points(self) -> bool:
        """Whether the project has a script or an application: then a start that nobody calls is a fault."""
        if any(is_script(path) for path in self.program.files):
            return True
        for module in self.program.mentioning("__main__"):
            body = module.scope(0)
            if any(in_main_guard(body, index) for index in range(len(body.ops))):
                return True
        return any(self._makes_app(name) for name in self.catalog.data.apps)

    def _makes_app(self, name: str) -> bool:
        """Whether the body of a module makes an object of a class that servers and runners are pointed at."""
        for site in self.program.sites(name.rpartition(".")[2]):
            if site.scope.index == 0 and site.call is not None and isinstance(self.program.op(site).action, m.Assign):
                names = self.resolver.names(site.node, site.scope)
                if name in {self.catalog.canonical(found) for found in names}:
                    return True
        return False

    def is_left_to_users(self, cls: ScopeId) -> bool:
        """Whether it is users who make objects of a public class: nobody here does, and there is no entry point."""
        made = any(
            use.kind == "called"
            for built in (cls, *self.flow.hierarchy.subclasses(cls))
            for use in self.flow.class_uses(built)
        )
        return not made and not self.has_entry_points and not self.program.facts(cls).name.startswith("_")

    # --- by what it is called and where it stands ---

    def of(self, scope: ScopeId) -> Context | Step:
        """How a function that nothing in the project calls, or tests alone, may come to run."""
        item = self._uncalled(scope)
        if isinstance(item, Context) and item.kind == "dead" and self._is_let_out(scope):
            return Context("run", True, False, root=(scope, 0), by="handed")
        is_wired = isinstance(item, Context) and item.by in {"request", "hook"}
        if not is_wired and self._is_kept(scope):
            return Context("run", True, False, root=(scope, 0), by="decorated")
        if isinstance(item, Context) and item.kind in {"api", "run", "dead"} and self._is_tested(scope):
            return Context("test" if item.kind == "dead" else "tested", item.kind != "dead", False, root=(scope, 0))
        return item

    def _is_let_out(self, scope: ScopeId) -> bool:
        """Whether a function that another one defines is kept by an object, where calls of it may not be seen."""
        around = self.program.parent(scope)
        if around is None or self.program.facts(around).kind != "function":
            return False
        return self._is_stored(around, self.program.facts(scope).name)

    def by_users(self, scope: ScopeId, callers: Iterable[ScopeId]) -> Iterator[Context]:
        """How users of the project run what is only called where its use is shown: as if nobody here called it."""
        name = self.program.facts(scope).name
        if name.startswith("_") and name not in name_lists().constructors:
            return
        if is_aside(scope.path) or not all(is_aside(caller.path) for caller in callers):
            return
        item = self.of(scope)
        if isinstance(item, Context) and item.kind in {"api", "run"}:
            yield item if item.by != "special" else replace(item, kind="api", by=None)

    def _is_tested(self, scope: ScopeId) -> bool:
        """Whether tests mention a function by a name that is not that of many methods."""
        name = self.program.facts(scope).name
        is_common = self.program.owner_class(scope) is not None and name in name_lists().common_attributes
        return not is_common and self.program.is_in_tests(name)

    def _uncalled(self, scope: ScopeId) -> Context | Step:
        here, name = (scope, 0), self.program.facts(scope).name
        owner, parent = self.program.owner_class(scope), self.program.parent(scope)
        if owner is not None:
            return self._method(scope, owner)
        if name == "__getattr__":
            return Context("run", True, False, root=here, by="special")
        if hooks := self.catalog.hook_function(name):
            return by_hook(hooks[0], here)
        if parent is not None and parent.index != 0:
            if name == "<lambda>":
                return Step(parent)
            return (
                Context("api", True, False, root=here)
                if self._is_exported(scope, parent)
                else Context("dead", False, False, root=here)
            )
        return Context("dead" if name.startswith("_") else "api", True, False, root=here)

    def _is_exported(self, scope: ScopeId, maker: ScopeId) -> bool:
        """Whether a public name of a module or class stands for a function that another one makes and returns."""
        if not any(scope in self.resolver.functions(value, maker) for value in self.program.returned(maker)):
            return False
        for call in self.flow.call_sites(maker):
            is_body = self.program.facts(call.scope).kind in {"module", "class"}
            action = self.program.action(call.scope, call.op) if is_body else None
            if isinstance(action, m.Assign) and action.value is call.call:
                if any(isinstance(target, m.Name) and _is_public(target.id) for target in action.targets):
                    return True
        return False

    def _method(self, scope: ScopeId, owner: ScopeId) -> Context:
        here, name = (scope, 0), self.program.facts(scope).name
        bases = self.resolver.all_outside_bases(owner)
        if name in _CLASS_CREATION or (name in {"__init__", "__new__"} and self.flow.hierarchy.is_metaclass(owner)):
            return Context("import", False, False, root=here)
        for base in sorted(bases):
            for timer in self.catalog.timer_base(base):
                if timer.callback.how == "override" and name in timer.callback.names:
                    return self._overridden_timer(timer, owner, scope)
            if hook := next((h for h in self.catalog.hook_base(base) if name in h.callback.names), None):
                return by_hook(hook, here)
        if name.startswith("__") and name.endswith("__"):
            return Context("run" if self._is_used(owner) else "api", True, False, root=here, by="special")
        if bases - PLAIN_BASES:
            return Context("api" if name.startswith("_") else "run", True, False, root=here, by="override")
        is_private = name.startswith("_")
        return Context("dead" if is_private else "api", not is_private, False, root=here)

    def _is_used(self, cls: ScopeId) -> bool:
        return any(use.kind != "rebound" for use in self.flow.class_uses(cls))

    def _overridden_timer(self, timer: Timer, owner: ScopeId, scope: ScopeId) -> Context:
        methods = timer.activation.methods
        if timer.process == "other":
            kind: ContextKind = "other-process"
        elif methods and not self.timers.instance_gets(owner, methods) and not self.is_left_to_users(owner):
            kind = "unstarted"
        else:
            kind = "run" if timer.kind == "spawn" else "timer"
        return Context(kind, kind != "run", False, timer.api, root=(scope, 0), by="hook" if kind == "run" else None)


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))
