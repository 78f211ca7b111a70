"""Every age, interval and count the registries go by, in one place and in one unit.

All durations are seconds. They sit at module level so that a reader, a test and a monitoring page see the values that
the sweeps use; `Limits` carries them to the registries, and a host overrides one by building its own.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from typing import Final

SWEEP_INTERVAL_SECONDS: Final = 60.0
MAINTENANCE_INTERVAL_SECONDS: Final = 60.0
SESSION_TTL_SECONDS: Final = 5 * 60.0
PENDING_TTL_SECONDS: Final = 5 * 60.0
CONTEXT_TTL_SECONDS: Final = 30 * 60.0
UNCLEANED_TTL_SECONDS: Final = 24 * 60 * 60.0
ERROR_GRACE_SECONDS: Final = 15.0
REMOTE_DELETE_TIMEOUT_SECONDS: Final = 10.0
ANNOUNCE_RETRY_SECONDS: Final = 5.0
MAX_ANNOUNCE_ATTEMPTS: Final = 4

ARCHIVE_AFTER_MINUTES: Final = 60.0
"""The one setting that operators give in minutes; it becomes a deadline in seconds when a run is registered."""


@dataclass(frozen=True)
class Limits:
    """The durations one set of registries goes by, in seconds (and one count).

    Raises:
        ValueError: names the field that is negative, not finite, or zero where a period or a count must not be.
    """

    sweep_interval: float = SWEEP_INTERVAL_SECONDS
    maintenance_interval: float = MAINTENANCE_INTERVAL_SECONDS
    session_ttl: float = SESSION_TTL_SECONDS
    pending_ttl: float = PENDING_TTL_SECONDS
    context_ttl: float = CONTEXT_TTL_SECONDS
    uncleaned_ttl: float = UNCLEANED_TTL_SECONDS
    error_grace: float = ERROR_GRACE_SECONDS
    remote_delete_timeout: float = REMOTE_DELETE_TIMEOUT_SECONDS
    announce_retry: float = ANNOUNCE_RETRY_SECONDS
    max_announce_attempts: int = MAX_ANNOUNCE_ATTEMPTS

    def __post_init__(self) -> None:
        for field in fields(self):
            checked_seconds(field.name, getattr(self, field.name))
        for name in ("sweep_interval", "maintenance_interval", "max_announce_attempts"):
            checked_period(name, getattr(self, name))


def checked_seconds(name: str, value: float) -> float:
    """Return `value` if it is a finite number that is not negative.

    Raises:
        ValueError: names the argument otherwise.
    """
    if not is_moment(value):
        # Without the value: one too large for a float may be too large to be printed as well.
        raise ValueError(f"{name} must be a finite number that is not negative")
    return value


def checked_period(name: str, value: float) -> float:
    """Return `value` if it is a finite number above zero.

    Raises:
        ValueError: names the argument otherwise.
    """
    if checked_seconds(name, value) == 0:
        raise ValueError(f"{name} must be greater than zero")
    return value


def is_moment(value: object) -> bool:
    """Tell whether `value` can be a time or a duration: a finite number, zero or more, and not a bool."""
    # Compared, not converted: an int may be too large for a float, and nan is in no range.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= sys.float_info.max
