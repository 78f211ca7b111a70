"""Maps that are written out: what such a one has under a word that is written, too."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.values import Function, argument_of, outcomes
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId

_STEPS = 12
"""How many expressions are looked at for the maps that one can be."""

_EMPTY = (
    m.Const("none", "None"),
    m.Const("str", ""),
    m.Const("int", "0"),
)
"""What stands for a value that is still to come."""

_Standing = tuple[m.Expr, ScopeId]


class Written:
    """Finds what stands in maps that are written out. Memoised."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.program = material.program

    def under(self, word: m.Const, holder: m.Expr, scope: ScopeId) -> Sequence[_Standing] | None:
        """What a map has under a word, each with its scope; None unless every map that it can be is written out, has
        that word, and is seen to be given nothing else under it."""
        pending, found = [(holder, scope)], list[_Standing]()
        for expr, at in pending:
            if isinstance(expr, m.DictDisplay):
                values = [entry.value for entry in expr.items if entry.key == word]
                if len(values) != 1 or values[0] in _EMPTY or any(entry.key is None for entry in expr.items):
                    return None
                found.append((values[0], at))
                continue
            before = self._before(expr, at, word)
            if not before or len(pending) + len(before) > _STEPS:
                return None
            pending += [each for each in before if each not in pending]
        return found

    def _before(self, expr: m.Expr, scope: ScopeId, word: m.Const) -> Sequence[_Standing]:
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
                return self._given(owner, name) if owner is not None and not self._is_set(owner, name, word) else ()
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

    @kept
    def _is_set(self, owner: ScopeId, name: str, word: m.Const) -> bool:
        """Whether something is put into a variable under a word, or perhaps under it."""
        for site in self.program.of(owner).sites_within(owner.index, name):
            match site.parent:
                case m.Sub(index=index) if role_of(self.program, site.outer) != "read":
                    if index == word or not isinstance(index, m.Const):
                        return True
                case m.Attr() if site.method_call is not None:
                    if self.material.catalog.inserting(w.last_name(site.parent)):
                        return True
        return False
