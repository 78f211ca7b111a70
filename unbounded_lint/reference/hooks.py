"""What a host plugs into the run registry."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from .records import RunRecord

_log = logging.getLogger(__name__)


def remove_tree(record: RunRecord) -> None:
    """Delete the run's attachments directory and all in it; a run without one is fine.

    Raises:
        OSError: it cannot be deleted.
    """
    if record.attachments_dir is not None:
        try:
            shutil.rmtree(record.attachments_dir)
        except FileNotFoundError:
            _log.debug("The attachments of run %r are gone already.", record.run_id)


@dataclass(frozen=True)
class Hooks:
    """The host's side. Each is called outside every lock, and may be slow or raise.

    Attributes:
        remote_delete: ends the session behind a run whose deadline came; takes its key and a limit in seconds. When it
            raises, the run stays and the next sweep tries again. A coroutine function fits through `aio.blocking`.
        notify_end: told once per run that it is over, with the reason: "completed", "deleted", "released",
            "terminated" or "swept". Best effort.
        remove_attachments: deletes a run's attachments.
        announce: tells the parent the result of a run that ended; True when it is told, which completes the cleanup.
            None leaves announcing, and the call of `complete_cleanup`, to the host.
        is_orphan: asked once per stored run that had not ended when the process stopped; True drops it.
    """

    remote_delete: Callable[[str, float], object] | None = None
    notify_end: Callable[[RunRecord, str], object] | None = None
    remove_attachments: Callable[[RunRecord], object] = remove_tree
    announce: Callable[[RunRecord], bool] | None = None
    is_orphan: Callable[[RunRecord], bool] | None = None


class ContainedHooks:
    """Calls the hooks; an exception in one is logged and decides nothing but what is said here.

    What is no `Exception` is meant for whoever called the registry, and is passed on (see `containment`).

    Args:
        hooks: the host's side.
        remote_delete_timeout: the limit handed to `remote_delete`, in seconds.
    """

    def __init__(self, hooks: Hooks, remote_delete_timeout: float) -> None:
        self._hooks = hooks
        self._remote_delete_timeout = remote_delete_timeout
        self.announce = hooks.announce

    def is_orphan(self, record: RunRecord) -> bool:
        """Tell whether a restored run has lost its session; not if the hook fails."""
        try:
            return self._hooks.is_orphan is not None and bool(self._hooks.is_orphan(record))
        except Exception:
            _log.exception("Whether run %r is an orphan could not be told; it stays.", record.run_id)
            return False

    def delete_remote(self, record: RunRecord) -> bool:
        """Delete the session behind a run; False when that failed, and is to be tried again."""
        if self._hooks.remote_delete is None:
            return True
        try:
            self._hooks.remote_delete(record.child_session_key, self._remote_delete_timeout)
        except Exception as error:
            _log.warning(
                "The session of run %r could not be deleted; the next sweep tries again: %r", record.run_id, error
            )
            return False
        return True

    def tell_end(self, record: RunRecord, reason: str) -> None:
        """Send the end notification, unless `record` (as it was before this end) says that it is out."""
        if self._hooks.notify_end is None or record.end_notified:
            return
        try:
            self._hooks.notify_end(record, reason)
        except Exception:
            _log.exception("The end of run %r could not be notified.", record.run_id)

    def remove_attachments(self, record: RunRecord) -> None:
        """Delete the run's attachments."""
        try:
            self._hooks.remove_attachments(record)
        except Exception:
            _log.exception("The attachments of run %r could not be removed.", record.run_id)
