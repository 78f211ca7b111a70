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
    """The file of this process; it is made when there is first something to tell."""

    def __init__(self, folder: str, stamp: int) -> None:
        self._path = os.path.join(folder, "records", f"{os.getpid()}-{stamp}.jsonl")
        self._descriptor = -1

    def write(self, line: dict[str, Any]) -> None:
        """Add a line. Raises OSError where it cannot, such as when nobody waits for it any more."""
        if self._descriptor < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
            self._descriptor = _high(os.open(self._path, flags, 0o600))
            self.write(_about_process())
        os.write(self._descriptor, f"{written(line)}\n".encode())

    def close(self) -> None:
        """Close the file, also the one that a fork has inherited."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _high(descriptor: int) -> int:
    """The same file under a number that programs which count on the lowest free ones do not come to."""
    try:
        from fcntl import F_DUPFD_CLOEXEC, fcntl

        moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 200)
    except (ImportError, OSError):
        return descriptor
    os.close(descriptor)
    return moved


def _about_process() -> dict[str, Any]:
    words = getattr(sys, "orig_argv", None) or getattr(sys, "argv", None) or []
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "command": [str(word) for word in words][:20],
        "python": ".".join(map(str, sys.version_info[:3])),
    }
