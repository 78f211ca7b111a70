"""How functions come to run that nobody in the project calls or hands over."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import Catalog
from unbounded_lint.catalog.model import Timer
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.runs.context import Context, Step, by_hook
from unbounded_lint.link.runs.timers import Timers

_CLASS_CREATION = frozenset({"__init_subclass__", "__set_name__", "__prepare__", "__init__", "__new__"})
_PLAIN_BASES = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol", "enum.Enum", "Exception"})
_METACLASSES = frozenset({"type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"})


class Uncalled:
    """Decides by name, owner and base what may call a function from outside."""

    def __init__(self, flow: Flow, catalog: Catalog, timers: Timers) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.catalog = catalog
        self.timers = timers

    def of(self, scope: ScopeId) -> Iterator[Context | Step]:
        """The ways in which a function that nothing calls may come to run."""
        here = (scope, 0)
        owner = self.program.owner_class(scope)
        name = self._given_name(scope)
        if owner is not None:
            yield from self._uncalled_method(scope, owner)
            return
        if name == "__getattr__":
            yield Context("run", True, False, here)
        elif hooks := self.catalog.hook_function(name):
            yield by_hook(hooks[0], here)
        elif name == "<lambda>" and (parent := self.program.parent(scope)) is not None:
            yield Step(parent, False, False)
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

    def _uncalled_method(self, scope: ScopeId, owner: ScopeId) -> Iterator[Context | Step]:
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
                yield by_hook(hook, here)
                return
        if name.startswith("__") and name.endswith("__"):
            yield Context("run" if self._is_used(owner) else "api", True, False, here)
        elif outside - _PLAIN_BASES:
            yield Context("api" if name.startswith("_") else "run", True, False, here)
        elif name.startswith("_"):
            yield Context("dead", False, False, here)
        else:
            yield Context("api", True, False, here)

    def _is_metaclass(self, cls: ScopeId) -> bool:
        return bool(self.resolver.all_outside_bases(cls) & _METACLASSES)

    def _is_used(self, cls: ScopeId) -> bool:
        return any(
            not self.program.is_test(use.site.scope) for use in self.flow.class_uses(cls) if use.kind != "rebound"
        )

    def _overridden_timer(self, timer: Timer, owner: ScopeId, scope: ScopeId) -> Iterator[Context | Step]:
        here = (scope, 0)
        started = self.timers.instance_gets(owner, frozenset(timer.activation.methods))
        if timer.process == "other":
            yield Context("other-process", True, False, here, timer.api)
        elif timer.activation.methods and not started:
            yield Context("unstarted", True, False, here, timer.api)
        elif timer.kind == "spawn":
            yield Context("run", False, False, here, timer.api)
        else:
            yield Context("timer", True, False, here, timer.api)
