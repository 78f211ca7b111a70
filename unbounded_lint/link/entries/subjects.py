"""The conditions under which an operation runs, taken apart, and whether they are about an entry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.facts import walk as w
from unbounded_lint.link.dataflow.clocks import tells_time
from unbounded_lint.link.dataflow.scoping import is_static
from unbounded_lint.link.dataflow.uses import Query
from unbounded_lint.link.dataflow.values import argument_of, is_fresh
from unbounded_lint.link.program.bindings import ITEMS, Binding, BindingKind
from unbounded_lint.link.program.blocks import held_at
from unbounded_lint.link.program.module import ScopeId
from unbounded_lint.link.program.truth import Asked, held

_GIVEN: frozenset[BindingKind] = frozenset({"value", "part", "entered", *ITEMS})
_STEPS = 4


def asked_at(facts: m.Scope, op: int, parents: tuple[m.Expr, ...], node: m.Expr) -> tuple[Asked, ...]:
    """What must hold for a part of an operation to be evaluated: conjunctions are taken apart."""
    if not 0 <= op < len(facts.ops):
        return ()
    found = list(held_at(facts, op))
    for above, below in pairwise((*parents, node)):
        match above:
            case m.BoolOp(op=operator, items=items):
                for item in items:
                    if item is below:
                        break
                    found += held(item, operator == "and")
            case m.IfExp(test=test, body=body) if below is not test:
                found += held(test, below is body)
    return tuple(dict.fromkeys(condition for condition in found if not isinstance(condition.expr, m.Const)))


def contradicts(one: Iterable[Asked], other: Iterable[Asked]) -> bool:
    """Whether two sets of conditions cannot hold together."""
    held = set(other)
    return any(Asked(condition.expr, not condition.truth) in held for condition in one)


About: TypeAlias = Literal["entry", "bulk", "container", "other"]
"""What a condition asks: a property of the entry, one of the entries that are in the container, the container's size or
a key, or anything else (whether the timer runs, settings)."""


class Subjects(Query):
    """Tells which local names stand for an entry that is put into a container, and what a condition is about."""

    # --- names of an entry ---

    def names(self, scope: ScopeId, key: tuple[m.Expr, ...], value: tuple[m.Expr, ...]) -> frozenset[str]:
        """The local names that an entry is made of: parameters of the function, what is derived from them, and what
        its key and value mention."""
        mentioned = self._local(key, scope)
        mentioned |= {name for name in self._local(value, scope) if not self._is_plain(name, scope, value)}
        found = self._backward(mentioned, scope)
        found |= {name for name in self.parameters(scope) if not self._is_switch(scope, name)}
        return self._forward(found, scope)

    def parameters(self, scope: ScopeId) -> tuple[str, ...]:
        """The names of a function's parameters but for its receiver."""
        facts = self.program.facts(scope)
        own = 1 if self.program.owner_class(scope) is not None and not is_static(facts) else 0
        return tuple(p.name for p in facts.parameters[own:])

    def derives(self, exprs: tuple[m.Expr, ...], scope: ScopeId) -> bool:
        """Whether expressions are made of the function's parameters."""
        return bool(self._backward(self._local(exprs, scope), scope) & set(self.parameters(scope)))

    def _local(self, exprs: tuple[m.Expr, ...], scope: ScopeId) -> frozenset[str]:
        return frozenset(
            node.id
            for expr in exprs
            for node in w.walk(expr)
            if isinstance(node, m.Name)
            and scope.index
            and self.resolver.owner(node.id, scope) == scope
            and not self._is_receiver(node.id, scope)
        )

    def _is_receiver(self, name: str, scope: ScopeId) -> bool:
        return name not in self.parameters(scope) and any(p.name == name for p in self.program.facts(scope).parameters)

    def _is_plain(self, name: str, scope: ScopeId, value: tuple[m.Expr, ...]) -> bool:
        """Whether a name in a value holds a clock's time, a configuration or the like, not something of the entry."""
        whole = any(isinstance(v, m.Name) and v.id == name for v in value)
        bound = [b.expr for b in self.program.bound(scope, name) if b.kind == "value"]
        calls = [expr for expr in bound if isinstance(expr, m.Call) and not expr.args]
        plain = calls if not whole else [call for call in calls if tells_time(call, scope, self.resolver)]
        return bool(bound) and len(plain) == len(bound)

    def _backward(self, names: frozenset[str], scope: ScopeId) -> frozenset[str]:
        """The names, and those that they are made of."""
        found, queue = set(names), sorted(names)
        bindings = self.program.of(scope).names.of(scope.index)
        while queue:
            for binding in bindings.get(queue.pop(), ()):
                expr = binding.expr if binding.scope == scope.index and binding.kind != "parameter" else None
                if expr is not None:
                    more = self._local((expr,), scope) - found
                    found |= more
                    queue += sorted(more)
        return frozenset(found)

    def _forward(self, names: frozenset[str], scope: ScopeId) -> frozenset[str]:
        """The names, and those that are made of them."""
        bindings = self.program.of(scope).names.of(scope.index)
        for _ in range(_STEPS):
            names |= {name for name, bound in bindings.items() if any(self._is_of(b, scope, names) for b in bound)}
        return names

    def _is_of(self, binding: Binding, scope: ScopeId, names: frozenset[str]) -> bool:
        expr = binding.expr if binding.scope == scope.index and binding.kind in _GIVEN else None
        return (
            expr is not None and bool(self._local((expr,), scope) & names) and not self._asks_state(expr, scope, names)
        )

    def _is_switch(self, scope: ScopeId, name: str) -> bool:
        """Whether callers use a parameter to switch something on or off, if they give it at all."""
        facts = self.program.facts(scope)
        index = next(i for i, p in enumerate(facts.parameters) if p.name == name)
        default = facts.parameters[index].default
        sites = [s for s in self.flow.call_sites(scope) if s.call is not None]
        given = [argument_of(facts, index, site) for site in sites]
        if any(g is not None and not isinstance(g, m.Const) for g in given):
            return False
        return default == m.Const("bool", "True") or (bool(sites) and default is not None)

    # --- what a condition is about ---

    def about(self, condition: Asked, scope: ScopeId, names: frozenset[str], held: frozenset[int]) -> About:
        """What a condition asks, of an entry made of `names` or of the container, which the expressions with the
        identities `held` stand for.
        """
        parts = list(w.walk(condition.expr))
        if any(id(part) in held for part in parts):
            return "bulk" if any(_asks_entries(part, held) for part in parts) else "container"
        if isinstance(condition.expr, m.BoolOp):
            found = {self.about(Asked(i, condition.truth), scope, names, held) for i in condition.expr.items}
            return found.pop() if len(found) == 1 else "other"
        if not self._local((condition.expr,), scope) & names or self._asks_state(condition.expr, scope, names):
            return "other"
        return "entry"

    def _asks_state(self, expr: m.Expr, scope: ScopeId, names: frozenset[str]) -> bool:
        """Whether an expression asks for anything that changes and is not the entry itself."""
        return any(self._changes(node, scope, names) for node in w.walk(expr))

    def _changes(self, node: m.Expr, scope: ScopeId, names: frozenset[str]) -> bool:
        match node:
            case m.Name(id=name):
                return self._name_changes(name, scope)
            case m.Attr(base=m.Name(id=base), name=name) if self._is_receiver(base, scope):
                return self._attribute_changes(name, scope)
            case m.Call(func=m.Attr(base=m.Name(id=base))) if base in names:
                return False
            case m.Call(func=func):
                # What a function of the project says may rest on more than its arguments.
                return bool(self.resolver.functions(func, scope))
        return False

    def _name_changes(self, name: str, scope: ScopeId) -> bool:
        owner = self.resolver.owner(name, scope)
        if owner is None or owner == scope:
            return False
        bindings = self.program.bound(owner, name)
        return any(
            b.scope != owner.index or b.kind == "augmented" or (b.expr is not None and is_fresh(b.expr))
            for b in bindings
        )

    def _attribute_changes(self, name: str, scope: ScopeId) -> bool:
        cls = self.flow.scoping.enclosing_class(scope)
        if cls is None:
            return True
        writes = [write for c in self.resolver.mro(cls) for write in self.resolver.writes(c).get(name, ())]
        return any(
            self.program.facts(write.scope).name not in name_lists().constructors
            or (write.value is not None and is_fresh(write.value))
            for write in writes
        )


def _asks_entries(part: m.Expr, held: frozenset[int]) -> bool:
    """`any(entry.deadline for entry in X.values())`."""
    if not isinstance(part, m.Comp):
        return False
    walks = (clause for clause in part.clauses if any(id(inner) in held for inner in w.walk(clause.iterable)))
    targets = {name for clause in walks for name in w.names(clause.target)}
    tests = [part.element, *(test for clause in part.clauses for test in clause.conditions)]
    return any(
        isinstance(node, m.Attr | m.Sub) and isinstance(node.base, m.Name) and node.base.id in targets
        for test in tests
        for node in w.walk(test)
    )


# --- in words ---


def shown(condition: Asked) -> str:
    """A condition as a message shows it."""
    inner = _text(condition.expr, 4)
    if condition.truth:
        return inner
    return f"not ({inner})" if isinstance(condition.expr, m.Compare | m.BoolOp | m.Binary) else f"not {inner}"


def _text(expr: m.Expr, depth: int) -> str:
    """An expression as written, but for what is too deep or of no common form."""
    match expr:
        case m.Const(kind=kind, value=value):
            return repr(value) if kind == "str" else value
        case m.Call(func=func, args=args):
            return f"{w.dotted(func) or '...'}({'...' if args else ''})"
        case m.Sub(base=base, index=index) if depth:
            return f"{_text(base, depth - 1)}[{_text(index, depth - 1)}]"
        case m.Compare(left=left, ops=ops, items=items) if depth:
            pairs = zip(ops, items, strict=True)
            return " ".join([_text(left, depth - 1), *(f"{o} {_text(i, depth - 1)}" for o, i in pairs)])
        case m.BoolOp(op=operator, items=items) | m.Binary(op=operator, items=items) if depth:
            return f" {operator} ".join(_text(i, depth - 1) for i in items)
    return w.dotted(expr) or "..."


def in_place(test: m.Expr, name: m.Name, argument: m.Expr) -> m.Expr:
    """The test with an argument in place of the parameter that it asks for."""
    match test:
        case m.Name():
            return argument if test is name else test
        case m.Attr(base=base, name=attribute):
            return m.Attr(in_place(base, name, argument), attribute)
        case m.Compare(left=left, ops=ops, items=items):
            return m.Compare(in_place(left, name, argument), ops, items)
    return test


def names_in_front(test: m.Expr) -> Iterator[m.Name]:
    """The name whose value or attribute a test asks for, alone or compared with a constant."""
    if isinstance(test, m.Compare) and len(test.items) == 1 and isinstance(test.items[0], m.Const):
        test = test.left
    while isinstance(test, m.Attr):
        test = test.base
    if isinstance(test, m.Name):
        yield test
