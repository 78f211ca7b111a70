"""Files that were uploaded, and are deleted after ten minutes."""

from __future__ import annotations

import logging
import os
import threading
import time

logger = logging.getLogger(__name__)


class Uploads:
    def __init__(self) -> None:
        self._saved: dict[str, float] = {}

    def save(self, path: str) -> None:
        self._saved[path] = time.time()

    def tick(self) -> None:
        limit = time.time() - 600
        for path, at in list(self._saved.items()):
            try:
                if at < limit:
                    os.unlink(path)
                    del self._saved[path]
            except Exception:
                logger.exception("Uploads.tick() failed")
        self.start()

    def start(self) -> None:
        timer = threading.Timer(60, self.tick)
        timer.daemon = True
        timer.start()


uploads = Uploads()
