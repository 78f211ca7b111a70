"""Posts of the last hour."""

import threading
import time
from typing import Optional

PAUSE = 60


class Board:
    def __init__(self) -> None:
        self._posts: dict[str, float] = {}
        self._task: Optional[threading.Thread] = None
        self._task = threading.Thread(target=self._expire, name="expiry", daemon=True)
        self._task.start()

    def post(self, post_id: str) -> None:
        self._posts[post_id] = time.monotonic()

    def _expire(self) -> None:
        while True:
            time.sleep(PAUSE)
            self._drop(time.monotonic() - 3600)

    def _drop(self, limit: float) -> None:
        for post_id in [p for p, at in list(self._posts.items()) if at < limit]:
            self._posts.pop(post_id, None)


board = Board()
