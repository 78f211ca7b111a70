"""Which timers and hooks of the catalogue a call is, and whether a timer is really started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from unbounded_lint.catalog.load import DECLARED, name_lists
from unbounded_lint.catalog.model import Forwarder, Hook, Sleeper, Timer
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import argument_at, catalogued
from unbounded_lint.link.dataflow.handles import Use
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.program.module import ScopeId, Site


def takes_callback(timer: Timer, call: m.Call, node: m.Expr) -> bool:
    """Whether a part of a timer's call stands where its callback does; in doubt, yes."""
    callback = timer.callback
    if callback.how != "argument" or callback.position is None:
        return True
    place = argument_at(call, callback.position, callback.keywords)
    return place is None or any(part is node for part in w.walk(place))


class Timers(Query):
    """Knows the catalogue's timers, and the framework wiring, where a program uses them."""

    # --- what a call is ---

    def of(self, call: m.Call, scope: ScopeId) -> tuple[Timer, ...]:
        """The catalogue's timers that a call can be."""
        found = self._chained(call.func, scope) or catalogued(call.func, scope, self.resolver, self.catalog.timers)
        return found or (self._forwarded(call, scope) if len(call.args) > 1 else ())

    def _forwarded(self, call: m.Call, scope: ScopeId) -> tuple[Timer, ...]:
        """`context.run(loop.create_task, work())`: what begins work of its own where it is handed on to be called."""
        for forwarder in self.forwarders_of(call, scope):
            func = argument_at(call, forwarder.callback.position, forwarder.callback.keywords)
            if forwarder.when in {"now", "soon"} and isinstance(func, m.Name | m.Attr):
                timers = catalogued(func, scope, self.resolver, self.catalog.timers)
                return tuple(timer for timer in timers if timer.kind == "spawn")
        return ()

    def _chained(self, func: m.Expr, scope: ScopeId) -> tuple[Timer, ...]:
        """`every(10).minutes.do(f)`: the timer that a chain of calls begins with."""
        last, at = (func.name, func.base) if isinstance(func, m.Attr) else ("", func)
        while isinstance(at, m.Attr | m.Call):
            if isinstance(at, m.Call):
                for name in self.resolver.names(at.func, scope):
                    for timer in self.catalog.timers.named(name):
                        if timer.callback.how == "chain" and last in timer.callback.names:
                            return (timer,)
            at = at.func if isinstance(at, m.Call) else at.base
        return ()

    def hooks_of(self, call: m.Call, scope: ScopeId) -> tuple[Hook, ...]:
        """The catalogue's framework wiring that a call can be."""
        return catalogued(call.func, scope, self.resolver, self.catalog.hooks)

    def forwarders_of(self, call: m.Call, scope: ScopeId) -> tuple[Forwarder, ...]:
        """What the catalogue knows to call the function that a call is given."""
        return catalogued(call.func, scope, self.resolver, self.catalog.forwarders)

    def sleepers_of(self, call: m.Call, scope: ScopeId) -> tuple[Sleeper, ...]:
        """The catalogue's sleeps and waits that a call can be."""
        return catalogued(call.func, scope, self.resolver, self.catalog.sleepers)

    def decorations(self, scope: ScopeId) -> Iterator[m.Call]:
        """The decorators of a function, each as a call."""
        facts = self.program.facts(scope)
        for decorator in facts.decorators:
            yield decorator if isinstance(decorator, m.Call) else m.Call(decorator, (), facts.span)

    def loud_decorations(self, scope: ScopeId) -> Iterator[m.Call]:
        """The same, without those that are known to leave what the function does as it is."""
        silent = name_lists().silent_decorators
        return (call for call in self.decorations(scope) if w.dotted(call.func).rpartition(".")[2] not in silent)

    @cached_property
    def declared(self) -> dict[ScopeId, Timer]:
        """The functions of the project that the settings name as timers."""
        found = {}
        for timer in self.catalog.data.timers:
            for name in timer.names if timer.note == DECLARED and timer.callback.how == "argument" else ():
                module, _, function = name.rpartition(".")
                source = self.program.named(module)
                if source is not None:
                    found.update(dict.fromkeys(self.program.defined(ScopeId(source.path, 0), function), timer))
        return found

    # --- whether it is started ---

    def starts(self, timer: Timer, made: Site) -> tuple[Site, ...]:
        """Where what a timer's call makes gets the call that starts it; nowhere for one that needs none."""
        return self._activations(timer, self.flow.site_uses(made)) if timer.activation.how == "method" else ()

    def is_started(self, timer: Timer, made: Site) -> bool:
        """Whether what a timer needs besides the call that makes it happens somewhere in the project, or may."""
        if timer.activation.how != "method":
            return self._is_driven(timer, made.node)
        handed_on = (use.kind in {"argument", "kept", "escaped"} for use in self.flow.site_uses(made))
        return bool(self.starts(timer, made)) or any(handed_on)

    def decorated_starts(self, timer: Timer, scope: ScopeId, call: m.Call) -> bool:
        """The same for a timer that decorates a function."""
        uses = self.flow.function_uses(scope)
        if timer.activation.how == "method":
            return bool(self._activations(timer, uses))
        if timer.activation.how == "called":
            outside = self.program.parent(scope) or scope
            roles = {hook.role for made in self.decorations(scope) for hook in self.hooks_of(made, outside)}
            return bool(roles & {"startup", "request"} or {use.kind for use in uses} & {"called", "argument", "kept"})
        return self._is_driven(timer, call)

    def _activations(self, timer: Timer, uses: Iterable[Use]) -> tuple[Site, ...]:
        return tuple(
            use.site
            for use in uses
            if use.kind == "member" and isinstance(use.outer, m.Attr) and use.outer.name in timer.activation.methods
        )

    def _is_driven(self, timer: Timer, call: m.Expr) -> bool:
        """Whether somebody starts the scheduler that a timer is handed to, as far as it needs that."""
        activation = timer.activation
        if activation.how == "receiver" and isinstance(call, m.Call) and isinstance(call.func, m.Attr):
            return self._receiver_gets(call.func.base, activation.methods)
        if activation.how != "driver":
            return True
        called = self._mentions({*activation.methods, *(name.rpartition(".")[2] for name in activation.names)})
        return any(site.call is not None for site in called)

    def _receiver_gets(self, receiver: m.Expr, methods: tuple[str, ...]) -> bool:
        tail = w.dotted(receiver).rpartition(".")[2]
        bases = (site.node.base for site in self._mentions(methods) if isinstance(site.node, m.Attr))
        return not tail or tail.endswith("()") or any(w.dotted(base).rpartition(".")[2] == tail for base in bases)

    def _mentions(self, names: Iterable[str]) -> Iterator[Site]:
        """Where some names and attributes stand."""
        return (site for name in sorted(names) for site in self.program.sites(name))

    def instance_gets(self, cls: ScopeId, methods: tuple[str, ...]) -> bool:
        """Whether one of the methods of a class, or of one related to it, is used."""
        return any(self.instance_sites(cls, methods))

    def instance_sites(self, cls: ScopeId, methods: tuple[str, ...]) -> Iterator[Site]:
        """Where one of the methods of a class, or of one related to it, is used."""
        for site in self._mentions(methods):
            if isinstance(site.node, m.Attr):
                if any(self.resolver.related(owner, cls) for owner in self.resolver.owners(site.node.base, site.scope)):
                    yield site
