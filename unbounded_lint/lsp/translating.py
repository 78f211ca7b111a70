"""What is found, in the words of the protocol."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from lsprotocol import types

from unbounded_lint import ignoring
from unbounded_lint.lsp import actions
from unbounded_lint.lsp.messages import Encoding, Report, Span, Spot

SOURCE = "unbounded-lint"
"""Whose diagnostics they are."""

SHOW_RULE = "unbounded-lint.showRule"
"""The command that shows the text of a rule, which it takes the code of."""

_SEVERITY: Mapping[str, types.DiagnosticSeverity] = MappingProxyType(
    {
        "high": types.DiagnosticSeverity.Warning,
        "medium": types.DiagnosticSeverity.Information,
        "low": types.DiagnosticSeverity.Hint,
    }
)
_OF_FILES = frozenset({"UBM900", "UBM901"})
"""Rules that tell of a file that was not analysed: errors, which no comment answers."""

_NEEDLESS = "UBM902"


def path_of(uri: str) -> str | None:
    """The path of a file by its address, as discovery has it; None for what is no file on this machine."""
    from pygls.uris import to_fs_path

    path = to_fs_path(uri)
    if not path or "\0" in path:
        return None
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def range_of(span: Span) -> types.Range:
    """A span as a range."""
    start = types.Position(span.line, span.character)
    return types.Range(start, types.Position(span.end_line, span.end_character))


def diagnostic(report: Report, uri: Callable[[str], str]) -> types.Diagnostic:
    """A finding as a diagnostic; uri gives the address of a file."""
    severity = types.DiagnosticSeverity.Error if report.code in _OF_FILES else _SEVERITY[report.confidence]
    return types.Diagnostic(
        range=range_of(report.span),
        message=f"{report.message}\nhelp: {report.advice}" if report.advice else report.message,
        severity=severity,
        code=report.code,
        code_description=types.CodeDescription(Path(report.page).as_uri()),
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if report.code == _NEEDLESS else None,
        related_information=[
            types.DiagnosticRelatedInformation(types.Location(uri(one.path), range_of(one.span)), one.text)
            for one in report.related
        ],
    )


def hover(spots: Iterable[Spot], position: types.Position, markdown: bool) -> types.Hover | None:
    """What is known of the containers at a position: of places inside each other, the innermost."""
    at = (position.line, position.character)
    around = [one for one in spots if one.span[:2] <= at <= one.span[2:]]
    if not around:
        return None
    innermost = max(around, key=lambda one: (one.span[:2], [-number for number in one.span[2:]])).span
    texts = dict.fromkeys(one.text for one in around if one.span == innermost)
    kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
    joint = "\n\n---\n\n" if markdown else "\n\n"
    return types.Hover(types.MarkupContent(kind, joint.join(texts)), range_of(innermost))


def code_actions(
    given: Sequence[types.Diagnostic], reports: Sequence[Report], uri: str, text: str, encoding: Encoding
) -> Iterator[types.CodeAction]:
    """What can be done about diagnostics of a file with this text: they are where the client has moved them to."""
    growth = {report.code for report in reports if report.growth}
    for one in given:
        code = one.code
        if one.source != SOURCE or not isinstance(code, str):
            continue
        if not code.startswith("UBM9"):
            title = f"Ignore {code} here: {ignoring.comment({code}, actions.WHY)}"
            yield from _editing(one, uri, title, actions.ignoring(text, one.range.start.line, code, encoding))
        if code in growth:
            comment = actions.declaring_bounded()
            edit = actions.commented(text, one.range.start.line, comment, encoding)
            yield from _editing(one, uri, f"Declare it bounded: {comment}", edit)
        title = f"Show the rule {code}"
        yield types.CodeAction(
            title=title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[one],
            command=types.Command(title=title, command=SHOW_RULE, arguments=[code]),
        )


def _editing(about: types.Diagnostic, uri: str, title: str, edit: actions.Edit | None) -> Iterator[types.CodeAction]:
    if edit is not None:
        yield types.CodeAction(
            title=title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[about],
            edit=types.WorkspaceEdit(changes={uri: [types.TextEdit(range_of(edit.span), edit.text)]}),
        )
