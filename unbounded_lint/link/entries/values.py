"""Which expressions hold the value of an entry of a container, or a part of that value: found backwards from a use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessList
from unbounded_lint.link.dataflow.scoping import decorator_names
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.dataflow.values import CallSite, Instance, argument_of, ordered
from unbounded_lint.link.program.program import ITEMS, Binding, ScopeId

HOPS = 2
"""Through how many calls an entry is followed."""

SITES = 20
"""How many callers of one function are asked."""

_DEPTH = 30
_READS = frozenset({"get", "setdefault", "pop", "__getitem__"})
_SAME = frozenset({"total_seconds", "timestamp", "replace", "astimezone", "copy", "float", "int", "abs", "round"})
_ANY = frozenset({"min", "max"})


@dataclass(frozen=True, slots=True)
class Entry:
    """The value of an entry, or a part of it.

    access   where it is taken from the container
    path     the way from the value to the part: attributes and literal keys by name, positions as "#0", any element
             as "*", "?" for a part that cannot be told
    walked   the code walks the container, instead of asking for one key
    """

    access: Access
    path: tuple[str, ...]
    walked: bool

    def part(self, *names: str) -> Entry:
        """A part of this part."""
        return replace(self, path=(*self.path, *names))


_Entries = tuple[Entry, ...]
_NONE: _Entries = ()


def _takes(access: Access) -> bool:
    """Whether an access can give an entry: a plain store, a test of the size or a removal of all does not."""
    if access.nested or access.kind in {"read", "iterate", "remove", "contains", "escape"}:
        return True
    return access.kind == "insert" and (access.implicit or access.how == "setdefault")


class Entries:
    """Recognises the entries of one container. Answers are memoised; recursion is cut, giving less."""

    def __init__(self, flow: Flow, accesses: AccessList) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.accesses = accesses
        self._nodes = {id(a.site.node) for a in accesses if not a.nested}
        self._taken: dict[int, Access] = {}
        self._views: dict[int, Access] = {}
        self._memo: dict[tuple[ScopeId, int, int], _Entries] = {}
        self._active: set[tuple[ScopeId, int]] = set()
        self._reached: dict[ScopeId, tuple[Mapping[str, None], tuple[int, ...]]] = {}
        for access in accesses:
            self._index(access)

    def _index(self, access: Access) -> None:
        """Remember the expression around the container that gives an entry, or a view of all of them."""
        parents = access.site.parents
        if access.nested or access.handed is not None or not parents:
            return
        parent = parents[-1]
        if isinstance(parent, m.Sub) and parent.base is access.site.node:
            if not isinstance(parent.index, m.Slice):
                self._taken.setdefault(id(parent), access)
        elif isinstance(parent, m.Attr) and len(parents) > 1:
            call = parents[-2]
            if isinstance(call, m.Call) and call.func is parent:
                if parent.name in _READS and access.key is not None:
                    self._taken.setdefault(id(call), access)
                elif parent.name in name_lists().value_views:
                    self._views.setdefault(id(call), access)

    # --- questions ---

    def of(self, expr: m.Expr, scope: ScopeId, hops: int = HOPS) -> _Entries:
        """The entries (or parts of entries) that an expression of that scope can be."""
        key = (scope, id(expr), hops)
        if key not in self._memo:
            active = (scope, id(expr))
            if active in self._active or len(self._active) > _DEPTH:
                return _NONE
            self._active.add(active)
            try:
                self._memo[key] = tuple(dict.fromkeys(self._find(expr, scope, hops)))
            finally:
                self._active.discard(active)
        return self._memo[key]

    def names_container(self, expr: m.Expr) -> bool:
        """Whether the container itself stands in an expression."""
        return any(id(node) in self._nodes for node in w.walk(expr))

    def is_walked_key(self, key: m.Expr | None, scope: ScopeId, hops: int = 1) -> bool:
        """Whether a key comes from a loop over the container."""
        if not isinstance(key, m.Name):
            return False
        for binding in self.bindings(key.id, scope):
            if binding.kind in ITEMS and binding.expr is not None:
                if self._walks(binding.expr, ScopeId(scope.path, binding.scope), 3):
                    return True
            elif binding.kind == "parameter" and hops:
                for argument, at in self.arguments(ScopeId(scope.path, binding.scope), binding.index):
                    if self.is_walked_key(argument, at, hops - 1):
                        return True
        return False

    def _walks(self, iterable: m.Expr, scope: ScopeId, depth: int) -> bool:
        """Whether an iterable is made of the container, or of a local list that is."""
        if self.names_container(iterable):
            return True
        return bool(depth) and any(
            binding.kind == "value" and binding.expr is not None and self._walks(binding.expr, scope, depth - 1)
            for node in w.walk(iterable)
            if isinstance(node, m.Name)
            for binding in self.bindings(node.id, scope)
        )

    def bindings(self, name: str, scope: ScopeId) -> tuple[Binding, ...]:
        """How a local name gets its value; nothing for a name of the module seen from inside a function."""
        owner = self.resolver.owner(name, scope)
        if owner is None or (owner.index == 0 and scope.index):
            return ()
        return self.program.of(owner).bindings(owner.index).get(name, ())

    def properties(self, expr: m.Expr, scope: ScopeId) -> tuple[ScopeId, ...]:
        """The property functions that reading an attribute runs."""
        if not isinstance(expr, m.Attr):
            return ()
        return tuple(
            ScopeId(cls.path, binding.index)
            for value in ordered(self.resolver.values(expr.base, scope))
            if isinstance(value, Instance)
            for cls in self.resolver.mro(value.scope)
            for binding in self.program.of(cls).bindings(cls.index).get(expr.name, ())
            if binding.kind == "define"
            and decorator_names(self.program.facts(ScopeId(cls.path, binding.index))) & name_lists().properties
        )

    def arguments(self, function: ScopeId, index: int) -> Iterator[tuple[m.Expr, ScopeId]]:
        """What the callers pass for a parameter, the receiver included; tests left out."""
        facts = self.program.facts(function)
        for site in self.flow.call_sites(function)[:SITES]:
            if self.program.is_test(site.scope):
                continue
            if index < site.bound:
                yield from ((receiver, site.scope) for receiver in self._receivers(facts.name, site))
            else:
                argument = argument_of(facts, index, site)
                if argument is not None:
                    yield argument, site.scope

    def _receivers(self, name: str, site: CallSite) -> Iterator[m.Expr]:
        if site.call is not None:
            if isinstance(site.call.func, m.Attr):
                yield site.call.func.base
            return
        for node in w.nodes(self.program.facts(site.scope).ops[site.op].action):
            if isinstance(node, m.Attr) and node.name == name:
                yield node.base

    # --- where entries get to ---

    def scopes(self) -> tuple[ScopeId, ...]:
        """The functions that take entries out of the container, those that entries are handed to, and the callers of
        those that return one; tests left out. None for a container that nothing takes an entry from."""
        if not any(_takes(a) for a in self.accesses):
            return ()
        found: dict[ScopeId, None] = {}
        queue = [
            (a.scope, HOPS)
            for a in self.accesses
            if a.kind in {"read", "insert", "iterate", "remove"} and not a.nested and not self.program.is_test(a.scope)
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
                yield from self.properties(node, scope)
        ops = self.program.facts(scope).ops
        returned = (action.value for at in self.ops(scope) if isinstance(action := ops[at].action, m.Return))
        if any(value is not None and self.of(value, scope) for value in returned):
            for site in self.flow.call_sites(scope)[:SITES]:
                if not self.program.is_test(site.scope):
                    yield site.scope

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
        bound = module.bound_at(scope.index)
        names = dict.fromkeys(self._given_names(scope))
        ops = {access.op for access in self.accesses.within(scope)}
        ops |= {op for op, call in module.used_calls(scope.index) if op not in ops and self.of(call, scope)}
        pending: list[int | str] = [*ops, *names]
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                more = {site.op for site in module.sites_in(scope.index, item)}
                ops |= more
                pending += more
            else:
                new = dict.fromkeys(
                    name for name, b in bound.get(item, ()) if name not in names and self._passes_on(b, scope, names)
                )
                names.update(new)
                pending += new
        return names, tuple(sorted(ops))

    def _passes_on(self, binding: Binding, scope: ScopeId, names: Collection[str]) -> bool:
        """Whether a name is bound to something made of entries, or of names of such."""
        if binding.expr is None:
            return False
        if any(self._bound(binding, scope, HOPS)):
            return True
        parts = tuple(w.walk(binding.expr))
        return any(isinstance(part, m.Name) and part.id in names for part in parts) or any(
            self.of(part, scope) for part in parts
        )

    def _given_names(self, scope: ScopeId) -> Iterator[str]:
        """The names by which a scope gets at entries from elsewhere: parameters, and those of the scopes around it or
        inside it."""
        module, facts = self.program.of(scope), self.program.facts(scope)
        yield from module.bound_elsewhere[scope.index]
        for parameter in facts.parameters:
            bindings = module.bindings(scope.index).get(parameter.name, ())
            if any(b.kind == "parameter" and any(self._bound(b, scope, HOPS)) for b in bindings):
                yield parameter.name
        if facts.parent > 0:
            yield from self._reach(ScopeId(scope.path, facts.parent))[0]

    # --- the search ---

    def _find(self, expr: m.Expr, scope: ScopeId, hops: int) -> Iterator[Entry]:
        taken = self._taken.get(id(expr))
        if taken is not None:
            yield Entry(taken, (), self.is_walked_key(taken.key, scope))
            return
        match expr:
            case m.Name(id=name):
                for binding in self.bindings(name, scope):
                    yield from self._bound(binding, ScopeId(scope.path, binding.scope), hops)
            case m.Attr(base=base, name=name):
                yield from (entry.part(name) for entry in self.of(base, scope, hops))
            case m.Sub(base=base, index=index):
                part = _part_of(index)
                yield from (entry.part(part) for entry in self.of(base, scope, hops))
            case m.IfExp(body=body, orelse=orelse):
                yield from self.of(body, scope, hops)
                yield from self.of(orelse, scope, hops)
            case m.BoolOp(items=items):
                for item in items:
                    yield from self.of(item, scope, hops)
            case m.Await(value=inner) | m.Walrus(value=inner):
                yield from self.of(inner, scope, hops)
            case m.Call():
                yield from self._called(expr, scope, hops)

    def _called(self, call: m.Call, scope: ScopeId, hops: int) -> Iterator[Entry]:
        func = call.func
        plain = [a.value for a in call.args if a.keyword is None and not a.star]
        if isinstance(func, m.Attr):
            below = self.of(func.base, scope, hops)
            if below and func.name in name_lists().lookups and plain:
                yield from (entry.part(_part_of(plain[0])) for entry in below)
                return
            if func.name in _SAME:
                yield from below
        elif isinstance(func, m.Name):
            if func.id == "getattr" and len(plain) > 1:
                yield from (entry.part(_part_of(plain[1])) for entry in self.of(plain[0], scope, hops))
                return
            if func.id in _SAME | _ANY:
                for argument in plain:
                    yield from self.of(argument, scope, hops)
                return
        if hops:
            for function in self.resolver.functions(func, scope):
                for value in self.program.returned(function):
                    yield from self.of(value, function, hops - 1)

    def _bound(self, binding: Binding, scope: ScopeId, hops: int) -> Iterator[Entry]:
        expr = binding.expr
        if binding.kind == "parameter":
            if hops:
                for argument, at in self.arguments(scope, binding.index):
                    yield from self.of(argument, at, hops - 1)
        elif expr is None:
            return
        elif binding.kind == "value":
            yield from self.of(expr, scope, hops)
        elif binding.kind == "part":
            yield from self._part(expr, binding.index, scope, hops)
        elif binding.kind in ITEMS:
            yield from self._element(expr, binding.index if binding.kind == "item-part" else None, scope, hops)

    def _part(self, expr: m.Expr, index: int, scope: ScopeId, hops: int) -> Iterator[Entry]:
        if isinstance(expr, m.Display):
            if 0 <= index < len(expr.items):
                yield from self.of(expr.items[index], scope, hops)
            return
        yield from (entry.part(_position(index)) for entry in self.of(expr, scope, hops))

    def _element(self, iterable: m.Expr, index: int | None, scope: ScopeId, hops: int) -> Iterator[Entry]:
        """What a loop over an iterable binds to its target (None), or to the `index`th name of it."""
        source = self._peeled(iterable, scope)
        access = self._views.get(id(source))
        if access is not None:
            assert isinstance(source, m.Call) and isinstance(source.func, m.Attr)
            if source.func.name == "values":
                yield Entry(access, () if index is None else (_position(index),), True)
            elif index in {1, -1}:
                yield Entry(access, () if index == 1 else ("?",), True)
        elif isinstance(source, m.Comp) and source.kind != "dict":
            element = source.element
            if index is None:
                yield from self.of(element, scope, hops)
            elif isinstance(element, m.Display) and 0 <= index < len(element.items):
                yield from self.of(element.items[index], scope, hops)
        elif id(source) not in self._nodes:
            names = ("*",) if index is None else ("*", _position(index))
            yield from (entry.part(*names) for entry in self.of(source, scope, hops))

    def _peeled(self, iterable: m.Expr, scope: ScopeId, depth: int = 4) -> m.Expr:
        """An iterable without the copies made of it, local names for them included."""
        if not depth or id(iterable) in self._views:
            return iterable
        match iterable:
            case m.Call(func=m.Name(id=name), args=args) if name in name_lists().copies and args:
                return self._peeled(args[0].value, scope, depth - 1)
            case m.Call(func=m.Attr(name="copy", base=base)):
                return self._peeled(base, scope, depth - 1)
            case m.Name(id=name) if id(iterable) not in self._nodes:
                bound = self.bindings(name, scope)
                if len(bound) == 1 and bound[0].kind == "value" and bound[0].expr is not None:
                    return self._peeled(bound[0].expr, scope, depth - 1)
        return iterable


def _position(index: int) -> str:
    return f"#{index}" if index >= 0 else "?"


def _part_of(index: m.Expr) -> str:
    """A part as a path names it: literal keys by their text, whole numbers as positions."""
    if isinstance(index, m.Const):
        return f"#{index.value}" if index.kind == "int" else index.value
    return "*"
