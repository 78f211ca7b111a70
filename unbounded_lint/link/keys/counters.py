"""Variables and attributes that count: what they are given is made of what they were, and more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.catalog.load import name_lists
from unbounded_lint.facts import model as m
from unbounded_lint.link.dataflow.values import Class, Instance, Module, Value
from unbounded_lint.link.keys.material import Material
from unbounded_lint.link.keys.origins import Domain, Origin, opened
from unbounded_lint.link.program.blocks import is_true, loops_around
from unbounded_lint.link.program.definitions import expanded
from unbounded_lint.link.program.kept import kept
from unbounded_lint.link.program.literals import is_listed, is_plain, is_text
from unbounded_lint.link.program.module import ScopeId

_Way: TypeAlias = Literal["up", "down", "other"]
_WAYS: dict[str, _Way] = {"+": "up", "*": "up", "**": "up", "<<": "up", "-": "down"}
_CAPS = frozenset({"%", "&", "//", ">>", "min"})
"""Operators and functions after which a number comes back to where it was, or stays small."""


class _Change(NamedTuple):
    """One value that is given: where, the value or what is added, and which way it goes from the value before."""

    scope: ScopeId
    op: int
    value: m.Expr
    way: _Way


class Counters:
    """Finds counters. Memoised."""

    def __init__(self, material: Material) -> None:
        self.material = material
        self.program = material.program

    def variable(self, name: str, owner: ScopeId) -> Origin | None:
        """What a variable of a scope gives that counts; None for one that does not."""
        bindings = [
            b for b in self.program.bound(owner, name) if b.kind in {"value", "augmented"} and b.expr is not None
        ]
        if owner.index and not any(is_plain(b.expr) for b in bindings):
            return None
        changes = [
            change
            for b in bindings
            if b.op >= 0 and (change := self._change(m.Name(name), ScopeId(owner.path, b.scope), b.op)) is not None
        ]
        if not owner.index:
            module = Module(self.program.of(owner).name)
            changes += (c for base, c in self._of_attributes(name) if module in base)
        return self._judged(name, changes, [b.expr for b in bindings], owner if owner.index else None)

    def attribute(self, cls: ScopeId, name: str) -> Origin | None:
        """The same, of an attribute of a class or of its instances."""
        changes = [c for base, c in self._of_attributes(name) if any(self._is_of(value, cls) for value in base)]
        given = [
            b.expr for c in self.material.resolver.mro(cls) for b in self.program.bound(c, name) if b.expr is not None
        ]
        return self._judged(name, changes, given, None) if changes else None

    def _is_of(self, value: Value, cls: ScopeId) -> bool:
        return isinstance(value, Class | Instance) and self.material.resolver.related(value.scope, cls)

    def _judged(
        self, name: str, changes: Iterable[_Change], given: Iterable[m.Expr | None], owner: ScopeId | None
    ) -> Origin | None:
        """What changes make of a name, which is a variable of the function `owner` if any."""
        later = [c for c in changes if not self.material.is_import_time(c.scope, c.op)]
        steps = [c for c in later if c.way != "other"]
        values = [*given, *(c.value for c in changes)]
        if not steps or any(is_text(v) or is_listed(v) for v in values) or not any(map(is_plain, values)):
            return None
        comes_back = len({c.way for c in steps}) > 1 or any(self._starts_again(c, owner) for c in later)
        if comes_back or all(c.scope == owner and not self._is_endless(c) for c in steps):
            return Origin(Domain("unknown", f"`{name}` is counted up, and comes back", source="counter"))
        return opened(f"`{name}` is counted up", "counter", hinted=True)

    def _starts_again(self, change: _Change, owner: ScopeId | None) -> bool:
        """Whether a constant is given by a function that does not make the variable or the object."""
        facts = self.program.facts(change.scope)
        if change.way != "other" or not isinstance(change.value, m.Const) or change.value.kind == "none":
            return False
        if change.scope == owner:
            return bool(loops_around(facts, change.op))
        return facts.name not in name_lists().constructors

    def _is_endless(self, step: _Change) -> bool:
        facts = self.program.facts(step.scope)
        loops = (facts.frames[frame] for frame in loops_around(facts, step.op))
        return any(loop.is_async or (loop.kind == "while" and is_true(loop.head)) for loop in loops)

    # --- what is written ---

    @kept
    def _of_attributes(self, name: str) -> tuple[tuple[frozenset[Value], _Change], ...]:
        """What the program gives attributes of a name, with what they are attributes of, where any of it counts."""
        found = []
        for site in self.program.sites(name):
            if isinstance(site.node, m.Attr) and not site.parents:
                change = self._change(site.node, site.scope, site.op)
                if change is not None:
                    found.append((site.node.base, change))
        if all(change.way == "other" for _, change in found):
            return ()
        return tuple((self.material.resolver.values(base, change.scope), change) for base, change in found)

    def _change(self, target: m.Expr, scope: ScopeId, op: int) -> _Change | None:
        match self.program.action(scope, op):
            case m.AugAssign(target=changed, op=operator, value=value) if changed == target:
                return _Change(scope, op, value, _WAYS.get(operator, "other"))
            case m.Assign(targets=targets, value=value) if value is not None and target in targets:
                return _Change(scope, op, value, self._way(target, value, scope, op))
        return None

    def _way(self, target: m.Expr, value: m.Expr, scope: ScopeId, op: int) -> _Way:
        """Which way a value goes that is assigned: none, unless it is made of the target and more."""
        nodes = tuple(expanded(self.program, value, scope, op))
        if target not in nodes or not _CAPS.isdisjoint(_operators(nodes)) or any(isinstance(n, m.IfExp) for n in nodes):
            return "other"
        return next((_WAYS[operator] for operator in _operators(nodes) if operator in _WAYS), "other")


def _operators(nodes: Iterable[m.Expr]) -> Iterator[str]:
    """The operators in some expressions, and the names of the functions."""
    for node in nodes:
        match node:
            case m.Binary(op=operator):
                yield operator
            case m.Call(func=m.Name(id=name)):
                yield name
