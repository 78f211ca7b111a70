"""Whole sessions of an editor with the language server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, applied, editing
from tests.processes import LIMIT, python, started
from unbounded_lint.lsp.desk import DEBOUNCE_SECONDS

STORE = "RUNS: dict[str, object] = {}\n"
API = "from app import store\n\n\ndef register(request) -> None:\n    store.RUNS[request.id] = request\n"
SWEPT = "from app import store\n\n\ndef register(request) -> None:\n    pass\n"
LEAK = "SEEN = set()\n\n\ndef see(request):\n    SEEN.add(request.id)\n"

Session = Callable[[Editor, Path], Awaitable[None]]


def make(root: Path) -> Path:
    """A project with one finding, whose insert lies in another file."""
    root.mkdir(exist_ok=True)
    (root / "pyproject.toml").write_text("[tool.unbounded-lint]\n")
    (root / "app").mkdir()
    for name, text in (("__init__", ""), ("store", STORE), ("api", API)):
        (root / "app" / f"{name}.py").write_text(text)
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Such a project."""
    return make(tmp_path / "project")


def test_findings_are_told_when_a_file_is_opened_changed_and_saved(project: Path) -> None:
    async def session() -> None:
        store, api = project / "app" / "store.py", project / "app" / "api.py"
        async with editing(project) as editor:
            editor.open(store)
            assert await editor.codes(store) == ["1 UBM101"]
            editor.change(store, f"# one more line\n{STORE}")
            assert await editor.codes(store) == ["2 UBM101"]
            editor.open(api)
            assert await editor.codes(api) == []
            editor.change(api, SWEPT)
            assert await editor.codes(store) == []
            editor.save(store, f"\n\n{STORE}")
            assert await editor.codes(store) == []
            editor.change(api, API)
            assert await editor.codes(store) == ["2 UBM101"]

    asyncio.run(session())


def test_a_finding_says_where_and_what_and_how_sure(project: Path) -> None:
    async def session() -> None:
        store, api = project / "app" / "store.py", project / "app" / "api.py"
        async with editing(project) as editor:
            editor.open(store)
            (found,) = await editor.diagnostics(store)
            assert found.range == types.Range(types.Position(0, 0), types.Position(0, len(STORE) - 1))
            assert found.message.splitlines() == [
                "`RUNS` grows in `register()` and nothing ever removes an entry",
                "help: cap its size, or remove stale entries from a timer that is started with the program",
            ]
            assert (found.source, found.code) == ("unbounded-lint", "UBM101")
            assert found.severity == types.DiagnosticSeverity.Warning
            assert found.code_description is not None
            page = Path(found.code_description.href.removeprefix("file://"))
            assert page.read_text().startswith("# never-removed-entries (UBM101)")
            assert found.related_information is not None
            related = [(one.location, one.message) for one in found.related_information]
            ((place, text),) = [(place, text) for place, text in related if text.startswith("insert: ")]
            assert (place.uri, place.range.start) == (api.as_uri(), types.Position(4, 4))
            assert text.startswith("insert: `register()` inserts here")

    asyncio.run(session())


def test_the_files_of_a_project_that_are_not_open_are_told_of_too(project: Path) -> None:
    (project / "app" / "later.py").write_text(LEAK)

    async def session() -> None:
        later = project / "app" / "later.py"
        async with editing(project) as editor:
            editor.open(project / "app" / "api.py")
            assert await editor.codes(later) == ["1 UBM101"]
            assert await editor.codes(project / "app" / "store.py") == ["1 UBM101"]
            later.unlink()
            editor.notice(later, types.FileChangeType.Deleted)
            assert await editor.codes(later) == []

    asyncio.run(session())


def test_an_open_file_that_is_deleted_is_no_more_until_it_is_written_again(project: Path) -> None:
    async def session() -> None:
        store, api = project / "app" / "store.py", project / "app" / "api.py"
        async with editing(project) as editor:
            editor.open(api)
            assert await editor.codes(store) == ["1 UBM101"]
            api.unlink()
            editor.notice(api, types.FileChangeType.Deleted)
            assert await editor.codes(store) == []
            editor.change(api, API)
            assert await editor.codes(store) == ["1 UBM101"]

    asyncio.run(session())


def test_the_last_of_many_changes_wins(project: Path) -> None:
    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project) as editor:
            editor.open(store)
            for number in range(30):
                editor.change(store, "#\n" * number + STORE)
                await asyncio.sleep(0)
            assert await editor.codes(store) == ["30 UBM101"]
            assert len(editor.published[store.as_uri()]) < 10

    asyncio.run(session())


def test_a_change_while_an_analysis_runs_is_not_lost(project: Path) -> None:
    """Each comes where it may: before the analysis of the one before begins, within it, behind it."""

    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project) as editor:
            editor.open(store)
            await editor.diagnostics(store)
            for number in range(12):
                editor.change(store, "#\n" * number + STORE)
                await asyncio.sleep(0.3 + number * 0.02)
            assert await editor.codes(store) == ["12 UBM101"]

    asyncio.run(session())


def test_what_is_broken_is_an_error_and_the_rest_is_told(project: Path) -> None:
    async def session() -> None:
        store = project / "app" / "store.py"
        (project / "app" / "later.py").write_text(LEAK)
        async with editing(project) as editor:
            editor.open(store, "def f(:\n")
            (found,) = await editor.diagnostics(store)
            assert (found.code, found.severity) == ("UBM901", types.DiagnosticSeverity.Error)
            assert await editor.codes(project / "app" / "later.py") == ["1 UBM101"]
            editor.change(store, "X = '\ud800'\n")
            assert await editor.codes(store) == []
            editor.change(store, STORE)
            assert await editor.codes(store) == ["1 UBM101"]

    asyncio.run(session())


HOSTILE = (
    "X = " + "[" * 20_000 + "]" * 20_000 + "\n",
    "X = " + "-" * 20_000 + "1\n",
    "X = {'" + "\\\n" * 5_000,
    "X" + ".a" * 20_000 + " = 1\n",
    "\0" * 1_000,
    "# coding: punycode\nX = 1\n",
    "\x1b]0;title\x07 = {}\n",
    "(\n" * 3_000,
)
"""Files that are no text, nested beyond measure, or both."""


def test_hostile_files_leave_the_server_and_the_rest_of_the_project_alone(project: Path) -> None:
    async def session() -> None:
        store, api = project / "app" / "store.py", project / "app" / "api.py"
        async with editing(project) as editor:
            editor.open(store)
            editor.open(api)
            for text in HOSTILE:
                editor.change(api, text)
                found = await editor.diagnostics(api)
                assert {one.code for one in found} <= {"UBM901"}
                assert set(await editor.actions(api, found)) == {f"Show the rule {one.code}" for one in found}
            editor.change(api, API)
            assert await editor.codes(store) == ["1 UBM101"]
            assert not [said for said in editor.logged if "internal error" in said]

    asyncio.run(session())


def test_what_has_not_changed_in_a_file_that_is_not_open_is_not_told_again(project: Path) -> None:
    async def session() -> None:
        store, api = project / "app" / "store.py", project / "app" / "api.py"
        async with editing(project) as editor:
            editor.open(api)
            assert await editor.codes(store) == ["1 UBM101"]
            for number in range(3):
                editor.change(api, API + "#\n" * number)
                await editor.settled()
            assert len(editor.published[store.as_uri()]) == 1

    asyncio.run(session())


def test_pointing_at_a_container_shows_its_evidence(project: Path) -> None:
    async def session() -> None:
        store, api = project / "app" / "store.py", project / "app" / "api.py"
        async with editing(project) as editor:
            editor.open(api)
            await editor.diagnostics(api)
            found = await editor.hover(api, 4, 12)
            assert found is not None and isinstance(found.contents, types.MarkupContent)
            assert found.contents.kind == types.MarkupKind.Markdown
            text = found.contents.value
            assert text.startswith("**`app.store:RUNS`** = `{}`\n")
            assert f"- [`app/api.py:5`]({api.as_uri()}#L5) `register()` inserts when its users call it" in text
            assert "Removals: none" in text and "- reported as UBM101" in text
            assert "\nEvidence\n\n- its keys come from: a request\n- its keys are: ever new\n" in text
            assert "Bounded by: **nothing** (" in text
            assert await editor.hover(api, 3, 0) is None
            editor.open(store)
            at_definition = await editor.hover(store, 0, 0)
            assert at_definition is not None and at_definition.contents == found.contents
            editor.change(store, f"\n{STORE}")
            assert await editor.hover(store, 0, 0) is None
            moved = await editor.hover(store, 1, 3)
            assert moved is not None and moved.range is not None and moved.range.start.line == 1

    asyncio.run(session())


def test_pointing_works_where_the_findings_are_known_from_the_last_run(project: Path) -> None:
    done = python("-m", "unbounded_lint", cwd=project)
    assert done.returncode == 1

    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project) as editor:
            editor.open(store)
            assert await editor.codes(store) == ["1 UBM101"]
            found = await editor.hover(store, 0, 1)
            assert found is not None
            first, second = await asyncio.gather(editor.hover(store, 0, 1), editor.hover(store, 0, 2))
            assert first == second == found

    asyncio.run(session())


@pytest.mark.parametrize("client", ["neovim", "emacs"])
def test_what_other_editors_can_do_is_enough(project: Path, client: str) -> None:
    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project, client_spec=client) as editor:
            editor.open(store)
            (found,) = await editor.diagnostics(store)
            assert await editor.hover(store, 0, 1) is not None
            offered = await editor.actions(store, [found])
            editor.change(store, applied(STORE, next(iter(offered.values())), editor.encoding))
            assert await editor.codes(store) == []

    asyncio.run(session())


def test_a_client_without_markdown_is_shown_text(project: Path) -> None:
    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project, markdown=False) as editor:
            editor.open(store)
            found = await editor.hover(store, 0, 1)
            assert found is not None and isinstance(found.contents, types.MarkupContent)
            assert found.contents.kind == types.MarkupKind.PlainText
            assert found.contents.value.startswith("app.store:RUNS\n  --> app/store.py:1:1\n")

    asyncio.run(session())


STATEMENTS = (
    STORE.rstrip("\n"),
    "RUNS = {}  # what runs\n",
    'RUNS = {\n    "a": """\n  # no comment\n""",\n}\n',
    "RUNS = \\\n    {}\n",
    "A = 1; RUNS = {}; B = 2\n",
    "X = '\U0001f600'; RUNS: dict = {}  # \U0001f600\n",
    "X = 1\r\nRUNS = {}\r\nY = 1\r\n",
    "X = 1\rRUNS = {}\rY = 1\r",
    "X = '\x0b\u2028'\n\fRUNS = {}\n",
    "\ufeffRUNS = {}\n",
)
"""Files in which a container is defined in one statement, which is not always one line."""


def test_what_is_offered_silences_the_finding_once_it_is_applied(project: Path) -> None:
    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project, encodings=("utf-16",)) as editor:
            editor.open(store)
            for text in STATEMENTS:
                editor.change(store, text)
                (found,) = await editor.diagnostics(store)
                offered = await editor.actions(store, [found])
                assert list(offered) == [
                    "Ignore UBM101 here: # ubm: ignore[UBM101] TODO: say why",
                    "Declare it bounded: # ubm: bounded(TODO: say why)",
                    "Repair: UBM101 never-removed-entries (unsafe)",
                    "Show the rule UBM101",
                ]
                for title in list(offered)[:2]:
                    editor.change(store, applied(text, offered[title]))
                    assert await editor.codes(store) == [], text

    asyncio.run(session())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_positions_count_what_the_client_counts(project: Path, encoding: str) -> None:
    text = "Ä = '\U0001f600'; RUNS: dict[str, object] = {}  # 終\n"
    before, inside = "Ä = '\U0001f600'; ", "RUNS: dict[str, object] = {}"
    code, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    start, end = (len(part.encode(code)) // size for part in (before, before + inside))
    (project / "app" / "api.py").write_text(API.replace("    store", "    '\U0001f600'; store"))

    async def session() -> None:
        store, api = project / "app" / "store.py", project / "app" / "api.py"
        async with editing(project, encodings=(encoding,)) as editor:
            assert editor.encoding == encoding
            editor.open(store, text)
            (found,) = await editor.diagnostics(store)
            assert (found.range.start.character, found.range.end.character) == (start, end)
            assert found.related_information is not None
            (insert,) = (one.location for one in found.related_information if one.message.startswith("insert: "))
            assert insert.uri == api.as_uri()
            assert insert.range.start.character == len("    '\U0001f600'; ".encode(code)) // size
            hovered = await editor.hover(store, 0, start)
            assert hovered is not None and hovered.range == found.range
            assert await editor.hover(store, 0, start - 1) is None
            offered = await editor.actions(store, [found])
            done = applied(text, next(iter(offered.values())), encoding)
            assert done == f"{text.rstrip()}  # ubm: ignore[UBM101] TODO: say why\n"

    asyncio.run(session())


def test_the_rule_is_shown_as_a_file_or_said_in_a_sentence(project: Path) -> None:
    async def session(shows_files: bool) -> None:
        async with editing(project, shows_files=shows_files) as editor:
            ask = editor.client.workspace_execute_command_async
            await ask(types.ExecuteCommandParams("unbounded-lint.showRule", ["UBM101"]))
            if shows_files:
                await editor.until(lambda: editor.shown)
                assert Path(editor.shown[0].removeprefix("file://")).read_text().startswith("# never-removed-entries")
            else:
                await editor.until(lambda: editor.messages)
                assert editor.messages[0].startswith("UBM101 never-removed-entries: ")
            await ask(types.ExecuteCommandParams("unbounded-lint.showRule", ["UBM999"]))
            await editor.until(lambda: [said for said in editor.logged if "no rule is called 'UBM999'" in said])

    asyncio.run(session(True))
    asyncio.run(session(False))


def test_each_folder_is_a_project_of_its_own_and_so_is_what_is_marked_inside(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two words é")
    inner = make(one / "inner")
    (two / "pyproject.toml").write_text('[tool.unbounded-lint]\nignore = ["UBM101"]\n')

    async def session() -> None:
        async with editing(one, two) as editor:
            for root in (one, two, inner):
                editor.open(root / "app" / "store.py")
            assert await editor.codes(one / "app" / "store.py") == ["1 UBM101"]
            assert await editor.codes(inner / "app" / "store.py") == ["1 UBM101"]
            assert await editor.codes(two / "app" / "store.py") == []
            editor.open(inner / "app" / "api.py")
            editor.change(inner / "app" / "api.py", SWEPT)
            await editor.diagnostics(inner / "app" / "api.py")
            assert await editor.codes(inner / "app" / "store.py") == []
            assert await editor.codes(one / "app" / "store.py") == ["1 UBM101"]

    asyncio.run(session())


def test_a_file_outside_any_project_is_looked_at_alone_and_forgotten_when_it_is_closed(tmp_path: Path) -> None:
    project, outside = make(tmp_path / "project"), tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "one.py").write_text(LEAK)
    (outside / "two.py").write_text(LEAK)

    async def session() -> None:
        async with editing(project) as editor:
            editor.open(outside / "one.py")
            assert await editor.codes(outside / "one.py") == ["1 UBM101"]
            editor.close(outside / "one.py")
            await editor.until(lambda: not editor.published[(outside / "one.py").as_uri()][-1].diagnostics)
            assert (outside / "two.py").as_uri() not in editor.published
            editor.open(outside / "new.py", LEAK)
            assert await editor.codes(outside / "new.py") == ["1 UBM101"]

    asyncio.run(session())


def test_what_is_no_python_or_left_out_or_no_file_says_nothing(project: Path) -> None:
    (project / ".gitignore").write_text("made/\n")
    (project / "made").mkdir()

    async def session() -> None:
        async with editing(project) as editor:
            editor.open(project / "made" / "x.py", LEAK)
            assert await editor.codes(project / "made" / "x.py") == []
            editor.open(project / "notes.md", LEAK, language="markdown")
            editor.open(project / "app" / "store.pyi", LEAK)
            untitled = types.TextDocumentItem("untitled:Untitled-1", "python", 1, LEAK)
            editor.client.text_document_did_open(types.DidOpenTextDocumentParams(untitled))
            editor.open(project / "script", LEAK)
            assert await editor.codes(project / "script") == ["1 UBM101"]
            told = {Path(uri).name for uri in editor.published}
            assert told == {"x.py", "script", "store.py"}

    asyncio.run(session())


def test_settings_are_read_again_when_they_change(project: Path) -> None:
    async def session() -> None:
        store, settings = project / "app" / "store.py", project / "pyproject.toml"
        async with editing(project) as editor:
            editor.open(store)
            assert await editor.codes(store) == ["1 UBM101"]
            settings.write_text('[tool.unbounded-lint]\nignore = ["UBM1"]\n')
            editor.notice(settings)
            assert await editor.codes(store) == []
            settings.write_text("[tool.unbounded-lint]\nstrikt = true\n")
            editor.notice(settings)
            await editor.until(lambda: editor.messages)
            assert "unknown key `strikt`; did you mean `strict`?" in editor.messages[0]
            editor.change(store, f"#\n{STORE}")
            assert await editor.codes(store) == []
            assert len(editor.messages) == 1
            settings.write_text("[tool.unbounded-lint]\n")
            editor.notice(settings)
            assert await editor.codes(store) == ["2 UBM101"]

    asyncio.run(session())


def test_a_new_mark_makes_a_project_of_its_own(project: Path) -> None:
    inner = project / "inner"
    inner.mkdir()
    (inner / "more.py").write_text(LEAK)

    async def session() -> None:
        async with editing(project) as editor:
            editor.open(inner / "more.py")
            assert await editor.codes(inner / "more.py") == ["1 UBM101"]
            (inner / "unbounded-lint.toml").write_text('ignore = ["UBM101"]\n')
            editor.notice(inner / "unbounded-lint.toml", types.FileChangeType.Created)
            assert await editor.codes(inner / "more.py") == []
            (inner / "unbounded-lint.toml").unlink()
            editor.notice(inner / "unbounded-lint.toml", types.FileChangeType.Deleted)
            assert await editor.codes(inner / "more.py") == ["1 UBM101"]

    asyncio.run(session())


def test_a_folder_that_is_closed_takes_its_findings_along(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two")

    async def session() -> None:
        async with editing(one, two) as editor:
            editor.open(two / "app" / "api.py")
            assert await editor.codes(two / "app" / "store.py") == ["1 UBM101"]
            editor.close(two / "app" / "api.py")
            event = types.WorkspaceFoldersChangeEvent([], [types.WorkspaceFolder(two.as_uri(), "two")])
            change = types.DidChangeWorkspaceFoldersParams(event)
            editor.client.workspace_did_change_workspace_folders(change)
            await editor.until(lambda: not editor.published[(two / "app" / "store.py").as_uri()][-1].diagnostics)

    asyncio.run(session())


def test_closing_a_file_lets_what_is_on_disk_count_again(project: Path) -> None:
    async def session() -> None:
        store, api = project / "app" / "store.py", project / "app" / "api.py"
        async with editing(project) as editor:
            editor.open(api, SWEPT)
            assert await editor.codes(api) == []
            editor.close(api)
            await editor.until(lambda: store.as_uri() in editor.published)
            assert await editor.codes(store) == ["1 UBM101"]

    asyncio.run(session())


def children_of(process: int) -> list[int]:
    """The processes that this one has started and that are still there."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()]
    return [int(child) for child, parent, state in rows if int(parent) == process and not state.startswith("Z")]


async def until_told(editor: Editor, path: Path, sign: Callable[[], object], do: Callable[[], None]) -> None:
    """Change a file again and again until something is told: each change may come before an analysis, or within it."""
    number = 0
    while not sign():
        number += 1
        editor.change(path, "#\n" * number + STORE)
        await asyncio.sleep(DEBOUNCE_SECONDS * 3)
        do()
        await asyncio.sleep(DEBOUNCE_SECONDS * 3)


def test_an_analysis_that_dies_is_logged_and_the_next_one_is_told(project: Path) -> None:
    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project) as editor:
            editor.open(store)
            assert await editor.codes(store) == ["1 UBM101"]

            def pause_or_kill() -> None:
                with contextlib.suppress(ProcessLookupError):
                    for worker in children_of(editor.process.pid):
                        os.kill(worker, signal.SIGKILL if worker in paused else signal.SIGSTOP)
                        paused.add(worker)

            paused: set[int] = set()
            pause_or_kill()
            log = editor.logged
            await until_told(editor, store, lambda: [x for x in log if "ended before it was done" in x], pause_or_kill)
            for worker in children_of(editor.process.pid):
                os.kill(worker, signal.SIGCONT)
            editor.change(store, f"#\n{STORE}")
            assert await editor.codes(store) == ["2 UBM101"]

    asyncio.run(session())


def test_an_analysis_that_stands_still_gives_way_to_the_next_change(project: Path) -> None:
    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project) as editor:
            editor.open(store)
            await editor.settled()
            (worker,) = children_of(editor.process.pid)
            os.kill(worker, signal.SIGSTOP)
            pointing = asyncio.ensure_future(editor.hover(store, 0, 0))
            await until_told(editor, store, lambda: worker not in children_of(editor.process.pid), lambda: None)
            editor.change(store, f"#\n{STORE}")
            assert await editor.codes(store) == ["2 UBM101"]
            await asyncio.wait_for(pointing, LIMIT)

    asyncio.run(session())


def test_a_message_that_is_none_is_logged_and_the_server_lives_on(project: Path) -> None:
    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project) as editor:
            writer = editor.process.stdin
            assert writer is not None
            for body in (b"{]", b'{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"x": 1}}', b"[]"):
                writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            editor.client.text_document_did_change(
                types.DidChangeTextDocumentParams(
                    types.VersionedTextDocumentIdentifier(uri=store.as_uri(), version=3),
                    [types.TextDocumentContentChangeWholeDocument("")],
                )
            )
            await editor.until(lambda: len([said for said in editor.logged if "internal error" in said]) >= 3)
            editor.open(store)
            assert await editor.codes(store) == ["1 UBM101"]

    asyncio.run(session())


def test_leaving_without_notice_is_an_error(project: Path) -> None:
    async def session() -> None:
        async with editing(project, leave=False) as editor:
            editor.client.exit(None)
            assert await asyncio.wait_for(editor.process.wait(), LIMIT) == 1

    asyncio.run(session())


def test_the_end_of_its_input_ends_the_server_and_its_analysis(project: Path) -> None:
    async def session() -> None:
        async with editing(project, leave=False) as editor:
            editor.open(project / "app" / "store.py")
            await editor.diagnostics(project / "app" / "store.py")
            (worker,) = children_of(editor.process.pid)
            assert editor.process.stdin is not None
            editor.process.stdin.close()
            assert await asyncio.wait_for(editor.process.wait(), LIMIT) == 1
            with pytest.raises(ProcessLookupError):
                os.kill(worker, 0)

    asyncio.run(session())


def test_the_death_of_its_client_ends_the_server_though_the_line_is_held_open(project: Path) -> None:
    with started([sys.executable, "-c", "input()"], cwd=project) as client:

        async def session() -> None:
            async with editing(project, leave=False, process_id=client.pid) as editor:
                editor.open(project / "app" / "store.py")
                await editor.diagnostics(project / "app" / "store.py")
                client.kill()
                client.wait()
                assert await asyncio.wait_for(editor.process.wait(), LIMIT) == 1

        asyncio.run(session())
