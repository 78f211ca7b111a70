"""A function remembers the result of every call it ever got."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unbounded_lint.findings.finding import Finding, Place
from unbounded_lint.rules.base import Options, Rule

if TYPE_CHECKING:
    from unbounded_lint.link.defects.unbounded_function_cache import FunctionCache
    from unbounded_lint.link.project import Project

CODE = "UBM301"
NAME = "unbounded-function-cache"
_MOST = 5


def check(project: Project, _options: Options) -> Iterator[Finding]:
    """One finding for each function whose memo only grows."""
    for memo in project.defects.unbounded_function_caches.all:
        yield Finding(
            code=CODE,
            name=NAME,
            message=_message(memo, project),
            place=project.place(memo.scope, -1, "definition", ""),
            symbol=memo.symbol,
            confidence=memo.confidence,
            related=tuple(_calls(memo, project)),
            advice=_advice(memo),
            reasons=(f"the argument `{memo.parameter}`: {memo.domain.why}",),
        )


def _message(memo: FunctionCache, project: Project) -> str:
    name = memo.symbol.partition(":")[2]
    callers = list(dict.fromkeys(project.function(site.scope) for site in memo.sites))
    where = f", as in `{callers[0]}`" if callers else ""
    if memo.on_self:
        return (
            f"`@{memo.decorator}` on the method `{name}()` keeps every object it is called on{where}, and nothing ever "
            "removes one"
        )
    return (
        f"`@{memo.decorator}` on `{name}()` keeps a result for each `{memo.parameter}` it is called with{where}, and "
        "nothing ever removes one"
    )


def _advice(memo: FunctionCache) -> str:
    if memo.on_self:
        return "use `functools.cached_property`, or `lru_cache(maxsize=...)` on a function of what the result needs"
    return "state a size: `lru_cache(maxsize=...)`"


def _calls(memo: FunctionCache, project: Project) -> Iterator[Place]:
    for site in memo.sites[:_MOST]:
        text = f"`{project.function(site.scope)}` calls it here"
        yield project.place(site.scope, site.op, "call", text)


RULE = Rule(
    code=CODE,
    name=NAME,
    summary="a memo without a limit on a function that is called with ever new arguments",
    check=check,
    default=False,
)
