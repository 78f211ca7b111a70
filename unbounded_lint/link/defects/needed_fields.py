"""Which fields of an entry must be set for the conditions of a removal to hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.scoping import decorator_names, is_static
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite, Function
from unbounded_lint.link.defects.conditions import Way
from unbounded_lint.link.entries.views import KEY, PAIR, Path, View, Views, below
from unbounded_lint.link.program.blocks import frames_of, guards
from unbounded_lint.link.program.program import ScopeId
from unbounded_lint.link.program.truth import apart

_DEPTH = 4
_ORDER = frozenset({"<", "<=", ">", ">="})


class Needed(NamedTuple):
    """A field that must be set; `truthy` if zero does not count as set either."""

    path: Path
    truthy: bool


Needs: TypeAlias = frozenset[Needed] | None
"""Fields each of which must be set; None for what can never be, so that it needs everything."""


def all_of(parts: Sequence[Needs]) -> Needs:
    """What conditions need that hold all."""
    known = [part for part in parts if part is not None]
    return frozenset[Needed]().union(*known) if len(known) == len(parts) else None


def any_of(parts: Sequence[Needs]) -> Needs:
    """What is needed whichever of several conditions holds."""
    known = [part for part in parts if part is not None]
    return frozenset.intersection(*known) if known else None


class Fields:
    """Reads what conditions on the entries of one container need; `classes` are those whose instances it holds, as far
    as known."""

    def __init__(self, flow: Flow, views: Views, classes: tuple[ScopeId, ...]) -> None:
        self.program = flow.program
        self.resolver = flow.resolver
        self.views = views
        self.classes = classes
        self._compared: set[Path] = set()

    def needs(self, way: Way) -> Needs:
        """The fields each of which must be set on that way."""
        return all_of([self._needs(c.expr, c.truth, c.view, _DEPTH) for c in way])

    def compared(self, way: Way) -> frozenset[Path]:
        """The fields that the conditions of a way compare by size, in the methods of the entry that they call too."""
        self._compared = set()
        self.needs(way)
        return frozenset(self._compared)

    def _needs(self, test: m.Expr, asked: bool, view: View, depth: int) -> Needs:
        every, parts = apart(test, asked)
        if len(parts) > 1:
            found = [self._needs(*part, view, depth) for part in parts]
            return all_of(found) if every else any_of(found)
        ((expr, truth),) = parts
        match expr:
            case m.IfExp(test=inner, body=body, orelse=orelse):
                ways = (((inner, True), (body, truth)), ((inner, False), (orelse, truth)))
                return any_of([all_of([self._needs(*part, view, depth) for part in way]) for way in ways])
            case m.Compare():
                return self._compare(expr, truth, view)
            case m.Const(value=value):
                return None if truth == (value in {"False", "None", "0", ""}) else frozenset()
            case m.Call(func=m.Name(id="bool"), args=(only,)):
                return self._needs(only.value, truth, view, depth)
        return self._whole(expr, truth, view, depth)

    def _compare(self, compare: m.Compare, truth: bool, view: View) -> Needs:
        path, sets = None, False
        match compare:
            case m.Compare(left=left, ops=("is" | "is not" | "==" | "!=" as operator,), items=(m.Const(kind="none"),)):
                path, sets = self._field(left, view), operator in {"is not", "!="}
            case m.Compare(left=m.Const(value=key), ops=("in" | "not in" as operator,), items=(whole,)):
                path, sets = below(self.views.path(whole, view), f"[{key}]"), operator == "in"
            case _ if set(compare.ops) & _ORDER:
                found = (self._field(node, view) for node in w.walk(compare))
                self._compared.update(field for field in found if field is not None)
        return frozenset({Needed(path, False)}) if path is not None and sets == truth else frozenset()

    def _whole(self, expr: m.Expr, truth: bool, view: View, depth: int) -> Needs:
        """The truth of a field, or of what a function or property of the project says."""
        function = self._property(expr, view) if isinstance(expr, m.Attr) else None
        if function is not None and isinstance(expr, m.Attr):
            base = self.views.path(expr.base, view)
            return self._of_function(function, {0: base} if base is not None else {}, truth, depth)
        path = self._field(expr, view)
        if path is not None:
            return frozenset({Needed(path, False), Needed(path, True)}) if truth else frozenset()
        if isinstance(expr, m.Call):
            callees = self._callees(expr, view)
            if callees:
                return any_of([self._of_call_truth(f, r, expr, truth, view, depth) for f, r in callees])
        return frozenset()

    def _field(self, expr: m.Expr, view: View) -> Path | None:
        path = self.views.path(expr, view)
        return path if path is not None and path[:1] not in {KEY, PAIR} else None

    def _property(self, expr: m.Attr, view: View) -> ScopeId | None:
        if self.views.path(expr.base, view) != ():
            return None
        for function in self._methods(expr.name):
            if decorator_names(self.program.facts(function)) & {"property", "cached_property"}:
                return function
        return None

    def _methods(self, name: str) -> Iterator[ScopeId]:
        for cls in self.classes:
            for owner in self.resolver.mro(cls):
                for binding in self.program.of(owner).bindings(owner.index).get(name, ()):
                    if binding.kind == "define" and self.program.of(owner).scope(binding.index).kind == "function":
                        yield ScopeId(owner.path, binding.index)
                        return

    def _callees(self, call: m.Call, view: View) -> list[tuple[ScopeId, bool]]:
        """The functions of the project that a call may run, each with whether it is called on a receiver."""
        values = self.resolver.values(call.func, view.scope)
        found = [(v.scope, v.receiver is not None) for v in values if isinstance(v, Function)]
        if not found and isinstance(call.func, m.Attr) and self.views.path(call.func.base, view) == ():
            found = [(function, True) for function in self._methods(call.func.name)]
        return sorted(found)

    def _of_call_truth(
        self, function: ScopeId, on_receiver: bool, call: m.Call, truth: bool, view: View, depth: int
    ) -> Needs:
        bound = 1 if on_receiver and not is_static(self.program.facts(function)) else 0
        paths = self.views.passed(function, CallSite(view.scope, 0, call, bound), view)
        return self._of_function(function, paths, truth, depth) if paths else frozenset()

    def _of_function(self, function: ScopeId, paths: Mapping[int, Path], truth: bool, depth: int) -> Needs:
        """What a function of an entry needs to say yes (or no): the same whichever way it returns."""
        facts = self.program.facts(function)
        if not depth or facts.is_generator:
            return frozenset()
        names = {p.name: paths[i] for i, p in enumerate(facts.parameters) if i in paths}
        view = View(function, names)
        found: list[Needs] = [] if truth or _ends(facts) else [frozenset()]
        for index, op in enumerate(facts.ops):
            if not isinstance(op.action, m.Return):
                continue
            value = op.action.value or m.Const("none", "None")
            held = [(value, truth), *guards(facts, index)]
            found.append(all_of([self._needs(expr, holds, view, depth - 1) for expr, holds in held]))
        return any_of(found)


def _ends(facts: m.Scope) -> bool:
    """Whether a function always returns by a `return`."""
    return (
        bool(facts.ops)
        and isinstance(facts.ops[-1].action, m.Return | m.Raise)
        and not frames_of(facts, len(facts.ops) - 1)
    )
