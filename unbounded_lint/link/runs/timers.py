"""Which timers and hooks of the catalogue a call is, and whether a timer is really started."""

from __future__ import annotations

from functools import cached_property

from unbounded_lint.catalog.load import DECLARED, Catalog
from unbounded_lint.catalog.model import Given, Hook, Timer
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import (
    argument_at,
    callee_names,
    dotted_text,
    is_unknown_receiver,
    receiver_of,
)
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Class, Instance
from unbounded_lint.link.program.program import ScopeId, Site

_REACHED = 60
"""How many callers are looked at for a timer that arms itself again."""


def takes_callback(timer: Timer, call: m.Call, node: m.Expr) -> bool:
    """Whether a part of a timer's call stands where its callback does; in doubt, yes."""
    callback = timer.callback
    if callback.how != "argument" or callback.position is None:
        return True
    place = argument_at(call, callback.position, callback.keywords)
    return place is None or any(part is node for part in w.walk(place))


class Timers:
    """Knows the catalogue's timers, and the framework wiring, where a program uses them."""

    def __init__(self, flow: Flow, catalog: Catalog) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.catalog = catalog

    def of(self, call: m.Call, scope: ScopeId) -> tuple[Timer, ...]:
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
    def declared(self) -> dict[ScopeId, Timer]:
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

    def recurs(self, timer: Timer, arguments: Given, site: Site, target: ScopeId) -> bool:
        if timer.kind == "recurring" and timer.recurs == "always":
            return timer.repeats(arguments)
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
        while queue and len(seen) < _REACHED:
            at = queue.pop(0)
            if at == target:
                return True
            for site in self.flow.call_sites(at):
                if site.scope not in seen:
                    seen.add(site.scope)
                    queue.append(site.scope)
        return target in seen

    def decorated_starts(self, timer: Timer, scope: ScopeId, call: m.Call) -> bool:
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

    def instance_gets(self, cls: ScopeId, methods: frozenset[str]) -> bool:
        for method in sorted(methods):
            for site in self.program.sites(method):
                if isinstance(site.node, m.Attr) and not self.program.is_test(site.scope):
                    values = self.resolver.values(site.node.base, site.scope)
                    if any(isinstance(v, Instance | Class) and self.resolver.related(v.scope, cls) for v in values):
                        return True
        return False
