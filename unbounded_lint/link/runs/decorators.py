"""How decorated functions come to run."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.catalog.model import Timer
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import given
from unbounded_lint.link.dataflow.handles import Variable
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import Function
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.context import Context, by_hook
from unbounded_lint.link.runs.timers import Timers


class Decorators:
    """Reads decorators as timers, hooks, or something that keeps the function."""

    def __init__(self, flow: Flow, timers: Timers) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.timers = timers

    def of(self, scope: ScopeId, called: bool) -> Iterator[Context]:
        facts = self.program.facts(scope)
        outside = self.program.parent(scope)
        assert outside is not None
        here = (scope, 0)
        for decorator in facts.decorators:
            call = decorator if isinstance(decorator, m.Call) else m.Call(decorator, (), facts.span)
            timers = self.timers.of(call, outside)
            if timers and timers[0].callback.how == "decorated":
                yield from self._decorated_timer(timers[0], scope, call, outside)
                continue
            hooks = [h for h in self.timers.hooks_of(call, outside) if h.applies(given(call, outside, self.resolver))]
            if hooks:
                if hooks[0].role not in {"transparent"}:
                    yield by_hook(hooks[0], here)
            elif not called and not self._is_transparent(call.func, outside):
                yield Context("run", True, False, here)

    def _is_transparent(self, func: m.Expr, scope: ScopeId) -> bool:
        tail = func.name if isinstance(func, m.Attr) else func.id if isinstance(func, m.Name) else ""
        if tail in name_lists().transparent:
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
        started = self.timers.decorated_starts(timer, scope, call)
        yield Context("timer" if started else "unstarted", True, False, here, timer.api)
