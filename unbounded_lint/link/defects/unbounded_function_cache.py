"""Functions that remember every result they ever gave: memo decorators of the catalogue without a bound."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.findings.finding import Confidence
from unbounded_lint.link.containers.sharing import Sharing
from unbounded_lint.link.dataflow.callees import given
from unbounded_lint.link.dataflow.scoping import is_static
from unbounded_lint.link.dataflow.values import CallSite, argument_of
from unbounded_lint.link.defects.question import Question
from unbounded_lint.link.keys.origins import Domain
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.runs.context import ContextKind, Sort

_FAMILY = "cache-decorator"
_STEPS = 3
_CLEARING: frozenset[ContextKind] = frozenset({"run", "api", "timer", "later", "startup", "main"})


@dataclass(frozen=True, slots=True)
class FunctionCache:
    """A function with a memo that nothing bounds.

    symbol      "pkg.mod:function" or "pkg.mod:Class.method"
    decorator   the memo as a message names it ("cache", "lru_cache(None)")
    parameter   the one that can be ever new; on_self says that it is the receiver
    domain      what is known about it
    sites       calls of the function outside tests
    """

    scope: ScopeId
    symbol: str
    decorator: str
    parameter: str
    on_self: bool
    domain: Domain
    sites: tuple[CallSite, ...]
    confidence: Confidence


class _Grown(NamedTuple):
    """A parameter that makes a memo grow, and whether the flow of data tells that it is ever new, and not its name or
    its type alone."""

    name: str
    on_self: bool
    domain: Domain
    known: bool


class UnboundedFunctionCaches(Question):
    """Finds them all; answers in the order of paths and places."""

    @cached_property
    def sharing(self) -> Sharing:
        """Whether all objects of a class last."""
        return Sharing(self.linked.lifetimes)

    @cached_property
    def all(self) -> tuple[FunctionCache, ...]:
        """Every function of the project, tests left out, whose memo grows with what running code calls it with."""
        return tuple(found for scope, memo in self._memoised() if (found := self._cache(scope, memo)) is not None)

    @cached_property
    def memos(self) -> Mapping[str, ScopeId]:
        """Every function with a memo, bounded or not, by its symbol."""
        return {self._symbol(scope): scope for scope, memos in self._decorated() if any(memos)}

    def _memoised(self) -> Iterator[tuple[ScopeId, str]]:
        """The functions with a memo that nothing bounds, and how a message names it."""
        for scope, memos in self._decorated():
            yield from islice(((scope, name) for name, is_bounded in memos if not is_bounded), 1)

    def _decorated(self) -> Iterator[tuple[ScopeId, Iterator[tuple[str, bool]]]]:
        """The functions that are made once, at module level or in a class there, each with its memos."""
        names = [n for kind in self.catalog.data.containers if kind.family == _FAMILY for n in kind.names]
        tails = sorted({name.rpartition(".")[2] for name in names})
        modules = {module.path: module for tail in tails for module in self.program.mentioning(tail)}
        for path, module in sorted(modules.items()):
            for index, facts in enumerate(module.facts.scopes):
                if facts.kind == "function" and "<locals>" not in facts.qualname:
                    outside = ScopeId(path, facts.parent)
                    yield ScopeId(path, index), chain.from_iterable(self._memos(d, outside) for d in facts.decorators)

    def _memos(self, decorator: m.Expr, scope: ScopeId) -> Iterator[tuple[str, bool]]:
        """The memos that a decorator may be: as a message names them, and whether they are bounded."""
        func = decorator.func if isinstance(decorator, m.Call) else decorator
        arguments = given(decorator, scope, self.resolver) if isinstance(decorator, m.Call) else {}
        for name in self.resolver.names(func, scope):
            kind = self.catalog.container(name)
            if kind and kind.family == _FAMILY and kind.calls_insert:
                tail = name.rpartition(".")[2]
                yield f"{tail}(maxsize=None)" if tail == "lru_cache" else tail, kind.is_bounded(arguments)

    def _symbol(self, scope: ScopeId) -> str:
        return f"{self.program.of(scope).name}:{self.program.facts(scope).qualname}"

    # --- one function ---

    def _cache(self, scope: ScopeId, decorator: str) -> FunctionCache | None:
        facts = self.program.facts(scope)
        contexts = self.execution.contexts(scope)
        if not facts.ops or not _runs_again(contexts) or self._is_cleared(scope):
            return None
        grown = [parameter for index in range(len(facts.parameters)) if (parameter := self._grown(scope, index))]
        chosen = next((parameter for parameter in grown if parameter.known), grown[0] if grown else None)
        if chosen is None:
            return None
        return FunctionCache(
            scope,
            self._symbol(scope),
            decorator,
            chosen.name,
            chosen.on_self,
            chosen.domain,
            self.flow.call_sites(scope),
            _confidence(chosen.known, contexts),
        )

    def _grown(self, scope: ScopeId, index: int) -> _Grown | None:
        """What is known of a parameter that makes the memo grow; None for one of a closed set."""
        facts, cls = self.program.facts(scope), self.program.owner_class(scope)
        name = facts.parameters[index].name
        domain = self.linked.keys.domain(m.Name(name), scope, 0)
        if domain.kind == "closed":
            return None
        if cls is not None and index == 0 and not is_static(facts):
            single = self.sharing.is_singleton(cls)
            return _Grown(name, True, domain, self._is_made_again(cls)) if not single else None
        told = domain.weak or domain.hinted or domain.why.startswith("annotated")
        known = (domain.kind == "open" and not told) or self._is_served(scope, index, _STEPS)
        return _Grown(name, False, domain, known)

    def _is_served(self, scope: ScopeId, index: int, steps: int) -> bool:
        """Whether a parameter gets what a framework hands to the handler of a request."""
        if self._is_handler(scope):
            return True
        for site in self.flow.call_sites(scope) if steps else ():
            argument = argument_of(self.program.facts(scope), index, site)
            names = set(w.walk(argument)) if argument is not None else set()
            parameters = enumerate(self.program.facts(site.scope).parameters)
            if any(self._is_served(site.scope, at, steps - 1) for at, p in parameters if m.Name(p.name) in names):
                return True
        return False

    def _is_handler(self, scope: ScopeId) -> bool:
        """Whether a framework calls a function for each request or message."""
        runs = (context for context in self.execution.direct(scope) if context.kind == "run")
        if any(map(self.execution.is_asked_for, runs)):
            return True
        owner, name = self.program.owner_class(scope), self.program.facts(scope).name
        return any(
            hook.role == "request" and name in hook.callback.names
            for base in (self.resolver.all_outside_bases(owner) if owner is not None else ())
            for hook in self.catalog.hook_base(base)
        )

    def _is_made_again(self, cls: ScopeId) -> bool:
        """Whether running code of the project makes objects of a class."""
        return any(
            use.kind == "called" and _runs_again(self.execution.at(use.site.scope, use.site.op))
            for built in (cls, *self.flow.hierarchy.subclasses(cls))
            for use in self.flow.class_uses(built)
        )

    def _is_cleared(self, scope: ScopeId) -> bool:
        """Whether code that runs empties the memo."""
        return any(
            use.kind == "member"
            and isinstance(use.outer, m.Attr)
            and use.outer.name == "cache_clear"
            and self.execution.kinds(use.site.scope, use.site.op) & _CLEARING
            for use in self.flow.function_uses(scope)
        )


def _runs_again(contexts: frozenset[Sort]) -> bool:
    return any(c.recurs or c.kind == "api" or (c.kind == "tested" and c.looped) for c in contexts)


def _confidence(known: bool, contexts: frozenset[Sort]) -> Confidence:
    """Only what is known to be ever new counts: most memos are for the few values that a program has."""
    recurs = any(context.recurs for context in contexts)
    if not known or not (recurs or any(context.kind == "api" for context in contexts)):
        return Confidence.LOW
    return Confidence.HIGH if recurs else Confidence.MEDIUM
