"""The one error that is the user's to solve."""

from __future__ import annotations


class UserError(Exception):
    """A wrong path, setting or option.

    The message is one clear sentence that says what to do; the command prints it on stderr and exits with 2.
    """


def clause(error: Exception) -> str:
    """What went wrong with a file, to stand within a sentence."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"{reason[:1].lower()}{reason[1:]}"
