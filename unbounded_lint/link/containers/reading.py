"""How the uses of a container are read as accesses: inserts, removals, size tests, reads and escapes, through every
alias and helper."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, takewhile

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.catalog.model import ContainerKind, Method
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.containers.accesses import Access, AccessKind, AccessList
from unbounded_lint.link.containers.births import Births
from unbounded_lint.link.containers.finding import Holder
from unbounded_lint.link.containers.registries import Registries
from unbounded_lint.link.dataflow.callees import argument_at
from unbounded_lint.link.dataflow.handles import ARGUMENTS, Attribute, Registered, Use, UseKind, Variable
from unbounded_lint.link.dataflow.sites import role_of
from unbounded_lint.link.dataflow.uses import Flow, Query
from unbounded_lint.link.dataflow.values import Class, External, ExternalResult, positional
from unbounded_lint.link.program.blocks import BRANCHES, frames_of, loops_around, loops_over, span_of
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.literals import is_plain, is_text
from unbounded_lint.link.program.module import Place, ScopeId, Site, stored

_CHANGING: frozenset[UseKind] = frozenset({"subscript", "member", "augmented", "argument"})
_CHANGES: frozenset[AccessKind] = frozenset({"insert", "remove", "clear", "trim"})
_OWN: frozenset[AccessKind] = frozenset({"remove", "clear", "trim", "size", "iterate"})


class Accesses(Query):
    """Reads the uses of a container as accesses."""

    def __init__(self, flow: Flow, registries: Registries) -> None:
        super().__init__(flow)
        self.registries = registries
        self._births = Births(flow)

    def of(self, holder: Holder) -> AccessList:
        """Everything done to a container, in the order of the trace."""
        if isinstance(holder.handle, Registered):
            return self.registries.accesses(holder.handle)
        found: list[Access] = []
        defined: dict[Place, Access | None] = dict.fromkeys(holder.definitions)
        for use in self.flow.uses(holder.handle, holder.origin):
            if use.kind == "rebound" and not self._rebinds(use, holder):
                continue
            for access in self._read_use(use, holder.made.kind, nested=False):
                here = (access.scope, access.op)
                if access.kind == "replace" and here in defined and not _is_of_itself(access):
                    defined[here] = access
                elif access.kind != "replace" or not self._makes(access, holder):
                    found.append(access)
        inserting = {access.scope for access in found if access.kind == "insert"}
        made = [access for access in defined.values() if access is not None]
        found += (a for a in made if a.scope in inserting and self._makes_again(a, holder))
        found += (a for a in made if a not in found and self._is_made_anew(a, holder))
        if any(access.nested and access.how[-1:] == "=" for access in found) and self._holds_plain(holder, found):
            found = [access for access in found if not access.nested]
        return AccessList([*found, *self._own(holder)])

    def _is_made_anew(self, access: Access, holder: Holder) -> bool:
        """Whether what makes the container comes to run for an object that has one already: its constructor's helper,
        or what each `with` begins with."""
        if self._births.made_anew(access.scope):
            return True
        return not self._makes(access, holder) and self._births.is_entered(access.scope)

    def _own(self, holder: Holder) -> Iterator[Access]:
        """What a class of the project that is a container takes out of its objects itself, and what it walks for it."""
        for use in self.flow.receiver_uses(holder.made.cls) if holder.made.cls is not None else ():
            for access in self._read_use(use, holder.made.kind, nested=False):
                if access.kind in _OWN and not access.nested:
                    yield access

    def _makes(self, access: Access, holder: Holder) -> bool:
        """Whether a new object gets a container of its own, by a constructor or by what has just made it: the one
        before was another object's, or nobody has seen it yet."""
        node = access.site.node
        if not isinstance(holder.handle, Attribute) or not isinstance(node, m.Attr):
            return False
        if any(write.on_class for write in self.resolver.writes(holder.handle.cls).get(holder.name, ())):
            return False
        facts = self.program.facts(access.scope)
        constructs = facts.name in name_lists().constructors and bool(facts.parameters)
        return (constructs and node.base == m.Name(facts.parameters[0].name)) or self._is_new(node.base, access.scope)

    def _is_new(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether a name of a function stands for an object that the same call of it makes."""
        bound = self.program.only(scope, expr) if scope.index else None
        if bound is None or bound.scope != scope.index or not isinstance(bound.expr, m.Call):
            return False
        func = bound.expr.func
        made = (isinstance(value, Class) for value in self.resolver.values(func, scope))
        return w.last_name(func) == "__new__" or any(made)

    def _makes_again(self, access: Access, holder: Holder) -> bool:
        """Whether a function that inserts makes the container too, each time that a condition says so: what there was
        is let go of then. Of a local variable only a condition in a loop says so: a call begins with none."""
        facts = self.program.facts(access.scope)
        frames = frames_of(facts, access.op)
        if isinstance(holder.handle, Variable) and holder.handle.scope == access.scope:
            loop = next(iter(loops_around(facts, access.op)), 0)
            frames = tuple(takewhile(lambda frame: frame != loop, frames)) if loop else ()
        kinds = {facts.frames[frame].kind for frame in frames}
        conditional = not kinds.isdisjoint(BRANCHES) and "except" not in kinds
        return access.scope.index > 0 and conditional and not self._makes(access, holder)

    def _holds_plain(self, holder: Holder, accesses: Iterable[Access]) -> bool:
        """Whether all that is seen to come into a container cannot change, such as texts and numbers: then `+=` gives a
        name that held an entry something new."""
        made = [(self.program.action(scope, op), scope) for scope, op in holder.definitions]
        entries = [(e, scope) for action, scope in made if isinstance(action, m.Assign) for e in _written(action.value)]
        entries += [
            (a.value, a.scope) for a in accesses if a.kind == "insert" and not a.nested and not a.bulk and a.value
        ]
        return bool(entries) and all(self._is_fixed(expr, scope) for expr, scope in entries)

    def _is_fixed(self, expr: m.Expr, scope: ScopeId) -> bool:
        """Whether an expression is something that cannot be changed in place, as far as can be told."""
        if is_plain(expr) or (isinstance(expr, m.Display) and expr.kind == "tuple"):
            return True
        values = self.resolver.values(expr, scope)
        return bool(values) and all(isinstance(v, ExternalResult) and v.name in name_lists().immutables for v in values)

    def _rebinds(self, use: Use, holder: Holder) -> bool:
        """Whether an assignment binds the holder itself anew, and not another name that happens to hold the
        container. Nothing does that to the default of a parameter."""
        node = use.site.node
        if holder.origin is not None:
            return False
        if not isinstance(node, m.Name):
            return isinstance(node, m.Attr) and node.name == holder.name
        owner = self.resolver.owner(node.id, use.site.scope)
        return owner is not None and holder.handle in (Variable(owner, node.id), Attribute(owner, node.id))

    # --- uses ---

    def _read_use(self, use: Use, kind: ContainerKind, *, nested: bool) -> Iterator[Access]:
        base = Access("read", use.site, guess=use.guess)
        match use.kind:
            case "subscript":
                yield from self._subscript(base, kind, nested=nested)
            case "member":
                yield from self._member(base, kind, nested=nested)
            case "augmented":
                yield from self._augmented(base, kind)
            case "rebound":
                yield from self._rebound(base)
            case "argument":
                yield from self._argument(base)
            case "contained":
                key = use.outer.left if isinstance(use.outer, m.Compare) else None
                yield replace(base, kind="contains", key=key, how="in")
            case "iterated" | "entered":
                yield replace(base, kind="iterate", how="for")
            case "tested":
                yield replace(base, kind="tested")
            case "kept":
                yield replace(base, how="kept")
            case "escaped":
                yield replace(base, how="returned")
            case _:
                yield base

    def _subscript(self, base: Access, kind: ContainerKind, *, nested: bool) -> Iterator[Access]:
        outer = base.site.outer
        assert isinstance(outer.node, m.Sub)
        index, role = outer.node.index, role_of(self.program, outer)
        base = replace(base, key=index, how="[]")
        match role, index:
            case "deleted", m.Slice():
                yield replace(base, kind="clear" if _is_whole(index) else "trim", how="del[:]")
            case "stored", m.Slice():
                what: AccessKind = "replace" if _is_whole(index) else "trim"
                yield replace(base, kind=what, how="[:]=", value=self._stored(outer))
            case _, m.Slice():
                yield base
            case "stored", _ if kind.subscript and kind.family not in {"list", "deque"}:
                yield replace(base, kind="insert", value=self._stored(outer))
            case "deleted", _:
                yield replace(base, kind="remove", how="del")
            case "augmented", _ if kind.reads_insert or kind.api == "collections.Counter":
                yield replace(base, kind="insert", how="+=", implicit=kind.reads_insert)
            case "augmented", _:
                yield base
            case "read", _:
                yield replace(base, kind="insert", implicit=True) if kind.reads_insert else base
                if not nested:
                    yield from self._inside(self.flow.site_uses(outer), index)

    def _stored(self, site: Site) -> m.Expr | None:
        value = stored(self.program.op(site).action, site)
        return None if value is site.node else value

    def _inside(self, uses: Iterable[Use], key: m.Expr | None) -> Iterator[Access]:
        """What is done to the value of an entry, where that value is itself a container."""
        inner = self.catalog.container("dict")
        assert inner is not None
        for use in uses:
            if use.kind in _CHANGING:
                for access in self._read_use(use, inner, nested=True):
                    if access.kind in _CHANGES and not access.nested:
                        yield replace(access, nested=True, outer=key)

    def _member(self, base: Access, kind: ContainerKind, *, nested: bool) -> Iterator[Access]:
        member, call = base.site.parent, base.site.method_call
        assert isinstance(member, m.Attr)
        base = replace(base, how=member.name)
        if call is None:
            yield from self._reference(base, kind)
        else:
            yield from self._method(base, kind, call, base.site.outer.outer, nested=nested)

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
            yield from self._inserted(base, call, inserting[0])
        elif name == "__setitem__" and first is not None:
            yield replace(base, kind="insert", key=first, value=argument_at(call, 1))
        elif name in {"keys", "values", "items", "copy", "__iter__"}:
            yield replace(base, kind="iterate")
            if not nested:
                yield from self._inside_views(outer, name)
        else:
            yield replace(base, key=first)
        if name in {"get", "setdefault", "__getitem__"} and not nested and first is not None:
            yield from self._inside(self.flow.site_uses(outer), first)

    def _inserted(self, base: Access, call: m.Call, method: Method) -> Iterator[Access]:
        plain = positional(call)
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
        yield replace(base, kind="insert", key=key, value=rest[-1] if rest and not bulk else key, bulk=bulk)

    def _inside_views(self, view: Site, name: str) -> Iterator[Access]:
        """What a loop over `values()` or `items()` takes out of each value."""
        facts = self.program.facts(view.scope)
        for loop in loops_over(facts, view.top) if name in name_lists().value_views else ():
            target = facts.frames[loop].target
            value = target.items[-1] if name == "items" and isinstance(target, m.Display) and target.items else target
            if isinstance(value, m.Name):
                inside = span_of(facts, loop)
                uses = self._uses(view.scope, value.id)
                first, last = (bisect_left(uses, at, key=lambda use: use.site.op) for at in (inside.start, inside.stop))
                yield from (access for access in self._inside(uses[first:last], None) if access.kind != "insert")

    @kept
    def _uses(self, scope: ScopeId, name: str) -> Sequence[Use]:
        """What a function does itself with what a name of it stands for, in order."""
        own = (use for use in self.flow.uses(Variable(scope, name)) if use.site.scope == scope)
        return sorted(own, key=lambda use: use.site.op)

    def _reference(self, base: Access, kind: ContainerKind) -> Iterator[Access]:
        """A bound method that is not called here: handed over as a callback, or bound to a name and called by it."""
        removes = base.how == "clear" or bool(self.catalog.removing(base.how, kind.family))
        inserts = bool(self.catalog.inserting(base.how, kind.family))
        for use in self.flow.site_uses(base.site.outer) if removes or inserts else ():
            call, onward = use.outer, replace(base, site=use.site)
            if use.call is not None:
                yield from self._method(onward, kind, use.call, use.site.outer, nested=False)
            elif use.kind in ARGUMENTS and isinstance(call, m.Call):
                what: AccessKind = "clear" if base.how == "clear" else "remove" if removes else "insert"
                # the callback will be called with the argument behind it
                plain = positional(call)
                key = next((behind for value, behind in pairwise(plain) if value is use.site.node), None)
                yield replace(onward, kind=what, handed=call, key=key)

    def _augmented(self, base: Access, kind: ContainerKind) -> Iterator[Access]:
        action = self.program.op(base.site).action
        assert isinstance(action, m.AugAssign)
        if self._is_rebound(action, base.scope):
            return
        operator = f"{action.op}="
        base = replace(base, key=action.value, how=operator, bulk=True)
        if operator in kind.operators_remove or operator in {"-=", "&="}:
            yield replace(base, kind="remove")
        elif operator in kind.operators_insert or operator in {"|=", "+=", "^="}:
            values = action.value.items if isinstance(action.value, m.Display) else None
            for value in values or ():
                yield replace(base, kind="insert", key=value, value=value, bulk=False)
            if values is None:
                yield replace(base, kind="insert", value=action.value)

    def _is_rebound(self, action: m.AugAssign, scope: ScopeId) -> bool:
        """Whether `+=` and its like give the name something new, such as a longer text or a larger number: it then
        holds no container here, whatever else it may hold."""
        bound = self.program.bound(scope, action.target)
        own = (b.expr for b in bound if b.kind == "value" and b.scope == scope.index)
        return is_plain(action.value) or any(map(is_text, own)) or self._is_fixed(action.target, scope)

    def _rebound(self, base: Access) -> Iterator[Access]:
        action = self.program.op(base.site).action
        value = action.value if isinstance(action, m.Assign) else None
        node, ways = base.site.node, (value.body, value.orelse) if isinstance(value, m.IfExp) else (value,)
        grown = next((more for way in ways if (more := _grown_from_itself(way, node)) is not None), None)
        if grown is not None:
            yield replace(base, kind="insert", key=grown, value=grown, how="=")
        if grown is None or (isinstance(value, m.IfExp) and node not in w.walk(value.test)):
            yield replace(base, kind="replace", value=value, how="swap" if self._is_swapped(base.site, value) else "=")

    def _is_swapped(self, site: Site, value: m.Expr | None) -> bool:
        """`old, X = X, {}`, or `old = X` right before `X = {}`."""
        if isinstance(value, m.Display) and site.node in value.items:
            return True
        before = self.program.action(site.scope, site.op - 1)
        return isinstance(before, m.Assign) and before.value == site.node and not isinstance(value, m.Const)

    def _argument(self, base: Access) -> Iterator[Access]:
        call = base.site.parent
        assert isinstance(call, m.Call)
        names = self.resolver.names(call.func, base.scope)
        plain = {
            v.name for v in self.resolver.values(call.func, base.scope) if isinstance(v, External) and not v.of_instance
        }
        for name in names:
            known = self.catalog.argument_function(name) if name in plain else None
            if known is not None and argument_at(call, known.container) is base.site.node:
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


def _is_of_itself(access: Access) -> bool:
    """Whether a container is bound anew to what is made of it, such as those of its entries that are still wanted."""
    return access.value is not None and access.site.node in w.walk(access.value)


def _written(value: m.Expr | None) -> Iterator[m.Expr]:
    """The entries that a container is written out with."""
    match value:
        case m.Display(items=items):
            yield from items
        case m.DictDisplay(items=entries):
            yield from (entry.value for entry in entries)
        case m.Comp(element=element, value=second):
            yield second or element


def _is_whole(index: m.Slice) -> bool:
    return index.lower is None and index.upper is None


def _grown_from_itself(value: m.Expr | None, name: m.Expr) -> m.Expr | None:
    """What `X = X + [v]`, `X = X | {...}`, `X = {**X, k: v}` or `X = X.set(k, v)` adds; None for any other value."""
    match value:
        case m.Binary(op="+" | "|", items=items) if len(items) > 1 and any(_is_or_empty(i, name) for i in items):
            rest = next((item for item in items if not _is_or_empty(item, name)), name)
            if isinstance(rest, m.Display) and rest.items:
                return rest.items[0]
            return rest
        case m.DictDisplay(items=entries) if any(e.key is None and _is_or_empty(e.value, name) for e in entries):
            return next((e.key for e in entries if e.key is not None), None)
        case m.Display(items=items) if any(isinstance(i, m.Star) and _is_or_empty(i.value, name) for i in items):
            return next((i for i in items if not isinstance(i, m.Star)), None)
        case m.Call(func=m.Attr(base=base, name="set" | "insert"), args=args) if base == name and args:
            return args[0].value
    return None


def _is_or_empty(expr: m.Expr, name: m.Expr) -> bool:
    """Whether an expression is what a name holds, or something empty where it holds nothing: `X or []`."""
    return expr == name or (isinstance(expr, m.BoolOp) and expr.op == "or" and expr.items[0] == name)
