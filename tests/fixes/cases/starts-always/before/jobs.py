from __future__ import annotations

import json
import logging
import threading
import time

log = logging.getLogger(__name__)
_jobs: dict[str, float] = {}
_thread: threading.Thread | None = None


def submit(job_id: str, urgent: bool) -> None:
    _jobs[job_id] = time.time()
    if urgent:
        ensure_sweeper()


def restore(text: str) -> int:
    _jobs.update(json.loads(text))
    return len(_jobs)


def sweep() -> None:
    limit = time.time() - 3600
    for job_id in [j for j, at in _jobs.items() if at < limit]:
        _jobs.pop(job_id, None)


def _loop() -> None:
    while True:
        time.sleep(60)
        try:
            sweep()
        except Exception:
            log.exception("sweep failed")


def ensure_sweeper() -> None:
    global _thread
    if _thread is None:
        _thread = threading.Thread(target=_loop, daemon=True)
        _thread.start()
