"""A thread with a stack that native code cannot overflow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

STACK_SIZES = (512 << 20, 128 << 20, 32 << 20)
_STARTING = threading.Lock()
"""Held while the stack size, which is one for the process, is that of the thread being started."""

_Result = TypeVar("_Result")


class _BigStackThread(threading.Thread, Generic[_Result]):
    """A thread that keeps what its callable gives or raises."""

    def __init__(self, function: Callable[[], _Result]) -> None:
        super().__init__(name="unbounded-lint-parse", daemon=True)
        self._function = function
        self._results: list[_Result] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._results.append(self._function())
        except BaseException as error:
            self._error = error

    def result(self) -> _Result:
        self.join()
        if self._error is not None:
            raise self._error
        return self._results[0]


def run_with_big_stack(function: Callable[[], _Result]) -> _Result:
    """What `function` gives, run where deep recursion in native code is safe; what it raises is raised here.

    Inside such a thread it is called directly, so a worker that enters once pays for one thread only.
    """
    if isinstance(threading.current_thread(), _BigStackThread):
        return function()
    for size in STACK_SIZES:
        thread = _BigStackThread(function)
        if _start(thread, size):
            return thread.result()
    return function()


def _start(thread: threading.Thread, stack_size: int) -> bool:
    with _STARTING:
        try:
            previous = threading.stack_size(stack_size)
        except ValueError:
            return False
        try:
            thread.start()
        except (RuntimeError, MemoryError):
            return False
        finally:
            threading.stack_size(previous)
    return True
