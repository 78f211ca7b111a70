"""What is found, in the words of the protocol."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from lsprotocol import types

from unbounded_lint.lsp import actions
from unbounded_lint.lsp.desk import Document
from unbounded_lint.lsp.messages import Change, Encoding, Repair, Report, Span, Spot, Subject

SOURCE = "unbounded-lint"
"""Whose diagnostics they are."""

SHOW_RULE = "unbounded-lint.showRule"
"""The command that shows the text of a rule, which it takes the code of."""

REPAIR = "unbounded-lint.repair"
"""The command that repairs a finding, which it takes the address of a file, a code and a symbol of."""

Repairing: TypeAlias = Literal["resolve", "command"] | None
"""How a client has a finding repaired: it asks for the edit of an action that it was offered, is sent one by a command,
or can do neither."""

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
    given: Sequence[types.Diagnostic],
    reports: Sequence[Report],
    document: Document,
    encoding: Encoding,
    repairing: Repairing,
) -> Iterator[types.CodeAction]:
    """What can be done about diagnostics of an open file: they are where the client has moved them to."""
    uri, text = document.uri, document.text
    growth = {report.code for report in reports if report.growth}
    for one in given:
        code = one.code
        if one.source != SOURCE or not isinstance(code, str):
            continue
        if not code.startswith("UBM9"):
            title = f"Ignore {code} here: {actions.IGNORED.comment({code})}"
            yield from _editing(one, uri, title, actions.ignoring(text, one.range.start.line, code, encoding))
        if code in growth:
            title = f"Declare it bounded: {actions.BOUNDED.comment()}"
            yield from _editing(one, uri, title, actions.declaring(text, one.range.start.line, encoding))
        report = _reported(one, reports)
        if report is not None and report.repairable and repairing is not None:
            yield _repairing(one, report, uri, repairing)
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


def _reported(given: types.Diagnostic, reports: Iterable[Report]) -> Report | None:
    """What a diagnostic was made of: of several that read alike the nearest, since a client moves it with its text."""
    alike = [one for one in reports if one.code == given.code and given.message.startswith(one.message)]
    return min(alike, key=lambda one: abs(one.span.line - given.range.start.line), default=None)


def _repairing(about: types.Diagnostic, report: Report, uri: str, repairing: Repairing) -> types.CodeAction:
    """The offer of a repair, which takes as long to find as an analysis: it is looked for once somebody chooses it."""
    title = f"Repair: {report.code} {report.name} (unsafe)"
    which = [uri, *report.subject]
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[about],
        is_preferred=False,
        data=which if repairing == "resolve" else None,
        command=types.Command(title=title, command=REPAIR, arguments=which) if repairing == "command" else None,
    )


def chosen(data: object) -> tuple[str, Subject] | None:
    """The address and the finding that an action for a repair is about, None for another one."""
    match data:
        case [str(uri), str(code), str(symbol)]:
            return uri, Subject(code, symbol)
    return None


def edit(repair: Repair, documents: Mapping[str, Document], *, versioned: bool) -> types.WorkspaceEdit:
    """The changes of a repair; those of open files with the versions that they are of, unless a client knows none."""
    if not versioned:
        return types.WorkspaceEdit(
            changes={_uri(path, documents): _edits(changes) for path, changes in repair.changes.items()}
        )
    found = []
    for path, changes in repair.changes.items():
        version = documents[path].version if path in documents else None
        which = types.OptionalVersionedTextDocumentIdentifier(uri=_uri(path, documents), version=version)
        found.append(types.TextDocumentEdit(which, _edits(changes)))
    return types.WorkspaceEdit(document_changes=found)


def _uri(path: str, documents: Mapping[str, Document]) -> str:
    return documents[path].uri if path in documents else Path(path).as_uri()


def _edits(changes: Iterable[Change]) -> list[types.TextEdit]:
    return [types.TextEdit(range_of(change.span), change.text) for change in changes]
