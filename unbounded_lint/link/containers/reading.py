"""How the uses of a container are read as accesses: inserts, removals, size tests, reads and escapes, through every
alias and helper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, TypeAlias

from unbounded_lint.catalog.load import Catalog, name_lists
from unbounded_lint.catalog.model import ContainerKind, Method
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessKind, AccessList
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.dataflow.callees import argument_at, callee_names
from unbounded_lint.link.dataflow.handles import ARGUMENTS, Attribute, Use, UseKind, Variable
from unbounded_lint.link.dataflow.uses import Flow
from unbounded_lint.link.program.literals import is_plain, is_text
from unbounded_lint.link.program.program import Site

_CHANGING: frozenset[UseKind] = frozenset({"subscript", "member", "augmented"})
_CHANGES: frozenset[AccessKind] = frozenset({"insert", "remove", "clear", "trim"})

_OF_PAIRS = frozenset({"map", "cache"})
"""Families whose `update` takes pairs of a key and a value."""

_Role: TypeAlias = Literal["stored", "deleted", "augmented", "read"]
"""What happens to an expression."""


class Accesses:
    """Reads the uses of a container as accesses."""

    def __init__(self, flow: Flow, catalog: Catalog) -> None:
        self.flow = flow
        self.program = flow.program
        self.resolver = flow.resolver
        self.catalog = catalog

    def of(self, holder: Holder) -> AccessList:
        """Everything done to a container, in the order of the trace; test files included."""
        found: list[Access] = []
        defined = set(holder.definitions)
        for use in self.flow.uses(holder.handle):
            if use.kind == "rebound" and not self._rebinds(use, holder):
                continue
            for access in self._read_use(use, holder.made.kind, nested=False):
                if access.kind == "replace" and (access.scope, access.op) in defined:
                    continue
                found.append(access)
        return AccessList(found)

    def _rebinds(self, use: Use, holder: Holder) -> bool:
        """Whether an assignment binds the holder itself anew, and not another name that happens to hold the
        container."""
        node = use.site.node
        if isinstance(node, m.Attr):
            return node.name == holder.name
        if not isinstance(node, m.Name) or node.id != holder.name:
            return False
        owner = self.resolver.owner(node.id, use.site.scope)
        handle = holder.handle
        return owner == (
            handle.scope if isinstance(handle, Variable) else handle.cls if isinstance(handle, Attribute) else None
        )

    # --- uses ---

    def _read_use(self, use: Use, kind: ContainerKind, *, nested: bool) -> Iterator[Access]:
        site = use.site
        match use.kind:
            case "subscript":
                yield from self._subscript(use, kind, nested=nested)
            case "member":
                yield from self._member(use, kind, nested=nested)
            case "augmented":
                yield from self._augmented(use, kind)
            case "rebound":
                yield from self._rebound(use)
            case "argument":
                yield from self._argument(use, kind)
            case "contained":
                compare = use.outer
                key = compare.left if isinstance(compare, m.Compare) else None
                yield Access("contains", site, key=key, how="in", guess=use.guess)
            case "iterated" | "entered":
                yield Access("iterate", site, how="for", guess=use.guess)
            case "tested":
                yield Access("tested", site, guess=use.guess)
            case "kept":
                yield Access("read", site, how="kept", guess=use.guess)
            case "escaped":
                yield Access("read", site, how="returned", guess=use.guess)
            case _:
                yield Access("read", site, guess=use.guess)

    def _subscript(self, use: Use, kind: ContainerKind, *, nested: bool) -> Iterator[Access]:
        sub = use.outer
        assert isinstance(sub, m.Sub)
        site = use.site
        outer = site.outer
        role = self._role(outer)
        base = Access("read", site, key=sub.index, how="[]", guess=use.guess)
        if isinstance(sub.index, m.Slice):
            yield from self._slice(base, role, sub.index)
            return
        match role:
            case "stored" if kind.subscript and kind.family not in {"list", "deque"}:
                yield replace(base, kind="insert", value=self._stored(outer))
            case "deleted":
                yield replace(base, kind="remove", how="del")
            case "augmented" if kind.reads_insert or kind.api == "collections.Counter":
                yield replace(base, kind="insert", how="+=", implicit=kind.reads_insert)
            case "augmented":
                yield base
            case "read":
                yield replace(base, kind="insert", implicit=True) if kind.reads_insert else base
        if role == "read" and not nested:
            yield from self._inside(outer, sub.index)

    def _slice(self, base: Access, role: str, index: m.Slice) -> Iterator[Access]:
        whole = index.lower is None and index.upper is None
        if role == "deleted":
            yield replace(base, kind="clear" if whole else "trim", how="del[:]")
        elif role == "stored":
            yield replace(base, kind="replace" if whole else "trim", how="[:]=", value=self._stored(base.site))
        else:
            yield base

    def _role(self, site: Site) -> _Role:
        action = self.program.op(site).action
        match action:
            case m.Assign(targets=targets):
                if _within_targets(targets, site.node, site.parents):
                    return "stored"
            case m.AugAssign(target=target) if target is site.node:
                return "augmented"
            case m.Delete(targets=targets) if any(t is site.node for t in targets):
                return "deleted"
        frames = self.program.facts(site.scope).frames
        if any(f.kind in {"for", "with"} and f.target is site.node for f in frames):
            return "stored"
        return "read"

    def _stored(self, site: Site) -> m.Expr | None:
        action = self.program.op(site).action
        if not isinstance(action, m.Assign):
            return None
        if any(target is site.node or target is site.parent for target in action.targets):
            return action.value
        for target in action.targets:
            if (
                isinstance(target, m.Display)
                and isinstance(action.value, m.Display)
                and len(target.items) == len(action.value.items)
            ):
                for item, value in zip(target.items, action.value.items, strict=True):
                    if item is site.node:
                        return value
        return None

    def _inside(self, entry: Site, key: m.Expr) -> Iterator[Access]:
        """What is done to the value of an entry, where that value is itself a container."""
        inner = self.catalog.container("dict")
        assert inner is not None
        for use in self.flow.site_uses(entry):
            if use.kind in _CHANGING:
                for access in self._read_use(use, inner, nested=True):
                    if access.kind in _CHANGES and not access.nested:
                        yield replace(access, nested=True, outer=key)

    def _member(self, use: Use, kind: ContainerKind, *, nested: bool) -> Iterator[Access]:
        member = use.outer
        assert isinstance(member, m.Attr)
        site, call = use.site, use.site.method_call
        if call is None:
            yield from self._reference(use, kind, member.name)
            return
        base = Access("read", site, how=member.name, guess=use.guess)
        yield from self._method(base, kind, call, site.outer.outer, nested=nested)

    def _method(
        self, base: Access, kind: ContainerKind, call: m.Call, outer: Site, *, nested: bool
    ) -> Iterator[Access]:
        name = base.how
        family = None if nested else kind.family
        first = argument_at(call, 0)
        if name in kind.clears or name == "clear":
            yield replace(base, kind="clear")
        elif removing := self.catalog.removing(name, family):
            key = argument_at(call, removing[0].key if removing[0].key >= 0 else 0)
            yield replace(base, kind="remove", key=key)
            if removing[0].bulk:
                return
        elif inserting := self.catalog.inserting(name, family):
            yield from self._inserted(base, call, inserting[0], in_pairs=family in _OF_PAIRS)
        elif name == "__setitem__" and first is not None:
            yield replace(base, kind="insert", key=first, value=argument_at(call, 1))
        elif name == "__len__":
            yield replace(base, kind="size")
        elif name in {"keys", "values", "items", "copy", "__iter__"}:
            yield replace(base, kind="iterate")
            if not nested:
                yield from self._inside_views(outer, name)
        else:
            yield replace(base, key=first)
        if name in {"get", "setdefault", "__getitem__"} and not nested and first is not None:
            yield from self._inside(outer, first)

    def _inserted(self, base: Access, call: m.Call, method: Method, *, in_pairs: bool) -> Iterator[Access]:
        plain = [a.value for a in call.args if a.keyword is None and not a.star]
        bulk = method.bulk
        position = method.key if method.key >= 0 else len(plain) - 1
        key = plain[position] if 0 <= position < len(plain) else None
        rest = [value for index, value in enumerate(plain) if index != position]
        if bulk and key is None and call.args and all(a.keyword for a in call.args):
            return
        if bulk and isinstance(key, m.DictDisplay):
            for item in key.items:
                yield replace(base, kind="insert", key=item.key or item.value, value=item.value, bulk=item.key is None)
            return
        if bulk and isinstance(key, m.Display):
            for part in key.items:
                one, other = _pair(part) if in_pairs else (part, part)
                yield replace(base, kind="insert", key=one, value=other)
            return
        yield replace(base, kind="insert", key=key, value=rest[-1] if rest and not bulk else key, bulk=bulk)

    def _inside_views(self, view: Site, name: str) -> Iterator[Access]:
        """What a loop over `values()` or `items()` does to each value."""
        for frame in self.program.facts(view.scope).frames if name in name_lists().value_views else ():
            if frame.kind != "for" or frame.head is None or all(node is not view.node for node in w.walk(frame.head)):
                continue
            target = frame.target
            value = target.items[-1] if name == "items" and isinstance(target, m.Display) and target.items else target
            if isinstance(value, m.Name):
                for site in self.program.of(view.scope).sites_in(view.scope.index, value.id):
                    if isinstance(site.node, m.Name):
                        yield from self._inside_value(site)

    def _inside_value(self, site: Site) -> Iterator[Access]:
        parent, call = site.parent, site.method_call
        if isinstance(parent, m.Attr) and call is not None:
            if self.catalog.removing(parent.name) or parent.name == "clear":
                yield Access("remove", site, key=argument_at(call, 0), how=parent.name, nested=True)
        elif isinstance(parent, m.Sub) and parent.base is site.node and not isinstance(parent.index, m.Slice):
            if self._role(site.outer) == "deleted":
                yield Access("remove", site, key=parent.index, how="del", nested=True)

    def _reference(self, use: Use, kind: ContainerKind, name: str) -> Iterator[Access]:
        """A bound method that is not called here: handed over as a callback, or bound to a name and called by it."""
        removes = name == "clear" or bool(self.catalog.removing(name, kind.family))
        inserts = bool(self.catalog.inserting(name, kind.family))
        for onward in self.flow.site_uses(use.site.outer) if removes or inserts else ():
            base = Access("read", onward.site, how=name, guess=use.guess)
            if onward.kind == "called" and isinstance(onward.outer, m.Call):
                yield from self._method(base, kind, onward.outer, onward.site.outer, nested=False)
            elif onward.kind in ARGUMENTS and isinstance(onward.outer, m.Call):
                what: AccessKind = "clear" if name == "clear" else "remove" if removes else "insert"
                yield replace(base, kind=what, handed=onward.outer, key=_after(onward.outer, onward.site.node))

    def _augmented(self, use: Use, kind: ContainerKind) -> Iterator[Access]:
        action = self.program.op(use.site).action
        assert isinstance(action, m.AugAssign)
        if self._joins_text(action, use.site):
            return
        operator = f"{action.op}="
        base = Access("read", use.site, key=action.value, how=operator, bulk=True, guess=use.guess)
        if operator in kind.operators_remove or operator in {"-=", "&="}:
            yield replace(base, kind="remove")
        elif operator in kind.operators_insert or operator in {"|=", "+=", "^="}:
            values = action.value.items if isinstance(action.value, m.Display) else None
            for value in values or ():
                yield replace(base, kind="insert", key=value, value=value, bulk=False)
            if values is None:
                yield replace(base, kind="insert", value=action.value)

    def _joins_text(self, action: m.AugAssign, site: Site) -> bool:
        """Whether `+=` makes a longer text, or a larger number: the name then holds no container here, whatever else it
        may hold."""
        if action.op != "+":
            return False
        if is_plain(action.value):
            return True
        if not isinstance(action.target, m.Name):
            return False
        bound = self.program.of(site.scope).bindings(site.scope.index).get(action.target.id, ())
        return any(b.kind == "value" and b.scope == site.scope.index and is_text(b.expr) for b in bound)

    def _rebound(self, use: Use) -> Iterator[Access]:
        action = self.program.op(use.site).action
        value = action.value if isinstance(action, m.Assign) else None
        base = Access("replace", use.site, value=value, how="=", guess=use.guess)
        grown = _grown_from_itself(value, use.site.node)
        if grown is not None:
            yield replace(base, kind="insert", key=grown, value=grown)
        elif self._is_swapped(use.site, value):
            yield replace(base, how="swap")
        else:
            yield base

    def _is_swapped(self, site: Site, value: m.Expr | None) -> bool:
        """`old, X = X, {}`, or `old = X` right before `X = {}`."""
        if isinstance(value, m.Display) and site.node in value.items:
            return True
        before = self.program.facts(site.scope).ops[site.op - 1].action if site.op else None
        return isinstance(before, m.Assign) and before.value == site.node and not isinstance(value, m.Const)

    def _argument(self, use: Use, kind: ContainerKind) -> Iterator[Access]:
        call = use.outer
        assert isinstance(call, m.Call)
        base = Access("read", use.site, guess=use.guess)
        names = callee_names(call.func, use.site.scope, self.resolver)
        for name in names:
            known = self.catalog.argument_function(name)
            if known is not None and argument_at(call, known.container) is use.site.node:
                key = argument_at(call, known.key) if known.key >= 0 else None
                if known.effect != "neutral":
                    yield replace(base, kind=known.effect, key=key, value=key, how=name, bulk=known.bulk)
                return
        if "len" in names:
            yield replace(base, kind="size", how="len")
        elif names and set(names) <= name_lists().readers:
            yield replace(base, kind="iterate", how=names[0])
        else:
            yield replace(base, kind="escape", how=names[0] if names else "", handed=call)


def _pair(expr: m.Expr) -> tuple[m.Expr, m.Expr]:
    """The key and the value that one of the pairs given to `update` is written as; the pair itself where it is not."""
    match expr:
        case m.Display(items=(key, value)):
            return key, value
    return expr, expr


def _after(call: m.Call, node: m.Expr) -> m.Expr | None:
    """The argument behind a callback among the arguments of a call: what the callback will be called with."""
    plain = [a.value for a in call.args if a.keyword is None and not a.star]
    for index, value in enumerate(plain):
        if value is node:
            return plain[index + 1] if index + 1 < len(plain) else None
    return None


def _within_targets(targets: tuple[m.Expr, ...], node: m.Expr, parents: tuple[m.Expr, ...]) -> bool:
    if any(target is node for target in targets):
        return True
    displays = [p for p in parents if isinstance(p, m.Display | m.Star)]
    return len(displays) == len(parents) and bool(parents) and any(target is parents[0] for target in targets)


def _grown_from_itself(value: m.Expr | None, name: m.Expr) -> m.Expr | None:
    """What `X = X + [v]`, `X = X | {...}`, `X = {**X, k: v}` or `X = X.set(k, v)` adds; None for any other value."""
    match value:
        case m.Binary(op="+" | "|", items=items) if len(items) > 1 and name in items:
            rest = next(item for item in items if item != name)
            if isinstance(rest, m.Display) and rest.items:
                return rest.items[0]
            return rest
        case m.DictDisplay(items=entries) if any(e.key is None and e.value == name for e in entries):
            return next((e.key for e in entries if e.key is not None), None)
        case m.Display(items=items) if any(isinstance(i, m.Star) and i.value == name for i in items):
            return next((i for i in items if not isinstance(i, m.Star)), None)
        case m.Call(func=m.Attr(base=base, name="set" | "insert"), args=args) if base == name and args:
            return args[0].value
    return None
