"""Maps that are written out: what such a one has under a word that is written, too; and sequences, at a place."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.values import Function, argument_of, outcomes
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId, stored
from unbounded_lint.link.program.truth import NONE

_STEPS = 12
"""How many expressions are looked at for the maps that one can be."""

_EMPTY = (NONE, m.Const("str", ""), m.Const("int", "0"))
"""What stands for a value that is still to come."""

_Standing = tuple[m.Expr, ScopeId]


class Written:
    """Finds what stands in maps that are written out, or filled word by word, and in what is returned. Memoised."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.program = material.program

    def under(self, word: m.Const, holder: m.Expr, scope: ScopeId) -> Sequence[_Standing] | None:
        """What a map has under a word, each with its scope; None unless every map that it can be is written out and has
        that word, or is given it by a name, and is seen to be given nothing else under it."""
        pending, found = [(holder, scope, False)], list[_Standing]()
        for expr, at, is_put in pending:
            values = self._displayed(expr, at, word)
            if values is None:
                put = self._put(expr, at, word)
                before = self._before(expr, at) if put is not None else ()
                if put is None or not before or len(pending) + len(before) > _STEPS:
                    return None
                found += put
                more = ((given, where, is_put or bool(put)) for given, where in before)
                pending += [each for each in more if each not in pending]
            elif len(values) == 1 and values[0] is not None and values[0] not in _EMPTY:
                found.append((values[0], at))
            elif not is_put or not all(value in _EMPTY for value in values):
                return None
        return found

    @kept
    def at(self, function: ScopeId, index: int) -> tuple[m.Expr, ...] | None:
        """What a function returns at a place of what it writes out; None where it returns anything else."""
        facts, returned = self.program.facts(function), self.program.returned(function)
        if facts.is_generator or not name_lists().memos.isdisjoint(decorator_names(facts)):
            return None
        parts = [each.items[index] for each in returned if isinstance(each, m.Display) and -1 < index < len(each.items)]
        starred = any(isinstance(item, m.Star) for each in returned for item in getattr(each, "items", ()))
        return tuple(parts) if returned and len(parts) == len(returned) and not starred else None

    def _displayed(self, expr: m.Expr, scope: ScopeId, word: m.Const) -> Sequence[m.Expr | None] | None:
        """What a map that is written out has under a word, with None for what it takes over from others; None for
        anything else."""
        match expr:
            case m.DictDisplay(items=items):
                return [e.value if e.key is not None else None for e in items if e.key in (None, word)]
            case m.Call(func=func, args=args) if self.material.resolver.names(func, scope) == ("dict",):
                if all(argument.keyword for argument in args):
                    return [argument.value for argument in args if argument.keyword == word.value]
        return None

    def _before(self, expr: m.Expr, scope: ScopeId) -> Sequence[_Standing]:
        """What an expression is in other words; nothing where that cannot be told."""
        match expr:
            case m.Await(value=inner) | m.Walrus(value=inner):
                return [(inner, scope)]
            case m.IfExp(body=body, orelse=orelse):
                return [(body, scope), (orelse, scope)]
            case m.BoolOp():
                return [(part, scope) for part in outcomes(expr)]
            case m.Call(func=func):
                values = self.material.resolver.values(func, scope)
                functions = [value.scope for value in values if isinstance(value, Function)]
                plain = len(functions) == len(values) and not any(self.program.facts(f).is_generator for f in functions)
                return [(given, f) for f in functions for given in self.program.returned(f)] if plain else ()
            case m.Name(id=name):
                owner = self.material.resolver.owner(name, scope)
                return self._given(owner, name) if owner is not None else ()
        return ()

    def _given(self, owner: ScopeId, name: str) -> Sequence[_Standing]:
        """What is given to a variable of a function: by its one assignment, or by those who call that."""
        bound = self.program.only(owner, name) if owner.index else None
        if bound is None or bound.scope != owner.index:
            return ()
        if bound.kind != "parameter":
            return [(bound.given, owner)] if bound.given is not None else ()
        sites = self.material.flow.call_sites(owner)
        passed = [(argument_of(self.program.facts(owner), bound.index, site), site.scope) for site in sites]
        return [(given, at) for given, at in passed if given is not None] if all(given for given, _ in passed) else ()

    def _put(self, expr: m.Expr, scope: ScopeId, word: m.Const) -> Sequence[_Standing] | None:
        """What is put under a word by a name; None where something else may be."""
        owner = self.material.resolver.owner(expr.id, scope) if isinstance(expr, m.Name) else None
        return self._put_into(owner, expr.id, word) if isinstance(expr, m.Name) and owner is not None else ()

    @kept
    def _put_into(self, owner: ScopeId, name: str, word: m.Const) -> Sequence[_Standing] | None:
        found = list[_Standing]()
        for site in self.program.of(owner).sites_within(owner.index, name):
            match site.parent:
                case m.Sub(index=index) if role_of(self.program, site.outer) != "read":
                    if index == word:
                        value = stored(self.program.op(site).action, site.outer)
                        if value is None or value is site.outer.node:
                            return None
                        found.append((value, site.scope))
                    elif not isinstance(index, m.Const):
                        return None
                case m.Attr() if site.method_call is not None:
                    if self.material.catalog.inserting(w.last_name(site.parent)):
                        return None
        return found
