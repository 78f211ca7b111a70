"""What a program has under a name that is no long-lived container, and why it is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.findings.symbols import plain
from unbounded_lint.link.containers.finding import Containers
from unbounded_lint.link.containers.keepers import is_local
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.module import LinkedModule, ScopeId, Site
from unbounded_lint.link.program.naming import spellings

Why: TypeAlias = Literal[
    "class", "function", "imported", "special", "declared", "typing", "bound", "parameter", "local", "idle", "remade",
    "local class", "replaced", "unmade", "per call", "hung",
]  # fmt: skip
"""A definition, an import, a name of Python's own; declared without a value, or with one for type checkers alone; bound
to what makes no container; a parameter; a local variable that ends with its call, or that nothing inserts into; a
default of a function that is made anew by each call of the one around it. Of attributes: their class is made so;
instances get a value of their own; nothing makes such instances, or calls do; set on what nothing shows to last."""

_Given: TypeAlias = tuple[m.Expr | None, ScopeId, int]
"""A value (None for one that is not written alone) with the scope and the operation that give it to a name."""


class Passing(NamedTuple):
    """A name of a scope that holds no long-lived container: why not, where it gets its value, and which. `makings` are
    the class of an attribute with the places that make its objects, then the class that keeps these, and so on."""

    why: Why
    owner: ScopeId
    name: str
    scope: ScopeId
    op: int
    value: m.Expr | None = None
    imported: m.ImportedName | None = None
    makings: tuple[tuple[ScopeId, tuple[Site, ...]], ...] = ()


class Passings:
    """Answers what a name is that holds no long-lived container."""

    def __init__(self, containers: Containers) -> None:
        self.containers = containers
        self.lifetimes = containers.lifetimes
        self.program = containers.program

    def of(self, module: LinkedModule, qualname: str, *, inside: bool = False) -> Iterator[Passing]:
        """What a module has under a plain name: "NAME", "Class.attr", "function.local"; with inside also where that is
        the end of a longer name."""
        owner, _, name = qualname.rpartition(".")
        found = False
        for index, scope in enumerate(module.facts.scopes):
            around = plain(scope.qualname)
            if around == owner or (inside and (not owner or around.endswith(f".{owner}"))):
                for passing in self._in(ScopeId(module.path, index), name):
                    found = True
                    yield passing
        if owner and not found:
            for value, scope_id, op in self.containers.flow.scoping.hung(name, owner.rpartition(".")[2], is_key=False):
                if scope_id.path == module.path:
                    yield Passing("hung", scope_id, name, scope_id, op, value)

    def _in(self, owner: ScopeId, name: str) -> Iterator[Passing]:
        is_class = self.program.facts(owner).kind == "class"
        for scope in self.containers.resolver.mro(owner) if is_class else (owner,):
            for spelled in spellings(self.program.facts(scope).qualname, name):
                passing = self._attribute(scope, spelled) if is_class else self._variable(scope, spelled)
                if passing is not None:
                    yield passing
                    return

    def _variable(self, owner: ScopeId, name: str) -> Passing | None:
        bindings = self.program.bound(owner, name)
        passing = self._definition(owner, name, bindings) or self._special(owner, name, bindings)
        if passing is not None or owner.index == 0:
            return passing or self._bound(owner, name, _given(owner, bindings))
        made = self._made(_given(owner, (b for b in bindings if b.kind != "parameter")))
        if made is not None:
            lasts = self.lifetimes.of_variable(owner, name) is not None
            return Passing("idle" if lasts else "local", owner, name, *made[1:], made[0])
        parameter = next((b for b in bindings if b.kind == "parameter"), None)
        if parameter is None:
            return self._bound(owner, name, _given(owner, bindings))
        outside = self.program.parent(owner)
        why: Why = "parameter"
        if parameter.expr is not None and outside is not None:
            if self.containers.making.made(parameter.expr, outside) is not None:
                if is_local(self.program, owner):
                    why = "remade"
                elif self.containers.may_be_left_out(owner, parameter.index):
                    why = "idle"
        return Passing(why, owner, name, owner, parameter.op, parameter.expr)

    def _attribute(self, cls: ScopeId, name: str) -> Passing | None:
        bindings = self.program.bound(cls, name)
        passing = self._definition(cls, name, bindings) or self._special(cls, name, bindings)
        if passing is not None:
            return passing
        written = [(w.value, w.scope, w.op) for w in self.containers.resolver.writes(cls).get(name, ())]
        made = self._made(written)
        if made is not None:
            return self._of_instances(cls, name, made)
        made = self._made(_given(cls, bindings))
        if made is None:
            return self._bound(cls, name, [*written, *_given(cls, bindings)])
        if self.containers.is_field(cls, name):
            return self._of_instances(cls, name, made)
        why: Why = "local class" if is_local(self.program, cls) else "replaced"
        return Passing(why, cls, name, *made[1:], made[0])

    def _of_instances(self, cls: ScopeId, name: str, made: _Given) -> Passing:
        makings: dict[ScopeId, tuple[Site, ...]] = {}
        pending = [cls]
        while pending and pending[0] not in makings:
            at = pending[0]
            makings[at] = self.lifetimes.births.of(at)
            held = (handle for site in makings[at] for handle in self.containers.flow.destinations(site))
            pending = [handle.cls for handle in held if isinstance(handle, Attribute)]
        why: Why = "per call" if makings[cls] else "unmade"
        return Passing(why, cls, name, *made[1:], made[0], makings=tuple(makings.items()))

    def _definition(self, owner: ScopeId, name: str, bindings: tuple[Binding, ...]) -> Passing | None:
        for binding in bindings:
            scope = ScopeId(owner.path, binding.scope)
            if binding.kind == "define":
                defined = ScopeId(owner.path, binding.index)
                why: Why = "class" if self.program.facts(defined).kind == "class" else "function"
                return Passing(why, owner, name, defined, -1)
            if binding.kind == "import":
                return Passing("imported", owner, name, scope, binding.op, imported=binding.imported)
        return None

    def _special(self, owner: ScopeId, name: str, bindings: tuple[Binding, ...]) -> Passing | None:
        if bindings and name.startswith("__") and name.endswith("__"):
            return Passing("special", owner, name, ScopeId(owner.path, bindings[0].scope), bindings[0].op)
        return None

    def _bound(self, owner: ScopeId, name: str, given: list[_Given]) -> Passing | None:
        """That of a name without a container: the value that says most of it is shown."""
        if given:
            value, scope, op = min(given, key=lambda each: (each[0] is None, isinstance(each[0], m.Const)))
            # a name that the head of a last, empty block binds has no operation of its own
            at = min(op, len(self.program.facts(scope).ops) - 1)
            why: Why = "bound" if self.containers.is_live(scope, at) else "typing"
            return Passing(why, owner, name, scope, at, value)
        for op, one in enumerate(self.program.facts(owner).ops):
            if isinstance(one.action, m.Assign) and one.action.targets == (m.Name(name),):
                return Passing("declared", owner, name, owner, op)
        return None

    def _made(self, given: list[_Given]) -> _Given | None:
        making = self.containers.making
        live = (g for g in given if g[0] is not None and self.containers.is_live(*g[1:]))
        return next((g for g in live if g[0] is not None and making.made(g[0], g[1]) is not None), None)


def _given(owner: ScopeId, bindings: Iterator[Binding] | tuple[Binding, ...]) -> list[_Given]:
    return [(binding.given, ScopeId(owner.path, binding.scope), binding.op) for binding in bindings]
