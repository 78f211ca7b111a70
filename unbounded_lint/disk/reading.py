"""Reading files of a tree that a stranger wrote: only regular ones, never waiting, never more than a limit."""

from __future__ import annotations

import errno
import os
import stat

SOURCE_LIMIT = 20_000_000
"""Bytes of a source file; a larger one is generated data, not code that somebody maintains."""

SETTINGS_LIMIT = 1_000_000
"""Bytes of a settings file, an ignore file or any other file that steers a run."""

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_CHUNK = 1 << 20
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class RefusedFile(OSError):
    """A file that is there and is not read: no regular file, or larger than its limit. `strerror` is one clause."""

    def __init__(self, clause: str) -> None:
        super().__init__(errno.EINVAL, clause)


def read_regular(path: str | os.PathLike[str], limit: int, *, follow: bool = True) -> bytes:
    """The bytes of the regular file at `path`, at most `limit` of them.

    Never blocks, whatever the path leads to; with `follow` False a symbolic link is refused. A file that grows past the
    limit while it is read is cut there. Raises `RefusedFile` for what is no regular file or larger than the limit, any
    other `OSError` where the file cannot be opened or read, `ValueError` for a path that holds a NUL.
    """
    # Asked before it is opened, since the opening of a device may already do something, and again of what was opened.
    _demand_regular(os.stat(path, follow_symlinks=follow), limit)
    descriptor = os.open(path, _FLAGS | (0 if follow else _NO_LINK))
    try:
        _demand_regular(os.fstat(descriptor), limit)
        return _read_up_to(descriptor, limit)
    finally:
        os.close(descriptor)


def demand_size(size: int, limit: int) -> None:
    """Raises `RefusedFile` for more bytes than a limit."""
    if size > limit:
        raise RefusedFile(f"it is larger than {limit // 1_000_000} MB")


def _demand_regular(status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(status.st_mode)), "a link")
        raise RefusedFile(f"it is {kind}, not a regular file")
    demand_size(status.st_size, limit)


def _read_up_to(descriptor: int, limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit
    while left > 0:
        part = os.read(descriptor, min(left, _CHUNK))
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
