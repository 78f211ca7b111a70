"""What keeps an object for as long as it runs itself: other packages that it is hung on or handed to, and functions
that capture it."""

from __future__ import annotations

from collections.abc import Iterable

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.endings import Endings
from unbounded_lint.link.dataflow.handles import ARGUMENTS, HANDED_ON, Foreign, Use
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Function
from unbounded_lint.link.program.literals import word_of
from unbounded_lint.link.program.module import ScopeId, Site
from unbounded_lint.link.program.program import Program
from unbounded_lint.link.runs.execution import Execution, RunQuery
from unbounded_lint.link.runs.serving import Serving


class Keepers(RunQuery):
    """Answers whether something is kept where the program itself holds it no more."""

    def __init__(self, flow: Flow, execution: Execution, serving: Serving, endings: Endings) -> None:
        super().__init__(flow, execution)
        self.serving = serving
        self.endings = endings

    def foreign(self, target: m.Expr, scope: ScopeId, op: int) -> Foreign | None:
        """What an assignment hangs on an object of another package that lasts, as an application does: one that is
        reached from a name of a module, or by code that runs once. None for any other target, and for what is taken
        from it as the work ends."""
        if not isinstance(target, m.Attr | m.Sub):
            return None
        below, is_key = w.last_name(target.base), isinstance(target, m.Sub)
        name = word_of(target.index) if isinstance(target, m.Sub) else target.name
        if not below or not name or not self.resolver.is_foreign(target.base, scope):
            return None
        if not self._is_rooted(target.base, scope, op):
            return None
        handle = Foreign(below, name, is_key)
        return None if self.endings.of(handle) else handle

    def hangs(self, use: Use) -> bool:
        """Whether a use hangs something on an object of another package that lasts."""
        action = self.program.op(use.site).action
        targets = action.targets if use.kind == "kept" and isinstance(action, m.Assign) else ()
        return any(self.foreign(target, use.site.scope, use.site.op) is not None for target in targets)

    def registers(self, use: Use) -> bool:
        """Whether a use hands something to another package for good: itself, one of its methods, or in what holds it
        and more."""
        if not any(isinstance(part, m.Call) and self._may_register(part) for part in use.site.parents):
            return False
        call = self._given_to(use.site)
        return call is not None and self._is_registrar(call, use.site)

    def _given_to(self, site: Site) -> m.Call | None:
        """The call that what stands at a site is an argument of: as it is, by a bound method, bound to a function or
        beside others."""
        below: m.Expr = site.node
        for above in reversed(site.parents):
            match above:
                case m.Display() | m.DictDisplay():
                    passes = True
                case m.Attr():
                    passes = any(isinstance(value, Function) for value in self.resolver.values(above, site.scope))
                case m.Call(func=func) if func is not below:
                    passes = not name_lists().partials.isdisjoint(self.resolver.names(func, site.scope))
                    if not passes:
                        return above
                case _:
                    passes = False
            if not passes:
                return None
            below = above
        return None

    def _is_registrar(self, call: m.Call, site: Site) -> bool:
        """Whether a call hands something to another package as the program is set up, and takes nothing back: what it
        is given is kept there, and used later. So it is by what calls it for each request, event or round."""
        timers = self.execution.timers
        named = _registers_by_name(call) and self.resolver.is_foreign(call.func, site.scope)
        wired = named or any(hook.callback.how == "argument" for hook in timers.hooks_of(call, site.scope))
        if not wired and not any(timer.kind == "recurring" for timer in timers.of(call, site.scope)):
            return False
        return self.execution.kinds(site.scope, site.op) == {"api"} or self.serving.is_once(site.scope, site.op)

    def _may_register(self, call: m.Call) -> bool:
        """Whether a call is named as those are that keep what they are given: a quick look."""
        name = w.last_name(call.func)
        return _registers_by_name(call) or self.catalog.hooks.may_know(name) or self.catalog.timers.may_know(name)

    def _is_rooted(self, base: m.Expr, scope: ScopeId, op: int) -> bool:
        at = base
        while isinstance(at, m.Attr | m.Sub | m.Call):
            at = at.func if isinstance(at, m.Call) else at.base
        if not isinstance(at, m.Name):
            return False
        owner = self.resolver.owner(at.id, scope)
        if owner is not None and owner.index == 0:
            return True
        return (owner is not None and self._makes_application(owner)) or self.serving.is_once(scope, op)

    def is_component(self, cls: ScopeId) -> bool:
        """Whether a framework makes one object of a class for as long as it runs."""
        outside = self.resolver.all_outside_bases(cls)
        return any(self.catalog.canonical(base) in name_lists().components for base in outside)

    # --- functions ---

    def captures(self, function: ScopeId, name: str) -> tuple[Use, ...] | None:
        """Whether a function that is made once, and handed to somebody who calls it later, uses a local variable of the
        function around it: gives the uses by which it is stored, where it is stored and nothing else, otherwise no use.
        None where there is no such function."""
        module = self.program.of(function)
        inner = {
            site.scope
            for site in module.sites_within(function.index, name)
            if site.scope != function
            and isinstance(site.node, m.Name)
            and self.resolver.owner(name, site.scope) == function
        }
        handed = [uses for scope in sorted(inner) if (uses := self._handed_on(scope, function)) is not None]
        if not handed or not self._is_made_once(function, inner):
            return None
        return tuple(use for uses in handed for use in uses) if all(handed) else ()

    def _is_made_once(self, function: ScopeId, inner: Iterable[ScopeId]) -> bool:
        return (
            self.serving.is_once(function, 0)
            or self._decorates_definitions(function)
            or self._makes_application(function)
            or any(self.registers(use) for scope in sorted(inner) for use in self.flow.function_uses(scope))
        )

    def _handed_on(self, scope: ScopeId, function: ScopeId) -> tuple[Use, ...] | None:
        """The uses by which a scope inside a function, or one between the two, is handed to somebody: those that store
        it, none of them where something else is done with it too. None where it is not handed on."""
        at: ScopeId | None = scope
        while at is not None and at != function:
            facts = self.program.facts(at)
            if facts.decorators and self.program.parent(at) == function:
                return ()
            uses = self.flow.function_uses(at) if facts.kind in {"function", "lambda"} else ()
            handed = tuple(use for use in uses if use.kind in HANDED_ON and not self._is_called_at_once(use))
            if handed:
                return handed if all(use.kind == "kept" for use in handed) else ()
            at = self.program.parent(at)
        return None

    def _is_called_at_once(self, use: Use) -> bool:
        """Whether what a function is handed to has called it, as often as it will, when it comes back."""
        call = use.outer if use.kind in ARGUMENTS else None
        known = self.execution.timers.forwarders_of(call, use.site.scope) if isinstance(call, m.Call) else ()
        return any(forwarder.when == "now" for forwarder in known)

    def _decorates_definitions(self, function: ScopeId) -> bool:
        return any(
            use.kind == "decorates" and lasts_as_body(self.program, use.site.scope)
            for use in self.flow.function_uses(function)
        )

    def _makes_application(self, function: ScopeId) -> bool:
        """Whether a function builds and gives back an application of a framework, as factories do."""
        for value in self.program.returned(function):
            names = {getattr(v, "name", "") for v in self.resolver.values(value, function)}
            if any(self.catalog.canonical(name) in self.catalog.data.apps for name in names):
                return True
        return False


def _registers_by_name(call: m.Call) -> bool:
    """Whether a call is named as those are that keep what they are given."""
    name = w.last_name(call.func)
    return name in name_lists().registrars or name in name_lists().servers


def lasts_as_body(program: Program, scope: ScopeId) -> bool:
    """Whether what the body of a module or a class binds lasts: not that of a class in a function."""
    return scope.index == 0 or (program.facts(scope).kind == "class" and not is_local(program, scope))


def is_local(program: Program, scope: ScopeId) -> bool:
    """Whether a class stands in a function, each call of which makes it anew."""
    at = program.parent(scope)
    while at is not None and at.index:
        if program.facts(at).kind != "class":
            return True
        at = program.parent(at)
    return False
