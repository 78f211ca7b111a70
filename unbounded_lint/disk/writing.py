"""Writing files: whole or not at all, and never through a link."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat

_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def write_whole(path: str, data: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all, beside itself and then moved into place; a link there is replaced.

    A file that was there keeps its permissions; a new one has those that the user gives to new files, or, where it is
    `private`, is for this user alone. Raises `OSError`.
    """
    new = f"{path}.{secrets.token_hex(8)}.new"
    before = None if private else _permissions(path)
    try:
        with open(os.open(new, _MAKE, 0o600 if private else 0o666), "wb") as file:
            file.write(data)
            if not private:
                # What a power cut takes from the cache is made anew; what users wrote is not.
                file.flush()
                os.fsync(file.fileno())
        if before is not None:
            os.chmod(new, before)
        os.replace(new, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise


def _permissions(path: str) -> int | None:
    """The permissions of a regular file, None where there is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return stat.S_IMODE(status.st_mode) if stat.S_ISREG(status.st_mode) else None
