"""Removals of entries that must be false first, where no entry ever is: what has no length is always true."""

from __future__ import annotations

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import Class, External, ExternalResult, Instance, Value
from unbounded_lint.link.entries.values import Entries
from unbounded_lint.link.program.blocks import held_at
from unbounded_lint.link.program.module import Place
from unbounded_lint.link.program.truth import Asked
from unbounded_lint.link.verdicts.inner import factories

_SIZES = ("__bool__", "__len__")


class Unsized(Query):
    """Recognises such removals."""

    def bars(self, access: Access, accesses: AccessList, definitions: tuple[Place, ...]) -> bool:
        """Whether a removal asks for an entry to be false, of a container made there that holds only what is true."""
        facts = self.program.facts(access.scope)
        plain = [part for part in held_at(facts, access.op) if _is_plain(part)]
        if not plain or not self._are_true(accesses, definitions):
            return False
        entries = Entries(self.flow, accesses)
        return any(entries.part(part.expr, access.scope) == () for part in plain)

    def _are_true(self, accesses: AccessList, definitions: tuple[Place, ...]) -> bool:
        """Whether all that the container gets is always true."""
        inserts = [a for a in accesses if a.kind == "insert" and not a.nested]
        stored = [(a.value, a.scope) for a in inserts if not a.implicit]
        if any(value is None for value, _ in stored) or any(a.bulk for a in inserts):
            return False
        values = [self.resolver.values(value, scope) for value, scope in stored if value is not None]
        if len(stored) < len(inserts):
            made = [self.resolver.values(call.func, scope) for call, scope in factories(self.program, definitions)]
            values += made or [frozenset()]
        return bool(values) and all(found and all(map(self._is_true, found)) for found in values)

    def _is_true(self, value: Value) -> bool:
        match value:
            case ExternalResult(name=name) | External(name=name):
                return name in name_lists().unsized
            case Instance(scope=cls) | Class(scope=cls):
                outside = self.resolver.all_outside_bases(cls) - {"object", "abc.ABC"}
                return not outside and not any(self.resolver.methods(cls, name) for name in _SIZES)
        return False


def _is_plain(asked: Asked) -> bool:
    return not asked.truth and isinstance(asked.expr, m.Name | m.Sub)
