"""Classes by what they derive from, implement and define."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.resolver import Resolver
from unbounded_lint.link.dataflow.values import Class, Function, Value
from unbounded_lint.link.program.kept import kept, listed
from unbounded_lint.link.program.module import LinkedModule, ScopeId
from unbounded_lint.link.program.program import Program

_METACLASSES = frozenset({"type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"})


class Hierarchy:
    """Finds derived classes, and the methods behind an interface. Memoised."""

    def __init__(self, program: Program, declared: Resolver) -> None:
        self.program = program
        self.declared = declared
        self._below: dict[ScopeId, tuple[ScopeId, ...]] = {}
        self._mixing: set[ScopeId] = set()
        """Of the classes that were found to derive from another, those with several bases."""

    def subclasses(self, cls: ScopeId) -> tuple[ScopeId, ...]:
        """The classes of the project that inherit from a class, directly or not."""
        if cls not in self._below:
            # Each in a line has one more than the next: the last comes first.
            for at in reversed(self._line(cls)):
                self._below[at] = self._derived_from(at)
        return self._below[cls]

    def _line(self, cls: ScopeId) -> list[ScopeId]:
        """A class, the only one derived from it, the only one derived from that, and so on; to where it is known."""
        line = {cls: None}
        children = self._children(cls)
        while len(children) == 1 and children[0] not in line and children[0] not in self._below:
            line[children[0]] = None
            children = self._children(children[0])
        return list(line)

    def _derived_from(self, cls: ScopeId) -> tuple[ScopeId, ...]:
        children = self._children(cls)
        known = self._below.get(children[0]) if len(children) == 1 else None
        if known is not None and cls not in known:
            return *children, *known
        found = dict.fromkeys(child for child in children if child != cls)
        queue = list(found)
        for at in queue:
            for child in self._children(at):
                if child not in found and child != cls:
                    found[child] = None
                    queue.append(child)
        return tuple(found)

    @kept
    def kin(self, cls: ScopeId) -> frozenset[ScopeId]:
        """A class, those derived from it, and the bases of all of these in the project."""
        return frozenset((cls, *self.subclasses(cls), *self.declared.mro(cls), *self.mixed(cls)))

    @kept
    def mixed(self, cls: ScopeId) -> frozenset[ScopeId]:
        """The classes that a class is mixed with, and not related to, in one that derives from both."""
        below = self.subclasses(cls)
        both = self._mixing.intersection(below)
        others = frozenset(base for each in both for base in self.declared.mro(each))
        return others.difference(below, self.declared.mro(cls)) if others else others

    @kept
    def _children(self, cls: ScopeId) -> tuple[ScopeId, ...]:
        modules = self.program.mentioning(self.program.facts(cls).name)
        return tuple(child for module in modules for child in self._derived(module.path).get(Class(cls), ()))

    @kept
    def _derived(self, path: str) -> Mapping[Value, Sequence[ScopeId]]:
        """Base -> the classes of a file that name it."""
        found: dict[Value, list[ScopeId]] = {}
        module = self.program.module(path)
        for here in _classes_with(None, module) if module is not None else ():
            bases = dict.fromkeys(self.declared.bases(here))
            if len(bases) > 1:
                self._mixing.add(here)
            for base in bases:
                found.setdefault(base, []).append(here)
        return found

    def is_metaclass(self, cls: ScopeId) -> bool:
        """Whether the objects of a class are classes."""
        return not _METACLASSES.isdisjoint(self.declared.all_outside_bases(cls))

    @kept
    def instances(self, meta: ScopeId) -> tuple[ScopeId, ...]:
        """The classes of the project that a metaclass makes; none for a class that is no metaclass."""
        if not self.is_metaclass(meta):
            return ()
        found = dict.fromkeys(
            cls
            for each in (meta, *self.subclasses(meta))
            for module in self.program.mentioning(self.program.facts(each).name)
            for cls in _classes_with("metaclass", module)
            if each in self.declared.metaclasses(cls)
        )
        return tuple(dict.fromkeys(cls for each in found for cls in (each, *self.subclasses(each))))

    def implementations(self, callee: Value) -> tuple[Function, ...]:
        """The methods that may run in place of one that is only declared (in a protocol or an abstract class)."""
        if not isinstance(callee, Function) or callee.receiver is None:
            return ()
        return self._implementations(callee.scope)

    @kept
    def _implementations(self, method: ScopeId) -> tuple[Function, ...]:
        owner, facts = self.program.owner_class(method), self.program.facts(method)
        if owner is None or not is_declared_only(facts):
            return ()
        return (*self.overriding(owner, facts.name), *self._defined(self.implementers(owner), facts.name))

    @kept
    def overriding(self, cls: ScopeId, name: str) -> tuple[Function, ...]:
        """The methods of that name in the classes that inherit from a class."""
        return tuple(self._defined(self.subclasses(cls), name))

    def _defined(self, classes: Iterable[ScopeId], name: str) -> Iterator[Function]:
        return (Function(method, cls) for cls in classes for method in self.program.defined(cls, name))

    def is_protocol(self, cls: ScopeId) -> bool:
        return bool({base.name for base in self.declared.outside_bases(cls)} & name_lists().protocols)

    @listed
    def implementers(self, protocol: ScopeId) -> Iterator[ScopeId]:
        """The classes that have every method of a protocol, none for a class that is no protocol."""
        if not self.is_protocol(protocol):
            return
        module = self.program.of(protocol)
        methods = {
            module.scope(index).name
            for index in module.functions_of.get(protocol.index, ())
            if module.scope(index).parent == protocol.index
        }
        for cls in self.defining(min(methods, default="")):
            if cls != protocol and not self.is_protocol(cls):
                own = {name for c in self.declared.mro(cls) for name in self.program.of(c).names.of(c.index)}
                if methods <= own:
                    yield cls

    @kept
    def defining(self, name: str) -> tuple[ScopeId, ...]:
        """The classes that define an attribute of that name."""
        return tuple(
            cls
            for module in self.program.mentioning(name)
            for cls in module.classes
            if name in module.names.of(cls.index) or name in self.declared.writes(cls)
        )

    def is_of_one_kin(self, name: str, cls: ScopeId | None = None) -> bool:
        """Whether the classes that define an attribute are all relatives of one: of this class, or else of the first
        of them. Those that override its method beside each other are relatives too."""
        definers = self.defining(name)
        one = cls or next(iter(definers), None)
        if one is None:
            return True
        above = {c for c in self.declared.mro(one) if c in definers and any(self.program.defined(c, name))}
        return all(
            self.declared.related(one, other) or not above.isdisjoint(self.declared.mro(other)) for other in definers
        )


def _classes_with(keyword: str | None, module: LinkedModule) -> Iterator[ScopeId]:
    """The classes of a module that name a base, or with a keyword what they give by it, such as a metaclass."""
    return (cls for cls in module.classes if any(base.keyword == keyword for base in module.scope(cls.index).bases))


def is_declared_only(facts: m.Scope) -> bool:
    """Whether a function has no body but a docstring, `...`, `pass` or `raise`."""
    return all(
        isinstance(op.action, m.Raise) or (isinstance(op.action, m.Eval) and isinstance(op.action.value, m.Const))
        for op in facts.ops
    )
