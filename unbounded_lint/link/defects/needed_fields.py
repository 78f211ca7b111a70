"""Which fields of an entry must be set for the conditions of a removal to hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.scoping import is_property
from unbounded_lint.link.defects.conditions import Way
from unbounded_lint.link.entries.values import Entries, Path
from unbounded_lint.link.program.blocks import guards, leaves
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import NONE, apart

_DEPTH = 4
_ORDER = frozenset({"<", "<=", ">", ">="})


class Needed(NamedTuple):
    """A field that must be set; `truthy` if zero does not count as set either."""

    path: Path
    truthy: bool


Needs: TypeAlias = frozenset[Needed] | None
"""Fields each of which must be set; None for what can never be, so that it needs everything."""


def _all_of(parts: Sequence[Needs]) -> Needs:
    """What conditions need that hold all."""
    known = [part for part in parts if part is not None]
    return frozenset[Needed]().union(*known) if len(known) == len(parts) else None


def _any_of(parts: Sequence[Needs]) -> Needs:
    """What is needed whichever of several conditions holds."""
    known = [part for part in parts if part is not None]
    return frozenset.intersection(*known) if known else None


class Fields:
    """Reads what conditions on the entries of one container need; `classes` are those whose instances it holds, as far
    as known."""

    def __init__(self, entries: Entries, classes: tuple[ScopeId, ...]) -> None:
        self.entries = entries
        self.program = entries.program
        self.resolver = entries.resolver
        self.classes = classes

    def needs(self, way: Way) -> Needs:
        """The fields each of which must be set on that way."""
        return _all_of([self._needs(c.expr, c.truth, c.scope, _DEPTH) for c in way])

    def compared(self, way: Way) -> frozenset[Path]:
        """The fields that the conditions of a way compare by size, in the functions of entries that they call too."""
        pending = [(node, c.scope) for c in way for node in w.walk(c.expr)]
        functions: set[ScopeId] = set()
        found: set[Path | None] = set()
        while pending:
            node, scope = pending.pop()
            if isinstance(node, m.Compare) and set(node.ops) & _ORDER:
                found |= {self.entries.part(part, scope) for part in w.walk(node)}
            for function in set(self._judges(node, scope)) - functions:
                functions.add(function)
                pending += [(n, function) for op in self.program.facts(function).ops for n in w.nodes(op.action)]
        return frozenset(path for path in found if path is not None)

    def _needs(self, test: m.Expr, asked: bool, scope: ScopeId, depth: int) -> Needs:
        every, parts = apart(test, asked)
        if len(parts) > 1:
            found = [self._needs(*part, scope, depth) for part in parts]
            return _all_of(found) if every else _any_of(found)
        ((expr, truth),) = parts
        match expr:
            case m.Compare():
                return self._compare(expr, truth, scope)
            case m.Const(value=value):
                return None if truth == (value in {"False", "None", "0", ""}) else frozenset()
        functions = self._judges(expr, scope)
        if functions:
            return _any_of([self._of_function(function, truth, depth) for function in functions])
        path = self.entries.part(expr, scope)
        return frozenset({Needed(path, False), Needed(path, True)}) if truth and path is not None else frozenset()

    def _compare(self, compare: m.Compare, truth: bool, scope: ScopeId) -> Needs:
        match compare:
            case m.Compare(left=left, ops=("is" | "is not" | "==" | "!=" as operator,), items=(m.Const(kind="none"),)):
                path = self.entries.part(left, scope)
                if path is not None and truth == (operator in {"is not", "!="}):
                    return frozenset({Needed(path, False)})
        return frozenset()

    def _judges(self, expr: m.Expr, scope: ScopeId) -> tuple[ScopeId, ...]:
        """The functions and properties of the project that get an entry or its key, and whose answer a condition is."""
        entries, is_call = self.entries, isinstance(expr, m.Call)
        member = expr.func if isinstance(expr, m.Call) else expr
        given = [argument.value for argument in expr.args] if isinstance(expr, m.Call) else []
        given += [member.base] if isinstance(member, m.Attr) else []
        if not any(entries.of(part, scope) or entries.is_walked_key(part, scope) for part in given):
            return ()
        found = self.resolver.functions(member, scope) if is_call else ()
        if found or not isinstance(member, m.Attr) or entries.part(member.base, scope) != ():
            return found
        methods = entries.sources.methods(self.classes, member.name)
        return tuple(f for f in methods if is_property(self.program.facts(f)) != is_call)[:1]

    @kept
    def _of_function(self, function: ScopeId, truth: bool, depth: int) -> Needs:
        """What a function of an entry needs to say yes (or no): the same whichever way it returns."""
        facts = self.program.facts(function)
        if not depth or facts.is_generator:
            return frozenset()
        found: list[Needs] = [] if truth or leaves(facts, 0) else [frozenset()]
        for index, op in enumerate(facts.ops):
            if isinstance(op.action, m.Return):
                value = op.action.value or NONE
                held = [(value, truth), *guards(facts, index)]
                found.append(_all_of([self._needs(expr, holds, function, depth - 1) for expr, holds in held]))
        return _any_of(found)
