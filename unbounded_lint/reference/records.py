"""What is known about one subagent run, how it is stored, and when a sweep may remove it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

from .limits import Limits, is_moment

SpawnMode = Literal["run", "session"]
Cleanup = Literal["delete", "keep"]
Outcome = Literal["ok", "error", "terminated"]

_SECONDS_PER_MINUTE = 60.0
_MOMENTS = ("started_at", "ended_at", "end_recorded_at", "cleanup_completed_at", "archive_at")


@dataclass(frozen=True)
class RunRecord:
    """One subagent run. Times are seconds since the epoch; None means that it has not happened.

    Attributes:
        ended_at: when the run ended, as told by whoever ended it.
        end_recorded_at: when the registry learnt of it; ages count from here, since nobody else's clock is in it.
        archive_at: the deadline after which the run is removed, running or not; None or 0 means no deadline.
        end_notified: the one end notification of this run is out.
        announce_attempts: how often its result was announced to the parent in vain.
    """

    run_id: str
    child_session_key: str
    requester_session_key: str
    created_at: float
    spawn_mode: SpawnMode = "run"
    cleanup: Cleanup = "keep"
    task: str = ""
    started_at: float | None = None
    ended_at: float | None = None
    end_recorded_at: float | None = None
    outcome: Outcome | None = None
    error: str | None = None
    cleanup_completed_at: float | None = None
    archive_at: float | None = None
    end_notified: bool = False
    announce_attempts: int = 0
    attachments_dir: str | None = None
    retain_attachments_on_keep: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> RunRecord:
        """Rebuild a record; fields of a newer version are ignored, missing optional ones get their default.

        Raises:
            ValueError: names the field that cannot be right.
        """
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        for name in ("run_id", "child_session_key", "requester_session_key"):
            if is_blank(values.get(name)):
                raise ValueError(f"{name} must be a string that is not blank")
        if not is_moment(values.get("created_at")):
            raise ValueError("created_at must be a time in seconds")
        for name in _MOMENTS:
            if values.get(name) is not None and not is_moment(values[name]):
                raise ValueError(f"{name} must be a time in seconds or null")
        if not is_moment(values.get("announce_attempts", 0)):
            raise ValueError("announce_attempts must be a count")
        checked_choices(values.get("spawn_mode", "run"), values.get("cleanup", "keep"))
        return cls(**values)


def is_blank(value: object) -> bool:
    """Tell whether `value` is no usable id or key: not a string, or only white space."""
    return not isinstance(value, str) or not value.strip()


def checked_choices(spawn_mode: object, cleanup: object) -> None:
    """Check the two settings of a run that are a choice.

    Raises:
        ValueError: names the one that is not among its choices.
    """
    if spawn_mode not in get_args(SpawnMode):
        raise ValueError(f"spawn_mode must be 'run' or 'session', not {spawn_mode!r}")
    if cleanup not in get_args(Cleanup):
        raise ValueError(f"cleanup must be 'delete' or 'keep', not {cleanup!r}")


def archive_deadline(now: float, spawn_mode: SpawnMode, cleanup: Cleanup, archive_after_minutes: float) -> float | None:
    """Return when the run is to be archived, in seconds since the epoch, or None when it has no deadline."""
    if spawn_mode == "session" or cleanup == "keep":
        return None
    if not is_moment(archive_after_minutes) or archive_after_minutes == 0:
        return None
    deadline = now + archive_after_minutes * _SECONDS_PER_MINUTE
    return deadline if is_moment(deadline) else None


class Fate(enum.Enum):
    """What a sweep does with a run."""

    KEEP = "keep"
    ARCHIVE = "archive"  # its deadline has come: the remote session goes first
    EXPIRE = "expire"  # no deadline; cleaned up long enough ago
    ABANDON = "abandon"  # no deadline; ended a day ago and never cleaned up


def fate_of(record: RunRecord, now: float, limits: Limits) -> Fate:
    """Decide what a sweep at `now` does with `record`. Every run that has ended gets an age at which it goes."""
    if record.archive_at:
        return Fate.ARCHIVE if now >= record.archive_at else Fate.KEEP
    if record.cleanup_completed_at is not None:
        return Fate.EXPIRE if now - record.cleanup_completed_at > limits.session_ttl else Fate.KEEP
    ended = record.ended_at if record.end_recorded_at is None else record.end_recorded_at
    if ended is not None and now - ended > limits.uncleaned_ttl:
        return Fate.ABANDON
    return Fate.KEEP


def rebased(record: RunRecord, now: float) -> RunRecord:
    """Return `record` with no time of the past lying in the future.

    When the wall clock steps back, an age turns negative and would stay so until the clock catches up, which may take
    years. A time ahead of `now` therefore counts as now, and a deadline keeps its distance from the registration.
    """
    late = {name: now for name in ("ended_at", "end_recorded_at", "cleanup_completed_at") if _after(record, name, now)}
    if record.created_at <= now:
        return replace(record, **late) if late else record  # type: ignore[arg-type]
    deadline = record.archive_at and record.archive_at - (record.created_at - now)
    return replace(record, created_at=now, archive_at=deadline, **late)  # type: ignore[arg-type]


def _after(record: RunRecord, name: str, now: float) -> bool:
    moment: float | None = getattr(record, name)
    return moment is not None and moment > now
