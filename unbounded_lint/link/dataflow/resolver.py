"""What an expression can be, found backwards from a use: the questions that the rest of the link layer asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.equations import Equations
from unbounded_lint.link.dataflow.handles import Attribute, Variable
from unbounded_lint.link.dataflow.questions import (
    ANYTHING,
    OfAttribute,
    OfBases,
    OfMetaclasses,
    OfName,
    OfOrder,
    OfParameter,
    OfReturned,
    Pool,
    joined,
    nothing_yet,
)
from unbounded_lint.link.dataflow.scoping import AttributeWrite, Scoping
from unbounded_lint.link.dataflow.solver import Solver
from unbounded_lint.link.dataflow.values import (
    NOTHING,
    Allocation,
    CallSite,
    Class,
    External,
    Instance,
    Module,
    Value,
    Values,
    functions_in,
    ordered,
)
from unbounded_lint.link.program.kept import listed
from unbounded_lint.link.program.module import ScopeId, Site, stored
from unbounded_lint.link.program.program import Program


class Resolver:
    """Answers what things can be; empty means unknown. `calls` gives the calls of a function that its parameters are
    followed to, `pool` keeps what several resolvers have in common."""

    def __init__(
        self, program: Program, scoping: Scoping, calls: Callable[[ScopeId], Iterable[CallSite]], pool: Pool
    ) -> None:
        self.program = program
        self.scoping = scoping
        self._equations = Equations(program, scoping, calls, pool)
        self._solver: Solver[Any, Any] = Solver(self._equations.of, nothing_yet, joined)
        self._outside: dict[ScopeId, frozenset[str]] = {}

    def values(self, expr: m.Expr, scope: ScopeId) -> Values:
        """What an expression of that scope can be."""
        if isinstance(expr, m.Name):
            owner = self.scoping.owner(expr.id, scope) or self.scoping.starred(expr.id, self.program.of(scope))
            return frozenset({External(expr.id)}) if owner is None else self._ask(OfName(expr.id, owner))
        if isinstance(expr, m.Const):
            return NOTHING
        return self._ask(self._equations.question(expr, scope))

    def _ask(self, question: Any) -> Values:
        found: Values = self._solver.answer(question)
        return NOTHING if found == ANYTHING else found

    def functions(self, expr: m.Expr, scope: ScopeId) -> tuple[ScopeId, ...]:
        """The functions of the project that an expression can be."""
        return tuple(function.scope for function in functions_in(self.values(expr, scope)))

    def classes(self, expr: m.Expr, scope: ScopeId) -> tuple[ScopeId, ...]:
        """The classes of the project that an expression can be an instance of."""
        return tuple(v.scope for v in ordered(self.values(expr, scope)) if isinstance(v, Instance))

    def owners(self, expr: m.Expr, scope: ScopeId) -> frozenset[ScopeId]:
        """The classes of the project that an expression can be, itself or as an instance."""
        return frozenset(v.scope for v in self.values(expr, scope) if isinstance(v, Instance | Class))

    def methods(self, cls: ScopeId, name: str) -> tuple[ScopeId, ...]:
        """The functions that an attribute of the instances of a class can be."""
        found = functions_in(self.class_attribute(cls, name, on_class=False))
        return tuple(function.scope for function in found)

    def names(self, expr: m.Expr, scope: ScopeId) -> tuple[str, ...]:
        """The dotted names by which an expression is known outside the project."""
        return tuple(sorted(v.name for v in self.values(expr, scope) if isinstance(v, External)))

    def is_foreign(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is, as far as can be told, something of another package."""
        own = Class | Instance | Module | Allocation
        return not any(isinstance(value, own) for value in self.values(expr, scope))

    def handles(self, expr: m.Expr, scope: ScopeId) -> Iterator[Variable | Attribute]:
        """The variables and attributes that a name or an attribute stands for."""
        match expr:
            case m.Name(id=name):
                owner = self.owner(name, scope)
                if owner is not None:
                    yield Variable(owner, name)
            case m.Attr(base=base, name=name):
                for value in ordered(self.values(base, scope)):
                    if isinstance(value, Instance | Class):
                        yield Attribute(value.scope, name)
                    elif isinstance(value, Module) and (module := self.program.named(value.name)) is not None:
                        yield Variable(ScopeId(module.path, 0), name)

    def owner(self, name: str, scope: ScopeId) -> ScopeId | None:
        """The scope whose variable a bare name means, None for a builtin or a star import."""
        return self.scoping.owner(name, scope)

    def parameter(self, scope: ScopeId, index: int) -> Values:
        """What a parameter can be: its receiver, what the call sites of the project pass, its annotation, its
        default."""
        return self._ask(OfParameter(scope, index))

    def returned(self, function: ScopeId) -> Values:
        """What a function returns."""
        return self._ask(OfReturned(function))

    def class_attribute(self, cls: ScopeId, name: str, *, on_class: bool) -> Values:
        """What an attribute of a class or of its instances is, by the method resolution order."""
        return self._ask(OfAttribute(cls, name, on_class))

    def writes(self, cls: ScopeId) -> Mapping[str, tuple[AttributeWrite, ...]]:
        """Attribute -> the assignments to it through the receiver, in the methods of the class itself."""
        return self.scoping.writes(cls)

    # --- classes ---

    def bases(self, cls: ScopeId) -> tuple[Value, ...]:
        """The base classes of a class, in order."""
        found: tuple[Value, ...] = self._solver.answer(OfBases(cls))
        return found

    def metaclasses(self, cls: ScopeId) -> tuple[ScopeId, ...]:
        """The classes of the project of which a class is itself an instance."""
        return tuple(v.scope for v in ordered(self._ask(OfMetaclasses(cls))) if isinstance(v, Class))

    def outside_bases(self, cls: ScopeId) -> tuple[External, ...]:
        """The base classes that are not of this project."""
        return tuple(b for b in self.bases(cls) if isinstance(b, External))

    def mro(self, cls: ScopeId) -> tuple[ScopeId, ...]:
        """The class and its bases in the project, nearest first, each once."""
        found: tuple[ScopeId, ...] = self._solver.answer(OfOrder(cls))
        return found

    def all_outside_bases(self, cls: ScopeId) -> frozenset[str]:
        """The dotted names of every base outside the project, direct or inherited."""
        for at in reversed(self.mro(cls)) if cls not in self._outside else ():
            if at not in self._outside:
                self._outside[at] = self._find_outside(at)
        return self._outside[cls]

    def _find_outside(self, cls: ScopeId) -> frozenset[str]:
        own = frozenset(base.name for base in self.outside_bases(cls))
        above = [self._outside.get(base.scope) for base in self.bases(cls) if isinstance(base, Class)]
        if None in above:  # classes that derive from each other
            return frozenset(b.name for c in self.mro(cls) for b in self.outside_bases(c))
        return own.union(*(names for names in above if names is not None))

    @listed
    def assigned(self, name: str, classes: frozenset[ScopeId]) -> Iterator[Site]:
        """Where the program assigns to an attribute of some classes, of their objects or of those of relatives."""
        for site in self.program.sites(name) if classes else ():
            if isinstance(site.node, m.Attr) and not site.parents:
                if stored(self.program.op(site).action, site) is not None:
                    owners = self.owners(site.node.base, site.scope)
                    if any(self.related(one, cls) for one in owners for cls in classes):
                        yield site

    def related(self, one: ScopeId, other: ScopeId) -> bool:
        """Whether one of two classes inherits from the other."""
        return one == other or one in self.mro(other) or other in self.mro(one)
