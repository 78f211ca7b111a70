"""Parameters that are switches: all that the callers of a function give one are a few constants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import CallSite, argument_of
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.naming import is_aside
from unbounded_lint.link.program.truth import Asked, flag_of, is_so
from unbounded_lint.link.runs.callgraph import explored
from unbounded_lint.link.runs.outside import PLAIN_BASES, Outside

HANDED_DOWN = 100
"""How many parameters are looked at that are given, one to the next, to the one that is asked for."""


class _Parameter(NamedTuple):
    function: ScopeId
    position: int


class Switches(Query):
    """Finds what parameters are given by calls that are all in sight. Memoised."""

    def __init__(self, flow: Flow, outside: Outside) -> None:
        super().__init__(flow)
        self.outside = outside

    def is_off(self, test: m.Expr, truth: bool, scope: ScopeId) -> bool:
        """Whether a test without parts never comes out with that truth, since the parameter that it asks is never given
        anything with which it would."""
        flag = flag_of(test)
        parameter = self._parameter(flag, scope) if isinstance(flag, m.Name) else None
        if parameter is None:
            return False
        default = self.program.facts(parameter.function).parameters[parameter.position].default
        # only one that is off unless somebody turns it on: what others are given is not worth the search
        if not isinstance(default, m.Const) or not _rules_out(default, Asked(test, truth)):
            return False
        values = self._values(parameter)
        return bool(values) and all(_rules_out(value, Asked(test, truth)) for value in values)

    def _parameter(self, name: m.Name, scope: ScopeId) -> _Parameter | None:
        """The parameter that a name stands for, which nothing else gives a value."""
        owner = self.resolver.owner(name.id, scope)
        bound = self.program.only(owner, name)
        if owner is None or bound is None or bound.kind != "parameter":
            return None
        return _Parameter(owner, bound.index)

    @kept
    def _values(self, parameter: _Parameter) -> frozenset[m.Const]:
        """The constants of which a parameter is one; none where it may be anything else."""
        found: set[m.Const] = set()
        seen = 0
        for each in explored([parameter], self._sources, HANDED_DOWN):
            constants = self._constants(each)
            if constants is None:
                return frozenset()
            found.update(constants)
            seen += 1
        return frozenset(found) if seen < HANDED_DOWN else frozenset()

    def _sources(self, parameter: _Parameter) -> Iterator[_Parameter]:
        """The parameters of the callers that are handed down as one."""
        for expr, scope in self._given(parameter) or ():
            source = self._parameter(expr, scope) if isinstance(expr, m.Name) else None
            if source is not None:
                yield source

    def _constants(self, parameter: _Parameter) -> frozenset[m.Const] | None:
        """The constants that callers write; None where they may give what is neither one nor a parameter of theirs."""
        given = self._given(parameter)
        if given is None:
            return None
        constants = {expr for expr, _ in given if isinstance(expr, m.Const)}
        others = [each for each in given if not isinstance(each[0], m.Const)]
        if any(not isinstance(expr, m.Name) or self._parameter(expr, scope) is None for expr, scope in others):
            return None
        return frozenset(constants)

    @kept
    def _given(self, parameter: _Parameter) -> tuple[tuple[m.Expr, ScopeId], ...] | None:
        """What each call gives a parameter, and where; None where that is not all that it may be given."""
        function, position = parameter
        facts, found = self.program.facts(function), []
        for site in self._calls(function):
            passed = _passed(facts, position, site)
            if passed is None:
                return None
            found.append((passed, site.scope if passed is not facts.parameters[position].default else function))
        return tuple(found) or None

    @kept
    def _calls(self, function: ScopeId) -> tuple[CallSite, ...]:
        """The calls of a function, where these are all that there are: none where others may call it too."""
        facts, cls = self.program.facts(function), self.program.owner_class(function)
        if facts.kind != "function" or decorator_names(facts) - name_lists().plain_decorators:
            return ()
        if not self._is_of_project(function, cls) or not self.flow.is_only_called(function):
            return ()
        if cls is not None and self.resolver.all_outside_bases(cls) - PLAIN_BASES:
            return ()
        sites = self.flow.call_sites(function)
        return () if all(is_aside(site.scope.path) for site in sites) else sites

    def _is_of_project(self, function: ScopeId, cls: ScopeId | None) -> bool:
        """Whether it is the project that calls a function, and not its users as well: it is private or inside another,
        or no package shows it, or its class, to those who import that, and the project is no library, or makes objects
        of the class itself."""
        name, parent = self.program.facts(function).name, self.program.parent(function)
        if name.startswith("__") and name.endswith("__") and name not in name_lists().constructors:
            return False
        shown = self.program.facts(cls).name if cls is not None else name
        if shown.startswith("_") or (name.startswith("_") and name not in name_lists().constructors):
            return True
        if cls is None and parent is not None and parent.index:
            return True
        if self._is_shown(shown):
            return False
        return self.outside.has_entry_points or (cls is not None and bool(self.flow.constructions(cls)))

    @kept
    def _is_shown(self, name: str) -> bool:
        """Whether a package takes a name from one of its modules, to give it to those who import the package."""
        packages = (each.path for each in self.program.mentioning(name) if each.path.endswith("__init__.py"))
        return any(
            binding.kind == "import" for path in packages for binding in self.program.bound(ScopeId(path, 0), name)
        )


def _passed(facts: m.Scope, position: int, site: CallSite) -> m.Expr | None:
    """What a call gives a parameter, its default if nothing; None where that cannot be told."""
    if site.call is None or any(argument.star for argument in site.call.args):
        return None
    return argument_of(facts, position, site) or facts.parameters[position].default


def _rules_out(value: m.Const, asked: Asked) -> bool:
    """Whether a test does not come out as asked if its flag has a value."""
    match asked.expr:
        case m.Compare(ops=("==" | "!=",), items=(m.Const(kind=kind),)) if "none" not in {kind, value.kind}:
            if kind != value.kind:
                return False  # `True == 1`
    return not is_so(asked, value)
