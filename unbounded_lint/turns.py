"""Turns among processes: one works, the others wait for what it has found.

The system itself lets go of the lock of a process that dies, so that nothing is ever left behind to clear away.
"""

from __future__ import annotations

import contextlib
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
        at_once = _holds(descriptor)
        held = at_once or _holds_in_time(descriptor, seconds)
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
    """Try to lock a file; a file system that knows no locks never lets anybody hold one."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
