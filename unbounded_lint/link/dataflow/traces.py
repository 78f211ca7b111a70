"""How a value is followed forwards: through names, attributes, parameters, returns, imports and decorators."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from itertools import chain
from typing import Any, ClassVar, TypeAlias

import msgspec

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.handles import (
    Attribute,
    Foreign,
    Handle,
    Registered,
    Returned,
    Use,
    Variable,
    Yielded,
)
from unbounded_lint.link.dataflow.scoping import decorated_by, is_property, is_static
from unbounded_lint.link.dataflow.sites import Sites
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.dataflow.stars import Stars
from unbounded_lint.link.dataflow.steps import Item, Steps, Taken
from unbounded_lint.link.dataflow.values import Module
from unbounded_lint.link.program.definitions import AT_ENTRY, Reaching
from unbounded_lint.link.program.kept import listed
from unbounded_lint.link.program.module import Place, ScopeId, Site
from unbounded_lint.link.program.program import Program

HANDLES = 300
"""How many names one value is followed through before the rest counts as unseen."""

NEAR = 16
"""The same, where only the place that first keeps a value matters."""

_Standing: TypeAlias = tuple[Site, int, bool]
"""A value where it stands, how many leading parameters are bound, and whether its receiver was guessed."""


class Trace(msgspec.Struct, frozen=True, gc=False):
    """What a trace found: the uses of a value, and what came to hold it."""

    uses: tuple[Use, ...]
    holders: tuple[Handle, ...]


class _OfHandle(msgspec.Struct, frozen=True, gc=False):
    """What is done with the value that a handle holds, or with the one that it got at a place."""

    handle: Handle
    origin: Place | None
    kind: ClassVar[str] = "handle"


class _OfFunction(msgspec.Struct, frozen=True, gc=False):
    """What is done with a function."""

    function: ScopeId
    kind: ClassVar[str] = "function"


class _OfSite(msgspec.Struct, frozen=True, gc=False):
    """What is done with the value of an expression, followed through so many handles."""

    scope: ScopeId
    op: int
    node: int
    limit: int
    kind: ClassVar[str] = "site"


_Tracing: TypeAlias = Generator[Any, Trace, Trace]


class Traces:
    """Follows values. Memoised. `steps` goes one step forwards; `strict` does the same, but not into an attribute that
    is bound to different things."""

    def __init__(self, sites: Sites, reaching: Reaching, steps: Steps, strict: Steps) -> None:
        self.program = sites.program
        self.declared = sites.declared
        self._sites = sites
        self._stars = Stars(sites)
        self._reaching = reaching
        self._steps = steps
        self._strict_steps = strict
        self._solver: Solver[Any, Trace] = Solver(self._equation, lambda _: Trace((), ()), _merged)
        self._standing: dict[_OfSite, Site] = {}

    # --- questions ---

    def of(self, handle: Handle, origin: Place | None = None) -> Trace:
        """That of the value that a handle holds, or of the one that it got at a place."""
        return self._solver.answer(_OfHandle(handle, origin))

    def of_function(self, function: ScopeId) -> Trace:
        """That of a function."""
        return self._solver.answer(_OfFunction(function))

    def of_site(self, site: Site, limit: int = HANDLES) -> Trace:
        """That of the value of an expression, followed through so many handles."""
        question = _OfSite(site.scope, site.op, id(site.node), limit)
        self._standing.setdefault(question, site)
        return self._solver.answer(question)

    # --- equations ---

    def _equation(self, question: Any) -> _Tracing:
        match question:
            case _OfHandle(handle=handle, origin=origin):
                return self._trace(self._strict_steps, [Item(handle, 0, False, origin)], [])
            case _OfFunction(function=function):
                written = self.program.of(function).lambdas.get(function.index)
                sites: list[_Standing] = [] if written is None else [(written, 0, False)]
                held = self._held_function(function)
                return self._trace(self._steps, held, sites, is_read=is_property(self.program.facts(function)))
        site = self._standing[question]
        return self._trace(self._steps, [], [(site, 0, False)], question.limit)

    def _held_function(self, function: ScopeId) -> list[Item]:
        facts = self.program.facts(function)
        parent = self.program.parent(function)
        if parent is None or facts.kind == "lambda":
            return []
        if self.program.facts(parent).kind != "class":
            return [Item(Variable(parent, facts.name), 0, False)]
        return [Item(Attribute(parent, facts.name), 0 if is_static(facts) else 1, False)]

    def _trace(
        self, steps: Steps, start: list[Item], sites: list[_Standing], limit: int = HANDLES, *, is_read: bool = False
    ) -> _Tracing:
        queue, pending = deque(start), list(sites)
        holders = dict.fromkeys(item.handle for item in start)
        followed = {(item.handle, item.origin) for item in start}
        taken: dict[tuple[int, int], tuple[Use, ...]] = {}
        answered: Handle | None = None

        def hold(items: Iterable[Item]) -> None:
            for out in items:
                if answered is not None and out.handle == answered:
                    holders[out.handle] = None
                elif len(holders) < limit and (out.handle, None) not in followed:
                    if (out.handle, out.origin) not in followed:
                        holders[out.handle] = None
                        followed.add((out.handle, out.origin))
                        queue.append(out)

        while True:
            for site, bound, guess in pending:
                key = (id(site.node), site.op)
                if key in taken:
                    continue
                step = steps.of(site, bound, guess)
                if is_read and isinstance(site.node, m.Attr):
                    # what goes on from there is what the property gives
                    step = _as_read(site, bound, guess, step.uses)
                taken[key] = step.uses
                if step.items:
                    hold(step.items)
            if not queue:
                break
            item = queue.popleft()
            answered = Returned(item.handle.scope) if item.answered and isinstance(item.handle, Variable) else None
            pending, found = yield from self._expanded(item, steps)
            hold(found)
        ordered = tuple(sorted(holders, key=repr)) if limit == NEAR else ()
        return Trace(tuple(chain.from_iterable(taken.values())), ordered)

    def _expanded(self, item: Item, steps: Steps) -> Generator[Any, Trace, tuple[list[_Standing], list[Item]]]:
        """Where a handle stands in the program, and what else holds the same value."""
        match item.handle:
            case Variable(scope=scope, name=name):
                sites = [s for s in self._sites.of_variable(scope, name) if not self._is_overwritten(item, s)]
                more = [Item(handle, item.bound, item.guess) for handle in self._other_names(scope, name)]
                for parameter in self._defaults(scope, name):
                    more.append(Item(parameter, item.bound, item.guess, (parameter.scope, AT_ENTRY)))
                return [(site, item.bound, item.guess) for site in sites], more
            case Attribute(cls=cls, name=name):
                found = self._sites.of_attribute(cls, name)
                own = [each for each in found if not self._is_overwritten(item, each[0])]
                more = [Item(each, item.bound, item.guess) for each in self._kept_as_default(item.handle)]
                return [(s, item.bound if b is None else b, item.guess or g) for s, b, g in own], more
            case Foreign():
                return [(site, item.bound, True) for site in self._sites.of_foreign(item.handle)], []
            case Returned(function=function):
                trace = yield _OfFunction(function)
                results = [(site, item.bound, item.guess) for site in self._results(function, trace.uses)]
                return results, [Item(handle, item.bound, item.guess) for handle in self._replaced(trace.uses)]
            case Registered():
                return [], []
            case Yielded(function=function):
                trace = yield _OfFunction(function)
                return [], list(self._entered(item, trace.uses, steps))

    def _is_overwritten(self, item: Item, site: Site) -> bool:
        """Whether the name or attribute holds something else by then."""
        if item.origin is None:
            return False
        match item.handle:
            case Variable(scope=scope, name=name) if site.scope == scope:
                return self._reaching.is_overwritten(scope, name, item.origin[1], site.op)
            case Attribute():
                return self._reaching.is_replaced(site, item.origin)
        return False

    def _other_names(self, scope: ScopeId, name: str) -> Iterator[Handle]:
        """The names under which other scopes import a module's variable; the attribute that a class variable is."""
        if scope.index == 0:
            source = self.program.of(scope)
            for module, at, bound in self.program.importers(source.name, name):
                yield Variable(ScopeId(module.path, at), bound)
            for module in self._stars.of(source, name):
                if not self._is_defined(scope, name) or module.sites(name):
                    yield Variable(ScopeId(module.path, 0), name)
        elif self.program.facts(scope).kind == "class":
            yield Attribute(scope, name)

    def _is_defined(self, scope: ScopeId, name: str) -> bool:
        """Whether a class or a function has a name: those, of which generated modules have thousands of uses, are found
        by their own names where another module takes them from one that does not write it."""
        return any(bound.kind == "define" for bound in self.program.bound(scope, name))

    def _defaults(self, scope: ScopeId, name: str) -> Iterator[Variable]:
        """The parameters whose default is a variable of a module."""
        for parameter, default, outside in self._defaulting(name) if scope.index == 0 else ():
            if isinstance(default, m.Name):
                if self.declared.owner(name, outside) == scope:
                    yield parameter
            elif isinstance(default, m.Attr):
                bases = self.declared.values(default.base, outside)
                if any(isinstance(v, Module) and v.name == self.program.of(scope).name for v in bases):
                    yield parameter

    def _kept_as_default(self, attribute: Attribute) -> Iterator[Variable]:
        """The parameters whose default is an attribute."""
        for parameter, default, outside in self._defaulting(attribute.name):
            if isinstance(default, m.Attr) and attribute in self.declared.handles(default, outside):
                yield parameter

    @listed
    def _defaulting(self, name: str) -> Iterator[tuple[Variable, m.Expr, ScopeId]]:
        """The parameters whose default is written as a name or attribute of that name, and where it is evaluated."""
        for module in self.program.mentioning(name):
            for index, parameter, default in module.defaults.get(name, ()):
                outside = ScopeId(module.path, module.scope(index).parent)
                yield Variable(ScopeId(module.path, index), parameter), default, outside

    def _results(self, function: ScopeId, uses: tuple[Use, ...]) -> Iterator[Site]:
        """The calls of a function as values; the reads of a property."""
        for use in uses:
            if use.call is not None:
                yield use.site.outer
        if is_property(self.program.facts(function)):
            yield from (use.site for use in uses if use.kind not in {"rebound", "decorates"})

    def _replaced(self, uses: tuple[Use, ...]) -> Iterator[Handle]:
        """The decorated objects that a function's result replaces."""
        for use in uses:
            name = decorated_name(self.program, use.site) if use.kind == "decorates" else None
            if name is not None:
                yield Variable(use.site.scope, name)

    def _entered(self, item: Item, uses: tuple[Use, ...], steps: Steps) -> Iterator[Item]:
        """What a `with` over a call of a generator binds."""
        for use in uses:
            if use.call is not None:
                for frame in self.program.facts(use.site.scope).frames:
                    if frame.kind == "with" and frame.head is use.call and frame.target is not None:
                        yield from steps.to_target(frame.target, use.site.scope, item.bound, item.guess)


def _as_read(site: Site, bound: int, guess: bool, uses: tuple[Use, ...]) -> Taken:
    """What is done with a property where the attribute stands that it is read as."""
    kinds = {use.kind for use in uses}
    unread = next((kind for kind in ("rebound", "deleted") if kind in kinds), None)
    return Taken((Use(unread or "read", site, bound, guess),), ())


def decorated_name(program: Program, site: Site) -> str | None:
    """The name of the function or class that a decorator stands before."""
    decorated = decorated_by(program, site)
    return None if decorated is None else program.facts(decorated).name


def _merged(one: Trace, other: Trace) -> Trace:
    """What two rounds of a circle found together."""
    if not one.uses and not one.holders:
        return other
    uses = {(u.kind, u.site.scope, u.site.op, id(u.site.node), u.bound, u.guess): u for u in (*one.uses, *other.uses)}
    return Trace(tuple(uses.values()), tuple(dict.fromkeys((*one.holders, *other.holders))))
