"""The equations over attributes, classes and their bases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.questions import (
    ANYTHING,
    Asked,
    OfAttribute,
    OfBases,
    OfMetaclasses,
    OfOrder,
    OfReturned,
    capped,
    union,
)
from unbounded_lint.link.dataflow.scoping import declarations, is_property, is_static, takes_class
from unbounded_lint.link.dataflow.solver import Asking
from unbounded_lint.link.dataflow.values import (
    NOTHING,
    Allocation,
    Class,
    External,
    ExternalResult,
    Function,
    Instance,
    Module,
    Value,
    Values,
    is_fresh,
    ordered,
)
from unbounded_lint.link.program.module import ScopeId

if TYPE_CHECKING:
    from unbounded_lint.link.dataflow.equations import Equations


class Attributes:
    """The equations over attributes, classes and their bases."""

    def __init__(self, equations: Equations) -> None:
        self._equations = equations
        self.program = equations.program
        self.scoping = equations.scoping

    def of_each(self, values: Values, name: str) -> Asked:
        """What `value.name` is for any of some values."""
        found = []
        for value in ordered(values):
            found.append((yield from self.of(value, name)))
        return capped(union(found))

    def of(self, value: Value, name: str) -> Asked:
        """What `value.name` is."""
        match value:
            case Module(name=dotted):
                return (yield from self._equations.member(dotted, name))
            case External(name=dotted, of_instance=of_instance):
                return frozenset({External(_below(dotted, name), of_instance)}) if dotted != "*" else ANYTHING
            case ExternalResult(name=dotted):
                return frozenset({External(_below(dotted, name), True)})
            case Instance(scope=cls) if name == "__class__":
                return frozenset({Class(cls)})
            case Class(scope=cls) | Instance(scope=cls) if name != "__class__":
                found: Values = yield OfAttribute(cls, name, isinstance(value, Class))
                return found
        return NOTHING

    def found(self, cls: ScopeId, name: str, *, on_class: bool) -> Asked:
        """What an attribute of a class or of its instances is, by the method resolution order."""
        order: tuple[ScopeId, ...] = yield OfOrder(cls)
        for owner in order:
            if self._is_defined(owner, name):
                return capped((yield from self._own(owner, cls, name, on_class=on_class)))
        if on_class:
            for meta in ordered((yield OfMetaclasses(cls))):
                if isinstance(meta, Class) and (yield from self._has(meta.scope, name)):
                    given: Values = yield OfAttribute(meta.scope, name, False)
                    return given
        outside: list[Value] = []
        for owner in order:
            bases: tuple[Value, ...] = yield OfBases(owner)
            outside += [
                External(f"{b.name}.{name}", not on_class) for b in bases if isinstance(b, External | ExternalResult)
            ]
        return frozenset(outside)

    def _is_defined(self, owner: ScopeId, name: str) -> bool:
        return name in self.program.of(owner).names.of(owner.index) or name in self.scoping.writes(owner)

    def _has(self, cls: ScopeId, name: str) -> Asking[bool]:
        order: tuple[ScopeId, ...] = yield OfOrder(cls)
        return any(self._is_defined(owner, name) for owner in order)

    def _own(self, owner: ScopeId, cls: ScopeId, name: str, *, on_class: bool) -> Asked:
        found: set[Value] = set()
        for binding in self.program.bound(owner, name):
            values = yield from self._equations.bound(binding, ScopeId(owner.path, binding.scope), name)
            for value in ordered(values):
                found |= yield from self._through_descriptor(value, cls, on_class=on_class)
        annotations = [(annotation, owner) for annotation in declarations(self.program.facts(owner), name)]
        for write in self.scoping.writes(owner).get(name, ()):
            if write.value is not None and is_fresh(write.value):
                found.add(Allocation(write.scope, write.op, name))
            elif write.value is not None:
                found |= yield from self._equations.values(write.value, write.scope)
            if write.annotation is not None:
                annotations.append((write.annotation, write.scope))
        for annotation, scope in annotations:
            found |= yield from self._equations.annotation(annotation, scope)
        return frozenset(found)

    def _through_descriptor(self, value: Value, cls: ScopeId, *, on_class: bool) -> Asked:
        if not isinstance(value, Function):
            return frozenset({value})
        facts = self.program.facts(value.scope)
        if self.program.owner_class(value.scope) is None or is_static(facts):
            return frozenset({value})
        if not on_class and is_property(facts):
            returned: Values = yield OfReturned(value.scope)
            return returned
        if on_class and not takes_class(facts):
            return frozenset({value})
        return frozenset({Function(value.scope, cls)})

    def hung(self, below: str, name: str, *, is_key: bool) -> Asked:
        """What is assigned to `below.name`, or to `below["name"]`, of any object but the assigning method's own."""
        found: set[Value] = set()
        for value, scope, op in self.scoping.hung(name, below, is_key=is_key):
            if is_fresh(value):
                found.add(Allocation(scope, op, name))
            else:
                found |= yield from self._equations.values(value, scope)
        return capped(frozenset(found))

    def bases(self, cls: ScopeId) -> Asking[Any]:
        """The base classes of a class, in order."""
        outside = self.program.parent(cls)
        found: list[Value] = []
        for base in self.program.facts(cls).bases if outside is not None else ():
            if outside is not None and base.keyword is None and not base.star:
                expr = base.value.base if isinstance(base.value, m.Sub) else base.value
                found.extend(ordered((yield from self._equations.values(expr, outside))))
        return tuple(found)

    def metaclasses(self, cls: ScopeId) -> Asked:
        """The classes of which a class is itself an instance: those it names, or those of its bases."""
        outside = self.program.parent(cls) or cls
        named = [base.value for base in self.program.facts(cls).bases if base.keyword == "metaclass"]
        found = yield from self._equations.each(named, outside)
        bases: tuple[Value, ...] = () if named else (yield OfBases(cls))
        for base in bases:
            if isinstance(base, Class):
                found |= yield OfMetaclasses(base.scope)
        return found

    def order(self, cls: ScopeId) -> Asking[Any]:
        """The class and its bases in the project, nearest first, each once."""
        order = [cls]
        bases: tuple[Value, ...] = yield OfBases(cls)
        for base in bases:
            if isinstance(base, Class):
                above: tuple[ScopeId, ...] = yield OfOrder(base.scope)
                order.extend(above)
        return tuple(dict.fromkeys(order))


def _below(dotted: str, name: str) -> str:
    """What an attribute of something outside the project is called. A name goes round in `line = line.strip()` as often
    as one likes: at most twice in a path, or there would be no end of what `line` can be."""
    parts = dotted.split(".")
    seen = [index for index, part in enumerate(parts) if part == name]
    return ".".join(parts[: seen[1] + 1]) if len(seen) > 1 else f"{dotted}.{name}"
