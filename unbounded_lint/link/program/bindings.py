"""How a name gets its value in a scope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from unbounded_lint.facts import model as m

BindingKind: TypeAlias = Literal[
    "value", "item", "part", "item-part", "entered", "parameter", "import", "define", "augmented", "other"
]
ITEMS: frozenset[BindingKind] = frozenset({"item", "item-part"})
"""The kinds of a name that a loop or a comprehension gives its value."""


class Binding(NamedTuple):
    """One way in which a name gets its value in a scope.

    kind is value, item (an element of `expr`), part (the `index`th of the unpacked `expr`), item-part (the `index`th
    of an element of `expr`), entered (`with expr as name`), parameter
    (the `index`th), import, define (scope `index`), augmented or other. `scope` and `op` say where that happens.
    """

    kind: BindingKind
    scope: int
    op: int
    expr: m.Expr | None = None
    index: int = 0  # type: ignore[assignment]
    imported: m.ImportedName | None = None

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


def frame_bindings(scope: int, frame: m.Frame) -> Iterator[tuple[str, Binding]]:
    """The names that the target of a block binds."""
    if frame.target is None:
        return
    for name, position in target_names(frame.target):
        if frame.kind == "for" and frame.head is not None:
            yield name, item_binding(scope, frame.op, frame.head, position)
        elif frame.kind == "with" and frame.head is not None and position is None:
            yield name, Binding("entered", scope, frame.op, frame.head)
        else:
            yield name, Binding("other", scope, frame.op)
