"""Which expressions tell the time."""

from __future__ import annotations

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.values import ExternalResult
from unbounded_lint.link.program.program import ScopeId

_CLOCKS = frozenset(
    {
        *(f"time.{name}" for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time")),
        *(f"time.{name}_ns" for name in ("time", "monotonic", "perf_counter", "process_time")),
        *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
        "datetime.date.today",
        "django.utils.timezone.now",
        "arrow.now",
        "arrow.utcnow",
        "pendulum.now",
        "anyio.current_time",
        "trio.current_time",
        "twisted.internet.reactor.seconds",
        "tornado.ioloop.IOLoop.current.time",
        "tornado.ioloop.IOLoop.time",
        "asyncio.AbstractEventLoop.time",
        "asyncio.get_event_loop.time",
        "asyncio.get_running_loop.time",
        "asyncio.new_event_loop.time",
    }
)


def tells_time(expr: m.Expr, scope: ScopeId, resolver: Resolver) -> bool:
    """Whether an expression is what a clock gave, through names, parameters and functions of the project."""
    return any(isinstance(v, ExternalResult) and v.name in _CLOCKS for v in resolver.values(expr, scope))
