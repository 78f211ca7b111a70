"""What a value keeps alive: whether an object holds a strong reference to another one, found backwards from what makes
the object, through names, displays, attributes, closures and calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.elements import stored_value
from unbounded_lint.link.dataflow.handles import Attribute
from unbounded_lint.link.dataflow.scoping import is_static, is_super
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import (
    CallSite,
    Class,
    External,
    ExternalResult,
    Function,
    Instance,
    argument_of,
    ordered,
    outcomes,
)
from unbounded_lint.link.program.bindings import Binding
from unbounded_lint.link.program.module import Place, ScopeId

STEPS = 400
"""How many expressions are looked at before a value counts as one that keeps nothing."""

CALLS = 5
"""Through how many calls inside one another it is looked."""

CALLERS = 20
"""How many callers of one function are asked what they give it."""

_KEEP_ARGUMENTS = frozenset(
    {"functools.partial", "functools.partialmethod", "types.MethodType", "types.SimpleNamespace", "dict"}
)
_COPIES = frozenset({"list", "tuple", "set", "frozenset", "dict", "collections.deque", "collections.OrderedDict"})


@dataclass(frozen=True, slots=True)
class _Entered:
    """A call that was followed into its function: what its parameters are, and where that is to be looked up."""

    function: ScopeId
    site: CallSite
    receiver: m.Expr | None


@dataclass(frozen=True, slots=True)
class _At:
    """An expression whose value is kept, in the calls that were followed to it, and what is looked for in which scope.

    Without an expression: whatever the function entered last leaves in the attributes of its receiver.
    """

    expr: m.Expr | None
    scope: ScopeId
    op: int
    calls: tuple[_Entered, ...]
    wanted: m.Expr
    home: Place

    def here(self, expr: m.Expr | None, op: int | None = None) -> _At:
        """Another expression of the same scope."""
        return replace(self, expr=expr, op=self.op if op is None else op)


class Keeping(Query):
    """Answers whether one value keeps another; what cannot be seen keeps nothing."""

    def path(self, value: m.Expr, wanted: m.Expr, scope: ScopeId, op: int) -> tuple[Place, ...] | None:
        """Where on the way a value is stored that keeps another alive, from the outermost on: the operations between
        the value and the wanted one. None if it does not keep it. Both are expressions of one operation; the wanted
        one is a name or an attribute."""
        wanted_forms = (wanted, *self._aliases(wanted, scope, op))
        queue = [_At(value, scope, op, (), form, (scope, op)) for form in wanted_forms]
        came_from: dict[_At, _At | None] = dict.fromkeys(queue)
        for at in queue:
            if self._is_wanted(at):
                return _steps(at, came_from)
            for part in self._parts(at):
                if part not in came_from and len(came_from) < STEPS:
                    came_from[part] = at
                    queue.append(part)
        return None

    def _aliases(self, wanted: m.Expr, scope: ScopeId, op: int) -> Iterator[m.Expr]:
        """What else the wanted one is called: the one expression that its name is bound to."""
        if isinstance(wanted, m.Name) and self.resolver.owner(wanted.id, scope) == scope and scope.index:
            bound = self.program.only(scope, wanted)
            if bound is not None and bound.kind == "value" and isinstance(bound.expr, m.Name | m.Attr):
                yield bound.expr

    def _is_wanted(self, at: _At) -> bool:
        if at.calls or at.expr is None:
            return False
        wanted = at.wanted
        while wanted != at.expr:
            # what holds the wanted one in an attribute keeps it too
            if not isinstance(wanted, m.Attr) or not self._is_field_of(wanted, at.home[0]):
                return False
            wanted = wanted.base
        root = _root(wanted)
        return root is not None and self._is_same_variable(root, at)

    def _is_field_of(self, attribute: m.Attr, scope: ScopeId) -> bool:
        classes = [v.scope for v in self.resolver.values(attribute.base, scope) if isinstance(v, Instance)]
        return bool(classes) and all(self.flow.fields.keeps(cls, attribute.name) for cls in classes)

    def _is_same_variable(self, name: str, at: _At) -> bool:
        scope, op = at.home
        owner = self.resolver.owner(name, scope)
        if owner is None or owner != self.resolver.owner(name, at.scope):
            return False
        if owner != scope or at.scope != scope:
            return True
        first, last = sorted((at.op, op))
        return not self.flow.reaching.is_overwritten(owner, name, first, last)

    # --- the parts that a value keeps ---

    def _parts(self, at: _At) -> Iterator[_At]:
        match at.expr:
            case None:
                yield from self._left_by(at)
            case m.Name(id=name):
                yield from self._of_name(name, at)
            case m.Display(items=items):
                yield from (at.here(item) for item in items)
            case m.BoolOp() as choice:
                yield from (at.here(part) for part in outcomes(choice))
            case m.DictDisplay(items=entries):
                kept = ((e.key, e.value) for e in entries if e.key is not None)
                yield from (at.here(part) for entry in kept for part in entry)
            case m.Comp(kind=kind, element=element, value=value, clauses=clauses) if kind != "generator":
                bound = {node for clause in clauses for node in w.walk(clause.target)}
                if bound.isdisjoint(w.walk(at.wanted)):
                    yield from (at.here(part) for part in (element, value) if part is not None)
            case m.IfExp(body=body, orelse=orelse):
                yield from (at.here(body), at.here(orelse))
            case m.Await(value=m.Call() as call):
                yield from self._of_call(call, at, awaited=True)
            case m.Await(value=inner) | m.Walrus(value=inner):
                yield at.here(inner)
            case m.Lambda(scope=index):
                yield from self._captured(ScopeId(at.scope.path, index), at)
            case m.Attr() as attribute:
                yield from self._of_attribute(attribute, at)
            case m.Call() as call:
                yield from self._of_call(call, at, awaited=False)

    def _of_name(self, name: str, at: _At) -> Iterator[_At]:
        owner = self.resolver.owner(name, at.scope)
        if owner is None or self.program.facts(owner).kind not in {"function", "lambda"}:
            return
        for binding in self.program.bound(owner, name):
            if not (owner == at.scope and self.flow.reaching.is_overwritten(owner, name, binding.op, at.op)):
                yield from self._bound(binding, owner, at)
        if owner == at.scope:
            yield from self._put_into(name, at)

    def _bound(self, binding: Binding, owner: ScopeId, at: _At) -> Iterator[_At]:
        there = replace(at, scope=ScopeId(owner.path, binding.scope), op=binding.op)
        match binding.kind, binding.expr:
            case "parameter", _:
                yield from self._given(owner, binding.index, at)
            case "value", expr if expr is not None:
                yield there.here(expr)
            case "part", m.Display(items=items) if 0 <= binding.index < len(items):
                yield there.here(items[binding.index])
            case "define", _:
                yield from self._captured(ScopeId(owner.path, binding.index), there)

    def _put_into(self, name: str, at: _At) -> Iterator[_At]:
        """What the scope stores in a local object, in an attribute or as an entry; one that holds its entries weakly
        keeps none."""
        made = (v.name for v in self.resolver.values(m.Name(name), at.scope) if isinstance(v, ExternalResult))
        if any(kind is not None and kind.holds_weakly for kind in map(self.catalog.container, made)):
            return
        for site in self.program.of(at.scope).sites_in(at.scope.index, name):
            if not isinstance(site.node, m.Name):
                continue
            if site.op < at.op and self.flow.reaching.is_overwritten(at.scope, name, site.op, at.op):
                continue
            action = self.program.op(site).action
            value = stored_value(site.node, site.parents, action)
            above = site.parents[-1] if site.parents else None
            if isinstance(above, m.Attr) and isinstance(action, m.Assign) and any(t is above for t in action.targets):
                value = action.value if self._may_be_field(above, at.scope) else None
            if value is not None:
                yield at.here(value, site.op)

    def _may_be_field(self, attribute: m.Attr, scope: ScopeId) -> bool:
        values = self.resolver.values(attribute.base, scope)
        return all(self.flow.fields.keeps(v.scope, attribute.name) for v in values if isinstance(v, Instance))

    def _captured(self, function: ScopeId, at: _At) -> Iterator[_At]:
        """The variables around a function that it or a function inside it uses, and its defaults; `at` is where it is
        made."""
        module = self.program.of(function)
        if module.scope(function.index).kind == "class":
            return
        yield from (at.here(p.default) for p in module.scope(function.index).parameters if p.default is not None)
        yield from (at.here(m.Name(name)) for name, _ in self.flow.scoping.captured(function))

    # --- attributes ---

    def _of_attribute(self, attribute: m.Attr, at: _At) -> Iterator[_At]:
        """The object of a bound method; what a class stores in the attribute of an instance."""
        for value in ordered(self.resolver.values(attribute.base, at.scope)):
            if not isinstance(value, Instance):
                continue
            if self.flow.fields.is_method(value.scope, attribute.name):
                yield at.here(attribute.base)
            elif self.flow.fields.keeps(value.scope, attribute.name):
                for cls in self.resolver.mro(value.scope):
                    for write in self.resolver.writes(cls).get(attribute.name, ()):
                        site = CallSite(at.scope, at.op, None, 1)
                        within = self._entering(write.scope, site, attribute.base, at)
                        yield from (replace(e, expr=write.value, op=write.op) for e in within if write.value)

    # --- calls ---

    def _of_call(self, call: m.Call, at: _At, *, awaited: bool) -> Iterator[_At]:
        for callee in ordered(self.resolver.values(call.func, at.scope)):
            match callee:
                case External(name=name):
                    yield from self._of_external(name, call, at)
                case Class():
                    yield from self._constructed(callee, call, at)
                case Function(scope=function):
                    facts = self.program.facts(function)
                    if facts.is_generator or (facts.is_async and not awaited):
                        continue  # it lets go of what it was given when it ends
                    for within in self._called(callee, call, at):
                        for index, op in enumerate(facts.ops):
                            if isinstance(op.action, m.Return) and op.action.value is not None:
                                yield within.here(op.action.value, index)

    @staticmethod
    def _of_external(name: str, call: m.Call, at: _At) -> Iterator[_At]:
        for argument in call.args:
            if argument.keyword is not None or name in _KEEP_ARGUMENTS - _COPIES:
                if name in _KEEP_ARGUMENTS:
                    yield at.here(argument.value)
            elif name in _COPIES and isinstance(argument.value, m.Display | m.DictDisplay | m.Comp):
                yield at.here(argument.value)
        if name in name_lists().casts and call.args:
            yield at.here(call.args[-1].value)

    def _constructed(self, cls: Class, call: m.Call, at: _At) -> Iterator[_At]:
        for argument in call.args:
            for handle in self.flow.steps.into(cls, call, argument):
                if isinstance(handle, Attribute) and self.flow.fields.keeps(handle.cls, handle.name):
                    yield at.here(argument.value)
        for maker in ordered(self.resolver.class_attribute(cls.scope, "__init__", on_class=False)):
            if isinstance(maker, Function):
                yield from self._entering(maker.scope, CallSite(at.scope, at.op, call, 1), None, at)

    def _called(self, callee: Function, call: m.Call, at: _At) -> Iterator[_At]:
        receiver: m.Expr | None = None
        if callee.receiver is not None and isinstance(call.func, m.Attr):
            receiver = call.func.base
            if is_super(receiver):
                parameters = self.program.facts(at.scope).parameters
                receiver = m.Name(parameters[0].name) if parameters else None
        bound = 1 if callee.receiver is not None and not is_static(self.program.facts(callee.scope)) else 0
        yield from self._entering(callee.scope, CallSite(at.scope, at.op, call, bound), receiver, at)

    def _entering(self, function: ScopeId, site: CallSite, receiver: m.Expr | None, at: _At) -> Iterator[_At]:
        """The inside of a function that is called, unless that is too deep or goes in circles."""
        if len(at.calls) < CALLS and all(entered.function != function for entered in at.calls):
            calls = (*at.calls, _Entered(function, site, receiver))
            yield replace(at, expr=None, scope=function, op=0, calls=calls)

    def _left_by(self, at: _At) -> Iterator[_At]:
        """What a method stores in the attributes of its receiver, and those that it calls on it."""
        owner = self.program.owner_class(at.scope)
        facts = self.program.facts(at.scope)
        if owner is None or not facts.parameters or is_static(facts):
            return
        for name, writes in self.resolver.writes(owner).items():
            for write in writes:
                if write.scope == at.scope and write.value is not None and self.flow.fields.keeps(owner, name):
                    yield at.here(write.value, write.op)
        own = m.Name(facts.parameters[0].name)
        for index, op in enumerate(facts.ops):
            for node in w.nodes(op.action):
                if isinstance(node, m.Call) and isinstance(node.func, m.Attr) and _is_own(node.func.base, own):
                    for callee in ordered(self.resolver.values(node.func, at.scope)):
                        if isinstance(callee, Function) and callee.receiver is not None:
                            yield from self._called(callee, node, at.here(None, index))

    # --- parameters ---

    def _given(self, function: ScopeId, index: int, at: _At) -> Iterator[_At]:
        """What a parameter is: in the call that was followed into the function, or in any call together with the
        wanted one, if that is a parameter of the same function."""
        if at.calls:
            entered = at.calls[-1]
            if entered.function == function:
                expr = self._argument(function, index, entered.site, entered.receiver)
                if expr is not None:
                    site = entered.site
                    yield replace(at, expr=expr, scope=site.scope, op=site.op, calls=at.calls[:-1])
            return
        wanted = self._position(at.wanted, function)
        if wanted is None or at.home[0] != function:
            return
        for site in self.flow.call_sites(function)[:CALLERS]:
            expr, other = (self._argument(function, i, site, self._receiver(function, site)) for i in (index, wanted))
            if expr is not None and other is not None:
                yield _At(expr, site.scope, site.op, (), other, (site.scope, site.op))

    def _position(self, wanted: m.Expr, function: ScopeId) -> int | None:
        parameters = self.program.facts(function).parameters
        return next((i for i, p in enumerate(parameters) if m.Name(p.name) == wanted), None)

    def _receiver(self, function: ScopeId, site: CallSite) -> m.Expr | None:
        if self.program.facts(function).name in name_lists().constructors:
            return site.call
        return site.call.func.base if site.call is not None and isinstance(site.call.func, m.Attr) else None

    def _argument(self, function: ScopeId, index: int, site: CallSite, receiver: m.Expr | None) -> m.Expr | None:
        return receiver if index < site.bound else argument_of(self.program.facts(function), index, site)


def _steps(at: _At, came_from: dict[_At, _At | None]) -> tuple[Place, ...]:
    found: list[Place] = []
    step: _At | None = at
    while step is not None:
        found.append((step.scope, step.op))
        step = came_from[step]
    return tuple(dict.fromkeys(reversed(found)))


def _root(expr: m.Expr) -> str | None:
    while isinstance(expr, m.Attr):
        expr = expr.base
    return expr.id if isinstance(expr, m.Name) else None


def _is_own(base: m.Expr, own: m.Name) -> bool:
    return base == own or is_super(base)
