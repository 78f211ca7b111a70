"""Which expressions hold the value of an entry of a container, or a part of that value: found backwards from a use."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.entries.sources import HOPS, Source, Sources
from unbounded_lint.link.program.bindings import ITEMS, Binding
from unbounded_lint.link.program.blocks import loops_over, span_of
from unbounded_lint.link.program.definitions import NEAREST, expanded
from unbounded_lint.link.program.module import Place, ScopeId
from unbounded_lint.link.program.truth import NONE

_DEPTH = 30
_READS = frozenset({"get", "setdefault", "pop", "__getitem__"})
_SAME = frozenset({"total_seconds", "timestamp", "replace", "astimezone", "copy", "float", "int", "abs", "round"})
_ANY = frozenset({"min", "max"})

Path: TypeAlias = tuple[str, ...]
"""The way from an entry's value to a part of it: ".name" for an attribute, "[key]" for a literal key or a position, "*"
for any element, "?" for a part that cannot be told; () is the value itself."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The value of an entry, or a part of it.

    access   where it is taken from the container
    path     the way from the value to the part
    walked   the code walks the container, instead of asking for one key
    """

    access: Access
    path: Path
    walked: bool

    def part(self, *steps: str) -> Entry:
        """A part of this part."""
        return replace(self, path=(*self.path, *steps))


_Found: TypeAlias = tuple[Entry | None, ...]
"""What an expression can be: entries, and None for anything else."""


def _takes(access: Access) -> bool:
    """Whether an access can give an entry: a plain store, a test of the size or a removal of all does not."""
    if access.nested or access.kind in {"read", "iterate", "remove", "contains", "escape"}:
        return True
    return access.kind == "insert" and (access.implicit or access.how == "setdefault")


class Entries(Query):
    """Recognises the entries of one container: values under keys, or the elements themselves (`is_map` False).
    Answers are memoised; recursion is cut, giving less."""

    def __init__(self, flow: Flow, accesses: AccessList, *, is_map: bool = True) -> None:
        super().__init__(flow)
        self.accesses = accesses
        self.sources = Sources(flow)
        self._nodes = {id(a.site.node): a for a in accesses if not a.nested}
        self._taken: dict[int, Access] = {}
        self._views: dict[int, Access] = {} if is_map else dict(self._nodes)
        self._memo: dict[tuple[ScopeId, int, int], _Found] = {}
        self._active: set[Place] = set()
        self._reached: dict[ScopeId, tuple[Mapping[str, None], tuple[int, ...]]] = {}
        for access in accesses:
            self._index(access)

    def _index(self, access: Access) -> None:
        """Remember the expression around the container that gives an entry, or a view of all of them."""
        if access.nested or access.handed is not None:
            return
        outer, call = access.site.parent, access.site.method_call
        if isinstance(outer, m.Sub) and outer.base is access.site.node:
            if not isinstance(outer.index, m.Slice):
                self._taken.setdefault(id(outer), access)
        elif call is not None and w.last_name(call.func) in name_lists().value_views:
            self._views.setdefault(id(call), access)
        elif call is not None and w.last_name(call.func) in _READS and access.key is not None:
            self._taken.setdefault(id(call), access)

    # --- questions ---

    def of(self, expr: m.Expr, scope: ScopeId, hops: int = HOPS) -> tuple[Entry, ...]:
        """The entries (or parts of entries) that an expression of that scope can be."""
        return tuple(entry for entry in self._found(expr, scope, hops) if entry is not None)

    def part(self, expr: m.Expr, scope: ScopeId) -> Path | None:
        """The part of an entry that an expression always is, None where there is no such or it cannot be told."""
        paths = {entry.path if entry is not None else None for entry in self._found(expr, scope, HOPS)}
        path = paths.pop() if len(paths) == 1 else None
        return path if path is not None and not {"*", "?"} & set(path) else None

    def is_container(self, expr: m.Expr) -> bool:
        """Whether an expression is the container itself."""
        return id(expr) in self._nodes

    def names_container(self, expr: m.Expr) -> bool:
        """Whether the container itself stands in an expression."""
        return any(map(self.is_container, w.walk(expr)))

    def is_walked_key(self, key: m.Expr | None, scope: ScopeId, hops: int = 1) -> bool:
        """Whether a key comes from a loop over the container, or over a local list made of it."""
        if not isinstance(key, m.Name):
            return False
        for binding in self.sources.bindings(key, scope):
            at = ScopeId(scope.path, binding.scope)
            parts = expanded(self.program, binding.expr, at, binding.op) if binding.kind in ITEMS else ()
            if any(map(self.is_container, parts)):
                return True
            if binding.kind == "parameter":
                if any(self.is_walked_key(*source) for source in self.sources.of_binding(binding, at, hops)):
                    return True
        return False

    # --- where entries get to ---

    def scopes(self) -> tuple[ScopeId, ...]:
        """The functions that take entries out of the container, those that entries are handed to, and the callers of
        those that return one; tests left out. None for a container that nothing takes an entry from."""
        if not any(_takes(a) for a in self.accesses):
            return ()
        found: dict[ScopeId, None] = {}
        queue = [
            (a.scope, HOPS) for a in self.accesses if a.kind in {"read", "insert", "iterate", "remove"} and not a.nested
        ]
        while queue:
            scope, hops = queue.pop(0)
            if scope not in found:
                found[scope] = None
                if hops:
                    queue += [(other, hops - 1) for other in self._onward(scope)]
        return tuple(found)

    def _onward(self, scope: ScopeId) -> Iterator[ScopeId]:
        for node in self.nodes(scope):
            if isinstance(node, m.Call):
                given = [a.value for a in node.args]
                given += [node.func.base] if isinstance(node.func, m.Attr) else []
                if any(self.of(value, scope) for value in given):
                    yield from self.resolver.functions(node.func, scope)
            elif isinstance(node, m.Attr) and self.of(node.base, scope):
                yield from self.sources.properties(node, scope)
        if any(self.of(value, scope) for value in self.program.returned(scope)):
            yield from (site.scope for site in self.sources.callers(scope))

    def nodes(self, scope: ScopeId) -> Iterator[m.Expr]:
        """Every expression of a scope that can be (part of) an entry, and others beside them."""
        ops = self.program.facts(scope).ops
        for index in self.ops(scope):
            yield from w.nodes(ops[index].action)

    def ops(self, scope: ScopeId) -> tuple[int, ...]:
        """The operations of a scope in which an expression can be (part of) an entry, those that make a name of one
        included: nobody needs to look at the others."""
        return self._reach(scope)[1]

    def _reach(self, scope: ScopeId) -> tuple[Mapping[str, None], tuple[int, ...]]:
        """The names of a scope that can hold something made of entries, and the operations that mention such."""
        if scope not in self._reached:
            self._reached[scope] = {}, ()  # what a scope returns to itself adds nothing
            self._reached[scope] = self._find_reach(scope)
        return self._reached[scope]

    def _find_reach(self, scope: ScopeId) -> tuple[Mapping[str, None], tuple[int, ...]]:
        module = self.program.of(scope)
        bound = module.names.bound_at(scope.index)
        names = dict.fromkeys(self._given_names(scope))
        ops = {access.op for access in self.accesses.within(scope)}
        ops |= {op for op, call in self.flow.answered(scope) if op not in ops and self.of(call, scope)}
        pending = [*ops, *(op for name in names for op in module.mentions(scope.index, name) if op not in ops)]
        ops.update(pending)
        while pending:
            for name, binding in bound.get(pending.pop(), ()):
                loop = self._loop(name, binding, scope)
                if name not in names:
                    mentioned = [op for op in self._mentions(name, scope, loop) if op not in ops]
                    ops.update(mentioned)
                    pending += mentioned
                if loop is None:
                    names[name] = None
        return names, tuple(sorted(ops))

    def _loop(self, name: str, binding: Binding, scope: ScopeId) -> range | None:
        """The loop that gives a name, of the many that do, what it holds in its body; None for any other binding."""
        if binding.kind not in ITEMS or binding.expr is None or len(self.program.bound(scope, name)) <= NEAREST:
            return None
        facts = self.program.facts(scope)
        return next((span_of(facts, loop) for loop in loops_over(facts, binding.expr)), None)

    def _mentions(self, name: str, scope: ScopeId, within: range | None) -> Sequence[int]:
        """The operations of a scope that mention a name, all of them or those of a loop."""
        found = self.program.of(scope).mentions(scope.index, name)
        return found if within is None else found[bisect_left(found, within.start) : bisect_left(found, within.stop)]

    def _given_names(self, scope: ScopeId) -> Iterator[str]:
        """The names by which a scope gets at entries from elsewhere: parameters, and those of the scopes around it or
        inside it."""
        module, facts = self.program.of(scope), self.program.facts(scope)
        yield from module.names.bound_elsewhere[scope.index]
        for parameter in facts.parameters:
            bindings = module.names.of(scope.index).get(parameter.name, ())
            if any(b.kind == "parameter" and any(self._bound(parameter.name, b, scope, HOPS)) for b in bindings):
                yield parameter.name
        if facts.parent > 0:
            yield from self._reach(ScopeId(scope.path, facts.parent))[0]

    # --- the search ---

    def _found(self, expr: m.Expr, scope: ScopeId, hops: int) -> _Found:
        if not self._nodes:
            return ()
        key = (scope, id(expr), hops)
        if key not in self._memo:
            active = (scope, id(expr))
            if active in self._active or len(self._active) > _DEPTH:
                return ()
            self._active.add(active)
            try:
                self._memo[key] = tuple(dict.fromkeys(self._find(expr, scope, hops)))
            finally:
                self._active.discard(active)
        return self._memo[key]

    def _find(self, expr: m.Expr, scope: ScopeId, hops: int) -> Iterator[Entry | None]:
        taken = self._taken.get(id(expr))
        if taken is not None:
            yield Entry(taken, (), self.is_walked_key(taken.key, scope))
            return
        match expr:
            case m.Name(id=name):
                bindings = self.sources.bindings(expr, scope)
                for binding in bindings:
                    yield from self._bound(name, binding, ScopeId(scope.path, binding.scope), hops)
                if not bindings:
                    yield None
            case m.Attr(base=base, name=name):
                yield from self._parts(base, f".{name}", scope, hops)
            case m.Sub(base=base, index=index):
                yield from self._parts(base, _step(index), scope, hops)
            case m.Call():
                yield from self._called(expr, scope, hops)
            case _:
                yield from self._given(self.sources.of(expr, scope, hops))

    def _given(self, sources: Iterable[Source]) -> Iterator[Entry | None]:
        """What the sources of an expression are; something else, where it has none."""
        given = tuple(sources)
        if not given:
            yield None
        for source in given:
            yield from self._found(*source)

    def _parts(self, base: m.Expr, step: str, scope: ScopeId, hops: int) -> Iterator[Entry | None]:
        yield from (entry and entry.part(step) for entry in self._found(base, scope, hops))

    def _called(self, call: m.Call, scope: ScopeId, hops: int) -> Iterator[Entry | None]:
        match call:
            case m.Call(
                func=m.Attr(base=base, name=name), args=(m.Arg(value=key, keyword=None, star=""), *default)
            ) if name in name_lists().lookups and self.of(base, scope, hops):
                yield from self._parts(base, _step(key), scope, hops)
                if any(argument.value != NONE for argument in default):
                    yield None
            case m.Call(func=m.Name(id="getattr"), args=(base, m.Arg(value=m.Const(value=name)), *_)):
                yield from self._parts(base.value, f".{name}", scope, hops)
            case m.Call(func=m.Name(id=name)) if name in _SAME | _ANY:
                for argument in call.args:
                    yield from self._found(argument.value, scope, hops)
            case m.Call(func=m.Attr(base=base, name=name)) if name in _SAME and self.of(base, scope, hops):
                yield from self._found(base, scope, hops)
            case _:
                yield from self._given(self.sources.of(call, scope, hops))

    def _bound(self, name: str, binding: Binding, scope: ScopeId, hops: int) -> Iterator[Entry | None]:
        expr = binding.expr
        match binding.kind:
            case "part" if isinstance(expr, m.Display):
                if 0 <= binding.index < len(expr.items):
                    yield from self._found(expr.items[binding.index], scope, hops)
            case "part" if expr is not None:
                yield from self._parts(expr, _position(binding.index), scope, hops)
            case "item" if expr is not None:
                yield from self._element(expr, (), scope, hops)
            case "item-part" if expr is not None:
                facts = self.program.facts(scope)
                targets = (facts.frames[i].target for i in loops_over(facts, expr)) if binding.index < 0 else ()
                deeper = (way for target in targets if (way := _way(target, name)) is not None)
                yield from self._element(expr, next(deeper, (_position(binding.index),)), scope, hops)
            case "value":
                yield from self._given(self.sources.of_binding(binding, scope, hops))
            case "parameter":
                # What is no entry comes from callers with other things in mind.
                for source in self.sources.of_binding(binding, scope, hops):
                    yield from self.of(*source)

    def _element(self, iterable: m.Expr, way: Path, scope: ScopeId, hops: int) -> Iterator[Entry]:
        """What a loop over an iterable binds to a part of its target."""
        source = self._peeled(iterable, scope)
        access = self._views.get(id(source))
        if access is not None:
            if not (isinstance(source, m.Call) and w.last_name(source.func) == "items"):
                yield Entry(access, way, True)
            elif way[:1] in {("[1]",), ("?",)}:
                yield Entry(access, way if way[0] == "?" else way[1:], True)
        elif isinstance(source, m.Comp) and source.kind != "dict":
            element = source.element
            items = enumerate(element.items if isinstance(element, m.Display) else ())
            for given in [item for index, item in items if way == (f"[{index}]",)] if way else [element]:
                yield from self.of(given, scope, hops)
        elif not self.is_container(source):
            yield from (entry.part("*", *way) for entry in self.of(source, scope, hops))

    def _peeled(self, iterable: m.Expr, scope: ScopeId, depth: int = 4) -> m.Expr:
        """An iterable without the copies made of it, local names for them included."""
        if not depth or id(iterable) in self._views:
            return iterable
        match iterable:
            case m.Call(func=m.Name(id=name), args=args) if name in name_lists().copies and args:
                return self._peeled(args[0].value, scope, depth - 1)
            case m.Call(func=m.Attr(name="copy", base=base)):
                return self._peeled(base, scope, depth - 1)
            case m.Name() if id(iterable) not in self._nodes:
                bound = self.sources.bindings(iterable, scope)
                if len(bound) == 1 and bound[0].kind == "value" and bound[0].expr is not None:
                    return self._peeled(bound[0].expr, scope, depth - 1)
        return iterable


def _way(target: m.Expr | None, name: str) -> Path | None:
    """The way from what is unpacked into a target to what a name in it gets."""
    if target == m.Name(name):
        return ()
    items = target.items if isinstance(target, m.Display) else ()
    for index, item in enumerate(takewhile(lambda item: not isinstance(item, m.Star), items)):
        below = _way(item, name)
        if below is not None:
            return (f"[{index}]", *below)
    return None


def _position(index: int) -> str:
    return f"[{index}]" if index >= 0 else "?"


def _step(index: m.Expr) -> str:
    return f"[{index.value}]" if isinstance(index, m.Const) else "*"
