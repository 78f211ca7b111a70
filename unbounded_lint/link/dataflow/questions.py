"""The questions of the equations of values, and how answers to one question are put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, TypeAlias

import msgspec

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.solver import Asking
from unbounded_lint.link.dataflow.values import NOTHING, Allocation, External, Value, Values
from unbounded_lint.link.program.module import ScopeId

MOST = 200
"""How many things a value may be before it can be anything: what is known of so many says nothing of one."""

ANYTHING: Values = frozenset({External("*")})

Asked: TypeAlias = Asking[Values]
"""A part of an equation that gives values."""


class OfExpression(msgspec.Struct, frozen=True, gc=False):
    """What an expression can be, by the identity of its node."""

    node: int
    scope: ScopeId
    kind: ClassVar[str] = "expression"


class OfName(msgspec.Struct, frozen=True, gc=False):
    """What a variable of a scope can be."""

    name: str
    owner: ScopeId
    kind: ClassVar[str] = "name"


class OfAttribute(msgspec.Struct, frozen=True, gc=False):
    """What an attribute of a class or of its instances can be."""

    cls: ScopeId
    name: str
    on_class: bool
    kind: ClassVar[str] = "attribute"


class OfParameter(msgspec.Struct, frozen=True, gc=False):
    """What a parameter can be."""

    function: ScopeId
    position: int
    kind: ClassVar[str] = "parameter"


class OfReturned(msgspec.Struct, frozen=True, gc=False):
    """What a function returns."""

    function: ScopeId
    kind: ClassVar[str] = "returned"


class OfYielded(msgspec.Struct, frozen=True, gc=False):
    """What a generator yields."""

    function: ScopeId
    kind: ClassVar[str] = "yielded"


class OfElements(msgspec.Struct, frozen=True, gc=False):
    """What is stored in a container that is written out in the project."""

    holder: Allocation
    kind: ClassVar[str] = "elements"


class OfBases(msgspec.Struct, frozen=True, gc=False):
    """The base classes of a class, in order."""

    cls: ScopeId
    kind: ClassVar[str] = "bases"


class OfMetaclasses(msgspec.Struct, frozen=True, gc=False):
    """The metaclasses of a class."""

    cls: ScopeId
    kind: ClassVar[str] = "metaclasses"


class OfOrder(msgspec.Struct, frozen=True, gc=False):
    """A class and its bases in the project, nearest first."""

    cls: ScopeId
    kind: ClassVar[str] = "order"


class OfHung(msgspec.Struct, frozen=True, gc=False):
    """What the program hangs on any objects under two words, `below.name` or `below["name"]`."""

    below: str
    name: str
    is_key: bool
    kind: ClassVar[str] = "hung"


class Nodes:
    """Expressions as parts of questions, by the identity of their nodes, which are kept so that it stays their own."""

    def __init__(self) -> None:
        self._nodes: dict[int, m.Expr] = {}

    def __getitem__(self, node: int) -> m.Expr:
        return self._nodes[node]

    def identity(self, expr: m.Expr) -> int:
        """What stands for an expression in a question."""
        self._nodes.setdefault(id(expr), expr)
        return id(expr)


class Pool:
    """What the resolvers of a program have in common: expressions by their nodes, and of equal answers the first."""

    def __init__(self) -> None:
        self.nodes = Nodes()
        self._values: dict[Values, Values] = {}

    def first(self, values: Values) -> Values:
        """The first answer that was the same."""
        return self._values.setdefault(values, values)


def nothing_yet(question: Any) -> Any:
    """What is known of a question before anything is."""
    match question:
        case OfBases():
            return ()
        case OfOrder(cls=cls):
            return (cls,)
    return NOTHING


def joined(one: Any, other: Any) -> Any:
    """Two answers as one."""
    if isinstance(one, tuple):
        return tuple(dict.fromkeys((*one, *other)))
    return capped(one | other)


def capped(values: Values) -> Values:
    """The values, or anything where they are too many."""
    return ANYTHING if len(values) > MOST or External("*") in values else values


def union(parts: Iterable[Values]) -> Values:
    """Everything that is in some part."""
    return frozenset[Value]().union(*parts)
