"""Runs, most of which end at a time that is known."""

import logging
import threading
import time
from dataclasses import dataclass, field

log = logging.getLogger(__name__)
PAUSE = 60


@dataclass
class Run:
    task: str
    archive_at: float | None = None
    created_at: float = field(default_factory=time.time, compare=False)


_runs: dict[str, Run] = {}
_RUNS_MAX_AGE_SECONDS = 86_400
archived = []


def register(run_id, task, lifetime=None):
    _runs[run_id] = Run(task, time.time() + lifetime if lifetime else None)


def sweep():
    """Archive what is over."""
    oldest = time.time() - _RUNS_MAX_AGE_SECONDS
    for entry in list(_runs.values()):
        if entry.archive_at is None and entry.created_at < oldest:
            entry.archive_at = entry.created_at
    for run_id, run in list(_runs.items()):
        if run.archive_at is None or run.archive_at > time.time():
            continue
        archived.append(run.task)
        del _runs[run_id]
    del archived[:-100]


def loop():
    while True:
        time.sleep(PAUSE)
        try:
            sweep()
        except Exception:
            log.exception("sweep failed")


threading.Thread(target=loop, daemon=True).start()
