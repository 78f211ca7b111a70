"""Changes to the whole process that several threads may need at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType


class WhileNeeded:
    """Made for whoever enters first, undone when the last has left; `change` gives what undoes it."""

    def __init__(self, change: Callable[[], Callable[[], None]]) -> None:
        self._change = change
        self._undo: Callable[[], None] | None = None
        self._users = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self._undo is None:
                self._undo = self._change()
            self._users += 1

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        with self._lock:
            self._users -= 1
            if not self._users and self._undo is not None:
                self._undo()
                self._undo = None
