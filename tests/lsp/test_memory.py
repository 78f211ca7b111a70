"""A server that runs all day takes no more memory in the evening."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.lsp.editor import Editor, editing
from tests.lsp.test_sessions import STORE, children_of, make

GROWTH = 16_000_000
"""Bytes that a process may take more than after its first changes: allocators breathe."""

FEW, MANY = 30, 200

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="nothing tells how much memory it takes")


def memory(process: int) -> int:
    """The bytes that a process has in memory."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096


async def write(editor: Editor, path: Path, number: int) -> None:
    """Change and save a file, and wait for what is found in it."""
    text = f"{'#' * 1000}\n" * number + "".join(f"X{each}_{number} = {{}}\n" for each in range(20)) + STORE
    editor.change(path, text)
    editor.save(path, text)
    assert await editor.codes(path) == [f"{number + 21} UBM101"]


def grows_by(project: Path, changes: int) -> tuple[int, int]:
    """How many bytes more the server and the process that analyses take after so many changes."""
    found: list[tuple[int, int]] = []

    async def session() -> None:
        store = project / "app" / "store.py"
        async with editing(project) as editor:
            editor.open(store)
            for number in range(changes + 10):
                await write(editor, store, number)
                if number in {9, changes + 9}:
                    (worker,) = children_of(editor.process.pid)
                    found.append((memory(editor.process.pid), memory(worker)))

    asyncio.run(session())
    (server, worker), (server_then, worker_then) = found
    return server_then - server, worker_then - worker


@pytest.mark.parametrize("changes", [FEW, pytest.param(MANY, marks=[pytest.mark.exhaustive, pytest.mark.release])])
def test_changes_leave_nothing_behind(tmp_path: Path, changes: int) -> None:
    server, worker = grows_by(make(tmp_path / "project"), changes)
    assert server < GROWTH and worker < GROWTH
