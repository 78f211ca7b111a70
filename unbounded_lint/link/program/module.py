"""The program as read so far: modules by name, their scopes, names and imports; files are parsed on demand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import msgspec

from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.files.source import SourceFile
from unbounded_lint.link.program.bindings import Names
from unbounded_lint.link.program.kept import grouped, kept


class ScopeId(msgspec.Struct, frozen=True, order=True, gc=False):
    """A scope of the program: the file's path and the index into its facts."""

    path: str
    index: int


Place: TypeAlias = tuple[ScopeId, int]
"""A scope and an operation of it."""


class Site(msgspec.Struct, frozen=True, gc=False):
    """An expression where it stands: scope, index of the operation, the expression and those around it, outermost
    first."""

    scope: ScopeId
    op: int
    node: m.Expr
    parents: tuple[m.Expr, ...]

    @property
    def top(self) -> m.Expr:
        """The outermost expression around it, itself if there is none."""
        return self.parents[0] if self.parents else self.node

    @property
    def parent(self) -> m.Expr | None:
        """The expression directly around it."""
        return self.parents[-1] if self.parents else None

    @property
    def outer(self) -> Site:
        """The expression directly around it, where that stands."""
        return Site(self.scope, self.op, self.parents[-1], self.parents[:-1])

    @property
    def call(self) -> m.Call | None:
        """The call of it, `node(...)`."""
        call = self.parent
        return call if isinstance(call, m.Call) and call.func is self.node else None

    @property
    def method_call(self) -> m.Call | None:
        """The call of a method of it, `node.name(...)`."""
        return self.outer.call if isinstance(self.parent, m.Attr) else None


def is_script(path: str) -> bool:
    """Whether a file is the `__main__` of a package or folder."""
    return path.rpartition("/")[2] == "__main__.py"


def stored(action: m.Action, site: Site) -> m.Expr | None:
    """The value that an assignment gives to the expression of a site; that expression itself, where it is one of
    several that a value is unpacked into; None if it is no target."""
    if not isinstance(action, m.Assign) or action.value is None or not any(site.top is t for t in action.targets):
        return None
    if not site.parents:
        return action.value
    return site.node if all(isinstance(p, m.Display | m.Star) for p in site.parents) else None


def _shared_heads(scope: m.Scope) -> m.Scope:
    """The scope with each frame's head being the very object that its `Eval` operation holds, so that both can be
    compared by identity whether or not the facts came through the cache."""
    if len(scope.frames) == 1:
        return scope
    evaluated = _evaluated(scope)
    heads: dict[tuple[int, m.Expr], m.Expr] = {}
    frames = []
    for frame in scope.frames:
        head = frame.head
        if head is not None:
            head = heads.get((frame.statement, head)) or _last_before(frame.op, evaluated.get(head, ())) or head
            heads[frame.statement, head] = head
        frames.append(frame if head is frame.head else msgspec.structs.replace(frame, head=head))
    return msgspec.structs.replace(scope, frames=tuple(frames))


def _evaluated(scope: m.Scope) -> Mapping[m.Expr, Sequence[tuple[int, m.Expr]]]:
    """Expression -> the operations that evaluate such a one alone, with the very object that each holds."""
    actions = ((index, op.action) for index, op in enumerate(scope.ops))
    return grouped((action.value, (index, action.value)) for index, action in actions if isinstance(action, m.Eval))


def _last_before(op: int, evaluated: Sequence[tuple[int, m.Expr]]) -> m.Expr | None:
    at = bisect_left(evaluated, op, key=lambda item: item[0])
    return evaluated[at - 1][1] if at else None


_FEW = 8
"""So many sites are looked through each time rather than kept by their nodes: most names of a scope have no more."""


def _scope_of(site: Site) -> int:
    return site.scope.index


def _is_operand(site: Site) -> bool:
    match site.parent:
        case m.Sub(base=base):
            return base is site.node
        case m.Compare(ops=ops, items=items):
            return any(item is site.node and op in {"in", "not in"} for op, item in zip(ops, items, strict=True))
    return False


def _is_statement(action: m.Action) -> bool:
    return isinstance(action, m.Eval) and action.role == "statement"


class _Read(NamedTuple):
    """What one walk over the expressions of a file finds.

    sites    identifier -> the names and attributes with it
    binding  scope and operation -> the parts of it that bind names of their own, outermost first
    """

    sites: Mapping[str, tuple[Site, ...]]
    binding: Mapping[tuple[int, int], Sequence[m.Walrus | m.Comp]]


class LinkedModule:
    """One parsed file with what can be read off it alone."""

    def __init__(self, file: SourceFile, facts: m.ModuleFacts, near: Mapping[str, str] = MappingProxyType({})) -> None:
        """`near` says what the first words of imported names stand for in this file, where not for themselves."""
        self.file = file
        self._near = near
        self.facts = msgspec.structs.replace(facts, scopes=tuple(_shared_heads(scope) for scope in facts.scopes))
        self.path = file.path
        self.name = file.module
        self.names = Names(self.facts.scopes, lambda: self._read.binding)

    @property
    def package(self) -> str:
        """The package that relative imports of this module start from."""
        return self.name if self.file.is_package else self.name.rpartition(".")[0]

    @property
    def is_script(self) -> bool:
        """Whether it runs as a script alone."""
        return is_script(self.path)

    def scope(self, index: int) -> m.Scope:
        """The facts of one scope."""
        return self.facts.scopes[index]

    @cached_property
    def _read(self) -> _Read:
        found: dict[str, list[Site]] = {}
        binding: dict[tuple[int, int], list[m.Walrus | m.Comp]] = {}
        for scope_index, scope in enumerate(self.facts.scopes):
            here = ScopeId(self.path, scope_index)
            for op_index, op in enumerate(scope.ops):
                for top in w.expressions(op.action):
                    for node, parents in w.walk_with_parents(top):
                        if isinstance(node, m.Name):
                            found.setdefault(node.id, []).append(Site(here, op_index, node, parents))
                        elif isinstance(node, m.Attr):
                            found.setdefault(node.name, []).append(Site(here, op_index, node, parents))
                        elif isinstance(node, m.Walrus | m.Comp):
                            binding.setdefault((scope_index, op_index), []).append(node)
            for frame in scope.frames:
                if isinstance(frame.target, m.Sub | m.Attr | m.Display):
                    for node, parents in w.walk_with_parents(frame.target):
                        if isinstance(node, m.Name) and (parents and not isinstance(parents[-1], m.Display | m.Star)):
                            found.setdefault(node.id, []).append(Site(here, max(frame.op - 1, 0), node, parents))
                        elif isinstance(node, m.Attr):
                            found.setdefault(node.name, []).append(Site(here, max(frame.op - 1, 0), node, parents))
        return _Read({name: tuple(sites) for name, sites in found.items()}, binding)

    def sites(self, identifier: str) -> tuple[Site, ...]:
        """Every name or attribute with that identifier, by scope and in source order within it."""
        return self._read.sites.get(identifier, ())

    @cached_property
    def operated(self) -> tuple[Site, ...]:
        """The names and attributes of which an item is written, or that are asked whether they hold something."""
        found = [site for sites in self._read.sites.values() for site in sites if _is_operand(site)]
        return tuple(sorted(found, key=lambda site: (site.scope, site.op)))

    def sites_in(self, index: int, identifier: str) -> tuple[Site, ...]:
        """The same, of one scope alone."""
        return self._sites_of(identifier, index, index)

    def sites_within(self, index: int, identifier: str) -> tuple[Site, ...]:
        """The same, of a scope and those inside it."""
        return self._sites_of(identifier, index, self.last_within[index])

    def _sites_of(self, identifier: str, first: int, last: int) -> tuple[Site, ...]:
        sites = self.sites(identifier)
        start = bisect_left(sites, first, key=_scope_of)
        return sites[start : bisect_right(sites, last, start, key=_scope_of)]

    @kept
    def mentions(self, index: int, identifier: str) -> Sequence[int]:
        """The operations of a scope that write an identifier, in order."""
        return sorted({site.op for site in self.sites_in(index, identifier)})

    def find(self, index: int, identifier: str, expr: m.Expr, *, inside: bool = False) -> Site | None:
        """Where an expression of a scope that is a name or attribute with that identifier stands, or the first of those
        directly inside it."""
        sites = self.sites_in(index, identifier)
        if len(sites) > _FEW:
            return self._by_id(index, identifier, inside).get(id(expr))
        return next((site for site in sites if (site.parent if inside else site.node) is expr), None)

    @kept
    def _by_id(self, index: int, identifier: str, inside: bool) -> Mapping[int, Site]:
        sites = reversed(self.sites_in(index, identifier))
        return {id(site.parent if inside else site.node): site for site in sites}

    @kept
    def used_calls(self, index: int) -> tuple[tuple[int, m.Call], ...]:
        """The calls of a scope that something is done with, each with its operation."""
        return tuple(
            (at, node)
            for at, op in enumerate(self.scope(index).ops)
            for top in w.expressions(op.action)
            for node in w.walk(top)
            if isinstance(node, m.Call) and not (node is top and _is_statement(op.action))
        )

    @kept
    def returned(self, index: int) -> tuple[m.Expr, ...]:
        """The expressions that a scope returns."""
        actions = (op.action for op in self.scope(index).ops)
        values = (action.value for action in actions if isinstance(action, m.Return))
        return tuple(value for value in values if value is not None)

    @cached_property
    def lambdas(self) -> Mapping[int, Site]:
        """Scope of a lambda -> where it is written."""
        around = sorted({scope.parent for scope in self.facts.scopes if scope.kind == "lambda"})
        return {
            node.scope: Site(ScopeId(self.path, scope_index), op_index, node, parents)
            for scope_index in around
            for op_index, op in enumerate(self.scope(scope_index).ops)
            for top in w.expressions(op.action)
            for node, parents in w.walk_with_parents(top)
            if isinstance(node, m.Lambda)
        }

    @kept
    def definitions(self, index: int) -> Sequence[tuple[int, int]]:
        """The operations of a scope that define functions and classes, in order, each with what it defines."""
        ops = self.scope(index).ops
        return [(at, op.action.scope) for at, op in enumerate(ops) if isinstance(op.action, m.Define)]

    def defined_at(self, index: int) -> int:
        """The operation that defines a function or class, in the scope around it."""
        found = self.definitions(self.scope(index).parent)
        at = bisect_left(found, index, key=lambda definition: definition[1])
        return found[at][0] if at < len(found) and found[at][1] == index else 0

    @cached_property
    def classes(self) -> tuple[ScopeId, ...]:
        """The classes that the file defines, in whatever scope."""
        return tuple(ScopeId(self.path, at) for at, scope in enumerate(self.facts.scopes) if scope.kind == "class")

    @cached_property
    def defaults(self) -> Mapping[str, Sequence[tuple[int, str, m.Name | m.Attr]]]:
        """Last name of a default -> the functions and their parameters that have it."""
        return grouped(
            (w.last_name(parameter.default), (index, parameter.name, parameter.default))
            for index, scope in enumerate(self.facts.scopes)
            for parameter in scope.parameters
            if isinstance(parameter.default, m.Name | m.Attr)
        )

    @cached_property
    def functions_of(self) -> Mapping[int, tuple[int, ...]]:
        """Class scope -> its methods and the functions nested in them."""
        found: dict[int, list[int]] = {}
        owner: dict[int, int] = {}
        for index, scope in enumerate(self.facts.scopes):
            if scope.kind in {"function", "lambda"} and scope.parent >= 0:
                above = self.facts.scopes[scope.parent]
                cls = scope.parent if above.kind == "class" else owner.get(scope.parent)
                if cls is not None:
                    owner[index] = cls
                    found.setdefault(cls, []).append(index)
        return {cls: tuple(functions) for cls, functions in found.items()}

    @cached_property
    def last_within(self) -> tuple[int, ...]:
        """Scope -> the last of those inside it (or itself): scopes stand behind the one around them, in order."""
        last = list(range(len(self.facts.scopes)))
        for index in range(len(last) - 1, 0, -1):
            parent = self.facts.scopes[index].parent
            last[parent] = max(last[parent], last[index])
        return tuple(last)

    @cached_property
    def imports(self) -> tuple[tuple[int, int, m.ImportedName], ...]:
        """(scope, operation, name) of everything imported anywhere in the file."""
        return tuple(
            (scope_index, op_index, name)
            for scope_index, scope in enumerate(self.facts.scopes)
            for op_index, op in enumerate(scope.ops)
            if isinstance(op.action, m.Import)
            for name in op.action.names
        )

    @cached_property
    def imports_of(self) -> Mapping[str, Sequence[int]]:
        """Where in `imports` a name is imported from a module, by that; all of a module by "*" and the last word of the
        module's name."""
        lasts = (self.absolute(name).rpartition(".")[2] if name.attribute == "*" else "" for _, _, name in self.imports)
        pairs = zip(self.imports, lasts, strict=True)
        return grouped((f"{name.attribute or ''}{last}", at) for at, ((_, _, name), last) in enumerate(pairs))

    def absolute(self, imported: m.ImportedName) -> str:
        """The dotted module that an import statement names."""
        if not imported.level:
            top = imported.module.partition(".")[0]
            return f"{self._near[top]}{imported.module[len(top) :]}" if top in self._near else imported.module
        base = self.package.split(".") if self.package else []
        kept = base[: len(base) - (imported.level - 1)] if imported.level > 1 else base
        return ".".join([*kept, *([imported.module] if imported.module else [])])
