"""Whether facts that come from a cache can be those of a file: every index and every place in them lies within it."""

from __future__ import annotations

from collections.abc import Iterable

from unbounded_lint.facts import model as m
from unbounded_lint.facts.walk import expressions, walk

_NO_PARENT = -1


def fits(facts: m.ModuleFacts, data: bytes) -> bool:
    """Whether `facts` have the form that the collector gives for a file of these bytes: scopes and frames stand behind
    their parents, what names a scope or a frame names one that there is, and no place lies behind the last line."""
    scopes = facts.scopes
    if facts.schema != m.SCHEMA or not scopes or (scopes[0].kind, scopes[0].parent) != ("module", _NO_PARENT):
        return False
    lines = data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n") + 1
    parents = [scope.parent for scope in scopes]
    return all(
        (index == 0 or 0 <= scope.parent < index) and _scope_fits(index, scope, parents, lines)
        for index, scope in enumerate(scopes)
    )


def _scope_fits(index: int, scope: m.Scope, parents: list[int], lines: int) -> bool:
    return (
        _frames_fit(scope)
        and all(0 <= op.frame < len(scope.frames) for op in scope.ops)
        and all(_lies_within(span, lines) for span in (scope.span, scope.name_span, *(op.span for op in scope.ops)))
        and all(_parent(op.action.scope, parents) == index for op in scope.ops if isinstance(op.action, m.Define))
        # A lambda in a default stands in the scope around the function.
        and all(
            _part_fits(part, (index, scope.parent), parents, lines)
            for top in _tops(scope)
            for part in walk(top)
            if isinstance(part, m.Call | m.Lambda)
        )
    )


def _parent(scope: int, parents: list[int]) -> int | None:
    """The parent of a scope other than the module, None when there is no such scope."""
    return parents[scope] if 0 < scope < len(parents) else None


def _frames_fit(scope: m.Scope) -> bool:
    frames = scope.frames
    return (
        len(frames) > 0
        and frames[0].parent == _NO_PARENT
        and all(0 <= frame.parent < index for index, frame in enumerate(frames) if index)
        and all(0 <= frame.op <= len(scope.ops) for frame in frames)
    )


def _lies_within(span: m.Span, lines: int) -> bool:
    return 1 <= span.line <= span.end_line <= lines and span.column >= 1 and span.end_column >= 1


def _part_fits(part: m.Call | m.Lambda, around: tuple[int, int], parents: list[int], lines: int) -> bool:
    return _lies_within(part.span, lines) if isinstance(part, m.Call) else _parent(part.scope, parents) in around


def _tops(scope: m.Scope) -> Iterable[m.Expr]:
    for op in scope.ops:
        yield from expressions(op.action)
        if isinstance(op.action, m.Assign) and op.action.annotation is not None:
            yield op.action.annotation
    for frame in scope.frames:
        yield from _present(frame.head, frame.target)
    for parameter in scope.parameters:
        yield from _present(parameter.annotation, parameter.default)
    yield from scope.decorators
    yield from (base.value for base in scope.bases)
    yield from _present(scope.returns)


def _present(*parts: m.Expr | None) -> tuple[m.Expr, ...]:
    return tuple(part for part in parts if part is not None)
