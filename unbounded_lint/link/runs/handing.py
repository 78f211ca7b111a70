"""What a function is given by whoever calls it later: arguments that are handed over together with it."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.model import Callback
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.callees import argument_at
from unbounded_lint.link.dataflow.handles import Use
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import CallSite, positional
from unbounded_lint.link.program.kept import listed
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.timers import Timers

_TOGETHER = ("args", "argument")
"""The keywords under which all arguments are handed over at once."""


class Handing(Query):
    """Finds the arguments that are handed over with functions."""

    def __init__(self, timers: Timers) -> None:
        super().__init__(timers.flow)
        self._timers = timers

    @listed
    def calls(self, function: ScopeId) -> Iterator[CallSite]:
        """The calls of a function that are made with what is handed over beside it, as if they stood there."""
        for use in self.flow.function_uses(function):
            if use.kind == "argument" and isinstance(use.outer, m.Call):
                passed = self._passed(use, use.outer)
                if passed is not None:
                    made = m.Call(use.site.node, passed, use.outer.span)
                    yield CallSite(use.site.scope, use.site.op, made, use.bound, use.guess)

    def _passed(self, use: Use, call: m.Call) -> tuple[m.Arg, ...] | None:
        timers, forwarders = self._timers.of(call, use.site.scope), self._timers.forwarders_of(call, use.site.scope)
        known = (*(timer.callback for timer in timers), *(forwarder.callback for forwarder in forwarders))
        callbacks = (callback for callback in known if callback.passes)
        callback = next((c for c in callbacks if argument_at(call, c.position, c.keywords) is use.site.node), None)
        if callback is None:
            return None
        return _behind(call, use.site.node) if callback.passes == "rest" else _together(call, callback)


def _behind(call: m.Call, function: m.Expr) -> tuple[m.Arg, ...]:
    """All arguments behind a function."""
    at = next(at for at, argument in enumerate(call.args) if argument.value is function)
    return call.args[at + 1 :]


def _together(call: m.Call, callback: Callback) -> tuple[m.Arg, ...]:
    """The items of the argument that has all of them, by one of its keywords or behind the function."""
    whole = argument_at(call, None, _TOGETHER)
    if whole is None and callback.position is not None:
        whole = next(iter(positional(call)[callback.position + 1 :]), None)
    if not isinstance(whole, m.Display):
        return () if whole is None else (m.Arg(whole, None, "*"),)
    return tuple(
        m.Arg(item.value, None, "*") if isinstance(item, m.Star) else m.Arg(item, None, "") for item in whole.items
    )
