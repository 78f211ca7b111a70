"""What one process tells: a file of its own with one JSON object a line, written at once, so that nothing is lost
however the process ends."""

from __future__ import annotations

import os
import sys

from .text import written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Record:
    """The file of this process; it is made when there is first something to tell, and open only while it is written: a
    program may close whatever files it finds open, and open others under their numbers."""

    def __init__(self, folder: str, stamp: int) -> None:
        self._path = os.path.join(folder, "records", f"{os.getpid()}-{stamp}.jsonl")
        self._is_made = False

    def write(self, line: dict[str, Any]) -> None:
        """Add a line. Raises OSError where it cannot, such as when nobody waits for it any more."""
        text = f"{written(line)}\n" if self._is_made else f"{written(_about_process())}\n{written(line)}\n"
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | (0 if self._is_made else os.O_CREAT)
        descriptor = os.open(self._path, flags, 0o600)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
        self._is_made = True


def _about_process() -> dict[str, Any]:
    words = getattr(sys, "orig_argv", None) or getattr(sys, "argv", None) or []
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "command": [str(word) for word in words][:20],
        "python": ".".join(map(str, sys.version_info[:3])),
    }
