"""Edits of source text by the spans of facts, and the one edit that needs the syntax tree: taking a `finally` apart."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import NamedTuple

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from unbounded_lint.facts.model import Span


class Edit(NamedTuple):
    """Replaces a span of a file by other text."""

    path: str
    span: Span
    text: str


def piece(text: str, span: Span) -> str:
    """The text of a span."""
    start, end = _offsets(text, span)
    return text[start:end]


def edited(files: dict[str, str], edits: Iterable[Edit]) -> dict[str, str]:
    """The files that edits change, changed; an edit inside another is left out."""
    by_path: dict[str, set[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, set()).add(edit)
    found = {}
    for path, changes in by_path.items():
        text = files[path]
        spans = sorted((*_offsets(text, edit.span), edit.text) for edit in changes)
        outer = [
            s for s in spans if not any(o is not s and o[0] <= s[0] and s[1] <= o[1] and o[:2] != s[:2] for o in spans)
        ]
        for start, end, new in sorted(outer, reverse=True):
            text = text[:start] + new + text[end:]
        found[path] = text
    return found


def _offsets(text: str, span: Span) -> tuple[int, int]:
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1


def is_whole(text: str) -> bool:
    """Whether a text is a Python module."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def try_around(text: str, line: int) -> int | None:
    """The line of the innermost `try` whose `finally` holds a line, None where there is none or where its handlers
    catch everything and go on: then the code behind it runs as surely as the `finally` did."""
    found = None
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Try) and node.finalbody:
            first, last = node.finalbody[0].lineno, node.finalbody[-1].end_lineno or 0
            if first <= line <= last and not _swallows(node):
                found = max(found or 0, node.lineno)
    return found


def _swallows(node: ast.Try) -> bool:
    if any(isinstance(part, ast.Return) for statement in node.body for part in ast.walk(statement)):
        return False
    return any(
        _catches_all(h) and not any(isinstance(p, ast.Raise | ast.Return) for p in ast.walk(h)) for h in node.handlers
    )


def _catches_all(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


class _Flatten(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, line: int, keep: bool) -> None:
        super().__init__()
        self.line = line
        self.keep = keep

    def leave_Try(
        self, original_node: cst.Try, updated_node: cst.Try
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        if self.get_metadata(PositionProvider, original_node).start.line != self.line or updated_node.finalbody is None:
            return updated_node
        behind = _statements(updated_node.finalbody.body) if self.keep else []
        if updated_node.handlers:
            return cst.FlattenSentinel([updated_node.with_changes(finalbody=None), *behind])
        return cst.FlattenSentinel([*_statements(updated_node.body), *behind])


def _statements(body: cst.BaseSuite) -> list[cst.BaseStatement]:
    if isinstance(body, cst.SimpleStatementSuite):
        return [cst.SimpleStatementLine(body.body)]
    return list(body.body)


def without_finally(text: str, line: int, *, keep: bool) -> str:
    """The text with the `finally` of the `try` at a line turned into plain code behind it (keep), or deleted."""
    return MetadataWrapper(cst.parse_module(text)).visit(_Flatten(line, keep)).code
