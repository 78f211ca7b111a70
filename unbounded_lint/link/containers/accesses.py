"""What can be done to a container, as data: one access, and all of those of one container. `reading` finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

from unbounded_lint.facts import model as m
from unbounded_lint.link.program.kept import grouped, kept
from unbounded_lint.link.program.module import Place, ScopeId, Site

AccessKind: TypeAlias = Literal[
    "insert", "remove", "clear", "replace", "trim", "size", "contains", "iterate", "read", "tested", "escape"
]

REMOVING: frozenset[AccessKind] = frozenset({"remove", "clear", "replace", "trim"})
"""The kinds that take entries out."""


APPENDING = frozenset({"append", "appendleft", "extend", "insert", "put"})
"""The methods that add an element without a key."""


@dataclass(frozen=True, slots=True)
class Access:
    """One thing done to a container.

    kind     insert, remove (single entries), clear (all of them), replace (a new value is bound), trim (a slice is
             cut), size (its length is asked), contains, iterate, read, tested, escape (handed to what cannot be seen)
    site     the container where it is accessed
    key      the key, element or slice concerned, if it is written there
    value    what is stored, if it is written there
    how      the method, "[]", "+=", "del" ..., "swap" for `old, X = X, {}`
    nested   it concerns a container inside the container: the key is the inner one, `outer` the key of the entry
    handed   the method is not called but handed to something as a callback: that call
    bulk     the key expression holds the keys (update, extend)
    guess    the container was matched by the attribute's name alone
    implicit the read of a missing key inserts it
    """

    kind: AccessKind
    site: Site
    key: m.Expr | None = None
    value: m.Expr | None = None
    how: str = ""
    nested: bool = False
    outer: m.Expr | None = None
    handed: m.Call | None = None
    bulk: bool = False
    guess: bool = False
    implicit: bool = False

    @property
    def scope(self) -> ScopeId:
        """The scope in which it happens."""
        return self.site.scope

    @property
    def op(self) -> int:
        """The operation by which it happens."""
        return self.site.op

    @property
    def place(self) -> Place:
        """Where it happens."""
        return self.site.scope, self.site.op

    @property
    def is_entered(self) -> bool:
        """Whether it is one by `[]` that raises where there is no such entry."""
        return (self.kind, self.how) in {("read", "[]"), ("remove", "del")} and not self.implicit


class AccessList(tuple[Access, ...]):
    """Everything done to one container, in the order of the trace; what is asked for each access again is kept. There
    is one list of each: it equals itself alone."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @cached_property
    def _by_scope(self) -> Mapping[ScopeId, tuple[Access, ...]]:
        return grouped((access.scope, access) for access in self)

    @kept
    def within(self, scope: ScopeId, *kinds: AccessKind) -> tuple[Access, ...]:
        """What is done to it in one scope: everything, or what is of some kinds."""
        found = self._by_scope.get(scope, ())
        return tuple(a for a in found if a.kind in kinds) if kinds else found

    @kept
    def nodes(self, scope: ScopeId, *kinds: AccessKind) -> frozenset[int]:
        """The ids of the expressions that are the container in one scope: all, or those of accesses of some kinds."""
        return frozenset(id(a.site.node) for a in self.within(scope, *kinds))

    @cached_property
    def put_inside(self) -> Mapping[tuple[ScopeId, m.Expr | None, m.Expr | None], tuple[int, ...]]:
        """Scope, key and key of the entry -> the operations that insert such into a container inside an entry."""
        return grouped(((a.scope, a.key, a.outer), a.op) for a in self if a.kind == "insert" and a.nested)

    @kept
    def names_inside(self, scope: ScopeId) -> frozenset[str]:
        """The names of what a scope inserts into containers inside entries."""
        values = (a.value for a in self.within(scope, "insert") if a.nested)
        return frozenset(value.id for value in values if isinstance(value, m.Name))

    @kept
    def own_nodes(self, scope: ScopeId) -> frozenset[int]:
        """The same, without what concerns a container inside an entry."""
        return frozenset(id(a.site.node) for a in self.within(scope) if not a.nested)

    @property
    def matter(self) -> bool:
        """Whether a rule could have anything to say of the container: it is seen to get entries, or to lose some while
        others are looked at."""
        kinds = {access.kind for access in self}
        return "insert" in kinds or ("iterate" in kinds and not kinds.isdisjoint(REMOVING))

    @kept
    def inside(self, key: m.Expr | None) -> AccessList:
        """What is done to the containers that are entries, as if they were the container: to that under a key, where
        that and the key of the other are written out, as the fields of a record are."""
        around = (access for access in self if access.nested and not _are_different(access.outer, key))
        return AccessList(replace(access, nested=False, outer=None) for access in around)

    @cached_property
    def sizes(self) -> frozenset[int]:
        """The ids of the expressions that are the container where its length is asked."""
        return frozenset(id(a.site.node) for a in self if a.kind == "size")

    @cached_property
    def written(self) -> frozenset[m.Expr]:
        """How the container is written where it is accessed."""
        return frozenset(a.site.node for a in self)

    @cached_property
    def is_sequence(self) -> bool:
        """Whether entries are appended to it: then what it is indexed by are places, not keys."""
        return any(a.kind == "insert" and not a.nested and a.how in APPENDING - {"put"} for a in self)

    @cached_property
    def inserting(self) -> Mapping[ScopeId, None]:
        """The scopes that insert entries, each once and in the order of the trace."""
        return dict.fromkeys(a.scope for a in self if a.kind == "insert" and not a.nested)

    @cached_property
    def entered_by_key(self) -> Mapping[tuple[ScopeId, m.Expr | None], tuple[Access, ...]]:
        """What reads or removes an entry that must be there, `X[k]` and `del X[k]`, by scope and key."""
        return grouped(((access.scope, access.key), access) for access in self if access.is_entered)

    @cached_property
    def inserts_by_key(self) -> Mapping[tuple[ScopeId, m.Expr | None], tuple[Access, ...]]:
        """The inserts of entries by scope and key."""
        return grouped(((a.scope, a.key), a) for a in self if a.kind == "insert" and not a.nested)


def _are_different(one: m.Expr | None, other: m.Expr | None) -> bool:
    return isinstance(one, m.Const) and isinstance(other, m.Const) and one != other
