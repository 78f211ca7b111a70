"""What the command says: lines on stdout, everything else on stderr, and how far the work is.

Nothing heavy is imported at the top, as in `cli`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    import rich.progress

PROGRAM = "unbounded-lint"
DEBUG_VARIABLE = "UNBOUNDED_LINT_DEBUG"
PROGRESS_AFTER_SECONDS = 2.0
PROGRESS_EVERY_SECONDS = 0.1

EXIT_CLEAN, EXIT_FINDINGS, EXIT_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 130


def emit(lines: Iterable[str]) -> int:
    """Write lines to stdout; a reader that has gone away (`| head`) ends the output and nothing else. Gives 0."""
    try:
        for line in lines:
            _write(sys.stdout, line)
        sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
    return EXIT_CLEAN


def _write(stream: TextIO, line: str) -> None:
    try:
        stream.write(line + "\n")
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write((line + "\n").encode(encoding, "backslashreplace").decode(encoding))


def say(line: str) -> None:
    """Write one line to stderr; a closed stderr is no reason to fail."""
    with contextlib.suppress(OSError):
        _write(sys.stderr, line)


def complain(sentence: str) -> None:
    from unbounded_lint.reporters.base import printable

    line = printable(" ".join(sentence.splitlines()))
    say(f"{PROGRAM}: error: {line if line.endswith(('.', '?', '!')) else line + '.'}")


def debug_traceback() -> None:
    if os.environ.get(DEBUG_VARIABLE, "") not in {"", "0"}:
        import traceback

        traceback.print_exc()


def silence_stdout() -> None:
    # The interpreter flushes stdout at exit and would complain again about the closed pipe.
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def wants_color(choice: str) -> bool:
    """An explicit choice wins; then NO_COLOR, then FORCE_COLOR, then whether stdout is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def emit_pages(pages: Iterable[str]) -> int:
    """Write pages of Markdown to stdout, one below the other: as they are written, or drawn where colour is wanted."""
    return emit(_page_lines(pages))


def _page_lines(pages: Iterable[str]) -> Iterator[str]:
    color = wants_color("auto")
    for number, page in enumerate(pages):
        if number:
            yield ""
        yield from _drawn(page) if color else page.rstrip("\n").split("\n")


def _drawn(page: str) -> Iterator[str]:
    import shutil

    from unbounded_lint.reporters.page import render

    return render(page, shutil.get_terminal_size().columns)


class Progress:
    """A bar on stderr, once the work has taken two seconds and if a person is looking."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._next = time.monotonic() + PROGRESS_AFTER_SECONDS
        self._bar: rich.progress.Progress | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take what is being done, how much of it is done, and of how much; drawn some times a second."""
        now = time.monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + PROGRESS_EVERY_SECONDS
        if self._bar is None:
            self._bar = self._start()
        self._bar.update(self._bar.task_ids[0], description=what, completed=done, total=total)
        self._bar.refresh()

    def _start(self) -> rich.progress.Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        # No refresh thread: the runner may fork workers while the bar is shown. No time that is left: each part of the
        # work begins anew.
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        bar.add_task("")
        bar.start()
        return bar
