"""What makes a container: the expressions that give a new object which may grow, and whether it is bounded by the way
it is made. Who holds it is asked in `finding`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.catalog.model import ContainerKind
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.callees import given
from unbounded_lint.link.dataflow.scoping import is_super
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import Class, External, Function, ordered
from unbounded_lint.link.program.blocks import guards
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.module import ScopeId

DEPTH = 3
"""How many functions that make containers are looked into, one inside the other."""

_EMPTY = {"list": "[]", "set": "set()", "dict": "{}"}
"""The builtin containers that have a display, each as it is written when it is empty."""

FACTORIES = ("default_factory", "factory")
_FAMILIES = frozenset({"map", "set", "list", "deque", "queue", "cache", "buffer"})
_OR_ELSE = frozenset({"get", "pop", "setdefault"})
"""The methods of a mapping that give back a default where it has no such key."""


@dataclass(frozen=True, slots=True)
class Made:
    """What makes a container: its kind in the catalogue, how it is written, whether it cannot grow without limit.

    cls is the project's class of it, if it has one; filled says that it is written out with entries, as a table is.
    """

    kind: ContainerKind
    text: str
    bounded: bool
    cls: ScopeId | None = None
    filled: bool = False


class Making(Query):
    """Answers which container an expression makes."""

    def made(self, expr: m.Expr, scope: ScopeId, depth: int = DEPTH) -> Made | None:
        """What container an expression makes, None for none."""
        match expr:
            case m.DictDisplay(items=entries):
                return self._builtin("dict", bool(entries))
            case m.Display(kind=kind, items=items) if kind in _EMPTY:
                return self._builtin(kind, bool(items))
            case m.Comp(kind=kind) if kind in _EMPTY:
                return self._builtin(kind)
            case m.BoolOp(items=items):
                return foremost(self.made(item, scope, depth) for item in items)
            case m.IfExp(body=body, orelse=orelse):
                return foremost(self.made(part, scope, depth) for part in (body, orelse))
            case m.Walrus(value=value) | m.Await(value=value):
                return self.made(value, scope, depth)
            case m.Call():
                return self._made_by_call(expr, scope, depth)
        return None

    def _builtin(self, name: str, filled: bool = False) -> Made | None:
        kind = self.catalog.container(name)
        return Made(kind, _EMPTY[name], False, None, filled) if kind is not None else None

    def _made_by_call(self, call: m.Call, scope: ScopeId, depth: int) -> Made | None:
        func = call.func.base if isinstance(call.func, m.Sub) else call.func
        for value in ordered(self.resolver.values(func, scope)):
            if isinstance(value, External):
                made = self._external(value.name, call, scope, depth)
            elif isinstance(value, Class):
                made = self._subclass(value.scope, call, scope)
            elif isinstance(value, Function) and depth:
                made = self._factory(value.scope, depth)
            else:
                made = None
            if made is not None:
                return made
        if isinstance(call.func, m.Attr) and call.func.name in _OR_ELSE and len(call.args) == 2:
            # what another module, or a reload, finds in place of what it would make; what a setting is left at
            return self.made(call.args[1].value, scope, depth)
        return None

    def _external(self, name: str, call: m.Call, scope: ScopeId, depth: int) -> Made | None:
        if name in name_lists().casts and len(call.args) == 2:
            return self.made(call.args[1].value, scope, depth)
        if name == "getattr" and len(call.args) == 3:
            return self.made(call.args[2].value, scope, depth)
        if name in name_lists().field_makers:
            factory = next((a.value for a in call.args if a.keyword in FACTORIES), None)
            return self._made_by_call(m.Call(factory, (), call.span), scope, depth) if factory is not None else None
        kind = self.catalog.container(name)
        if kind is None or kind.family not in _FAMILIES or kind.calls_insert:
            return None
        written = f"{name.rpartition('.')[2]}({'...' if call.args else ''})"
        return Made(kind, written, kind.is_bounded(given(call, scope, self.resolver)))

    def _subclass(self, cls: ScopeId, call: m.Call, scope: ScopeId) -> Made | None:
        declared = self.catalog.container(f"{self.program.of(cls).name}.{self.program.facts(cls).qualname}")
        for name in sorted(self.resolver.all_outside_bases(cls)):
            kind = declared or self.catalog.container(name)
            if kind is not None and kind.family in _FAMILIES and kind.subscript | (kind.family != "map"):
                bounded = kind.is_bounded(given(call, scope, self.resolver)) or self._caps_itself(cls)
                filled = kind if kind.reads_insert or not self._fills_itself(cls) else replace(kind, reads_insert=True)
                return Made(filled, f"{self.program.facts(cls).name}()", bounded, cls)
        return None

    def _fills_itself(self, cls: ScopeId) -> bool:
        """Whether the `__missing__` of a class stores what it gives back, so that reading a missing key inserts it."""
        for facts in map(self.program.facts, self.resolver.methods(cls, "__missing__")):
            own = [m.Name(parameter.name) for parameter in facts.parameters[:1]]
            if any(own and _stores(op.action, own[0]) for op in facts.ops):
                return True
        return False

    def _caps_itself(self, cls: ScopeId) -> bool:
        """Whether the `__setitem__` of a class takes an entry out while the map is as long as it may be."""
        return any(
            self._evicts(op.action) and _is_full(facts, at)
            for facts in map(self.program.facts, self.resolver.methods(cls, "__setitem__"))
            for at, op in enumerate(facts.ops)
        )

    def _evicts(self, action: m.Action) -> bool:
        methods = (call.func.name for call in w.calls(action) if isinstance(call.func, m.Attr))
        return isinstance(action, m.Delete) or any(self.catalog.removing(method) for method in methods)

    @kept
    def _factory(self, function: ScopeId, depth: int) -> Made | None:
        """What a function makes that returns a container, at once or by a local name."""
        facts = self.program.facts(function)
        for value in () if facts.is_async or facts.is_generator else self.program.returned(function):
            local = self.program.bound(function, value)
            for expr in (value, *(binding.given for binding in local)):
                made = self.made(expr, function, depth - 1) if expr is not None else None
                if made is not None:
                    return made
        return None


def foremost(found: Iterable[Made | None]) -> Made | None:
    """What speaks for a name that may be any of these: the first that can grow, or else the first."""
    made = [one for one in found if one is not None]
    return next((one for one in made if not one.bounded), made[0] if made else None)


def _is_full(method: m.Scope, op: int) -> bool:
    """Whether an operation of a method stands under `len(self) >= N`, or the like."""
    receiver = m.Name(method.parameters[0].name) if method.parameters else None
    return any(
        truth
        and isinstance(condition, m.Compare)
        and condition.ops in ((">",), (">=",))
        and isinstance(condition.left, m.Call)
        and condition.left.func == m.Name("len")
        and receiver in set(w.walk(condition.left))
        for condition, truth in guards(method, op)
    )


def _stores(action: m.Action, receiver: m.Name) -> bool:
    """Whether an operation of a method stores something under a key of its object."""
    targets = action.targets if isinstance(action, m.Assign) else ()
    if any(isinstance(target, m.Sub) and target.base == receiver for target in targets):
        return True
    return any(
        isinstance(call.func, m.Attr)
        and call.func.name in {"__setitem__", "setdefault"}
        and (call.func.base == receiver or is_super(call.func.base) or receiver in [a.value for a in call.args[:1]])
        for call in w.calls(action)
    )
