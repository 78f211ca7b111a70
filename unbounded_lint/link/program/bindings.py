"""How a name gets its value in a scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec

from unbounded_lint.facts import model as m
from unbounded_lint.link.program.kept import kept

BindingKind: TypeAlias = Literal[
    "value", "item", "part", "item-part", "entered", "parameter", "import", "define", "augmented", "other"
]
ITEMS: frozenset[BindingKind] = frozenset({"item", "item-part"})
"""The kinds of a name that a loop or a comprehension gives its value."""


class Binding(msgspec.Struct, frozen=True, gc=False):
    """One way in which a name gets its value in a scope.

    kind is value, item (an element of `expr`), part (the `index`th of the unpacked `expr`), item-part (the `index`th
    of an element of `expr`), entered (`with expr as name`), parameter
    (the `index`th), import, define (scope `index`), augmented or other. `scope` and `op` say where that happens.
    """

    kind: BindingKind
    scope: int
    op: int
    expr: m.Expr | None = None
    index: int = 0
    imported: m.ImportedName | None = None
    annotation: m.Expr | None = None

    @property
    def given(self) -> m.Expr | None:
        """What is written for the name alone, by itself or as its part of a display."""
        if self.kind == "part" and isinstance(self.expr, m.Display) and 0 <= self.index < len(self.expr.items):
            return self.expr.items[self.index]
        return self.expr if self.kind == "value" else None


def item_binding(scope: int, at: int, iterable: m.Expr, position: int | None) -> Binding:
    """The binding of a name to the elements of an iterable, or to a part of each."""
    return Binding("item" if position is None else "item-part", scope, at, iterable, position or 0)


def target_names(target: m.Expr) -> Iterator[tuple[str, int | None]]:
    """The names a target binds, each with its position in the unpacked value (None: the whole value; -1: deeper in
    it)."""
    if isinstance(target, m.Name):
        yield target.id, None
    elif isinstance(target, m.Display):
        for index, item in enumerate(target.items):
            inner = item.value if isinstance(item, m.Star) else item
            for name, position in target_names(inner):
                yield name, index if position is None and inner is item else -1


def frame_bindings(scope: int, frame: m.Frame, last: int) -> Iterator[tuple[str, Binding]]:
    """The names that the target of a block binds, where its body begins; an empty body at the very end of a scope has
    no operation of its own, so the last one stands for it."""
    if frame.target is None:
        return
    op = min(frame.op, last)
    for name, position in target_names(frame.target):
        if frame.kind == "for" and frame.head is not None:
            yield name, item_binding(scope, op, frame.head, position)
        elif frame.kind == "with" and frame.head is not None and position is None:
            yield name, Binding("entered", scope, op, frame.head)
        else:
            yield name, Binding("other", scope, op)


def _part_bindings(scope: int, at: int, part: m.Walrus | m.Comp) -> Iterator[tuple[str, Binding]]:
    """The names that a part of an operation binds."""
    if isinstance(part, m.Walrus):
        yield part.target, Binding("value", scope, at, part.value)
        return
    for clause in part.clauses:
        for name, position in target_names(clause.target):
            yield name, item_binding(scope, at, clause.iterable, position)


_Inside: TypeAlias = Mapping[tuple[int, int], Sequence[m.Walrus | m.Comp]]


class Names:
    """The names of a file's scopes. `inside` gives the parts of operations that bind names of their own, by scope and
    operation."""

    def __init__(self, scopes: Sequence[m.Scope], inside: Callable[[], _Inside]) -> None:
        self._scopes = scopes
        self._inside = inside

    def of(self, index: int) -> Mapping[str, tuple[Binding, ...]]:
        """Name -> how it is bound in the scope that owns it, `global` and `nonlocal` writes from elsewhere included."""
        return self._bindings[index]

    @cached_property
    def _bindings(self) -> tuple[Mapping[str, tuple[Binding, ...]], ...]:
        scopes = self._scopes
        own = [tuple(self._own_bindings(index)) for index in range(len(scopes))]
        names = [
            {name for name, _ in found} - {*scope.globals, *scope.nonlocals}
            for found, scope in zip(own, scopes, strict=True)
        ]
        table: list[dict[str, list[Binding]]] = [{} for _ in scopes]
        for index, found in enumerate(own):
            for name, binding in found:
                table[self._owner(index, name, names)].setdefault(name, []).append(binding)
        return tuple({name: tuple(bound) for name, bound in entry.items()} for entry in table)

    @kept
    def bound_at(self, index: int) -> Mapping[int, Sequence[tuple[str, Binding]]]:
        """Operation of a scope -> the names it binds, and to what; the target of a block counts for the operation
        before it, which evaluates what the target gets."""
        found: dict[int, list[tuple[str, Binding]]] = {}
        for name, binding in self._own_bindings(index):
            found.setdefault(binding.op, []).append((name, binding))
            if binding.kind in ITEMS or binding.kind == "entered":
                found.setdefault(binding.op - 1, []).append((name, binding))
        return found

    @kept
    def bound_by(self, index: int, name: str) -> Sequence[int]:
        """The operations of a scope that bind a name of its own, in order."""
        return sorted(binding.op for binding in self.of(index).get(name, ()) if binding.scope == index)

    @cached_property
    def bound_elsewhere(self) -> tuple[tuple[str, ...], ...]:
        """Scope -> its names that other scopes give a value, by `global` or `nonlocal`."""
        return tuple(
            tuple(name for name, bindings in names.items() if any(b.scope != index for b in bindings))
            for index, names in enumerate(self._bindings)
        )

    def _owner(self, index: int, name: str, names: Sequence[set[str]]) -> int:
        scope = self._scopes[index]
        if name in scope.globals:
            return 0
        if name not in scope.nonlocals:
            return index
        outer = scope.parent
        while outer > 0 and name not in names[outer]:
            outer = self._scopes[outer].parent
        return max(outer, 0)

    def _own_bindings(self, index: int) -> Iterator[tuple[str, Binding]]:
        scope = self._scopes[index]
        for position, parameter in enumerate(scope.parameters):
            yield parameter.name, Binding("parameter", index, -1, parameter.default, position)
        inside = self._inside()
        for op_index, op in enumerate(scope.ops):
            yield from self._op_bindings(index, op_index, op.action)
            for part in inside.get((index, op_index), ()):
                yield from _part_bindings(index, op_index, part)
        for frame in scope.frames:
            yield from frame_bindings(index, frame, len(scope.ops) - 1)

    def _op_bindings(self, scope: int, at: int, action: m.Action) -> Iterator[tuple[str, Binding]]:
        match action:
            case m.Assign(targets=targets, value=value, annotation=annotation) if value is not None:
                for name, position in (named for target in targets for named in target_names(target)):
                    kind: BindingKind = "value" if position is None else "part"
                    yield name, Binding(kind, scope, at, value, position or 0, annotation=annotation)
            case m.AugAssign(target=m.Name(id=name), value=value):
                yield name, Binding("augmented", scope, at, value)
            case m.Import(names=names):
                for imported in names:
                    yield imported.bound, Binding("import", scope, at, None, 0, imported)
            case m.Define(scope=defined):
                yield self._scopes[defined].name, Binding("define", scope, at, None, defined)
