from __future__ import annotations

import logging
import threading
import time

log = logging.getLogger(__name__)
_positions: dict[str, float] = {}


def enqueue(ticket: str) -> None:
    _positions[ticket] = time.monotonic()


def expire() -> None:
    limit = time.monotonic() - 7200
    for ticket in [t for t, at in _positions.items() if at < limit]:
        del _positions[ticket]


def _work() -> None:
    while True:
        time.sleep(300)
        try:
            expire()
        except Exception:
            log.exception("expiry failed")


worker = threading.Thread(target=_work, daemon=True)
worker.start()
