"""Turns among processes: one works, the others wait for what it has found.

The system itself lets go of the lock of a process that dies, so that nothing is ever left behind to clear away.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Iterator

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PAUSE_SECONDS = 0.05
_FLAGS = (
    os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
_DONE = b"done"
_HELD_BY_OTHERS = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})


@contextlib.contextmanager
def turn(path: str, seconds: float) -> Iterator[bool]:
    """Wait until no other process has the turn at a lock file, at most so many seconds; gives whether it is ours to
    work.

    It is not where another process had its turn meanwhile and came to its end. It is where that one died or failed,
    where the time is over, and where there can be no lock: too much work is better than none.
    """
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
    except OSError:
        yield True
        return
    with os.fdopen(descriptor, "r+b", buffering=0) as lock:
        try:
            at_once = _holds(descriptor)
            held = at_once or _holds_in_time(descriptor, seconds)
        except OSError:  # such as on a file system that knows no locks
            at_once = held = False
        if not held:
            yield True
        elif not at_once and lock.read() == _DONE:
            yield False
        else:
            lock.seek(0)
            lock.truncate()
            yield True
            lock.write(_DONE)


def _holds_in_time(descriptor: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(_PAUSE_SECONDS)
        if _holds(descriptor):
            return True
    return False


def _holds(descriptor: int) -> bool:
    """Try to lock a file. Raises OSError where that cannot be, whoever else holds it or not."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _HELD_BY_OTHERS:
            raise
        return False
    return True
