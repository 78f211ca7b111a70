"""Entries that are bound anew to a longer form of what they were: what grows is the value, though the keys are few."""

from __future__ import annotations

from collections.abc import Iterator

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.keys.origins import Domain
from unbounded_lint.link.program.definitions import Reaching
from unbounded_lint.link.program.literals import is_listed, is_text
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import NONE

LONGER = Domain("open", "each run binds it anew to a longer value", source="appended")


class Longer(Query):
    """Sees the inserts that make an entry longer."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow)
        self._reaching = Reaching(self.program)

    def prolongs(self, access: Access, accesses: AccessList) -> bool:
        """Whether an insert gives a text, a list or an array that it found under the key back with more in it, and no
        other one cuts it."""
        if access.nested or access.bulk or access.key is None or access.value is None:
            return False
        parts = tuple(self._joined(access.value, access.scope))
        if not parts:
            return False
        others = accesses.inserts_by_key.get((access.scope, access.key), ())
        if any(isinstance(o.value, m.Sub) and isinstance(o.value.index, m.Slice) for o in others):
            return False
        entries = [self.is_entry(part, access, accesses) for part in parts]
        return any(entries) and not all(entries)

    def is_entry(self, part: m.Expr, access: Access, accesses: AccessList, *, if_none: bool = True) -> bool:
        """Whether an expression is what the container holds under the key of an access, as it stands or, with
        `if_none`, with another value than None for none."""
        nodes = accesses.nodes(access.scope)
        for whole in self._reaching.expansions(part, access.scope, access.op):
            match whole:
                case m.Sub(base=base, index=key):
                    found = id(base) in nodes and key == access.key
                case m.Call(func=m.Attr(base=base, name="get" | "pop" | "setdefault"), args=(first, *rest)):
                    plain = if_none or all(argument.value == NONE for argument in rest)
                    found = plain and id(base) in nodes and first.value == access.key
                case _:
                    found = False
            if found:
                return True
        return False

    def _joined(self, value: m.Expr, scope: ScopeId) -> Iterator[m.Expr]:
        """The parts of which a value is as long as they are together."""
        match value:
            case m.Binary(op="+", items=items) if any(is_text(item) or is_listed(item) for item in items):
                yield from items
            case m.FString(parts=items):
                yield from items
            case m.Display(kind="list" | "tuple", items=items):
                yield from (item.value if isinstance(item, m.Star) else NONE for item in items)
            case m.Call(func=func, args=args) if self._joins(func, scope):
                for given in (a.value for a in args if a.keyword is None):
                    yield from given.items if isinstance(given, m.Display) else (given,)

    def _joins(self, func: m.Expr, scope: ScopeId) -> bool:
        if isinstance(func, m.Attr) and func.name == "join":
            return is_text(func.base)
        return not name_lists().joiners.isdisjoint(self.resolver.names(func, scope))
