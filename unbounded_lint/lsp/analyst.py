"""Keeps the process that analyses: starts it, asks it, and ends it where its answer is no longer wanted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from unbounded_lint.lsp.messages import LENGTH_BYTES, Answer, Task, framed, length, message

_PACKAGES = str(Path(__file__).parents[2])
"""The directory that this package is imported from."""

END_SECONDS = 2.0
"""How long a process may take to end by itself."""

_BEGIN = """
import sys
sys.path[:] = sys.argv[2].split(sys.argv[1])
from unbounded_lint.lsp.worker import main
main()
"""
"""What the process runs. A new interpreter looks for modules in the working directory first, which may hold what is
analysed."""


class EndedError(Exception):
    """The process ended before it answered."""


class Analyst:
    """Answers one task at a time, in a process of its own."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def ready(self) -> Process:
        """The process, started where there is none."""
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _BEGIN, os.pathsep, os.pathsep.join(_search_path()), stdin=PIPE, stdout=PIPE
            )
        return self._process

    async def ask(self, task: Task) -> Answer:
        """What is found; raises `EndedError` where the process ends before it answers, by `end` or by itself."""
        process = await self.ready()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(framed(task))
            await process.stdin.drain()
            head = await process.stdout.readexactly(LENGTH_BYTES)
            return message(await process.stdout.readexactly(length(head)), Answer)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise EndedError(f"exit status {await self._status(process)}") from error
        except BaseException:
            self._end(process)  # its answer would be taken for that to the next task
            raise

    def end(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._end(self._process)

    async def close(self) -> None:
        """End the process and see it go."""
        process = self._process
        if process is not None:
            self._end(process)
            await process.wait()

    async def _status(self, process: Process) -> int:
        """The exit status of a process that has closed its output; it may need help to end."""
        try:
            return await asyncio.wait_for(process.wait(), END_SECONDS)
        except asyncio.TimeoutError:
            self._end(process)
            return await process.wait()

    def _end(self, process: Process) -> None:
        if self._process is process:
            self._process = None
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def _search_path() -> list[str]:
    """Where this process finds modules, and its own, but for the working directory."""
    return [os.path.abspath(entry) for entry in sys.path if entry] + [_PACKAGES]
