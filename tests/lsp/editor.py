"""An editor: a real client that drives the real server over its standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from lsprotocol import types
from pytest_lsp import LanguageClient, client_capabilities, make_test_lsp_client

from tests.processes import LIMIT, environment

T = TypeVar("T")


class Editor:
    """One session: what is open, and what the server has said."""

    def __init__(self, client: LanguageClient, encoding: str) -> None:
        self.client = client
        self.encoding = encoding
        self.versions: dict[str, int] = {}
        self.published: dict[str, list[types.PublishDiagnosticsParams]] = {}
        self.messages: list[str] = []
        self.logged: list[str] = []
        self.shown: list[str] = []
        self.sent: list[types.ApplyWorkspaceEditParams] = []
        self._news = asyncio.Event()

    # --- what the server says ---

    def hear(self, what: list[T], said: T) -> None:
        """Take note of what is said."""
        what.append(said)
        self._news.set()

    async def until(self, sign: Callable[[], T]) -> T:
        """Wait until the server has said what makes this true, give what it is."""

        async def waited() -> T:
            while not (found := sign()):
                self._news.clear()
                await self._news.wait()
            return found

        return await asyncio.wait_for(waited(), LIMIT)

    async def settled(self) -> None:
        """Wait until all that is open is analysed as it is now: pointing somewhere waits for that."""
        for uri in list(self.versions):
            document = types.TextDocumentIdentifier(uri)
            asked = types.HoverParams(document, types.Position(0, 0))
            await asyncio.wait_for(self.client.text_document_hover_async(asked), LIMIT)

    async def diagnostics(self, path: Path) -> list[types.Diagnostic]:
        """What is found in a file as all is now."""
        await self.settled()
        said = self.published.get(path.as_uri(), [])
        version = self.versions.get(path.as_uri())
        assert version is None or not said or said[-1].version in {version, None}
        return list(said[-1].diagnostics) if said else []

    async def codes(self, path: Path) -> list[str]:
        """The lines (from 1) and codes of that."""
        return [f"{one.range.start.line + 1} {one.code}" for one in await self.diagnostics(path)]

    # --- what its user does ---

    def open(self, path: Path, text: str | None = None, language: str = "python") -> None:
        """Open a file, with this text or with that on disk."""
        uri = path.as_uri()
        self.versions[uri] = 1
        shown = path.read_bytes().decode() if text is None else text
        item = types.TextDocumentItem(uri, language, 1, shown)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, path: Path, text: str) -> None:
        """Change the text of an open file."""
        uri = path.as_uri()
        self.versions[uri] += 1
        document = types.VersionedTextDocumentIdentifier(uri=uri, version=self.versions[uri])
        changes = [types.TextDocumentContentChangeWholeDocument(text)]
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, changes))

    def save(self, path: Path, text: str) -> None:
        """Save an open file."""
        path.write_bytes(text.encode())
        document = types.TextDocumentIdentifier(path.as_uri())
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(document))

    def close(self, path: Path) -> None:
        """Close a file."""
        self.versions.pop(path.as_uri())
        document = types.TextDocumentIdentifier(path.as_uri())
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    def notice(self, path: Path, kind: types.FileChangeType = types.FileChangeType.Changed) -> None:
        """Tell of a file that has changed on disk."""
        event = types.FileEvent(path.as_uri(), kind)
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    async def hover(self, path: Path, line: int, character: int) -> types.Hover | None:
        """Point at a place, counted from 0."""
        document = types.TextDocumentIdentifier(path.as_uri())
        return await self.client.text_document_hover_async(types.HoverParams(document, types.Position(line, character)))

    async def actions(
        self, path: Path, about: Sequence[types.Diagnostic]
    ) -> dict[str, types.CodeAction | types.Command]:
        """What is offered, by title; the client of the tests takes an action with a command for that command."""
        whole = types.Range(types.Position(0, 0), types.Position(10_000, 0))
        context = types.CodeActionContext(diagnostics=about)
        document = types.TextDocumentIdentifier(path.as_uri())
        found = await self.client.text_document_code_action_async(types.CodeActionParams(document, whole, context))
        return {one.title: one for one in found or ()}

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The server."""
        server = self.client._server
        assert server is not None
        return server


def applied(text: str, action: types.CodeAction | types.Command, encoding: str = "utf-16") -> str:
    """A text with the edits of an action, made as an editor does: positions count units of the encoding."""
    assert isinstance(action, types.CodeAction)
    assert action.edit is not None and action.edit.changes is not None
    ((_, edits),) = action.edit.changes.items()
    lines = re.split(r"(?<=\r\n)|(?<=\n)|(?<=\r)(?!\n)", text)
    for edit in edits:
        assert edit.range.start == edit.range.end
        line = lines[edit.range.start.line]
        at = characters(line, edit.range.start.character, encoding)
        lines[edit.range.start.line] = line[:at] + edit.new_text + line[at:]
    return "".join(lines)


def characters(line: str, units: int, encoding: str) -> int:
    """How many characters so many units are."""
    code, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    return len(line.encode(code)[: units * size].decode(code))


@contextlib.asynccontextmanager
async def editing(
    *folders: Path,
    client_spec: str = "visual-studio-code",
    encodings: Sequence[str] | None = None,
    leave: bool = True,
    markdown: bool = True,
    shows_files: bool = True,
    process_id: int | None = None,
    **extra: str,
) -> AsyncIterator[Editor]:
    """A session with these folders open, in an environment with more variables."""
    client = make_test_lsp_client()
    editor = Editor(client, "utf-16")
    listen(client, editor)
    await client.start_io(sys.executable, "-m", "unbounded_lint", "lsp", cwd=str(folders[0]), env=environment(**extra))
    try:
        capabilities = client_capabilities(client_spec)
        if encodings is not None:
            assert capabilities.general is not None
            capabilities.general.position_encodings = list(encodings)
        assert capabilities.text_document is not None and capabilities.window is not None
        kind = types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText
        capabilities.text_document.hover = types.HoverClientCapabilities(content_format=[kind])
        capabilities.window.show_document = types.ShowDocumentClientCapabilities(support=shows_files)
        given = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
        params = types.InitializeParams(
            capabilities, process_id=process_id or os.getpid(), workspace_folders=given, root_uri=folders[0].as_uri()
        )
        answer = await asyncio.wait_for(client.initialize_session(params), LIMIT)
        chosen = answer.capabilities.position_encoding
        editor.encoding = str(getattr(chosen, "value", chosen))
        yield editor
        if leave:
            await asyncio.wait_for(client.shutdown_session(), LIMIT)
            assert editor.process.returncode == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            editor.process.kill()
        await client.stop()


def listen(client: LanguageClient, editor: Editor) -> None:
    """Keep what the server says."""
    for method in (
        types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS,
        types.WINDOW_LOG_MESSAGE,
        types.WINDOW_SHOW_MESSAGE,
        types.WINDOW_SHOW_DOCUMENT,
        types.WORKSPACE_APPLY_EDIT,
        types.CLIENT_REGISTER_CAPABILITY,
    ):
        client.protocol.fm.features.pop(method, None)

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        editor.hear(editor.published.setdefault(params.uri, []), params)

    @client.feature(types.WINDOW_LOG_MESSAGE)
    def logged(params: types.LogMessageParams) -> None:
        editor.hear(editor.logged, params.message)

    @client.feature(types.WINDOW_SHOW_MESSAGE)
    def shown(params: types.ShowMessageParams) -> None:
        editor.hear(editor.messages, params.message)

    @client.feature(types.WINDOW_SHOW_DOCUMENT)
    def document(params: types.ShowDocumentParams) -> types.ShowDocumentResult:
        editor.hear(editor.shown, params.uri)
        return types.ShowDocumentResult(success=True)

    @client.feature(types.WORKSPACE_APPLY_EDIT)
    def sent(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        editor.hear(editor.sent, params)
        return types.ApplyWorkspaceEditResult(applied=True)

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def registered(params: types.RegistrationParams) -> None:
        pass
