"""Repairs in an editor: offered for a finding, looked for once somebody chooses one, and never of a text that is no
more."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from lsprotocol import types

from tests.fixes.test_fix_command import APP, REPAIRED
from tests.lsp.editor import Editor, characters, editing
from tests.lsp.test_sessions import children_of
from tests.processes import LIMIT
from tests.programs import write
from unbounded_lint.lsp import translating
from unbounded_lint.lsp.desk import DEBOUNCE_SECONDS, Document
from unbounded_lint.lsp.messages import Change, Repair, Span

TITLE = "Repair: UBM101 never-removed-entries (unsafe)"
STORE = "_seen = {}\n"
TWO_FILES = {
    "store.py": STORE,
    "app.py": APP.replace("_seen = {}\n", "")
    .replace("_seen[", "store._seen[")
    .replace("request\n", "request\nimport store\n"),
}
"""A program whose repair changes another file than the one that the finding is in."""


def make(root: Path, files: Mapping[str, str]) -> Path:
    """A project that has nothing of its own in its settings."""
    return write(root / "project", {"pyproject.toml": "", **files})


async def offered(editor: Editor, path: Path, name: str) -> types.CodeAction:
    """The repair that is offered for the finding about a container."""
    (found,) = (one for one in await editor.diagnostics(path) if one.message.startswith(f"`{name}` "))
    action = (await editor.actions(path, [found]))[TITLE]
    assert isinstance(action, types.CodeAction)
    assert (action.kind, action.is_preferred, action.edit) == (types.CodeActionKind.QuickFix, False, None)
    return action


async def resolved(editor: Editor, action: types.CodeAction) -> types.WorkspaceEdit | None:
    """The edit of an action."""
    return (await asyncio.wait_for(editor.client.code_action_resolve_async(action), LIMIT)).edit


def edits_of(edit: types.WorkspaceEdit | None) -> dict[str, tuple[int | None, Sequence[types.TextEdit]]]:
    """By address the version and the changes of each file."""
    assert edit is not None and edit.document_changes is not None and edit.changes is None
    found = {}
    for change in edit.document_changes:
        assert isinstance(change, types.TextDocumentEdit)
        texts = [one for one in change.edits if isinstance(one, types.TextEdit)]
        assert len(texts) == len(change.edits)
        found[change.text_document.uri] = (change.text_document.version, texts)
    return found


def changed(text: str, edits: Sequence[types.TextEdit], encoding: str) -> str:
    """A text with edits made, as an editor does: positions count units of the encoding."""
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]

    def offset(at: types.Position) -> int:
        return starts[at.line] + characters(text[starts[at.line] :], at.character, encoding)

    made = text
    for edit in sorted(edits, key=lambda edit: offset(edit.range.start), reverse=True):
        made = made[: offset(edit.range.start)] + edit.new_text + made[offset(edit.range.end) :]
    return made


def test_a_repair_is_offered_resolved_and_applied_and_the_finding_is_gone(tmp_path: Path) -> None:
    async def session() -> None:
        path = make(tmp_path, {"app.py": APP}) / "app.py"
        async with editing(path.parent) as editor:
            editor.open(path)
            edit = await resolved(editor, await offered(editor, path, "_seen"))
            ((uri, (version, edits)),) = edits_of(edit).items()
            assert (uri, version) == (path.as_uri(), 1)
            assert changed(APP, edits, editor.encoding) == REPAIRED
            assert [said for said in editor.logged if "keep the last 10000 entries; this assumes that" in said]
            assert path.read_text() == APP
            editor.change(path, REPAIRED)
            assert [one.message.split()[0] for one in await editor.diagnostics(path)] == ["`_known`"]
            assert not editor.messages

    asyncio.run(session())


def test_what_is_refused_says_why_and_changes_nothing(tmp_path: Path) -> None:
    async def session() -> None:
        path = make(tmp_path, {"app.py": APP}) / "app.py"
        async with editing(path.parent) as editor:
            editor.open(path)
            known = await offered(editor, path, "_known")
            seen = await offered(editor, path, "_seen")
            assert await resolved(editor, known) is None
            await editor.until(lambda: editor.messages)
            assert editor.messages == [
                "unbounded-lint: UBM101 app:_known is not repaired: its entries do not say when they were made"
            ]
            editor.change(path, REPAIRED)
            assert await resolved(editor, seen) is None
            await editor.until(lambda: editor.messages[1:])
            assert editor.messages[1] == "unbounded-lint: UBM101 app:_seen is not repaired: it is not found any more"

    asyncio.run(session())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_repair_is_of_the_open_text_and_counts_what_the_client_counts(tmp_path: Path, encoding: str) -> None:
    """What is on disk has no finding, and the text ends in the middle of a line."""
    text = "\ufeff" + APP.replace("_seen = {}\n", "_seen = {}  # \U0001f600 ä\n")
    text = (
        text[: text.index('    return "noted"')].replace('"user"', '"\U0001f600 ä"').rstrip("\n").replace("\n", "\r\n")
    )

    async def session() -> None:
        path = make(tmp_path, {"app.py": "\n"}) / "app.py"
        async with editing(path.parent, encodings=(encoding,)) as editor:
            assert editor.encoding == encoding
            editor.open(path, "")
            editor.change(path, text)
            edit = await resolved(editor, await offered(editor, path, "_seen"))
            ((version, edits),) = edits_of(edit).values()
            assert version == 2
            done = changed(text, edits, encoding)
            assert done == text.replace("ä\r\n", "ä\r\n_SEEN_MAX_SIZE = 10_000\r\n", 1) + (
                "\r\n    if len(_seen) > _SEEN_MAX_SIZE:\r\n        _seen.pop(next(iter(_seen)), None)"
            )
            editor.change(path, done)
            assert await editor.codes(path) == []

    asyncio.run(session())


def test_a_repair_of_another_file_has_its_version_if_that_is_open(tmp_path: Path) -> None:
    async def session() -> None:
        root = make(tmp_path, TWO_FILES)
        store, app = root / "store.py", root / "app.py"
        async with editing(root) as editor:
            editor.open(store)
            ((uri, (version, edits)),) = edits_of(await resolved(editor, await offered(editor, store, "_seen"))).items()
            assert (uri, version) == (app.as_uri(), None)
            editor.open(app)
            again = edits_of(await resolved(editor, await offered(editor, store, "_seen")))
            assert again == {app.as_uri(): (1, edits)}
            editor.change(app, changed(TWO_FILES["app.py"], edits, editor.encoding))
            assert await editor.diagnostics(store) == []

    asyncio.run(session())


def test_a_repair_of_several_files_names_each_as_the_client_does() -> None:
    change = Change(Span(0, 0, 0, 0), "x\n")
    repair = Repair("Do it", {"/a b/open.py": (change,), "/a b/shut.py": (change, change)})
    documents = {"/a b/open.py": Document("file:///a+b/open.py", 7, "")}
    found = edits_of(translating.edit(repair, documents, versioned=True))
    assert {uri: (version, len(edits)) for uri, (version, edits) in found.items()} == {
        "file:///a+b/open.py": (7, 1),
        "file:///a%20b/shut.py": (None, 2),
    }
    plain = translating.edit(repair, documents, versioned=False)
    assert plain.document_changes is None
    assert plain.changes == {uri: edits for uri, (_, edits) in found.items()}


def test_a_text_that_changes_while_its_repair_is_looked_for_gets_no_stale_edit(tmp_path: Path) -> None:
    async def session() -> None:
        path = make(tmp_path, {"app.py": APP}) / "app.py"
        async with editing(path.parent) as editor:
            editor.open(path)
            action = await offered(editor, path, "_seen")
            (worker,) = children_of(editor.process.pid)
            os.kill(worker, signal.SIGSTOP)
            waiting = asyncio.ensure_future(resolved(editor, action))
            while not waiting.done():  # each change may come before the process is asked, or once it stands still
                editor.change(path, f"# version {editor.versions[path.as_uri()]}\n{APP}")
                await asyncio.sleep(DEBOUNCE_SECONDS)
            assert waiting.result() is None
            await editor.until(lambda: editor.messages)
            assert editor.messages == [
                "unbounded-lint: UBM101 app:_seen is not repaired: the project has changed in the meantime; ask again"
            ]
            edit = await resolved(editor, await offered(editor, path, "_seen"))
            ((version, edits),) = edits_of(edit).values()
            assert version == editor.versions[path.as_uri()]
            assert changed(f"#\n{APP}", edits, editor.encoding) == f"#\n{REPAIRED}"

    asyncio.run(session())


def test_a_process_that_dies_over_a_repair_is_logged_and_the_next_one_repairs(tmp_path: Path) -> None:
    async def session() -> None:
        path = make(tmp_path, {"app.py": APP}) / "app.py"
        async with editing(path.parent) as editor:
            editor.open(path)
            action = await offered(editor, path, "_seen")
            (worker,) = children_of(editor.process.pid)
            os.kill(worker, signal.SIGSTOP)
            waiting = asyncio.ensure_future(resolved(editor, action))
            while not waiting.done():
                for worker in children_of(editor.process.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                await asyncio.sleep(0)
            assert waiting.result() is None
            await editor.until(lambda: [said for said in editor.logged if "ended before it was done" in said])
            assert "its analysis failed, which the log tells of" in editor.messages[0]
            assert await resolved(editor, action) is not None

    asyncio.run(session())


@pytest.mark.parametrize("client", ["neovim", "emacs"])
def test_other_editors_repair_too(tmp_path: Path, client: str) -> None:
    """The one knows no versions in edits, the other asks for no edit of an action but runs its command."""

    async def session() -> None:
        path = make(tmp_path, {"app.py": APP}) / "app.py"
        async with editing(path.parent, client_spec=client) as editor:
            editor.open(path)
            (found,) = (one for one in await editor.diagnostics(path) if one.message.startswith("`_seen` "))
            action = (await editor.actions(path, [found]))[TITLE]
            if isinstance(action.command, str):  # this client takes the action for its command, and that for a name
                command = ast.literal_eval(action.command)
                asked = types.ExecuteCommandParams(command["command"], command["arguments"])
                await editor.client.workspace_execute_command_async(asked)
                await editor.until(lambda: editor.sent)
                edit: types.WorkspaceEdit | None = editor.sent[0].edit
                assert editor.sent[0].label == "Repair: UBM101 app:_seen"
            else:
                edit = await resolved(editor, action)
            assert edit is not None
            edits = edits_of(edit)[path.as_uri()][1] if edit.changes is None else edit.changes[path.as_uri()]
            assert changed(APP, edits, editor.encoding) == REPAIRED
            assert (client == "emacs") == bool(editor.sent) == (edit.changes is None)

    asyncio.run(session())


def test_no_repair_is_offered_where_there_is_none_to_look_for(tmp_path: Path) -> None:
    async def session() -> None:
        path = make(tmp_path, {"app.py": "import os\nX = (\n"}) / "app.py"
        async with editing(path.parent) as editor:
            editor.open(path)
            found = await editor.diagnostics(path)
            assert [one.code for one in found] == ["UBM901"]
            assert not [title for title in await editor.actions(path, found) if title.startswith("Repair")]

    asyncio.run(session())
