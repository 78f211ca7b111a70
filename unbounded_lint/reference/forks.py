"""What a fork would break: it takes along the memory of a process, but of its threads only the one that forks.

A lock that another thread held stays locked for ever in the child, and a database connection of two processes corrupts
the file. (A thread that is missing is the timers' affair.)
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from types import TracebackType
from typing import Protocol


class ProcessLock:
    """A lock of one process: a forked child finds it open, whoever held it in the parent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None
        _AROUND_FORKS.locks.add(self)

    def acquire(self, blocking: bool = True) -> bool:
        """Take the lock; without `blocking`, tell at once whether that was possible."""
        taken = self._lock.acquire(blocking)
        if taken:
            self._owner = threading.get_ident()
        return taken

    def release(self) -> None:
        """Open the lock, which must be taken."""
        self._owner = None
        self._lock.release()

    def renew(self) -> None:
        """Open the lock unless this thread took it: in a child, nobody else is left who could."""
        if self._owner != threading.get_ident():
            self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


class Unforkable(Protocol):
    """Something that must be at rest while the process forks."""

    def before_fork(self) -> None:
        """Come to rest, and stay so."""

    def after_fork(self) -> None:
        """Go on, in the parent as in the child."""


def rest_in_forks(thing: Unforkable) -> None:
    """Have `thing` at rest whenever this process forks, as long as it lives."""
    _AROUND_FORKS.things.add(thing)


class _AroundForks:
    """What the interpreter calls around each fork. The interpreter never forgets whom to call: hence one for all."""

    def __init__(self) -> None:
        self.locks: weakref.WeakSet[ProcessLock] = weakref.WeakSet()
        self.things: weakref.WeakSet[Unforkable] = weakref.WeakSet()
        # Two threads that fork at once would wait for each other; entered again by a signal handler that forks.
        self._turn = threading.RLock()
        self._resting: tuple[Unforkable, ...] = ()

    def before(self) -> None:
        self._turn.acquire()
        self._resting = tuple(self.things)
        for thing in self._resting:
            thing.before_fork()

    def in_parent(self) -> None:
        for thing in self._resting:
            thing.after_fork()
        self._resting = ()
        self._turn.release()

    def in_child(self) -> None:
        for lock in tuple(self.locks):
            lock.renew()
        self.in_parent()


_AROUND_FORKS = _AroundForks()

# There is no fork on Windows.
with contextlib.suppress(AttributeError):
    os.register_at_fork(
        before=_AROUND_FORKS.before,
        after_in_parent=_AROUND_FORKS.in_parent,
        after_in_child=_AROUND_FORKS.in_child,
    )
