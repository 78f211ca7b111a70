"""The language server, by pygls: what a client says is handed to the desk, and what that tells goes to the client."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter

from unbounded_lint import __version__
from unbounded_lint.findings.symbols import plain_symbol
from unbounded_lint.lsp import translating
from unbounded_lint.lsp.desk import CHANGED, DEBOUNCE_SECONDS, Desk, Document, Told
from unbounded_lint.lsp.messages import Encoding, Report, Subject
from unbounded_lint.rules import all_rules, pages
from unbounded_lint.settings.config import OWN_FILE

if TYPE_CHECKING:
    from pygls.server import ServerErrors

NAME = "unbounded-lint"
WATCHED = ("**/*.py", "**/*.pyw", "**/pyproject.toml", f"**/{OWN_FILE}", "**/setup.cfg", "**/setup.py", "**/.gitignore")
"""The files whose changes on disk may change what is found."""

CLIENT_SECONDS = 2.0
"""How often a server looks whether its client is still alive."""

_SUFFIXES = (".py", ".pyw")
_ENCODINGS: Mapping[str, Encoding] = MappingProxyType({"utf-8": "utf-8", "utf-16": "utf-16", "utf-32": "utf-32"})


class _Protocol(LanguageServerProtocol):
    """As that of pygls, which keeps something of each notification for good."""

    def _handle_notification(self, method_name: str, params: Any) -> None:
        super()._handle_notification(method_name, params)
        for key in [key for key, future in self._request_futures.items() if future.done()]:
            del self._request_futures[key]


class _Answers:
    """What is said to the client, as pygls writes it; once the client is gone, or has been said goodbye to, nothing is.

    pygls would tell the client of what could not be told, and of that again, without end.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.is_open = True

    def write(self, data: bytes) -> None:
        """Say something, at once."""
        if not self.is_open:
            return
        try:
            self._stream.write(data)
            self._stream.flush()
        except (OSError, ValueError):
            self.is_open = False

    def flush(self) -> None:
        """Nothing: what is written is said."""

    def close(self) -> None:
        """Say nothing more."""
        self.is_open = False
        with contextlib.suppress(OSError, ValueError):
            self._stream.close()


class Server(LanguageServer):
    """One client's server."""

    def __init__(self, jobs: int) -> None:
        """`jobs` is the number of processes that an analysis may take."""
        # Whole texts: pygls finds lines in them as `str.splitlines` does, which knows more line ends than the protocol.
        super().__init__(
            NAME,
            __version__,
            types.TextDocumentSyncKind.Full,
            protocol_cls=_Protocol,
            converter_factory=default_converter,
        )
        self._jobs = jobs
        self._tasks: list[asyncio.Task[None]] = []
        self._desk: Desk | None = None
        self._answers: _Answers | None = None
        self.ended = False
        for method, handler in _FEATURES.items():
            self.feature(method, _OPTIONS.get(method))(handler)
        self.command(translating.SHOW_RULE)(show_rule)
        self.command(translating.REPAIR)(repair)

    @property
    def desk(self) -> Desk:
        """The desk, which there is once a client has said what it can do."""
        assert self._desk is not None
        return self._desk

    def begin(self) -> None:
        """Begin to work for the client that has introduced itself."""
        told = Told(found=self._publish, log=self.note, fault=self._fault, problem=self._problem)
        self._desk = Desk(told, self._folders, self.encoding, self.markdown, self._jobs)
        self._tasks = [asyncio.ensure_future(self._desk.work()), asyncio.ensure_future(self._watch_client())]

    @property
    def encoding(self) -> Encoding:
        """What the client counts characters in."""
        return _ENCODINGS[str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding))]

    @property
    def markdown(self) -> bool:
        """Whether the client shows Markdown where somebody points."""
        documents = self.client_capabilities.text_document
        formats = documents.hover.content_format if documents is not None and documents.hover is not None else None
        return formats is None or types.MarkupKind.Markdown in formats

    @property
    def repairing(self) -> translating.Repairing:
        """How the client has a finding repaired."""
        documents, workspace = self.client_capabilities.text_document, self.client_capabilities.workspace
        actions = documents.code_action if documents is not None else None
        if actions is not None and actions.data_support and actions.resolve_support is not None:
            if "edit" in actions.resolve_support.properties:
                return "resolve"
        return "command" if workspace is not None and workspace.apply_edit else None

    async def repair(self, uri: str, subject: Subject) -> types.WorkspaceEdit | None:
        """The edit that repairs a finding in a file, None where there is none: the client is told why."""
        path, about = translating.path_of(uri), f"{subject.code} {plain_symbol(subject.symbol)}"
        if path is None:
            return None
        made, documents = await self.desk.repair(path, subject)
        is_stale = any(self.desk.document(path) != document for path, document in documents.items())
        refused = made.refused or (CHANGED if is_stale else "")
        if refused:
            self._problem(f"{about} is not repaired: {refused}")
            return None
        self.note(f"repair of {about}: {made.told}")
        workspace = self.client_capabilities.workspace
        edits = workspace.workspace_edit if workspace is not None else None
        return translating.edit(made, documents, versioned=bool(edits is not None and edits.document_changes))

    def _folders(self) -> Iterator[str]:
        uris = [folder.uri for folder in self.workspace.folders.values()]
        for uri in uris or ([self.workspace.root_uri] if self.workspace.root_uri else []):
            path = translating.path_of(uri.rstrip("/"))
            if path is not None:
                yield os.path.realpath(path)

    def uri(self, path: str) -> str:
        """The address of a file, as the client writes it where the file is open."""
        document = self.desk.document(path)
        return Path(path).as_uri() if document is None else document.uri

    # --- what is said to the client ---

    def _publish(self, path: str, reports: tuple[Report, ...]) -> None:
        document = self.desk.document(path)
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri=self.uri(path),
                diagnostics=[translating.diagnostic(report, self.uri) for report in reports],
                version=None if document is None else document.version,
            )
        )

    def note(self, sentence: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """Write a sentence into the client's log."""
        self.window_log_message(types.LogMessageParams(type=kind, message=sentence))

    def _fault(self, sentence: str) -> None:
        self.note(f"internal error: {sentence}; please report it", types.MessageType.Error)

    def _problem(self, sentence: str) -> None:
        self.window_show_message(types.ShowMessageParams(type=types.MessageType.Warning, message=f"{NAME}: {sentence}"))

    def report_server_error(self, error: Exception, source: ServerErrors) -> None:
        """A fault of ours, or a message that is none: logged, and the server lives on."""
        if isinstance(error, JsonRpcMethodNotFound):
            return  # the client is told in answer to its request
        self._fault(f"{type(error).__name__}: {error}")

    # --- the end ---

    async def _watch_client(self) -> None:
        """End with the client: its end of the line may be held open by others."""
        while self._hears() and (self.process_id is None or _is_alive(self.process_id)):
            await asyncio.sleep(CLIENT_SECONDS)
        await self.leave()
        os._exit(1)  # a thread of pygls waits for input that never comes

    def _hears(self) -> bool:
        return self._answers is None or self._answers.is_open

    def talk(self, questions: BinaryIO, answers: BinaryIO) -> None:
        """Serve the client at the other end of these, until it is gone."""
        self._answers = _Answers(answers)
        self.start_io(questions, cast(BinaryIO, self._answers))

    async def leave(self) -> None:
        """Stop to work."""
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":
        return True  # asking would end it; what it holds open ends with it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


# --- what a client says ----------------------------------------------------------------------------------------------


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """The client says who it is."""
    ls.begin()


def initialized(ls: Server, params: types.InitializedParams) -> None:
    """The client is ready: it is asked to tell of files that change on disk."""
    workspace = ls.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace is not None else None
    if watching is None or not watching.dynamic_registration:
        return
    watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
    options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
    method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    ls.client_register_capability(types.RegistrationParams([types.Registration("watched", method, options)]))


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """A file is opened."""
    if params.text_document.language_id == "python" or params.text_document.uri.endswith(_SUFFIXES):
        _write(ls, params.text_document.uri, 0.0)


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """The text of an open file has changed."""
    if _is_known(ls, params.text_document.uri):
        _write(ls, params.text_document.uri, DEBOUNCE_SECONDS)


def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """An open file is saved."""
    if _is_known(ls, params.text_document.uri):
        _write(ls, params.text_document.uri, 0.0)


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """A file is closed."""
    path = translating.path_of(params.text_document.uri)
    if path is not None and ls.desk.document(path) is not None:
        ls.desk.close(path)


def _is_known(ls: Server, uri: str) -> bool:
    path = translating.path_of(uri)
    return path is not None and ls.desk.document(path) is not None


def _write(ls: Server, uri: str, delay: float) -> None:
    path = translating.path_of(uri)
    if path is None or path.endswith(".pyi"):
        return
    document = ls.workspace.get_text_document(uri)
    # Half of a pair of surrogates is no character, and nothing can be said of it in any encoding.
    text = document.source.encode("utf-8", "replace").decode()
    ls.desk.write(path, Document(uri, document.version or 0, text), delay=delay)


def did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """Files have changed on disk."""
    found = [(translating.path_of(change.uri), change.type) for change in params.changes]
    paths = [(path, kind) for path, kind in found if path is not None]
    deleted = [path for path, kind in paths if kind == types.FileChangeType.Deleted]
    ls.desk.touch([path for path, _ in paths], deleted)


def did_change_workspace_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Folders are opened or closed."""
    ls.desk.tidy()


async def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """Somebody points at a place in an open file."""
    path = translating.path_of(params.text_document.uri)
    if path is None:
        return None
    return translating.hover(await ls.desk.spots(path), params.position, ls.markdown)


async def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction] | None:
    """Somebody asks what can be done in a part of an open file."""
    path = translating.path_of(params.text_document.uri)
    document = ls.desk.document(path) if path is not None else None
    only = params.context.only
    if path is None or document is None or (only and not any(_is_quick_fix(kind) for kind in only)):
        return None
    asked = (params.context.diagnostics, ls.desk.reports(path), document, ls.encoding, ls.repairing)
    return await asyncio.to_thread(lambda: list(translating.code_actions(*asked)))


def _is_quick_fix(kind: str) -> bool:
    return kind in {"", types.CodeActionKind.QuickFix.value}


async def resolve(ls: Server, action: types.CodeAction) -> types.CodeAction:
    """Somebody has chosen an action, or looks at what it would do."""
    which = translating.chosen(action.data)
    if which is not None:
        action.edit = await ls.repair(*which)
    return action


async def repair(ls: Server, uri: str, code: str, symbol: str) -> None:
    """Repair a finding, for a client that asks for no edit."""
    subject = Subject(code, symbol)
    edit = await ls.repair(uri, subject)
    if edit is not None:
        label = f"Repair: {code} {plain_symbol(symbol)}"
        await ls.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))


async def show_rule(ls: Server, code: str) -> None:
    """Show the text of a rule, or, where a client shows no files, say what it is about."""
    rule = next((rule for rule in all_rules() if rule.code == code), None)
    if rule is None:
        ls.note(f"no rule is called {code!r}", types.MessageType.Warning)
        return
    page = pages.path_of(rule.name)
    window = ls.client_capabilities.window
    if window is not None and window.show_document is not None and window.show_document.support:
        await ls.window_show_document_async(types.ShowDocumentParams(page.as_uri(), take_focus=True))
    else:
        message = f"{rule.code} {rule.name}: {rule.summary}; `{NAME} rule {rule.code}` prints its text ({page})"
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, message))


async def shutdown(ls: Server, params: None) -> None:
    """The client is about to leave."""
    ls.ended = True
    await ls.leave()


_FEATURES: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        types.INITIALIZE: initialize,
        types.INITIALIZED: initialized,
        types.TEXT_DOCUMENT_DID_OPEN: did_open,
        types.TEXT_DOCUMENT_DID_CHANGE: did_change,
        types.TEXT_DOCUMENT_DID_SAVE: did_save,
        types.TEXT_DOCUMENT_DID_CLOSE: did_close,
        types.WORKSPACE_DID_CHANGE_WATCHED_FILES: did_change_watched_files,
        types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: did_change_workspace_folders,
        types.TEXT_DOCUMENT_HOVER: hover,
        types.TEXT_DOCUMENT_CODE_ACTION: code_action,
        types.CODE_ACTION_RESOLVE: resolve,
        types.SHUTDOWN: shutdown,
    }
)
_OPTIONS: Mapping[str, Any] = MappingProxyType(
    {types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions([types.CodeActionKind.QuickFix], resolve_provider=True)}
)


def serve(jobs: int) -> bool:
    """Serve one client over standard input and output; gives whether it took its leave."""
    server = Server(jobs)
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever is printed is none of the answers
    server.talk(sys.stdin.buffer, answers)
    return server.ended
